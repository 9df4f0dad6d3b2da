"""自治体標準オープンデータセット: public facilities in and out, events out (from sessions).

Reading is the region's: it knows the encodings, headings, eras, kinds and mistakes of municipal files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from daremo.kernel.errors import Problem
from daremo.kernel.tables import rows_of
from daremo.region.readers import cells
from daremo.region.readers.found import Found
from daremo.region.readers.places import read_places
from daremo.region.readers.recognise import LIST_KINDS, recognise
from daremo.region.readers.sheet import Sheet, heading_key
from daremo.web.apps.transfer.records import PlaceRecord, Reading, as_csv, fitting, readable_hours
from daremo.web.days import TOKYO

if TYPE_CHECKING:
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.schedule.models import Session

LAYOUT = "facility"
#: Of an event that came from a file, what the desk has no better word for.
CAME_WITH = frozenset({
    "開始日時特記事項", "説明", "料金(基本)", "連絡先名称", "連絡先電話番号", "主催者", "参加申込終了日", "参加申込終了時間", "参加申込方法",
})  # fmt: skip
WEEK = (("Mo", "月"), ("Tu", "火"), ("We", "水"), ("Th", "木"), ("Fr", "金"), ("Sa", "土"), ("Su", "日"))


def columns(layout: str = LAYOUT) -> list[str]:
    """Return the headings of a layout (``facility`` or ``event``) in their order."""
    return [row["column"] for row in rows_of("daremo.web.apps.transfer", f"{layout}_columns")]


def is_municipal(sheet: Sheet) -> bool:
    """Tell whether a sheet is a municipal list of places."""
    return recognise(sheet) in ("place_list", *LIST_KINDS)


def read(sheet: Sheet) -> Reading:
    """Read a municipal list of places; rows without a name or a usable point are left out and told."""
    found = Found(sheet.file)
    read_places(sheet, found, recognise(sheet))
    reading = Reading(LAYOUT, problems=list(found.problems))
    rows = dict(sheet.lines())
    for place in found.places:
        raw = {head.strip(): cell for head, cell in zip(sheet.heads, rows[place.row]) if cell.strip()}
        number, code = _cell(raw, "NO"), _cell(raw, "都道府県コード又は市区町村コード")
        fields = {
            "name": cells.one_line(place.name),
            "kana": cells.one_line(sheet.cell(rows[place.row], "kana")),
            "kind": place.kind,
            "postcode": _postcode(place.address),
            "address": place.address,
            "floor": cells.one_line(sheet.cell(rows[place.row], "building")),
            "lat": place.latitude,
            "lon": place.longitude,
            "phone": cells.flat(place.phone),
            "url": _url(sheet.cell(rows[place.row], "url")),
            "opening_hours": readable_hours(place.opening_hours, reading, place.row, "利用可能曜日"),
            "step_free": place.step_free,
            "languages": ["ja"],
        }
        reading.records.append(
            PlaceRecord(
                place.row,
                "facility",
                f"{code}:{number}" if code and number else "",
                fitting(fields, reading, place.row),
                raw,
            )
        )
    return reading


def _cell(raw: dict[str, str], heading: str) -> str:
    return next((cell for head, cell in raw.items() if heading_key(head) == heading_key(heading)), "").strip()


def _postcode(address: str) -> str:
    found = re.search(r"〒?\s*(\d{3})[-−‐](\d{4})", cells.flat(address))
    return f"{found[1]}-{found[2]}" if found else ""


def _url(text: str) -> str:
    found = re.match(r"https?://\S+", text.strip())
    return found[0] if found else ""


def row_of(point: SupportPoint, number: int, code: str, prefecture: str, city: str) -> dict[str, str]:
    """Return a point as a row of 公共施設一覧; cells that came with it and have no field here are kept."""
    raw: dict[str, str] = point.extra.get(LAYOUT, {})
    days, start, end, note = plain_hours(point.opening_hours)
    row = {
        "都道府県コード又は市区町村コード": code,
        "NO": str(number),
        "都道府県名": prefecture,
        "市区町村名": city,
        "名称": point.name,
        "名称_カナ": point.kana,
        "住所": point.address,
        "方書": point.floor,
        "緯度": _degrees(point.lat),
        "経度": _degrees(point.lon),
        "電話番号": point.phone,
        "団体名": point.organisation.name,
        "利用可能曜日": days,
        "開始時間": start,
        "終了時間": end,
        "利用可能時間特記事項": note,
        "バリアフリー情報": {True: "段差なし", False: "段差あり"}.get(point.step_free, "") if point.step_free is not None else "",
        "URL": point.url,
    }  # fmt: skip
    own = {"NO", "都道府県コード又は市区町村コード", "団体名", "バリアフリー情報", "利用可能時間特記事項"}
    for heading in columns():
        came = _cell(raw, heading)
        if came and (heading not in row or (heading in own and not (heading == "利用可能時間特記事項" and note))):
            row[heading] = came
    return row


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.8f}".rstrip("0").rstrip(".")


def plain_hours(hours: str) -> tuple[str, str, str, str]:
    """Return hours as weekdays, first and last time and a remark; what does not fit the columns goes into the remark."""
    found = re.fullmatch(r"([A-Za-z,\- ]+?) (\d\d:\d\d)-(\d\d:\d\d)(; PH off)?", hours.strip())
    days = _days(found[1]) if found else ""
    if not found or not days:
        return "", "", "", hours
    return days, found[2], found[3], "祝日は利用不可" if found[4] else ""


def _days(text: str) -> str:
    order = [code for code, _ in WEEK]
    chosen: set[str] = set()
    for part in text.replace(" ", "").split(","):
        first, _dash, last = part.partition("-")
        if first not in order or (last and last not in order):
            return ""
        run = order[order.index(first) : order.index(last or first) + 1]
        if not run:
            return ""
        chosen.update(run)
    return "".join(letter for code, letter in WEEK if code in chosen)


def write(points: Iterable[SupportPoint], code: str, prefecture: str, city: str) -> tuple[bytes, list[Problem]]:
    """Return points as 公共施設一覧 (UTF-8 with mark, CRLF); a point without coordinates is left out and told."""
    rows, problems = [], []
    for number, point in enumerate(points, 1):
        if point.lat is None:
            problems.append(Problem("no-place", f"緯度・経度がありません: {point.name}", "場所を入れてください", "", None, "緯度", "", "error"))  # fmt: skip
        rows.append(row_of(point, number, code, prefecture, city))
    return as_csv(columns(), rows, mark=True), problems


def event_of(session: Session, code: str, prefecture: str, city: str, address: str) -> dict[str, str]:
    """Return a session as a row of イベント一覧. ``address`` is that of the page on which it is booked."""
    offer, point = session.offer, session.point
    starts, ends = session.starts.astimezone(TOKYO), session.ends.astimezone(TOKYO)
    closes = (session.starts - timedelta(hours=offer.notice_hours)).astimezone(TOKYO)
    row: dict[str, Any] = {
        "都道府県コード又は市区町村コード": code,
        "NO": session.pk,
        "都道府県名": prefecture,
        "市区町村名": city,
        "イベント名": session.series.title if session.series is not None else offer.title,
        "開始日": starts.date().isoformat(),
        "終了日": ends.date().isoformat(),
        "開始時間": f"{starts:%H:%M}",
        "終了時間": f"{ends:%H:%M}",
        "開始日時特記事項": f"全{session.series.sessions.exclude(state='cancelled').count()}回のうち第{session.ordinal}回" if session.series is not None else "",
        "説明": f"{offer.title}（{offer.minutes}分）",
        "料金(基本)": offer.price_yen or "無料",
        "連絡先名称": offer.organisation.name,
        "連絡先電話番号": point.phone or offer.organisation.phone,
        "主催者": offer.organisation.name,
        "場所名称": point.name,
        "住所": point.address,
        "方書": point.floor,
        "緯度": _degrees(point.lat),
        "経度": _degrees(point.lon),
        "定員": getattr(session, "places", None) or session.seats.filter(withdrawn=False).count(),
        "参加申込終了日": closes.date().isoformat(),
        "参加申込終了時間": f"{closes:%H:%M}",
        "参加申込方法": "電話またはウェブで予約",
        "URL": address,
    }  # fmt: skip
    said = {name: str(value) for name, value in row.items()}
    for heading in columns("event"):
        came = _cell(session.extra or {}, heading)
        own = heading in CAME_WITH and (heading != "開始日時特記事項" or session.series is None)
        if came and (heading not in said or own):
            said[heading] = came
    return said


def write_events(sessions: Iterable[tuple[Session, str]], code: str, prefecture: str, city: str) -> bytes:
    """Return sessions, each with the address of its page, as イベント一覧 (UTF-8 with mark, CRLF)."""
    rows = [event_of(session, code, prefecture, city, address) for session, address in sessions]
    return as_csv(columns("event"), rows, mark=True)
