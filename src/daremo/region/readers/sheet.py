"""A table as somebody saved it: encoding, separator and headings found out; rows numbered as in Excel."""

from __future__ import annotations

import csv
import datetime
import functools
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import python_calamine
from shapely.geometry.base import BaseGeometry

from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE, TABLES, table_schema

#: How far down a file the headings are looked for.
HEADING_SEARCH_ROWS = 30
_AGE = re.compile(r"(\d{1,3})(?:歳)?[-~〜–−ー―～](\d{1,3})歳?|(\d{1,3})歳?(以上|未満|~$|\+)|年齢「?不詳」?")
_MACHINE_AGE = re.compile(r"(man|woman)(\d{1,2})$")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of one file.

    Attributes
    ----------
    file, sheet : str
        File as the user named it; sheet of a workbook, or "".
    heads : tuple of str
        Headings as written.
    rows : list of list of str
        Cells as text, every row as long as `heads`.
    numbers : list of int
        Row of each as Excel numbers it (the first line of the file is 1).
    fields : dict of str to list of int
        Meaning to columns, by heading, never by position.
    ages : list of (column, sex, age_from, age_to)
        Columns that count people of an age band; ``age_from = -1`` where the age is not known.
    shapes : dict of int to geometry
        Geometry by row number, where the file has any.
    """

    file: str
    sheet: str
    heads: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[int]
    fields: dict[str, list[int]]
    ages: list[tuple[int, str, int, int]]
    encoding: str = ""
    shapes: dict[int, BaseGeometry] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether every one of these meanings has a column."""
        return all(n in self.fields for n in names)

    def cell(self, row: Sequence[str], name: str) -> str:
        """First filled cell with this meaning in a row, or ""."""
        for i in self.fields.get(name, ()):
            if row[i].strip():
                return row[i].strip()
        return ""

    def heading(self, name: str) -> str:
        """Heading as written of the first column with this meaning, or ""."""
        columns = self.fields.get(name)
        return self.heads[columns[0]] if columns else ""

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Row numbers and rows that hold anything beside a running number."""
        ids = set(self.fields.get("row_id", ()))
        for n, r in zip(self.numbers, self.rows, strict=True):
            if any(c.strip() and i not in ids and not self.heads[i].startswith("←") for i, c in enumerate(r)):
                yield n, r


def heading_key(text: str) -> str:
    """A heading for comparing: NFKC, no white space, lower case, without the mark of a required column (＊)."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower().rstrip("*※")


@functools.cache
def known_headings() -> dict[str, tuple[str, ...]]:
    """Meanings of each known heading, from ``headings.csv``."""
    out: dict[str, tuple[str, ...]] = {}
    for r in rows_of(PACKAGE, "headings"):
        for h in r["headings"].split("|"):
            key = heading_key(h)
            out[key] = (*out.get(key, ()), r["field"])
    return out


@functools.cache
def own_headings() -> frozenset[str]:
    """Every heading of the product's own tables, in both languages and as machine names."""
    return frozenset(heading_key(h) for t in TABLES for c in table_schema(t).columns for h in (c.column, c.ja, c.en))


def age_column(heading: str) -> tuple[str, int, int] | None:
    """Sex and age band a heading speaks of: ``("m", 0, 4)`` for 0-4歳の男性 or man1; None where it is no age column.

    ``age_from`` is -1 for 年齢不詳; the last year is 130 for bands without an upper end.
    """
    key = heading_key(heading)
    if m := _MACHINE_AGE.match(key):
        k = int(m[2])
        if not 1 <= k <= 18:
            return None
        return ("m" if m[1] == "man" else "f"), 5 * (k - 1), 130 if k == 18 else 5 * k - 1
    m2 = _AGE.search(key)
    told = "歳" in key or "年齢" in key
    if m2 is None or not told or re.search(r"世帯|外国|割合|比率|率$|受入|対象", key):
        return None
    sex = "all" if "男女" in key else "f" if "女" in key else "m" if "男" in key else "all"
    if m2[1]:
        return sex, int(m2[1]), int(m2[2])
    if m2[3]:
        return (sex, 0, int(m2[3]) - 1) if m2[4] == "未満" else (sex, int(m2[3]), 130)
    return sex, -1, -1


