"""Everything that is kept about a person, to be printed and handed over."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from daremo.web.apps.people.merge import ones_own, standing_for
from daremo.web.apps.people.models import Person

# what hangs on a person, and what hangs on that; a relation to somebody else shows its kind, never the other person
OWN: dict[str, tuple[str, ...]] = {
    "contact": (),
    "helped_by": (),
    "helps": (),
    "consents": (),
    "reservations": ("waits", "request"),
    "bookings": (),
    "goals": (),
    "visits": ("orientations", "incidents"),
    "followups": ("outcome",),
    "mandates": ("scopes",),
    "notices": (),
    "checks": (),
    "accesses": (),
}
INNER = frozenset({"id", "match_key", "phone_key", "phone_last4", "once", "held_by"})


def everything(person: Person) -> dict[str, list[dict[str, Any]]]:
    """Return the person's data as lists of rows by kind, headings and values as printed.

    Rows merged into the person are hers. Other people appear by what they are to her only.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in Person.objects.filter(pk__in=ones_own(standing_for(person))).order_by("pk"):
        _add(rows, row)
        for name, deeper in OWN.items():
            for own in _related(row, name):
                _add(rows, own)
                for inner in deeper:
                    for last in _related(own, inner):
                        _add(rows, last)
    return rows


def _related(row: Model, name: str) -> list[Model]:
    """Return the rows behind a reverse relation, one or many."""
    relation: Any = next(r for r in row._meta.related_objects if r.get_accessor_name() == name)
    return list(relation.related_model._default_manager.filter(**{relation.field.name: row}).order_by("pk"))


def _add(rows: dict[str, list[dict[str, Any]]], row: Model) -> None:
    rows.setdefault(str(row._meta.verbose_name), []).append(_shown(row))


def _shown(row: Model) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in INNER:
            continue
        if field.is_relation:
            other = getattr(row, field.name)
            # another person, or somebody of the staff, stays a number
            named = other is not None and "__str__" in vars(type(other)) and not hasattr(other, "password")
            told[field.name] = str(other) if named else getattr(row, field.attname)
        elif field.choices:
            told[field.name] = str(getattr(row, f"get_{field.name}_display")())
        else:
            told[field.name] = field.value_from_object(row)
    return told
