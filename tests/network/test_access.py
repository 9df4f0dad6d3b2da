"""The cheapest line for every area: as cheap as trying everything, with a bound, and told so that a stranger can add it up."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from daremo.kernel.errors import InputError, UsageError
from daremo.network.access import Access, least_cost, what_flips
from daremo.network.access_actions import actions
from daremo.network.access_costs import Costs, defaults
from daremo.network.access_model import Areas, RadioSite, Routes
from daremo.network.access_read import areas_of_region, joined, read_demands, read_routes, routes_between
from daremo.network.access_sites import candidate_sites, ground
from daremo.network.verify_access import faults_of_access
from daremo.region.model import assemble, table_schema
from daremo.region.sample import sample_town


def village(seed: int, n: int = 4) -> tuple[Areas, Routes, list[RadioSite]]:
    rng = np.random.default_rng(seed)
    areas = Areas(
        tuple(f"a{i}" for i in range(n)), tuple(f"n{i}" for i in range(n)), ("homes",) * n,
        134 + rng.uniform(0, 0.1, n), 34 + rng.uniform(0, 0.1, n), rng.integers(0, 60, n).astype(float),
        rng.integers(0, 60, n).astype(float), rng.integers(50, 120, n).astype(float), np.full(n, 30.0), rng.uniform(0.5, 100, n),
        np.arange(n) == 0, np.where(rng.random(n) < 0.4, 60.0, np.nan), np.full(n, np.nan),
    )  # fmt: skip
    areas.premises[1] = 20
    pairs = [(i, j) for i in range(n) for j in range(i)][: 3 + seed % 3]
    a, b = np.array(pairs).T
    routes = Routes(a, b, rng.uniform(0.5, 6, len(pairs)), rng.random(len(pairs)) < 0.2)
    sites = [
        RadioSite(f"s{k}", ("fwa", "local5g")[k], int(rng.integers(n)), rng.random(n) < 0.7)  # type: ignore[arg-type]
        for k in range(2)
    ]
    return areas, routes, sites


def cheapest_by_trying(s: Areas, r: Routes, sites: list[RadioSite], c: Costs) -> float:
    """Every set of routes and every way to build each site; each area then takes the cheapest that is left."""
    later = c.annuity()
    kept = 1 + later * c["fibre_upkeep_share"]
    route = [km * c["fibre_sea_yen_km" if sea else "fibre_route_yen_km"] * kept for km, sea in zip(r.km, r.sea)]
    best = math.inf
    for laid in product((0, 1), repeat=len(route)):
        lit, grew = {i for i in range(len(s.ids)) if s.hub[i]}, True
        while grew:
            grew = False
            for e, on in enumerate(laid):
                if on and (int(r.a[e]) in lit) != (int(r.b[e]) in lit):
                    lit |= {int(r.a[e]), int(r.b[e])}
                    grew = True
        for built in product((0, 1, 2), repeat=len(sites)):
            if any(how == 1 and sites[k].area not in lit for k, how in enumerate(built)):
                continue
            paid = sum(x for x, on in zip(route, laid) if on)
            for k, how in enumerate(built):
                t = sites[k].technology
                if how:
                    paid += c[f"{t}_site_yen"] + later * c[f"{t}_site_year_yen"] + (how == 2) * c["fwa_backhaul_yen"]
            for i in range(len(s.ids)):
                m = s.premises[i]
                if m <= 0:
                    continue
                ways = [math.inf]
                if i in lit:
                    grown = (s.served[i] + m) ** 0.5 - s.served[i] ** 0.5
                    cable = c["fibre_local_ratio"] * grown * s.km2[i] ** 0.5 * c["fibre_local_yen_km"]
                    ways.append((cable + m * c["fibre_drop_yen"]) * kept + m * later * c["fibre_premises_year_yen"])
                for k, how in enumerate(built):
                    t = sites[k].technology
                    if how and sites[k].covers[i]:
                        busy = c["busy_mbps_premises"] * (1 + c["busy_growth_share"]) ** (c["horizon_years"] / 2)
                        each = c[f"{t}_device_yen"] + later * c[f"{t}_premises_year_yen"]
                        ways.append(m * (each + busy / c[f"{t}_capacity_mbps"] * c[f"{t}_module_yen"]))
                if s.mobile_mbps[i] >= s.mbps[i]:
                    ways.append(m * (c["mobile_device_yen"] + later * c["mobile_premises_year_yen"]))
                if m <= c["satellite_premises_km2"] * s.km2[i] or m <= 1:
                    ways.append(m * (c["satellite_device_yen"] + later * c["satellite_premises_year_yen"]))
                paid += min(ways)
            best = min(best, paid)
    return best


@pytest.mark.parametrize("seed", range(25))
def test_the_plan_is_as_cheap_as_trying_everything(seed: int):
    areas, routes, sites = village(seed)
    cheap = defaults().changed({"fwa_site_yen": 2e6, "fwa_site_year_yen": 1e5, "fibre_route_yen_km": 4e5})
    best = cheapest_by_trying(areas, routes, sites, cheap)
    if math.isinf(best):
        with pytest.raises(UsageError) as told:
            least_cost(areas, routes, sites, cheap)
        assert told.value.code == "no-line-possible"
        return
    got = least_cost(areas, routes, sites, cheap)
    assert got.value == pytest.approx(best) and got.bound == pytest.approx(best)
    assert faults_of_access(got.as_dict()) == []
    assert got.value_low <= got.value <= got.value_high
    assert [t != "" for t in got.technology] == (areas.premises > 0).tolist()


def test_the_villages_make_use_of_every_technology():
    seen: set[str] = set()
    cheap = defaults().changed({"fwa_site_yen": 2e6, "fwa_site_year_yen": 1e5, "local5g_site_yen": 1e6})
    for seed in range(25):
        try:
            seen |= set(least_cost(*village(seed), cheap).technology)
        except UsageError:
            continue
    assert {"fibre", "fwa", "mobile", "satellite", "local5g"} <= seen


@pytest.fixture(scope="module")
def town() -> tuple[Access, Costs, Areas, Routes, list[RadioSite]]:
    region = sample_town(people=3000)
    costs = defaults()
    areas, _ = areas_of_region(region, costs)
    routes = routes_between(areas, costs, region.areas["island"].to_list())
    sites = candidate_sites(areas, ground(areas, defaults()), costs, "fwa", rate_mbps=30)
    return least_cost(areas, routes, sites, costs), costs, areas, routes, sites


def test_the_sample_town_gets_a_line_everywhere(town: Any):
    plan, _, areas, _, _ = town
    assert faults_of_access(plan.as_dict()) == [] and plan.gap_share < 0.02
    assert sum(plan.areas.premises) == pytest.approx(sum(areas.premises))
    assert plan.bound_certified <= plan.bound + 1e-6 <= plan.value + 2e-6


def test_fewer_technologies_never_cost_less(town: Any):
    plan, costs, areas, routes, sites = town
    without = least_cost(areas, routes, sites, costs, technologies=("fibre", "fwa"))
    assert without.value >= plan.bound - 1e-6
    assert set(without.technology) <= {"fibre", "fwa", ""}


def test_every_technology_becomes_one_action_in_the_form_of_the_region(town: Any):
    plan, costs, _, _, _ = town
    rows = actions(plan, costs)
    assert rows.columns == list(table_schema("actions").names)
    assert set(rows["action_id"]) == {f"line-{t}" for t in plan.by_technology()}
    assert rows["unit_yen"].is_sorted()
    yearly = sum(u * n for u, n in rows.select("unit_yen", "limit_units").iter_rows())
    assert yearly * costs.annuity() == pytest.approx(plan.value, rel=0.02)


def test_the_region_takes_the_actions_beside_its_own(town: Any):
    plan, costs, *_ = town
    region = sample_town(people=3000)
    own = region["actions"].filter(pl.col("kind") != "line")
    whole = assemble(region.name, region.code, {**region.tables, "actions": pl.concat([own, actions(plan, costs)])})
    assert whole["actions"].height == own.height + len(plan.by_technology())


def test_what_flips_the_plan_is_told_with_the_most_shaking_first(town: Any):
    _, costs, areas, routes, sites = town
    few = replace(areas, premises=np.where(np.arange(len(areas.ids)) % 4 == 0, areas.premises, 0.0))
    plan = least_cost(few, routes, sites[:2], costs)
    rows = what_flips(few, routes, sites[:2], costs, plan)
    assert {"fibre_route_yen_km", "satellite_premises_year_yen"} <= {r["key"] for r in rows}
    changed = [max(r["changed_low"], r["changed_high"]) for r in rows]
    assert changed == sorted(changed, reverse=True)
    assert next(r for r in rows if r["key"] == "fibre_drop_yen")["cost_low_yen"] <= plan.value + 1e-6


def test_routes_join_everybody_and_islands_by_sea():
    region = sample_town(people=3000)
    costs = defaults()
    areas, _ = areas_of_region(region, costs)
    island = [v or "" for v in region.areas["island"].to_list()]
    routes = routes_between(areas, costs, island)
    reached, grew = {0}, True
    while grew:
        grew = False
        for a, b in zip(routes.a.tolist(), routes.b.tolist(), strict=True):
            if (a in reached) != (b in reached):
                reached |= {a, b}
                grew = True
    assert len(reached) == len(areas.ids)
    assert all(s == (island[a] != island[b]) for a, b, s in zip(routes.a, routes.b, routes.sea, strict=True))
    assert routes.sea.any()


def test_a_site_reaches_its_neighbours_and_nobody_behind_a_mountain():
    at = np.array([134.0, 134.01, 134.12])
    one = np.ones(3)
    areas = Areas(
        ("a", "b", "c"), ("", "", ""), ("homes",) * 3, at, np.full(3, 34.0), one * 10, one * 0, one * 20, one * 30, one,
        np.zeros(3, bool), one * np.nan, one * np.nan,
    )  # fmt: skip
    plain = ground(areas, defaults())
    height = plain.height_m.copy()
    height[:, height.shape[1] // 2] = 600.0
    ridge = replace(plain, height_m=height)
    assert all(s.covers.all() for s in candidate_sites(areas, plain, defaults(), "fwa", rate_mbps=30))
    sites = candidate_sites(areas, ridge, defaults(), "fwa", rate_mbps=30)
    reach = {s.name: s.covers.tolist() for s in sites}
    assert reach["fwa-a"] == [True, True, False] and reach["fwa-c"] == [False, False, True]


def test_a_table_of_fields_and_ports_is_read(tmp_path: Path):
    text = "site_id,名前,種類,緯度,経度,戸数・台数,速さ,起点\nport,港,port,34.3,134.1,4,50,\nhall,役場,homes,34.31,134.1,0,,yes\n"
    (tmp_path / "d.csv").write_text("\ufeff" + text, encoding="utf-8")
    areas = read_demands(tmp_path / "d.csv")
    assert areas.kinds == ("port", "homes") and areas.mbps.tolist() == [50, 30] and areas.hub.tolist() == [False, True]
    plan = least_cost(areas, routes_between(areas, defaults()), [], defaults())
    assert plan.technology == ("satellite", "") or plan.technology == ("fibre", "")
    assert len(joined(areas, areas).ids) == 4 == len(set(joined(areas, areas).ids))
    (tmp_path / "r.csv").write_text("from,to,km,sea\nhall,bridge,1.5,\nbridge,port,0.5,yes\n", encoding="utf-8")
    routes = read_routes(tmp_path / "r.csv", areas)
    assert routes.a.tolist() == [1, 2] and routes.b.tolist() == [2, 0] and routes.sea.tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("site_id,latitude\nx,34\n", "bad-table"),
        ("site_id,latitude,longitude,premises\nx,34,134,-1\n", "not-allowed"),
        ("site_id,latitude,longitude,premises\nx,134,34,1\n", "not-allowed"),
        ("site_id,latitude,longitude,premises\nx,34,134,1\nx,34,134,1\n", "duplicate-site"),
    ],
)
def test_a_table_that_cannot_be_is_told(tmp_path: Path, text: str, code: str):
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_demands(tmp_path / "d.csv")
    assert code in [p.code for p in told.value.problems]
    with pytest.raises(InputError):
        read_demands(tmp_path / "none.csv")


def test_routes_that_cannot_be_are_told(tmp_path: Path):
    areas, _, _ = village(1)
    for text in ("from,to,km\na0,a1,-2\n", "from,to\na0,a1\n", "from,to,km\na0,a1,x\n"):
        (tmp_path / "r.csv").write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            read_routes(tmp_path / "r.csv", areas)


@pytest.mark.parametrize(
    "change", [{"premises": np.array([1.0, -1, 1, 1])}, {"kinds": ("sea",) * 4}, {"mbps": np.ones(3)}]
)
def test_areas_that_cannot_be_are_refused(change: dict[str, Any]):
    areas, routes, sites = village(2)
    with pytest.raises(UsageError):
        least_cost(replace(areas, **change), routes, sites, defaults())


def test_an_unknown_technology_or_assumption_is_refused():
    with pytest.raises(UsageError):
        least_cost(*village(2), defaults(), technologies=("carrier-pigeon",))
    with pytest.raises(UsageError):
        defaults().changed({"fibre_yen": 3})
    with pytest.raises(UsageError):
        defaults().changed({"fwa_site_yen": -3})


def test_every_assumption_lies_in_its_range_and_says_where_it_is_from():
    for row in defaults():
        assert row.low <= row.value <= row.high and row.source and row.certainty in "ABCDE" and row.ja and row.unit


def test_the_check_sees_a_plan_that_does_not_add_up(town: Any):
    told = town[0].as_dict()
    assert faults_of_access({**told, "value": told["value"] * 1.01})
    assert faults_of_access({**told, "bound": told["value"] * 1.01})
    assert faults_of_access({**told, "areas": told["areas"][1:]})
