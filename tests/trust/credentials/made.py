"""Keys, badges and lists for tests."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from daremo.trust.credentials import did, status
from daremo.trust.credentials.badge import Achievement, Issuer, badge
from daremo.trust.credentials.integrity import add_proof
from daremo.trust.credentials.times import stamp

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
CITY = did.did_key(KEY.public_key())
METHOD = did.method_of(KEY.public_key(), CITY)
NOW = 1_790_000_000.0
DAY = 86_400.0
LIST = "https://city.example.jp/status/1"
CLASS = Achievement(
    "urn:uuid:8d6e1f1e-0000-4000-8000-000000000001",
    "skill",
    "スマートフォンで予約ができる",
    "ひとりで窓口の予約を取り、取り消すことができる。",
    "講座で3回、ひとりで予約を取った。",
    ("予約", "スマートフォン"),
)


def made(number: int = 7, **changes: Any) -> dict[str, Any]:
    """An unsigned skill badge with a status entry."""
    given: dict[str, Any] = {
        "until": stamp(NOW + 365 * DAY),
        "name": "高松 花子",
        "salt": "c2FsdA",
        "status_list": LIST,
        "index": number,
    }
    given.update(changes)
    return badge(
        f"urn:uuid:8d6e1f1e-0000-4000-8000-{number:012d}",
        Issuer(CITY, "みほん市", "087-000-0000", "https://city.example.jp/"),
        CLASS,
        f"urn:uuid:8d6e1f1e-0000-4000-9000-{number:012d}",
        stamp(NOW - DAY),
        **given,
    )


def listing(*revoked: int, key: Ed25519PrivateKey = KEY, issuer: str = CITY) -> dict[str, Any]:
    """The signed status list with those numbers revoked."""
    bits = status.with_bits(bytes(status.LEAST_BITS // 8), revoked)
    document = status.list_credential(issuer, LIST, stamp(NOW - DAY), bits)
    return add_proof(document, key, did.method_of(key.public_key(), did.did_key(key.public_key())), stamp(NOW - DAY))
