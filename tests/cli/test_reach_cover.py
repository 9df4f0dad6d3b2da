"""``daremo reach cover`` and ``median``: the best that trying everything finds, in the documented form."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daremo.reach.travel.sphere import haversine_km
from tests.conftest import Ran


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty points and eight places in GeoJSON and CSV."""
    folder = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(11)
    lat, lon, need = 35 + rng.random(30) * 0.1, 139 + rng.random(30) * 0.1, rng.integers(1, 40, 30)
    text = "id,latitude,longitude,weight\n" + "\n".join(f"d{i},{lat[i]},{lon[i]},{need[i]}" for i in range(30))
    (folder / "demand.csv").write_text(text)
    plat, plon, cost = 35 + rng.random(8) * 0.1, 139 + rng.random(8) * 0.1, rng.integers(1, 5, 8) * 1_000_000
    rows = [f"{j + 1:03d},館{j},{plat[j]},{plon[j]},{cost[j]},組{j % 3}" for j in range(8)]
    (folder / "places.csv").write_text("id,name,latitude,longitude,cost_yen,organisation\n" + "\n".join(rows))
    np.savez(folder / "truth.npz", km=haversine_km(lat, lon, plat, plon), need=need, cost=cost)
    return folder


def reached(world: Path, chosen: tuple[int, ...], radius: float) -> float:
    truth = np.load(world / "truth.npz")
    near = (truth["km"][:, list(chosen)] <= radius).any(axis=1) if chosen else np.zeros(30, bool)
    return float(truth["need"][near].sum())


@pytest.mark.parametrize("p", [0, 1, 3, 8, 20])
def test_a_number_of_places_reaches_as_many_as_trying_every_choice(p: int, world: Path, daremo: Callable[..., Ran]):
    told = daremo(
        "reach", "cover", world / "demand.csv", world / "places.csv", "--radius-km", 2.5, "--p", p, "--json"
    ).json
    best = max(reached(world, s, 2.5) for s in itertools.combinations(range(8), min(p, 8)))
    assert told["value"] == told["bound"] == best == reached(world, tuple(told["open_index"]), 2.5)
    assert told["open"] == [f"{j + 1:03d}" for j in told["open_index"]] and len(told["open"]) <= p


@pytest.mark.parametrize("budget", [0, 2_000_000, 5_000_000])
def test_a_budget_is_kept_and_well_spent(budget: int, world: Path, daremo: Callable[..., Ran]):
    told = daremo(
        "reach",
        "cover",
        world / "demand.csv",
        world / "places.csv",
        "--radius-km",
        2.5,
        "--budget-yen",
        budget,
        "--json",
    ).json
    cost = np.load(world / "truth.npz")["cost"]
    able = [s for n in range(9) for s in itertools.combinations(range(8), n) if cost[list(s)].sum() <= budget]
    assert told["value"] == max(reached(world, s, 2.5) for s in able)
    assert told["cost_yen"] == cost[told["open_index"]].sum() <= budget


