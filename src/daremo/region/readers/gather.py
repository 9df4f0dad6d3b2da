"""Districts and their people from the chosen edition, with points, islands, former towns and terrain."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from daremo.kernel.errors import Problem
from daremo.region.islands import Island, from_rows, island_at, shipped
from daremo.region.readers import cells
from daremo.region.readers.editions import choose
from daremo.region.readers.found import AreaRow, Edition, Found
from daremo.region.readers.land import communities, isolated, mark_islands, point_of, terrains
from daremo.region.readers.mesh import mesh_editions


@dataclass(slots=True)
class Gathered:
    """Districts, people and islands as rows of the region's tables, and what later steps need."""

    areas: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    islands: list[dict[str, Any]] = field(default_factory=list)
    code: str = ""
    city: str = ""
    pref: str = ""
    points: list[tuple[float, float]] = field(default_factory=list)  # of districts whose point is not doubted
    boundary: list[BaseGeometry] = field(default_factory=list)
    users: list[Island] = field(default_factory=list)
    known: list[Island] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


def gather(found: Sequence[Found]) -> Gathered:
    """Choose the base edition and complete its districts."""
    by_file = {f.file: f for f in found}
    got = Gathered(users=from_rows([r for f in found for r in f.own.get("islands", ())]), known=shipped())
    editions = [e for f in found for e in f.editions] + mesh_editions(found)
    own_areas = [r for f in found for r in f.own.get("areas", ())]
    own_people = any(f.own.get("people") for f in found)
    if own_people and not own_areas:
        _refuse_people(found)
    if own_areas and (own_people or not editions):
        for e in editions:
            by_file[e.file].add_note("daremoの地区と人口の表があるので、この表の人数は足しません。")
            by_file[e.file].rows_used = 0
        _own_base(own_areas, found, got)
        return got
    base = choose(editions, by_file)
    _name_region(base, found, got)
    areas = [a for e in base for a in e.areas]
    _unique_ids(areas)
    _give_points(areas, found, own_areas, got)
    lost = [a for a in areas if a.latitude is None or a.longitude is None]
    for a in lost:
        people = a.people if a.people is not None else sum(a.bands.values())
        by_file[a.file].rows_rejected += 1
        got.problems.append(
            Problem(
                "missing-coordinates",
                f"「{a.name}」（{people:.0f}人）の緯度・経度が分かりません。この地区は使えません",
                "緯度・経度の列か、小地域の境界ファイル（e-Stat）を足してください",
                a.file,
                a.row,
                "緯度",
                "",
                "error",
            )
        )
    areas = [a for a in areas if a.latitude is not None and a.longitude is not None]
    got.boundary = _boundary(found, got.code)
    _complete(areas, base[0].kind if base else "", own_areas, got)
    got.used.update(a.file for a in areas)
    return got


def _refuse_people(found: Sequence[Found]) -> None:
    """Own rows of people without a table of districts cannot be placed."""
    for f in found:
        rows = f.own.pop("people", [])
        if rows:
            f.rows_used -= len(rows)
            f.rows_rejected += len(rows)
            message = f"地区の表（areas）がないので、人口の{len(rows)}行を置くところがありません"
            f.tell("unknown-area", message, "地区の表もいっしょに入れてください", None, "area_id", rows[0]["area_id"])


def _own_base(rows: list[dict[str, Any]], found: Sequence[Found], got: Gathered) -> None:
    """The product's own tables are used as they are."""
    got.areas = rows
    ids = {r["area_id"] for r in rows}
    for f in found:
        for r in f.own.get("people", ()):
            if r["area_id"] in ids:
                got.people.append(r)
            else:
                f.rows_used -= 1
                f.rows_rejected += 1
                f.tell(
                    "unknown-area",
                    f"地区{r['area_id']}は地区の表にありません",
                    "地区コードを確かめてください",
                    None,
                    "area_id",
                    r["area_id"],
                )
    got.points = [(r["latitude"], r["longitude"]) for r in rows]
    got.islands = [i.as_row() for i in got.users]


def _name_region(base: Sequence[Edition], found: Sequence[Found], got: Gathered) -> None:
    codes = sorted({e.code for e in base if e.code})
    got.code = codes[0] if len(codes) == 1 else ""
    cities = [e.city for e in base if e.kind != "mesh" and e.city and "\ufffd" not in e.city]
    got.city = "・".join(dict.fromkeys(cities)) if len(set(cities)) <= 3 else f"{cities[0]}ほか"
    if base and base[0].kind == "mesh":
        firsts = sorted({a.area_id[:4] for a in base[0].areas})
        got.city = "地域メッシュ " + "・".join(firsts[:4]) + ("ほか" if len(firsts) > 4 else "")


def _unique_ids(areas: Sequence[AreaRow]) -> None:
    """Make identifiers unique across municipalities that number their districts alike."""
    seen: Counter[str] = Counter()
    for a in areas:
        seen[a.area_id] += 1
        if seen[a.area_id] > 1:
            a.area_id = f"{a.area_id}-{seen[a.area_id]}"


