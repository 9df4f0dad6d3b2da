"""The machine at the place: a number for whoever walks in, and for whoever has a booking today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daremo.web import clock
from daremo.web.apps.bookings.models import Booking
from daremo.web.apps.queue.models import Ticket
from tests.journeys.desk import NOW, Town
from tests.web.finder.conftest import Resident


@pytest.fixture
def booked(town: Town, another: Resident) -> tuple[str, Any]:
    """A booking tomorrow at one at the town hall, by somebody who sits at home."""
    session = next(s for s in town.sessions if s.point_id == town.points[3].pk)
    return another.books(session, name="例田 べつ", phone="090-2222-3333"), session


def test_whoever_walks_in_says_what_it_is_about_and_gets_a_number(resident: Resident, town: Town) -> None:
    at = f"/kiosk/{town.points[3].pk}/"
    assert "ひとつ選んでください" in resident.post(at).content.decode() and not Ticket.objects.exists()
    page = resident.post(at, need="scam").content.decode()
    assert "あなたの番号は 1 番です" in page and Ticket.objects.get().topic == "scam"
    assert "あなたの番号は 2 番です" in resident.post(at, need="call").content.decode()


def test_the_next_person_does_not_see_the_number_before(resident: Resident, town: Town) -> None:
    at = f"/kiosk/{town.points[3].pk}/"
    resident.post(at, need="call")
    resident.post(at + "ticket/")
    assert resident.get(at + "ticket/").status_code == 302


def test_whoever_has_a_booking_arrives_once(resident: Resident, town: Town, booked: tuple[str, Any]) -> None:
    number, session = booked
    with clock.at(session.starts - timedelta(minutes=20)):
        for _ in range(2):
            page = resident.post(f"/kiosk/{town.points[3].pk}/", number=number, phone="3333").content.decode()
            assert "あなたの番号は 1 番です" in page and "例田" not in page
    assert Booking.objects.get().state == "arrived" and Ticket.objects.count() == 1


@pytest.mark.parametrize(("phone", "said"), [("3333", "きょうの、この場所の予約ではありません"), ("0000", "見つかりません"), ("", "見つかりません")])  # fmt: skip
def test_a_booking_of_another_day_or_with_a_wrong_telephone_is_told_gently(
    resident: Resident, town: Town, booked: tuple[str, Any], phone: str, said: str
) -> None:
    page = resident.post(f"/kiosk/{town.points[3].pk}/", number=booked[0], phone=phone)
    assert said in page.content.decode() and page.context["has_errors"] and not Ticket.objects.exists()


def test_guessing_at_the_machine_ends_with_429(resident: Resident, town: Town) -> None:
    from daremo.web.apps.bookings.numbers import new_number

    at = f"/kiosk/{town.points[3].pk}/"
    assert [resident.post(at, number=new_number(), phone="1").status_code for _ in range(11)][-1] == 429


def test_the_board_names_numbers_and_nobody(resident: Resident, town: Town, booked: tuple[str, Any]) -> None:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.queue import services as queue

    number, session = booked
    with clock.at(session.starts):
        resident.post(f"/kiosk/{town.points[3].pk}/", number=number, phone="3333")
        queue.call_next(of_the_system(clock.now()), town.points[3])
        page = resident.get(f"/kiosk/{town.points[3].pk}/board/").content.decode()
    assert ">1</p>" in page and "例田" not in page and clock.now() == NOW
