"""How long what is kept (``tables/retention.csv``): the one place where a time of keeping stands."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from daremo.kernel.tables import rows_of


@cache
def _days() -> dict[str, int]:
    return {row["kept"]: int(row["days"]) for row in rows_of("daremo.web", "retention")}


def kept(name: str) -> timedelta:
    """Return how long rows of this class are kept (days).

    Raises
    ------
    KeyError
        The table has no such class.

    >>> kept("contact").days
    730
    """
    return timedelta(days=_days()[name])
