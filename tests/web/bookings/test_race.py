"""Many processes at once oversell nothing, and a process killed in the middle leaves nothing half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.against import postgres
from tests.against.oversold import counted
from tests.web.bookings.town import Town

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'desk.sqlite3'}"
        return
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    try:
        with postgres.cluster() as found:
            yield found
    except KeyError:
        pytest.skip("root may not run PostgreSQL, and there is no account postgres")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_race_of_many_processes_oversells_nothing(database: str) -> None:
    if database == "postgresql" and postgres.binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    ran = python(
        "-m", "tests.against.race", "--workers", "3", "--tries", "25", "--json", "--only-daremo", "--on", database
    )
    assert ran.returncode == 0, ran.stderr[-2000:] + ran.stdout[-2000:]
    (result,) = json.loads(ran.stdout).values()
    assert result["active"] > 0
    assert {name: n for name, n in result["wrong"].items() if n} == {}
    assert sum(result["done"].values()) == 3 * 25


@pytest.mark.django_db(transaction=True)
def test_the_counting_finds_what_check_then_insert_does(tables: None, town: Town) -> None:
    """With the database's rule away, two who looked at the same time both insert: the counting must say so."""
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.bookings.seats import free_seats
    from daremo.web.apps.journal import services as journal

    session = town.session(seats=1)
    rule = next(c for c in Booking._meta.constraints if c.name == "one_booking_a_seat")
    looked = [free_seats(session), free_seats(session)]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Booking, rule)
    try:
        for free in looked:
            row = Booking(session=session, seat=free[0], person=town.person(), changed_at=town.act().now)
            journal.save(town.act(), "booking.confirmed", row)
        found = counted()
        assert found["oversold sessions"] == 1 and found["seats taken twice"] == 1
        Booking.objects.all().delete()
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(Booking, rule)


def child(address: str, what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.against.killed", what, address],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(address: str, what: str) -> Any:
    process = child(address, what)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return json.loads(out.strip().splitlines()[-1])


def test_a_process_killed_in_the_middle_of_a_booking_leaves_nothing(address: str) -> None:
    assert told(address, "prepare") is True
    process = child(address, "die_in_the_middle")
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    process.stdout.close()
    assert line == "written 3"
    found = told(address, "look_and_book_again")
    assert found == {"bookings": 0, "reservations": 0, "again": 3, "wrong": 0, "journal": 0}
