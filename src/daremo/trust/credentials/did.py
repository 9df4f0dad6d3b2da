"""Keys of issuers: Multikey text, did:key, did:web, and JWK (Ed25519 only). Key material comes in as arguments."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_INDEX = {c: i for i, c in enumerate(_ALPHABET.decode())}
_PAIRS = [bytes((_ALPHABET[i // 58], _ALPHABET[i % 58])) for i in range(58 * 58)]
_PUBLIC, _PRIVATE = b"\xed\x01", b"\x80\x26"


class BadKey(ValueError):
    """A key, or a name of one, that cannot be used."""


def base58(data: bytes) -> str:
    """Bytes in the base-58 alphabet of Bitcoin, without the multibase letter."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    number = int.from_bytes(data, "big")
    out = []
    while number >= 3364:
        number, rest = divmod(number, 3364)
        out.append(_PAIRS[rest])
    text = b"".join(reversed(out))
    if number >= 58:
        text = _PAIRS[number] + text
    elif number:
        text = _ALPHABET[number : number + 1] + text
    return (b"1" * zeros + text).decode()


def from_base58(text: str) -> bytes:
    """Bytes of a base-58 text, at most 300 letters.

    Raises
    ------
    BadKey
        At a letter outside the alphabet.
    """
    if len(text) > 300:
        raise BadKey("base58 text too long")
    number = 0
    for c in text:
        if c not in _INDEX:
            raise BadKey("not base58")
        number = number * 58 + _INDEX[c]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(key: Ed25519PublicKey) -> str:
    """A public key as Multikey text, ``z6Mk…``."""
    return "z" + base58(_PUBLIC + key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def key_of_multikey(text: str) -> Ed25519PublicKey:
    """The public key of a Multikey text.

    Raises
    ------
    BadKey
        Where it is none of Ed25519.
    """
    data = from_base58(text[1:]) if text.startswith("z") else b""
    if data[:2] != _PUBLIC or len(data) != 34:
        raise BadKey("not an Ed25519 Multikey")
    return Ed25519PublicKey.from_public_bytes(data[2:])


def did_key(key: Ed25519PublicKey) -> str:
    """The did:key of a public key."""
    return f"did:key:{multikey(key)}"


def method_of(key: Ed25519PublicKey, issuer: str) -> str:
    """Name of the verification method of an issuer's key, as proofs and statements name it."""
    return f"{issuer}#{multikey(key)}"


def resolve(
    method: str, documents: Mapping[str, Any] | None = None, purpose: str = "assertionMethod"
) -> Ed25519PublicKey:
    """The public key behind a verification method.

    Parameters
    ----------
    method : str
        ``did:key:z…#z…``, or a method of a document handed in.
    documents : mapping
        DID documents by DID (this package fetches none).
    purpose : str
        The key must be listed for it.

    Raises
    ------
    BadKey
        Where it is unknown, of another kind or not for that purpose.
    """
    did, _, fragment = method.partition("#")
    if did.startswith("did:key:"):
        name = did.removeprefix("did:key:")
        if fragment not in ("", name):
            raise BadKey("did:key with another fragment")
        return key_of_multikey(name)
    document = (documents or {}).get(did)
    if not isinstance(document, Mapping) or document.get("id") != did:
        raise BadKey(f"unknown issuer {did[:200]}")
    named = {_absolute(m, did): m for m in _listed(document.get("verificationMethod"))}
    allowed = {_absolute(m, did): m for m in _listed(document.get(purpose))}
    if method not in allowed:
        raise BadKey(f"key not for {purpose}")
    entry = allowed[method] if isinstance(allowed[method], Mapping) else named.get(method)
    if not isinstance(entry, Mapping) or entry.get("controller", did) != did:
        raise BadKey("key without a description")
    if isinstance(entry.get("revoked"), str) or isinstance(entry.get("expires"), str):
        raise BadKey("key revoked or with an end: ask its owner")
    if isinstance(entry.get("publicKeyMultibase"), str):
        return key_of_multikey(entry["publicKeyMultibase"])
    if isinstance(entry.get("publicKeyJwk"), Mapping):
        return key_of_jwk(entry["publicKeyJwk"])
    raise BadKey("key of another kind")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _absolute(method: Any, did: str) -> str:
    name = method.get("id", "") if isinstance(method, Mapping) else method
    name = name if isinstance(name, str) else ""
    return did + name if name.startswith("#") else name


def key_of_jwk(jwk: Mapping[str, Any]) -> Ed25519PublicKey:
    """The public key of an OKP JWK.

    Raises
    ------
    BadKey
        Where it is none of Ed25519.
    """
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(jwk.get("x"), str):
        raise BadKey("not an Ed25519 JWK")
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "=="))
    except ValueError as e:
        raise BadKey("not an Ed25519 JWK") from e


def document(did: str, keys: list[Ed25519PublicKey]) -> dict[str, Any]:
    """The DID document to publish for an issuer and its keys."""
    methods = [
        {"id": method_of(k, did), "type": "Multikey", "controller": did, "publicKeyMultibase": multikey(k)}
        for k in keys
    ]
    names = [m["id"] for m in methods]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": names,
        "authentication": names,
    }


def web_address(did: str) -> str:
    """Where the document of a did:web is published.

    Raises
    ------
    BadKey
        Where it is no did:web.
    """
    m = re.fullmatch(r"did:web:([A-Za-z0-9.\-]+(?:%3A\d+)?)((?::[A-Za-z0-9._~\-]+)*)", did)
    if not m:
        raise BadKey("not a did:web")
    host, path = m[1].replace("%3A", ":"), m[2].replace(":", "/")
    return f"https://{host}{path}/did.json" if path else f"https://{host}/.well-known/did.json"


def load_private(text: str) -> Ed25519PrivateKey:
    """A private key from PEM (PKCS 8) or a Multikey text (``z3u2…``).

    Raises
    ------
    BadKey
        Where it is none of Ed25519, or is locked by a password.
    """
    text = text.strip()
    if text.startswith("z"):
        data = from_base58(text[1:])
        if data[:2] != _PRIVATE or len(data) != 34:
            raise BadKey("not an Ed25519 secret key")
        return Ed25519PrivateKey.from_private_bytes(data[2:])
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise BadKey("not a PEM key without a password") from e
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey("not an Ed25519 key")
    return key


def private_pem(key: Ed25519PrivateKey) -> str:
    """A private key as PEM (PKCS 8), without a password: keep the file to yourself."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
