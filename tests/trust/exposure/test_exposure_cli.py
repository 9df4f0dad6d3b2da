"""The verb itself: samples, JSON, folder, after-action, errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daremo.cli.frame import INPUT, USAGE, run
from daremo.cli.main import daremo as command


@pytest.fixture
def place(tmp_path: Path) -> Path:
    assert run(command, ["trust", "exposure", "--sample", str(tmp_path / "s"), "--quiet"]) == 0
    return tmp_path / "s"


def told(capsys: pytest.CaptureFixture[str], place: Path, *more: str) -> dict[str, object]:
    arguments = [str(place / "assets"), "--advisories", str(place / "advisories"), *more, "--json"]
    assert run(command, ["trust", "exposure", *arguments]) == 0
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_the_sample_town_is_surveyed_and_written(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    services = ("--services", str(place / "services.csv"))
    found = told(capsys, place, *services, "-o", str(tmp_path / "out"))
    assert found["complete"] is True and len(found["tasks"]) == 6  # type: ignore[arg-type]
    assert json.loads((tmp_path / "out" / "exposure.json").read_text(encoding="utf-8")) == found
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {
        "tasks.csv",
        "failures.csv",
        "concentration.csv",
        "report.ja.md",
        "exercise.en.md",
        "observations.csv",
    } <= names
    after = ("--after", str(tmp_path / "out" / "observations.csv"), "--held", "2026-12-01")
    assert told(capsys, place, *services, *after)["after_action"]["held"] == "2026-12-01"  # type: ignore[index]


def test_without_services_there_are_tasks_but_no_failures(place: Path, capsys: pytest.CaptureFixture[str]):
    found = told(capsys, place)
    assert found["tasks"] and found["single_failures"] == [] and "exercise" not in found


def test_a_broken_advisory_makes_the_answer_incomplete(place: Path, capsys: pytest.CaptureFixture[str]):
    (place / "advisories" / "broken.json").write_text("{", encoding="utf-8")
    found = told(capsys, place)
    assert found["complete"] is False and found["problems"][0]["file"] == "broken.json"  # type: ignore[index]


def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (place / "assets" / "x.csv").write_text("asset,product,version\n=cmd(),Sample Mail Gate,12.0\n", encoding="utf-8")
    told(capsys, place, "-o", str(tmp_path / "out"))
    assert ",=cmd()" not in (tmp_path / "out" / "tasks.csv").read_text(encoding="utf-8")


def test_what_cannot_be_used_ends_in_words_and_the_right_exit_code(place: Path, tmp_path: Path):
    base = ["trust", "exposure", str(place / "assets"), "--advisories", str(place / "advisories")]
    assert run(command, ["trust", "exposure"]) == USAGE
    assert run(command, ["trust", "exposure", str(tmp_path / "none"), "--advisories", str(place)]) == INPUT
    assert run(command, [*base, "--services", str(tmp_path / "none.csv")]) == INPUT
    assert (
        run(command, [*base, "--services", str(place / "services.csv"), "--after", str(place / "services.csv")])
        == INPUT
    )
    assert run(command, [*base, "--after", str(place / "services.csv"), "--held", "2026-12-01"]) == INPUT
