"""The booking number: ten digits that can be said on the telephone, the last one a check."""

from __future__ import annotations

import secrets
import unicodedata

LENGTH = 10


def check_digit(body: str) -> str:
    """Return the digit that closes ``body`` (digits only).

    Any one wrong digit is found, and 44 of 45 swaps of neighbouring digits.

    Source: ISO/IEC 7064, hybrid system MOD 11,10.
    """
    product = 10
    for digit in body:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def new_number() -> str:
    """Return a number that nobody can guess: one of 900 million, never with a leading 0 (a telephone number has it)."""
    body = str(10 ** (LENGTH - 2) + secrets.randbelow(9 * 10 ** (LENGTH - 2)))
    return body + check_digit(body)


def digits(text: str) -> str:
    """Return the digits of what somebody typed: full width, spaces and hyphens are fine."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isascii() and c.isdigit())


def is_number(text: str) -> bool:
    """Tell whether the text holds a booking number without a slip of the finger."""
    plain = digits(text)
    return len(plain) == LENGTH and plain[0] != "0" and check_digit(plain[:-1]) == plain[-1]


def spoken(number: str) -> str:
    """Return the number in groups, as it is printed and read aloud: ``482-9103-557``."""
    return f"{number[:3]}-{number[3:7]}-{number[7:]}"
