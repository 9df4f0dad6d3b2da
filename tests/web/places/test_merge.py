"""One place that stands here twice becomes one, with all that stands there, and two again if it was a mistake."""

from __future__ import annotations

from typing import Any

import pytest

from daremo.kernel.errors import Conflict, UsageError
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import of_the_system
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from tests.web.bookings.town import START, Town


@pytest.fixture
def twin(town: Town) -> Any:
    """The library once more, with a course, a room, a booking, a supporter at home there, and somebody who waits."""
    twin = places.add_point(town.act(), town.city, "中央図書館（2）", lat=34.3, lon=134.0)
    town.point, town.kept = twin, town.point  # type: ignore[attr-defined]
    town.course(lessons=2)
    town.booked = bookings.book(town.act(), [town.session(seats=2)], town.person())  # type: ignore[attr-defined]
    bookings.wait(town.act(), None, town.person(), offer=town.new_offer(), point=twin)
    places.add_resource(town.act(), town.city, "room", "会議室", point=twin)
    places.add_supporter(town.act(), town.city, "例田 花子", home_point=twin)
    town.point = town.kept  # type: ignore[attr-defined]
    return twin


def standing_at(point: Any) -> dict[str, int]:
    """Count what points at a place, in every table."""
    from daremo.web.apps.places.models import SupportPoint

    found = {
        f"{link.related_model._meta.label_lower}.{link.field.name}": link.related_model._default_manager.filter(
            **{link.field.name: point}
        ).count()
        for link in SupportPoint._meta.related_objects
    }
    return {name: n for name, n in found.items() if n}


def test_all_that_stands_at_the_second_row_moves_and_comes_back(town: Town, twin: Any) -> None:
    before, facts = standing_at(twin), journal.facts(twin)
    assert set(before) >= {
        "schedule.session.point", "schedule.series.point", "places.resource.point", "places.supporter.home_point",
        "bookings.waitentry.point",
    }  # fmt: skip
    at_home = standing_at(town.point)
    assert places.merge(town.act(), town.point, twin) == town.point
    assert standing_at(twin) == {}
    assert standing_at(town.point) == {**at_home, **before, "places.supportpoint.merged_into": 1}
    assert (twin.state, places.standing_for(twin)) == ("closed", town.point)
    assert town.booked.bookings.get().session.point == town.point  # type: ignore[attr-defined]
    assert journal.differences() == []
    places.unmerge(town.act(1), twin)
    assert standing_at(twin) == before and standing_at(town.point) == at_home
    assert journal.facts(twin) == facts and journal.differences() == []


def test_what_was_added_at_the_kept_place_since_stays_there(town: Town, twin: Any) -> None:
    places.merge(town.act(), town.point, twin)
    new = town.session(seats=3, hours=90)
    places.unmerge(town.act(1), twin)
    new.refresh_from_db()
    assert new.point == town.point


def test_the_finder_knows_the_kept_place_only_and_an_old_sheet_leads_to_it(town: Town, twin: Any, client: Any) -> None:
    from daremo.web import clock

    with clock.at(START):
        before = {time.point_id for time in schedule.free_times(START)}
        places.merge(town.act(), town.point, twin)
        assert before == {twin.pk} and {time.point_id for time in schedule.free_times(START)} == {town.point.pk}
        assert [row.point_id for row in places.nearest_points(None)] == [town.point.pk]
        answer = client.get(f"/places/{twin.pk}/")
        assert answer.status_code == 302 and answer["Location"] == f"/places/{town.point.pk}/"
        assert client.get("/places/999999/").status_code == 404


def test_a_place_is_merged_once_and_never_with_itself_or_in_a_circle(town: Town, twin: Any) -> None:
    with pytest.raises(UsageError, match=r"\[bad-merge-place\]"):
        places.merge(town.act(), town.point, town.point)
    places.merge(town.act(), town.point, twin)
    with pytest.raises(Conflict, match=r"\[changed-meanwhile\]"):
        places.merge(town.act(), town.point, twin)
    with pytest.raises(UsageError, match=r"\[bad-merge-place\]"):
        places.merge(town.act(), twin, town.point)
    places.unmerge(town.act(), twin)
    with pytest.raises(Conflict, match=r"\[changed-meanwhile\]"):
        places.unmerge(town.act(), twin)


def test_three_rows_of_one_place_come_apart_in_any_order(town: Town, twin: Any) -> None:
    third = places.add_point(town.act(), town.city, "図書館")
    before = standing_at(twin)
    places.merge(town.act(), town.point, twin)
    places.merge(town.act(), third, town.point)
    assert places.standing_for(twin) == third and standing_at(third).items() >= before.items()
    places.unmerge(town.act(), twin)
    assert standing_at(twin) == before
    town.point.refresh_from_db()
    places.unmerge(town.act(), town.point)
    assert standing_at(third) == {} and journal.differences() == []


def test_nobody_with_a_ticket_loses_her_place(town: Town, twin: Any) -> None:
    from daremo.web.apps.queue import services as queue

    ticket = queue.take(town.act(), twin)
    with pytest.raises(Conflict, match=r"\[queue-not-empty\]"):
        places.merge(town.act(), town.point, twin)
    queue.left(town.act(), ticket)
    queue.left(town.act(), queue.take(town.act(), town.point))  # the same number at the other place
    places.merge(town.act(), town.point, twin)
    ticket.refresh_from_db()
    assert ticket.point_id == twin.pk and journal.differences() == []


def test_an_import_does_not_bring_a_merged_place_back(town: Town) -> None:
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.transfer import services as transfer

    head = "都道府県コード又は市区町村コード,NO,名称,住所,緯度,経度\n"
    data = f"{head}372013,1,中央図書館,本町1,34.30,134.00\n372013,2,図書館（中央）,本町一,34.31,134.01\n".encode()
    transfer.apply(town.act(), transfer.preview(town.act(), town.city, "list.csv", data))
    one, two = SupportPoint.objects.filter(source="facility").order_by("source_id")
    places.merge(town.act(), one, two)
    again = transfer.preview(town.act(), town.city, "list.csv", data)
    assert (again.added, again.changed, again.rejected) == (0, 0, 0)
    assert [(p["row"], p["code"]) for p in again.problems if p["code"] == "merged-place"] == [(3, "merged-place")]


def test_staff_merge_and_undo_on_the_page_and_others_cannot(world: Any) -> None:
    from daremo.web.apps.places.models import SupportPoint

    own = world.own["places.supportpoint"]
    twin = places.add_point(of_the_system(START), own.organisation, own.name)
    client = world.client("city")
    assert own.name in client.get(f"/schedule/points/{own.pk}/merge/").content.decode()
    assert client.post(f"/schedule/points/{own.pk}/merge/", {"other": twin.pk}).status_code == 302
    twin.refresh_from_db()
    assert twin.merged_into_id == own.pk
    assert "まとめる前にもどす" in client.get(f"/schedule/points/{own.pk}/").content.decode()
    assert world.client("point").post(f"/schedule/points/{twin.pk}/unmerge/").status_code in (403, 404)
    client.post(f"/schedule/points/{twin.pk}/unmerge/")
    assert SupportPoint.objects.get(pk=twin.pk).merged_into_id is None
