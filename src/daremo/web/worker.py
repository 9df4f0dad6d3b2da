"""The background worker: says that it is alive, queues what is due, does what is queued."""

from __future__ import annotations

import logging
import signal
import threading
import time
import uuid
from types import FrameType

from django.db import OperationalError, close_old_connections
from django_tasks_db.management.commands.db_worker import Worker

from daremo.web import clock, jobs

log = logging.getLogger("daremo.worker")

#: Tasks done before the worker looks around again; seconds between two signs of life.
ROUND = 20
BEAT_S = 15.0


class Stop:
    """Tells a loop to end after what it is doing now; a second signal ends the process at once."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def listen(self) -> Stop:
        """Stop at SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        return self

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._event.is_set():
            raise SystemExit(1)
        self._event.set()

    def now(self) -> None:
        """Stop."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait, at most until told to stop; return whether to stop."""
        return self._event.wait(seconds)

    def __bool__(self) -> bool:
        return self._event.is_set()


def look_around() -> None:
    """Say that this worker is alive and queue what is due."""
    now = clock.now()
    jobs.alive(now)
    jobs.enqueue_due(now)


def do_some(name: str) -> None:
    """Do at most ``ROUND`` of the tasks that are queued."""
    Worker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=ROUND,
        worker_id=name,
    ).run()


def work(stop: Stop, *, once: bool = False, pause_s: float = 1.0) -> None:
    """Work until told to stop; a database that does not answer is waited for."""
    name = uuid.uuid4().hex
    log.info("worker begins")
    looked = -BEAT_S
    while not stop:
        try:
            close_old_connections()
            if time.monotonic() - looked >= BEAT_S:
                look_around()
                looked = time.monotonic()
            do_some(name)
        except OperationalError:
            log.exception("the database does not answer; trying again")
            if stop.wait(5):
                break
            continue
        if once:
            break
        stop.wait(pause_s)
    log.info("worker ends")
