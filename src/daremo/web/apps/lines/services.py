"""Take an answer of `daremo network`, show the newest, note every look at what breaks, count what residents say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from daremo.kernel.errors import Conflict
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_a_resident
from daremo.web.apps.lines.models import Answer, Kind, Look, Said
from daremo.web.apps.lines.reading import read
from daremo.web.days import TOKYO, day_of
from daremo.web.problems import conflict, refusal
from daremo.web.retention import kept

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Area
    from daremo.web.apps.staff.models import User

#: An answer that nobody confirmed, what breaks, other answers that are not the newest, and counts of words.
#: Tries to count a word while others count the same.
TRIES = 50
CRITICAL_KINDS = (Kind.FAIL, Kind.AVAILABILITY, Kind.UPGRADE)


def take(act: Act, name: str, content: bytes, *, source: str, as_of: date, by: User | None = None) -> Answer:
    """Read a file and keep what it says until somebody confirms it; nothing is shown yet.

    Parameters
    ----------
    name : str
        Of the file.
    source : str
        Where it comes from, in words.
    as_of : datetime.date
        Day of the figures in it.

    Raises
    ------
    UsageError
        What `reading.read` refuses; ``lines-no-source``.
    Conflict
        ``lines-same``: the same file is shown already.
    """
    if not source.strip():
        raise refusal("lines-no-source")
    digest = hashlib.sha256(content).hexdigest()
    told = read(content)
    if Answer.objects.filter(sha256=digest, state=Answer.State.SHOWN).exists():
        raise conflict("lines-same", name[:120])
    row = Answer(
        kind=told.kind, name=name[:120], source=source.strip()[:120], as_of=as_of, sha256=digest, at=act.now, by=by,
        data=told.data, critical=told.critical,
    )  # fmt: skip
    return journal.save(act, "lines.read", row)


def show(act: Act, row: Answer) -> Answer:
    """Let an answer be shown from now on, in place of the one before.

    Raises
    ------
    Conflict
        It is shown already, or discarded.
    """
    return journal.move(act, "lines.shown", row, {"state": Answer.State.WAITING}, state=Answer.State.SHOWN, at=act.now)


def drop(act: Act, row: Answer) -> None:
    """Discard an answer that waits.

    Raises
    ------
    Conflict
        It is shown already.
    """
    with transaction.atomic():
        found = Answer.objects.select_for_update().filter(pk=row.pk, state=Answer.State.WAITING).first()
        if found is None:
            raise conflict("changed-meanwhile", row.name)
        journal.remove(act, "lines.dropped", found)


def newest(kind: str) -> Answer | None:
    """Return the answer of a verb that is shown, without what breaks; None where none was loaded."""
    rows = Answer.objects.filter(kind=kind, state=Answer.State.SHOWN).defer("critical").select_related("by")
    return rows.order_by("-at", "-pk").first()


def history(most: int = 30) -> list[Answer]:
    """Return the answers that were loaded last, without what they say."""
    return list(Answer.objects.defer("data", "critical").select_related("by").order_by("-at", "-pk")[:most])


def look(act: Act, user: User) -> dict[str, Answer]:
    """Return the newest answers with what breaks, by verb; every look is a row and an event.

    This is the one place that reads ``critical``.
    """
    found: dict[str, Answer] = {}
    with transaction.atomic():
        for kind in CRITICAL_KINDS:
            row = (
                Answer.objects.filter(kind=kind, state=Answer.State.SHOWN)
                .select_related("by")
                .order_by("-at", "-pk")
                .first()
            )
            if row is not None:
                journal.save(act, "failures.seen", Look(answer=row, user=user, at=act.now))
                found[str(kind)] = row
    return found


def looks(most: int = 20) -> list[Look]:
    """Return who looked at what breaks last."""
    return list(Look.objects.select_related("user", "answer").defer("answer__data", "answer__critical").order_by("-at", "-pk")[:most])  # fmt: skip


def places_of(codes: list[str]) -> dict[str, Area]:
    """Return the desk's areas of these codes."""
    return {a.code: a for a in apps.get_model("places", "Area")._default_manager.filter(code__in=codes)}


