"""The one service call with which an errand ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from daremo.kernel.errors import Conflict
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder.draft import HOLD_MINUTES, Draft
from daremo.web.apps.finder.words import fill
from daremo.web.apps.people import services as people
from daremo.web.apps.schedule import looking
from daremo.web.ui.text import to_plain


def holder(draft: Draft) -> str:
    """Return the name under which a draft holds a seat."""
    return f"draft:{draft.key[:16]}"


def hold(act: Any, draft: Draft, session: Any) -> None:
    """Keep a seat while the questions are answered; a course is not held.

    Raises
    ------
    Conflict
        ``seat-gone``, ``session-closed`` or ``busy``.
    """
    if session.series_id or draft.held(act.now):
        return
    draft.hold = None
    held = bookings.hold(act, session, holder(draft), HOLD_MINUTES)
    draft.hold, draft.hold_until = held.pk, (act.now + timedelta(minutes=HOLD_MINUTES)).isoformat()


def let_go(act: Any, draft: Draft) -> None:
    """Give back the seat that a draft holds, if it does."""
    held = reservations.held_by(draft.hold, holder(draft)) if draft.hold else None
    draft.hold, draft.hold_until = None, ""
    if held is not None:
        bookings.let_go(act, held)


def finish(act: Any, draft: Draft, session: Any) -> str:
    """Book, wait or ask; return the number.

    Raises
    ------
    Conflict
        As the service says; nothing was booked.
    """
    if draft.kind == "book":
        hold(act, draft, session)  # before anybody is added: where no seat is left, nothing is kept of her
    person, helper = _people_of(act, draft, session)
    told: dict[str, Any] = {
        "by": draft.by or "self",
        "helper": helper,
        "topic": draft.need,
        "needs": draft.needs,
        "remind_by": "phone" if draft.phone else "none",
        "once": draft.key,
    }
    if draft.kind == "ask":
        asked = bookings.ask_for(act, draft.what, person, language=draft.language, best_time=draft.best_time, **told)
        return str(asked.reservation.number)
    if draft.kind == "wait":
        course = session.series  # a course is waited for as a whole
        entry = bookings.wait(act, None if course else session, person, series=course, **told)
        return str(entry.reservation.number)
    held = reservations.held_by(draft.hold, holder(draft)) if draft.hold else None
    if held is not None:
        try:
            return str(bookings.confirm(act, held, person, **told).number)
        except Conflict as problem:
            if problem.code != "held-expired":
                raise
    return str(bookings.book(act, looking.enrolled_in(session), person, **told).number)


def _people_of(act: Any, draft: Draft, session: Any) -> tuple[Any, Any]:
    """Return the person of a draft and whoever stands for her, found or added, at the organisation that helps."""
    rows = apps.get_model("places", "Organisation")._default_manager.order_by("pk")
    organisation: Any = (
        session.offer.organisation if session is not None else rows.filter(kind="city").first() or rows.first()
    )
    prefers = "phone" if draft.phone else "none"
    more: dict[str, Any] = {"address": draft.address} if draft.address else {}
    more |= {"needs": list(draft.needs), "language": (get_language() or "ja").split("-")[0]}
    own = {"name": draft.name, "kana": draft.kana, "phone": draft.phone, "prefers": prefers}
    if draft.by in ("", "self"):
        return people.same_contact(act, organisation, **own, **more), None
    # she is reached at the number that was told, whoever answers there; staff read whose it is
    if draft.phone and draft.whose != "person":
        more["note"] = to_plain(fill(_("電話に出るのは {name} さん"), name=draft.helper_name))
    person = people.same_contact(act, organisation, **own, **more)
    answers = draft.phone if draft.whose != "person" else ""
    helper = people.same_contact(
        act, organisation, name=draft.helper_name, phone=answers, prefers=prefers if answers else "none"
    )
    if person.pk == helper.pk:
        return person, None
    people.relate(act, person, helper, "family" if draft.by == "family" else "carer")
    return person, helper
