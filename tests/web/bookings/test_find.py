"""A reservation is found by its number with the telephone, and by nobody who tries."""

from __future__ import annotations

from typing import Any

import pytest

from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.bookings.misses import forget_old
from daremo.web.apps.bookings.models import Miss
from daremo.web.apps.bookings.numbers import new_number
from tests.web.bookings.test_book import refused
from tests.web.bookings.town import Town


@pytest.fixture
def made(town: Town) -> Any:
    return bookings.book(town.act(), [town.session()], town.person(phone="090-1234-5678"))


@pytest.mark.parametrize(
    "phone", ["090-1234-5678", "０９０　１２３４　５６７８", "+81 90 1234 5678", "5678", "５６７８"]
)
def test_the_number_and_the_phone_or_its_end_find_it(town: Town, made: Any, phone: str) -> None:
    assert bookings.find(bookings.spoken(made.number), phone, now=town.act().now).pk == made.pk


@pytest.mark.parametrize("phone", ["", "678", "5679", "12345678", "090-1234-5679", "電話"])
def test_a_wrong_phone_finds_nothing(town: Town, made: Any, phone: str) -> None:
    with refused("not-found-number"):
        bookings.find(made.number, phone, now=town.act().now)


def test_a_wrong_number_is_answered_like_a_wrong_phone(town: Town, made: Any) -> None:
    for number in (new_number(), "12", "", made.number[:-1]):
        with refused("not-found-number"):
            bookings.find(number, "5678", now=town.act().now)


def test_the_helpers_phone_finds_it_too(town: Town) -> None:
    daughter = town.person("見本 さくら", phone="080-1111-2222")
    made = bookings.book(town.act(), [town.session()], town.person(phone=""), by="family", helper=daughter)
    assert bookings.find(made.number, "2222", now=town.act().now).pk == made.pk


def test_an_empty_phone_never_opens_a_reservation_without_one(town: Town) -> None:
    made = bookings.book(town.act(), [town.session()], town.person(phone=""))
    for phone in ("", "-", "0000"):
        with refused("not-found-number"):
            bookings.find(made.number, phone, now=town.act().now)


def test_one_number_is_not_tried_for_long_whoever_asks(town: Town, made: Any) -> None:
    for n in range(5):
        with refused("not-found-number"):
            bookings.find(made.number, f"{n:04}", asker=f"10.0.0.{n}", now=town.act().now)
    with refused("too-fast"):
        bookings.find(made.number, "5678", asker="10.0.0.99", now=town.act().now)
    assert bookings.find(made.number, "5678", now=town.act(1.01).now).pk == made.pk


def test_one_asker_does_not_try_many_numbers(town: Town, made: Any) -> None:
    for _ in range(10):
        with refused("not-found-number"):
            bookings.find(new_number(), "5678", asker="10.0.0.1", now=town.act().now)
    with refused("too-fast"):
        bookings.find(made.number, "5678", asker="10.0.0.1", now=town.act().now)
    assert bookings.find(made.number, "5678", asker="10.0.0.2", now=town.act().now).pk == made.pk
    assert bookings.find(made.number, "5678", asker="10.0.0.1", now=town.act(0.3).now).pk == made.pk


def test_a_failure_is_kept_without_number_and_address_and_for_a_day(town: Town, made: Any) -> None:
    with refused("not-found-number"):
        bookings.find(made.number, "0000", asker="10.0.0.1", now=town.act().now)
    keys = list(Miss.objects.values_list("key", flat=True))
    assert len(keys) == 2 and not any(made.number in key or "10.0.0.1" in key for key in keys)
    assert forget_old(town.act(23).now) == 0
    assert forget_old(town.act(25).now) == 2


def test_a_merged_person_is_found_by_the_phone_of_the_booking(town: Town, made: Any) -> None:
    from daremo.web.apps.people import services as people

    people.merge(town.act(), town.person(phone="03-1111-2222"), made.person)
    assert bookings.find(made.number, "5678", now=town.act().now).pk == made.pk
