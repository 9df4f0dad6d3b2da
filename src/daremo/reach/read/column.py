"""One column of a grid as text or numbers, and the collection of what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import Problem
from daremo.reach.read.grid import Grid
from daremo.region.readers import cells

Float = NDArray[np.float64]
#: Problems of one kind that are told one by one.
MOST_TOLD = 1_000


class Doubts:
    """Collects what is wrong with a file."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.problems: list[Problem] = []

    def tell(
        self, code: str, message: str, fix: str, at: int, head: str, value: object, severity: Any = "error"
    ) -> None:
        """One problem of row `at` (counted from 0 among the rows read)."""
        if sum(p.code == code for p in self.problems[-MOST_TOLD:]) < MOST_TOLD:
            row = int(self.grid.rows[at])
            self.problems.append(Problem(code, message, fix, self.grid.file, row, head, str(value), severity))

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "error"]


def texts(column: pl.Series) -> tuple[str, ...]:
    """Cells as text; a whole number from a typed file keeps no ``.0``."""
    if column.dtype.is_float():
        whole = column.drop_nulls()
        column = column.cast(pl.Int64) if len(whole) and (whole == whole.round(0)).all() else column
    return tuple("" if v is None else cells.one_line(str(v)) for v in column.cast(pl.String).to_list())


def parsed(
    grid: Grid, k: int, read: Callable[[str], float | None], doubts: Doubts, what: str
) -> tuple[Float, NDArray[np.bool_]]:
    """A column as numbers (NaN where blank) and which cells could be read; only odd cells are read one by one."""
    column = grid.columns[k]
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return column.cast(pl.Float64).fill_null(math.nan).to_numpy().astype(np.float64), np.ones(grid.height, bool)
    text = column.cast(pl.String)
    quick = text.str.strip_chars().cast(pl.Float64, strict=False)
    values = quick.fill_null(math.nan).to_numpy().astype(np.float64)
    good = np.ones(grid.height, bool)
    for i in (quick.is_null() | quick.is_nan() | quick.is_infinite()).arg_true().to_list():
        written = text[i] or ""
        try:
            found = read(written)
            values[i] = math.nan if found is None else found
        except ValueError:
            good[i] = False
            values[i] = math.nan
            doubts.tell("wrong-type", f"{what}は数で書いてください", "値を直してください", i, grid.heads[k], written)
    return values, good
