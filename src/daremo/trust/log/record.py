"""One record of a journal: the leaf that stays for ever, and the personal part that can be erased.

The leaf holds only a salted commitment to the personal part. Once salt and data are erased nobody can guess what was
there, and every proof still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SALT_BYTES = 32
_DOMAIN = b"daremo-personal-1\x00"
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class BadFacts(ValueError):
    """Facts that have no one canonical form: fractions, keys that are no text, broken letters."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be recorded.

    Attributes
    ----------
    journal : str
        Which journal of the product: desk, mandates, requests, exchange, notices …
    kind : str
        What happened.
    facts : Mapping
        What stays for ever: text, whole numbers, yes/no, lists and objects of these; nothing personal.
    personal : Mapping or None
        What can be erased.
    """

    journal: str
    kind: str
    facts: Mapping[str, Any]
    personal: Mapping[str, Any] | None = None


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of text, whole numbers, yes/no, lists and objects.

    Raises
    ------
    BadFacts
        For fractions, keys that are no text, whole numbers beyond 2^53, lone surrogates.
    """
    _checked(value)
    try:
        return _encode(value).encode()
    except (UnicodeEncodeError, TypeError, ValueError) as e:
        raise BadFacts(str(e)) from e


def _checked(value: Any) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -(2**53) < value < 2**53:
            raise BadFacts("a whole number beyond 2^53; write it as text")
    elif kind is dict:
        for key, each in value.items():
            # code points and UTF-16 units sort alike below the surrogates only
            if type(key) is not str or not key.isascii():
                raise BadFacts("keys are text in ASCII")
            _checked(each)
    elif kind is list or kind is tuple:
        for each in value:
            _checked(each)
    else:
        raise BadFacts(f"{kind.__name__} has no canonical form here; write it as text")


def commitment(salt: bytes, data: bytes) -> bytes:
    """Binds the journal to `data` (canonical JSON) without showing it."""
    return hashlib.sha256(_DOMAIN + salt + data).digest()


def leaf_of(event: Event, at_ms: int, personal: bytes | None) -> bytes:
    """The bytes of a leaf.

    Parameters
    ----------
    event : Event
    at_ms : int, milliseconds since 1970 UTC
    personal : bytes or None
        `commitment` of the personal part.
    """
    leaf: dict[str, Any] = {"at_ms": at_ms, "facts": dict(event.facts), "journal": event.journal, "kind": event.kind}
    if personal is not None:
        leaf["personal"] = personal.hex()
    return canonical(leaf)
