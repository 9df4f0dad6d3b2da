"""Days of the desk are days in Japan; moments are kept in UTC."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


def day_of(moment: datetime) -> date:
    """Return the day in Japan of an aware moment."""
    return moment.astimezone(TOKYO).date()


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the moments at which a period in Japan begins and ends (both days included, the end not)."""
    return datetime.combine(first, time(), TOKYO), datetime.combine(last + timedelta(days=1), time(), TOKYO)
