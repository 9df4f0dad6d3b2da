"""HTTP message signatures (RFC 9421) with digests of the body (RFC 9530); clock, keys and nonces come in as arguments.

The signature base and the algorithms are those of http-message-signatures; here stand the clock, the choice of the
algorithm by the kind of key (never by what the message says), and a distinct code for everything that is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException, InvalidSignature

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | bytes
PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey | bytes

#: What requests and responses of this product cover, beside ``content-digest`` where there is a body.
REQUEST_COVERS = ("@method", "@authority", "@target-uri")
RESPONSE_COVERS = ("@status",)
SKEW_S = 5
LONGEST_LIFE_S = 300
MOST_HEADER_LETTERS = 16_000


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is signed: method, absolute address, header fields, body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it is signed; with its request, components of that may be covered (``"@method";req``)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    request: Request | None = None


class SignatureRefused(Exception):
    """A message whose signature is not accepted.

    `code` is one of ``no-signature``, ``many-signatures``, ``malformed``, ``unknown-key``, ``wrong-algorithm``,
    ``not-covered``, ``bad-digest``, ``future``, ``stale``, ``expired``, ``altered``.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


class _Refused(InvalidSignature):
    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature that holds says.

    Attributes
    ----------
    key_id : str
    created : int
        Seconds since 1970.
    expires : int | None
    nonce : str
        "" where there is none; whether it was seen before is the caller's to know.
    tag, label : str
    covered : mapping
        Component → value that was signed.
    """

    key_id: str
    created: int
    expires: int | None
    nonce: str
    tag: str
    label: str
    covered: Mapping[str, str]


@dataclass(slots=True)
class _Message:
    """The shape the library works on."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(slots=True)
class _Answer:
    status_code: int
    headers: dict[str, str]
    request: _Message | None


def content_digest(body: bytes, algorithm: str = "sha-256") -> str:
    """The ``Content-Digest`` field of a body.

    Source: RFC 9530 section 2.
    """
    name = {"sha-256": "sha256", "sha-512": "sha512"}[algorithm]
    return f"{algorithm}=:{base64.b64encode(hashlib.new(name, body).digest()).decode()}:"


def digest_fits(value: str, body: bytes) -> bool:
    """Whether a ``Content-Digest`` field fits the body: at least one strong digest, and every strong one right."""
    found = re.findall(r"(?:^|,)\s*(sha-256|sha-512)=:([A-Za-z0-9+/=]*):", value)
    return bool(found) and all(
        hmac.compare_digest(f"{name}=:{text}:", content_digest(body, name)) for name, text in found
    )


def _algorithm(key: Any) -> type[algorithms.HTTPSignatureAlgorithm]:
    if isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        return algorithms.ED25519
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return algorithms.ECDSA_P384_SHA384 if key.key_size == 384 else algorithms.ECDSA_P256_SHA256
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return algorithms.RSA_PSS_SHA512
    if isinstance(key, bytes):
        return algorithms.HMAC_SHA256
    raise TypeError("a key of cryptography, or bytes for HMAC")


def _shaped(message: Request | Response) -> _Message | _Answer:
    if isinstance(message, Request):
        return _Message(message.method, message.url, dict(message.headers))
    request = cast("_Message", _shaped(message.request)) if message.request else None
    return _Answer(message.status, dict(message.headers), request)


