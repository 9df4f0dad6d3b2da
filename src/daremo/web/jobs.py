"""Work that nobody waits for: what is done, how often (``tables/jobs.csv``), and by which service."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django_tasks import task

from daremo.kernel.tables import rows_of
from daremo.web import clock
from daremo.web.apps.api import webhooks
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.diagnosis import services as diagnosis
from daremo.web.apps.followups import services as followups
from daremo.web.apps.genuine import asking, badges, stamping, trail
from daremo.web.apps.guard import services as guard
from daremo.web.apps.journal.act import Act, of_the_system
from daremo.web.apps.lines import services as lines
from daremo.web.apps.mandates import services as mandates
from daremo.web.apps.notices import services as notices
from daremo.web.apps.people import services as people
from daremo.web.apps.queue import services as queue
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.skills import services as skills
from daremo.web.days import day_of
from daremo.web.gate import counts
from daremo.web.gate.logs import places_of
from daremo.web.gate.models import Beat, Hit

log = logging.getLogger("daremo.jobs")

SESSIONS_AHEAD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table: a name and the minutes from one beginning to the next."""

    job: str
    every_min: int
    ja: str
    en: str


class JobFailed(Exception):
    """A job failed; says only the kind of error, for what is kept of a task must hold no words about people."""


@cache
def jobs() -> dict[str, Job]:
    """Return the table of jobs by name."""
    return {row["job"]: Job(**{**row, "every_min": int(row["every_min"])}) for row in rows_of("daremo.web", "jobs")}  # type: ignore[arg-type]


def _today(act: Act) -> date:
    return day_of(act.now)


def _make_sessions(act: Act) -> int:
    until = _today(act) + SESSIONS_AHEAD
    openings = apps.get_model("schedule", "Opening")._default_manager.filter(active=True)
    return sum(len(schedule.make_sessions(act, opening, until)) for opening in openings)


def _tidy(act: Act) -> int:
    call_command("clearsessions", verbosity=0)
    call_command("prune_db_task_results", min_age_days=3, verbosity=0)
    return Hit.objects.filter(until__lt=act.now).delete()[0] + asking.tidy(act)


def _deliver(act: Act) -> dict[str, int]:
    webhooks.queue_deliveries(act)
    return webhooks.deliver(act)


def _ask_again(act: Act) -> int:
    organisations = apps.get_model("places", "Organisation")._default_manager.values_list("pk", flat=True)
    return followups.queue_messages(act, list(organisations))


def _erase(act: Act) -> int:
    today = _today(act)
    return (
        people.keep_time(act, today)
        + skills.keep_time(act, today)
        + diagnosis.keep_time(act, today)
        + guard.keep_time(act, today)
        + badges.keep_time(act, today)
        + lines.keep_time(act, today)
    )


WORK: dict[str, Callable[[Act], object]] = {
    "expire": bookings.expire,
    "send": notices.send_due,
    "states": schedule.run_states,
    "deliver": _deliver,
    "ask": _ask_again,
    "tickets": lambda act: queue.close_day(act, _today(act)),
    "mandates": lambda act: mandates.expire(act, _today(act)),
    "sessions": _make_sessions,
    "erase": _erase,
    "tidy": _tidy,
    "trail": trail.append,
    "stamp": stamping.stamp,
}


@task()
def run(job: str) -> str:
    """Do one job of the table.

    Raises
    ------
    JobFailed
        With the kind of error; where it happened stands in the log.
    """
    try:
        done = WORK[job](of_the_system(clock.now(), f"job {job}"))
    except Exception as error:
        counts.job_ended(job, "failed")
        log.error("job failed", extra={"facts": {"job": job, "error": type(error).__name__, "where": places_of(error)}})
        raise JobFailed(type(error).__name__) from None
    counts.job_ended(job, "done")
    return str(done)


def claim(name: str, every: timedelta, now: datetime) -> bool:
    """Take a turn that comes once in `every`; of many workers one gets it."""
    # the smallest clock difference between two machines must not skip a turn
    due = now - every + timedelta(seconds=1)
    if Beat.objects.filter(name=name, at__lte=due).update(at=now):
        return True
    if Beat.objects.filter(name=name).exists():
        return False
    try:
        with transaction.atomic():
            Beat.objects.create(name=name, at=now)
    except IntegrityError:
        return False
    return True


def enqueue_due(now: datetime) -> list[str]:
    """Queue every job whose time has come and that is not queued already; return their names."""
    waiting = apps.get_model("django_tasks_database", "DBTaskResult")._default_manager.filter(status="READY")
    queued = {tuple(args["args"]) for args in waiting.values_list("args_kwargs", flat=True)}
    names = []
    for job in jobs().values():
        if (job.job,) not in queued and claim(f"job:{job.job}", timedelta(minutes=job.every_min), now):
            run.enqueue(job.job)
            names.append(job.job)
    return names


def alive(now: datetime) -> None:
    """Say that a worker is alive; ``/readyz`` looks for it."""
    Beat.objects.update_or_create(name="worker", defaults={"at": now})
