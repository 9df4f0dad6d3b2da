"""Queue what is to be told, send what is due, and turn what cannot be sent into a call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from daremo.kernel.errors import Conflict
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.notices.letters import Words, occasions, unknown_facts, written
from daremo.web.apps.notices.models import Letter, Notice
from daremo.web.apps.notices.senders import Parcel, sender_of
from daremo.web.days import TOKYO
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.bookings.models import Booking, Reservation
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.places.models import Organisation

__all__ = [
    "MOST_TRIES", "call_list", "called", "change_letter", "drop", "facts_of", "occasions", "remind", "send_due", "tell",
    "words_of",
]  # fmt: skip

MOST_TRIES = 3
REMIND_HOURS = 48
WEEKDAYS = {"ja": "月火水木金土日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
BY_PERSON = ("phone", "none")
"""Channels on which a person of the staff tells, or nobody: no machine sends there."""


def tell(
    act: Act,
    person: Person,
    occasion: str,
    *,
    organisation: Organisation,
    once: str,
    due: datetime | None = None,
    channel: str = "",
    reservation: Reservation | None = None,
    booking: Booking | None = None,
) -> Notice | None:
    """Queue one message; the same ``once`` is queued once. None when the person wants no messages.

    Without e-mail and SMS the message becomes a call for the staff's list; a letter is printed.
    """
    contact = getattr(person, "contact", None)
    way = channel or (reservation.remind_by if reservation else "") or (contact.prefers if contact else "phone")
    if way in ("none", "no") or contact is None:
        return None
    way = {"tel": "phone", "post": "letter"}.get(way, way)
    if (way == "email" and not contact.email) or (way == "sms" and not contact.phone_key):
        way = "phone"
    notice = Notice(
        person=person,
        organisation=organisation,
        reservation=reservation,
        booking=booking,
        occasion=occasion,
        channel=way,
        due=due or act.now,
        state=Notice.State.CALL if way == "phone" else Notice.State.QUEUED,
        once=once[:80],
    )
    try:
        with transaction.atomic():
            return journal.save(act, "notice.queued", notice)
    except IntegrityError:
        return Notice.objects.get(once=once[:80])


def remind(act: Act, booking: Booking, organisation: Organisation) -> Notice | None:
    """Queue the reminder of a booking for two days before, at ten in the morning; none when that is past."""
    if booking.person is None:
        return None
    day = (booking.session.starts - timedelta(hours=REMIND_HOURS)).astimezone(TOKYO)
    due = day.replace(hour=10, minute=0, second=0, microsecond=0)
    if due <= act.now:
        return None
    return tell(
        act,
        booking.person,
        "reminder",
        organisation=organisation,
        due=due,
        reservation=booking.reservation,
        booking=booking,
        once=f"reminder:{booking.pk}:{booking.session_id}",
    )


def drop(act: Act, booking: Booking) -> int:
    """Messages about a booking that is no longer are not sent; return how many were dropped."""
    rows = list(
        Notice.objects.filter(booking=booking, state__in=(Notice.State.QUEUED, Notice.State.CALL)).exclude(
            occasion="cancelled"
        )
    )
    for notice in rows:
        journal.save(act, "notice.dropped", notice, state=Notice.State.DROPPED)
    return len(rows)


def facts_of(notice: Notice) -> dict[str, str]:
    """Return what the letter may say: dates and times in Japan, the place, the number, who to call."""
    language = "en" if notice.person.language == "en" else "ja"
    contact = getattr(notice.person, "contact", None)
    facts = {
        "name": contact.name if contact else "",
        "city": settings.DAREMO_CITY,
        "phone": settings.DAREMO_PHONE,
        "hours": settings.DAREMO_HOURS,
    }
    if notice.reservation is not None:
        n = notice.reservation.number
        facts["number"] = f"{n[:3]}-{n[3:7]}-{n[7:]}"
    if notice.booking is not None:
        session = notice.booking.session
        starts = session.starts.astimezone(TOKYO)
        facts |= {
            "day": f"{starts.month}月{starts.day}日" if language == "ja" else f"{starts:%d %B %Y}",
            "month_day": f"{starts.month}/{starts.day}",
            "weekday": WEEKDAYS[language][starts.weekday()],
            "time": f"{starts:%H:%M}"
            if language == "en"
            else f"{starts.hour}時{starts.minute:02d}分"
            if starts.minute
            else f"{starts.hour}時",
            "place": session.point.name + (f" {session.point.floor}" if session.point.floor else ""),
        }
        if notice.booking.held_until:
            until = notice.booking.held_until.astimezone(TOKYO)
            facts["until"] = (
                f"{until.month}月{until.day}日{until.hour}時" if language == "ja" else f"{until:%d %B %H:%M}"
            )
    return facts


def words_of(notice: Notice) -> Words:
    """Return what would be said now."""
    facts = facts_of(notice)
    if notice.occasion == "followup":
        from daremo.web.apps.followups import services as followups

        facts["code"] = followups.code_for(notice.once)
    return written(notice.occasion, notice.channel, notice.person.language, notice.organisation_id, facts)


def send_due(act: Act, limit: int = 500) -> dict[str, int]:
    """Send what is due; return how many were sent, failed or became calls.

    Letters wait for the staff to print them, unless settings name a sender for letters; one without an address becomes
    a call. A message is taken before it is sent, so that two workers never send it twice. After three failures it becomes a
    call. The words as sent are kept with the message, and go when the person's contact is erased.
    """
    told = {"sent": 0, "failed": 0, "call": 0}
    due = Notice.objects.filter(Q(state=Notice.State.QUEUED), due__lte=act.now)
    if "letter" not in getattr(settings, "DAREMO_SENDERS", {}):
        due = due.exclude(channel="letter", person__contact__address__gt="")
    rows = due.select_related("person__contact", "reservation", "booking__session__point").order_by("due", "id")[:limit]
    for notice in rows:
        try:
            journal.move(
                act,
                "notice.taken",
                notice,
                {"state": Notice.State.QUEUED, "tries": notice.tries},
                tries=notice.tries + 1,
                due=act.now + timedelta(minutes=10 * 4**notice.tries),
            )
        except Conflict:
            continue
        told[_send(act, notice)] += 1
    return told


def _send(act: Act, notice: Notice) -> str:
    contact = getattr(notice.person, "contact", None)
    to = (
        {"email": contact.email, "sms": contact.phone_key, "voice": contact.phone_key, "letter": contact.address}.get(
            notice.channel, ""
        )
        if contact
        else ""
    )
    try:
        if not to:
            raise refusal("no-way-to-reach", notice.channel)
        words = words_of(notice)
        sender_of(notice.channel)(Parcel(notice.channel, to, words.subject, words.body, f"n{notice.pk}"))
    except Exception as error:
        failure = type(error).__name__
        if notice.tries >= MOST_TRIES or not to:
            journal.save(act, "notice.becomes_call", notice, state=Notice.State.CALL, failure=failure)
            return "call"
        journal.save(act, "notice.failed", notice, failure=failure)
        return "failed"
    journal.save(act, "notice.sent", notice, state=Notice.State.SENT, sent_at=act.now, failure="", told=words.body)
    return "sent"


def call_list(organisations: list[int], now: datetime, limit: int = 100) -> list[Notice]:
    """Return the calls to make today, the most urgent first."""
    end = now.astimezone(TOKYO).replace(hour=23, minute=59, second=59)
    return list(
        Notice.objects.filter(organisation__in=organisations, state=Notice.State.CALL, due__lte=end)
        .select_related("person__contact", "reservation", "booking__session__point")
        .order_by("due", "id")[:limit]
    )


def called(act: Act, notice: Notice, reached: bool) -> Notice:
    """Write down a call: told, or nobody answered (asked again in two hours, three times at most)."""
    if reached:
        return journal.move(
            act, "notice.told", notice, {"state": Notice.State.CALL}, state=Notice.State.DONE, sent_at=act.now
        )
    tries = notice.tries + 1
    state = Notice.State.FAILED if tries >= MOST_TRIES else Notice.State.CALL
    return journal.move(
        act,
        "notice.no_answer",
        notice,
        {"state": Notice.State.CALL},
        tries=tries,
        state=state,
        due=act.now + timedelta(hours=2),
    )


def change_letter(
    act: Act, organisation: Organisation, occasion: str, channel: str, language: str, subject: str, body: str
) -> Letter:
    """Write a new version of an organisation's letter; older versions stay.

    Raises
    ------
    DaremoError
        The text names a fact that no letter can be filled with.
    """
    if wrong := unknown_facts(subject) + unknown_facts(body):
        raise refusal("bad-letter", "、".join(wrong))
    last = (
        Letter.objects.filter(organisation=organisation, occasion=occasion, channel=channel, language=language)
        .order_by("-version")
        .first()
    )
    row = Letter(
        organisation=organisation,
        occasion=occasion,
        channel=channel,
        language=language,
        subject=subject,
        body=body,
        version=last.version + 1 if last else 1,
    )
    return journal.save(act, "letter.changed", row)
