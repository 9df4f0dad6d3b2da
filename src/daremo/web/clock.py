"""The one place where the desk reads the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """Return the moment, aware, in UTC."""
    return _source()


def set_source(source: Callable[[], datetime] | None) -> None:
    """Let ``now`` come from elsewhere (a test, a practice day that stands still); None gives the system's clock back."""
    global _source
    _source = source or _system
