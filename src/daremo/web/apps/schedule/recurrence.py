"""From a rule that repeats (RFC 5545) to dated times, with Japanese holidays and exceptions, and the words for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import jpholiday
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from daremo.web.days import TOKYO
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.schedule.models import Opening, OpeningException

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_DAYS = 366 * 3
"""Sessions are made for the months ahead; nobody needs a rule unrolled over more days at once."""
#: Parts of a rule that an opening may use, with the values they take; hours come from the opening itself.
PARTS = {
    "FREQ": "|".join(FREQUENCIES),
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "BYDAY": r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU))*",
    "BYMONTHDAY": r"-?([1-9]|[12]\d|3[01])(,-?([1-9]|[12]\d|3[01]))*",
    "BYMONTH": r"([1-9]|1[0-2])(,([1-9]|1[0-2]))*",
    "BYSETPOS": r"-?[1-5](,-?[1-5])*",
    "WKST": "MO|TU|WE|TH|FR|SA|SU",
}
_LONGEST = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)))


def parts_of(rule: str) -> dict[str, str]:
    """Return the parts of a rule.

    Raises
    ------
    UsageError
        ``bad-rule``: a part that openings do not have, twice the same part, or days that never come.
    """
    parts: dict[str, str] = {}
    for part in rule.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, _equals, value = part.partition("=")
        if name in parts or not re.fullmatch(PARTS.get(name, "(?!)"), value):
            raise refusal("bad-rule", rule)
        parts[name] = value
    if not _sound(parts):
        raise refusal("bad-rule", rule)
    return parts


def _sound(parts: dict[str, str]) -> bool:
    frequency = parts.get("FREQ")
    if frequency is None or ("COUNT" in parts and "UNTIL" in parts):
        return False
    if re.search(r"\d", parts.get("BYDAY", "")) and (frequency not in ("MONTHLY", "YEARLY")):
        return False
    if "BYMONTHDAY" in parts and frequency == "WEEKLY":
        return False
    if "BYSETPOS" in parts and (frequency != "MONTHLY" or not re.fullmatch(r"[A-Z,]+", parts.get("BYDAY", ""))):
        return False
    if frequency == "YEARLY" and {"BYDAY", "BYMONTHDAY"} & parts.keys() and "BYMONTH" not in parts:
        return False
    if frequency == "DAILY" and "BYDAY" in parts and parts.get("INTERVAL", "1") != "1":
        return False
    if "BYMONTH" in parts and "BYMONTHDAY" in parts:
        longest = max(_LONGEST[int(month)] for month in parts["BYMONTH"].split(","))
        return any(abs(int(day)) <= longest for day in parts["BYMONTHDAY"].split(","))
    return True


def days_of(rule: str, begins: date, first: date, last: date) -> list[date]:
    """Return the days of a rule that begins on a day, from one day to another, both included.

    Raises
    ------
    UsageError
        ``bad-rule``: the rule cannot be read, or more than three years are asked for.
    """
    parts = parts_of(rule)
    if (last - first).days > MOST_DAYS or begins.year < 2000:
        raise refusal("bad-rule", f"{first} – {last}")
    until = parts.pop("UNTIL", "")
    if until:
        last = min(last, _until(until, rule))
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        found = rrulestr(text, dtstart=datetime.combine(begins, time(0)))
    except (ValueError, TypeError, AttributeError):
        raise refusal("bad-rule", rule) from None
    days = []
    for moment in found.xafter(datetime.combine(first, time(0)), inc=True):
        if moment.date() > last:
            break
        days.append(moment.date())
    return days


def _until(text: str, rule: str) -> date:
    try:
        if text.endswith("Z"):
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(TOKYO).date()
        return date.fromisoformat(text[:8])
    except ValueError:
        raise refusal("bad-rule", rule) from None


def occurrences(opening: Opening, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Return the times of an opening between two days, cut to the offer's length where it is not a course.

    A holiday is left out where the opening says so. An exception closes a day, or gives it other times (also on a
    day that the rule leaves out).

    Raises
    ------
    UsageError
        ``bad-rule``.
    """
    if opening.end <= opening.start:
        raise refusal("bad-rule", f"{opening.start}–{opening.end}")
    end = min(last, opening.last) if opening.last else last
    days = days_of(opening.rrule, opening.first, max(first, opening.first), end)
    return _times(opening, days, first, end)


def _times(opening: Opening, days: list[date], first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    exceptions: dict[date, list[OpeningException]] = defaultdict(list)
    if opening.pk is not None:
        for exception in opening.exceptions.filter(day__range=(first, last)).order_by("start"):
            exceptions[exception.day].append(exception)
    regular = {day for day in days if not (opening.skip_holidays and jpholiday.is_holiday(day))}
    for day in sorted(regular | exceptions.keys()):
        told = exceptions.get(day, [])
        if any(exception.closed for exception in told):
            continue
        spans = [(e.start or opening.start, e.end or opening.end) for e in told] or [(opening.start, opening.end)]
        for start, end in spans:
            yield from _cut(opening, datetime.combine(day, start, TOKYO), datetime.combine(day, end, TOKYO))


def _cut(opening: Opening, begin: datetime, stop: datetime) -> Iterator[tuple[datetime, datetime]]:
    length = stop - begin if opening.offer.kind == "course" else timedelta(minutes=opening.offer.minutes)
    if length <= timedelta(0):
        return
    while begin + length <= stop:
        yield begin, begin + length
        begin += length
