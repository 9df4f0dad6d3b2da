"""Does a document keep the rules of the VC Data Model 2.0? Every rule broken has a code; the first one is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from daremo.trust.credentials.contexts import VC1, VC2
from daremo.trust.credentials.times import seconds

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*:[^\s<>\"{}|\\^`]+\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
#: Properties whose objects need a type, and those which also need an id.
_TYPED = (
    "credentialStatus",
    "credentialSchema",
    "refreshService",
    "termsOfUse",
    "evidence",
    "renderMethod",
    "confidenceMethod",
)
_NAMED = ("credentialSchema",)


class BadCredential(ValueError):
    """A rule of the data model is broken; `code` names which, `where` the property."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} {where}".strip())
        self.code, self.where = code, where


def is_url(value: object) -> bool:
    """Whether a value is an absolute address (URL or other URI)."""
    return isinstance(value, str) and bool(_URL.match(value))


def listed(value: Any) -> list[Any]:
    """A property's values: one or many."""
    return value if isinstance(value, list) else [value]


def check_credential(document: Any, *, older: bool = False) -> None:
    """Check an unsecured or secured credential.

    Parameters
    ----------
    older : bool
        Whether the Data Model 1.1 is accepted as well (test suites; its days are ``issuanceDate``, ``expirationDate``).

    Raises
    ------
    BadCredential

    Source: W3C Verifiable Credentials Data Model 2.0, section 4; 1.1, section 4.
    """
    if not isinstance(document, Mapping):
        raise BadCredential("not-an-object")
    _context(document, older=older)
    _types(document, "VerifiableCredential")
    _id(document, "id")
    _words(document, "name", "description")
    _issuer(document)
    _subjects(document)
    _validity(document, *days_of(document))
    for name in _TYPED:
        if name in document:
            for one in listed(document[name]):
                _part(one, name, named=name in _NAMED)
    if "relatedResource" in document:
        _resources(document["relatedResource"])
    if "proof" in document:
        _proofs(document["proof"])


def check_presentation(document: Any) -> None:
    """Check a presentation and each credential in it.

    Raises
    ------
    BadCredential
    """
    if not isinstance(document, Mapping):
        raise BadCredential("not-an-object")
    _context(document)
    _types(document, "VerifiablePresentation")
    _id(document, "id")
    if "holder" in document:
        holder = document["holder"]
        name = holder.get("id") if isinstance(holder, Mapping) else holder
        if not is_url(name):
            raise BadCredential("bad-id", "holder")
    for one in listed(document.get("verifiableCredential", [])):
        if not isinstance(one, Mapping):
            raise BadCredential("not-an-object", "verifiableCredential")
        if "EnvelopedVerifiableCredential" in listed(one.get("type")):
            check_envelope(one, "EnvelopedVerifiableCredential")
        else:
            check_credential(one)
    if "proof" in document:
        _proofs(document["proof"])


def check_envelope(document: Any, kind: str) -> str:
    """Check an enveloped credential or presentation; what it wraps, as the text of its token.

    Raises
    ------
    BadCredential
    """
    if not isinstance(document, Mapping):
        raise BadCredential("not-an-object")
    _context(document)
    if kind not in listed(document.get("type")):
        raise BadCredential("bad-type", "type")
    name = document.get("id")
    m = (
        re.match(r"data:application/(?:vc|vp|vc-ld|vp-ld)?\+?(?:sd-)?(?:jwt|cose)(?:;[^,]*)?,", name)
        if isinstance(name, str)
        else None
    )
    if m is None:
        raise BadCredential("bad-id", "id")
    return str(name)[m.end() :]


def days_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """Names of the properties that hold the first and the last moment of a credential."""
    older = listed(document.get("@context"))[:1] == [VC1]
    return ("issuanceDate", "expirationDate") if older else ("validFrom", "validUntil")


def _context(document: Mapping[str, Any], *, older: bool = False) -> None:
    context = document.get("@context")
    items = listed(context)
    if not items or (items[0] != VC2 and not (older and items[0] == VC1)):
        raise BadCredential("bad-context", "@context")
    for one in items[1:]:
        if not isinstance(one, Mapping) and not is_url(one):
            raise BadCredential("bad-context", "@context")


def _types(document: Mapping[str, Any], needed: str) -> None:
    types = listed(document.get("type"))
    if needed not in types or not all(isinstance(t, str) and t for t in types):
        raise BadCredential("bad-type", "type")


def _id(document: Mapping[str, Any], where: str) -> None:
    if "id" in document and not is_url(document["id"]):
        raise BadCredential("bad-id", where)


