"""Telephone numbers as people write them, and whether two are the same."""

from __future__ import annotations

import hmac
import re
import unicodedata

from daremo.web.problems import refusal

LAST = 4
SHORTEST, LONGEST = 9, 15


def phone_key(text: str) -> str:
    """Return the digits of a number: full width, hyphens, brackets and +81 are fine; empty where none is given.

    Raises
    ------
    UsageError
        ``bad-phone``: fewer than 9 digits (no area code) or more than 15.
    """
    plain = _plain(text)
    if plain and not SHORTEST <= len(plain) <= LONGEST:
        raise refusal("bad-phone")
    return plain


def _plain(text: str) -> str:
    wide = unicodedata.normalize("NFKC", text).strip()
    wide = re.sub(r"^\+\s*81[\s\-()]*0?", "0", wide)
    return "".join(c for c in wide if c.isascii() and c.isdigit())


def same_phone(known: str, told: str) -> bool:
    """Tell whether ``told`` is the known number (digits only) or its last four, in a time that does not depend on it.

    An empty known number is never the same as anything.
    """
    plain = _plain(told)
    whole = hmac.compare_digest(known.encode(), plain.encode())
    last = hmac.compare_digest(known[-LAST:].encode(), plain.encode())
    return bool((whole | last) & (len(known) >= SHORTEST))


def spaced(text: str) -> str:
    """Return a name with one plain space where there were any, and half-width kana made whole."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def hiragana(text: str) -> str:
    """Return kana as hiragana, whatever kana they were typed in."""
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in spaced(text))
