"""Earliest arrivals by walking and riding, for every departure of a window, in rounds by number of rides.

A journey is walk, ride, walk, ride, …, walk. Departures are taken from the last to the first and labels are kept: what
can be reached by leaving later can be reached by leaving earlier, so a trip that has been ridden from a call need never be
ridden again from a later one: each part of its way is ridden at most once a round, and each chance to get on is looked at
once a round. Labels of round k hold for at most k rides.

Source
------
Delling, D., Pajor, T. and Werneck, R. F. (2015), Round-based public transit routing, Transportation Science 49, 591-604
(rounds, and ranges of departures); Witt, S. (2015), Trip-based public transit routing, ESA (parts of trips ridden once).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Short = NDArray[np.int32]

#: A trip that has not been ridden.
_NEVER = 2_000_000_000


@njit(cache=True, nogil=True)
def boardings(
    line_start: Index,
    stop_c: Index,
    on_c: NDArray[np.bool_],
    trips_l: Index,
    time_start: Index,
    leave: Floats,
    n_stops: int,
) -> tuple[Index, Floats, Short, Short, Short]:
    """Every chance to get on, by stop and then by time; a `Timetable`'s arrays.

    Returns
    -------
    start : ndarray of int64, shape (stops + 1,)
        Chances at stop s are ``start[s]:start[s + 1]``.
    when : ndarray, shape (chances,), seconds
    call, trip, at : ndarray of int32, shape (chances,), index
        Call, trip, and where the trip's time at that call stands. Trips are numbered line after line from 1, with one
        number left out before each line.
    """
    start = np.zeros(n_stops + 1, np.int64)
    for line in range(trips_l.size):
        for c in range(line_start[line], line_start[line + 1] - 1):
            if on_c[c]:
                start[stop_c[c] + 1] += trips_l[line]
    for s in range(n_stops):
        start[s + 1] += start[s]
    fill, total = start[:-1].copy(), start[n_stops]
    when, call = np.empty(total), np.empty(total, np.int32)
    trip, at = np.empty(total, np.int32), np.empty(total, np.int32)
    first = 1
    for line in range(trips_l.size):
        n = line_start[line + 1] - line_start[line]
        for c in range(line_start[line], line_start[line + 1] - 1):
            if on_c[c]:
                for t in range(trips_l[line]):
                    i = fill[stop_c[c]]
                    call[i], trip[i] = c, first + t
                    at[i] = time_start[line] + t * n + c - line_start[line]
                    when[i] = leave[at[i]]
                    fill[stop_c[c]] += 1
        first += trips_l[line] + 1
    for s in range(n_stops):
        a, b = start[s], start[s + 1]
        order = np.argsort(when[a:b], kind="mergesort")
        when[a:b], call[a:b] = when[a:b][order], call[a:b][order]
        trip[a:b], at[a:b] = trip[a:b][order], at[a:b][order]
    return start, when, call, trip, at


@njit(cache=True, nogil=True)
def journeys(
    off_c: Short,
    last_c: Short,
    arrive: Floats,
    board_start: Index,
    board_s: Floats,
    board_call: Short,
    board_trip: Short,
    board_at: Short,
    n_trips: int,
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
    off_c : ndarray of int32, shape (calls,), index
        Stop of each call; −1 where nobody gets off.
    last_c : ndarray of int32, shape (calls,), index
        Last call of the line of each call.
    arrive : ndarray, shape (times,), seconds
    board_start … board_at : ndarray
        `boardings` of the timetable.
    n_trips : int
        Trips, and one for each line.
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
    n_stops = board_start.size - 1
    ride = np.full((most_rides + 1, n_stops), np.inf)
    ready = np.full((most_rides + 1, n_stops), np.inf)
    # chances to get on from here on have been looked at
    looked = np.full((most_rides + 1, n_stops), -1, np.int64)
    # call from which each trip has been ridden so far; what comes after it is done
    ridden = np.full((most_rides + 1, n_trips + 1), _NEVER, np.int32)
    at_place = np.full(n_places, np.inf)
    out = np.full((n_places, departures.size), np.inf)
    marked, is_marked = np.empty(n_stops, np.int64), np.zeros(n_stops, np.bool_)
    new, is_new = np.empty(n_stops, np.int64), np.zeros(n_stops, np.bool_)
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
            n_new = 0
            for m in range(n_marked):
                s = marked[m]
                is_marked[s] = False
                old = looked[k, s]
                if old < 0:
                    old = board_start[s] + np.searchsorted(
                        board_s[board_start[s] : board_start[s + 1]], horizon, side="right"
                    )
                at = old
                while at > board_start[s] and board_s[at - 1] >= ready[k - 1, s] + spare:
                    at -= 1
                looked[k, s] = at
                for q in range(at, old):
                    c, trip = board_call[q], board_trip[q]
                    # ridden from here or before; or the trip before it was, and is nowhere later
                    if ridden[k, trip] <= c or ridden[k, trip - 1] <= c:
                        continue
                    end, base = min(last_c[c], ridden[k, trip]) + 1, board_at[q] - c
                    for j in range(k, most_rides + 1):
                        ridden[j, trip] = min(ridden[j, trip], c)
                    for e in range(c + 1, end):
                        come = arrive[base + e]
                        if come > horizon:
                            break
                        u = off_c[e]
                        if u >= 0 and come < ride[k, u]:
                            for j in range(k, most_rides + 1):
                                ride[j, u] = min(ride[j, u], come)
                            if not is_new[u]:
                                is_new[u] = True
                                new[n_new] = u
                                n_new += 1
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
