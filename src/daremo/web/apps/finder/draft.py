"""What a resident has answered so far: kept in her session for seven days, found again by every step."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

KEPT_DAYS = 7
HOLD_MINUTES = 60
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


def load(request: HttpRequest, kind: str, what: str) -> Draft | None:
    """Return the draft of this session, or None."""
    kept: dict[str, Any] = request.session.get("drafts", {})
    row = kept.get(f"{kind}:{what}")
    return Draft(**row) if row else None


def store(request: HttpRequest, draft: Draft, now: datetime) -> None:
    """Keep the draft for seven days; of more than five the oldest goes."""
    draft.at = now.isoformat()
    kept: dict[str, Any] = dict(request.session.get("drafts", {}))
    kept[draft.place] = asdict(draft)
    for place in sorted(kept, key=lambda k: str(kept[k]["at"]))[:-_MOST]:
        del kept[place]
    request.session["drafts"] = kept
    request.session.set_expiry(KEPT_DAYS * 24 * 3600)


def drop(request: HttpRequest, draft: Draft) -> None:
    """Forget the draft."""
    kept = dict(request.session.get("drafts", {}))
    kept.pop(draft.place, None)
    request.session["drafts"] = kept
