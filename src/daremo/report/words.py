"""Every word of a report in two languages, from one table (``tables/words.csv``: key, ja, en)."""

from __future__ import annotations

import functools
import re
from typing import Any

from daremo.kernel.tables import rows_of
from daremo.report.figures import plain_number, rounded, short, step_of

LANGUAGES = ("ja", "en")
#: Reasons in the order of every chart.
REASONS = ("skill", "trust", "service", "reach", "connection")
JAPANESE = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")


@functools.cache
def _table() -> dict[str, tuple[str, str]]:
    return {r["key"]: (r["ja"], r["en"]) for r in rows_of("daremo.report", "words")}


class Words:
    """The words of one language and its way of writing numbers."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._at = LANGUAGES.index(lang)

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with its places filled.

        Raises
        ------
        KeyError
            Where the table has no such key.
        """
        text = _table()[key][self._at]
        return text.format(**values) if values else text

    def __contains__(self, key: str) -> bool:
        return key in _table()

    @property
    def ja(self) -> bool:
        return self.lang == "ja"

    def or_raw(self, prefix: str, raw: Any) -> str:
        """The word for a code, or the code itself where there is none."""
        return self(f"{prefix}.{raw}") if f"{prefix}.{raw}" in self else str(raw)

    def said(self, value: Any) -> str:
        """A sentence that came with the data: ``{"ja", "en"}``, a code of the table, or as it was written."""
        if value is None:
            return ""
        if isinstance(value, dict):
            return str(value.get(self.lang) or value.get("ja") or value.get("en") or "")
        text = str(value)
        return self(f"why.{text}") if f"why.{text}" in self else text

    # ---- numbers
    def number(self, value: float | None, digits: int = 0) -> str:
        return self("never") if value is None else plain_number(value, digits)

    def fixed(self, value: float) -> str:
        """One decimal, kept even where it is 0, for figures that are compared with each other."""
        return f"{value:,.1f}"

    def short(self, value: float | None) -> str:
        return "—" if value is None else short(value)

    def count(self, value: float | None, step: float = 1.0) -> str:
        """People without the unit; a handful with one decimal when the step allows it."""
        if value is None:
            return self("never")
        if 0 < value < step / 2 and step <= 0.1:
            return self("less_than", n=plain_number(step, 1))
        return plain_number(rounded(value, step), 1 if step < 1 else 0)

    def change(self, value: float) -> str:
        """A difference with its sign."""
        text = plain_number(value, 1)
        return text if text.startswith("−") or text == "0" else f"+{text}"

    def people(self, value: float | None, step: float = 1.0) -> str:
        return self("never") if value is None else self("n_people", n=self.count(value, step))

    def people_exact(self, value: float, digits: int = 0) -> str:
        """People as computed, for comparing two computed values."""
        return self("n_people", n=plain_number(value, digits))

    def span(self, low: float | None, high: float | None, *, least: float = 1.0) -> str:
        """An interval in people, without the unit."""
        if low is None or high is None:
            return self("never")
        step = step_of(low, high, least=least)
        return self("span", low=self.count(low, step), high=self.count(high, step))

    def share(self, value: float | None, digits: int = 0) -> str:
        return self("never") if value is None else f"{plain_number(value * 100, digits)}%"

    def money(self, yen: float | None) -> str:
        """A sum with its unit: 万円 or million yen, small sums in yen."""
        if yen is None:
            return self("never")
        if self.ja:
            return f"{plain_number(yen)}円" if abs(yen) < 10_000 and yen else f"{self.money_bare(yen)}万円"
        return f"¥{plain_number(yen)}" if abs(yen) < 100_000 and yen else f"¥{self.money_bare(yen)} million"

    def money_bare(self, yen: float | None) -> str:
        """The same without the unit, for a column headed 万円 / million yen."""
        if yen is None:
            return self("never")
        if self.ja:
            return plain_number(yen / 1e4, 0 if abs(yen) >= 1e6 else 1)
        return plain_number(yen / 1e6, 2 if abs(yen) >= 1e6 else 3)

    def stage(self, code: str) -> str:
        """A life stage or group of people."""
        if f"stage.{code}" in self:
            return self(f"stage.{code}")
        if self.ja and (m := re.fullmatch(r"(\d+)-(\d+)", code)):
            return f"{m[1]}〜{m[2]}歳"
        if self.ja and (m := re.fullmatch(r"(\d+)\+", code)):
            return f"{m[1]}歳以上"
        return code.replace("-", "–")

    def certainty(self, code: str) -> str:
        """A certainty letter with what it means; of a mixed one such as C/D the weaker counts."""
        letters = [c for c in str(code) if c in "ABCDE"]
        return self(f"certainty.{max(letters)}", letter=code) if letters else str(code)
