"""The words of a message: an organisation's own letter, else the common one, filled with the facts."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from daremo.kernel.tables import rows_of
from daremo.web.apps.notices.models import Letter
from daremo.web.problems import refusal

SMS_LONGEST = 70
"""Letters in one short message with Japanese text (UCS-2)."""

FACTS = ("name", "day", "month_day", "weekday", "time", "place", "number", "phone", "hours", "city", "until", "code")
"""Names that a letter may use in braces."""


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and body, ready to be sent."""

    subject: str
    body: str


@cache
def _common() -> dict[tuple[str, str, str], tuple[str, str]]:
    rows = rows_of("daremo.web.apps.notices", "letters")
    return {(row["occasion"], row["channel"], row["language"]): (row["subject"], row["body"]) for row in rows}


def common_letters() -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return subject and body of every common letter by occasion, channel and language."""
    return dict(_common())


def occasions() -> tuple[str, ...]:
    """Return every occasion that has a common letter."""
    return tuple(dict.fromkeys(occasion for occasion, _, _ in _common()))


def unknown_facts(body: str) -> list[str]:
    """Return names in braces that no letter can be filled with, so that a template is refused before it is sent."""
    try:
        named = [name for _, name, _, _ in string.Formatter().parse(body) if name is not None]
    except ValueError:
        return ["{"]
    return [name for name in named if name not in FACTS]


def text_for(occasion: str, channel: str, language: str, organisation: int | None) -> tuple[str, str]:
    """Return the newest letter: own before common, the channel's before any, the language before Japanese.

    Raises
    ------
    DaremoError
        No letter for the occasion.
    """
    own = Letter.objects.filter(occasion=occasion, organisation=organisation).order_by("-version")
    for tongue in dict.fromkeys((language, "ja")):
        for way in (channel, "any"):
            found = own.filter(channel=way, language=tongue).first() if organisation else None
            if found is not None:
                return found.subject, found.body
            if (occasion, way, tongue) in _common():
                return _common()[occasion, way, tongue]
    raise refusal("no-letter", occasion)


def written(occasion: str, channel: str, language: str, organisation: int | None, facts: Mapping[str, str]) -> Words:
    """Fill the letter; a fact that is not known is left out, never shown as a brace."""
    subject, body = text_for(occasion, channel, language, organisation)
    known = {name: facts.get(name, "") for name in FACTS}
    return Words(subject.format_map(known), body.format_map(known))