def sign(
    message: Request | Response,
    key: PrivateKey,
    key_id: str,
    now: float,
    *,
    covers: Sequence[str] | None = None,
    nonce: str = "",
    tag: str = "",
    life_s: int | None = LONGEST_LIFE_S,
    label: str = "sig1",
    name_algorithm: bool = False,
    digest: bool = True,
) -> dict[str, str]:
    """The header fields of a message with its signature (``Signature-Input``, ``Signature``, ``Content-Digest``).

    Parameters
    ----------
    message : Request or Response
    key : private key, or bytes for HMAC
        Its kind decides the algorithm.
    key_id : str
    now : float
        Seconds since 1970.
    covers : sequence of str
        Components; by default method, authority and address (or status), and the digest where there is a body.
    nonce, tag : str
        Left out where empty.
    life_s : int | None
        Seconds until it expires; None for no end.
    label : str
    name_algorithm : bool
        Whether to write ``alg``.
    digest : bool
        Whether a body gets a digest that is covered.

    Raises
    ------
    SignatureRefused
        ``malformed`` where a component is not in the message.

    Source: RFC 9421 section 3.1.
    """
    shaped = _shaped(message)
    if covers is None:
        covers = REQUEST_COVERS if isinstance(message, Request) else RESPONSE_COVERS
    wanted = list(covers)
    if digest and message.body:
        for name in [n for n in shaped.headers if n.lower() == "content-digest"]:
            del shaped.headers[name]
        shaped.headers["Content-Digest"] = content_digest(message.body)
        if "content-digest" not in wanted:
            wanted.append("content-digest")
    created = datetime.fromtimestamp(int(now), UTC)
    signer = HTTPMessageSigner(
        signature_algorithm=_algorithm(key), key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key})
    )
    try:
        signer.sign(
            shaped,
            key_id=key_id,
            created=created,
            expires=created + timedelta(seconds=life_s) if life_s is not None else None,
            nonce=nonce or None,
            tag=tag or None,
            label=label,
            include_alg=name_algorithm,
            covered_component_ids=tuple(wanted),
            use_existing_digest=any(n.lower() == "content-digest" for n in shaped.headers),
        )
    except HTTPMessageSignaturesException as e:
        raise SignatureRefused("malformed", str(e)) from e
    return shaped.headers


class _Verifier(HTTPMessageVerifier):
    """The library's verifier with the clock handed in and our codes."""

    def __init__(
        self, keys: MappingKeyResolver, algorithm: type[algorithms.HTTPSignatureAlgorithm], now: float
    ) -> None:
        super().__init__(signature_algorithm=algorithm, key_resolver=keys)
        self._now = now

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        """Times against the clock handed in."""
        created, expires = sig_input.params.get("created"), sig_input.params.get("expires")
        if type(created) is not int:
            raise _Refused("malformed", "created")
        if created > self._now + SKEW_S:
            raise _Refused("future")
        if expires is not None and (type(expires) is not int or expires < self._now - SKEW_S):
            raise _Refused("expired")
        if max_age is not None and created + max_age.total_seconds() < self._now - SKEW_S:
            raise _Refused("stale")


def verify(
    message: Request | Response,
    key_of: Callable[[str], PublicKey | None],
    now: float,
    *,
    needs: Sequence[str] | None = None,
    tag: str = "",
    label: str = "",
    oldest_s: float | None = LONGEST_LIFE_S,
) -> Signed:
    """Verify the signature of a message.

    Parameters
    ----------
    message : Request or Response
        As received; a body must fit its covered digest.
    key_of : callable
        The public key of a key id, None where it is unknown or withdrawn.
    now : float
        Seconds since 1970.
    needs : sequence of str
        Components that must be covered; by default method, authority and address (or status), and with a body its digest.
    tag : str
        The tag it must bear, "" for any.
    label : str
        Which signature, where there are several.
    oldest_s : float | None
        Age in seconds after which it is stale; None for any age.

    Raises
    ------
    SignatureRefused

    Source: RFC 9421 section 3.2.
    """
    fields = {k.lower(): v for k, v in message.headers.items()}
    if "signature" not in fields or "signature-input" not in fields:
        raise SignatureRefused("no-signature")
    if len(fields["signature"]) + len(fields["signature-input"]) > MOST_HEADER_LETTERS:
        raise SignatureRefused("malformed", "too long")
    key_id, chosen = _key_id(fields["signature-input"], tag, label)
    key = key_of(key_id)
    if key is None:
        raise SignatureRefused("unknown-key", key_id[:200])
    algorithm = _algorithm(key)
    if needs is None:
        needs = REQUEST_COVERS if isinstance(message, Request) else RESPONSE_COVERS
        needs = (*needs, "content-digest") if message.body else needs
    verifier = _Verifier(MappingKeyResolver(public_keys={key_id: key}, private_keys={}), algorithm, now)
    verifier.allow_label_only_selection = True
    try:
        found = verifier.verify(
            _Chosen.of(message, fields, chosen),
            max_age=timedelta(seconds=oldest_s) if oldest_s is not None else None,
            expect_tag=tag or None,
        )[0]
    except _Refused as e:
        raise SignatureRefused(e.code, str(e)) from e
    except HTTPMessageSignaturesException as e:
        raise SignatureRefused(_code(str(e)), str(e)) from e
    covered = {k: v for k, v in found.covered_components.items() if k != '"@signature-params"'}
    names = {_plain(c) for c in covered}
    for need in needs:
        if _plain(need) not in names:
            raise SignatureRefused("not-covered", need)
    if '"content-digest"' in covered and not digest_fits(covered['"content-digest"'], message.body):
        raise SignatureRefused("bad-digest")
    params = found.parameters
    return Signed(
        key_id,
        int(params["created"]),
        int(params["expires"]) if "expires" in params else None,
        str(params.get("nonce", "")),
        str(params.get("tag", "")),
        found.label,
        covered,
    )


