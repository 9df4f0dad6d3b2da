"""The p-median with capacities: equal to trying everything, proved, and honest about what is impossible."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import Infeasible, OutOfTime, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.capacity.proof import Prices
from daremo.reach.median_capacity import median_with_capacity, verify_median_with_capacity
from daremo.reach.model import Conditions

FAR = float("inf")


def by_trying_everything(cost, demand, capacity, p, must=(), never=(), apart=()):
    """Least cost over all assignments of demand points to places; None where there is none."""
    n, places = cost.shape
    best = None
    for served in itertools.product(range(places), repeat=n):
        opened = set(served) | set(must)
        load = np.bincount(served, demand, places)
        if len(opened) > p or opened & set(never) or (load > capacity).any():
            continue
        if any(a in opened and b in opened for a, b in apart):
            continue
        total = sum(cost[d, k] for d, k in enumerate(served))
        if total < FAR and (best is None or total < best):
            best = total
    return best


@st.composite
def questions(draw):
    n, places = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    number = st.one_of(st.integers(0, 9), st.sampled_from([0.1, 2.5, FAR]))
    cost = np.array(draw(st.lists(number, min_size=n * places, max_size=n * places)), float).reshape(n, places)
    demand = np.array(draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)))
    capacity = np.array(draw(st.lists(st.integers(0, 8), min_size=places, max_size=places)))
    return cost, demand, capacity, draw(st.integers(1, 4))


@given(questions(), st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_answer_equals_trying_everything(question, data):
    cost, demand, capacity, p = question
    places = cost.shape[1]
    must = tuple(data.draw(st.sets(st.integers(0, places - 1), max_size=1)))
    never = tuple(data.draw(st.sets(st.integers(0, places - 1), max_size=1)) - set(must))
    apart = data.draw(st.lists(st.tuples(st.integers(0, places - 1), st.integers(0, places - 1)), max_size=1))
    apart = [(a, b) for a, b in apart if a != b]
    reached = np.isfinite(cost).any(axis=1)
    best = by_trying_everything(cost[reached], demand[reached], capacity, p, must, never, apart)
    conditions = Conditions(must=must, never=never, apart=np.array(apart, np.int64).reshape(-1, 2))
    if best is None or len(must) > p:
        with pytest.raises(Infeasible):
            median_with_capacity(cost, demand, capacity, p, conditions=conditions)
        return
    answer = median_with_capacity(cost, demand, capacity, p, conditions=conditions)
    assert answer.value == pytest.approx(best, abs=1e-9)
    assert answer.bound <= answer.value + 1e-9 and answer.bound == pytest.approx(best, abs=1e-9)
    assert answer.unreachable.tolist() == np.flatnonzero(~reached).tolist()
    assert verify_median_with_capacity(answer, cost, demand, capacity, p, conditions=conditions) == ()


@given(questions())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_splitting_never_costs_more_and_is_proved(question):
    cost, demand, capacity, p = question
    reached = np.isfinite(cost).any(axis=1)
    best = by_trying_everything(cost[reached], demand[reached], capacity, p)
    if best is None:
        return
    answer = median_with_capacity(cost, demand, capacity, p, split=True)
    assert answer.value <= best + 1e-6
    assert answer.gap_share <= 1e-6 or answer.value - answer.bound < 1e-6
    assert verify_median_with_capacity(answer, cost, demand, capacity, p, split=True) == ()


def town(n, p, seed, tight=0.85):
    """Points in a square that are demand and place at once, like the published instances."""
    rng = np.random.default_rng(seed)
    xy, demand = rng.integers(1, 100, (n, 2)), rng.integers(1, 21, n)
    cost = np.floor(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)))
    return cost, demand, int(np.ceil(demand.sum() / p / tight)), p


def test_the_same_question_and_seed_give_the_same_answer():
    question = town(40, 4, 3)
    first, second = (median_with_capacity(*question, seed=5) for _ in range(2))
    assert first.open == second.open and first.assignment.tolist() == second.assignment.tolist()


@pytest.mark.parametrize("number", [1, 5, 9])
def test_published_instances_are_solved_and_proved(shared_data, number):
    head, *points = (
        np.array(line.split(), int)
        for line in (shared_data / "pmedian" / "capacitated" / f"pmedcap1_{number}.txt").read_text().splitlines()[1:]
        if line.split()
    )
    best = int((shared_data / "pmedian" / "capacitated" / f"pmedcap1_{number}.txt").read_text().split()[1])
    _, p, capacity = head
    table = np.array(points)
    xy = table[:, 1:3].astype(float)
    cost = np.floor(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)))
    answer = median_with_capacity(cost, table[:, 3], int(capacity), int(p))
    assert answer.value == answer.bound == best
    assert verify_median_with_capacity(answer, cost, table[:, 3], int(capacity), int(p)) == ()


def test_an_altered_answer_is_rejected():
    cost, demand, capacity, p = town(30, 3, 1)
    answer = median_with_capacity(cost, demand, capacity, p)
    ask = (cost, demand, capacity, p)
    made = answer.served
    elsewhere = np.array([answer.open[0] if x != answer.open[0] else answer.open[1] for x in made.place])
    for altered in (
        replace(answer, value=answer.value - 1),
        replace(answer, bound=answer.bound + 1),
        replace(answer, open=answer.open[:-1]),
        replace(answer, unreachable=np.array([0])),
        replace(answer, served=replace(made, place=elsewhere)),
        replace(answer, served=replace(made, share=made.share * 0.5)),
        replace(answer, load_p=answer.load_p + 1),
    ):
        assert verify_median_with_capacity(altered, *ask) != ()


def test_an_altered_proof_is_rejected():
    cost, demand, capacity, p = town(60, 6, 3, tight=0.97)
    answer = median_with_capacity(cost, demand, capacity, p)
    proof = answer.proof
    assert len(proof.nodes) > 3
    ask = (cost, demand, capacity, p)
    assert verify_median_with_capacity(answer, *ask) == ()
    root, rest = proof.nodes[0], proof.nodes[1:]
    division = root.division
    half = tuple(replace(node, prices=[Prices(x.demand_d // 2) for x in node.prices]) for node in proof.nodes)
    bare = tuple(replace(node, prices=[]) for node in proof.nodes)
    for altered in (
        replace(proof, limit=proof.limit - 2**36),
        replace(proof, cost_scale=proof.cost_scale / 2),
        replace(proof, cost_scale=3.0),
        replace(proof, nodes=half),
        replace(proof, nodes=bare),
        replace(proof, nodes=(replace(root, division=None), *rest)),
        replace(proof, nodes=(replace(root, division=replace(division, children=(1, 1))), *rest)),
        replace(proof, nodes=(replace(root, division=replace(division, children=(1, 99_999))), *rest)),
        replace(proof, nodes=(replace(root, prices=[Prices(np.zeros(3, np.int64))]), *rest)),
    ):
        assert verify_median_with_capacity(replace(answer, proof=altered), *ask) != ()


def test_a_stopped_search_gives_its_best_and_an_honest_bound():
    cost, demand, capacity, p = town(70, 7, 2, tight=0.98)
    told = []
    watch = Watch(tell=lambda value, bound: told.append((value, bound)), stop=lambda: len(told) > 2)
    answer = median_with_capacity(cost, demand, capacity, p, watch=watch)
    assert not answer.finished and answer.bound < answer.value
    assert verify_median_with_capacity(answer, cost, demand, capacity, p) == ()


def test_a_search_that_finds_nothing_says_so_and_never_returns_an_answer():
    cost = np.abs(np.arange(7)[:, None] - np.arange(5)).astype(float)
    with pytest.raises((OutOfTime, Infeasible)):
        median_with_capacity(cost, [6, 6, 7, 6, 6, 7, 6], 10, 5, watch=Watch(stop=lambda: True))


def test_a_wanted_gap_ends_the_search_early_and_is_kept():
    question = town(60, 6, 4, tight=0.95)
    rough, exact = median_with_capacity(*question, gap=0.05), median_with_capacity(*question)
    assert rough.gap_share <= 0.05 and rough.bound <= exact.value <= rough.value
    assert len(rough.proof.nodes) <= len(exact.proof.nodes)
    assert verify_median_with_capacity(rough, *question) == ()


@pytest.mark.parametrize(
    ("cost", "demand", "capacity", "p", "code", "fix"),
    [
        ([[0, 3], [1, 3], [3, 0]], [2, 2, 2], [3, 4], 1, "capacity-too-small", "2 か所以上"),
        ([[0, 3], [1, 3], [3, 0]], [2, 2, 2], [2, 2], 2, "capacity-too-small", "合計 2"),
        ([[0, 3], [1, 3], [3, 0]], [3, 3, 3], [5, 5], 2, "capacity-indivisible", "split"),
        ([[0, FAR], [1, FAR], [3, 0]], [2, 2, 2], [3, 9], 2, "capacity-too-small", "合計 1"),
        ([[0, FAR], [FAR, 1]], [2, 2], [4, 4], 1, "capacity-too-small", "2 か所以上"),
        ([[0, 1]], [9], [5, 5], 2, "demand-too-large", "split"),
    ],
)
def test_what_cannot_be_names_the_smallest_change_that_helps(cost, demand, capacity, p, code, fix):
    with pytest.raises(Infeasible) as refused:
        median_with_capacity(cost, demand, capacity, p)
    assert refused.value.code == code and fix in refused.value.fix


@pytest.mark.parametrize(
    ("cost", "demand", "capacity", "p"),
    [
        ([[-1.0]], [1], [1], 1),
        ([[float("nan")]], [1], [1], 1),
        ([[1.0]], [-1], [1], 1),
        ([[1.0]], [0.5], [1], 1),
        ([[1.0]], [1], [float("nan")], 1),
        ([[1.0]], [1], [1], -1),
        ([[1.0]], [1, 2], [1], 1),
        ([[1.0]], [1], [1, 2], 1),
    ],
)
def test_numbers_that_make_no_sense_are_refused(cost, demand, capacity, p):
    with pytest.raises(UsageError):
        median_with_capacity(cost, demand, capacity, p)


def test_nobody_to_serve_costs_nothing():
    answer = median_with_capacity(np.zeros((0, 3)), [], [1, 1, 1], 2)
    assert (answer.value, answer.bound, answer.open) == (0.0, 0.0, ())


def test_more_places_than_there_are_may_all_open():
    cost, demand, capacity, _ = town(8, 2, 1)
    answer = median_with_capacity(cost, demand, 40, 99)
    assert answer.value == 0 and verify_median_with_capacity(answer, cost, demand, 40, 99) == ()


def test_at_most_so_many_places_of_one_organisation_open():
    cost, demand, capacity, p = town(24, 4, 6)
    conditions = Conditions(organisation_p=np.arange(24) % 2, most_per_organisation=2)
    answer = median_with_capacity(cost, demand, capacity, p, conditions=conditions)
    assert max(np.bincount(np.array(answer.open) % 2)) <= 2
    assert verify_median_with_capacity(answer, cost, demand, capacity, p, conditions=conditions) == ()


def test_every_group_has_its_open_place():
    cost, demand, capacity, p = town(24, 4, 7)
    conditions = Conditions(quota_p=np.arange(24) // 6, least_per_quota=1)
    answer = median_with_capacity(cost, demand, capacity, p, conditions=conditions)
    assert set(np.array(answer.open) // 6) == {0, 1, 2, 3}
    assert answer.bound == answer.value
    assert verify_median_with_capacity(answer, cost, demand, capacity, p, conditions=conditions) == ()


@pytest.mark.parametrize("split", [False, True])
def test_progress_tells_value_and_bound_in_the_unit_of_the_question(split):
    cost, demand, capacity, p = town(14, 4, seed=3)
    told: list[tuple[float, float]] = []
    watch = Watch(tell=lambda value, bound: told.append((value, bound)))
    found = median_with_capacity(cost, demand, capacity, p, split=split, watch=watch)
    values = [v for v, _ in told if np.isfinite(v)]
    assert told[-1] == pytest.approx((found.value, found.bound), rel=1e-6)
    assert values == sorted(values, reverse=True)
    assert all(b <= found.value * (1 + 1e-9) for _, b in told)
