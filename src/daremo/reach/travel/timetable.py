"""What runs on one day: trips of its services, times filled in, grouped into lines on which nobody overtakes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.errors import Infeasible, Problem
from daremo.reach.travel.feed import _DAYS, Feed, seconds_of
from daremo.reach.travel.sphere import along_km, on_sphere
from daremo.reach.travel.text_table import as_numbers

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
DAY_S = 86_400.0
#: How far around the wanted day a day with trips is looked for (days).
_SEARCH_DAYS = 400


@dataclass(frozen=True, slots=True)
class Timetable:
    """Trips of one day, in lines: the same stops in the same order, and no trip overtakes another.

    Attributes
    ----------
    stop_id : tuple of str
    latitude_s, longitude_s : ndarray, shape (stops,), degrees
        NaN where unknown.
    line_start : ndarray of int64, shape (lines + 1,)
        Calls of line l are ``line_start[l]:line_start[l + 1]``.
    stop_c : ndarray of int64, shape (calls,), index
    on_c, off_c : ndarray of bool, shape (calls,), mask
        Whether people may get on, get off.
    trips_l : ndarray of int64, shape (lines,)
        Trips of each line.
    time_start : ndarray of int64, shape (lines,)
        Time of trip k at call c of line l: ``time_start[l] + k * calls of l + c``.
    arrive, leave : ndarray, shape (times,), seconds after midnight
    forced : tuple of (int, int, float)
        Changes on foot between two stops that the feed fixes (minutes; infinite = not possible).
    date : datetime.date
    problems : tuple of Problem
    """

    stop_id: tuple[str, ...]
    latitude_s: Floats
    longitude_s: Floats
    line_start: Index
    stop_c: Index
    on_c: NDArray[np.bool_]
    off_c: NDArray[np.bool_]
    trips_l: Index
    time_start: Index
    arrive: Floats
    leave: Floats
    forced: tuple[tuple[int, int, float], ...]
    date: datetime.date
    problems: tuple[Problem, ...]

    @property
    def n_trips(self) -> int:
        return int(self.trips_l.sum())


def services_on(feed: Feed, date: datetime.date) -> frozenset[str]:
    """Services that run on a day, by weekday and by exception."""
    day = date.strftime("%Y%m%d")
    running: set[str] = set()
    if feed.calendar.height:
        c = feed.calendar
        runs = c.filter(c[_DAYS[date.weekday()]] & (c["start"] <= day) & (c["end"] >= day))
        running.update(runs["service_id"].to_list())
    if feed.exceptions.height:
        today = feed.exceptions.filter(feed.exceptions["date"] == day)
        running.update(today.filter(today["added"])["service_id"].to_list())
        running.difference_update(today.filter(~today["added"])["service_id"].to_list())
    return frozenset(running)


def timetable_on(feed: Feed, date: datetime.date) -> Timetable:
    """The trips that run on a day, and those of the night before that run into it.

    Blank times are filled in along the way (``shape_dist_traveled``, otherwise straight between stops). Trips by
    headway (``frequencies``) leave at the start of each interval and then at every headway.

    Raises
    ------
    Infeasible
        Where nothing runs; the fix names the nearest day on which something does.
    """
    today = services_on(feed, date)
    runs = set(today) & set(feed.service_id)
    if not runs:
        raise Infeasible("no-service-on-date", f"{date} に走る便がありません", _other_day(feed, date), "calendar")
    problems = list(feed.problems)
    arrive, leave, sound = _filled(feed, problems)
    trips = _departures(feed, leave, sound, today, 0.0)
    night = services_on(feed, date - datetime.timedelta(days=1))
    trips += [
        (t, s) for t, s in _departures(feed, leave, sound, night, -DAY_S) if arrive[feed.call_start[t + 1] - 1] + s > 0
    ]
    return _lines(feed, trips, arrive, leave, date, problems)


def _other_day(feed: Feed, date: datetime.date) -> str:
    """What to do where nothing runs."""
    known = set(feed.service_id)
    for away in range(1, _SEARCH_DAYS):
        for day in (date + datetime.timedelta(days=away), date - datetime.timedelta(days=away)):
            if services_on(feed, day) & known:
                return f"便のある日、たとえば {day} を選んでください"
    return "時刻表の有効期間と運行日を確かめてください"


def _filled(feed: Feed, problems: list[Problem]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Arrival and departure of each call with blanks filled in, and which trips make sense."""
    arrive, leave = feed.arrive.copy(), feed.leave.copy()
    arrive, leave = np.where(np.isnan(arrive), leave, arrive), np.where(np.isnan(leave), arrive, leave)
    xyz = on_sphere(feed.latitude_s, feed.longitude_s)[feed.call_stop]
    step = along_km(xyz[:-1], xyz[1:]) if feed.call_stop.size else np.zeros(0)
    sound = _fill(feed.call_start, arrive, leave, feed.along, step)
    wrong = int((~sound).sum())
    if wrong:
        problems.append(
            Problem(
                "feed-rows-unused", f"時刻が足りないか逆もどりする便が{wrong}本あります", "その便は使いません",
                "stop_times.txt", severity="warning",
            )
        )  # fmt: skip
    return arrive, leave, sound


