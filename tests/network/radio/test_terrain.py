"""Terrain and coverage: every way to read a grid gives the same grid, and the map is P.1812 along each profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daremo.kernel.errors import InputError
from daremo.network.radio.coverage import Site, coverage, losses_between
from daremo.network.radio.p1812 import Service, path_loss, profile
from daremo.network.radio.raster import Raster, flat, raster, with_clutter
from daremo.network.radio.read import read_terrain, write_ascii

SERVICE = Service(4.7)


@pytest.fixture
def hills() -> Raster:
    rng = np.random.default_rng(5)
    rows, columns = np.mgrid[0:30, 0:40]
    height = 60 + 50 * np.sin(rows / 5) * np.cos(columns / 7) + rng.uniform(0, 5, (30, 40))
    return raster(height, 1000, 2000, 100, degrees=False, clutter_m=rng.choice([0.0, 10.0, 15.0], (30, 40)))


def codes(told: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [p.code for p in told.value.problems]


def test_three_files_of_one_grid_are_read_alike(tmp_path: Path):
    height = np.array([[5.0, 6, 7], [1, 2, 3]])
    write_ascii(tmp_path / "a.asc", height, 134.0, 34.0, 0.001)
    np.savez(tmp_path / "b.npz", height_m=height, west=134.0, south=34.0, cell=0.001)
    rows = ["longitude,latitude,height_m"]
    rows += [
        f"{134 + (c + 0.5) * 0.001:.6f},{34 + (1.5 - r) * 0.001:.6f},{height[r, c]}" for c in range(3) for r in (1, 0)
    ]
    (tmp_path / "c.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    grids = [read_terrain(tmp_path / name) for name in ("a.asc", "b.npz", "c.csv")]
    for g in grids:
        assert g.height_m.tolist() == height.tolist() and g.degrees
        assert (g.west, g.south, g.cell_x) == pytest.approx((134.0, 34.0, 0.001))
    assert grids[0].cell_km == pytest.approx((0.001 * 111.32 * np.cos(np.radians(34.001)), 0.11095))


def test_a_corner_given_as_a_centre_is_half_a_cell_further(tmp_path: Path):
    text = "ncols 2\nnrows 2\nxllcenter 50\nyllcenter 50\ncellsize 100\nNODATA_value -1\n1 2\n3 4\n"
    (tmp_path / "a.asc").write_text(text, encoding="ascii")
    g = read_terrain(tmp_path / "a.asc")
    assert (g.west, g.south, g.degrees) == (0.0, 0.0, False)
    assert g.height_m[1, 0] == 3 and g.at(50, 50) == (1.0, 0.0)


def test_holes_are_refused_or_filled_as_asked(tmp_path: Path):
    height = np.array([[np.nan, 6.0, 7], [1, 2, 3]])
    write_ascii(tmp_path / "a.asc", height, 0, 0, 100)
    with pytest.raises(InputError) as told:
        read_terrain(tmp_path / "a.asc")
    assert codes(told) == ["terrain-holes"]
    sea, near = (read_terrain(tmp_path / "a.asc", holes=h) for h in ("sea", "near"))  # type: ignore[arg-type]
    assert sea.height_m[0, 0] == 0 and sea.zone[0, 0] == 1 and sea.filled == 1
    assert near.height_m[0, 0] in (6.0, 1.0) and near.zone[0, 0] == 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cell": 0.5}, "terrain-units"),
        ({"height_m": np.full((3, 3), 30_000.0)}, "terrain-heights"),
        ({"height_m": np.zeros(3)}, "terrain-shape"),
        ({"clutter_m": np.full((3, 3), -1.0)}, "negative-height"),
        ({"clutter": np.full((3, 3), 9)}, "unknown-clutter"),
        ({"clutter_m": np.zeros((2, 3))}, "terrain-shape"),
        ({"degrees": True, "cell": 100}, "terrain-units"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(change: dict[str, Any], code: str):
    given: dict[str, Any] = {"height_m": np.zeros((3, 3)), "west": 0.0, "south": 0.0, "cell": 100.0, **change}
    with pytest.raises(InputError) as told:
        raster(**given)
    assert code in codes(told)


@pytest.mark.parametrize("text", ["", "ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 9\n1 2 3\n", "x,y\n1,2\n"])
def test_a_damaged_file_is_told(tmp_path: Path, text: str):
    for name in ("a.asc", "a.csv", "a.npz"):
        (tmp_path / name).write_text(text, encoding="ascii")
        with pytest.raises(InputError) as told:
            read_terrain(tmp_path / name)
        assert codes(told) == ["bad-terrain-file"]
    with pytest.raises(InputError) as told:
        read_terrain(tmp_path / "none.asc")
    assert codes(told) == ["no-terrain-file"]


def test_points_off_a_grid_are_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_text("x,y,height_m\n0,0,1\n100,0,1\n0,100,1\n137,100,1\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_terrain(tmp_path / "a.csv")
    assert codes(told) == ["bad-terrain-file"]


def test_the_map_is_the_loss_along_each_profile(hills: Raster):
    site = Site("mast", 1000 + 20.63 * 100, 2000 + 9.41 * 100, 25.0)
    got = coverage(hills, [site], SERVICE, receiver_m=1.5).loss_db_sk[0]
    row_t, column_t = (float(v) for v in hills.at(site.x, site.y))
    rng = np.random.default_rng(1)
    for _ in range(60):
        r, c = int(rng.integers(30)), int(rng.integers(40))
        km = float(np.hypot(r - row_t, c - column_t)) / 10
        if km < 0.3:
            continue
        n = max(5, int(np.ceil(km / 0.1)) + 1)
        rows, columns = np.linspace(row_t, r, n), np.linspace(column_t, c, n)
        r0, c0 = np.minimum(rows.astype(int), 28), np.minimum(columns.astype(int), 38)
        a, b = rows - r0, columns - c0
        h = hills.height_m
        between = (h[r0, c0] * (1 - b) + h[r0, c0 + 1] * b) * (1 - a) + (
            h[r0 + 1, c0] * (1 - b) + h[r0 + 1, c0 + 1] * b
        ) * a
        clutter = hills.clutter_m[(rows + 0.5).astype(int), (columns + 0.5).astype(int)]
        one = path_loss(profile(np.linspace(0, km, n), between, clutter), SERVICE, 25.0, 1.5, hills.latitude)[0]
        assert got[r, c] == pytest.approx(one, abs=1e-3)


def test_single_points_agree_with_the_map(hills: Raster):
    site = Site("mast", 1850.0, 3050.0, 30.0)
    whole = coverage(hills, [site], SERVICE, receiver_m=6.0).loss_db_sk[0]
    x, y = hills.centres()
    some = losses_between(hills, [site], x[[3, 17, 39]], y[[4, 0, 29]], SERVICE, receiver_m=6.0)[0]
    assert some == pytest.approx(whole[[4, 0, 29], [3, 17, 39]], abs=1e-3)


def test_nothing_is_computed_beyond_the_greatest_distance(hills: Raster):
    site = Site("mast", 3000.0, 3500.0, 30.0)
    got = coverage(hills, [site], SERVICE, max_km=0.75)
    row, column = hills.at(site.x, site.y)
    km = np.hypot(np.arange(30)[:, None] - row, np.arange(40)[None] - column) / 10
    assert (np.isnan(got.loss_db_sk[0]) == (km > 0.75)).all()
    assert got.paths == int((km <= 0.75).sum())


def test_the_best_site_is_the_one_heard_loudest(hills: Raster):
    sites = [Site("a", 1500.0, 3000.0, 30.0, 40.0), Site("b", 4500.0, 3000.0, 30.0, 40.0)]
    got = coverage(hills, sites, SERVICE, max_km=2.0)
    at, power = got.best()
    for r in range(0, 30, 5):
        for c in range(0, 40, 5):
            heard = [40 - float(v) for v in got.loss_db_sk[:, r, c] if not np.isnan(v)]
            assert (at[r, c] == -1) == (not heard)
            if heard:
                assert power[r, c] == pytest.approx(max(heard), abs=1e-4)


def test_sea_between_two_shores_changes_the_loss():
    classes = np.full((5, 200), 2)
    classes[:, 40:160] = 1
    land = raster(np.full((5, 200), 2.0), 0, 0, 100, degrees=False)
    water = with_clutter(land, classes)
    site = Site("shore", 150.0, 250.0, 40.0)
    strong = Service(0.7, 1.0)
    dry, wet = (coverage(t, [site], strong).loss_db_sk[0, 2, 190] for t in (land, water))
    assert wet != pytest.approx(dry, abs=0.05)


def test_all_faults_of_sites_are_told_together(hills: Raster):
    wrong = [Site("far", 0.0, 0.0, 20.0), Site("deep", 1500.0, 2500.0, -3.0), Site("low", 1500.0, 2500.0, 0.5)]
    with pytest.raises(InputError) as told:
        coverage(hills, wrong, SERVICE)
    assert sorted(codes(told)) == ["negative-height", "outside-p1812", "site-outside"]
    with pytest.raises(InputError) as told:
        coverage(hills, [], SERVICE)
    assert codes(told) == ["no-radio-site"]


def test_flat_ground_has_cells_of_the_wanted_size():
    g = flat(134.0, 34.0, 134.1, 34.1, 250.0)
    assert g.cell_km == pytest.approx((0.25, 0.25), rel=1e-4) and g.degrees
    assert g.size_km[1] == pytest.approx(0.1 * 110.95, abs=0.25)


def test_clutter_beside_any_terrain_is_read_and_must_fit(tmp_path: Path):
    height = np.array([[5.0, 6, 7], [1, 2, 3]])
    np.savez(tmp_path / "b.npz", height_m=height, west=0.0, south=0.0, cell=100.0)
    write_ascii(tmp_path / "c.asc", np.array([[1.0, 3, 4], [2, 5, 3]]), 0, 0, 100)
    land = read_terrain(tmp_path / "b.npz", clutter=tmp_path / "c.asc")
    assert land.clutter_m.tolist() == [[0, 10, 15], [0, 20, 10]] and land.zone[0].tolist() == [1, 4, 4]
    write_ascii(tmp_path / "d.asc", np.array([[1.0, 3, 4], [2, 5, 3]]), 50, 0, 100)
    with pytest.raises(InputError) as told:
        read_terrain(tmp_path / "b.npz", clutter=tmp_path / "d.asc")
    assert codes(told) == ["terrain-shape"]
