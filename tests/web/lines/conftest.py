"""The small town and the world of staff, for the tests beside this file."""

from __future__ import annotations

from tests.web.bookings.town import town
from tests.web.staff.conftest import now, world

__all__ = ["now", "town", "world"]
