"""The VC API answers test suites, only where the test setting opens it, and never in production."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings

from daremo.kernel.errors import SetupError
from daremo.trust.credentials.contexts import VC2

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
def opened(now: Any) -> Any:
    with override_settings(ROOT_URLCONF="tests.web.guard.vc_urls"):
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