def _give_points(
    areas: Sequence[AreaRow], found: Sequence[Found], own: Sequence[dict[str, Any]], got: Gathered
) -> None:
    """Points for districts without: from a table of districts, boundaries, then addresses and names of places."""
    need = [a for a in areas if a.latitude is None or a.longitude is None]
    if not need:
        return
    by_name = {cells.plain_name(r["name"]): (r["latitude"], r["longitude"]) for r in own}
    by_key = {r["area_id"]: (r["latitude"], r["longitude"]) for r in own}
    keys, names = _shape_points(found)
    addresses = _address_points(found, [cells.plain_name(a.name) for a in need])
    for a in need:
        plain = cells.plain_name(a.name)
        point = by_key.get(a.area_id) or by_name.get(plain) or keys.get(a.area_id) or names.get(plain)
        if point is None and (point := addresses.get(plain)) is not None:
            got.problems.append(
                Problem(
                    "point-guessed",
                    f"「{a.name}」の位置を、そこにある施設の住所や名前から推しはかりました",
                    "緯度・経度の列を足すと正確になります",
                    a.file,
                    a.row,
                    "緯度",
                    f"{point[0]:.5f},{point[1]:.5f}",
                    "question",
                )
            )
        if point is not None:
            a.latitude, a.longitude = point


def _shape_points(found: Sequence[Found]) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Points inside small-area boundaries by key and by name; a name met twice is no use."""
    keys: dict[str, tuple[float, float]] = {}
    names: dict[str, tuple[float, float]] = {}
    twice: Counter[str] = Counter()
    for f in found:
        for key, name, shape in f.shapes if f.kind == "boundary" else ():
            p = shape.representative_point()
            keys[key] = (p.y, p.x)
            plain = cells.plain_name(name)
            twice[plain] += 1
            names[plain] = (p.y, p.x)
    return keys, {n: p for n, p in names.items() if twice[n] == 1}


def _address_points(found: Sequence[Found], names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Mean point of the places whose address, or else own name, holds a district's name; the longest name wins."""
    at: dict[str, list[tuple[float, float]]] = defaultdict(list)
    by_name: dict[str, list[tuple[float, float]]] = defaultdict(list)
    ordered = sorted(set(names), key=lambda n: (-len(n), n))
    stems = {n: re.sub(r"(小学校区|中学校区|校区|学区|地区)$", "", n) for n in ordered}
    for f in found:
        for p in f.places:
            address, name = cells.plain_name(p.address), cells.plain_name(p.name)
            if hit := next((n for n in ordered if n in address), None):
                at[hit].append((p.latitude, p.longitude))
            if p.kind in ("community_centre", "school") and (
                hit := next((n for n in ordered if len(stems[n]) > 1 and stems[n] in name), None)
            ):
                by_name[hit].append((p.latitude, p.longitude))
    both = {n: at.get(n) or by_name.get(n) for n in ordered}
    return {n: (float(np.mean([x for x, _ in ps])), float(np.mean([y for _, y in ps]))) for n, ps in both.items() if ps}


def _boundary(found: Sequence[Found], code: str) -> list[BaseGeometry]:
    """Administrative boundary of the region's municipality (N03); wards of a designated city count to it."""
    shapes = [(c, s) for f in found if f.dataset == "N03" for c, _, s in f.shapes]
    own = [s for c, s in shapes if code and c == code[:5]]
    if own or not code:
        return own or [s for _, s in shapes]
    return [s for c, s in shapes if c[:4] == code[:4] and code[4] == "0"]


def _complete(areas: list[AreaRow], kind: str, own: Sequence[dict[str, Any]], got: Gathered) -> None:
    """Islands, former towns and terrain; what a table of districts says itself wins."""
    if not areas:
        return
    doubts = (
        isolated(areas, [i.island if (i := island_at(*point_of(a), got.users, got.known)) else "" for a in areas])
        if kind != "mesh"
        else []
    )
    islands, questions, used = mark_islands(areas, got.users, got.known, got.boundary)
    got.problems += doubts + questions
    rows_in_doubt = {(p.file, p.row) for p in doubts}
    doubted = [(a.file, a.row) in rows_in_doubt for a in areas]
    terrain = terrains([point_of(a) for a in areas], islands, doubted)
    got.points = [point_of(a) for a, d in zip(areas, doubted, strict=True) if not d]
    towns = communities([a.name for a in areas]) if kind != "mesh" else [""] * len(areas)
    said: Mapping[str, dict[str, Any]] = {cells.plain_name(r["name"]): r for r in own}
    for a, island, ground, town in zip(areas, islands, terrain, towns, strict=True):
        row = said.get(cells.plain_name(a.name), {})
        isle = row.get("island") or island
        got.areas.append(
            {
                "area_id": a.area_id,
                "name": a.name,
                "community": row.get("community") or isle or town or None,
                "latitude": a.latitude,
                "longitude": a.longitude,
                "island": isle or None,
                "terrain": row.get("terrain") or ground,
                "spread_km": row.get("spread_km"),
                "households": a.households,
                "disabled_people": row.get("disabled_people"),
                "people_stated": a.people,
                "men_stated": a.men,
                "women_stated": a.women,
                "source": a.file,
                "source_row": a.row,
            }
        )
        got.people += [
            {"area_id": a.area_id, "sex": sex, "age_from": low, "age_to": high, "people": value}
            for (sex, low, high), value in sorted(a.bands.items(), key=lambda b: (b[0][1], b[0][2], b[0][0] != "m"))
        ]
    named = {i.island for i in got.users}
    got.islands = [i.as_row() for i in got.users] + [i.as_row() for n, i in used.items() if n not in named]
