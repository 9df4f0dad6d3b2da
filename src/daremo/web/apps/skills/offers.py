"""What may come next for a person: lessons to print and real times at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.core.cache import cache as kept

from daremo.assess.content.path import Gained, Step, learned_gains, next_lessons
from daremo.assess.content.read import content
from daremo.assess.content.records import Lesson
from daremo.kernel.tables import rows_of
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.skills import services as skills
from daremo.web.apps.skills.forms import region_stage

OFFERS = 3
_KEPT_S = 3600
#: Topics of the desk for an area, where a theme has none of its own.
AREA_TOPICS = {
    0: ("power",),
    1: ("net", "map"),
    2: ("call", "video"),
    3: ("photo",),
    4: ("safe",),
    5: ("power", "wifi"),
}


@cache
def theme_topics() -> dict[str, tuple[str, ...]]:
    """Return the topics of the desk that serve a theme of the lessons."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows_of("daremo.web.apps.skills", "theme_topics"):
        found[row["theme"]] = (*found.get(row["theme"], ()), row["topic"])
    return found


def topics_of(lesson: Lesson) -> tuple[str, ...]:
    """Return the topics of the desk that a lesson is about."""
    return theme_topics().get(lesson.theme) or AREA_TOPICS[lesson.area]


def observed() -> list[Gained]:
    """Return what people gained from lessons between two checks, of those who let it be counted.

    A lesson was had where a visit between the checks was about its topic; with several, each has its share of the gain.
    """
    visits: Any = apps.get_model("visits", "Visit")._default_manager
    lessons = content().lessons
    found: list[Gained] = []
    for before, after in skills.gains():
        change = skills.compared(before, after)
        if change is None:
            continue
        rows = visits.filter(
            person=after.person_id, state="closed", started__gte=before.at, started__lt=after.at
        ).values_list("topics", flat=True)
        topics = {topic for told in rows for topic in told}
        had = [name for name, lesson in lessons.items() if topics & set(topics_of(lesson))]
        for name in had:
            one = change.areas.get(lessons[name].area)
            if one is not None:
                same = sum(lessons[other].area == lessons[name].area for other in had)
                found.append(Gained(name, one.gain / same, one.error))
    return found


def gains() -> dict[str, float]:
    """Return the expected gain of each lesson, learned from `observed`; computed once an hour."""
    found: dict[str, float] | None = kept.get("skills.gains")
    if found is None:
        found = learned_gains(observed(), content().lessons)
        kept.set("skills.gains", found, _KEPT_S)
    return found


def lessons_for(
    profile: Mapping[int, tuple[float, float]], goal: str, stage: str, had: tuple[str, ...] = ()
) -> list[Step]:
    """Return the next three lessons."""
    told = content()
    return next_lessons(
        told.lessons,
        {area: mean for area, (mean, _error) in profile.items()},
        goal=told.goals.get(goal),
        stage="" if stage == "unknown" else region_stage(stage),
        gains=gains(),
        had=had,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """A time at the desk that can be booked, and the lesson it serves."""

    session_id: int
    title: str
    point: str
    starts: datetime
    minutes: int
    free: int
    lesson: str


def offers_for(now: datetime, steps: list[Step]) -> list[Offer]:
    """Return the next three times at the desk: for each lesson in turn the earliest that is about it, no time twice."""
    lessons, found = content().lessons, dict[int, Offer]()
    for step in steps:
        rows = schedule.free_times(now, topics=topics_of(lessons[step.lesson]), per_point=1, limit=OFFERS + len(found))
        free = next((row for row in rows if row.session_id not in found), None)
        if free is not None:
            found[free.session_id] = _offer(free, step.lesson)
    if len(found) < OFFERS:
        for free in schedule.free_times(now, per_point=1, limit=2 * OFFERS):
            if free.session_id not in found and len(found) < OFFERS:
                found[free.session_id] = _offer(free, "")
    return sorted(found.values(), key=lambda o: (o.lesson == "", o.starts))[:OFFERS]


def _offer(free: schedule.FreeTime, lesson: str) -> Offer:
    minutes = round((free.ends - free.starts) / timedelta(minutes=1))
    return Offer(free.session_id, free.offer_title, free.point_name, free.starts, minutes, free.free, lesson)
