"""Reading the content: what is wrong is told once for each fault, and answers score as the key says."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from daremo.assess.content import read
from daremo.assess.content.records import DONT_KNOW, Text, order_score
from daremo.assess.content.screens import places_of, size_of

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 560"><rect width="320" height="560"/>
<g transform="translate(10 20)"><g data-place="1" data-label-ja="でんわ" data-label-easy="でんわ" data-label-en="Phone">
<rect x="0" y="0" width="60" height="60"/></g></g>
<g data-place="2" data-label-ja="メール" data-label-easy="メール" data-label-en="Mail"><rect x="100" y="20" width="60" height="60"/></g></svg>"""
ITEM = {
    "item": "r2-01-mail", "kind": "screen", "area": "2", "competence": "2.1", "digcomp22": "2.1", "theme": "mail",
    "event": "daily", "device": "smartphone", "level": "1", "places": "2", "key": "2", "prior_b": "-1", "prior_b_sd": "0.7",
    "prior_a": "1.2", "picture": "home", "source": "own", "reading_grade": "2", "purpose": "Finds mail.",
}  # fmt: skip


def write(folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(k for row in rows for k in row)))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "home.svg").write_text(SVG, encoding="utf-8")
    write(
        tmp_path,
        "digcomp",
        [{"competence": "2.1", "area": "2", "ja": "やりとり", "en": "Interacting", "digcomp22": "2.1"}],
    )
    write(tmp_path, "themes", [{"key": "mail", "ja": "メール", "en": "Mail"}])
    write(tmp_path, "items", [ITEM])
    words = {
        "item": "r2-01-mail",
        "part": "question",
        "ja": "メールはどこですか。",
        "easy": "メールは どこですか。",
        "en": "Where?",
    }
    write(tmp_path, "words", [words])
    return tmp_path


def codes(place: Path) -> list[str]:
    return [p.code for p in read.read(place)[1]]


def test_a_screen_takes_its_answers_from_the_drawing(place: Path) -> None:
    found, problems = read.read(place)
    assert problems == []
    assert [option.en for option in found.items["r2-01-mail"].options] == ["Phone", "Mail"]
    assert found.items["r2-01-mail"].score("2") == 1 and found.items["r2-01-mail"].score("1") == 0


def test_places_lie_where_their_groups_moved_them() -> None:
    first, second = places_of(SVG)
    assert (first.x, first.y, second.x, second.y) == (10, 20, 100, 20) and size_of(SVG) == (320, 560)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "3"}, "content-item"),
        ({"places": "3"}, "content-item"),
        ({"area": "3"}, "content-item"),
        ({"competence": "9.9"}, "content-item"),
        ({"theme": "none"}, "content-item"),
        ({"prior_b": "nan"}, "content-row"),
        ({"level": "x"}, "content-row"),
        ({"picture": "gone"}, "content-item"),
        ({"kind": "essay"}, "content-item"),
    ],
)
def test_a_wrong_row_is_told_and_left_out(place: Path, change: dict[str, str], code: str) -> None:
    write(place, "items", [ITEM | change])
    found, problems = read.read(place)
    assert code in [p.code for p in problems] and found.items == {}


def test_words_need_three_languages_ruby_and_short_sentences(place: Path) -> None:
    words = {"item": "r2-01-mail", "part": "question", "ja": "長" * 41, "easy": "漢字", "en": ""}
    write(place, "words", [words])
    assert {"content-no-words", "content-no-ruby", "content-long"} <= set(codes(place))


def test_a_drawing_with_style_or_small_places_is_refused(place: Path) -> None:
    (place / "pictures" / "home.svg").write_text(
        SVG.replace('width="60"', 'width="30"').replace("<g ", '<g style="" ', 1)
    )
    assert codes(place).count("content-picture") >= 2


def test_words_without_an_owner_and_rows_that_stand_twice_are_told(place: Path) -> None:
    write(place, "items", [ITEM, ITEM])
    assert "content-twice" in codes(place)
    write(place, "items", [])
    (place / "items.csv").write_text("item\n")
    assert "content-lost-words" in codes(place)


def test_an_order_scores_the_neighbours_that_are_right() -> None:
    assert [order_score(t, (1, 2, 3, 4)) for t in ((1, 2, 3, 4), (1, 2, 4, 3), (4, 1, 2, 3), (4, 3, 2, 1))] == [
        3,
        1,
        2,
        0,
    ]


def test_not_knowing_scores_nothing_and_a_strange_answer_is_refused(place: Path) -> None:
    item = read.read(place)[0].items["r2-01-mail"]
    assert item.score(DONT_KNOW) == 0
    for wrong in ("0", "3", "x", "", "1>2"):
        with pytest.raises(ValueError, match=wrong or "^$"):
            item.score(wrong)


def test_an_absent_language_falls_back_to_japanese() -> None:
    assert Text("水", "", "").said("en") == "水"
