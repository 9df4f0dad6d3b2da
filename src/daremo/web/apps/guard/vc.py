"""The W3C VC API for test suites: open to everybody on the machine, with a key that signs nothing else.

Only with ``DAREMO_VC_API=test``, which production refuses. Under ``listed/`` what is issued has a place in a status list,
which ``listed/credentials/status`` changes; its state is one file of ``DAREMO_DATA`` (`vc_list`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from daremo.trust.credentials import api, status
from daremo.trust.credentials.did import did_key, method_of
from daremo.trust.credentials.integrity import add_proof
from daremo.trust.credentials.times import stamp
from daremo.web import clock
from daremo.web.apps.guard import vc_list
from daremo.web.apps.staff.access import public_page

MOST_BYTES = 1_000_000
#: The context that test suites put into what they send; nothing is fetched.
CONTEXTS = {
    "https://www.w3.org/ns/credentials/examples/v2": {
        "@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
    }
}


def desk() -> api.Desk:
    """Return what the functions need; the key follows from the secret key, so it stays while that stays."""
    seed = HKDF(hashes.SHA256(), 32, None, b"daremo vc api test").derive(settings.SECRET_KEY.encode())
    key = Ed25519PrivateKey.from_private_bytes(seed)
    method = method_of(key.public_key(), did_key(key.public_key()))
    return api.Desk(key, method, clock.now().timestamp(), contexts=CONTEXTS, resources=_resources(), older=True)


def _resources() -> dict[str, bytes]:
    """Bytes of related resources that whoever runs a suite has laid into ``DAREMO_DATA/vc-resources``.

    A file's name is the address, percent-encoded. The suite for the data model names digests of an earlier draft's context.
    """
    folder = Path(settings.DAREMO_DATA) / "vc-resources"
    return {unquote(p.name): p.read_bytes() for p in folder.iterdir()} if folder.is_dir() else {}


def _posted(work: Callable[[HttpRequest, Any], HttpResponse]) -> Callable[..., HttpResponse]:
    @csrf_exempt  # machines post here without a browser; no account, no row, nothing to ride on
    @public_page
    @never_cache
    def opened(request: HttpRequest, **more: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        body = request.body
        if len(body) > MOST_BYTES:
            return _refused("larger than 1 MB", 413)
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return _refused("not JSON", 400)
        return work(request, told)

    return opened


def _operation(work: Callable[[Any, api.Desk], api.Answer]) -> Callable[..., HttpResponse]:
    def answered(request: HttpRequest, told: Any) -> HttpResponse:
        mine = desk()
        if b"credentialStatus" in request.body:
            mine = replace(mine, lists={_address(request): _published(request, mine)})
        code, answer = work(told, mine)
        return JsonResponse(answer, status=code)

    return _posted(answered)


def _issue_listed(request: HttpRequest, told: Any) -> HttpResponse:
    """Issue with a place in the status list."""
    credential = told.get("credential") if isinstance(told, dict) else None
    name = credential.get("id") if isinstance(credential, dict) else None
    mine = desk()
    code, answer = api.issue(told, mine)
    if code == 201:
        # a place is taken only for what can be issued
        place = vc_list.place_for(name if isinstance(name, str) else "")
        if place is None:
            return _refused("the list is full", 400)
        code, answer = api.issue(told, replace(mine, status_entry=status.entry(_address(request), place)))
    return JsonResponse(answer, status=code)


def _set_status(request: HttpRequest, told: Any) -> HttpResponse:
    """Revoke, or take that back, by the credential's id."""
    entry = told.get("credentialStatus") if isinstance(told, dict) else None
    purpose = entry.get("statusPurpose", "revocation") if isinstance(entry, dict) else None
    on = told.get("status", True) if isinstance(told, dict) else True
    if purpose != "revocation" or not isinstance(on, bool):
        return _refused("statusPurpose is revocation, status true or false", 400)
    if not vc_list.set_status(str(told.get("credentialId", "")), on):
        return _refused("no credential of this id was issued here", 404)
    return JsonResponse({})


def _publish(request: HttpRequest, told: Any) -> HttpResponse:
    """Publish the list; it always is."""
    return HttpResponse(status=204)


@public_page
@never_cache
def status_list(request: HttpRequest) -> HttpResponse:
    """Give the signed list of revoked credentials."""
    return JsonResponse(_published(request, desk()))


def _published(request: HttpRequest, mine: api.Desk) -> dict[str, Any]:
    bits = status.with_bits(bytes(status.LEAST_BITS // 8), vc_list.revoked())
    document = status.list_credential(mine.issuer, _address(request), stamp(mine.now), bits)
    return add_proof(document, mine.key, mine.method, stamp(mine.now))


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("guard:vc-list"))


def _refused(detail: str, status: int) -> JsonResponse:
    problem = {"type": "about:blank", "title": "bad request", "detail": detail, "status": status}
    return JsonResponse({"verified": False, "problemDetails": [problem], "errors": [problem]}, status=status)


urlpatterns = [
    path("credentials/issue", _operation(api.issue), name="vc-issue"),
    path("credentials/verify", _operation(api.verify_credential), name="vc-verify"),
    path("presentations/verify", _operation(api.verify_presentation), name="vc-present"),
    path("listed/credentials/issue", _posted(_issue_listed), name="vc-issue-listed"),
    path("listed/credentials/status", _posted(_set_status), name="vc-status"),
    path("listed/list", status_list, name="vc-list"),
    path("listed/list/publish", _posted(_publish), name="vc-publish"),
]
