"""One cell as a person wrote it: a number, coordinates, a time, a date, a yes or a code. Blank stays blank."""

from __future__ import annotations

import datetime
import re
import unicodedata

#: South, north, west and east edge of Japan with a margin (degrees).
JAPAN = (20.0, 46.5, 122.0, 154.5)
_EMPTY = {"", "-", "--", "*", "x", "X", "…", "‐", "―", "ー", "null", "NULL", "None", "なし", "不明"}
_YES = {"○", "◯", "〇", "◎", "有", "あり", "可", "1", "true", "yes", "はい", "対応"}
_NO = {"×", "✕", "無", "なし", "不可", "0", "false", "no", "いいえ", "非対応"}
_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_WEEKDAYS = {"月": "Mo", "火": "Tu", "水": "We", "木": "Th", "金": "Fr", "土": "Sa", "日": "Su"}
_ORDER = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_KANJI = {c: i for i, c in enumerate("〇一二三四五六七八九")}


def flat(text: str) -> str:
    """NFKC without leading and trailing space: full-width digits and brackets become half-width."""
    return unicodedata.normalize("NFKC", text).strip()


def one_line(text: str) -> str:
    """The text as written, in one line and without surplus space."""
    return re.sub(r"[\s　]+", " ", text).strip()


def is_blank(text: str) -> bool:
    """Whether the cell says nothing: empty, a dash or a star."""
    return flat(text) in _EMPTY or not flat(text).strip("-‐―ー−")


def number(text: str) -> float | None:
    """A number, or None where blank.

    Raises
    ------
    ValueError
        Where something is written that is no number.
    """
    if is_blank(text):
        return None
    t = re.sub(r"[,\s人件戸世帯]", "", flat(text)).replace("−", "-").replace("△", "-").replace("▲", "-")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", t, re.I):
        raise ValueError(text)
    return float(t)


def degrees(text: str) -> float | None:
    """Degrees from decimals or from degrees, minutes and seconds; None where blank.

    Raises
    ------
    ValueError
        Where it is neither.
    """
    if is_blank(text):
        return None
    t = re.sub(r"^(北緯|東経|[NE])\s*|\s*[NE]$", "", flat(text))
    m = re.fullmatch(r"(\d+)[°度]\s*(\d+)['′分]\s*([\d.]+)[\"″秒]?", t)
    if m:
        return int(m[1]) + int(m[2]) / 60 + float(m[3]) / 3600
    return number(t.rstrip("°度"))


def pair(text: str) -> tuple[str, str]:
    """Two coordinates written in one cell, as text; two empty texts where blank."""
    parts = [p for p in re.split(r"[,\s;/]+", flat(text).strip("()[]\"'")) if p]
    return (parts[0], parts[1]) if len(parts) == 2 else (flat(text), "")


def in_japan(latitude: float, longitude: float) -> bool:
    """Whether the point lies in the rectangle around Japan (degrees)."""
    south, north, west, east = JAPAN
    return south <= latitude <= north and west <= longitude <= east


def is_sentinel(latitude: float, longitude: float) -> bool:
    """Whether the numbers are placeholders such as 0, -1, 999 or 9999 (degrees)."""
    return any(v in (0.0, -1.0, 99.0, 999.0, 9999.0, 99999.0) for v in (latitude, longitude))


def yes_no(text: str) -> bool | None:
    """Yes, no, or None where blank. Blank is never no.

    Raises
    ------
    ValueError
        Where the mark is neither, e.g. a triangle.
    """
    t = flat(text).lower()
    if not t or t in ("-", "不明"):
        return None
    if t in _YES:
        return True
    if t in _NO:
        return False
    raise ValueError(text)


def step_free(text: str) -> bool | None:
    """Step-free access from free text on barrier-free equipment; None where it says nothing of it."""
    t = flat(text)
    try:
        return yes_no(t)
    except ValueError:
        if re.search(r"段差(あり|有)|車(椅子|いす)(不可|利用不可)|スロープ(なし|無)", t):
            return False
        return True if re.search(r"車(椅子|いす)|スロープ|段差(なし|無|解消)|エレベータ", t) else None


def clock(text: str) -> str:
    """First time of day in a cell as ``HH:MM``, or "" (full-width colons, ``午後6時`` and trailing notes are read)."""
    t = flat(text)
    m = re.search(r"(午前|午後)?\s*(\d{1,2})\s*(?::|時)\s*(\d{2})?", t)
    if m is None:
        return "12:00" if t.startswith("正午") else ""
    hour = int(m[2]) + (12 if m[1] == "午後" and int(m[2]) < 12 else 0)
    minute = int(m[3] or 0)
    return f"{hour:02d}:{minute:02d}" if hour <= 24 and minute < 60 else ""


