"""Fill an empty desk for practice: the region's districts, the plan's points with their timetable, supporters, people
who do not exist, accounts.

Nothing here runs in production; a municipality brings its own plan with ``transfer.services.load_plan``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction

from daremo.kernel.results import Progress
from daremo.region.model import load
from daremo.web.apps.genuine.practice import practise as practise_genuine
from daremo.web.apps.guard.practice import practise as practise_guard
from daremo.web.apps.journal.act import Act, of_the_system
from daremo.web.apps.lines.practice import practise as practise_lines
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.skills.practice import practise as practise_skills
from daremo.web.apps.staff.practice import practice_accounts
from daremo.web.apps.transfer import services as transfer
from daremo.web.apps.transfer.ground import Ground, ground_of
from daremo.web.apps.transfer.practice import BACK
from daremo.web.days import day_of

AHEAD = timedelta(days=60)
WEEKS = (BACK + AHEAD).days // 7 + 1
#: Beside the plan's points, so that practice has something to compare: places that give help in most towns.
USUAL = (
    ("city_office", 1, ("MO", "TU", "WE", "TH", "FR"), time(9), time(12), 2),
    ("library", 3, ("WE", "SA"), time(13, 30), time(16, 30), 2),
    ("phone_shop", 3, ("TU", "FR"), time(10), time(12), 1),
    ("hall", 3, ("TH",), time(10), time(12), 4),
)
SUPPORTERS = ("見本 たろう", "見本 はるか", "見本 けんじ", "見本 みなみ")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an empty desk was filled with."""

    points: int
    openings: int
    sessions: int
    accounts: int
    people: int = 0
    bookings: int = 0
    visits: int = 0

    @property
    def ja(self) -> str:
        """In Japanese."""
        return (
            f"相談場所 {self.points}、開く時間 {self.openings}、予約枠 {self.sessions}、"
            f"見本の人 {self.people}、予約 {self.bookings}、記録 {self.visits}、練習アカウント {self.accounts}"
        )

    @property
    def en(self) -> str:
        """In English."""
        return (
            f"{self.points} points, {self.openings} openings, {self.sessions} sessions, {self.people} people who do not "
            f"exist, {self.bookings} bookings, {self.visits} visits, {self.accounts} practice accounts"
        )


def empty() -> bool:
    """Tell whether nobody has put anything in yet."""
    return not apps.get_model("places", "Organisation")._default_manager.exists()


def load_when_empty(region: Path, plan: Path | None, now: datetime, progress: Progress) -> Loaded | None:
    """Load a region and, where one is given, a plan, all or nothing; None where the desk already holds something.

    The desk looks as if it had run for six weeks.
    """
    if not empty():
        return None
    with transaction.atomic():
        return _load(of_the_system(now, "sample"), region, plan, progress)


def _load(act: Act, region: Path, plan: Path | None, progress: Progress) -> Loaded:
    since = replace(act, now=act.now - BACK)
    first, last = day_of(since.now), day_of(act.now + AHEAD)
    if plan is not None:
        transfer.load_plan(since, region, plan, first_day=first, weeks=WEEKS)
    progress(0.1, "sessions")
    gap = plan / "gap.json" if plan is not None and (plan / "gap.json").is_file() else None
    ground = ground_of(since, load(region), gap)
    offers: dict[int, Any] = {}
    usual = list(_usual_openings(ground))
    for done, (place_id, fields) in enumerate(usual):
        point = ground.point(place_id)
        offer = offers.get(point.organisation_id)
        if offer is None:
            offer = offers[point.organisation_id] = schedule.add_offer(
                since, point.organisation, title="スマホなんでも相談", kind="consultation", minutes=60, capacity=1
            )
        opening = schedule.add_opening(since, offer, point, first=first, **fields)
        schedule.make_sessions(since, opening, last)
        progress(0.1 + 0.4 * done / len(usual), "sessions")
    _add_supporters(since, ground)
    accounts = practice_accounts(act, ground.city)
    body = apps.get_model("places", "Organisation")._default_manager
    made = transfer.practise(act, [ground.city.pk, *body.filter(parent=ground.city).order_by("pk").values_list("pk", flat=True)])  # fmt: skip
    practise_skills(act, ground.city)
    practise_guard(act, ground.city)
    practise_lines(act)
    practise_genuine(act, ground.city)
    count = {name: apps.get_model(name)._default_manager.count() for name in ("places.SupportPoint", "schedule.Opening", "schedule.Session")}  # fmt: skip
    return Loaded(
        points=count["places.SupportPoint"],
        openings=count["schedule.Opening"],
        sessions=count["schedule.Session"],
        accounts=len(accounts),
        people=made.people,
        bookings=made.bookings,
        visits=made.visits,
    )


def _add_supporters(act: Act, ground: Ground) -> None:
    points = list(ground.points.values())
    for number, name in enumerate(SUPPORTERS):
        home = points[number % len(points)]
        more = {"youth": True, "guardian_consent_on": day_of(act.now)} if number == 3 else {}
        places.add_supporter(act, home.organisation, name, languages=["ja"], home_point=home, **more)
    places.add_supporter(act, ground.city, "見本 ささえ", languages=["ja", "en"], home_point=points[0])


def _usual_openings(ground: Ground) -> Iterator[tuple[str, dict[str, Any]]]:
    """Openings that most towns have, at the first places of each kind that the plan leaves free."""
    model = apps.get_model("places", "SupportPoint")
    planned = set(model._default_manager.filter(source="region").values_list("source_id", flat=True))
    for kind, most, days, start, end, capacity in USUAL:
        mine = [p for p in ground.by_place.values() if p["kind"] == kind][:most]
        for place in mine:
            rule = f"FREQ=WEEKLY;BYDAY={','.join(days)}"
            if not any(key.endswith(f":{place['place_id']}") for key in planned):
                yield place["place_id"], {"rrule": rule, "start": start, "end": end, "capacity": capacity}
