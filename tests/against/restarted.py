"""Residents book while the database is restarted: ``python -m tests.against.restarted ADDRESS``, one JSON line.

Whoever gets an error sends the same form again, as people do, until it is taken. Then everything is counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PEOPLE, FORMS = 4, 6
#: Pages that one booking takes: the seat, three answers, the look over them.
ANSWERS = 5


def restart(address: str) -> None:
    """Stop the database as a crash does, and start it again on the same socket."""
    from tests.against.postgres import OPTIONS, _account, binaries

    place = Path(parse_qs(urlsplit(address).query)["host"][0])
    tool, account = str((binaries() or Path()) / "pg_ctl"), _account()
    who: dict[str, Any] = {"user": account, "group": account, "extra_groups": []} if account else {}
    options = ("-m", "immediate", "-o", f"{OPTIONS} -k {place}", "-l", str(place / "log"), "-w", "restart")
    subprocess.run(
        [tool, "-D", str(place / "data"), *options],
        cwd=place,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **who,
    )


def broken(answer: Any) -> bool:
    """Whether the database stood in the way; Django says 400 where the browser session could not be written."""
    return bool(answer.status_code >= 500 or answer.status_code == 400)


def main() -> None:
    address = sys.argv[1]
    os.environ["DAREMO_HOSTS"] = "localhost"
    from tests.against.race import set_up

    set_up(address)
    from django.core.management import call_command
    from django.db import close_old_connections, connections

    call_command("migrate", verbosity=0)
    from daremo.web import clock
    from daremo.web.apps.bookings.models import Booking, Reservation
    from daremo.web.apps.journal import services as journal
    from daremo.web.gate import limits
    from tests.against.oversold import counted
    from tests.web.bookings.town import START, new_town
    from tests.web.faults.journey import Resident

    limits.limits = lambda: ()
    clock.set_source(lambda: START)
    town = new_town()
    # a hold whose browser session was lost with the connection keeps its seat for half an hour
    sessions = [town.session(seats=3 * PEOPLE, hours=72 + n).pk for n in range(FORMS)]
    answers: Counter[str] = Counter()
    wrong: list[str] = []
    lock = threading.Lock()

    def again(ask: Any) -> Any:
        """Ask until it is taken, at most half a minute."""
        for _ in range(150):
            # the server does so before each request; the test's client does not
            close_old_connections()
            answer = ask()
            with lock:
                answers[str(answer.status_code)] += 1
                if broken(answer) and "0000-12-3456" not in answer.content.decode():
                    wrong.append("an error page without a number to call")
            if not broken(answer):
                return answer
            time.sleep(0.2)
        return answer

    def live(number: int) -> None:
        for at, session in enumerate(sessions):
            who = Resident()
            told = {"by": "self", "need": "call", "name": f"見本 {number} {at}", "phone": f"090-0000-{number}{at:03}"}
            path = again(partial(who.ask, "get", f"/book/{session}/")).headers.get("Location", "")
            for _ in range(8):
                here = path
                answer = again(partial(who.ask, "post", here, told))
                path = answer.headers.get("Location", "")
                if here.endswith("/check/") or answer.status_code != 302:
                    break
            if not here.endswith("/check/"):
                with lock:
                    wrong.append(f"{here} {answer.status_code}")
        connections.close_all()

    threads = [threading.Thread(target=live, args=(n,)) for n in range(PEOPLE)]
    for thread in threads:
        thread.start()
    felt = []
    for part in (0.2, 0.5):  # of the answers that an undisturbed run gives, however fast the machine is
        while answers.total() < part * PEOPLE * FORMS * ANSWERS and any(t.is_alive() for t in threads):
            time.sleep(0.01)
        before = answers.total()
        restart(address)
        felt.append(before)
    for thread in threads:
        thread.join()
    connections.close_all()
    found = {
        "answers": answers,
        "before": felt,
        "wrong": wrong,
        "bookings": Booking.objects.filter(state="confirmed").count(),
        "reservations": Reservation.objects.count(),
        "counted": sum(counted().values()),
        "journal": len(journal.differences()),
    }
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
