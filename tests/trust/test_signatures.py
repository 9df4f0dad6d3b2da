"""HTTP message signatures: the vectors of RFC 9421 appendix B, and everything that must be refused."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms

from daremo.trust.signatures import (
    Request,
    Response,
    SignatureRefused,
    _Message,
    content_digest,
    digest_fits,
    sign,
    verify,
)

AT = 1_618_884_473
RSA_PSS = b"""-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----"""
P256 = b"""-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----"""
ED_SECRET = (
    b"-----BEGIN PRIVATE KEY-----\n"  # no-secret: published in RFC 9421, B.1.4
    b"MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----"
)
HMAC = base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
ED = load_pem_private_key(ED_SECRET, None)
KEYS = {
    "test-key-rsa-pss": load_pem_public_key(RSA_PSS),
    "test-key-ecc-p256": load_pem_public_key(P256),
    "test-key-ed25519": ED.public_key(),
    "test-shared-secret": HMAC,
}
BODY = b'{"hello": "world"}'
REQUEST = Request(
    "POST",
    "http://example.com/foo?param=Value&Pet=dog",
    {
        "Host": "example.com",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Digest": "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        "Content-Length": "18",
    },
    BODY,
)
RESPONSE = Response(
    200,
    {
        "Date": "Tue, 20 Apr 2021 02:07:56 GMT",
        "Content-Type": "application/json",
        "Content-Digest": "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:",
        "Content-Length": "23",
    },
    b'{"message": "good dog"}',
)
#: RFC 9421 appendix B.2: message, Signature-Input, Signature.
VECTORS = {
    "b21": (REQUEST, '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"', "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q=="),
    "b22": (REQUEST, '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"', "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw=="),
    "b23": (REQUEST, '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"', "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA=="),
    "b24": (RESPONSE, '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"', "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=="),
    "b25": (REQUEST, '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"', "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="),
    "b26": (REQUEST, '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"', "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="),
}  # fmt: skip


def _with(message, params: str, signature: str, label: str):
    fields = {"Signature-Input": f"sig-{label}={params}", "Signature": f"sig-{label}=:{signature}:"}
    return replace(message, headers={**message.headers, **fields})


@pytest.mark.parametrize("label", sorted(VECTORS))
def test_a_published_vector_of_rfc_9421_holds_and_breaks_when_altered(label: str):
    message, params, signature = VECTORS[label]
    signed = _with(message, params, signature, label)
    found = verify(signed, KEYS.get, AT + 1, needs=())
    assert found.created == AT and found.label == f"sig-{label}"
    bad = ("A" if signature[10] != "A" else "B").join([signature[:10], signature[11:]])
    with pytest.raises(SignatureRefused) as e:
        verify(_with(message, params, bad, label), KEYS.get, AT + 1, needs=())
    assert e.value.code == "altered"


@pytest.mark.parametrize(("label", "key"), [("b25", HMAC), ("b26", ED)], ids=["hmac", "ed25519"])
def test_the_deterministic_vectors_come_out_to_the_letter(label: str, key):
    message, params, signature = VECTORS[label]
    covers = params[1 : params.index(")")].replace('"', "").split()
    key_id = params.split('keyid="')[1].rstrip('"')
    fields = sign(message, key, key_id, AT, covers=covers, life_s=None, label=f"sig-{label}", digest=False)
    assert fields["Signature"] == f"sig-{label}=:{signature}:"
    assert fields["Signature-Input"] == f"sig-{label}={params}"


KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KNOWN = {"town": KEY.public_key()}
SENT = Request("POST", "https://api.city.example.jp/v1/x?y=1", {"Content-Type": "application/json"}, b'{"a":1}')


def _signed(request: Request = SENT, **kwargs) -> Request:
    return replace(request, headers=sign(request, KEY, "town", AT, nonce="n1", tag="daremo-exchange-v1", **kwargs))


def test_our_signature_is_accepted_by_the_library_itself_and_back():
    signed = _signed(name_algorithm=True)
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys=KNOWN, private_keys={}),
    )
    verifier.validate_created_and_expires = lambda *a, **k: None  # the library would read the clock
    results = verifier.verify(
        _Message(signed.method, signed.url, dict(signed.headers)), expect_tag="daremo-exchange-v1"
    )
    assert results[0].parameters["keyid"] == "town"
    found = verify(signed, KNOWN.get, AT + 10, tag="daremo-exchange-v1")
    assert (found.key_id, found.nonce, found.expires) == ("town", "n1", AT + 300)
    assert set(found.covered) == {'"@method"', '"@authority"', '"@target-uri"', '"content-digest"'}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "PUT"}, "altered"),
        ({"url": "https://api.city.example.jp/v1/x?y=2"}, "altered"),
        ({"url": "https://api.town.example.jp/v1/x?y=1"}, "altered"),
        ({"body": b'{"a":2}'}, "bad-digest"),
        ({"body": b""}, "bad-digest"),
        ({"headers": {}}, "no-signature"),
    ],
)
def test_a_changed_message_is_refused(change: dict[str, object], code: str):
    with pytest.raises(SignatureRefused) as e:
        verify(replace(_signed(), **change), KNOWN.get, AT + 1)
    assert e.value.code == code


def test_time_tag_key_and_coverage_have_codes_of_their_own():
    signed = _signed()
    lasting = _signed(life_s=None)
    bare = _signed(covers=("@method",), digest=False)
    for message, kwargs, now, code in (
        (signed, {}, AT + 400, "expired"),
        (lasting, {}, AT + 400, "stale"),
        (signed, {}, AT - 60, "future"),
        (signed, {"tag": "other"}, AT, "no-signature"),
        (bare, {}, AT, "not-covered"),
        (bare, {"needs": ("@method", '"@query-param";name="y"')}, AT, "not-covered"),
    ):
        with pytest.raises(SignatureRefused) as e:
            verify(message, KNOWN.get, now, **kwargs)
        assert e.value.code == code, (code, e.value)
    with pytest.raises(SignatureRefused) as e:
        verify(signed, {}.get, AT)
    assert e.value.code == "unknown-key"
    with pytest.raises(SignatureRefused) as e:
        verify(_signed(name_algorithm=True), {"town": HMAC}.get, AT)
    assert e.value.code == "wrong-algorithm"
    assert verify(lasting, KNOWN.get, AT + 99_999, oldest_s=None).expires is None


def test_of_several_signatures_one_must_be_named():
    first = _signed()
    second = sign(SENT, KEY, "town", AT, label="sig2", tag="other")
    both = replace(
        first,
        headers={
            **first.headers,
            "Signature-Input": first.headers["Signature-Input"] + ", " + second["Signature-Input"],
            "Signature": first.headers["Signature"] + ", " + second["Signature"],
        },
    )
    with pytest.raises(SignatureRefused) as e:
        verify(both, KNOWN.get, AT)
    assert e.value.code == "many-signatures"
    assert verify(both, KNOWN.get, AT, tag="other").label == "sig2"
    assert verify(both, KNOWN.get, AT, label="sig1").label == "sig1"


@pytest.mark.parametrize(
    "field",
    [
        "x",
        "sig1=()",
        "sig1=();keyid=5",
        "sig1=1",
        'sig1=("@method";created=1',
        "a" * 20_000,
        'sig1=("@method" "@method");created=1;keyid="town"',
    ],
)
def test_malformed_fields_are_refused_without_a_fall(field: str):
    for name in ("Signature-Input", "Signature"):
        with pytest.raises(SignatureRefused):
            verify(replace(_signed(), headers={**_signed().headers, name: field}), KNOWN.get, AT)


def test_a_response_is_bound_to_its_request():
    answer = Response(200, {"Content-Type": "text/plain"}, b"yes", SENT)
    covers = ("@status", '"@method";req', '"@target-uri";req')
    signed = replace(answer, headers=sign(answer, KEY, "town", AT, covers=covers))
    assert verify(signed, KNOWN.get, AT, needs=(*covers, "content-digest")).covered['"@method";req'] == "POST"
    with pytest.raises(SignatureRefused):
        verify(replace(signed, request=replace(SENT, url="https://api.city.example.jp/other")), KNOWN.get, AT)


def test_digests_of_the_body_are_those_of_rfc_9530():
    assert content_digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    both = content_digest(b"x") + ", " + content_digest(b"x", "sha-512")
    assert digest_fits(both, b"x") and not digest_fits(both, b"y") and not digest_fits("md5=:AA==:", b"x")
    assert not digest_fits(content_digest(b"x") + ", " + content_digest(b"y", "sha-512"), b"x")
