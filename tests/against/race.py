"""Many processes book, wait, cancel and assign at once; count what is oversold.

    python -m tests.against.race [--workers 6] [--tries 150] [--on sqlite,postgresql]

Beside it runs the way that most booking systems go, check then insert, with the rules of the database taken away: the
same counting must find it oversold, else the counting is worth nothing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import queue
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.against.clerk import START

SEATS, SESSIONS, SERIES, PEOPLE, RESOURCES = 5, 24, 6, 60, 6


def set_up(address: str) -> None:
    """Start Django on that database as ``daremo serve`` does; ``deferred+sqlite:`` takes its write lock late."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "daremo.web.settings"
    os.environ["DAREMO_DATABASE_URL"] = address.removeprefix("deferred+")
    os.environ["DAREMO_DATA"] = tempfile.gettempdir()
    os.environ["DAREMO_LOG_LEVEL"] = "ERROR"
    os.environ["DAREMO_SECRET_KEY"] = "only-for-the-race-" * 4
    from django.conf import settings

    if address.startswith("deferred+"):
        settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] = "DEFERRED"
    django.setup()


def fill(naive: bool) -> None:
    """Make sessions, series, people and resources; for the naive way take the rules of the database away."""
    from django.core.management import call_command
    from django.db import connection

    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.people import services as people
    from daremo.web.apps.places.models import Organisation, Resource, SupportPoint
    from daremo.web.apps.schedule.models import Offer, Seat, Series, Session
    from tests.web.tables import made

    made(connection, lambda: call_command("migrate", verbosity=0))
    act = of_the_system(START)
    city = journal.save(act, "organisation.added", Organisation(name="みほん市", kind="city"))
    point = journal.save(act, "point.added", SupportPoint(organisation=city, name="図書館"))
    offer = journal.save(act, "offer.added", Offer(organisation=city, title="相談", kind="consultation"))
    series = journal.add_many(
        act, "series.added", [Series(offer=offer, point=point, title="講座") for _ in range(SERIES)]
    )
    # each series has three sessions; they are booked as a whole only
    belongs = [None] * SESSIONS + [row for row in series for _ in range(3)]
    sessions = [
        Session(
            offer=offer, point=point, series=row, starts=START + timedelta(hours=48 + n), ends=START + timedelta(hours=49 + n)
        )
        for n, row in enumerate(belongs)
    ]  # fmt: skip
    made = journal.add_many(act, "session.added", sessions)
    journal.add_many(act, "seat.added", [Seat(session=s, number=n + 1) for s in made for n in range(SEATS)])
    for n in range(PEOPLE):
        people.add_person(act, city, name=f"見本 {n}", phone=f"090-0000-{n:04}")
    kinds = ["supporter", "room"] * (RESOURCES // 2)
    journal.add_many(
        act,
        "resource.added",
        [Resource(organisation=city, kind=kind, label=f"{n}") for n, kind in enumerate(kinds)],
    )
    if naive:
        with connection.cursor() as cursor:
            for index in ("one_booking_a_seat", "one_seat_a_person"):
                cursor.execute(f"DROP INDEX {index}")
            if connection.vendor == "postgresql":
                cursor.execute("ALTER TABLE schedule_use DROP CONSTRAINT one_place_at_a_time")
            else:
                cursor.execute("DROP TRIGGER one_place_at_a_time_insert")


def work(address: str, seed: int, tries: int, naive: bool, told: Any) -> None:
    """The body of one process."""
    set_up(address)
    from tests.against.clerk import Clerk

    told.put(dict(Clerk(seed, naive).run(tries)))


def judge(address: str, naive: bool, told: Any) -> None:
    """Count in a process of its own what the others left behind."""
    set_up(address)
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.journal import services as journal
    from tests.against.oversold import counted, kept_free, passed_over

    found: dict[str, Any] = counted()
    if not naive:
        found["passed over in waiting"] = len(passed_over())
        found["free seats not offered"] = len(kept_free())
        found["rows that the journal tells otherwise"] = len(journal.differences())
    told.put({"wrong": found, "active": Booking.objects.filter(state__in=Booking.ACTIVE).count()})


def begin(address: str, naive: bool, told: Any) -> None:
    """Make the tables and what is in them."""
    set_up(address)
    fill(naive)
    told.put(True)


def race(address: str, workers: int, tries: int, naive: bool = False) -> dict[str, Any]:
    """Run the race on an empty database and return what was done, what is wrong, and the seconds it took."""
    spawn = multiprocessing.get_context("spawn")

    def each(target: Any, *arguments: tuple[Any, ...]) -> list[Any]:
        told = spawn.Queue()
        running = [spawn.Process(target=target, args=(address, *more, told)) for more in arguments]
        for process in running:
            process.start()
        answers: list[Any] = []
        while len(answers) < len(running):
            if ended := [process.exitcode for process in running if process.exitcode]:
                raise RuntimeError(f"a process ended with {ended[0]}")
            with suppress(queue.Empty):
                answers.append(told.get(timeout=0.1))
        for process in running:
            process.join()
        return answers

    each(begin, (naive,))
    before = time.monotonic()
    done: Counter[str] = Counter()
    for part in each(work, *[(seed, tries, naive) for seed in range(workers)]):
        done.update(part)
    seconds = time.monotonic() - before
    return {**each(judge, (naive,))[0], "done": dict(sorted(done.items())), "seconds": round(seconds, 1)}


def shown(name: str, ran: dict[str, Any]) -> None:
    """Print one race: the wrong in one line, then what was done."""
    wrong = {key: value for key, value in ran["wrong"].items() if value}
    oversold, overlaps = ran["wrong"]["oversold sessions"], ran["wrong"]["overlaps of a resource"]
    print(f"{name}: {oversold} oversold, {overlaps} overlaps; {ran['active']} active bookings in {ran['seconds']} s")
    if wrong:
        print("  wrong:", json.dumps(wrong))
    print("  done:", ", ".join(f"{key} {value}" for key, value in ran["done"].items()), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--tries", type=int, default=150)
    parser.add_argument("--on", default="sqlite,sqlite-deferred,postgresql")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--only-daremo", action="store_true", help="leave the naive way out")
    asked = parser.parse_args()
    results = {}
    for name in asked.on.split(","):
        for naive in (False,) if asked.only_daremo else (False, True):
            with ExitStack() as stack:
                if name == "postgresql":
                    from tests.against.postgres import cluster

                    address = stack.enter_context(cluster())
                else:
                    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="desk-race-")))
                    late = "deferred+" if name == "sqlite-deferred" else ""
                    address = f"{late}sqlite:///{folder / 'desk.sqlite3'}"
                label = f"{name}, {'check then insert' if naive else 'daremo'}"
                results[label] = race(address, asked.workers, asked.tries, naive)
                if not asked.json:
                    shown(label, results[label])
    if asked.json:
        print(json.dumps(results))
    bad = any(sum(ran["wrong"].values()) for label, ran in results.items() if label.endswith("daremo"))
    blind = any(not ran["wrong"]["oversold sessions"] for label, ran in results.items() if label.endswith("insert"))
    return 1 if bad or blind else 0


if __name__ == "__main__":
    sys.exit(main())
