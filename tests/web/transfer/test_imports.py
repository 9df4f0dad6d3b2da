"""Imports are shown before they write, and undone while nobody has built on them."""

from __future__ import annotations

import io
from typing import Any

import pytest

from daremo.kernel.errors import Conflict, UsageError

HEAD = "NO,名称,住所,緯度,経度,電話番号\n"


@pytest.fixture
def kept(town: Any) -> Any:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.transfer import services as transfer

    town.old = places.add_point(
        town.act(), town.city, "東集会所", lat=34.35, lon=134.06, phone="000-000-0001", address="東町3"
    )  # fmt: skip
    data = (HEAD + "1,東集会所,東町3,34.3501,134.0601,000-000-0002\n2,西集会所,西町1,34.30,134.00,\n").encode()
    return transfer.preview(town.act(), town.city, "list.csv", data)


def _points() -> list[str]:
    from daremo.web.apps.places.models import SupportPoint

    return list(SupportPoint.objects.order_by("pk").values_list("name", flat=True))


def test_a_preview_writes_no_point_and_says_what_would_change(town: Any, kept: Any) -> None:
    from daremo.web.apps.transfer import services as transfer

    before = _points()
    told = transfer.look(kept)
    assert [record.fields["name"] for record in told.added] == ["西集会所"]
    [change] = told.changed
    assert change.point == town.old
    assert change.fields["phone"] == ("000-000-0001", "000-000-0002")
    assert _points() == before


def test_an_import_is_written_once_and_undone_to_the_letter(town: Any, kept: Any) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.transfer import services as transfer

    facts = journal.facts(town.old)
    transfer.apply(town.act(), kept)
    town.old.refresh_from_db()
    assert (town.old.phone, _points()) == ("000-000-0002", ["中央図書館", "東集会所", "西集会所"])
    with pytest.raises(Conflict):
        transfer.apply(town.act(), kept)
    transfer.undo(town.act(), kept)
    town.old.refresh_from_db()
    assert journal.facts(town.old) == facts
    assert _points() == ["中央図書館", "東集会所"]
    assert journal.differences() == []
    with pytest.raises(Conflict):
        transfer.undo(town.act(), kept)


@pytest.mark.parametrize("what", ["changed", "added", "built"])
def test_an_import_that_somebody_built_on_is_not_undone_and_nothing_changes(town: Any, kept: Any, what: str) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.transfer import services as transfer

    transfer.apply(town.act(), kept)
    new = SupportPoint.objects.get(name="西集会所")
    if what == "changed":
        town.old.refresh_from_db()
        places.change_point(town.act(), town.old, phone="000-000-0009")
    elif what == "added":
        places.change_point(town.act(), new, phone="000-000-0009")
    else:
        town.point = new
        town.session()
    before = _points()
    with pytest.raises(Conflict) as caught:
        transfer.undo(town.act(), kept)
    assert caught.value.code == "undo-changed"
    kept.refresh_from_db()
    assert (kept.state, _points()) == ("applied", before)


def test_excel_is_read_as_csv_is(town: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from daremo.web.apps.transfer import services as transfer

    book = openpyxl.Workbook()
    book.active.append(["お知らせ"])
    sheet = book.create_sheet("施設")
    for row in (["公共施設一覧（令和8年）"], HEAD.strip().split(","), [1, "西集会所", "西町1", 34.3, 134.0, None]):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    kept = transfer.preview(town.act(), town.city, "list.xlsx", out.getvalue())
    assert (kept.kind, kept.added) == ("facility", 1)


def test_the_same_place_twice_in_a_file_is_taken_once(town: Any) -> None:
    from daremo.web.apps.transfer import services as transfer

    data = (HEAD + "1,西集会所,西町1,34.3,134.0,\n1,西集会所,西町1,34.3,134.0,\n").encode()
    assert transfer.preview(town.act(), town.city, "list.csv", data).added == 1


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "bad-file"),
        ("a.png", b"\x89PNG\r\n", "bad-file"),
        ("a.csv", b"", "bad-file"),
        ("a.xlsx", b"PK\x03\x04garbage", "bad-file"),
        ("a.csv", "名前,年齢\n見本,70\n".encode(), "unknown-layout"),
    ],
)
def test_what_is_no_list_of_places_is_refused(town: Any, name: str, data: bytes, code: str) -> None:
    from daremo.web.apps.transfer import services as transfer

    with pytest.raises(UsageError) as caught:
        transfer.preview(town.act(), town.city, name, data)
    assert caught.value.code == code


def test_the_content_of_a_file_is_not_in_the_journal(town: Any, kept: Any) -> None:
    from daremo.web.apps.journal import services as journal

    [event] = journal.events_of(kept)
    assert "content" not in event.data and "東集会所" not in str(event.data["undo"])
