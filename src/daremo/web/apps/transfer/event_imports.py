"""Imports of events: places, offers, courses and sessions from a list, all or nothing, and taken back while untouched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import ProtectedError

from daremo.kernel.errors import Conflict, Problem
from daremo.region.readers import cells
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.transfer.records import EventRecord, Reading
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation, SupportPoint
    from daremo.web.apps.schedule.models import Session

SAME_PLACE_KM = 0.15
UNTOUCHED = ("session.added", "session.imported")


@dataclass(frozen=True, slots=True)
class SeatsChange:
    """A session that stands here already with another number of seats."""

    session: Session
    record: EventRecord
    before: int


@dataclass(slots=True)
class EventPreview:
    """What an import of events would do; ``new_places`` are the names of places that it would add."""

    layout: str = "event"
    added: list[EventRecord] = field(default_factory=list)
    changed: list[SeatsChange] = field(default_factory=list)
    same: int = 0
    new_places: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def rejected(self) -> list[Problem]:
        """Rows left out, with the reason."""
        return [problem for problem in self.problems if problem.severity == "error"]


def _model(app: str, name: str) -> Any:
    return apps.get_model(app, name)._default_manager


def compared(act: Act, organisation: Organisation, reading: Reading) -> EventPreview:
    """Compare events with the sessions that stand here: found by their number in the file, else by name, time, place."""
    told = EventPreview(problems=list(reading.problems))
    rows = _model("schedule", "Session").filter(offer__organisation=organisation).exclude(state="cancelled")
    rows = rows.select_related("point", "offer", "series")
    numbers = [record.source_id for record in reading.events if record.source_id]
    known = {row.source_id: row for row in rows.filter(source_id__in=numbers)}
    alike = {}
    for row in rows.filter(starts__in={record.starts for record in reading.events}):
        for title in (row.offer.title, row.series.title if row.series else row.offer.title):
            alike[title, row.starts, cells.plain_name(row.point.name)] = row
    seats = schedule_seats([row.pk for row in (*known.values(), *alike.values())])
    here = _Places(organisation)
    seen: dict[Any, int] = {}
    for record in reading.events:
        key = (record.title, record.starts, cells.plain_name(record.place["name"]))
        if key in seen:
            _tell(told, record, "twice", f"{seen[key]}行めと同じ行事です", "どちらか1行を消してください", error=True)
            continue
        seen[key] = record.row
        row = known.get(record.source_id) or alike.get(key)
        if row is None and record.starts <= act.now:
            _tell(
                told,
                record,
                "past",
                "もう始まったか、終わった行事です",
                "これからの行事だけを入れてください",
                error=True,
            )
        elif row is None:
            told.added.append(record)
            if here.find(record) is None and record.place["name"] not in told.new_places:
                told.new_places.append(record.place["name"])
        elif (row.starts, row.ends) != (record.starts, record.ends) or cells.plain_name(row.point.name) != key[2]:
            _tell(
                told, record, "event-moved", "登録ずみの回と、時間か場所がちがいます。予約した人がいるので、変えません",
                "「場所と時間」の回のページで直してください", error=True,
            )  # fmt: skip
        elif seats[row.pk] != record.seats:
            told.changed.append(SeatsChange(row, record, seats[row.pk]))
        else:
            told.same += 1
    for records in _courses(told.added)[1]:
        for record in records:
            _tell(
                told,
                record,
                "course-incomplete",
                "教室の全部の回がそろっていません。1回ずつの予約にします",
                "全部の回を入れてください",
            )
    return told


def schedule_seats(sessions: Iterable[int]) -> dict[int, int]:
    """Return how many seats each session has."""
    found: dict[int, int] = defaultdict(int)
    rows = _model("schedule", "Seat").filter(session__in=list(sessions), withdrawn=False)
    for session in rows.values_list("session", flat=True):
        found[session] += 1
    return found


def _tell(told: EventPreview, record: EventRecord, code: str, message: str, fix: str, *, error: bool = False) -> None:
    severity: Any = "error" if error else "warning"
    told.problems.append(Problem(code, message, fix, "", record.row, "イベント名", record.title[:120], severity))


def _courses(records: list[EventRecord]) -> tuple[list[list[EventRecord]], list[list[EventRecord]]]:
    """Return whole courses, and rows of courses of which not every session is there."""
    groups: dict[Any, list[EventRecord]] = defaultdict(list)
    for record in records:
        if record.course is not None:
            groups[record.title, cells.plain_name(record.place["name"]), record.course[0]].append(record)
    whole: list[list[EventRecord]] = []
    parts: list[list[EventRecord]] = []
    for (_title, _place, count), group in groups.items():
        group.sort(key=lambda record: record.starts)
        complete = [record.course[1] for record in group if record.course] == list(range(1, count + 1))
        (whole if complete and count > 1 else parts).append(group)
    return whole, parts


class _Places:
    """The places that stand here, to be found by name, and by where they are if there are several."""

    def __init__(self, organisation: Organisation) -> None:
        self.by_name: dict[str, list[SupportPoint]] = defaultdict(list)
        rows = _model("places", "SupportPoint").filter(organisation=organisation, merged_into=None)
        for row in rows.exclude(state="closed").order_by("pk"):
            self.by_name[cells.plain_name(row.name)].append(row)

    def find(self, record: EventRecord) -> SupportPoint | None:
        """Return the place of an event; one far away under the same name is another."""
        lat, lon = record.place.get("lat"), record.place.get("lon")
        for row in self.by_name[cells.plain_name(record.place["name"])]:
            if None in (lat, lon, row.lat, row.lon):
                return row
            if places.kilometres((lat, lon), (row.lat, row.lon)) <= SAME_PLACE_KM:  # type: ignore[arg-type]
                return row
        return None


def write(act: Act, organisation: Organisation, told: EventPreview, *, public: bool) -> list[dict[str, Any]]:
    """Write what was compared and return how to undo it; ``public`` takes bookings at once, else it is in preparation."""
    here, made = _Places(organisation), defaultdict[str, list[int]](list)
    offers = {_offer_key(row): row for row in _model("schedule", "Offer").filter(organisation=organisation)}
    whole, _parts = _courses(told.added)
    series: dict[int, Any] = {}
    for record in told.added:
        point = here.find(record)
        if point is None:
            fields = {name: value for name, value in record.place.items() if name != "name"}
            state = "published" if public else "draft"
            point = places.add_point(act, organisation, record.place["name"], languages=["ja"], state=state, **fields)
            here.by_name[cells.plain_name(point.name)].append(point)
            made["point"].append(point.pk)
        course = next((group for group in whole if record in group), None)
        key = (record.title, record.minutes, record.price_yen, record.notice_hours)
        if key not in offers:
            kind = "course" if course is not None or record.seats > 1 else "consultation"
            offers[key] = schedule.add_offer(
                act, organisation, title=record.title, kind=kind, minutes=record.minutes, capacity=record.seats,
                price_yen=record.price_yen, notice_hours=record.notice_hours,
            )  # fmt: skip
            made["offer"].append(offers[key].pk)
        if course is not None and course[0].row not in series:
            series[course[0].row] = schedule.new_series(act, offers[key], point, record.title)
            made["series"].append(series[course[0].row].pk)
        session = schedule.add_session(
            act, offers[key], point, record.starts, record.ends, record.seats,
            series=series[course[0].row] if course is not None else None,
            ordinal=record.course[1] if course is not None and record.course is not None else 1,
        )  # fmt: skip
        journal.save(
            act, "session.imported", session, source_id=record.source_id or None, extra=record.raw,
            state="open" if public else "planned",
        )  # fmt: skip
        made["session"].append(session.pk)
    for change in told.changed:
        schedule.set_capacity(act, change.session, change.record.seats)
    seats = [{"session": c.session.pk, "before": c.before, "after": c.record.seats} for c in told.changed]
    return [{"made": dict(made), "seats": seats}]


def _offer_key(row: Any) -> tuple[str, int, int, int]:
    return row.title, row.minutes, row.price_yen, row.notice_hours


def take_back(act: Act, undo: list[dict[str, Any]]) -> None:
    """Take an import of events back, in a transaction.

    Raises
    ------
    Conflict
        ``undo-changed``: somebody booked, waits, is on duty there, or a row was changed since.
    """
    (told,) = undo
    made: dict[str, list[int]] = told["made"]
    now = schedule_seats([entry["session"] for entry in told["seats"]])
    try:
        for entry in told["seats"]:
            session = _model("schedule", "Session").filter(pk=entry["session"]).first()
            if session is None or now[entry["session"]] != entry["after"]:
                raise conflict("undo-changed")
            schedule.set_capacity(act, session, entry["before"])
    except Conflict:
        raise conflict("undo-changed") from None
    ids = made.get("session", [])
    events = _model("journal", "Event").filter(table="schedule.session", row__in=ids)
    on_duty = _model("schedule", "Use").filter(session__in=ids)
    if events.exclude(kind__in=UNTOUCHED).exists() or on_duty.exists():
        raise conflict("undo-changed")
    try:
        for app, name, rows in (
            ("schedule", "Seat", {"session__in": ids}),
            ("schedule", "Session", {"pk__in": ids}),
            ("schedule", "Series", {"pk__in": made.get("series", [])}),
            ("schedule", "Offer", {"pk__in": made.get("offer", [])}),
            ("places", "SupportPoint", {"pk__in": made.get("point", [])}),
        ):
            gone = list(_model(app, name).filter(**rows))
            journal.remove_many(act, f"{'point' if name == 'SupportPoint' else name.lower()}.import_undone", gone)
    except ProtectedError:
        raise conflict("undo-changed") from None
