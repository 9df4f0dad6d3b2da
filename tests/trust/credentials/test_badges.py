"""Badges issued, shown, altered, revoked, read by other programs."""

from __future__ import annotations

import copy
import json

import pytest
import segno
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from daremo.trust.credentials import did, jose, paper
from daremo.trust.credentials.badge import Achievement, issue
from daremo.trust.credentials.integrity import BadProof, add_proof
from daremo.trust.credentials.model import BadCredential
from daremo.trust.credentials.times import stamp
from daremo.trust.credentials.verify import verify
from tests.trust.credentials.made import CITY, DAY, KEY, LIST, METHOD, NOW, OTHER, listing, made

ISSUED = issue(made(), KEY, METHOD, stamp(NOW - DAY))
GOOD = {LIST: listing(3, 9)}


def test_a_badge_holds_in_both_forms_and_says_whose_it_is():
    for given in (ISSUED.document, json.dumps(ISSUED.document), ISSUED.token):
        found = verify(given, NOW, lists=GOOD, trusted=[CITY], name="高松 花子")
        assert (found.verdict, found.trusted, found.status, found.named) == ("valid", True, "good", True)
        assert "みほん市" in found.words("ja")[1] and found.issuer == CITY
    assert verify(ISSUED.token, NOW, lists=GOOD).trusted is False
    assert verify(ISSUED.token, NOW, lists=GOOD, name="高松 太郎").named is False


def test_any_change_of_any_value_breaks_the_proof():
    def paths(value, at=()):
        if isinstance(value, dict):
            for k, v in value.items():
                yield from paths(v, (*at, k))
        elif isinstance(value, list):
            for i, v in enumerate(value):
                yield from paths(v, (*at, i))
        else:
            yield at

    changed = 0
    for at in paths(ISSUED.document):
        document = copy.deepcopy(ISSUED.document)
        inner = document
        for step in at[:-1]:
            inner = inner[step]
        old = inner[at[-1]]
        inner[at[-1]] = (not old) if isinstance(old, bool) else old[:-1] + ("x" if old[-1] != "x" else "y")
        found = verify(document, NOW, lists=GOOD)
        assert found.verdict in ("invalid", "unknown"), at
        changed += 1
    assert changed > 35
    for n in range(0, len(ISSUED.token), 7):
        token = ISSUED.token[:n] + ("A" if ISSUED.token[n] != "A" else "B") + ISSUED.token[n + 1 :]
        assert verify(token, NOW, lists=GOOD).verdict in ("invalid", "unknown")


def test_a_revoked_an_expired_and_an_early_badge_are_told_apart():
    assert verify(ISSUED.document, NOW, lists={LIST: listing(7)}).verdict == "revoked"
    assert verify(ISSUED.document, NOW + 400 * DAY, lists=GOOD).verdict == "expired"
    assert verify(ISSUED.document, NOW - 2 * DAY, lists=GOOD).verdict == "not-yet"
    assert verify(ISSUED.document, NOW).verdict == "unknown"


def test_a_status_list_of_somebody_else_or_elsewhere_is_not_believed():
    who = did.did_key(OTHER.public_key())
    for bad in (listing(key=OTHER, issuer=who), listing(key=OTHER), {**listing(), "id": "https://x.example/1"}):
        assert verify(ISSUED.document, NOW, lists={LIST: bad}).verdict == "unknown"


def test_a_badge_signed_by_a_key_that_is_not_the_issuers_is_invalid():
    method = did.method_of(OTHER.public_key(), did.did_key(OTHER.public_key()))
    assert verify(add_proof(made(), OTHER, method, stamp(NOW)), NOW, lists=GOOD).reason == "not-the-issuer"
    assert verify(jose.sign(made(), OTHER, method), NOW, lists=GOOD).reason == "not-the-issuer"
    assert verify(add_proof(made(), OTHER, METHOD, stamp(NOW)), NOW, lists=GOOD).reason == "altered"


