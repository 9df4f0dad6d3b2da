"""Prices that prove: one a demand point, one for the budget, one a limit; together they bound every choice.

For prices ``u >= 0`` and ``v >= 0`` no choice is worth more than ``sum u_i + sum v_k most_k + max_y sum_j net_j y_j``
with ``net_j = sum_i max(0, worth_ij - u_i) - fee_j - sum_k v_k weight_kj``, where y obeys the budget (a fractional knapsack).
Prices move by deflected subgradient steps. Only trips worth more than the price of their demand point matter and
trips are sorted, so a step touches a fraction of the table.

Source: Held, Wolfe and Crowder 1974, Mathematical Programming 6, 62-88; deflection after Camerini, Fratta and
Maffioli 1975; for p-median Cornuejols, Fisher and Nemhauser 1977, Management Science 23, 789-810.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
State = NDArray[np.int8]

#: What is decided about a place.
SHUT, FREE, OPEN = -1, 0, 1

#: Share of a new direction in the step; the rest is the direction before.
DEFLECT = 0.3
#: An ascent ends when its step factor has fallen to this.
SMALLEST = 1e-4


@njit(cache=True, nogil=True)
def gains(start: Int, place: Place, worth: Float, u: Float, g: Float) -> float:
    """What each place adds at these prices, shape (places,) in `g`; returns the sum of the prices."""
    g[:] = 0.0
    total = 0.0
    for i in range(u.size):
        ui = u[i]
        total += ui
        for k in range(start[i], start[i + 1]):
            v = worth[k] - ui
            if v <= 0.0:
                break
            g[place[k]] += v
    return total


@njit(cache=True, nogil=True)
def _left_over(start: Int, place: Place, worth: Float, u: Float, y: Float, sub: Float) -> None:
    """One minus how often each demand point is counted by what is taken, shape (demand,) in `sub`."""
    for i in range(u.size):
        s = 1.0
        ui = u[i]
        for k in range(start[i], start[i + 1]):
            if worth[k] <= ui:
                break
            s -= y[place[k]]
        sub[i] = s


@njit(cache=True, nogil=True)
def _fill(net: Float, cost: Float, left: float, index: Int, key: Float, y: Float) -> tuple[float, float, float]:
    """Take places in the order of worth a cost until the budget ends; value, price of budget, what is left."""
    order = np.argsort(-key)
    value = 0.0
    for q in order:
        j = index[q]
        c = cost[j]
        if c <= left:
            y[j] = 1.0
            value += net[j]
            left -= c
        else:
            share = left / c
            y[j] = share
            return value + share * net[j], key[q], 0.0
    return value, 0.0, left


@njit(cache=True, nogil=True)
def knapsack(net: Float, cost: Float, budget: float, state: State, guess: float, y: Float) -> tuple[float, float]:
    """Fill the budget with the best worth a cost, the last place in part.

    Parameters
    ----------
    net, cost : ndarray, shape (places,)
    state : ndarray of int8, shape (places,)
        `OPEN`, `SHUT` or `FREE`.
    guess : float
        Price of budget in the step before: only places near it are sorted; 0 = none.
    y : ndarray, shape (places,), filled with the share of each place

    Returns
    -------
    value, price : float
        Sum of ``net * y``, and worth of one more unit of budget.
    """
    n = net.size
    low, high = guess * 0.8, guess * 1.25
    base = 0.0
    left = budget
    sure = 0.0
    sure_cost = 0.0
    near = 0
    near_cost = 0.0
    free = 0
    for j in range(n):
        y[j] = 0.0
        if state[j] == 1:
            y[j] = 1.0
            base += net[j]
            left -= cost[j]
        elif state[j] == 0 and net[j] > 0.0:
            free += 1
            if guess > 0.0:
                if net[j] > high * cost[j]:
                    sure += net[j]
                    sure_cost += cost[j]
                elif net[j] >= low * cost[j]:
                    near += 1
                    near_cost += cost[j]
    if left < 0.0:
        left = 0.0
    narrow = guess > 0.0 and sure_cost <= left and sure_cost + near_cost > left
    size = near if narrow else free
    index = np.empty(size, np.int64)
    key = np.empty(size)
    q = 0
    for j in range(n):
        if state[j] == 0 and net[j] > 0.0:
            if narrow:
                if net[j] > high * cost[j]:
                    y[j] = 1.0
                    continue
                if net[j] < low * cost[j]:
                    continue
            index[q] = j
            key[q] = net[j] / cost[j] if cost[j] > 0.0 else np.inf
            q += 1
    if narrow:
        base += sure
        left -= sure_cost
    value, price, _ = _fill(net, cost, left, index, key, y)
    return base + value, price


@njit(cache=True, nogil=True)
def _limited(
    g: Float, fee: Float, lstart: Int, lplace: Place, lweight: Float, most: Float, v: Float, net: Float
) -> float:
    """Gains less fees and the prices of limits, shape (places,) in `net`; returns what the limits' prices add."""
    for j in range(g.size):
        net[j] = g[j] - fee[j]
    total = 0.0
    for k in range(v.size):
        if v[k] != 0.0:
            total += v[k] * most[k]
            for e in range(lstart[k], lstart[k + 1]):
                net[lplace[e]] -= v[k] * lweight[e]
    return total


