"""Earliest arrivals by walking and riding, for every departure of a window, in rounds by number of rides.

A journey is walk, ride, walk, ride, …, walk. Departures are taken from the last to the first and labels are kept: what
can be reached by leaving later can be reached by leaving earlier, so each trip is looked at once for each call at which it
is the first that can be caught. Labels of round k hold for at most k rides.

Source
------
Delling, D., Pajor, T. and Werneck, R. F. (2015), Round-based public transit routing, Transportation Science 49, 591-604
(RAPTOR, and rRAPTOR for ranges of departures).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Short = NDArray[np.int32]

#: No trip can be caught.
_NONE = 2_000_000_000


@njit(cache=True, nogil=True)
def _first_trip(leave: Floats, base: int, calls: int, trips: int, call: int, ready: float) -> int:
    """First trip of a line that leaves a call at `ready` or later; the number of trips where there is none."""
    low, high = 0, trips
    while low < high:
        middle = (low + high) >> 1
        if leave[base + middle * calls + call] >= ready:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True)
def journeys(
    line_start: Index,
    stop_c: Index,
    on_c: NDArray[np.bool_],
    off_c: NDArray[np.bool_],
    trips_l: Index,
    time_start: Index,
    arrive: Floats,
    leave: Floats,
    calls_start: Index,
    calls_at: Index,
    line_c: Index,
    walk_start: Index,
    walk_stop: Short,
    walk_s: Floats,
    door_start: Index,
    door_place: Short,
    door_s: Floats,
    from_stop: Short,
    from_s: Floats,
    direct_place: Short,
    direct_s: Floats,
    n_places: int,
    departures: Floats,
    most_rides: int,
    most_s: float,
    change_s: float,
) -> Floats:
    """Door-to-door time from one demand point to every place, for every departure.

    Parameters
    ----------
    line_start … leave : ndarray
        A `Timetable`.
    calls_start, calls_at, line_c : ndarray of int64
        Calls at each stop, in compressed rows by stop; line of each call.
    walk_start, walk_stop, walk_s : ndarray
        Walks between stops, in compressed rows, seconds.
    door_start, door_place, door_s : ndarray
        Walks from stops to places, in compressed rows by stop, seconds.
    from_stop, from_s : ndarray
        Walks from the demand point to stops, seconds.
    direct_place, direct_s : ndarray
        Walks from the demand point to places, seconds.
    departures : ndarray, shape (t,), seconds, ascending
    most_rides : int
    most_s : float, seconds
        Longer journeys do not count.
    change_s : float, seconds
        Spare time between two rides, beside the walk.

    Returns
    -------
    ndarray, shape (p, t), seconds; infinite where no journey is short enough
    """
    n_stops, n_lines, n_calls = calls_start.size - 1, trips_l.size, stop_c.size
    ride = np.full((most_rides + 1, n_stops), np.inf)
    ready = np.full((most_rides + 1, n_stops), np.inf)
    caught = np.full((most_rides + 1, n_calls), _NONE, np.int32)
    at_place = np.full(n_places, np.inf)
    out = np.full((n_places, departures.size), np.inf)
    marked, is_marked = np.empty(n_stops, np.int64), np.zeros(n_stops, np.bool_)
    new, is_new = np.empty(n_stops, np.int64), np.zeros(n_stops, np.bool_)
    queue, from_call = np.empty(n_lines, np.int64), np.full(n_lines, -1, np.int64)
    for i in range(departures.size - 1, -1, -1):
        now = departures[i]
        horizon = now + most_s
        n_marked = 0
        for f in range(from_stop.size):
            s = from_stop[f]
            if now + from_s[f] < ready[0, s]:
                ready[0, s] = now + from_s[f]
                marked[n_marked] = s
                n_marked += 1
        for k in range(1, most_rides + 1):
            spare = 0.0 if k == 1 else change_s
            n_queue = 0
            for m in range(n_marked):
                s = marked[m]
                is_marked[s] = False
                for q in range(calls_start[s], calls_start[s + 1]):
                    c = calls_at[q]
                    line = line_c[c]
                    n = line_start[line + 1] - line_start[line]
                    if not on_c[c] or c == line_start[line + 1] - 1:
                        continue
                    trip = _first_trip(
                        leave, time_start[line], n, trips_l[line], c - line_start[line], ready[k - 1, s] + spare
                    )
                    if trip < trips_l[line] and trip < caught[k, c]:
                        caught[k, c] = trip
                        if from_call[line] < 0:
                            queue[n_queue] = line
                            n_queue += 1
                            from_call[line] = c
                        else:
                            from_call[line] = min(from_call[line], c)
            n_new = 0
            for q in range(n_queue):
                line = queue[q]
                n, base = line_start[line + 1] - line_start[line], time_start[line]
                trip = _NONE
                for c in range(from_call[line], line_start[line + 1]):
                    s = stop_c[c]
                    if trip != _NONE and off_c[c]:
                        come = arrive[base + trip * n + c - line_start[line]]
                        if come < ride[k, s] and come <= horizon:
                            for j in range(k, most_rides + 1):
                                ride[j, s] = min(ride[j, s], come)
                            if not is_new[s]:
                                is_new[s] = True
                                new[n_new] = s
                                n_new += 1
                    if caught[k, c] < trip:
                        trip = caught[k, c]
                from_call[line] = -1
            n_marked = 0
            for m in range(n_new):
                s = new[m]
                is_new[s] = False
                for f in range(door_start[s], door_start[s + 1]):
                    p = door_place[f]
                    at_place[p] = min(at_place[p], ride[k, s] + door_s[f])
                if k == most_rides:
                    continue
                if ride[k, s] < ready[k, s]:
                    for j in range(k, most_rides):
                        ready[j, s] = min(ready[j, s], ride[k, s])
                    if not is_marked[s]:
                        is_marked[s] = True
                        marked[n_marked] = s
                        n_marked += 1
                for f in range(walk_start[s], walk_start[s + 1]):
                    u, there = walk_stop[f], ride[k, s] + walk_s[f]
                    if there < ready[k, u]:
                        for j in range(k, most_rides):
                            ready[j, u] = min(ready[j, u], there)
                        if not is_marked[u]:
                            is_marked[u] = True
                            marked[n_marked] = u
                            n_marked += 1
        for p in range(n_places):
            if at_place[p] - now <= most_s:
                out[p, i] = at_place[p] - now
        for f in range(direct_place.size):
            p = direct_place[f]
            if direct_s[f] <= most_s:
                out[p, i] = min(out[p, i], direct_s[f])
    return out