def date(text: str) -> str:
    """An ISO date where the cell tells year, month and day (or year and month: the first), else ""."""
    t = flat(text).split(" ")[0] if re.match(r"\d{4}-\d\d-\d\d ", flat(text)) else flat(text)
    year = month = 0
    day = 1
    if m := re.match(r"(令和|平成|昭和|[RHS])\s*(元|\d{1,2})[年.\-/](\d{1,2})(?:[月.\-/](\d{1,2}))?", t, re.I):
        year = _ERAS[m[1].lower()] + (1 if m[2] == "元" else int(m[2]))
        month, day = int(m[3]), int(m[4] or 1)
    elif (m := re.match(r"(\d{4})[年.\-/](\d{1,2})(?:[月.\-/](\d{1,2}))?", t)) or (
        m := re.fullmatch(r"(\d{4})(\d\d)(\d\d)?", t)
    ):
        year, month, day = int(m[1]), int(m[2]), int(m[3] or 1)
    elif m := re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})$", t):
        month, day, year = int(m[1]), int(m[2]), int(m[3])
    try:
        return datetime.date(year, month, day).isoformat() if year else ""
    except ValueError:
        return ""


def opening_hours(days: str, start: str, end: str, note: str) -> str:
    """OpenStreetMap ``opening_hours`` from the municipal columns, or "" where days or times are not told."""
    listed = [_WEEKDAYS[c] for c in flat(days) if c in _WEEKDAYS]
    begin, finish = clock(start), clock(end)
    if not listed or not begin or not finish:
        return ""
    listed = [d for d in _ORDER if d in listed]
    first, last = _ORDER.index(listed[0]), _ORDER.index(listed[-1])
    run = len(listed) > 2 and last - first + 1 == len(listed)
    span = f"{listed[0]}-{listed[-1]}" if run else ",".join(listed)
    closed = re.search(r"(祝日|休日)[^。、]*(利用不可|休館|休業|休み|休所|閉)", flat(note))
    return f"{span} {begin}-{finish}" + ("; PH off" if closed else "")


def check_digit(five: str) -> str:
    """Check digit of a five-digit local-government code (JIS X 0401/0402 with modulus 11)."""
    s = sum(int(c) * w for c, w in zip(five, (6, 5, 4, 3, 2), strict=True))
    return str((11 - s % 11) % 10)


def municipality_code(text: str, prefecture: str = "") -> tuple[str, str]:
    """Six-digit local-government code, and what had to be done to get it.

    Parameters
    ----------
    text : str
        As written: six digits, five without the check digit, or five that lost their leading zero.
    prefecture : str
        Two-digit prefecture code where another column tells it; decides where both readings are possible.

    Returns
    -------
    tuple of str
        Code (or "" where it cannot be read) and one of ``""``, ``"lost-zero"``, ``"no-check-digit"``,
        ``"bad-check-digit"``, ``"ambiguous"``, ``"bad-code"``.
    """
    t = re.sub(r"\.0$", "", flat(text))
    if not t:
        return "", ""
    if not re.fullmatch(r"\d{4,6}", t):
        return "", "bad-code"
    if len(t) == 4:
        t, short = "0" + t, True
    else:
        short = False
    if len(t) == 6:
        if not 1 <= int(t[:2]) <= 47:
            return "", "bad-code"
        return (t, "") if check_digit(t[:5]) == t[5] else (t[:5] + check_digit(t[:5]), "bad-check-digit")
    plain = 1 <= int(t[:2]) <= 47 and int(t[2:]) >= 100
    zero = "0" + t
    lost = not short and int(t[0]) > 0 and int(zero[2:5]) >= 100 and check_digit(zero[:5]) == zero[5]
    if plain and lost and prefecture:
        lost = zero[:2] == prefecture
        plain = not lost
    if plain and lost:
        return t + check_digit(t), "ambiguous"
    if plain:
        return t + check_digit(t), "lost-zero" if short else "no-check-digit"
    return (zero, "lost-zero") if lost else ("", "bad-code")


def plain_name(text: str) -> str:
    """A district's or building's name for comparing: NFKC, no spaces, kanji numerals before 丁目 as digits."""
    t = re.sub(r"\s", "", flat(text))
    t = re.sub(r"十([一二三四五六七八九])(?=丁目)", lambda m: f"1{_KANJI[m[1]]}", t)
    t = re.sub(r"([一二三四五六七八九])(?=丁目)", lambda m: str(_KANJI[m[1]]), t)
    return t.replace("十丁目", "10丁目").replace("ヶ", "ケ")
