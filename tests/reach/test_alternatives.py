"""Equally good layouts beside trying every set of places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import Infeasible, UsageError
from daremo.reach.alternatives import LISTED, Alternatives
from daremo.reach.centre import centre
from daremo.reach.cover import cover
from daremo.reach.doors import equal
from daremo.reach.median import median
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of_matrix
from tests.reach.trying_all import Small, small

SEEDS = st.integers(0, 10**9)
Layout = tuple[int, ...]


def swapped(opened: Layout, places: int) -> dict[tuple[int, int], Layout]:
    """Every layout with one open place closed and one closed place open."""
    shut = [j for j in range(places) if j not in opened]
    return {(r, j): tuple(sorted({*opened, j} - {r})) for r in opened for j in shut}


def same(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-10 * max(abs(a), abs(b))


def check(q: Small, opened: Layout, told: Alternatives | None, worth: Callable[[Layout], float]) -> int:
    """Swaps and further layouts are those that trying all finds; returns how many there are."""
    assert told is not None
    value = worth(opened)
    expected = {pair for pair, o in swapped(opened, q.cost_p.size).items() if q.is_allowed(o) and same(worth(o), value)}
    assert told.swaps == tuple(sorted(expected))
    assert told.count == len(expected)
    return len(expected)


def smallest(q: Small, value: float, worth: Callable[[Layout], float]) -> set[Layout]:
    """Sets of the same value from which none can be left out."""
    good = [set(o) for o in q.allowed() if same(worth(o), value)]
    return {tuple(sorted(a)) for a in good if not any(b < a for b in good)}


def check_further(q: Small, opened: Layout, told: Alternatives | None, worth: Callable[[Layout], float]) -> int:
    assert told is not None
    expected = smallest(q, worth(opened), worth) - {opened}
    assert set(told.layouts) <= expected
    assert len(told.layouts) == len(set(told.layouts)) == min(len(expected), equal.FURTHER)
    assert told.complete == (len(expected) <= equal.FURTHER)
    return len(expected)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(SEEDS)
def test_equally_good_covers_are_those_that_trying_all_finds(seed: int) -> None:
    q = small(seed)
    if not any(True for _ in q.allowed()):
        return
    found = cover(q.pairs, q.need_d, **q.asked_of_cover())
    check(q, found.open, found.alternatives, q.people_reached)
    if not q.backup_share:
        check_further(q, found.open, found.alternatives, q.people_reached)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(SEEDS)
def test_equally_good_medians_are_those_that_trying_all_finds(seed: int) -> None:
    q = replace(small(seed).for_median(), fair=0.0)
    if not any(True for _ in q.allowed()):
        return
    found = median(q.pairs, q.need_d, **q.asked_of_median())
    check(q, found.open, found.alternatives, q.sum_of_trips)
    check_further(q, found.open, found.alternatives, q.sum_of_trips)


def test_random_questions_hold_many_equally_good_layouts() -> None:
    swaps = further = 0
    for seed in range(300):
        q = replace(small(seed), backup_share=0.0, conditions=Conditions())
        found = cover(q.pairs, q.need_d, **q.asked_of_cover())
        swaps += check(q, found.open, found.alternatives, q.people_reached)
        further += check_further(q, found.open, found.alternatives, q.people_reached)
    assert swaps > 100 and further > 100


@settings(max_examples=400, deadline=None, derandomize=True)
@given(SEEDS)
def test_equally_good_centres_are_those_that_trying_all_finds(seed: int) -> None:
    q = small(seed)
    q = replace(q, money=float(q.cost_p.size), cost_p=np.ones(q.cost_p.size), by_number=True)
    p = max(q.cost_p.size - int(seed % 4), 0)
    weight = np.minimum(q.need_d, 3).round()
    try:
        found = centre(q.pairs, p, weight_d=weight, conditions=q.conditions)
    except (UsageError, Infeasible):  # what cannot be asked is another test's matter
        return
    usable = np.ones(q.cost_p.size, bool)
    usable[list(q.conditions.never)] = False
    way = np.where(usable, q.trip_dp, np.inf) * np.where(weight > 0, weight, 1.0)[:, None]
    counted = np.isfinite(way).any(axis=1) & (weight > 0)

    def longest(opened: Layout) -> float:
        return float(way[counted][:, list(opened)].min(axis=1, initial=np.inf).max(initial=0.0))

    assert longest(found.open) == found.value
    expected = {
        pair for pair, o in swapped(found.open, q.cost_p.size).items() if q.is_allowed(o) and longest(o) == found.value
    }
    told = found.alternatives
    assert told is not None
    assert told.swaps == tuple(sorted(expected))[:LISTED] and told.count == len(expected)


def test_all_pairs_are_counted_though_not_all_are_listed() -> None:
    """Forty places at one spot: any may stand for any."""
    found = cover(pairs_of_matrix(np.zeros((1, 400))), [5], p=1)
    told = found.alternatives
    assert told is not None
    assert told.count == 399 and len(told.swaps) == LISTED
    said = found.as_dict()
    assert said["equally_good_count"] == 399
    assert said["equally_good"][0] == {"close": found.open[0], "open": told.swaps[0][1]}


def test_a_layout_that_no_other_equals_says_so() -> None:
    found = cover(pairs_of_matrix([[0.0, np.inf], [np.inf, 0.0]]), [5, 3], p=1)
    assert found.alternatives == Alternatives((), 0, (), True)


def test_two_places_that_change_roles_together_are_a_further_layout() -> None:
    """Crossing pairs: rows 0 and 1 by places 0 and 1, or by 2 and 3; one at a time loses people."""
    far = np.inf
    km = [[0, far, 0, far], [far, 0, far, 0], [0, far, far, 0], [far, 0, 0, far]]
    found = cover(pairs_of_matrix(km), [1, 1, 1, 1], p=2)
    told = found.alternatives
    assert told is not None and told.complete
    assert {found.open, *told.layouts} == {(0, 1), (2, 3)}
    assert told.swaps == ()
