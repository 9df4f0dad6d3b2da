"""A wide Parquet file whose answers are read a chunk at a time; what it says of people is read at once.

Source: none; the file is looked through as `read` does it for a file in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.assess.model import Answers, answers_of_rows
from daremo.assess.read import Asked, joined, roles_of
from daremo.assess.read_rows import MOST_CATEGORIES, Roles, Said, Told, again_of, said_of
from daremo.kernel.errors import InputError, UsageError

Float = NDArray[np.float64]
#: People of one chunk.
PEOPLE = 50_000
FIX = "1人1行・1問1列で、答えが数のParquetにしてください（問題でない列は --ignore）"


@dataclass(frozen=True, slots=True)
class File:
    """One row a person, one column of numbers an item, blank = no answer.

    Attributes
    ----------
    path : Path
    items : tuple of str
    values : tuple of ndarray of float64
        Answers of each item that occur, lowest first.
    rows : int
    chunk : int
        Rows read at once.
    """

    path: Path
    items: tuple[str, ...]
    values: tuple[Float, ...]
    rows: int
    chunk: int = PEOPLE

    @property
    def chunks(self) -> range:
        """First row of each chunk."""
        return range(0, self.rows, self.chunk)

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Categories of each item, lowest first."""
        return tuple(tuple(f"{v:g}" for v in found.tolist()) for found in self.values)

    def read(self, first: int) -> Answers:
        """Answers of the chunk that begins at a row."""
        return self._read(pl.scan_parquet(self.path).select(self.items).slice(first, self.chunk))

    def read_some(self, step: int) -> Answers:
        """Answers of every `step`-th row."""
        return self._read(pl.scan_parquet(self.path).select(self.items).gather_every(step))

    def _read(self, lazy: pl.LazyFrame) -> Answers:
        coded = [_code(name, known) for name, known in zip(self.items, self.values, strict=True)]
        table = np.ascontiguousarray(lazy.select(coded).collect().to_numpy())
        seen = table >= 0
        start = np.zeros(table.shape[0] + 1, np.int64)
        np.cumsum(seen.sum(1), out=start[1:])
        n_cat = np.array([v.size for v in self.values], np.int64)
        item = np.nonzero(seen)[1].astype(np.int32)
        return answers_of_rows(start, item, table[seen].astype(np.int32), n_cat, items=self.items)


def _code(name: str, known: Float) -> pl.Expr:
    """Category of each answer of a column, −1 where there is none."""
    column = pl.col(name)
    if (known == np.arange(known[0], known[0] + known.size)).all():
        code = column.cast(pl.Float32) - float(known[0])
        return code.fill_nan(None).fill_null(-1).cast(pl.Int8).alias(name)
    steps = list(range(known.size))
    code = column.cast(pl.Float64).replace_strict(known.tolist(), steps, default=None, return_dtype=pl.Int8)
    return code.fill_null(-1).alias(name)


@dataclass(frozen=True, slots=True)
class Source:
    """A file looked through.

    Attributes
    ----------
    file : File
    answers : int
        Answers of those who count.
    weight : ndarray, shape (rows,)
        0 for rows that do not count.
    people : Answers
        Those who count, with groups, covariates and problems, but without their answers.
    """

    file: File
    answers: int
    weight: Float = field(repr=False)
    people: Answers = field(repr=False)


