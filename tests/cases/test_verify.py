"""Verify: a plan that holds is accepted, and whatever is altered is noticed."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from daremo.cases.verify import verify
from daremo.kernel.results import canonical, sha256
from daremo.region.sample import sample_town
from tests.cases.plans import LARGE, MIDDLE, SMALL, made, read_back, town

Path = tuple[Any, ...]


def numbers(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every number of a document is."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from numbers(v, (*path, k))
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from numbers(v, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def added(document: dict[str, Any], path: Path, more: float) -> None:
    """Add to one number, in place."""
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] += more


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a digest that fits what it says now."""
    document["digest"] = sha256(canonical({k: v for k, v in document.items() if k != "digest"}))
    return document


def failing(document: dict[str, Any]) -> set[str]:
    """Names of the checks that do not hold."""
    return {c.name for c in verify(document, town()).checks if not c.ok}


@pytest.mark.parametrize("budget_yen, fair", [(0, 0.0), (SMALL, 0.8), (MIDDLE, 0.0), (MIDDLE, 0.8), (LARGE, 0.0)])
def test_a_plan_is_accepted(budget_yen: int, fair: float):
    assert not failing(read_back(made(budget_yen, fair)))
    assert not failing(sealed(read_back(made(budget_yen, fair))))


def test_every_number_of_the_file_is_under_its_digest():
    p = read_back(made(SMALL))
    where = list(numbers(p))
    assert len(where) > 500
    body = {k: v for k, v in p.items() if k != "digest"}
    for path in where:
        added(body, path, 1)
        assert sha256(canonical(body)) != p["digest"], path
        added(body, path, -1)
    for path in where[::40]:
        altered = copy.deepcopy(p)
        added(altered, path, 1)
        assert not verify(altered, town()).ok, path


def core(p: dict[str, Any]) -> list[Path]:
    """Figures that the second count must reach by itself."""
    out: list[Path] = [
        (k,)
        for k in (
            "people",
            "people_left_behind",
            "people_freed",
            "people_freed_bound",
            "people_freed_sited",
            "cost_yen",
            "gap_share",
            "gap_share_sited",
        )
    ]
    out += [("people_left_behind_interval", i) for i in (0, 1)]
    for i in range(len(p["actions"])):
        out += [("actions", i, k) for k in ("units", "people_freed", "people_reached", "cost_yen")]
    out += [("points", i, k) for i in range(len(p["points"])) for k in ("people_freed", "cost_yen")]
    out += [("communities", i, "helped") for i in range(len(p["communities"]) - 1)]
    shown = [i for i, x in enumerate(p["areas"]) if not x["suppressed"]]
    out += [("areas", i, k) for i in shown[:6] for k in ("freed", "left_before", "left_after")]
    for i, b in enumerate(p["certificate"]["branches"]):
        # a dearer or cheaper price is still a proof, only of another bound than the one that is claimed
        out += [("certificate", "branches", i, "bound"), ("certificate", "branches", i, "yen")]
        for group in ("unit", "unit_class", "least", "floor", "load"):
            out += [("certificate", "branches", i, group, name) for name in list(b[group])[:2]]
    return out


@pytest.mark.parametrize("more", [1, -1])
@pytest.mark.parametrize("budget_yen, fair", [(SMALL, 0.8), (MIDDLE, 0.0)])
def test_an_altered_figure_is_noticed_even_with_a_new_digest(budget_yen: int, fair: float, more: int):
    p = read_back(made(budget_yen, fair))
    unnoticed = []
    for path in core(p):
        altered = copy.deepcopy(p)
        added(altered, path, more)
        if verify(sealed(altered), town()).ok:
            unnoticed.append(path)
    assert not unnoticed


def test_a_smaller_budget_or_stricter_fairness_than_the_plan_keeps_is_noticed():
    p = read_back(made(MIDDLE))
    p["budget_yen"] = p["cost_yen"] - 1
    assert {"limits", "cost"} & failing(sealed(p))
    p = read_back(made(MIDDLE))
    p["fair"] = 1.0
    assert failing(sealed(p))


