"""Local 5G: what is said to be served is served, with interference, over hills; and the spectrum adds up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daremo.kernel.errors import Infeasible, InputError, UsageError
from daremo.network.access_costs import defaults
from daremo.network.local5g import NEXT_CHANNEL_DB, Local5G, Radio, candidate_grid, distances, plan_local5g
from daremo.network.radio.budget import needed_dbm, noise_dbm, rate_mbps
from daremo.network.radio.coverage import Site
from daremo.network.radio.p1812 import Service
from daremo.network.radio.raster import Raster, raster, with_clutter
from daremo.network.radio.read import read_sites
from daremo.network.spectrum import by_year, spectrum_mhz
from daremo.network.verify_access import faults_of_channels

SERVICE = Service(4.85)


@pytest.fixture(scope="module")
def hills() -> Raster:
    rows, columns = np.mgrid[0:60, 0:60]
    height = 80 + 60 * np.sin(rows / 9) * np.cos(columns / 11)
    return raster(height, 0, 0, 100, degrees=False)


@pytest.fixture(scope="module")
def plan(hills: Raster) -> Local5G:
    return plan_local5g(hills, candidate_grid(hills, 1.0, 15.0, 43.0), SERVICE, Radio(), share=0.95)


def test_enough_is_covered_at_a_cost_that_is_bounded(plan: Local5G):
    told = plan.as_dict()
    assert told["covered_share"] >= 0.95 * told["coverable_share"] - 1e-9
    assert told["bound"] <= told["value"] == len(told["sites"]) == told["cost_yen"]
    assert told["gap_share"] <= 0.2
    assert 0 < told["served_share"] <= told["covered_share"] + 1e-9


def test_the_signal_after_interference_is_what_the_powers_say(plan: Local5G, hills: Raster):
    power = plan.coverage.received_dbm(0.0)
    channel = dict(zip(plan.placement.open, plan.channels.channel_n, strict=True))
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(200):
        r, c = (int(v) for v in rng.integers(0, 60, 2))
        heard = {i: float(power[i, r, c]) for i in channel if np.isfinite(power[i, r, c])}
        best = max(heard, key=lambda i: heard[i]) if heard else -1
        if not heard or heard[best] < plan.radio.needed_dbm:
            assert plan.server[r, c] == -1 and not plan.served[r, c]
            continue
        other = 10 ** (plan.radio.noise_dbm / 10)
        for i, dbm in heard.items():
            away = abs(channel[i] - channel[best])
            if i != best and away < 2:
                other += 10 ** ((dbm - NEXT_CHANNEL_DB * away) / 10)
        sinr = heard[best] - 10 * np.log10(other)
        assert plan.server[r, c] == best and plan.sinr_db[r, c] == pytest.approx(sinr, abs=1e-3)
        seen += 1
    assert seen > 50


def test_the_channels_keep_the_distances_that_interference_asks_for(plan: Local5G):
    assert faults_of_channels(
        plan.apart, plan.channels.channel_n, plan.channels.value, plan.channels.bound, plan.channels.broken
    ) == []  # fmt: skip
    assert max(plan.channels.channel_n) < plan.radio.channels
    if not plan.channels.broken:
        told = plan.as_dict()
        assert told["served_share"] >= 0.9 * told["covered_share"]


def test_two_masts_side_by_side_disturb_each_other_and_two_far_apart_do_not(hills: Raster):
    near = [Site("a", 2000.0, 3000.0, 20.0, 46.0), Site("b", 3000.0, 3000.0, 20.0, 46.0)]
    got = plan_local5g(hills, near, SERVICE, Radio(), p=2)
    assert got.apart[0, 1] >= 1 and abs(got.channels.channel_n[0] - got.channels.channel_n[1]) >= got.apart[0, 1]
    lonely = plan_local5g(
        hills, [replace(near[0], x=300.0), replace(near[1], x=5700.0)], SERVICE, Radio(), p=2, max_km=2
    )
    assert lonely.apart.tolist() == [[0, 0], [0, 0]] and lonely.channels.value == 1


def test_one_channel_only_breaks_what_it_must(hills: Raster):
    near = [Site("a", 2000.0, 3000.0, 20.0, 46.0), Site("b", 3000.0, 3000.0, 20.0, 46.0)]
    got = plan_local5g(hills, near, SERVICE, Radio(band_mhz=20.0), p=2)
    assert got.channels.broken == ((0, 1),) and got.channels.value == pytest.approx(got.channels.bound)
    free = plan_local5g(hills, near, SERVICE, Radio(), p=2)
    assert got.as_dict()["served_share"] < free.as_dict()["served_share"]


def test_a_budget_is_kept_and_more_money_never_covers_less(hills: Raster):
    sites = [replace(s, cost_yen=float(10 + k % 7)) for k, s in enumerate(candidate_grid(hills, 1.5, 15.0, 43.0))]
    shares = []
    for budget in (20.0, 60.0, 120.0):
        got = plan_local5g(hills, sites, SERVICE, Radio(), budget_yen=budget, max_km=3)
        assert got.placement.cost_yen <= budget and got.placement.value <= got.placement.bound
        shares.append(got.placement.weight)
    assert shares == sorted(shares)


def test_harm_is_the_weight_of_the_cells_that_lose_the_rate():
    radio = Radio(rate_mbps=30.0)
    strong, weak = radio.needed_dbm + 20, radio.needed_dbm - 40
    power = np.full((2, 1, 3), np.nan, np.float32)
    power[0, 0] = [strong, strong, weak]
    power[1, 0] = [strong - 1, weak, strong]
    apart, harm = distances(power, np.array([[5.0, 7.0, 11.0]]), radio)
    assert harm[0, 1] == 5.0 and apart[0, 1] == 1


def test_candidates_stand_on_high_land_and_never_in_the_sea(hills: Raster):
    sites = candidate_grid(hills, 2.0, 15.0, 43.0)
    assert len(sites) == 9
    for s in sites:
        r, c = (round(float(v)) for v in hills.at(s.x, s.y))
        part = hills.height_m[r // 20 * 20 : r // 20 * 20 + 20, c // 20 * 20 : c // 20 * 20 + 20]
        assert hills.height_m[r, c] == part.max()
    classes = np.full((60, 60), 1)
    classes[:20, :20] = 2
    assert len(candidate_grid(with_clutter(hills, classes), 2.0, 15.0, 43.0)) == 1
    with pytest.raises(UsageError):
        candidate_grid(hills, 0.1, 15.0, 43.0)


@pytest.mark.parametrize("how", [{}, {"share": 0.9, "p": 2}, {"p": 1, "weight": np.ones((2, 2))}])
def test_a_question_that_cannot_be_is_refused(hills: Raster, how: dict[str, Any]):
    with pytest.raises(UsageError):
        plan_local5g(hills, [Site("a", 500.0, 500.0, 10.0)], SERVICE, Radio(), **how)


def test_a_rate_that_nobody_can_get_is_told(hills: Raster):
    with pytest.raises(Infeasible):
        plan_local5g(hills, [Site("a", 500.0, 500.0, 10.0)], SERVICE, Radio(rate_mbps=2000.0), share=0.9)
    with pytest.raises(UsageError):
        plan_local5g(hills, [Site("a", 500.0, 500.0, 10.0)], SERVICE, Radio(band_mhz=5.0), share=0.9)


def test_power_and_rate_are_each_others_inverse():
    for rate in (5.0, 30.0, 100.0):
        need = needed_dbm(rate, 20.0, 7.0, 0.6, -6.0)
        assert rate_mbps(need, 20.0, 7.0, 0.6, -6.0) == pytest.approx(rate)
    assert noise_dbm(20.0, 7.0) == pytest.approx(-93.97, abs=0.01)
    assert rate_mbps([-130.0, np.nan], 20.0, 7.0, 0.6, -6.0).tolist() == [0, 0]


def test_a_table_of_sites_is_read(tmp_path: Path, hills: Raster):
    (tmp_path / "s.csv").write_text("name,x,y,antenna_m\n港,500,600,\n山,700,800,30\n", encoding="utf-8")
    got = read_sites(tmp_path / "s.csv", hills, antenna_m=12.0, eirp_dbm=40.0, cost_yen=7.0)
    assert got == [Site("港", 500, 600, 12.0, 40.0, 7.0), Site("山", 700, 800, 30.0, 40.0, 7.0)]
    for text in ("name,x\na,1\n", "x,y\n1,b\n", ""):
        (tmp_path / "s.csv").write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as told:
            read_sites(tmp_path / "s.csv", hills, antenna_m=12.0, eirp_dbm=40.0)
        assert told.value.problems[0].code == "bad-radio-site"


def test_spectrum_is_traffic_over_what_a_site_carries():
    assert spectrum_mhz([300.0], [2.0], 1.5, 0.2, 2.5, 3, 0).tolist() == [300 * 1.5 / (2 * 3 * 2.5)]
    assert spectrum_mhz([300.0], [2.0], 1.5, 0.2, 2.5, 3, 2)[0] == pytest.approx(30 * 1.44)
    rows = by_year(["a", "b"], [100.0, 0.0], [1.0, 1.0], defaults(), [0, 5, 10])
    assert [r["year"] for r in rows if r["area_id"] == "a"] == [0, 5, 10]
    assert all(r["mhz_low"] <= r["mhz"] <= r["mhz_high"] for r in rows)
    assert all(r["mhz"] == 0 for r in rows if r["area_id"] == "b")
    with pytest.raises(UsageError):
        spectrum_mhz([1.0], [0.0], 1.5, 0.2, 2.5, 3, 0)
