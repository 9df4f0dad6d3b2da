"""Partition, windows and single regions: each place once, borders never heavier, layouts never worse, bounds that hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from daremo.reach.doors.greedy import Columns, greedy, worth_of
from daremo.reach.doors.node import exact
from daremo.reach.doors.partition import LARGER, divided, halves
from daremo.reach.doors.prices import ascend
from daremo.reach.doors.question import Doors, doors
from daremo.reach.doors.regions import Job, cut, two_best, worked
from daremo.reach.doors.regions_windows import swept
from daremo.reach.doors.solve import state_of
from daremo.reach.model import Conditions
from daremo.reach.synthetic import synthetic_japan, synthetic_places
from daremo.reach.travel.pairs import pairs_of
from daremo.reach.travel.points import pairs_in_plane


@pytest.fixture(scope="module")
def question() -> Doors:
    c = synthetic_japan(1_500, 1.0, seed=3, scale=0.01)
    p = synthetic_places(c, 220, seed=4)
    pairs = pairs_in_plane(c.xy_km, p.xy_km, 3.0)
    people = np.rint(c.need)[pairs.demand()]
    group = np.arange(pairs.n_places) // 20
    return doors(pairs, people, p=25, conditions=Conditions(quota_p=group, least_per_quota=1), whole_worth=True)


def border_weight(q: Doors, groups: list[np.ndarray], weight: np.ndarray) -> float:
    label = np.zeros(q.n_places, np.int64)
    for r, places in enumerate(groups):
        label[places] = r
    met = [np.unique(label[q.place[a:b]]).size for a, b in zip(q.start[:-1], q.start[1:], strict=True)]
    return float(weight[np.array(met) > 1].sum())


@pytest.mark.parametrize("size", [20, 55])
def test_regions_hold_each_place_once_and_moving_over_borders_makes_them_lighter(question, size):
    c, able = Columns.of(question), np.arange(0, question.n_places)
    weight = np.random.default_rng(size).uniform(0.1, 1, question.n_demand)
    before, after = halves(question, c, able, size), divided(question, c, able, size, weight)
    assert np.array_equal(np.sort(np.concatenate(after)), able)
    assert max(g.size for g in after) <= LARGER * size
    assert border_weight(question, after, weight) < border_weight(question, before, weight)


def prices_of(q: Doors, layout: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    a = ascend(
        q,
        state_of(q),
        two_best(q, layout),
        np.zeros(q.limits.count),
        target=worth_of(q, layout),
        steps=300,
        patience=10,
    )
    u, v = np.rint(a.u), np.rint(a.v)
    _, price, net = exact(q, state_of(q), u, v, a.price)
    return u, v, price, net


def test_a_sweep_never_lowers_a_layout_at_the_price_of_budget_and_keeps_limits(question):
    q, c, state = question, Columns.of(question), state_of(question)
    layout = greedy(q, c, state, np.zeros(0, np.int64))
    *_, price, net = prices_of(q, layout)
    paid = replace(q, fee_p=price * q.cost_p)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(3) as three:
        found, again = (
            swept(q, c, state, net, price, layout, 0, pool=pool, late=lambda: False) for pool in (one, three)
        )
    assert np.array_equal(found, again)
    assert worth_of(paid, found) >= worth_of(paid, layout)
    group = np.arange(q.n_places) // 20
    assert set(group[found]) == set(group)


def tiny(seed: int) -> Doors:
    rng = np.random.default_rng(seed)
    reached = rng.random((12, 9)) < 0.35
    demand, place = np.nonzero(reached)
    pairs = pairs_of(demand, place, np.ones(demand.size), 12, 9)
    return doors(pairs, rng.integers(1, 40, demand.size).astype(float), p=3, whole_worth=True)


def best_at(q: Doors) -> float:
    """Best worth less fees over all sets of places, by trying each."""
    every = [
        np.isin(np.arange(q.n_places), s) for n in range(q.n_places + 1) for s in combinations(range(q.n_places), n)
    ]
    return max(worth_of(q, layout) for layout in every)


@pytest.mark.parametrize("seed", range(12))
def test_a_sweep_over_one_window_finds_what_trying_every_set_finds(seed, monkeypatch):
    from daremo.reach.doors import regions_windows

    monkeypatch.setattr(regions_windows, "UNCLEAR", 1e6)
    q = tiny(seed)
    c, state = Columns.of(q), state_of(q)
    layout = greedy(q, c, state, np.zeros(0, np.int64))
    *_, price, net = prices_of(q, layout)
    paid = replace(q, fee_p=price * q.cost_p)
    with ThreadPoolExecutor(1) as pool:
        found = swept(q, c, state, net, price, layout, 1, pool=pool, late=lambda: False)
    assert worth_of(paid, found) >= best_at(paid) - regions_windows.SLACK * price


@pytest.mark.parametrize("seed", range(12))
def test_bounds_of_regions_add_up_to_no_less_than_the_best_of_the_whole(seed):
    q = tiny(seed)
    c, state = Columns.of(q), state_of(q)
    layout = greedy(q, c, state, np.zeros(0, np.int64))
    u, v, price, _ = prices_of(q, layout)
    border, regions = cut(q, c, state, u, v, price, 4)
    slack = 1e-6 * worth_of(q, layout)
    total = float(u[border].sum()) + price * q.budget
    for r in regions:
        prices = np.where(border[r.demand], 0.0, u[r.demand])
        done = worked(Job(r, state[r.places], prices, layout[r.places], slack, 1))
        assert done.bound >= best_at(done.q) and worth_of(done.q, done.is_open) >= done.bound - 2 * slack
        total += done.bound
    sets = (np.isin(np.arange(q.n_places), s) for s in combinations(range(q.n_places), 3))
    assert len(regions) > 1 and total >= max(worth_of(q, s) for s in sets)
