"""A long table of trips: who can go where, at which distance or time; one line a trip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.tables import schema
from daremo.reach.read.column import Doubts, parsed, texts
from daremo.reach.read.grid import Grid, read_grid
from daremo.reach.read.tables import PACKAGE, headings
from daremo.reach.travel.pairs import Pairs, pairs_of
from daremo.region.readers import cells
from daremo.region.readers.sheet import heading_key

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TripTable:
    """Trips of one file.

    Attributes
    ----------
    file : str
    demand_ids, place_ids : tuple of str
        In the order in which the file first names them.
    pairs : Pairs
        In the file's own unit.
    weight : ndarray, shape (demand,), people
        1 each where the file tells none.
    problems : tuple of Problem
        Warnings and, where only good rows were asked for, errors.
    """

    file: str
    demand_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    pairs: Pairs
    weight: Float
    problems: tuple[Problem, ...]


def holds_trips(path: Path) -> bool:
    """Whether a table names a start, a goal and a length on each line, rather than points.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    known = headings("trips")
    every = frozenset(known) | frozenset(headings("demand"))
    found = _columns(read_grid(path, every), known)
    return {"demand", "place", "cost"} <= set(found)


def read_trips(path: Path, *, good_rows: bool = False) -> TripTable:
    """The trips of a CSV, Excel or Parquet file with columns demand, place, cost and, where told, weight.

    Parameters
    ----------
    path : Path
    good_rows : bool
        Whether lines with errors are left out instead of refusing the file. A start all of whose lines are left out
        stays as a start without trips.

    Raises
    ------
    InputError
        Every problem that keeps a line from being used, unless `good_rows`.
    """
    known = headings("trips")
    grid = read_grid(path, frozenset(known))
    at = _columns(grid, known)
    columns = schema(PACKAGE, "trips")
    if missing := [c.ja for c in columns.columns if c.required and c.column not in at]:
        fix = "demand, place, cost（出発・行き先・距離）の列を入れてください"
        raise InputError(
            [
                Problem(
                    "missing-column",
                    f"{'・'.join(missing)}の列がありません",
                    fix,
                    grid.file,
                    None,
                    "",
                    "・".join(grid.heads[:12]),
                )
            ]
        )
    doubts = Doubts(grid)
    starts, goals = texts(grid.columns[at["demand"]]), texts(grid.columns[at["place"]])
    cost, good = parsed(grid, at["cost"], cells.number, doubts, columns["cost"].ja)
    for i in np.flatnonzero(good & (~np.isfinite(cost) | (cost < 0))):
        fix = "0以上の数を入れてください（行けないなら行を消してください）"
        doubts.tell("not-allowed", "距離または時間に使えない値です", fix, int(i), grid.heads[at["cost"]], cost[i])
    good &= np.isfinite(cost) & ~(cost < 0)
    named = np.array([bool(a) and bool(b) for a, b in zip(starts, goals)], bool)
    for i in np.flatnonzero(~named):
        doubts.tell(
            "missing-value",
            "地点か施設のコードが空です",
            "コードを入れてください",
            int(i),
            grid.heads[at["demand"]],
            "",
        )
    good &= named
    demand_ids, demand = _numbered(starts)
    place_ids, place = _numbered(goals)
    weight = _weights(grid, at, demand, len(demand_ids), doubts)
    if grid.height == 0:
        raise InputError([Problem("no-data-rows", "データの行がありません", "行を入れてください", grid.file)])
    if doubts.errors and not good_rows:
        raise InputError(doubts.problems)
    pairs = pairs_of(demand[good], place[good], cost[good], len(demand_ids), len(place_ids))
    return TripTable(grid.file, demand_ids, place_ids, pairs, weight, tuple(doubts.problems))


def _columns(grid: Grid, known: dict[str, str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for i, h in enumerate(grid.heads):
        if column := known.get(heading_key(h)):
            at.setdefault(column, i)
    return at


def _numbered(names: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Distinct names in the order of their first line, and the number of each line's name, shape (lines,), index."""
    number: dict[str, int] = {}
    out = np.fromiter((number.setdefault(n, len(number)) for n in names), np.int64, len(names))
    return tuple(number), out


def _weights(grid: Grid, at: dict[str, int], demand: NDArray[np.int64], n: int, doubts: Doubts) -> Float:
    """People at each start, shape (starts,); told where lines of one start disagree."""
    if "weight" not in at:
        return np.ones(n)
    k = at["weight"]
    values, _ = parsed(grid, k, cells.number, doubts, "重み")
    for i in np.flatnonzero(values < 0):
        doubts.tell("not-allowed", "重みが負の数です", "0以上の数を入れてください", int(i), grid.heads[k], values[i])
    told = np.flatnonzero(np.isfinite(values) & (values >= 0))
    weight = np.full(n, np.nan)
    weight[demand[told[::-1]]] = values[told[::-1]]  # the first line of a start counts
    for i in told[values[told] != weight[demand[told]]]:
        doubts.tell(
            "not-allowed",
            "同じ地点の重みが行によってちがいます",
            "同じ数にそろえてください",
            int(i),
            grid.heads[k],
            values[i],
        )
    for d in np.flatnonzero(np.isnan(weight)):
        line = int(np.flatnonzero(demand == d)[0])
        doubts.tell("missing-value", "重みが空です", "この地点の人数を入れてください", line, grid.heads[k], "")
    return np.where(np.isnan(weight), 0.0, weight)
