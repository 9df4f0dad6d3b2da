"""Trips on foot and by bus, train or boat: minutes from door to door over a morning, waiting included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.travel.legs import Legs
from daremo.reach.travel.pairs import Pairs
from daremo.reach.travel.raptor import boardings, journeys
from daremo.reach.travel.timetable import Timetable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TimetableTrips:
    """Door-to-door minutes over all departures of a window.

    Attributes
    ----------
    best, median, worst : Pairs
        Fastest, middle and slowest departure; a pair is absent from `worst` where after some departure there is no
        journey within the limit, and from `median` where that is so after half of them.
    departures_min : ndarray, shape (t,), minutes after midnight
    stranded : ndarray of int64, index
        Demand points from which no stop is near enough to walk to.
    finished : bool
        False where the watch ended the search; the demand points from `done` on have no trips.
    done : int
    """

    best: Pairs
    median: Pairs
    worst: Pairs
    departures_min: Floats
    stranded: NDArray[np.int64]
    finished: bool
    done: int

    def as_dict(self) -> dict[str, Any]:
        """What a person should know before she trusts the trips."""
        return {
            "departures": int(self.departures_min.size),
            "trips_best": self.best.n_trips,
            "trips_median": self.median.n_trips,
            "trips_worst": self.worst.n_trips,
            "without_stop": self.stranded.tolist(),
            "unreachable": self.best.unreachable().tolist(),
            "finished": self.finished,
        }


def pairs_by_timetable(
    timetable: Timetable,
    legs: Legs,
    *,
    begin_min: float = 420.0,
    end_min: float = 600.0,
    every_min: float = 1.0,
    most_min: float = 90.0,
    most_rides: int = 3,
    change_min: float = 1.0,
    watch: Watch | None = None,
) -> TimetableTrips:
    """Best, median and worst minutes from every demand point to every place within reach.

    Parameters
    ----------
    timetable : Timetable
    legs : Legs
        Walks (`legs_by_distance`, `legs_by_street`).
    begin_min, end_min : float, minutes after midnight
        People leave home from `begin_min` until before `end_min`; default 7:00 to 10:00.
    every_min : float, minutes
        One departure each so many minutes.
    most_min : float, minutes
        Longer journeys do not count, waiting included.
    most_rides : int
        At most this many buses one after the other.
    change_min : float, minutes
        Spare time between two rides, beside the walk.
    watch : Watch, optional
        Told (demand points done, all of them); ends the search early.

    Raises
    ------
    UsageError
        Where window, limits or legs do not fit.
    """
    watch = watch or Watch()
    _checked(timetable, legs, begin_min, end_min, every_min, most_min, most_rides, change_min)
    departures = np.arange(begin_min, end_min, every_min)
    n_stops, n_d, n_p = len(timetable.stop_id), legs.direct.n_demand, legs.direct.n_places
    chances = boardings(
        timetable.line_start, timetable.stop_c, timetable.on_c, timetable.trips_l, timetable.time_start,
        timetable.leave, n_stops,
    )  # fmt: skip
    off_c = np.where(timetable.off_c, timetable.stop_c, -1).astype(np.int32)
    last_c = np.repeat(timetable.line_start[1:] - 1, np.diff(timetable.line_start)).astype(np.int32)
    n_trips = timetable.n_trips + timetable.trips_l.size
    rows = [_Rows(n_d) for _ in range(3)]
    done = 0
    for d in range(n_d):
        if d % 16 == 0:
            watch.tell(float(d), float(n_d))
            if watch.late():
                break
        stop, door = _row(legs.to_stop, d), _row(legs.direct, d)
        times = journeys(
            off_c, last_c, timetable.arrive, *chances, n_trips,
            legs.change.start, legs.change.place, legs.change.cost * 60,
            legs.from_stop.start, legs.from_stop.place, legs.from_stop.cost * 60,
            *stop, *door, n_p, departures * 60, most_rides, most_min * 60, change_min * 60,
        )  # fmt: skip
        for row, told in zip(rows, _summed_up(times)):
            row.add(told / 60)
        done = d + 1
    best, median, worst = (row.pairs(n_p) for row in rows)
    return TimetableTrips(
        best=best,
        median=median,
        worst=worst,
        departures_min=departures,
        stranded=legs.to_stop.unreachable(),
        finished=done == n_d,
        done=done,
    )


def _checked(
    timetable: Timetable,
    legs: Legs,
    begin_min: float,
    end_min: float,
    every_min: float,
    most_min: float,
    most_rides: int,
    change_min: float,
) -> None:
    """Refuse what cannot be asked."""
    if not (0 <= begin_min < end_min < np.inf and every_min > 0 and (end_min - begin_min) / every_min <= 100_000):
        raise UsageError(
            "bad-window", f"出発の時間帯 {begin_min}〜{end_min}分（{every_min}分おき）が使えません",
            "始まりより終わりをあとにし、間隔は0より大きくしてください",
        )  # fmt: skip
    if not (0 <= most_min < np.inf and 0 <= change_min < np.inf and 0 <= most_rides <= 20):
        raise UsageError(
            "bad-parameter", f"most_min={most_min} most_rides={most_rides} change_min={change_min} のどれかが使えません",
            "分は0以上、乗る回数は0〜20にしてください",
        )  # fmt: skip
    n_stops, n_d, n_p = len(timetable.stop_id), legs.direct.n_demand, legs.direct.n_places
    shapes = [(x.n_demand, x.n_places) for x in (legs.to_stop, legs.change, legs.from_stop)]
    if shapes != [(n_d, n_stops), (n_stops, n_stops), (n_stops, n_p)]:
        raise UsageError(
            "bad-pairs", "歩く区間の表と時刻表の停留所の数が合いません", "同じ時刻表から作った表を使ってください"
        )


def _row(pairs: Pairs, d: int) -> tuple[NDArray[np.int32], Floats]:
    """Places and seconds of one demand point's walks."""
    here = slice(pairs.start[d], pairs.start[d + 1])
    return pairs.place[here], pairs.cost[here] * 60


@njit(cache=True, nogil=True)
def _summed_up(times: Floats) -> tuple[Floats, Floats, Floats]:
    """Least, middle and greatest of each row (of an even number the mean of the two in the middle)."""
    n, t = times.shape
    best, median, worst = np.empty(n), np.empty(n), np.empty(n)
    for p in range(n):
        if times[p].min() == np.inf:
            best[p], median[p], worst[p] = np.inf, np.inf, np.inf
            continue
        ordered = np.sort(times[p])
        best[p], worst[p] = ordered[0], ordered[t - 1]
        median[p] = (ordered[(t - 1) // 2] + ordered[t // 2]) / 2
    return best, median, worst


class _Rows:
    """Pairs in the making, one demand point after the other."""

    def __init__(self, n_demand: int) -> None:
        self.count = np.zeros(n_demand, np.int64)
        self.place: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self.cost: list[Floats] = [np.zeros(0)]
        self.at = 0

    def add(self, minutes_p: Floats) -> None:
        """The next demand point's minutes to every place, infinite where there is no way."""
        place = np.flatnonzero(np.isfinite(minutes_p))
        self.count[self.at] = place.size
        self.place.append(place)
        self.cost.append(minutes_p[place])
        self.at += 1

    def pairs(self, n_places: int) -> Pairs:
        """All of them."""
        start = np.r_[0, np.cumsum(self.count)].astype(np.int64)
        return Pairs(start, np.concatenate(self.place).astype(np.int32), np.concatenate(self.cost), n_places, "min")
