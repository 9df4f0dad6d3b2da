"""The verb itself: samples, JSON, record, errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daremo.cli.frame import INPUT, NO_ANSWER, USAGE, run
from daremo.cli.main import daremo as command


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run(command, ["trust", "assurance", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_a_shipped_service_is_decided_without_any_file(capsys: pytest.CaptureFixture[str]):
    found = told(capsys, "--service", "booking")
    assert found["proof"]["dominating_the_chosen"] == 0 and "national" in found["people_source"]  # type: ignore[index,operator]


def test_a_sample_question_can_be_edited_and_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(command, ["trust", "assurance", "--sample", str(tmp_path / "q"), "--quiet"]) == 0
    out = tmp_path / "out"
    found = told(
        capsys, str(tmp_path / "q" / "certificate.json"), "-o", str(out), "--decided", "2026-12-01", "--by", "課長"
    )
    assert found["decided"] == "2026-12-01"
    assert json.loads((out / "decision.json").read_text(encoding="utf-8")) == found
    assert "課長" in (out / "decision.ja.md").read_text(encoding="utf-8")


def test_what_cannot_be_decided_ends_in_words_and_the_right_exit_code(tmp_path: Path):
    bad = tmp_path / "bad.json"
    bad.write_text("[" * 100_000, encoding="utf-8")
    assert run(command, ["trust", "assurance", str(bad), "--json"]) == INPUT
    assert run(command, ["trust", "assurance", "--service", "flying"]) == INPUT
    assert run(command, ["trust", "assurance", "--service", "tax"]) == NO_ANSWER
    assert run(command, ["trust", "assurance"]) == USAGE
    assert run(command, ["trust", "assurance", "--service", "booking", "--decided", "soon"]) == INPUT
