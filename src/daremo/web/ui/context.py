"""What every page knows: who runs it, the language, the staff tabs, whether this is practice, and the time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from daremo.web.ui.conf import LANGUAGES, SAMPLE_SITE
from daremo.web.ui.text import to_html

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


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
    group : str
        Key of :data:`GROUPS`: the tab under which this page stands where there are many; "" is a tab of its own.
    """

    order: int
    view: str
    label: str | StrPromise
    allowed: Callable[[HttpRequest], bool] | None = None
    group: str = ""


#: Tabs that stand for several pages, each with its place in the row and its label. A day at the desk needs four pages
#: (they are tabs of their own); the others are one press further, in a second row below the tab of their group.
GROUPS: dict[str, tuple[int, StrPromise]] = {
    "people": (50, _("ひと")),
    "places": (52, _("場所と予定")),
    "numbers": (70, _("数を見る")),
    "safety": (77, _("守りと記録")),
}
TABS_IN_A_ROW = 7
"""So many tabs fit in one row of a desk's screen and need no groups."""


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


@dataclass(frozen=True)
class FootLink:
    """A link at the foot of every citizen page (`citizen_links` of an ``AppConfig``) or staff page (`staff_links`)."""

    order: int
    view: str
    label: str


def _address(view: str) -> str:
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""


def tabs_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The staff tabs this person may open; a tab without a URL is left out.

    ``current`` is ``"page"`` on the tab's own page; on another page of the same app it is ``"true"`` on the one tab
    whose address is most alike; else ``""``. Many tabs are gathered into :data:`GROUPS`: such a tab leads to the first
    of its ``pages`` and is ``"true"`` on all of them.
    """
    match = getattr(request, "resolver_match", None)
    name = match.view_name if match is not None else ""
    tabs = [
        (tab, _address(tab.view))
        for config in apps.get_app_configs()
        for tab in getattr(config, "staff_tabs", ())
        if tab.allowed is None or tab.allowed(request)
    ]
    kin = [address for tab, address in tabs if address and ":" in name and tab.view.split(":")[0] == name.split(":")[0]]
    exact = any(tab.view == name for tab, _ in tabs)
    nearest = max(kin, key=lambda address: len(os.path.commonprefix([address, request.path])), default="")
    found: list[dict[str, Any]] = []
    for tab, address in sorted((t for t in tabs if t[1]), key=lambda t: (t[0].order, t[1])):
        near = not exact and address == nearest
        current = "page" if tab.view == name else "true" if near else ""
        found.append({"href": address, "label": tab.label, "current": current, "group": tab.group, "order": tab.order})
    return _gathered(found) if len(found) > TABS_IN_A_ROW else [_shown(tab) for tab in found]


def _gathered(tabs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the tabs of each group under one; a group of one is a tab of its own."""
    row: list[tuple[int, dict[str, Any]]] = []
    for group in dict.fromkeys(tab["group"] for tab in tabs):
        own = [tab for tab in tabs if tab["group"] == group]
        if group not in GROUPS or len(own) == 1:
            row += [(tab["order"], _shown(tab)) for tab in own]
        else:
            order, label = GROUPS[group]
            current = "true" if any(tab["current"] for tab in own) else ""
            pages = [_shown(tab) for tab in own]
            row.append((order, {"href": own[0]["href"], "label": label, "current": current, "pages": pages}))
    return [tab for _order, tab in sorted(row, key=lambda one: one[0])]


def _shown(tab: dict[str, Any]) -> dict[str, Any]:
    return {"href": tab["href"], "label": tab["label"], "current": tab["current"], "pages": []}


def links_of(kind: str) -> list[dict[str, Any]]:
    """The links at the foot: `kind` is ``citizen_links`` or ``staff_links``; one without a URL is left out."""
    links = [(link, _address(link.view)) for config in apps.get_app_configs() for link in getattr(config, kind, ())]
    return [
        {"href": a, "text": k.label} for k, a in sorted((x for x in links if x[1]), key=lambda x: (x[0].order, x[1]))
    ]


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
        "staff_tabs": SimpleLazyObject(lambda: tabs_of(request)),
        "citizen_links": SimpleLazyObject(lambda: links_of("citizen_links")),
        "staff_links": SimpleLazyObject(lambda: links_of("staff_links")),
        "practice": practice(),
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }
