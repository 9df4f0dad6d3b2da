"""Speed tests and residents' words from files: our own table, Ookla's open tiles, M-Lab-like single tests.

Places without an area code go to the nearest area centre, at most so far away that they can belong to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.tables import rows_of
from daremo.network.gaps import FIXED, MOBILE, Challenge, SpeedTests, Weights, share_above
from daremo.region.readers import cells
from daremo.region.readers.sheet import decode, heading_key, text_grid, workbook_grids

Float = NDArray[np.float64]
PACKAGE = "daremo.network"
#: Headings by meaning; the units of a heading are those of the source named beside it.
HEADINGS: dict[str, tuple[str, ...]] = {
    "area": ("area_id", "area", "地区コード", "地区"),
    "technology": ("technology", "方式", "type", "network_type", "種別"),
    "quadkey": ("quadkey",),
    "latitude": ("latitude", "lat", "緯度", "tile_y", "client.geo.latitude", "client_latitude"),
    "longitude": ("longitude", "lon", "lng", "経度", "tile_x", "client.geo.longitude", "client_longitude"),
    "down_kbps": ("avg_d_kbps",),
    "down": ("down_mbps", "download_mbps", "a.meanthroughputmbps", "meanthroughputmbps", "下り", "下り_mbps", "下り(mbps)"),
    "tests": ("tests", "回数", "測定数"),
    "adequate": ("adequate", "adequate_tests", "足りた回数"),
    "date": ("date", "test_date", "a.testtime", "時点", "日付", "測定日"),
    "source": ("source", "出どころ"),
    "outcome": ("outcome", "answer", "状態", "申し出"),
}  # fmt: skip
#: What residents may say, and whether the line is fine.
OUTCOMES = {
    "fine": True, "ok": True, "使える": True, "問題ない": True,
    "no_line": False, "none": False, "slow": False, "使えない": False, "ない": False, "遅い": False,
}  # fmt: skip
KINDS = {"fixed": "fixed", "固定": "fixed", "mobile": "mobile", "携帯": "mobile", "": ""} | {
    t: t for t in FIXED + MOBILE
}
#: Zoom of Ookla's tiles; two corners of a tile lie about 610 m apart at the equator.
TILE_ZOOM = 16
#: No test is given to an area whose centre lies further away than this, nor than three times the area's own spread.
FARTHEST_KM, LEAST_KM = 20.0, 2.0
KM_A_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class Areas:
    """Where areas lie, to give tests to them: identifiers, names, centres (degrees) and spread (km, NaN = not known)."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    latitude: Float
    longitude: Float
    spread_km: Float

    def finder(self) -> Callable[[float, float], int]:
        """A function (latitude, longitude) → index of the area, or -1 where none is near enough."""
        scale = math.cos(math.radians(float(np.mean(self.latitude)))) if len(self.ids) else 1.0
        tree = cKDTree(np.c_[self.latitude * KM_A_DEGREE, self.longitude * KM_A_DEGREE * scale])
        reach = np.where(np.isnan(self.spread_km), FARTHEST_KM, np.clip(3 * self.spread_km, LEAST_KM, FARTHEST_KM))

        def nearest(lat: float, lon: float) -> int:
            km, at = tree.query((lat * KM_A_DEGREE, lon * KM_A_DEGREE * scale))
            return int(at) if km <= reach[at] else -1

        return nearest


def tile_centre(quadkey: str) -> tuple[float, float]:
    """Latitude and longitude (degrees) of the middle of a map tile.

    Raises
    ------
    ValueError
        Not a quadkey.

    Source
    ------
    Bing Maps tile system: https://learn.microsoft.com/bingmaps/articles/bing-maps-tile-system
    """
    if not quadkey or set(quadkey) - set("0123"):
        raise ValueError(quadkey)
    x = y = 0
    for digit in quadkey:
        x, y = 2 * x + (int(digit) & 1), 2 * y + (int(digit) >> 1)
    size = 2.0 ** len(quadkey)
    lon = (x + 0.5) / size * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / size))))
    return lat, lon


