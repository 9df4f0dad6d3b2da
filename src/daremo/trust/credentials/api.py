"""The W3C VC API as pure functions: a request's JSON in, status and JSON out. The web puts them behind a test setting.

``POST /credentials/issue``, ``/credentials/verify``, ``/presentations/verify``: 200 or 201 with the result, 400 with
RFC 9457 problem details for everything that must be refused.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from daremo.trust.credentials import jose, status
from daremo.trust.credentials.canonical import BadShape
from daremo.trust.credentials.contexts import PROOFS, VC1, VC2, UnknownContext, context_bytes
from daremo.trust.credentials.did import BadKey, base58
from daremo.trust.credentials.integrity import BadProof, add_proof, verify_proofs
from daremo.trust.credentials.model import (
    BadCredential,
    check_credential,
    check_envelope,
    check_presentation,
    days_of,
    listed,
)
from daremo.trust.credentials.times import seconds, stamp

_PROBLEMS = "https://www.w3.org/TR/vc-data-model#"
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """What the three functions need: the key, the method that names it, the clock, and what is known elsewhere.

    Attributes
    ----------
    key, method : Ed25519PrivateKey, str
        The issuer's key and verification method; credentials are issued in the name of its DID.
    now : float
        Seconds since 1970.
    documents, lists : mapping
        DID documents by DID; status list credentials by address.
    contexts : mapping
        Contexts beside those that ship (test suites bring their own).
    resources : mapping
        Bytes of related resources by address, to compare digests.
    status_entry : mapping
        Status entry that a credential without one is issued with.
    older : bool
        Whether credentials of the Data Model 1.1 are taken as well, as the suite for eddsa-rdfc-2022 sends them.
    """

    key: Ed25519PrivateKey
    method: str
    now: float
    documents: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    contexts: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    resources: Mapping[str, bytes] = field(default_factory=dict)
    status_entry: Mapping[str, Any] | None = None
    older: bool = False

    @property
    def issuer(self) -> str:
        """The issuer's DID."""
        return self.method.partition("#")[0]


def _refused(kind: str, detail: str) -> Answer:
    problem = {"type": _PROBLEMS + kind, "title": kind, "detail": detail, "status": 400}
    return 400, {"verified": False, "problemDetails": [problem], "errors": [problem]}


def issue(request: Any, desk: Desk) -> Answer:
    """``POST /credentials/issue``: the credential signed (201), or why not (400)."""
    try:
        credential = request.get("credential") if isinstance(request, Mapping) else None
        if not isinstance(credential, Mapping):
            raise BadCredential("not-an-object", "credential")
        options = request.get("options") or {}
        document = dict(credential)
        issuer = document.get("issuer", desk.issuer)
        document["issuer"] = issuer
        if desk.status_entry is not None:
            document.setdefault("credentialStatus", dict(desk.status_entry))
        check_credential(document, older=desk.older)
        if listed(document["@context"])[0] == VC1 and PROOFS not in listed(document["@context"]):
            # the older context does not say what a proof's properties mean
            document["@context"] = [*listed(document["@context"]), PROOFS]
        _extras(document, desk)
        who = issuer.get("id") if isinstance(issuer, Mapping) else issuer
        if who != desk.issuer:
            raise BadCredential("bad-issuer", "issuer")
        created = options.get("created", stamp(desk.now)) if isinstance(options, Mapping) else stamp(desk.now)
        if seconds(created) is None:
            raise BadCredential("bad-time", "created")
        more = _more(document, desk)
        if isinstance(options, Mapping) and options.get("format") == "vc+jwt":
            token = jose.sign(document, desk.key, desk.method)
            return 201, envelope("EnvelopedVerifiableCredential", token)
        return 201, add_proof(document, desk.key, desk.method, created, more=more)
    except BadCredential as e:
        return _refused("MALFORMED_VALUE_ERROR", str(e))
    except (BadShape, BadProof) as e:
        return _refused("PROCESSING_ERROR", str(e))


def envelope(kind: str, token: str) -> dict[str, Any]:
    """A token as an enveloped credential or presentation."""
    media = "vc+jwt" if kind == "EnvelopedVerifiableCredential" else "vp+jwt"
    return {"@context": VC2, "id": f"data:application/{media},{token}", "type": kind}


def _more(document: Mapping[str, Any], desk: Desk) -> Mapping[str, dict[str, Any]] | None:
    """Further contexts, only where the document names something that does not ship with the product."""
    for one in listed(document.get("@context")):
        if not isinstance(one, str):
            return desk.contexts or None
        try:
            context_bytes(one)
        except UnknownContext:
            return desk.contexts or None
    return None


def verify_credential(request: Any, desk: Desk) -> Answer:
    """``POST /credentials/verify``: 200 where signature, model, time and status hold, else 400 with what does not."""
    found = request.get("verifiableCredential") if isinstance(request, Mapping) else None
    try:
        document = _verified(found, desk)
        return 200, {"verified": True, "verifiableCredential": document, "problemDetails": []}
    except BadCredential as e:
        return _refused("MALFORMED_VALUE_ERROR", str(e))
    except (BadShape, BadProof) as e:
        return _refused("CRYPTOGRAPHIC_SECURITY_ERROR", str(e))


