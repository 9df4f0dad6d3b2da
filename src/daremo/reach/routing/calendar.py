"""Which day may hold which visit: a stop visited f times is visited once in each of f equal parts of the period.

Days with the same parts and the same vehicles are alike; they form one group with so many slots of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from daremo.reach.rounds_model import RoundsQuestion
from daremo.reach.routing.day import Kind


@dataclass(frozen=True, slots=True)
class Calendar:
    """Groups of like days.

    Attributes
    ----------
    days : tuple of tuple of int
        Days of each group.
    slots : tuple of tuple of int
        By kind of vehicle and group: vehicle days there are.
    part : tuple of tuple of int
        By stop and group: which part of the period the group lies in.
    visits : tuple of int
        Visits of each stop that the period has days for.
    """

    days: tuple[tuple[int, ...], ...]
    slots: tuple[tuple[int, ...], ...]
    part: tuple[tuple[int, ...], ...]
    visits: tuple[int, ...]


def part_of(day: int, visits: int, period: int) -> int:
    """The part of the period, of `visits` equal ones, in which a day lies.

    Examples
    --------
    >>> [part_of(day, 2, 5) for day in range(5)]
    [0, 0, 1, 1, 1]
    """
    return next(i for i in range(visits) if day < (i + 1) * period // visits)


def calendar_of(q: RoundsQuestion, kinds: tuple[Kind, ...]) -> Calendar:
    """The question's calendar."""
    period = max((q.vehicles[i].days for k in kinds for i in k.members), default=0)
    visits = tuple(min(s.visits, period) for s in q.stops)
    groups: dict[tuple[object, ...], list[int]] = {}
    for day in range(period):
        parts = tuple(part_of(day, f, period) for f in sorted({f for f in visits if f > 0}))
        working = tuple(sum(q.vehicles[i].days > day for i in k.members) for k in kinds)
        groups.setdefault((parts, working), []).append(day)
    days = tuple(tuple(group) for group in groups.values())
    return Calendar(
        days,
        tuple(tuple(sum(q.vehicles[i].days > d for i in k.members for d in group) for group in days) for k in kinds),
        tuple(tuple(part_of(group[0], f, period) if f > 0 else -1 for group in days) for f in visits),
        visits,
    )
