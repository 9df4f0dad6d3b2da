"""Read the tables of the content; whatever is wrong in them is collected and told once."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from daremo.assess.content.checks import (
    check_competence,
    check_diagnosis,
    check_item,
    check_keys,
    check_lesson,
    check_staff,
    check_words,
)
from daremo.assess.content.records import Content, DiagnosisItem, Goal, Item, Lesson, Named, StaffItem, Text
from daremo.kernel.errors import Problem
from daremo.kernel.tables import rows_of

Row = dict[str, str]
Words = dict[str, dict[str, Text]]


def folder() -> Traversable:
    """Return where the tables and pictures of the content lie."""
    return resources.files("daremo.assess.content")


@cache
def content() -> Content:
    """Return the content that is part of daremo, read once; a row that cannot be used is left out (tests find it)."""
    return read(folder())[0]


@cache
def picture(name: str) -> str:
    """Return the drawing of that name as SVG text.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    return (folder() / "pictures" / f"{name}.svg").read_text(encoding="utf-8")


def read(place: Traversable) -> tuple[Content, list[Problem]]:
    """Read all tables of a folder; rows with a problem are left out, each problem is told.

    A table that is absent counts as empty.
    """
    r = _Reading(place)
    competences = r.named("digcomp", "competence")
    themes = r.named("themes", "key")
    known = set(competences), set(themes)
    items = r.items(r.words("words"), *known)
    staff = r.rows("staff", "item", _staff, r.words("staff_words", easy=False), check_staff)
    diagnosis = r.rows("diagnosis", "item", _diagnosis, r.words("diagnosis_words", easy=False), check_diagnosis)
    goals = r.rows("goals", "goal", _goal, r.words("goal_words", "goal"))
    lessons = r.rows("lessons", "lesson", _lesson, r.words("lesson_words", "lesson"), check_lesson)
    for told, table in ((goals, "goals"), (lessons, "lessons")):
        r.problems += check_keys(table, told, themes=set(themes), goals=set(goals), competences=set(competences))
    return Content(competences, themes, items, staff, diagnosis, goals, lessons), r.problems


def problem(code: str, table: str, value: str, row: int | None = None, column: str = "") -> Problem:
    """Return a problem of the content with the words of its code."""
    told = next(r for r in rows_of("daremo.assess", "problem_codes") if r["code"] == code)
    return Problem(code, told["ja"], told["fix"], f"{table}.csv", row, column, value)


class _Reading:
    """Reads one folder and keeps what is wrong."""

    def __init__(self, place: Traversable) -> None:
        self.place, self.problems = place, list[Problem]()
        drawings = place / "pictures"
        self.pictures = {p.name.removesuffix(".svg"): p for p in drawings.iterdir()} if drawings.is_dir() else {}

    def table(self, name: str) -> list[Row]:
        path = self.place / f"{name}.csv"
        if not path.is_file():
            return []
        lines = path.read_text(encoding="utf-8").splitlines()
        return [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(lines)]

    def note(self, code: str, table: str, value: str, row: int | None = None, column: str = "") -> None:
        self.problems.append(problem(code, table, value, row, column))

    def named(self, table: str, key: str) -> dict[str, Named]:
        found: dict[str, Named] = {}
        for n, row in enumerate(self.table(table), 2):
            name = row.get(key, "")
            text = Text(row.get("ja", ""), row.get("easy", ""), row.get("en", ""))
            if not name or name in found or not text.ja or not text.en:
                self.note("content-row", table, name, n, key)
                continue
            area = row.get("area", "")
            found[name] = Named(name, text, int(area) if area.isdigit() else 0, row.get("digcomp22", ""))
        return found

    def words(self, table: str, key: str = "item", *, easy: bool = True) -> Words:
        found: Words = {}
        for n, row in enumerate(self.table(table), 2):
            name, part = row.get(key) or row.get("item", ""), row.get("part", "")
            text = Text(row.get("ja", ""), row.get("easy", ""), row.get("en", ""))
            if not name or not part or part in found.get(name, {}):
                self.note("content-twice", table, f"{name} {part}", n)
                continue
            for code, value in check_words(part, text, easy=easy):
                self.note(code, table, f"{name} {part}: {value}", n)
            found.setdefault(name, {})[part] = text
        return found

    def rows(
        self, table: str, key: str, make: Callable[[Row, dict[str, Text]], Any], words: Words, *checks: Callable[[Any], Any]
    ) -> dict[str, Any]:  # fmt: skip
        found: dict[str, Any] = {}
        for n, row in enumerate(self.table(table), 2):
            name = row.get(key, "")
            if not name or name in found:
                self.note("content-twice", table, name, n, key)
                continue
            try:
                made = make(row, words.get(name, {}))
            except (ValueError, KeyError) as error:
                self.note("content-row", table, f"{name}: {error}", n)
                continue
            wrong = [problem for check in checks for problem in check(made)]
            for code, value in wrong:
                self.note(code, table, f"{name}: {value}", n)
            if not wrong:
                found[name] = made
        for name in words.keys() - {row.get(key) for row in self.table(table)}:
            self.note("content-lost-words", table, name)
        return found

    def items(self, words: Words, competences: set[str], themes: set[str]) -> dict[str, Item]:
        def whole(item: Item) -> list[tuple[str, str]]:
            path = self.pictures.get(item.picture)
            drawn = path.read_text(encoding="utf-8") if path is not None else None
            return check_item(item, drawn) + check_competence(item, competences, themes)

        return self.rows("items", "item", lambda row, told: _item(row, told, self.pictures), words, whole)


