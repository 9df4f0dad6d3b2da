"""A rule that repeats, in words: 毎週火曜・木曜 10時〜12時（祝日は休み）."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING

from daremo.kernel.errors import DaremoError
from daremo.web.apps.schedule.recurrence import WEEKDAYS, parts_of

if TYPE_CHECKING:
    from daremo.web.apps.schedule.models import Opening

_JA = dict(zip(WEEKDAYS, "月火水木金土日"))
_EN = dict(zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))
_NTH_EN = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "last but one"}


def said(opening: Opening, language: str = "ja") -> str:
    """Return when an opening is, in Japanese or English; a rule that cannot be read stays as it is written."""
    try:
        parts = parts_of(opening.rrule)
    except DaremoError:
        return opening.rrule
    english = language.startswith("en")
    days = (_days_en if english else _days_ja)(parts, opening.first)
    hours = f"{_clock(opening.start, english)}{'–' if english else '〜'}{_clock(opening.end, english)}"
    notes = _notes(opening, parts, english)
    if english:
        return f"{days} {hours}" + (f" ({'; '.join(notes)})" if notes else "")
    return f"{days} {hours}" + (f"（{'、'.join(notes)}）" if notes else "")


def _clock(at: time, english: bool) -> str:
    if english:
        return f"{at.hour}:{at.minute:02d}"
    return f"{at.hour}時" + ("" if not at.minute else "半" if at.minute == 30 else f"{at.minute}分")


def _notes(opening: Opening, parts: dict[str, str], english: bool) -> list[str]:
    notes = []
    if "COUNT" in parts:
        notes.append(f"{parts['COUNT']} times" if english else f"{parts['COUNT']}回")
    if opening.last is not None:
        notes.append(f"until {opening.last.isoformat()}" if english else f"{_date_ja(opening.last)}まで")
    elif "UNTIL" in parts:
        until = date.fromisoformat(parts["UNTIL"][:8])
        notes.append(f"until {until.isoformat()}" if english else f"{_date_ja(until)}まで")
    if opening.skip_holidays:
        notes.append("not on holidays" if english else "祝日は休み")
    return notes


def _date_ja(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _split(word: str) -> tuple[int, str]:
    return int(word[:-2] or 0), word[-2:]


def _days_ja(parts: dict[str, str], first: date) -> str:
    every, frequency = int(parts.get("INTERVAL", "1")), parts["FREQ"]
    words = [_split(word) for word in parts.get("BYDAY", "").split(",") if word]
    plain = [day for number, day in words if not number]
    named = _weekdays_ja(plain)
    if frequency == "DAILY":
        head = "毎日" if every == 1 else f"{every}日ごと"
        return head if not named else f"{named}" if every == 1 else f"{head}の{named}"
    if frequency == "WEEKLY":
        named = named or f"{_JA[WEEKDAYS[first.weekday()]]}曜"
        return ("毎週" if every == 1 else "隔週" if every == 2 else f"{every}週ごとの") + named
    months = "・".join(parts.get("BYMONTH", "").split(","))
    if frequency == "YEARLY":
        head = ("毎年" if every == 1 else f"{every}年ごとの") + f"{months or first.month}月"
    else:
        head = f"{months}月の" if months else "毎月" if every == 1 else f"{every}か月ごとの"
    return head + _monthly_ja(parts, words, named, first)


def _monthly_ja(parts: dict[str, str], words: list[tuple[int, str]], named: str, first: date) -> str:
    places = [int(place) for place in parts.get("BYSETPOS", "").split(",") if place]
    if places and named:
        return "・".join(_nth_ja(place) for place in places) + named
    numbered = "・".join(f"{_nth_ja(number)}{_JA[day]}曜" for number, day in words if number)
    if words:
        return "・".join(word for word in (numbered, named) if word)
    return "・".join("末日" if int(d) == -1 else f"{d}日" for d in parts.get("BYMONTHDAY", str(first.day)).split(","))


def _nth_ja(number: int) -> str:
    return f"第{number}" if number > 0 else "最終" if number == -1 else f"終わりから{-number}番めの"


def _weekdays_ja(days: list[str]) -> str:
    order = sorted(days, key=WEEKDAYS.index)
    if order == list(WEEKDAYS[:5]):
        return "月曜〜金曜"
    return "・".join(f"{_JA[day]}曜" for day in order)


def _days_en(parts: dict[str, str], first: date) -> str:
    every, frequency = int(parts.get("INTERVAL", "1")), parts["FREQ"]
    unit = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}[frequency]
    often = f"every {unit}" if every == 1 else f"every {every} {unit}s"
    places = [int(place) for place in parts.get("BYSETPOS", "").split(",") if place]
    names = []
    for number, day in (_split(word) for word in parts.get("BYDAY", "").split(",") if word):
        nth = " ".join(_NTH_EN.get(n, str(n)) for n in (places or ([number] if number else [])))
        names.append(f"{nth} {_EN[day]}".strip())
    if not names and "BYMONTHDAY" in parts:
        names = ["last day" if d == "-1" else f"day {d}" for d in parts["BYMONTHDAY"].split(",")]
    if not names and frequency in ("MONTHLY", "YEARLY"):
        names = [f"day {first.day}"]
    if not names and frequency == "WEEKLY":
        names = [_EN[WEEKDAYS[first.weekday()]]]
    if "BYMONTH" in parts:
        names.append(f"in month {parts['BYMONTH'].replace(',', ', ')}")
    return f"{often}: {', '.join(names)}" if names else often


def rule_of_form(days: list[str], every_weeks: int = 1, nth: list[int] | None = None) -> str:
    """Return the rule that a form's choices mean: weekdays every so many weeks, or the nth of each month."""
    if nth:
        return "FREQ=MONTHLY;BYDAY=" + ",".join(f"{number}{day}" for number in nth for day in days)
    return f"FREQ=WEEKLY;INTERVAL={every_weeks};BYDAY={','.join(sorted(days, key=WEEKDAYS.index))}"
