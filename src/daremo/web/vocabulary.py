"""Words that a form offers: needs of residents and topics of a visit (``tables/needs.csv``, ``tables/topics.csv``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from daremo.kernel.tables import rows_of

Language = Literal["ja", "ja-easy", "en"]


@dataclass(frozen=True, slots=True)
class Word:
    """One choice: its code and how it is said in each language. ``need`` is the need that a topic belongs to."""

    code: str
    ja: str
    ja_easy: str
    en: str
    need: str = ""
    theme: str = ""

    def said(self, language: str) -> str:
        """Return the word in that language, Japanese where the language is not known."""
        return {"ja-easy": self.ja_easy, "en": self.en}.get(language, self.ja)


@cache
def needs() -> dict[str, Word]:
    """Return what a resident may want help with, by code, in the order of the form."""
    return {row["code"]: Word(**row) for row in rows_of("daremo.web", "needs")}


@cache
def topics() -> dict[str, Word]:
    """Return what a visit may have been about, by code, in the order of the form."""
    return {row["code"]: Word(**row) for row in rows_of("daremo.web", "topics")}


def topics_of(need: str) -> tuple[str, ...]:
    """Return the codes of all topics that serve a need; of an unknown need or "unsure" none, which means any."""
    return tuple(code for code, word in topics().items() if word.need == need and need != "unsure")
