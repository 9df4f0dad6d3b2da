"""``daremo network access`` and ``local5g``: numbers, maps, tables, and clear words for what cannot be."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from daremo.cli.network.drawing import rectangles
from daremo.network.radio.read import write_ascii
from daremo.network.verify_access import faults_of_access
from daremo.region.model import table_schema


@pytest.fixture
def terrain(tmp_path: Path) -> Path:
    rows, columns = np.mgrid[0:40, 0:50]
    write_ascii(tmp_path / "t.asc", 60 + 30 * np.sin(rows / 6) * np.cos(columns / 8), 1000.0, 2000.0, 100.0)
    return tmp_path / "t.asc"


def test_access_gives_value_bound_and_a_line_for_everybody(daremo: Callable[..., Any], small_town: Path):
    ran = daremo("network", "access", small_town, "--json", "--quiet")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["bound"] <= told["value"] * (1 + 1e-9) and told["gap_share"] < 0.02 and told["cpu_seconds"] > 0
    assert faults_of_access(told) == []
    assert {r["technology"] for r in told["areas"]} <= {"fibre", "fwa", "local5g", "mobile", "satellite"}
    assert all(r["certainty"] in "ABCDE" for r in told["assumptions"])


def test_the_same_seed_gives_the_same_numbers(daremo: Callable[..., Any], small_town: Path):
    one, two = (daremo("network", "access", small_town, "--json", "--quiet").json for _ in range(2))
    assert {**one, "cpu_seconds": 0} == {**two, "cpu_seconds": 0}


def test_access_writes_a_map_tables_and_actions(daremo: Callable[..., Any], small_town: Path, tmp_path: Path):
    ran = daremo("network", "access", small_town, "-o", tmp_path / "out", "--lang", "en", "--years", "0,10")
    assert ran.code == 0 and "No choice costs less than" in ran.out
    folder = tmp_path / "out"
    ET.parse(folder / "map.svg")
    features = json.loads((folder / "access.geojson").read_text(encoding="utf-8"))["features"]
    told = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    assert sum(f["properties"]["feature"] == "area" for f in features) == len(told["areas"])
    rows = pl.read_csv(folder / "actions.csv")
    assert rows.columns == list(table_schema("actions").names) and rows.height == len(told["by_technology"])
    assert {r["year"] for r in told["spectrum"]} <= {0, 10}


def test_dearer_fibre_makes_the_plan_dearer_and_never_below_the_old_bound(daremo: Callable[..., Any], small_town: Path):
    usual = daremo("network", "access", small_town, "--json", "--quiet").json
    dear = daremo(
        "network", "access", small_town, "--json", "--quiet", "--assume", "fibre_drop_yen=120000", "--assume",
        "fibre_route_yen_km=5000000",
    ).json  # fmt: skip
    assert dear["value"] >= usual["bound"]


def test_own_tables_need_no_region(daremo: Callable[..., Any], tmp_path: Path):
    text = "site_id,kind,latitude,longitude,premises,mbps,hub\nhall,homes,34.30,134.0,0,,yes\nfarm,farm,34.32,134.02,3,50,\n"
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    (tmp_path / "r.csv").write_text("from,to,km\nhall,farm,0.2\n", encoding="utf-8")
    ran = daremo(
        "network", "access", "--demands", tmp_path / "d.csv", "--routes", tmp_path / "r.csv", "--json", "--flips"
    )
    assert ran.code == 0, ran.err
    assert [r["area_id"] for r in ran.json["areas"]] == ["farm"] and ran.json["flips"]


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        ([], "no-question", 2),
        (["--demands", "none.csv"], "no-table", 3),
        (["TOWN", "--technology", "pigeon"], "unknown-technology", 2),
        (["TOWN", "--assume", "fibre"], "bad-assumption", 2),
        (["TOWN", "--assume", "fibres=3"], "unknown-assumption", 2),
        (["TOWN", "--years", "x"], "bad-years", 2),
        (["TOWN", "--terrain", "none.asc"], "no-terrain-file", 3),
        (["TOWN", "--mbps", "100000"], "no-line-possible", 2),
    ],
)
def test_access_says_what_is_wrong(
    daremo: Callable[..., Any], small_town: Path, arguments: list[str], code: str, exit_code: int
):
    ran = daremo("network", "access", *[small_town if a == "TOWN" else a for a in arguments], "--json")
    assert (ran.code, ran.json["error"]["code"]) == (exit_code, code)
    assert ran.json["error"]["fix"]


def test_local5g_plans_over_a_terrain(daremo: Callable[..., Any], terrain: Path, tmp_path: Path):
    out = tmp_path / "out"
    how = ("--spacing-km", 1, "--share", 0.8, "--rate-mbps", 20, "--max-km", 3)
    ran = daremo("network", "local5g", "--terrain", terrain, *how, "-o", out, "--json", "--quiet")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["bound"] <= told["value"] and told["cpu_seconds"] > 0 and told["weight_of"] == "cells"
    assert told["covered_share"] >= 0.8 * told["coverable_share"] - 1e-9
    assert told["terrain"]["width_km"] == pytest.approx(5) and told["terrain"]["rows"] == 40
    ET.parse(out / "map.svg")
    collection = json.loads((out / "local5g.geojson").read_text(encoding="utf-8"))
    assert collection["planar"] is True
    assert sum(f["properties"]["feature"] == "site" for f in collection["features"]) == len(told["sites"])
    served = next(f for f in collection["features"] if f["properties"]["feature"] == "served")
    assert served["properties"]["weight"] / told["weight"] == pytest.approx(told["served_share"])


def test_local5g_counts_residents_of_a_region(daremo: Callable[..., Any], small_town: Path):
    ran = daremo("network", "local5g", small_town, "--p", 3, "--json", "--quiet")
    assert ran.code == 0, ran.err
    assert ran.json["weight_of"] == "people" and len(ran.json["sites"]) <= 3
    assert 2_500 < ran.json["weight"] <= 3_000
    assert ran.json["value"] <= ran.json["bound"]


def test_local5g_in_words_says_value_and_bound(daremo: Callable[..., Any], terrain: Path):
    how = ("--terrain", terrain, "--spacing-km", 2, "--p", 2)
    assert "no choice does better" in daremo("network", "local5g", *how, "--lang", "en").out
    assert "チャネル" in daremo("network", "local5g", *how).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--p", "2", "--spacing-km", "1"], "no-question"),
        (["--terrain", "T", "--spacing-km", "1"], "no-money"),
        (["--terrain", "T", "--p", "1"], "no-candidates"),
        (["--terrain", "T", "--p", "1", "--spacing-km", "0.01"], "bad-spacing"),
        (["--terrain", "T", "--p", "1", "--spacing-km", "1", "--frequency-ghz", "4850"], "outside-p1812"),
        (["--terrain", "T", "--p", "1", "--spacing-km", "1", "--frequency-ghz", "0.02"], "outside-p1812"),
        (["--terrain", "T", "--p", "1", "--spacing-km", "1", "--antenna-m", "0.4"], "outside-p1812"),
        (["--terrain", "T", "--p", "1", "--sites", "S"], "site-outside"),
        (["--terrain", "T", "--p", "1", "--sites", "none.csv"], "bad-radio-site"),
        (["--terrain", "HOLE", "--p", "1", "--spacing-km", "1"], "terrain-holes"),
        (["--terrain", "FEET", "--p", "1", "--spacing-km", "1"], "terrain-heights"),
        (["--terrain", "UNIT", "--p", "1", "--spacing-km", "1"], "terrain-units"),
        (["--terrain", "T", "--p", "1", "--spacing-km", "1", "--rate-mbps", "5000"], "nothing-covered"),
        (["--terrain", "T", "--p", "1", "--spacing-km", "1", "--assume", "local5g_band_mhz=5"], "bad-band"),
    ],
)
def test_local5g_says_what_is_wrong(
    daremo: Callable[..., Any], terrain: Path, tmp_path: Path, arguments: list[str], code: str
):
    (tmp_path / "S").write_text("name,x,y\nfar,99999,2500\n", encoding="utf-8")
    holed = np.full((10, 10), 5.0)
    holed[3, 3] = np.nan
    write_ascii(tmp_path / "HOLE.asc", holed, 0, 0, 100)
    write_ascii(tmp_path / "FEET.asc", np.full((10, 10), 12_000.0), 0, 0, 100)
    write_ascii(tmp_path / "UNIT.asc", np.full((10, 10), 5.0), 0, 0, 0.5)
    names = {"T": terrain, "S": tmp_path / "S"} | {k: tmp_path / f"{k}.asc" for k in ("HOLE", "FEET", "UNIT")}
    ran = daremo("network", "local5g", *[names.get(a, a) for a in arguments], "--json")
    assert ran.code in (2, 3, 4) and ran.json["error"]["code"] == code, ran.out
    assert ran.json["error"]["fix"]


def test_rectangles_cover_exactly_the_cells_of_their_class():
    rng = np.random.default_rng(0)
    for _ in range(20):
        cells = rng.integers(0, 3, (9, 12))
        seen = np.zeros((9, 12), int)
        for r, c, high, wide in rectangles(cells, 1):
            seen[r : r + high, c : c + wide] += 1
        assert (seen == (cells == 1)).all()
