"""Three languages: places are filled, ruby survives, and no page of residents shows a mark or leaves a gap."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from daremo.kernel.tables import rows_of
from daremo.web.apps.finder.words import fill, refused
from daremo.web.problems import conflict
from tests.journeys.desk import Town
from tests.web.finder.conftest import Resident
from tools import texts

APPS = Path(texts.__file__).parent.parent / "src/daremo/web/apps"
PATHS = ("/", "/places/{first}/", "/places/print/", "/mine/", "/after/", "/privacy/", "/accessibility/", "/kiosk/{fourth}/",
         "/kiosk/{fourth}/board/", "/ask/call/", "/embed/")  # fmt: skip


@pytest.mark.parametrize(
    ("words", "values", "said"),
    [
        ("{家|いえ}から {n}km", {"n": 2}, "{家|いえ}から 2km"),
        ("{n} {n#place|places}", {"n": 1}, "1 place"),
        ("{n} {n#place|places}", {"n": 3}, "3 places"),
        ("{name} さん", {"name": "{n}"}, "{n} さん"),
        ("{other}", {"n": 1}, "{other}"),
    ],
)
def test_places_are_filled_and_ruby_stays(words: str, values: dict[str, object], said: str) -> None:
    assert fill(words, **values) == said


@pytest.mark.parametrize("app", ["finder", "counter"])
def test_the_catalogues_are_complete(app: str) -> None:
    assert texts.check(APPS / app) == []


@pytest.mark.parametrize("table", ["needs", "topics"])
def test_every_kanji_of_a_need_has_its_reading_in_easy_japanese(table: str) -> None:
    for row in rows_of("daremo.web", table):
        bare = re.sub(r"\{[^{}|]+\|[^{}|]+\}", "", row["ja_easy"])
        assert row["ja_easy"] and row["en"] and not re.search("[一-鿿々{}]", bare), row


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
def test_no_page_shows_a_mark_or_an_empty_place(town: Town, language: str) -> None:
    reader = Resident(language)
    for form in PATHS:
        path = form.format(first=town.points[0].pk, fourth=town.points[3].pk)
        answer = reader.client.get(path, follow=True)
        page = re.sub(r"<meta[^>]*>", "", answer.content.decode())
        assert answer.status_code == 200, path
        assert not re.search(r"[{}]", page), f"{path}: {re.search('.{30}[{}].{30}', page)}"
        assert ("<ruby>" in page) is (language == "ja-easy" and path != "/embed/"), path


@pytest.mark.parametrize("code", ["seat-gone", "session-closed", "already-booked", "held-expired", "busy", "form-used"])
def test_a_refusal_is_said_in_the_readers_language(code: str) -> None:
    with translation.override("en"):
        assert not re.search("[ぁ-んァ-ヶ一-龠]", "".join(refused(conflict(code))))
    with translation.override("ja-easy"):
        bare = re.sub(r"\{[^{}]*\}", "", "".join(refused(conflict(code))))
        assert not re.search("[一-龠]", bare)


def test_the_reading_of_a_place_is_shown_in_easy_japanese(town: Town) -> None:
    reader = Resident("ja-easy")
    reader.books(town.sessions[0])
    assert "<rt>みなとこみゅにてぃせんたー</rt>" in reader.get("/mine/booking/").content.decode()


def test_a_name_with_marks_is_shown_as_it_was_written(town: Town) -> None:
    reader = Resident()
    page = reader.answers("book", town.sessions[0].pk, name="<b>{n}</b>").content.decode()
    assert "&lt;b&gt;" in page and "<b>{n}" not in page
