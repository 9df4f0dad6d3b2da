"""Streets from two tables: edges (from, to, length or minutes, one-way) and the coordinates of their nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.reach.travel.streets import Streets, Unit
from daremo.reach.travel.text_table import as_numbers, text_columns

#: Headings understood, in order of preference.
_FROM = ("from", "tail", "source", "u", "始点")
_TO = ("to", "head", "target", "v", "終点")
_COSTS: tuple[tuple[tuple[str, ...], Unit, float], ...] = (
    (("minutes", "time_min", "min", "分"), "min", 1.0),
    (("length_km", "km", "距離km"), "km", 1.0),
    (("length_m", "metres", "meters", "length", "距離m", "距離"), "km", 0.001),
)
_ONE_WAY = ("oneway", "one_way", "一方通行")
_NODE = ("node", "id", "node_id", "osmid", "節点")
_LATITUDE, _LONGITUDE = ("latitude", "lat", "y", "緯度"), ("longitude", "lon", "lng", "x", "経度")
_YES, _NO, _BACK = (
    {"1", "yes", "true", "t", "○", "はい"},
    {"", "0", "no", "false", "f", "×", "いいえ"},
    {"-1", "reverse"},
)
_MOST_TOLD = 100


def read_edge_list(edges: Path, nodes: Path) -> Streets:
    """Streets from a table of edges and one of nodes.

    Parameters
    ----------
    edges : Path
        Columns ``from, to``, one of ``minutes``, ``length_km``, ``length_m``, and optionally ``oneway``
        (yes: only from → to; −1: only to → from). Lengths without a unit are metres.
    nodes : Path
        Columns ``node, latitude, longitude``.

    Raises
    ------
    InputError
        All problems together: columns, unknown nodes, lengths that are no numbers.
    """
    edge_table, node_table = _table(edges), _table(nodes)
    problems: list[Problem] = []
    node = _column(node_table, _NODE, nodes.name, problems)
    lat, lon = (_column(node_table, heads, nodes.name, problems) for heads in (_LATITUDE, _LONGITUDE))
    tail, head = (_column(edge_table, heads, edges.name, problems) for heads in (_FROM, _TO))
    costs = next((c for c in _COSTS if any(h in edge_table.columns for h in c[0])), None)
    if costs is None:
        problems.append(_missing(edges.name, "length_m"))
    if node is None or lat is None or lon is None or tail is None or head is None or costs is None:
        raise InputError(problems)
    place = _numbered(node, nodes.name, problems)
    lat_n, lon_n = as_numbers(lat), as_numbers(lon)
    wrong = ~((np.abs(lat_n) <= 90) & (np.abs(lon_n) <= 360))
    _tell(
        problems,
        nodes.name,
        wrong,
        lat,
        "bad-points",
        "緯度・経度として読めません",
        "34.3430 のような数を入れてください",
    )
    ends = []
    for column in (tail, head):
        at = np.array([place.get(x, -1) for x in column.to_list()], np.int64)
        _tell(
            problems,
            edges.name,
            at < 0,
            column,
            "unknown-node",
            "節点の表にない番号です",
            "両方の表の番号をそろえてください",
        )
        ends.append(at)
    column = edge_table[next(h for h in costs[0] if h in edge_table.columns)]
    cost = as_numbers(column) * costs[2]
    wrong = ~((cost >= 0) & np.isfinite(cost))
    _tell(problems, edges.name, wrong, column, "bad-streets", "道路の長さとして読めません", "0以上の数を入れてください")
    sense = _senses(edge_table, edges.name, problems)
    if problems:
        raise InputError(problems)
    return Streets(
        lat_n,
        lon_n,
        ends[0].astype(np.int32),
        ends[1].astype(np.int32),
        np.where(sense >= 0, cost, np.inf),
        np.where(sense <= 0, cost, np.inf),
        costs[1],
    )


def _table(path: Path) -> pl.DataFrame:
    """A table of text, or an InputError that names it."""
    try:
        return text_columns(path.read_bytes())
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError):
        raise InputError(
            [Problem("unreadable-streets", "表が読めません", "UTF-8のCSVで保存しなおしてください", path.name)]
        ) from None


def _missing(file: str, column: str) -> Problem:
    return Problem(
        "missing-street-column", f"列「{column}」がありません", "見出しを確かめてください", file, column=column
    )


def _column(table: pl.DataFrame, heads: tuple[str, ...], file: str, problems: list[Problem]) -> pl.Series | None:
    """The first of these columns, or a problem."""
    found = next((h for h in heads if h in table.columns), None)
    if found is None:
        problems.append(_missing(file, heads[0]))
        return None
    return table[found]


def _numbered(node: pl.Series, file: str, problems: list[Problem]) -> dict[str, int]:
    """Row of each node; a node listed twice is a problem."""
    names = node.to_list()
    place = {name: i for i, name in reversed(list(enumerate(names)))}
    twice = np.array([place[name] != i for i, name in enumerate(names)], bool)
    _tell(problems, file, twice, node, "node-twice", "同じ番号の節点が2回あります", "1行にまとめてください")
    return place


def _senses(table: pl.DataFrame, file: str, problems: list[Problem]) -> NDArray[np.int64]:
    """Direction of each edge, shape (edges,): 1 only along, −1 only against, 0 both; a flag that says neither is told."""
    head = next((h for h in _ONE_WAY if h in table.columns), None)
    if head is None:
        return np.zeros(table.height, np.int64)
    words = [w.lower() for w in table[head].to_list()]
    wrong = np.array([w not in _YES | _NO | _BACK for w in words], bool)
    _tell(problems, file, wrong, table[head], "bad-oneway", "一方通行かどうか読めません", "yes か no で書いてください")
    return np.array([1 if w in _YES else -1 if w in _BACK else 0 for w in words], np.int64)


def _tell(
    problems: list[Problem], file: str, wrong: NDArray[np.bool_], column: pl.Series, code: str, said: str, fix: str
) -> None:
    """One problem a wrong row, as seen in Excel; after the first hundred of a kind only their number."""
    rows = np.flatnonzero(wrong)
    for i in rows[:_MOST_TOLD]:
        problems.append(Problem(code, said, fix, file, int(i) + 2, column.name, str(column[int(i)])))
    if rows.size > _MOST_TOLD:
        problems.append(Problem(code, f"{said}（ほかに{rows.size - _MOST_TOLD}行）", fix, file, column=column.name))
