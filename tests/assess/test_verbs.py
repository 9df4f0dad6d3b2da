"""Verbs for paper, organisations and gains: what they tell is what the package tells, and faults are told in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from daremo.assess.gain import gain
from daremo.assess.paper import paper_forms
from daremo.assess.sitting import check_of
from daremo.cli.frame import run
from daremo.cli.main import daremo as command


def bank(path: Path, n: int = 30) -> list[dict[str, object]]:
    rng = np.random.default_rng(1)
    items = [
        {"item": f"q{j}", "area": "AB"[j % 2], "a": 1.8, "d": float(rng.normal()), "categories": ["0", "1"]}
        for j in range(n)
    ]
    path.write_text(json.dumps({"model": "2pl", "items": items}), encoding="utf-8")
    return items


def test_paper_forms_are_those_of_the_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    items = bank(tmp_path / "bank.json")
    line = ["assess", "paper", str(tmp_path / "bank.json"), "--first", "4", "--then", "5"]
    assert run(command, [*line, "--json", "-o", str(tmp_path / "paper.json")]) == 0
    told = json.loads(capsys.readouterr().out)
    forms = paper_forms(check_of(items, ("A", "B"), model="2pl"), first=4, then=5).as_dict()
    assert told["routing"] == forms["routing"] and told["second"] == forms["second"] and told["areas"] == ["A", "B"]
    assert sum(r["share"] for rows in told["score"].values() for r in rows) == pytest.approx(1, abs=1e-6)
    assert json.loads((tmp_path / "paper.json").read_text(encoding="utf-8")) == told
    assert run(command, line) == 0 and told["routing"][0] in capsys.readouterr().out
    assert run(command, [*line, "--cuts", "x"]) == 2 and run(command, [*line[:3], "--then", "90"]) == 2


def test_organisations_are_ordered_as_planted_and_small_ones_are_a_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    rng = np.random.default_rng(2)
    office = np.repeat(["high", "low", "tiny"], [60, 60, 5])
    t = rng.normal(size=125) * 0.7 + np.where(office == "high", 0.8, -0.8)
    x = (rng.random((125, 10)) < 1 / (1 + np.exp(-1.5 * (t[:, None] - np.linspace(-1, 1, 10))))).astype(int)
    pl.DataFrame({"office": office, **{f"q{j}": x[:, j] for j in range(10)}}).write_csv(tmp_path / "a.csv")
    line = ["assess", "organisations", str(tmp_path / "a.csv"), "--organisation", "office"]
    assert run(command, [*line, "--json"]) == 0
    rows = {o["organisation"]: o for o in json.loads(capsys.readouterr().out)["organisations"]}
    assert rows["high"]["low"] > rows["low"]["high"]
    assert rows["tiny"] == {"organisation": "tiny", "people": 5, "told": False}
    assert run(command, line) == 0 and "tiny" in capsys.readouterr().out


def sheets(folder: Path) -> None:
    before = [f"p{n},q{j},{int(j < 6)}" for n in range(2) for j in range(24)]
    after = [f"p{n},q{j},{int(j < (24 if n else 6))}" for n in range(2) for j in range(24)] + ["new,q1,1"]
    for name, rows in (("before", before), ("after", after)):
        (folder / f"{name}.csv").write_text("\n".join(["person,item,answer", *rows]) + "\n", encoding="utf-8")


def test_a_gain_is_told_to_whom_it_belongs_and_equals_that_of_the_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    items = bank(tmp_path / "bank.json")
    sheets(tmp_path)
    line = ["assess", "gain", *(str(tmp_path / n) for n in ("bank.json", "before.csv", "after.csv"))]
    assert run(command, [*line, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [p["overall"]["verdict"] for p in told["people"]] == ["same", "up"] and told["only_after"] == 1
    prior = {"A": 0.0, "B": 0.0}
    sides = [[[f"q{j}", int(j < top)] for j in range(24)] for top in (6, 24)]
    own = gain(check_of(items, ("A", "B"), model="2pl"), *({"prior": prior, "told": side} for side in sides))
    assert told["people"][1]["overall"]["gain"] == pytest.approx(own["overall"]["gain"], abs=1e-9)
    assert run(command, line) == 0 and "伸びた" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text,code",
    [
        ("who,item,answer\np0,q1,1\n", "no-such-column"),
        ("person,item,answer\np0,zz,1\n", "bad-answer"),
        ("person,item,answer\np0,q1,7\n", "bad-answer"),
        ("person,item,answer\np0,q1,1\np0,q1,0\n", "answer-differs"),
        ("person,item,answer\nsomebody,q1,1\n", "nobody-twice"),
    ],
)
def test_sheets_that_do_not_fit_are_told(text: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    bank(tmp_path / "bank.json")
    sheets(tmp_path)
    (tmp_path / "after.csv").write_text(text, encoding="utf-8")
    line = ["assess", "gain", *(str(tmp_path / n) for n in ("bank.json", "before.csv", "after.csv")), "--json"]
    assert run(command, line) in (2, 4)
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code
