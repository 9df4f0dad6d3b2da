"""What must hold of each row of the content, as a list of (code, what is wrong); an empty list is right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from daremo.assess.content.records import DiagnosisItem, Item, Lesson, StaffItem, Text
from daremo.assess.content.screens import places_of

Found = list[tuple[str, str]]
KINDS = ("screen", "steps", "choice", "observe", "self")
EVENTS = ("medical", "disaster", "money", "family", "administration", "daily")
DEVICES = ("none", "feature-phone", "smartphone", "pc")
PARTS = ("mindset", "why", "what", "how")
DIAGNOSES = ("dx", "telework", "security")
#: Longest sentence, in letters.
LONGEST = 40
LARGEST_PICTURE = 12_288
SMALLEST_PLACE = 48
#: Places lie so far apart that a finger meets one only, units of the drawing.
LEAST_GAP = 8
_KANJI = re.compile(r"[一-鿿々]")
_RUBY = re.compile(r"\{[^{}|]+\|[^{}|]+\}")
_SENTENCE = re.compile(r"[。！？!?\n]")
_FORBIDDEN = ("<style", "<script", "style=", "href=", "<image", "onclick", "<foreignObject")


def check_words(part: str, text: Text, *, easy: bool = True) -> Found:
    """Three languages (of texts for staff `easy` may be empty), ruby on every kanji of easy Japanese, short sentences."""
    wanted = ("ja", "easy", "en") if easy else ("ja", "en")
    found: Found = [("content-no-words", language) for language in wanted if not getattr(text, language)]
    bare = _RUBY.sub("", text.easy)
    if _KANJI.search(bare):
        found.append(("content-no-ruby", bare))
    if "{" in _RUBY.sub("", text.ja) or _RUBY.search(text.ja) or _RUBY.search(text.en):
        found.append(("content-no-ruby", text.ja))
    found += [("content-long", one) for one in _SENTENCE.split(text.ja) if len(one.strip()) > LONGEST]
    return found


def check_item(item: Item, drawn: str | None) -> Found:
    """One question for residents: its kind, its answers, its key and its picture."""
    found: Found = []

    def must(right: bool, what: str) -> None:
        if not right:
            found.append(("content-item", what))

    must(item.kind in KINDS, f"kind {item.kind}")
    must(0 <= item.area <= 5, f"area {item.area}")
    must(re.fullmatch(rf"r{item.area}-\d\d-[a-z0-9-]+", item.item) is not None, "name")
    must(item.event in EVENTS, f"event {item.event}")
    must(item.device in DEVICES, f"device {item.device}")
    must(0 <= item.level <= 3, f"level {item.level}")
    must(1 <= item.reading_grade <= 6, f"reading_grade {item.reading_grade}")
    must(bool(item.source) and bool(item.purpose), "source or purpose")
    must(item.prior_b_sd > 0 and item.prior_a > 0 and abs(item.prior_b) <= 4, "prior")
    must("question" in item.words, "no question")
    right = {
        "screen": len(item.key) == 1 and 1 <= item.key[0] <= item.places,
        "choice": item.places == 3 and len(item.key) == 1 and 1 <= item.key[0] <= 3,
        "steps": item.places >= 3 and sorted(item.key) == list(range(1, item.places + 1)),
        "observe": item.places == 3 and not item.key,
        "self": item.places == 5 and not item.key,
    }
    must(right.get(item.kind, False), f"places {item.places} and key {item.key}")
    must(len(item.options) == item.places, f"{len(item.options)} answers, places {item.places}")
    for language in ("ja", "easy", "en"):
        told = [getattr(option, language) for option in item.options]
        must(len(set(told)) == len(told), f"two answers alike ({language})")
    if item.picture:
        must(drawn is not None, f"picture {item.picture}")
    if item.kind == "screen":
        must(bool(item.picture), "no picture")
    if drawn is not None:
        found += check_picture(drawn, item.places if item.kind == "screen" else None)
    return found


def check_picture(svg: str, places: int | None) -> Found:
    """A drawing of our own: small, without style, script or anything from outside, with places large enough."""
    found: Found = []
    if len(svg.encode()) > LARGEST_PICTURE:
        found.append(("content-picture", f"{len(svg.encode())} bytes"))
    found += [("content-picture", word) for word in _FORBIDDEN if word in svg]
    try:
        spots = places_of(svg)
    except ValueError as error:
        return [*found, ("content-picture", str(error))]
    if places is not None and [spot.number for spot in spots] != list(range(1, places + 1)):
        found.append(("content-picture", f"places {[spot.number for spot in spots]}, expected {places}"))
    for n, one in enumerate(spots):
        for two in spots[n + 1 :]:
            dx = max(one.x - two.x - two.width, two.x - one.x - one.width)
            dy = max(one.y - two.y - two.height, two.y - one.y - one.height)
            if max(dx, dy) < LEAST_GAP:
                found.append(("content-picture", f"places {one.number} and {two.number} are {max(dx, dy):g} apart"))
    for spot in spots:
        if min(spot.width, spot.height) < SMALLEST_PLACE:
            found.append(("content-picture", f"place {spot.number} is {spot.width} by {spot.height}"))
        found += [(code, f"place {spot.number} {what}") for code, what in check_words("label", spot.label)]
    return found


def check_competence(item: Item, competences: set[str], themes: set[str]) -> Found:
    """Competence and theme are known, and the competence is of the item's area."""
    found: Found = []
    if item.competence not in competences or not item.competence.startswith(f"{item.area}."):
        found.append(("content-item", f"competence {item.competence}"))
    if item.theme not in themes:
        found.append(("content-item", f"theme {item.theme}"))
    return found