@njit(cache=True, nogil=True)
def _fill(start: Index, arrive: Floats, leave: Floats, along: Floats, step: Floats) -> NDArray[np.bool_]:
    """Fill blank times in place; mask of trips with two calls or more whose times never fall."""
    sound = np.zeros(start.size - 1, np.bool_)
    for t in range(start.size - 1):
        a, b = start[t], start[t + 1]
        if b - a < 2 or np.isnan(leave[a]) or np.isnan(arrive[b - 1]):
            continue
        last = a
        for c in range(a + 1, b):
            if np.isnan(arrive[c]):
                continue
            if c > last + 1:
                _between(last, c, arrive, leave, along, step)
            last = c
        good = True
        for c in range(a, b):
            if leave[c] < arrive[c] or (c > a and arrive[c] < leave[c - 1]):
                good = False
        sound[t] = good
    return sound


@njit(cache=True, nogil=True)
def _between(a: int, b: int, arrive: Floats, leave: Floats, along: Floats, step: Floats) -> None:
    """Times of the calls between a and b: by distance along the line, else straight between stops, else evenly."""
    rising = True
    for c in range(a, b):
        if not along[c] <= along[c + 1]:
            rising = False
    total, straight = along[b] - along[a], 0.0
    for c in range(a, b):
        straight += step[c]
    done = 0.0
    for c in range(a + 1, b):
        done += step[c - 1]
        if rising and total > 0:
            share = (along[c] - along[a]) / total
        elif straight > 0:
            share = done / straight
        else:
            share = (c - a) / (b - a)
        arrive[c] = leave[a] + share * (arrive[b] - leave[a])
        leave[c] = arrive[c]


def _departures(
    feed: Feed, leave: Floats, sound: NDArray[np.bool_], services: frozenset[str], shift_s: float
) -> list[tuple[int, float]]:
    """Trips and the shift of their times (seconds): one each, or one a headway."""
    by_headway = _headways(feed)
    out: list[tuple[int, float]] = []
    for t, service in enumerate(feed.service_id):
        if service not in services or not sound[t]:
            continue
        first = float(leave[feed.call_start[t]])
        if feed.trip_id[t] not in by_headway:
            out.append((t, shift_s))
        for begin, end, headway in by_headway.get(feed.trip_id[t], ()):
            out += [(t, float(at) - first + shift_s) for at in np.arange(begin, end, headway)]
    return out


def _headways(feed: Feed) -> dict[str, list[tuple[float, float, float]]]:
    """Begin, end and headway (seconds) of trips that run by headway."""
    table = feed.frequencies
    if not {"trip_id", "start_time", "end_time", "headway_secs"} <= set(table.columns):
        return {}
    begin, end = seconds_of(table["start_time"]), seconds_of(table["end_time"])
    headway = as_numbers(table["headway_secs"])
    out: dict[str, list[tuple[float, float, float]]] = {}
    for i, trip in enumerate(table["trip_id"].to_list()):
        if begin[i] < end[i] and headway[i] > 0:
            out.setdefault(trip, []).append((float(begin[i]), float(end[i]), float(headway[i])))
    return out


