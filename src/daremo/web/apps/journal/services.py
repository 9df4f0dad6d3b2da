"""Save a row and its event together; change a row only from the state that was read; rebuild tables from events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from daremo.web.apps.journal.act import Act
from daremo.web.apps.journal.models import Event, Row
from daremo.web.problems import conflict

R = TypeVar("R", bound=Row)


def facts(row: Row) -> dict[str, Any]:
    """Return the row's columns as the journal keeps them: all but the personal ones, foreign keys by number."""
    return {
        field.attname: _in_utc(field.value_from_object(row))
        for field in row._meta.concrete_fields
        if field.name not in row.PERSONAL
    }


def _in_utc(value: Any) -> Any:
    """Return a moment as the database gives it back, whatever zone it was computed in."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _event(act: Act, kind: str, row: Row, data: dict[str, Any] | None) -> Event:
    return Event(
        at=act.now,
        who=act.who,
        role=act.role,
        organisation_id=act.organisation,
        channel=act.channel,
        kind=kind,
        table=row._meta.label_lower,
        row=row.pk,
        data=data,
        reason=act.reason[:200],
        request=act.request[:40],
    )


def save(act: Act, kind: str, row: R, /, **changes: Any) -> R:
    """Set ``changes`` on the row, save it, and write its event, both or neither."""
    for name, value in changes.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save()
        _event(act, kind, row, facts(row)).save(force_insert=True)
    return row


def add_many(act: Act, kind: str, rows: Sequence[R]) -> list[R]:
    """Insert many new rows of one table and their events, all or none."""
    if not rows:
        return []
    with transaction.atomic():
        made = type(rows[0])._default_manager.bulk_create(rows, batch_size=1000)
        Event.objects.bulk_create([_event(act, kind, row, facts(row)) for row in made], batch_size=1000)
    return list(made)


def move(act: Act, kind: str, row: R, expect: dict[str, Any], /, **changes: Any) -> R:
    """Change a row only while it still is as ``expect`` says; else somebody was faster.

    Raises
    ------
    Conflict
        The row is no longer as expected; nothing was changed. ``row`` holds what it is now.
    """
    with transaction.atomic():
        found = type(row)._default_manager.filter(pk=row.pk, **expect).update(**changes)
        row.refresh_from_db()
        if not found:
            raise conflict("changed-meanwhile", str(row._meta.verbose_name))
        _event(act, kind, row, facts(row)).save(force_insert=True)
    return row


def remove(act: Act, kind: str, row: Row) -> None:
    """Delete a row that nothing else rests on, and say so in the journal."""
    with transaction.atomic():
        _event(act, kind, row, None).save(force_insert=True)
        row.delete()


def remove_many(act: Act, kind: str, rows: Sequence[R]) -> int:
    """Delete many rows of one table that nothing else rests on, and say so in the journal; return how many."""
    if not rows:
        return 0
    with transaction.atomic():
        Event.objects.bulk_create([_event(act, kind, row, None) for row in rows], batch_size=1000)
        type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def events_of(row: Row) -> models.QuerySet[Event]:
    """Return the row's events, oldest first."""
    return Event.objects.filter(table=row._meta.label_lower, row=row.pk).order_by("id")


def rebuilt(tables: Iterable[str] | None = None) -> Iterator[tuple[str, dict[int, dict[str, Any]]]]:
    """Yield each journalled table as its events tell it: (label, {row: columns}); deleted rows are absent."""
    labels = sorted(tables) if tables is not None else sorted(journalled())
    for label in labels:
        rows: dict[int, dict[str, Any]] = {}
        for row, data in Event.objects.filter(table=label).order_by("id").values_list("row", "data").iterator(10_000):
            if data is None:
                rows.pop(row, None)
            else:
                rows[row] = data
        yield label, rows


def journalled() -> list[str]:
    """Return the labels of all tables whose changes are journalled."""
    return [model._meta.label_lower for model in apps.get_models() if issubclass(model, Row)]


def differences() -> list[str]:
    """Compare every journalled table with its events; an empty list says that replaying gives the tables.

    Each line names table, row and the columns that differ.
    """
    found: list[str] = []
    encode = DjangoJSONEncoder(sort_keys=True).encode
    for label, told in rebuilt():
        model = apps.get_model(label)
        seen: set[int] = set()
        for row in model._default_manager.all().iterator(2_000):
            seen.add(row.pk)
            mine, theirs = facts(row), told.get(row.pk)
            if theirs is None:
                found.append(f"{label} {row.pk}: no event")
            elif encode(mine) != encode(theirs):
                names = [name for name in mine if encode(mine[name]) != encode(theirs.get(name))]
                found.append(f"{label} {row.pk}: {', '.join(names)}")
        found += [f"{label} {row}: only in the journal" for row in told if row not in seen]
    return found