def check_staff(item: StaffItem) -> Found:
    """A question for those who work."""
    ordered = item.kind == "task"
    right = {
        "part_of": item.part_of in PARTS,
        "kind": item.kind in ("level", "task"),
        "steps": item.steps >= 3 and sum(part.startswith("option.") for part in item.words) == item.steps,
        "key": sorted(item.key) == list(range(1, item.steps + 1)) if ordered else not item.key,
        "prior_a": item.prior_a > 0,
        "question": "question" in item.words,
    }
    return [("content-item", name) for name, fine in right.items() if not fine]


def check_diagnosis(item: DiagnosisItem) -> Found:
    """A question for an organisation."""
    right = {
        "diagnosis": item.diagnosis in DIAGNOSES,
        "dimension": bool(item.dimension),
        "steps": 4 <= item.steps <= 5 and sum(part.startswith("option.") for part in item.words) == item.steps,
        "weight": item.weight > 0,
        "prior_a": item.prior_a > 0,
        "question": "question" in item.words,
        "next": "next" in item.words,
    }
    return [("content-item", name) for name, fine in right.items() if not fine]


def check_lesson(lesson: Lesson) -> Found:
    """A lesson with a title, an aim, steps and something to try."""
    right = {
        "area": 0 <= lesson.area <= 5,
        "level": 0 <= lesson.level <= 3,
        "minutes": 1 <= lesson.minutes <= 60,
        "title": {"title", "aim"} <= lesson.words.keys(),
        "steps": len(lesson.steps) >= 2,
    }
    return [("content-item", name) for name, fine in right.items() if not fine]


def check_keys(
    table: str, rows: Mapping[str, Any], *, themes: set[str], goals: set[str], competences: set[str]
) -> list[Any]:
    """Themes, goals and competences that goals and lessons name exist."""
    from daremo.assess.content.read import problem

    def unknown(names: Iterable[str], known: set[str]) -> list[str]:
        return [name for name in names if name not in known]

    found = []
    for key, row in rows.items():
        told = getattr(row, "themes", None) or (row.theme,)
        wrong = unknown(told, themes) + unknown(getattr(row, "goals", ()), goals)
        wrong += unknown([c for c in (getattr(row, "competence", ""),) if c], competences)
        found += [problem("content-unknown", table, f"{key}: {name}") for name in wrong]
    return found
