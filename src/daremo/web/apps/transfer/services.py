"""What other features call of files in and out: imports with preview and undo, exports, plans, calendars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction
from django.db.models import Count, Q

from daremo.web.apps.journal.act import Act
from daremo.web.apps.transfer import french, inclusion, municipal
from daremo.web.apps.transfer.calendar import calendar_of, calendar_of_sessions
from daremo.web.apps.transfer.imports import Change, Preview, apply, look, preview, refused, undo
from daremo.web.apps.transfer.plan import Planned, load_plan
from daremo.web.apps.transfer.practice import BACK, Practised, practise
from daremo.web.days import day_of

if TYPE_CHECKING:
    from daremo.kernel.errors import Problem
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.schedule.models import Session

__all__ = [
    "Change",
    "Planned",
    "Practised",
    "Preview",
    "apply",
    "calendar_of",
    "calendar_of_sessions",
    "coming",
    "events_csv",
    "export_points",
    "load_plan",
    "load_sample",
    "look",
    "practise",
    "preview",
    "refused",
    "undo",
]


def load_sample(
    act: Act, town_dir: Path, plan_dir: Path, *, seed: int = 1, weeks: int = 15
) -> tuple[Planned, Practised]:
    """Load a town with its plan as if it had run for six weeks, and people who do not exist; all or nothing.

    The same town, plan, moment and seed give the same rows.
    """
    since = replace(act, now=act.now - BACK)
    with transaction.atomic():
        planned = load_plan(since, town_dir, plan_dir, first_day=day_of(since.now), weeks=weeks)
        body = apps.get_model("places", "Organisation")._default_manager
        ids = [planned.city, *body.filter(parent=planned.city).order_by("pk").values_list("pk", flat=True)]
        return planned, practise(act, ids, seed=seed)


def coming(organisations: Sequence[int], since: datetime, point: int | None = None) -> list[Session]:
    """Return the sessions to come that residents may see, with the number of their seats as ``places``."""
    rows = apps.get_model("schedule", "Session")._default_manager.filter(
        offer__organisation__in=list(organisations),
        offer__public=True,
        point__state__in=("published", "stale"),
        starts__gte=since,
        state__in=("open", "running"),
    )
    if point is not None:
        rows = rows.filter(point=point)
    rows = rows.select_related("offer__organisation", "point", "series")
    return list(rows.annotate(places=Count("seats", filter=Q(seats__withdrawn=False))).order_by("starts", "id"))


def events_csv(
    organisations: Sequence[int],
    since: datetime,
    code: str,
    prefecture: str,
    city: str,
    *,
    address: Callable[[int], str],
) -> bytes:
    """Return sessions to come as イベント一覧 of the recommended municipal data set."""
    rows = [(session, address(session.pk)) for session in coming(organisations, since)]
    return municipal.write_events(rows, code, prefecture, city)


def export_points(
    layout: str, points: Sequence[SupportPoint], today: date, *, code: str = "", prefecture: str = "", city: str = ""
) -> tuple[bytes, list[Problem]]:
    """Return points in a layout of ``tables/layouts.csv``, and what could not go out.

    Raises
    ------
    KeyError
        No such layout.
    """
    if layout == french.LAYOUT:
        return french.write(points)
    if layout == inclusion.LAYOUT:
        return inclusion.write(points, _offers(points), today)
    if layout == municipal.LAYOUT:
        return municipal.write(points, code, prefecture, city)
    raise KeyError(layout)


def _offers(points: Sequence[SupportPoint]) -> dict[int, list[Any]]:
    """Return the public offers at each point: those with an opening or a session to come there."""
    offered: dict[int, list[Any]] = defaultdict(list)
    rows = apps.get_model("schedule", "Opening")._default_manager.filter(
        point__in=[point.pk for point in points], active=True, offer__public=True
    )
    for opening in rows.select_related("offer").order_by("pk"):
        if opening.offer not in offered[opening.point_id]:
            offered[opening.point_id].append(opening.offer)
    return offered
