"""ARC: who handed the message on, and what they had found before (RFC 8617)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import rsa

from daremo.trust.mail import canonical
from daremo.trust.mail.answers import Dns, name_of
from daremo.trust.mail.dkim import LEAST_BITS, Refused, check_tags, decoded, forms_of, holds, key_of, names_of
from daremo.trust.mail.message import Message

MOST_INSTANCES = 50
_INSTANCE = re.compile(r"\s*i\s*=\s*(\d{1,3})\s*(?:;|$)")


@dataclass(frozen=True, slots=True)
class Hop:
    """One ARC set: its number, who sealed it, and the results that it wrote down (never decoded further)."""

    instance: int
    sealer: str
    results: str


@dataclass(frozen=True, slots=True)
class Arc:
    """Result of the chain.

    `result` is ``none`` (no chain), ``pass``, ``fail``, or ``unknown`` (a key was not handed in); `reason` a code; `hops` the sets, oldest first.
    """

    result: Literal["none", "pass", "fail", "unknown"]
    reason: str = ""
    hops: tuple[Hop, ...] = ()


@dataclass(slots=True)
class _Set:
    aar: canonical.Field | None = None
    ams: canonical.Field | None = None
    seal: canonical.Field | None = None


def verify(message: Message, dns: Dns, now: float) -> Arc:
    """Verify the ARC chain of a message.

    Source: RFC 8617 section 5.2.
    """
    try:
        sets = _sets(message)
        if not sets:
            return Arc("none")
        hops = _chain(message, sets, dns, now)
    except Refused as e:
        return Arc("unknown" if e.result == "temperror" else "fail", e.reason)
    return Arc("pass", "", hops)


def _sets(message: Message) -> list[_Set]:
    found: dict[int, _Set] = {}
    for name, value in message.fields:
        low = name.lower()
        if low not in (b"arc-authentication-results", b"arc-message-signature", b"arc-seal"):
            continue
        if low == b"arc-authentication-results":
            m = _INSTANCE.match(value.decode("utf-8", "replace"))
            number = m[1] if m else ""
        else:
            number = _tags(value).get("i", "")
        if not re.fullmatch(r"[1-9]\d?", number) or int(number) > MOST_INSTANCES:
            raise Refused("permerror", "bad-instance")
        one = found.setdefault(int(number), _Set())
        slot = {b"arc-authentication-results": "aar", b"arc-message-signature": "ams", b"arc-seal": "seal"}[low]
        if getattr(one, slot) is not None:
            raise Refused("permerror", "set-stands-twice")
        setattr(one, slot, (name, value))
    if sorted(found) != list(range(1, len(found) + 1)):
        raise Refused("permerror", "gap-in-chain")
    if any(s.aar is None or s.ams is None or s.seal is None for s in found.values()):
        raise Refused("permerror", "set-incomplete")
    return [found[i] for i in sorted(found)]


def _tags(value: bytes) -> dict[str, str]:
    try:
        return canonical.tags_of(value)
    except canonical.BadTags as e:
        raise Refused("permerror", "bad-tags") from e


def _chain(message: Message, sets: list[_Set], dns: Dns, now: float) -> tuple[Hop, ...]:
    hops = []
    for number, one in enumerate(sets, 1):
        assert one.seal is not None and one.aar is not None and one.ams is not None
        seal = _tags(one.seal[1])
        check_tags(seal, ("i", "a", "b", "cv", "d", "s"), now)
        if seal["cv"] == "fail":
            raise Refused("fail", "failure-reported")
        if "h" in seal or seal["cv"] != ("none" if number == 1 else "pass"):
            raise Refused("fail", "bad-seal")
        check_tags(_tags(one.ams[1]), ("i", "a", "b", "bh", "d", "h", "s"), now)
        results = re.sub(r"\s+", " ", one.aar[1].decode("utf-8", "replace")).strip()
        hops.append(Hop(number, name_of(seal["d"])[:255], results[:2000]))
    last = sets[-1].ams
    assert last is not None
    _message_signature(message, last, dns)
    for number in range(len(sets), 0, -1):
        _seal(sets[:number], dns)
    return tuple(hops)


def _message_signature(message: Message, ams: canonical.Field, dns: Dns) -> None:
    tags = _tags(ams[1])
    names = names_of(tags)
    if b"arc-seal" in names:
        raise Refused("permerror", "seal-signed")
    head, tail = forms_of(tags, "relaxed/relaxed")
    if hashlib.sha256(canonical.body(message.body, tail)).digest() != decoded(tags["bh"]):
        raise Refused("fail", "body-altered")
    covered = canonical.chosen(message.fields, [*names, b"from"] if b"from" in names else names)
    data = b"".join(canonical.field(n, v, head) for n, v in covered)
    data += canonical.field(ams[0], canonical.without_signature(ams[1]), head).removesuffix(b"\r\n")
    _verified(tags, data, dns, "header-altered")


def _seal(sets: list[_Set], dns: Dns) -> None:
    data = b""
    for one in sets:
        assert one.aar is not None and one.ams is not None and one.seal is not None
        data += canonical.field(*one.aar, "relaxed") + canonical.field(*one.ams, "relaxed")
        if one is not sets[-1]:
            data += canonical.field(*one.seal, "relaxed")
    seal = sets[-1].seal
    assert seal is not None
    data += canonical.field(seal[0], canonical.without_signature(seal[1]), "relaxed").removesuffix(b"\r\n")
    _verified(_tags(seal[1]), data, dns, "seal-broken")


def _verified(tags: dict[str, str], data: bytes, dns: Dns, reason: str) -> None:
    key = key_of(tags["s"], name_of(tags["d"]), dns)
    if isinstance(key.key, rsa.RSAPublicKey) and key.bits < LEAST_BITS:
        raise Refused("policy", "short-key")
    if not holds(key, tags["a"], decoded(tags["b"]), data):
        raise Refused("fail", reason)
