"""A booking number finds slips of the finger and cannot be guessed from another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daremo.web.apps.bookings.numbers import check_digit, digits, is_number, new_number, spoken

bodies = st.integers(10**8, 10**9 - 1).map(str)


def test_the_example_of_the_standard_holds() -> None:
    # ISO/IEC 7064, MOD 11,10: 0794 is followed by 5
    assert check_digit("0794") == "5"


@given(bodies, st.integers(0, 9), st.sampled_from("0123456789"))
def test_any_one_wrong_digit_is_found(body: str, place: int, digit: str) -> None:
    number = body + check_digit(body)
    wrong = number[:place] + digit + number[place + 1 :]
    assert is_number(wrong) is (wrong == number)


def test_nearly_every_swap_of_neighbours_is_found() -> None:
    swapped = unseen = 0
    for body in range(10**8, 10**9, 450_001):
        number = str(body) + check_digit(str(body))
        for place in range(9):
            if number[place] != number[place + 1]:
                swapped += 1
                other = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
                unseen += is_number(other)
    assert 0 < unseen / swapped < 0.03


def test_a_new_number_is_one_and_does_not_look_like_a_telephone_number() -> None:
    made = {new_number() for _ in range(2_000)}
    assert len(made) == 2_000
    assert all(is_number(number) and number[0] != "0" for number in made)


def test_full_width_digits_spaces_and_hyphens_are_read() -> None:
    number = new_number()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    assert digits(wide) == digits(spoken(number)) == digits(f" {number[:5]} {number[5:]}　") == number
    assert is_number(wide)


def test_a_number_too_short_or_with_letters_is_none() -> None:
    assert not is_number("")
    assert not is_number("12345")
    assert not is_number("二二二二二二二二二二")
