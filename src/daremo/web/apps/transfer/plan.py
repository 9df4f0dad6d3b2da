"""A plan becomes points, offers, openings, courses, sessions, and supporters to staff them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import jpholiday
from django.apps import apps
from django.db import transaction

from daremo.region.model import load
from daremo.web.apps.figures import services as figures
from daremo.web.apps.journal.act import Act
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.transfer.ground import Ground, ground_of
from daremo.web.days import TOKYO
from daremo.web.problems import conflict, refusal

WEEKDAYS = dict(zip("月火水木金土日", ("MO", "TU", "WE", "TH", "FR", "SA", "SU")))
CLASS_SESSIONS = 8
"""Sessions of one course, as the plan counts them (``cases.plan_told.timetable``)."""
CLASS_SEATS = 8
POINT_SEATS = 2
WEEKLY_HOURS = 20.0
#: Action of the plan → offer: kind, title, minutes of a session, seats, supporters at once.
OFFERS: dict[str, tuple[str, str, int, int, int]] = {
    "point": ("consultation", "スマホなんでも相談", 60, POINT_SEATS, 1),
    "class": ("course", "はじめてのスマホ教室", 120, CLASS_SEATS, 2),
    "round": ("consultation", "出張スマホ相談", 60, POINT_SEATS, 1),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan became."""

    city: int
    areas: int
    points: int
    openings: int
    series: int
    sessions: int
    supporters: int
    left_out: tuple[str, ...]


def load_plan(act: Act, town_dir: Path, plan_dir: Path, *, first_day: date, weeks: int) -> Planned:
    """Turn a plan made by ``daremo plan`` into the desk's rows, all or nothing.

    Points that the desk has from the same region are taken, not added again. Each action keeps its name in the
    offer, so that what came of it can be held against what the plan promised. Actions that are not done at a place
    (devices, lines, home visits by telephone) need no session and stand in ``left_out``.

    Parameters
    ----------
    town_dir, plan_dir : pathlib.Path
        The region's folder, and the folder that ``daremo plan -o`` wrote.
    first_day : datetime.date
        First day of openings.
    weeks : int
        Sessions are made for so many weeks; a course that begins in them is made whole.

    Raises
    ------
    UsageError
        ``plan-of-other-town``: the plan was made for other data; ``bad-days``: not 1 to 60 weeks.
    Conflict
        ``plan-loaded``: an offer of one of its actions is there already.
    """
    if not 1 <= weeks <= 60:
        raise refusal("bad-days", str(weeks))
    town = load(town_dir)
    plan = json.loads((plan_dir / "plan.json").read_text(encoding="utf-8"))
    if plan["region"]["digest"] != town.digest:
        raise refusal("plan-of-other-town", plan["region"]["name"])
    gap = plan_dir / "gap.json"
    with transaction.atomic():
        _once(plan, town.name)
        ground = ground_of(act, town, gap if gap.is_file() else None)
        figures.keep_result(act, "plan", plan)
        if gap.is_file():
            figures.keep_result(act, "gap", json.loads(gap.read_text(encoding="utf-8")))
        return _Loader(ground, plan, first_day, weeks).run()


def _once(plan: dict[str, Any], town: str) -> None:
    offers = apps.get_model("schedule", "Offer")._default_manager
    actions = [row["action_id"] for row in plan["points"]]
    mine = offers.filter(action__in=actions).filter(organisation__name=town) | offers.filter(
        action__in=actions, organisation__parent__name=town
    )
    if mine.exists():
        raise conflict("plan-loaded")