class _Chosen:
    """A message with one signature left, the one that was chosen."""

    @staticmethod
    def of(message: Request | Response, fields: dict[str, str], label: str) -> _Message | _Answer:
        shaped = _shaped(message)
        for name in [n for n in shaped.headers if n.lower() in ("signature", "signature-input")]:
            del shaped.headers[name]
        for name in ("signature-input", "signature"):
            members = _members(fields[name])
            if label not in members:
                raise SignatureRefused("malformed", name)
            shaped.headers[name] = f"{label}={members[label]}"
        return shaped


def _members(value: str) -> dict[str, str]:
    """Members of a dictionary field by name, as they were written; a name that stands twice is refused."""
    found: dict[str, str] = {}
    part, quoted, depth = "", False, 0
    for i, c in enumerate(value + ","):
        if c == '"' and (i == 0 or value[i - 1] != "\\"):
            quoted = not quoted
        depth += (c == "(") - (c == ")") if not quoted else 0
        if c == "," and not quoted and depth == 0:
            name, equals, content = part.strip().partition("=")
            if not equals or name in found or not re.fullmatch(r"[a-z*][a-z0-9_\-.*]*", name):
                raise SignatureRefused("malformed", name[:60])
            found[name] = content
            part = ""
        else:
            part += c
    return found


def _key_id(value: str, tag: str, label: str) -> tuple[str, str]:
    """Key id and label of the one signature that is meant."""
    found = []
    for name, content in _members(value).items():
        params = content.rpartition(")")[2]
        tags = re.search(r';tag="((?:[^"\\]|\\.)*)"', params)
        if (label and name != label) or (tag and (tags is None or tags[1] != tag)):
            continue
        key = re.search(r';keyid="((?:[^"\\]|\\.)*)"', params)
        found.append((re.sub(r"\\(.)", r"\1", key[1]) if key else "", name))
    if not found:
        raise SignatureRefused("no-signature", tag or label)
    if len(found) > 1:
        raise SignatureRefused("many-signatures")
    if not found[0][0]:
        raise SignatureRefused("unknown-key")
    return found[0]


def _plain(component: str) -> str:
    """A component with its parameters in one order, the name in quotes."""
    name, *params = component.split(";") if component.startswith('"') else (f'"{component}"',)
    return ";".join([name, *sorted(params)])


def _code(text: str) -> str:
    """The code of a refusal of the library."""
    if "lgorithm" in text:
        return "wrong-algorithm"
    if any(w in text for w in ("Malformed", "must be", "Unexpected", "Duplicate", "Expected", "invalid")):
        return "malformed"
    if "not found" in text:
        return "not-covered"
    return "altered"
