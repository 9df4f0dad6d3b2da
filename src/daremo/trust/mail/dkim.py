"""DKIM: was the message signed by that domain, and unaltered since (RFC 6376, 8301, 8463)? Keys come from given answers.

Written here, and compared with dkimpy in tests, because dkimpy reads the clock and cannot verify Ed25519 with our parts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, replace
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from daremo.trust.mail import canonical
from daremo.trust.mail.answers import Dns, NotAnswered, name_of
from daremo.trust.mail.message import Message

Result = Literal["pass", "fail", "permerror", "temperror", "policy"]

MOST_SIGNATURES = 10
LEAST_BITS, MOST_BITS = 1024, 8192
SLOP_S = 36_000
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*\Z")
_DOMAIN = re.compile(r"[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*\Z")


@dataclass(frozen=True, slots=True)
class Signature:
    """What one DKIM signature says and whether it holds.

    Attributes
    ----------
    result : str
        ``pass``; ``fail`` (altered, or not that key); ``permerror`` (malformed, no or revoked key); ``temperror``
        (key unknown); ``policy`` (holds by too weak a key or method, or after its end).
    reason : str
        A code of what is wrong; ``""`` with pass.
    domain, selector, algorithm : str
        Tags d, s, a.
    bits : int
        Size of the key.
    covers_all : bool
        Whether nothing can be added unnoticed: no ``l=`` shorter than the body, and no second From, Subject, To or Date.
    testing : bool
        Whether the key says that the domain is only trying DKIM out.
    """

    result: Result
    reason: str
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    bits: int = 0
    covers_all: bool = False
    testing: bool = False


class Refused(Exception):
    """A signature that does not hold, with its result and reason."""

    def __init__(self, result: Result, reason: str) -> None:
        super().__init__(reason)
        self.result: Result = result
        self.reason = reason


def decoded(text: str) -> bytes:
    """Base64 with white space.

    Raises
    ------
    Refused
        ``permerror`` where it is not base64.
    """
    if not _BASE64.match(text):
        raise Refused("permerror", "bad-base64")
    try:
        return base64.b64decode(re.sub(r"\s", "", text), validate=True)
    except (binascii.Error, ValueError) as e:
        raise Refused("permerror", "bad-base64") from e


@dataclass(frozen=True, slots=True)
class Key:
    """A public key record: the key, its size in bits, flags."""

    key: rsa.RSAPublicKey | Ed25519PublicKey
    bits: int
    testing: bool
    strict: bool
    hashes: tuple[str, ...]


def key_of(selector: str, domain: str, dns: Dns) -> Key:
    """The key at ``selector._domainkey.domain``.

    Raises
    ------
    Refused
        ``temperror`` where the answer is unknown; ``permerror`` where there is no usable key.
    """
    try:
        texts = dns(f"{selector}._domainkey.{domain}", "TXT")
    except NotAnswered as e:
        raise Refused("temperror", "key-unknown") from e
    if not texts:
        raise Refused("permerror", "no-key")
    return read_key(texts[0])


def read_key(text: str) -> Key:
    """Read the text of a key record (RFC 6376 3.6.1).

    Raises
    ------
    Refused
        ``permerror`` with the reason.
    """
    try:
        tags = canonical.tags_of(text.encode("utf-8", "replace")[:20_000])
    except canonical.BadTags as e:
        raise Refused("permerror", "bad-key") from e
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        raise Refused("permerror", "bad-key")
    if not tags["p"]:
        raise Refused("permerror", "revoked-key")
    services = {s.strip() for s in tags.get("s", "*").split(":")}
    if not services & {"*", "email"}:
        raise Refused("permerror", "key-not-for-mail")
    flags = {f.strip() for f in tags.get("t", "").split(":")}
    hashes = tuple(h.strip() for h in tags.get("h", "").split(":") if h.strip())
    data = decoded(tags["p"])
    kind = tags.get("k", "rsa")
    try:
        if kind == "ed25519":
            return Key(Ed25519PublicKey.from_public_bytes(data), 256, "y" in flags, "s" in flags, hashes)
        if kind != "rsa":
            raise Refused("permerror", "unknown-key-type")
        key = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as e:
        raise Refused("permerror", "bad-key") from e
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size > MOST_BITS:
        raise Refused("permerror", "bad-key")
    return Key(key, key.key_size, "y" in flags, "s" in flags, hashes)


def holds(key: Key, algorithm: str, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` was made with the key (rsa-sha256, or ed25519-sha256 over the digest)."""
    try:
        if algorithm == "ed25519-sha256" and isinstance(key.key, Ed25519PublicKey):
            key.key.verify(signature, hashlib.sha256(data).digest())
        elif algorithm == "rsa-sha256" and isinstance(key.key, rsa.RSAPublicKey):
            key.key.verify(signature, data, padding.PKCS1v15(), SHA256())
        else:
            raise Refused("permerror", "key-of-another-kind")
    except InvalidSignature:
        return False
    return True