@njit(cache=True, nogil=True)
def _steps(
    start: Int, place: Place, worth: Float, cost: Float, fee: Float, budget: float,
    lstart: Int, lplace: Place, lweight: Float, most: Float,
    state: State, top: Float, target: float, enough: float, steps: int,
    patience: float, shrink: float,
    u: Float, v: Float, du: Float, dv: Float, best_u: Float, best_v: Float, often: Float, s: Float,
) -> int:  # fmt: skip
    """Up to `steps` steps; see `Ascent` for what is kept. Returns how many were made."""
    n, m, nk = u.size, cost.size, v.size
    g, net, y = np.empty(m), np.empty(m), np.empty(m)
    sub, limit_sub = np.empty(n), np.empty(nk)
    for it in range(steps):
        bound = gains(start, place, worth, u, g)
        bound += _limited(g, fee, lstart, lplace, lweight, most, v, net)
        filled, price = knapsack(net, cost, budget, state, s[4], y)
        bound += filled
        s[4] = price
        if bound < s[2] - 1e-7 * abs(s[2]):
            s[1] = 0.0
        else:
            s[1] += 1.0
        if bound < s[2]:
            s[2] = bound
            s[5] = price
            best_u[:] = u
            best_v[:] = v
        if s[2] <= target + enough:
            return it + 1
        if s[1] >= patience:
            s[0] *= shrink
            s[1] = 0.0
            u[:] = best_u
            v[:] = best_v
            if s[0] < SMALLEST:
                return it + 1
            continue
        first = s[3] == 0.0
        s[3] = 1.0
        for j in range(m):
            often[j] = y[j] if first else 0.9 * often[j] + 0.1 * y[j]
        _left_over(start, place, worth, u, y, sub)
        norm = 0.0
        for i in range(n):
            x = sub[i] if first else DEFLECT * sub[i] + (1.0 - DEFLECT) * du[i]
            du[i] = x
            if not ((u[i] <= 0.0 and x > 0.0) or (u[i] >= top[i] and x < 0.0)):
                norm += x * x
        for k in range(nk):
            used = 0.0
            for e in range(lstart[k], lstart[k + 1]):
                used += lweight[e] * y[lplace[e]]
            limit_sub[k] = most[k] - used
            x = limit_sub[k] if first else DEFLECT * limit_sub[k] + (1.0 - DEFLECT) * dv[k]
            dv[k] = x
            if not (v[k] <= 0.0 and x > 0.0):
                norm += x * x
        if norm < 1e-12:
            return it + 1
        step = s[0] * (bound - target) / norm
        for i in range(n):
            x = u[i] - step * du[i]
            u[i] = 0.0 if x < 0.0 else (top[i] if x > top[i] else x)
        for k in range(nk):
            x = v[k] - step * dv[k]
            v[k] = 0.0 if x < 0.0 else x
    return steps


@dataclass(slots=True)
class Ascent:
    """Prices on their way to the best bound, and what the steps remember.

    Attributes
    ----------
    u, v : ndarray, shapes (demand,), (limits,)
        Prices of the best bound.
    price : float
        Worth of one more unit of budget there.
    bound : float
        The best bound, in units of `Doors`.
    often : ndarray, shape (places,)
        Share of late steps in which each place was taken: near 1 = surely open, near 0 = surely shut.
    steps : int
        Steps made in all.
    """

    u: Float
    v: Float
    price: float
    bound: float
    often: Float
    steps: int


def ascend(
    q: Doors,
    state: State,
    u: Float,
    v: Float,
    *,
    target: float,
    enough: float = 0.0,
    steps: int,
    alpha: float = 1.0,
    patience: int = 50,
    shrink: float = 0.8,
    top: Float | None = None,
) -> Ascent:
    """Lower the bound from the prices given.

    Parameters
    ----------
    q : Doors
    state : ndarray of int8, shape (places,)
        What is decided already.
    u, v : ndarray, shapes (demand,), (limits,)
        Where to begin; left as they are.
    target : float
        Value of the best layout known; steps are sized by the distance to it.
    enough : float
        The ascent ends when the bound is within this of the target.
    alpha, patience, shrink : float, int, float
        First step factor; after `patience` steps without progress it is multiplied by `shrink`.
    """
    u, v = u.copy(), v.copy()
    s = np.array([alpha, 0.0, np.inf, 0.0, 0.0, 0.0])
    best_u, best_v, often = u.copy(), v.copy(), np.zeros(q.n_places)
    k = q.limits
    made = _steps(
        q.start, q.place, q.worth, q.cost_p, q.fee_p, q.budget, k.start, k.place, k.weight, k.most,
        state, best_worth(q) if top is None else top, target, enough, steps, float(patience), shrink,
        u, v, np.zeros(u.size), np.zeros(v.size), best_u, best_v, often, s,
    )  # fmt: skip
    return Ascent(best_u, best_v, float(s[5]), float(s[2]), often, int(made))


def best_worth(q: Doors) -> Float:
    """What the best trip of each demand point is worth, shape (demand,); 0 where there is none."""
    top = np.zeros(q.n_demand)
    has = np.diff(q.start) > 0
    top[has] = q.worth[q.start[:-1][has]]
    return top
