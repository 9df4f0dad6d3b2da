"""The W3C VC API for test suites: open to everybody on the machine, with a key that signs nothing else.

Only with ``DAREMO_VC_API=test``, which production refuses.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from daremo.trust.credentials import api
from daremo.trust.credentials.did import did_key, method_of
from daremo.web import clock
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
    return api.Desk(key, method, clock.now().timestamp(), contexts=CONTEXTS)


def _operation(work: Callable[[Any, api.Desk], api.Answer]) -> Callable[[HttpRequest], HttpResponse]:
    @csrf_exempt  # machines post here without a browser; no account, no row, nothing to ride on
    @public_page
    @never_cache
    def opened(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        body = request.body
        if len(body) > MOST_BYTES:
            return _refused("larger than 1 MB", 413)
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return _refused("not JSON", 400)
        status, answer = work(told, desk())
        return JsonResponse(answer, status=status)

    return opened


def _refused(detail: str, status: int) -> JsonResponse:
    problem = {"type": "about:blank", "title": "bad request", "detail": detail, "status": status}
    return JsonResponse({"verified": False, "problemDetails": [problem], "errors": [problem]}, status=status)


urlpatterns = [
    path("credentials/issue", _operation(api.issue), name="vc-issue"),
    path("credentials/verify", _operation(api.verify_credential), name="vc-verify"),
    path("presentations/verify", _operation(api.verify_presentation), name="vc-present"),
]
