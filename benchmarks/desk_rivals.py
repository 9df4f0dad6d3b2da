"""Three ways to take a seat, the same people at the same sessions: what each writes in a second, and what it oversells.

- daremo: the row is inserted, a rule of the database refuses the second (``bookings.services.book`` as it is);
- lock and count: as pretix does, an advisory lock for the session (``pg_advisory_xact_lock``), under it the seats are
  counted, then the row is inserted; no rule behind it; once more with one lock for all sessions of the organiser,
  as pretix did before 2023;
- check, then insert: the seats are counted, the row is inserted.

All write the same reservation, booking, messages and events; only what decides about the seat differs.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

SESSIONS, SEATS, WORKERS, TRIES = 60, 8, 8, 150
SERIES_LOCK = 4711
WAYS = ("daremo", "lock and count, a session", "lock and count, an organiser", "check, then insert")


def _prepare(address: str, way: str, told: Any) -> None:
    from tests.against.race import set_up

    set_up(address)
    from django.core.management import call_command
    from django.db import connection

    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.people import services as people
    from daremo.web.apps.places.models import Organisation, SupportPoint
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.schedule.models import Offer
    from tests.against.clerk import START

    call_command("migrate", verbosity=0)
    act = of_the_system(START)
    city = journal.save(act, "organisation.added", Organisation(name="みほん市", kind="city"))
    point = journal.save(act, "point.added", SupportPoint(organisation=city, name="図書館"))
    offer = journal.save(act, "offer.added", Offer(organisation=city, title="相談", kind="consultation"))
    from datetime import timedelta

    for n in range(SESSIONS):
        starts = START + timedelta(hours=48 + n)
        schedule.add_session(act, offer, point, starts, starts + timedelta(hours=1), SEATS)
    for n in range(WORKERS * TRIES):
        people.add_person(act, city, name=f"見本 {n}", phone=f"0900{n:07}")
    if way != "daremo":
        with connection.cursor() as cursor:
            for rule in ("one_booking_a_seat", "one_seat_a_person"):
                cursor.execute(f"DROP INDEX {rule}")
            # what they count by stays fast without the rule
            cursor.execute(
                "CREATE INDEX ON bookings_booking (seat_id)" if connection.vendor == "postgresql" else "SELECT 1"
            )
    told.put(True)


def _counted(act: Any, session: Any, person: Any, key: int | None) -> None:
    """Count the free seats, under a lock or not, and insert; what is written is what daremo writes."""
    from django.db import connection, transaction

    from daremo.kernel.errors import Conflict
    from daremo.web.apps.bookings import services, telling
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.bookings.seats import free_seats
    from daremo.web.apps.journal import services as journal

    with transaction.atomic():
        if key is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        row = type(session).objects.select_related("offer").get(pk=session.pk)
        free = free_seats(row)
        if not free:
            raise Conflict("seat-gone", "満席です", "ほかの時間をお選びください")
        made = services._reserve(act, person, "self", None, "", (), "phone", None, False)
        booking = Booking(reservation=made, session=row, seat=free[0], person=person, changed_at=act.now)
        journal.save(act, "booking.confirmed", booking)
        telling.booked(act, [booking])
        services._keep_contact(act, person, [row])


def _work(address: str, way: str, worker: int, go: Any, told: Any) -> None:
    from tests.against.race import set_up

    set_up(address)
    import random

    from daremo.kernel.errors import Conflict
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.journal.act import Act
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.schedule.models import Session
    from tests.against.clerk import START

    act = Act("system", START, channel="phone")
    sessions = list(Session.objects.order_by("pk"))
    mine = list(Person.objects.order_by("pk"))[worker * TRIES : (worker + 1) * TRIES]
    ways: dict[str, Callable[[Any, Any], Any]] = {
        WAYS[0]: lambda session, person: bookings.book(act, [session], person),
        WAYS[1]: lambda session, person: _counted(act, session, person, session.pk),
        WAYS[2]: lambda session, person: _counted(act, session, person, SERIES_LOCK),
        WAYS[3]: lambda session, person: _counted(act, session, person, None),
    }
    dice, done = random.Random(worker), Counter[str]()
    go.wait()
    used = time.process_time()
    for person in mine:
        # half of them want one of five sessions
        session = dice.choice(sessions[:5] if dice.random() < 0.5 else sessions)
        try:
            ways[way](session, person)
            done["booked"] += 1
        except Conflict as problem:
            done[problem.code] += 1
    told.put((dict(done), time.process_time() - used))


def _judge(address: str, told: Any) -> None:
    from tests.against.race import set_up

    set_up(address)
    from django.db import connection

    from tests.against.oversold import ACTIVE, counted

    found = counted()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(sum(taken - {SEATS}), 0) FROM (SELECT count(*) AS taken FROM bookings_booking
                WHERE state IN {ACTIVE} GROUP BY session_id) x WHERE taken > {SEATS}"""
        )
        found["people without a seat"] = int(cursor.fetchone()[0])
    told.put(found)


def run(address: str, way: str, workers: int = WORKERS) -> dict[str, Any]:
    """Let the workers book on an empty database; return what was done, seconds and what is wrong."""
    spawn = multiprocessing.get_context("spawn")

    def once(target: Any, *arguments: Any) -> Any:
        told = spawn.Queue()
        process = spawn.Process(target=target, args=(address, *arguments, told))
        process.start()
        answer = told.get(timeout=300)
        process.join()
        return answer

    once(_prepare, way)
    told, go = spawn.Queue(), spawn.Event()
    running = [spawn.Process(target=_work, args=(address, way, n, go, told)) for n in range(workers)]
    for process in running:
        process.start()
    time.sleep(8)  # all have read who they are
    began = time.monotonic()
    go.set()
    parts = [told.get(timeout=300) for _ in running]
    seconds = time.monotonic() - began
    for process in running:
        process.join()
    done: Counter[str] = Counter()
    for part, _ in parts:
        done.update(part)
    return {"done": done, "seconds": seconds, "cpu_s": sum(cpu for _, cpu in parts), "wrong": once(_judge)}


def compare(small: bool = False, rounds: int = 1) -> list[str]:
    """Run every way in turn and print the table; on SQLite there are no advisory locks, so two ways only."""
    from desk import POSTGRES, favour, postmaster_of

    from tests.against.postgres import cluster

    lines = []
    first = 0.0
    print("\n| way to book | booked | per s | × | CPU ms a try | tries refused | people without a seat | load |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for way in WAYS[:: 3 if small else 1] * rounds:
        if small:
            with tempfile.TemporaryDirectory(prefix="desk-rival-") as folder:
                told = run(f"sqlite:///{Path(folder) / 'desk.sqlite3'}", way, 2)
        else:
            with cluster(POSTGRES) as address:
                favour(postmaster_of(address), -10)
                told = run(address, way)
        booked, tries = told["done"]["booked"], sum(told["done"].values())
        speed = tries / told["seconds"]
        first = first or speed
        line = (
            f"| {way} | {booked} | {speed:.0f} | {first / speed:.2f} | {1000 * told['cpu_s'] / tries:.1f} | {tries - booked} "
            f"| {told['wrong']['people without a seat']} | {os.getloadavg()[0]:.1f} |"
        )
        print(line, flush=True)
        lines.append(line)
    return lines


if __name__ == "__main__":
    import sys

    sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]
    from desk import favour

    favour(os.getpid(), -10)
    compare(small="--small" in sys.argv)
