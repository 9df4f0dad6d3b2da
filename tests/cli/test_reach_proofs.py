"""What is kept with -o is accepted by `reach verify` and refused where it was altered: curves and the worst-off."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daremo.kernel.results import canonical, sha256
from tests.conftest import Ran


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve hamlets and six halls along a road, halls with costs."""
    folder = tmp_path_factory.mktemp("road")
    rows = [f"{i:03d},町{i},{34 + 0.01 * i:.3f},133.0,{10 + 7 * (i % 4)}" for i in range(12)]
    (folder / "demand.csv").write_text("地区コード,地区名,緯度,経度,人口\n" + "\n".join(rows), encoding="utf-8")
    halls = [f"A{j},館{j},{34.005 + 0.02 * j:.3f},133.0,{(2 + j % 3) * 100_000}" for j in range(6)]
    (folder / "places.csv").write_text("施設コード,施設名,緯度,経度,費用\n" + "\n".join(halls), encoding="utf-8")
    return folder


def reseal(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Alter answer.json and give it a fitting digest, as somebody who knows how would."""
    told = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    del told["digest"]
    change(told)
    told["digest"] = sha256(canonical(told))
    (folder / "answer.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize("points", [("--p", 1, "--p", 3), ("--budget-yen", "30万", "--budget-yen", "80万")])
def test_a_curve_keeps_a_proof_of_each_point(
    points: tuple[object, ...], lines: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    out = tmp_path / "curve"
    common = ("reach", "frontier", lines / "demand.csv", lines / "places.csv", "--radius-km", 2, "--gradual")
    ran = daremo(*common, *points, "-o", out, "--json")
    assert ran.code == 0, ran.err
    assert len(json.loads((out / "proof.json").read_text())["answer"]["with"]["points"]["tuple"]) == 2
    told = daremo("reach", "verify", out, "--json")
    assert told.code == 0 and told.json == {"ok": True, "verb": "frontier", "faults": []}


@pytest.mark.parametrize("what", ["value", "bound", "given", "point", "certificate", "need"])
def test_an_altered_curve_is_refused(what: str, lines: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "curve"
    common = ("reach", "frontier", lines / "demand.csv", lines / "places.csv", "--radius-km", 2)
    assert daremo(*common, "--p", 1, "--p", 2, "-o", out).code == 0
    if what in ("value", "bound", "given"):
        reseal(out, lambda told: told["points"][0].update({what: told["points"][0][what] + 1}))
    elif what == "point":
        reseal(out, lambda told: told["points"].pop(0))
    else:
        record = json.loads((out / "proof.json").read_text())
        if what == "certificate":
            first = record["answer"]["with"]["points"]["tuple"][0]["with"]
            pairs = first["certificate"]["dict"]
            next(x for x in pairs if x[0] == "bound")[1] -= 1
        else:
            next(x for x in record["question"]["dict"] if x[0] == "need_d")[1]["data"][3] += 9.0
        (out / "proof.json").write_text(json.dumps(record))
    assert daremo("reach", "verify", out).code == 3


@pytest.mark.parametrize("worst", [("--worst-share", 0.2), ("--worst-areas", 3)])
def test_the_worst_off_are_told_kept_and_checked(
    worst: tuple[object, ...], lines: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    out = tmp_path / "worst"
    common = ("reach", "median", lines / "demand.csv", lines / "places.csv", "--p", 2)
    told = daremo(*common, *worst, "-o", out, "--json").json
    assert told["value"] == pytest.approx(told["bound"]) and told["worst_mean"] >= told["mean"] > 0
    assert told["worst_mean"] * told["worst"] == pytest.approx(told["value"])
    assert daremo("reach", "verify", out).code == 0
    plain = daremo(*common, "--json").json
    assert plain["mean"] <= told["mean"] * (1 + 1e-12)
    reseal(out, lambda answer: answer.update(value=answer["value"] * 0.9))
    assert daremo("reach", "verify", out).code == 3
    twice = daremo(*common, *worst, "--fair", 1, "--json")
    assert twice.json["error"]["code"] == "two-questions"


def test_hours_by_age_add_up_to_the_whole_and_are_checked(small_town: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "hours"
    common = ("reach", "hours", small_town, "--radius-km", 4, "--budget-yen", "2000000", "--gap", 0.05)
    ages = ("--stage", "65-74", "--stage", "75+", "--half", 3, "--half", 1.5)
    told = daremo(*common, *ages, "-o", out, "--json").json
    assert told["stages"] == ["65-74", "75+"] and told["question"]["stage"] == ["65-74", "75+"]
    for row in told["hours"]:
        assert len(row["slot_learners_g"]) == 2
        assert sum(row["attendance_year_g"]) == pytest.approx(row["attendance_year"])
        assert sum(row["slot_learners_g"]) == pytest.approx(row["slot_learners"])
    assert told["value"] <= told["bound"] <= told["bound_certified"]
    assert told["people"] == daremo(*common, "--need", "65+", "--json").json["people"]
    assert daremo("reach", "verify", out).code == 0
    assert "75+の人/枠" in daremo(*common, *ages).out
    assert daremo(*common, *ages[:4], *("--half", 1) * 3, "--json").json["error"]["code"] == "bad-stages"
    assert daremo(*common, *ages, "--need", "65+", "--json").json["error"]["code"] == "two-questions"


def test_hours_with_forged_prices_are_refused(small_town: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "hours"
    common = ("reach", "hours", small_town, "--need", "65+", "--radius-km", 4, "--budget-yen", "2000000", "--gap", 0.05)
    assert daremo(*common, "-o", out).code == 0
    record = json.loads((out / "proof.json").read_text())
    certificate = record["answer"]["with"]["certificate"]["dict"]
    parts = next(x for x in certificate if x[0] == "parts")[1]
    next(x for x in parts[0]["dict"] if x[0] == "visit")[1] = 0.5
    (out / "proof.json").write_text(json.dumps(record))
    assert daremo("reach", "verify", out).code == 3