class _Loader:
    """Keeps what is being built."""

    def __init__(self, ground: Ground, plan: dict[str, Any], first_day: date, weeks: int) -> None:
        self.ground, self.plan, self.act = ground, plan, ground.act
        self.first, self.last = first_day, first_day + timedelta(weeks=weeks) - timedelta(days=1)
        self.openings = self.series = self.sessions = 0
        self.hours: dict[int, list[tuple[str, time, time, int, float]]] = {}

    def run(self) -> Planned:
        """Build all of it."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in self.plan["timetable"]:
            rows.setdefault(row["place_id"], []).append(row)
        for place in self.plan["points"]:
            mine = [row for row in rows.get(place["place_id"], []) if self._belongs(place, row, rows)]
            if mine:
                self._place(place, mine)
        supporters = sum(self._staff(body, duties) for body, duties in self.hours.items())
        at_places = {row["action_id"] for row in self.plan["points"]}
        left = tuple(row["action_id"] for row in self.plan["actions"] if row["action_id"] not in at_places)
        return Planned(
            self.ground.city.pk,
            len(self.ground.areas),
            len(self.ground.points),
            self.openings,
            self.series,
            self.sessions,
            supporters,
            left,
        )

    def _belongs(self, place: dict[str, Any], row: dict[str, Any], rows: dict[str, list[dict[str, Any]]]) -> bool:
        """One place may have a desk and a class: its rows of the timetable come in the order of the plan's sizes."""
        others = [p for p in self.plan["points"] if p["place_id"] == place["place_id"]]
        if len(others) == 1:
            return True
        mine = rows[place["place_id"]]
        share = len(mine) / len(others)
        at = others.index(place)
        return round(at * share) <= mine.index(row) < round((at + 1) * share)

    def _place(self, place: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        point = self.ground.point(place["place_id"])
        kind, title, minutes, seats, helpers = OFFERS.get(place["kind"], OFFERS["point"])
        offer = schedule.add_offer(
            self.act,
            point.organisation,
            title=title,
            kind=kind,
            minutes=minutes,
            capacity=seats,
            helpers=helpers,
            action=place["action_id"][:60],
        )
        for row in rows:
            start, end = time.fromisoformat(row["start"]), time.fromisoformat(row["end"])
            every = int(row.get("every_weeks", 1))
            length = (datetime.combine(self.first, end) - datetime.combine(self.first, start)).seconds / 3600
            self.hours.setdefault(point.organisation_id, []).append(
                (row["weekday"], start, end, helpers, length / every)
            )
            if place["kind"] == "class":
                self._courses(offer, point, place, row, start, end)
            else:
                rule = f"FREQ=WEEKLY;INTERVAL={every};BYDAY={WEEKDAYS[row['weekday']]}"
                opening = schedule.add_opening(
                    self.act, offer, point, rrule=rule, first=self.first, start=start, end=end
                )
                self.openings += 1
                self.sessions += len(schedule.make_sessions(self.act, opening, self.last))

    def _courses(
        self, offer: Any, point: Any, place: dict[str, Any], row: dict[str, Any], start: time, end: time
    ) -> None:
        """Courses of eight weeks, spread evenly over the year; a holiday moves the rest of the course by a week."""
        gap = timedelta(weeks=max(CLASS_SESSIONS, 52 // max(1, int(place["series"]))))
        begins = self.first + timedelta(days=("月火水木金土日".index(row["weekday"]) - self.first.weekday()) % 7)
        number = 0
        while begins <= self.last and number < max(1, int(place["series"])):
            days: list[date] = []
            day = begins
            while len(days) < CLASS_SESSIONS:
                if not jpholiday.is_holiday(day):
                    days.append(day)
                day += timedelta(weeks=1)
            number += 1
            times = [(datetime.combine(d, start, TOKYO), datetime.combine(d, end, TOKYO)) for d in days]
            schedule.add_series(self.act, offer, point, f"{offer.title} 第{number}期", times, offer.capacity)
            self.series += 1
            self.sessions += len(times)
            begins = max(begins + gap, days[-1] + timedelta(weeks=1))

    def _staff(self, body: int, duties: list[tuple[str, time, time, int, float]]) -> int:
        """Add as many supporters as the fullest hour and the week ask for; whoever stands there already counts."""
        model = apps.get_model("places", "Supporter")
        there = model._default_manager.filter(organisation=body, state="active").count()
        at_once = max(
            sum(n for day, start, end, n, _ in duties if day == d and start <= s < end) for d, s, _, _, _ in duties
        )
        need = max(at_once, ceil(sum(n * hours for *_, n, hours in duties) / WEEKLY_HOURS))
        organisation = apps.get_model("places", "Organisation")._default_manager.get(pk=body)
        home = next(point for point in self.ground.points.values() if point.organisation_id == body)
        for number in range(there + 1, need + 1):
            supporter = places.add_supporter(
                self.act,
                organisation,
                f"例 支援者{number}",
                languages=["ja"],
                hours_week_max=WEEKLY_HOURS,
                home_point=home,
            )
            for weekday in range(5):
                places.add_availability(self.act, supporter, weekday, time(9), time(17))
        return max(0, need - there)
