"""Bitstring Status List: which credentials were revoked, told in one list so that nobody learns whose was looked up."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from daremo.trust.credentials.contexts import VC2
from daremo.trust.credentials.model import BadCredential, listed

LEAST_BITS = 131_072
MOST_BITS = 64_000_000

State = Literal["good", "revoked", "suspended", "unknown"]


def encode(bits: bytes) -> str:
    """A bit string as ``u`` and base64url of its gzip (always the same text for the same bits).

    Source: W3C Bitstring Status List 1.0, section 3.3.
    """
    return "u" + base64.urlsafe_b64encode(gzip.compress(bits, 9, mtime=0)).rstrip(b"=").decode()


def decode(text: object) -> bytes:
    """The bits of an encoded list, within bounds (a bomb of zeros is refused).

    Raises
    ------
    BadCredential
        ``bad-status-list``.
    """
    if not isinstance(text, str) or not text.startswith("u"):
        raise BadCredential("bad-status-list", "encodedList")
    try:
        data = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
        engine = zlib.decompressobj(wbits=31)
        bits = engine.decompress(data, MOST_BITS // 8 + 1)
    except (binascii.Error, ValueError, zlib.error) as e:
        raise BadCredential("bad-status-list", "encodedList") from e
    if len(bits) > MOST_BITS // 8 or not engine.eof or len(bits) * 8 < LEAST_BITS:
        raise BadCredential("bad-status-list", "encodedList")
    return bits


def bit(bits: bytes, index: int) -> bool:
    """The bit at `index`; index 0 is the leftmost.

    Raises
    ------
    BadCredential
        Where the list is shorter.
    """
    if not 0 <= index < len(bits) * 8:
        raise BadCredential("bad-status", "statusListIndex")
    return bool(bits[index >> 3] >> (7 - (index & 7)) & 1)


def with_bits(bits: bytes, indices: Iterable[int], on: bool = True) -> bytes:
    """The same bits with some set (or cleared)."""
    out = bytearray(bits)
    for index in indices:
        if not 0 <= index < len(out) * 8:
            raise BadCredential("bad-status", "statusListIndex")
        mask = 0x80 >> (index & 7)
        out[index >> 3] = out[index >> 3] | mask if on else out[index >> 3] & ~mask
    return bytes(out)


def list_credential(
    issuer: str,
    address: str,
    valid_from: str,
    bits: bytes | None = None,
    *,
    purpose: str = "revocation",
    until: str = "",
) -> dict[str, Any]:
    """The unsigned credential that carries a list, to be published at `address`."""
    document: dict[str, Any] = {
        "@context": [VC2],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": valid_from,
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(bits if bits is not None else bytes(LEAST_BITS // 8)),
        },
    }
    return {**document, "validUntil": until} if until else document


def entry(address: str, index: int, *, purpose: str = "revocation") -> dict[str, str]:
    """What a credential says about where its status stands."""
    return {
        "id": f"{address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": address,
    }


def bits_of(document: Mapping[str, Any], purpose: str) -> bytes:
    """The bits in a list credential of that purpose.

    Raises
    ------
    BadCredential
        ``bad-status-list`` where it is no such list.
    """
    subject = document.get("credentialSubject")
    if (
        "BitstringStatusListCredential" not in listed(document.get("type"))
        or not isinstance(subject, Mapping)
        or subject.get("type") != "BitstringStatusList"
        or purpose not in listed(subject.get("statusPurpose"))
    ):
        raise BadCredential("bad-status-list")
    return decode(subject.get("encodedList"))


def state_of(entries: Any, lists: Mapping[str, Mapping[str, Any]]) -> State:
    """State by the list credentials handed in (already verified); ``unknown`` where one is missing.

    Raises
    ------
    BadCredential
        Where a list or entry cannot be used.
    """
    state: State = "good"
    for one in listed(entries) if entries else []:
        if (
            not isinstance(one, Mapping)
            or one.get("type") != "BitstringStatusListEntry"
            or one.get("statusSize", 1) != 1
        ):
            return "unknown"
        if one.get("statusSize", 1) != 1:
            return "unknown"
        purpose = one.get("statusPurpose")
        if purpose not in ("revocation", "suspension"):
            continue
        found = lists.get(str(one.get("statusListCredential")))
        if found is None:
            return "unknown"
        if bit(bits_of(found, purpose), int(one["statusListIndex"])):
            if purpose == "revocation":
                return "revoked"
            state = "suspended"
    return state
