"""Two rows of one place become one, and two again if it was a mistake.

Whatever stands at the place that goes (openings, courses, sessions with their bookings, rooms, who waits, visits, who
works there) moves to the place that is kept, each row with its own event. What moved is kept with the row that went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction

from daremo.web.again import settle
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.journal.models import Row
from daremo.web.apps.places.models import SupportPoint
from daremo.web.problems import conflict, refusal

#: Openings first: while they are locked no session is made at the place that goes.
FIRST = "schedule.opening.point"
IN_THE_QUEUE = ("taken", "called", "serving")


def standing_for(point: SupportPoint) -> SupportPoint:
    """Return the point that this one was merged into, or the row itself."""
    while point.merged_into is not None:
        point = point.merged_into
    return point


def _standing_at() -> Iterator[tuple[str, Any, str]]:
    """Yield (key, table, column) of every journalled table that points at a place."""
    found = [
        (f"{link.related_model._meta.label_lower}.{link.field.name}", link.related_model, link.field.name)
        for link in SupportPoint._meta.related_objects
        if issubclass(link.related_model, Row) and link.related_model is not SupportPoint
    ]
    yield from sorted(found, key=lambda one: (one[0] != FIRST, one[0]))


def _move(act: Act, row: Row, column: str, to: SupportPoint) -> bool:
    """Move a row; one that has its twin at the other place already (a ticket's number, a role) stays where it is."""
    try:
        with transaction.atomic():
            journal.save(act, "place.followed", row, **{column: to})
        return True
    except IntegrityError:
        row.refresh_from_db()
        return False


def merge(act: Act, keep: SupportPoint, gone: SupportPoint) -> SupportPoint:
    """Let ``keep`` stand for both from now on; all that stands at ``gone`` moves there, and ``gone`` is closed.

    Raises
    ------
    UsageError
        ``bad-merge-place``: the same place.
    Conflict
        ``changed-meanwhile``: ``gone`` was merged already; ``queue-not-empty``: people with a ticket wait there.
    """

    def work() -> SupportPoint:
        # in one order, so that two merges the other way round cannot make a circle
        rows = SupportPoint.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=[keep.pk, gone.pk])
        fresh = {row.pk: row for row in rows.order_by("pk")}
        root, going = standing_for(fresh[keep.pk]), fresh[gone.pk]
        if root.pk == going.pk:
            raise refusal("bad-merge-place")
        if going.merged_into_id is not None:
            raise conflict("changed-meanwhile", str(going._meta.verbose_name))
        if going.tickets.filter(state__in=IN_THE_QUEUE).exists():
            raise conflict("queue-not-empty")
        moved: dict[str, list[int]] = {}
        for key, table, column in _standing_at():
            own = list(table._default_manager.filter(**{column: going}).order_by("pk"))
            if ids := [row.pk for row in own if _move(act, row, column, root)]:
                moved[key] = ids
        journal.move(
            act,
            "point.merged",
            going,
            {"merged_into": None},
            merged_into=root,
            merge_undo={"state": going.state, "moved": moved},
            state=SupportPoint.State.CLOSED,
        )
        return root

    root = settle(work)
    gone.refresh_from_db()
    return root


def unmerge(act: Act, gone: SupportPoint) -> SupportPoint:
    """Make a merged place one of its own again: what moved with it and still stands there goes back.

    Raises
    ------
    Conflict
        ``changed-meanwhile``: it is not merged (any more).
    """

    def work() -> SupportPoint:
        going = SupportPoint.objects.select_for_update(no_key=True, of=("self",)).get(pk=gone.pk)
        if going.merged_into is None:
            raise conflict("changed-meanwhile", str(going._meta.verbose_name))
        told = going.merge_undo or {}
        over: list[int] = []
        above: SupportPoint | None = going.merged_into
        while above is not None:  # the kept place may have been merged itself since
            over.append(above.pk)
            above = above.merged_into
        for key, table, column in _standing_at():
            here = {"pk__in": told.get("moved", {}).get(key, []), f"{column}__in": over}
            for row in table._default_manager.filter(**here).order_by("pk"):
                _move(act, row, column, going)
        state = told.get("state", SupportPoint.State.DRAFT)
        return journal.move(
            act,
            "point.unmerged",
            going,
            {"merged_into__isnull": False},
            merged_into=None,
            merge_undo=None,
            state=state,
        )

    settle(work)
    gone.refresh_from_db()
    return gone