def _verified(found: Any, desk: Desk) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise BadCredential("not-an-object", "verifiableCredential")
    types = listed(found.get("type"))
    if "EnvelopedVerifiableCredential" in types or str(found.get("id", "")).startswith("data:"):
        document, method = _opened(check_envelope(found, "EnvelopedVerifiableCredential"), desk)
        check_credential(document)
        if _name(document.get("issuer")) != method.partition("#")[0]:
            raise BadProof("not-the-issuer")
    else:
        document = dict(found)
        check_credential(document, older=desk.older)
        _extras(document, desk)
        verify_proofs(
            document,
            desk.now,
            documents=desk.documents,
            issuer=_name(document["issuer"]),
            more=_more(document, desk),
        )
    _in_time(document, desk)
    return document


def _opened(token: str, desk: Desk) -> tuple[dict[str, Any], str]:
    payload, method = jose.verify(token, documents=desk.documents)
    return jose.credential_of(payload), method


def _name(value: Any) -> str:
    return str(value.get("id", "")) if isinstance(value, Mapping) else str(value)


def _in_time(document: Mapping[str, Any], desk: Desk) -> None:
    first, last = days_of(document)
    start, end = seconds(document.get(first)), seconds(document.get(last))
    if (end is not None and end < desk.now) or (start is not None and start > desk.now):
        raise BadCredential("out-of-time", first if end is None or end >= desk.now else last)
    entries = [e for e in listed(document.get("credentialStatus") or []) if _is_entry(e)]
    if not entries:
        return
    lists = {}
    for entry in entries:
        address = str(entry["statusListCredential"])
        if address in desk.lists:
            verify_proofs(desk.lists[address], desk.now, documents=desk.documents)
            lists[address] = desk.lists[address]
    state = status.state_of(entries, lists)
    if state in ("revoked", "suspended"):
        raise BadProof(state)
    if state == "unknown":
        raise BadProof("status-unknown")


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, Mapping) and "BitstringStatusListEntry" in listed(entry.get("type"))


def verify_presentation(request: Any, desk: Desk) -> Answer:
    """``POST /presentations/verify``: 200 where the presentation and each credential in it hold, else 400."""
    found = request.get("verifiablePresentation") if isinstance(request, Mapping) else None
    options = request.get("options", {}) if isinstance(request, Mapping) else {}
    try:
        if not isinstance(found, Mapping):
            raise BadCredential("not-an-object", "verifiablePresentation")
        if "EnvelopedVerifiablePresentation" in listed(found.get("type")) or str(found.get("id", "")).startswith(
            "data:"
        ):
            token = check_envelope(found, "EnvelopedVerifiablePresentation")
            payload, _ = jose.verify(token, documents=desk.documents, types=("vp+jwt", "JWT", "vp-ld+jwt"))
            check_presentation(payload)
            inner = payload
        else:
            check_presentation(found)
            expected = {
                k: str(options[k]) for k in ("challenge", "domain") if isinstance(options, Mapping) and options.get(k)
            }
            if "proof" not in found:
                raise BadProof("no-proof")
            verify_proofs(
                found,
                desk.now,
                documents=desk.documents,
                purpose="authentication",
                issuer=_name(found["holder"]) if "holder" in found else "",
                expected=expected,
                more=_more(found, desk),
            )
            inner = dict(found)
        for one in listed(inner.get("verifiableCredential", [])):
            _verified(one, desk)
        return 200, {"verified": True, "verifiablePresentation": dict(found), "problemDetails": []}
    except BadCredential as e:
        return _refused("MALFORMED_VALUE_ERROR", str(e))
    except (BadShape, BadProof, BadKey) as e:
        return _refused("CRYPTOGRAPHIC_SECURITY_ERROR", str(e))


def _extras(document: Mapping[str, Any], desk: Desk) -> None:
    """Digests of related resources that are at hand must fit; a status list must be usable."""
    for one in listed(document.get("relatedResource", [])):
        try:
            data = desk.resources.get(one["id"]) or context_bytes(one["id"])
        except UnknownContext as e:
            raise BadCredential("bad-resource", "relatedResource") from e
        if not _digest_fits(one, data):
            raise BadCredential("bad-resource", "relatedResource")
    if "BitstringStatusListCredential" in listed(document.get("type")):
        subject = document.get("credentialSubject")
        if not isinstance(subject, Mapping) or not subject.get("statusPurpose"):
            raise BadCredential("bad-status-list", "statusPurpose")
        for purpose in listed(subject["statusPurpose"]):
            status.bits_of(document, str(purpose))


def _digest_fits(resource: Mapping[str, Any], data: bytes) -> bool:
    sri = resource.get("digestSRI")
    if sri is not None:
        kind, _, value = str(sri).partition("-")
        if kind not in ("sha256", "sha384", "sha512"):
            return False
        if value != base64.b64encode(hashlib.new(kind, data).digest()).decode():
            return False
    multi = resource.get("digestMultibase")
    if multi is not None:
        plain = hashlib.sha256(data).digest()
        forms = (
            b"\x12\x20" + plain,
            plain,
        )  # a multihash as the Recommendation says, or bare as the W3C suite writes it
        coded = [base64.urlsafe_b64encode(f).rstrip(b"=").decode() for f in forms]
        if multi not in ("z" + base58(forms[0]), *("u" + c for c in coded)):
            return False
    return True
