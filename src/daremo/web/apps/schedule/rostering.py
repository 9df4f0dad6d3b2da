"""The draft roster of an organisation: from its sessions and supporters to a draft, and from a draft to duties."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps

from daremo.kernel.errors import DaremoError
from daremo.web.apps.journal.act import Act
from daremo.web.apps.schedule.models import Session, Use
from daremo.web.apps.schedule.roster import Busy, Draft, Duty, Helper, draft
from daremo.web.apps.schedule.sessions import assign
from daremo.web.days import TOKYO

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Supporter

HELPING = ("lead", "assistant")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a draft is made from, and its rows by key (session and supporter numbers)."""

    duties: tuple[Duty, ...]
    helpers: tuple[Helper, ...]
    sessions: dict[int, Session]
    supporters: dict[int, Supporter]


def wanted(organisations: Sequence[int], first: date, last: date, now: datetime) -> Wanted:
    """Return the sessions to come from a day to a day that lack helpers, and the supporters who are active."""
    begin = datetime.combine(first, time(0), TOKYO)
    end = datetime.combine(last, time(0), TOKYO) + timedelta(days=1)
    rows = (
        Session.objects.filter(offer__organisation__in=list(organisations), starts__gte=max(begin, now), starts__lt=end)
        .filter(state__in=("planned", "open"))
        .select_related("offer", "point")
        .order_by("starts", "id")
    )
    sessions = {session.pk: session for session in rows}
    there: dict[int, list[Any]] = {}
    for use in Use.objects.filter(session__in=sessions, active=True, resource__kind="supporter").select_related(
        "resource__supporter"
    ):
        there.setdefault(use.session_id or 0, []).append(use.resource.supporter)
    duties = []
    for session in sessions.values():
        here = there.get(session.pk, [])
        if len(here) < session.offer.helpers:
            duties.append(_duty(session, here))
    supporters = {
        row.pk: row
        for row in apps.get_model("places", "Supporter")
        ._default_manager.filter(organisation__in=list(organisations), state="active", resource__active=True)
        .select_related("home_point", "resource")
        .prefetch_related("availabilities", "leaves", "qualifications")
        .order_by("pk")
    }
    busy = _busy([row.resource_id for row in supporters.values()], begin, end)
    helpers = [_helper(row, busy.get(row.resource_id, ())) for row in supporters.values()]
    # a young supporter without a guardian's consent takes no duty at all
    helpers = [h for h in helpers if not h.youth or supporters[h.key].guardian_consent_on is not None]
    return Wanted(tuple(duties), tuple(helpers), sessions, supporters)


def _duty(session: Session, here: Sequence[Any]) -> Duty:
    point, offer = session.point, session.offer
    return Duty(
        session.pk,
        session.starts,
        session.ends,
        offer.helpers - len(here),
        place=None if point.lat is None or point.lon is None else (point.lat, point.lon),
        point=point.pk,
        topics=frozenset(offer.topics),
        language=offer.language,
        grown_ups=sum(not supporter.youth for supporter in here),
        staffed=len(here),
    )


def _busy(resources: Iterable[int], begin: datetime, end: datetime) -> dict[int, tuple[Busy, ...]]:
    found: dict[int, list[Busy]] = {}
    # whole weeks, so that hours of a week count even where the draft begins in its middle
    since, until = begin - timedelta(days=7), end + timedelta(days=7)
    rows = Use.objects.filter(resource__in=list(resources), active=True, ends__gt=since, starts__lt=until)
    for use in rows.select_related("session__point"):
        point = use.session.point if use.session is not None else None
        place = None if point is None or point.lat is None or point.lon is None else (point.lat, point.lon)
        found.setdefault(use.resource_id, []).append(Busy(use.starts, use.ends, place, point.pk if point else 0))
    return {resource: tuple(busy) for resource, busy in found.items()}


def _helper(row: Any, busy: Sequence[Busy]) -> Helper:
    home = row.home_point
    kinds: dict[str, list[date | None]] = {}
    for qualification in row.qualifications.all():
        kinds.setdefault(qualification.kind, []).append(qualification.until)
    # of one kind the longest counts, of several kinds the one that ends first
    ends = [max(u for u in untils if u is not None) for untils in kinds.values() if None not in untils]
    return Helper(
        row.pk,
        hours_week_max=row.hours_week_max,
        topics=frozenset(row.topics),
        languages=frozenset(row.languages) | {"ja"},
        windows=tuple((a.weekday, a.start, a.end) for a in row.availabilities.all()),
        leave=tuple((leave.first, leave.last) for leave in row.leaves.all()),
        busy=tuple(busy),
        youth=row.youth,
        home=None if home is None or home.lat is None or home.lon is None else (home.lat, home.lon),
        qualified_until=min(ends, default=None),
    )


def draft_roster(
    organisations: Sequence[int], first: date, last: date, now: datetime, *, effort: float = 5.0
) -> tuple[Wanted, Draft]:
    """Return what is wanted and a draft for it; nothing is written."""
    told = wanted(organisations, first, last, now)
    return told, draft(told.duties, told.helpers, effort=effort)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Duties given, and those that somebody was faster with: (session, supporter, why)."""

    uses: tuple[Use, ...]
    refused: tuple[tuple[int, int, DaremoError], ...]


def accept(act: Act, pairs: Iterable[tuple[Session, Supporter]]) -> Accepted:
    """Give the duties that staff accept: grown-ups first, the first in a session leads.

    What is no longer possible is refused one by one and told; all else is given.
    """
    made: list[Use] = []
    refused: list[tuple[int, int, DaremoError]] = []
    for session, supporter in sorted(pairs, key=lambda p: (p[1].youth, p[0].starts, p[0].pk, p[1].pk)):
        led = Use.objects.filter(session=session, active=True, part="lead", resource__kind="supporter").exists()
        try:
            made.append(assign(act, session, supporter.resource, HELPING[led]))
        except DaremoError as error:
            refused.append((session.pk, supporter.pk, error))
    return Accepted(tuple(made), tuple(refused))
