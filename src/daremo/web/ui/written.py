"""We accept what people write: full-width digits, any hyphen, eras, either kana, numbers in kanji.

Each reader returns one canonical form, or raises `Unreadable` with the reason; what was typed is never changed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time

from daremo.web.ui.dates import ERAS

_HYPHENS = re.compile("[-‐‑‒–—―−－ーｰ─━~〜～]")
_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_KANJI_NUMBER = re.compile("[〇零一二三四五六七八九十百]+")
_BLANK = re.compile(r"[\s\u3000\u200b\ufeff]+")
_ERA_START = {letter: (ja, first.year) for (first, ja, _), letter in zip(ERAS, ("R", "H", "S", "T", "M"), strict=True)}


class Unreadable(ValueError):
    """What was written cannot be read; `reason` is ``short``, ``long``, ``letters``, ``unknown`` or ``impossible``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def plain(text: str) -> str:
    """Full-width letters and digits made half-width (NFKC), ends trimmed, blanks single."""
    return _BLANK.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def kanji_number(text: str) -> int:
    """「二十四」 24, 「一〇五」 105, 「百二」 102; for the numbers of dates.

    Raises
    ------
    Unreadable
        Where `text` is no such number.
    """
    if not _KANJI_NUMBER.fullmatch(text):
        raise Unreadable("unknown")
    if "十" not in text and "百" not in text:
        return int(text.translate(_KANJI_DIGITS))
    total = 0
    for unit, worth in (("百", 100), ("十", 10)):
        head, found, rest = text.partition(unit)
        if found:
            if len(head) > 1 or unit in rest:
                raise Unreadable("unknown")
            total += (int(head.translate(_KANJI_DIGITS)) if head else 1) * worth
            text = rest
    if len(text) > 1:
        raise Unreadable("unknown")
    return total + (int(text.translate(_KANJI_DIGITS)) if text else 0)


def digits(text: str) -> str:
    """The digits of `text` as ASCII; blanks, hyphens, brackets, dots and 「の」 between them are left out.

    Raises
    ------
    Unreadable
        ``letters`` where anything else stands there.
    """
    bare = re.sub(r"[\s()（）.・,、/の]", "", _HYPHENS.sub("", plain(text))).translate(_KANJI_DIGITS)
    if not bare.isascii() or (bare and not bare.isdigit()):
        raise Unreadable("letters")
    return bare


def phone(text: str) -> str:
    """A Japanese phone number: 「０９０－１２３４－００００」 → ``090-1234-0000``.

    Hyphens of a landline stay where the person put them, since the length of an area code differs by place;
    without hyphens only 03 and 06 are grouped. ``+81`` becomes the leading 0.

    Raises
    ------
    Unreadable
        ``short``, ``long`` or ``letters``; ``unknown`` where it does not start with 0.
    """
    written = re.sub(r"^(tel|電話番号|電話)[\s.:：]*", "", plain(text), flags=re.I)
    written = re.sub(r"^\+81[\s-]*(\(0\))?", "0", _HYPHENS.sub("-", written))
    bare = digits(written)
    if not bare:
        raise Unreadable("short")
    if bare[0] != "0":
        raise Unreadable("short" if len(bare) < 9 else "unknown")
    long_number = bare[:3] in ("020", "050", "060", "070", "080", "090") or bare[:4] == "0800"
    wanted = 11 if long_number else 10
    if len(bare) != wanted:
        raise Unreadable("short" if len(bare) < wanted else "long")
    if bare[:4] in ("0120", "0570", "0990", "0180"):
        return f"{bare[:4]}-{bare[4:7]}-{bare[7:]}"
    if bare[:4] == "0800":
        return f"{bare[:4]}-{bare[4:7]}-{bare[7:]}"
    if long_number:
        return f"{bare[:3]}-{bare[3:7]}-{bare[7:]}"
    if bare[:2] in ("03", "06"):
        return f"{bare[:2]}-{bare[2:6]}-{bare[6:]}"
    parts = [p for p in re.split(r"[^0-9]+", _HYPHENS.sub("-", written)) if p]
    if len(parts) == 3 and len(parts[2]) == 4 and 2 <= len(parts[0]) <= 5:
        return "-".join(parts)
    return bare


def postcode(text: str) -> str:
    """「〒７６００００１」 → ``760-0001``.

    Raises
    ------
    Unreadable
        ``short``, ``long`` or ``letters``.
    """
    bare = digits(plain(text).removeprefix("〒"))
    if len(bare) != 7:
        raise Unreadable("short" if len(bare) < 7 else "long")
    return f"{bare[:3]}-{bare[3:]}"