def check_tags(tags: dict[str, str], needed: tuple[str, ...], now: float) -> None:
    """What DKIM and ARC signatures share: needed tags, algorithm, domain, times.

    Raises
    ------
    Refused
        At the first rule broken.
    """
    for name in needed:
        if name not in tags:
            raise Refused("permerror", f"missing-{name}")
    if tags["a"] == "rsa-sha1":
        raise Refused("policy", "weak-method")
    if tags["a"] not in ("rsa-sha256", "ed25519-sha256"):
        raise Refused("permerror", "unknown-method")
    if not _DOMAIN.match(name_of(tags["d"])) or not _DOMAIN.match(tags["s"]):
        raise Refused("permerror", "bad-domain")
    times = {}
    for name in ("t", "x"):
        if name in tags:
            if not re.fullmatch(r"\d{1,12}", tags[name]):
                raise Refused("permerror", "bad-time")
            times[name] = int(tags[name])
    if times.get("t", 0) > now + SLOP_S:
        raise Refused("policy", "signed-in-the-future")
    if "x" in times:
        if times["x"] < times.get("t", 0):
            raise Refused("permerror", "bad-time")
        if times["x"] < now - SLOP_S:
            raise Refused("policy", "expired")


def forms_of(tags: dict[str, str], default: str) -> tuple[str, str]:
    """Canonical forms of header and body."""
    head, _, tail = tags.get("c", default).partition("/")
    tail = tail or "simple"
    if head not in ("simple", "relaxed") or tail not in ("simple", "relaxed"):
        raise Refused("permerror", "bad-form")
    return head, tail


def names_of(tags: dict[str, str]) -> list[bytes]:
    """Names of the covered fields, in order, in small letters."""
    names = [n.strip().lower().encode() for n in tags["h"].split(":")]
    if len(names) > 500:
        raise Refused("permerror", "too-many-fields")
    return names


def verify_one(
    message: Message, name: bytes, value: bytes, dns: Dns, now: float, bodies: dict[str, bytes] | None = None
) -> Signature:
    """Verify the DKIM signature in one header field; `bodies` keeps the body's canonical forms between signatures."""
    bodies = {} if bodies is None else bodies
    told = Signature("permerror", "bad-tags")
    try:
        try:
            tags = canonical.tags_of(value)
        except canonical.BadTags as e:
            raise Refused("permerror", "bad-tags") from e
        told = replace(
            told,
            domain=name_of(tags.get("d", ""))[:255],
            selector=tags.get("s", "")[:255],
            algorithm=tags.get("a", "")[:30],
        )
        if tags.get("v") != "1":
            raise Refused("permerror", "bad-version")
        check_tags(tags, ("a", "b", "bh", "d", "h", "s"), now)
        domain = told.domain
        identity = name_of(tags.get("i", f"@{domain}").rpartition("@")[2])
        if identity != domain and not identity.endswith("." + domain):
            raise Refused("permerror", "bad-identity")
        if "q" in tags and "dns/txt" not in [q.strip() for q in tags["q"].split(":")]:
            raise Refused("permerror", "unknown-query")
        names = names_of(tags)
        if b"from" not in names:
            raise Refused("permerror", "from-not-signed")
        head, tail = forms_of(tags, "simple/simple")
        if tail not in bodies:
            bodies[tail] = canonical.body(message.body, tail)
        body = bodies[tail]
        short = False
        if "l" in tags:
            if not re.fullmatch(r"\d{1,76}", tags["l"]) or int(tags["l"]) > len(body):
                raise Refused("permerror", "bad-length")
            short = int(tags["l"]) < len(body)
            body = body[: int(tags["l"])]
        if hashlib.sha256(body).digest() != decoded(tags["bh"]):
            raise Refused("fail", "body-altered")
        key = key_of(tags["s"], domain, dns)
        told = replace(told, bits=key.bits, testing=key.testing)
        if key.strict and identity != domain:
            raise Refused("permerror", "bad-identity")
        if key.hashes and "sha256" not in key.hashes:
            raise Refused("permerror", "key-of-another-kind")
        counts = {f: len(message.all(f)) for f in ("From", "Subject", "To", "Date", "Reply-To")}
        over = [f for f, n in counts.items() if n > max(1, names.count(f.lower().encode()))]
        # a further From is always taken in: only one is allowed, so no true message breaks by it
        covered = canonical.chosen(message.fields, [*names, b"from"])
        data = b"".join(canonical.field(n, v, head) for n, v in covered)
        data += canonical.field(name, canonical.without_signature(value), head).removesuffix(b"\r\n")
        if not holds(key, tags["a"], decoded(tags["b"]), data):
            raise Refused("fail", "header-altered")
        if isinstance(key.key, rsa.RSAPublicKey) and key.bits < LEAST_BITS:
            raise Refused("policy", "short-key")
        return replace(told, result="pass", reason="", covers_all=not short and not over)
    except Refused as e:
        return replace(told, result=e.result, reason=e.reason)


def verify(message: Message, dns: Dns, now: float) -> tuple[Signature, ...]:
    """Verify the DKIM signatures of a message, top first, at most ten.

    Parameters
    ----------
    message : Message
    dns : callable
        Answers, ``dns(name, type) -> texts``.
    now : float
        Seconds since 1970.
    """
    found = [(n, v) for n, v in message.fields if n.lower() == b"dkim-signature"][:MOST_SIGNATURES]
    bodies: dict[str, bytes] = {}
    return tuple(verify_one(message, n, v, dns, now, bodies) for n, v in found)
