"""Demand and places from somebody's table: columns found by heading, values read as people write them.

Every problem is collected and carries file, row, column and value. Errors stop the reading unless the good rows are
asked for; a demand point whose coordinates cannot be read is kept without any, so that its people are listed as
unreachable and never dropped.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.tables import Column, rows_of, schema
from daremo.reach.read.column import Doubts, parsed, texts
from daremo.reach.read.coordinates import coordinates
from daremo.reach.read.grid import Grid, read_grid
from daremo.region.readers import cells
from daremo.region.readers.sheet import age_column, heading_key

PACKAGE = "daremo.reach"
Float = NDArray[np.float64]
Table = Literal["demand", "places", "trips"]


@dataclass(frozen=True, slots=True)
class PointTable:
    """Demand points or places of one file.

    Attributes
    ----------
    file : str
        File as the user named it.
    ids, names : tuple of str
        Name of each point for machines (as written, else its number from 1) and for people (else its id).
    latitude, longitude : ndarray, shape (points,), degrees, or km where `planar`
        NaN where a point has none. On a plane `latitude` holds y and `longitude` x.
    planar : bool
        Whether the file has x and y on a plane.
    numbers : dict of str to ndarray, shape (points,)
        Number columns of the schema that the file has: ``need`` (people), ``cost_yen`` (yen), ``capacity``.
    words : dict of str to tuple of str
        Text columns of the schema that the file has.
    marks : dict of str to ndarray of bool, shape (points,)
        Yes-or-no columns; blank is False here, since nobody said yes.
    rows : ndarray of int64, shape (points,), index
        Row of each point in the file.
    problems : tuple of Problem
        Warnings and, where only good rows were asked for, errors.
    has_ids : bool
        Whether `ids` were written in the file.
    """

    file: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    latitude: Float
    longitude: Float
    planar: bool
    numbers: dict[str, Float]
    words: dict[str, tuple[str, ...]]
    marks: dict[str, NDArray[np.bool_]]
    rows: NDArray[np.int64]
    problems: tuple[Problem, ...]
    has_ids: bool

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def need(self) -> Float:
        """People of each point, shape (points,); 1 each where the file tells none."""
        return self.numbers.get("need", np.ones(self.n))


@functools.cache
def headings(table: Table) -> dict[str, str]:
    """Column of each heading that is understood in a table, by `heading_key`; the schema's own names come first."""
    out: dict[str, str] = {}
    columns = schema(PACKAGE, table).columns
    for c in columns:
        for h in (c.column, c.ja, c.en):
            out.setdefault(heading_key(h), c.column)
    more = {r["column"]: r["headings"].split("|") for r in rows_of(PACKAGE, "headings")}
    extra = () if table == "trips" else ("location", "x", "y")
    for name in (*(c.column for c in columns), *extra):
        for h in more.get(name, ()):
            out.setdefault(heading_key(h), name)
    return out


def read_points(
    path: Path,
    table: Literal["demand", "places"],
    *,
    need: str = "",
    columns: Mapping[str, str] = MappingProxyType({}),
    good_rows: bool = False,
) -> PointTable:
    """Demand points or places from CSV, Excel, GeoJSON or Parquet.

    Parameters
    ----------
    path : Path
    table : {"demand", "places"}
    need : str
        Heading of the column that counts people, where the usual ones are not meant; or an age such as ``65+`` or
        ``75-84``, which adds up the file's columns of those ages.
    columns : Mapping of str to str
        Headings to be read as columns of the schema, whatever they look like, e.g. ``{"cost_yen": "家賃"}``.
    good_rows : bool
        Whether rows with errors are left out (places) or kept without a trip (demand without coordinates), instead of
        refusing the file.

    Raises
    ------
    InputError
        Every problem that keeps a row from being used, unless `good_rows`; a file that cannot be used at all.
    """
    known = headings(table)
    wanted = {heading_key(h) for h in (need, *columns.values()) if h}
    grid = read_grid(path, frozenset(known) | wanted)
    doubts = Doubts(grid)
    at = _columns(grid, known, table)
    at |= {column: _named(grid, heading) for column, heading in columns.items() if heading}
    if need and table == "demand":
        at.pop("need", None)
    good = np.ones(grid.height, bool)
    numbers: dict[str, Float] = {}
    words: dict[str, tuple[str, ...]] = {}
    marks: dict[str, NDArray[np.bool_]] = {}
    for c in schema(PACKAGE, table).columns:
        if c.column in ("latitude", "longitude") or c.column not in at:
            continue
        if c.type == "number":
            numbers[c.column], fine = _numbers(grid, at[c.column], c, doubts)
            good &= fine
        elif c.type == "yes_no":
            marks[c.column] = _marks(grid, at[c.column], doubts)
        else:
            words[c.column] = texts(grid.columns[at[c.column]])
    if need and table == "demand":
        numbers["need"], fine = _need(grid, need, doubts)
        good &= fine
    latitude, longitude, planar = coordinates(grid, at, doubts)
    placed = np.isfinite(latitude) & np.isfinite(longitude)
    if grid.height == 0:
        raise InputError([Problem("no-data-rows", "データの行がありません", "行を入れてください", grid.file)])
    if doubts.errors and not good_rows:
        raise InputError(doubts.problems)
    keep = np.flatnonzero(good & (placed if table == "places" else True))
    if keep.size == 0:
        raise InputError(
            doubts.problems or [Problem("no-data-rows", "使える行がありません", "行を直してください", grid.file)]
        )
    ids, has_ids = _ids(grid, words.pop("id", None), keep, doubts)
    names = words.pop("name", None)
    return PointTable(
        grid.file,
        ids,
        tuple((names[i] if names else "") or ids[k] for k, i in enumerate(keep)),
        latitude[keep],
        longitude[keep],
        planar,
        {k: v[keep] for k, v in numbers.items()},
        {k: tuple(v[i] for i in keep) for k, v in words.items()},
        {k: v[keep] for k, v in marks.items()},
        grid.rows[keep],
        tuple(doubts.problems),
        has_ids,
    )


