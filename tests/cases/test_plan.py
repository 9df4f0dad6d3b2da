"""Plan: what must hold for every town and every budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from daremo.cases.assume import defaults
from daremo.cases.gap import gap
from daremo.cases.plan import plan
from daremo.cases.plan_model import ground
from daremo.cases.plan_told import area_freed
from daremo.cases.verify import verify
from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.results import canonical
from daremo.region.model import Region, assemble
from tests.cases.plans import LARGE, MIDDLE, SMALL, A, made, planned, seen, ticking, town
from tests.cases.towns import region_of

BUDGETS = (0, SMALL, MIDDLE, LARGE)


@pytest.mark.parametrize("fair", [0.0, 0.8])
@pytest.mark.parametrize("budget_yen", BUDGETS[1:])
def test_a_plan_never_costs_more_than_the_budget(budget_yen: int, fair: float):
    p = made(budget_yen, fair).as_dict()
    assert p["cost_yen"] <= budget_yen
    assert sum(x["cost_yen"] for x in p["actions"]) == pytest.approx(p["cost_yen"], abs=len(p["actions"]))
    assert p["people_freed"] <= p["people_freed_bound"] <= p["people_left_behind"] * 1.001


def test_a_plan_adds_up():
    for budget in BUDGETS:
        p = made(budget).as_dict()
        assert sum(x["people_freed"] for x in p["actions"]) == pytest.approx(p["people_freed"], abs=1e-6)
        sited = sum(x["people_freed"] for x in p["points"])
        assert sited == pytest.approx(p["people_freed_sited"], abs=1e-9)
        gap_people = p["people_freed_bound"] - p["people_freed"]
        if p["people_freed"]:
            assert p["gap_share"] == pytest.approx(gap_people / p["people_freed"])
        if sited:
            assert p["gap_share_sited"] == pytest.approx(gap_people / sited)


@pytest.mark.parametrize("low, high", list(zip(BUDGETS, BUDGETS[1:], strict=False)))
def test_more_money_never_frees_fewer(low: int, high: int):
    less, more = made(low).as_dict(), made(high).as_dict()
    gap_people = more["people_freed_bound"] - more["people_freed"]
    assert more["people_freed_bound"] >= less["people_freed"] - 1e-9
    assert more["people_freed"] >= less["people_freed"] - gap_people - 1e-9


def test_the_frontier_rises_with_money_and_stays_under_its_bound():
    front = made(MIDDLE).as_dict()["frontier"]
    for column in ("budget_yen", "people_freed"):
        assert [r[column] for r in front] == sorted(r[column] for r in front)
    assert all(r["people_freed"] <= r["people_freed_bound"] for r in front)
    here = made(MIDDLE).as_dict()
    assert next(r for r in front if r["budget_yen"] == MIDDLE)["people_freed_bound"] == here["people_freed_bound"]


def without_place(region: Region, place_id: str) -> Region:
    """The same town where one place may not become a support point; help that it gives today stays."""
    old = pl.col("place_id") == place_id
    places = region.places.with_columns(pl.when(old).then(False).otherwise(pl.col("candidate")).alias("candidate"))
    return assemble(region.name, region.code, {**region.tables, "places": places}, region.sources)


def test_losing_a_place_never_helps_beyond_the_bound():
    p = made(MIDDLE).as_dict()
    used = [x["place_id"] for x in p["points"] if x["place_id"]]
    assert used
    for place in sorted(set(used)):
        assert made(MIDDLE, ban=(place,)).as_dict()["people_freed"] <= p["people_freed_bound"] + 1e-9
    without = without_place(town(), used[0])
    less = planned(without, MIDDLE).as_dict()
    assert less["people_left_behind"] == pytest.approx(p["people_left_behind"])
    assert less["people_freed"] <= p["people_freed_bound"] + 1e-9
    assert all(x["place_id"] != used[0] for x in less["points"])


def shuffled(region: Region, seed: int, *, rename: bool) -> Region:
    """The same town with every table in another order, and with other identifiers."""
    tables = {t: f.sample(fraction=1.0, shuffle=True, seed=seed) for t, f in region.tables.items() if f.height}
    if rename:
        for t, f in tables.items():
            for column in ("area_id", "place_id"):
                if column in f.columns:
                    tables[t] = tables[t].with_columns((pl.lit("x") + pl.col(column).str.reverse()).alias(column))
    return assemble(region.name, region.code, tables)


@pytest.mark.parametrize("rename", [False, True], ids=["reordered", "renamed"])
@pytest.mark.parametrize("budget_yen", [SMALL, MIDDLE])
def test_order_and_names_change_nothing(budget_yen: int, rename: bool):
    other = planned(shuffled(town(), 4, rename=rename), budget_yen).as_dict()
    assert other["people_freed"] == pytest.approx(made(budget_yen).as_dict()["people_freed"], abs=1e-6)
    assert other["cost_yen"] == made(budget_yen).as_dict()["cost_yen"]


def test_the_same_seed_gives_the_same_bytes():
    for budget, fair in ((SMALL, 0.0), (MIDDLE, 0.8)):
        one, two = (made_afresh(budget, fair) for _ in range(2))
        assert canonical(one) == canonical(two)
        assert one["digest"] == two["digest"]


def made_afresh(budget_yen: int, fair: float) -> dict[str, Any]:
    """A plan with a table of assumptions of its own: the table remembers which rows were asked for."""
    a = defaults()
    before = gap(town(), a, draws=20)
    return plan(town(), before, a, budget_yen=budget_yen, fair=fair, time_limit_s=5.0, clock=ticking()).as_dict()


@pytest.mark.parametrize("budget_yen", BUDGETS)
def test_what_is_left_after_is_what_was_before_less_those_freed(budget_yen: int):
    p = made(budget_yen)
    for x in p.as_dict()["areas"]:
        if x["suppressed"]:
            assert x["left_before"] is x["freed"] is x["left_after"] is None
        else:
            assert x["left_after"] == pytest.approx(x["left_before"] - x["freed"])
    freed_d = area_freed(ground(town(), A), p.best.question, p.best.layout, seen())
    assert freed_d.sum() == pytest.approx(p.as_dict()["people_freed"], rel=1e-9, abs=1e-9)
    left_d = seen().types_dgB[..., 1:].sum((1, 2))
    assert np.all(freed_d >= 0) and np.all(freed_d <= left_d + 1e-9)


@pytest.mark.parametrize("fair", [0.0, 0.8])
@pytest.mark.parametrize("budget_yen", BUDGETS[1:])
def test_packages_lie_between_independence_and_the_smallest_coverage(budget_yen: int, fair: float):
    p = made(budget_yen, fair).as_dict()
    low, mid, high = (p["overlap"][k] for k in ("product", "package", "smallest_coverage"))
    assert low <= mid + 1e-9 and mid <= high + 1e-9
    assert mid == pytest.approx(p["people_freed"], rel=1e-6)


@pytest.mark.parametrize("budget_yen", BUDGETS[1:])
def test_fairness_helps_every_named_community(budget_yen: int):
    rows = made(budget_yen, 0.8).as_dict()["communities"]
    share = sum(x["helped"] for x in rows) / sum(x["need"] for x in rows)
    named = rows[:-1]
    assert len(named) >= 3
    for x in named:
        assert x["helped"] > 0 and x["share"] >= 0.8 * share - 1e-9, x


def test_fairness_is_paid_for_by_the_sum_alone():
    for budget in BUDGETS[1:]:
        assert made(budget, 0.8).as_dict()["people_freed"] <= made(budget).as_dict()["people_freed_bound"] + 1e-9


def test_without_money_nothing_is_bought():
    p = made(0).as_dict()
    assert p["actions"] == p["points"] == p["timetable"] == [] and p["cost_yen"] == p["people_freed"] == 0
    assert verify(p, town()).ok
    with pytest.raises(Infeasible) as told:
        made(0, 0.8)
    need = int("".join(c for c in told.value.fix.split("円")[0] if c.isdigit()))
    assert made(need, 0.8).as_dict()["cost_yen"] <= need


def test_locks_and_bans_are_respected():
    kinds = {x["kind"] for x in made(MIDDLE).as_dict()["actions"]}
    closed = made(MIDDLE).as_dict()["not_chosen"][-1]["action_id"]
    assert closed.split(":")[0] in ("point", "class", "round") and "line" in kinds
    locked = made(LARGE, lock=(closed,), ban=("campaign",)).as_dict()
    assert closed in [x["action_id"] for x in locked["actions"]]
    assert "campaign" not in [x["kind"] for x in locked["actions"]]
    banned = made(MIDDLE, ban=("class",)).as_dict()
    assert "class" not in {x["kind"] for x in banned["actions"]}
    for p in (locked, banned):
        assert verify(p, town()).ok
    assert locked["people_freed"] <= made(LARGE).as_dict()["people_freed_bound"] + 1e-9


def test_what_is_locked_but_too_dear_is_told_with_the_smallest_budget():
    with pytest.raises(Infeasible) as told:
        made(MIDDLE, lock=("fix-booking", "campaign"))
    assert told.value.code == "locked-too-dear" and "5,000,000" in told.value.fix
    p = made(5_000_000, lock=("fix-booking", "campaign")).as_dict()
    assert {"fix-booking", "campaign"} <= {x["action_id"] for x in p["actions"]} and p["cost_yen"] <= 5_000_000


@pytest.mark.parametrize(
    "budget_yen, options",
    [
        (-1, {}),
        (float("nan"), {}),
        (float("inf"), {}),
        (1, {"fair": 1.5}),
        (1, {"lock": ("x",)}),
        (1, {"ban": ("point:x",)}),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(budget_yen, options):
    with pytest.raises(UsageError):
        made(budget_yen, **options)


AREAS = [{"area_id": "a"}, {"area_id": "b", "latitude": 34.31}, {"area_id": "c", "latitude": 34.33}]
HALL = [{"place_id": "hall", "help_hours_week": 0.0, "candidate": True, "rooms": 1}]


@pytest.mark.parametrize("fair", [0.0, 0.8])
@pytest.mark.parametrize("budget_yen", [0, 300_000, 3_000_000])
@pytest.mark.parametrize(
    "people",
    [
        [[0] * 6] * 3,
        [[0] * 6, [50, 40, 200, 90, 70, 50], [0] * 6],
        [[50, 40, 200, 90, 70, 50]] * 3,
    ],
    ids=["nobody", "empty districts", "one place"],
)
def test_towns_with_little_in_them_get_a_plan_that_holds(people, budget_yen: int, fair: float):
    small = region_of(AREAS, people, places=HALL)
    p = planned(small, budget_yen, fair=fair).as_dict()
    assert p["cost_yen"] <= budget_yen and p["people_freed"] <= p["people_freed_bound"]
    assert np.isfinite(p["gap_share"]) and np.isfinite(p["gap_share_sited"])
    if not sum(map(sum, people)):
        assert p["people_freed"] == 0
    broken = [c for c in verify(p, small).checks if not c.ok]
    assert not broken, broken


def test_figures_of_hidden_areas_stay_hidden():
    hidden = {x["area_id"] for x in made(MIDDLE).as_dict()["areas"] if x["suppressed"]}
    for x in made(MIDDLE).as_dict()["unserved_areas"]:
        assert (x["people"] is None) == (x["area_id"] in hidden)


def test_twice_the_need_lets_the_same_money_free_no_fewer():
    region, people = town(), town()["people"].with_columns((pl.col("people") * 2).alias("people"))
    twice = assemble(region.name, region.code, {**region.tables, "people": people})
    before = gap(twice, A, draws=20)
    # only the number of people differs: what reaches them is today's
    before = replace(seen(), types_dgB=2 * seen().types_dgB, people_dg=before.people_dg, left_sd=2 * seen().left_sd)
    p = planned(twice, MIDDLE, before)
    assert p.bound >= made(MIDDLE).as_dict()["people_freed"]
