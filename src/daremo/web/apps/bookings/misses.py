"""Count wrong numbers, so that nobody finds a booking by trying."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from daremo.web.apps.bookings.models import Miss
from daremo.web.problems import refusal

# An asker may slip ten times in a quarter of an hour; a number, whoever asks, five times in an hour:
# the last four digits of one known number then need 2,000 hours.
ASKER_MISSES, ASKER_SPAN = 10, timedelta(minutes=15)
NUMBER_MISSES, NUMBER_SPAN = 5, timedelta(hours=1)
KEPT = timedelta(days=1)


def _key(kind: str, text: str) -> str:
    return kind + salted_hmac("daremo.bookings.misses", text).hexdigest()[:39]


def let_try(now: datetime, *, asker: str, number: str) -> None:
    """Refuse another try where too many failed.

    Raises
    ------
    UsageError
        ``too-fast``, whether the number is right or not.
    """
    for kind, text, most, span in _limits(asker, number):
        if Miss.objects.filter(key=_key(kind, text), at__gt=now - span).count() >= most:
            raise refusal("too-fast")


def missed(now: datetime, *, asker: str, number: str) -> None:
    """Count one failure for the asker and for the number, neither of them in clear."""
    Miss.objects.bulk_create(Miss(key=_key(kind, text), at=now) for kind, text, _, _ in _limits(asker, number))


def forget_old(now: datetime) -> int:
    """Delete what no limit needs any more; return how many."""
    return Miss.objects.filter(at__lt=now - KEPT).delete()[0]


def _limits(asker: str, number: str) -> Iterable[tuple[str, str, int, timedelta]]:
    if asker:
        yield "a", asker, ASKER_MISSES, ASKER_SPAN
    if number:
        yield "n", number, NUMBER_MISSES, NUMBER_SPAN
