"""Processes and databases that a test of faults fills, stops or kills: ``python -m tests.web.faults.services WHAT ADDRESS``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any


def set_up(address: str, outbox: str) -> None:
    """Start Django on that database, with a clock that stands at the town's start."""
    os.environ["DAREMO_OUTBOX"] = outbox
    from tests.against.race import set_up as start

    start(address)


def prepare(address: str, outbox: str) -> None:
    """A town with one person who is to be sent a message."""
    set_up(address, outbox)
    from django.core.management import call_command
    from django.db import connection

    from tests.web.tables import made

    made(connection, lambda: call_command("migrate", verbosity=0))
    from daremo.web.apps.bookings import services as bookings
    from tests.web.bookings.town import new_town

    town = new_town()
    who = town.person(email="a@example.jp", prefers="sms")
    bookings.book(town.act(), [town.session()], who, remind_by="sms")
    print("ready", flush=True)


def die_while_sending(address: str, outbox: str) -> None:
    """Hand a message over, then wait to be killed before it is written down as sent."""
    set_up(address, outbox)
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.notices import senders, services
    from tests.web.bookings.town import START

    def slow(parcel: Any) -> None:
        senders.file(parcel)
        print("handed over", flush=True)
        time.sleep(300)

    services.sender_of = lambda channel: slow
    services.send_due(of_the_system(START))


def send_again(address: str, outbox: str) -> None:
    """What another worker does a minute, and an hour, later."""
    import json
    from datetime import timedelta

    set_up(address, outbox)
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.notices import services
    from daremo.web.apps.notices.models import Notice
    from tests.web.bookings.town import START

    told = [services.send_due(of_the_system(START + timedelta(minutes=n)))["sent"] for n in (1, 60, 120)]
    states = sorted(Notice.objects.filter(occasion="booked").values_list("state", "tries"))
    files = sorted(str(path.relative_to(outbox)) for path in Path(outbox).rglob("*") if path.is_file())
    print(json.dumps({"sent": told, "states": states, "files": files, "journal": len(journal.differences())}))


if __name__ == "__main__":
    {"prepare": prepare, "die_while_sending": die_while_sending, "send_again": send_again}[sys.argv[1]](*sys.argv[2:])
