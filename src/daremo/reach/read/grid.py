"""One table of a file whatever its format: CSV, Excel, GeoJSON or Parquet become headings and columns."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import python_calamine
import shapely
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.region.readers.files import taste
from daremo.region.readers.geodata import geojson_sheet
from daremo.region.readers.sheet import decode, heading_key, text_grid, workbook_grids

#: How far down a file the headings are looked for.
HEADING_ROWS = 30


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it lies in a file.

    Attributes
    ----------
    file : str
        File as the user named it.
    heads : tuple of str
        Headings as written.
    columns : tuple of polars.Series
        One a heading; text, or numbers where the file has types.
    rows : ndarray of int64, shape (rows,), index
        Number of each row as Excel counts, or of each feature.
    point : ndarray, shape (rows, 2), degrees, or None
        Latitude and longitude of each row's geometry, NaN where it has none; None where the file has no geometry.
    """

    file: str
    heads: tuple[str, ...]
    columns: tuple[pl.Series, ...]
    rows: NDArray[np.int64]
    point: NDArray[np.float64] | None = None

    @property
    def height(self) -> int:
        return int(self.rows.size)


def unreadable(path: Path, reason: str, fix: str = "ファイルを開いて確かめ、保存しなおしてください") -> InputError:
    """The error for a file that cannot be used at all."""
    return InputError([Problem("unreadable-file", f"読めませんでした。{reason}", fix, str(path))])


def file_bytes(path: Path) -> bytes:
    """All bytes of a file.

    Raises
    ------
    InputError
        ``no-such-file``, ``empty-file`` or ``unreadable-file``.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            [Problem("no-such-file", "ファイルがありません", "場所と名前を確かめてください", str(path))]
        ) from None
    except OSError as e:
        raise unreadable(path, f"ファイルを開けません（{type(e).__name__}）") from e
    if not data.strip():
        raise InputError([Problem("empty-file", "空のファイルです", "中身のあるファイルを入れてください", str(path))])
    return data


def read_grid(path: Path, known: frozenset[str]) -> Grid:
    """The table of a file.

    Parameters
    ----------
    path : Path
        CSV, TSV, Excel, OpenDocument, GeoJSON, Parquet or GeoParquet.
    known : frozenset of str
        Headings by which the row of headings is recognised, as `heading_key` writes them.

    Raises
    ------
    InputError
        Where the file cannot be read or holds no table with such headings.
    """
    data = file_bytes(path)
    kind = taste(data[:4096])
    try:
        if kind == "parquet":
            return _parquet(path, data)
        if kind == "json":
            return _geojson(path, decode(data)[0])
        if kind == "workbook":
            grids = [g for _, g in workbook_grids(data)]
        elif kind == "text":
            grids = [text_grid(decode(data)[0])]
        else:
            raise unreadable(path, "表として読める形ではありません", "CSV・Excel・GeoJSON・Parquet で保存してください")
    except (ValueError, OSError, KeyError, pl.exceptions.PolarsError, python_calamine.CalamineError) as e:
        raise unreadable(path, f"中身がこわれているようです（{str(e)[:80]}）") from e
    for grid in grids:
        if (top := _headings(grid, known)) is not None:
            return _under(path, grid, top)
    raise InputError(
        [
            Problem(
                "no-headings",
                "見出しの行が見つかりません",
                "1行めに 緯度・経度・人口 などの見出しを書いてください（使える見出しは docs/look/reach-tables.md）",
                str(path),
            )
        ]
    )


def _headings(grid: Sequence[Sequence[str]], known: frozenset[str]) -> int | None:
    """Row with most known headings among the first ones; at least two, or one in a table of one column."""
    best, most = None, 1
    for i, row in enumerate(grid[:HEADING_ROWS]):
        score = len({heading_key(c) for c in row if c.strip() and len(c) < 60} & known)
        if score > most:
            best, most = i, score
    return best


def _under(path: Path, grid: Sequence[Sequence[str]], top: int) -> Grid:
    width = max(i + 1 for i, c in enumerate(grid[top]) if c.strip())
    heads = tuple(grid[top][:width])
    kept = [i for i in range(top + 1, len(grid)) if any(c.strip() for c in grid[i][:width])]
    rows = [[*grid[i][:width], *[""] * (width - len(grid[i]))] for i in kept]
    columns = tuple(pl.Series(str(k), [r[k] for r in rows], dtype=pl.String) for k in range(width))
    return Grid(str(path), heads, columns, np.asarray(kept, np.int64) + 1)


def _geojson(path: Path, text: str) -> Grid:
    sheet, _ = geojson_sheet(str(path), text)
    point = np.full((len(sheet.rows), 2), np.nan)
    for i, n in enumerate(sheet.numbers):
        shape = sheet.shapes.get(n)
        if shape is not None and not shape.is_empty:
            at = shape if shape.geom_type == "Point" else shape.representative_point()
            point[i] = at.y, at.x
    columns = tuple(pl.Series(str(k), [r[k] for r in sheet.rows], dtype=pl.String) for k in range(len(sheet.heads)))
    return Grid(str(path), sheet.heads, columns, np.asarray(sheet.numbers, np.int64), point)


def _parquet(path: Path, data: bytes) -> Grid:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except pl.exceptions.PanicException as e:
        raise ValueError(str(e)) from e
    point = None
    for name in [c for c in frame.columns if frame[c].dtype == pl.Binary]:
        if name.lower() in ("geometry", "geom", "wkb"):
            shapes = shapely.from_wkb(frame[name].to_list())
            inside = shapely.point_on_surface(shapes)
            point = np.stack([shapely.get_y(inside), shapely.get_x(inside)], axis=1)
    frame = frame.select([c for c in frame.columns if frame[c].dtype != pl.Binary and not frame[c].dtype.is_nested()])
    rows = np.arange(frame.height, dtype=np.int64) + 1
    return Grid(str(path), tuple(frame.columns), tuple(frame[c] for c in frame.columns), rows, point)
