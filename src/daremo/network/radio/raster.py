"""Terrain as a raster: heights on a regular grid, with clutter heights and sea where they are known.

Coordinates are either degrees (longitude east, latitude north) or metres of some plane. Distances of a grid in degrees
are taken on a local plane at its middle latitude, good to 0.1 % within 100 km.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.tables import rows_of
from daremo.network.radio.kernel import INLAND, SEA

Floats = NDArray[np.float64]
Holes = Literal["refuse", "sea", "near"]
#: Kilometres of one degree of latitude, and of longitude at the equator.
NORTH_KM, EAST_KM = 110.95, 111.32
#: Heights (m) that no ground in Japan has; beyond them the unit is wrong.
LOWEST_M, HIGHEST_M = -150.0, 4500.0


@dataclass(frozen=True, slots=True)
class Raster:
    """Heights of the ground on a regular grid.

    Attributes
    ----------
    height_m : ndarray, shape (rows, columns), m above sea level
        Row 0 is the northern edge, column 0 the western.
    clutter_m : ndarray, shape (rows, columns), m above ground
    zone : ndarray of int8, shape (rows, columns)
        1 sea, 3 coastal land, 4 inland.
    west, south : float, degrees or m
        Outer corner of the grid.
    cell_x, cell_y : float, degrees or m
        Size of a cell.
    degrees : bool
        Whether coordinates are degrees.
    latitude : float, degrees
        Middle of the grid; where it lies on a plane, what the user said.
    filled : int
        Cells without a height that were filled.
    """

    height_m: Floats
    clutter_m: Floats
    zone: NDArray[np.int8]
    west: float
    south: float
    cell_x: float
    cell_y: float
    degrees: bool
    latitude: float
    filled: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        return self.height_m.shape[0], self.height_m.shape[1]

    @property
    def cell_km(self) -> tuple[float, float]:
        """Width and height of a cell (km)."""
        if not self.degrees:
            return self.cell_x / 1000, self.cell_y / 1000
        return self.cell_x * EAST_KM * math.cos(math.radians(self.latitude)), self.cell_y * NORTH_KM

    @property
    def size_km(self) -> tuple[float, float]:
        """Width and height of the grid (km)."""
        x, y = self.cell_km
        return x * self.shape[1], y * self.shape[0]

    def at(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Row and column (fractions; whole numbers are cell centres) of points given in the grid's coordinates."""
        column = (np.asarray(x, np.float64) - self.west) / self.cell_x - 0.5
        row = self.shape[0] - 0.5 - (np.asarray(y, np.float64) - self.south) / self.cell_y
        return row, column

    def inside(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
        """Whether points lie on the grid, one flag a point."""
        row, column = self.at(x, y)
        rows, columns = self.shape
        return np.asarray((row > -0.5) & (row < rows - 0.5) & (column > -0.5) & (column < columns - 0.5))

    def centres(self) -> tuple[Floats, Floats]:
        """Coordinates of the cell centres: x of each column, y of each row (degrees or m)."""
        rows, columns = self.shape
        x = self.west + (np.arange(columns, dtype=np.float64) + 0.5) * self.cell_x
        y = self.south + (rows - 0.5 - np.arange(rows, dtype=np.float64)) * self.cell_y
        return x, y


def raster(
    height_m: ArrayLike, west: float, south: float, cell: float | tuple[float, float], *, degrees: bool | None = None,
    latitude: float = 36.0, clutter: ArrayLike | None = None, clutter_m: ArrayLike | None = None,
    zone: ArrayLike | None = None, holes: Holes = "refuse", file: str = "terrain",
) -> Raster:  # fmt: skip
    """A checked raster from arrays.

    Parameters
    ----------
    height_m : array_like, shape (rows, columns), m
        NaN where unknown.
    west, south : float, degrees or m
        Outer corner.
    cell : float or (width, height), degrees or m
    degrees : bool, optional
        Unit of the coordinates; guessed from their size where it cannot be doubted.
    clutter : array_like of int, shape (rows, columns), optional
        Classes of ``clutter_classes.csv``: their heights, and sea.
    clutter_m, zone : array_like, shape (rows, columns), optional
        Heights (m) and radio-climatic zones instead.
    holes : {"refuse", "sea", "near"}
        What to do where a height is unknown: refuse, take it as sea at 0 m, or as the nearest known height.

    Raises
    ------
    InputError
        ``terrain-holes``, ``terrain-units``, ``terrain-shape``, ``unknown-clutter``: all that is wrong at once.
    """
    height = np.array(height_m, np.float64)
    width, tall = (cell, cell) if isinstance(cell, int | float) else cell
    problems: list[Problem] = []
    if height.ndim != 2 or min(height.shape, default=0) < 2:
        raise InputError([terrain_problem("terrain-shape", file, "×".join(map(str, height.shape)))])
    if not (width > 0 and tall > 0 and math.isfinite(west) and math.isfinite(south)):
        raise InputError([terrain_problem("terrain-units", file, f"cellsize {width:g}")])
    if degrees is None:
        degrees = _guess_degrees(west, south, width, tall, height.shape, file)
    if degrees and not (south >= -90 and south + tall * height.shape[0] <= 90 and width < 1 and tall < 1):
        problems.append(terrain_problem("terrain-units", file, f"cellsize {width:g}, y {south:g}"))
    missing = ~np.isfinite(height)
    if missing.any() and holes == "refuse" or missing.all():
        problems.append(terrain_problem("terrain-holes", file, f"{int(missing.sum()):,}"))
    known = height[~missing]
    if known.size and (known.min() < LOWEST_M or known.max() > HIGHEST_M):
        worst = known.min() if known.min() < LOWEST_M else known.max()
        problems.append(terrain_problem("terrain-heights", file, f"{worst:g}"))
    cover, zones = np.zeros(height.shape), np.full(height.shape, INLAND, np.int8)
    if clutter is not None:
        cover, sea, strange = _of_classes(np.asarray(clutter))
        zones[sea] = SEA
        problems += [terrain_problem("unknown-clutter", file, str(v)) for v in strange]
    if clutter_m is not None:
        cover = np.array(clutter_m, np.float64)
    if zone is not None:
        zones = np.array(zone, np.int8)
    if cover.shape != height.shape or zones.shape != height.shape:
        problems.append(terrain_problem("terrain-shape", file, "×".join(map(str, cover.shape))))
    elif not (np.isfinite(cover).all() and (cover >= 0).all()):
        problems.append(terrain_problem("negative-height", file, "clutter_m"))
    if problems:
        raise InputError(problems)
    if missing.any():
        if holes == "sea":
            height[missing], cover[missing], zones[missing] = 0.0, 0.0, SEA
        else:
            near = distance_transform_edt(missing, return_distances=False, return_indices=True)
            height = height[tuple(near)]
    middle = south + tall * height.shape[0] / 2 if degrees else latitude
    return Raster(height, cover, zones, west, south, width, tall, degrees, middle, int(missing.sum()))


def flat(west: float, south: float, east: float, north: float, cell_m: float, *, clutter_m: float = 0.0) -> Raster:
    """Flat ground at sea level over a rectangle in degrees, with cells of about `cell_m` metres and clutter of one height."""
    middle = (south + north) / 2
    cell_y = cell_m / 1000 / NORTH_KM
    cell_x = cell_m / 1000 / (EAST_KM * math.cos(math.radians(middle)))
    rows = max(2, math.ceil(max(north - south, 0) / cell_y - 1e-9))
    columns = max(2, math.ceil(max(east - west, 0) / cell_x - 1e-9))
    cover = np.full((rows, columns), clutter_m)
    return raster(np.zeros((rows, columns)), west, south, (cell_x, cell_y), degrees=True, clutter_m=cover)


def with_clutter(terrain: Raster, clutter: ArrayLike, file: str = "clutter") -> Raster:
    """The same terrain with clutter classes (array_like of int, shape (rows, columns)).

    Raises
    ------
    InputError
        Where a class is unknown or the shape differs.
    """
    classes = np.asarray(clutter)
    if classes.shape != terrain.height_m.shape:
        raise InputError([terrain_problem("terrain-shape", file, "×".join(str(n) for n in classes.shape))])
    cover, sea, strange = _of_classes(classes)
    if strange:
        raise InputError([terrain_problem("unknown-clutter", file, str(v)) for v in strange])
    zones = terrain.zone.copy()
    zones[sea] = SEA
    return replace(terrain, clutter_m=cover, zone=zones)


def _of_classes(classes: NDArray[np.generic]) -> tuple[Floats, NDArray[np.bool_], list[float]]:
    """Heights (m), where there is sea, and classes that the table does not know."""
    rows = rows_of("daremo.network", "clutter_classes")
    code = classes.astype(np.float64)
    height, sea = np.zeros(code.shape), np.zeros(code.shape, bool)
    for r in rows:
        here = code == float(r["code"])
        height[here] = float(r["height_m"])
        sea |= here & (r["sea"] == "yes")
    strange = np.unique(code[~np.isin(code, [float(r["code"]) for r in rows])])
    return height, sea, [float(v) for v in strange[:5]]


def _guess_degrees(west: float, south: float, width: float, tall: float, shape: tuple[int, ...], file: str) -> bool:
    """Cells below 0.1 within the globe are degrees, cells of 1 or more are metres; between them nobody can tell."""
    on_globe = abs(west) <= 360 and south >= -90 and south + tall * shape[0] <= 90
    if width < 0.1 and tall < 0.1 and on_globe:
        return True
    if width >= 1 and tall >= 1:
        return False
    raise InputError([terrain_problem("terrain-units", file, f"cellsize {width:g}")])


def terrain_problem(code: str, file: str, value: str) -> Problem:
    """A problem of a terrain file in the words of ``problem_codes.csv``."""
    row = next(r for r in rows_of("daremo.network", "problem_codes") if r["code"] == code)
    return Problem(code, row["ja"], row["fix"], file, value=value)
