"""p-centre beside trying everything."""

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
from daremo.reach.centre import centre
from daremo.reach.covering.verify import verify_centre
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of_matrix
from tests.reach.covering.maps import scattered


def shortest_of_all(table: np.ndarray, weight: np.ndarray, p: int, c: Conditions) -> float:
    """The least longest way over every choice of at most p places; infinite where none reaches all."""
    n = table.shape[1]
    allowed = [j for j in range(n) if j not in c.never]
    counted = [d for d in range(table.shape[0]) if weight[d] > 0 and any(math.isfinite(table[d, j]) for j in allowed)]
    best = math.inf
    for k in range(p + 1):
        for s in itertools.combinations(allowed, k):
            if not set(c.must) <= set(s) or any(a in s and b in s for a, b in c.apart.tolist()):
                continue
            if c.organisation_p is not None and c.most_per_organisation is not None:
                seen = [int(c.organisation_p[j]) for j in s if c.organisation_p[j] >= 0]
                if any(seen.count(o) > c.most_per_organisation for o in seen):
                    continue
            best = min(
                best, max((min((weight[d] * table[d, j] for j in s), default=math.inf) for d in counted), default=0.0)
            )
    return best


@st.composite
def questions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray | None, int, Conditions]:
    """Tiny tables with ties, unreachable demand, duplicate places, people nowhere, p from 0 to more than there are."""
    m, n = draw(st.integers(0, 9)), draw(st.integers(1, 7))
    way = st.sampled_from([0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 7.0, math.inf])
    table = np.array(draw(st.lists(st.lists(way, min_size=n, max_size=n), min_size=m, max_size=m)), float).reshape(m, n)
    weight = draw(st.none() | st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=m, max_size=m))
    places = st.integers(0, n - 1)
    pair = st.tuples(places, places).filter(lambda p: p[0] != p[1])
    never = draw(st.lists(places, max_size=2, unique=True))
    must = [j for j in draw(st.lists(places, max_size=1)) if j not in never]
    tight = draw(st.booleans())
    conditions = Conditions(
        must=tuple(must),
        never=tuple(never),
        organisation_p=np.array(draw(st.lists(st.integers(-1, 1), min_size=n, max_size=n))) if tight else None,
        most_per_organisation=draw(st.integers(0, 2)) if tight else None,
        apart=np.array(draw(st.lists(pair, max_size=2)) if tight and n > 1 else [], np.int64).reshape(-1, 2),
    )
    return table, None if weight is None else np.array(weight), draw(st.integers(0, n + 1)), conditions


@settings(max_examples=500, deadline=None)
@given(questions())
def test_no_choice_of_all_has_a_shorter_longest_way(question):
    table, weight, p, conditions = question
    best = shortest_of_all(table, np.ones(table.shape[0]) if weight is None else weight, p, conditions)
    asked = {"weight_d": weight, "conditions": conditions}
    if math.isinf(best):
        with pytest.raises(Infeasible):
            centre(pairs_of_matrix(table), p, **asked)
        return
    answer = centre(pairs_of_matrix(table), p, **asked)
    assert (answer.value, answer.bound, answer.finished) == (best, best, True)
    assert len(answer.open) <= p
    assert verify_centre(answer, pairs_of_matrix(table), p, **asked) == ()


TABLE = pairs_of_matrix([[1.0, 4.0, math.inf], [4.0, 1.0, 2.0], [math.inf, 4.0, 1.5], [math.inf] * 3])


def test_whoever_no_place_reaches_is_listed_or_refused_when_asked_strictly():
    answer = centre(TABLE, 2)
    assert answer.unreachable == (3,) and answer.value == 2.0 and answer.served_by.tolist() == [0, 2, 2, -1]
    with pytest.raises(Infeasible):
        centre(TABLE, 2, strict=True)


def test_more_places_than_there_are_bring_everybody_to_the_nearest():
    answer = centre(TABLE, 9)
    assert answer.value == 1.5 and answer.worst == 2


def test_too_few_places_say_how_many_are_needed():
    far_apart = pairs_of_matrix(np.where(np.eye(3) > 0, 1.0, np.inf))
    with pytest.raises(Infeasible, match="少なくとも 3 か所") as told:
        centre(far_apart, 2)
    assert "3 にしてください" in told.value.fix


@pytest.mark.parametrize("step", [0.3, 1.0, 2.0])
def test_classes_bracket_the_optimum(step):
    pairs = scattered(4, 60, 25, 10.0, 20.0)
    exact, answer = centre(pairs, 5), centre(pairs, 5, step=step)
    assert answer.low < exact.value <= answer.high and answer.bound <= exact.value <= answer.value
    assert answer.high - answer.low == pytest.approx(step) and answer.finished
    assert verify_centre(answer, pairs, 5) == ()


@pytest.mark.parametrize(
    ("p", "change", "code"),
    [
        (-1, {}, "bad-p"),
        (1, {"step": 0.0}, "bad-step"),
        (1, {"weight_d": [1.0, 1.0, 1.0, -1.0]}, "bad-weight"),
        (1, {"weight_d": [1.0, 1.0, 1.0, math.nan]}, "bad-weight"),
        (1, {"conditions": Conditions(never=(5,))}, "bad-place"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(p, change, code):
    with pytest.raises(UsageError) as told:
        centre(TABLE, p, **change)
    assert told.value.code == code


def test_a_search_that_is_stopped_returns_a_bracket_that_holds():
    pairs = scattered(4, 90, 40, 10.0, 20.0)
    best = centre(pairs, 6).value
    count = iter(range(10**9))
    stopped = centre(pairs, 6, watch=Watch(stop=lambda: next(count) >= 60))
    assert stopped.bound <= best <= stopped.value
    assert verify_centre(stopped, pairs, 6) == ()


def test_the_machine_form_holds_the_bracket():
    told = json.loads(json.dumps(centre(TABLE, 2, step=1.0).as_dict()))
    assert told["low"] < told["value"] <= told["high"] and told["unreachable"] == [3]


@pytest.mark.parametrize("gap", [0.05, 0.3, 1.0])
def test_a_wanted_gap_ends_the_search_early_and_is_kept(gap):
    r = np.random.default_rng(4)
    table = np.hypot(*(r.random((200, 1, 2)) - r.random((1, 60, 2))).transpose(2, 0, 1)) * 20
    pairs = pairs_of_matrix(table)
    exact, found = centre(pairs, 6), centre(pairs, 6, gap=gap)
    assert found.finished
    assert found.gap_share <= gap
    assert found.bound <= exact.value <= found.value
    assert len(found.decisions) < len(exact.decisions)
    assert verify_centre(found, pairs, 6) == ()


@pytest.mark.parametrize("gap", [-0.1, float("nan")])
def test_a_gap_that_makes_no_sense_is_refused(gap):
    with pytest.raises(UsageError):
        centre(pairs_of_matrix([[1.0]]), 1, gap=gap)
