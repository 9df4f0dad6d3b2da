"""The small town, for the tests beside this file."""

from __future__ import annotations

from tests.web.bookings.town import set_up, town

set_up()

__all__ = ["town"]
