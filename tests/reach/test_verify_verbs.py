"""The checker of `cover` and `median`: every part of an answer counts."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import Infeasible, UsageError
from daremo.reach.alternatives import Alternatives
from daremo.reach.cover import Cover, cover
from daremo.reach.median import Median, median
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix
from daremo.reach.verify import verify_cover, verify_median
from daremo.reach.worth import gradual_worth

SEEDS = st.integers(0, 10**6)


def table(r: np.random.Generator, reach: float) -> Pairs:
    """Trips between random points."""
    at_d, at_p = r.random((int(r.integers(1, 25)), 2)) * 10, r.random((int(r.integers(1, 9)), 2)) * 10
    km = np.round(np.sqrt(((at_d[:, None] - at_p) ** 2).sum(2)), 1)
    return pairs_of_matrix(np.where(km <= reach, km, np.inf))


def asked_cover(seed: int) -> tuple[Pairs, np.ndarray, dict[str, Any]]:
    """A random question to `cover`, with everything it can be asked."""
    r = np.random.default_rng(seed)
    pairs = table(r, float(r.choice([2.0, 4.0, 8.0])))
    need = r.integers(0, 40, pairs.n_demand) * float(r.choice([1.0, 0.3]))
    q: dict[str, Any] = {}
    if r.integers(2):
        q["worth"] = gradual_worth(pairs, 8.0)
    if r.integers(4) == 0:
        q["backup_share"] = 0.25
    if r.integers(3) == 0:
        q["conditions"] = Conditions(
            must=(0,), organisation_p=r.integers(0, 3, pairs.n_places), most_per_organisation=1
        )
    if r.integers(2):
        q["p"] = int(r.integers(0, pairs.n_places + 1))
    else:
        q["budget_yen"] = float(r.integers(0, 50))
    if r.integers(2):
        q["cost_yen_p"] = r.integers(0, 20, pairs.n_places)
    return pairs, need, q


def asked_median(seed: int) -> tuple[Pairs, np.ndarray, dict[str, Any]]:
    """A random question to `median`."""
    r = np.random.default_rng(seed)
    pairs = table(r, float(r.choice([3.0, 6.0, 20.0])))
    weight = r.integers(0, 40, pairs.n_demand) * float(r.choice([1.0, 0.3]))
    q: dict[str, Any] = {"p": int(r.integers(0, pairs.n_places + 1)), "fair": float(r.choice([0.0, 0.0, 1.0]))}
    if r.integers(3) == 0:
        q["conditions"] = Conditions(never=(0,))
    return pairs, weight, q


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([0.0, 0.05]))
def test_every_cover_is_accepted(seed: int, gap: float) -> None:
    pairs, need, q = asked_cover(seed)
    try:
        found = cover(pairs, need, gap=gap, **q)
    except Infeasible:
        assume(False)
    verdict = verify_cover(found, pairs, need, **q)
    assert verdict.ok, [c for c in verdict.checks if not c.ok]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([0.0, 0.05]))
def test_every_median_is_accepted(seed: int, gap: float) -> None:
    pairs, weight, q = asked_median(seed)
    found = median(pairs, weight, gap=gap, **q)
    verdict = verify_median(found, pairs, weight, **q)
    assert verdict.ok, [c for c in verdict.checks if not c.ok]


def plain_cover() -> tuple[Cover, Pairs, list[float], dict[str, Any]]:
    far = float("inf")
    pairs = pairs_of_matrix([[1, far, far], [1, 2, far], [far, 1, 1], [far, far, 1], [far, far, far], [far, 1, far]])
    need, q = [5.0, 1.0, 4.0, 3.0, 2.0, 1.0], {"budget_yen": 5.0, "cost_yen_p": [2.0, 3.0, 3.0]}
    return cover(pairs, need, **q), pairs, need, q


def plain_median() -> tuple[Median, Pairs, list[float], dict[str, Any]]:
    far = float("inf")
    pairs = pairs_of_matrix([[1, 4, 6], [2, 1, far], [5, 3, 1], [far, far, 2], [far, far, far], [far, 3, far]])
    weight, q = [5.0, 1.0, 4.0, 3.0, 2.0, 0.5], {"p": 2}
    return median(pairs, weight, **q), pairs, weight, q


#: What does not tell about the layout: how long the search took and how it went.
FREE_TO_DIFFER = {"seconds", "cpu_seconds", "method", "seed", "finished", "sense"}


def others(was: Any) -> list[Any]:
    """Values that are not what was."""
    if isinstance(was, float):
        return [was + 1, was - 1, was * (1 + 1e-6), float("nan"), float("inf")]
    if isinstance(was, tuple):
        return [(*was, 99), was[:-1] if was else (0,), tuple(reversed(was)) if len(was) > 1 else (1,)]
    if isinstance(was, dict):
        return [{}, {**was, "bound": was["bound"] - 1}, {**was, "bound": was["bound"] + 1}, {**was, "scale": 1.0}]
    if isinstance(was, Alternatives):
        swap = (0, 0)
        return [replace(was, swaps=(swap,), count=1), replace(was, count=-1), replace(was, layouts=((99,),))]
    changed = was.copy()
    changed[0] += 1
    return [changed, was[:-1]]


@pytest.mark.parametrize("name", [f.name for f in fields(Cover) if f.name not in FREE_TO_DIFFER])
def test_a_cover_with_any_part_changed_is_refused(name: str) -> None:
    found, pairs, need, q = plain_cover()
    assert verify_cover(found, pairs, need, **q).ok
    for other in others(getattr(found, name)):
        assert not verify_cover(replace(found, **{name: other}), pairs, need, **q).ok, (name, other)


@pytest.mark.parametrize("name", [f.name for f in fields(Median) if f.name not in FREE_TO_DIFFER])
def test_a_median_with_any_part_changed_is_refused(name: str) -> None:
    found, pairs, weight, q = plain_median()
    assert verify_median(found, pairs, weight, **q).ok
    for other in others(getattr(found, name)):
        assert not verify_median(replace(found, **{name: other}), pairs, weight, **q).ok, (name, other)


def test_a_cover_is_no_answer_to_another_question() -> None:
    found, pairs, need, q = plain_cover()
    assert not verify_cover(found, pairs, [6.0, 1.0, 4.0, 3.0, 2.0, 1.0], **q).ok
    assert not verify_cover(found, pairs, need, **{**q, "budget_yen": 4.0}).ok
    assert not verify_cover(found, pairs, need, **{**q, "budget_yen": 8.0}).ok
    assert not verify_cover(found, pairs, need, **q, conditions=Conditions(never=found.open[:1])).ok
    assert not verify_cover(found, pairs, need, **q, backup_share=0.5).ok
    shut = next(j for j in range(3) if j not in found.open)
    assert not verify_cover(found, pairs, need, **q, conditions=Conditions(must=(shut,))).ok


def test_a_median_is_no_answer_to_another_question() -> None:
    found, pairs, weight, q = plain_median()
    assert not verify_median(found, pairs, weight, p=1).ok
    assert not verify_median(found, pairs, weight, p=3).ok
    assert not verify_median(found, pairs, None, **q).ok
    assert not verify_median(found, pairs, weight, **q, fair=1.0).ok


@pytest.mark.parametrize(
    ("conditions", "broken"),
    [
        (Conditions(organisation_p=np.array([0, 0, 0]), most_per_organisation=1), "団体"),
        (Conditions(quota_p=np.array([0, 1, 2]), least_per_quota=1), "地域"),
        (Conditions(apart=np.array([[0, 1], [0, 2], [1, 2]])), "近すぎる"),
    ],
)
def test_the_condition_that_is_broken_is_named(conditions: Conditions, broken: str) -> None:
    found, pairs, need, q = plain_cover()
    verdict = verify_cover(found, pairs, need, **q, conditions=conditions)
    assert broken in next(c.detail for c in verdict.checks if c.name == "conditions")
    assert not verdict.ok


def test_a_question_whose_parts_do_not_fit_is_a_usage_error() -> None:
    found, pairs, need, q = plain_cover()
    with pytest.raises(UsageError):
        verify_cover(found, pairs, need, p=1, **q)
    with pytest.raises(UsageError):
        verify_cover(found, pairs, need)
