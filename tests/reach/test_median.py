"""Median beside trying every set of places, and the published optima of the OR-Library and TSPLIB."""

from __future__ import annotations

import csv
import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import daremo.reach.doors.solve as solving
from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.median import median
from daremo.reach.model import Conditions
from daremo.reach.read.orlib import read_orlib
from daremo.reach.read.tsplib import read_tsplib
from daremo.reach.verify import verify_median
from tests.reach.trying_all import small

SEEDS = st.integers(0, 10**9)


def town(n: int = 70, seed: int = 5) -> np.ndarray:
    xy = np.random.default_rng(seed).random((n, 2)) * 100
    return np.floor(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)))


@settings(max_examples=800, deadline=None, derandomize=True)
@given(SEEDS)
def test_median_is_best_of_all_sets_of_places_and_says_truly_when_there_is_none(seed: int) -> None:
    q = small(seed).for_median()
    allowed = list(q.allowed())
    if not allowed:
        with pytest.raises(Infeasible):
            median(q.pairs, q.need_d, **q.asked_of_median())
        return
    best = min(q.sum_of_trips(o) for o in allowed)
    found = median(q.pairs, q.need_d, **q.asked_of_median())
    assert q.is_allowed(found.open)
    assert found.finished
    assert found.value == pytest.approx(q.sum_of_trips(found.open), rel=1e-12)
    assert found.value == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert found.value * (1 - 1e-9) - 1e-9 <= found.bound <= min(found.value, best * (1 + 1e-14))
    has = np.isfinite(q.trip_dp).any(axis=1)
    assert found.unreachable == tuple(np.flatnonzero(~has))
    for i in np.flatnonzero(has):
        near = min((q.trip_dp[i, j] for j in found.open), default=np.inf)
        assert found.cost_d[i] == near
        assert (found.served_by_d[i] in found.open) == np.isfinite(near) == (i not in found.unserved)
    assert verify_median(found, q.pairs, q.need_d, **q.asked_of_median()).ok


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SEEDS)
def test_dividing_into_regions_loses_no_bound(seed: int) -> None:
    q = small(seed).for_median()
    allowed = list(q.allowed())
    if not allowed:
        return
    best = min(q.sum_of_trips(o) for o in allowed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "MOST_PLACES", 0)
        patch.setattr(solving, "MOST_DEMAND", 0)
        found = median(q.pairs, q.need_d, **q.asked_of_median())
    assert q.is_allowed(found.open)
    assert found.bound_certified <= found.bound <= best * (1 + 1e-14)
    assert best * (1 - 1e-12) <= found.value
    assert verify_median(found, q.pairs, q.need_d, **q.asked_of_median()).ok


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([1e-3, 1e3, 1e9]))
def test_the_unit_of_people_changes_nothing_but_the_unit_of_the_answer(seed: int, unit: float) -> None:
    q = replace(small(seed), conditions=Conditions()).for_median()
    found = median(q.pairs, q.need_d, **q.asked_of_median())
    other = median(q.pairs, q.need_d * unit, **q.asked_of_median())
    assert other.finished
    assert other.value == pytest.approx(found.value * unit, rel=1e-9, abs=1e-12 * unit)
    assert other.bound == pytest.approx(found.bound * unit, rel=2e-9, abs=1e-9 * unit)


def test_a_limit_counts_the_seconds_of_the_callers_clock() -> None:
    # a clock that stands still: however short the limit, it never passes
    found = median(town(), p=6, watch=Watch(1e-9, clock=lambda: 0.0))
    assert found.finished and found.value == found.bound
    assert found.seconds == 0


def test_fairness_prefers_one_who_is_far_off_to_many_who_are_a_little_nearer() -> None:
    trip = np.array([[0.0, 4.0]] * 10 + [[30.0, 10.0]])
    assert median(trip, p=1).open == (0,)
    fair = median(trip, p=1, fair=1.0)
    assert fair.open == (1,)
    assert fair.value == fair.bound == 10 * 16 + 100
    assert fair.equal_cost == pytest.approx((260 / 11) ** 0.5)


def test_threads_and_repetition_change_nothing_and_every_seed_finds_the_best() -> None:
    table = town()
    found = median(table, p=6)
    assert found.value == found.bound
    for other in (median(table, p=6), median(table, p=6, workers=2)):
        assert (other.value, other.bound, other.open, other.method) == (
            found.value,
            found.bound,
            found.open,
            found.method,
        )
        assert other.certificate == found.certificate
    assert {median(table, p=6, seed=seed).value for seed in (0, 2, 77)} == {found.value}


def test_a_stopped_search_gives_its_best_so_far_and_a_bound_that_holds() -> None:
    table = town(40) + np.random.default_rng(1).integers(0, 30, (40, 40))
    best = median(table, p=5)
    stopped = median(table, p=5, watch=Watch(stop=lambda: True))
    assert stopped.bound <= best.value <= stopped.value
    assert stopped.finished == (stopped.value == stopped.bound)
    assert len(stopped.open) <= 5
    assert verify_median(stopped, table, p=5).ok


