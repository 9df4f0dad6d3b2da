"""A municipal list of events: shown before it writes, dirty rows told by row, out and in again the same, undone."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from daremo.kernel.errors import Conflict
from daremo.web.apps.journal import services as journal
from tests.web.bookings.town import START, Town

CITY = ("372013", "香川県", "みほん市")
#: What of a row belongs to the desk that wrote it: its own number, and the address of its own booking page.
OWN = {"NO", "URL"}

DIRTY = """都道府県コード又は市区町村コード,NO,イベント名,開始日,終了日,開始時間,終了時間,説明,料金(基本),連絡先電話番号,主催者,場所名称,住所,緯度,経度,定員,参加申込終了日,参加申込終了時間,備考
372013,1,スマホ教室,令和8年12月10日,,１３：３０,15時,はじめての方,無料,０００－１００－１０００,みほん市,東集会所,みほん市東町3,34.35,134.06,１０人,2026/12/9,17:00,スリッパ
372013,2,,2026-12-10,,10:00,11:00,,,,,東集会所,,,,5,,,
372013,3,日がない,未定,,10:00,11:00,,,,,東集会所,,,,5,,,
372013,4,時刻がない,2026-12-10,,,11:00,,,,,東集会所,,,,5,,,
372013,5,逆さま,2026-12-10,2026-12-10,15:00,14:00,,,,,東集会所,,,,5,,,
372013,6,作品展,2026-12-10,2026-12-13,10:00,16:00,,,,,東集会所,,,,5,,,
372013,7,席が読めない,2026-12-10,,10:00,11:00,,,,,東集会所,,,,多数,,,
372013,8,料金が読めない,2026-12-10,,10:00,11:00,,材料費実費,,,東集会所,,,,5,,,
372013,9,場所がない,2026-12-10,,10:00,11:00,,,,,,,,,5,,,
372013,10,終わった行事,2026-11-10,,10:00,11:00,,,,,東集会所,,,,5,,,
372013,11,スマホ教室,2026-12-10,,13:30,15:00,,,,,東集会所,,,,10,,,
372013,12,相談会,2026-12-11,,9:00,12:00,,500円,,,中央図書館,,134.05,34.34,3,2027-01-01,,
"""


def _preview(town: Town, data: bytes, name: str = "event.csv") -> Any:
    from daremo.web.apps.transfer import services as transfer

    return transfer.preview(town.act(), town.city, name, data)


def _out(town: Town) -> bytes:
    from daremo.web.apps.transfer import services as transfer

    return transfer.events_csv([town.city.pk], START, *CITY, address=lambda pk: f"https://example.jp/book/{pk}/")


def _rows(data: bytes) -> list[dict[str, str]]:
    told = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return [{name: cell for name, cell in row.items() if name not in OWN} for row in told]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_dirty_list_of_events_is_told_row_by_row_and_nothing_is_lost(town: Town, encoding: str) -> None:
    from daremo.web.apps.schedule.models import Session
    from daremo.web.apps.transfer import services as transfer

    kept = _preview(town, DIRTY.encode(encoding))
    assert (kept.kind, kept.added, kept.rejected) == ("event", 2, 10)
    errors = [(problem["row"], problem["code"]) for problem in kept.problems if problem["severity"] == "error"]
    assert sorted(errors) == [
        (3, "missing-name"), (4, "bad-date"), (5, "bad-time"), (6, "ends-before"), (7, "many-days"),
        (8, "bad-capacity"), (9, "bad-price"), (10, "missing-place"), (11, "past"), (12, "twice"),
    ]  # fmt: skip
    warned = {(p["row"], p["code"]) for p in kept.problems if p["severity"] != "error"}
    assert warned == {(13, "swapped-coordinates"), (13, "bad-closing")}
    assert not Session.objects.exists(), "a preview writes nothing"
    transfer.apply(town.act(), kept)
    one, two = Session.objects.order_by("starts")
    assert (one.offer.title, one.point.name, one.seats.count(), one.state) == ("スマホ教室", "東集会所", 10, "planned")
    assert one.starts.isoformat() == "2026-12-10T04:30:00+00:00" and one.offer.notice_hours == 21
    assert (one.point.state, one.point.lat, one.point.phone) == ("draft", 34.35, "000-100-1000")
    assert one.extra["備考"] == "スリッパ" and one.source_id == "372013:1"
    assert two.point == town.point and (two.offer.price_yen, two.offer.minutes) == (500, 180)
    assert journal.differences() == []
    again = _preview(town, DIRTY.encode(encoding))
    assert (again.added, again.changed) == (0, 0)


def _some_events(town: Town) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule

    places.change_point(town.act(), town.point, lat=34.34, lon=134.05, address="みほん市本町1", floor="2階")
    town.course(lessons=3, seats=6)
    town.session(seats=2, hours=50, offer=town.new_offer(minutes=60, notice_hours=24))
    other = places.add_point(town.act(), town.city, "東集会所", phone="000-100-1000")
    paid = town.new_offer(minutes=60, price_yen=500)
    schedule.add_session(town.act(), paid, other, START + timedelta(hours=60), START + timedelta(hours=61), 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
def test_what_goes_out_comes_in_elsewhere_and_goes_out_the_same(town: Town, encoding: str) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule.models import Series, Session
    from daremo.web.apps.transfer import services as transfer

    _some_events(town)
    out = _out(town)
    own = _preview(town, out.decode("utf-8-sig").encode(encoding))
    assert (own.added, own.changed, own.rejected, transfer.look(own, town.act()).same) == (0, 0, 0, 5)
    elsewhere = Town(places.add_organisation(town.act(), "みほん市", "city"), None, None)
    kept = _preview(elsewhere, out.decode("utf-8-sig").encode(encoding))
    assert (kept.added, kept.changed, kept.rejected) == (5, 0, 0)
    transfer.apply(town.act(), kept, public=True)
    assert _rows(_out(elsewhere)) == _rows(out)
    sessions = Session.objects.filter(offer__organisation=elsewhere.city)
    assert {session.state for session in sessions} == {"open"}
    course = Series.objects.get(offer__organisation=elsewhere.city)
    assert list(course.sessions.order_by("starts").values_list("ordinal", flat=True)) == [1, 2, 3]
    assert journal.differences() == []


def test_half_a_course_comes_in_as_sessions_by_themselves_and_that_is_told(town: Town) -> None:
    from daremo.web.apps.schedule.models import Series, Session
    from daremo.web.apps.transfer import services as transfer

    town.course(lessons=3, seats=6)
    lines = _out(town).decode("utf-8-sig").splitlines(keepends=True)
    elsewhere = Town(_other(town), None, None)
    kept = _preview(elsewhere, "".join(lines[:3]).encode())
    assert {(p["row"], p["code"]) for p in kept.problems} == {(2, "course-incomplete"), (3, "course-incomplete")}
    transfer.apply(town.act(), kept)
    rows = Session.objects.filter(offer__organisation=elsewhere.city)
    assert rows.count() == 2 and not Series.objects.filter(offer__organisation=elsewhere.city).exists()


def _other(town: Town) -> Any:
    from daremo.web.apps.places import services as places

    return places.add_organisation(town.act(), "べつの市", "city")


def test_a_list_that_changes_seats_changes_them_and_one_that_moves_a_session_is_refused_by_row(town: Town) -> None:
    from daremo.web.apps.schedule.models import Session
    from daremo.web.apps.transfer import services as transfer

    data = DIRTY.splitlines(keepends=True)
    first = (data[0] + data[1]).encode()
    transfer.apply(town.act(), _preview(town, first))
    more = _preview(town, first.decode().replace("１０人", "12人").encode())
    assert (more.added, more.changed, more.rejected) == (0, 1, 0)
    transfer.apply(town.act(), more)
    session = Session.objects.get()
    assert session.seats.filter(withdrawn=False).count() == 12
    transfer.undo(town.act(), more)
    assert session.seats.filter(withdrawn=False).count() == 10
    moved = _preview(town, first.decode().replace("１３：３０", "10:00").encode())
    assert (moved.added, moved.changed) == (0, 0)
    assert [(p["row"], p["code"]) for p in moved.problems if p["severity"] == "error"] == [(2, "event-moved")]
    assert journal.differences() == []


def test_an_import_is_taken_back_to_the_letter_but_not_once_somebody_booked(town: Town) -> None:
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.schedule.models import Offer, Seat, Session
    from daremo.web.apps.transfer import services as transfer

    tables = (SupportPoint, Offer, Session, Seat)
    before = [table._default_manager.count() for table in tables]
    kept = _preview(town, DIRTY.encode())
    transfer.apply(town.act(), kept, public=True)
    transfer.undo(town.act(), kept)
    assert [table._default_manager.count() for table in tables] == before and journal.differences() == []
    again = _preview(town, DIRTY.encode())
    transfer.apply(town.act(), again, public=True)
    bookings.book(town.act(), [Session.objects.order_by("starts")[0]], town.person())
    with pytest.raises(Conflict, match=r"\[undo-changed\]"):
        transfer.undo(town.act(), again)
    assert Session.objects.count() == 2 and journal.differences() == []


def test_staff_see_what_a_list_would_do_and_choose_how_it_comes_in(world: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from daremo.web.apps.schedule.models import Session

    client = world.client("city")
    page = client.post("/transfer/", {"file": SimpleUploadedFile("event.csv", DIRTY.encode("cp932"))}, follow=True)
    text = page.content.decode()
    assert "取りこんで、すぐ予約を受ける" in text and "何日も続く行事" in text and "新しくたす場所" in text
    before = Session.objects.count()
    client.post(page.redirect_chain[-1][0], {"what": "open"}, follow=True)
    assert Session.objects.count() == before + 2 and Session.objects.filter(state="open", source_id="372013:1").exists()