def test_a_plan_for_another_town_is_noticed():
    for other in (sample_town(people=3_000, seed=2), sample_town(people=2_000)):
        verdict = verify(read_back(made(SMALL)), other)
        assert "region" in {c.name for c in verdict.checks if not c.ok}


@pytest.mark.parametrize("budget_yen, fair", [(SMALL, 0.8), (MIDDLE, 0.0)])
def test_a_missing_branch_is_noticed(budget_yen: int, fair: float):
    p = read_back(made(budget_yen, fair))
    for i in range(len(p["certificate"]["branches"])):
        altered = copy.deepcopy(p)
        del altered["certificate"]["branches"][i]
        assert failing(sealed(altered))


def test_a_narrower_branch_is_noticed():
    p = read_back(made(MIDDLE))
    tried = 0
    for i, b in enumerate(p["certificate"]["branches"]):
        for k, (low, high) in enumerate(b["counts"]):
            for side, more in ((0, 1), (1, -1)):
                if low == high == 0 and side == 1:
                    continue
                altered = copy.deepcopy(p)
                altered["certificate"]["branches"][i]["counts"][k][side] += more
                assert failing(sealed(altered)), (i, k, low, high)
                tried += 1
    assert tried >= 6


def test_a_negative_price_is_noticed():
    p = read_back(made(SMALL, 0.8))
    for i, b in enumerate(p["certificate"]["branches"]):
        for group in ("yen", "linked", *(g for g in ("unit", "unit_class", "floor", "least", "load") if b[g])):
            altered = copy.deepcopy(p)
            branch = altered["certificate"]["branches"][i]
            if isinstance(branch[group], dict):
                branch[group][next(iter(branch[group]))] = -1e-3
            else:
                branch[group] = -1e-3
            assert "certificate's bounds" in failing(sealed(altered)), (i, group)


def test_prices_for_what_does_not_exist_are_noticed():
    for group in ("unit", "unit_class", "load"):
        p = read_back(made(SMALL))
        p["certificate"]["branches"][0][group]["nowhere"] = 1.0
        assert failing(sealed(p))


def test_an_action_bought_twice_or_left_out_is_noticed():
    p = read_back(made(MIDDLE))
    for i in range(len(p["actions"])):
        twice, less = copy.deepcopy(p), copy.deepcopy(p)
        twice["actions"].append(copy.deepcopy(twice["actions"][i]))
        del less["actions"][i]
        assert failing(sealed(twice)) and failing(sealed(less)), p["actions"][i]["action_id"]


def places_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every entry of a document is."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for k, v in steps:
        yield (*path, k)
        yield from places_of(v, (*path, k))


#: What may be missing without a figure being wrong: words and figures about the plan, not of it.
CORE = {"actions", "areas", "assumptions", "budget_yen", "certificate", "communities", "cost_yen", "draws", "fair"}
CORE |= {"gap_share", "gap_share_sited", "people", "people_freed", "people_freed_bound", "people_freed_sited"}
CORE |= {"people_left_behind", "people_left_behind_interval", "points", "region", "seed", "digest"}


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_never_crashes_the_check(seed: int):
    rng = random.Random(seed)
    p = read_back(made(SMALL))
    for _ in range(rng.randint(1, 3)):
        path = rng.choice(list(places_of(p)))
        at: Any = p
        for step in path[:-1]:
            at = at[step]
        if rng.random() < 0.6:
            del at[path[-1]]
        else:
            at[path[-1]] = rng.choice([None, "x", [], {}, -1, 1e300, True])
    assert not verify(p, town()).ok
    verify(sealed(p), town())


@pytest.mark.parametrize("key", sorted(CORE))
def test_a_file_without_a_figure_that_matters_is_not_accepted(key: str):
    p = read_back(made(SMALL))
    del p[key]
    if key != "digest":
        sealed(p)
    assert not verify(p, town()).ok


@pytest.mark.parametrize("whatever", [{}, {"digest": ""}, {"daremo_plan": 1}])
def test_what_is_no_plan_is_not_accepted(whatever: dict[str, Any]):
    assert not verify(whatever, town()).ok
