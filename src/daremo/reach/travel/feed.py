"""A GTFS or GTFS-JP feed as published, read whatever its small faults; what could not be used is told.

A folder or a zip file, in UTF-8 with or without mark or CP932, perhaps inside a folder of its own. ``stops``, ``trips``
and ``stop_times`` must be there, and one of ``calendar`` and ``calendar_dates``; all else may be absent.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.reach.travel.text_table import as_numbers, text_columns

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

_NEEDED: dict[str, tuple[str, ...]] = {
    "stops": ("stop_id",),
    "trips": ("trip_id", "service_id"),
    "stop_times": ("trip_id", "stop_id"),
}
_MAY = ("calendar", "calendar_dates", "frequencies", "transfers")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Largest table read (bytes).
_MOST_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's tables, cleaned; stops and trips by number.

    Attributes
    ----------
    stop_id : tuple of str
    latitude_s, longitude_s : ndarray, shape (stops,), degrees
        NaN where a stop has none, its station's where it has one; nobody walks to a stop without.
    trip_id, service_id : tuple of str, one a trip
    call_start : ndarray of int64, shape (trips + 1,)
        Calls of trip t, in order, are ``call_start[t]:call_start[t + 1]``.
    call_stop : ndarray of int64, shape (calls,), index
    arrive, leave : ndarray, shape (calls,), seconds after midnight of the service day
        NaN where left blank.
    along : ndarray, shape (calls,)
        ``shape_dist_traveled``; NaN where left blank.
    on, off : ndarray of bool, shape (calls,), mask
        Whether people may get on, get off.
    calendar, exceptions, frequencies, transfers : polars.DataFrame
        As text; empty where absent.
    problems : tuple of Problem
        What was not used, or only after repair.
    """

    stop_id: tuple[str, ...]
    latitude_s: Floats
    longitude_s: Floats
    trip_id: tuple[str, ...]
    service_id: tuple[str, ...]
    call_start: Index
    call_stop: Index
    arrive: Floats
    leave: Floats
    along: Floats
    on: NDArray[np.bool_]
    off: NDArray[np.bool_]
    calendar: pl.DataFrame
    exceptions: pl.DataFrame
    frequencies: pl.DataFrame
    transfers: pl.DataFrame
    problems: tuple[Problem, ...]


def read_feed(path: Path) -> Feed:
    """Read a feed.

    Parameters
    ----------
    path : Path
        Folder or zip file.

    Raises
    ------
    InputError
        Where it cannot be read, or a table or column without which there is no timetable is missing.
    """
    tables = _tables(path)
    problems = [
        Problem(
            "missing-feed-table", f"{name}.txt か列「{column}」がありません", "発行元の版を確かめてください", path.name
        )
        for name, columns in _NEEDED.items()
        for column in columns
        if name not in tables or column not in tables[name].columns
    ]
    if not ({"calendar", "calendar_dates"} & set(tables)):
        problems.append(
            Problem(
                "missing-feed-table", "運行日の表（calendar.txt か calendar_dates.txt）がありません",
                "発行元の版を確かめてください", path.name,
            )
        )  # fmt: skip
    if problems:
        raise InputError(problems)
    stop_id, lat, lon = _stops(tables["stops"], problems)
    trips = tables["trips"].unique("trip_id", keep="first", maintain_order=True)
    _dropped(problems, "trips.txt", tables["trips"].height - trips.height, "同じ番号の便", "最初の1つを使います")
    calls = _calls(tables["stop_times"], {s: i for i, s in enumerate(stop_id)}, trips["trip_id"], problems)
    counts = np.bincount(calls.trip, minlength=trips.height)
    empty = pl.DataFrame()
    return Feed(
        stop_id=stop_id,
        latitude_s=lat,
        longitude_s=lon,
        trip_id=tuple(trips["trip_id"].to_list()),
        service_id=tuple(trips["service_id"].to_list()),
        call_start=np.r_[0, np.cumsum(counts)].astype(np.int64),
        call_stop=calls.stop,
        arrive=calls.arrive,
        leave=calls.leave,
        along=calls.along,
        on=calls.on,
        off=calls.off,
        calendar=_calendar(tables.get("calendar", empty), problems),
        exceptions=_exceptions(tables.get("calendar_dates", empty), problems),
        frequencies=tables.get("frequencies", empty),
        transfers=tables.get("transfers", empty),
        problems=tuple(problems),
    )


