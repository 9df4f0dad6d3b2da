"""A full course from the page and from the telephone: wait, be offered all dates, take them; held while one talks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.bookings.models import Booking, Reservation, WaitEntry
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.people import services as people
from daremo.web.apps.staff import services as staff
from daremo.web.apps.staff.models import Role
from tests.against.oversold import counted
from tests.journeys.desk import NOW, Town
from tests.web.finder.conftest import Resident

ACT = Act("user:1", NOW, channel="phone")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def lessons(town: Town) -> list[Any]:
    return list(town.series.sessions.order_by("ordinal"))


@pytest.fixture
def enrolled(town: Town) -> list[Any]:
    """The course is full: three people have all four dates."""
    who = [people.add_person(ACT, town.city, name=f"受講 {n}", phone=f"090-1111-000{n}") for n in range(3)]
    return [bookings.book(ACT, lessons(town), one) for one in who]


@pytest.fixture
def telephone(town: Town) -> Client:
    """Somebody of the city at the telephone, signed in."""
    city = next(row.user for row in staff.practice_accounts(ACT, town.city) if row.role == Role.CITY)
    client = Client()
    client.force_login(city)
    return client


def test_a_full_course_is_waited_for_and_taken_as_a_whole(resident: Resident, town: Town, enrolled: list[Any]) -> None:
    first = lessons(town)[0]
    place = text(resident.get(f"/places/{town.points[0].pk}/"))
    assert "いっぱいの時間と教室" in place and f'href="/wait/{first.pk}/"' in place and "全4回" in place
    gone = resident.get(f"/book/{first.pk}/")
    assert gone.status_code == 409 and "この教室の空きを待つ" in text(gone) and "4回め" in text(gone)
    check = resident.answers("wait", first.pk)
    assert "この内容で空きを待ちますか" in text(check) and "4回め" in text(check)
    resident.post(f"/errand/wait/{first.pk}/check/")
    entry = WaitEntry.objects.get()
    assert entry.series == town.series and entry.session is None and entry.state == "waiting"
    assert "全部の回に席が空いたら" in text(resident.get("/mine/booking/"))
    for booking in enrolled[0].bookings.order_by("session__starts"):
        bookings.cancel(ACT, booking)
    mine = text(resident.get("/mine/booking/"))
    assert "4回まとめて予約する" in mine and "あなたのために取り置いています" in mine
    taken = text(resident.post(f"/mine/wait/{entry.pk}/accept/"))
    assert taken.count("予約ずみ") == 4 and "予約できました" in taken
    assert entry.reservation.bookings.filter(state="confirmed").count() == 4
    assert not any(counted().values()) and journal.differences() == []


def test_an_offered_course_can_be_passed_on(resident: Resident, town: Town, enrolled: list[Any]) -> None:
    resident.answers("wait", lessons(town)[0].pk)
    resident.post(f"/errand/wait/{lessons(town)[0].pk}/check/")
    for booking in enrolled[0].bookings.all():
        bookings.cancel(ACT, booking)
    entry = WaitEntry.objects.get()
    assert "3回め" in text(resident.get(f"/mine/wait/{entry.pk}/decline/"))
    assert "席をゆずりました" in text(resident.post(f"/mine/wait/{entry.pk}/decline/"))
    assert not Booking.objects.filter(state="held").exists()
    assert f'href="/book/{lessons(town)[0].pk}/"' in text(resident.get(f"/places/{town.points[0].pk}/"))


def test_the_telephone_puts_a_caller_on_the_list_of_a_full_course_and_answers_for_her(
    telephone: Client, town: Town, enrolled: list[Any]
) -> None:
    call = {"who": "4444", "p": "new", "name": "例田 ゆき", "phone": "090-0000-4444", "need": "proc"}
    page = text(telephone.post("/desk/", call))
    assert f'value="course:{town.series.pk}"' in page
    telephone.post("/desk/", {**call, "do": f"course:{town.series.pk}"}, follow=True)
    entry = WaitEntry.objects.get()
    assert entry.series == town.series and entry.reservation.channel == "phone"
    for booking in enrolled[0].bookings.all():
        bookings.cancel(ACT, booking)
    listed = text(telephone.get("/desk/waiting/"))
    assert "はじめてのスマホ教室・全部の回" in listed and "例田 ゆき" in listed
    telephone.post(f"/desk/waiting/{entry.pk}/accept/")
    assert entry.reservation.bookings.filter(state="confirmed").count() == 4


def test_no_telephone_waits_for_a_course_of_another_organisation(telephone: Client, town: Town) -> None:
    call = {"who": "4444", "p": "new", "name": "例田 ゆき", "do": "course:999"}
    assert telephone.post("/desk/", call).status_code == 409
    assert not WaitEntry.objects.exists() and not Reservation.objects.exists()


def test_the_telephone_holds_and_books_a_course_as_a_whole(telephone: Client, town: Town) -> None:
    first = lessons(town)[0]
    call = {"who": "5555", "p": "new", "name": "例田 そら", "slot": str(first.pk), "once": "call-0001"}
    page = text(telephone.post("/desk/", call))
    held = Booking.objects.filter(state="held")
    assert held.count() == 4 and "全4回です" in page and "4回めは" in page and "全4回を、この画面で" in page
    assert f'value="course:{town.series.pk}"' not in page
    hold = held.order_by("session__starts")[0].pk
    other = {"who": "5555", "p": "new", "name": "例田 そら", "slot": str(town.sessions[0].pk), "hold": hold}
    telephone.post("/desk/", {**other, "once": "call-0001"})
    assert Booking.objects.filter(state="held").count() == 1, "another time was chosen: the course is free again"
    telephone.post("/desk/", {**call, "once": "call-0002"})
    hold = Booking.objects.filter(state="held", session=first).latest("pk").pk
    done = telephone.post(
        "/desk/", {**call, "once": "call-0002", "hold": hold, "ok": "1", "do": "confirm"}, follow=True
    )
    assert done.status_code == 200
    made = Reservation.objects.get()
    assert made.bookings.filter(state="confirmed").count() == 4 and made.consent_read_back
    assert not any(counted().values()) and journal.differences() == []