def name(text: str) -> str:
    """A name with single blanks and trimmed ends; its letters stay as written, since 髙 and 高 are two names."""
    return _BLANK.sub(" ", text).strip()


def katakana(text: str) -> str:
    """Hiragana and half-width kana as full-width katakana, blanks single: 「みほん　ﾊﾅｺ」 → 「ミホン ハナコ」."""
    said = plain(text)
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" or c in "ゝゞ" else c for c in said)


def kana(text: str) -> str:
    """A reading of a name in katakana.

    Raises
    ------
    Unreadable
        ``letters`` where something other than kana, blank, ー or ・ stands there; ``short`` where it is empty.
    """
    read = _HYPHENS.sub("ー", katakana(text))
    if not read:
        raise Unreadable("short")
    if not re.fullmatch(r"[ァ-ヺー・ヽヾ ]+", read):
        raise Unreadable("letters")
    return read


def search_key(text: str) -> str:
    """A text for comparison: katakana, small letters, no blanks or marks, so that either kana and width is found."""
    return re.sub(r"[\s・.,、。'’-]", "", _HYPHENS.sub("-", katakana(text))).casefold()


def day(text: str, today: date | None = None) -> date:
    """A date: 「令和８年１１月２４日」「S15.3.1」「昭和十五年三月一日」「2026/11/24」「20261124」.

    A day without a year is the next such day from `today`. Years beyond the end of an era count on
    (昭和65年 is 1990), since people write them.

    Raises
    ------
    Unreadable
        ``unknown``: no date seen, or a year of two digits without an era; ``impossible``: no such day.
    """
    said = re.sub(r"\s|\(.*?\)|（.*?）|生まれ|生$", "", plain(text)).upper().replace("元年", "1年")
    said = _KANJI_NUMBER.sub(lambda m: str(kanji_number(m[0])), said)
    era = re.fullmatch(
        r"(令和|平成|昭和|大正|明治|令|平|昭|大|明|[RHSTM])\.?(\d{1,3})[年./・-](\d{1,2})[月./・-](\d{1,2})日?",
        _HYPHENS.sub("-", said),
    )
    if era:
        key = era[1]
        year = next(first for letter, (ja, first) in _ERA_START.items() if key in (letter, ja, ja[0])) + int(era[2]) - 1
        return _day(year, int(era[3]), int(era[4]))
    west = re.fullmatch(
        r"(?:西暦)?(\d{4})[年./・-](\d{1,2})[月./・-](\d{1,2})日?", _HYPHENS.sub("-", said)
    ) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", said)
    if west:
        return _day(int(west[1]), int(west[2]), int(west[3]))
    short = re.fullmatch(r"(\d{1,2})[月./・-](\d{1,2})日?", _HYPHENS.sub("-", said))
    if short and today is not None:
        return _next(int(short[1]), int(short[2]), today)
    raise Unreadable("unknown")


def _day(year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except ValueError:
        raise Unreadable("impossible") from None


def _next(month: int, number: int, today: date) -> date:
    for year in range(today.year, today.year + 9):  # nine years hold a 29 February
        try:
            found = date(year, month, number)
        except ValueError:
            continue
        if found >= today:
            return found
    raise Unreadable("impossible")


def clock(text: str) -> time:
    """A time of day: 「14:00」「１４時半」「午後2時」「ごご2時15分」「1400」.

    Raises
    ------
    Unreadable
        ``unknown`` or ``impossible``.
    """
    said = plain(text).replace(" ", "").upper().replace("ごぜん", "午前").replace("ごご", "午後")
    said = _KANJI_NUMBER.sub(lambda m: str(kanji_number(m[0])), said)
    found = re.fullmatch(r"(午前|午後|AM|PM)?(\d{1,2})(?:[:時.](半|\d{1,2})?分?)?(AM|PM)?", said) or re.fullmatch(
        r"()(\d{2})(\d{2})()", said
    )
    if not found or not re.search(r"[:時.AP午]|^\d{4}$", said):
        raise Unreadable("unknown")
    hour, minute = int(found[2]), 30 if found[3] == "半" else int(found[3] or 0)
    half = found[1] or found[4]
    if half in ("午後", "PM") and hour < 12:
        hour += 12
    elif half in ("午前", "AM") and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        raise Unreadable("impossible")
    return time(hour, minute)
