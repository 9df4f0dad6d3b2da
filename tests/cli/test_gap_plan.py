"""``daremo gap``, ``plan`` and ``verify`` on the sample town: the machine contract, the files, the words."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from daremo.cli.plan import Yen

GAP_FIELDS = {
    "people",
    "left_behind",
    "reasons",
    "stages",
    "areas",
    "assumptions",
    "sources",
    "notes",
    "seed",
    "draws",
    "region",
}
PLAN_FIELDS = {
    "daremo_plan",
    "region",
    "budget_yen",
    "cost_yen",
    "people_left_behind",
    "people_freed",
    "people_freed_bound",
    "gap_share",
    "gap_share_sited",
    "flips",
    "unserved_areas",
    "actions",
    "points",
    "sources",
    "seed",
    "timetable",
    "not_chosen",
    "next_million",
    "frontier",
    "communities",
    "areas",
    "overlap",
    "assumptions",
    "certificate",
    "digest",
}


@pytest.fixture(scope="module")
def planned(small_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``town``, ``gap`` and ``plan`` (¥3 million, no PDF)."""
    home = tmp_path_factory.mktemp("planned")
    shutil.copytree(small_town, home / "town")
    assert run(command, ["gap", f"{home}/town", "-o", f"{home}/gap", "--quiet"]) == 0
    assert (
        run(command, ["plan", f"{home}/town", "--budget-yen", "3000000", "-o", f"{home}/plan", "--quiet", "--no-pdf"])
        == 0
    )
    return home


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_gap_carries_the_documented_fields(planned: Path):
    value = read(planned / "gap" / "gap.json")
    assert value.keys() >= GAP_FIELDS
    assert value["left_behind"]["low"] <= value["left_behind"]["mean"] <= value["left_behind"]["high"]
    assert sum(value["reasons"].values()) == pytest.approx(1)


def test_a_gap_folder_holds_report_and_table(planned: Path):
    assert {"gap.json", "gap.parquet", "report.html"} <= {p.name for p in (planned / "gap").iterdir()}


def test_gap_json_says_the_same_as_the_file(daremo, planned: Path):
    ran = daremo("gap", planned / "town", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == read(planned / "gap" / "gap.json")


def test_a_plan_carries_the_documented_fields(planned: Path):
    value = read(planned / "plan" / "plan.json")
    assert value.keys() >= PLAN_FIELDS
    assert value["cost_yen"] <= value["budget_yen"] == 3_000_000
    assert value["people_freed"] <= value["people_freed_bound"] * (1 + 1e-9)


def test_a_plan_folder_holds_everything_a_meeting_needs(planned: Path):
    names = {p.name for p in (planned / "plan").iterdir()}
    assert {"plan.json", "plan.geojson", "gap.parquet", "plan.xlsx", "report.html", "report.en.html"} <= names


def test_a_plan_is_verified_where_it_lies(daremo, planned: Path):
    ran = daremo("verify", planned / "plan")
    assert ran.code == 0, ran.out + ran.err


def test_a_plan_is_verified_after_the_whole_folder_moved(daremo, planned: Path, tmp_path: Path):
    shutil.copytree(planned, tmp_path / "elsewhere")
    assert daremo("verify", tmp_path / "elsewhere" / "plan" / "plan.json", "--quiet").code == 0


@pytest.mark.parametrize("field", ["cost_yen", "people_freed", "people_freed_bound", "people_left_behind"])
def test_a_plan_altered_by_one_is_refused(daremo, planned: Path, tmp_path: Path, field: str):
    value = read(planned / "plan" / "plan.json")
    value[field] += 1
    (tmp_path / "plan.json").write_text(json.dumps(value), encoding="utf-8")
    ran = daremo("verify", tmp_path / "plan.json", "--region", planned / "town", "--json")
    assert ran.code == 3 and ran.json["ok"] is False


def test_a_plan_that_is_none_is_told(daremo, tmp_path: Path):
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    assert "damaged-plan" in daremo("verify", tmp_path).err
    assert "no-plan" in daremo("verify", tmp_path / "nowhere").err


@pytest.mark.parametrize(
    "lang, words",
    [
        ("ja", ["取り残されて", "証明ずみ", "何も届かない地区", "はじめに確かめたいこと"]),
        ("en", ["left behind", "proved", "get nothing", "measured first"]),
    ],
)
def test_a_person_reads_how_many_for_how_much_and_how_sure(
    daremo, planned: Path, tmp_path: Path, lang: str, words: list[str]
):
    ran = daremo("plan", planned / "town", "--budget-yen", "300万", "--lang", lang)
    assert ran.code == 0, ran.err
    for word in words:
        assert word in ran.out
    assert "¥3,000,000" in ran.out


def test_plan_json_is_alone_on_stdout_whatever_a_solver_would_print(planned: Path):
    arguments = ["plan", str(planned / "town"), "--budget-yen", "3000000", "--json", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "daremo.cli.main", *arguments], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["daremo_plan"] == 1
    assert done.stderr == ""


def test_lock_and_ban_of_one_action_is_refused(daremo, planned: Path):
    assert "[lock-and-ban]" in daremo("plan", planned / "town", "--budget-yen", 1, "--lock", "a", "--ban", "a").err


def test_a_region_that_is_none_is_told_before_any_work(daremo, tmp_path: Path):
    assert daremo("gap", tmp_path).code == 3


@pytest.mark.parametrize(
    "written, yen", [("12000000", 12_000_000), ("12,000,000円", 12_000_000), ("１２００万円", 12_000_000), ("¥0", 0)]
)
def test_an_amount_is_read_as_people_write_it(written: str, yen: int):
    assert Yen().convert(written, None, None) == yen


@pytest.mark.parametrize("written", ["-1", "1.5", "lots", "nan", "inf", ""])
def test_an_amount_that_is_none_is_usage(daremo, tmp_path: Path, written: str):
    assert daremo("plan", tmp_path, "--budget-yen", written).code == 2


def test_a_tiny_town_is_shown_with_its_small_groups_withheld(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    town = tmp_path / "tiny"
    assert run(command, ["sample", str(town), "--people", "1000", "--quiet"]) == 0
    assert run(command, ["gap", str(town)]) == 0
    assert "—" in capsys.readouterr().out
