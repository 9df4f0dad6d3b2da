"""イベント一覧 of the recommended municipal data set, read: one event a row, each row that cannot be one told with why."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from typing import Any

from daremo.region.readers import cells
from daremo.region.readers.found import Found
from daremo.region.readers.points import read_point
from daremo.region.readers.recognise import recognise
from daremo.region.readers.sheet import Sheet, heading_key
from daremo.web.apps.schedule.services import SEATS_MAX
from daremo.web.apps.transfer.records import EventRecord, Reading, fitting
from daremo.web.days import TOKYO

LAYOUT = "event"
LONGEST_HOURS = 24
_COURSE = re.compile(r"全(\d{1,3})回のうち第(\d{1,3})回")


def is_events(sheet: Sheet) -> bool:
    """Tell whether a sheet is a municipal list of events."""
    return recognise(sheet) == "event"


def read(sheet: Sheet) -> Reading:
    """Read a list of events; a row that cannot become a session is left out and told."""
    reading = Reading(LAYOUT)
    found = Found(sheet.file)
    for n, row in sheet.lines():
        raw = {head.strip(): cell for head, cell in zip(sheet.heads, row) if cell.strip()}
        if not raw:
            continue
        lat, lon = read_point(sheet, found, row, n, needed=False)
        record = _record(sheet, row, n, raw, (lat, lon), reading)
        if record is not None:
            reading.events.append(record)
    reading.problems += found.problems
    return reading


def _record(
    sheet: Sheet, row: list[str], n: int, raw: dict[str, str], at: tuple[float | None, float | None], reading: Reading
) -> EventRecord | None:
    title = cells.one_line(sheet.cell(row, "event_name"))
    if not title:
        reading.tell("missing-name", "行事名が空です", "行事の名前を入れてください", n, "イベント名", error=True)
        return None
    if len(title) > 80:
        reading.tell("too-long", "80文字より長いので、切りました", "短くしてください", n, "イベント名", title)
    name = cells.one_line(sheet.cell(row, "place_name"))
    if not name:
        reading.tell("missing-place", "場所の名前が空です", "場所名称を入れてください", n, "場所名称", error=True)
        return None
    times = _times(sheet, row, n, reading)
    seats = _whole(raw, "定員", n, reading, 1, SEATS_MAX)
    price = _price(raw, n, reading)
    if times is None or seats is None or price is None:
        return None
    starts, ends = times
    place = {
        "name": name,
        "address": cells.one_line(_cell(raw, "住所")),
        "floor": cells.one_line(_cell(raw, "方書")),
        "lat": at[0],
        "lon": at[1],
        "phone": cells.flat(_cell(raw, "連絡先電話番号"))[:20],
    }
    number, code = _cell(raw, "NO"), _cell(raw, "都道府県コード又は市区町村コード")
    course = _COURSE.search(cells.flat(_cell(raw, "開始日時特記事項")))
    return EventRecord(
        n,
        f"{code}:{number}"[:200] if code and number else "",
        title[:80].rstrip(),
        starts,
        ends,
        fitting(place, reading, n),
        seats,
        price,
        _notice(raw, starts, n, reading),
        (int(course[1]), int(course[2])) if course else None,
        raw,
    )


def _cell(raw: dict[str, str], heading: str) -> str:
    return next((cell for head, cell in raw.items() if heading_key(head) == heading_key(heading)), "").strip()


def _times(sheet: Sheet, row: list[str], n: int, reading: Reading) -> tuple[datetime, datetime] | None:
    """Return begin and end; None, and why, where the row tells no day, no times, or more than a day."""
    begin, finish = (cells.one_line(sheet.cell(row, name)) for name in ("event_date", "event_end_date"))
    first, last = cells.date(begin), cells.date(finish or begin)
    if not first or not last:
        unread = begin if not first else finish
        reading.tell("bad-date", "日が読めません", "例：2026-12-04", n, "開始日", unread, error=True)
        return None
    told = [cells.one_line(sheet.cell(row, name)) for name in ("start_time", "end_time")]
    clocks = [cells.clock(text) for text in told]
    for column, text, clock in zip(("開始時間", "終了時間"), told, clocks):
        if not clock:
            reading.tell("bad-time", "時刻が読めません", "例：13:30", n, column, text, error=True)
            return None
    starts, ends = (_moment(date.fromisoformat(day), clock) for day, clock in zip((first, last), clocks))
    if ends <= starts:
        said = f"{begin} {told[0]} – {finish} {told[1]}"
        reading.tell(
            "ends-before", "終わりが、始まりより前です", "日と時刻を直してください", n, "終了時間", said, error=True
        )
        return None
    if ends - starts > timedelta(hours=LONGEST_HOURS):
        said = f"{begin} – {finish}"
        reading.tell(
            "many-days",
            "何日も続く行事は、予約する回にできません",
            "1日1行に分けてください",
            n,
            "終了日",
            said,
            error=True,
        )
        return None
    return starts, ends


def _moment(day: date, clock: str) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO) + timedelta(hours=hour, minutes=minute)


def _whole(raw: dict[str, str], column: str, n: int, reading: Reading, least: int, most: int) -> int | None:
    text = _cell(raw, column)
    found = re.fullmatch(r"(\d+)[人名席]?", cells.flat(text).replace(",", ""))
    if found is None or not least <= int(found[1]) <= most:
        reading.tell(
            "bad-capacity",
            f"定員がわからないので、席を作れません（{least}〜{most}人）",
            "人数を入れてください",
            n,
            column,
            text,
            error=True,
        )
        return None
    return int(found[1])


def _price(raw: dict[str, str], n: int, reading: Reading) -> int | None:
    text = _cell(raw, "料金(基本)")
    told = cells.flat(text).replace(",", "").replace("¥", "")
    if told in ("", "無料", "なし", "-"):
        return 0
    found = re.fullmatch(r"(\d{1,8})円?", told)
    if found is None:
        reading.tell(
            "bad-price", "料金が読めません", "円の数か「無料」を入れてください", n, "料金(基本)", text, error=True
        )
        return None
    return int(found[1])


def _notice(raw: dict[str, str], starts: datetime, n: int, reading: Reading) -> int:
    """Return how many whole hours before the start bookings end; nothing told is until the start."""
    text = _cell(raw, "参加申込終了日")
    if not text:
        return 0
    day, clock = cells.date(text), cells.clock(_cell(raw, "参加申込終了時間") or "24:00")
    closes = _moment(date.fromisoformat(day), clock) if day and clock else None
    if closes is None or closes > starts:
        reading.tell(
            "bad-closing", "申込の終わりが読めません。始まるまでにしました", "例：2026-12-03", n, "参加申込終了日", text
        )
        return 0
    return min(math.ceil((starts - closes).total_seconds() / 3600), 32_000)


def came_with(raw: dict[str, Any] | None, heading: str) -> str:
    """Return a cell of the row that a session came with, "" where there is none."""
    return _cell(raw or {}, heading)
