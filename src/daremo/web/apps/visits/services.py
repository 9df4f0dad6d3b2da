"""Record a visit once, in half a minute; correct it without overwriting; count a group as a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.visits.models import Band, Goal, Incident, Orientation, Visit
from daremo.web.days import TOKYO, day_of
from daremo.web.problems import conflict, refusal

if TYPE_CHECKING:
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.places.models import Organisation, Supporter, SupportPoint
    from daremo.web.apps.queue.models import Ticket
    from daremo.web.apps.schedule.models import Session

LONGEST_MINUTES = 480


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a visit before anybody types: the form is filled with it."""

    person: Person | None
    point: SupportPoint | None
    session: Session | None
    started: datetime
    minutes: int
    topics: tuple[str, ...]
    goal: Goal | None
    device: str


def known_of(now: datetime, *, booking: Booking | None = None, ticket: Ticket | None = None) -> Known:
    """Return what a booking or a ticket already tells about the visit."""
    person = booking.person if booking else ticket.person if ticket else None
    session = booking.session if booking else None
    point = session.point if session else ticket.point if ticket else None
    began = (ticket.serving_at if ticket else None) or (session.starts if session else now)
    topic = (booking.reservation.topic if booking and booking.reservation else "") or (ticket.topic if ticket else "")
    goal = (
        Goal.objects.filter(person=person, state=Goal.State.OPEN).order_by("-since", "-id").first() if person else None
    )
    return Known(
        person=person,
        point=point,
        session=session,
        started=began,
        minutes=session.offer.minutes if session and session.offer.minutes in (15, 30, 45, 60) else 30,
        topics=(topic,) if topic else (),
        goal=goal,
        device=person.device if person else "",
    )


def record(
    act: Act,
    *,
    organisation: Organisation,
    supporter: Supporter | None,
    started: datetime,
    minutes: int,
    topics: Sequence[str],
    person: Person | None = None,
    booking: Booking | None = None,
    ticket: Ticket | None = None,
    session: Session | None = None,
    point: SupportPoint | None = None,
    mode: str = Visit.Mode.POINT,
    device: str = "",
    alone_before: int | None = None,
    alone_after: int | None = None,
    next_step: str = "",
    goal: Goal | None = None,
    note: str = "",
    once: str | None = None,
) -> Visit:
    """Write down one visit. The booking becomes attended, the ticket done, and the later questions are planned.

    Sent twice with the same ``once`` it is written once. Without a person it counts as anonymous help.

    Raises
    ------
    Conflict
        The booking or the ticket has a record already.
    DaremoError
        Minutes outside 1 to 480, or a young supporter without a guardian's consent or without a grown-up.
    """
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise refusal("bad-minutes", str(minutes))
    if once and (before := Visit.objects.filter(once=once).first()):
        return before
    session = session or (booking.session if booking else None)
    _never_alone(supporter, session, mode)
    person = person or (booking.person if booking else None) or (ticket.person if ticket else None)
    point = point or (session.point if session else None) or (ticket.point if ticket else None)
    visit = Visit(
        organisation=organisation,
        point=point,
        session=session,
        booking=booking,
        ticket=ticket,
        supporter=supporter,
        person=person,
        area=person.area if person else None,
        mode=mode,
        started=started,
        minutes=minutes,
        topics=list(topics),
        device=device,
        alone_before=alone_before,
        alone_after=alone_after,
        next_step=next_step,
        goal=goal,
        note=note,
        once=once,
    )
    try:
        with transaction.atomic():
            journal.save(act, "visit.recorded", visit)
            _close_what_led_here(act, visit)
            _plan_questions(act, visit)
    except IntegrityError:
        if once and (before := Visit.objects.filter(once=once).first()):
            return before
        raise conflict("already-recorded") from None
    return visit


def _never_alone(supporter: Supporter | None, session: Session | None, mode: str) -> None:
    """A young supporter has a guardian's consent, and goes to nobody's home without a grown-up."""
    from daremo.web.apps.schedule import services as schedule

    if supporter is None or not supporter.youth:
        return
    if supporter.guardian_consent_on is None:
        raise refusal("no-guardian-consent")
    if session is not None or mode == Visit.Mode.HOME:
        schedule.may_help(session, supporter)


def _close_what_led_here(act: Act, visit: Visit) -> None:
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.queue import services as queue

    if visit.booking is not None and visit.booking.state in ("confirmed", "arrived", "noshow"):
        bookings.attend(act, visit.booking)
    if visit.ticket is not None and visit.ticket.state not in ("done", "left"):
        queue.done(act, visit.ticket)


def _plan_questions(act: Act, visit: Visit) -> None:
    from daremo.web.apps.followups import services as followups

    if visit.person is not None:
        followups.plan(act, visit)


