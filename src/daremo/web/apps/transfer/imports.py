"""Imports of places: shown before they write, written all or nothing, undone while nobody has built on them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction
from django.db.models import ProtectedError

from daremo.kernel.errors import Problem
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_the_system
from daremo.web.apps.places import services as places
from daremo.web.apps.transfer import event_imports, events
from daremo.web.apps.transfer.event_imports import EventPreview
from daremo.web.apps.transfer.models import Import
from daremo.web.apps.transfer.reading import read_file
from daremo.web.apps.transfer.records import PlaceRecord, Reading
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation, SupportPoint

SAME_PLACE_KM = 0.15
"""Two points of one name within this distance are one."""
PROBLEMS_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Change:
    """A point that stands here already, and what the file would change: field → (before, after)."""

    point: SupportPoint
    record: PlaceRecord
    fields: dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class Preview:
    """What an import would do."""

    layout: str
    added: list[PlaceRecord] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    same: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def rejected(self) -> list[Problem]:
        """Rows left out, with the reason."""
        return [problem for problem in self.problems if problem.severity == "error"]


def preview(act: Act, organisation: Organisation, name: str, content: bytes) -> Import:
    """Read a file and keep it with what it would do; nothing else is written.

    Raises
    ------
    UsageError
        ``bad-file`` or ``unknown-layout``.
    """
    told = _would(act, organisation, read_file(name, content))
    row = Import(
        organisation=organisation,
        kind=told.layout,
        name=name[-120:],
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        added=len(told.added),
        changed=len(told.changed),
        rejected=len(told.rejected),
        problems=[asdict(problem) for problem in told.problems[:PROBLEMS_KEPT]],
        at=act.now,
    )
    return journal.save(act, "import.previewed", row)


def look(row: Import, act: Act | None = None) -> Preview | EventPreview:
    """Return what a kept file would do now; ``act`` tells which events are past, else the day it was read does."""
    return _would(act or of_the_system(row.at), row.organisation, read_file(row.name, bytes(row.content)))


def _would(act: Act, organisation: Organisation, reading: Reading) -> Preview | EventPreview:
    if reading.layout == events.LAYOUT:
        return event_imports.compared(act, organisation, reading)
    return _compared(organisation, reading)


def _compared(organisation: Organisation, reading: Reading) -> Preview:
    known = _Known(organisation)
    told = Preview(reading.layout, problems=list(reading.problems))
    seen: dict[Any, int] = {}
    for record in reading.records:
        key = (record.source, record.source_id) if record.source_id else (record.fields["name"], record.fields.get("lat"), record.fields.get("lon"))  # fmt: skip
        if key in seen:
            told.problems.append(
                Problem("twice", f"{seen[key]}行めと同じ場所です", "どちらか1行を消してください", "", record.row, "", str(key[1])[:120], "error")
            )  # fmt: skip
            continue
        seen[key] = record.row
        if (kept := known.merged.get((record.source, record.source_id))) is not None:
            told.problems.append(
                Problem("merged-place", f"「{kept.name}」にまとめた場所です。変えません", "分けるときは、場所のページでもどしてください", "", record.row, "", record.fields["name"][:120], "warning")
            )  # fmt: skip
            told.same += 1
            continue
        point = known.find(record)
        if point is None:
            told.added.append(record)
            continue
        fields = {name: (getattr(point, name), value) for name, value in record.fields.items() if getattr(point, name) != value}  # fmt: skip
        if point.extra.get(reading.layout) != record.raw:
            fields["extra"] = (point.extra, {**point.extra, reading.layout: record.raw})
        if fields:
            told.changed.append(Change(point, record, fields))
        else:
            told.same += 1
    return told


class _Known:
    """The points that stand here, to be found by their source or by name and place."""

    def __init__(self, organisation: Organisation) -> None:
        gone = _points().filter(organisation=organisation, merged_into__isnull=False).exclude(source_id="")
        self.merged = {(row.source, row.source_id): places.standing_for(row) for row in gone}
        rows = list(_points().filter(organisation=organisation, merged_into=None).order_by("pk"))
        self.by_source = {(row.source, row.source_id): row for row in reversed(rows) if row.source_id}
        self.by_name: dict[str, list[SupportPoint]] = {}
        for row in rows:
            self.by_name.setdefault(row.name, []).append(row)

    def find(self, record: PlaceRecord) -> SupportPoint | None:
        """Return the point that a record speaks of; a blank cell is no reason to take another."""
        if record.source_id and (record.source, record.source_id) in self.by_source:
            found: SupportPoint = self.by_source[record.source, record.source_id]
            return found
        lat, lon = record.fields.get("lat"), record.fields.get("lon")
        for row in self.by_name.get(record.fields["name"], []):
            if record.source_id and row.source == record.source and row.source_id:
                continue
            if None in (lat, lon, row.lat, row.lon):
                if record.fields.get("address") == row.address:
                    return row
            elif places.kilometres((lat, lon), (row.lat, row.lon)) <= SAME_PLACE_KM:  # type: ignore[arg-type]
                return row
        return None


def _points() -> Any:
    return apps.get_model("places", "SupportPoint")._default_manager


def apply(act: Act, row: Import, *, public: bool = False) -> Import:
    """Write what the import would do now, all or nothing, and keep how to undo it.

    Municipal facilities come as drafts, because not every facility gives help; places of help come published. Events
    come in preparation, and take bookings at once where ``public`` says so.

    Raises
    ------
    Conflict
        ``import-done``: it was written or undone before.
    """
    with transaction.atomic():
        journal.move(act, "import.begun", row, {"state": "previewed"}, state=Import.State.APPLIED)
        told = look(row, act)
        if isinstance(told, EventPreview):
            undone = event_imports.write(act, row.organisation, told, public=public)
            return journal.save(
                act, "import.applied", row, undo=undone, added=len(told.added), changed=len(told.changed), rejected=len(told.rejected)
            )  # fmt: skip
        model = apps.get_model("places", "SupportPoint")
        state = "draft" if told.layout == "facility" else "published"
        new = [
            model(
                organisation=row.organisation,
                source=record.source,
                source_id=record.source_id,
                state=state,
                extra={told.layout: record.raw},
                **record.fields,
            )
            for record in told.added
        ]
        undo: list[dict[str, Any]] = [{"point": point.pk} for point in places.add_points(act, new)]
        for change in told.changed:
            after = {name: pair[1] for name, pair in change.fields.items()}
            if not change.point.source_id and change.record.source_id:
                change.fields["source"] = (change.point.source, change.record.source)
                change.fields["source_id"] = (change.point.source_id, change.record.source_id)
                after |= {"source": change.record.source, "source_id": change.record.source_id}
            before = {name: _plain(pair[0]) for name, pair in change.fields.items()}
            places.change_point(act, change.point, **after)
            undo.append({"point": change.point.pk, "before": before, "after": {n: _plain(v) for n, v in after.items()}})
        return journal.save(
            act, "import.applied", row, undo=undo, added=len(told.added), changed=len(told.changed), rejected=len(told.rejected)
        )  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def undo(act: Act, row: Import) -> Import:
    """Take an import back: added points go, changed ones are as before, all or nothing.

    Raises
    ------
    Conflict
        ``undo-changed``: a point was changed since, or something rests on it; ``import-done``: nothing to undo.
    """
    if row.state != Import.State.APPLIED:
        raise conflict("import-done")
    with transaction.atomic():
        journal.move(act, "import.undone", row, {"state": "applied"}, state=Import.State.UNDONE)
        if row.kind == events.LAYOUT:
            event_imports.take_back(act, row.undo)
            return row
        added = [entry["point"] for entry in row.undo if "before" not in entry]
        _take_back_changes(act, [entry for entry in row.undo if "before" in entry])
        if _changed_since(added, "point.added"):
            raise conflict("undo-changed")
        try:
            journal.remove_many(act, "point.import_undone", list(_points().filter(pk__in=added)))
        except ProtectedError:
            raise conflict("undo-changed") from None
    return row


def _changed_since(points: Iterable[int], kind: str) -> bool:
    ids = list(points)
    event = apps.get_model("journal", "Event")._default_manager
    return bool(
        event.filter(table="places.supportpoint", row__in=ids).exclude(kind=kind).exists()
        or _points().filter(pk__in=ids).count() != len(ids)
    )


def _take_back_changes(act: Act, entries: list[dict[str, Any]]) -> None:
    rows = {point.pk: point for point in _points().filter(pk__in=[entry["point"] for entry in entries])}
    for entry in entries:
        point = rows.get(entry["point"])
        if point is None or any(_plain(getattr(point, name)) != value for name, value in entry["after"].items()):
            raise conflict("undo-changed")
        before = dict(entry["before"])
        if before.get("verified_on"):
            before["verified_on"] = date.fromisoformat(before["verified_on"])
        places.change_point(act, point, **before)


def refused(row: Import) -> list[dict[str, Any]]:
    """Return the problems that were kept with an import, those that left a row out first."""
    return sorted(row.problems, key=lambda problem: (problem["severity"] != "error", problem["row"] or 0))


__all__ = ["Change", "EventPreview", "Preview", "apply", "look", "preview", "refused", "undo"]
