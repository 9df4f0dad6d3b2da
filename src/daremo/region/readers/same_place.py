"""The same building in several lists becomes one row: near, and called the same."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE
from daremo.region.readers import cells
from daremo.region.readers.found import PlaceRow

#: Two points farther apart are never the same building (km).
SAME_PLACE_KM = 0.15
_ROLES = {"evacuation", "polling_place"}
_CELL = 0.002


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Distance on the ground between two near points (km), on a local plane."""
    x = math.radians(lon_b - lon_a) * math.cos(math.radians((lat_a + lat_b) / 2))
    return 6371.0 * math.hypot(x, math.radians(lat_b - lat_a))


def core_name(name: str) -> str:
    """What is left of a building's name without town, owner, brackets and the part of the building."""
    t = re.sub(r"[(「『\[].*?[)」』\]]", "", cells.plain_name(name))
    t = re.sub(r"※.*$", "", t)
    t = re.sub(r"^(旧|元)", "", t)
    t = re.sub(r"^.{1,4}?[都道府県]立", "", t)
    t = re.sub(r"^.{1,8}?[市区町村]立", "", t)
    t = re.sub(r"(跡施設|跡地|第二体育館|旧?体育館|講堂|校舎|大ホール|多目的室)$", "", t)
    t = t.replace("高等学校", "高校")
    return t.strip("・ ")


def merge_places(places: Sequence[PlaceRow], town: str = "") -> tuple[list[PlaceRow], Counter[str]]:
    """One row for each building.

    The row that stays is of the first kind in ``place_kinds.csv``; others fill what it lacks. Wi-Fi points stay
    apart, for they are a line and not a building.

    Parameters
    ----------
    places : sequence of PlaceRow
        Rows of all lists.
    town : str
        Name of the municipality, dropped from the front of names.

    Returns
    -------
    tuple
        Rows kept, in the order given, and the number of merged rows by file.
    """
    rank = {r["kind"]: i for i, r in enumerate(rows_of(PACKAGE, "place_kinds"))}
    candidate = {r["kind"] for r in rows_of(PACKAGE, "place_kinds") if r["candidate"] == "yes"}
    # rows whose kind came from a general list yield to those a specific list names; roles such as polling come last
    order = sorted(
        range(len(places)),
        key=lambda i: (
            places[i].own is None,
            places[i].kind in _ROLES,
            places[i].kind not in candidate,
            rank.get(places[i].kind, 99),
            i,
        ),
    )
    grid: dict[tuple[int, int], list[int]] = defaultdict(list)
    cores = [_without_town(core_name(p.name), town) for p in places]
    kept: dict[int, PlaceRow] = {}
    merged: Counter[str] = Counter()
    for i in order:
        p = places[i]
        y, x = int(p.latitude / _CELL), int(p.longitude / _CELL)
        near = [j for dy in (-1, 0, 1) for dx in (-1, 0, 1) for j in grid[y + dy, x + dx]]
        twin = next((j for j in near if _same(places[j], p, cores[j], cores[i])), None)
        if twin is None:
            kept[i] = p
            grid[y, x].append(i)
        else:
            merged[p.file] += 1
            kept[twin] = _filled(kept[twin], p)
    return [kept[i] for i in sorted(kept)], merged


def _without_town(core: str, town: str) -> str:
    short = re.sub(r"[市区町村]$", "", town)
    for prefix in (town, *((f"{short}市", f"{short}町") if short else ())):
        if prefix and core.startswith(prefix) and len(core) > len(prefix) + 2:
            return core[len(prefix) :]
    return core


def _same(a: PlaceRow, b: PlaceRow, core_a: str, core_b: str) -> bool:
    if (a.kind == "wifi") != (b.kind == "wifi") or (a.own is not None and b.own is not None):
        return False
    if distance_km(a.latitude, a.longitude, b.latitude, b.longitude) > SAME_PLACE_KM:
        return False
    if core_a == core_b:
        return bool(core_a)
    # a longer name is a part of the building only where one of the two is a role the building plays
    if not ({a.kind, b.kind} & _ROLES) or min(len(core_a), len(core_b)) < 3:
        return False
    return core_a.startswith(core_b) or core_b.startswith(core_a)


def _filled(keep: PlaceRow, other: PlaceRow) -> PlaceRow:
    """The row kept, with what it lacks taken from the other."""
    return replace(
        keep,
        address=keep.address or other.address,
        phone=keep.phone or other.phone,
        opening_hours=keep.opening_hours or (other.opening_hours if other.kind not in _ROLES else ""),
        step_free=other.step_free if keep.step_free is None else keep.step_free,
        organisation=keep.organisation or other.organisation,
    )
