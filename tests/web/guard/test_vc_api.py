"""The VC API answers test suites, only where the test setting opens it, and never in production."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha384
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client, RequestFactory, override_settings

from daremo.kernel.errors import SetupError
from daremo.trust.credentials import status
from daremo.trust.credentials.contexts import VC2
from daremo.trust.credentials.verify import verify as judged
from daremo.web import clock
from daremo.web.gate.limits import count, limits, who_is_counted

pytestmark = pytest.mark.django_db
BASE = {
    "@context": [VC2, "https://www.w3.org/ns/credentials/examples/v2"],
    "type": ["VerifiableCredential"],
    "credentialSubject": {"id": "did:example:subject", "canSwim": "a little"},
}


def post(path: str, told: Any, client: Client | None = None) -> Any:
    browser = client or Client(enforce_csrf_checks=True)
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return browser.generic("POST", f"/vc/{path}", body, "application/json")


@pytest.fixture
def opened(now: Any, tmp_path: Any) -> Any:
    with override_settings(ROOT_URLCONF="tests.web.guard.vc_urls", DAREMO_DATA=tmp_path):
        yield


@pytest.mark.parametrize("form", ["", "vc+jwt"])
def test_what_is_issued_is_verified_and_altered_is_refused(opened: None, form: str) -> None:
    answer = post("credentials/issue", {"credential": BASE, "options": {"format": form} if form else {}})
    assert answer.status_code == 201
    made = answer.json()
    told = post("credentials/verify", {"verifiableCredential": made})
    assert (told.status_code, told.json()["verified"]) == (200, True)
    if form:
        made["id"] = made["id"][:-5] + ("A" if made["id"][-5] != "A" else "B") + made["id"][-4:]
    else:
        made["credentialSubject"]["canSwim"] = "well"
    told = post("credentials/verify", {"verifiableCredential": made})
    assert (told.status_code, told.json()["verified"]) == (400, False)


def test_a_credential_is_issued_verified_revoked_and_refused_as_a_suite_does_it(opened: None) -> None:
    name = "urn:uuid:0d5d1a58-9c2b-4b7a-8f0e-8a3c3e1a9b10"
    answers = [post("listed/credentials/issue", {"credential": {**BASE, "id": n}}) for n in ("urn:uuid:1", name)]
    assert [a.status_code for a in answers] == [201, 201]
    made = answers[1].json()
    entry = made["credentialStatus"]
    assert (entry["type"], entry["statusPurpose"], entry["statusListIndex"]) == (
        "BitstringStatusListEntry",
        "revocation",
        "1",
    )
    checks = {"verifiableCredential": made, "options": {"checks": ["proof", "credentialStatus"]}}
    assert post("credentials/verify", checks).json()["verified"]
    told = {"credentialId": name, "credentialStatus": {"type": entry["type"], "statusPurpose": "revocation"}}
    assert post("listed/credentials/status", told).status_code == 200
    assert post("listed/list/publish", {}).status_code == 204
    assert entry["statusListCredential"] == "http://testserver/vc/listed/list"
    shown = Client().get("/vc/listed/list")
    bits = status.bits_of(shown.json(), "revocation")
    assert [n for n in range(8) if status.bit(bits, n)] == [1]
    # the list is a credential itself, and the others stay good
    assert post("credentials/verify", {"verifiableCredential": shown.json()}).status_code == 200
    assert post("credentials/verify", {"verifiableCredential": answers[0].json()}).status_code == 200
    refused = post("credentials/verify", checks)
    assert (refused.status_code, refused.json()["verified"], refused.json()["errors"][0]["detail"]) == (
        400,
        False,
        "revoked",
    )
    assert post("listed/credentials/status", {**told, "status": False}).status_code == 200
    assert post("credentials/verify", checks).status_code == 200


OLD = {
    "@context": ["https://www.w3.org/2018/credentials/v1"],
    "id": "urn:uuid:86294362-4254-4f36-854f-3952fe42555d",
    "type": ["VerifiableCredential"],
    "issuanceDate": "2020-03-16T22:37:26.544Z",
    "credentialSubject": {"id": "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"},
}


def test_the_older_data_model_is_taken_here_as_the_suite_for_eddsa_sends_it_and_nowhere_else(opened: None) -> None:
    made = post("credentials/issue", {"credential": OLD}).json()
    assert made["@context"][1] == "https://w3id.org/security/data-integrity/v2"
    assert post("credentials/verify", {"verifiableCredential": made}).status_code == 200
    for spoilt in ({**made, "issuanceDate": "2020-03-16T22:37:27Z"}, {**made, "x": "y"}):
        assert post("credentials/verify", {"verifiableCredential": spoilt}).status_code == 400
    for wrong in ({**OLD, "issuanceDate": "yesterday"}, {k: v for k, v in OLD.items() if k != "issuanceDate"}):
        assert post("credentials/issue", {"credential": wrong}).status_code == 400
    over = post("credentials/issue", {"credential": {**OLD, "expirationDate": "2021-01-01T00:00:00Z"}}).json()
    told = post("credentials/verify", {"verifiableCredential": over})
    assert (told.status_code, told.json()["errors"][0]["detail"]) == (400, "out-of-time expirationDate")
    assert judged(made, clock.now().timestamp(), trusted=(made["issuer"],)).verdict == "invalid"


def test_digests_of_resources_are_compared_with_the_bytes_laid_down_for_the_suite(opened: None, tmp_path: Any) -> None:
    def answer() -> int:
        resource = {"id": VC2, "digestSRI": "sha384-" + b64encode(sha384(b"{}").digest()).decode()}
        return int(post("credentials/issue", {"credential": {**BASE, "relatedResource": resource}}).status_code)

    assert answer() == 400
    (tmp_path / "vc-resources").mkdir()
    (tmp_path / "vc-resources" / quote(VC2, safe="")).write_bytes(b"{}")
    assert answer() == 201


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ([], 400),
        ({"credentialId": "urn:uuid:9", "credentialStatus": {"statusPurpose": "revocation"}}, 404),
        ({"credentialId": "x", "credentialStatus": {"statusPurpose": "message"}}, 400),
        ({"credentialId": "x", "credentialStatus": {}, "status": "yes"}, 400),
    ],
)
def test_a_status_that_cannot_be_set_is_refused(opened: None, told: Any, code: int) -> None:
    assert post("listed/credentials/status", told).status_code == code


def test_a_malformed_credential_takes_no_place_in_the_list(opened: None) -> None:
    assert post("listed/credentials/issue", {"credential": {**BASE, "type": []}}).status_code == 400
    assert post("listed/credentials/issue", []).status_code == 400
    made = post("listed/credentials/issue", {"credential": BASE}).json()
    assert made["credentialStatus"]["statusListIndex"] == "0"


def test_calls_are_limited_as_others_are(opened: None) -> None:
    most = next(limit for limit in limits() if limit.limit == "vc-api")
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1")
    for _ in range(most.count):
        count(most, str(who_is_counted(most, request)), clock.now())
    answer = post("credentials/issue", {"credential": BASE})
    assert answer.status_code == 429 and int(answer["Retry-After"]) >= 1


def test_a_presentation_without_proof_and_a_malformed_credential_are_refused(opened: None) -> None:
    presentation = {"@context": [VC2], "type": ["VerifiablePresentation"], "verifiableCredential": []}
    assert post("presentations/verify", {"verifiablePresentation": presentation}).status_code == 400
    assert post("credentials/issue", {"credential": {**BASE, "@context": []}}).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b"1", b"null"])
def test_a_body_that_is_no_request_gets_an_answer_and_no_error(opened: None, body: bytes) -> None:
    for path in ("credentials/issue", "credentials/verify", "presentations/verify"):
        assert post(path, body).status_code == 400


def test_a_body_over_a_megabyte_and_another_method_are_refused(opened: None) -> None:
    assert post("credentials/issue", b" " * 1_000_001).status_code == 413
    assert Client().get("/vc/credentials/issue").status_code == 405


def test_the_api_is_closed_unless_the_setting_opens_it(now: Any) -> None:
    assert post("credentials/issue", {"credential": BASE}, Client()).status_code == 404


def test_production_refuses_the_test_setting() -> None:
    from daremo.web.configuration import Configuration
    from tests.web.ops.test_settings import production

    Configuration(production()).check()
    with pytest.raises(SetupError, match="DAREMO_VC_API"):
        Configuration(production(DAREMO_VC_API="test")).check()
    with pytest.raises(SetupError, match="DAREMO_VC_API"):
        Configuration({"DAREMO_VC_API": "open"}).check()
