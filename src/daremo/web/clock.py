"""The one place where the desk reads the time, so that tests and rehearsals can set it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _source()


def set_source(source: Callable[[], datetime] | None) -> None:
    """Let ``now`` come from elsewhere (a test, a practice day that stands still); None gives the system's clock back."""
    global _source
    _source = source or _system


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Stop the clock of this process at an aware moment, in every thread.

    Raises
    ------
    ValueError
        The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("the clock needs an aware moment")
    before, fixed = _source, moment.astimezone(UTC)
    set_source(lambda: fixed)
    try:
        yield
    finally:
        set_source(before)
