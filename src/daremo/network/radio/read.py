"""Terrain from files: ESRI ASCII grids, NumPy archives, and tables of points on a grid."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import InputError
from daremo.network.radio.coverage import Site
from daremo.network.radio.raster import Holes, Raster, raster, terrain_problem, with_clutter

Floats = NDArray[np.float64]
_KEYS = {"ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize", "dx", "dy", "nodata_value"}


def read_terrain(
    path: Path, *, clutter: Path | None = None, holes: Holes = "refuse", degrees: bool | None = None, latitude: float = 36.0
) -> Raster:  # fmt: skip
    """Read a terrain raster: ``.asc`` (ESRI ASCII grid), ``.npz``, or a ``.csv`` of x, y, height_m.

    Parameters
    ----------
    path : Path
        An ``.npz`` holds ``height_m`` (rows, columns), ``west``, ``south`` and ``cell`` (one number or two), and where
        known ``clutter`` (classes), ``clutter_m`` (m) and ``zone``. A ``.csv`` has columns ``x, y, height_m`` (or
        ``longitude, latitude, height_m``) and where known ``clutter``, in any order of rows.
    clutter : Path, optional
        A second ESRI ASCII grid of clutter classes on the same cells.
    holes, degrees, latitude
        See `raster`.

    Raises
    ------
    InputError
        Where the file is missing or damaged, or the grid cannot be used.
    """
    if not path.is_file():
        raise InputError([terrain_problem("no-terrain-file", str(path), "")])
    kind = path.suffix.lower()
    try:
        land = _read(path, kind, holes, degrees, latitude)
        if clutter is None:
            return land
        classes, west, south, cell = _ascii(clutter)
        near = np.allclose(
            [west, south, *cell], [land.west, land.south, land.cell_x, land.cell_y], rtol=1e-6, atol=land.cell_x / 100
        )
        if classes.shape != land.shape or not near:
            raise InputError([terrain_problem("terrain-shape", clutter.name, "×".join(map(str, classes.shape)))])
        return with_clutter(land, classes, clutter.name)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, pl.exceptions.PolarsError) as e:
        raise InputError([terrain_problem("bad-terrain-file", path.name, str(e).splitlines()[0][:120])]) from e


def _read(path: Path, kind: str, holes: Holes, degrees: bool | None, latitude: float) -> Raster:
    if kind in (".asc", ".txt", ".grd"):
        height, west, south, cell = _ascii(path)
        return raster(height, west, south, cell, degrees=degrees, latitude=latitude, holes=holes, file=path.name)
    if kind == ".npz":
        with np.load(path, allow_pickle=False) as kept:
            cells = np.atleast_1d(kept["cell"]).astype(float)
            return raster(
                kept["height_m"], float(kept["west"]), float(kept["south"]), (float(cells[0]), float(cells[-1])),
                degrees=degrees, latitude=latitude, holes=holes, file=path.name,
                **{k: kept[k] for k in ("clutter", "clutter_m", "zone") if k in kept.files},
            )  # fmt: skip
    if kind == ".csv":
        return _points(path, holes, degrees, latitude)
    raise InputError([terrain_problem("bad-terrain-file", path.name, kind)])


def write_ascii(path: Path, height_m: Floats, west: float, south: float, cell: float) -> None:
    """Write an ESRI ASCII grid of values of shape (rows, columns); NaN becomes -9999."""
    rows, columns = height_m.shape
    head = f"ncols {columns}\nnrows {rows}\nxllcorner {west:.12g}\nyllcorner {south:.12g}\ncellsize {cell:.12g}\nNODATA_value -9999\n"
    body = "\n".join(" ".join(f"{v:.6g}" for v in row) for row in np.where(np.isnan(height_m), -9999.0, height_m))
    path.write_text(head + body + "\n", encoding="ascii")


def _ascii(path: Path) -> tuple[Floats, float, float, tuple[float, float]]:
    """Heights (NaN where nodata), west, south, cell."""
    head: dict[str, float] = {}
    with path.open(encoding="utf-8-sig", errors="strict") as stream:
        while True:
            at = stream.tell()
            words = stream.readline().split()
            if len(words) != 2 or words[0].lower() not in _KEYS:
                stream.seek(at)
                break
            head[words[0].lower()] = float(words[1])
        columns, rows = int(head["ncols"]), int(head["nrows"])
        values = np.array(stream.read().split(), np.float64)
    if columns < 1 or rows < 1 or values.size != columns * rows:
        raise ValueError(f"{values.size:,} values for {rows} x {columns} cells")
    width, tall = (head["cellsize"],) * 2 if "cellsize" in head else (head["dx"], head["dy"])
    west = head["xllcorner"] if "xllcorner" in head else head["xllcenter"] - width / 2
    south = head["yllcorner"] if "yllcorner" in head else head["yllcenter"] - tall / 2
    values[values == head.get("nodata_value", -9999.0)] = np.nan
    return values.reshape(rows, columns), west, south, (width, tall)


def _points(path: Path, holes: Holes, degrees: bool | None, latitude: float) -> Raster:
    """A grid from a table of its points; a point that is missing is a hole, one off the grid is refused."""
    frame = pl.read_csv(path, encoding="utf8-lossy", infer_schema_length=None)
    frame = frame.rename({c: c.strip().lstrip("\ufeff").lower() for c in frame.columns})
    if "longitude" in frame.columns:
        frame = frame.rename({"longitude": "x", "latitude": "y"})
        degrees = True if degrees is None else degrees
    x, y, z = (frame[c].cast(pl.Float64, strict=True).to_numpy() for c in ("x", "y", "height_m"))
    column, width, west = _axis(x)
    row, tall, south = _axis(y)
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    if shape[0] * shape[1] > 100 * max(x.size, 1000):
        raise ValueError("the points lie on no regular grid")
    height = np.full(shape, np.nan)
    at = shape[0] - 1 - row, column
    height[at] = z
    classes = None
    if "clutter" in frame.columns:
        classes = np.full(shape, 2.0)
        classes[at] = frame["clutter"].cast(pl.Float64).to_numpy()
    return raster(
        height, west - width / 2, south - tall / 2, (width, tall), degrees=degrees, latitude=latitude, clutter=classes,
        holes=holes, file=path.name,
    )  # fmt: skip


def _axis(values: Floats) -> tuple[NDArray[np.int64], float, float]:
    """Number of each value on a regular axis, its step and its first value."""
    steps = np.unique(values)
    if steps.size < 2 or not np.isfinite(steps).all():
        raise ValueError("a grid has at least two columns and two rows")
    step = float(np.diff(steps).min())
    place = (values - steps[0]) / step
    whole = np.rint(place)
    # a drift that stays small against a cell comes from rounded coordinates
    if (np.abs(place - whole) > 0.2).any():
        raise ValueError("the points lie on no regular grid")
    return whole.astype(np.int64), float((steps[-1] - steps[0]) / max(whole.max(), 1)), float(steps[0])


def read_sites(path: Path, terrain: Raster, *, antenna_m: float, eirp_dbm: float, cost_yen: float = 1.0) -> list[Site]:
    """Sites from a table ``name, longitude, latitude`` (or ``x, y`` in metres), and where known ``antenna_m, eirp_dbm, cost_yen``.

    Raises
    ------
    InputError
        Where the file or a row cannot be used.
    """
    if not path.is_file():
        raise InputError([terrain_problem("bad-radio-site", str(path), "")])
    try:
        frame = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
        frame = frame.rename({c: c.strip().lstrip("\ufeff").lower() for c in frame.columns})
        if "longitude" in frame.columns:
            frame = frame.rename({"longitude": "x", "latitude": "y"})

        def numbers(column: str, default: float | None) -> list[float]:
            if column not in frame.columns:
                if default is None:
                    raise ValueError(column)
                return [default] * frame.height
            values = frame[column].str.strip_chars().replace("", None).cast(pl.Float64)
            return [float(v) for v in (values if default is None else values.fill_null(default))]

        names = frame["name"].to_list() if "name" in frame.columns else [f"s{i + 1}" for i in range(frame.height)]
        columns = zip(
            names, numbers("x", None), numbers("y", None), numbers("antenna_m", antenna_m),
            numbers("eirp_dbm", eirp_dbm), numbers("cost_yen", cost_yen), strict=True,
        )  # fmt: skip
        sites = [Site(str(n), x, y, tall, sent, cost) for n, x, y, tall, sent, cost in columns]
    except (ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as e:
        raise InputError([terrain_problem("bad-radio-site", path.name, str(e).splitlines()[0][:100])]) from e
    if terrain.degrees and any(abs(s.x) > 360 or abs(s.y) > 90 for s in sites):
        raise InputError([terrain_problem("terrain-units", path.name, "x, y")])
    return sites
