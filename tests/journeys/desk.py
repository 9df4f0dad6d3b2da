"""A whole desk for journeys: its own process, its own database file, a small town, a clock that stands still.

``python -m tests.journeys.desk FOLDER`` serves it and prints its address; `desk()` does that for a test module.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

#: Tuesday, 1 December 2026, ten o'clock in Japan.
NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass
class Town:
    """Rows that tests name: four places, consultations, a course."""

    city: Any
    points: list[Any]
    offer: Any
    sessions: list[Any]
    series: Any


def fill_town() -> Town:
    """Fill an empty desk: みほん市 with four places in three directions, one seat a time, one course of four."""
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places import services as places
    from daremo.web.apps.places.models import Area
    from daremo.web.apps.schedule import services as schedule

    act = of_the_system(NOW)
    city = places.add_organisation(act, "みほん市", "city", phone="0000-12-3456")
    area = journal.save(act, "area.added", Area(code="1", name="みなと町1丁目", kana="みなとまち", lat=34.3, lon=134.0))
    told: list[dict[str, Any]] = [
        {"name": "みなとコミュニティセンター", "kana": "みなとこみゅにてぃせんたー", "lat": 34.302, "lon": 134.002, "step_free": True, "floor": "2階"},
        {"name": "ひがし図書館", "kana": "ひがしとしょかん", "lat": 34.308, "lon": 134.010, "access": ["sign"], "opening_hours": "Mo-Fr 13:00-17:00"},
        {"name": "みほん駅前 郵便局", "kana": "みほんえきまえゆうびんきょく", "lat": 34.316, "lon": 133.996, "languages": ["ja", "en", "vi"]},
        {"name": "市役所 1階 3番窓口", "kana": "しやくしょ", "lat": 34.324, "lon": 134.006, "walk_in": True},
    ]  # fmt: skip
    points = [
        places.add_point(
            act, city, area=area, address=f"みほん市みなと町{n}番", phone=f"0000-12-100{n}",
            **{"opening_hours": "Mo-Fr 09:00-17:00; PH off", **fields},
        )
        for n, fields in enumerate(told, 1)
    ]  # fmt: skip
    offer = schedule.add_offer(act, city, title="スマホ個別相談", kind="consultation", minutes=30, capacity=1)
    sessions = [
        schedule.add_session(act, offer, point, start, start + timedelta(minutes=30), 1)
        for n, point in enumerate(points)
        for day in range(1, 4)
        for start in (_at(day, 10 + n), _at(day, 14, 30))
    ]
    course = schedule.add_offer(act, city, title="はじめてのスマホ教室", kind="course", minutes=60, capacity=3)
    lessons = [(_at(6 + 7 * week, 13), _at(6 + 7 * week, 14)) for week in range(4)]
    series = schedule.add_series(act, course, points[0], "はじめてのスマホ教室", lessons, 3)
    return Town(city, points, offer, sessions, series)


def _at(days: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(NOW.astimezone(TOKYO).date() + timedelta(days=days), time(hour, minute), TOKYO)


@contextmanager
def desk(town: str = "tests.journeys.desk") -> Iterator[str]:
    """Serve a fresh desk in a process of its own, filled by a module's ``main``; gives its address."""
    with tempfile.TemporaryDirectory(prefix="journey-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DAREMO_", "DJANGO_"))}
        env = kept | {
            "DAREMO_DATA": folder,
            "DAREMO_DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3",
            "DAREMO_HOSTS": "127.0.0.1 localhost",
            "DAREMO_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "daremo.web.settings",
        }
        root = Path(__file__).resolve().parents[2]
        process = subprocess.Popen(
            [sys.executable, "-m", town], cwd=root, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://"), "the desk did not start"
            yield address
        finally:
            process.stdin.close()  # type: ignore[union-attr]
            process.wait(timeout=20)
            process.stdout.close()  # type: ignore[union-attr]


def main(fill: Callable[[], object] = fill_town) -> None:
    """Fill an empty database, print the address and serve until the test module closes standard input."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.db import connection

    from daremo.web import clock
    from tests.web.tables import made

    made(connection, lambda: call_command("migrate", verbosity=0))
    from tests.journeys.page import serving

    clock.set_source(lambda: NOW)
    fill()
    with serving() as address:
        print(address, flush=True)
        sys.stdin.read()  # until the test module closes it


if __name__ == "__main__":
    main()
