"""Enter leads from block to block of a call, never past one without an answer; the held time stays in the table."""

from __future__ import annotations

import pytest

from daremo.web.apps.desk.call import Call, next_field

FOUND, SLOTS = ["7", "8"], [str(n) for n in range(1, 13)]


@pytest.mark.parametrize(
    ("told", "do", "goes_to"),
    [
        ({}, "", "who"),
        ({"who": "1234"}, "search", "p7"),
        ({"who": "1234", "p": "new"}, "search", "name"),
        ({"who": "1234", "p": "7"}, "search", "need-unsure"),
        ({"who": "1234", "p": "7", "need": "scam", "stage": "2"}, "search", "slot1"),
        ({"who": "1234", "p": "7", "stage": "3"}, "search", "slot1"),
        ({"who": "1234", "p": "7", "stage": "3", "slot": "4"}, "search", "ok"),
        ({"who": "1234", "p": "7", "slot": "4"}, "pick", "ok"),
        ({"who": "1234", "p": "7"}, "times", "slot1"),
        ({"who": "1234", "p": "7"}, "more", "slot7"),
    ],
)
def test_the_keyboard_goes_to_the_next_block(told: dict[str, str], do: str, goes_to: str) -> None:
    assert next_field(Call.read(told), FOUND, SLOTS, do) == goes_to


def test_with_nobody_found_it_goes_to_the_new_person_and_without_times_to_the_waiting_list() -> None:
    assert next_field(Call.read({"who": "だれ"}), [], SLOTS, "search") == "p-new"
    assert next_field(Call.read({"who": "1234", "p": "7"}), FOUND, [], "times") == "wait"


@pytest.mark.parametrize(
    "nonsense", ({"stage": "99"}, {"stage": "x"}, {"shown": "9999"}, {"n": "pigeon", "by": "nobody"})
)
def test_nonsense_in_the_form_falls_back_to_the_first_choice(nonsense: dict[str, str]) -> None:
    call = Call.read(nonsense)
    assert (call.by, call.remind) == ("self", "phone") and call.shown <= 60 and call.stage <= 4