def _words(document: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name not in document:
            continue
        for one in listed(document[name]):
            if isinstance(one, str):
                continue
            if (
                not isinstance(one, Mapping)
                or not isinstance(one.get("@value"), str)
                or not set(one) <= {"@value", "@language", "@direction"}
                or not _LANGUAGE.match(str(one.get("@language", "en")))
                or one.get("@direction", "ltr") not in ("ltr", "rtl")
            ):
                raise BadCredential("bad-words", name)


def _issuer(document: Mapping[str, Any]) -> None:
    issuer = document.get("issuer")
    name = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if not is_url(name):
        raise BadCredential("bad-issuer", "issuer")
    if isinstance(issuer, Mapping):
        _words(issuer, "name", "description")


def _subjects(document: Mapping[str, Any]) -> None:
    found = listed(document.get("credentialSubject"))
    if not found:
        raise BadCredential("no-subject", "credentialSubject")
    for one in found:
        if not isinstance(one, Mapping) or not one:
            raise BadCredential("no-subject", "credentialSubject")
        _id(one, "credentialSubject.id")


def _validity(document: Mapping[str, Any], first: str, last: str) -> None:
    ends = []
    if first == "issuanceDate" and first not in document:
        raise BadCredential("bad-time", first)
    for name in (first, last):
        if name in document:
            at = seconds(document[name])
            if at is None:
                raise BadCredential("bad-time", name)
            ends.append(at)
    if len(ends) == 2 and ends[0] > ends[1]:
        raise BadCredential("bad-time", last)


def _part(one: Any, name: str, *, named: bool) -> None:
    if not isinstance(one, Mapping):
        raise BadCredential("not-an-object", name)
    types = listed(one.get("type"))
    if not types or not all(isinstance(t, str) and t for t in types):
        raise BadCredential("bad-type", f"{name}.type")
    if named and "id" not in one:
        raise BadCredential("bad-id", f"{name}.id")
    _id(one, f"{name}.id")
    if name == "credentialStatus" and "BitstringStatusListEntry" in types:
        _status(one)


def _status(one: Mapping[str, Any]) -> None:
    index = one.get("statusListIndex")
    if not isinstance(one.get("statusPurpose"), str) or not one["statusPurpose"]:
        raise BadCredential("bad-status", "statusPurpose")
    if not isinstance(index, str) or not re.fullmatch(r"\d{1,12}", index):
        raise BadCredential("bad-status", "statusListIndex")
    if not is_url(one.get("statusListCredential")):
        raise BadCredential("bad-status", "statusListCredential")
    if "statusSize" in one and (type(one["statusSize"]) is not int or one["statusSize"] < 1):
        raise BadCredential("bad-status", "statusSize")
    if one["statusPurpose"] == "message" and "statusMessage" not in one:
        raise BadCredential("bad-status", "statusMessage")


def _resources(value: Any) -> None:
    seen = set()
    for one in listed(value):
        if not isinstance(one, Mapping) or not is_url(one.get("id")):
            raise BadCredential("bad-resource", "relatedResource")
        if one["id"] in seen or not ({"digestSRI", "digestMultibase"} & set(one)):
            raise BadCredential("bad-resource", "relatedResource")
        seen.add(one["id"])


def _proofs(value: Any) -> None:
    for one in listed(value):
        if not isinstance(one, Mapping) or not isinstance(one.get("type"), str):
            raise BadCredential("bad-proof", "proof.type")


def check_plain_spelling(document: Any) -> None:
    """Refuse spellings that mean the same to the signature and another thing to a reader.

    A signature covers the graph, a reader sees the JSON. So keywords, full addresses as keys and a second object of the
    same id are refused, with which someone could hide an end date and keep the signature.

    Raises
    ------
    BadCredential
        ``other-spelling``.
    """
    ids: set[str] = set()

    def walk(value: Any, top: bool) -> None:
        if isinstance(value, list):
            for one in value:
                if isinstance(one, list):
                    raise BadCredential("other-spelling", "[[]]")
                walk(one, False)
        if not isinstance(value, Mapping):
            return
        name = value.get("id")
        if isinstance(name, str):
            if name in ids:
                raise BadCredential("other-spelling", name[:80])
            ids.add(name)
        for key, one in value.items():
            if key == "@context" and top:
                continue
            if key in ("@value", "@language", "@direction") and isinstance(one, str) and "@value" in value:
                continue
            if key.startswith("@") or ":" in key or one is None:
                raise BadCredential("other-spelling", key[:80])
            walk(one, False)

    walk({k: v for k, v in document.items() if k != "proof"}, True)
