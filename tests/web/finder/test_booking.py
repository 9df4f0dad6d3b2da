"""Booking, for oneself or for somebody else: what is kept, what is asked again, what stands in no address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daremo.web import clock
from daremo.web.apps.bookings.models import Booking, Reservation, WaitEntry
from daremo.web.apps.people.models import Contact
from tests.journeys.desk import NOW, Town
from tests.web.finder.conftest import Resident

PERSONAL = ("見本", "はなこ", "1234", "%E8%A6%8B", "さくら")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_booking_is_made_by_the_last_press_alone(resident: Resident, town: Town) -> None:
    session = town.sessions[0]
    page = resident.answers("book", session.pk)
    assert "この内容で予約しますか" in text(page) and not Reservation.objects.exists()
    done = resident.post(f"/errand/book/{session.pk}/check/")
    made = Reservation.objects.get()
    assert "予約できました" in text(done) and made.topic == "proc" and made.channel == "web"
    assert Booking.objects.get().state == "confirmed"


def test_no_address_holds_anything_about_a_person(resident: Resident, town: Town) -> None:
    number = resident.books(town.sessions[0])
    resident.opens(number, "090-0000-1234")
    resident.get("/mine/booking/")
    assert len(resident.seen) > 10
    for address in resident.seen:
        assert not any(part in address for part in (*PERSONAL, number)), address


def test_pressed_twice_it_is_booked_once(resident: Resident, town: Town) -> None:
    number = resident.books(town.sessions[0])
    again = resident.post(f"/errand/book/{town.sessions[0].pk}/check/")
    assert "お待ちしています" in text(again) and Reservation.objects.get().number == number


def test_answers_are_kept_for_seven_days_and_not_longer(resident: Resident, town: Town) -> None:
    session = town.sessions[-1]
    resident.answers("book", session.pk)
    assert resident.client.session.get_expiry_age() == pytest.approx(7 * 24 * 3600, abs=60)
    check = f"/errand/book/{session.pk}/check/"
    with clock.at(NOW + timedelta(days=2)):
        assert "見本 はなこ さん" in text(resident.get(check))
    with clock.at(NOW + timedelta(days=7, minutes=1)):
        assert resident.get(check).status_code == 302


def test_a_step_that_was_answered_is_filled_in_again(resident: Resident, town: Town) -> None:
    at = f"/errand/book/{town.sessions[0].pk}/"
    resident.answers("book", town.sessions[0].pk, phone="０９０ 0000 1234")
    page = text(resident.get(at + "you/"))
    assert 'value="見本 はなこ"' in page and 'value="０９０ 0000 1234"' in page
    assert "checked" in text(resident.get(at + "need/"))
    assert "「０９０ 0000 1234」をこう読み取りました" in text(resident.get(at + "check/"))


def test_a_step_is_not_jumped_over(resident: Resident, town: Town) -> None:
    at = f"/errand/book/{town.sessions[0].pk}/"
    assert resident.get(at + "check/")["Location"] == at + "who/"
    resident.post(at + "who/", by="self")
    assert resident.get(at + "check/")["Location"] == at + "need/"


def test_whoever_changes_to_book_for_another_is_asked_for_her_own_name(resident: Resident, town: Town) -> None:
    at = f"/errand/book/{town.sessions[0].pk}/"
    resident.answers("book", town.sessions[0].pk)
    page = resident.post(at + "who/", by="family")
    assert page.redirect_chain[-1][0] == at + "you/" and "あなたのお名前" in text(page)


@pytest.mark.parametrize(("whose", "both"), [("helper", True), ("person", False)])
def test_booked_for_somebody_else_it_is_told_whose_telephone_it_is(
    resident: Resident, town: Town, whose: str, both: bool
) -> None:
    told = {"by": "family", "name": "見本 たろう", "helper_name": "見本 さくら", "whose": whose}
    resident.books(town.sessions[0], **told)
    made = Reservation.objects.get()
    father, daughter = made.person.contact, made.helper.contact
    assert (father.name, daughter.name, made.by) == ("見本 たろう", "見本 さくら", "family")
    assert father.phone == "090-0000-1234" and bool(daughter.phone) is both
    assert ("さくら" in father.note) is both


def test_for_somebody_else_it_must_be_said_whose_telephone_it_is(resident: Resident, town: Town) -> None:
    page = resident.answers("book", town.sessions[0].pk, by="carer", helper_name="支援 さん")
    assert "どなたの電話か、選んでください" in text(page) and 'value="支援 さん"' in text(page)


def test_without_a_telephone_nobody_is_called_and_the_number_alone_suffices(
    resident: Resident, another: Resident, town: Town
) -> None:
    number = resident.books(town.sessions[0], phone="", no_phone="on")
    assert Reservation.objects.get().remind_by == "none" and "確認の連絡" not in text(resident.get("/done/"))
    assert "予約ずみ" in text(another.opens(f"{number[:3]} {number[3:7]} {number[7:]}", ""))


@pytest.mark.parametrize("phone", ["", " ", "-", "電話", "0000", "999"])
def test_the_number_alone_never_opens_a_booking_with_a_telephone(
    resident: Resident, another: Resident, town: Town, phone: str
) -> None:
    number = resident.books(town.sessions[0])
    assert "ちがうようです" in text(another.opens(number, phone))
    assert "reservation" not in another.client.session


@pytest.mark.parametrize("phone", ["-", "電話", "0000"])
def test_a_made_up_telephone_opens_nothing_where_none_was_told(
    resident: Resident, another: Resident, town: Town, phone: str
) -> None:
    number = resident.books(town.sessions[0], phone="", no_phone="on")
    assert "ちがうようです" in text(another.opens(number, phone))


def test_an_erased_contact_does_not_open_a_booking_by_number_alone(
    resident: Resident, another: Resident, town: Town
) -> None:
    number = resident.books(town.sessions[0])
    Contact.objects.all().delete()
    assert "ちがうようです" in text(another.opens(number, ""))


def test_long_after_the_session_the_number_alone_opens_nothing(
    resident: Resident, another: Resident, town: Town
) -> None:
    number = resident.books(town.sessions[0], phone="", no_phone="on")
    with clock.at(NOW + timedelta(days=4)):
        assert "ちがうようです" in text(another.opens(number, ""))


def test_too_many_wrong_numbers_get_the_page_with_429(resident: Resident, town: Town) -> None:
    from daremo.web.apps.bookings.numbers import new_number

    answers = [resident.opens(new_number(), phone) for phone in ("", "1234") * 6]
    assert answers[0].status_code == 200 and answers[-1].status_code == 429
    assert "少しお待ちください" in text(answers[-1]) and "0000-12-3456" in text(answers[-1])


def test_a_seat_that_is_gone_is_told_at_once_with_the_next_times(
    resident: Resident, another: Resident, town: Town
) -> None:
    session = town.sessions[0]
    resident.books(session)
    page = another.get(f"/book/{session.pk}/")
    assert page.status_code == 409
    # the same place first, and each time stands under its place
    assert [g["place"].split(" ")[0] for g in page.context["times"]] == [
        "みなとコミュニティセンター",
        "ひがし図書館",
        "みほん駅前",
    ]
    assert text(page).count('class="time"') == 9
    assert f'href="/wait/{session.pk}/"' in text(page) and "<title>エラー：" in text(page)


def test_a_seat_taken_at_the_last_moment_keeps_every_answer_and_no_person(
    resident: Resident, another: Resident, town: Town
) -> None:
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.journal.act import Act

    session = town.sessions[0]
    resident.answers("book", session.pk, phone="", no_phone="on")
    with clock.at(NOW + timedelta(minutes=31)):  # the hold is over, and another one was quicker
        bookings.expire(Act("system", clock.now(), channel="system"))
        another.books(session, name="例田 はやい")
        page = resident.post(f"/errand/book/{session.pk}/check/")
        assert page.status_code == 409 and "つぎの時間でも使えます" in text(page)
        assert not Contact.objects.filter(name="見本 はなこ").exists()
        other = town.sessions[1]
        begun = resident.client.get(f"/book/{other.pk}/")
        assert begun["Location"] == f"/errand/book/{other.pk}/check/"
        assert "見本 はなこ さん" in text(resident.get(f"/errand/book/{other.pk}/check/"))


def test_answers_go_only_where_the_person_went_from_that_page(resident: Resident, town: Town) -> None:
    resident.answers("book", town.sessions[0].pk)
    assert resident.get(f"/book/{town.sessions[1].pk}/")["Location"].endswith("/who/")


def test_stopping_gives_the_seat_back_and_forgets_the_answers(resident: Resident, town: Town) -> None:
    session = town.sessions[0]
    resident.answers("book", session.pk)
    assert Booking.objects.get().state == "held"
    resident.post(f"/errand/book/{session.pk}/stop/")
    assert Booking.objects.exclude(state="held").count() == 1 and not resident.client.session["drafts"]


def test_deleting_from_this_machine_leaves_nothing_in_the_session(resident: Resident, town: Town) -> None:
    resident.books(town.sessions[0])
    resident.answers("book", town.sessions[1].pk)
    page = resident.post("/mine/leave/")
    assert "もう何も残っていません" in text(page) and not dict(resident.client.session.items())
    assert resident.get("/done/").status_code == 302 and Reservation.objects.count() == 1


def test_a_course_is_booked_whole_or_not_at_all(resident: Resident, another: Resident, town: Town) -> None:
    lessons = list(town.series.sessions.order_by("ordinal"))
    page = text(resident.get(f"/book/{lessons[0].pk}/"))
    assert all(day in page for day in ("12月7日", "12月14日", "12月21日", "12月28日"))
    resident.books(lessons[0])
    assert Booking.objects.filter(state="confirmed").count() == 4
    for n in (2, 3):
        another.books(lessons[0], name=f"例田 {n}", phone=f"090-1111-000{n}")
    assert Resident().get(f"/book/{lessons[0].pk}/").status_code == 409


def test_a_session_that_has_begun_is_closed_and_cannot_be_waited_for(resident: Resident, town: Town) -> None:
    session = town.sessions[0]
    with clock.at(session.starts + timedelta(minutes=1)):
        for path in (f"/book/{session.pk}/", f"/wait/{session.pk}/"):
            page = resident.get(path)
            assert page.status_code == 409 and "もう受け付けていません" in text(page)
            assert f"/wait/{session.pk}/" not in text(page)


@pytest.mark.parametrize("what", ["visit", "call", "interpreter"])
def test_a_wish_is_noted_and_can_be_withdrawn(resident: Resident, town: Town, what: str) -> None:
    more = {"address": "みほん市みなと町1番"} if what == "visit" else {}
    resident.answers("ask", what, **more)
    page = resident.post(f"/errand/ask/{what}/check/")
    assert "うけつけました" in text(page)
    resident.post("/mine/withdraw/")
    made = Reservation.objects.get()
    assert (made.request.kind, made.request.state) == (what, "withdrawn")


def test_whoever_is_to_be_called_must_say_where(resident: Resident, town: Town) -> None:
    page = resident.answers("ask", "call", phone="", no_phone="on")
    assert (
        "電話番号を書いてください" in text(page) and "電話がない" not in text(page).split("</form>")[0].split("<h1>")[1]
    )


def test_an_offer_is_taken_until_its_time_is_over(resident: Resident, another: Resident, town: Town) -> None:
    session = town.sessions[4]
    resident.books(session)
    another.answers("wait", session.pk, name="例田 まつ", phone="090-2222-3333")
    another.post(f"/errand/wait/{session.pk}/check/")
    booking = Booking.objects.get(state="confirmed")
    resident.post(f"/mine/cancel/{booking.pk}/")
    entry = WaitEntry.objects.get()
    assert entry.state == "offered" and "あなたのために取り置いています" in text(another.get("/mine/booking/"))
    with clock.at(entry.offer_until):  # too late
        page = another.post(f"/mine/wait/{entry.pk}/accept/")
        assert "いま、内容が変わりました" in text(page)
    page = another.post(f"/mine/wait/{entry.pk}/accept/")
    assert "予約できました" in text(page)
    assert Booking.objects.filter(state="confirmed").count() == 1


def test_giving_up_a_seat_is_asked_once_more(resident: Resident, another: Resident, town: Town) -> None:
    resident.books(town.sessions[4])
    another.answers("wait", town.sessions[4].pk, name="例田 まつ", phone="090-2222-3333")
    another.post(f"/errand/wait/{town.sessions[4].pk}/check/")
    entry = WaitEntry.objects.get()
    assert "空き待ちをやめますか" in text(another.get(f"/mine/wait/{entry.pk}/leave/"))
    assert WaitEntry.objects.get().state == "waiting"
    another.post(f"/mine/wait/{entry.pk}/leave/")
    assert WaitEntry.objects.get().state == "left"


def test_what_belongs_to_somebody_else_is_not_found(resident: Resident, another: Resident, town: Town) -> None:
    resident.books(town.sessions[0])
    another.books(town.sessions[1], name="例田 べつ", phone="090-2222-3333")
    booking = Booking.objects.get(reservation__number=resident.client.session["reservation"])
    for path in (f"/mine/cancel/{booking.pk}/", f"/mine/change/{booking.pk}/", "/mine/wait/1/leave/"):
        assert another.client.get(path).status_code == 404
        assert another.client.post(path).status_code == 404
    assert Booking.objects.get(pk=booking.pk).state == "confirmed"


def test_a_booking_moves_only_within_its_offer_and_keeps_its_seat_until_then(resident: Resident, town: Town) -> None:
    resident.books(town.sessions[0])
    booking, lesson = Booking.objects.get(), town.series.sessions.first()
    at = f"/mine/change/{booking.pk}/"
    assert resident.client.get(f"{at}?to={lesson.pk}").status_code == 404
    assert "この時間に変えますか" in text(resident.get(f"{at}?to={town.sessions[1].pk}"))
    assert Booking.objects.get(state="confirmed").session_id == town.sessions[0].pk
    resident.post(f"{at}?to={town.sessions[1].pk}")
    assert Booking.objects.get(state="confirmed").session_id == town.sessions[1].pk


@pytest.mark.parametrize("path", ["/book/999999/", "/wait/0/", "/ask/money/", "/errand/book/x/who/", "/errand/ask/call/who2/", "/places/0/", "/kiosk/1/", "/mine/calendar.ics"])  # fmt: skip
def test_an_address_that_leads_nowhere_is_a_page_with_the_telephone(resident: Resident, path: str) -> None:
    page = resident.get(path)
    assert page.status_code == 404 and "0000-12-3456" in text(page)


def test_the_calendar_file_names_nobody(resident: Resident, town: Town) -> None:
    resident.books(town.sessions[0])
    told = resident.get("/mine/calendar.ics").content.decode()
    assert "BEGIN:VEVENT" in told and "はなこ" not in told and "1234" not in told.replace("0000-12-3456", "")