def test_conditions_hold_and_so_does_the_proof(world: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "cover"
    ran = daremo(
        "reach", "cover", world / "demand.csv", world / "places.csv", "--radius-km", 2.5, "--p", 3, "--must", "002",
        "--never", "001", "--organisation", "organisation", "--most-per-organisation", 1, "-o", out, "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.out
    opened = ran.json["open_index"]
    assert 1 in opened and 0 not in opened and len({j % 3 for j in opened}) == len(opened)
    allowed = [
        s
        for n in (1, 2, 3)
        for s in itertools.combinations(range(1, 8), n)
        if 1 in s and len({j % 3 for j in s}) == len(s)
    ]
    assert ran.json["value"] == max(reached(world, s, 2.5) for s in allowed)
    assert daremo("reach", "verify", out).code == 0


@pytest.mark.parametrize("options", [("--gradual",), ("--backup", 0.5), ("--gradual", "--backup", 0.25)])
def test_weighted_people_are_told_beside_people(
    options: tuple[object, ...], world: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    out = tmp_path / "cover"
    common = ("reach", "cover", world / "demand.csv", world / "places.csv", "--radius-km", 2.5, "--p", 3)
    told = daremo(*common, *options, "-o", out, "--json").json
    assert told["people_within"] == reached(world, tuple(told["open_index"]), 2.5)
    assert told["value"] <= told["bound"] and daremo("reach", "verify", out).code == 0
    assert "重みを付けると" in daremo(*common, *options).out


def test_both_a_number_and_a_budget_is_refused(world: Path, daremo: Callable[..., Ran]):
    ran = daremo(
        "reach",
        "cover",
        world / "demand.csv",
        world / "places.csv",
        "--radius-km",
        2,
        "--p",
        1,
        "--budget-yen",
        1,
        "--json",
    )
    assert ran.code == 2 and ran.json["error"]["code"] == "p-or-budget"


@pytest.mark.parametrize("form", ["points", "plane", "trips"])
def test_a_median_is_the_best_of_every_choice_in_every_form_of_csv(
    form: str, world: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    rng = np.random.default_rng(3)
    x, y, w = rng.integers(0, 50, 9), rng.integers(0, 50, 9), rng.integers(1, 9, 9)
    path = tmp_path / "m.csv"
    if form == "points":
        cost = haversine_km(34 + y / 100, 133 + x / 100, 34 + y / 100, 133 + x / 100)
        path.write_text(
            "緯度,経度,人口\n" + "\n".join(f"{34 + b / 100},{133 + a / 100},{c}" for a, b, c in zip(x, y, w))
        )
    else:
        cost = np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y)).astype(float)
        if form == "plane":
            path.write_text("x,y,weight\n" + "\n".join(f"{a},{b},{c}" for a, b, c in zip(x, y, w)))
        else:
            lines = [f"{i},{j},{float(cost[i, j])!r},{w[i]}" for i in range(9) for j in range(9)]
            path.write_text("demand,place,cost,weight\n" + "\n".join(lines))
    told = daremo("reach", "median", path, "--format", "csv", "--p", 3, "--json").json
    best = min((cost[:, list(s)].min(axis=1) * w).sum() for s in itertools.combinations(range(9), 3))
    assert told["value"] == pytest.approx(best) and told["bound"] == pytest.approx(best)
    assert (cost[:, told["open_index"]].min(axis=1) * w).sum() == pytest.approx(best)


def test_a_tsplib_file_needs_p_and_answers_in_whole_distances(daremo: Callable[..., Ran], tmp_path: Path):
    path = tmp_path / "t.tsp"
    path.write_text(
        "NAME: t\nDIMENSION: 4\nEDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 1 1\n3 9 9\n4 9 7\nEOF\n"
    )
    assert daremo("reach", "median", path, "--format", "tsplib", "--json").json["error"]["code"] == "no-p"
    told = daremo("reach", "median", path, "--format", "tsplib", "--p", 2, "--json").json
    assert told["value"] == told["bound"] == 3 and set(told["open"]) <= {1, 2, 3, 4}
    assert daremo("reach", "median", path, "--p", 4, "--json").json["value"] == 0


def test_a_pmed_file_is_solved_to_its_published_optimum(shared_data: Path, daremo: Callable[..., Ran], tmp_path: Path):
    path = shared_data / "pmedian" / "pmed1.txt"
    told = daremo("reach", "median", path, "--format", "orlib", "-o", tmp_path / "m", "--json").json
    assert told["value"] == told["bound"] == 5819 and len(told["open"]) == 5
    assert daremo("reach", "verify", tmp_path / "m").code == 0
    fewer = daremo("reach", "median", path, "--p", 1, "--json").json
    assert fewer["p"] == 1 and fewer["value"] > 5819


def test_a_curve_rises_and_every_point_is_the_best(world: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "curve"
    common = ("reach", "frontier", world / "demand.csv", world / "places.csv", "--radius-km", 2.5, "--gap", 0)
    ran = daremo(*common, "--p", 4, "--p", 1, "--p", 2, "-o", out, "--json")
    assert ran.code == 0, ran.out
    points = ran.json["points"]
    assert [p["given"] for p in points] == [1, 2, 4]
    for point in points:
        n = int(point["given"])
        assert (
            point["value"] == point["bound"] == max(reached(world, s, 2.5) for s in itertools.combinations(range(8), n))
        )
    assert ran.json["value"] == points[-1]["value"] and ran.json["open"] == points[-1]["open"]
    assert all((out / name).is_file() for name in ("answer.json", "curve.svg", "map.svg", "map.html"))
    money = daremo(*common, "--budget-yen", "300万", "--budget-yen", "600万", "--json").json
    assert money["unit"] == "yen" and all(p["spent"] <= p["given"] for p in money["points"])
    assert "これより多くはできない数" in daremo(*common, "--p", 2).out
    assert daremo(*common, "--json").json["error"]["code"] == "no-money"
