"""The language switch and the gallery of components."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from daremo.web.ui.conf import LANGUAGES
from daremo.web.ui.context import practice
from daremo.web.ui.gallery import examples


@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Set the cookie of the language and go back to ``?next=``; a plain link, so it works without script."""
    if code not in dict(LANGUAGES):
        raise Http404
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or not target.startswith("/"):
        target = "/"
    answer = HttpResponseRedirect(target)
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    answer["Cache-Control"] = "no-store"
    return answer


GALLERY = {
    "": "ui/gallery.html",
    "staff": "ui/gallery_staff.html",
    "ticket": "ui/gallery_ticket.html",
    "error": "ui/gallery_error.html",
}


@require_safe
def gallery(request: HttpRequest, sheet: str = "") -> HttpResponse:
    """Every component in use, in practice mode only."""
    if not practice() or sheet not in GALLERY:
        raise Http404
    shown = examples()
    return render(request, GALLERY[sheet], {**shown, "form": shown["bad"]} if sheet == "error" else shown)
