"""What becomes of a wish without a session: planned, called in vain, done, withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from daremo.web.apps.bookings.models import HelpRequest
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act

if TYPE_CHECKING:
    from daremo.web.apps.schedule.models import Session

OPEN = {"state__in": ("new", "planned")}


def plan_help(
    act: Act, request: HelpRequest, *, due: datetime | None = None, session: Session | None = None
) -> HelpRequest:
    """Set when the wish is met: at a moment, or in a session (a home visit, an interpreter's hour)."""
    moment = session.starts if session is not None else due
    return journal.move(act, "request.planned", request, OPEN, state="planned", due=moment, session=session)


def tried_to_call(act: Act, request: HelpRequest) -> HelpRequest:
    """Count a call that nobody answered."""
    return journal.move(act, "request.tried", request, {**OPEN, "tries": request.tries}, tries=request.tries + 1)


def close_help(act: Act, request: HelpRequest, *, done: bool = True) -> HelpRequest:
    """Close a wish as met, or (``done`` False) as withdrawn."""
    state = "done" if done else "withdrawn"
    return journal.move(act, f"request.{state}", request, OPEN, state=state)
