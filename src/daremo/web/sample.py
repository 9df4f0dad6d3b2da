"""Fill an empty desk for practice: the region's districts, the plan's points with their timetable, supporters, accounts.

Nothing here runs in production; a municipality brings its own plan with the import of ``transfer``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import transaction

from daremo.kernel.results import Progress
from daremo.region.model import STAGES, Region, load
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_the_system
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.staff.practice import practice_accounts

TOKYO = ZoneInfo("Asia/Tokyo")
AHEAD = timedelta(days=60)
WEEKDAYS = dict(zip("月火水木金土日", ("MO", "TU", "WE", "TH", "FR", "SA", "SU")))
#: Kinds of places (the region's words) and who runs them.
RUN_BY = {
    "post_office": ("みほん郵便局", "post_office"),
    "library": ("みほん市立図書館", "library"),
    "hall": ("みほん市公民館", "library"),
    "phone_shop": ("みほんモバイル", "shop"),
    "school": ("みほん市教育委員会", "school"),
}
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

    @property
    def ja(self) -> str:
        """In Japanese."""
        return (
            f"相談場所 {self.points}、開く時間 {self.openings}、予約枠 {self.sessions}、練習アカウント {self.accounts}"
        )

    @property
    def en(self) -> str:
        """In English."""
        return f"{self.points} points, {self.openings} openings, {self.sessions} sessions, {self.accounts} practice accounts"


def empty() -> bool:
    """Tell whether nobody has put anything in yet."""
    return not apps.get_model("places", "Organisation")._default_manager.exists()


def load_when_empty(region: Path, plan: Path | None, now: datetime, progress: Progress) -> Loaded | None:
    """Load a region and, where one is given, a plan, all or nothing; None where the desk already holds something."""
    if not empty():
        return None
    town = load(region)
    told = json.loads((plan / "plan.json").read_text(encoding="utf-8")) if plan is not None else {}
    with transaction.atomic():
        return _load(of_the_system(now, "sample"), town, told, progress)


def _load(act: Act, town: Region, plan: dict[str, Any], progress: Progress) -> Loaded:
    city = places.add_organisation(act, town.name, "city")
    areas = _add_areas(act, town)
    organisations: dict[str, Any] = {}
    offers: dict[tuple[int, str], Any] = {}
    today = act.now.astimezone(TOKYO).date()

    def runs(kind: str) -> Any:
        if kind not in RUN_BY:
            return city
        if kind not in organisations:
            name, of_kind = RUN_BY[kind]
            organisations[kind] = places.add_organisation(act, name, of_kind, parent=city)
        return organisations[kind]

    points: dict[str, Any] = {}
    openings = list(_openings_of_the_plan(town, plan)) or []
    planned = {place["place_id"] for place, _ in openings}
    openings += [(place, fields) for place, fields in _usual_openings(town) if place["place_id"] not in planned]
    sessions = 0
    for done, (place, fields) in enumerate(openings):
        organisation = runs(place["kind"])
        if place["place_id"] not in points:
            points[place["place_id"]] = _add_point(act, organisation, place, areas)
        kind = str(fields.pop("kind", "consultation"))
        offer = offers.get((organisation.pk, kind))
        if offer is None:
            offer = offers[organisation.pk, kind] = _add_offer(act, organisation, kind)
        opening = schedule.add_opening(act, offer, points[place["place_id"]], first=_begin(fields, today), **fields)
        sessions += len(schedule.make_sessions(act, opening, today + AHEAD))
        progress(done / len(openings), "sessions")
    for number, name in enumerate(SUPPORTERS):
        home = list(points.values())[number % len(points)]
        places.add_supporter(act, home.organisation, name, languages=["ja"], home_point=home, youth=number == 3)
    places.add_supporter(act, city, "見本 ささえ", languages=["ja", "en"], home_point=next(iter(points.values())))
    accounts = practice_accounts(act, city)
    return Loaded(len(points), len(openings), sessions, len(accounts))


def _add_areas(act: Act, town: Region) -> dict[str, Any]:
    area = apps.get_model("places", "Area")
    rows = town.areas.select("area_id", "name", "latitude", "longitude").rows()
    people = town.people_dg()
    made = [
        area(code=code, name=name, lat=lat, lon=lon, people={s: round(float(p), 1) for s, p in zip(STAGES, people_g)})
        for (code, name, lat, lon), people_g in zip(rows, people)
    ]
    return {row.code: row for row in journal.add_many(act, "area.added", made)}


def _add_point(act: Act, organisation: Any, place: dict[str, Any], areas: dict[str, Any]) -> Any:
    lat, lon = place["latitude"], place["longitude"]
    near = min(areas.values(), key=lambda a: (a.lat - lat) ** 2 + (0.82 * (a.lon - lon)) ** 2)
    return places.add_point(
        act,
        organisation,
        place["name"],
        area=near,
        kind=place["kind"],
        address=place["address"] or "",
        lat=lat,
        lon=lon,
        phone=place["phone"] or "",
        opening_hours=place["opening_hours"] or "",
        step_free=place["step_free"],
        walk_in=place["kind"] in ("city_office", "library"),
        languages=["ja"],
        verified_on=act.now.astimezone(TOKYO).date(),
        source="sample",
        source_id=place["place_id"],
    )


def _add_offer(act: Act, organisation: Any, kind: str) -> Any:
    course = kind == "course"
    return schedule.add_offer(
        act,
        organisation,
        title="はじめてのスマホ教室" if course else "スマホなんでも相談",
        kind=kind,
        minutes=120 if course else 60,
        capacity=8 if course else 1,
        helpers=2 if course else 1,
    )


def _places(town: Region) -> dict[str, dict[str, Any]]:
    return {row["place_id"]: row for row in town.places.iter_rows(named=True)}


def _openings_of_the_plan(town: Region, plan: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The plan's timetable as rules that repeat."""
    known = _places(town)
    kinds = {p["place_id"]: p["kind"] for p in plan.get("points", [])}
    for row in plan.get("timetable", []):
        if row["place_id"] not in known:
            continue
        course = kinds.get(row["place_id"]) == "class"
        yield (
            known[row["place_id"]],
            {
                "rrule": f"FREQ=WEEKLY;INTERVAL={row.get('every_weeks', 1)};BYDAY={WEEKDAYS[row['weekday']]}",
                "start": time.fromisoformat(row["start"]),
                "end": time.fromisoformat(row["end"]),
                "capacity": 8 if course else 2,
                "kind": "course" if course else "consultation",
            },
        )


def _usual_openings(town: Region) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Openings that most towns have, at the first places of each kind."""
    for kind, most, days, start, end, capacity in USUAL:
        for place in [p for p in _places(town).values() if p["kind"] == kind][:most]:
            rule = f"FREQ=WEEKLY;BYDAY={','.join(days)}"
            yield place, {"rrule": rule, "start": start, "end": end, "capacity": capacity}


def _begin(fields: dict[str, Any], today: date) -> date:
    """Openings begin tomorrow; ``first`` where the source says another day."""
    begin = fields.pop("first", None)
    return begin if isinstance(begin, date) else today + timedelta(days=1)
