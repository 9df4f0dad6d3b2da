"""The two editions of the month: for the public, without small counts, and for those who run the programme, with all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daremo.web.apps.figures.lines import Line, Summary
from daremo.web.apps.figures.protect import SMALLEST, column

PUBLIC, INTERNAL = "public", "internal"
COUNTED = ("booked", "attended", "cancelled")
"""Counts of people in a line whose totals stand beside them; who did not come is never told by session: it is booked − attended."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Sessions and figures of a period, and what of them is not printed.

    Attributes
    ----------
    name : str
        ``public`` or ``internal``.
    rows : sequence of Line
    told : Summary
    withheld : tuple of frozenset of str, one a row
        Fields of :class:`Line` that are not printed.
    withheld_told : frozenset of str
        Fields of :class:`Summary` that are not printed.
    """

    name: str
    rows: Sequence[Line]
    told: Summary
    withheld: tuple[frozenset[str], ...]
    withheld_told: frozenset[str]


def internal(rows: Sequence[Line], told: Summary) -> Edition:
    """Return the edition that withholds nothing."""
    return Edition(INTERNAL, rows, told, (frozenset(),) * len(rows), frozenset())


def public(rows: Sequence[Line], told: Summary) -> Edition:
    """Return the edition in which no count from 1 to 4 people is seen or found by subtracting from a total.

    What is worked out from a few people (a share, a median) is withheld with them.
    """
    gone: list[set[str]] = [{"noshow", "crowded"} for _line in rows]
    few: set[str] = set()
    for field in COUNTED:
        hidden, total = column([getattr(line, field) for line in rows])
        for at in hidden:
            gone[at].add(field)
        if total:
            few.add("learners" if field == "attended" else field)
    for line, fields in zip(rows, gone):
        if line.attended < SMALLEST or "attended" in fields:
            fields.add("outcome_share")
    if "learners" in few:
        few |= {"learners_per_slot", "learners_per_helper"}
    with_some = [line for line in rows if line.attended]
    alone = sum(line.attended == 1 for line in with_some)
    if len(with_some) < SMALLEST or 0 < alone < SMALLEST or 0 < len(with_some) - alone < SMALLEST:
        few.add("single_share")
    few |= {name for name in ("noshow", "people", "crowded") if 0 < getattr(told, name) < SMALLEST}
    if told.people < SMALLEST:
        few |= {"visits", "minutes", "people"} if told.people else set()
        few |= {"wait_minutes", "distance_km"}
    return Edition(PUBLIC, rows, told, tuple(frozenset(g) for g in gone), frozenset(few))


def of(name: str, rows: Sequence[Line], told: Summary) -> Edition:
    """Return the edition by its name."""
    return internal(rows, told) if name == INTERNAL else public(rows, told)
