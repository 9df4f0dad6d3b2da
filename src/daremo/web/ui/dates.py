"""Dates and times as people say them: weekday, Japanese era, きょう and あす, in three languages."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import get_language

from daremo.web.days import TOKYO, day_of

#: First day of each era, newest first.
ERAS = (
    (date(2019, 5, 1), "令和", "Reiwa"),
    (date(1989, 1, 8), "平成", "Heisei"),
    (date(1926, 12, 25), "昭和", "Showa"),
    (date(1912, 7, 30), "大正", "Taisho"),
    (date(1868, 10, 23), "明治", "Meiji"),
)
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAYS_JA = "月火水木金土日"
_DAYS_EASY = ("げつ", "か", "すい", "もく", "きん", "ど", "にち")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local_date(when: date | datetime) -> date:
    """The day in Japan of an aware datetime; a date is returned as it is.

    Raises
    ------
    ValueError
        Where a datetime has no time zone.
    """
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise ValueError("a datetime shown to people must carry its time zone")
        return day_of(when)
    return when


def say_date(when: date | datetime, today: date | None = None, language: str | None = None) -> str:
    """「11月24日（火）」; with the year where it is not this year. Easy Japanese carries ruby marks."""
    day, language = local_date(when), language or get_language() or "ja"
    year = today is not None and day.year != today.year
    if language.startswith("en"):
        return f"{_DAYS_EN[day.weekday()]} {day.day} {_MONTHS_EN[day.month - 1]}" + (f" {day.year}" if year else "")
    if language == "ja-easy":
        head = f"{day.year}{{年|ねん}}" if year else ""
        weekday = f"{{{_DAYS_JA[day.weekday()]}曜日|{_DAYS_EASY[day.weekday()]}ようび}}"
        return f"{head}{day.month}{{月|がつ}}{day.day}{{日|にち}}（{weekday}）"
    return (f"{day.year}年" if year else "") + f"{day.month}月{day.day}日（{_DAYS_JA[day.weekday()]}）"


def say_era(when: date | datetime, language: str | None = None) -> str:
    """「令和8年11月24日」; the first year of an era is 元年. In English: "24 November, Reiwa 8 (2026)".

    Raises
    ------
    ValueError
        For a day before 1868-10-23.
    """
    day, language = local_date(when), language or get_language() or "ja"
    for first, ja, en in ERAS:
        if day >= first:
            year = day.year - first.year + 1
            if language.startswith("en"):
                return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year} ({en} {year})"
            if language == "ja-easy":
                said = "{元年|がんねん}" if year == 1 else f"{year}{{年|ねん}}"
                return f"{{{ja}|{_ERA_READING[ja]}}}{said}{day.month}{{月|がつ}}{day.day}{{日|にち}}"
            return f"{ja}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    raise ValueError(f"{day} lies before the first era that people write")


_ERA_READING = {"令和": "れいわ", "平成": "へいせい", "昭和": "しょうわ", "大正": "たいしょう", "明治": "めいじ"}


def say_time(when: datetime) -> str:
    """「14:00」 in Japan, the hour without a leading zero."""
    local_date(when)
    at = when.astimezone(TOKYO)
    return f"{at.hour}:{at.minute:02d}"


def relative_word(when: date | datetime, today: date, language: str | None = None) -> str:
    """「きょう」「あす」「あさって」, or nothing for another day."""
    away = (local_date(when) - today).days
    language = language or get_language() or "ja"
    if language.startswith("en"):
        return {0: "Today", 1: "Tomorrow"}.get(away, "")
    return {0: "きょう", 1: "あした" if language == "ja-easy" else "あす", 2: "あさって"}.get(away, "")


def say_day(when: date | datetime, today: date, language: str | None = None) -> str:
    """Relative day and date together, as on a time button: 「きょう 24日（火）」「27日（金）」「12月3日（木）」."""
    day, language = local_date(when), language or get_language() or "ja"
    word = relative_word(day, today, language)
    if language.startswith("en") or language == "ja-easy" or (day.year, day.month) != (today.year, today.month):
        said = say_date(day, today, language)
    else:
        said = f"{day.day}日（{_DAYS_JA[day.weekday()]}）"
    return f"{word} {said}" if word else said
