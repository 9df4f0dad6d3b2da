"""Add and change organisations, points and supporters; what is open now; who is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.places.hours import next_change, open_now, parsed
from daremo.web.apps.places.models import Organisation, Qualification, Resource, Supporter, SupportPoint
from daremo.web.apps.places.near import Near, Start, kilometres, nearest_points, start_of, walk_minutes
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "Near",
    "Start",
    "add_organisation",
    "add_point",
    "add_supporter",
    "change_point",
    "kilometres",
    "nearest_points",
    "next_change",
    "open_now",
    "qualify",
    "start_of",
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
    if (lat is None) != (lon is None) or (lat is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180)):
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


def change_point(act: Act, point: SupportPoint, **fields: Any) -> SupportPoint:
    """Change a support point; see :func:`add_point` for what is refused."""
    now = {"lat": point.lat, "lon": point.lon, "opening_hours": point.opening_hours}
    _checked({**now, **fields})
    return journal.save(act, "point.changed", point, **fields)


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


def qualify(act: Act, supporter: Supporter, kind: str, since: date, until: date | None = None) -> Qualification:
    """Note what a supporter is qualified for, and until when."""
    return journal.save(
        act, "supporter.qualified", Qualification(supporter=supporter, kind=kind, since=since, until=until)
    )
