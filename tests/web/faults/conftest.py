"""The small town, for the tests beside this file."""

from __future__ import annotations

from tests.web.bookings.town import town

__all__ = ["town"]