def _lines(
    feed: Feed,
    trips: list[tuple[int, float]],
    arrive: Floats,
    leave: Floats,
    date: datetime.date,
    problems: list[Problem],
) -> Timetable:
    """Group trips by their calls, then split each group so that no trip overtakes another."""
    groups: dict[bytes, list[tuple[int, float]]] = {}
    for t, shift in trips:
        calls = slice(feed.call_start[t], feed.call_start[t + 1])
        key = feed.call_stop[calls].tobytes() + feed.on[calls].tobytes() + feed.off[calls].tobytes()
        groups.setdefault(key, []).append((t, shift))
    line_start, trips_l, time_start = [0], [], []
    stops, on, off, arrivals, departures = [], [], [], [np.zeros(0)], [np.zeros(0)]
    used = 0
    for members in groups.values():
        first = slice(feed.call_start[members[0][0]], feed.call_start[members[0][0] + 1])
        n = first.stop - first.start
        rows = [feed.call_start[t] + np.arange(n) for t, _ in members]
        shift_s = np.array([s for _, s in members])[:, None]
        come, go = arrive[rows] + shift_s, leave[rows] + shift_s
        for order in _unovertaken(come, go):
            stops.append(feed.call_stop[first])
            on.append(feed.on[first])
            off.append(feed.off[first])
            line_start.append(line_start[-1] + int(n))
            trips_l.append(len(order))
            time_start.append(used)
            used += len(order) * int(n)
            arrivals.append(come[order].ravel())
            departures.append(go[order].ravel())
    return Timetable(
        stop_id=feed.stop_id,
        latitude_s=feed.latitude_s,
        longitude_s=feed.longitude_s,
        line_start=np.array(line_start, np.int64),
        stop_c=np.concatenate([np.zeros(0, np.int64), *stops]),
        on_c=np.concatenate([np.zeros(0, bool), *on]),
        off_c=np.concatenate([np.zeros(0, bool), *off]),
        trips_l=np.array(trips_l, np.int64),
        time_start=np.array(time_start, np.int64),
        arrive=np.concatenate(arrivals),
        leave=np.concatenate(departures),
        forced=_forced(feed),
        date=date,
        problems=tuple(problems),
    )


def _unovertaken(come: Floats, go: Floats) -> list[list[int]]:
    """Trips (rows) in as few lists as a first fit finds, each in order at every call."""
    lists: list[list[int]] = []
    for k in np.lexsort((come[:, -1], go[:, 0])).tolist():
        for line in lists:
            if (come[k] >= come[line[-1]]).all() and (go[k] >= go[line[-1]]).all():
                line.append(k)
                break
        else:
            lists.append([k])
    return lists


def _forced(feed: Feed) -> tuple[tuple[int, int, float], ...]:
    """Changes between two stops for which the feed gives minutes (type 2) or says that there is no way (type 3)."""
    table = feed.transfers
    if not {"from_stop_id", "to_stop_id", "transfer_type"} <= set(table.columns):
        return ()
    number = {s: i for i, s in enumerate(feed.stop_id)}
    seconds = (
        as_numbers(table["min_transfer_time"])
        if "min_transfer_time" in table.columns
        else np.full(table.height, np.nan)
    )
    particular = [c for c in ("from_route_id", "to_route_id", "from_trip_id", "to_trip_id") if c in table.columns]
    out: dict[tuple[int, int], float] = {}
    for i, row in enumerate(table.iter_rows(named=True)):
        a, b = number.get(row["from_stop_id"]), number.get(row["to_stop_id"])
        if a is None or b is None or a == b or any(row[c] for c in particular):
            continue
        if row["transfer_type"] == "3":
            out[a, b] = np.inf
        elif row["transfer_type"] == "2" and seconds[i] >= 0:
            out[a, b] = float(seconds[i]) / 60
    return tuple((a, b, minutes) for (a, b), minutes in sorted(out.items()))
