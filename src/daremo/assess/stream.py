"""Calibrate from a Parquet file that is never in memory as a whole: each pass reads it chunk by chunk and adds up.

An expectation pass is a sum over people, so that chunks may be worked through one after another or by several workers at
once (`mapper`); results are added in the order of the file. All passes are in double precision.

Source: Bock and Aitkin 1981; map and reduce of its expectation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.assess.calibrate import GUESS_PRIOR, WIDE, Fit, fit_of, refined, told
from daremo.assess.expect import count_rows, expect, likelihood_twice
from daremo.assess.model import Answers, Calibration, Model, answers_of_rows
from daremo.assess.read_rows import MOST_CATEGORIES
from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent

Float = NDArray[np.float64]
Mapper = Callable[[Callable[[int], Any], Iterable[int]], Iterable[Any]]
#: People of one chunk.
PEOPLE = 50_000


@dataclass(frozen=True, slots=True)
class Source:
    """A wide Parquet file: one row a person, one column of whole numbers an item, blank = no answer.

    Attributes
    ----------
    path : Path
    items : tuple of str
    values : tuple of ndarray of int64
        Answers of each item that occur, lowest first.
    people : int
        Rows.
    chunk : int
        Rows read at once.
    """

    path: Path
    items: tuple[str, ...]
    values: tuple[NDArray[np.int64], ...]
    people: int
    chunk: int = PEOPLE

    @property
    def chunks(self) -> range:
        """First row of each chunk."""
        return range(0, self.people, self.chunk)

    def read(self, first: int) -> Answers:
        """Answers of the chunk that begins at a row."""
        frame = pl.scan_parquet(self.path).select(self.items).slice(first, self.chunk).collect()
        table = np.full((frame.height, len(self.items)), -1, np.int8)
        for j, name in enumerate(self.items):
            s = frame[name]
            there = s.is_not_null().to_numpy()
            code = np.searchsorted(self.values[j], s.drop_nulls().cast(pl.Int64).to_numpy())
            table[there, j] = code
        seen = table >= 0
        start = np.zeros(frame.height + 1, np.int64)
        np.cumsum(seen.sum(1), out=start[1:])
        item = np.nonzero(seen)[1].astype(np.int32)
        n_cat = np.array([v.size for v in self.values], np.int64)
        return answers_of_rows(start, item, table[seen].astype(np.int32), n_cat, items=self.items)


def open_source(path: Path, *, ignore: Iterable[str] = (), chunk: int = PEOPLE) -> Source:
    """Look through a Parquet file once, column by column.

    Raises
    ------
    UsageError
        ``no-answers-file``; ``bad-stream`` where it is no wide Parquet file of whole numbers.
    """
    if not path.is_file():
        raise UsageError("no-answers-file", "回答のファイルがありません", "場所と名前を確かめてください", str(path))
    fix = "1人1行・1問1列で、答えが整数のParquetにしてください（問題でない列は --ignore）"
    try:
        lazy = pl.scan_parquet(path)
        schema = lazy.collect_schema()
        people = int(lazy.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as e:
        raise UsageError("bad-stream", "少しずつ読めないファイルです", fix, str(path)) from e
    skipped = set(ignore)
    items, values = list[str](), list[NDArray[np.int64]]()
    for name, kind in schema.items():
        if name in skipped:
            continue
        if not kind.is_integer():
            raise UsageError("bad-stream", f"列「{name}」の答えが整数ではありません", fix, str(path))
        # one value more than may be: enough to know that there are too many
        known = lazy.select(
            pl.col(name).drop_nulls().cast(pl.Int64).unique().sort().head(MOST_CATEGORIES + 1)
        ).collect()
        found = known[name].to_numpy()
        if found.size > MOST_CATEGORIES:
            raise UsageError("bad-stream", f"列「{name}」の答えの種類が多すぎます", fix, str(path))
        if found.size > 1:
            items.append(name)
            values.append(found)
    if not items or not people or chunk < 1:
        raise UsageError("bad-stream", "調べられる問題がありません", fix, str(path))
    return Source(path, tuple(items), tuple(values), people, chunk)


@dataclass(slots=True)
class Streamed(Fit):
    """A fit whose answers stay in their file; only windows, a pair of numbers a person, are kept."""

    source: Source | None = None
    mapper: Mapper = map

    def chunks(self, work: Callable[[int, Answers, NDArray[Any]], Any]) -> Iterator[Any]:
        """What `work` makes of each chunk: its first row, its answers and the rows of the tables that they mean."""
        source = self.source
        assert source is not None

        def one(first: int) -> Any:
            a = source.read(first)
            return work(first, a, (self.layout.first[a.item] + a.category).astype(np.int32))

        yield from self.mapper(one, source.chunks)

    def counts(self) -> Float:
        """Answers of each row, shape (rows,)."""
        total = np.zeros(self.layout.rows)
        for part in self.chunks(lambda _, a, row: count_rows(a.start, row, a.weight, self.layout.rows)):
            total += part
        return total

    def expected(
        self, par: Float, mean_g: Float, sd_g: Float, *, step: int = 1, dtype: type = np.float64, half: float = WIDE
    ) -> tuple[float, NDArray[Any], Float]:
        """As `Fit.expected`, added up over chunks."""
        table, prior = self.table(par, self.t, np.float64), self.prior_gq(mean_g, sd_g, self.t)

        def work(first: int, a: Answers, row: NDArray[Any]) -> tuple[float, Float, Float]:
            here = slice(first, first + a.n_persons)
            count, moments = np.zeros((self.layout.rows, self.t.size)), np.zeros((1, 3))
            value = expect(
                a.start,
                row,
                table,
                prior,
                a.group,
                a.weight,
                self.t,
                self.mu[here],
                self.sd[here],
                half,
                1,
                count,
                moments,
            )
            return value, count, moments

        total, count, moments = 0.0, np.zeros((self.layout.rows, self.t.size)), np.zeros((1, 3))
        for value, c, m in self.chunks(work):
            total, count, moments = total + value, count + c, moments + m
        self.passes += 1
        return total, count, moments

    def checked(self, par: Float, mean_g: Float, sd_g: Float) -> tuple[float, float]:
        """As `Fit.checked`, added up over chunks."""
        t = np.linspace(self.t[0], self.t[-1], 2 * self.t.size - 1)
        table, prior = self.table(par, t, np.float64), self.prior_gq(mean_g, sd_g, t)

        def work(first: int, a: Answers, row: NDArray[Any]) -> tuple[float, float]:
            here = slice(first, first + a.n_persons)
            return likelihood_twice(
                a.start, row, table, prior, a.group, a.weight, t, self.mu[here], self.sd[here], WIDE
            )

        fine = coarse = 0.0
        for f, c in self.chunks(work):
            fine, coarse = fine + f, coarse + c
        return fine, coarse - fine


def calibrate_stream(
    source: Source,
    model: Model = "2pl",
    *,
    guess_prior: tuple[float, float] = GUESS_PRIOR,
    tolerance: float = 1e-7,
    most: int = 500,
    node_count: int = 61,
    mapper: Mapper = map,
    progress: Progress = silent,
    cpu_clock: Callable[[], float] = time.process_time,
) -> Calibration:
    """Fit a model to a file chunk by chunk; as `calibrate`, without standard errors.

    Parameters
    ----------
    source : Source
        From `open_source`.
    mapper : callable
        ``mapper(function, firsts)`` gives results in order; `map`, or a pool's (``ThreadPoolExecutor(2).map``).

    Raises
    ------
    UsageError
    """
    begun = cpu_clock()
    # people and answers are counted from the file; what stands here has the items only
    none = answers_of_rows(
        np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32), np.array([v.size for v in source.values]),
        items=source.items,
    )  # fmt: skip
    labels = tuple(tuple(str(v) for v in found.tolist()) for found in source.values)
    first = source.read(0)
    made = fit_of(first, model, guess_prior=guess_prior, node_count=node_count, single=False)
    n = source.people
    fit = Streamed(
        _shell(none, labels, n), made.layout, np.zeros(0, np.int32), made.t, np.zeros(n), np.full(n, 9.0), made.prior, False,
        made.latent, made.centre, 0.0, source, mapper,
    )  # fmt: skip
    x = fit.first_guess(float(1 / (1 + np.exp(-guess_prior[0]))))
    done, found, value, change = refined(fit, x, tolerance, most, progress)
    return told(done, model, found, value, change, "none", begun, cpu_clock)


def _shell(none: Answers, labels: tuple[tuple[str, ...], ...], people: int) -> Answers:
    from dataclasses import replace

    return replace(none, labels=labels, count=people)
