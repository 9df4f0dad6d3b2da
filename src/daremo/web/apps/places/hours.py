"""Opening hours as OpenStreetMap writes them, with Japanese holidays, and the words for now."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, ParserError

TOKYO = ZoneInfo("Asia/Tokyo")


@lru_cache(maxsize=8192)
def parsed(text: str) -> OpeningHours | None:
    """Return the hours, or None where the text cannot be read."""
    if not text.strip():
        return None
    try:
        return OpeningHours(text, timezone=TOKYO, country="JP")
    except (ParserError, SyntaxError, ValueError):
        return None


def open_now(text: str, now: datetime) -> bool | None:
    """Return whether it is open; None where the hours are not known."""
    hours = parsed(text)
    return None if hours is None else bool(hours.is_open(now.astimezone(TOKYO)))


def next_change(text: str, now: datetime) -> datetime | None:
    """Return when it opens or closes next; None where it never changes or is not known."""
    hours = parsed(text)
    found = hours.next_change(now.astimezone(TOKYO)) if hours is not None else None
    return found if found is None or found.tzinfo else found.replace(tzinfo=TOKYO)
