"""Coverage: the loss of ITU-R P.1812 from each site to every cell of a terrain raster.

Profiles are read off the raster on the way (heights between the four nearest cells, clutter and zone of the nearest),
one point a cell, so that nothing but the map itself is kept. Cells nearer than 0.25 km, which the Recommendation does
not speak of, are computed by the same formulas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.results import Progress, silent
from daremo.network.radio.kernel import COAST, INLAND, SEA, longest_km, sea_share_of, terms_of
from daremo.network.radio.p1812 import ANTENNA_M, FAR_FROM_COAST_KM, LEAST_POINTS, Service
from daremo.network.radio.raster import Raster, terrain_problem

Floats = NDArray[np.float64]
Losses = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Site:
    """A transmitter, built or only thought of.

    Attributes
    ----------
    name : str
    x, y : float, in the raster's coordinates (degrees or m)
    antenna_m : float, m above ground
    eirp_dbm : float, dBm
        Radiated power with antenna gain, over the whole channel.
    cost_yen : float, yen
        Of having it over the planning period.
    """

    name: str
    x: float
    y: float
    antenna_m: float
    eirp_dbm: float = 46.0
    cost_yen: float = 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Loss from every site to every cell.

    Attributes
    ----------
    terrain : Raster
    sites : tuple of Site
    loss_db_sk : ndarray of float32, shape (sites, rows, columns), dB
        NaN beyond the greatest distance.
    paths : int
        Paths computed.
    """

    terrain: Raster
    sites: tuple[Site, ...]
    loss_db_sk: Losses
    paths: int

    def received_dbm(self, gain_dbi: float = 0.0) -> Losses:
        """Power that a receiver with this gain gets, shape (sites, rows, columns), dBm; NaN out of range."""
        sent = np.array([s.eirp_dbm + gain_dbi for s in self.sites], np.float32)
        return np.asarray(sent[:, None, None] - self.loss_db_sk, np.float32)

    def best(self, gain_dbi: float = 0.0) -> tuple[NDArray[np.int64], Losses]:
        """Site heard best in each cell (index, -1 = none) and its power (dBm, NaN = none), each of shape (rows, columns)."""
        power = self.received_dbm(gain_dbi)
        known = np.where(np.isnan(power), -np.inf, power)
        at = known.argmax(axis=0)
        top = np.take_along_axis(known, at[None], axis=0)[0]
        return np.where(np.isfinite(top), at, -1), np.where(np.isfinite(top), top, np.nan).astype(np.float32)


def coverage(
    terrain: Raster, sites: Sequence[Site], service: Service, *, receiver_m: float = 1.5, max_km: float = math.inf,
    progress: Progress = silent,
) -> Coverage:  # fmt: skip
    """Loss from each site to each cell within `max_km`.

    Parameters
    ----------
    terrain : Raster
    sites : sequence of Site
    service : Service
    receiver_m : float, m above ground
    max_km : float, km

    Returns
    -------
    Coverage

    Raises
    ------
    InputError
        With every site that lies outside the terrain or whose antenna is out of range.
    """
    check_sites(terrain, sites, receiver_m)
    rows, columns = terrain.shape
    cell_x, cell_y = terrain.cell_km
    out = np.full((len(sites), rows, columns), np.nan, np.float32)
    plain = bool((terrain.zone == INLAND).all())
    paths = 0
    for i, s in enumerate(sites):
        progress(i / len(sites), s.name)
        row, column = terrain.at(s.x, s.y)
        paths += _spread(
            terrain.height_m, terrain.clutter_m, terrain.zone, plain, float(row), float(column), cell_x, cell_y,
            s.antenna_m, receiver_m, max_km, service.f_ghz, service.percent_time, service.polarisation,
            service.location_db, terrain.latitude, service.delta_n, service.n0, out[i],
        )  # fmt: skip
    return Coverage(terrain, tuple(sites), out, paths)