def decode(data: bytes) -> tuple[str, str]:
    """Text and the name of its encoding (UTF-8 with or without mark, UTF-16, CP932, EUC-JP).

    Raises
    ------
    UnicodeDecodeError
        Where none of them fits.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), "utf-16"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return data.decode("euc_jp"), "euc-jp"
    # EUC-JP read as CP932 gives a flood of half-width katakana, which real tables hardly hold
    if sum("｡" <= c <= "ﾟ" for c in text) > 0.2 * len(text):
        try:
            return data.decode("euc_jp"), "euc-jp"
        except UnicodeDecodeError:
            pass
    return text, "cp932"


def text_grid(text: str) -> list[list[str]]:
    """Cells of a text with separators; comma, tab or semicolon, whichever the first lines agree on."""
    sample = [s for s in text.splitlines()[:HEADING_SEARCH_ROWS] if s.strip()]
    counts = {d: Counter(s.count(d) for s in sample if s.count(d)).most_common(1) for d in (",", "\t", ";")}
    best = max(counts, key=lambda d: (counts[d][0][0] * counts[d][0][1]) if counts[d] else 0)
    csv.field_size_limit(10_000_000)
    return [[c.replace("\x00", "") for c in r] for r in csv.reader(io.StringIO(text, newline=""), delimiter=best)]


def workbook_grids(data: bytes) -> list[tuple[str, list[list[str]]]]:
    """Sheets of an Excel or OpenDocument workbook as text, in order.

    Raises
    ------
    python_calamine.CalamineError
        Where the workbook cannot be opened.
    """
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    out = []
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        out.append((name, [[_as_text(c) for c in r] for r in rows]))
    return out


def _as_text(value: Any) -> str:
    """A workbook's cell as a person sees it."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time(0) else value.isoformat(" ")
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    return str(value)


def find_headings(grid: Sequence[Sequence[str]]) -> int | None:
    """Index of the row of headings among the first rows: the one with most known headings, at least two."""
    best, best_score = None, 1
    for i, row in enumerate(grid[:HEADING_SEARCH_ROWS]):
        score = 0
        for c in row:
            key = heading_key(c) if len(c) < 60 else ""
            known = key in known_headings() or key in own_headings() or bool(_known_pattern(key))
            score += bool(key) and (known or age_column(c) is not None)
        if score > best_score:
            best, best_score = i, score
    return best


def _known_pattern(key: str) -> bool:
    return bool(re.match(r"(t\d{9}|htksyori|htksaki|gassan|hyosyo|(n|p)\d\d[a-z]?_\d{3})$", key))


def sheet_from_grid(file: str, name: str, grid: Sequence[Sequence[str]], encoding: str = "") -> Sheet | None:
    """The table in a grid of cells, or None where no row of headings is found."""
    top = find_headings(grid)
    if top is None:
        return None
    width = max((i + 1 for i, c in enumerate(grid[top]) if c.strip()), default=0)
    heads = tuple(grid[top][:width])
    rows, numbers = [], []
    for i in range(top + 1, len(grid)):
        row = grid[i]
        if any(c.strip() for c in row):
            rows.append([*row[:width], *[""] * (width - len(row))])
            numbers.append(i + 1)
    return make_sheet(file, name, heads, rows, numbers, encoding)


def make_sheet(
    file: str,
    name: str,
    heads: tuple[str, ...],
    rows: list[list[str]],
    numbers: list[int],
    encoding: str = "",
    shapes: dict[int, BaseGeometry] | None = None,
) -> Sheet:
    """A sheet with its headings understood."""
    fields: dict[str, list[int]] = {}
    ages = []
    for i, h in enumerate(heads):
        for meaning in known_headings().get(heading_key(h), ()):
            fields.setdefault(meaning, []).append(i)
        if (band := age_column(h)) is not None:
            ages.append((i, *band))
    return Sheet(file, name, heads, rows, numbers, fields, ages, encoding, shapes or {})
