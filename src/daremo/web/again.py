"""Do a transaction once more when the database, not the data, stood in the way."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, OperationalError, connection, transaction

from daremo.web.problems import conflict

T = TypeVar("T")

TRIES = 12
# serialization failure, deadlock, lock not available
PASSING = frozenset({"40001", "40P01", "55P03"})


def passing(error: DatabaseError) -> bool:
    """Tell whether the same transaction may succeed a moment later: a deadlock, a lost race, a locked SQLite file."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in PASSING or "database is locked" in str(error) or "table is locked" in str(error)


def settle(work: Callable[[], T], tries: int = TRIES) -> T:
    """Run ``work`` in a transaction; after a passing failure run it again, at most ``tries`` times.

    ``work`` reads everything it decides on inside. Within a caller's transaction it runs once: there the failure
    has already ended what the caller did.

    Raises
    ------
    Conflict
        ``busy``: the database was in the way each time; nothing was changed.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    for tried in range(tries):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if not passing(error):
                raise
            # full jitter, so that those who met do not meet again
            time.sleep(random.uniform(0, 0.005 * 2 ** min(tried, 7)))
    raise conflict("busy")
