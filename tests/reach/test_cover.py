"""Cover beside trying every set of places."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import daremo.reach.doors.question as question
import daremo.reach.doors.solve as solving
from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.cover import cover
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix
from daremo.reach.verify import verify_cover
from tests.reach.trying_all import Small, small

SEEDS = st.integers(0, 10**9)


def town(n: int = 60, m: int = 25, seed: int = 3) -> tuple[Pairs, np.ndarray]:
    r = np.random.default_rng(seed)
    table = np.hypot(*(r.random((n, 1, 2)) - r.random((1, m, 2))).transpose(2, 0, 1))
    return pairs_of_matrix(np.where(table < 0.25, table, np.inf)), r.integers(1, 90, n).astype(float)


def close(q: Small) -> float:
    """The bound of HiGHS, which answers with backup, is lifted by its tolerance: of itself and of the greatest worth."""
    return 3e-6 * (1 + float((q.need_d[:, None] * q.worth_dp).max(initial=0.0))) if q.backup_share else 0.0


@settings(max_examples=800, deadline=None, derandomize=True)
@given(SEEDS)
def test_cover_is_best_of_all_sets_of_places_and_says_truly_when_there_is_none(seed: int) -> None:
    q = small(seed)
    allowed = list(q.allowed())
    if not allowed:
        with pytest.raises(Infeasible):
            cover(q.pairs, q.need_d, **q.asked_of_cover())
        return
    best = max(q.people_reached(o) for o in allowed)
    found = cover(q.pairs, q.need_d, **q.asked_of_cover())
    assert q.is_allowed(found.open)
    assert found.finished
    assert found.value == pytest.approx(q.people_reached(found.open), rel=1e-12)
    assert found.value == pytest.approx(best, rel=1e-9)
    assert best * (1 - 1e-14) <= found.bound <= found.value * (1 + 3e-6 * (q.backup_share > 0) + 1e-9) + close(q)
    assert found.value <= found.bound <= found.bound_certified
    assert found.bound_from == ("certificate" if found.bound == found.bound_certified else "HiGHS")
    if q.backup_share and found.bound_from == "HiGHS":
        assert found.bound >= found.value * (1 + 1e-6) * (1 - 1e-15)
    assert found.reached_d.sum() == pytest.approx(found.value)
    assert found.unreachable == tuple(np.flatnonzero(~np.isfinite(q.trip_dp).any(axis=1)))
    assert verify_cover(found, q.pairs, q.need_d, **q.asked_of_cover()).ok


@settings(max_examples=250, deadline=None, derandomize=True)
@given(SEEDS)
def test_dividing_into_regions_loses_no_bound(seed: int) -> None:
    q = replace(small(seed), backup_share=0.0)
    allowed = list(q.allowed())
    if not allowed:
        return
    best = max(q.people_reached(o) for o in allowed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "MOST_PLACES", 0)
        patch.setattr(solving, "MOST_DEMAND", 0)
        found = cover(q.pairs, q.need_d, **q.asked_of_cover())
    assert q.is_allowed(found.open)
    assert found.value <= best * (1 + 1e-12)
    assert found.bound >= best * (1 - 1e-14)
    assert found.bound_certified >= best * (1 - 1e-14)
    assert verify_cover(found, q.pairs, q.need_d, **q.asked_of_cover()).ok


@settings(max_examples=600, deadline=None, derandomize=True)
@given(SEEDS)
def test_what_an_impossible_question_advises_is_enough(seed: int) -> None:
    q = small(seed)
    if any(True for _ in q.allowed()):
        return
    with pytest.raises(Infeasible) as refused:
        cover(q.pairs, q.need_d, **q.asked_of_cover())
    advised = q
    money, places = (
        re.search(r"数）を ([\d,.]+)", refused.value.fix),
        re.search(r"地域ごとの数を (\d+)", refused.value.fix),
    )
    if money:
        advised = replace(advised, money=float(money[1].replace(",", "")))
    if places:
        advised = advised.with_conditions(least_per_quota=int(places[1]))
    if refused.value.code == "must-breaks-limit":
        assert "かならず開く施設をへらして" in refused.value.fix
        return
    assert money or places
    assert any(True for _ in advised.allowed())
    if places and not money:
        least = advised.conditions.least_per_quota
        assert not any(True for _ in advised.with_conditions(least_per_quota=least + 1).allowed())
    if money and not places:
        assert not any(True for _ in replace(advised, money=advised.money - 0.02).allowed())


@pytest.mark.parametrize("seed", [588, 959])
def test_prices_of_limits_stay_exact_in_parts_where_nothing_keeps_them(seed: int) -> None:
    """There prices could grow without end and past whole numbers; warnings are errors."""
    q = replace(small(seed), backup_share=0.0)
    found = cover(q.pairs, q.need_d, **q.asked_of_cover())
    assert found.bound == pytest.approx(max(q.people_reached(o) for o in q.allowed()), rel=1e-9, abs=1e-6)
    assert verify_cover(found, q.pairs, q.need_d, **q.asked_of_cover()).ok


def test_a_plan_never_costs_more_than_the_budget_even_where_costs_divide_into_no_whole_units(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(question, "FINE_BITS", 4)
    unfinished = 0
    for seed in range(120):
        q = replace(small(seed), conditions=Conditions(), backup_share=0.0, by_number=False)
        r = np.random.default_rng(seed)
        q = replace(q, cost_p=r.random(q.cost_p.size) * 10 + 0.001, money=float(r.random() * 30))
        best = max(q.people_reached(o) for o in q.allowed())
        found = cover(q.pairs, q.need_d, **q.asked_of_cover())
        assert q.cost_p[list(found.open)].sum() <= q.money * (1 + 1e-12)
        assert found.value <= best * (1 + 1e-12) and best <= found.bound * (1 + 1e-12)
        assert not found.finished or found.value == pytest.approx(best, rel=1e-9)
        unfinished += not found.finished
    assert unfinished < 30


def test_threads_and_repetition_change_nothing_and_every_seed_finds_the_best() -> None:
    pairs, need = town()
    found = cover(pairs, need, p=6)
    again, threads = cover(pairs, need, p=6), cover(pairs, need, p=6, workers=2)
    for other in (again, threads):
        assert (other.value, other.bound, other.open, other.method) == (
            found.value,
            found.bound,
            found.open,
            found.method,
        )
        assert other.certificate == found.certificate
    assert {cover(pairs, need, p=6, seed=seed).value for seed in (0, 2, 77)} == {found.value}


def test_a_stopped_search_gives_its_best_so_far_and_a_bound_that_holds() -> None:
    pairs, need = town(150, 60)
    rng = np.random.default_rng(1)
    cost = rng.integers(300, 900, 60) * 1000.0
    best = cover(pairs, need, budget_yen=4_000_000, cost_yen_p=cost)
    stopped = cover(pairs, need, budget_yen=4_000_000, cost_yen_p=cost, watch=Watch(stop=lambda: True))
    assert 0 < stopped.value <= best.value <= stopped.bound
    assert cost[list(stopped.open)].sum() <= 4_000_000
    assert stopped.finished == (stopped.value == stopped.bound)
    assert verify_cover(stopped, pairs, need, budget_yen=4_000_000, cost_yen_p=cost).ok


def test_what_is_told_on_the_way_brackets_the_answer() -> None:
    pairs, need = town(150, 60)
    told: list[tuple[float, float]] = []
    found = cover(pairs, need, p=9, watch=Watch(tell=lambda value, bound: told.append((value, bound))))
    assert all(value <= found.value <= bound for value, bound in told)


def test_a_wanted_gap_ends_the_search_within_it() -> None:
    pairs, need = town(150, 60)
    best = cover(pairs, need, p=9)
    rough = cover(pairs, need, p=9, gap=0.05)
    assert rough.finished and rough.gap_share <= 0.05
    assert rough.value <= best.value <= rough.bound


def test_an_answer_cannot_be_altered_and_reads_as_json() -> None:
    pairs, need = town()
    found = cover(pairs, need * 0.37, p=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.value = 9.0  # type: ignore[misc]
    said = json.loads(json.dumps(found.as_dict()))
    assert said["value"] == found.value and said["open"] == list(found.open)
    assert type(found.value) is type(found.bound) is type(found.bound_certified) is float


def test_places_beyond_all_that_exist_are_not_needed() -> None:
    pairs, need = town()
    reachable = np.diff(pairs.start) > 0
    found = cover(pairs, need, p=1000)
    assert found.value == found.bound == need[reachable].sum()
    assert len(found.open) <= 25


@pytest.mark.parametrize("means", [{"p": 0}, {"budget_yen": 0.0}])
def test_nothing_opens_for_nothing(means: dict[str, float]) -> None:
    pairs, need = town()
    found = cover(pairs, need, **means)  # type: ignore[arg-type]
    assert (found.value, found.bound, found.open, found.finished) == (0.0, 0.0, (), True)


def test_places_that_cost_nothing_open_on_no_budget() -> None:
    found = cover(pairs_of_matrix([[0, np.inf], [np.inf, 0]]), [4, 9], budget_yen=0, cost_yen_p=[0, 1])
    assert (found.value, found.open) == (4.0, (0,))


def test_nobody_and_no_places_are_answered() -> None:
    nobody = cover(pairs_of_matrix(np.zeros((0, 3))), [], p=2)
    assert (nobody.value, nobody.bound, nobody.open) == (0.0, 0.0, ())
    nowhere = cover(pairs_of_matrix(np.zeros((3, 0))), [1, 2, 3], p=2)
    assert (nowhere.value, nowhere.bound, nowhere.unreachable) == (0.0, 0.0, (0, 1, 2))


ONE = pairs_of_matrix([[0.0, 1.0], [1.0, 0.0]])


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"p": 1, "budget_yen": 1.0}, {"p": -1}, {"p": 1.5}, {"p": float("nan")}, {"budget_yen": float("nan")},
        {"budget_yen": -1.0}, {"budget_yen": float("inf")}, {"budget_yen": 1.0, "cost_yen_p": [1.0]},
        {"budget_yen": 1.0, "cost_yen_p": [1.0, -1.0]}, {"p": 1, "cost_yen_p": [1.0, float("nan")]},
        {"p": 1, "need_d": [1.0]}, {"p": 1, "need_d": [1.0, -1.0]}, {"p": 1, "need_d": [1.0, float("nan")]},
        {"p": 1, "worth": [1.0]}, {"p": 1, "worth": [1.0, 1.0, -1.0, 1.0]},
        {"p": 1, "worth": [1.0, 1.0, float("nan"), 1.0]}, {"p": 1, "backup_share": 1.5},
        {"p": 1, "backup_share": float("nan")}, {"p": 1, "gap": -0.1}, {"p": 1, "gap": float("nan")},
        {"p": 1, "conditions": Conditions(must=(2,))}, {"p": 1, "conditions": Conditions(never=(-1,))},
        {"p": 1, "conditions": Conditions(apart=np.array([[0, 7]]))},
        {"p": 1, "conditions": Conditions(organisation_p=np.array([0]), most_per_organisation=1)},
        {"p": 1, "conditions": Conditions(organisation_p=np.array([0, 0]), most_per_organisation=-1)},
        {"p": 1, "conditions": Conditions(quota_p=np.array([0]), least_per_quota=1)},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_way_out(asked: dict[str, object]) -> None:
    need = asked.get("need_d", [1.0, 1.0])
    with pytest.raises(UsageError) as refused:
        cover(ONE, need, **{k: v for k, v in asked.items() if k != "need_d"})  # type: ignore[arg-type]
    assert refused.value.fix


def test_a_place_cannot_be_open_and_shut() -> None:
    with pytest.raises(Infeasible):
        cover(ONE, [1, 1], p=1, conditions=Conditions(must=(0,), never=(0,)))
