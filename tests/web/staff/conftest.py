"""The whole desk with its real settings, and a world of two organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

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
def world(db: None, now: datetime, settings: Any) -> World:
    """Two organisations, each with an account for every role and with a row in every table."""
    from django.core.cache import cache

    cache.clear()
    # the real hasher takes a third of a second for each of ten passwords
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return World(now)
