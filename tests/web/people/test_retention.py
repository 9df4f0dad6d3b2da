"""The table of how long what is kept, and the code that keeps to it, name the same things."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import daremo.web
from daremo.kernel.tables import rows_of
from daremo.web.retention import kept

APPS = Path(daremo.web.__file__).parent / "apps"


def asked_for() -> set[str]:
    """Every class of keeping that the apps name, directly or through a function of their own."""
    words: set[str] = set()
    for path in APPS.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "daremo.web.retention" in text:
            words |= {
                n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant) and type(n.value) is str
            }
    return words


def test_every_class_of_the_table_is_used_by_the_code() -> None:
    assert [r["kept"] for r in rows_of("daremo.web", "retention") if r["kept"] not in asked_for()] == []


def test_nothing_is_kept_for_ever_and_a_contact_no_longer_than_two_years() -> None:
    assert all(0 < int(r["days"]) <= 1826 for r in rows_of("daremo.web", "retention"))
    assert kept("contact").days == 730


def test_a_class_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        kept("gossip")
