"""Data Integrity proofs of the kind eddsa-rdfc-2022: sign a document's meaning, and check such a signature."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from daremo.trust.credentials.canonical import BadShape, canonical
from daremo.trust.credentials.did import BadKey, base58, from_base58, resolve
from daremo.trust.credentials.model import is_url, listed
from daremo.trust.credentials.times import seconds

SUITE = "eddsa-rdfc-2022"
Contexts = Mapping[str, dict[str, Any]]


class BadProof(ValueError):
    """A proof that does not hold; `code` names why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


@functools.lru_cache(maxsize=256)
def _digest_of_options(context: tuple[str, ...], created: str, method: str, purpose: str) -> bytes:
    options = {
        "@context": list(context),
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": purpose,
    }
    return hashlib.sha256(canonical(options, shape="proof")).digest()


def add_proof(
    document: Mapping[str, Any],
    key: Ed25519PrivateKey,
    method: str,
    created: str,
    *,
    purpose: str = "assertionMethod",
    options: Mapping[str, Any] | None = None,
    more: Contexts | None = None,
) -> dict[str, Any]:
    """The document with a proof; a proof it has already stays beside it (a proof set).

    Parameters
    ----------
    document : mapping
        Credential or presentation.
    key : Ed25519PrivateKey
    method : str
        Verification method that names the key.
    created : str
        Time stamp of signing.
    options : mapping
        Further proof options (challenge, domain, expires, id, previousProof).
    more : mapping
        Contexts beside those that ship.

    Raises
    ------
    BadShape
        Where some of the document has no defined meaning.

    Source: W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.2.
    """
    bare = {k: v for k, v in document.items() if k != "proof"}
    context = bare.get("@context")
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": purpose,
        **(options or {}),
    }
    given = listed(document["proof"]) if "proof" in document else []
    names = isinstance(context, list) and all(type(c) is str for c in context)
    if options or more or not names:
        config = hashlib.sha256(canonical({"@context": context, **proof}, more, shape="proof")).digest()
    else:
        assert isinstance(context, list)
        config = _digest_of_options(tuple(context), created, method, purpose)
    signed = _chained(bare, proof, given)
    data = config + hashlib.sha256(canonical(signed, more)).digest()
    proof["proofValue"] = "z" + base58(key.sign(data))
    return {**bare, "proof": [*given, proof] if given else proof}


def _chained(bare: Mapping[str, Any], proof: Mapping[str, Any], others: list[Any]) -> Mapping[str, Any]:
    """What a proof signs: the document, and with ``previousProof`` those proofs as well."""
    wanted = listed(proof["previousProof"]) if "previousProof" in proof else []
    if not wanted:
        return bare
    named = [p for p in others if isinstance(p, Mapping) and p.get("id") in wanted]
    if len(named) != len(wanted):
        raise BadProof("no-previous-proof")
    return {**bare, "proof": named}


def verify_proofs(
    document: Mapping[str, Any],
    now: float,
    *,
    documents: Mapping[str, Any] | None = None,
    purpose: str = "assertionMethod",
    issuer: str = "",
    expected: Mapping[str, str] | None = None,
    more: Contexts | None = None,
) -> list[str]:
    """Check every proof of a document; the verification methods that hold, the issuer's first.

    Parameters
    ----------
    document : mapping
        Credential or presentation with ``proof``.
    now : float
        Seconds since 1970.
    documents : mapping
        DID documents by DID, for issuers that are no did:key.
    issuer : str
        The DID that must have made one of the proofs, "" for any; others may have signed as well.
    expected : mapping
        Values the proof must have (challenge, domain).

    Raises
    ------
    BadProof
        At the first that does not hold.
    """
    proofs = listed(document["proof"]) if "proof" in document else []
    if not proofs or len(proofs) > 10:
        raise BadProof("no-proof" if not proofs else "too-many-proofs")
    bare = {k: v for k, v in document.items() if k != "proof"}
    methods = [_verify(bare, p, proofs, now, documents, purpose, expected or {}, more) for p in proofs]
    if issuer and not any(m.partition("#")[0] == issuer for m in methods):
        raise BadProof("not-the-issuer")
    return sorted(methods, key=lambda m: m.partition("#")[0] != issuer)


def _verify(
    bare: Mapping[str, Any],
    proof: Any,
    proofs: list[Any],
    now: float,
    documents: Mapping[str, Any] | None,
    purpose: str,
    expected: Mapping[str, str],
    more: Contexts | None,
) -> str:
    if not isinstance(proof, Mapping) or proof.get("type") != "DataIntegrityProof":
        raise BadProof("unknown-proof")
    if proof.get("cryptosuite") != SUITE:
        raise BadProof("unknown-suite")
    if proof.get("proofPurpose") != purpose:
        raise BadProof("wrong-purpose")
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not is_url(method):
        raise BadProof("no-method")
    for name in ("created", "expires"):
        if name in proof and seconds(proof[name]) is None:
            raise BadProof("bad-time", name)
    if "expires" in proof and (seconds(proof["expires"]) or 0.0) < now:
        raise BadProof("proof-expired")
    for name, value in expected.items():
        if proof.get(name) != value:
            raise BadProof("wrong-challenge", name)
    signature = _signature(proof.get("proofValue"))
    context = bare.get("@context")
    if "@context" in proof:
        own = listed(proof["@context"])
        if listed(context)[: len(own)] != own:
            raise BadProof("wrong-context")
        context = proof["@context"]
        bare = {**bare, "@context": context}
    try:
        key: Ed25519PublicKey = resolve(method, documents, purpose)
    except BadKey as e:
        raise BadProof("unknown-key", str(e)) from e
    options = {k: v for k, v in proof.items() if k not in ("proofValue", "@context")}
    try:
        config = hashlib.sha256(canonical({"@context": context, **options}, more, shape="proof")).digest()
        data = config + hashlib.sha256(canonical(_chained(bare, proof, proofs), more)).digest()
    except BadShape as e:
        raise BadProof("no-meaning", str(e)) from e
    try:
        key.verify(signature, data)
    except InvalidSignature as e:
        raise BadProof("altered") from e
    return method


def _signature(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("z"):
        raise BadProof("bad-signature")
    try:
        data = from_base58(value[1:])
    except BadKey as e:
        raise BadProof("bad-signature") from e
    if len(data) != 64:
        raise BadProof("bad-signature")
    return data
