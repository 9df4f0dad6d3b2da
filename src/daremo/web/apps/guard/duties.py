"""Inventories, duties and drills of an organisation; a journalled act each."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from daremo.kernel.errors import Problem
from daremo.trust.exposure.exercise import Exercise, after_action
from daremo.web.apps.guard import weak
from daremo.web.apps.guard.models import Drill, Duty, Inventory, State
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of
from daremo.web.problems import refusal
from daremo.web.retention import kept

if TYPE_CHECKING:
    from daremo.trust.exposure.order import Task
    from daremo.web.apps.places.models import Organisation

NOBODY: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of files handed in: advisories read, duties new, met again and reopened, and what could not be read."""

    advisories: int
    new: int
    again: int
    reopened: int
    problems: tuple[Problem, ...]


def latest(organisation: Organisation) -> Inventory | None:
    """Return the newest inventory of an organisation."""
    return Inventory.objects.filter(organisation=organisation).order_by("-at", "-pk").first()


def take_inventory(act: Act, organisation: Organisation, files: weak.Files, services: str = "") -> Inventory:
    """Keep what an organisation runs; without a table of services that of before stays.

    Raises
    ------
    DaremoError
        With the problems of every file; ``inventory-large``.
    """
    before = latest(organisation)
    kept = weak.read_components(files) if files else (before.components if before else [])
    if len(kept) > weak.MOST_COMPONENTS or len(services) > weak.MOST_SERVICES_BYTES:
        raise refusal("inventory-large")
    weak.graph_of(services)
    row = Inventory(
        organisation=organisation, at=act.now, components=kept, assets=len({one["asset"] for one in kept}),
        services=services or (before.services if before else ""),
    )  # fmt: skip
    return journal.save(act, "inventory.taken", row)


def take_advisories(
    act: Act, organisation: Organisation, files: weak.Files, people: Mapping[str, float] = NOBODY
) -> Taken:
    """Match advisories with the newest inventory: new duties, those met again, those reopened.

    Raises
    ------
    DaremoError
        ``no-inventory``; ``advisories-unused`` where none could be read.
    """
    inventory = latest(organisation)
    if inventory is None or not inventory.components:
        raise refusal("no-inventory")
    tasks, read, problems, services = weak.found_in(inventory.components, inventory.services, files, people)
    if not read and problems:
        raise refusal("advisories-unused", problems[0].code)
    today = day_of(act.now)
    count = {"new": 0, "again": 0, "reopened": 0}
    with transaction.atomic():
        mine = list(Duty.objects.select_for_update().filter(organisation=organisation).order_by("pk"))
        for task, names in tasks:
            old = next((d for d in mine if d.asset == task.asset[:200] and set(d.ids) & set(names)), None)
            told = _columns(task, names, services)
            if old is None:
                row = Duty(
                    organisation=organisation, found=today, seen=today, due=today + timedelta(days=task.days), **told
                )
                mine.append(journal.save(act, "duty.found", row))
                count["new"] += 1
            elif old.state == State.DONE and old.closed is not None and old.closed < day_of(inventory.at):
                due = today + timedelta(days=task.days)
                journal.save(act, "duty.reopened", old, seen=today, state=State.OPEN, closed=None, due=due, **told)
                count["reopened"] += 1
            else:
                told["ids"] = sorted({*old.ids, *names})
                journal.save(act, "duty.seen", old, seen=today, **told)
                count["again"] += 1
    return Taken(read, problems=problems, **count)


def _columns(task: Task, names: Sequence[str], services: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "asset": task.asset[:200], "title": task.title[:300], "ids": list(names), "told": weak.told_of(task, services),
        "severity": task.severity, "exploited": task.exploited, "exposed": task.exposed,
        "possible": task.state == "possible", "people": max(task.people, task.common_people), "score": task.score,
    }  # fmt: skip


def settle(act: Act, row: Duty, *, owner: int | None, due: date, state: str, why: str = "", was: str = "") -> Duty:
    """Say who sees to a duty, by when, and what became of it.

    Raises
    ------
    DaremoError
        ``accept-why``: a weakness is accepted only with a reason.
    Conflict
        Its state is no longer ``was``.
    """
    if state == State.ACCEPTED and not why.strip():
        raise refusal("accept-why")
    closed = None if state == State.OPEN else (row.closed if row.state == state else day_of(act.now))
    return journal.move(
        act, f"duty.{state}", row, {"state": was or row.state}, owner_id=owner, due=due, state=state,
        why=why.strip()[:200], closed=closed,
    )  # fmt: skip


def exercise_for(organisation: Organisation, people: Mapping[str, float] = NOBODY, scenario: int = 0) -> Exercise:
    """Return an exercise from the newest table of services and the open duties.

    Raises
    ------
    DaremoError
        ``exposure-no-services``.
    """
    inventory = latest(organisation)
    nodes = {str(one["asset"]): str(one["node"]) for one in (inventory.components if inventory else [])}
    rows = Duty.objects.filter(organisation=organisation, state=State.OPEN).order_by("-score", "pk")
    open_duties = [(nodes.get(d.asset, d.asset), d.ids, organisation.name) for d in rows]
    return weak.exercise_of(inventory.services if inventory else "", open_duties, people, scenario)


def hold(act: Act, organisation: Organisation, made: Exercise, rows: Sequence[Mapping[str, str]], held: date) -> Drill:
    """Keep what was decided in an exercise, what was missing, who repairs it by when.

    Raises
    ------
    DaremoError
        ``exposure-after`` with every row that cannot be used.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, ["inject", "minutes", "decision", "met", "gap", "owner", "due"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    told = after_action(made, out.getvalue().encode(), "observations.csv", held)
    row = Drill(organisation=organisation, held=held, digest=made.digest, told=told)
    return journal.save(act, "drill.held", row)


def keep_time(act: Act, today: date) -> int:
    """Remove duties closed and drills held more than five years ago, and inventories that were replaced a year ago."""
    duties = list(Duty.objects.filter(closed__lt=today - kept("duty")))
    drills = list(Drill.objects.filter(held__lt=today - kept("drill")))
    newest: dict[int, int] = {}
    for row in Inventory.objects.order_by("at", "pk").values("pk", "organisation_id"):
        newest[row["organisation_id"]] = row["pk"]
    old = Inventory.objects.filter(at__date__lt=today - kept("inventory")).exclude(pk__in=list(newest.values()))
    return (
        journal.remove_many(act, "duty.expired", duties)
        + journal.remove_many(act, "drill.expired", drills)
        + journal.remove_many(act, "inventory.expired", list(old.defer("components", "services")))
    )