def read_tests(path: Path, areas: Areas, w: Weights, *, kind: str = "") -> tuple[list[SpeedTests], list[Problem]]:
    """Speed tests of a file, each given to an area.

    Parameters
    ----------
    path : Path
        CSV, Excel or Parquet. Ookla's open tiles (``quadkey``, ``avg_d_kbps``, ``tests``): of a tile only the mean is
        known, so the share of adequate tests follows from a lognormal spread. M-Lab-like: a row a test with place and
        speed. Ours: ``area_id, technology, tests, adequate, down_mbps, date, source``.
    kind : str
        ``fixed`` or ``mobile`` where the file does not say; Ookla's files say it in their name.

    Returns
    -------
    tests : list of SpeedTests
        Rows of the same area, technology, date and source together.
    problems : list of Problem
        Rows that were left out, and rows far from every area (counted once).

    Raises
    ------
    InputError
        ``bad-speed-tests``: no such file, or no columns that say where and how fast.
    """
    heads, rows = _grid(path)
    at = _columns(heads)
    if "down" not in at and "down_kbps" not in at and "adequate" not in at:
        raise InputError([_problem("bad-speed-tests", path, value="down_mbps・avg_d_kbps・adequate")])
    if "area" not in at and "quadkey" not in at and not {"latitude", "longitude"} <= set(at):
        raise InputError([_problem("bad-speed-tests", path, value="area_id・quadkey・latitude/longitude")])
    name = path.name.lower()
    kind = kind or ("mobile" if "mobile" in name else "fixed" if "fixed" in name else "")
    where = _placer(areas, at)
    told: list[Problem] = []
    pool: dict[tuple[int, str, str, str], list[float]] = {}
    lost = 0
    for n, row in enumerate(rows, 2):
        try:
            d = where(row)
            down = _number(row, at, "down")
            if math.isnan(down):
                down = _number(row, at, "down_kbps") / 1000
            count = _number(row, at, "tests")
            count = 1.0 if math.isnan(count) else count
            good = _number(row, at, "adequate")
            technology = KINDS[cells.flat(_cell(row, at, "technology")).lower() or kind]
        except (ValueError, KeyError, LookupError) as e:
            told.append(_problem("bad-speed-test", path, n, str(e)))
            continue
        if math.isnan(good):
            if math.isnan(down):
                told.append(_problem("bad-speed-test", path, n, ""))
                continue
            # one test is a fact; the mean of many is turned into a share by the usual spread
            good = (
                float(down >= w.need_down_mbps) if count == 1 else count * share_above(w.need_down_mbps, down, w.spread)
            )
        if count <= 0 or not 0 <= good <= count or down < 0:
            told.append(_problem("bad-speed-test", path, n, f"{count:g} / {good:g} / {down:g}"))
            continue
        if d < 0:
            lost += 1
            continue
        key = (d, technology, _day(_cell(row, at, "date")), _cell(row, at, "source") or path.name)
        into = pool.setdefault(key, [0.0, 0.0, 0.0, 0.0])
        into[0] += count
        into[1] += good
        if not math.isnan(down):
            into[2] += count * down
            into[3] += count
    if lost:
        told.append(_problem("tests-outside", path, value=str(lost), severity="warning"))
    made = [
        SpeedTests(d, technology, n, good, total / known if known else math.nan, day, source)
        for (d, technology, day, source), (n, good, total, known) in sorted(pool.items())
    ]
    return made, told


