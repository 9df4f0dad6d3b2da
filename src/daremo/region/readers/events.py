"""Events: dates stay as written, and are read as a date only where they say year, month and day."""

from __future__ import annotations

from daremo.region.readers import cells
from daremo.region.readers.found import Found
from daremo.region.readers.points import read_point
from daremo.region.readers.sheet import Sheet


def read_events(sheet: Sheet, found: Found) -> None:
    """Read a list of events."""
    unread = 0
    for n, row in sheet.lines():
        name = cells.one_line(sheet.cell(row, "event_name"))
        if not name:
            found.rows_rejected += 1
            found.tell("missing-name", "行事名が空です", "行事の名前を入れてください", n, sheet.heading("event_name"))
            continue
        begin, end = (cells.one_line(sheet.cell(row, f)) for f in ("event_date", "event_end_date"))
        start = cells.date(begin)
        unread += bool(begin) and not start
        lat, lon = read_point(sheet, found, row, n, needed=False)
        found.events.append(
            {
                "name": name,
                "place_name": cells.one_line(sheet.cell(row, "place_name")) or None,
                "latitude": lat,
                "longitude": lon,
                "date_text": (f"{begin}～{end}" if end and end != begin else begin) or None,
                "start_date": start or None,
                "start_time": cells.clock(sheet.cell(row, "start_time")) or None,
                "end_time": cells.clock(sheet.cell(row, "end_time")) or None,
                "source": sheet.file,
                "source_row": n,
            }
        )
    if unread:
        found.add_note(f"日付が文章で書かれた{unread}件は、書かれたとおりに残しました。")
