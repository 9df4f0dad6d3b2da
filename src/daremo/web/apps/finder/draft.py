"""What a resident has answered so far: kept in her session for seven days, found again by every step.

The session stands in the database, never in the cookie; 「この機械から消して終わる」 deletes it at once.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from daremo.web import retention

HOLD_MINUTES = 30
"""The most that ``bookings.services.hold`` grants; past it the answers stay and the seat is sought anew."""
_MOST = 5
"""Drafts kept in one session, the newest."""


@dataclass
class Draft:
    """Answers to the questions of one booking, waiting entry or request.

    ``kind`` is ``book``, ``wait`` or ``ask``; ``what`` the session's id or the kind of request.
    """

    kind: str
    what: str
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    by: str = ""
    need: str = ""
    name: str = ""
    kana: str = ""
    phone: str = ""
    phone_typed: str = ""
    helper_name: str = ""
    whose: str = ""
    needs: list[str] = field(default_factory=list)
    address: str = ""
    best_time: str = ""
    language: str = ""
    hold: int | None = None
    hold_until: str = ""
    at: str = ""

    @property
    def place(self) -> str:
        """Key of the draft in the session."""
        return f"{self.kind}:{self.what}"

    def held(self, now: datetime) -> bool:
        """Whether a seat is held for this draft now."""
        return bool(self.hold and self.hold_until and datetime.fromisoformat(self.hold_until) > now)


def load(request: HttpRequest, kind: str, what: str, now: datetime) -> Draft | None:
    """Return the draft of this session, or None; one that is older than seven days is none."""
    kept: dict[str, Any] = request.session.get("drafts", {})
    row = kept.get(f"{kind}:{what}")
    if not row or datetime.fromisoformat(row["at"]) < now - retention.kept("draft"):
        return None
    known = {f.name for f in fields(Draft)}
    return Draft(**{name: value for name, value in row.items() if name in known})


def store(request: HttpRequest, draft: Draft, now: datetime) -> None:
    """Keep the draft for seven days; of more than five the oldest goes."""
    draft.at = now.isoformat()
    kept: dict[str, Any] = dict(request.session.get("drafts", {}))
    kept[draft.place] = asdict(draft)
    for place in sorted(kept, key=lambda k: str(kept[k]["at"]))[:-_MOST]:
        del kept[place]
    request.session["drafts"] = kept
    request.session.set_expiry(int(retention.kept("draft").total_seconds()))


def drop(request: HttpRequest, draft: Draft) -> None:
    """Forget the draft."""
    kept = dict(request.session.get("drafts", {}))
    kept.pop(draft.place, None)
    request.session["drafts"] = kept


def offer_elsewhere(request: HttpRequest, draft: Draft) -> None:
    """Remember that this draft's time is gone, so that the next time chosen begins with its answers."""
    request.session["moving"] = draft.place


def taken_along(request: HttpRequest, kind: str, what: str, now: datetime) -> Draft | None:
    """Return the answers given for a time that was gone, now for another one; only right after that page."""
    place = request.session.pop("moving", None)
    if not place or ":" not in place:
        return None
    old_kind, old_what = place.split(":", 1)
    old = load(request, old_kind, old_what, now)
    if old is None or old.place == f"{kind}:{what}":
        return None
    drop(request, old)
    fresh = replace(old, kind=kind, what=what, key=Draft(kind, what).key, hold=None, hold_until="")
    store(request, fresh, now)
    return fresh
