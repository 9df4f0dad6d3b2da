"""A full disk, a worker killed in a send, one form sent many times at once: nothing lost, nothing doubled, one clear page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from daremo.web import clock
from daremo.web.apps.bookings.models import Booking, Reservation
from daremo.web.apps.journal import services as journal
from tests.against.oversold import counted
from tests.web.bookings.town import START, new_town
from tests.web.faults.journey import TOLD, Resident

ROOT = Path(__file__).resolve().parents[3]


def in_order() -> None:
    assert not any(counted().values()) and journal.differences() == []


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_loses_nothing_says_so_once_and_afterwards_the_same_form_books(tables: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the size of a PostgreSQL database has no bound that a test may set")
    town = new_town()
    session = town.session(seats=2)
    with clock.at(START):
        who = Resident()
        check = who.to_the_check(session.pk)
        before = (Booking.objects.count(), Reservation.objects.count())
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE ballast (text TEXT)")
            (most,) = cursor.execute("PRAGMA max_page_count").fetchone()
            (pages,) = cursor.execute("PRAGMA page_count").fetchone()
            cursor.execute(f"PRAGMA max_page_count={pages}")
        try:
            fill_up()
            answer = who.ask("post", check)
            page = answer.content.decode()
            # the seat that is held for her may be all that is needed; else she is told, with the number to call
            assert answer.status_code == 500 and "0000-12-3456" in page
            assert (Booking.objects.count(), Reservation.objects.count()) == before
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA max_page_count={most}")
                cursor.execute("DROP TABLE ballast")
        assert who.ask("post", check).status_code == 302
        assert who.ask("post", check).status_code in (302, 404)
    assert Reservation.objects.count() == 1 and session.bookings.filter(state="confirmed").count() == 1
    in_order()


def fill_up() -> None:
    """Take every page that is left, and the room in half-full ones of the tables that a booking writes."""
    from django.db import DatabaseError, transaction

    size = 100_000
    while size > 10:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO ballast VALUES (?)".replace("?", "%s"), ["x" * size])
        except DatabaseError:
            size //= 2
    written = 0
    try:
        while written < 5_000:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    'INSERT INTO journal_event (at, who, role, channel, kind, "table", row, reason, request) '
                    "VALUES (%s, 'x', '', 'x', 'ballast', 'x', 0, %s, '')",
                    [START, "x" * 200],
                )
            written += 1
    except DatabaseError:
        return
    raise AssertionError("the disk did not become full")


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_many_times_at_once_books_once(tables: None) -> None:
    """Six impatient presses: one reservation, and each answer says the same."""
    if connection.vendor == "sqlite":
        pytest.skip("threads share no SQLite in memory; tests/against/race.py sends forms at once in many processes")
    town = new_town()
    session = town.session(seats=6)
    with clock.at(START):
        who = Resident()
        check = who.to_the_check(session.pk)
        cookies = {name: morsel.value for name, morsel in who.client.cookies.items()}
        answers: list[int] = []

        def press() -> None:
            one = Resident()
            one.client.cookies.load(cookies)
            answers.append(one.ask("post", check).status_code)
            connections.close_all()

        threads = [threading.Thread(target=press) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(answers) <= {302} and Reservation.objects.count() == 1
    in_order()


def run(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.web.faults.services", *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def told(*arguments: str) -> Any:
    process = run(*arguments)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out.strip().splitlines()[-1]


def test_a_worker_killed_while_it_sends_neither_loses_the_message_nor_writes_two(tmp_path: Path) -> None:
    address, outbox = f"sqlite:///{tmp_path / 'desk.sqlite3'}", str(tmp_path / "out")
    assert told("prepare", address, outbox) == "ready"
    process = run("die_while_sending", address, outbox)
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    process.stdout.close()
    assert line == "handed over"
    found = json.loads(told("send_again", address, outbox))
    # not again at once; after its pause once more under the same key, so that the outbox holds one message
    assert found["sent"] == [0, 1, 0]
    assert found["states"] == [["sent", 2]] and len(found["files"]) == 1 and found["journal"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_database_lost_while_the_answers_are_kept_leaves_the_seat_to_the_person(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says that it is our fault; the same step again finds the same seat, and one booking comes of it."""
    from django.contrib.sessions.backends.base import UpdateError
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import OperationalError

    def dies(self: Any, must_create: bool = False) -> None:
        try:
            raise OperationalError("server closed the connection unexpectedly")
        except OperationalError as error:
            raise UpdateError from error

    town = new_town()
    session = town.session(seats=1)
    with clock.at(START):
        who = Resident()
        path = who.ask("get", f"/book/{session.pk}/").headers["Location"]
        with monkeypatch.context() as patch:
            patch.setattr(SessionStore, "save", dies)
            answer = who.ask("post", path, TOLD)
        page = answer.content.decode()
        assert answer.status_code == 503 and "0000-12-3456" in page and answer.headers["Retry-After"] == "60"
        assert [b.state for b in Booking.objects.all()] == ["held"]
        while not path.endswith("/check/"):
            answer = who.ask("post", path, TOLD)
            assert answer.status_code == 302
            path = answer.headers["Location"]
        assert who.ask("post", path).status_code == 302
    assert [b.state for b in Booking.objects.all()] == ["confirmed"]
    in_order()


def test_a_request_that_cannot_be_read_stays_the_askers_and_not_the_databases() -> None:
    from django.core.exceptions import SuspiciousOperation
    from django.test import RequestFactory

    from daremo.web.ui.handlers import bad_request

    assert bad_request(RequestFactory().get("/"), SuspiciousOperation("no")).status_code == 400