def _tables(path: Path) -> dict[str, pl.DataFrame]:
    """The tables that are used, by name."""
    wanted, tables = {*_NEEDED, *_MAY}, {}
    try:
        for name, data in _files(path):
            if name in wanted and name not in tables and data.strip():
                tables[name] = text_columns(data)
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError, pl.exceptions.PolarsError) as e:
        raise InputError(
            [
                Problem(
                    "unreadable-feed", f"時刻表が読めません（{e}）", "zipかフォルダーを取りなおしてください", path.name
                )
            ]
        ) from None
    return tables


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name without ending, in lower case, and bytes of each text file; shallow ones first."""
    if path.is_dir():
        found = sorted((p for p in path.rglob("*") if p.is_file()), key=lambda p: (len(p.parts), p.as_posix()))
        for p in found:
            if p.suffix.lower() == ".txt":
                yield p.stem.lower(), p.read_bytes()
        return
    with zipfile.ZipFile(path) as z:
        members = sorted(z.infolist(), key=lambda m: (m.filename.count("/"), m.filename))
        for m in members:
            parts = m.filename.split("/")
            if parts[-1].lower().endswith(".txt") and "__MACOSX" not in parts and m.file_size <= _MOST_BYTES:
                yield parts[-1][:-4].lower(), z.read(m)


def _dropped(problems: list[Problem], file: str, count: int, what: str, fix: str) -> None:
    """Say that rows were not used, once a reason."""
    if count:
        problems.append(Problem("feed-rows-unused", f"{what}が{count}件あります", fix, file, severity="warning"))


def _stops(table: pl.DataFrame, problems: list[Problem]) -> tuple[tuple[str, ...], Floats, Floats]:
    """Stops with coordinates; a platform without takes its station's."""
    stops = table.unique("stop_id", keep="first", maintain_order=True)
    _dropped(problems, "stops.txt", table.height - stops.height, "同じ番号の停留所", "最初の1つを使います")
    names = tuple(stops["stop_id"].to_list())
    blank = np.full(len(names), np.nan)
    lat = as_numbers(stops["stop_lat"]) if "stop_lat" in stops.columns else blank
    lon = as_numbers(stops["stop_lon"]) if "stop_lon" in stops.columns else blank
    wrong = ~((np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0)))
    if wrong.any() and "parent_station" in stops.columns:
        number = {s: i for i, s in enumerate(names)}
        parent = np.array([number.get(x, -1) for x in stops["parent_station"].to_list()])
        take = wrong & (parent >= 0) & ~wrong[parent]
        lat, lon = np.where(take, lat[parent], lat), np.where(take, lon[parent], lon)
        wrong &= ~take
    _dropped(problems, "stops.txt", int(wrong.sum()), "位置の分からない停留所", "歩いて行けない停留所とみなします")
    return names, np.where(wrong, np.nan, lat), np.where(wrong, np.nan, lon)


@dataclass(frozen=True, slots=True)
class _Calls:
    """Calls of known trips at known stops, by trip and sequence."""

    trip: Index
    stop: Index
    arrive: Floats
    leave: Floats
    along: Floats
    on: NDArray[np.bool_]
    off: NDArray[np.bool_]


def _calls(table: pl.DataFrame, stop: dict[str, int], trips: pl.Series, problems: list[Problem]) -> _Calls:
    """Calls in order, rows of unknown trips and stops left out."""
    trip = {t: i for i, t in enumerate(trips.to_list())}
    of_trip = table["trip_id"].replace_strict(trip, default=-1, return_dtype=pl.Int64).to_numpy()
    at_stop = table["stop_id"].replace_strict(stop, default=-1, return_dtype=pl.Int64).to_numpy()
    blank = np.full(table.height, np.nan)
    order_of = as_numbers(table["stop_sequence"]) if "stop_sequence" in table.columns else blank
    order_of = np.where(np.isnan(order_of), np.arange(table.height), order_of)
    arrive, leave = (_seconds(table, c, problems) for c in ("arrival_time", "departure_time"))
    along = as_numbers(table["shape_dist_traveled"]) if "shape_dist_traveled" in table.columns else blank
    _dropped(problems, "stop_times.txt", int((of_trip < 0).sum()), "便の表にない便の時刻", "その行は使いません")
    _dropped(problems, "stop_times.txt", int((at_stop < 0).sum()), "停留所の表にない停留所の時刻", "その行は使いません")
    rows = np.flatnonzero((of_trip >= 0) & (at_stop >= 0))
    rows = rows[np.lexsort((rows, order_of[rows], of_trip[rows]))]
    on, off = (_may(table, c) for c in ("pickup_type", "drop_off_type"))
    return _Calls(of_trip[rows], at_stop[rows], arrive[rows], leave[rows], along[rows], on[rows], off[rows])


