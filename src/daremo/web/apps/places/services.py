"""Add and change organisations, points and supporters; what is open now; who is near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.places.hours import hours_said, next_change, next_open, open_now, parsed
from daremo.web.apps.places.merge import merge, standing_for, unmerge
from daremo.web.apps.places.models import (
    Availability,
    Leave,
    Organisation,
    Qualification,
    Resource,
    Supporter,
    SupportPoint,
)
from daremo.web.apps.places.near import Near, Start, kilometres, nearest_points, start_of, walk_minutes
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from datetime import date, time

__all__ = [
    "Near",
    "Start",
    "add_organisation",
    "add_point",
    "add_points",
    "add_availability",
    "add_leave",
    "add_resource",
    "add_supporter",
    "change_organisation",
    "change_point",
    "change_resource",
    "change_supporter",
    "close_point",
    "confirm_point",
    "disqualify",
    "hours_said",
    "kilometres",
    "merge",
    "nearest_points",
    "next_change",
    "next_open",
    "open_now",
    "qualify",
    "remove_availability",
    "remove_leave",
    "standing_for",
    "start_of",
    "unmerge",
    "walk_minutes",
]


def add_organisation(act: Act, name: str, kind: str, **more: Any) -> Organisation:
    """Add an organisation."""
    return journal.save(act, "organisation.added", Organisation(name=name, kind=Organisation.Kind(kind), **more))


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    hours = str(fields.get("opening_hours") or "")
    if hours and parsed(hours) is None:
        raise refusal("bad-hours", hours)
    lat, lon = fields.get("lat"), fields.get("lon")
    if (lat is None) != (lon is None):
        raise refusal("bad-place", f"{lat}, {lon}")
    if lat is not None and lon is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise refusal("bad-place", f"{lat}, {lon}")
    return fields


def add_point(act: Act, organisation: Organisation, name: str, **fields: Any) -> SupportPoint:
    """Add a support point.

    Raises
    ------
    UsageError
        ``bad-hours``: opening hours that cannot be read; ``bad-place``: coordinates outside the earth.
    """
    return journal.save(act, "point.added", SupportPoint(organisation=organisation, name=name, **_checked(fields)))


def add_points(act: Act, points: Sequence[SupportPoint]) -> list[SupportPoint]:
    """Add many points at once, all or none; see :func:`add_point` for what is refused."""
    for point in points:
        _checked({"opening_hours": point.opening_hours, "lat": point.lat, "lon": point.lon})
    return journal.add_many(act, "point.added", points)


def change_point(act: Act, point: SupportPoint, **fields: Any) -> SupportPoint:
    """Change a support point; see :func:`add_point` for what is refused."""
    now = {"lat": point.lat, "lon": point.lon, "opening_hours": point.opening_hours}
    _checked({**now, **fields})
    return journal.save(act, "point.changed", point, **fields)


def confirm_point(act: Act, point: SupportPoint, on: date) -> SupportPoint:
    """Note that somebody looked and that what stands here is right as of that day; a stale point is public again."""
    state = SupportPoint.State.PUBLISHED if point.state == SupportPoint.State.STALE else point.state
    return journal.save(act, "point.confirmed", point, verified_on=on, state=state)


def close_point(act: Act, point: SupportPoint) -> SupportPoint:
    """Take a point off the pages; its openings and sessions are ended by ``schedule.services.close_point`` first."""
    return journal.save(act, "point.closed", point, state=SupportPoint.State.CLOSED)


def change_organisation(act: Act, organisation: Organisation, **fields: Any) -> Organisation:
    """Change an organisation."""
    return journal.save(act, "organisation.changed", organisation, **fields)


def add_resource(act: Act, organisation: Organisation, kind: str, label: str, **fields: Any) -> Resource:
    """Add a room, an interpreter, a vehicle: whatever can be in one place only at a time."""
    return journal.save(
        act,
        "resource.added",
        Resource(organisation=organisation, kind=Resource.Kind(kind), label=label, **fields),
    )


def change_resource(act: Act, resource: Resource, **fields: Any) -> Resource:
    """Change a room, an interpreter, a vehicle."""
    return journal.save(act, "resource.changed", resource, **fields)


def add_supporter(act: Act, organisation: Organisation, name: str, **fields: Any) -> Supporter:
    """Add a supporter with the resource that can be in one place only at a time."""
    with transaction.atomic():
        resource = journal.save(
            act,
            "resource.added",
            Resource(
                organisation=organisation,
                kind=Resource.Kind.SUPPORTER,
                label=name,
                languages=fields.get("languages", []),
            ),
        )
        return journal.save(
            act, "supporter.added", Supporter(organisation=organisation, resource=resource, name=name, **fields)
        )


def change_supporter(act: Act, supporter: Supporter, **fields: Any) -> Supporter:
    """Change a supporter; whoever is no longer active can be put into no new session."""
    with transaction.atomic():
        saved = journal.save(act, "supporter.changed", supporter, **fields)
        active = saved.state == Supporter.State.ACTIVE
        label, languages = saved.name, saved.languages
        resource = saved.resource
        if (resource.active, resource.label, resource.languages) != (active, label, languages):
            journal.save(act, "resource.changed", resource, active=active, label=label, languages=languages)
        return saved


def add_leave(act: Act, supporter: Supporter, first: date, last: date) -> Leave:
    """Note days, both included, on which a supporter does not come.

    Raises
    ------
    UsageError
        ``bad-days``: it ends before it begins.
    """
    if last < first:
        raise refusal("bad-days", f"{first} – {last}")
    return journal.save(act, "supporter.leave", Leave(supporter=supporter, first=first, last=last))


def remove_leave(act: Act, leave: Leave) -> None:
    """Take a leave back."""
    journal.remove(act, "supporter.leave_removed", leave)


def add_availability(act: Act, supporter: Supporter, weekday: int, start: time, end: time) -> Availability:
    """Note when a supporter can come every week; weekday 0 is Monday.

    Raises
    ------
    UsageError
        ``bad-days``: no such weekday, or it ends before it begins.
    """
    if end <= start or not 0 <= weekday <= 6:
        raise refusal("bad-days", f"{weekday} {start}–{end}")
    return journal.save(
        act,
        "supporter.available",
        Availability(supporter=supporter, weekday=weekday, start=start, end=end),
    )


def remove_availability(act: Act, availability: Availability) -> None:
    """Take a weekly time back."""
    journal.remove(act, "supporter.available_removed", availability)


def disqualify(act: Act, qualification: Qualification, until: date) -> Qualification:
    """End a qualification on a day."""
    return journal.save(act, "supporter.qualification_ended", qualification, until=until)


def qualify(act: Act, supporter: Supporter, kind: str, since: date, until: date | None = None) -> Qualification:
    """Note what a supporter is qualified for, and until when."""
    return journal.save(
        act, "supporter.qualified", Qualification(supporter=supporter, kind=kind, since=since, until=until)
    )
