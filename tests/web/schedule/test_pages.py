"""Staff pages of the schedule and of files: what a form says is what happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.web.staff.world import World

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    from django.core.cache import cache

    from daremo.web import clock

    cache.clear()
    with clock.at(NOW):
        yield World(NOW)


def test_an_opening_in_words_becomes_sessions(world: World) -> None:
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.schedule.models import Opening

    point, offer = world.own["places.supportpoint"], world.own["schedule.offer"]
    before = set(Opening.objects.values_list("pk", flat=True))
    told = {
        "offer": offer.pk,
        "often": "1",
        "days": ["TU", "TH"],
        "start": "午前10時",
        "end": "12：00",
        "first": "令和8年12月8日",
        "skip_holidays": "on",
    }
    answer = world.client("manager").post(f"/schedule/points/{point.pk}/opening/", told)
    assert answer.status_code == 302
    opening = Opening.objects.exclude(pk__in=before).get()
    assert schedule.said(opening) == "毎週火曜・木曜 10時〜12時（祝日は休み）"
    assert opening.sessions.count() > 20
    page = world.client("manager").get(f"/schedule/points/{point.pk}/").content.decode()
    assert "毎週火曜・木曜 10時〜12時（祝日は休み）" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"days": []}, "曜日を、ひとつ以上選んでください。"),
        ({"end": "9:00"}, "終わりは、始まりより後にしてください。"),
        ({"start": "あさ"}, "時刻が読み取れませんでした"),
        ({"offer": "999999"}, "エラー"),
    ],
)
def test_a_form_that_cannot_be_meant_is_shown_again(world: World, change: dict[str, Any], says: str) -> None:
    from daremo.web.apps.schedule.models import Opening

    point, offer = world.own["places.supportpoint"], world.own["schedule.offer"]
    told = {"offer": offer.pk, "often": "nth2", "days": ["TU"], "start": "10:00", "end": "12:00", "first": "2026-12-08"}
    before = Opening.objects.count()
    answer = world.client("manager").post(f"/schedule/points/{point.pk}/opening/", {**told, **change})
    assert answer.status_code == 200 and says in answer.content.decode()
    assert Opening.objects.count() == before


def test_an_offer_of_another_organisation_cannot_be_chosen(world: World) -> None:
    from daremo.web.apps.schedule.models import Opening

    point, other = world.own["places.supportpoint"], world.other["schedule.offer"]
    told = {"offer": other.pk, "often": "1", "days": ["TU"], "start": "10:00", "end": "12:00", "first": "2026-12-08"}
    before = Opening.objects.count()
    assert world.client("manager").post(f"/schedule/points/{point.pk}/opening/", told).status_code == 200
    assert Opening.objects.count() == before


def test_a_supporter_of_another_organisation_cannot_be_put_into_a_session(world: World) -> None:
    session, other = world.own["schedule.session"], world.other["places.supporter"]
    world.client("manager").post(f"/schedule/sessions/{session.pk}/staff/", {"supporter": other.pk})
    assert not session.uses.filter(resource=other.resource, active=True).exists()


def test_leave_is_written_and_taken_back(world: World) -> None:
    supporter = world.own["places.supporter"]
    browser, here = world.client("manager"), f"/schedule/supporters/{supporter.pk}/"
    before = supporter.leaves.count()
    browser.post(f"{here}leave/", {"first": "令和8年12月24日", "last": "2026/12/28"})
    leave = supporter.leaves.order_by("-pk").first()
    assert (str(leave.first), str(leave.last), supporter.leaves.count()) == ("2026-12-24", "2026-12-28", before + 1)
    browser.post(f"{here}remove/", {"leave": leave.pk})
    assert supporter.leaves.count() == before
    theirs = world.other["places.supporter"].leaves.first()
    if theirs is not None:
        browser.post(f"{here}remove/", {"leave": theirs.pk})
        assert world.other["places.supporter"].leaves.filter(pk=theirs.pk).exists()


def test_a_file_is_shown_first_then_imported_then_undone(world: World) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.transfer.models import Import

    browser = world.client("manager")
    data = "NO,名称,住所,緯度,経度\n1,新しい集会所,西町1,34.3,134.0\n2,,西町2,34.3,134.0\n".encode("cp932")
    answer = browser.post("/transfer/", {"file": SimpleUploadedFile("一覧.csv", data)})
    row = Import.objects.order_by("-pk").first()
    assert row is not None and answer["Location"] == f"/transfer/imports/{row.pk}/"
    page = browser.get(answer["Location"]).content.decode()
    assert "新しい集会所" in page and "名前が空です" in page
    found = SupportPoint.objects.filter(name="新しい集会所")
    assert not found.exists()
    browser.post(answer["Location"], {"what": "apply"})
    assert found.count() == 1
    browser.post(answer["Location"], {"what": "undo"})
    assert not found.exists()


def test_a_file_that_cannot_be_read_says_so(world: World) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = world.client("manager").post("/transfer/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")})
    assert "このファイルは読めません" in answer.content.decode()


def test_exports_and_feeds_are_sent(world: World) -> None:
    browser = world.client("manager")
    for layout in ("lieux", "inclusion", "facility"):
        answer = browser.get(f"/transfer/export/{layout}/")
        assert answer.status_code == 200 and answer.content
    assert browser.get("/transfer/export/nothing/").status_code == 404
    import icalendar

    answer = browser.get("/events.ics")
    assert icalendar.Calendar.from_ical(answer.content)["VERSION"] == "2.0"
    assert browser.get("/events.csv").content.decode("utf-8-sig").startswith("都道府県コード又は市区町村コード,NO")


def test_the_roster_gives_what_is_ticked_and_nothing_else(world: World) -> None:
    from daremo.web.apps.schedule.models import Use

    browser = world.client("manager")
    before = Use.objects.count()
    assert browser.get("/schedule/roster/?from=2026-12-01").status_code == 200
    browser.post("/schedule/roster/", {"from": "2026-12-01", "pair": ["1-1", "x", "999-999"]})
    assert Use.objects.count() - before <= 1
