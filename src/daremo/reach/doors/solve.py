"""From a question to a layout with a proved bound: a start, then one tree, or regions with a tree each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Infeasible
from daremo.reach.doors.branch import Grown, grow
from daremo.reach.doors.exchange import Columns, exchange, greedy
from daremo.reach.doors.prices import FREE, OPEN, SHUT, best_worth
from daremo.reach.doors.question import Doors
from daremo.reach.doors.regions import Regional, by_regions, two_best
from daremo.reach.model import Watch

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]

#: Larger questions are divided into regions.
MOST_TRIPS, MOST_PLACES = 30_000_000, 3_000
MOST_DEMAND = 60_000


@dataclass(frozen=True, slots=True)
class Solved:
    """What `solve` found, in units of `Doors`.

    Attributes
    ----------
    is_open : ndarray of bool, shape (places,), mask
    value, bound, certified : float
        `certified` is what the trees prove in whole numbers; `bound` may be tighter where HiGHS solved regions.
    proof : Grown or Regional
        The tree, or the trees of the regions with their shared prices.
    nodes : int
    finished : bool
        False when the watch ended the search before the wanted gap.
    """

    is_open: Mask
    value: float
    bound: float
    certified: float
    proof: Grown | Regional
    nodes: int
    finished: bool
    method: str


def solve(q: Doors, *, grain: float, gap: float, seed: int, workers: int, watch: Watch, unit: float = 1.0) -> Solved:
    """The best layout and a bound that no layout exceeds.

    Parameters
    ----------
    grain : float
        Worths of layouts differ by whole multiples of this (units of `Doors`).
    gap : float, share
        The search ends when (bound − value) / value is at most this; 0 = proved best.
    workers : int
        Threads; the answer does not depend on them.
    unit : float
        What the watch is told is divided by this.

    Raises
    ------
    Infeasible
        No layout obeys the limits.
    """
    refuse_impossible(q)
    columns = Columns.of(q)
    state = state_of(q)
    start = greedy(q, columns, state, np.zeros(0, np.int64))
    if start is None:
        raise Infeasible(
            "limits-unmet",
            "条件をすべて守る選び方が見つかりません",
            "予算（または数）をふやすか、団体・地域・間隔の条件をゆるめてください",
        )

    def tell(value: float, bound: float) -> None:
        watch.tell(value / unit, bound / unit)

    national = q.n_places > MOST_PLACES and q.n_demand > MOST_DEMAND
    is_open, value = exchange(q, columns, state, start, seed=seed)
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        if national:
            found = by_regions(
                q, columns, state, is_open, value, grain=grain, gap=gap, seed=seed, watch=watch, tell=tell, pool=pool
            )
            method = f"prices, exchange, {len(found.regions)} regions by branch and cut"
            return Solved(
                found.is_open, found.value, found.bound, found.certified, found, found.nodes, found.finished, method
            )
        top = best_worth(q)
        u = top if value >= float(top.sum()) else two_best(q, is_open)
        grown = grow(
            q, state, u, np.zeros(q.limits.count), is_open=is_open, value=value, grain=grain,
            tolerance=gap * abs(value), late=watch.late, tell=tell, pool=pool if workers > 1 else None, seed=seed,
        )  # fmt: skip
    assert grown.is_open is not None
    method = f"prices, exchange and branching, {grown.nodes} parts"
    return Solved(grown.is_open, grown.value, grown.bound, grown.bound, grown, grown.nodes, grown.finished, method)


def state_of(q: Doors) -> State:
    """What is decided from the start, shape (places,), index: `OPEN`, `SHUT` or `FREE`; useless places are shut."""
    state = np.full(q.n_places, FREE, np.int8)
    state[q.never_p] = SHUT
    needed = np.zeros(q.n_places, bool)
    needed[q.limits.place[q.limits.weight < 0]] = True
    useful = np.bincount(q.place, minlength=q.n_places) > 0
    state[~useful & ~needed] = SHUT
    state[q.cost_p > q.budget] = SHUT
    state[q.must_p] = OPEN
    return state


def refuse_impossible(q: Doors) -> None:
    """Refuse limits that places open anyway already break, and quotas that cost more than the budget.

    Raises
    ------
    Infeasible
        With the smallest change that helps.
    """
    k = q.limits
    spent = float(q.cost_p[q.must_p].sum())
    for r in range(k.count):
        members = k.place[k.start[r] : k.start[r + 1]]
        opened = int(q.must_p[members].sum())
        if k.most[r] >= 0 and opened > k.most[r]:
            raise Infeasible(
                "must-breaks-limit",
                f"かならず開く施設だけで、同じ団体の（または近すぎる）施設が {opened} か所になります",
                f"上限を {opened} 以上にするか、かならず開く施設をへらしてください",
            )
        missing = int(-k.most[r]) - opened
        if k.most[r] < 0 and missing > 0:
            able = members[~q.never_p[members] & ~q.must_p[members]]
            if able.size < missing:
                raise Infeasible(
                    "quota-too-high",
                    f"開ける施設が {able.size + opened} か所しかない地域があります",
                    f"地域ごとの数を {able.size + opened} 以下にしてください",
                )
            spent += float(np.sort(q.cost_p[able])[:missing].sum())
    if spent > q.budget:
        need = spent / q.cost_scale
        raise Infeasible(
            "quota-too-dear",
            f"地域ごとの数を守るだけで {need:,.0f} かかります",
            f"予算（または数）を {need:,.0f} 以上にしてください",
        )
