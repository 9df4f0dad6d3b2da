"""Who came against who is left behind: by area and life stage, so that those not reached are seen, not averaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daremo.web.apps.figures.protect import column
from daremo.web.apps.figures.source import areas, visits_of
from daremo.web.days import span

STAGES = ("school", "youth", "working", "65_74", "75_84", "85_over")


@dataclass(frozen=True, slots=True)
class Reach:
    """An area and a life stage: residents, those left behind (from the gap; None where it is not known), persons who came.

    ``came`` counts persons, not visits: whoever came three times counts once.
    """

    area: str
    name: str
    life_stage: str
    residents: float | None
    left_behind: float | None
    came: int

    @property
    def share(self) -> float | None:
        """People who came over people left behind."""
        return self.came / self.left_behind if self.left_behind else None


def reached(organisations: Sequence[int], first: date, last: date) -> list[Reach]:
    """Return one row for every area and life stage, those where nobody came included.

    Persons whose area is not known stand in the last rows, with an empty code.
    """
    begin, end = span(first, last)
    seen: Counter[tuple[str, str]] = Counter()
    rows = visits_of(organisations, begin, end).filter(person__isnull=False)
    for area, stage in (
        rows.values_list("person__area__code", "person__life_stage", "person")
        .distinct()
        .values_list("person__area__code", "person__life_stage")
    ):
        seen[area or "", stage] += 1
    made = []
    for area in areas():
        for stage in STAGES:
            residents, share = area.people.get(stage), area.gap.get(stage)
            made.append(
                Reach(
                    area=area.code,
                    name=area.name,
                    life_stage=stage,
                    residents=residents,
                    left_behind=residents * share if residents is not None and share is not None else None,
                    came=seen.pop((area.code, stage), 0),
                )
            )
    made += [Reach(area, "", stage, None, None, count) for (area, stage), count in sorted(seen.items())]
    return made


def worst(rows: Sequence[Reach], how_many: int = 10) -> list[Reach]:
    """Return the areas and life stages with the most people left behind whom nobody has met."""
    known = [row for row in rows if row.left_behind]
    return sorted(known, key=lambda row: -((row.left_behind or 0) - row.came))[:how_many]


def withheld(rows: Sequence[Reach]) -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
    """Return the (area, life stage) whose count is not shown, and the life stages whose total is not."""
    hidden: set[tuple[str, str]] = set()
    bare: set[str] = set()
    for stage in {row.life_stage for row in rows}:
        those = [row for row in rows if row.life_stage == stage]
        few, total = column([row.came for row in those])
        hidden |= {(those[at].area, stage) for at in few}
        if total:
            bare.add(stage)
    return frozenset(hidden), frozenset(bare)
