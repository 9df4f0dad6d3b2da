"""A first choice that satisfies every row, or who is left over when there is none."""

from __future__ import annotations

from collections.abc import Callable

import highspy
import numpy as np
from numpy.typing import NDArray

from daremo.reach.covering.milp import Rows, highs, solve_rows
from daremo.reach.covering.parts import Local
from daremo.reach.covering.problem import Problem
from daremo.reach.covering.search import fits, greedy

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


def first_choice(part: Local, scale: float, *, seed: int, late: Callable[[], bool]) -> Mask | None:
    """Greedy by cost; where rows with a largest number got in its way, whatever HiGHS finds first; None: nothing."""
    floor = scale * 1e-6 + float(part.cost.max(initial=0)) * 1e-6
    is_open = greedy(part, part.cost.astype(np.float64) + floor)
    if is_open is not None and fits(part, is_open):
        return is_open
    rows = Rows(part.start, part.item, part.need, part.most, np.zeros(part.n_places))
    while not late():
        told = solve_rows(rows, time_limit_s=5.0, seed=seed)
        if told.impossible:
            return None
        if told.open is not None:
            is_open = np.zeros(part.n_places, bool)
            is_open[told.open] = True
            return is_open if fits(part, is_open) else None
        seed += 1
    return None


def left_uncovered(problem: Problem) -> Int:
    """Rows that go short in a choice that leaves the fewest needs open; rows with a largest number are kept."""
    m, n = problem.n_rows, problem.n_places
    short = np.flatnonzero(~problem.most & (problem.need > 0))
    kept = np.r_[short, np.flatnonzero(problem.most)]
    slack = np.full(m, -1, np.int64)
    slack[short] = n + np.arange(short.size)
    lists = [problem.place[problem.start[i] : problem.start[i + 1]] for i in kept]
    lists = [np.r_[a, slack[i]] if slack[i] >= 0 else a for i, a in zip(kept, lists)]
    cost = np.r_[np.zeros(n), np.ones(short.size)]
    rows = Rows(
        np.r_[0, np.cumsum([a.size for a in lists])].astype(np.int64), np.concatenate(lists), problem.need[kept],
        problem.most[kept], cost,
    )  # fmt: skip
    h = highs(rows, whole=True, time_limit_s=60.0)
    fixed = np.flatnonzero(problem.must | problem.never)
    for j in fixed.tolist():
        value = float(problem.must[j])
        h.changeColBounds(j, value, value)
    for q in range(short.size):
        h.changeColBounds(n + q, 0.0, highspy.kHighsInf)
    h.run()
    left = np.asarray(h.getSolution().col_value)[n:]
    return short[left > 0.5]
