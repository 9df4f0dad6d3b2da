"""The VC API façade: what the W3C suite for the data model asks, restated (sections 4.3 to 7 of the Recommendation)."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
from typing import Any

import pytest

from daremo.trust.credentials import did, jose
from daremo.trust.credentials.api import Desk, envelope, issue, verify_credential, verify_presentation
from daremo.trust.credentials.canonical import BadShape
from daremo.trust.credentials.contexts import OB3, VC2, context_bytes
from daremo.trust.credentials.integrity import add_proof
from daremo.trust.credentials.times import stamp
from tests.trust.credentials.made import CITY, DAY, KEY, LIST, METHOD, NOW, OTHER, listing, made

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
CONTEXTS = {EXAMPLES: {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}}
DESK = Desk(KEY, METHOD, NOW, contexts=CONTEXTS)
BASE: dict[str, Any] = {
    "@context": [VC2],
    "type": ["VerifiableCredential"],
    "issuer": CITY,
    "credentialSubject": {"id": "did:example:subject"},
}
OWN = {"@context": [VC2, {"Own": "https://example.org/#Own", "own": "https://example.org/#own"}]}


def _with(**changes: Any) -> dict[str, Any]:
    """The base credential changed; a value of ... takes the property away."""
    found = {**copy.deepcopy(BASE), **{("@context" if k == "context" else k): v for k, v in changes.items()}}
    return {k: v for k, v in found.items() if v is not ...}


def _issued(document: dict[str, Any]) -> int:
    return issue({"credential": document, "options": {}}, DESK)[0]


GOOD: dict[str, dict[str, Any]] = {
    "the least": _with(),
    "further context addresses": _with(context=[VC2, EXAMPLES]),
    "further context objects": _with(**{"context": OWN["@context"]}),
    "an id": _with(id="urn:uuid:2f0e5b5e-0000-4000-8000-000000000000"),
    "a type as one word": _with(type="VerifiableCredential"),
    "a further mapped type": _with(context=OWN["@context"], type=["VerifiableCredential", "Own"]),
    "a further type as address": _with(type=["VerifiableCredential", "https://example.org/#Own"]),
    "types in another order": _with(type=["https://example.org/#Own", "VerifiableCredential"]),
    "a name": _with(name="A", description="B"),
    "a name with language": _with(name={"@value": "A", "@language": "en"}, description={"@value": "B", "@language": "ar", "@direction": "rtl"}),
    "a name in several languages": _with(name=[{"@value": "A", "@language": "en"}, {"@value": "B", "@language": "fr"}]),
    "an issuer as object": _with(issuer={"id": CITY, "name": "City"}),
    "several subjects": _with(credentialSubject=[{"id": "did:example:a"}, {"id": "did:example:b"}]),
    "a start": _with(validFrom="2023-01-01T00:00:00Z"),
    "a start with a zone": _with(validFrom="2023-01-01T00:00:00+09:00"),
    "a start with fractions": _with(validFrom="2023-01-01T00:00:00.123Z"),
    "a start far ahead": _with(validFrom="2523-01-01T00:00:00Z"),
    "start and end": _with(validFrom="2023-01-01T00:00:00Z", validUntil="2033-01-01T00:00:00Z"),
    "a status": _with(credentialStatus={"id": "did:example:status", "type": "https://example.org/#Status"}),
    "a status without id": _with(credentialStatus={"type": "https://example.org/#Status"}),
    "a schema": _with(credentialSchema={"id": "did:example:schema", "type": "https://example.org/#Schema"}),
    "several schemas": _with(credentialSchema=[{"id": "did:example:s1", "type": "https://example.org/#Schema"}, {"id": "did:example:s2", "type": "https://example.org/#Schema"}]),
    "refresh": _with(refreshService={"type": "https://example.org/#Refresh", "id": "did:example:r"}),
    "terms of use": _with(termsOfUse=[{"type": "https://example.org/#Terms"}, {"id": "did:example:t", "type": "https://example.org/#Terms"}]),
    "evidence": _with(evidence={"type": "https://example.org/#Evidence", "id": "did:example:e"}),
    "a related resource": _with(relatedResource={"id": VC2, "digestSRI": "sha256-" + base64.b64encode(hashlib.sha256(context_bytes(VC2)).digest()).decode()}),
    "a badge": {**made(index=None)},
    "a status list": {k: v for k, v in listing().items() if k != "proof"},
}  # fmt: skip

BAD: dict[str, dict[str, Any]] = {
    "no context": _with(context=...),
    "another first context": _with(context=[EXAMPLES, VC2]),
    "only another context": _with(context=[EXAMPLES]),
    "a context that is no address": _with(context=[VC2, "https ://not-a-url/contexts/example/v1"]),
    "a context that is a number": _with(context=[VC2, 123192875]),
    "an unknown context": _with(context=[VC2, "https://unknown.example/v1"]),
    "several ids": _with(id=["https://a.example/1", "https://b.example/1"]),
    "an id of null": _with(id=None),
    "an id that is no address": _with(id="https ://not-a-url/vcs/1"),
    "several ids of the subject": _with(credentialSubject={"id": ["did:example:a", "did:example:b"]}),
    "no type": _with(type=...),
    "not its type": _with(type=["Own"], context=OWN["@context"]),
    "a type without a meaning": _with(type=["VerifiableCredential", "Unmapped"], context=[VC2, {"@vocab": None}]),
    "a type mapped to no address": _with(type=["VerifiableCredential", "Own"], context=[VC2, {"Own": "https ://not-a-url#Own"}]),
    "a name with a further property": _with(name={"@value": "A", "@language": "en", "url": "did:example:x"}),
    "a description with a further property": _with(description={"@value": "A", "@language": "en", "url": "did:example:x"}),
    "an issuer's name with a further property": _with(issuer={"id": CITY, "name": {"@value": "A", "url": "did:example:x"}}),
    "an issuer's description with a further property": _with(issuer={"id": CITY, "description": {"@value": "A", "url": "x:y"}}),
    "an issuer of null": _with(issuer=None),
    "an issuer that is no address": _with(issuer="fake-issuer"),
    "an issuer object without a good id": _with(issuer={"id": "fake-issuer"}),
    "an issuer object of null": _with(issuer={"id": None}),
    "somebody else as issuer": _with(issuer="did:example:other"),
    "no subject": _with(credentialSubject=...),
    "an empty subject": _with(credentialSubject={}),
    "an empty subject among others": _with(credentialSubject=[{"id": "did:example:a"}, {}]),
    "no subjects": _with(credentialSubject=[]),
    "a start that is no time": _with(validFrom="Sat 25 Feb 2023 07:16:31 PM CST"),
    "an end that is no time": _with(validUntil="Sun, 26 Feb 2023 01:22:14 +0000"),
    "an end before the start": _with(validFrom="2033-01-01T00:00:00Z", validUntil="2023-01-01T00:00:00Z"),
    "a status without type": _with(credentialStatus={"id": "did:example:status"}),
    "a status with several ids": _with(credentialStatus={"id": ["did:example:1", "did:example:2"], "type": "https://example.org/#S"}),
    "a status with a bad id": _with(credentialStatus={"id": "https ://not-a-url/1", "type": "https://example.org/#S"}),
    "a status whose type is a number": _with(credentialStatus={"id": "did:example:status", "type": 2}),
    "a schema without id": _with(credentialSchema={"type": "https://example.org/#Schema"}),
    "a schema without type": _with(credentialSchema={"id": "did:example:schema"}),
    "a schema with a bad id": _with(credentialSchema={"type": "https://example.org/#Schema", "id": "https ://not-a-url"}),
    "refresh without type": _with(refreshService={"id": "did:example:refresh"}),
    "terms of use without type": _with(termsOfUse={"id": "did:example:terms"}),
    "empty terms of use": _with(termsOfUse={}),
    "empty evidence": _with(evidence={}),
    "a redefined type": _with(context=[VC2, {"VerifiableCredential": "https://example.org/#Bad"}]),
    "a redefined protected term": _with(context=[VC2, {"@protected": True, "Own": "https://example.org/#Own"}, {"Own": "https://example.org/#Bad"}], type=["VerifiableCredential", "Own"]),
    "an undefined term": _with(nickname="x"),
    "a proof without type": _with(proof={"created": "2023-07-28T22:25:05Z"}),
    "related resources as words": _with(relatedResource=[VC2]),
    "a related resource without id": _with(relatedResource=[{"digestSRI": "sha256-AAAA"}]),
    "a related resource without digest": _with(relatedResource=[{"id": VC2}]),
    "a related resource twice": _with(relatedResource=[{"id": VC2, "digestSRI": "sha256-A"}, {"id": VC2, "digestSRI": "sha256-A"}]),
    "a related resource with another digest": _with(relatedResource={"id": VC2, "digestSRI": "sha256-" + "A" * 43 + "="}),
    "a bitstring status without an index": _with(credentialStatus={"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListCredential": LIST}),
    "a bitstring status whose index is no number": _with(credentialStatus={"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "-1", "statusListCredential": LIST}),
    "a status list too short": {**{k: v for k, v in listing().items() if k != "proof"}, "credentialSubject": {"id": LIST + "#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uH4sIAAAAAAAC_2NgAAIAAAD__w"}},
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD)
def test_a_good_credential_is_issued_and_verified(case: str):
    code, document = issue({"credential": GOOD[case]}, DESK)
    assert code == 201, document
    assert isinstance(document["proof"]["proofValue"], str) and document["@context"][0] == VC2
    ahead = case in ("a start far ahead", "a badge")
    desk = Desk(KEY, METHOD, NOW + (500 * 366 * DAY if case == "a start far ahead" else 0), contexts=CONTEXTS)
    assert verify_credential({"verifiableCredential": document}, desk)[0] == 200
    if ahead and case != "a badge":
        assert verify_credential({"verifiableCredential": document}, DESK)[0] == 400


@pytest.mark.parametrize("case", BAD)
def test_a_bad_credential_is_neither_issued_nor_verified(case: str):
    code, answer = issue({"credential": BAD[case]}, DESK)
    assert code == 400 and answer["verified"] is False and answer["problemDetails"][0]["detail"]
    document = {"proof": add_proof(_with(), KEY, METHOD, stamp(NOW))["proof"], **BAD[case]}
    with contextlib.suppress(BadShape):  # signed all the same, by somebody who does not care for the rules
        document = add_proof(BAD[case], KEY, METHOD, stamp(NOW), more=CONTEXTS)
    assert verify_credential({"verifiableCredential": document}, DESK)[0] == 400


@pytest.mark.parametrize(
    "request_json", [None, [], "x", {}, {"credential": None}, {"credential": []}, {"verifiableCredential": 5}]
)
def test_a_request_that_is_none_is_refused(request_json: Any):
    for function in (issue, verify_credential, verify_presentation):
        assert function(request_json, DESK)[0] == 400


def _presentation(**changes: Any) -> dict[str, Any]:
    bare = {"@context": [VC2], "type": ["VerifiablePresentation"], "holder": CITY}
    found = {**bare, **{("@context" if k == "context" else k): v for k, v in changes.items()}}
    found = {k: v for k, v in found.items() if v is not ...}
    options = {"challenge": "c", "domain": "d"}
    return add_proof(found, KEY, METHOD, stamp(NOW), purpose="authentication", options=options)


def _shown(document: Any, **options: str) -> int:
    return verify_presentation({"verifiablePresentation": document, "options": options}, DESK)[0]


def test_presentations_hold_with_their_credentials_and_their_challenge():
    credential = add_proof(_with(), KEY, METHOD, stamp(NOW))
    for good in (
        _presentation(),
        _presentation(holder=...),
        _presentation(holder={"id": CITY}),
        _presentation(id="urn:uuid:1"),
        _presentation(verifiableCredential=[credential]),
        _presentation(verifiableCredential=[credential, add_proof(made(index=None), KEY, METHOD, stamp(NOW))]),
        _presentation(
            verifiableCredential=[envelope("EnvelopedVerifiableCredential", jose.sign(_with(), KEY, METHOD))]
        ),
    ):
        assert _shown(good, challenge="c", domain="d") == 200
        assert _shown(good, challenge="x", domain="d") == 400
        assert _shown({**good, "id": "urn:uuid:altered"}) == 400


def test_presentations_that_break_a_rule_are_refused():
    good = _presentation()
    other = did.did_key(OTHER.public_key())
    for bad in (
        {k: v for k, v in good.items() if k != "@context"},
        {**good, "@context": [EXAMPLES]},
        {**good, "@context": [EXAMPLES, VC2]},
        {**good, "@context": [VC2, "https://example.com"]},
        {**good, "@context": [VC2, 5]},
        {k: v for k, v in good.items() if k != "type"},
        {**good, "type": ["CredentialManagerPresentation"]},
        {**good, "holder": "z6Mk"},
        {**good, "holder": {"name": "Acme"}},
        {**good, "holder": {"id": "z6Mk"}},
        {**good, "holder": other},
        {**good, "verifiableCredential": ["eyJhbGciOiJFZERTQSJ9.e30.AAAA"]},
        {k: v for k, v in good.items() if k != "proof"},
    ):
        assert _shown(bad) == 400
    unsigned = _presentation(verifiableCredential=[_with()])
    assert _shown(unsigned) == 400
    forged = add_proof(_with(), OTHER, did.method_of(OTHER.public_key(), other), stamp(NOW))
    assert _shown(_presentation(verifiableCredential=[forged])) == 400


def test_enveloped_credentials_and_presentations_are_opened_and_their_wrapping_checked():
    code, wrapped = issue({"credential": _with(), "options": {"format": "vc+jwt"}}, DESK)
    assert code == 201 and wrapped["id"].startswith("data:application/vc+jwt,")
    show = {"@context": [VC2], "type": ["VerifiablePresentation"], "holder": CITY, "verifiableCredential": [wrapped]}
    token = jose.sign({**show, "issuer": CITY}, KEY, METHOD, typ="vp+jwt")
    for kind, good, function, name in (
        ("EnvelopedVerifiableCredential", wrapped, verify_credential, "verifiableCredential"),
        (
            "EnvelopedVerifiablePresentation",
            envelope("EnvelopedVerifiablePresentation", token),
            verify_presentation,
            "verifiablePresentation",
        ),
    ):
        assert function({name: good}, DESK)[0] == 200
        for bad in (
            {**good, "@context": []},
            {**good, "@context": EXAMPLES},
            {**good, "id": good["id"].partition(",")[2]},
            {**good, "id": good["id"][:-8] + "AAAAAAAA"},
            {**good, "type": kind.removeprefix("Enveloped")},
            {k: v for k, v in good.items() if k != "type"},
        ):
            assert function({name: bad}, DESK)[0] == 400, (kind, bad)


def test_a_revoked_credential_is_refused_and_one_in_the_list_is_not():
    document = add_proof(made(7), KEY, METHOD, stamp(NOW))
    asked = {"verifiableCredential": document}
    assert verify_credential(asked, Desk(KEY, METHOD, NOW, lists={LIST: listing(8)}))[0] == 200
    assert verify_credential(asked, Desk(KEY, METHOD, NOW, lists={LIST: listing(7)}))[0] == 400
    assert verify_credential(asked, DESK)[0] == 400
    assert verify_credential(asked, Desk(KEY, METHOD, NOW + 999 * DAY, lists={LIST: listing(8)}))[0] == 400


def test_contexts_of_the_badge_ship_with_their_published_digest():
    digest = hashlib.sha256(context_bytes(VC2)).hexdigest()
    assert digest == "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
    assert b"AchievementCredential" in context_bytes(OB3)
