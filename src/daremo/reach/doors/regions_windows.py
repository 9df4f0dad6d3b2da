"""Better layouts, window by window: all places outside stay as they are, those inside are chosen anew by branch and cut.

Inside a window every unit of budget has the price of the whole question, so windows need not agree on who spends what;
afterwards the layout is brought back to the budget. Windows of one sweep are solved side by side against the same layout
and taken over one after the other where that helps, so who solves them does not change the answer.

Source: large neighbourhood search, Shaw 1998; neighbourhoods by a mathematical programme after Fischetti and Lodi 2003.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.branch import fits
from daremo.reach.doors.branch_and_cut import branch_and_cut
from daremo.reach.doors.compact import compact
from daremo.reach.doors.greedy import Columns, worth_of
from daremo.reach.doors.partition import halves
from daremo.reach.doors.prices import FREE, OPEN, SHUT
from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]

#: Places in a group of each sweep, and whether two groups that follow each other make a window: so windows overlap those
#: of the sweep before. Larger windows find more and take longer; the last two take turns.
SIZES = ((165, True), (330, False), (330, True), (660, False), (1_320, False), (660, True))
#: A place is chosen anew where its net gain at the prices is within this share of what it costs; others are clear.
UNCLEAR = 0.12
#: What a window may leave open, as a share of what a place of mean cost is worth; branches of each window.
SLACK, NODES = 0.02, 8


def groups_of(q: Doors, c: Columns, state: State, sweep: int) -> list[Int]:
    """Windows of one sweep; each (places,), index."""
    size, paired = SIZES[min(sweep, len(SIZES) - 2 + sweep % 2)]
    groups = halves(q, c, np.flatnonzero(state == FREE), size)
    return [np.sort(np.r_[a, b]) for a, b in zip(groups[1::2], groups[2::2])] if paired and len(groups) > 2 else groups


def swept(
    q: Doors, c: Columns, state: State, net: Float, price: float, is_open: Mask, sweep: int, *,
    pool: Executor, late: Callable[[], bool],
) -> Mask:  # fmt: skip
    """One sweep of windows over a layout.

    Parameters
    ----------
    net : ndarray, shape (places,)
        Net gains of places at the prices of the whole question, budget not yet paid.
    price : float
        Of one unit of budget.
    is_open : ndarray of bool, shape (places,), mask
        Keeps every limit.

    Returns
    -------
    ndarray of bool, shape (places,), mask
        Worth at least as much less what it spends at the price; keeps every limit, but may spend more than the budget.
    """
    paid = price * q.cost_p
    free = replace(q, fee_p=q.fee_p + paid, budget=float(q.cost_p.sum()))
    unclear = (state == FREE) & (np.abs(net - paid) <= UNCLEAR * paid)
    slack = SLACK * float(paid.mean())

    def solved(places: Int) -> tuple[Int, Mask] | None:
        inside = places[unclear[places]]
        if not inside.size or late():
            return None
        fixed = np.where(is_open, OPEN, SHUT).astype(np.int8)
        fixed[inside] = FREE
        w = compact(free, fixed)
        none = np.zeros(w.q.n_places, bool)
        found = branch_and_cut(
            w.q, slack=slack, start=is_open[w.place], shut=none, opened=none, nodes=NODES, presolve=False, late=late
        )
        return None if found.is_open is None else (w.place, found.is_open)

    best, value = is_open, worth_of(free, is_open)
    for window in pool.map(solved, groups_of(q, c, state, sweep)):
        if window is None or (best[window[0]] == window[1]).all():
            continue
        layout = best.copy()
        layout[window[0]] = window[1]
        worth = worth_of(free, layout)
        if worth > value and fits(free, layout):
            best, value = layout, worth
    return best
