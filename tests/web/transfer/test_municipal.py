"""Municipal standard files: facilities in and out, events out, dirty files told row by row."""

from __future__ import annotations

import csv
import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.web.bookings.town import START

SHARED = Path(os.environ.get("DAREMO_SHARED", "/work/shared"))
FORMATS = SHARED / "data/formats"
CITY = ("372013", "香川県", "みほん市")


def _head(name: str) -> list[str]:
    return next(csv.reader(io.StringIO((FORMATS / name).read_text("utf-8-sig"))))


@pytest.mark.skipif(not FORMATS.is_dir(), reason="header templates are not here (shared/data/formats)")
def test_the_headings_are_those_of_the_standard() -> None:
    from daremo.web.apps.transfer import municipal

    assert municipal.columns("facility") == _head("xxxxxx_public_facility.csv")
    assert municipal.columns("event") == _head("xxxxxx_event.csv")


def _rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf") and b"\r\n" in data
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


FACILITIES = """都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,名称,名称_カナ,住所,方書,緯度,経度,電話番号,利用可能曜日,開始時間,終了時間,利用可能時間特記事項,バリアフリー情報,備考
372013,1,香川県,みほん市,中央公民館,チュウオウコウミンカン,みほん市本町1-2,2階,34.3401,134.0502,０００－１００－１０００,月火水木金,9：00,17：00,祝日は利用不可,スロープあり,駐車場なし
372013,2,香川県,みほん市,東集会所,ヒガシシュウカイジョ,みほん市東町3,,134.06,34.35,,,,,,,
372013,3,香川県,みほん市,,,みほん市西町3,,34.36,134.07,,,,,,,
372013,4,香川県,みほん市,北会館,,みほん市北町3,,999,999,,,,,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-16"])
def test_a_dirty_municipal_file_is_read_row_by_row(town: Any, encoding: str) -> None:
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.transfer import services as transfer

    kept = transfer.preview(town.act(), town.city, "facility.csv", FACILITIES.encode(encoding))
    assert (kept.kind, kept.added, kept.rejected) == ("facility", 2, 2)
    told = {(problem["row"], problem["code"]) for problem in kept.problems}
    assert told == {(3, "swapped-coordinates"), (4, "missing-name"), (5, "sentinel-coordinates")}
    assert SupportPoint.objects.filter(source="facility").count() == 0
    transfer.apply(town.act(), kept)
    one, two = SupportPoint.objects.filter(source="facility").order_by("source_id")
    assert (one.opening_hours, one.phone, one.step_free) == ("Mo-Fr 09:00-17:00; PH off", "000-100-1000", True)
    assert (one.state, one.floor, one.kana) == ("draft", "2階", "チュウオウコウミンカン")
    assert (two.lat, two.lon) == (34.35, 134.06)


def test_facilities_go_out_as_the_standard_says_and_come_back_the_same(town: Any) -> None:
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.transfer import municipal
    from daremo.web.apps.transfer import services as transfer

    transfer.apply(
        town.act(), transfer.preview(town.act(), town.city, "facility.csv", FACILITIES.encode())
    )  # fmt: skip
    points = list(SupportPoint.objects.filter(source="facility").order_by("source_id"))
    out, problems = municipal.write(points, *CITY)
    assert problems == []
    one = _rows(out)[0]
    assert one["備考"] == "駐車場なし" and one["NO"] == "1" and one["バリアフリー情報"] == "スロープあり"
    assert (one["利用可能曜日"], one["開始時間"], one["終了時間"]) == ("月火水木金", "09:00", "17:00")
    again = transfer.preview(town.act(), town.city, "out.csv", out)
    assert (again.added, again.rejected) == (0, 0)
    changed = {name for change in transfer.look(again).changed for name in change.fields}
    assert changed <= {"extra"}


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("Mo-Fr 08:30-17:15; PH off", ("月火水木金", "08:30", "17:15", "祝日は利用不可")),
        ("Sa,Su 10:00-16:00", ("土日", "10:00", "16:00", "")),
        ("Mo-Fr 09:00-12:00,13:00-17:00", ("", "", "", "Mo-Fr 09:00-12:00,13:00-17:00")),
        ("", ("", "", "", "")),
    ],
)
def test_hours_fit_the_columns_or_stand_in_the_remark(hours: str, said: tuple[str, ...]) -> None:
    from daremo.web.apps.transfer import municipal

    assert municipal.plain_hours(hours) == said


def test_sessions_go_out_as_events_and_the_regions_reader_reads_them(town: Any, tmp_path: Path) -> None:
    from daremo.region.readers.files import GivenFile
    from daremo.region.readers.one_file import read_file
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.transfer import services as transfer

    times = [(START + timedelta(days=d, hours=5), START + timedelta(days=d, hours=7)) for d in (3, 10)]
    schedule.add_series(town.act(), town.offer, town.point, "はじめてのスマホ教室", times, 6)
    town.session(seats=2, hours=50)
    hidden = town.new_offer(public=False)
    town.session(hours=51, offer=hidden)
    gone = town.session(hours=52)
    schedule.cancel_session(town.act(), gone, "中止")
    out = transfer.events_csv([town.city.pk], START, *CITY, address=lambda pk: f"https://example.jp/book/{pk}/")
    rows = _rows(out)
    assert [row["イベント名"] for row in rows] == ["相談", "はじめてのスマホ教室", "はじめてのスマホ教室"]
    assert [row["定員"] for row in rows] == ["2", "6", "6"]
    assert rows[1]["開始日時特記事項"] == "全2回のうち第1回"
    assert (rows[1]["開始日"], rows[1]["開始時間"], rows[1]["終了時間"]) == ("2026-12-04", "14:00", "16:00")
    path = tmp_path / "event.csv"
    path.write_bytes(out)
    found = read_file(GivenFile("event.csv", str(tmp_path), path))
    assert found.kind == "event" and [e["start_date"] for e in found.events] == [
        "2026-12-03",
        "2026-12-04",
        "2026-12-11",
    ]


def test_no_cell_that_goes_to_excel_runs() -> None:
    from daremo.web.apps.transfer.records import as_csv

    out = as_csv(["a", "b"], [{"a": "=1+1", "b": "-34.5"}, {"a": "+81-3-0000", "b": "@x"}], mark=True).decode(
        "utf-8-sig"
    )
    assert out.split("\r\n")[1:3] == ["'=1+1,-34.5", "'+81-3-0000,'@x"]
