"""The check on paper in two stages: one first sheet for everybody, then one of three, as `daremo.assess.paper` chooses them.

Paper asks only what one circle answers and one key scores, so that somebody without a machine can add the points up.
Screens to press are left out: with letters of 12 pt only two of them fit on a page; without them the expected error of the
mean over areas is the same (.51), but what comes before choosing among words, the very first steps, is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from daremo.assess.content.records import Item
from daremo.assess.paper import FORMS, PaperForms, paper_forms
from daremo.web.apps.skills import measure

FIRST, THEN = 5, 7
#: Kinds of questions that a circle answers.
KINDS = ("choice",)
#: Names of the second sheets; none of them says how hard it is.
SECOND = dict(zip("abc", FORMS, strict=True))


@cache
def _forms() -> PaperForms | None:
    tasks = measure.tasks()
    closed = [name for name, item in tasks.items() if item.kind not in KINDS]
    left = len(tasks) - len(closed)
    if left < FIRST + 1:
        return None
    return paper_forms(measure.check(), first=FIRST, then=min(THEN, left - FIRST), closed=closed)


def items_of(sheet: str) -> tuple[Item, ...]:
    """Return the questions of a sheet: ``first``, ``a``, ``b`` or ``c``; none where the bank is too small.

    Raises
    ------
    KeyError
        There is no such sheet.
    """
    form = "" if sheet == "first" else SECOND[sheet]
    found = _forms()
    if found is None:
        return ()
    return tuple(measure.tasks()[name] for name in (found.second[form] if form else found.routing))


def most_points() -> int:
    """Return the most points of the first sheet."""
    return sum(item.categories - 1 for item in items_of("first"))


def second_of(points: int) -> str:
    """Return the second sheet (``a``, ``b``, ``c``) for a sum of the first."""
    found = _forms()
    if found is None or not 0 <= points < len(found.route):
        raise ValueError(points)
    return next(sheet for sheet, form in SECOND.items() if form == found.route[points])


@dataclass(frozen=True, slots=True)
class Told:
    """What a sum of the second sheet says beside one of the first: a level, and how sure it is (share)."""

    points: int
    level: str
    sure: float


def told_by(points: int) -> list[Told]:
    """Return, for a sum of the first sheet, what each sum of its second sheet says."""
    found = _forms()
    if found is None:
        return []
    rows = found.score[SECOND[second_of(points)]]
    return [_told(row) for row in rows if row["routing"] == points]


def _told(row: Mapping[str, float]) -> Told:
    chance = {"alone": row["alone"], "with": row["with"], "next": row["not_yet"]}
    level = max(chance, key=lambda one: chance[one])
    return Told(int(row["second"]), level, chance[level])
