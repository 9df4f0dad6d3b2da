"""A plan turned into the desk's rows, and the practice data on top of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daremo.kernel.errors import Conflict, UsageError

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 30, 1, tzinfo=UTC)
TIMETABLE = [
    ("月", "10:00", "12:00", 0, 1),
    ("水", "13:00", "15:00", 0, 2),
    ("木", "10:00", "12:00", 1, 1),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A small sample town, and a plan for it in the form that ``daremo plan`` writes."""
    from daremo.region.model import load, save
    from daremo.region.sample import sample_town

    folder = tmp_path_factory.mktemp("plan")
    town = folder / "town"
    save(sample_town(6_000, 1), town)
    region = load(town)
    places = region.candidates()["place_id"].to_list()[:2]
    stages = [
        {"stage": s, "people": 1000.0, "left_behind": {"mean": 100.0 * (n + 1)}, "suppressed": n == 5}
        for n, s in enumerate(("school", "youth", "working", "65-74", "75-84", "85+"))
    ]
    areas = [
        {"area_id": code, "share": 0.2 + 0.02 * n, "suppressed": n == 1}
        for n, code in enumerate(region.areas["area_id"].to_list())
    ]
    plan = {
        "region": {"name": region.name, "digest": region.digest},
        "points": [
            {"action_id": f"{kind}:{place}", "place_id": place, "kind": kind, "series": series}
            for place, kind, series in zip(places, ("point", "class"), (0, 4))
        ],
        "actions": [{"action_id": f"point:{places[0]}"}, {"action_id": f"class:{places[1]}"}, {"action_id": "device"}],
        "timetable": [
            {"weekday": day, "start": start, "end": end, "place_id": places[at], "every_weeks": every}
            for day, start, end, at, every in TIMETABLE
        ],
    }
    out = folder / "out"
    out.mkdir()
    (out / "plan.json").write_text(json.dumps(plan), "utf-8")
    (out / "gap.json").write_text(json.dumps({"stages": stages, "areas": areas}), "utf-8")
    yield town, out


def _act(now: datetime = NOW) -> Any:
    from daremo.web.apps.journal.act import of_the_system

    return of_the_system(now)


def _load(folders: tuple[Path, Path], weeks: int = 4) -> Any:
    from daremo.web.apps.transfer import services as transfer

    return transfer.load_plan(_act(), *folders, first_day=date(2026, 12, 1), weeks=weeks)


def test_a_plan_becomes_points_openings_courses_and_sessions(db: None, folders: tuple[Path, Path]) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.schedule.models import Offer, Opening, Series, Session

    planned = _load(folders)
    assert (planned.points, planned.openings, planned.series, planned.left_out) == (2, 2, 1, ("device",))
    assert planned.sessions == Session.objects.count()
    assert {offer.action.split(":")[0] for offer in Offer.objects.all()} == {"point", "class"}
    assert {schedule.said(o) for o in Opening.objects.all()} == {
        "毎週月曜 10時〜12時（祝日は休み）",
        "隔週水曜 13時〜15時（祝日は休み）",
    }
    series = Series.objects.get()
    days = [s.starts.astimezone(TOKYO).date() for s in series.sessions.order_by("ordinal")]
    assert len(days) == 8 and days[0] == date(2026, 12, 3) and {d.weekday() for d in days} == {3}
    mondays = {s.starts.astimezone(TOKYO).date() for s in Session.objects.filter(opening__rrule__contains="BYDAY=MO")}
    assert mondays == {date(2026, 12, n) for n in (7, 14, 21, 28)}
    assert journal.differences() == []


def test_people_and_gap_of_areas_are_those_of_the_region_and_the_gap(db: None, folders: tuple[Path, Path]) -> None:
    from daremo.region.model import load
    from daremo.web.apps.places.models import Area

    _load(folders)
    town = load(folders[0])
    people = dict(zip(town.areas["area_id"].to_list(), town.people_dg()))
    stages = ("school", "youth", "working", "65_74", "75_84", "85_over")
    weights = dict.fromkeys(stages[:5], 1000.0)
    told = {row["area_id"]: row for row in json.loads((folders[1] / "gap.json").read_text("utf-8"))["areas"]}
    for area in Area.objects.all():
        assert [area.people[s] for s in stages] == pytest.approx(list(people[area.code]), abs=0.06)
        assert "85_over" not in area.gap  # suppressed in the gap, so not known here
        mean = sum(weights[s] * area.gap[s] for s in weights) / sum(weights.values())
        wanted = 0.3 if told[area.code]["suppressed"] else told[area.code]["share"]
        assert mean == pytest.approx(min(wanted, 1.0), abs=2e-4)


