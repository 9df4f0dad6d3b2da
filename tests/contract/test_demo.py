"""``make demo`` prints what the READMEs say, to the letter."""

from __future__ import annotations

import pytest

from tools.readme import BLOCK, READMES, block, demo_output


@pytest.fixture(scope="module")
def printed() -> str:
    return demo_output()


@pytest.mark.parametrize("path", READMES, ids=lambda p: p.name)
def test_a_readme_shows_what_the_demo_prints(path, printed: str):
    found = BLOCK.search(path.read_text(encoding="utf-8"))
    assert found and found.group(2) == block(printed), "run: python tools/readme.py"


def test_the_demo_ends_with_the_path_of_the_report(printed: str):
    assert printed.splitlines()[-1] == ".daremo/demo/plan/report.html"


def test_the_demo_names_people_bound_gap_and_those_who_get_nothing(printed: str):
    for word in ("取り残されて", "90%の幅", "証明ずみ", "差は全体で", "何も届かない地区", "はじめに確かめたいこと"):
        assert word in printed
