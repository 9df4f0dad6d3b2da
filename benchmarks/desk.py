"""The desk under load: a nation's places, times and bookings in PostgreSQL, fifty people at once, two cores.

    python benchmarks/desk.py                 the nation on PostgreSQL, every way of asking, then three ways of booking
    python benchmarks/desk.py --small         a few places on SQLite: whether it runs at all
    python benchmarks/desk.py --seconds 30 --ways find,today --no-rivals

Gunicorn (2 processes × 8 threads), the database and the people who ask share the machine; so beside each wait stand
the processor seconds that one answer took, and the machine's load.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

#: As a small production server is set: through to the disk, memory for the indexes.
POSTGRES = (
    "-c listen_addresses= -c max_connections=60 -c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=30min "
    "-c effective_cache_size=8GB -c random_page_cost=1.1"
)
#: Every way of asking by itself, then all together: (name, what each person does, seconds of reading between).
RUNS = (
    ("find", ("find",), 2.0),
    ("find by API", ("find_api",), 2.0),
    ("book by API", ("book",), 2.0),
    ("book by hand", ("journey",), 2.0),
    ("today's list", ("today",), 2.0),
    ("all together", ("find", "find_api", "book", "journey", "today"), 2.0),
    ("without pause", ("find", "find_api", "book", "today"), 0.0),
)
TARGET_MS = 200.0


def set_up(address: str, data: Path) -> None:
    """Start Django on that database, and every process after it."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="daremo.web.settings", DAREMO_DATABASE_URL=address, DAREMO_DATA=str(data),
        DAREMO_LOG_LEVEL="ERROR", DAREMO_PROXIES="1", DAREMO_HOSTS="localhost 127.0.0.1",
    )  # fmt: skip
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def cast(now: Any, people: int = 50) -> dict[str, Any]:
    """Sign staff in at the counters with most people today, make keys, choose sessions to book."""
    from django.db import connection
    from django.test import Client

    from daremo.web.apps.api import keys
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places.models import Organisation, SupportPoint
    from daremo.web.apps.schedule.models import Session
    from daremo.web.apps.schedule.services import with_free_seats
    from daremo.web.apps.staff.models import Membership, User
    from daremo.web.apps.staff.practice import practice_accounts

    act = of_the_system(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.point_id, count(*) FROM schedule_session s JOIN queue_ticket t ON t.point_id = s.point_id "
            "WHERE s.starts > %s AND s.starts < %s AND s.state = 'open' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s",
            [now, now + timedelta(days=7), people],
        )
        points = [row[0] for row in cursor.fetchall()]
    staff, keyed = [], []
    for point in SupportPoint.objects.filter(pk__in=points).select_related("organisation"):
        city: Organisation = point.organisation
        if not Membership.objects.filter(organisation=city).exists():
            practice_accounts(act, city)
        user = User.objects.get(memberships__organisation=city, memberships__role="manager")
        browser = Client()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        staff.append((browser.cookies["daremo_session"].value, point.pk))
        key = keys.make_key(act, city, "load", ["book"])[1]
        ahead = Session.objects.filter(offer__organisation=city, series=None, state="open")
        within = ahead.filter(starts__gt=now + timedelta(hours=2), starts__lt=now + timedelta(days=55))
        free = with_free_seats(within.values_list("pk", flat=True))
        keyed.append((key, [row for row, seats in free.items() if seats]))
    places = list(SupportPoint.objects.order_by("pk").values_list("lat", "lon")[:500])
    return {"staff": staff, "keys": keyed, "places": places}


@contextmanager
def service(data: Path) -> Iterator[Any]:
    """Gunicorn as ``daremo serve`` starts it, on a free port of this machine."""
    from daremo.web.server import Service, collect, listen

    collect(data / "static")
    running = Service(listen("127.0.0.1", 8_940), 2, 8, 60, data, with_worker=False, log=data / "server.log")
    running.begin()
    try:
        yield running
    finally:
        running.end()


def postmaster_of(address: str) -> int:
    """Return the process of the database on that socket."""
    place = Path(parse_qs(urlsplit(address).query)["host"][0])
    return int((place / "data" / "postmaster.pid").read_text().split()[0])


def favour(process: int, nice: int) -> None:
    """Put a process and what it starts before others of a shared machine (Linux, root): alone and by its session."""
    if os.geteuid() != 0:
        return
    os.setpriority(os.PRIO_PROCESS, process, nice)
    group = Path(f"/proc/{process}/autogroup")
    if group.exists():
        group.write_text(str(nice))


def cpu_of(top: int) -> float:
    """Processor seconds of a process, its living children and those that it has waited for (Linux)."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = entry.read_text().rpartition(")")
        except OSError:
            continue
        parts = tail.split()
        process = int(head.split()[0])
        children.setdefault(int(parts[1]), []).append(process)
        used[process] = sum(int(parts[n]) for n in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
    found, left = 0.0, [top]
    while left:
        process = left.pop()
        found += used.get(process, 0.0)
        left += children.get(process, [])
    return found


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


def ask(plan: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Let the people ask in a process of their own; return what they waited and were answered."""
    path = folder / "plan.json"
    path.write_text(json.dumps(plan))
    ran = subprocess.run(
        [sys.executable, str(HERE / "desk_ask.py"), str(path)], capture_output=True, text=True, check=True
    )
    return dict(json.loads(ran.stdout))


