"""Ask again after thirty and ninety days, by telephone, SMS or paper; hand the answers to the check."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from daremo.web.apps.followups.models import FollowUp, Outcome
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.visits.models import Visit

DAYS = (30, 90)
MOST_TRIES = 3
_LETTERS = "23456789CFGHJMPQRVWX"
"""Letters and digits that nobody mistakes for each other, read aloud or written by hand."""

MISSING = {
    "nothing": "とくにない",
    "more_help": "もう少し教えてほしい",
    "device": "機械がない・古い",
    "line": "回線・料金",
    "trust": "不安がある",
    "service": "使いにくいサービスがある",
    "other": "ほか",
}


def plan(act: Act, visit: Visit) -> list[FollowUp]:
    """Plan the questions after a visit; a person is asked once for each time however often she came.

    An open question of the same person that is due later than the new one stays; earlier ones are kept too, but
    no second question is planned within fifteen days of an open one.
    """
    made: list[FollowUp] = []
    if visit.person is None:
        return made
    day = day_of(visit.started)
    for days in DAYS:
        due = day + timedelta(days=days)
        near = FollowUp.objects.filter(
            person=visit.person, state=FollowUp.State.DUE, days=days, due__gte=due - timedelta(days=15), due__lte=due
        ).first()
        if near is not None:
            continue
        row = FollowUp(person=visit.person, visit=visit, days=days, due=due, code=new_code())
        made.append(journal.save(act, "followup.planned", row))
    return made


def new_code() -> str:
    """Return ten letters that stand for the person on paper and in an SMS."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def due(organisations: list[int], today: date) -> list[FollowUp]:
    """Return the questions that are due, the oldest first."""
    return list(
        FollowUp.objects.filter(
            person__organisation__in=organisations,
            due__lte=today,
            state__in=(FollowUp.State.DUE, FollowUp.State.REACHED),
        )
        .select_related("person", "visit")
        .order_by("due", "id")
    )


def not_reached(act: Act, row: FollowUp) -> FollowUp:
    """Nobody answered; after the third try the question rests."""
    tries = row.tries + 1
    state = FollowUp.State.UNREACHABLE if tries >= MOST_TRIES else FollowUp.State.DUE
    return journal.save(act, "followup.not_reached", row, tries=tries, state=state, due=row.due + timedelta(days=2))


def refused(act: Act, row: FollowUp) -> FollowUp:
    """The person does not want to be asked; later questions are not asked either."""
    with transaction.atomic():
        for other in FollowUp.objects.filter(person=row.person, state=FollowUp.State.DUE):
            journal.save(act, "followup.refused", other, state=FollowUp.State.REFUSED)
        row.refresh_from_db()
        return row


def by_code(code: str) -> FollowUp:
    """Return the open question of a code.

    Raises
    ------
    DaremoError
        The code is unknown or the question was answered.
    """
    row = FollowUp.objects.filter(code=code.strip().upper()).first() if code.strip() else None
    if row is None or row.state in (FollowUp.State.ANSWERED, FollowUp.State.REFUSED):
        raise refusal("not-found-number")
    return row


def answer(act: Act, row: FollowUp, *, alone: int | None, still_doing: bool | None, missing: str = "") -> Outcome:
    """Keep what the person said; a second answer replaces the first, and the journal keeps both."""
    if alone is not None and not 0 <= alone <= 3:
        raise refusal("bad-answer", str(alone))
    with transaction.atomic():
        found = Outcome.objects.filter(followup=row).first() or Outcome(followup=row)
        outcome = journal.save(
            act,
            "followup.answered",
            found,
            alone=alone,
            still_doing=still_doing,
            missing=missing if missing in MISSING else "",
            answered_at=act.now,
            channel=act.channel,
        )
        journal.save(act, "followup.closed", row, state=FollowUp.State.ANSWERED)
    return outcome


@dataclass(frozen=True, slots=True)
class Result:
    """One person's way, as the check reads it: no name, only area, life stage, topic, days and answers."""

    person: int
    area: str
    life_stage: str
    visit_day: date
    topics: tuple[str, ...]
    minutes: int
    action: str
    days: int
    alone_before: int | None
    alone_after: int | None
    alone_later: int | None
    still_doing: bool | None
    answered: bool


def results(organisations: list[int], first: date, last: date) -> Iterator[Result]:
    """Yield every question that was due in the period, answered or not: those not reached are not dropped."""
    rows = (
        FollowUp.objects.filter(person__organisation__in=organisations, due__range=(first, last))
        .select_related("person__area", "visit__session__offer", "outcome")
        .order_by("due", "id")
    )
    for row in rows.iterator(2000):
        visit, outcome = row.visit, getattr(row, "outcome", None)
        yield Result(
            person=row.person_id,
            area=row.person.area.code if row.person.area else "",
            life_stage=row.person.life_stage,
            visit_day=day_of(visit.started),
            topics=tuple(visit.topics),
            minutes=visit.minutes,
            action=visit.session.offer.action if visit.session else "",
            days=row.days,
            alone_before=visit.alone_before,
            alone_after=visit.alone_after,
            alone_later=outcome.alone if outcome else None,
            still_doing=outcome.still_doing if outcome else None,
            answered=outcome is not None,
        )


def code_for(once: str) -> str:
    """Return the code that a message about a question carries; ``once`` is ``followup:ID``."""
    row = FollowUp.objects.filter(pk=int(once.rsplit(":", 1)[-1])).first()
    return row.code if row else ""


def queue_messages(act: Act, organisations: list[int]) -> int:
    """Queue a message for every due question of a person who is reached by SMS or letter; the rest is the call list."""
    from daremo.web.apps.notices import services as notices

    queued = 0
    for row in due(organisations, day_of(act.now)):
        contact = getattr(row.person, "contact", None)
        if contact is None or contact.prefers not in ("sms", "letter", "email"):
            continue
        once = f"followup:{row.pk}"
        if notices.tell(
            act, row.person, "followup", organisation=row.person.organisation, channel=contact.prefers, once=once
        ):
            queued += 1
    return queued
