"""Every text of every app is in its catalogue, translated, and compiled."""

from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import texts


@pytest.mark.parametrize("app", [pytest.param(a, id=a.name) for a in texts.apps()])
def test_every_text_is_in_the_catalogue_in_three_languages(app: Path) -> None:
    wrong = texts.check(app)
    assert not wrong, "\n".join(
        [f"run: python tools/texts.py collect {app} && python tools/texts.py compile {app}", *wrong]
    )


@given(
    st.dictionaries(
        st.text(min_size=1).filter(lambda t: "\0" not in t and "\x04" not in t),
        st.text().filter(lambda t: "\0" not in t),
    )
)
def test_the_compiled_catalogue_is_read_back_by_pythons_own_gettext(pairs: dict[str, str]) -> None:
    pairs = {a: b for a, b in pairs.items() if not any("\ud800" <= c <= "\udfff" for c in a + b)}
    read = gettext.GNUTranslations(io.BytesIO(texts.mo(pairs.items())))
    for ja, said in pairs.items():
        assert read.gettext(ja) == (said or ja)


def _app(folder: Path, csv: str, html: str) -> Path:
    (folder / "templates").mkdir()
    (folder / "templates" / "page.html").write_text(html, encoding="utf-8")
    (folder / "texts.csv").write_text("ja,easy,en\n" + csv, encoding="utf-8")
    texts.write(folder)
    return folder


CITIZEN = '{% extends "ui/base_citizen.html" %}{% t "予約できます" %}'


@pytest.mark.parametrize(
    ("csv", "said"),
    [
        ("", "is not in texts.csv"),
        ("予約できます,,You can book\n", "has no easy Japanese"),
        ("予約できます,予約 できます,You can book\n", "kanji without ruby"),
        ("予約できます,{予約|よやく} できます,\n", "has no English"),
        ("予約できます,{予約|よやく} できます,You can book {n}\n", "the places in en differ"),
        ("予約できます,{予約|よやく} できます,You can book\nむかしの文,,Old\n", "nowhere in the source"),
    ],
)
def test_a_fault_in_a_catalogue_is_told(tmp_path: Path, csv: str, said: str) -> None:
    wrong = texts.check(_app(tmp_path, csv, CITIZEN))
    assert any(said in w for w in wrong), wrong


def test_a_stale_catalogue_and_a_long_sentence_are_told(tmp_path: Path) -> None:
    app = _app(tmp_path, "予約できます,{予約|よやく} できます,You can book\n", CITIZEN)
    assert texts.check(app) == []
    (app / "texts.csv").write_text("ja,easy,en\n予約できます,{予約|よやく} できます,Book\n", encoding="utf-8")
    assert texts.check(app) == ["locale/en/LC_MESSAGES/django.mo is older than texts.csv (compile)"]
    long = "あ" * 51
    (app / "templates" / "page.html").write_text(CITIZEN + f'{{% t "{long}。" %}}', encoding="utf-8")
    assert texts.collect(app) == [long + "。"]
    assert any("longer than 50" in w for w in texts.check(app))


def test_a_percent_sign_that_django_would_double_is_told(tmp_path: Path) -> None:
    app = _app(tmp_path, "90%の幅,90% はば,90% interval\n", '{% note _("90%の幅") %}{% endnote %}')
    assert any("doubles the %" in w for w in texts.check(app))


def test_the_name_of_a_table_is_translated_like_any_other_text() -> None:
    pages = [path for path in texts.WEB.rglob("*.html") if path.name != "gallery.html"]
    assert pages and [p.name for p in pages if '{% scroll "' in p.read_text(encoding="utf-8")] == []
