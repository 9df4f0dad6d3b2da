"""Covering with capacities: equal to trying every set of places, within money and staff, proved and checked."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.capacity.proof import Prices
from daremo.reach.cover_capacity import cover_with_capacity, verify_cover_with_capacity
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of_matrix

FAR = float("inf")


def served_best(worth, need, room, visit_yen=0.0, money=FAR):
    """Most worth served with given room of each place: a transport problem, by SciPy; worth 0 = out of reach."""
    d, p = np.nonzero(worth)
    if not d.size:
        return 0.0
    rows = [(d == i).astype(float) for i in range(need.size)] + [(p == k).astype(float) for k in range(room.size)]
    most = [*need, *room]
    if np.isfinite(money):
        rows, most = [*rows, np.full(d.size, visit_yen)], [*most, money]
    found = linprog(-worth[d, p], A_ub=np.array(rows), b_ub=np.array(most, float), bounds=(0, None))
    return -found.fun


def by_trying_everything(worth, need, capacity, units, *, p=FAR, budget=FAR, yen=0, unit_yen=0, visit_yen=0, apart=()):
    """Most worth over all numbers of units of all places."""
    best = 0.0
    for chosen in itertools.product(*(range(u + 1) for u in units)):
        number = np.array(chosen)
        opened = np.flatnonzero(number)
        spent = ((yen + unit_yen * number) * (number > 0)).sum()
        if opened.size > p or spent > budget or any(a in opened and b in opened for a, b in apart):
            continue
        best = max(best, served_best(worth, need, capacity * number, visit_yen, budget - spent))
    return best


@st.composite
def questions(draw):
    n, places = draw(st.integers(1, 5)), draw(st.integers(1, 4))

    def some(values, count):
        return np.array(draw(st.lists(st.sampled_from(values), min_size=count, max_size=count)))

    worth = some([0.0, 0.0, 1.0, 1.0, 0.25, 0.7], n * places).reshape(n, places)
    return worth, some([0.0, 1.0, 2.5, 7.0], n), some([0.0, 2.0, 3.5, 9.0], places)


def table(worth):
    pairs = pairs_of_matrix(np.where(worth > 0, 1.0, FAR))
    return pairs, worth[pairs.demand(), pairs.place]


def checked(pairs, need, capacity, **question):
    answer = cover_with_capacity(pairs, need, capacity, **question)
    assert verify_cover_with_capacity(answer, pairs, need, capacity, **question) == ()
    return answer


@given(questions(), st.integers(0, 5), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_number_of_places_is_used_as_well_as_possible(question, p, keep_apart):
    worth, need, capacity = question
    pairs, value = table(worth)
    apart = [(0, worth.shape[1] - 1)] if keep_apart and worth.shape[1] > 1 else []
    conditions = Conditions(apart=np.array(apart, np.int64).reshape(-1, 2))
    best = by_trying_everything(worth, need, capacity, [1] * capacity.size, p=p, apart=apart)
    answer = checked(pairs, need, capacity, p=p, worth=value, conditions=conditions)
    assert answer.value == pytest.approx(best, abs=1e-6)
    assert answer.value - 1e-9 <= answer.bound <= best + 1e-6
    assert len(answer.open) <= p
    assert answer.unreachable.tolist() == np.flatnonzero(~(worth > 0).any(axis=1)).tolist()


@given(questions(), st.integers(0, 14), st.sampled_from([0.0, 1.0]), st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_money_is_spent_as_well_as_possible_and_never_too_much(question, budget, visit_yen, data):
    worth, need, capacity = question
    worth, capacity = worth[:, :3], capacity[:3]
    pairs, value = table(worth)
    units = np.array(data.draw(st.lists(st.integers(1, 2), min_size=capacity.size, max_size=capacity.size)))
    yen, unit_yen = np.array([3, 0, 5])[: capacity.size], np.array([1, 2, 0])[: capacity.size]
    best = by_trying_everything(
        worth, need, capacity, units, budget=budget, yen=yen, unit_yen=unit_yen, visit_yen=visit_yen
    )
    answer = checked(
        pairs,
        need,
        capacity,
        budget_yen=budget,
        cost_yen_p=yen,
        units_p=units,
        unit_yen_p=unit_yen,
        visit_yen=visit_yen,
        worth=value,
    )
    assert answer.value == pytest.approx(best, abs=1e-5)
    assert answer.value - 1e-9 <= answer.bound <= best + 1e-4
    assert answer.cost_yen <= budget * (1 + 1e-12)


def town(n, places, seed):
    rng = np.random.default_rng(seed)
    home, place = rng.random((n, 2)) * 10, rng.random((places, 2)) * 10
    km = np.hypot(*(home[:, None] - place[None]).transpose(2, 0, 1))
    pairs = pairs_of_matrix(np.where(km <= 3, km, FAR))
    return pairs, rng.integers(1, 50, n).astype(float), np.clip(1.2 - pairs.cost / 3, 0.2, 1.0)


def test_an_altered_answer_is_rejected():
    pairs, need, worth = town(30, 8, 1)
    ask = {"p": 3, "worth": worth}
    answer = cover_with_capacity(pairs, need, 150, **ask)
    made = answer.served
    assert verify_cover_with_capacity(answer, pairs, need, 150, **ask) == ()
    for altered in (
        replace(answer, value=answer.value * 1.01),
        replace(answer, bound=answer.bound * 0.99),
        replace(answer, open=answer.open[1:]),
        replace(answer, units_p=answer.units_p * 0),
        replace(answer, unreachable=np.array([0, 1, 2])),
        replace(answer, served=replace(made, share=made.share * 2)),
        replace(answer, served_people=answer.served_people + 1),
    ):
        assert verify_cover_with_capacity(altered, pairs, need, 150, **ask) != ()


def test_an_altered_proof_is_rejected():
    pairs, need, worth = town(30, 8, 2)
    ask = {"p": 3, "worth": worth}
    answer = cover_with_capacity(pairs, need, 150, **ask)
    proof = answer.proof
    assert any(node.division for node in proof.nodes)
    bare = tuple(replace(node, prices=[]) for node in proof.nodes)
    free = tuple(replace(node, prices=[Prices(p.demand_d * 0, 0) for p in node.prices]) for node in proof.nodes)
    undivided = (replace(proof.nodes[0], division=None), *proof.nodes[1:])
    for nodes in (bare, free, undivided):
        altered = replace(answer, proof=replace(proof, nodes=nodes))
        assert verify_cover_with_capacity(altered, pairs, need, 150, **ask) != ()
    lower = replace(answer, proof=replace(proof, limit=proof.limit - 2**40))
    assert verify_cover_with_capacity(lower, pairs, need, 150, **ask) != ()


def test_a_stopped_search_gives_its_best_and_an_honest_bound():
    pairs, need, worth = town(200, 40, 3)
    answer = cover_with_capacity(pairs, need, 200, p=8, worth=worth, watch=Watch(stop=lambda: True))
    assert 0 < answer.value < answer.bound and not answer.finished
    assert verify_cover_with_capacity(answer, pairs, need, 200, p=8, worth=worth) == ()


def test_existing_places_stay_and_organisations_and_groups_are_kept():
    pairs, need, worth = town(60, 16, 4)
    conditions = Conditions(
        must=(5,),
        never=(2,),
        organisation_p=np.arange(16) % 4,
        most_per_organisation=2,
        quota_p=np.arange(16) // 8,
        least_per_quota=2,
    )
    answer = cover_with_capacity(pairs, need, 120, p=5, worth=worth, conditions=conditions, gap=0.02)
    assert verify_cover_with_capacity(answer, pairs, need, 120, p=5, worth=worth, conditions=conditions) == ()
    assert 5 in answer.open and 2 not in answer.open
    assert np.bincount(np.array(answer.open) % 4).max() <= 2
    assert np.bincount(np.array(answer.open) // 8).min() >= 2
    assert answer.gap_share <= 0.02


def test_no_money_opens_nothing():
    pairs, need, worth = town(10, 4, 5)
    answer = checked(pairs, need, 50, budget_yen=0, cost_yen_p=100, worth=worth)
    assert (answer.value, answer.open, answer.cost_yen) == (0.0, (), 0.0)


def test_room_for_all_serves_all_in_reach():
    pairs, need, _ = town(25, 6, 6)
    answer = checked(pairs, need, 1e9, p=99)
    assert answer.value == pytest.approx(need[np.diff(pairs.start) > 0].sum()) and answer.unserved_people < 1e-6


def test_the_same_question_and_seed_give_the_same_answer():
    pairs, need, worth = town(60, 12, 7)
    first, second = (cover_with_capacity(pairs, need, 100, p=4, worth=worth, seed=3) for _ in range(2))
    assert first.open == second.open and np.array_equal(first.served.share, second.served.share)


def test_existing_places_beyond_the_budget_are_impossible():
    pairs, need, _ = town(10, 4, 8)
    with pytest.raises(Infeasible):
        cover_with_capacity(pairs, need, 50, budget_yen=10, cost_yen_p=100, conditions=Conditions(must=(1,)))


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"p": 1, "budget_yen": 1.0},
        {"p": -1},
        {"budget_yen": float("nan")},
        {"budget_yen": 1.0, "cost_yen_p": -1},
        {"p": 1, "units_p": 0.5},
        {"p": 1, "worth": [2.0]},
        {"p": 1, "visit_yen": -1.0},
        {"p": 1, "conditions": Conditions(must=(7,))},
    ],
)
def test_numbers_that_make_no_sense_are_refused(question):
    with pytest.raises(UsageError):
        cover_with_capacity([[1.0]], [1.0], [1.0], **question)


def test_progress_tells_people_served_and_a_bound_above_them():
    pairs, need, worth = town(30, 8, seed=2)
    told: list[tuple[float, float]] = []
    watch = Watch(tell=lambda value, bound: told.append((value, bound)))
    found = cover_with_capacity(pairs, need, 200, p=3, worth=worth, watch=watch)
    values = [v for v, _ in told if np.isfinite(v)]
    assert told[-1] == pytest.approx((found.value, found.bound), rel=1e-6)
    assert values == sorted(values)
    assert all(b >= found.value * (1 - 1e-9) for _, b in told)
