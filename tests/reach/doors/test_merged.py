"""Merging like demand points changes neither values nor bounds, and first prices by a linear programme prove as much."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import daremo.reach.doors.solve as solving
from daremo.reach.cover import cover
from daremo.reach.doors.flat import flat_prices
from daremo.reach.doors.greedy import worth_of
from daremo.reach.doors.merged import Merged
from daremo.reach.doors.node import exact
from daremo.reach.doors.question import Doors, doors
from daremo.reach.doors.solve import state_of
from daremo.reach.travel.pairs import pairs_of_matrix
from daremo.reach.verify import verify_cover
from tests.reach.trying_all import small

SEEDS = st.integers(0, 10**9)


def with_doubles(seed: int) -> Doors:
    """A random question in which many demand points are alike, or in the same order, or have no trips."""
    r = np.random.default_rng(seed)
    n, m, kinds = int(r.integers(1, 30)), int(r.integers(1, 7)), int(r.integers(1, 5))
    order = r.integers(0, 4, (kinds, m)).astype(float)
    near = r.random((kinds, m)) < 0.6
    kind = r.integers(0, kinds, n)
    table = np.where(near, 1.0, np.inf)[kind]
    worth = order[kind] * r.integers(1, 4, (n, 1)) if r.random() < 0.5 else r.integers(0, 9, (n, 1)) * np.ones((n, m))
    return doors(pairs_of_matrix(table), worth[np.isfinite(table)], p=int(r.integers(0, m + 1)), whole_worth=True)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(SEEDS)
def test_every_layout_is_worth_as_much_and_every_price_proves_as_much_as_before(seed: int) -> None:
    q = with_doubles(seed)
    merged = Merged.of(q)
    r = np.random.default_rng(seed)
    assert merged.q.n_demand <= q.n_demand
    for _ in range(5):
        layout = r.random(q.n_places) < 0.5
        assert worth_of(q, layout) == worth_of(merged.q, layout)
    if not merged.q.n_demand:
        return
    top = float(merged.q.worth.max())
    for most in (1.0, 0.5, 1.2):
        u = np.floor(r.random(merged.q.n_demand) * top * most)
        wide = merged.shared_out(u.astype(np.int64))
        none = np.zeros(0)
        a = exact(merged.q, state_of(q), u, none, 0.0)
        b = exact(q, state_of(q), wide.astype(float), none, 0.0)
        assert a[0] == b[0] and a[1] == b[1]
        assert (a[2] == b[2]).all() and wide.min(initial=0) >= 0


def test_points_that_the_same_places_reach_become_one() -> None:
    km = [[0, np.inf], [1, np.inf], [np.inf, 0], [0, 0], [np.inf, np.inf], [2, np.inf]]
    q = doors(pairs_of_matrix(km), [1, 2, 3, 4, 4, 6], p=1, whole_worth=True)
    merged = Merged.of(q)
    assert merged.q.n_demand == 3
    assert sorted((merged.q.worth[merged.q.start[:-1]] / q.scale).tolist()) == [3, 4, 9]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SEEDS)
def test_covers_from_prices_of_the_linear_programme_are_best_of_all(seed: int) -> None:
    q = small(seed)
    if q.backup_share:
        return
    allowed = list(q.allowed())
    if not allowed:
        return
    best = max(q.people_reached(o) for o in allowed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "FEWEST_MERGED", 0)
        patch.setattr(solving, "FLAT", 99)
        patch.setattr(solving, "FEW_PARTS", 1)
        found = cover(q.pairs, q.need_d, **q.asked_of_cover())
    assert q.is_allowed(found.open) and found.finished
    assert found.value == pytest.approx(best, rel=1e-9)
    assert best * (1 - 1e-14) <= found.bound <= found.bound_certified
    assert verify_cover(found, q.pairs, q.need_d, **q.asked_of_cover()).ok


def test_prices_of_the_programme_are_as_tight_as_it_is() -> None:
    """A triangle: each pair of three places reaches one point; half of each place reaches all for one and a half."""
    far = np.inf
    q = doors(pairs_of_matrix([[0, 0, far], [0, far, 0], [far, 0, 0]]), np.ones(6) * 2, p=1, whole_worth=True)
    near = flat_prices(q, state_of(q), late=lambda: False)
    assert near is not None
    bound, _, _ = exact(q, state_of(q), np.rint(near.u), near.v, 0.0)
    assert bound / q.scale == pytest.approx(4.0, rel=1e-6)
    assert near.share.sum() == pytest.approx(1.0, abs=1e-6)