def open_source(path: Path, asked: Asked | None = None, *, chunk: int = PEOPLE) -> Source:
    """Look through a Parquet file once, column by column.

    Parameters
    ----------
    path : Path
        It must be readable where chunks are worked through.
    asked : Asked, optional
        Columns of groups, weights and covariates, and what is no item.
    chunk : int
        Rows read at once.

    Raises
    ------
    UsageError
        ``no-answers-file``; ``bad-stream`` where it is no wide Parquet file of numbers; ``no-such-column``.
    InputError
        Problems in the rows, unless only good rows are asked for.
    """
    asked = asked or Asked()
    if not path.is_file():
        raise UsageError("no-answers-file", "回答のファイルがありません", "場所と名前を確かめてください", str(path))
    try:
        lazy = pl.scan_parquet(path)
        schema = lazy.collect_schema()
        rows = int(lazy.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as e:
        raise UsageError("bad-stream", "少しずつ読めないファイルです", FIX, str(path)) from e
    told = Told(path.name)
    frame, roles = _people(lazy, schema, rows, asked, path)
    if roles.item or chunk < 1 or not rows:
        raise UsageError("bad-stream", "1人1行の、回答のある表ではありません", FIX, str(path))
    said = said_of(frame, roles, told)
    weight = np.where((said.group >= 0) & ~np.isnan(said.covariates).any(1), said.weight, 0.0)
    if roles.person:
        weight = np.where(again_of(frame, roles, told), 0.0, weight)
    items, values = list[str](), list[Float]()
    per = np.zeros(rows, np.int64)
    for name in roles.items:
        known, there = _column(lazy, schema, name, path)
        if known.size < 2:
            told.add("one-category", [-1], name, ["・".join(f"{v:g}" for v in known.tolist())], error=False)
            continue
        items.append(name)
        values.append(known)
        per += there
    silent = int(((per == 0) & (weight > 0)).sum())
    if silent:
        told.add("nothing-answered", [-1], "", [f"{silent:,}"], error=False)
    weight = np.where(per > 0, weight, 0.0)
    wrong = [p for p in told.problems if p.severity == "error"]
    if wrong and not asked.good_rows:
        raise InputError(wrong)
    if not items or not (weight > 0).any():
        raise UsageError("bad-stream", "調べられる問題がありません", FIX, str(path))
    file = File(path, tuple(items), tuple(values), rows, chunk)
    return Source(file, int(per[weight > 0].sum()), weight, _kept(file, weight, said, roles, told))


def _people(lazy: pl.LazyFrame, schema: pl.Schema, rows: int, asked: Asked, path: Path) -> tuple[pl.DataFrame, Roles]:
    """Columns that say something of people, and which column is what."""
    parts = asked.group.split("+") if "+" in asked.group and asked.group not in schema else []
    head = pl.DataFrame(schema=schema)
    if parts:
        head = joined(head, asked.group, path.name)
    roles = roles_of(head, asked, path.name)
    group = parts or ([roles.group] if roles.group else [])
    wanted = [c for c in (roles.person, roles.weight, *group, *roles.covariates) if c]
    # a frame without columns would have no rows
    frame = (
        lazy.select(list(dict.fromkeys(wanted))).collect() if wanted else pl.DataFrame({"": np.zeros(rows, np.int8)})
    )
    return (joined(frame, asked.group, path.name) if parts else frame), roles


def _column(lazy: pl.LazyFrame, schema: pl.Schema, name: str, path: Path) -> tuple[Float, NDArray[np.bool_]]:
    """Different answers of a column, lowest first, and which rows have one, shape (rows,)."""
    if not (schema[name].is_numeric() or schema[name] == pl.Boolean):
        raise UsageError("bad-stream", f"列「{name}」の答えが数ではありません", FIX, str(path))
    s = lazy.select(pl.col(name).cast(pl.Float64).fill_nan(None)).collect()[name]
    known = s.drop_nulls().unique().sort().to_numpy()
    if known.size > MOST_CATEGORIES or not np.isfinite(known).all():
        raise UsageError("bad-stream", f"列「{name}」の答えの種類が多すぎます", FIX, str(path))
    return known, s.is_not_null().to_numpy()


def _kept(file: File, weight: Float, said: Said, roles: Roles, told: Told) -> Answers:
    """Those who count, without answers."""
    there = weight > 0
    n = int(there.sum())
    none = np.zeros(0, np.int32)
    return Answers(
        np.zeros(n + 1, np.int64), none, none, file.items, file.labels, weight[there], said.group[there], said.groups, (),
        round(float(weight.sum())) if roles.counted and roles.weight else n, tuple(told.problems),
        said.covariates[there], said.names,
    )  # fmt: skip