def _number(row: Row, name: str) -> float:
    value = float(row[name])
    if not math.isfinite(value):
        raise ValueError(name)
    return value


def _list(text: str, separators: str = "|;、,") -> tuple[str, ...]:
    for separator in separators:
        text = text.replace(separator, " ")
    return tuple(text.split())


def _order(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(">")) if text else ()


def _item(row: Row, words: dict[str, Text], pictures: Mapping[str, Traversable]) -> Item:
    from daremo.assess.content.screens import labels_of

    told = dict(words)
    if row["kind"] == "screen" and row.get("picture") in pictures:
        for n, text in labels_of(pictures[row["picture"]].read_text(encoding="utf-8")).items():
            told.setdefault(f"option.{n}", text)
    return Item(
        item=row["item"], kind=row["kind"], area=int(row["area"]), competence=row["competence"],
        digcomp22=row.get("digcomp22", ""), theme=row["theme"], event=row["event"], device=row["device"],
        level=int(row["level"]), places=int(row["places"]), key=_order(row.get("key", "")),
        prior_b=_number(row, "prior_b"), prior_b_sd=_number(row, "prior_b_sd"), prior_a=_number(row, "prior_a"),
        picture=row.get("picture", ""), source=row["source"], reading_grade=int(row["reading_grade"]),
        purpose=row["purpose"], words=told,
    )  # fmt: skip


def _staff(row: Row, words: dict[str, Text]) -> StaffItem:
    return StaffItem(
        item=row["item"], part_of=row["part_of"], theme=row.get("theme", ""), kind=row["kind"], steps=int(row["steps"]),
        key=_order(row.get("key", "")), prior_b=_number(row, "prior_b"), prior_a=_number(row, "prior_a"),
        source=row["source"], purpose=row["purpose"], words=words,
    )  # fmt: skip


def _diagnosis(row: Row, words: dict[str, Text]) -> DiagnosisItem:
    return DiagnosisItem(
        item=row["item"], diagnosis=row["diagnosis"], dimension=row["dimension"], steps=int(row["steps"]),
        weight=_number(row, "weight"), next_step=row.get("next_step", ""), prior_b=_number(row, "prior_b"),
        prior_a=_number(row, "prior_a"), source=row["source"], words=words,
    )  # fmt: skip


def _goal(row: Row, words: dict[str, Text]) -> Goal:
    areas = tuple(int(a) for a in _list(row["areas"]))
    text = words.get("goal") or words.get("title") or words["text"]
    return Goal(row["goal"], row["event"], areas, _list(row["themes"]), _list(row["stages"]), text)


def _lesson(row: Row, words: dict[str, Text]) -> Lesson:
    return Lesson(
        lesson=row["lesson"], theme=row["theme"], area=int(row["area"]), competence=row["competence"],
        level=int(row["level"]), minutes=int(row["minutes"]), goals=_list(row.get("goals", "")),
        stages=_list(row.get("stages", "")), words=words,
    )  # fmt: skip
