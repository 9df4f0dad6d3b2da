"""Opening hours and the words for them."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from daremo.web.apps.places import services as places

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = "Mo-Fr 08:30-17:15; PH off"


def _at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("hours", "now", "said"),
    [
        ("Mo-Fr 09:00-17:00; PH off", _at(24, 10), "開いています（17時まで）"),
        ("Mo-Fr 09:30-17:00; PH off", _at(23, 10), "きょうは休み（あす9時半から）"),
        (OFFICE, _at(24, 8), "いまは閉まっています（きょう8時半から）"),
        (OFFICE, _at(24, 18), "きょうは終わりました（あす8時半から）"),
        (OFFICE, _at(21, 12), "きょうは休み（24日（火） 8時半から）"),
        ("Mo-Su 10:00-24:00", _at(24, 12), "開いています（夜12時まで）"),
        ("24/7", _at(24, 12), "いつも開いています"),
        ("off", _at(24, 12), "いまは閉まっています"),
        ("まだ決まっていません", _at(24, 12), ""),
        ("", _at(24, 12), ""),
    ],
)
def test_hours_are_said_as_a_neighbour_would(hours: str, now: datetime, said: str) -> None:
    with override("ja"):
        assert places.hours_said(hours, now) == said


def test_hours_are_said_in_english() -> None:
    with override("en"):
        assert places.hours_said(OFFICE, _at(24, 10)) == "Open (until 17:15)"
        assert places.hours_said("Mo-Fr 09:30-17:00; PH off", _at(23, 10)) == "Closed today (from tomorrow 9:30)"


def test_a_holiday_in_japan_is_closed() -> None:
    point = SimpleNamespace(opening_hours=OFFICE)
    assert places.open_now(point, _at(23, 10)) is False  # 勤労感謝の日
    assert places.open_now(point, _at(24, 10)) is True
    assert places.next_open(point, _at(21, 10)) == _at(24, 8, 30)
    assert places.next_open(point, _at(24, 10)) == _at(24, 10)
    assert places.next_open("off", _at(24, 10)) is None
    assert places.open_now("?", _at(24, 10)) is None and places.next_open("?", _at(24, 10)) is None
