"""Openings that repeat: their sessions made, days closed or moved, rules changed and ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.apps import apps

from daremo.web.again import settle
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.schedule.models import Offer, Opening, OpeningException, Seat, Session, Use
from daremo.web.apps.schedule.recurrence import occurrences
from daremo.web.apps.schedule.sessions import assign, cancel_session
from daremo.web.days import TOKYO, day_of
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Resource, SupportPoint

CHANGED = "開く時間の変更"
"""Reason of sessions that went because the rule changed; they come back when the rule gives them again."""


def add_opening(act: Act, offer: Offer, point: SupportPoint, **fields: object) -> Opening:
    """Add when an offer is given at a point; the rule must be one that can be read.

    Raises
    ------
    UsageError
        ``bad-rule``: the recurrence cannot be read, or the time ends before it starts.
    """
    opening = Opening(offer=offer, point=point, **fields)
    occurrences(opening, opening.first, opening.first)
    return journal.save(act, "opening.added", opening)


def make_sessions(act: Act, opening: Opening, until: date, *, again: Collection[date] = ()) -> list[Session]:
    """Make the sessions of an opening up to that day that do not exist yet; run twice, it makes none twice.

    An opening longer than the offer is cut into sessions of the offer's length (a course is not cut). Nothing is made
    in the past. Where the opening's room has another duty, the session is made but stays in preparation, so that
    nobody books it before staff have looked (:func:`open_session`).

    A session that staff cancelled does not come back, but on the days ``again``.
    """
    made: list[Session] = []

    def work() -> list[Session]:
        made.clear()
        # whoever makes sessions of the same opening at the same moment waits here
        now = (
            Opening.objects.select_for_update(of=("self",)).select_related("offer", "point", "room").get(pk=opening.pk)
        )
        first = max(now.first, day_of(act.now))
        if not now.active or first > until:
            return made
        times = [(starts, ends) for starts, ends in occurrences(now, first, until) if starts > act.now]
        there = _standing(now, act.now, again)
        new = [
            Session(offer=now.offer, point=now.point, opening=now, starts=starts, ends=ends)
            for starts, ends in times
            if starts not in there
        ]
        if now.made_until is None or now.made_until < until or new:
            made.extend(_with_seats(act, new, now.capacity or now.offer.capacity, now.room))
            journal.save(act, "opening.made", now, made_until=max(until, now.made_until or until))
        return made

    settle(work)
    opening.refresh_from_db(fields=["made_until"])
    _ask_who_waits(act, made)
    return made


def _ask_who_waits(act: Act, made: list[Session]) -> None:
    """Offer new sessions to those who wait for any time of the offer."""
    from daremo.web.apps.bookings import services as bookings

    waiting = apps.get_model("bookings", "WaitEntry")._default_manager.filter(state="waiting", session=None)
    if not made or not waiting.filter(offer=made[0].offer_id).exists():
        return
    for session in made:
        if session.state == Session.State.OPEN:
            bookings.offer_next(act, session)


def _standing(opening: Opening, since: datetime, again: Collection[date]) -> set[datetime]:
    rows = Session.objects.filter(opening=opening, starts__gt=since).exclude(state="cancelled", cancel_reason=CHANGED)
    return {
        starts
        for starts, state in rows.values_list("starts", "state")
        if state != "cancelled" or day_of(starts) not in again
    }


def _with_seats(act: Act, new: list[Session], capacity: int, room: Resource | None) -> list[Session]:
    if room is not None:
        busy = list(
            Use.objects.filter(
                resource=room, active=True, ends__gt=min((s.starts for s in new), default=act.now)
            ).values_list("starts", "ends")
        )
        for session in new:
            if any(starts < session.ends and ends > session.starts for starts, ends in busy):
                session.state = Session.State.PLANNED
    sessions = journal.add_many(act, "session.added", new)
    seats = [Seat(session=s, number=n) for s in sessions for n in range(1, capacity + 1)]
    journal.add_many(act, "seat.added", seats)
    for session in sessions:
        if room is not None and session.state == Session.State.OPEN:
            assign(act, session, room, "room")
    return sessions


def open_session(act: Act, session: Session) -> Session:
    """Open a session in preparation to bookings, with the room of its opening.

    Raises
    ------
    Conflict
        ``in-two-places``: the room still has another duty at that time; ``changed-meanwhile``: it is not in preparation.
    """

    def work() -> Session:
        journal.move(act, "session.opened", session, {"state": "planned"}, state=Session.State.OPEN)
        room = session.opening.room if session.opening is not None else None
        if room is not None and not session.uses.filter(resource=room, active=True).exists():
            assign(act, session, room, "room")
        return session

    return settle(work)


def change_opening(act: Act, opening: Opening, **fields: object) -> Opening:
    """Change when an opening is; sessions to come that it no longer gives go where nobody has booked them.

    Those that somebody has booked stay until staff cancel or move them: :func:`left_over` names them.

    Raises
    ------
    UsageError
        ``bad-rule``.
    """

    def work() -> Opening:
        for name, value in fields.items():
            setattr(opening, name, value)
        occurrences(opening, opening.first, opening.first)
        journal.save(act, "opening.changed", opening)
        _drop_unbooked(act, left_over(act, opening), CHANGED)
        if opening.made_until is not None:
            make_sessions(act, opening, opening.made_until)
        return opening

    return settle(work)


def left_over(act: Act, opening: Opening) -> list[Session]:
    """Return the sessions to come that the opening, as it is now, does not give."""
    rows = list(
        Session.objects.filter(opening=opening, starts__gt=act.now, state__in=("planned", "open")).order_by("starts")
    )
    if not rows:
        return []
    last = day_of(rows[-1].starts)
    first = day_of(rows[0].starts)
    given = set(occurrences(opening, first, last)) if opening.active else set()
    return [row for row in rows if (row.starts, row.ends) not in given]


def _drop_unbooked(act: Act, sessions: Iterable[Session], reason: str) -> None:
    for session in sessions:
        if not session.bookings.filter(state__in=("held", "confirmed", "arrived")).exists():
            cancel_session(act, session, reason)


def _day(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, time(0), TOKYO)
    return begin, begin + timedelta(days=1)


def close_day(act: Act, opening: Opening, day: date, reason: str = "") -> OpeningException:
    """Close an opening on a day; its sessions of that day are cancelled and their people told."""
    begin, end = _day(day)

    def work() -> OpeningException:
        told = OpeningException.objects.filter(opening=opening, day=day)
        row = told.filter(closed=True).first() or OpeningException(opening=opening, day=day)
        for other in told.exclude(pk=row.pk):
            journal.remove(act, "opening.exception_removed", other)
        journal.save(act, "opening.closed_day", row, closed=True, start=None, end=None, reason=reason)
        for session in Session.objects.filter(
            opening=opening, starts__gte=begin, starts__lt=end, state__in=("planned", "open")
        ):
            cancel_session(act, session, reason or "休み")
        return row

    return settle(work)


def close_point_day(act: Act, point: SupportPoint, day: date, reason: str = "") -> int:
    """Close all openings of a point on a day (the building is shut); return how many."""
    begin, _end = _day(day)

    def work() -> int:
        rows = [o for o in Opening.objects.filter(point=point, active=True) if o.first <= day <= (o.last or day)]
        for opening in rows:
            close_day(act, opening, day, reason)
        for session in Session.objects.filter(point=point, opening=None, starts__gte=begin, starts__lt=_end).filter(
            state__in=("planned", "open")
        ):
            cancel_session(act, session, reason or "休み")
        return len(rows)

    return settle(work)


def open_day(act: Act, opening: Opening, day: date, start: time, end: time, reason: str = "") -> OpeningException:
    """Open on a day at another time, also on a day that the rule leaves out; sessions are made at once.

    Sessions of that day that nobody has booked and that the other time does not give are cancelled.

    Raises
    ------
    UsageError
        ``bad-rule``: it ends before it starts.
    """
    if end <= start:
        raise refusal("bad-rule", f"{start}–{end}")

    def work() -> OpeningException:
        told = OpeningException.objects.filter(opening=opening, day=day)
        for closed in told.filter(closed=True):
            journal.remove(act, "opening.exception_removed", closed)
        row = told.filter(start=start).first() or OpeningException(opening=opening, day=day, start=start)
        journal.save(act, "opening.other_time", row, closed=False, end=end, reason=reason)
        _drop_unbooked(act, left_over(act, opening), CHANGED)
        if opening.made_until is not None and day <= opening.made_until:
            make_sessions(act, opening, opening.made_until, again=[day])
        return row

    return settle(work)


def forget_exception(act: Act, exception: OpeningException) -> None:
    """Take an exception back; the rule's sessions of that day are made again where there were none."""
    opening = exception.opening

    def work() -> None:
        journal.remove(act, "opening.exception_removed", exception)
        _drop_unbooked(act, left_over(act, opening), CHANGED)
        if opening.made_until is not None:
            make_sessions(act, opening, opening.made_until, again=[exception.day])

    settle(work)


def end_opening(act: Act, opening: Opening, last: date) -> Opening:
    """Let an opening end on a day; later sessions that nobody has booked go, booked ones stay until they are cancelled."""

    def work() -> Opening:
        journal.save(act, "opening.ended", opening, last=last)
        later = Session.objects.filter(opening=opening, starts__gte=_day(last)[1], state__in=("planned", "open"))
        _drop_unbooked(act, later, "終了")
        return opening

    return settle(work)


def sessions_at(point: SupportPoint, first: date, last: date) -> list[Session]:
    """Return the sessions of a point between two days that are not cancelled, in order of time."""
    rows = Session.objects.filter(point=point, starts__gte=_day(first)[0], starts__lt=_day(last)[1])
    return list(rows.exclude(state="cancelled").select_related("offer").order_by("starts", "id"))
