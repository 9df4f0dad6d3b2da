"""Trips of a question: as the crow flies, along streets or by timetable, up to the longest that was asked for."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.reach.read.tables import PointTable
    from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]

#: Trips of a question without a radius; more need one.
MOST_TRIPS = 60_000_000


def longest(asked: dict[str, Any], *, needed: bool) -> float:
    """Longest trip that counts, km or minutes; infinite where none is named and none is needed.

    Raises
    ------
    UsageError
        Where it is missing, named twice, or in a unit that the way of travelling does not have.
    """
    km, minutes = asked.get("radius_km"), asked.get("within_min")
    timed = [name for name in ("osm", "timetable") if asked.get(name)]
    if km is not None and minutes is not None:
        raise UsageError("two-limits", "--radius-km と --within-min の両方があります", "どちらか一方にしてください")
    if minutes is not None and not timed and not asked.get("streets"):
        fix = "--osm か --timetable か --streets を付けるか、--radius-km にしてください"
        raise UsageError("no-minutes", "分で測るには、道か時刻表が要ります", fix, "--within-min")
    if km is not None and timed:
        raise UsageError(
            "no-minutes", "この移動は分で測ります", "--radius-km を --within-min にしてください", f"--{timed[0]}"
        )
    if km is None and minutes is None and needed:
        fix = "--radius-km 2 のように、いちばん長い道のりを書いてください"
        raise UsageError("no-limit", "どこまで行けるかが決まっていません", fix, "--radius-km")
    return float(km if km is not None else minutes if minutes is not None else math.inf)


def trips(d: PointTable, p: PointTable, limit: float, asked: dict[str, Any]) -> Pairs:
    """Trips from demand points with coordinates; the others keep an empty row."""
    from daremo.reach.travel.pairs import Pairs
    from daremo.reach.travel.points import pairs_by_distance, pairs_in_plane

    at = np.flatnonzero(np.isfinite(d.latitude) & np.isfinite(d.longitude))
    if math.isinf(limit) and at.size * p.n > MOST_TRIPS:
        fix = "--radius-km 20 のように、いちばん長い道のりを書いてください"
        raise UsageError("too-many-trips", f"組み合わせが{at.size * p.n:,}通りあります", fix, "--radius-km")
    lat, lon = d.latitude[at], d.longitude[at]
    if d.planar:
        found = pairs_in_plane(np.stack([lon, lat], 1), np.stack([p.longitude, p.latitude], 1), limit)
    elif asked.get("timetable"):
        found = _by_timetable(lat, lon, p, limit, asked)
    elif asked.get("streets") or asked.get("osm"):
        found = _by_street(lat, lon, p, limit, asked)
    else:
        found = pairs_by_distance(
            lat, lon, p.latitude, p.longitude, radius_km=limit, detour=float(asked.get("detour") or 1)
        )
    if at.size == d.n:
        return found
    length = np.zeros(d.n, np.int64)
    length[at] = np.diff(found.start)
    return Pairs(np.r_[0, np.cumsum(length)], found.place, found.cost, found.n_places, found.unit)


def _by_street(lat: Float, lon: Float, p: PointTable, limit: float, asked: dict[str, Any]) -> Pairs:
    from daremo.reach.travel.by_street import pairs_by_street
    from daremo.reach.travel.edge_list import read_edge_list
    from daremo.reach.travel.osm_streets import read_osm_streets

    if asked.get("osm"):
        streets = read_osm_streets(Path(asked["osm"]), asked.get("profile") or "foot")
    elif asked.get("street_nodes"):
        streets = read_edge_list(Path(asked["streets"]), Path(asked["street_nodes"]))
    else:
        raise UsageError("no-street-nodes", "道の点の表がありません", "--street-nodes で指定してください", "--streets")
    wanted = "min" if asked.get("within_min") is not None else "km"
    if streets.unit != wanted and not math.isinf(limit):
        fix = "--within-min" if streets.unit == "min" else "--radius-km"
        raise UsageError(
            "wrong-unit", f"道の表は {streets.unit} で書かれています", f"{fix} にしてください", "--streets"
        )
    return pairs_by_street(streets, lat, lon, p.latitude, p.longitude, limit=limit).pairs


def _by_timetable(lat: Float, lon: Float, p: PointTable, limit: float, asked: dict[str, Any]) -> Pairs:
    """Door to door on foot and by bus, over a morning."""
    from daremo.reach.travel.by_timetable import pairs_by_timetable
    from daremo.reach.travel.feed import read_feed
    from daremo.reach.travel.legs import legs_by_distance, legs_by_street
    from daremo.reach.travel.osm_streets import read_osm_streets
    from daremo.reach.travel.timetable import timetable_on

    if math.isinf(limit):
        raise UsageError(
            "no-limit", "どこまで行けるかが決まっていません", "--within-min 45 のように書いてください", "--within-min"
        )
    try:
        day = datetime.date.fromisoformat(str(asked.get("day") or ""))
    except ValueError:
        fix = "--date 20261125 のように、調べたい日を書いてください"
        raise UsageError("no-date", "時刻表のどの日かが決まっていません", fix, "--date") from None
    running = timetable_on(read_feed(Path(asked["timetable"])), day)
    if asked.get("osm"):
        legs = legs_by_street(running, read_osm_streets(Path(asked["osm"]), "foot"), lat, lon, p.latitude, p.longitude)
    else:
        legs = legs_by_distance(running, lat, lon, p.latitude, p.longitude)
    found = pairs_by_timetable(running, legs, most_min=limit)
    chosen: Pairs = getattr(found, str(asked.get("wait") or "median"))
    return chosen
