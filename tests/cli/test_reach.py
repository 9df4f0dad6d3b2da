"""``daremo reach`` from files to answers: liberal in what it reads, exact in what it says, nothing dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import Ran

CONTRACT = ("value", "bound", "gap_share", "open", "seconds", "cpu_seconds", "method", "seed")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve points and five places around 34°N 133°E; the last point is far from everything."""
    folder = tmp_path_factory.mktemp("reach")
    rng = np.random.default_rng(5)
    lat, lon = 34 + rng.random(12) * 0.05, 133 + rng.random(12) * 0.05
    lat[-1] = 35.5
    lines = [f"{i + 1:05d},町{i + 1},{lat[i]:.5f},{lon[i]:.5f},{10 * (i + 1)}" for i in range(12)]
    (folder / "demand.csv").write_text("地区コード,地区名,緯度,経度,人口\n" + "\n".join(lines), encoding="cp932")
    rows = [f"A{j},館{j},{34 + 0.01 * j},{133 + 0.01 * j},{100_000 * (j + 1)},団体{j % 2}" for j in range(5)]
    (folder / "places.csv").write_text(
        "施設コード,施設名,緯度,経度,費用,運営主体\n" + "\n".join(rows), encoding="utf-8"
    )
    return folder


def test_everybody_who_can_be_reached_is_and_the_rest_is_listed(
    files: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    ran = daremo(
        "reach", "cover", files / "demand.csv", files / "places.csv", "--radius-km", 3, "--everybody", "--json"
    )
    assert ran.code == 0, ran.err
    told = ran.json
    assert all(k in told for k in CONTRACT) and told["finished"] is True
    assert told["value"] == told["bound"] == len(told["open"])
    assert told["unreachable"] == {"points": 1, "people": 120.0, "ids": ["00012"]}
    assert told["people"] == 780 and told["people_within"] == 660
    assert [f"A{k}" for k in told["open_index"]] == told["open"]


def test_a_person_reads_the_finding_the_bound_and_who_is_left(files: Path, daremo: Callable[..., Ran]):
    ran = daremo("reach", "cover", files / "demand.csv", files / "places.csv", "--radius-km", 3, "--everybody")
    assert "届く人すべてに届きます" in ran.out and "これより小さくはできない数" in ran.out
    assert "どの候補からも遠い: 120人（1地点: 町12）" in ran.out
    english = daremo(
        "reach", "cover", files / "demand.csv", files / "places.csv", "--radius-km", 3, "--everybody", "--lang", "en"
    )
    assert "reach everybody who can be reached" in english.out and "out of reach of every place: 120" in english.out


def test_the_folder_holds_answer_tables_maps_and_a_question_that_is_checked(
    files: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    out = tmp_path / "answer"
    ran = daremo(
        "reach", "cover", files / "demand.csv", files / "places.csv", "--radius-km", 3, "--everybody", "-o", out
    )
    assert ran.code == 0, ran.err
    for name in ("answer.json", "proof.json", "open.csv", "open.geojson", "areas.csv", "map.svg", "map.html"):
        assert (out / name).stat().st_size > 0
    areas = pl.read_csv(out / "areas.csv", schema_overrides={"id": pl.String})
    assert areas.height == 12 and areas["need"].sum() == 780
    assert areas.filter(pl.col("state") == "unreachable")["id"].to_list() == ["00012"]
    assert daremo("reach", "verify", out).code == 0
    assert daremo("reach", "verify", out / "answer.json", "--json").json["ok"] is True


@pytest.mark.parametrize("change", ["value", "open", "people", "proof", "trips"])
def test_an_altered_answer_is_refused(change: str, files: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "answer"
    daremo("reach", "cover", files / "demand.csv", files / "places.csv", "--radius-km", 3, "--everybody", "-o", out)
    told = json.loads((out / "answer.json").read_text(encoding="utf-8"))
    if change == "value":
        told["value"] -= 1
    elif change == "open":
        told["open"], told["open_index"] = told["open"][1:], told["open_index"][1:]
    elif change == "people":
        told["people_within"] += 100
    elif change == "proof":
        proof = json.loads((out / "proof.json").read_text())
        proof["answer"]["with"]["open"]["tuple"] = proof["answer"]["with"]["open"]["tuple"][1:]
        (out / "proof.json").write_text(json.dumps(proof))
    else:
        path = out / "question" / "trips.parquet"
        pl.read_parquet(path).filter(pl.col("place") != told["open_index"][0]).write_parquet(path)
    (out / "answer.json").write_text(json.dumps(told), encoding="utf-8")
    ran = daremo("reach", "verify", out, "--json")
    assert ran.code == 3 and ran.json["ok"] is False and ran.json["faults"]


def test_a_proof_cannot_name_anything_but_answers(files: Path, daremo: Callable[..., Ran], tmp_path: Path):
    for name in ("os:system", "daremo.kernel.errors:Problem", "daremo.reach.model:Tell", "subprocess:Popen"):
        (tmp_path / "answer.json").write_text("{}")
        proof = {"check": "cover_everybody", "answer": {"is": name, "with": {}}, "question": {"dict": []}}
        (tmp_path / "proof.json").write_text(json.dumps(proof))
        assert daremo("reach", "verify", tmp_path, "--json").json["error"]["code"] == "damaged-answer"


def test_a_folder_without_an_answer_is_told(daremo: Callable[..., Ran], tmp_path: Path):
    assert daremo("reach", "verify", tmp_path, "--json").json["error"]["code"] == "no-answer-file"


def test_conditions_come_from_options_and_columns(files: Path, daremo: Callable[..., Ran]):
    common = ("reach", "cover", files / "demand.csv", files / "places.csv", "--radius-km", 6, "--everybody", "--json")
    must = daremo(*common, "--must", "A0", "--must", "A4").json
    assert {"A0", "A4"} <= set(must["open"])
    never = daremo(*common, "--never", "A2").json
    assert "A2" not in never["open"]
    assert daremo(*common, "--must", "A0", "--never", "A0", "--json").json["error"]["code"] == "must-and-never"
    assert daremo(*common, "--must", "Z9").json["error"]["code"] == "unknown-place"
    paid = daremo(*common, "--cost", "費用").json
    assert paid["value"] == paid["cost_yen"] == sum(x["cost_yen"] for x in paid["places"])


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--everybody",), "no-limit"),
        (("--radius-km", 3), "no-money"),
        (("--radius-km", 3, "--p", 2, "--everybody"), "two-questions"),
        (("--radius-km", 3, "--within-min", 3, "--p", 2), "two-limits"),
        (("--within-min", 3, "--p", 2), "no-minutes"),
        (("--radius-km", 3, "--everybody", "--cost", "家賃"), "missing-column"),
        (("--radius-km", 3, "--everybody", "--need", "家賃"), "missing-column"),
        (("--radius-km", 3, "--everybody", "--most-per-organisation", 1, "--organisation", "家賃"), "missing-column"),
    ],
)
def test_a_question_that_is_not_one_is_told_in_words(
    options: tuple[object, ...], code: str, files: Path, daremo: Callable[..., Ran]
):
    ran = daremo("reach", "cover", files / "demand.csv", files / "places.csv", *options, "--json")
    assert ran.code in (2, 3) and ran.json["error"]["code"] == code


def test_people_without_coordinates_are_counted_as_unreachable_when_good_rows_are_wanted(
    files: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    text = (files / "demand.csv").read_text(encoding="cp932") + "\n00099,不明,,,7"
    (tmp_path / "demand.csv").write_text(text, encoding="utf-8")
    common = (
        "reach",
        "cover",
        tmp_path / "demand.csv",
        files / "places.csv",
        "--radius-km",
        3,
        "--everybody",
        "--json",
    )
    refused = daremo(*common)
    assert refused.code == 3 and refused.json["error"]["problems"][0]["row"] == 14
    told = daremo(*common, "--skip-bad-rows").json
    assert told["unreachable"]["ids"] == ["00012", "00099"] and told["people"] == 787
    assert told["problems"][0]["code"] == "missing-coordinates"


def test_a_region_folder_is_demand_and_places_at_once(small_town: Path, daremo: Callable[..., Ran]):
    told = daremo("reach", "cover", small_town, "--radius-km", 2, "--everybody", "--json").json
    assert told["people"] == 3_000 and set(told["open"]) <= {x["id"] for x in told["places"]}


@pytest.mark.parametrize("method", ["nearest", "k-nearest", "gravity", "2sfca", "e2sfca", "3sfca", "raam"])
def test_access_is_measured_by_every_method_and_says_who_reaches_nothing(
    method: str, files: Path, daremo: Callable[..., Ran]
):
    ran = daremo(
        "reach", "access", files / "demand.csv", files / "places.csv", "--radius-km", 5, "--method", method, "--json"
    )
    assert ran.code == 0, ran.err
    told = ran.json
    assert all(k in told for k in CONTRACT) and len(told["areas"]) == 12
    assert "00012" in told["unreachable"]["ids"]


def test_access_by_life_stage_keeps_the_ages_apart_and_draws_a_map(
    small_town: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    out = tmp_path / "access"
    ran = daremo(
        "reach", "access", small_town, "--radius-km", 5, "--stage", "65-74", "--stage", "75+", "-o", out, "--json"
    )
    assert ran.code == 0, ran.err
    assert all(len(a["access"]) == 2 for a in ran.json["areas"])
    assert {"65-74", "75+"} <= set(pl.read_csv(out / "areas.csv").columns)
    assert "<svg" in (out / "map.svg").read_text(encoding="utf-8")


def test_hours_are_sized_and_checked(small_town: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "hours"
    common = ("reach", "hours", small_town, "--radius-km", 4, "--budget-yen", "2000000", "--gap", "0.05")
    ran = daremo(*common, "--time-limit", 20, "-o", out, "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["cost_yen"] <= 2_000_000 and {h["place"] for h in told["hours"]} == set(told["open"])
    assert told["value"] <= told["bound"] and daremo("reach", "verify", out).code == 0


def test_rounds_visit_every_stop_and_are_checked(files: Path, daremo: Callable[..., Ran], tmp_path: Path):
    out = tmp_path / "rounds"
    near = "\n".join((files / "demand.csv").read_text(encoding="cp932").splitlines()[:5])
    (tmp_path / "stops.csv").write_text(near, encoding="utf-8")
    ran = daremo("reach", "rounds", tmp_path / "stops.csv", "--days", 2, "--depot", "00001", "-o", out, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["open"] == ["00001", "00002", "00003", "00004"] and ran.json["value"] == 100
    assert daremo("reach", "verify", out).code == 0
    assert "polyline" in (out / "map.svg").read_text(encoding="utf-8")
    wrong = daremo("reach", "rounds", tmp_path / "stops.csv", "--depot", "X", "--json")
    assert wrong.json["error"]["code"] == "unknown-place"


def test_a_capacitated_file_is_recognised_and_its_places_keep_its_numbers(daremo: Callable[..., Ran], tmp_path: Path):
    rows = [(1, 0, 0, 3), (2, 0, 3, 3), (3, 9, 0, 3), (4, 9, 3, 3)]
    path = tmp_path / "small.txt"
    path.write_text("1 6\n4 2 6\n" + "\n".join(" ".join(map(str, r)) for r in rows))
    told = daremo("reach", "median", path, "--format", "orlib", "--json").json
    assert (told["value"], told["bound"]) == (6, 6)
    assert sorted((k - 1) // 2 for k in told["open"]) == [0, 1] and all(isinstance(k, int) for k in told["open"])
    assert daremo("reach", "median", path, "--json").json["value"] == 6


@pytest.mark.parametrize(
    "question",
    [
        ("access", "--radius-km", 3, "--method", "raam"),
        ("centre", "--p", 3),
        ("cover", "--radius-km", 3, "--p", 4, "--capacity", 150),
        ("median", "--p", 3, "--capacity", 400),
    ],
)
def test_every_kind_of_answer_is_kept_and_checked(
    question: tuple[object, ...], small_town: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    verb, *options = question
    ran = daremo("reach", verb, small_town, "--need", "75+", *options, "-o", tmp_path / "kept", "--json")
    assert ran.code == 0, ran.err
    assert all(k in ran.json for k in CONTRACT)
    told = daremo("reach", "verify", tmp_path / "kept", "--json")
    assert told.code == 0 and told.json == {"ok": True, "verb": verb, "faults": []}


def test_the_longest_trip_is_told_with_whose_it_is(files: Path, daremo: Callable[..., Ran]):
    told = daremo("reach", "centre", files / "demand.csv", files / "places.csv", "--p", 5, "--json").json
    assert told["worst"] == "00012" and told["value"] == told["bound"] > 150
    near = daremo(
        "reach", "centre", files / "demand.csv", files / "places.csv", "--p", 5, "--radius-km", 9, "--json"
    ).json
    assert near["unreachable"]["ids"] == ["00012"] and near["value"] < 9


def test_fewer_places_than_are_open_anyway_is_no_answer_and_says_which(small_town: Path, daremo: Callable[..., Ran]):
    told = daremo("reach", "centre", small_town, "--p", 0, "--json")
    assert told.code == 4 and told.json["error"]["code"] == "must-too-many"
