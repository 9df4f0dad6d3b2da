"""The words for lessons, goals, staff and organisations: complete, in order, no two alike, a lesson fits one sheet of A4."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from math import ceil

import pytest

from daremo.assess.content import read

PLACE = read.folder()
KANJI = re.compile(r"[一-鿿々]")
RUBY = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
#: A4 with margins of 20 mm in 16 pt: letters on a line, lines of plain text and lines that carry ruby.
LETTERS, PLAIN_LINES, RUBY_LINES = 30, 25, 20


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((PLACE / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


def parts(name: str, key: str) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in table(name):
        assert row["part"] not in found[row[key]], (row[key], row["part"])
        found[row[key]][row["part"]] = row
    return found


LESSONS, STAFF, DIAGNOSIS, GOALS = table("lessons"), table("staff"), table("diagnosis"), table("goals")
LESSON_WORDS, GOAL_WORDS = parts("lesson_words", "lesson"), parts("goal_words", "goal")
STAFF_WORDS, DIAGNOSIS_WORDS = parts("staff_words", "item"), parts("diagnosis_words", "item")


@pytest.mark.parametrize("name", ["lesson_words", "goal_words"])
def test_every_word_for_residents_stands_in_three_languages(name: str) -> None:
    assert [row for row in table(name) if not (row["ja"] and row["easy"] and row["en"])] == []


@pytest.mark.parametrize("name", ["staff_words", "diagnosis_words"])
def test_every_word_for_those_who_work_stands_in_japanese_and_english(name: str) -> None:
    assert [row for row in table(name) if not (row["ja"] and row["en"])] == []


@pytest.mark.parametrize("name", ["lesson_words", "goal_words", "staff_words", "diagnosis_words"])
def test_english_holds_no_japanese_letters_but_those_it_speaks_of(name: str) -> None:
    strange = [row["en"] for row in table(name) if re.search(r"[぀-ヿ一-鿿]", row["en"])]
    assert strange in ([], ["Two taps on か give き."])


@pytest.mark.parametrize("name", ["lesson_words", "goal_words"])
def test_every_kanji_of_easy_japanese_carries_ruby_in_kana(name: str) -> None:
    for row in table(name):
        assert not KANJI.search(RUBY.sub("", row["easy"])), row
        assert all(re.fullmatch(r"[ぁ-ゖー]+", reading) for _, reading in RUBY.findall(row["easy"])), row


@pytest.mark.parametrize("name", ["lesson_words", "goal_words"])
def test_easy_japanese_says_the_same_as_plain_japanese(name: str) -> None:
    for row in table(name):
        bare = RUBY.sub(r"\1", row["easy"]).replace(" ", "").replace("　", "")
        assert bare == row["ja"].replace(" ", ""), row


def test_a_kanji_word_is_never_read_in_a_way_it_cannot_be_read_beside_these_words() -> None:
    text = "\n".join(row["easy"] for name in ("lesson_words", "goal_words") for row in table(name))
    for wrong in (
        "{正|まさ}",
        "{申|さる}",
        "ひなん{所|しょ}",
        "{何|なに}まい",
        "{何|なに}GB",
        "{一|いち}{度|",
        "1{日|にち}と",
    ):
        assert wrong not in text


def test_a_lesson_has_a_title_an_aim_four_to_seven_steps_one_practice_and_one_kind_closing() -> None:
    for row in LESSONS:
        told = set(LESSON_WORDS[row["lesson"]])
        steps = {part for part in told if part.startswith("step.")}
        assert steps == {f"step.{n}" for n in range(1, len(steps) + 1)} and 4 <= len(steps) <= 7, row
        assert told - steps == {"title", "aim", "practice", "well"}, row


def test_a_lesson_fits_one_sheet_of_a4_in_16_point_in_all_three_languages() -> None:
    for row in LESSONS:
        for language, letters, lines in (("ja", 1, PLAIN_LINES), ("easy", 1, RUBY_LINES), ("en", 0.5, PLAIN_LINES)):
            # title and headings stand larger, and the foot carries reference and telephone: six lines
            used = 6 + sum(
                ceil((3 + letters * len(RUBY.sub(r"\1", text[language]))) / LETTERS)
                for text in LESSON_WORDS[row["lesson"]].values()
            )
            assert used <= lines, (row["lesson"], language, used)


def test_the_lessons_begin_at_level_nought_and_never_go_back() -> None:
    levels = [int(row["level"]) for row in LESSONS]
    assert levels == sorted(levels) and set(levels) == {0, 1, 2, 3} and len(LESSONS) >= 36


def test_the_lessons_cover_the_themes_of_the_national_classes() -> None:
    national = {"power", "call-camera", "internet", "map", "messages", "apps", "mynumber", "mynaportal", "e-tax"}
    national |= {"online-care", "disaster", "fraud", "payment", "photos", "video-call", "wifi", "settings", "booking"}
    assert national - {row["theme"] for row in LESSONS} == set()


def test_every_goal_is_reached_by_two_to_four_lessons_from_easy_to_hard() -> None:
    leads = Counter(goal for row in LESSONS for goal in row["goals"].split(";") if goal)
    assert set(leads) == {row["goal"] for row in GOALS} and len(GOALS) >= 24
    assert {goal: n for goal, n in leads.items() if not 2 <= n <= 4} == {}


def test_every_life_stage_has_at_least_six_goals_and_a_lesson_serves_the_stages_of_its_goals() -> None:
    known = {"school", "youth", "working", "65-74", "75-84", "85+"}
    stages = Counter(stage for row in GOALS for stage in row["stages"].split(";"))
    assert set(stages) == known and min(stages.values()) >= 6
    of_goal = {row["goal"]: set(row["stages"].split(";")) for row in GOALS}
    for goal, wanted in of_goal.items():
        lessons = [row for row in LESSONS if goal in row["goals"].split(";")]
        served = [wanted & (set(row["stages"].split(";")) if row["stages"] else known) for row in lessons]
        for stage in wanted:
            assert any(stage in one for one in served), (goal, stage)


def test_staff_items_cover_the_four_parts_with_statements_and_situations() -> None:
    parts_kinds = Counter((row["part_of"], row["kind"]) for row in STAFF)
    assert len(STAFF) >= 36
    assert min(parts_kinds[part, kind] for part in ("mindset", "why", "what", "how") for kind in ("level", "task")) >= 3


def test_the_best_answer_of_a_situation_stands_at_every_place_and_is_not_the_longest_too_often() -> None:
    tasks = [row for row in STAFF if row["kind"] == "task"]
    assert all(sorted(row["key"].split(">")) == ["1", "2", "3"] for row in tasks)
    best = Counter(row["key"][0] for row in tasks)
    assert set(best) == {"1", "2", "3"} and max(best.values()) <= len(tasks) / 2
    for language in ("ja", "en"):
        longest = 0
        for row in tasks:
            length = {n: len(STAFF_WORDS[row["item"]][f"option.{n}"][language]) for n in "123"}
            longest += length[row["key"][0]] == max(length.values())
        assert longest <= len(tasks) / 2, language


def test_options_are_numbered_without_a_hole() -> None:
    for rows, words in ((STAFF, STAFF_WORDS), (DIAGNOSIS, DIAGNOSIS_WORDS)):
        for row in rows:
            options = {part for part in words[row["item"]] if part.startswith("option.")}
            assert options == {f"option.{n}" for n in range(1, int(row["steps"]) + 1)}, row["item"]


def test_every_diagnosis_has_sixteen_items_and_every_dimension_at_least_two() -> None:
    assert min(Counter(row["diagnosis"] for row in DIAGNOSIS).values()) >= 16
    dimensions = Counter((row["diagnosis"], row["dimension"]) for row in DIAGNOSIS)
    assert min(dimensions.values()) >= 2
    assert {dimension for name, dimension in dimensions if name == "telework"} == {
        "rules", "tools", "security", "management", "health", "fairness",
    }  # fmt: skip


def test_value_for_users_weighs_more_than_efficiency() -> None:
    weight: dict[str, float] = defaultdict(float)
    for row in DIAGNOSIS:
        weight[row["dimension"] if row["diagnosis"] == "dx" else ""] += float(row["weight"])
    assert weight["value"] > 2 * weight["efficiency"]


def test_every_diagnosis_item_has_a_next_step_that_says_what_it_costs() -> None:
    said = {"low": ("10万円まで", "small"), "medium": ("100万円まで", "medium"), "high": ("100万円より上", "large")}
    for row in DIAGNOSIS:
        step = DIAGNOSIS_WORDS[row["item"]]["next"]
        ja, en = said[row["next_step"]]
        assert ja in step["ja"] and f"Cost: {en}" in step["en"], row["item"]


def test_every_word_belongs_to_a_row_and_every_row_has_words() -> None:
    for rows, key, words in (
        (LESSONS, "lesson", LESSON_WORDS),
        (GOALS, "goal", GOAL_WORDS),
        (STAFF, "item", STAFF_WORDS),
        (DIAGNOSIS, "item", DIAGNOSIS_WORDS),
    ):
        assert [row[key] for row in rows] == list(words)


@pytest.mark.parametrize(
    ("words", "part"),
    [(LESSON_WORDS, "title"), (LESSON_WORDS, "practice"), (LESSON_WORDS, "well"), (GOAL_WORDS, "goal"),
     (STAFF_WORDS, "question"), (DIAGNOSIS_WORDS, "question"), (DIAGNOSIS_WORDS, "next")],
)  # fmt: skip
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_two_texts_are_alike(words: dict[str, dict[str, dict[str, str]]], part: str, language: str) -> None:
    # the sentence on cost at the end of a next step is the same by intent
    told = [re.split(r"費用は|Cost:", one[part][language])[0] for one in words.values()]
    alike = [
        (one, two)
        for n, one in enumerate(told)
        for two in told[n + 1 :]
        if SequenceMatcher(None, one, two).ratio() > 0.9
    ]
    assert alike == []


def test_answers_of_one_question_differ() -> None:
    for words in (STAFF_WORDS, DIAGNOSIS_WORDS):
        for item, told in words.items():
            for language in ("ja", "en"):
                options = [text[language] for part, text in told.items() if part.startswith("option.")]
                assert len(set(options)) == len(options), item


def test_nothing_sounds_like_a_school_test_or_blames() -> None:
    forbidden = ("合格", "不合格", "正しくない", "テスト", "情報弱者", "ダメ", "間違っている")
    for name in ("lesson_words", "goal_words", "staff_words", "diagnosis_words"):
        assert [row["ja"] for row in table(name) if any(word in row["ja"] for word in forbidden)] == []
