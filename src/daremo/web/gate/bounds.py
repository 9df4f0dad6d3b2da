"""The largest request that is read at all."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from daremo.web.gate.answers import problem_answer


class Bounds:
    """Refuse a body over ``DAREMO_UPLOAD_MB`` before a byte of it is read, files included.

    A body without a stated length is not read by Django, so it needs no bound.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = request.META.get("CONTENT_LENGTH") or "0"
        if not (told.isascii() and told.isdigit()) or int(told) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return problem_answer(request, "too-large", 413)
        return self.get_response(request)
