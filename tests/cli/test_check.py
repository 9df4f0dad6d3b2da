"""``daremo check`` on files as they come: the desk's export, a panel, and what is wrong in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daremo.cli.frame import INPUT, run
from daremo.cli.main import daremo as command

HEAD = "person,area,life_stage,visit_day,topics,minutes,action,days,alone_before,alone_after,alone_later,still_doing,answered"


def answers(path: Path, rows: list[str]) -> Path:
    path.write_text("\ufeff" + "\r\n".join([HEAD, *rows]) + "\r\n", encoding="utf-8")
    return path


def told(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    assert run(command, ["check", str(path), "--json", *more]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_the_desks_export_tells_what_became_of_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{n},a1,75_84,2026-11-01,clinic,30,point:p1,30,0,2,3,true,true" for n in range(12)]
    rows += [f"{n},a1,75_84,2026-11-01,clinic,30,point:p1,30,0,2,,,false" for n in range(12, 20)]
    found = told(answers(tmp_path / "results.csv", rows), capsys)
    whole = found["gains"][0]  # type: ignore[index]
    assert found["kind"] == "gains" and whole["asked"] == 20 and whole["answered"] == 12
    assert whole["gain"] == 1.0 and whole["worst"] == 0.6 and whole["best"] == 1.0


def test_the_json_of_the_desk_is_read_like_its_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {
            "person": n,
            "days": 30,
            "action": "",
            "alone_before": 1,
            "alone_later": 2,
            "still_doing": None,
            "answered": True,
        }
        for n in range(10)
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"schema": {}, "results": rows}), encoding="utf-8")
    assert told(path, capsys)["gains"][0]["gain"] == 1.0  # type: ignore[index]


def test_every_wrong_cell_is_told_with_its_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = answers(
        tmp_path / "r.csv", ["1,a,75_84,2026-11-01,,30,,30,7,,1,true,true", "2,a,75_84,2026-11-01,,30,,30,1,,1,maybe,"]
    )
    assert run(command, ["check", str(path), "--json"]) == INPUT
    problems = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert [(p["row"], p["column"], p["code"]) for p in problems] == [
        (2, "alone_before", "not-whole"), (3, "answered", "not-yes-no"), (3, "still_doing", "not-yes-no"),
    ]  # fmt: skip


def test_a_panel_with_holes_is_refused_with_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.csv"
    path.write_text("area,period,outcome,begins\nA,1,0.1,2\nA,2,0.2,2\nB,1,x,\nB,2,0.1,\nC,1,0.1,\n", encoding="utf-8")
    assert run(command, ["check", str(path), "--json"]) == INPUT
    codes = [p["code"] for p in json.loads(capsys.readouterr().out)["error"]["problems"]]
    assert codes == ["not-a-number", "missing-cell", "missing-cell"]


def test_a_table_that_is_neither_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert run(command, ["check", str(path), "--json"]) == INPUT
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "unknown-table"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_answer_is_a_sentence_and_a_table(lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{n},a1,75_84,2026-11-01,clinic,30,point:p1,30,{n % 3},2,3,true,true" for n in range(15)]
    assert run(command, ["check", str(answers(tmp_path / "r.csv", rows)), "--lang", lang]) == 0
    shown = capsys.readouterr().out
    assert "point:p1" in shown and ("ポイント" if lang == "ja" else "points") in shown