def record_group(
    act: Act,
    *,
    organisation: Organisation,
    supporter: Supporter | None,
    session: Session | None,
    started: datetime,
    minutes: int,
    topics: Sequence[str],
    bands: Mapping[str, int],
    point: SupportPoint | None = None,
    alone_after: int | None = None,
    note: str = "",
    once: str | None = None,
) -> Visit:
    """Write down help given to a group: how many of each life stage came, never who.

    Parameters
    ----------
    bands : mapping of str to int
        People by life stage; zeros may be left out. At least one person.

    Raises
    ------
    DaremoError
        Nobody came (then there is no visit), a negative count, or minutes outside 1 to 480.
    """
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise refusal("bad-minutes", str(minutes))
    if any(count < 0 for count in bands.values()) or not sum(bands.values()):
        raise refusal("bad-headcount")
    if once and (before := Visit.objects.filter(once=once).first()):
        return before
    visit = Visit(
        organisation=organisation,
        supporter=supporter,
        session=session,
        point=point or (session.point if session else None),
        mode=Visit.Mode.GROUP,
        started=started,
        minutes=minutes,
        topics=list(topics),
        alone_after=alone_after,
        headcount=sum(bands.values()),
        note=note,
        once=once,
    )
    with transaction.atomic():
        journal.save(act, "visit.group_recorded", visit)
        for stage, count in bands.items():
            if count:
                journal.save(act, "visit.band", Band(visit=visit, life_stage=stage, people=count))
    return visit


def correct(act: Act, visit: Visit, **changes: Any) -> Visit:
    """Replace a record by a corrected one; the old one stays, marked, and counts no more.

    Raises
    ------
    Conflict
        Somebody corrected it first.
    """
    bands = list(visit.bands.all())
    with transaction.atomic():
        journal.move(act, "visit.superseded", visit, {"state": Visit.State.CLOSED}, state=Visit.State.SUPERSEDED)
        columns = {
            field.name: getattr(visit, field.name)
            for field in visit._meta.concrete_fields
            if field.name not in ("id", "state", "supersedes", "once")
        }
        new = Visit(**{**columns, **changes}, state=Visit.State.CLOSED, supersedes=visit)
        if not 1 <= new.minutes <= LONGEST_MINUTES:
            raise refusal("bad-minutes", str(new.minutes))
        journal.save(act, "visit.corrected", new)
        for band in bands:
            journal.save(act, "visit.band", Band(visit=new, life_stage=band.life_stage, people=band.people))
    return new


def aim(act: Act, person: Person, topic: str, words: str = "") -> Goal:
    """Set what the person wants to do; an open aim for the same topic is kept."""
    found = Goal.objects.filter(person=person, topic=topic, state=Goal.State.OPEN).first()
    if found is not None:
        return journal.save(act, "goal.changed", found, words=words or found.words)
    return journal.save(act, "goal.set", Goal(person=person, topic=topic, words=words, since=day_of(act.now)))


def met(act: Act, goal: Goal) -> Goal:
    """The person can do what she wanted."""
    return journal.save(act, "goal.met", goal, state=Goal.State.MET, met_on=day_of(act.now))


def orient(act: Act, visit: Visit, to: str) -> Orientation:
    """The person was shown to another service."""
    return journal.save(act, "visit.oriented", Orientation(visit=visit, to=to))


def came_back(act: Act, orientation: Orientation, result: str) -> Orientation:
    """What became of it: came, not_yet or not_needed."""
    return journal.save(act, "visit.orientation_result", orientation, result=result)


def report_incident(
    act: Act,
    organisation: Organisation,
    *,
    kind: str,
    pretends: str = "",
    words: str = "",
    loss_yen: int | None = None,
    visit: Visit | None = None,
) -> Incident:
    """Write down a scam or a false message that somebody told of."""
    return journal.save(
        act,
        "incident.reported",
        Incident(
            organisation=organisation,
            visit=visit,
            area=visit.area if visit else None,
            kind=kind,
            pretends=pretends,
            words=words,
            loss_yen=loss_yen,
            at=act.now,
        ),
    )


def incident_step(act: Act, incident: Incident, state: str) -> Incident:
    """Checked, alerted or closed."""
    return journal.save(act, f"incident.{state}", incident, state=Incident.State(state))


@dataclass(frozen=True, slots=True)
class Hours:
    """What a supporter gave in a period: records, people helped, minutes. Each minute is counted once."""

    records: int
    people: int
    minutes: int


def hours_of(supporter: Supporter, first: date, last: date) -> Hours:
    """Return what the certificate of hours says; overlapping records count their common minutes once."""
    begin = datetime.combine(first, datetime.min.time(), TOKYO)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), TOKYO)
    rows = Visit.objects.filter(supporter=supporter, state=Visit.State.CLOSED, started__gte=begin, started__lt=end)
    spans = sorted((v.started, v.started + timedelta(minutes=v.minutes)) for v in rows)
    minutes, until = 0.0, None
    for began, ended in spans:
        if until is None or ended > until:
            minutes += (ended - (began if until is None else max(began, until))).total_seconds() / 60
            until = ended
    return Hours(len(spans), sum(v.headcount for v in rows), round(minutes))


def for_day(supporter: Supporter, first: datetime, last: datetime) -> list[Visit]:
    """Return the supporter's records between two moments, newest first."""
    return list(
        Visit.objects.filter(supporter=supporter, started__gte=first, started__lt=last)
        .filter(~Q(state=Visit.State.SUPERSEDED))
        .select_related("person", "point")
        .order_by("-started")
    )


@dataclass(frozen=True, slots=True)
class SoFar:
    """What whoever helps next should know of a person: her open aim, the last visit, what she asks for."""

    goal: Goal | None
    last: Visit | None
    visits: int


def so_far(person: Person) -> SoFar:
    """Return the open aim and the last visit of a person."""
    rows = (
        Visit.objects.filter(person=person, state=Visit.State.CLOSED)
        .select_related("supporter", "point")
        .order_by("-started", "-id")
    )
    goal = Goal.objects.filter(person=person, state=Goal.State.OPEN).order_by("-since", "-id").first()
    return SoFar(goal, rows.first(), rows.count())
