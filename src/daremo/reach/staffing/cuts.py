"""Tangents of what a unit brings, as a function of the open places: each holds for every set, all together are the relaxation.

Best choice: ``v_r + Σ_q (v_q − v_r)⁺ y_q`` for the critical pull v_r (Cordeau, Furini and Ljubić 2019, EJOR 275:
Benders cuts of maximal covering). Huff: tangents of the concave ``most A / (outside + A)`` in A = Σ a_q y_q (Ljubić
and Moreno 2018, EJOR 266: outer approximation of competitive facility location).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@njit(cache=True, nogil=True)
def best_cuts(
    start: Int, place: Int, pull: Float, order: Int, y_p: Float, came_u: Float, slack: float
) -> tuple[Int, Float, Int, Int, Float]:
    """Violated cuts of best choice at a point, one a unit at most.

    Parameters
    ----------
    start, place, pull : arrays, shapes (units + 1,), (ways,), (ways,)
    order : ndarray, shape (ways,), index
        Ways of each unit by falling pull.
    y_p : ndarray, shape (places,), share
    came_u : ndarray, shape (units,), visits a year
        What the relaxation claims.
    slack : float, visits a year
        Smaller violations are let pass.

    Returns
    -------
    unit, level : ndarray, shape (cuts,)
    begin, where, weight : ndarray
        Compressed rows: ``came[unit] ≤ level + Σ weight · y[where]``.
    """
    n = came_u.size
    unit, level, begin = np.empty(n, np.int64), np.empty(n), np.zeros(n + 1, np.int64)
    where, weight = np.empty(place.size, np.int64), np.empty(place.size)
    cuts, used = 0, 0
    for u in range(n):
        open_share, total, critical = 0.0, 0.0, 0.0
        last = start[u + 1]
        for k in range(start[u], start[u + 1]):
            t = order[k]
            if open_share + y_p[place[t]] >= 1.0:
                critical, last = pull[t], k
                break
            open_share += y_p[place[t]]
            total += pull[t] * y_p[place[t]]
        top = total + critical * (1.0 - open_share) if critical > 0 else total
        if came_u[u] > top + slack:
            unit[cuts], level[cuts] = u, critical
            for k in range(start[u], last):
                t = order[k]
                if pull[t] > critical:
                    where[used], weight[used] = place[t], pull[t] - critical
                    used += 1
            cuts += 1
            begin[cuts] = used
    return unit[:cuts], level[:cuts], begin[: cuts + 1], where[:used], weight[:used]


def huff_cuts(most_u: Float, outside: float, drawn_u: Float, came_u: Float, slack: float) -> tuple[Int, Float, Float]:
    """Violated tangents of Huff's choice at a point.

    Parameters
    ----------
    most_u : ndarray, shape (units,), visits a year
    outside : float
    drawn_u : ndarray, shape (units,)
        Sum of attractions, A.
    came_u : ndarray, shape (units,), visits a year
        What the relaxation claims.
    slack : float, visits a year

    Returns
    -------
    unit, level, slope : ndarray, shape (cuts,)
        ``came[unit] ≤ level + slope · A[unit]``, in visits a year.
    """
    a = np.maximum(drawn_u, 0.0)
    unit = np.flatnonzero(came_u > most_u * a / (outside + a) + slack)
    part = most_u[unit] / (outside + a[unit]) ** 2
    return unit, part * a[unit] ** 2, part * outside
