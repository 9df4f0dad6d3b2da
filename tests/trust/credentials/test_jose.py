"""Tokens, SD-JWT and status lists: what is read, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.trust.credentials import did, jose, status
from daremo.trust.credentials.integrity import BadProof
from daremo.trust.credentials.jose import read_sd_jwt
from daremo.trust.credentials.model import BadCredential
from daremo.trust.credentials.verify import verify
from tests.trust.credentials.made import CITY, KEY, LIST, METHOD, NOW, OTHER, made

HOLDER = {"kty": "OKP", "crv": "Ed25519", "x": ""}
HOLDER["x"] = (
    base64.urlsafe_b64encode(
        OTHER.public_key().public_bytes_raw(),
    )
    .rstrip(b"=")
    .decode()
)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _token(claims: dict[str, Any], key=KEY, **header: Any) -> str:
    head = {"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": METHOD, **header}
    signed = _b64(json.dumps(head).encode()) + "." + _b64(json.dumps(claims).encode())
    return signed + "." + _b64(key.sign(signed.encode()))


def _disclosure(*parts: Any) -> tuple[str, str]:
    text = _b64(json.dumps(list(parts)).encode())
    return text, _b64(hashlib.sha256(text.encode()).digest())


NAME, NAME_DIGEST = _disclosure("salt1", "name", "高松 花子")
TOWN, TOWN_DIGEST = _disclosure("salt2", "高松市")
INNER, INNER_DIGEST = _disclosure("salt3", "street", "本町")
OUTER, OUTER_DIGEST = _disclosure("salt4", "address", {"_sd": [INNER_DIGEST], "country": "JP"})
CLAIMS = {
    "iss": CITY,
    "_sd": [NAME_DIGEST, OUTER_DIGEST, "unused"],
    "_sd_alg": "sha-256",
    "towns": ["x", {"...": TOWN_DIGEST}, {"...": "hidden"}],
    "cnf": {"jwk": HOLDER},
}


def test_an_sd_jwt_shows_what_was_disclosed_and_nothing_else():
    token = _token(CLAIMS)
    bare = read_sd_jwt(f"{token}~")
    assert "name" not in bare.claims and bare.claims["towns"] == ["x"] and not bare.bound
    full = read_sd_jwt(f"{token}~{NAME}~{TOWN}~{OUTER}~{INNER}~")
    assert full.claims["name"] == "高松 花子" and full.claims["towns"] == ["x", "高松市"]
    assert full.claims["address"] == {"country": "JP", "street": "本町"}
    assert set(full.disclosed) == {"name", "[]", "street", "address"} and "_sd" not in full.claims
    assert read_sd_jwt(f"{token}~{OUTER}~").claims["address"] == {"country": "JP"}


def test_the_holder_proves_that_it_is_hers():
    shown = f"{_token(CLAIMS)}~{NAME}~"
    claims = {"aud": "https://city.example.jp", "nonce": "n", "sd_hash": _b64(hashlib.sha256(shown.encode()).digest())}
    bound = shown + _token(claims, OTHER, typ="kb+jwt")
    assert read_sd_jwt(bound, audience="https://city.example.jp", nonce="n").bound
    for text, kwargs, code in (
        (shown, {"nonce": "n"}, "no-key-binding"),
        (bound, {"nonce": "x"}, "bad-key-binding"),
        (bound.replace(f"~{NAME}~", f"~{NAME}~{TOWN}~"), {}, "bad-key-binding"),
        (shown + _token(claims, KEY, typ="kb+jwt"), {}, "altered"),
        (shown + _token(claims, OTHER, typ="JWT"), {}, "unknown-proof"),
    ):
        with pytest.raises(BadProof) as e:
            read_sd_jwt(text, **kwargs)
        assert e.value.code == code


@pytest.mark.parametrize(
    ("claims", "shown", "code"),
    [
        (CLAIMS, [_disclosure("s", "name", "forged")[0]], "bad-disclosure"),
        (CLAIMS, [NAME, NAME], "bad-disclosure"),
        (CLAIMS, [INNER], "bad-disclosure"),
        (CLAIMS, [_b64(b"[1]")], "bad-disclosure"),
        (CLAIMS, ["!"], "bad-token"),
        ({**CLAIMS, "name": "given twice"}, [NAME], "bad-disclosure"),
        ({**CLAIMS, "_sd": [NAME_DIGEST, NAME_DIGEST]}, [NAME], "bad-disclosure"),
        ({**CLAIMS, "_sd": [_disclosure("s", "_sd", [])[1]]}, [_disclosure("s", "_sd", [])[0]], "bad-disclosure"),
        ({**CLAIMS, "_sd": [TOWN_DIGEST]}, [TOWN], "bad-disclosure"),
        ({**CLAIMS, "_sd_alg": "md5"}, [], "unknown-suite"),
    ],
)
def test_a_disclosure_that_does_not_belong_is_refused(claims: dict[str, Any], shown: list[str], code: str):
    with pytest.raises(BadProof) as e:
        read_sd_jwt("~".join([_token(claims), *shown, ""]))
    assert e.value.code == code


def test_tokens_with_other_methods_or_two_meanings_are_refused():
    credential = made(index=None)
    good = jose.sign(credential, KEY, METHOD)
    assert verify(good, NOW).verdict == "valid"
    head, body, mark = good.split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=="))
    for token, code in (
        (_token(payload, alg="none", typ="vc+jwt"), "unknown-suite"),
        (_token(payload, alg="HS256", typ="vc+jwt"), "unknown-suite"),
        (_token(payload, crit=["x"], typ="vc+jwt"), "unknown-suite"),
        (_token(payload, typ="at+jwt"), "unknown-proof"),
        (_token(payload, typ="vc+jwt", kid="did:web:other.jp#k"), "unknown-key"),
        (_token({**payload, "exp": payload["exp"] + 5}, typ="vc+jwt"), "claims-differ"),
        (_token({**payload, "iss": "did:web:other.jp"}, typ="vc+jwt"), "claims-differ"),
        (_token({**payload, "jti": "urn:uuid:other"}, typ="vc+jwt"), "claims-differ"),
        (_token(payload, OTHER, typ="vc+jwt"), "altered"),
        (f"{head}.{body}.{mark}=", "bad-token"),
        (f"{head}.{body}", "bad-token"),
        ("a.b.c", "bad-token"),
        (f"{_b64(b'{}')}.{_b64(b'[]')}.", "unknown-suite"),
        (_b64(b"[") + ".e30.", "bad-token"),
    ):
        assert verify(token, NOW).reason == code, code


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, status.LEAST_BITS - 1), max_size=40))
def test_bits_set_are_the_bits_read_and_others_stay(indices: set[int]):
    bits = status.decode(status.encode(status.with_bits(bytes(status.LEAST_BITS // 8), indices)))
    assert sum(b.bit_count() for b in bits) == len(indices)
    assert all(status.bit(bits, i) for i in indices)
    assert not any(bits) or status.with_bits(bits, indices, on=False) == bytes(len(bits))


def test_the_first_bit_is_the_leftmost_and_the_same_bits_give_the_same_text():
    bits = status.with_bits(bytes(status.LEAST_BITS // 8), [0, 9])
    assert bits[:2] == b"\x80\x40"
    assert status.encode(bits) == status.encode(bytes(bits)) and status.encode(bits).startswith("uH4sI")


@pytest.mark.parametrize(
    "text", ["", "zAAAA", "u!!!", "uAAAA", 5, None, status.encode(bytes(100)), status.encode(bytes(9_000_000))]
)
def test_a_list_too_short_too_large_or_malformed_is_refused(text: object):
    with pytest.raises(BadCredential):
        status.decode(text)


def test_an_index_outside_the_list_is_refused():
    for index in (-1, status.LEAST_BITS):
        with pytest.raises(BadCredential):
            status.bit(bytes(status.LEAST_BITS // 8), index)
        with pytest.raises(BadCredential):
            status.with_bits(bytes(status.LEAST_BITS // 8), [index])


def test_a_suspended_badge_is_told_apart_and_other_purposes_do_not_revoke():
    bits = status.with_bits(bytes(status.LEAST_BITS // 8), [3])
    for purpose, state in (("suspension", "suspended"), ("revocation", "revoked"), ("message", "good")):
        document = status.list_credential(CITY, LIST, "2026-01-01T00:00:00Z", bits, purpose=purpose)
        assert status.state_of(status.entry(LIST, 3, purpose=purpose), {LIST: document}) == state
    assert status.state_of({"type": "Other"}, {}) == "unknown"


def test_a_key_of_a_document_counts_only_for_the_purpose_it_is_listed_for():
    web = "did:web:city.example.jp"
    document = did.document(web, [KEY.public_key()])
    method = document["assertionMethod"][0]
    assert did.resolve(method, {web: document}).public_bytes_raw() == KEY.public_key().public_bytes_raw()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _b64(KEY.public_key().public_bytes_raw())}
    inline = {"id": web, "assertionMethod": [{"id": "#k", "controller": web, "publicKeyJwk": jwk}]}
    assert did.resolve(f"{web}#k", {web: inline}).public_bytes_raw() == KEY.public_key().public_bytes_raw()
    for bad in (
        {**document, "assertionMethod": []},
        {**document, "id": "did:web:other.jp"},
        {"id": web, "assertionMethod": [{"id": method, "controller": "did:web:other.jp", "publicKeyJwk": jwk}]},
        {"id": web, "assertionMethod": [{"id": method, "controller": web, "publicKeyJwk": {"kty": "EC"}}]},
        {"id": web, "assertionMethod": [{"id": method, "controller": web, "publicKeyMultibase": "zQm"}]},
    ):
        with pytest.raises(did.BadKey):
            did.resolve(method, {web: bad})
