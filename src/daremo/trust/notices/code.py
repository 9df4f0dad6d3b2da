"""The check code: 10 characters that can be read aloud; the last one tells a slip of the tongue.

Crockford's base 32 and his check symbol (modulo 37). Codes whose check symbol would be ``*~$=U`` are not given out, so that
a code has only digits and letters. The check symbol catches every single wrong character and every swap of neighbours.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, BITS = 10, 45
#: Letters that people take for digits.
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SHAPE = re.compile(
    r"(?<![0-9A-Za-z])([0-9A-Za-z]{4})[- ‐‑–—ー−]?([0-9A-Za-z]{4})[- ‐‑–—ー−]?([0-9A-Za-z]{2})(?![0-9A-Za-z])"
)


def new_code(digest: bytes, taken: Callable[[str], bool]) -> str:
    """The first code that follows from a digest and is neither taken nor has a special check symbol."""
    for counter in range(10_000):
        drawn = hashlib.sha256(b"daremo-code-1\n" + digest + counter.to_bytes(4, "big")).digest()
        number = int.from_bytes(drawn[:8], "big") >> 64 - BITS
        if number % 37 < 32:
            code = _written(number) + ALPHABET[number % 37]
            if not taken(code):
                return code
    raise ValueError("no free code")


def _written(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(BITS - 5, -1, -5))


def shown(code: str) -> str:
    """As people see it: ``K7M4-2QXT-9D``."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def read_code(text: str) -> str | None:
    """The code that somebody typed or read aloud; None where it is none or its check symbol is wrong."""
    plain = re.sub(r"[\s‐‑–—ー−-]", "", unicodedata.normalize("NFKC", text)).upper().translate(_ALIKE)
    if len(plain) != LENGTH or any(c not in ALPHABET for c in plain):
        return None
    number = 0
    for c in plain[:-1]:
        number = number << 5 | ALPHABET.index(c)
    return plain if number % 37 == ALPHABET.index(plain[-1]) else None


def codes_in(text: str) -> list[tuple[int, int, str]]:
    """Codes in a longer text: begin, end, code. Digits alone are taken for telephone numbers, never for a code."""
    found = []
    for m in _SHAPE.finditer(unicodedata.normalize("NFKC", text)):
        code = read_code(m[0])
        if code and not m[0].replace("-", "").isdigit():
            found.append((m.start(), m.end(), code))
    return found
