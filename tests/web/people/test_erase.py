"""Erasing a contact leaves no word about the person and changes nothing that is counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.people import services as people
from tests.web.bookings.town import START, Town

SECRETS = (
    "秘密",
    "ひみつ",
    "90123456",
    "secret@example.jp",
    "秘密町",
    "耳が遠い",
    "孫の写真",
    "相談の中身",
    "おれおれ",
    "様へ",
)


def somebody(town: Town) -> Any:
    """A person with everything that can hang on one."""
    from daremo.web.apps.notices.models import Notice
    from daremo.web.apps.visits.models import Goal, Incident, Visit

    who = people.same_contact(
        town.act(), town.city, name="秘密 花子", kana="ヒミツ ハナコ", phone="090-9012-3456", email="secret@example.jp",
        address="秘密町1-2", note="耳が遠い", birth_year=1948, postcode="760-0000",
    )  # fmt: skip
    made = bookings.book(town.act(), [town.session(seats=2, hours=120)], who, topic="call", needs=["loud"])
    booking = made.bookings.get()
    bookings.wait(town.act(), town.session(seats=1), who)
    bookings.ask_for(town.act(), "visit", who)
    people.give_consent(town.act(), who, "followup", "2026-12")
    people.relate(town.act(), who, town.person("見本 さくら"), "family")
    people.looked(town.act(), None, who, "desk:caller", "電話")
    act = town.act(121)
    goal = journal.save(act, "goal.set", Goal(person=who, topic="photo", words="孫の写真", since=START.date()))
    visit = journal.save(
        act, "visit.recorded",
        Visit(organisation=town.city, point=town.point, booking=booking, person=who, started=act.now, minutes=30,
              topics=["photo"], goal=goal, note="相談の中身"),
    )  # fmt: skip
    journal.save(
        act, "incident.reported",
        Incident(organisation=town.city, visit=visit, kind="call", loss_yen=0, words="おれおれ", at=act.now),
    )  # fmt: skip
    notice = Notice.objects.filter(person=who).first()
    assert notice is not None
    journal.save(act, "notice.sent", notice, told="秘密 花子様へ")
    return who


def database() -> str:
    """Every value of every table, as one text."""
    from django.apps import apps

    return "\n".join(str(row) for model in apps.get_models() for row in model._default_manager.values_list())


def counted_columns() -> dict[str, list[str]]:
    from django.apps import apps

    return {
        label: [str(journal.facts(row)) for row in apps.get_model(label)._default_manager.order_by("pk")]
        for label in journal.journalled()
    }


def test_erasing_leaves_no_word_and_no_statistic_changes(town: Town) -> None:
    who = somebody(town)
    before, text = counted_columns(), database()
    assert all(secret in text for secret in SECRETS)
    assert people.erase_contact(town.act(200), who) == 5
    after = database()
    assert [secret for secret in SECRETS if secret in after] == []
    assert counted_columns() == before
    assert journal.differences() == []
    assert people.erase_contact(town.act(200), who) == 0


def test_all_rows_of_a_merged_person_are_erased(town: Town) -> None:
    who, other = somebody(town), town.person("秘密 ハナ子")
    people.merge(town.act(), other, who)
    people.erase_contact(town.act(200), other)
    assert "秘密" not in database() and people.contact_of(who) is None and people.contact_of(other) is None


def test_nobody_else_is_erased(town: Town) -> None:
    who = somebody(town)
    neighbour = town.people[0]
    people.erase_contact(town.act(200), who)
    contact = people.contact_of(neighbour)
    assert contact is not None and contact.name == "見本 さくら"


def test_an_erased_person_is_found_by_nothing(town: Town) -> None:
    who = somebody(town)
    people.erase_contact(town.act(200), who)
    for text in ("秘密", "ひみつ", "3456", "09090123456"):
        assert people.find_people([town.city.pk], text) == []
    who.refresh_from_db()
    assert not people.has_phone(who, "") and not people.has_phone(who, "3456")
    again = people.same_contact(town.act(), town.city, name="秘密 花子", phone="090-9012-3456")
    assert again.pk != who.pk


def test_a_contact_is_erased_the_day_after_its_last(town: Town) -> None:
    short, long = town.person("短い", keep_days=10), town.person("長い", keep_days=100)
    last = short.contact.keep_until
    assert people.keep_time(town.act(), last) == 0
    assert people.keep_time(town.act(), last + timedelta(days=1)) == 1
    assert people.contact_of(short) is None and people.contact_of(long) is not None
    assert people.keep_time(town.act(), last + timedelta(days=1)) == 0
    event = journal.events_of(short.contact).last()
    assert event is not None and event.reason == "keep_until"


def test_old_entries_of_who_looked_go_after_five_years(town: Town) -> None:
    who = town.person()
    people.looked(town.act(), None, who, "desk:caller")
    people.keep_time(town.act(), date(2031, 11, 1))
    assert who.accesses.count() == 1
    people.keep_time(town.act(), date(2031, 12, 30))
    assert who.accesses.count() == 0


def test_a_person_gets_everything_about_her_and_nobody_elses_name(town: Town) -> None:
    printed = people.everything(somebody(town))
    text = str(printed)
    assert [secret for secret in SECRETS if secret not in text and secret != "90123456"] == []
    assert "見本 さくら" not in text
    kinds = {
        "利用者",
        "連絡先",
        "申しこみ",
        "予約",
        "空き待ち",
        "希望",
        "同意",
        "関係",
        "目あて",
        "訪問の記録",
        "あやしい連絡",
        "お知らせ",
        "閲覧の記録",
    }
    assert kinds <= set(printed)
    assert printed["予約"][0]["state"] in ("予約ずみ", "取り置き")
