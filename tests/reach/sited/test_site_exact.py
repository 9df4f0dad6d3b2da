"""Siting against brute force over every open set, every whole unit and every piece."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.reach.sited.bound import bound
from daremo.reach.sited.layout import account
from daremo.reach.sited.model import Branch, Prices, Siting
from daremo.reach.sited.site import site


def tiny(seed: int, fair: float = 0.0) -> Siting:
    """Four options of three kinds, five units, two extras: small enough to try everything."""
    rng = np.random.default_rng(seed)
    draw = np.round(rng.uniform(0, 6, (5, 4)) * (rng.random((5, 4)) < 0.7), 2)
    gain = draw * rng.uniform(0.1, 0.4, (5, 1))
    community = np.array([0, 0, -1, -1, -1])
    return Siting(
        draw, gain, draw * 2.0, draw * 0.1,
        np.array([30.0, 40.0, 20.0, 0.0]) * 1e3, np.array([5.0, 5.0, 8.0, 9.0]) * 1e3, np.array([4.0, 4.0, 6.0, 5.0]),
        np.array([1, 1, 1, 2]), np.array([4, 4, 3, 2]), np.array([0, 0, 1, 2]),
        np.array([1.0, 0.3]), np.array([20.0, 7.0]) * 1e3, np.array([2.0, 3.0]), np.array([0.0, 1.0]), np.array([-1, 0]),
        0, community, np.array([8.0, 6.0, 9.0, 5.0, 7.0]), np.array([0.5]), fair, float(rng.integers(40, 160)) * 1e3, 2.0,
    )  # fmt: skip


def holds(s: Siting, open_: tuple[int, ...], units: tuple[int, ...], pieces: tuple[int, ...]) -> float | None:
    """Value of a layout counted by plain loops; None where it breaks a limit."""
    cost = sum(s.fixed_yen_o[o] + h * s.unit_yen_o[o] for o, h in zip(open_, units, strict=True))
    cost += sum(n * y for n, y in zip(pieces, s.extra_yen_j, strict=True))
    if cost > s.budget_yen + 1e-9:
        return None
    theirs: dict[int, list[int]] = {o: [] for o in open_}
    for u in range(s.n_units):
        best = max(open_, key=lambda o: (s.draw_uo[u, o], -o), default=None)
        if best is not None and s.draw_uo[u, best] > 0:
            theirs[best].append(u)
    value, lent, helped, all_helped = s.base, 0.0, 0.0, 0.0
    for o, h in zip(open_, units, strict=True):
        load = sum(s.load_uo[u, o] for u in theirs[o])
        share = min(1.0, h * s.unit_load_o[o] / load) if load > 0 else 0.0
        value += share * sum(s.gain_uo[u, o] for u in theirs[o])
        lent += share * sum(s.lend_uo[u, o] for u in theirs[o])
        helped += share * sum(s.draw_uo[u, o] for u in theirs[o] if s.community_u[u] == 0)
        all_helped += share * sum(s.draw_uo[u, o] for u in theirs[o])
    if pieces[0] > lent + 1e-9:
        return None
    helped, all_helped = helped + pieces[1], all_helped + pieces[1]
    if s.fair > 0:
        share = s.need_u[:2].sum() / s.need_u.sum()
        if helped < max(s.fair * share * all_helped, s.least_k[0]) - 1e-9:
            return None
    return value + pieces[0] * s.extra_gain_j[0] + pieces[1] * s.extra_gain_j[1]


def brute_force(s: Siting) -> float:
    best = -np.inf
    for k in range(5):
        for open_ in itertools.combinations(range(4), k):
            for units in itertools.product(*(range(s.min_units_o[o], s.max_units_o[o] + 1) for o in open_)):
                for pieces in itertools.product(range(3), range(4)):
                    found = holds(s, open_, units, pieces)
                    best = max(best, -np.inf if found is None else found)
    return best


@pytest.mark.parametrize("fair", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(12))
def test_the_best_layout_of_a_tiny_question_is_exact_and_its_bound_is_above_it(seed: int, fair: float):
    s = tiny(seed, fair)
    best = brute_force(s)
    found = site(s, tolerance=1e-9, max_nodes=300)
    if not np.isfinite(best):
        assert not np.isfinite(found.layout.value)
        return
    assert found.layout.value == pytest.approx(best, abs=1e-6)
    assert found.bound >= best - 1e-9
    assert found.layout.cost_yen <= s.budget_yen + 1e-6


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 200),
    st.floats(0, 1e-3),
    st.lists(st.floats(0, 3), min_size=5, max_size=5),
    st.floats(0, 2),
    st.floats(0, 2),
)
def test_any_prices_at_all_prove_a_bound(seed: int, yen: float, unit: list[float], linked: float, floor: float):
    s = tiny(seed, 0.5)
    whole = Branch(((0, 2), (0, 1), (0, 1)))
    value = bound(s, whole, Prices(np.array(unit), yen, {}, linked, np.array([floor, floor / 2])))
    open_, units, pieces = (0, 2), (2, 1), (0, 2)
    found = holds(s, open_, units, pieces)
    if found is not None:
        assert value >= found - 1e-9


def test_more_hours_never_free_fewer():
    s = tiny(3)
    none = np.zeros(2, dtype=np.int64)
    values = [account(s, (0, 1), (h, 2), none).value for h in range(1, 5)]
    assert values == sorted(values)


def test_without_need_nothing_is_worth_buying():
    s = tiny(1)
    from dataclasses import replace

    empty = replace(s, draw_uo=s.draw_uo * 0, gain_uo=s.gain_uo * 0, load_uo=s.load_uo * 0, lend_uo=s.lend_uo * 0)
    empty = replace(empty, extra_gain_j=np.zeros(2))
    found = site(empty, tolerance=1e-9)
    assert found.layout.value == pytest.approx(s.base)
    assert found.bound == pytest.approx(s.base, abs=1e-6)
