"""Verify accepts a plan and rejects it as soon as anything in it is not so."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from daremo.cases.assume import defaults
from daremo.cases.gap import gap
from daremo.cases.plan import plan
from daremo.cases.verify import verify
from daremo.kernel.results import canonical, sha256
from daremo.region.model import Region
from daremo.region.sample import sample_town


@functools.cache
def town() -> Region:
    return sample_town(people=3_000, seed=2)


@functools.cache
def made() -> dict[str, Any]:
    seen = gap(town(), defaults(), draws=20, seed=1)
    return plan(town(), seen, defaults(), budget_yen=8_000_000, fair=0.3, time_limit_s=15).as_dict()


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for k, v in value.items():
            yield from numbers(v, (*path, k))
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from numbers(v, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def altered(path: tuple[Any, ...], by: float = 1, resign: bool = False) -> dict[str, Any]:
    new = copy.deepcopy(made())
    at = new
    for k in path[:-1]:
        at = at[k]
    at[path[-1]] += by
    return signed(new) if resign else new


def signed(new: dict[str, Any]) -> dict[str, Any]:
    return {**new, "digest": sha256(canonical({k: v for k, v in new.items() if k != "digest"}))}


def test_a_plan_as_written_is_accepted():
    verdict = verify(made(), town())
    assert verdict.ok, [c for c in verdict.checks if not c.ok]


def test_any_number_altered_by_one_breaks_the_digest():
    body = {k: v for k, v in made().items() if k != "digest"}
    for path in numbers(body):
        new = altered(path)
        assert sha256(canonical({k: v for k, v in new.items() if k != "digest"})) != made()["digest"], path


def test_a_plan_with_an_altered_number_is_rejected():
    paths = list(numbers({k: v for k, v in made().items() if k != "digest"}))
    for i in np.random.default_rng(1).choice(len(paths), 12, replace=False):
        assert not verify(altered(paths[i]), town()).ok, paths[i]


CORE = [
    ("cost_yen",), ("people_freed",), ("people_freed_bound",), ("people_left_behind",), ("people_freed_sited",), ("people",),
    ("people_left_behind_interval", 0), ("gap_share",), ("gap_share_sited",), ("seed",), ("draws",),
    ("actions", 0, "units"), ("actions", 0, "cost_yen"), ("actions", 0, "people_freed"), ("actions", -1, "people_freed"),
    ("points", 0, "people_freed"), ("points", 0, "cost_yen"), ("communities", 0, "helped"),
    ("certificate", "branches", 0, "bound"), ("certificate", "branches", -1, "bound"),
    ("areas", 5, "left_after"), ("areas", 5, "left_before"),
]  # fmt: skip


@pytest.mark.parametrize("path", CORE, ids=lambda p: ".".join(map(str, p)))
def test_a_core_number_altered_by_one_is_rejected_even_when_the_digest_is_made_anew(path: tuple[Any, ...]):
    at: Any = made()
    try:
        for k in path:
            at = at[k]
    except IndexError:
        pytest.skip("this plan opens no point")
    if at is None:
        pytest.skip("this area is withheld")
    assert not verify(altered(path, resign=True), town()).ok


def test_a_proof_with_a_branch_missing_is_rejected():
    new = copy.deepcopy(made())
    del new["certificate"]["branches"][0]
    verdict = verify(signed(new), town())
    assert "certificate covers every plan" in [c.name for c in verdict.checks if not c.ok]


def test_a_negative_price_is_rejected():
    new = copy.deepcopy(made())
    new["certificate"]["branches"][0]["yen"] = -1e-6
    assert not verify(signed(new), town()).ok


def test_a_plan_for_another_region_is_rejected():
    other = sample_town(people=3_000, seed=9)
    assert not verify(made(), other).ok


def test_a_damaged_plan_is_rejected_and_never_crashes():
    for key in made():
        assert not verify({k: v for k, v in made().items() if k != key}, town()).ok, key
    assert not verify({}, town()).ok
    assert not verify({**made(), "actions": None}, town()).ok
    assert not verify(signed({**made(), "certificate": {"branches": [], "lock": [], "ban": []}}), town()).ok
