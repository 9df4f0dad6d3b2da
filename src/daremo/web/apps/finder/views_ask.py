"""Ask for a visit at home, a call, an interpreter."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from daremo.web.apps.finder import steps
from daremo.web.apps.staff.access import public_page


@public_page
def start(request: HttpRequest, what: str) -> HttpResponse:
    """Begin a request with its first question."""
    if f"ask:{what}" not in steps.STEPS:
        raise Http404
    return redirect("finder:step", kind="ask", what=what, step=steps.steps_of("ask", what)[0])
