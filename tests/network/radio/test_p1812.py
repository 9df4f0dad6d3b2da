"""ITU-R P.1812: the ITU's own validation profiles, an independent program, and what must hold of any path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.p1812_plain import bullington, loss_db
from daremo.kernel.errors import UsageError
from daremo.network.radio.diffraction import bullington_db, smooth_bullington_db
from daremo.network.radio.p1812 import (
    Profiles,
    Service,
    field_strength_dbuv_m,
    location_sigma_db,
    path_loss,
    path_terms,
    profile,
    together,
)
from tests.network.radio.profiles import Case, logged, read, rugged


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    if not (shared_data / "p1812" / "profiles").is_dir():
        pytest.skip("no validation profiles of P.1812 in the shared data")
    return shared_data / "p1812"


@pytest.fixture(scope="module")
def cases(folder: Path) -> list[Case]:
    found = [c for path in sorted((folder / "profiles").glob("*.csv")) for c in read(path)]
    assert len(found) == 63
    return found


def test_every_validation_profile_is_met_within_a_millionth_of_a_decibel(cases: list[Case]):
    for c in cases:
        loss = path_loss(c.path, c.service, c.antenna_t_m, c.antenna_r_m, c.latitude)
        assert loss[0] == pytest.approx(c.loss_db, abs=1e-6), (c.name, c.number)


def test_the_field_strength_of_every_validation_profile_is_met_too(cases: list[Case]):
    for c in cases:
        loss = path_loss(c.path, c.service, c.antenna_t_m, c.antenna_r_m, c.latitude)
        field = field_strength_dbuv_m(loss, c.service.f_ghz, c.erp_kw)
        assert field[0] == pytest.approx(c.field_db, abs=1e-6), (c.name, c.number)


def test_intermediate_terms_agree_with_the_reference_log(cases: list[Case], folder: Path):
    names = {"free_space": "Lbfs", "los": "Lb0p", "diffraction": "Ldp", "anomalous": "Lba", "troposcatter": "Lbs"}
    seen = 0
    for c in cases:
        path = folder / "results" / f"{c.name}_{c.number}_log.csv"
        if not path.is_file():
            continue
        log = logged(path)
        terms = path_terms(c.path, c.service, c.antenna_t_m, c.antenna_r_m, c.latitude)
        for ours, theirs in names.items():
            assert terms[ours][0] == pytest.approx(log[theirs], abs=2e-6), (c.name, c.number, ours)
        seen += 1
    assert seen >= 30


def test_paths_of_a_batch_do_not_touch_each_other(cases: list[Case]):
    one = [c for c in cases if c.service == cases[0].service] + [cases[0]]
    whole = path_loss(
        together([c.path for c in one]), one[0].service, [c.antenna_t_m for c in one], [c.antenna_r_m for c in one],
        [c.latitude for c in one],
    )  # fmt: skip
    alone = [path_loss(c.path, c.service, c.antenna_t_m, c.antenna_r_m, c.latitude)[0] for c in one]
    assert whole.tolist() == alone


@pytest.mark.parametrize("sea", [False, True])
@pytest.mark.parametrize("percent", [1.0, 7.0, 50.0])
def test_the_kernel_equals_plain_numpy_on_random_paths(sea: bool, percent: float):
    rng = np.random.default_rng(int(percent) + 100 * sea)
    for trial in range(60):
        r = rugged(rng, int(rng.integers(5, 120)), float(rng.uniform(0.3, 300)), sea=sea)
        f, tall_t, tall_r = float(rng.choice([0.06, 0.7, 2.1, 4.7, 6.0])), rng.uniform(1, 200), rng.uniform(1, 30)
        pol, latitude, delta_n, n0 = int(rng.integers(1, 3)), float(rng.uniform(-80, 80)), 52.0, 340.0
        coast = float(rng.choice([1.0, 500.0]))
        service = Service(f, percent, 90.0, pol == 2, 5.5, delta_n, n0)
        ours = path_loss(
            profile(r["d"], r["h"], r["clutter"], r["zone"]), service, tall_t, tall_r, latitude,
            coast_t_km=coast, coast_r_km=coast,
        )  # fmt: skip
        plain = loss_db(
            f, percent, r["d"], r["h"], r["clutter"], r["zone"], tall_t, tall_r, pol, latitude, delta_n, n0,
            service.location_db, coast, coast,
        )  # fmt: skip
        assert ours[0] == pytest.approx(plain, abs=1e-9), trial


def test_bullington_over_flat_ground_finds_the_same_peak_by_halving():
    rng = np.random.default_rng(3)
    for _ in range(300):
        km = float(rng.uniform(0.3, 200))
        d = rugged(rng, int(rng.integers(5, 200)), km)["d"]
        tall, low, f = rng.uniform(1, 500), rng.uniform(1, 100), float(rng.uniform(0.03, 6))
        whole = bullington(d, np.zeros(d.size), tall, low, 8500.0, f)
        assert smooth_bullington_db(d, tall, low, 8500.0, f) == pytest.approx(whole, abs=1e-10)
        assert bullington_db(d, np.zeros(d.size), tall, low, 8500.0, f) == pytest.approx(whole, abs=1e-10)


def test_a_free_path_loses_what_free_space_loses():
    d = np.linspace(0, 5, 51)
    loss = path_loss(profile(d, np.zeros(51)), Service(2.0), 200.0, 200.0, 35.0)[0]
    assert loss == pytest.approx(92.4 + 20 * np.log10(2.0) + 20 * np.log10(5), abs=0.01)


def test_a_hill_in_between_costs_much_above_the_metre_waves():
    d, flat = np.linspace(0, 10, 101), np.zeros(101)
    hill = flat.copy()
    hill[50] = 150.0
    for f in (0.7, 4.7):
        before, after = (path_loss(profile(d, h), Service(f), 30.0, 1.5, 35.0)[0] for h in (flat, hill))
        assert after > before + 5


def test_a_stricter_share_of_places_costs_what_the_spread_says():
    d = np.linspace(0, 3, 31)
    sigma = location_sigma_db(4.7, 100.0)
    path = profile(d, np.zeros(31), np.full(31, 15.0))
    median = path_loss(path, Service(4.7, location_sigma_db=sigma), 20.0, 1.5, 35.0)[0]
    strict = path_loss(path, Service(4.7, percent_locations=95.0, location_sigma_db=sigma), 20.0, 1.5, 35.0)[0]
    assert strict - median == pytest.approx(1.645 * sigma, abs=0.01)


@pytest.mark.parametrize("f", [0.029, 6.01, 2100.0, float("nan")])
def test_a_frequency_outside_the_recommendation_is_refused(f: float):
    with pytest.raises(UsageError) as told:
        Service(f)
    assert told.value.code == "outside-p1812"


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("d", [0, 1, 1, 2, 3]),
        ("d", [1, 2, 3, 4, 5]),
        ("h", [0, 0, np.nan, 0, 0]),
        ("c", [0, -1, 0, 0, 0]),
        ("z", [2] * 5),
    ],
)
def test_a_profile_that_cannot_be_is_refused(change: str, value: list[float]):
    parts: dict[str, Any] = {"d": [0, 1, 2, 3, 4], "h": [0] * 5, "c": [0] * 5, "z": [4] * 5, change: value}
    with pytest.raises(UsageError) as told:
        path_loss(profile(parts["d"], parts["h"], parts["c"], parts["z"]), Service(1.0), 10.0, 1.5, 35.0)
    assert told.value.code == "bad-profile"


def test_four_points_are_too_few_and_half_a_metre_is_no_antenna():
    with pytest.raises(UsageError):
        path_loss(profile([0, 1, 2, 3], [0] * 4), Service(1.0), 10.0, 1.5, 35.0)
    with pytest.raises(UsageError) as told:
        path_loss(profile(range(5), [0] * 5), Service(1.0), 10.0, 0.5, 35.0)
    assert told.value.code == "outside-p1812"


def test_no_path_at_all_gives_no_loss():
    nothing = Profiles(np.zeros(1, np.int64), np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int8))
    assert path_loss(nothing, Service(1.0), 10.0, 1.5, 35.0).shape == (0,)