def test_an_issuer_on_the_web_is_known_by_its_document():
    web = "did:web:city.example.jp"
    method = did.method_of(KEY.public_key(), web)
    document = made(index=None)
    document["issuer"] = {**document["issuer"], "id": web}
    signed = add_proof(document, KEY, method, stamp(NOW))
    assert verify(signed, NOW).verdict == "unknown"
    assert verify(signed, NOW, documents={web: did.document(web, [KEY.public_key()])}).verdict == "valid"
    assert verify(signed, NOW, documents={web: did.document(web, [OTHER.public_key()])}).verdict == "unknown"
    retired = did.document(web, [KEY.public_key()])
    retired["assertionMethod"] = []
    assert verify(signed, NOW, documents={web: retired}).verdict == "unknown"
    assert did.web_address("did:web:city.example.jp:trust") == "https://city.example.jp/trust/did.json"


def test_an_end_date_cannot_be_hidden_by_another_spelling():
    signed = ISSUED.document
    for spelled in (
        {"https://www.w3.org/2018/credentials#validUntil": signed["validUntil"]},
        {"description": {"id": signed["id"], "validUntil": signed["validUntil"]}},
        {"@graph": [{"id": signed["id"], "validUntil": signed["validUntil"]}]},
    ):
        hidden = {k: v for k, v in signed.items() if k != "validUntil"}
        assert verify({**hidden, **spelled}, NOW + 400 * DAY, lists=GOOD).verdict == "invalid"
    merged = copy.deepcopy(signed)
    del merged["validUntil"]
    merged["credentialStatus"] = [merged["credentialStatus"], {"id": signed["id"], "type": "VerifiableCredential"}]
    assert verify(merged, NOW, lists=GOOD).verdict == "invalid"


def test_openbadgeslib_accepts_our_badges_and_refuses_altered_ones():
    plain = issue(made(index=None, until=""), KEY, METHOD, stamp(1_700_000_000))
    document = copy.deepcopy(plain.document)
    document["validFrom"] = document["awardedDate"] = "2025-01-01T00:00:00Z"
    document = issue({k: v for k, v in document.items() if k != "proof"}, KEY, METHOD, "2025-01-01T00:00:00Z")
    read = OB3LdpVerifier.for_issuer_did(CITY).verify(document.document)
    assert read.issuer.id == CITY
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert OB3Verifier(pem).verify(document.token).issuer.id == CITY
    altered = copy.deepcopy(document.document)
    altered["credentialSubject"]["achievement"]["name"] += "!"
    with pytest.raises(OB3VerificationError):
        OB3LdpVerifier.for_issuer_did(CITY).verify(altered)
    with pytest.raises(OB3VerificationError):
        OB3Verifier(pem).verify(document.token[:-4] + "AAAA")


def test_the_paper_copy_holds_the_whole_badge_in_one_code():
    page = paper.page(ISSUED.document, ISSUED.token, person="高松 <花子>", check_at="市役所 087-000-0000")
    assert "高松 &lt;花子&gt;" in page and "<svg" in page and "087-000-0000" in page
    assert len(ISSUED.token) <= paper.MOST_QR_BYTES
    code = segno.make(ISSUED.token, error="l", micro=False, boost_error=False)
    assert code.mode == "byte" and page.count("<svg") == 1
    with pytest.raises(paper.TooLongForPaper):
        paper.qr_svg("x" * 3000)


def test_a_badge_without_a_meaningful_start_is_not_issued():
    with pytest.raises(BadCredential):
        issue({**made(), "validFrom": "yesterday"}, KEY, METHOD, stamp(NOW))
    with pytest.raises(BadCredential):
        issue(made(), KEY, METHOD, "now")
    with pytest.raises(BadCredential):
        made(until=stamp(NOW - 9 * DAY))


