"""The small town, for the tests beside this file, and the world of two organisations for their pages."""

from __future__ import annotations

from tests.web.bookings.town import town
from tests.web.staff.conftest import now, world

__all__ = ["now", "town", "world"]
