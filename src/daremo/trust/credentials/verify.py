"""Verify a credential offline: signature, issuer, time, status, told in plain words. Keys and clock come in as arguments."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from daremo.kernel.tables import rows_of
from daremo.trust.credentials import jose, status
from daremo.trust.credentials.badge import name_digest
from daremo.trust.credentials.integrity import BadProof, Contexts, verify_proofs
from daremo.trust.credentials.model import BadCredential, check_credential, check_plain_spelling, listed
from daremo.trust.credentials.times import seconds

Verdict = Literal["valid", "invalid", "revoked", "suspended", "expired", "not-yet", "unknown"]
MOST_LETTERS = 300_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What is known about a credential.

    Attributes
    ----------
    verdict : str
        ``valid`` only where signature, issuer, time and status all hold; ``unknown`` where a key or list is missing.
    reason : str
        Code of what decided; `words` says it.
    issuer, issuer_name, name : str
        Who issued, and what.
    trusted : bool
        Whether the issuer is one of those the caller trusts: anybody can issue a valid credential about anything.
    method : str
        Verification method that signed.
    status : str
        good, revoked, suspended, unknown, or none where the credential names no status.
    named : bool | None
        Whether the name given is the one in the credential; None where none was given or none stands there.
    """

    verdict: Verdict
    reason: str
    detail: str = ""
    issuer: str = ""
    issuer_name: str = ""
    name: str = ""
    trusted: bool = False
    method: str = ""
    status: str = "none"
    valid_from: str = ""
    valid_until: str = ""
    named: bool | None = None

    def words(self, lang: str = "ja") -> list[str]:
        """The result as sentences."""
        said = _words()
        lines = [said[self.reason][lang] if self.reason in said else self.reason]
        if self.verdict == "valid":
            lines.append(said["trusted-issuer" if self.trusted else "other-issuer"][lang])
        if self.named is not None:
            lines.append(said["name-fits" if self.named else "name-differs"][lang])
        return [line.replace("ISSUER", self.issuer_name or self.issuer) for line in lines]

    def as_dict(self, lang: str = "ja") -> dict[str, object]:
        """Fields for JSON, with the words in one language."""
        return {**asdict(self), "words": self.words(lang)}


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    return {r["code"]: r for r in rows_of("daremo.trust.credentials", "words")}


def verify(
    given: str | Mapping[str, Any],
    now: float,
    *,
    documents: Mapping[str, Any] | None = None,
    lists: Mapping[str, Mapping[str, Any]] | None = None,
    trusted: Collection[str] = (),
    name: str = "",
    more: Contexts | None = None,
) -> Verified:
    """Verify a credential given as JSON (text or mapping) or as a vc+jwt token.

    Parameters
    ----------
    given : str or mapping
        The credential; an enveloped credential (``data:application/vc+jwt,…``) is opened.
    now : float
        Seconds since 1970.
    documents : mapping
        DID documents by DID, for issuers that are no did:key.
    lists : mapping
        Status list credentials by address; each is verified as well and must be the same issuer's.
    trusted : collection of str
        DIDs whose credentials count.
    name : str
        Name of the person who shows it, to compare.
    """
    try:
        document, method = _signed(given, now, documents, more)
    except BadProof as e:
        unknown = e.code == "unknown-key"
        return Verified("unknown" if unknown else "invalid", e.code, e.detail)
    except BadCredential as e:
        return Verified("invalid", e.code, e.where)
    issuer = document["issuer"]
    who = issuer["id"] if isinstance(issuer, Mapping) else issuer
    told: dict[str, Any] = {
        "issuer": who,
        "issuer_name": _plain(issuer.get("name")) if isinstance(issuer, Mapping) else "",
        "name": _plain(document.get("name")),
        "trusted": who in trusted,
        "method": method,
        "valid_from": str(document.get("validFrom", "")),
        "valid_until": str(document.get("validUntil", "")),
        "named": _named(document, name),
    }
    start, end = seconds(document.get("validFrom")), seconds(document.get("validUntil"))
    if end is not None and end < now:
        return Verified("expired", "expired", **told)
    if start is not None and start > now:
        return Verified("not-yet", "not-yet", **told)
    entries = document.get("credentialStatus")
    if not entries:
        return Verified("valid", "valid", **told)
    try:
        state = status.state_of(entries, _lists(lists or {}, who, now, documents))
    except BadCredential as e:
        return Verified("invalid", e.code, e.where, **told)
    told["status"] = state
    if state in ("revoked", "suspended"):
        return Verified(state, state, **told)
    return Verified("valid", "valid", **told) if state == "good" else Verified("unknown", "status-unknown", **told)


def _signed(
    given: str | Mapping[str, Any], now: float, documents: Mapping[str, Any] | None, more: Contexts | None
) -> tuple[dict[str, Any], str]:
    """The credential and its method, once signature and rules hold."""
    document: Any = given
    if isinstance(given, str):
        text = given.strip()
        if len(text) > MOST_LETTERS:
            raise BadCredential("too-large")
        if not text.startswith("{"):
            return _from_token(text, documents)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as e:
            raise BadCredential("not-json") from e
    if isinstance(document, Mapping) and "EnvelopedVerifiableCredential" in listed(document.get("type")):
        from daremo.trust.credentials.model import check_envelope

        return _from_token(check_envelope(document, "EnvelopedVerifiableCredential"), documents)
    check_credential(document)
    check_plain_spelling(document)
    issuer = document["issuer"]
    who = issuer["id"] if isinstance(issuer, Mapping) else issuer
    methods = verify_proofs(document, now, documents=documents, issuer=who, more=more)
    return dict(document), methods[0]


def _from_token(token: str, documents: Mapping[str, Any] | None) -> tuple[dict[str, Any], str]:
    payload, method = jose.verify(token, documents=documents)
    document = jose.credential_of(payload)
    check_credential(document)
    issuer = document["issuer"]
    who = issuer["id"] if isinstance(issuer, Mapping) else issuer
    if method.partition("#")[0] != who:
        raise BadProof("not-the-issuer")
    return document, method


def _lists(
    lists: Mapping[str, Mapping[str, Any]], issuer: str, now: float, documents: Mapping[str, Any] | None
) -> dict[str, Mapping[str, Any]]:
    """The list credentials that hold: signed by the same issuer, in time, published at their own address."""
    good: dict[str, Mapping[str, Any]] = {}
    for address, document in lists.items():
        try:
            found, _ = _signed(document, now, documents, None)
        except (BadProof, BadCredential):
            continue
        who = found["issuer"]["id"] if isinstance(found["issuer"], Mapping) else found["issuer"]
        start, end = seconds(found.get("validFrom")), seconds(found.get("validUntil"))
        if who == issuer and found.get("id") == address and (start or 0.0) <= now and (end is None or end >= now):
            good[address] = found
    return good


def _plain(value: Any) -> str:
    for one in listed(value):
        if isinstance(one, str):
            return one
        if isinstance(one, Mapping):
            return str(one.get("@value", ""))
    return ""


def _named(document: Mapping[str, Any], name: str) -> bool | None:
    subject = document.get("credentialSubject")
    if not name or not isinstance(subject, Mapping):
        return None
    found = [
        i for i in listed(subject.get("identifier") or []) if isinstance(i, Mapping) and i.get("identityType") == "name"
    ]
    if not found:
        return None
    return any(
        i.get("identityHash") == (name_digest(name, str(i.get("salt", ""))) if i.get("hashed") else name) for i in found
    )
