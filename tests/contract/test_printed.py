"""Step-by-step pages print what they say: every block is run in order and compared, seconds aside."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from tools.printed import PAGES, prepare, printed, steady, steps


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_prints_what_it_says(page: Path, shared_data: Path, tmp_path: Path):
    prepare(tmp_path, shared_data)
    names: dict[str, object] = {}
    found = steps(page)
    assert len(found) >= 3
    with contextlib.chdir(tmp_path):
        for kind, code, said in found:
            told = printed(kind, code, names)
            assert said is None or steady(told) == steady(said), code


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_has_its_pictures(page: Path):
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text):
        assert (page.parent / name).read_text(encoding="utf-8").startswith("<svg")