def strangers(told: dict[str, Any]) -> tuple[int, int]:
    """Return (areas of an answer, how many of them the desk does not know)."""
    codes = {row.get("area") or row.get("area_id") for row in told.get("areas", ()) if isinstance(row, dict)}
    known = set(apps.get_model("places", "Area")._default_manager.values_list("code", flat=True))
    return len(codes), len(codes - known)


def _nobody(act: Act) -> Act:
    """The act of nobody in particular at the first moment of the month, so that no word is tied to a moment."""
    month = day_of(act.now).replace(day=1)
    return of_a_resident(datetime.combine(month, time(), TOKYO), act.channel)


def say(act: Act, area: Area, sort: str, outcome: str) -> Said:
    """Count what a resident says of her line; who she is, is kept nowhere.

    Raises
    ------
    UsageError
        ``lines-bad-value``: no such sort of line or outcome.
    Conflict
        ``changed-meanwhile`` after many tries.
    """
    if sort not in Said.Sort.values or outcome not in Said.Outcome.values:
        raise refusal("lines-bad-value")
    key = {"area": area, "month": day_of(act.now).replace(day=1), "sort": sort, "outcome": outcome}
    for _ in range(TRIES):
        row = Said.objects.filter(**key).first()
        try:
            if row is None:
                with transaction.atomic():
                    return journal.save(_nobody(act), "line.said", Said(**key, count=1))
            return journal.move(_nobody(act), "line.said", row, {"count": row.count}, count=row.count + 1)
        except (IntegrityError, Conflict):
            continue
    raise conflict("changed-meanwhile")


def take_back(act: Act, said: int) -> bool:
    """Count one word less; False where there is none to take back."""
    for _ in range(TRIES):
        row = Said.objects.filter(pk=said, count__gt=0).first()
        if row is None:
            return False
        try:
            journal.move(_nobody(act), "line.taken_back", row, {"count": row.count}, count=row.count - 1)
        except Conflict:
            continue
        return True
    raise conflict("changed-meanwhile")


def voices() -> QuerySet[Said, Any]:
    """Return counts by area, sort and outcome over all months kept, most first."""
    rows = Said.objects.filter(count__gt=0).values("area__code", "area__name", "sort", "outcome")
    return rows.annotate(people=Sum("count")).order_by("-people", "area__code", "sort", "outcome")


def challenges() -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows that ``daremo network gaps --challenges`` reads, a word each: area, technology, outcome, date."""
    rows = Said.objects.filter(count__gt=0).order_by("month", "area__code", "sort", "outcome")
    for code, month, sort, outcome, count in rows.values_list("area__code", "month", "sort", "outcome", "count"):
        for _ in range(count):
            yield code, "" if sort == Said.Sort.UNKNOWN else sort, outcome, month.isoformat()


def keep_time(act: Act, today: date) -> int:
    """Remove what nobody confirmed, what breaks after a year, older answers and old counts; return how many rows."""

    def before(name: str) -> datetime:
        return datetime.combine(today - kept(name), time(), TOKYO)

    rows = Answer.objects.defer("data", "critical")
    latest = [row.pk for kind in Kind.values if (row := newest(kind)) is not None]
    old = [
        *rows.filter(state=Answer.State.WAITING, at__lt=before("line-waiting")),
        *rows.filter(state=Answer.State.SHOWN, kind=Kind.FAIL, at__lt=before("line-failure")),
        *rows.filter(state=Answer.State.SHOWN, at__lt=before("line-result"))
        .exclude(kind=Kind.FAIL)
        .exclude(pk__in=latest),
    ]
    with transaction.atomic():
        seen = list(Look.objects.filter(answer__in=[row.pk for row in old]))
        count = journal.remove_many(act, "failures.forgotten", seen)
        count += journal.remove_many(replace(act, reason="time is over"), "lines.removed", old)
    words = list(Said.objects.filter(month__lt=today - kept("line-word")))
    return count + journal.remove_many(act, "line.forgotten", words)
