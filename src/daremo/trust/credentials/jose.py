"""Credentials as vc+jwt (EdDSA), and a reader of SD-JWT."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from daremo.trust.credentials.did import BadKey, key_of_jwk, resolve
from daremo.trust.credentials.integrity import BadProof
from daremo.trust.credentials.times import seconds

MOST_LETTERS = 300_000
_DIGESTS = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}
#: Claims of SD-JWT that a disclosure may not bring in.
_RESERVED = frozenset({"_sd", "...", "_sd_alg"})


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as e:
        raise BadProof("bad-token") from e
    if _encode(data) != text:  # one text for one value: nothing hides in the spare bits
        raise BadProof("bad-token")
    return data


def _json(data: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadProof("bad-token", "a name stands twice")
        return found

    try:
        return json.loads(data, object_pairs_hook=once)
    except (ValueError, RecursionError) as e:
        raise BadProof("bad-token") from e


@functools.lru_cache(maxsize=256)
def _head(typ: str, method: str) -> str:
    header = {"alg": "EdDSA", "typ": typ, "cty": typ.partition("+")[0], "kid": method}
    return _encode(json.dumps(header, separators=(",", ":")).encode())


def sign(credential: Mapping[str, Any], key: Ed25519PrivateKey, method: str, *, typ: str = "vc+jwt") -> str:
    """A credential as a token: the credential itself is the payload, with the registered claims beside.

    Source: W3C Securing Verifiable Credentials using JOSE and COSE, section 3.1; Open Badges 3.0, section 8.2.
    """
    claims: dict[str, Any] = {k: v for k, v in credential.items() if k != "proof"}
    issuer = credential.get("issuer")
    claims["iss"] = issuer["id"] if isinstance(issuer, Mapping) else issuer
    if "id" in credential:
        claims["jti"] = credential["id"]
    subject = credential.get("credentialSubject")
    if isinstance(subject, Mapping) and "id" in subject:
        claims["sub"] = subject["id"]
    for name, claim in (("validFrom", "nbf"), ("validUntil", "exp")):
        at = seconds(credential.get(name))
        if at is not None:
            claims[claim] = int(at)
    if claims["iss"] is None:
        del claims["iss"]
    head = _head(typ, method)
    body = _encode(json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode())
    return f"{head}.{body}." + _encode(key.sign(f"{head}.{body}".encode()))


def verify(
    token: str,
    *,
    documents: Mapping[str, Any] | None = None,
    key: Ed25519PublicKey | None = None,
    types: tuple[str, ...] = ("vc+jwt", "JWT", "vc-ld+jwt"),
) -> tuple[dict[str, Any], str]:
    """Payload of a token whose signature holds, and its verification method.

    Parameters
    ----------
    token : str
        Compact JWS.
    documents : mapping
        DID documents by DID.
    key : Ed25519PublicKey
        The issuer's key where it is known otherwise; else ``kid`` must name it.
    types : tuple of str
        Types that are taken.

    Raises
    ------
    BadProof
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MOST_LETTERS:
        raise BadProof("bad-token")
    header = _json(_decode(parts[0]))
    if not isinstance(header, dict) or header.get("alg") not in ("EdDSA", "Ed25519") or "crit" in header:
        raise BadProof("unknown-suite")
    if str(header.get("typ", "JWT")).lower() not in [t.lower() for t in types]:
        raise BadProof("unknown-proof")
    method = header.get("kid", "")
    if key is None:
        try:
            key = resolve(method if isinstance(method, str) else "", documents)
        except BadKey as e:
            raise BadProof("unknown-key", str(e)) from e
    signature = _decode(parts[2])
    try:
        key.verify(signature, f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature as e:
        raise BadProof("altered") from e
    payload = _json(_decode(parts[1]))
    if not isinstance(payload, dict):
        raise BadProof("bad-token")
    return payload, str(method)


def credential_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The credential in a payload, once the claims beside it say the same.

    Raises
    ------
    BadProof
        ``claims-differ``.
    """
    claims = ("iss", "jti", "sub", "nbf", "exp", "iat", "aud", "cnf")
    document = {k: v for k, v in payload.items() if k not in claims}
    issuer = document.get("issuer")
    name = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if payload.get("iss", name) != name or payload.get("jti", document.get("id")) != document.get("id"):
        raise BadProof("claims-differ")
    for field, claim in (("validFrom", "nbf"), ("validUntil", "exp")):
        if claim in payload and field in document:
            at = seconds(document[field])
            if at is None or type(payload[claim]) not in (int, float) or abs(at - payload[claim]) >= 1:
                raise BadProof("claims-differ", claim)
    return document


@dataclass(frozen=True, slots=True)
class Disclosed:
    """An SD-JWT read: the claims with what was disclosed put in, the names disclosed, and whether the holder signed.

    `bound` is True where a key binding token was given and holds.
    """

    claims: dict[str, Any]
    disclosed: tuple[str, ...]
    method: str
    bound: bool


def read_sd_jwt(
    text: str,
    *,
    documents: Mapping[str, Any] | None = None,
    key: Ed25519PublicKey | None = None,
    audience: str = "",
    nonce: str = "",
) -> Disclosed:
    """Read an SD-JWT (or SD-JWT with key binding) whose signatures hold.

    Parameters
    ----------
    text : str
        ``<issuer's token>~<disclosure>~…~[<key binding token>]``.
    audience, nonce : str
        What the key binding must name; with either given, a binding is required.

    Raises
    ------
    BadProof

    Source: RFC 9901 (SD-JWT), section 7.
    """
    parts = text.split("~")
    if len(text) > MOST_LETTERS or len(parts) < 2 or len(parts) > 1000:
        raise BadProof("bad-token")
    payload, method = verify(
        parts[0], documents=documents, key=key, types=("JWT", "vc+sd-jwt", "dc+sd-jwt", "example+sd-jwt", "vc+jwt")
    )
    digest = _DIGESTS.get(payload.get("_sd_alg", "sha-256"))
    if digest is None:
        raise BadProof("unknown-suite")
    found: dict[str, tuple[list[Any], str]] = {}
    for text_of in parts[1:-1]:
        item = _json(_decode(text_of))
        if not isinstance(item, list) or len(item) not in (2, 3):
            raise BadProof("bad-disclosure")
        name = _encode(digest(text_of.encode()).digest())
        if name in found:
            raise BadProof("bad-disclosure")
        found[name] = (item, text_of)
    used: set[str] = set()
    names: list[str] = []
    claims = _filled(payload, found, used, names, 0)
    if used != set(found):
        raise BadProof("bad-disclosure", "not in the token")
    assert isinstance(claims, dict)
    claims.pop("_sd_alg", None)
    bound = _binding(parts, payload, digest, audience, nonce)
    return Disclosed(claims, tuple(names), method, bound)


def _filled(value: Any, found: dict[str, tuple[list[Any], str]], used: set[str], names: list[str], depth: int) -> Any:
    if depth > 40:
        raise BadProof("bad-disclosure", "too deep")
    if isinstance(value, list):
        out = []
        for one in value:
            if isinstance(one, dict) and set(one) == {"..."}:
                digest = one["..."]
                if digest in found:
                    item = _once(found, used, digest, 2)
                    out.append(_filled(item[1], found, used, names, depth + 1))
                    names.append("[]")
            else:
                out.append(_filled(one, found, used, names, depth + 1))
        return out
    if not isinstance(value, dict):
        return value
    made = {k: _filled(v, found, used, names, depth + 1) for k, v in value.items() if k != "_sd"}
    hidden = value.get("_sd", [])
    if not isinstance(hidden, list) or len(set(map(str, hidden))) != len(hidden):
        raise BadProof("bad-disclosure")
    for digest in hidden:
        if isinstance(digest, str) and digest in found:
            item = _once(found, used, digest, 3)
            if not isinstance(item[1], str) or item[1] in _RESERVED or item[1] in made:
                raise BadProof("bad-disclosure")
            made[item[1]] = _filled(item[2], found, used, names, depth + 1)
            names.append(item[1])
    return made


def _once(found: dict[str, tuple[list[Any], str]], used: set[str], digest: str, length: int) -> list[Any]:
    item = found[digest][0]
    if digest in used or len(item) != length:
        raise BadProof("bad-disclosure")
    used.add(digest)
    return item


def _binding(parts: list[str], payload: Mapping[str, Any], digest: Any, audience: str, nonce: str) -> bool:
    if not parts[-1]:
        if audience or nonce:
            raise BadProof("no-key-binding")
        return False
    try:
        holder = key_of_jwk(payload["cnf"]["jwk"])
    except (KeyError, TypeError, BadKey) as e:
        raise BadProof("no-key-binding") from e
    claims, _ = verify(parts[-1], key=holder, types=("kb+jwt",))
    presented = "~".join(parts[:-1]) + "~"
    if claims.get("sd_hash") != _encode(digest(presented.encode()).digest()):
        raise BadProof("bad-key-binding")
    if (audience and claims.get("aud") != audience) or (nonce and claims.get("nonce") != nonce):
        raise BadProof("bad-key-binding")
    return True
