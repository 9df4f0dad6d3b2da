"""What the QR of a notice holds: enough to know, with no network, that the issuer's key signed this very notice.

Payload (bytes): version 1, key (4), digest of the notice (32), last day (2, days since 2020-01-01), number in the journal (5),
title (up to 60 bytes of UTF-8), signature (64). In base 32, after a prefix, it takes at most 300 characters of the QR's compact
alphabet. The prefix may be the address of the check page, so that any camera opens it. A QR can be copied onto another
paper: it vouches for the issuer's text, which is always shown, never for the paper.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from daremo.trust.keys import PublicKey, Signer
from daremo.trust.notices.model import Entry

MARK = "DAREMO1:"
_SIGNED = b"daremo-qr-1\n"
_EPOCH = date(2020, 1, 1)
_HEAD, _SIGNATURE, TITLE_BYTES, LONGEST = 44, 64, 60, 300
_SHAPE = re.compile(r"DAREMO1:([A-Z2-7]{174,})")


class BadQr(ValueError):
    """Not a payload of ours, or one that nobody known signed."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a QR states, its signature checked.

    Attributes
    ----------
    kid : str
    digest : bytes
    valid_until : str
    index : int
    title : str
        Perhaps cut.
    """

    kid: str
    digest: bytes
    valid_until: str
    index: int
    title: str


def payload(entry: Entry, signer: Signer, prefix: str = "") -> str:
    """Text of the QR of a registered notice.

    Parameters
    ----------
    entry : Entry
    signer : Signer
        An issuer's key.
    prefix : str
        E.g. ``HTTPS://CITY.EXAMPLE/GENUINE#``, in capitals.

    Raises
    ------
    BadQr
        Where it would be longer than 300 characters.
    """
    days = (date.fromisoformat(entry.notice.valid_until) - _EPOCH).days
    title = _cut(entry.notice.title.encode())
    head = b"\x01" + signer.public.short + entry.digest + min(max(days, 0), 65_535).to_bytes(2, "big")
    head += max(entry.index, 0).to_bytes(5, "big") + title
    data = head + signer.sign(_SIGNED + head)
    text = prefix + MARK + base64.b32encode(data).decode().rstrip("=")
    if len(text) > LONGEST:
        raise BadQr(f"longer than {LONGEST} characters; shorten the prefix")
    return text


def _cut(title: bytes) -> bytes:
    return title[:TITLE_BYTES].decode("utf-8", "ignore").encode()


def is_payload(text: str) -> bool:
    """Whether this text looks like a QR of ours."""
    return MARK in text.upper()


def read(text: str, keys: Sequence[PublicKey]) -> Payload:
    """Read the text of a QR and check its signature; takes a fraction of a millisecond.

    Raises
    ------
    BadQr
    """
    found = _SHAPE.search(re.sub(r"\s", "", text).upper())
    if not found:
        raise BadQr("not a QR of a notice")
    letters = found[1]
    try:
        data = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError) as e:
        raise BadQr("not a QR of a notice") from e
    if base64.b32encode(data).decode().rstrip("=") != letters or data[0] != 1 or len(data) < _HEAD + _SIGNATURE:
        raise BadQr("not a QR of a notice")
    head, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    if not any(k.short == head[1:5] and k.holds(signature, _SIGNED + head) for k in keys):
        raise BadQr("not signed by a key of the issuer")
    try:
        title = head[_HEAD:].decode()
    except UnicodeDecodeError as e:
        raise BadQr("not a QR of a notice") from e
    until = (_EPOCH + timedelta(days=int.from_bytes(head[37:39], "big"))).isoformat()
    return Payload(head[1:5].hex(), head[5:37], until, int.from_bytes(head[39:44], "big"), title)
