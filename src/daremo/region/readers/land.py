"""What a district is like: its island, its former town, its terrain, and whether its point stands where it should."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from daremo.kernel.errors import Problem
from daremo.region.islands import BRIDGE_KM, Island, boundary_parts, gap_km, island_at, part_of
from daremo.region.readers import cells
from daremo.region.readers.found import AreaRow
from daremo.region.readers.same_place import distance_km

#: Mean distance to the three nearest districts from which on a district counts as hill (km).
HILL_KM = 2.0
#: A point this far from the other 丁目 of its town is doubted (km).
SIBLING_KM = 5.0
#: A point this far from every other district is doubted (km).
ALONE_KM = 10.0


def plane_km(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Points (degrees) on a local plane.

    Returns
    -------
    ndarray, shape (points, 2), km
    """
    p = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    mean = np.radians(p[:, 0].mean()) if len(p) else 0.0
    return np.asarray(np.column_stack([np.radians(p[:, 1]) * np.cos(mean), np.radians(p[:, 0])]) * 6371.0)


def point_of(a: AreaRow) -> tuple[float, float]:
    """Latitude and longitude of a district that has a point (degrees)."""
    assert a.latitude is not None and a.longitude is not None
    return a.latitude, a.longitude


def communities(names: Sequence[str]) -> list[str]:
    """Former towns: a leading 〜町 or 〜村 that at least two names share and go on after, 丁目 apart; "" elsewhere."""
    leads = []
    for name in names:
        m = re.match(r"(.{1,6}?[町村])(?!.*?[町村].*?\d+丁目$)(.+)$", cells.flat(name))
        rest = m[2] if m else ""
        is_block = bool(re.match(r"[\d一二三四五六七八九十]+(丁目|番)|[甲乙丙丁]$|\(", rest))
        leads.append(m[1] if m and not is_block else "")
    shared = Counter(x for x in leads if x)
    return [x if x and shared[x] >= 2 else "" for x in leads]


def terrains(points: Sequence[tuple[float, float]], islands: Sequence[str], doubted: Sequence[bool]) -> list[str]:
    """``island``, ``hill`` where districts lie far apart, else ``plain``; doubted points are left out."""
    out = ["island" if i else "plain" for i in islands]
    main = [k for k, i in enumerate(islands) if not i and not doubted[k]]
    if len(main) < 5:
        return out
    xy = plane_km([points[k] for k in main])
    distance = np.asarray(cKDTree(xy).query(xy, k=4)[0])
    for k, mean in zip(main, distance[:, 1:].mean(axis=1), strict=True):
        if mean > HILL_KM:
            out[k] = "hill"
    return out


def isolated(areas: Sequence[AreaRow], islands: Sequence[str]) -> list[Problem]:
    """A question for each district whose point stands far from its 丁目 siblings, or far from every other district."""
    if len(areas) < 3:
        return []
    xy = plane_km([point_of(a) for a in areas])
    nearest = np.asarray(cKDTree(xy).query(xy, k=2)[0])[:, 1]
    towns: dict[str, list[int]] = defaultdict(list)
    for k, a in enumerate(areas):
        m = re.match(r"(.+?)\d+丁目$", cells.plain_name(a.name))
        towns[m[1] if m else cells.plain_name(a.name)].append(k)
    out = []
    for k, a in enumerate(areas):
        m = re.match(r"(.+?)\d+丁目$", cells.plain_name(a.name))
        others = [j for j in towns[m[1] if m else cells.plain_name(a.name)] if j != k]
        lat, lon = point_of(a)
        if others:
            middle = np.median(xy[others], axis=0)
            close = [j for j in others if np.hypot(*(xy[j] - middle)) <= SIBLING_KM]
            away = float(min(np.hypot(*(xy[k] - xy[j])) for j in others))
            # with two siblings that disagree both would be doubted; then the nearer to other districts is trusted
            lone = nearest[k] > min(nearest[j] for j in others)
            if away > SIBLING_KM and (len(close) >= 2 or lone):
                near = close or others
                suggestion = np.mean([point_of(areas[j]) for j in near], axis=0)
                out.append(
                    _doubt(
                        a,
                        f"同じ町の{areas[near[0]].name}などから{away:.0f}km離れています（いちばん近い地区からは{nearest[k]:.0f}km）",
                        f"緯度・経度を確かめてください。{areas[near[0]].name}などの平均は"
                        f" 緯度{suggestion[0]:.5f}・経度{suggestion[1]:.5f} です",
                        lat,
                        lon,
                    )
                )
                continue
        if nearest[k] > ALONE_KM and not islands[k]:
            out.append(
                _doubt(
                    a,
                    f"ほかのどの地区からも{nearest[k]:.0f}km以上離れています",
                    "緯度・経度を確かめてください。島なら島の表（islands）に足してください",
                    lat,
                    lon,
                )
            )
    return out


def _doubt(a: AreaRow, message: str, fix: str, lat: float, lon: float) -> Problem:
    return Problem(
        "isolated-point",
        f"「{a.name}」の点が{message}",
        fix,
        a.file,
        a.row,
        "緯度・経度",
        f"{lat:g},{lon:g}",
        "question",
    )


def mark_islands(
    areas: Sequence[AreaRow], users: Sequence[Island], known: Sequence[Island], shapes: Sequence[BaseGeometry]
) -> tuple[list[str], list[Problem], dict[str, Island]]:
    """Island of each district ("" = mainland), questions about pieces of land, and the islands found by name."""
    out: list[str] = []
    used: dict[str, Island] = {}
    for a in areas:
        hit = island_at(*point_of(a), users, known)
        out.append(hit.island if hit else "")
        if hit:
            used[hit.island] = hit
    problems: list[Problem] = []
    parts = boundary_parts(shapes) if shapes else []
    if len(parts) < 2:
        return out, problems, used
    where = [part_of(parts, *point_of(a)) for a in areas]
    people: Counter[int] = Counter()
    for a, w in zip(areas, where, strict=True):
        if w is not None:
            people[w] += int(a.people or sum(a.bands.values())) + 1
    if not people:
        return out, problems, used
    main = people.most_common(1)[0][0]
    for w in sorted(people):
        inside = [k for k, x in enumerate(where) if x == w]
        if w == main or any(out[k] for k in inside):
            continue
        water = gap_km(parts[w], parts[main])
        first = areas[inside[0]]
        if water >= BRIDGE_KM:
            name = f"{re.sub(r'[町村]$', '', first.name)}（島）"
            for k in inside:
                out[k] = name
            lat, lon = np.mean([point_of(areas[k]) for k in inside], axis=0)
            radius = max([distance_km(lat, lon, *point_of(areas[k])) for k in inside]) + 1.0
            used[name] = Island(name, float(lat), float(lon), radius, None, None, None, "行政区域の境界（N03）")
        problems.append(
            Problem(
                "possible-island",
                f"「{first.name}」は陸から{water:.1f}km離れた別の陸地です。"
                + ("島としました" if water >= BRIDGE_KM else "橋があるものとしました"),
                "橋があるか確かめ、島の表（islands）に船の時間と便数を書いてください",
                first.file,
                first.row,
                "",
                first.name,
                "question",
            )
        )
    return out, problems, used
