"""Opening hours as OpenStreetMap writes them, with Japanese holidays, and the words for now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]

from daremo.web.days import TOKYO, day_of
from daremo.web.ui.dates import say_day

if TYPE_CHECKING:
    from daremo.web.apps.places.models import SupportPoint

AHEAD = timedelta(days=400)
"""Further away than this, "opens next" helps nobody."""
CHANGES = 50
"""Changes looked at before the next opening; hours that are only "unknown" end here."""


@lru_cache(maxsize=8192)
def parsed(text: str, zone: str = "Asia/Tokyo", country: str = "JP") -> OpeningHours | None:
    """Return the hours, or None where the text cannot be read."""
    if not text.strip():
        return None
    try:
        return OpeningHours(text, timezone=ZoneInfo(zone), country=country)
    except (ParserError, SyntaxError, ValueError):
        return None


def _hours(of: str | SupportPoint) -> OpeningHours | None:
    return parsed(of if isinstance(of, str) else of.opening_hours)


def open_now(of: str | SupportPoint, now: datetime) -> bool | None:
    """Return whether a point (or a text of hours) is open; None where the hours are not known."""
    hours = _hours(of)
    return None if hours is None else bool(hours.is_open(now.astimezone(TOKYO)))


def next_change(of: str | SupportPoint, now: datetime) -> datetime | None:
    """Return when it opens or closes next; None where it never changes or is not known."""
    hours = _hours(of)
    if hours is None:
        return None
    state, moment = hours.is_open(now.astimezone(TOKYO)), now.astimezone(TOKYO)
    for _step in range(CHANGES):
        found = hours.next_change(moment)
        if found is None or _aware(found) > now + AHEAD:
            return None
        moment = _aware(found)
        # "closed" to "unknown" is no change for somebody who stands before the door
        if hours.is_open(moment) != state:
            return moment
    return None


def next_open(of: str | SupportPoint, now: datetime) -> datetime | None:
    """Return ``now`` where it is open, else when it opens next; None where it does not open within 400 days."""
    state = open_now(of, now)
    return now if state else None if state is None else next_change(of, now)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=TOKYO)


def said_clock(moment: datetime) -> str:
    """Return 17時, 9時半 or 13時15分; in English 5:00 p.m. is 17:00."""
    at = moment.astimezone(TOKYO)
    if (get_language() or "ja").startswith("en"):
        return f"{at.hour}:{at.minute:02d}"
    if at.minute == 30:
        return _("{hour}時半").format(hour=at.hour)
    if at.minute:
        return _("{hour}時{minute}分").format(hour=at.hour, minute=at.minute)
    return _("{hour}時").format(hour=at.hour)


def hours_said(of: str | SupportPoint, now: datetime) -> str:
    """Return in the reader's language whether it is open, until when, or from when; "" where that is not known.

    開いています（17時まで） · きょうは休み（あす9時半から） · きょうは終わりました（あす9時から） · まだです（きょう13時から）
    """
    state = open_now(of, now)
    if state is None:
        return ""
    change, today = next_change(of, now), day_of(now)
    if change is None:
        return _("いつも開いています") if state else _("いまは閉まっています")
    at = change.astimezone(TOKYO)
    if state:
        if at.date() == today:
            return _("開いています（{time}まで）").format(time=said_clock(at))
        midnight = at.date() == today + timedelta(days=1) and (at.hour, at.minute) == (0, 0)
        return _("開いています（夜12時まで）") if midnight else _("開いています")
    when = _said_opening(at, today)
    if at.date() == today:
        return _("いまは閉まっています（{when}から）").format(when=when)
    if _opens_on(of, today):
        return _("きょうは終わりました（{when}から）").format(when=when)
    return _("きょうは休み（{when}から）").format(when=when)


def _opens_on(of: str | SupportPoint, day: date) -> bool:
    hours = _hours(of)
    start = datetime(day.year, day.month, day.day, tzinfo=TOKYO)
    if hours is None or hours.is_open(start):
        return hours is not None
    first = next_change(of, start)
    return first is not None and day_of(first) == day


def _said_opening(at: datetime, today: date) -> str:
    away = (at.date() - today).days
    clock = said_clock(at)
    if away == 0:
        return _("きょう{time}").format(time=clock)
    if away == 1:
        return _("あす{time}").format(time=clock)
    return _("{day} {time}").format(day=say_day(at, today), time=clock)
