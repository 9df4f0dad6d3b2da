"""A person is added once, found as she says who she is, and her telephone is read as people write it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daremo.kernel.errors import UsageError
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.people import services as people
from daremo.web.apps.people.phones import hiragana, phone_key, same_phone
from tests.web.bookings.town import Town


@pytest.mark.parametrize(
    "text", ["090-1234-5678", "０９０（１２３４）５６７８", " 090 1234 5678", "+81 90-1234-5678", "+81 (0)90 1234 5678"]
)
def test_a_telephone_is_read_as_people_write_it(text: str) -> None:
    assert phone_key(text) == "09012345678"


@pytest.mark.parametrize("text", ["1234", "12345678", "1" * 16])
def test_a_telephone_without_area_code_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="bad-phone"):
        phone_key(text)


@given(st.text("0123456789", min_size=9, max_size=11), st.text("0123456789", max_size=12))
def test_the_same_phone_is_the_whole_or_its_last_four(known: str, told: str) -> None:
    assert same_phone(known, told) == (told == known or (len(told) == 4 and known.endswith(told)))


@given(st.text(max_size=12))
def test_nothing_is_the_same_as_no_phone(told: str) -> None:
    assert not same_phone("", told)


def test_kana_are_read_in_either_kind() -> None:
    assert hiragana("ヤマダ　ハナコ") == hiragana("ﾔﾏﾀﾞ ﾊﾅｺ") == hiragana("やまだ はなこ") == "やまだ はなこ"


@pytest.mark.parametrize(
    ("born", "stage"),
    [(2015, "school"), (2003, "youth"), (1970, "working"), (1961, "65_74"), (1951, "75_84"), (1930, "85_over")],
)
def test_the_life_stage_is_that_of_the_region(born: int, stage: str) -> None:
    assert people.life_stage_of(born, date(2026, 12, 1)) == stage


def test_an_unknown_or_impossible_year_is_unknown() -> None:
    assert {people.life_stage_of(born, date(2026, 12, 1)) for born in (None, 2026, 1800)} == {"unknown"}


def test_the_same_name_and_phone_are_the_same_person(town: Town) -> None:
    first = people.same_contact(town.act(), town.city, name="見本　太郎", phone="087-111-2222", kana="ミホン")
    again = people.same_contact(town.act(), town.city, name="見本太郎", phone="０８７１１１２２２２")
    wife = people.same_contact(town.act(), town.city, name="見本 梅子", phone="087-111-2222")
    assert first.pk == again.pk != wife.pk


def test_whom_staff_added_is_recognised(town: Town) -> None:
    who = town.person("見本 太郎", phone="087-111-2222")
    assert people.same_contact(town.act(), town.city, name="見本太郎", phone="0871112222").pk == who.pk


def test_without_a_phone_two_people_may_have_one_name(town: Town) -> None:
    made = {people.same_contact(town.act(), town.city, name="見本 太郎").pk for _ in range(2)}
    assert len(made) == 2


def test_the_database_lets_one_name_and_phone_in_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent twice at once, neither sees the other: the second insert is refused and the first is returned."""
    from daremo.web.apps.people import services as module
    from daremo.web.apps.people.models import Contact, Person

    first = people.same_contact(town.act(), town.city, name="見本 太郎", phone="0871112222")
    real = Contact.objects.filter

    def blind(*arguments: Any, **wanted: Any) -> Any:
        return Contact.objects.none() if "phone_key" in wanted else real(*arguments, **wanted)

    monkeypatch.setattr(module.Contact.objects, "filter", blind)
    before = Person.objects.count()
    assert people.same_contact(town.act(), town.city, name="見本 太郎", phone="0871112222").pk == first.pk
    assert Person.objects.count() == before


def test_a_contact_changes_and_a_name_is_needed(town: Town) -> None:
    who = people.same_contact(town.act(), town.city, name="見本 太郎", phone="0871112222")
    contact = people.set_contact(town.act(), who, phone="０９０-１１１１-２２２２", kana="タロウ")
    assert (contact.phone_key, contact.phone_last4, contact.kana) == ("09011112222", "2222", "たろう")
    assert people.has_phone(who, "2222")
    with pytest.raises(UsageError, match="no-name"):
        people.set_contact(town.act(), who, name="　")
    other = people.same_contact(town.act(), town.city, name="見本 太郎", phone="0871112222")
    assert other.pk != who.pk


def names(found: list[people.Found]) -> list[str]:
    return [row.name for row in found]


def test_a_person_is_found_by_name_kana_phone_and_number(town: Town) -> None:
    who = town.person("山田 花子", kana="ヤマダ ハナコ", phone="090-1234-5678", birth_year=1948)
    town.person("山本 太郎", kana="やまもと たろう", phone="087-111-9999")
    made = bookings.book(town.act(), [town.session()], who)
    for text in (
        "山田",
        "山田花",
        "山田　花子",
        "やまだ",
        "ヤマダハ",
        "5678",
        "090-1234-5678",
        "09012345",
        made.number,
    ):
        assert names(people.find_people([town.city.pk], text)) == ["山田 花子"], text
    assert names(people.find_people([town.city.pk], "やま")) == ["山田 花子", "山本 太郎"]
    assert people.find_people([town.city.pk], "567") == people.find_people([town.city.pk], " ") == []
    assert people.find_people([town.city.pk], "_山") == people.find_people([town.city.pk], "%") == []
    assert people.find_people([town.city.pk + 1], "山田") == [] == people.find_people([], "山田")


def test_a_merge_is_one_person_and_can_be_undone(town: Town) -> None:
    keep, gone = town.person("山田 花子"), town.person("山田 ハナ子")
    made = bookings.book(town.act(), [town.session()], gone)
    people.merge(town.act(), keep, gone)
    assert [row.person.pk for row in people.find_people([town.city.pk], "山田")] == [keep.pk]
    assert sorted(people.ones_own(gone)) == sorted([keep.pk, gone.pk])
    assert bookings.book(town.act(), [town.session()], gone).person_id == keep.pk
    people.unmerge(town.act(), gone)
    assert people.ones_own(keep) == [keep.pk] and made.person_id == gone.pk
    assert len(people.find_people([town.city.pk], "山田")) == 2
    assert journal.differences() == []


def test_merges_make_no_circle_and_stay_in_one_organisation(town: Town) -> None:
    from daremo.web.apps.places.models import Organisation

    a, b, c = (town.person(f"山田 {n}") for n in range(3))
    people.merge(town.act(), a, b)
    people.merge(town.act(), b, c)
    c.refresh_from_db()
    assert c.merged_into_id == a.pk
    for keep, gone in ((c, a), (b, a), (a, a)):
        with pytest.raises(UsageError, match="bad-merge"):
            people.merge(town.act(), keep, gone)
    other = journal.save(town.act(), "organisation.added", Organisation(name="となり市", kind="city"))
    stranger = people.add_person(town.act(), other, name="山田 花子")
    with pytest.raises(UsageError, match="bad-merge"):
        people.merge(town.act(), a, stranger)


def test_consent_is_given_and_withdrawn_once(town: Town) -> None:
    consent = people.give_consent(town.act(), town.person(), "followup", "2026-12")
    assert people.withdraw_consent(town.act(1), consent).withdrawn_at == town.act(1).now
    helper = town.person("見本 さくら")
    first = people.relate(town.act(), town.people[0], helper, "family")
    assert people.relate(town.act(), town.people[0], helper, "family").pk == first.pk
