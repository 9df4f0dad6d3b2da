"""Rules that repeat, compared day by day with a reading of RFC 5545 that shares no code with ours."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import jpholiday
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import UsageError

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def by_hand(rule: str, begins: date, first: date, last: date) -> list[date]:
    """The days of a rule, each day asked by itself whether it belongs."""
    parts = dict(part.split("=") for part in rule.split(";"))
    every = int(parts.get("INTERVAL", "1"))
    months = {int(m) for m in parts.get("BYMONTH", "").split(",") if m}
    counted: list[date] = []
    day = begins
    while day <= last:
        if _belongs(parts, every, months, begins, day):
            counted.append(day)
        day += timedelta(days=1)
    if "COUNT" in parts:
        counted = counted[: int(parts["COUNT"])]
    return [day for day in counted if day >= first]


def _belongs(parts: dict[str, str], every: int, months: set[int], begins: date, day: date) -> bool:
    frequency = parts["FREQ"]
    if months and day.month not in months:
        return False
    named = [w for w in parts.get("BYDAY", "").split(",") if w]
    if frequency == "DAILY":
        return (day - begins).days % every == 0 and (not named or DAYS[day.weekday()] in named)
    if frequency == "WEEKLY":
        monday = begins - timedelta(days=begins.weekday())
        if (day - monday).days // 7 % every:
            return False
        return DAYS[day.weekday()] in (named or [DAYS[begins.weekday()]])
    if ((day.year - begins.year) * 12 + day.month - begins.month) % every:
        return False
    long = calendar.monthrange(day.year, day.month)[1]
    if named:
        for word in named:
            nth, name = int(word[:-2] or 0), word[-2:]
            ordinal, back = (day.day - 1) // 7 + 1, -((long - day.day) // 7 + 1)
            if name == DAYS[day.weekday()] and nth in (0, ordinal, back):
                return True
        return False
    numbers = [int(n) for n in parts.get("BYMONTHDAY", str(begins.day)).split(",")]
    return day.day in [n if n > 0 else long + 1 + n for n in numbers]


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds(
        lambda every, days: f"FREQ=WEEKLY;INTERVAL={every};BYDAY={','.join(days)}",
        st.integers(1, 5),
        st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True),
    ),
    st.builds(
        lambda every, nth, day: f"FREQ=MONTHLY;INTERVAL={every};BYDAY={nth}{day}",
        st.integers(1, 3),
        st.sampled_from([1, 2, 3, 4, 5, -1, -2]),
        st.sampled_from(DAYS),
    ),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from([1, 15, 29, 30, 31, -1, -2])),
    st.builds("FREQ=WEEKLY;BYDAY=TU;COUNT={}".format, st.integers(1, 30)),
    st.builds("FREQ=WEEKLY;BYDAY=WE,FR;BYMONTH={}".format, st.integers(1, 12)),
)


@settings(max_examples=150, deadline=None)
@given(RULES, st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(-30, 200), st.integers(0, 300))
def test_a_rule_gives_the_days_that_rfc_5545_says(rule: str, begins: date, later: int, length: int) -> None:
    from daremo.web.apps.schedule.recurrence import days_of

    first = begins + timedelta(days=max(later, 0))
    last = first + timedelta(days=length)
    assert days_of(rule, begins, first, last) == by_hand(rule, begins, first, last)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;BYDAY=TU",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=2TU",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=WEEKLY;BYHOUR=3",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYSETPOS=9;BYDAY=TU",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20270101",
        "FREQ=WEEKLY;UNTIL=20271399",
        "FREQ=WEEKLY;FREQ=DAILY",
        "DTSTART:20260101\nRRULE:FREQ=DAILY",
    ],
)
def test_a_rule_that_never_comes_or_cannot_be_read_is_refused(rule: str) -> None:
    from daremo.web.apps.schedule.recurrence import days_of

    with pytest.raises(UsageError, match="くり返しの決まり"):
        days_of(rule, date(2026, 12, 1), date(2026, 12, 1), date(2027, 12, 1))


def test_an_end_in_utc_is_a_day_in_japan() -> None:
    from daremo.web.apps.schedule.recurrence import days_of

    found = days_of("FREQ=DAILY;UNTIL=20261203T160000Z", date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 31))
    assert found[-1] == date(2026, 12, 4)


def _opening(town: Any, **more: Any) -> Any:
    from daremo.web.apps.schedule import services as schedule

    fields = {
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "first": date(2026, 12, 1),
        "start": time(10),
        "end": time(12),
        **more,
    }
    return schedule.add_opening(town.act(), town.offer, town.point, **fields)


def test_japanese_holidays_are_left_out_when_the_opening_says_so(town: Any) -> None:
    from daremo.web.apps.schedule.recurrence import occurrences

    opening = _opening(town)
    days = {starts.date() for starts, _ in occurrences(opening, date(2027, 1, 1), date(2027, 1, 31))}
    mondays = {date(2027, 1, n) for n in (4, 11, 18, 25)}
    assert jpholiday.is_holiday(date(2027, 1, 11))
    assert days == mondays - {date(2027, 1, 11)}
    opening.skip_holidays = False
    assert {s.date() for s, _ in occurrences(opening, date(2027, 1, 1), date(2027, 1, 31))} == mondays


def test_an_opening_is_cut_into_sessions_and_a_course_is_not(town: Any) -> None:
    from daremo.web.apps.schedule.recurrence import occurrences

    opening = _opening(town, start=time(10), end=time(12, 30))
    assert len(list(occurrences(opening, date(2026, 12, 7), date(2026, 12, 7)))) == 2
    opening.offer.kind = "course"
    [(starts, ends)] = occurrences(opening, date(2026, 12, 7), date(2026, 12, 7))
    assert (starts, ends) == (datetime(2026, 12, 7, 1, tzinfo=UTC), datetime(2026, 12, 7, 3, 30, tzinfo=UTC))


def test_exceptions_close_a_day_or_give_it_other_times(town: Any) -> None:
    from daremo.web.apps.schedule.models import OpeningException
    from daremo.web.apps.schedule.recurrence import occurrences

    opening = _opening(town)
    OpeningException.objects.create(opening=opening, day=date(2026, 12, 7), closed=True)
    for start in (time(13), time(15)):
        OpeningException.objects.create(
            opening=opening, day=date(2026, 12, 9), closed=False, start=start, end=time(start.hour + 1)
        )
    found = [starts for starts, _ in occurrences(opening, date(2026, 12, 1), date(2026, 12, 14))]
    assert [(s.day, s.hour) for s in found] == [(9, 13), (9, 15), (14, 10), (14, 11)]


@pytest.mark.parametrize(
    ("rule", "ja", "en"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", "毎週火曜 10時〜12時半", "every week: Tuesday 10:00–12:30"),
        (
            "FREQ=WEEKLY;BYDAY=TH,TU",
            "毎週火曜・木曜 10時〜12時半",
            "every week: Thursday, Tuesday 10:00–12:30",
        ),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", "隔週土曜 10時〜12時半", "every 2 weeks: Saturday 10:00–12:30"),
        (
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "毎週月曜〜金曜 10時〜12時半",
            "every week: Monday, Tuesday, Wednesday, Thursday, Friday 10:00–12:30",
        ),
        ("FREQ=MONTHLY;BYDAY=2TU", "毎月第2火曜 10時〜12時半", "every month: second Tuesday 10:00–12:30"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-1", "毎月最終火曜 10時〜12時半", "every month: last Tuesday 10:00–12:30"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "毎月末日 10時〜12時半", "every month: last day 10:00–12:30"),
        ("FREQ=DAILY", "毎日 10時〜12時半", "every day 10:00–12:30"),
        ("FREQ=WEEKLY", "毎週火曜 10時〜12時半", "every week: Tuesday 10:00–12:30"),
    ],
)
def test_a_rule_is_said_in_words(town: Any, rule: str, ja: str, en: str) -> None:
    from daremo.web.apps.schedule import services as schedule

    opening = _opening(town, rrule=rule, end=time(12, 30), skip_holidays=False)
    assert (schedule.said(opening), schedule.said(opening, "en")) == (ja, en)
    opening.skip_holidays = True
    assert schedule.said(opening) == f"{ja}（祝日は休み）"
