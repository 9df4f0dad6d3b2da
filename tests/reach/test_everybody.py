"""Location set covering beside trying everything."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import Infeasible
from daremo.reach.covering.verify import verify_everybody
from daremo.reach.everybody import cover_everybody
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of_matrix

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


@settings(max_examples=1_000, deadline=None)
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