@pytest.mark.parametrize("kind", ["skill", "qualification", "attendance"])
def test_every_kind_of_badge_can_be_issued(kind):
    assert Achievement("urn:uuid:1", kind, "n", "d", "c").node()["achievementType"]


def test_keys_survive_their_file_and_strangers_are_named():
    assert did.method_of(did.load_private(did.private_pem(KEY)).public_key(), CITY) == METHOD
    for text in ("", "zzz", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"):  # no-secret
        with pytest.raises(did.BadKey):
            did.load_private(text)
    data = b"\0\0" + bytes(range(200))
    assert did.from_base58(did.base58(data)) == data and did.base58(b"") == ""
    assert did.base58(bytes.fromhex("0000287fb4cd")) == "11233QC4"


def test_the_published_vector_of_eddsa_rdfc_2022_comes_out_to_the_letter():
    """W3C Data Integrity EdDSA Cryptosuites 1.0, appendix B.1."""
    key = did.load_private("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
    name = did.multikey(key.public_key())
    assert name == "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    examples = "https://www.w3.org/ns/credentials/examples/v2"
    more = {examples: {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}}
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2", examples],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    }
    signed = add_proof(document, key, f"did:key:{name}#{name}", "2023-02-24T23:36:38Z", more=more)
    assert signed["proof"]["proofValue"] == (
        "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme"
    )


def test_a_proof_for_another_challenge_purpose_or_time_is_refused():
    from daremo.trust.credentials.integrity import verify_proofs

    signed = add_proof(
        made(), KEY, METHOD, stamp(NOW), options={"challenge": "a", "domain": "b", "expires": stamp(NOW + 9)}
    )
    assert verify_proofs(signed, NOW, expected={"challenge": "a", "domain": "b"}) == [METHOD]
    for kwargs, code in (
        ({"expected": {"challenge": "x"}}, "wrong-challenge"),
        ({"purpose": "authentication"}, "wrong-purpose"),
        ({"issuer": "did:web:x.jp"}, "not-the-issuer"),
    ):
        with pytest.raises(BadProof) as e:
            verify_proofs(signed, NOW, **kwargs)
        assert e.value.code == code
    with pytest.raises(BadProof) as e:
        verify_proofs(signed, NOW + 99)
    assert e.value.code == "proof-expired"


def test_a_witness_may_sign_beside_the_issuer_but_not_instead():
    method = did.method_of(OTHER.public_key(), did.did_key(OTHER.public_key()))
    alone = add_proof(made(), OTHER, method, stamp(NOW))
    both = add_proof(alone, KEY, METHOD, stamp(NOW))
    assert verify(alone, NOW, lists=GOOD).reason == "not-the-issuer"
    assert (verify(both, NOW, lists=GOOD).verdict, verify(both, NOW, lists=GOOD).method) == ("valid", METHOD)
    broken = copy.deepcopy(both)
    broken["proof"][0]["created"] = stamp(NOW + 1)
    assert verify(broken, NOW, lists=GOOD).reason == "altered"


def test_proof_sets_and_chains_are_checked_whole():
    from daremo.trust.credentials.integrity import verify_proofs

    first = add_proof(made(), KEY, METHOD, stamp(NOW), options={"id": "urn:uuid:aaaa"})
    both = add_proof(first, KEY, METHOD, stamp(NOW + 1))
    assert len(verify_proofs(both, NOW + 2)) == 2
    chain = add_proof(first, KEY, METHOD, stamp(NOW + 1), options={"previousProof": "urn:uuid:aaaa"})
    assert len(verify_proofs(chain, NOW + 2)) == 2
    broken = copy.deepcopy(chain)
    broken["proof"][0]["proofValue"] = add_proof(made(8), KEY, METHOD, stamp(NOW))["proof"]["proofValue"]
    with pytest.raises(BadProof):
        verify_proofs(broken, NOW + 2)
    with pytest.raises(BadProof):
        verify_proofs({**chain, "proof": [chain["proof"][1]]}, NOW + 2)
