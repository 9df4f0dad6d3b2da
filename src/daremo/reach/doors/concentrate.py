"""Better layouts where a search ends in many good ones: only places open in some of them are left, and HiGHS chooses.

Layouts are made from different beginnings, over each demand point's nearest trips only. What all of them open stays
open, what none of them opens stays shut; the rest is a small question that branch and cut ends quickly. So good parts of
different layouts come together. Branches are counted, not seconds: the answer does not depend on the machine.

Source: heuristic concentration, Rosing and ReVelle 1997, EJOR 97, 75-86.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.branch import fits
from daremo.reach.doors.branch_and_cut import branch_and_cut, entries
from daremo.reach.doors.compact import compact
from daremo.reach.doors.exchange import exchange
from daremo.reach.doors.greedy import Columns, greedy, worth_of
from daremo.reach.doors.prices import FREE, OPEN, SHUT
from daremo.reach.doors.question import Doors
from daremo.reach.doors.regions_windows import groups_of

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]

#: Trips of a demand point that a layout may use: this many for each open place it would have at random, and some more.
TIMES, MORE = 6.0, 20
#: Trips touched by the shakes of one layout, about; shakes at least and at most, and the exchanges of each in turn.
WORK, FEWEST, MOST, KICKS = 3e8, 200, 1_500, (4, 6, 8)
#: Layouts kept; new ones at most, and ends after so many that brought nothing, or that met the best one again.
KEPT, TURNS, IDLE, MET = 6, 40, 12, 3
#: Sweeps of neighbourhoods without anything better before it ends: those of `regions_windows.SIZES`.
SWEEPS = 4
#: Entries of a programme at most, of several layouts together and of a neighbourhood; branches of HiGHS.
ENTRIES, NEIGHBOURS, BRANCHES = 1_200_000, 8_000_000, 60


def concentrated(
    q: Doors, state: State, is_open: Mask, value: float, *, grain: float, bound: float, seed: int,
    late: Callable[[], bool],
) -> tuple[Mask, float]:  # fmt: skip
    """A layout at least as good as the one given, brought together from several.

    Parameters
    ----------
    state : ndarray of int8, shape (places,)
        What is decided.
    is_open, value
        A layout that keeps every limit, shape (places,), and its worth.
    grain, bound : float
        Worths of layouts differ by whole multiples of `grain`; none is above `bound`: once within `grain` of it, it ends.
    """
    near = nearest(q, is_open)
    columns = Columns.of(near)
    dice = np.random.default_rng(seed)
    free = np.flatnonzero(state == FREE)
    count = int(is_open[free].sum())
    shakes = int(np.clip(WORK / max(near.place.size, 1), FEWEST, MOST))
    kept: list[tuple[float, Mask]] = [(value, is_open)]
    idle, met = 0, 0
    for turn in range(TURNS):
        if late() or idle >= IDLE or met >= MET or value + grain > bound or not count:
            break
        first = np.sort(dice.choice(free, count // 2, replace=False)) if turn else np.zeros(0, np.int64)
        start = greedy(near, columns, state, _within(q, state, first))
        if start is None:
            idle += 1
            continue
        other, _ = exchange(near, columns, state, start, kicks=shakes, kick=KICKS[turn % len(KICKS)], seed=seed + turn)
        worth = worth_of(q, other)
        met = met + 1 if worth == value else 0 if worth > value else met
        kept = _best([*kept, (worth, other)])
        before = value
        # the new one beside the best; now and then all that are kept
        together = [m for _, m in kept] if turn % 3 == 2 else [kept[0][1], other]
        layout = _together(q, state, together, kept[0], grain, late)
        if layout is not None:
            kept = _best([*kept, (worth_of(q, layout), layout)])
        value, is_open = kept[0]
        idle, met = (0, 0) if value > before else (idle + 1, met)
    return windowed(q, state, is_open, value, grain=grain, bound=bound, late=late)


def windowed(
    q: Doors, state: State, is_open: Mask, value: float, *, grain: float, bound: float, late: Callable[[], bool]
) -> tuple[Mask, float]:
    """The layout with one neighbourhood of places after another chosen anew, what it spends there staying the same.

    Larger and larger neighbourhoods, after a better layout from the smallest again; arguments as for `concentrated`.
    """
    columns = Columns.of(q)
    sweep = 0
    while sweep < SWEEPS:
        before = value
        for places in groups_of(q, columns, state, sweep):
            if late() or value + grain > bound:
                return is_open, value
            decided = np.where(is_open, OPEN, SHUT).astype(np.int8)
            decided[places[state[places] == FREE]] = FREE
            decided = np.where(state == FREE, decided, state)
            layout = _chosen(q, decided, (value, is_open), grain, late)
            if layout is not None:
                is_open, value = layout, worth_of(q, layout)
        sweep = 0 if value > before else sweep + 1
    return is_open, value


def nearest(q: Doors, is_open: Mask) -> Doors:
    """The question with only the first trips of each demand point, by how many places are open."""
    size = np.diff(q.start)
    most = int(TIMES * q.n_places / max(int(is_open.sum()), 1)) + MORE
    if int(size.max(initial=0)) <= most:
        return q
    row = np.repeat(np.arange(q.n_demand), size)
    keep = np.arange(q.place.size) - q.start[row] < most
    start = np.r_[0, np.cumsum(np.minimum(size, most))].astype(np.int64)
    return replace(q, start=start, place=q.place[keep], worth=q.worth[keep])


def _within(q: Doors, state: State, first: Int) -> Int:
    """The first of some places that the budget pays; none where there are further limits."""
    if q.limits.count:
        return first[:0]
    left = q.budget - float(q.cost_p[state == OPEN].sum())
    return np.asarray(first[np.cumsum(q.cost_p[first]) <= left])


def _best(kept: list[tuple[float, Mask]]) -> list[tuple[float, Mask]]:
    """The best layouts, each once, best first."""
    out: list[tuple[float, Mask]] = []
    for worth, layout in sorted(kept, key=lambda one: -one[0]):
        if not any(worth == w and (layout == m).all() for w, m in out):
            out.append((worth, layout))
    return out[:KEPT]


def _together(
    q: Doors, state: State, layouts: list[Mask], best: tuple[float, Mask], grain: float, late: Callable[[], bool]
) -> Mask | None:
    """The best layout of places that are open in some of these, as far as HiGHS comes; None where it finds no better."""
    while len(layouts) > 1:
        stack = np.array([*layouts, best[1]])
        decided = np.where(stack.all(0), OPEN, np.where(stack.any(0), FREE, SHUT)).astype(np.int8)
        decided = np.where(state == FREE, decided, state)
        small = compact(q, decided)
        if not small.q.n_places or small.q.budget < 0:
            return None
        if entries(small.q) <= ENTRIES:
            break
        layouts = layouts[:-1]
    else:
        return None
    return _chosen(q, decided, best, grain, late)


def _chosen(q: Doors, decided: State, best: tuple[float, Mask], grain: float, late: Callable[[], bool]) -> Mask | None:
    """The best layout over what is left free, as far as HiGHS comes; None where it finds no better or is not asked."""
    small = compact(q, decided)
    if not small.q.n_places or small.q.budget < 0 or entries(small.q) > NEIGHBOURS:
        return None
    none = np.zeros(small.q.n_places, bool)
    found = branch_and_cut(
        small.q, slack=0.5 * grain, start=best[1][small.place], shut=none, opened=none, nodes=BRANCHES, presolve=False,
        restart=False, late=late,
    )  # fmt: skip
    if found.is_open is None:
        return None
    layout = decided == OPEN
    layout[small.place] = found.is_open
    return layout if worth_of(q, layout) > best[0] and fits(q, layout) else None
