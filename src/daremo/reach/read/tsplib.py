"""TSPLIB point sets and matrices as median questions; distances follow the file's EDGE_WEIGHT_TYPE.

Median studies round Euclidean distances **down** where TSPLIB itself rounds to the nearest whole number; this reader
follows the median studies for EUC_2D and EUC_3D.

Source: Reinelt, G. (1991), TSPLIB: a traveling salesman problem library, ORSA Journal on Computing 3(4), 376–384.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daremo.reach.read.grid import file_bytes, unreadable
from daremo.reach.read.instance import Instance, rounded_down
from daremo.region.readers.sheet import decode

Float = NDArray[np.float64]
_FIX = "TSPLIB のファイル（NODE_COORD_SECTION か EDGE_WEIGHT_SECTION のあるもの）を入れてください"
_HEAD = re.compile(r"^\s*([A-Z_]+)\s*:\s*(.*?)\s*$")
#: Pi and the Earth's radius (km) as TSPLIB defines geographical distances.
_PI, _EARTH = 3.141592, 6378.388


def read_tsplib(path: Path) -> Instance:
    """A TSPLIB file with coordinates or an explicit symmetric matrix.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        Where the file is no such file, or its kind of distance is not known.
    """
    try:
        lines = decode(file_bytes(path))[0].splitlines()
    except UnicodeDecodeError:
        raise unreadable(path, "文字が読めません", _FIX) from None
    head: dict[str, str] = {}
    body: dict[str, list[str]] = {}
    section = ""
    for line in lines:
        word = line.strip().rstrip(":").strip()
        if re.fullmatch(r"[A-Z_]+_SECTION", word):
            section = word
            body[section] = []
        elif (m := _HEAD.match(line)) is not None:
            head[m[1]], section = m[2], ""
        elif word and word != "EOF" and section:
            body[section] += word.split()
    kind = head.get("EDGE_WEIGHT_TYPE", "EUC_2D")
    try:
        n = int(head["DIMENSION"])
        if kind == "EXPLICIT":
            return _explicit(path, head, [float(x) for x in body["EDGE_WEIGHT_SECTION"]], n)
        axes = 3 if kind.endswith("3D") else 2
        rows = np.array(body["NODE_COORD_SECTION"], float).reshape(n, axes + 1)
    except (KeyError, ValueError):
        raise unreadable(path, "点の数か座標が読めません", _FIX) from None
    if not np.isfinite(rows).all():
        raise unreadable(path, "座標に、数でない値があります", _FIX)
    first = int(rows[:, 0].min()) if n else 1
    if not np.array_equal(np.sort(rows[:, 0]), np.arange(first, first + n)):
        raise unreadable(path, "点の番号が続き番号ではありません", _FIX)
    xy = rows[np.argsort(rows[:, 0], kind="stable"), 1:].copy()
    return Instance(
        head.get("NAME", path.stem), _distances(path, kind, xy), np.ones(n), xy=xy[:, :2].copy(), first=first
    )


def _distances(path: Path, kind: str, xy: Float) -> Float:
    """Distances of one kind, shape (points, points)."""
    if kind in ("EUC_2D", "EUC_3D"):
        return rounded_down(xy)
    apart = [np.abs(np.subtract.outer(xy[:, k], xy[:, k])) for k in range(xy.shape[1])]
    if kind == "CEIL_2D":
        return np.asarray(np.ceil(np.hypot(*apart)), float)
    if kind in ("MAN_2D", "MAN_3D"):
        return np.asarray(np.rint(sum(apart)), float)
    if kind in ("MAX_2D", "MAX_3D"):
        return np.asarray(np.rint(np.maximum.reduce(apart)), float)
    if kind == "ATT":
        return np.asarray(np.ceil(np.sqrt((apart[0] ** 2 + apart[1] ** 2) / 10) - 1e-12), float)
    if kind == "GEO":
        return _geographical(xy)
    raise unreadable(
        path, f"距離の種類 {kind} は扱えません", "EUC_2D, CEIL_2D, MAN_2D, MAX_2D, ATT, GEO, EXPLICIT が読めます"
    )


def _geographical(xy: Float) -> Float:
    """TSPLIB's whole kilometres between points written as degrees.minutes, shape (points, points)."""
    whole = np.trunc(xy)
    radians = _PI * (whole + 5.0 * (xy - whole) / 3.0) / 180.0
    lat, lon = radians[:, 0], radians[:, 1]
    q1 = np.cos(np.subtract.outer(lon, lon))
    q2, q3 = np.cos(np.subtract.outer(lat, lat)), np.cos(np.add.outer(lat, lat))
    out = np.trunc(_EARTH * np.arccos(np.clip(0.5 * ((1 + q1) * q2 - (1 - q1) * q3), -1, 1)) + 1.0)
    np.fill_diagonal(out, 0.0)
    return np.asarray(out, float)


def _explicit(path: Path, head: dict[str, str], numbers: list[float], n: int) -> Instance:
    """A matrix written out in one of the usual orders."""
    form = head.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX")
    cost = np.zeros((n, n))
    if form == "FULL_MATRIX":
        cost[:] = np.array(numbers).reshape(n, n)
    else:
        at = {
            "UPPER_ROW": np.triu_indices(n, 1),
            "UPPER_DIAG_ROW": np.triu_indices(n),
            "LOWER_ROW": np.tril_indices(n, -1),
            "LOWER_DIAG_ROW": np.tril_indices(n),
        }.get(form)
        if at is None or len(numbers) != len(at[0]):
            raise unreadable(path, f"行列の並べかた {form} は扱えないか、数が足りません", _FIX)
        cost[at] = numbers
        cost = np.maximum(cost, cost.T)
    if not all(math.isfinite(x) and x >= 0 for x in numbers):
        raise unreadable(path, "距離に、負の数か数でない値があります", _FIX)
    np.fill_diagonal(cost, 0.0)
    return Instance(head.get("NAME", path.stem), cost, np.ones(n))
