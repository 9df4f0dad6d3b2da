"""A small content for tests: a few questions of each kind, two lessons an area, two parts a diagnosis."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SCREEN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 560"><rect width="320" height="560" fill="#dcf0ff"/>{}</svg>'
PLACE = (
    '<g data-place="{n}" data-label-ja="{word}" data-label-easy="{word}" data-label-en="Place {n}">'
    '<rect x="100" y="{y}" width="110" height="80" fill="#115a36"/></g>'
)


def _write(folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(k for row in rows for k in row)))
        writer.writeheader()
        writer.writerows(rows)


def write_content(folder: Path) -> Path:
    """Write all tables and one drawing into a folder."""
    (folder / "pictures").mkdir(parents=True)
    places = "".join(
        PLACE.format(n=n, word=word, y=100 * n) for n, word in enumerate(("でんわ", "メール", "カメラ"), 1)
    )
    (folder / "pictures" / "home.svg").write_text(SCREEN.format(places), encoding="utf-8")
    areas = range(1, 6)
    competences = [{"competence": "0.1", "area": 0, "ja": "はじめ", "en": "First", "digcomp22": ""}]
    competences += [
        {"competence": f"{a}.{n}", "area": a, "ja": f"力{a}.{n}", "en": f"Competence {a}.{n}", "digcomp22": f"{a}.{n}"}
        for a in areas
        for n in (1, 2)
    ]
    _write(folder, "digcomp", competences)
    _write(folder, "themes", [{"key": f"t{a}", "ja": f"テーマ{a}", "en": f"Theme {a}"} for a in range(6)])
    items: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []

    def item(name: str, kind: str, area: int, n: int, places: int, key: str, b: float, options: int = 0) -> None:
        items.append(
            {
                "item": name, "kind": kind, "area": area, "competence": f"{area}.{n}", "digcomp22": "", "theme": f"t{area}",
                "event": "daily", "device": "smartphone", "level": min(area, 1), "places": places, "key": key,
                "prior_b": b, "prior_b_sd": 0.7, "prior_a": 1.2, "picture": "home" if kind == "screen" else "",
                "source": "own", "reading_grade": 2, "purpose": "Shows it.",
            }
        )  # fmt: skip
        words.append(
            {
                "item": name,
                "part": "question",
                "ja": f"問い{name}です。",
                "easy": f"とい {name}",
                "en": f"Question {name}",
            }
        )
        for o in range(1, options + 1):
            words.append(
                {"item": name, "part": f"option.{o}", "ja": f"答え{o}", "easy": f"こたえ{o}", "en": f"Answer {o}"}
            )

    for a in areas:
        item(f"r{a}-01-screen", "screen", a, 1, 3, "2", -1.0)
        item(f"r{a}-02-choice", "choice", a, 2, 3, "2", -0.2, 3)
        item(f"r{a}-03-steps", "steps", a, 1, 3, "2>1>3", 0.4, 3)
        item(f"r{a}-04-observe", "observe", a, 2, 3, "", -0.5, 3)
        for n in (5, 6):
            item(f"r{a}-0{n}-self", "self", a, 1, 5, "", 0, 5)
    item("r0-01-on", "choice", 0, 1, 3, "1", -2.0, 3)
    _write(folder, "items", items)
    _write(folder, "words", words)
    _write(
        folder, "goals", [{"goal": "grandchild", "event": "family", "areas": "2", "themes": "t2", "stages": "75-84"}]
    )
    _write(
        folder,
        "goal_words",
        [{"goal": "grandchild", "part": "goal", "ja": "まごと話したい", "easy": "まごと はなしたい", "en": "Talk"}],
    )
    lessons = [
        {
            "lesson": f"l{a}-{n}", "theme": f"t{a}", "area": a, "competence": f"{a}.1", "level": n, "minutes": 10,
            "goals": "grandchild" if a == 2 else "", "stages": "",
        }
        for a in areas
        for n in (1, 2)
    ]  # fmt: skip
    _write(folder, "lessons", lessons)
    parts = ("title", "aim", "step.1", "step.2")
    _write(
        folder,
        "lesson_words",
        [
            {
                "lesson": row["lesson"],
                "part": p,
                "ja": f"れんしゅう{row['lesson']} {p}",
                "easy": "{練習|れんしゅう}",
                "en": f"Lesson {p}",
            }
            for row in lessons
            for p in parts
        ],
    )
    staff = [(f"s-{p}-{n}", p) for p in ("mindset", "why", "what", "how") for n in (1, 2)]
    _write(
        folder,
        "staff",
        [
            {"item": name, "part_of": p, "theme": "t1", "kind": "level", "steps": 5, "key": "", "prior_b": 0, "prior_a": 1.2,
             "source": "own", "purpose": "Shows it."}
            for name, p in staff
        ],
    )  # fmt: skip
    told = [{"item": n, "part": p, "ja": f"{p}です", "easy": p, "en": p} for n, _ in staff for p in ("question", *(f"option.{o}" for o in range(1, 6)))]  # fmt: skip
    _write(folder, "staff_words", told)
    diagnoses = [(f"{d}-{p}-{n}", d, p) for d in ("dx", "telework", "security") for p in ("one", "two") for n in (1, 2)]
    _write(
        folder,
        "diagnosis",
        [
            {"item": name, "diagnosis": d, "dimension": p, "steps": 4, "weight": 1, "next_step": "low", "prior_b": 0,
             "prior_a": 1.2, "source": "own"}
            for name, d, p in diagnoses
        ],
    )  # fmt: skip
    told = [{"item": n, "part": p, "ja": f"{p} {n}", "easy": p, "en": p} for n, _, _ in diagnoses for p in ("question", "next", *(f"option.{o}" for o in range(1, 5)))]  # fmt: skip
    _write(folder, "diagnosis_words", told)
    return folder


def _forget() -> None:
    from daremo.assess.content import read
    from daremo.web.apps.diagnosis import services as diagnosis
    from daremo.web.apps.skills import drawing, measure, sheets

    for module in (read, measure, sheets, drawing, diagnosis):
        for thing in vars(module).values():
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()
    from django.core.cache import cache

    cache.clear()


@contextmanager
def instead(folder: Path) -> Iterator[None]:
    """Let the desk ask this content instead of its own."""
    from daremo.assess.content import read

    kept = read.folder
    read.folder = lambda: folder  # type: ignore[assignment]
    _forget()
    try:
        yield
    finally:
        read.folder = kept
        _forget()


@pytest.fixture(scope="session")
def content_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small content on disk."""
    return write_content(tmp_path_factory.mktemp("content") / "content")


@pytest.fixture(autouse=True)
def small_content(content_folder: Path) -> Iterator[None]:
    """Every test here asks the small content."""
    with instead(content_folder):
        yield
