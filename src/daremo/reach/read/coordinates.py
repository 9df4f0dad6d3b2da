"""Where the rows of a grid are: two columns, one, a geometry, or x and y on a plane."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.reach.read.column import Doubts, parsed, texts
from daremo.reach.read.grid import Grid
from daremo.region.readers import cells

Float = NDArray[np.float64]


def coordinates(grid: Grid, at: dict[str, int], doubts: Doubts) -> tuple[Float, Float, bool]:
    """Latitude and longitude, or y and x on a plane; NaN and a problem where a row has none."""
    if grid.point is not None and not {"latitude", "longitude"} <= set(at):
        lat, lon, column = grid.point[:, 0].copy(), grid.point[:, 1].copy(), "geometry"
    elif {"latitude", "longitude"} <= set(at):
        lat, _ = parsed(grid, at["latitude"], cells.degrees, doubts, "緯度")
        lon, _ = parsed(grid, at["longitude"], cells.degrees, doubts, "経度")
        column = grid.heads[at["latitude"]]
    elif "location" in at:
        column = grid.heads[at["location"]]
        lat, lon = _in_one_cell(grid, at["location"], doubts)
    elif {"x", "y"} <= set(at):
        y, _ = parsed(grid, at["y"], cells.number, doubts, "y")
        x, _ = parsed(grid, at["x"], cells.number, doubts, "x")
        _tell_missing(grid, y, x, grid.heads[at["x"]], doubts)
        return y, x, True
    else:
        fix = "緯度と経度（または x と y）の列を入れてください"
        raise InputError(
            [Problem("missing-column", "場所の列がありません", fix, grid.file, None, "", "・".join(grid.heads[:12]))]
        )
    _tell_missing(grid, lat, lon, column, doubts)
    return *_straightened(lat, lon, column, doubts), False


def _in_one_cell(grid: Grid, k: int, doubts: Doubts) -> tuple[Float, Float]:
    """Both coordinates written in one cell."""
    out = np.full((grid.height, 2), np.nan)
    for i, text in enumerate(texts(grid.columns[k])):
        try:
            a, b = (cells.degrees(t) for t in cells.pair(text))
            out[i] = math.nan if a is None else a, math.nan if b is None else b
        except ValueError:
            doubts.tell(
                "bad-coordinates",
                "緯度・経度として読めません",
                "34.34,134.05 のように書いてください",
                i,
                grid.heads[k],
                text,
            )
    return out[:, 0], out[:, 1]


def _tell_missing(grid: Grid, a: Float, b: Float, column: str, doubts: Doubts) -> None:
    told = {p.row for p in doubts.errors}
    for i in np.flatnonzero(~(np.isfinite(a) & np.isfinite(b))):
        if int(grid.rows[i]) not in told:
            doubts.tell("missing-coordinates", "緯度・経度が空です", "緯度と経度を入れてください", int(i), column, "")


def _straightened(lat: Float, lon: Float, column: str, doubts: Doubts) -> tuple[Float, Float]:
    """Swapped coordinates put right and told; placeholders and impossible degrees told and taken out.

    Points outside Japan are fine here: a question may come from anywhere.
    """
    lat, lon = lat.copy(), lon.copy()
    south, north, west, east = cells.JAPAN
    swapped = (lat >= west) & (lat <= east) & (lon >= south) & (lon <= north)
    if swapped.any():
        lat[swapped], lon[swapped] = lon[swapped], lat[swapped]
    for i in np.flatnonzero(swapped):
        doubts.tell(
            "swapped-coordinates",
            "緯度と経度が入れかわっています。直して使いました",
            "列を入れかえてください",
            int(i),
            column,
            f"{lon[i]:g},{lat[i]:g}",
            "warning",
        )
    known = np.isfinite(lat) & np.isfinite(lon)
    japan = known & (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
    mostly_japan = japan.sum() * 2 > known.sum()
    for i in np.flatnonzero(known & ~japan):
        a, b = float(lat[i]), float(lon[i])
        if abs(a) > 90 or abs(b) > 360:
            doubts.tell(
                "bad-coordinates",
                "緯度・経度として読めません",
                "34.34 のような度の数字にしてください",
                int(i),
                column,
                f"{a:g},{b:g}",
            )
        elif mostly_japan and cells.is_sentinel(a, b):
            doubts.tell(
                "sentinel-coordinates",
                "緯度・経度が仮の値です",
                "ほんとうの緯度と経度を入れてください",
                int(i),
                column,
                f"{a:g},{b:g}",
            )
        elif mostly_japan:
            doubts.tell(
                "coordinates-outside-japan",
                "緯度・経度が日本の外です",
                "緯度と経度を確かめてください",
                int(i),
                column,
                f"{a:g},{b:g}",
                "warning",
            )
            continue
        else:
            continue
        lat[i] = lon[i] = math.nan
    return lat, lon
