"""Times as credentials write them: XML Schema dateTime with a zone."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime

_STAMP = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,12})?(Z|[+\-]\d\d:\d\d)?\Z")


def stamp(now: float) -> str:
    """Seconds since 1970 as ``2026-11-28T09:00:00Z``."""
    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: object) -> float | None:
    """Seconds since 1970 of a time stamp, None where it is none; without a zone it is read as UTC."""
    return _read(text) if isinstance(text, str) else None


@functools.lru_cache(maxsize=4096)
def _read(text: str) -> float | None:
    if not _STAMP.match(text):
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
