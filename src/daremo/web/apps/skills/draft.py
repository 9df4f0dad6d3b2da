"""A check that is under way: kept in the browser's session, seven days at most, gone with one press.

Nothing of it is in any other table before the person chose what shall become of her result. A check at a kiosk begins
anew whenever its start page is opened, so that nobody meets the answers of the one before.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from daremo.web.apps.skills import measure
from daremo.web.retention import kept

_PLACE = "skill_check"


@dataclass
class Draft:
    """What has been answered so far.

    ``state`` is the state of the sitting as `daremo.assess` writes it; ``order`` the steps pressed so far of a question
    that asks for an order; ``person`` the one whom a member of staff asks, by number.
    """

    mode: str = "own"
    stage: str = "unknown"
    goal: str = ""
    report: dict[str, int] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    person: int | None = None
    point: int | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    ended: bool = False
    counted: bool = False
    kept: str = ""
    at: str = ""


def load(request: HttpRequest, now: datetime) -> Draft | None:
    """Return the check of this browser, or None; one that is older than seven days is none."""
    row = request.session.get(_PLACE)
    if not row or datetime.fromisoformat(row["at"]) < now - kept("draft"):
        return None
    known = {f.name for f in fields(Draft)}
    draft = Draft(**{name: value for name, value in row.items() if name in known})
    if draft.state and not measure.usable(draft.state):
        # questions were changed since; the check begins anew
        draft.state = {}
    return draft


def store(request: HttpRequest, draft: Draft, now: datetime) -> None:
    """Keep the check in the session."""
    draft.at = now.isoformat()
    request.session[_PLACE] = asdict(draft)
    if not request.user.is_authenticated:
        request.session.set_expiry(int(kept("draft").total_seconds()))


def drop(request: HttpRequest) -> None:
    """Forget the check."""
    request.session.pop(_PLACE, None)
