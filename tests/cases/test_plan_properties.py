"""What must hold of every plan, whatever the town."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl
import pytest

from daremo.cases.assume import defaults
from daremo.cases.gap import Gap, gap
from daremo.cases.plan import Plan, plan
from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.results import canonical
from daremo.region.model import Region, assemble
from daremo.region.sample import sample_town


@functools.cache
def town() -> Region:
    return sample_town(people=6_000, seed=3)


@functools.cache
def seen() -> Gap:
    return gap(town(), defaults(), draws=20, seed=1)


@functools.cache
def planned(budget: float, fair: float = 0.0) -> Plan:
    return plan(town(), seen(), defaults(), budget_yen=budget, fair=fair, time_limit_s=8)


def changed(region: Region, **tables: pl.DataFrame) -> Region:
    return assemble(region.name, region.code, {**region.tables, **tables})


@pytest.mark.parametrize("budget", [0, 300_000, 2_000_000, 6_000_000, 12_000_000])
def test_a_plan_never_costs_more_than_the_budget(budget: int):
    value = planned(budget).value
    assert value["cost_yen"] <= budget
    assert value["people_freed"] <= value["people_freed_bound"] * (1 + 1e-12)


def test_more_budget_never_frees_fewer_people_within_the_gap():
    found = [planned(b).value for b in (0, 300_000, 2_000_000, 6_000_000, 12_000_000)]
    for less, more in zip(found, found[1:], strict=False):
        assert more["people_freed_bound"] >= less["people_freed"] - 1e-9
        slack = more["people_freed_bound"] - more["people_freed"]
        assert more["people_freed"] >= less["people_freed"] - slack - 1e-9


def test_removing_a_place_never_helps():
    whole = planned(6_000_000)
    gone = whole.value["points"][0]["place_id"] if whole.value["points"] else town().places["place_id"][0]
    fewer = changed(town(), places=town().places.filter(pl.col("place_id") != gone))
    left = plan(fewer, gap(fewer, defaults(), draws=20, seed=1), defaults(), budget_yen=6_000_000, time_limit_s=8)
    assert left.value["people_freed"] <= whole.value["people_freed_bound"] + 1e-6


def test_reordering_and_relabelling_areas_changes_nothing():
    order = np.random.default_rng(5).permutation(town().areas.height)
    new = {a: f"x{i}" for i, a in enumerate(town().areas["area_id"].to_list())}
    tables = {t: town()[t][order.tolist()] if t == "areas" else town()[t] for t in town().tables}
    tables = {
        t: f.with_columns(pl.col("area_id").replace(new)) if "area_id" in f.columns and not f.is_empty() else f
        for t, f in tables.items()
    }
    other = assemble(town().name, town().code, tables)
    again = plan(other, gap(other, defaults(), draws=20, seed=1), defaults(), budget_yen=6_000_000, time_limit_s=8)
    assert again.value["people_freed"] == pytest.approx(planned(6_000_000).value["people_freed"], abs=0.05)


def test_the_same_seed_gives_the_same_bytes():
    again = plan(town(), gap(town(), defaults(), draws=20, seed=1), defaults(), budget_yen=2_000_000, time_limit_s=60)
    first = plan(town(), seen(), defaults(), budget_yen=2_000_000, time_limit_s=60)
    assert canonical(again.value) == canonical(first.value)


def test_left_behind_after_is_left_behind_before_less_the_freed():
    value = planned(6_000_000).value
    for area in value["areas"]:
        if not area["suppressed"]:
            assert area["left_after"] == pytest.approx(area["left_before"] - area["freed"])
    assert sum(x["people_freed"] for x in value["actions"]) == pytest.approx(value["people_freed"])


@pytest.mark.parametrize(("budget", "fair"), [(2_000_000, 0.0), (6_000_000, 0.0), (12_000_000, 0.5)])
def test_product_is_below_the_packages_and_these_below_the_smallest_coverage(budget: int, fair: float):
    value = planned(budget, fair).value
    three = value["overlap"]
    assert three["product"] <= three["package"] + 1e-9
    assert three["package"] <= three["smallest_coverage"] + 1e-9
    assert three["package"] == pytest.approx(value["people_freed"])


def test_with_fairness_every_named_community_is_helped():
    for row in planned(12_000_000, 0.5).value["communities"]:
        if row["need"] > 5:
            assert row["helped"] > 0, row["name"]


def test_a_banned_kind_is_not_bought_and_a_locked_point_is():
    banned = plan(town(), seen(), defaults(), budget_yen=6_000_000, ban=["campaign"], time_limit_s=8).value
    assert all(x["kind"] != "campaign" for x in banned["actions"])
    place = town().candidates()["place_id"][3]
    locked = plan(town(), seen(), defaults(), budget_yen=6_000_000, lock=[f"point:{place}"], time_limit_s=8).value
    assert f"point:{place}" in [x["action_id"] for x in locked["actions"]]


def test_locks_beyond_the_budget_name_the_smallest_budget_that_suffices():
    places = town().candidates()["place_id"].to_list()[:3]
    with pytest.raises(Infeasible) as e:
        plan(town(), seen(), defaults(), budget_yen=100_000, lock=[f"point:{p}" for p in places])
    need = int("".join(c for c in e.value.message if c.isdigit()))
    done = plan(town(), seen(), defaults(), budget_yen=need, lock=[f"point:{p}" for p in places], time_limit_s=8)
    assert done.value["cost_yen"] <= need


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"budget_yen": -1}, "bad-budget"),
        ({"budget_yen": 1, "fair": 2}, "bad-fair"),
        ({"budget_yen": 1, "ban": ["moon"]}, "unknown-action"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_its_reason(wrong: dict, code: str):
    with pytest.raises(UsageError) as e:
        plan(town(), seen(), defaults(), **wrong)
    assert e.value.code == code


@pytest.mark.parametrize("people", [0.0, 1.0])
def test_empty_districts_and_towns_without_need_are_fine(people: float):
    nobody = changed(town(), people=town()["people"].with_columns(pl.lit(people).alias("people") * 0))
    value = plan(nobody, gap(nobody, defaults(), draws=20, seed=1), defaults(), budget_yen=1_000_000).value
    assert value["people_freed"] == 0
    assert value["actions"] == [] or all(x["people_freed"] == 0 for x in value["actions"])


def test_a_town_of_one_place_and_one_district_is_fine():
    area = town().areas["area_id"][0]
    small = changed(
        town(),
        areas=town().areas[:1],
        places=town().candidates()[:1],
        **{t: town()[t].filter(pl.col("area_id") == area) for t in ("people", "lines", "hazards")},
        survey=town()["survey"][:0],
    )
    value = plan(small, gap(small, defaults(), draws=20, seed=1), defaults(), budget_yen=3_000_000).value
    assert value["cost_yen"] <= 3_000_000
    assert value["people_freed_bound"] >= value["people_freed"]


def test_the_frontier_never_falls_and_its_bounds_lie_above():
    front = planned(6_000_000).value["frontier"]
    freed = [r["people_freed"] for r in front]
    assert freed == sorted(freed)
    assert all(r["people_freed_bound"] >= r["people_freed"] for r in front)
