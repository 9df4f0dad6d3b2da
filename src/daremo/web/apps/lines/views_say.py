"""Residents say how their line is: three questions, a look at the answers, one count more; nothing about who said it."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web.apps.lines import services as lines
from daremo.web.apps.lines.forms import OUTCOMES, SORTS, SayForm
from daremo.web.apps.staff.access import public_page
from daremo.web.problems import words
from daremo.web.ui.pieces import Fact

#: The word that was sent last from this browser, so that it can be taken back.
_LAST = "line_said"
#: Keys of forms that were sent, so that one sent twice counts once.
_SENT = "line_sent"


@public_page
@never_cache
def say(request: HttpRequest) -> HttpResponse:
    """Ask; show the answers; count them once they are confirmed."""
    if request.method != "POST":
        return render(request, "lines/say.html", {"form": SayForm(initial=_asked(request))})
    form = SayForm(request.POST)
    if not form.is_valid() or request.POST.get("step") == "change":
        if request.POST.get("step") == "change":
            form = SayForm(initial={name: request.POST.get(name, "") for name in SayForm.base_fields})
        return render(request, "lines/say.html", {"form": form})
    told = form.cleaned_data
    if request.POST.get("step") != "send":
        return render(request, "lines/check.html", _check(form))
    key, sent = request.POST.get("key", "")[:40], request.session.get(_SENT, [])
    if key and key in sent:
        return redirect("lines:said")
    try:
        row = lines.say(request.act, told["area"], told["sort"], told["outcome"])  # type: ignore[attr-defined]
    except DaremoError as error:
        problem = words(error, request.LANGUAGE_CODE)
        return render(request, "lines/check.html", {**_check(form), "problem": problem, "has_errors": True}, status=409)
    request.session[_SENT] = [*sent[-9:], key]
    request.session[_LAST] = row.pk
    return redirect("lines:said")


def _asked(request: HttpRequest) -> dict[str, str]:
    """Let a link name the area beforehand."""
    area = request.GET.get("area", "")
    return {"area": area} if area.isascii() and area.isdecimal() else {}


def _check(form: SayForm) -> dict[str, object]:
    told = form.cleaned_data
    sorts, outcomes = dict(SORTS), dict(OUTCOMES)
    return {
        "facts": [
            Fact(_("地区"), told["area"].name),
            Fact(_("回線"), sorts[told["sort"]]),
            Fact(_("いまのようす"), outcomes[told["outcome"]]),
        ],
        "hidden": [("area", told["area"].pk), ("sort", told["sort"]), ("outcome", told["outcome"])],
        "key": secrets.token_urlsafe(16),
    }


@public_page
@never_cache
def said(request: HttpRequest) -> HttpResponse:
    """Say thanks; a POST takes the word back."""
    last = request.session.get(_LAST)
    if request.method == "POST":
        if last is not None:
            lines.take_back(request.act, int(last))  # type: ignore[attr-defined]
            del request.session[_LAST]
        return render(request, "lines/said.html", {"taken_back": True})
    if last is None:
        return redirect("lines:say")
    return render(request, "lines/said.html", {"taken_back": False})
