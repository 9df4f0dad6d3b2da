"""Every input table is described once, in ``<package>/tables/<table>.csv``.

From that one file come the reader and its checks, the Excel template, the docs page and the
generator for property tests. Columns of a schema file:
``column, ja, en, type, unit, required, allowed, description, source``.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import polars as pl

from daremo.kernel.errors import InputError, Problem

TYPES: dict[str, Any] = {
    "text": pl.String,
    "whole": pl.Int64,
    "number": pl.Float64,
    "share": pl.Float64,
    "yes_no": pl.Boolean,
    "date": pl.String,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: names in two languages, type, unit and what is allowed.

    `allowed` is ``()`` (anything), a tuple of words, or ``("low..high",)`` for a range.
    """

    column: str
    ja: str
    en: str
    type: str
    unit: str
    required: bool
    allowed: tuple[str, ...]
    description: str
    source: str

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest allowed number, or None."""
        if len(self.allowed) == 1 and ".." in self.allowed[0]:
            low, high = self.allowed[0].split("..")
            return float(low or "-inf"), float(high or "inf")
        return None


@dataclass(frozen=True, slots=True)
class Schema:
    """A table's description: its name and columns in order."""

    table: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.column for c in self.columns)

    def __getitem__(self, column: str) -> Column:
        return next(c for c in self.columns if c.column == column)

    def empty(self) -> pl.DataFrame:
        """A table without rows, with the right columns and types."""
        return pl.DataFrame(schema={c.column: TYPES[c.type] for c in self.columns})

    def frame(self, rows: Iterable[dict[str, Any]] | pl.DataFrame) -> pl.DataFrame:
        """Rows as a table in this schema's columns and types; absent columns become null.

        Raises
        ------
        InputError
            Where a value cannot be read as its column's type, a required value is missing, or a value is
            not allowed; every problem is collected (row 1 is the first data row).
        """
        data = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), infer_schema_length=None)
        problems: list[Problem] = []
        series: list[pl.Series] = []
        height = data.height
        for c in self.columns:
            if c.column in data.columns:
                s = data[c.column]
                try:
                    s = s.cast(TYPES[c.type])
                except pl.exceptions.PolarsError:
                    bad = s.cast(pl.String).filter(s.cast(pl.String).cast(TYPES[c.type], strict=False).is_null())
                    value = str(bad[0]) if len(bad) else ""
                    problems.append(
                        Problem(
                            "wrong-type",
                            f"{c.ja}は{c.type}です",
                            "値を直してください",
                            self.table,
                            None,
                            c.column,
                            value,
                        )
                    )
                    continue
            else:
                s = pl.Series(c.column, [None] * height, dtype=TYPES[c.type])
            if c.required:
                for i in s.is_null().arg_true().to_list()[:20]:
                    problems.append(
                        Problem("missing-value", f"{c.ja}が空です", "値を入れてください", self.table, i + 1, c.column)
                    )
            problems += _not_allowed(self.table, c, s)
            series.append(s.alias(c.column))
        if problems:
            raise InputError(problems)
        return pl.DataFrame(series) if series else self.empty()


def _not_allowed(table: str, c: Column, s: pl.Series) -> list[Problem]:
    """Values outside the allowed words or range, at most twenty."""
    if c.range is not None and s.dtype.is_numeric():
        low, high = c.range
        bad = ((s < low) | (s > high) | s.is_nan() if s.dtype.is_float() else (s < low) | (s > high)).fill_null(False)
    elif c.allowed and c.range is None:
        bad = ~s.cast(pl.String).is_in(list(c.allowed)) & s.is_not_null()
    else:
        return []
    hint = "・".join(c.allowed)
    return [
        Problem("not-allowed", f"{c.ja}に使えない値です", f"使える値: {hint}", table, i + 1, c.column, str(s[i]))
        for i in bad.arg_true().to_list()[:20]
    ]


@functools.cache
def schema(package: str, table: str) -> Schema:
    """Read ``<package>/tables/<table>.csv``, e.g. ``schema("daremo.region", "areas")``."""
    text = (resources.files(package) / "tables" / f"{table}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return Schema(
        table,
        tuple(
            Column(
                r["column"],
                r["ja"],
                r["en"],
                r["type"],
                r["unit"],
                r["required"] == "yes",
                tuple(w for w in r["allowed"].split("|") if w),
                r["description"],
                r["source"],
            )
            for r in rows
        ),
    )


def rows_of(package: str, table: str) -> list[dict[str, str]]:
    """A plain data table shipped in a package (assumptions, kinds, codes), as text."""
    text = (resources.files(package) / "tables" / f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