def test_what_is_told_on_the_way_brackets_the_answer() -> None:
    table = town(40) + np.random.default_rng(1).integers(0, 30, (40, 40))
    told: list[tuple[float, float]] = []
    found = median(table, p=5, watch=Watch(tell=lambda value, bound: told.append((value, bound))))
    assert all(bound <= found.value <= value for value, bound in told)


@pytest.mark.parametrize(("n", "p", "rough"), [(40, 5, 30), (70, 12, 1)])
def test_a_wanted_gap_ends_the_search_within_it_and_sooner(n: int, p: int, rough: int) -> None:
    # (where every point is a candidate, the best trips of all are 0)
    table = town(n, 3) + np.random.default_rng(1).integers(0, rough, (n, n))
    best, near = median(table, p=p), median(table, p=p, gap=0.05)
    assert best.finished and near.finished
    assert best.gap_share == 0 < near.gap_share <= 0.05
    assert near.bound <= best.value <= near.value
    assert verify_median(near, table, p=p).ok


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([0.01, 0.1, 0.5, 3.0]))
def test_a_wanted_gap_is_kept_whatever_the_question(seed: int, gap: float) -> None:
    q = small(seed).for_median()
    allowed = list(q.allowed())
    if not allowed:
        return
    best = min(q.sum_of_trips(o) for o in allowed)
    found = median(q.pairs, q.need_d, gap=gap, **q.asked_of_median())
    assert found.finished
    assert found.bound * (1 - 1e-12) <= best <= found.value * (1 + 1e-12)
    assert found.value - found.bound <= gap * found.value * (1 + 1e-9) + 1e-9
    assert verify_median(found, q.pairs, q.need_d, **q.asked_of_median()).ok


def test_an_answer_cannot_be_altered_and_reads_as_json() -> None:
    found = median(town() * 0.37, p=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.value = 9.0  # type: ignore[misc]
    said = json.loads(json.dumps(found.as_dict()))
    assert said["value"] == found.value and said["open"] == list(found.open)
    assert type(found.value) is type(found.bound) is float


@pytest.mark.parametrize("p", [70, 71, 1000])
def test_with_a_place_for_everybody_nobody_travels(p: int) -> None:
    found = median(town(), p=p)
    assert (found.value, found.bound, found.finished) == (0.0, 0.0, True)


def test_without_any_place_everybody_counts_with_the_longest_trip() -> None:
    found = median([[1, 2], [3, np.nan], [np.nan, np.nan]], p=0)
    assert (found.value, found.bound, found.open) == (5.0, 5.0, ())
    assert (found.unserved, found.unreachable) == ((0, 1), (2,))


def test_nobody_and_no_places_are_answered() -> None:
    nobody = median(np.zeros((0, 3)), p=2)
    assert (nobody.value, nobody.bound, nobody.equal_cost) == (0.0, 0.0, 0.0)
    nowhere = median(np.zeros((3, 0)), p=2)
    assert (nowhere.value, nowhere.open, nowhere.unreachable) == (0.0, (), (0, 1, 2))
    weightless = median([[1, 2], [2, 1]], [0, 0], p=1)
    assert (weightless.value, weightless.bound, weightless.equal_cost) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "asked",
    [
        {"p": -1}, {"p": 1.5}, {"p": float("nan")}, {"weight_d": [1.0]}, {"weight_d": [1.0, -1.0]},
        {"weight_d": [1.0, float("nan")]}, {"weight_d": [1.0, float("inf")]}, {"fair": -1.0}, {"fair": float("nan")},
        {"fair": float("inf")}, {"fair": 1e9}, {"gap": -0.1}, {"gap": float("nan")},
        {"pairs": [[1.0, -2.0], [1.0, 1.0]]}, {"pairs": [1.0, 2.0]}, {"pairs": [[1.0, -np.inf], [1.0, 1.0]]},
        {"conditions": Conditions(must=(2,))}, {"conditions": Conditions(apart=np.array([[0, -1]]))},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_way_out(asked: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        median(**{"pairs": [[0.0, 3.0], [3.0, 0.0]], "p": 1, **asked})  # type: ignore[arg-type]
    assert refused.value.fix


def published(folder: Path) -> dict[tuple[str, int], float]:
    with (folder / "pmedian" / "known_optima.csv").open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["problem"] == "p-median"]
    return {(r["instance"], int(r["p"])): float(r["value"]) for r in rows}


@pytest.mark.parametrize("number", [1, 3, 5, 7, 13, 21])
def test_published_optima_of_the_or_library_are_found_and_proved(shared_data: Path, number: int) -> None:
    instance = read_orlib(shared_data / "pmedian" / f"pmed{number}.txt")
    assert instance.p is not None
    found = median(instance.cost_dp, p=instance.p)
    assert found.value == found.bound == published(shared_data)[f"pmed{number}", instance.p]
    assert found.finished and found.gap_share == 0
    assert verify_median(found, instance.cost_dp, p=instance.p).ok


def test_a_published_optimum_of_tsplib_is_found_and_proved(shared_data: Path) -> None:
    table = read_tsplib(shared_data / "pmedian" / "rl1304.tsp").cost_dp
    found = median(table, p=200)
    assert found.value == found.bound == published(shared_data)["rl1304", 200]
