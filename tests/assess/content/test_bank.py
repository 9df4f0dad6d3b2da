"""The residents' bank as people meet it: words in three languages, a fair mix, drawings a finger can use."""

from __future__ import annotations

import csv
import re
from collections import Counter
from difflib import SequenceMatcher
from xml.etree import ElementTree as Xml

import pytest

from daremo.assess.content.read import content, folder, picture
from daremo.assess.content.records import Item
from daremo.assess.content.screens import places_of, size_of

KANJI = re.compile(r"[一-鿿々]")
RUBY = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
#: Makers and services a public office must not seem to recommend.
BRANDS = (
    "LINE", "ライン", "Google", "グーグル", "Apple", "iPhone", "アイフォン", "Android", "アンドロイド", "YouTube",
    "PayPay", "ペイペイ", "Amazon", "アマゾン", "楽天", "Facebook", "Instagram", "Twitter", "Zoom", "Windows",
    "Word", "Excel", "ドコモ", "ソフトバンク", "ヤマト", "佐川", "メルカリ", "ChatGPT", "QRコード",
)  # fmt: skip
NEGATIVE = re.compile(r"(正しくない|まちがって いるもの|まちがっているもの|してはいけない|ではないもの|NOT\b)")
ITEMS = tuple(content().items.values())
TASKS = tuple(item for item in ITEMS if item.kind != "self")
PICTURES = sorted(item.picture for item in ITEMS if item.picture)


def ids(item: Item) -> str:
    return item.item


def test_the_bank_has_enough_of_every_kind() -> None:
    kinds = Counter(item.kind for item in ITEMS)
    assert len(ITEMS) >= 126
    assert kinds["screen"] >= 40 and kinds["steps"] >= 15 and kinds["observe"] >= 15 and kinds["choice"] >= 40
    assert sum(item.area == 0 for item in ITEMS) >= 12


def test_every_competence_has_five_questions_and_every_area_two_self_reports() -> None:
    asked = Counter(item.competence for item in TASKS)
    named = [c for c in content().competences if not c.startswith("0.")]
    assert len(named) == 21 and min(asked[c] for c in named) >= 5
    assert Counter(item.area for item in ITEMS if item.kind == "self") == dict.fromkeys(range(1, 6), 2)


def test_sixty_in_a_hundred_are_easy_and_fifteen_are_above() -> None:
    share = Counter("easy" if i.prior_b < -0.5 else "middle" if i.prior_b <= 0.5 else "above" for i in TASKS)
    assert share["easy"] / len(TASKS) == pytest.approx(0.60, abs=0.02)
    assert share["middle"] / len(TASKS) == pytest.approx(0.25, abs=0.02)
    assert share["above"] / len(TASKS) == pytest.approx(0.15, abs=0.02)


def test_the_level_follows_the_guessed_difficulty() -> None:
    for item in TASKS:
        guessed = 1 if item.prior_b < -0.5 else 2 if item.prior_b <= 0.5 else 3
        assert item.level == (guessed if item.area else 0), item.item


def test_the_guesses_are_as_wide_as_expert_guesses_are() -> None:
    assert {item.prior_b_sd for item in ITEMS} <= {0.7, 0.75, 0.8}
    assert all(0.8 <= item.prior_a <= 1.6 for item in ITEMS)


@pytest.mark.parametrize("item", ITEMS, ids=ids)
def test_every_text_is_there_in_three_languages_with_ruby_on_every_kanji(item: Item) -> None:
    for part, text in item.words.items():
        assert text.ja and text.easy and text.en, part
        assert not KANJI.search(RUBY.sub("", text.easy)), part
        assert all(re.fullmatch(r"[ぁ-ゖー]+", m[1]) for m in re.findall(r"\{([^{}|]+)\|([^{}|]+)\}", text.easy)), part
        assert "{" not in text.ja and not KANJI.search(text.en), part


@pytest.mark.parametrize("item", ITEMS, ids=ids)
def test_easy_japanese_says_the_same_as_plain_japanese(item: Item) -> None:
    for part, text in item.words.items():
        assert RUBY.sub(r"\1", text.easy).replace(" ", "") == text.ja.replace(" ", ""), part


def test_no_word_names_a_brand_or_asks_for_what_is_wrong() -> None:
    told = [(i.item, text.ja) for i in ITEMS for text in i.words.values()] + [(n, picture(n)) for n in PICTURES]
    told += [(i.item, text.en) for i in ITEMS for text in i.words.values()]
    found = [
        (who, b)
        for who, text in told
        for b in BRANDS
        if re.search(rf"(?<![A-Za-zァ-ヶー]){b}(?![A-Za-zァ-ヶー])", text)
    ]
    assert found == []
    assert [i.item for i in ITEMS if NEGATIVE.search(i.words["question"].ja + i.words["question"].en)] == []


