"""Keys of machines: made once, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from daremo.web.apps.api.models import ApiKey
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

SCOPES = {"read": "場所・時間・予約の数を読む", "book": "予約を入れる・取りやめる", "figures": "統計を読む"}
PREFIX = "daremo_"


def digest(key: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def make_key(
    act: Act, organisation: Organisation, label: str, scopes: Sequence[str], until: date | None = None
) -> tuple[ApiKey, str]:
    """Make a key; the second value is the key itself, which nobody can read again.

    Raises
    ------
    UsageError
        ``bad-scope``: no scope, or one that does not exist.
    """
    wanted = [s for s in dict.fromkeys(scopes) if s in SCOPES]
    if not wanted or len(wanted) != len(set(scopes)):
        raise refusal("bad-scope")
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(organisation=organisation, label=label[:60], sha256=digest(key), scopes=wanted, until=until)
    return journal.save(act, "api_key.made", row), key


def revoke_key(act: Act, row: ApiKey) -> ApiKey:
    """Stop a key at once."""
    return journal.move(act, "api_key.revoked", row, {"revoked_at": None}, revoked_at=act.now)


def key_of(text: str, today: date) -> ApiKey | None:
    """Return the live key that somebody shows, or None."""
    if not text.startswith(PREFIX):
        return None
    row = ApiKey.objects.select_related("organisation").filter(sha256=digest(text), revoked_at__isnull=True).first()
    return row if row is not None and (row.until is None or row.until >= today) else None
