"""The finder on a city's own site: a piece of HTML, the next free times as JSON, and one small script.

Nothing here reads or sets a cookie and nothing is about a person, so other sites may read it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from daremo.web import clock
from daremo.web.apps.finder import cards
from daremo.web.apps.finder.searching import find
from daremo.web.apps.finder.words import fill
from daremo.web.apps.staff.access import public_page
from daremo.web.ui.conf import LANGUAGES
from daremo.web.ui.context import site_of
from daremo.web.ui.dates import say_date, say_day, say_time
from daremo.web.ui.text import to_plain

MOST = 12
FRESH_SECONDS = 60


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "ja")
    return asked if asked in dict(LANGUAGES) else "ja"


def _told(request: HttpRequest) -> dict[str, Any]:
    """Return the places and their next free times in plain words, with whole addresses."""
    count = request.GET.get("count", "")
    n = min(max(int(count), 1), MOST) if count.isdigit() and len(count) < 4 else 4
    asked = request.GET.copy()
    asked.pop("more", None)
    found = find(asked, clock.now(), n)
    site = site_of()
    places = [
        {
            "name": card.name,
            "way": to_plain(card.way),
            "opening": to_plain(card.opening),
            "phone": card.phone,
            "page": request.build_absolute_uri(card.more_href),
            "full": to_plain(card.full),
            "times": [
                {
                    "starts": t.start.isoformat(),
                    "said": to_plain(f"{say_day(t.start, t.today)} {say_time(t.start)}"),
                    "page": request.build_absolute_uri(t.href),
                }
                for t in card.times
            ],
        }
        for card in cards.cards(found.few, found.near, found.now, found.times, found.distance)
    ]
    return {
        "title": to_plain(_("スマホの相談ができる場所")),
        "as_of": to_plain(
            fill(_("空きは、{day} {time}のものです。"), day=say_date(found.now), time=say_time(found.now))
        ),
        "call": to_plain(fill(_("お電話でも予約できます：{phone}"), phone=site["phone"])),
        "all": {
            "said": to_plain(_("ほかの場所と時間を見る")),
            "page": request.build_absolute_uri(reverse("finder:home")),
        },
        "places": places,
    }


def _open_to_all(answer: HttpResponse, language: str) -> HttpResponse:
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    answer["Content-Language"] = language
    return answer


@public_page
@require_safe
def fragment(request: HttpRequest) -> HttpResponse:
    """Return the list as a piece of HTML that a city's server puts into its own page, or links to."""
    language = _language(request)
    with translation.override(language):
        answer = render(
            request, "finder/embed.html", {"told": _told(request), "lang": "en" if language == "en" else "ja"}
        )
    return _open_to_all(answer, language)


@public_page
@require_safe
def times(request: HttpRequest) -> HttpResponse:
    """Return the same list as JSON, for the script and for whoever else wants it."""
    language = _language(request)
    with translation.override(language):
        return _open_to_all(JsonResponse(_told(request), json_dumps_params={"ensure_ascii": False}), language)


@public_page
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """Return the script that draws the list, under an address that never changes."""
    path = finders.find("finder/embed.js")
    if not isinstance(path, str):
        raise Http404
    with open(path, encoding="utf-8") as file:
        answer = HttpResponse(file.read(), content_type="text/javascript; charset=utf-8")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["Cache-Control"] = "public, max-age=3600"
    return answer
