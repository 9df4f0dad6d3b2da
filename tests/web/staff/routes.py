"""Every address of the project with its view, found by walking the URL patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from daremo.kernel.tables import rows_of

#: Numbers in an address that name no row.
NUMBERS = {"year": "2026", "month": "10", "points": "5"}
#: Words that a view takes in its address, where not every word will do.
WORDS = {
    "counter:ticket-step": {"step": "serving"},
    "counter:booking-step": {"step": "noshow"},
    "visits:incident-step": {"state": "checked"},
    "figures:report": {"form": "csv"},
    "figures:internal-report": {"form": "csv"},
    "visits:round": {"day": "2026-12-01"},
}


@dataclass(frozen=True)
class Route:
    """One address: its full name, the pattern, the view, and the converter of each argument."""

    name: str
    pattern: str
    view: Any
    arguments: dict[str, Any]
    words: dict[str, str] = field(default_factory=dict)

    @property
    def access(self) -> Any:
        """What the view declares about itself, or None."""
        return getattr(self.view, "daremo_access", None)

    @property
    def operations(self) -> list[Any]:
        """The operations of the API behind this address, if it is one of the API's."""
        owner = None
        for cell in getattr(self.view, "__closure__", None) or ():
            if type(cell.cell_contents).__name__ == "PathView":
                owner = cell.cell_contents
        return list(getattr(owner, "operations", []))

    @property
    def names(self) -> list[str]:
        """The name under which this address, or each operation of the API behind it, may be listed as public."""
        return [f"api:{one.view_func.__name__}" for one in self.operations] or [self.name]

    @property
    def of(self) -> dict[str, str]:
        """The table of the row that each argument names."""
        told: dict[str, str] = self.access.tables(self.words)
        return told

    def address(self, side: Any) -> str:
        """The address that names this side's rows."""
        given = {name: side[label].pk for name, label in self.of.items()}
        words = {name: NUMBERS.get(name, "x") for name in self.arguments} | WORDS.get(self.name, {})
        return reverse(self.name, kwargs=words | self.words | given)


def _walk(patterns: Iterable[Any], namespace: str, prefix: str, arguments: dict[str, Any]) -> Iterator[Route]:
    for one in patterns:
        known = arguments | dict(one.pattern.converters)
        known |= {name: None for name in one.pattern.regex.groupindex if name not in known}
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(one.url_patterns, inner, prefix + str(one.pattern), known)
        elif isinstance(one, URLPattern):
            yield Route(f"{namespace}{one.name or ''}", prefix + str(one.pattern), one.callback, known)


def routes() -> list[Route]:
    """All addresses of the project."""
    return list(_walk(get_resolver().url_patterns, "", "", {}))


def public() -> dict[str, str]:
    """Who opens the views that ask for no permission: name or ``app:*`` → ``anyone`` or ``signed_in``."""
    return {row["view"]: row["who"] for row in rows_of("daremo.web.apps.staff", "public")}


def listed(name: str) -> str | None:
    """How the view of that name stands in the table of public views, or None."""
    return next((who for pattern, who in public().items() if fnmatchcase(name, pattern)), None)


def staff_routes() -> list[Route]:
    """The addresses whose views ask for a permission; once for each word that chooses another table."""
    found = []
    for route in routes():
        if route.access is None or route.access.public:
            continue
        choices = [
            (whose[0], word) for whose in route.access.of.values() if not isinstance(whose, str) for word in whose[1]
        ]
        found += [replace(route, words={argument: word}) for argument, word in choices] or [route]
    return found
