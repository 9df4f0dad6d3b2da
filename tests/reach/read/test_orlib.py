"""OR-Library and TSPLIB files: distances as the published optima were computed with."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from daremo.kernel.errors import InputError
from daremo.reach.read.orlib import read_orlib
from daremo.reach.read.tsplib import read_tsplib


def written(folder: Path, text: str) -> Path:
    path = folder / "instance.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_repeated_edge_takes_its_last_length_in_either_direction(tmp_path: Path):
    got = read_orlib(written(tmp_path, " 3 4 1\n 1 2 9\n 2 3 1\n 2 1 4\n 1 3 90\n"))
    assert got.p == 1 and got.cost_dp.tolist() == [[0, 4, 5], [4, 0, 1], [5, 1, 0]]


def test_roads_of_no_length_loops_and_lonely_points_are_kept(tmp_path: Path):
    got = read_orlib(written(tmp_path, "4 3 2\n1 2 0\n2 3 7\n3 3 5\n"))
    assert got.cost_dp[0].tolist() == [0, 0, 7, np.inf]
    assert got.cost_dp[3].tolist() == [np.inf, np.inf, np.inf, 0]


def test_a_capacitated_file_is_recognised_by_its_content(tmp_path: Path):
    got = read_orlib(written(tmp_path, " 7 99\n 3 1 120\n 1 0 0 3\n 2 3 4 14\n 3 1 1 1\n"))
    assert got.capacity_p is not None and got.capacity_p.tolist() == [120] * 3
    assert (got.p, got.published, got.weight_d.tolist()) == (1, 99, [3, 14, 1])
    assert got.cost_dp[0].tolist() == [0, 5, 1]


@pytest.mark.parametrize(
    "text",
    [
        "3 2 1\n1 2 9\n",
        "a b c",
        "3 1 1\n1 4 9\n",
        "3 1 1\n1 2 -9\n",
        "",
        "1 1\n2 1 5\n1 0 0 1\n3 0 0 1\n",
        "3 1 1 nan 2 1",
    ],
)
def test_a_file_that_is_neither_is_refused_with_its_name(text: str, tmp_path: Path):
    with pytest.raises(InputError) as e:
        read_orlib(written(tmp_path, text))
    assert "instance.txt" in e.value.problems[0].file


def test_every_shared_graph_says_its_size_and_lies_between_its_known_optimum(shared_data: Path):
    known = {
        r["instance"]: r
        for r in csv.DictReader((shared_data / "pmedian" / "known_optima.csv").read_text().splitlines())
    }
    for name in ("pmed1", "pmed13"):
        got = read_orlib(shared_data / "pmedian" / f"{name}.txt")
        row = known[name]
        assert (got.n, got.p) == (int(row["n"]), int(row["p"]))
        assert np.isfinite(got.cost_dp).all() and np.array_equal(got.cost_dp, got.cost_dp.T)
        nearest = np.sort(got.cost_dp + np.where(np.eye(got.n), np.inf, 0), axis=1)[:, 0]
        assert np.sort(nearest)[: got.n - (got.p or 0)].sum() <= float(row["value"]) <= got.cost_dp.sum(axis=1).min()


def test_tsplib_distances_are_rounded_down_and_points_keep_their_numbers(tmp_path: Path):
    text = "NAME : t\nTYPE: TSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n3 1.0e+00 1\n2 3 4\nEOF\n"
    got = read_tsplib(written(tmp_path, text))
    assert (got.name, got.n, got.p, got.first) == ("t", 3, None, 1)
    assert got.cost_dp.tolist() == [[0, 5, 1], [5, 0, 3], [1, 3, 0]]


@pytest.mark.parametrize(("kind", "length"), [("CEIL_2D", 2), ("MAN_2D", 2), ("MAX_2D", 1), ("ATT", 1), ("GEO", 158)])
def test_each_kind_of_distance_is_its_own(kind: str, length: float, tmp_path: Path):
    text = f"DIMENSION: 2\nEDGE_WEIGHT_TYPE: {kind}\nNODE_COORD_SECTION\n1 0 0\n2 1 1\n"
    assert read_tsplib(written(tmp_path, text)).cost_dp[0, 1] == length


@pytest.mark.parametrize(
    ("form", "numbers"),
    [("UPPER_ROW", "1 2 3"), ("LOWER_DIAG_ROW", "0 1 0 2 3 0"), ("FULL_MATRIX", "0 1 2 1 0 3 2 3 0")],
)
def test_explicit_matrices_are_read(form: str, numbers: str, tmp_path: Path):
    text = f"DIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: {form}\nEDGE_WEIGHT_SECTION\n{numbers}\nEOF"
    assert read_tsplib(written(tmp_path, text)).cost_dp.tolist() == [[0, 1, 2], [1, 0, 3], [2, 3, 0]]


@pytest.mark.parametrize(
    "text",
    [
        "DIMENSION: 2\nNODE_COORD_SECTION\n1 0 0\n",
        "NODE_COORD_SECTION\n1 0 0\n",
        "DIMENSION: 1\nEDGE_WEIGHT_TYPE: XRAY1\nNODE_COORD_SECTION\n1 0 0\n",
        "DIMENSION: 2\nNODE_COORD_SECTION\n1 0 0\n1 1 1\n",
    ],
)
def test_a_damaged_tsplib_file_is_refused(text: str, tmp_path: Path):
    with pytest.raises(InputError):
        read_tsplib(written(tmp_path, text))


def test_the_shared_point_sets_are_read(shared_data: Path):
    got = read_tsplib(shared_data / "pmedian" / "rl1304.tsp")
    assert got.n == 1304 and np.array_equal(got.cost_dp, np.floor(got.cost_dp)) and got.xy is not None
