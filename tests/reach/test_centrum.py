"""Trips of the worst-off beside trying every set of places, and beside median and centre at the two ends."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.centre import centre
from daremo.reach.centrum import centrum
from daremo.reach.doors.certificate import seal
from daremo.reach.median import median
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of_matrix
from daremo.reach.verify_centrum import verify_centrum
from tests.reach.trying_all import Small, small

SEEDS = st.integers(0, 10**9)


def paid(q: Small, opened: tuple[int, ...]) -> list[float | None]:
    """Trip of each demand point that has any, the longest of the question where none of its places is open."""
    finite = q.trip_dp[np.isfinite(q.trip_dp)]
    longest = float(finite.max()) if finite.size else 0.0
    out: list[float | None] = []
    for row in q.trip_dp.tolist():
        known = [t for t in row if np.isfinite(t)]
        far = max(known, default=0.0) if len(known) == len(row) else longest
        out.append(min((row[j] for j in opened if np.isfinite(row[j])), default=far) if known else None)
    return out


def rounding(q: Small) -> float:
    """Layouts are told apart to a share of all that could be paid, not of what the worst-off pay."""
    longest = float(q.trip_dp[np.isfinite(q.trip_dp)].max(initial=0.0))
    return 1e-10 * longest * max(float(q.need_d.sum()), 1.0)


def of_areas(q: Small, opened: tuple[int, ...], k: int) -> float:
    each = [w * t for w, t in zip(q.need_d.tolist(), paid(q, opened), strict=True) if t is not None]
    return sum(sorted(each, reverse=True)[:k])


def of_people(q: Small, opened: tuple[int, ...], share: float) -> float:
    each = [(t, Fraction(w)) for w, t in zip(q.need_d.tolist(), paid(q, opened), strict=True) if t is not None]
    left, total = Fraction(share) * sum(w for _, w in each), Fraction(0)
    for t, w in sorted(each, reverse=True):
        total += min(left, w) * Fraction(t)
        left -= min(left, w)
    return float(total)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(SEEDS, st.integers(1, 12))
def test_no_set_of_places_has_shorter_trips_for_the_worst_off_areas(seed: int, k: int) -> None:
    q = small(seed).for_median()
    asked = {"p": int(q.money), "areas": k, "conditions": q.conditions}
    allowed = list(q.allowed())
    if not allowed:
        with pytest.raises(Infeasible):
            centrum(q.pairs, q.need_d, **asked)
        return
    best = min(of_areas(q, o, k) for o in allowed)
    found = centrum(q.pairs, q.need_d, **asked)
    assert q.is_allowed(found.open)
    assert found.finished
    assert found.value == pytest.approx(of_areas(q, found.open, k), rel=1e-12)
    assert found.value == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert found.value - rounding(q) <= found.bound <= best * (1 + 1e-12)
    assert found.bound_certified <= found.bound * (1 + 1e-12)
    assert verify_centrum(found, q.pairs, q.need_d, **asked).ok


@settings(max_examples=250, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([0.01, 0.1, 0.25, 0.5, 0.9, 1.0]))
def test_no_set_of_places_has_shorter_trips_for_the_worst_off_share_of_people(seed: int, share: float) -> None:
    q = small(seed).for_median()
    asked = {"p": int(q.money), "share": share, "conditions": q.conditions}
    allowed = list(q.allowed())
    if not allowed:
        return
    best = min(of_people(q, o, share) for o in allowed)
    found = centrum(q.pairs, q.need_d, **asked)
    assert q.is_allowed(found.open)
    assert found.finished
    assert found.value == pytest.approx(of_people(q, found.open, share), rel=1e-9, abs=1e-12)
    assert found.value == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert found.value - rounding(q) <= found.bound <= best * (1 + 1e-12)
    assert verify_centrum(found, q.pairs, q.need_d, **asked).ok


def town(n: int, m: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    r = np.random.default_rng(seed)
    a, b = r.random((n, 2)) * 20, r.random((m, 2)) * 20
    return np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)), r.integers(1, 90, n).astype(float)


def test_one_area_is_the_centre_and_all_people_are_the_median() -> None:
    trips, people = town(60, 25, 3)
    one = centrum(trips, people, p=4, areas=1)
    assert one.value == pytest.approx(centre(pairs_of_matrix(trips), 4, weight_d=people).value, rel=1e-12)
    everybody = centrum(trips, people, p=4, share=1.0)
    assert everybody.value == pytest.approx(median(trips, people, p=4).value, rel=1e-12)
    assert one.finished
    assert everybody.finished


def test_helping_the_worst_off_costs_the_sum_and_gains_for_them() -> None:
    trips, people = town(80, 30, 8)
    plain, fair = median(trips, people, p=5), centrum(trips, people, p=5, share=0.1)

    def tenth(opened: tuple[int, ...]) -> float:
        q = Small(trips, people, np.ones(30), 5.0, True, Conditions(), trips, 0.0, 0.0)
        return of_people(q, opened, 0.1)

    assert fair.value == pytest.approx(tenth(fair.open), rel=1e-9)
    assert fair.value < tenth(plain.open)
    assert fair.worst == pytest.approx(0.1 * people.sum())
    assert fair.worst_mean == pytest.approx(fair.value / fair.worst)


def test_out_of_time_it_gives_a_layout_and_a_bound_that_the_checker_accepts() -> None:
    trips, people = town(120, 60, 5)
    looks = iter(range(10**9))
    watch = Watch(stop=lambda: next(looks) > 40)
    found = centrum(trips, people, p=8, share=0.15, watch=watch)
    best = centrum(trips, people, p=8, share=0.15, gap=1e-3)
    assert not found.finished
    assert found.bound <= best.value
    assert found.value >= best.bound
    assert verify_centrum(found, trips, people, p=8, share=0.15).ok
    assert verify_centrum(best, trips, people, p=8, share=0.15).ok
    assert best.gap_share <= 1e-3


def test_altered_answers_and_certificates_are_refused() -> None:
    trips, people = town(40, 15, 1)
    asked = {"p": 3, "share": 0.2}
    found = centrum(trips, people, **asked)
    assert verify_centrum(found, trips, people, **asked).ok

    def refused(**changes: object) -> bool:
        return not verify_centrum(replace(found, **changes), trips, people, **asked).ok  # type: ignore[arg-type]

    assert refused(value=found.value * 0.99)
    assert refused(bound_certified=found.bound_certified * 1.001)
    assert refused(open=found.open[:-1])
    assert refused(threshold=found.threshold * 1.1)
    assert refused(worst_mean=found.worst_mean * 0.9)
    assert refused(cost_d=found.cost_d * 0.5)
    assert not verify_centrum(found, trips, people, p=3, share=0.25).ok
    body = json.loads(json.dumps(found.certificate))
    assert verify_centrum(replace(found, certificate=body), trips, people, **asked).ok
    for change in ("hole", "short", "late", "wide", "bare"):
        forged = deepcopy(body)
        parts = forged["parts"]
        if change == "hole":
            del parts[len(parts) // 2]
        elif change == "short":
            forged["end"] = parts[0]["high"]
            del parts[1:]
        elif change == "late":
            forged["first"] = parts[1]["low"]
            del parts[0]
        elif change == "wide":
            for x in forged["proofs"]:
                x["low"] += 0.1
        else:
            for x in parts:
                x["proof"] = -1
        forged["seal"] = seal(forged)
        verdict = verify_centrum(replace(found, certificate=forged), trips, people, **asked)
        assert not verdict.ok, change
        assert [c.name for c in verdict.checks if not c.ok] == ["proof"]


@pytest.mark.parametrize(
    "asked", [{}, {"areas": 2, "share": 0.5}, {"areas": 0}, {"share": 0.0}, {"share": 1.5}, {"share": float("nan")}]
)
def test_a_question_without_one_clear_worst_is_refused(asked: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        centrum([[1.0, 2.0]], p=1, **asked)  # type: ignore[arg-type]
