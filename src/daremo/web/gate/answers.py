"""A refusal as the asker can read it: a page with the phone number, or problem details (RFC 9457) for a program."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language

from daremo.kernel.errors import Conflict, DaremoError, InputError
from daremo.web.problems import refusal, words
from daremo.web.ui import context

STATUS = {
    "not-allowed": 403,
    "no-mandate": 403,
    "key-may-not": 403,
    "bad-cursor": 422,
    "not-found-number": 404,
    "no-person": 404,
    "too-fast": 429,
    "too-large": 413,
}


def status_of(error: DaremoError) -> int:
    """Return the HTTP status that an error stands for."""
    if error.code in STATUS:
        return STATUS[error.code]
    return 409 if isinstance(error, Conflict) else 422 if isinstance(error, InputError) else 400


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a program asks: the API, or somebody who accepts JSON and no HTML."""
    accepts = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accepts and "html" not in accepts)


def error_answer(request: HttpRequest, error: DaremoError, status: int | None = None) -> HttpResponse:
    """Return the answer that tells `error`; nothing of what was sent is repeated in it."""
    status = status or status_of(error)
    message, fix = words(error, get_language() or "ja")
    if wants_json(request):
        told = {"type": f"urn:daremo:problem:{error.code}", "title": message, "status": status, "detail": fix}
        told |= {"code": error.code, "request": getattr(request, "number", "")}
        return HttpResponse(
            json.dumps(told, ensure_ascii=False), status=status, content_type="application/problem+json"
        )
    page = context.page(request) | {"message": message, "fix": fix}
    template = "429.html" if status == 429 else "gate/problem.html"
    return HttpResponse(render_to_string(template, page), status=status)


def problem_answer(request: HttpRequest, code: str, status: int) -> HttpResponse:
    """Return the answer for a code of the table of problems."""
    return error_answer(request, refusal(code), status)


#: What a framework answers with a page or a bare word, by the status.
BARE = {404: "no-such-address", 405: "no-such-method", 500: "broken"}


def _for_a_program(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Return problem details where an answer of the API is a page or a bare word; its headers stay."""
    if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return answer
    told = problem_answer(request, BARE.get(answer.status_code, "bad-request"), answer.status_code)
    for name, value in answer.headers.items():
        if name not in ("Content-Type", "Content-Length"):
            told.headers.setdefault(name, value)
    return told


class Errors:
    """Tell errors that a view raised on purpose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code >= 400 and request.path.startswith("/api/"):
            return _for_a_program(request, answer)
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the answer for one of ours; anything else goes on to the 500 page."""
        return error_answer(request, exception) if isinstance(exception, DaremoError) else None
