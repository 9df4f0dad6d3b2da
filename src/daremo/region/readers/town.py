"""Which places belong to the region: those in it, each with its island; what lies elsewhere is told or left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.prepared import prep

from daremo.kernel.errors import Problem
from daremo.kernel.results import sha256
from daremo.kernel.tables import rows_of
from daremo.region.islands import island_at
from daremo.region.model import PACKAGE
from daremo.region.readers import cells
from daremo.region.readers.found import Found, PlaceRow
from daremo.region.readers.gather import Gathered
from daremo.region.readers.land import plane_km

#: Places of national and prefectural lists farther than this from every district belong to neighbours (km).
NEAR_KM = 5.0
#: Places of the town's own lists farther than this are asked about, and beyond the second not used (km).
ASK_KM, REFUSE_KM = 10.0, 20.0


def sort_out_places(found: Sequence[Found], got: Gathered) -> tuple[list[PlaceRow], list[Problem]]:
    """Places to use, the product's own first, and questions about those that lie outside."""
    own, problems = _own_places(found)
    rows = [p for f in found for p in f.places]
    distance, inside = _where(rows, got)
    out: list[PlaceRow] = []
    neighbours: Counter[str] = Counter()
    by_file = {f.file: f for f in found}
    for p, km, within in zip(rows, distance, inside, strict=True):
        isle = island_at(p.latitude, p.longitude, got.users, got.known)
        p.island = isle.island if isle else ""
        if p.list_kind in ("nlni", "osm"):
            if within is False or (within is None and km > NEAR_KM):
                neighbours[p.file] += 1
            else:
                out.append(p)
            continue
        far = km > (NEAR_KM if within is False else ASK_KM)
        if within is False or (far and within is None and not isle):
            refuse = km > REFUSE_KM
            problems.append(
                Problem(
                    "outside-municipality",
                    f"「{p.name}」は区域の外か、どの地区からも遠くにあります（いちばん近い地区から{km:.0f}km）"
                    + ("。使いません" if refuse else ""),
                    "緯度・経度と住所を確かめてください",
                    p.file,
                    p.row,
                    "緯度・経度",
                    f"{p.latitude:g},{p.longitude:g}",
                    "error" if refuse else "question",
                )
            )
            if refuse:
                by_file[p.file].rows_rejected += 1
                continue
        out.append(p)
    for file, count in neighbours.items():
        by_file[file].add_note(f"ほかの市町村の{count}件は使いません。")
    out += own
    return out, problems


def _where(rows: Sequence[PlaceRow], got: Gathered) -> tuple[list[float], list[bool | None]]:
    """Distance to the nearest district (km), and whether the boundary holds the place (None without a boundary)."""
    n = len(rows)
    if not rows or not got.points:
        return [0.0] * n, [None] * n
    xy = plane_km([*got.points, *((p.latitude, p.longitude) for p in rows)])
    cut = len(got.points)
    km = cKDTree(xy[:cut]).query(xy[cut:])[0]
    if not got.boundary:
        return [float(x) for x in np.asarray(km)], [None] * n
    # half a kilometre of grace: quays, bridges and boundaries drawn coarsely
    land = prep(shapely.union_all([shapely.make_valid(s) for s in got.boundary]).buffer(0.005))
    return [float(x) for x in np.asarray(km)], [bool(land.covers(shapely.Point(p.longitude, p.latitude))) for p in rows]


def _own_places(found: Sequence[Found]) -> tuple[list[PlaceRow], list[Problem]]:
    """Places of the product's own tables; kinds may be written in Japanese or English."""
    kinds = {
        cells.flat(x).lower(): r["kind"] for r in rows_of(PACKAGE, "place_kinds") for x in (r["kind"], r["ja"], r["en"])
    }
    out: list[PlaceRow] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for f in found:
        for r in f.own.get("places", ()):
            row = r.get("source_row")
            kind = kinds.get(cells.flat(r["kind"]).lower())
            if kind is None:
                problems.append(
                    Problem(
                        "unknown-place-kind",
                        f"施設の種類「{r['kind']}」は一覧にありません。「その他」としました",
                        "ひな形の種類から選んでください",
                        f.file,
                        row,
                        "種類",
                        r["kind"],
                        "question",
                    )
                )
            if r["place_id"] in seen:
                f.rows_used -= 1
                f.rows_rejected += 1
                problems.append(
                    Problem(
                        "duplicate-id",
                        f"施設コード{r['place_id']}が2回以上あります",
                        "1つにしてください",
                        f.file,
                        row,
                        "施設コード",
                        r["place_id"],
                    )
                )
                continue
            seen.add(r["place_id"])
            kind = kind or "other"
            out.append(
                PlaceRow(
                    r["name"],
                    kind,
                    r["latitude"],
                    r["longitude"],
                    f.file,
                    row or 1,
                    r.get("address") or "",
                    r.get("phone") or "",
                    r.get("opening_hours") or "",
                    r.get("step_free"),
                    r.get("organisation") or "",
                    "own",
                    r.get("island") or "",
                    {**r, "kind": kind},
                )
            )
    return out, problems


def place_rows(places: Sequence[PlaceRow]) -> list[dict[str, Any]]:
    """Rows of the ``places`` table; a place's code is made of its name and point, so it stays from build to build."""
    out = []
    taken = {p.own["place_id"] for p in places if p.own is not None}
    for p in places:
        row: dict[str, Any] = dict(p.own or {})
        if p.own is None:
            stem = "p" + sha256(f"{cells.plain_name(p.name)}|{p.latitude:.4f}|{p.longitude:.4f}".encode())[:8]
            place_id, k = stem, 1
            while place_id in taken:
                k += 1
                place_id = f"{stem}-{k}"
            taken.add(place_id)
            row = {"place_id": place_id, "source": p.file, "source_row": p.row}
        row |= {
            "name": p.name,
            "kind": p.kind,
            "latitude": p.latitude,
            "longitude": p.longitude,
            "address": p.address or None,
            "island": p.island or None,
            "phone": p.phone or None,
            "opening_hours": p.opening_hours or None,
            "step_free": p.step_free,
            "organisation": p.organisation or None,
        }
        out.append(row)
    return out