def losses_between(
    terrain: Raster, sites: Sequence[Site], x: ArrayLike, y: ArrayLike, service: Service, *, receiver_m: float = 6.0,
    max_km: float = math.inf,
) -> Losses:  # fmt: skip
    """Loss from each site to single points, say houses: shape (sites, points), dB; NaN beyond `max_km`.

    Parameters
    ----------
    x, y : array_like, shape (points,), degrees or m

    Raises
    ------
    InputError
        Where a site or a point lies outside the terrain.
    """
    check_sites(terrain, sites, receiver_m)
    xs, ys = np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))
    lost = np.flatnonzero(~terrain.inside(xs, ys))
    if lost.size:
        raise InputError([terrain_problem("site-outside", "", f"({xs[i]:g}, {ys[i]:g})") for i in lost[:20]])
    row_k, column_k = terrain.at(xs, ys)
    out = np.full((len(sites), xs.size), np.nan, np.float32)
    plain = bool((terrain.zone == INLAND).all())
    for i, s in enumerate(sites):
        row, column = terrain.at(s.x, s.y)
        _to_points(
            terrain.height_m, terrain.clutter_m, terrain.zone, plain, float(row), float(column), row_k, column_k,
            *terrain.cell_km, s.antenna_m, receiver_m, max_km, service.f_ghz, service.percent_time,
            service.polarisation, service.location_db, terrain.latitude, service.delta_n, service.n0, out[i],
        )  # fmt: skip
    return out


def check_sites(terrain: Raster, sites: Sequence[Site], receiver_m: float) -> None:
    """Refuse sites that cannot be computed.

    Raises
    ------
    InputError
        ``no-radio-site``, ``site-outside``, ``negative-height``, ``outside-p1812``: all at once.
    """
    problems: list[Problem] = []
    if not sites:
        problems.append(terrain_problem("no-radio-site", "", ""))
    for s in sites:
        if not (math.isfinite(s.x) and math.isfinite(s.y) and bool(terrain.inside(s.x, s.y))):
            problems.append(terrain_problem("site-outside", "", f"{s.name} ({s.x:g}, {s.y:g})"))
        problems += _tall(s.name, s.antenna_m)
    problems += _tall("receiver_m", receiver_m)
    if problems:
        raise InputError(problems)


def _tall(name: str, metres: float) -> list[Problem]:
    if not metres >= 0:
        return [terrain_problem("negative-height", "", f"{name} {metres:g} m")]
    if not ANTENNA_M[0] <= metres <= ANTENNA_M[1]:
        return [terrain_problem("outside-p1812", "", f"{name} {metres:g} m")]
    return []


@njit(cache=True, nogil=True, error_model="numpy")
def _between(height: Floats, row: float, column: float) -> float:
    """Height between the four nearest cells; outside the grid the edge's (m)."""
    rows, columns = height.shape
    row = min(max(row, 0.0), rows - 1.0)
    column = min(max(column, 0.0), columns - 1.0)
    r, c = min(int(row), rows - 2), min(int(column), columns - 2)
    a, b = row - r, column - c
    top = height[r, c] + (height[r, c + 1] - height[r, c]) * b
    low = height[r + 1, c] + (height[r + 1, c + 1] - height[r + 1, c]) * b
    return float(top + (low - top) * a)


