"""The whole desk with its real settings, and a world of two organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.web.staff.world import World

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)


@pytest.fixture
def now() -> Iterator[datetime]:
    """A Tuesday at noon in Japan, on the desk's clock."""
    from daremo.web import clock

    with clock.at(NOW):
        yield NOW


@pytest.fixture
def world(db: None, now: datetime) -> World:
    """Two organisations, each with an account for every role and with a row in every table."""
    from django.core.cache import cache

    cache.clear()
    return World(now)
