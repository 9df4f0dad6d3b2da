"""Words and numbers in a terminal, where a Japanese letter is two columns wide."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Columns that `text` takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """`text` filled with spaces to `columns` terminal columns."""
    space = " " * max(columns - width(text), 0)
    return space + text if right else text + space


def cut(text: str, columns: int) -> str:
    """`text`, shortened with … where it is wider than `columns`."""
    if width(text) <= columns:
        return text
    kept = ""
    for c in text:
        if width(kept + c) > columns - 1:
            break
        kept += c
    return kept + "…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = (), widest: int = 40) -> list[str]:
    """Lines of a plain table; `right` names the columns that hold numbers."""
    cells = [[cut(c, widest) for c in row] for row in [head, *rows]]
    columns = [max(width(row[i]) for row in cells) for i in range(len(head))]
    lines = ["  ".join(pad(c, columns[i], right=i in right) for i, c in enumerate(row)).rstrip() for row in cells]
    return [lines[0], "─" * max(width(line) for line in lines), *lines[1:]]


def people(count: float) -> str:
    """A number of people, whole."""
    return f"{count:,.0f}"


def rounded(count: float, low: float, high: float) -> str:
    """A number of people, rounded as far as its interval allows: to a tenth of the interval's leading digit."""
    step = max(10 ** (math.floor(math.log10(max(high - low, 1.0))) - 1), 1)
    return f"{round(count / step) * step:,.0f}"


def yen(amount: float) -> str:
    """An amount in yen."""
    return f"¥{amount:,.0f}"


def percent(share: float, digits: int = 1) -> str:
    """A share as per cent."""
    return f"{share * 100:.{digits}f}%"