def _may(table: pl.DataFrame, column: str) -> NDArray[np.bool_]:
    """Whether people may get on or off: all but ``1``; by telephone or by word to the driver is allowed."""
    if column not in table.columns:
        return np.ones(table.height, bool)
    return (table[column] != "1").to_numpy()


def _seconds(table: pl.DataFrame, column: str, problems: list[Problem]) -> Floats:
    """Times as seconds, past 24:00 too; NaN where blank or no time, and the latter told."""
    if column not in table.columns:
        return np.full(table.height, np.nan)
    seconds = seconds_of(table[column])
    _dropped(
        problems, "stop_times.txt", int((np.isnan(seconds) & (table[column] != "").to_numpy()).sum()),
        "時刻として読めない値", "空とみなし、前後の停留所から補います",
    )  # fmt: skip
    return seconds


def seconds_of(column: pl.Series) -> Floats:
    """Times such as ``7:05:00``, ``24:10`` or ``２５：３０`` as seconds after midnight; NaN where they are none.

    Returns
    -------
    ndarray, shape (rows,), seconds

    Examples
    --------
    >>> import polars as pl
    >>> seconds_of(pl.Series(["7:05:00", "24:10", "２５：３０", "", "noon"])).tolist()
    [25500.0, 87000.0, 91800.0, nan, nan]
    """
    if not column.str.contains(r"^[0-9:]*$").all():
        column = pl.Series(
            [unicodedata.normalize("NFKC", t).replace(" ", "") for t in column.to_list()], dtype=pl.String
        )
    parts = column.str.extract_groups(r"^(\d{1,3}):(\d{1,2})(?::(\d{1,2}))?$")
    h, m, s = (parts.struct.field(f).cast(pl.Float64) for f in ("1", "2", "3"))
    whole: Floats = (h * 3600 + m * 60 + s.fill_null(0.0)).fill_null(float("nan")).to_numpy().astype(np.float64)
    return whole


def _date(text: str) -> str:
    """A date as eight digits, however it is separated; ``""`` where it is none."""
    t = unicodedata.normalize("NFKC", text)
    if m := re.fullmatch(r"\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\s*", t):
        return f"{m[1]}{int(m[2]):02}{int(m[3]):02}"
    return t if re.fullmatch(r"\d{8}", t) else ""


def _calendar(table: pl.DataFrame, problems: list[Problem]) -> pl.DataFrame:
    """Columns service_id, start, end and one flag a weekday."""
    if not {"service_id", "start_date", "end_date", *_DAYS} <= set(table.columns):
        return pl.DataFrame()
    out = table.select(
        "service_id",
        pl.col("start_date").map_elements(_date, return_dtype=pl.String).alias("start"),
        pl.col("end_date").map_elements(_date, return_dtype=pl.String).alias("end"),
        *(pl.col(d) == "1" for d in _DAYS),
    )
    good = out.filter((pl.col("start") != "") & (pl.col("end") != ""))
    _dropped(problems, "calendar.txt", out.height - good.height, "日付の読めない行", "その行は使いません")
    return good


def _exceptions(table: pl.DataFrame, problems: list[Problem]) -> pl.DataFrame:
    """Columns service_id, date and whether the service is added."""
    if not {"service_id", "date", "exception_type"} <= set(table.columns):
        return pl.DataFrame()
    out = table.select(
        "service_id",
        pl.col("date").map_elements(_date, return_dtype=pl.String),
        added=pl.col("exception_type") == "1",
        known=pl.col("exception_type").is_in(["1", "2"]),
    )
    good = out.filter((pl.col("date") != "") & pl.col("known"))
    _dropped(problems, "calendar_dates.txt", out.height - good.height, "読めない行", "その行は使いません")
    return good.drop("known")
