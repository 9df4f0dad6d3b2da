"""A small town for tests of the desk: one city, one library, people, and sessions on call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

START = datetime(2026, 12, 1, 0, tzinfo=UTC)


@dataclass
class Town:
    """The rows that tests start from."""

    city: Any
    point: Any
    offer: Any
    people: list[Any] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)

    def act(self, hours: float = 0, channel: str = "phone") -> Any:
        from daremo.web.apps.journal.act import Act

        return Act("user:1", START + timedelta(hours=hours), channel=channel)  # type: ignore[arg-type]

    def person(self, name: str = "見本 花子", **more: Any) -> Any:
        from daremo.web.apps.people import services as people

        phone = more.pop("phone", f"090-0000-{len(self.people):04}")
        self.people.append(people.add_person(self.act(), self.city, name=name, phone=phone, **more))
        return self.people[-1]

    def session(self, seats: int = 1, hours: float = 72, **more: Any) -> Any:
        from daremo.web.apps.journal import services as journal
        from daremo.web.apps.schedule.models import Seat, Session

        starts = START + timedelta(hours=hours)
        row = Session(
            offer=more.pop("offer", self.offer), point=self.point, starts=starts, ends=starts + timedelta(hours=1), **more
        )  # fmt: skip
        journal.save(self.act(), "session.added", row)
        journal.add_many(self.act(), "seat.added", [Seat(session=row, number=n + 1) for n in range(seats)])
        self.sessions.append(row)
        return row

    def course(self, lessons: int = 3, seats: int = 1, hours: float = 72) -> Any:
        """A course with a session every two hours."""
        from daremo.web.apps.schedule import services as schedule

        times = [
            (START + timedelta(hours=hours + 2 * n), START + timedelta(hours=hours + 1 + 2 * n)) for n in range(lessons)
        ]
        return schedule.add_series(self.act(), self.offer, self.point, "はじめてのスマホ教室", times, seats)

    def new_offer(self, **more: Any) -> Any:
        from daremo.web.apps.journal import services as journal
        from daremo.web.apps.schedule.models import Offer

        return journal.save(
            self.act(), "offer.added", Offer(organisation=self.city, title="相談", kind="consultation", **more)
        )

    def policy(self, **more: Any) -> Any:
        from daremo.web.apps.bookings.models import WaitPolicy
        from daremo.web.apps.journal import services as journal

        row = WaitPolicy(organisation=self.city, published_on=more.pop("published_on", START.date()), **more)
        return journal.save(self.act(), "policy.published", row)


def new_town() -> Town:
    """Make a town in the database as it is."""
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places.models import Organisation, SupportPoint

    act = of_the_system(START)
    city = journal.save(act, "organisation.added", Organisation(name="みほん市", kind="city"))
    point = journal.save(act, "point.added", SupportPoint(organisation=city, name="中央図書館"))
    town = Town(city, point, None)
    town.offer = town.new_offer()
    return town


@pytest.fixture
def town(db: None) -> Town:
    """A town that is gone after the test."""
    return new_town()
