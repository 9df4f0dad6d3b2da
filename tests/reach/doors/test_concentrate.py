"""Layouts brought together, and prices from cuts, beside trying every set of places and the programme of all trips."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from daremo.reach.doors.branch_and_cut import branch_and_cut
from daremo.reach.doors.concentrate import concentrated, nearest
from daremo.reach.doors.greedy import worth_of
from daremo.reach.doors.node import exact
from daremo.reach.doors.polish import polish
from daremo.reach.doors.question import Doors, doors
from daremo.reach.doors.solve import state_of
from daremo.reach.travel.pairs import pairs_of_matrix


def town(n: int, p: int, seed: int) -> Doors:
    xy = np.random.default_rng(seed).random((n, 2)) * 100
    pairs = pairs_of_matrix(np.floor(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))))
    return doors(pairs, 150.0 - pairs.cost, p=p, whole_worth=True)


def relaxed(q: Doors) -> float:
    """The relaxation with a column for each trip."""
    n, m, t = q.n_demand, q.n_places, q.place.size
    row = np.repeat(np.arange(n), np.diff(q.start))
    a = np.zeros((n + t + 1, t + m))
    a[row, np.arange(t)] = 1
    a[n + np.arange(t), np.arange(t)] = 1
    a[n + np.arange(t), t + q.place] = -1
    a[-1, t:] = q.cost_p
    b = np.r_[np.ones(n), np.zeros(t), q.budget]
    found = linprog(-np.r_[q.worth / q.scale, np.zeros(m)], A_ub=a, b_ub=b, bounds=[(0, None)] * t + [(0, 1)] * m)
    return float(-found.fun) * q.scale


@pytest.mark.parametrize("seed", range(6))
def test_prices_from_cuts_prove_what_the_relaxation_of_all_trips_is_worth(seed: int) -> None:
    q = town(25, 2 + seed, seed)
    found = polish(q, np.zeros(q.n_demand), most_trips=10**6)
    assert found is not None
    bound, _, _ = exact(q, state_of(q), np.rint(found.u), np.zeros(0), found.price)
    assert bound == pytest.approx(relaxed(q), rel=1e-7)
    assert found.share @ q.cost_p <= q.budget * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_layouts_brought_together_are_the_best_of_a_small_town_and_never_spend_more(seed: int) -> None:
    q, p = town(18, 4, seed), 4
    masks = [np.isin(np.arange(18), c) for c in combinations(range(18), p)]
    worths = [worth_of(q, m) for m in masks]
    begin = masks[int(np.argmin(worths))]
    layout, value = concentrated(
        q, state_of(q), begin, min(worths), grain=q.scale, bound=np.inf, seed=1, late=lambda: False
    )  # fmt: skip
    assert value == worth_of(q, layout) == max(worths)
    assert layout.sum() <= p


def test_the_first_trips_alone_never_promise_more_than_all_trips() -> None:
    q = town(200, 40, 3)
    is_open = np.arange(200) % 5 == 0
    near = nearest(q, is_open)
    assert near.place.size < q.place.size
    dice = np.random.default_rng(1)
    for _ in range(20):
        layout = dice.random(200) < 0.1
        assert worth_of(near, layout) <= worth_of(q, layout)


def test_a_search_that_is_late_keeps_the_layout_it_was_given() -> None:
    q = town(30, 3, 1)
    begin = np.arange(30) < 3
    layout, value = concentrated(
        q, state_of(q), begin, worth_of(q, begin), grain=q.scale, bound=np.inf, seed=1, late=lambda: True
    )  # fmt: skip
    assert (layout == begin).all() and value == worth_of(q, begin)


def test_branch_and_cut_that_is_stopped_keeps_the_layout_it_was_given_and_a_bound_that_holds() -> None:
    q = town(60, 7, 2)
    begin, none = np.arange(60) < 7, np.zeros(60, bool)
    best = branch_and_cut(q, slack=0.5 * q.scale, start=begin, shut=none, opened=none, presolve=False)
    assert best.is_open is not None and worth_of(q, best.is_open) > worth_of(q, begin)
    asked: list[int] = []

    def late() -> bool:
        asked.append(1)
        return True

    found = branch_and_cut(q, slack=0.5 * q.scale, start=begin, shut=none, opened=none, presolve=False, late=late)
    assert asked
    assert found.is_open is not None and worth_of(q, found.is_open) >= worth_of(q, begin)
    assert found.bound >= worth_of(q, best.is_open)