def _named(grid: Grid, heading: str) -> int:
    """Column of a heading that somebody named.

    Raises
    ------
    InputError
        ``missing-column`` where there is none.
    """
    for i, h in enumerate(grid.heads):
        if heading_key(h) == heading_key(heading):
            return i
    told = "・".join(grid.heads[:12])
    fix = f"表にある見出しを書いてください（{told}）"
    raise InputError(
        [Problem("missing-column", f"「{heading}」という見出しがありません", fix, grid.file, None, heading)]
    )


def _columns(grid: Grid, known: dict[str, str], table: Table) -> dict[str, int]:
    """Where each column of the schema is; a schema's own name wins over a looser heading."""
    own = {heading_key(h): c.column for c in schema(PACKAGE, table).columns for h in (c.column, c.ja, c.en)}
    at: dict[str, int] = {}
    for names in (own, known):
        for i, h in enumerate(grid.heads):
            column = names.get(heading_key(h))
            if column is not None and i not in at.values():
                at.setdefault(column, i)
    return at


def _numbers(grid: Grid, k: int, c: Column, doubts: Doubts) -> tuple[Float, NDArray[np.bool_]]:
    """A number column: blanks and negative values are told; 0 stands where a value cannot be used."""
    values, good = parsed(grid, k, cells.number, doubts, c.ja)
    for i in np.flatnonzero(good & ~np.isfinite(values)):
        doubts.tell(
            "missing-value",
            f"{c.ja}が空か、数ではありません",
            "値を入れてください（ないときは 0）",
            int(i),
            grid.heads[k],
            grid.columns[k][int(i)],
        )
    for i in np.flatnonzero(good & (values < 0)):
        doubts.tell(
            "not-allowed", f"{c.ja}が負の数です", "0以上の数を入れてください", int(i), grid.heads[k], f"{values[i]:g}"
        )
    good &= np.isfinite(values) & ~(values < 0)
    return np.where(good, values, 0.0), good


def _need(grid: Grid, need: str, doubts: Doubts) -> tuple[Float, NDArray[np.bool_]]:
    """The column of this heading, or the sum of the columns of these ages."""
    c = schema(PACKAGE, "demand")["need"]
    for i, h in enumerate(grid.heads):
        if heading_key(h) == heading_key(need):
            return _numbers(grid, i, c, doubts)
    ages = age_column(f"{need}歳" if "歳" not in need else need)
    low, high = (ages[1], ages[2]) if ages else (0, -1)
    found = [(i, b) for i, h in enumerate(grid.heads) if (b := age_column(h)) and low <= b[1] and b[2] <= high]
    by_sex = [i for i, b in found if b[0] != "all"]
    chosen = by_sex or [i for i, _ in found]
    if not chosen:
        raise InputError(
            [
                Problem(
                    "missing-column",
                    f"「{need}」という見出しも、その年齢の列もありません",
                    "--need に、表の見出しか 65+ のような年齢を書いてください",
                    grid.file,
                    None,
                    need,
                    "・".join(grid.heads[:12]),
                )
            ]
        )
    parts = [_numbers(grid, i, c, doubts) for i in chosen]
    return np.sum([v for v, _ in parts], axis=0), np.all([g for _, g in parts], axis=0)


def _marks(grid: Grid, k: int, doubts: Doubts) -> NDArray[np.bool_]:
    """A yes-or-no column."""
    out = np.zeros(grid.height, bool)
    for i, text in enumerate(texts(grid.columns[k])):
        try:
            out[i] = bool(cells.yes_no(text))
        except ValueError:
            doubts.tell(
                "unclear-mark",
                "「はい」とも「いいえ」とも読めません",
                "○か×で書いてください",
                i,
                grid.heads[k],
                text,
                "question",
            )
    return out


def _ids(
    grid: Grid, written: tuple[str, ...] | None, keep: NDArray[np.int64], doubts: Doubts
) -> tuple[tuple[str, ...], bool]:
    """An id for each row that is kept: as written; a repeated or blank one gets its row behind it."""
    if written is None or not any(written):
        return tuple(str(k + 1) for k in range(keep.size)), False
    seen: set[str] = set()
    out = []
    for i in keep:
        name = written[i] or f"row{grid.rows[i]}"
        if name in seen:
            doubts.tell(
                "duplicate-id",
                f"{name}が2回以上あります。行の番号を付けて分けました",
                "コードを確かめてください",
                int(i),
                "id",
                name,
                "warning",
            )
            name = f"{name}#{grid.rows[i]}"
        seen.add(name)
        out.append(name)
    return tuple(out), True
