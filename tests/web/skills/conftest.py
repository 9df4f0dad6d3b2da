"""The small town and the small content, for the tests beside this file."""

from __future__ import annotations

from tests.web.bookings.town import town
from tests.web.skills.bank import content_folder, small_content
from tests.web.staff.conftest import now, world

__all__ = ["content_folder", "now", "small_content", "town", "world"]