def tell(name: str, told: dict[str, Any], seconds: float, server: float, database: float) -> list[str]:
    """Return lines of the table, one for each kind of answer, and one for what it took."""
    lines = []
    answered = sum(len(values) for values in told["waited_ms"].values())
    for what, values in sorted(told["waited_ms"].items()):
        p50, p95, p99 = (quantile(values, share) for share in (0.5, 0.95, 0.99))
        bad = sum(n for key, n in told["answers"].items() if key.startswith(f"{what}: ") and not _fine(key))
        gone = told["answers"].get(f"{what}: 409", 0)
        ok = "yes" if p95 < TARGET_MS and not bad else "no"
        lines.append(
            f"| {name} | {what} | {len(values) / seconds:.1f} | {p50:.0f} | {p95:.0f} | {p99:.0f} | {bad} | {gone} | {ok} |"
        )
    if answered:
        each = f"{1000 * server / answered:.1f} + {1000 * database / answered:.1f}"
        load = os.getloadavg()[0]
        print(
            f"    {name}: {answered / seconds:.1f} answers/s, {each} ms CPU each (service + database), load {load:.1f}",
            flush=True,
        )
    return lines


def _fine(key: str) -> bool:
    """Whether an answer is what was asked for, or says that somebody else has the seat; a page that sends away is not."""
    name, _, status = key.rpartition(": ")
    return status in ("200", "201", "409") or (status in ("302", "303") and name.startswith("book: "))


def measure(asked: argparse.Namespace, cast_of: dict[str, Any], folder: Path, postmaster: int | None) -> list[str]:
    """Run all runs and return the table."""
    lines = []
    with service(folder) as running:
        gunicorn = running._children["gunicorn"].pid
        for process in (gunicorn, postmaster):
            if process is not None:
                favour(process, asked.nice)
        port = running.socket.getsockname()[1]
        for name, ways, think in RUNS:
            if asked.ways and not set(ways) <= set(asked.ways.split(",")):
                continue
            plan = {**cast_of, "port": port, "users": asked.users, "seconds": asked.seconds, "warm_s": asked.warm}
            before = cpu_of(gunicorn), cpu_of(postmaster) if postmaster else 0.0
            told = ask({**plan, "ways": ways, "think_s": think}, folder)
            after = cpu_of(gunicorn), cpu_of(postmaster) if postmaster else 0.0
            # processor time is of the whole run, warming up included; so is its share
            share = asked.seconds / (asked.seconds + asked.warm)
            lines += tell(name, told, asked.seconds, (after[0] - before[0]) * share, (after[1] - before[1]) * share)
            other = {key: n for key, n in told["answers"].items() if not _fine(key)}
            if other:
                print(f"    not answered well: {other}", flush=True)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a few places on SQLite")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--warm", type=float, default=5.0)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--ways", default="", help="only runs of these: find, find_api, book, journey, today")
    parser.add_argument("--on", default="", help="address of a PostgreSQL that is filled already (or empty)")
    parser.add_argument("--no-rivals", action="store_true", help="leave the other ways of booking out")
    parser.add_argument("--nice", type=int, default=-10, help="priority over others on a shared machine; only root may")
    asked = parser.parse_args()
    favour(os.getpid(), asked.nice)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="desk-load-")))
        address = f"sqlite:///{folder / 'desk.sqlite3'}"
        if not asked.small:
            from tests.against.postgres import cluster

            address = asked.on or stack.enter_context(cluster(POSTGRES))
        set_up(address, folder)
        from desk_fill import NATION, SMALL, pour

        from daremo.web import clock
        from daremo.web.apps.places.models import Organisation
        from tests.against.oversold import counted

        if not Organisation.objects.exists():
            began = time.monotonic()
            rows = pour(SMALL if asked.small else NATION, clock.now())
            print(f"filled in {time.monotonic() - began:.0f} s:", ", ".join(f"{t} {n:,}" for t, n in rows.items()))
        postmaster = None
        if not asked.small:
            postmaster = postmaster_of(address)
        lines = measure(asked, cast(clock.now()), folder, postmaster)
        print("\n| run | answer | per s | p50 ms | p95 ms | p99 ms | errors | seat gone | p95 < 200 ms |")
        print("|---|---|--:|--:|--:|--:|--:|--:|---|")
        print("\n".join(lines))
        wrong = counted()
        print(f"\noversold sessions: {wrong['oversold sessions']}; anything else wrong: {sum(wrong.values())}")
    if not asked.no_rivals:
        from desk_rivals import compare

        compare(small=asked.small)
    return 1 if sum(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