def test_each_opening_can_be_staffed_by_the_supporters_that_come_with_the_plan(
    db: None, folders: tuple[Path, Path]
) -> None:
    from daremo.web.apps.places.models import Supporter
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.schedule.models import Session

    planned = _load(folders)
    assert planned.supporters == Supporter.objects.count()
    for session in Session.objects.select_related("offer").order_by("starts"):
        free = list(Supporter.objects.filter(organisation=session.offer.organisation_id).order_by("pk"))
        assert len(free) >= session.offer.helpers
        for supporter in free[: session.offer.helpers]:
            schedule.assign(_act(), session, supporter.resource)


def test_a_plan_is_loaded_once_and_only_for_its_own_town(db: None, folders: tuple[Path, Path], tmp_path: Path) -> None:
    from daremo.web.apps.places.models import SupportPoint

    _load(folders)
    before = SupportPoint.objects.count()
    with pytest.raises(Conflict) as caught:
        _load(folders)
    assert caught.value.code == "plan-loaded"
    plan = json.loads((folders[1] / "plan.json").read_text("utf-8"))
    plan["region"]["digest"] = "0" * 64
    (tmp_path / "plan.json").write_text(json.dumps(plan), "utf-8")
    with pytest.raises(UsageError) as refused:
        _load((folders[0], tmp_path))
    assert refused.value.code == "plan-of-other-town"
    assert SupportPoint.objects.count() == before


def _practised(folders: tuple[Path, Path]) -> Any:
    from daremo.web.apps.transfer import services as transfer

    return transfer.load_sample(_act(NOW + timedelta(hours=1)), *folders, seed=3)


def test_practice_data_are_full_of_life_and_nobody_is_real(db: None, folders: tuple[Path, Path]) -> None:
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.notices.models import Notice
    from daremo.web.apps.people.models import Contact
    from daremo.web.apps.visits.models import Visit

    _planned, made = _practised(folders)
    assert made.people == Contact.objects.count() > 20
    assert all(c.name.startswith(("見本", "例")) and c.phone.startswith("0000") for c in Contact.objects.all())
    assert made.visits == Visit.objects.count() > 5
    states = set(Booking.objects.values_list("state", flat=True))
    assert {"confirmed", "attended"} <= states
    assert not Booking.objects.filter(state="confirmed", session__ends__lt=NOW).exists()
    assert not Notice.objects.filter(booking__session__ends__lt=NOW, state="queued").exists()
    assert journal.differences() == []


def test_the_same_seed_gives_the_same_practice_data(db: None, folders: tuple[Path, Path]) -> None:
    from django.db import transaction

    from daremo.web.apps.visits.models import Visit

    def told() -> list[Any]:
        _practised(folders)
        rows = Visit.objects.order_by("id").values_list("started", "minutes", "topics", "alone_after")
        return [*map(str, rows)]

    with transaction.atomic():
        one = told()
        transaction.set_rollback(True)
    assert told() == one


@pytest.mark.skipif(
    not (Path("/tmp/lead/demo/plan/plan.json").is_file() or os.environ.get("DAREMO_DEMO")),
    reason="no plan of make demo is here (DAREMO_DEMO names its folder)",
)
def test_the_demos_own_plan_loads(db: None) -> None:
    from daremo.web.apps.transfer import services as transfer

    demo = Path(os.environ.get("DAREMO_DEMO", "/tmp/lead/demo"))
    planned, made = transfer.load_sample(_act(), demo / "town", demo / "plan")
    assert planned.points >= 4 and planned.openings >= 3 and planned.series >= 3
    assert made.visits > 20
