"""The walking parts of a journey: door to stop, stop to stop, stop to door, and all the way on foot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daremo.kernel.errors import UsageError
from daremo.reach.travel.by_street import pairs_by_street
from daremo.reach.travel.pairs import Pairs, pairs_of
from daremo.reach.travel.points import pairs_by_distance
from daremo.reach.travel.streets import Streets
from daremo.reach.travel.timetable import Timetable


@dataclass(frozen=True, slots=True)
class Legs:
    """Walks in minutes.

    Attributes
    ----------
    to_stop : Pairs, demand × stops
    change : Pairs, stops × stops
        A walk from one ride to the next; from a stop to itself it is not needed.
    from_stop : Pairs, stops × places
    direct : Pairs, demand × places
    """

    to_stop: Pairs
    change: Pairs
    from_stop: Pairs
    direct: Pairs


def legs_by_distance(
    timetable: Timetable,
    latitude_d: ArrayLike,
    longitude_d: ArrayLike,
    latitude_p: ArrayLike,
    longitude_p: ArrayLike,
    *,
    walk_km_h: float = 4.0,
    detour: float = 1.3,
    most_walk_min: float = 15.0,
    most_change_min: float = 5.0,
    most_direct_min: float = 30.0,
) -> Legs:
    """Walks along great circles times a detour; what the feed says about changes goes before.

    Parameters
    ----------
    latitude_d, longitude_d : array_like, shape (d,), degrees
    latitude_p, longitude_p : array_like, shape (p,), degrees
    walk_km_h : float, km an hour
        Older people walk more slowly: ask once for each life stage.
    detour : float
    most_walk_min, most_change_min, most_direct_min : float, minutes
        Longest walk to or from a stop, between two rides, and all the way.

    Raises
    ------
    UsageError
        Where coordinates, speed, detour or a limit cannot be used.
    """
    _checked_walks(walk_km_h, most_walk_min, most_change_min, most_direct_min)
    known = np.flatnonzero(np.isfinite(timetable.latitude_s))
    lat_s, lon_s = timetable.latitude_s[known], timetable.longitude_s[known]
    n_stops = len(timetable.stop_id)

    def walked(a: ArrayLike, b: ArrayLike, c: ArrayLike, e: ArrayLike, most_min: float) -> Pairs:
        km = pairs_by_distance(a, b, c, e, radius_km=most_min / 60 * walk_km_h * (1 + 1e-12), detour=detour)
        return Pairs(km.start, km.place, km.cost / walk_km_h * 60, km.n_places, "min")

    return _placed(
        walked(latitude_d, longitude_d, lat_s, lon_s, most_walk_min),
        walked(lat_s, lon_s, lat_s, lon_s, most_change_min),
        walked(lat_s, lon_s, latitude_p, longitude_p, most_walk_min),
        walked(latitude_d, longitude_d, latitude_p, longitude_p, most_direct_min),
        known,
        n_stops,
        timetable,
    )


def legs_by_street(
    timetable: Timetable,
    streets: Streets,
    latitude_d: ArrayLike,
    longitude_d: ArrayLike,
    latitude_p: ArrayLike,
    longitude_p: ArrayLike,
    *,
    most_walk_min: float = 15.0,
    most_change_min: float = 5.0,
    most_direct_min: float = 30.0,
    most_snap_km: float = 1.0,
) -> Legs:
    """Walks along streets in minutes (profile foot); what the feed says about changes goes before.

    Parameters
    ----------
    streets : Streets
        In minutes.
    latitude_d, longitude_d : array_like, shape (d,), degrees
    latitude_p, longitude_p : array_like, shape (p,), degrees
    most_walk_min, most_change_min, most_direct_min : float, minutes
    most_snap_km : float, km

    Raises
    ------
    UsageError
        Where the streets are in km, or coordinates or a limit cannot be used.
    """
    _checked_walks(1.0, most_walk_min, most_change_min, most_direct_min)
    if streets.unit != "min":
        raise UsageError("bad-streets", "歩く道の長さがkmです", "分の道路（読みこむとき foot）を使ってください")
    known = np.flatnonzero(np.isfinite(timetable.latitude_s))
    lat_s, lon_s = timetable.latitude_s[known], timetable.longitude_s[known]

    def walked(a: ArrayLike, b: ArrayLike, c: ArrayLike, e: ArrayLike, most_min: float) -> Pairs:
        return pairs_by_street(streets, a, b, c, e, limit=most_min, most_snap_km=most_snap_km).pairs

    return _placed(
        walked(latitude_d, longitude_d, lat_s, lon_s, most_walk_min),
        walked(lat_s, lon_s, lat_s, lon_s, most_change_min),
        walked(lat_s, lon_s, latitude_p, longitude_p, most_walk_min),
        walked(latitude_d, longitude_d, latitude_p, longitude_p, most_direct_min),
        known,
        len(timetable.stop_id),
        timetable,
    )


def _checked_walks(walk_km_h: float, *most_min: float) -> None:
    if not 0 < walk_km_h < np.inf or not all(0 <= m < np.inf for m in most_min):
        raise UsageError(
            "bad-parameter", f"歩く速さ {walk_km_h} km/h か歩く時間の上限が使えません", "0以上の数を入れてください"
        )


def _placed(
    to_stop: Pairs,
    change: Pairs,
    from_stop: Pairs,
    direct: Pairs,
    known: np.ndarray[tuple[int], np.dtype[np.int64]],
    n_stops: int,
    timetable: Timetable,
) -> Legs:
    """Walks between stops of known place, renumbered to all stops; fixed changes take the place of walked ones."""
    a, b, minutes = known[change.demand()], known[change.place], change.cost
    fixed = {(x, y) for x, y, _ in timetable.forced}
    free = (a != b) & ~np.array([pair in fixed for pair in zip(a.tolist(), b.tolist())], bool).reshape(a.shape)
    extra = [(x, y, m) for x, y, m in timetable.forced if np.isfinite(m)]
    return Legs(
        to_stop=pairs_of(to_stop.demand(), known[to_stop.place], to_stop.cost, to_stop.n_demand, n_stops, "min"),
        change=pairs_of(
            np.concatenate([a[free], [x for x, _, _ in extra]]),
            np.concatenate([b[free], [y for _, y, _ in extra]]),
            np.concatenate([minutes[free], [m for _, _, m in extra]]),
            n_stops,
            n_stops,
            "min",
        ),
        from_stop=pairs_of(
            known[from_stop.demand()], from_stop.place, from_stop.cost, n_stops, from_stop.n_places, "min"
        ),
        direct=direct,
    )