@njit(cache=True, nogil=True, error_model="numpy")
def _one(
    height: Floats, clutter: Floats, zone: NDArray[np.int8], plain: bool, row_t: float, column_t: float, row_r: float,
    column_r: float, km: float, step_km: float, antenna_m: float, receiver_m: float, f_ghz: float, percent: float,
    pol: int, location_db: float, latitude: float, delta_n: float, n0: float, d: Floats, h: Floats, g: Floats,
    z: NDArray[np.int8],
) -> float:  # fmt: skip
    """Loss of one path over the raster; d, h, g, z are room for its profile."""
    n = max(LEAST_POINTS, math.ceil(km / step_km) + 1)
    rows, columns = height.shape
    step_r, step_c = (row_r - row_t) / (n - 1), (column_r - column_t) / (n - 1)
    for i in range(n):
        row, column = row_t + step_r * i, column_t + step_c * i
        d[i] = km * i / (n - 1)
        h[i] = _between(height, row, column)
        r = min(max(int(row + 0.5), 0), rows - 1)
        c = min(max(int(column + 0.5), 0), columns - 1)
        g[i] = h[i] + clutter[r, c]
        if not plain:
            z[i] = zone[r, c]
    g[0], g[n - 1] = h[0], h[n - 1]
    land, inland, sea, coast_t, coast_r, add = km, km, 0.0, FAR_FROM_COAST_KM, FAR_FROM_COAST_KM, location_db
    if not plain:
        land = longest_km(d[:n], z[:n], COAST, INLAND)
        inland = longest_km(d[:n], z[:n], INLAND, INLAND)
        sea = sea_share_of(d[:n], z[:n])
        if sea > 0:
            first, last = 0, n - 1
            while z[first] != SEA:
                first += 1
            while z[last] != SEA:
                last -= 1
            coast_t, coast_r = d[first], km - d[last]
            if last == n - 1:
                add = 0.0
    return terms_of(
        d[:n], h[:n], g[:n], antenna_m, receiver_m, f_ghz, percent, pol, add, latitude, delta_n, n0, land, inland, sea,
        coast_t, coast_r,
    )[6]  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(
    height: Floats, clutter: Floats, zone: NDArray[np.int8], plain: bool, row_t: float, column_t: float, cell_x: float,
    cell_y: float, antenna_m: float, receiver_m: float, max_km: float, f_ghz: float, percent: float, pol: int,
    location_db: float, latitude: float, delta_n: float, n0: float, out: Losses,
) -> int:  # fmt: skip
    """Fill `out` (rows, columns) from one site; gives the number of paths."""
    rows, columns = height.shape
    step = min(cell_x, cell_y)
    most = int(math.hypot(rows * cell_y, columns * cell_x) / step) + LEAST_POINTS + 3
    d, h, g, z = np.empty(most), np.empty(most), np.empty(most), np.empty(most, np.int8)
    paths = 0
    for r in range(rows):
        for c in range(columns):
            km = math.hypot((r - row_t) * cell_y, (c - column_t) * cell_x)
            if km > max_km:
                continue
            # in its own cell the mean distance of a point from the site is about a third of the cell
            km = max(km, step / 3.0)
            out[r, c] = _one(
                height, clutter, zone, plain, row_t, column_t, float(r), float(c), km, step, antenna_m, receiver_m,
                f_ghz, percent, pol, location_db, latitude, delta_n, n0, d, h, g, z,
            )  # fmt: skip
            paths += 1
    return paths


@njit(cache=True, nogil=True, error_model="numpy")
def _to_points(
    height: Floats, clutter: Floats, zone: NDArray[np.int8], plain: bool, row_t: float, column_t: float, row_k: Floats,
    column_k: Floats, cell_x: float, cell_y: float, antenna_m: float, receiver_m: float, max_km: float, f_ghz: float,
    percent: float, pol: int, location_db: float, latitude: float, delta_n: float, n0: float, out: Losses,
) -> None:  # fmt: skip
    """Fill `out` (points,) from one site."""
    rows, columns = height.shape
    step = min(cell_x, cell_y)
    most = int(math.hypot(rows * cell_y, columns * cell_x) / step) + LEAST_POINTS + 3
    d, h, g, z = np.empty(most), np.empty(most), np.empty(most), np.empty(most, np.int8)
    for k in range(row_k.size):
        km = math.hypot((row_k[k] - row_t) * cell_y, (column_k[k] - column_t) * cell_x)
        if km > max_km:
            continue
        out[k] = _one(
            height, clutter, zone, plain, row_t, column_t, row_k[k], column_k[k], max(km, step / 3.0), step, antenna_m,
            receiver_m, f_ghz, percent, pol, location_db, latitude, delta_n, n0, d, h, g, z,
        )  # fmt: skip