def read_challenges(path: Path, areas: Areas) -> tuple[list[Challenge], list[Problem]]:
    """Residents' words: ``area_id`` (or a place), ``technology``, ``outcome`` (fine, slow, no_line), ``date``.

    Raises
    ------
    InputError
        ``bad-challenges``: no such file, or no columns that say where and what.
    """
    heads, rows = _grid(path, "bad-challenges")
    at = _columns(heads)
    if "outcome" not in at or ("area" not in at and not {"latitude", "longitude"} <= set(at)):
        raise InputError([_problem("bad-challenges", path, value="area_id・outcome")])
    where = _placer(areas, at)
    made, told, lost = [], [], 0
    for n, row in enumerate(rows, 2):
        try:
            d = where(row)
            fine = OUTCOMES[cells.flat(_cell(row, at, "outcome")).lower()]
            technology = KINDS[cells.flat(_cell(row, at, "technology")).lower()]
        except (ValueError, LookupError) as e:
            told.append(_problem("bad-challenge", path, n, str(e)))
            continue
        if d < 0:
            lost += 1
            continue
        made.append(Challenge(d, technology, fine, _day(_cell(row, at, "date"))))
    if lost:
        told.append(_problem("tests-outside", path, value=str(lost), severity="warning"))
    return made, told


def _placer(areas: Areas, at: Mapping[str, int]) -> Callable[[Sequence[str]], int]:
    """A function from a row to the index of its area; -1 = far from every area; LookupError = unknown area."""
    known = {a: d for d, a in enumerate(areas.ids)}
    for d, name in enumerate(areas.names):
        known.setdefault(name, d)
    nearest = areas.finder() if len(areas.ids) else None

    def where(row: Sequence[str]) -> int:
        text = cells.flat(_cell(row, at, "area"))
        if text:
            # codes that lost their leading zeros come back by their length
            for key in (text, text.zfill(max(map(len, areas.ids), default=0))):
                if key in known:
                    return known[key]
            raise LookupError(text)
        if quadkey := cells.flat(_cell(row, at, "quadkey")):
            lat, lon = tile_centre(quadkey.zfill(TILE_ZOOM))
        else:
            lat, lon = _number(row, at, "latitude"), _number(row, at, "longitude")
            if math.isnan(lat) or math.isnan(lon):
                raise ValueError("緯度・経度")
            if not cells.in_japan(lat, lon) and cells.in_japan(lon, lat):
                lat, lon = lon, lat
        return -1 if nearest is None else nearest(lat, lon)

    return where


def _grid(path: Path, code: str = "bad-speed-tests") -> tuple[list[str], list[list[str]]]:
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".parquet":
            import polars as pl

            frame = pl.read_parquet(data)
            return list(frame.columns), [["" if v is None else str(v) for v in row] for row in frame.iter_rows()]
        grids = workbook_grids(data) if path.suffix.lower() in (".xlsx", ".xls") else [("", text_grid(decode(data)[0]))]
    except Exception as e:
        # readers of workbooks and Parquet raise types of their own for damaged files
        raise InputError([_problem(code, path, value=str(e)[:80])]) from e
    for _, grid in grids:
        for top, heads in enumerate(grid[:30]):
            if len(_columns(heads)) >= 2:
                return list(heads), [list(r) for r in grid[top + 1 :] if any(c.strip() for c in r)]
    raise InputError([_problem(code, path)])


def _columns(heads: Sequence[str]) -> dict[str, int]:
    keys = {heading_key(name): meaning for meaning, names in HEADINGS.items() for name in names}
    found: dict[str, int] = {}
    for i, h in enumerate(heads):
        meaning = keys.get(heading_key(h))
        if meaning is not None:
            found.setdefault(meaning, i)
    return found


def _cell(row: Sequence[str], at: Mapping[str, int], name: str) -> str:
    i = at.get(name, -1)
    return row[i].strip() if 0 <= i < len(row) else ""


def _number(row: Sequence[str], at: Mapping[str, int], name: str) -> float:
    value = cells.number(cells.flat(_cell(row, at, name)))
    if value is not None and not math.isfinite(value):
        raise ValueError(_cell(row, at, name))
    return math.nan if value is None else value


def _day(text: str) -> str:
    try:
        return cells.date(text)
    except ValueError:
        return ""


def _problem(code: str, path: Path, row: int | None = None, value: str = "", severity: Any = "error") -> Problem:
    told = next(r for r in rows_of(PACKAGE, "problem_codes") if r["code"] == code)
    return Problem(code, told["ja"], told["fix"], path.name, row, "", value[:60], severity)
