"""From a rule that repeats to dated times, with holidays, exceptions and the words for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import jpholiday
from dateutil.rrule import rrulestr

from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.schedule.models import Opening

TOKYO = ZoneInfo("Asia/Tokyo")
DAYS = {"MO": "月", "TU": "火", "WE": "水", "TH": "木", "FR": "金", "SA": "土", "SU": "日"}
ORDINALS = {"1": "第1", "2": "第2", "3": "第3", "4": "第4", "5": "第5", "-1": "最終"}


def _days(opening: Opening, first: date, last: date) -> list[date]:
    end = min(last, opening.last) if opening.last else last
    try:
        rule = rrulestr(opening.rrule, dtstart=datetime.combine(opening.first, time(0)))
        found = rule.between(datetime.combine(first, time(0)), datetime.combine(end, time(23, 59)), inc=True)
    except (ValueError, TypeError, AttributeError):
        raise refusal("bad-rule", opening.rrule) from None
    return [moment.date() for moment in found]


def occurrences(opening: Opening, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Return the times of an opening between two days, cut to the offer's length where it is not a course.

    Raises
    ------
    UsageError
        ``bad-rule``.
    """
    if opening.end <= opening.start:
        raise refusal("bad-rule", f"{opening.start}–{opening.end}")
    days = _days(opening, first, last)
    return _times(opening, days, first, last)


def _times(opening: Opening, days: list[date], first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    exceptions = {} if opening.pk is None else {e.day: e for e in opening.exceptions.all()}
    regular = {d for d in days if not (opening.skip_holidays and jpholiday.is_holiday(d))}
    extra = {d for d, e in exceptions.items() if not e.closed and first <= d <= last}
    for day in sorted(regular | extra):
        exception = exceptions.get(day)
        if exception is not None and exception.closed:
            continue
        start = exception.start if exception is not None and exception.start else opening.start
        end = exception.end if exception is not None and exception.end else opening.end
        begin, stop = datetime.combine(day, start, TOKYO), datetime.combine(day, end, TOKYO)
        length = stop - begin if opening.offer.kind == "course" else timedelta(minutes=opening.offer.minutes)
        while length and begin + length <= stop:
            yield begin, begin + length
            begin += length


def said(opening: Opening) -> str:
    """Return the rule in words: 毎週火曜・木曜 10:00〜12:00（祝日は休み）."""
    parts = dict(part.partition("=")[::2] for part in opening.rrule.upper().removeprefix("RRULE:").split(";"))
    every = int(parts.get("INTERVAL", "1") or 1)
    days = parts.get("BYDAY", "")
    named = "・".join(_day(d) for d in days.split(",") if d)
    frequency = {
        "DAILY": "毎日" if every == 1 else f"{every}日ごと",
        "WEEKLY": ("毎週" if every == 1 else f"{every}週ごとの") + named,
        "MONTHLY": ("毎月" if every == 1 else f"{every}か月ごとの")
        + (named or f"{parts.get('BYMONTHDAY', opening.first.day)}日"),
    }.get(parts.get("FREQ", ""), opening.rrule)
    holidays = "（祝日は休み）" if opening.skip_holidays else ""
    return f"{frequency} {opening.start:%H:%M}〜{opening.end:%H:%M}{holidays}"


def _day(word: str) -> str:
    return ORDINALS.get(word[:-2], "") + DAYS.get(word[-2:], word) + "曜"
