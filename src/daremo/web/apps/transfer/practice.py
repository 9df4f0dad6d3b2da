"""Practice data: people who came, people who are booked, somebody waiting. All of it is drawn from one seed.

Names say 見本 or 例 and every telephone number begins with 0000, which nobody in Japan has.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import transaction

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal.act import Act
from daremo.web.apps.people import services as people
from daremo.web.apps.queue import services as queue
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.visits import services as visits
from daremo.web.days import TOKYO
from daremo.web.vocabulary import topics as all_topics

GIVEN = (
    ("はなこ", 1948), ("いちろう", 1944), ("よしこ", 1951), ("しげる", 1939), ("ふみ", 1936), ("たけし", 1957),
    ("みちこ", 1946), ("さぶろう", 1942), ("すずえ", 1953), ("まこと", 1960), ("ちよ", 1934), ("かずお", 1949),
    ("のぶこ", 1955), ("ゆき", 1988), ("りん", 1999), ("きよし", 1941), ("ときこ", 1947), ("あきら", 1963),
    ("とめ", 1938), ("まさる", 1950), ("えみ", 1972), ("じろう", 1945), ("うめこ", 1940), ("なおき", 2008),
)  # fmt: skip
FAMILY = ("見本", "例田")
BACK = timedelta(days=42)
TAKEN_AHEAD = 0.45
TAKEN_BEFORE = 0.7
NOT_COME = 0.08


@dataclass(frozen=True, slots=True)
class Practised:
    """What was put in."""

    people: int
    bookings: int
    visits: int
    tickets: int
    waiting: int


def practise(act: Act, organisations: Sequence[int], *, seed: int = 1) -> Practised:
    """Fill the sessions of these organisations, past and to come, with people who do not exist; all or nothing.

    The same seed and the same sessions give the same people, bookings and visits.

    Parameters
    ----------
    organisations : sequence of int
        Whose sessions are filled; the first one keeps the people.
    """
    with transaction.atomic():
        return _Practice(act, list(organisations), random.Random(seed)).run()


class _Practice:
    """Keeps what is being made."""

    def __init__(self, act: Act, organisations: list[int], dice: random.Random) -> None:
        self.act, self.organisations, self.dice = act, organisations, dice
        self.topics = [code for code in all_topics() if code != "other"]
        self.persons: list[Any] = []
        self.booked = self.written = self.tickets = self.waiting = 0

    def run(self) -> Practised:
        """Make all of it."""
        self._people()
        rows = (
            apps.get_model("schedule", "Session")
            ._default_manager.filter(
                offer__organisation__in=self.organisations,
                starts__gte=self.act.now - BACK,
                starts__lt=self.act.now + timedelta(days=14),
                state__in=("open", "running"),
            )
            .select_related("offer__organisation", "point", "series", "opening")
            .order_by("starts", "id")
        )
        sessions = list(rows)
        for session in sessions:
            self._staffed(session)
        for session in sessions:
            self._filled(session)
        schedule.run_states(self.act)
        self._queue()
        return Practised(len(self.persons), self.booked, self.written, self.tickets, self.waiting)

    def _at(self, moment: datetime, channel: Any = "phone") -> Act:
        return replace(self.act, now=moment, channel=channel)

    def _people(self) -> None:
        city = apps.get_model("places", "Organisation")._default_manager.get(pk=self.organisations[0])
        areas = list(apps.get_model("places", "Area")._default_manager.order_by("code"))
        since = self._at(self.act.now - BACK)
        for number, (given, born) in enumerate(name for _ in FAMILY for name in GIVEN):
            family = FAMILY[number // len(GIVEN)]
            self.persons.append(
                people.add_person(
                    since,
                    city,
                    name=f"{family} {given}",
                    kana=f"{'みほん' if family == '見本' else 'れいだ'} {given}",
                    phone=f"0000-{number // 100:02}-{number % 100:04}",
                    birth_year=born + 3 * (number // len(GIVEN)),
                    area=self.dice.choice(areas) if areas else None,
                    needs=self.dice.choice([[], [], [], ["slow"], ["step_free"]]),
                    device=self.dice.choice(["android", "android", "iphone", "feature", "none"]),
                )
            )

    def _staffed(self, session: Any) -> None:
        """Two at a course, one elsewhere, of those who are free; grown-ups first."""
        model = apps.get_model("places", "Supporter")
        helpers = model._default_manager.filter(organisation=session.offer.organisation_id, state="active")
        parts = ["lead", "assistant", "assistant"][: session.offer.helpers]
        for supporter in helpers.order_by("youth", "pk").select_related("resource"):
            if not parts:
                return
            try:
                schedule.assign(self._at(self.act.now - BACK), session, supporter.resource, parts[0])
                parts.pop(0)
            except (Conflict, DaremoError):
                continue

    def _filled(self, session: Any) -> None:
        past = session.ends <= self.act.now
        share = TAKEN_BEFORE if past else TAKEN_AHEAD
        seats = session.seats.filter(withdrawn=False).count()
        if session.series is not None and session.ordinal > 1:
            whom = []  # a course is booked whole, at its first session
        else:
            whom = self.dice.sample(self.persons, min(len(self.persons), seats))
        when = min(session.starts, self.act.now) - timedelta(hours=self.dice.randint(3, 90))
        for person in whom:
            if self.dice.random() < share:
                self._book(session, person, when)
        if past:
            self._happened(session)

    def _book(self, session: Any, person: Any, when: datetime) -> None:
        wanted = [session]
        if session.series is not None:
            wanted = list(session.series.sessions.exclude(state="cancelled").order_by("ordinal"))
        # what is over is not reminded of
        how = "none" if wanted[0].starts <= self.act.now else "phone"
        topic = self.dice.choice(self.topics)
        try:
            bookings.book(self._at(when), wanted, person, by="self", topic=topic, remind_by=how, read_back=True)
            self.booked += len(wanted)
        except Conflict:
            if not session.starts <= self.act.now and not self.waiting:
                bookings.wait(self._at(when), session, person, topic=topic)
                self.waiting += 1

    def _happened(self, session: Any) -> None:
        use = session.uses.filter(active=True).order_by("id").first()
        supporter = use.resource.supporter if use is not None and use.resource.kind == "supporter" else None
        for booking in session.bookings.filter(state="confirmed", person__isnull=False).order_by("id"):
            if self.dice.random() < NOT_COME:
                bookings.noshow(self._at(session.ends, "counter"), booking)
                continue
            before = self.dice.choice([0, 0, 1, 1, 2])
            visits.record(
                self._at(session.ends, "visit"),
                organisation=session.offer.organisation,
                supporter=supporter,
                started=session.starts,
                minutes=self.dice.choice([20, 30, 40, 50]),
                topics=self.dice.sample(self.topics, self.dice.choice([1, 1, 2])),
                booking=booking,
                device=booking.person.device,
                alone_before=before,
                alone_after=min(3, before + self.dice.choice([0, 1, 1, 2])),
                next_step=self.dice.choice(["", "again", "alone"]),
            )
            self.written += 1

    def _queue(self) -> None:
        """Four tickets at the first place without appointments, the earliest being served; only in the daytime."""
        hour = self.act.now.astimezone(TOKYO).hour
        point = (
            apps.get_model("places", "SupportPoint")
            ._default_manager.filter(organisation__in=self.organisations, walk_in=True, state="published")
            .order_by("pk")
            .first()
        )
        if point is None or not 9 <= hour < 17:
            return
        for number, minutes in enumerate((34, 21, 12, 4)):
            at = self._at(self.act.now - timedelta(minutes=minutes), "counter")
            ticket = queue.take(at, point, topic=self.dice.choice(["call", "proc", "scam", "unsure"]))
            self.tickets += 1
            if number == 0:
                queue.serve(at, queue.call(at, ticket))
