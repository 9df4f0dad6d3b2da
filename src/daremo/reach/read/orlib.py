"""OR-Library median files: the graphs pmed and the capacitated sets pmedcap, told apart by their content.

pmed: ``points edges p``, then an edge a line, ``from to length``; a repeated edge takes its last length, then distances
are shortest paths. pmedcap: ``number best``, ``points p capacity``, then a point a line, ``number x y demand``;
distances are Euclidean and rounded down. Points are numbered from 1.

Source: Beasley, J. E. (1990), OR-Library: distributing test problems by electronic mail, JORS 41(11), 1069–1072;
Osman, I. H. & Christofides, N. (1994), Capacitated clustering problems, ITOR 1(3), 317–336.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from daremo.kernel.errors import InputError
from daremo.reach.read.grid import file_bytes, unreadable
from daremo.reach.read.instance import Instance, rounded_down
from daremo.region.readers.sheet import decode

Float = NDArray[np.float64]
_FIX = "OR-Library の pmed か pmedcap のファイルを入れてください"


def read_orlib(path: Path) -> Instance:
    """A pmed or pmedcap file.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        Where the file is neither.
    """
    try:
        text = decode(file_bytes(path))[0]
        numbers = np.array(text.split(), float)
    except (ValueError, UnicodeDecodeError):
        raise unreadable(path, "数でない文字があります", _FIX) from None
    if not np.isfinite(numbers).all():
        raise unreadable(path, "数でない値があります", _FIX)
    graph = numbers.size >= 3 and numbers[0] >= 1 and numbers.size == 3 + 3 * numbers[1]
    capacitated = numbers.size >= 5 and numbers[2] >= 1 and numbers.size == 5 + 4 * numbers[2]
    if graph and not (capacitated and len(text.split("\n", 1)[0].split()) == 2):
        return _graph(path, numbers)
    if capacitated:
        return _capacitated(path, numbers)
    raise unreadable(path, "pmed とも pmedcap とも数の個数が合いません", _FIX)


def _graph(path: Path, numbers: Float) -> Instance:
    n, p = int(numbers[0]), int(numbers[2])
    edges = numbers[3:].reshape(-1, 3)
    ends = edges[:, :2].astype(np.int64) - 1
    _check(path, ends.size == 0 or (ends.min() >= 0 and ends.max() < n), "ない点の番号があります")
    _check(path, bool((edges[:, 2] >= 0).all()), "負の長さがあります")
    low, high, length = ends.min(axis=1, initial=n), ends.max(axis=1, initial=0), edges[:, 2]
    # of a repeated edge the last length counts: the first of the reversed list
    _, last = np.unique((low * n + high)[::-1], return_index=True)
    low, high, length = low[::-1][last], high[::-1][last], length[::-1][last]
    apart = low != high
    # stored zeros count as roads of length 0 in a sparse graph
    graph = coo_array((length[apart], (low[apart], high[apart])), shape=(n, n)).tocsr()
    cost = shortest_path(graph, method="D", directed=False)
    np.fill_diagonal(cost, 0.0)
    return Instance(path.stem, np.asarray(cost, float), np.ones(n), p)


def _capacitated(path: Path, numbers: Float) -> Instance:
    n, p, capacity = int(numbers[2]), int(numbers[3]), float(numbers[4])
    rows = numbers[5:].reshape(n, 4)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    _check(path, bool((rows[:, 0] == np.arange(1, n + 1)).all()), "点の番号が 1 からの続き番号ではありません")
    _check(path, bool((rows[:, 3] >= 0).all()) and capacity >= 0, "負の需要か容量があります")
    xy, demand = rows[:, 1:3].copy(), rows[:, 3].copy()
    published = float(numbers[1]) or None
    return Instance(path.stem, rounded_down(xy), demand, p, np.full(n, capacity), xy, published)


def _check(path: Path, fine: bool, reason: str) -> None:
    """Refuse the file unless `fine`.

    Raises
    ------
    InputError
    """
    if not fine:
        error: InputError = unreadable(path, reason, _FIX)
        raise error
