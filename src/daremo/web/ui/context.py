"""What every page knows: who runs it, the language, the staff tabs, whether this is practice, and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from daremo.web.ui.conf import LANGUAGES, SAMPLE_SITE
from daremo.web.ui.text import to_html


@dataclass(frozen=True)
class StaffTab:
    """One tab of the staff pages; an app's ``AppConfig`` lists its own in ``staff_tabs``.

    Attributes
    ----------
    order : int
        Place in the row, small first.
    view : str
        Name of the URL, e.g. ``"desk:call"``.
    label : str
        ``gettext_lazy("電話受付")``.
    allowed : callable or None
        ``allowed(request) -> bool``; None shows it to everybody who sees staff pages.
    """

    order: int
    view: str
    label: str
    allowed: Callable[[HttpRequest], bool] | None = None


class Site(dict[str, str]):
    """Who runs the service, in one language. ``site.city`` in a template reads the key."""

    @property
    def tel(self) -> str:
        """The phone number for a ``tel:`` link: digits and a leading plus only."""
        return tel(self["phone"])

    @property
    def city_html(self) -> SafeString:
        """The town's name as safe HTML, to be put into a sentence."""
        return to_html(self["city"])


def tel(number: str) -> str:
    """`number` for a ``tel:`` link: digits, and a leading plus."""
    return "".join(c for i, c in enumerate(number) if c.isdigit() and c.isascii() or (c == "+" and i == 0))


def site_of(language: str | None = None) -> Site:
    """Who runs the service, as ``settings.DAREMO_SITE`` says, completed from Japanese."""
    known: Mapping[str, Mapping[str, str]] = getattr(settings, "DAREMO_SITE", None) or SAMPLE_SITE
    return Site({**known["ja"], **known.get(language or get_language() or "ja", {})})


def practice() -> bool:
    """Whether this server runs the sample town."""
    return str(getattr(settings, "DAREMO_MODE", "practice")) == "practice"


def tabs_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The staff tabs this person may open, the current one marked; a tab without a URL is left out."""
    match = getattr(request, "resolver_match", None)
    found = []
    for config in apps.get_app_configs():
        for tab in getattr(config, "staff_tabs", ()):
            if tab.allowed is not None and not tab.allowed(request):
                continue
            try:
                address = reverse(tab.view)
            except NoReverseMatch:
                continue
            current = match is not None and match.view_name == tab.view
            found.append({"order": tab.order, "href": address, "label": tab.label, "current": current})
    return sorted(found, key=lambda t: (t["order"], t["href"]))


def languages_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The three languages; each but the current one links to the page that switches and comes back."""
    current = get_language() or "ja"
    return [
        {"code": code, "name": name, "current": code == current, "lang": "en" if code == "en" else "ja"}
        for code, name in LANGUAGES
    ]


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``site page_language html_lang languages tabs practice here``."""
    language = get_language() or "ja"
    return {
        "site": site_of(language),
        "page_language": language,
        "html_lang": "en" if language.startswith("en") else "ja",
        "languages": languages_of(request),
        "staff_tabs": tabs_of(request),
        "practice": practice(),
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }
