"""What staff read to the caller, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from daremo.web.days import TOKYO

WEEKDAYS = "月火水木金土日"


def spoken_time(when: datetime) -> str:
    """Return the time as it is said: 午後2時、午前9時30分."""
    local = when.astimezone(TOKYO)
    half, hour = ("午前", local.hour) if local.hour < 12 else ("午後", local.hour - 12)
    return f"{half}{hour}時" + (f"{local.minute}分" if local.minute else "")


def spoken_day(when: datetime, now: datetime) -> str:
    """Return the day as it is said, the near ones by their word first."""
    local, today = when.astimezone(TOKYO), now.astimezone(TOKYO)
    near = {0: "きょう、", 1: "あす、", 2: "あさって、"}.get((local.date() - today.date()).days, "")
    return f"{near}{local.month}月{local.day}日、{WEEKDAYS[local.weekday()]}曜日"


def read_aloud(name: str, session: Any, now: datetime, course: Sequence[Any] = ()) -> list[tuple[str, str, str]]:
    """Return the sentences as (before, in bold, after); of a course every one of its sessions."""
    rows = [("「", f"{name}様" if name else "お客様", "、お電話ありがとうございます。")]
    if len(course) > 1:
        rows.append(("", session.series.title, f"、全{len(course)}回です。"))
        for n, one in enumerate(course, 1):
            end = "です。" if n == len(course) else "。"
            rows.append((f"{n}回めは、", f"{spoken_day(one.starts, now)}の、{spoken_time(one.starts)}", end))
    else:
        rows.append(("", f"{spoken_day(session.starts, now)}の、{spoken_time(session.starts)}", "です。"))
    floor = f"の{session.point.floor}" if session.point.floor else ""
    rows.append(("", f"{session.point.name}{floor}", "です。"))
    rows.append(("いつもお使いの", "スマホ", "をお持ちください。」"))
    return rows