def test_no_two_questions_are_alike() -> None:
    told = [(item.item, item.words["question"].ja, item.words["question"].en) for item in ITEMS]
    assert len({ja for _, ja, _ in told}) == len(told) and len({en for _, _, en in told}) == len(told)
    alike = [
        (a, b)
        for n, (a, one, _) in enumerate(told)
        for b, two, _ in told[n + 1 :]
        if SequenceMatcher(None, one, two).quick_ratio() > 0.9 and SequenceMatcher(None, one, two).ratio() > 0.9
    ]
    assert alike == []


def test_no_place_of_a_screen_is_asked_for_twice() -> None:
    asked = Counter((item.picture, item.key) for item in ITEMS if item.kind == "screen" and item.area)
    # the same place may be the answer to two needs: then the needs belong to two competences
    for picture_and_key, times in asked.items():
        same = [i.competence for i in ITEMS if i.kind == "screen" and (i.picture, i.key) == picture_and_key]
        assert times == 1 or len(set(same)) == len(same), picture_and_key


def test_the_right_answer_stands_at_no_favourite_place() -> None:
    choices = Counter(item.key[0] for item in ITEMS if item.kind == "choice")
    assert max(choices.values()) <= 0.42 * sum(choices.values()) and set(choices) == {1, 2, 3}
    assert all(item.key != tuple(sorted(item.key)) for item in ITEMS if item.kind == "steps")


def test_the_right_answer_is_not_the_longest_as_a_rule() -> None:
    longest = [
        len(i.options[i.key[0] - 1].ja) > max(len(o.ja) for n, o in enumerate(i.options, 1) if n != i.key[0])
        for i in ITEMS
        if i.kind == "choice"
    ]
    assert sum(longest) / len(longest) <= 0.6


@pytest.mark.parametrize("name", sorted(set(PICTURES)))
def test_every_screen_is_small_safe_and_large_enough_for_a_finger(name: str) -> None:
    svg = picture(name)
    assert len(svg.encode()) <= 12_288
    names = {node.tag.rpartition("}")[2] for node in Xml.fromstring(svg).iter()}
    assert names <= {"svg", "g", "rect", "circle", "path", "text"}
    attributes = {key for node in Xml.fromstring(svg).iter() for key in node.attrib}
    assert not [key for key in attributes if key.startswith("on") or key in ("style", "href", "class", "id")]
    width, height = size_of(svg)
    places = places_of(svg)
    asked = any(item.kind == "screen" for item in ITEMS if item.picture == name)
    assert 3 <= len(places) <= 7 if asked else not places
    for place in places:
        assert min(place.width, place.height) >= 48, place
        assert place.x >= 0 and place.y >= 0 and place.x + place.width <= width and place.y + place.height <= height, (
            place
        )
        assert (
            place.label.ja and place.label.easy and place.label.en and not KANJI.search(RUBY.sub("", place.label.easy))
        )
    for language in ("ja", "easy", "en"):
        assert len({getattr(place.label, language) for place in places}) == len(places)


@pytest.mark.parametrize("name", sorted(set(PICTURES)))
def test_letters_in_a_screen_are_at_least_18_units_high(name: str) -> None:
    for node in Xml.fromstring(picture(name)).iter("{http://www.w3.org/2000/svg}text"):
        assert float(node.get("font-size", "0")) >= 18, node.text


def test_every_question_has_a_picture() -> None:
    assert [item.item for item in ITEMS if not item.picture] == []


def test_every_drawing_is_used_by_a_question() -> None:
    drawn = {path.name.removesuffix(".svg") for path in (folder() / "pictures").iterdir()}
    assert drawn == set(PICTURES)


def test_the_numbers_people_may_call_are_the_right_ones() -> None:
    known = {"119", "110", "171", "188", "117", "#9110", "#7119", "0120-95-0178"}
    found = set()
    for item in ITEMS:
        for text in item.words.values():
            said = re.sub(r"0000-[0-9-]+|\d+(?:月|日|時|人|円|分|回|台|つ|まい|番|か月)", "", text.ja)
            found |= set(re.findall(r"#\d{4}|0120-\d{2}-\d{4}|(?<![\d-])1\d{2}(?![\d-])", said))
    assert found <= known and {"188", "#9110", "#7119", "119", "171"} <= found


def test_the_tables_are_plain_csv_with_unix_line_ends() -> None:
    for name in ("items.csv", "words.csv", "digcomp.csv", "themes.csv"):
        raw = (folder() / name).read_bytes()
        assert b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(raw.decode("utf-8").splitlines()))
        assert len({len(row) for row in rows}) == 1, name
