"""Location set covering beside trying everything."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.covering.verify import verify_everybody
from daremo.reach.everybody import cover_everybody
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix
from tests.reach.covering.maps import scattered

FAR = math.inf


def holds(open_: tuple[int, ...], table: np.ndarray, times: int, c: Conditions) -> bool:
    """Whether a choice covers everybody as often as can be and keeps the conditions; written for tiny cases only."""
    chosen = set(open_)
    if not set(c.must) <= chosen or chosen & set(c.never):
        return False
    if any(a in chosen and b in chosen for a, b in c.apart.tolist()):
        return False
    if c.organisation_p is not None and c.most_per_organisation is not None:
        for o in set(c.organisation_p.tolist()) - {-1}:
            if sum(c.organisation_p[j] == o for j in chosen) > c.most_per_organisation:
                return False
    if c.quota_p is not None:
        for q in set(c.quota_p.tolist()) - {-1}:
            if sum(c.quota_p[j] == q for j in chosen) < c.least_per_quota:
                return False
    for row in table:
        reach = [j for j in range(table.shape[1]) if row[j] <= 5.0 and j not in c.never]
        if sum(j in chosen for j in reach) < min(times, len(reach)):
            return False
    return True


def cheapest_of_all(table: np.ndarray, cost: np.ndarray, times: int, c: Conditions) -> float:
    """The least cost over every choice; infinite where none holds."""
    n = table.shape[1]
    return min(
        (
            float(cost[list(s)].sum())
            for k in range(n + 1)
            for s in itertools.combinations(range(n), k)
            if holds(s, table, times, c)
        ),
        default=math.inf,
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray | None, int, Conditions]:
    """Tiny tables with ties, unreachable demand, duplicate places, zero costs and all kinds of conditions."""
    m, n = draw(st.integers(0, 9)), draw(st.integers(1, 8))
    near = st.sampled_from([0.0, 3.0, 5.0, 6.0, FAR, FAR])
    table = np.array(draw(st.lists(st.lists(near, min_size=n, max_size=n), min_size=m, max_size=m)), float).reshape(
        m, n
    )
    cost = draw(st.none() | st.lists(st.integers(0, 6), min_size=n, max_size=n))
    times = draw(st.sampled_from([1, 1, 1, 2, 3]))
    places = st.integers(0, n - 1)
    few = st.lists(places, max_size=2, unique=True).map(tuple)
    tight = draw(st.booleans())
    pair = st.tuples(places, places).filter(lambda p: p[0] != p[1])
    groups = st.lists(st.integers(-1, 2), min_size=n, max_size=n)
    conditions = Conditions(
        must=draw(few),
        never=draw(few),
        organisation_p=np.array(draw(groups)) if tight else None,
        most_per_organisation=draw(st.integers(0, 3)) if tight else None,
        quota_p=np.array(draw(groups)) if draw(st.booleans()) else None,
        least_per_quota=draw(st.integers(0, 2)),
        apart=np.array(draw(st.lists(pair, max_size=2)) if tight and n > 1 else [], np.int64).reshape(-1, 2),
    )
    return table, None if cost is None else np.array(cost, float), times, conditions


@settings(max_examples=800, deadline=None)
@given(questions())
def test_no_choice_of_all_is_cheaper(question):
    table, cost, times, conditions = question
    pairs = pairs_of_matrix(table)
    best = cheapest_of_all(table, np.ones(table.shape[1]) if cost is None else cost, times, conditions)
    asked = {"radius": 5.0, "cost_p": cost, "times": times, "conditions": conditions}
    if math.isinf(best):
        with pytest.raises(Infeasible):
            cover_everybody(pairs, **asked)
        return
    answer = cover_everybody(pairs, **asked)
    assert (answer.value, answer.bound, answer.finished) == (best, best, True)
    assert holds(answer.open, table, times, conditions)
    assert verify_everybody(answer, pairs, **asked) == ()


TABLE = pairs_of_matrix([[1.0, 4.0, FAR], [4.0, 1.0, 2.0], [FAR, 4.0, 1.0], [9.0, FAR, FAR]])


def test_whoever_no_place_reaches_is_listed_and_served_by_nobody():
    answer = cover_everybody(TABLE, radius=5.0)
    assert answer.unreachable == (3,) and answer.served_by.tolist() == [1, 1, 1, -1]


def test_whoever_reaches_fewer_places_than_wanted_gets_all_and_is_listed():
    answer = cover_everybody(TABLE, radius=5.0, times=3)
    assert answer.open == (0, 1, 2) and answer.short == (0, 2)


def test_times_may_differ_by_demand_point_and_zero_asks_for_nothing():
    answer = cover_everybody(TABLE, radius=5.0, times=np.array([0, 0, 1, 0]))
    assert answer.value == 1.0 and answer.times == (0, 0, 1, 0)


def test_existing_points_are_open_and_pay_for_themselves():
    answer = cover_everybody(TABLE, radius=5.0, cost_p=[5.0, 7.0, 1.0], conditions=Conditions(must=(0,)))
    assert answer.open == (0, 2) and answer.value == 6.0


def test_conditions_that_leave_somebody_uncovered_say_whom():
    closed = Conditions(organisation_p=np.array([0, 0, 0]), most_per_organisation=0)
    with pytest.raises(Infeasible, match=r"地点 0、1、2"):
        cover_everybody(TABLE, radius=5.0, conditions=closed)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"radius": -1.0}, "bad-radius"),
        ({"radius": math.nan}, "bad-radius"),
        ({"gap": math.nan}, "bad-gap"),
        ({"cost_p": [1.0, -1.0, 1.0]}, "bad-costs"),
        ({"cost_p": [1.0, math.nan, 1.0]}, "bad-costs"),
        ({"cost_p": [1.0]}, "bad-costs"),
        ({"times": -1}, "bad-times"),
        ({"times": 1.5}, "bad-times"),
        ({"conditions": Conditions(must=(7,))}, "bad-place"),
        ({"conditions": Conditions(apart=np.array([[1, 1]]))}, "bad-place"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(change, code):
    with pytest.raises(UsageError) as told:
        cover_everybody(TABLE, **{"radius": 5.0, **change})
    assert told.value.code == code


def test_a_search_that_is_stopped_returns_what_it_has_with_a_bound_that_holds():
    pairs = scattered(1, 400, 160, 10.0, 1.8)
    best = cover_everybody(pairs)
    for asks in (0, 3, 30):
        count = iter(range(10**9))
        stopped = cover_everybody(pairs, watch=Watch(stop=lambda c=count, n=asks: next(c) >= n))
        assert stopped.bound <= best.value <= stopped.value
        assert stopped.finished == (stopped.bound == stopped.value) and (asks > 3 or not stopped.finished)
        assert verify_everybody(stopped, pairs) == ()


def test_the_same_seed_gives_the_same_answer_and_threads_change_no_value():
    pairs = scattered(2, 500, 200, 20.0, 1.8)
    one, again, two = cover_everybody(pairs), cover_everybody(pairs), cover_everybody(pairs, workers=2)
    assert one.open == again.open and (one.value, one.bound) == (two.value, two.bound)


def test_progress_is_told_and_the_answer_has_a_machine_form():
    seen: list[tuple[float, float]] = []
    answer = cover_everybody(TABLE, radius=5.0, watch=Watch(tell=lambda v, b: seen.append((v, b))))
    assert seen[-1] == (answer.value, answer.bound)
    assert json.loads(json.dumps(answer.as_dict()))["unreachable"] == [3]


def test_nobody_and_nowhere_are_answered():
    empty = Pairs(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0), 0)
    assert cover_everybody(empty).open == ()
    lonely = Pairs(np.zeros(3, np.int64), np.zeros(0, np.int32), np.zeros(0), 2)
    assert cover_everybody(lonely).unreachable == (0, 1)
