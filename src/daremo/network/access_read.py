"""Areas and routes for access lines: from a region, or from tables of one's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import Delaunay, QhullError, cKDTree

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.tables import rows_of, schema
from daremo.network.access_costs import Costs
from daremo.network.access_model import KINDS, Areas, Routes
from daremo.network.radio.kernel import SEA
from daremo.network.radio.raster import EAST_KM, NORTH_KM, Raster
from daremo.region.model import Region

Floats = NDArray[np.float64]
#: Rate (Mbit/s) that counts as a good line where nobody says otherwise, and the least size of an area (km2).
GOOD_MBPS, LEAST_KM2 = 30.0, 0.05
#: Neighbours whose mean distance tells how far an area spreads.
NEIGHBOURS = 3


def areas_of_region(region: Region, costs: Costs, *, mbps: float = GOOD_MBPS) -> tuple[Areas, list[str]]:
    """Areas of a region: households that no fixed line of this rate reaches are the premises that need one.

    Fibre and cable count as fixed; an area where at least ``present_share`` of households can have fibre is a hub. Where
    there is none, the area with most people is taken as hub and said so in the notes.

    Returns
    -------
    (Areas, notes for people as ``ja|en``)
    """
    table = region.areas
    ids = [str(v) for v in table["area_id"]]
    n = len(ids)
    people = region.people_dg().sum(axis=1)
    households = table["households"].to_numpy().astype(float)
    missing = np.isnan(households)
    households = np.where(missing, people / costs["persons_premises"], households)
    fixed, fibre = np.zeros(n), np.zeros(n)
    mobile, price = np.full(n, np.nan), np.full(n, np.nan)
    at = {a: i for i, a in enumerate(ids)}
    for area, technology, share, down, yen in (
        region["lines"].select("area_id", "technology", "coverage_share", "down_mbps", "price_yen_month").iter_rows()
    ):
        i, fast = at[area], down is None or down >= mbps
        if technology in ("fibre", "cable"):
            fixed[i] = max(fixed[i], share * fast)
            if technology == "fibre":
                fibre[i] = max(fibre[i], share)
        elif technology in ("4g", "5g") and share >= 0.9 and not (down or 0.0) <= (np.nan_to_num(mobile[i], nan=-1.0)):
            mobile[i] = down if down is not None else costs["mobile_rate_mbps"]
            price[i] = np.nan if yen is None else 12 * yen
    notes = []
    if missing.any():
        notes.append(
            f"世帯数のない{int(missing.sum())}地区は、人口から見つもりました|Households of {int(missing.sum())} areas are estimated from people"
        )
    hub = fibre >= costs["present_share"]
    if not hub.any():
        hub[int(np.argmax(people))] = True
        notes.append(
            "光のある地区が分からないので、人口のいちばん多い地区を起点にしました|No area is known to have fibre: the one with most people is taken as hub"
        )
    lat, lon = table["latitude"].to_numpy().astype(float), table["longitude"].to_numpy().astype(float)
    return Areas(
        tuple(ids), tuple(str(v) for v in table["name"]), ("homes",) * n, lon, lat, np.round(households * (1 - fixed)), np.round(households * fibre),
        people, np.full(n, float(mbps)), _km2(lat, lon, table["spread_km"].to_numpy().astype(float)), hub, mobile, price,
    ), notes  # fmt: skip


def read_demands(path: Path) -> Areas:
    """Fields, forests, ports, factories, roads or homes of one's own: ``access_demands.csv`` describes the columns.

    Raises
    ------
    InputError
        With every row that cannot be used.
    """
    if not path.is_file():
        raise InputError([_problem("no-table", str(path))])
    try:
        frame = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    except (pl.exceptions.PolarsError, OSError) as e:
        raise InputError([_problem("bad-table", path.name, str(e).splitlines()[0][:100])]) from e
    known = schema("daremo.network", "access_demands")
    names = {c.ja: c.column for c in known.columns} | {c.column: c.column for c in known.columns}
    frame = frame.rename(
        {c: names[c.strip().lstrip("\ufeff")] for c in frame.columns if c.strip().lstrip("\ufeff") in names}
    )
    lost = [c.column for c in known.columns if c.required and c.column not in frame.columns]
    if lost:
        raise InputError([_problem("bad-table", path.name, "・".join(lost))])
    frame = frame.with_columns(pl.col(c).str.strip_chars().replace("", None) for c in frame.columns)
    if "hub" in frame.columns:
        marks = {"yes": True, "true": True, "1": True, "はい": True}
        frame = frame.with_columns(pl.col("hub").str.to_lowercase().replace_strict(marks, default=False))
    rows = known.frame(frame)
    n = rows.height
    twice = rows.filter(pl.col("site_id").is_duplicated())["site_id"].unique(maintain_order=True).to_list()
    if twice:
        raise InputError([_problem("duplicate-site", path.name, v) for v in twice[:20]])
    lat, lon = rows["latitude"].to_numpy(), rows["longitude"].to_numpy()
    unknown = np.full(n, np.nan)
    return Areas(
        tuple(rows["site_id"]), tuple(rows["name"].fill_null("")), tuple(rows["kind"].fill_null(KINDS[0])), lon, lat,
        rows["premises"].to_numpy().astype(float), rows["served"].fill_null(0).to_numpy(), rows["people"].fill_null(0).to_numpy().astype(float),
        rows["mbps"].fill_null(GOOD_MBPS).to_numpy(), rows["km2"].fill_null(1.0).to_numpy(),
        rows["hub"].fill_null(False).to_numpy(), rows["mobile_mbps"].fill_null(math.nan).to_numpy(), unknown,
    )  # fmt: skip


def read_routes(path: Path, areas: Areas) -> Routes:
    """Candidate routes from a table ``from,to,km,sea``: ends are areas, or other names, which become junctions.

    Raises
    ------
    InputError
        With every row that cannot be used.
    """
    if not path.is_file():
        raise InputError([_problem("no-table", str(path))])
    try:
        frame = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
        frame = frame.rename({c: c.strip().lstrip("\ufeff") for c in frame.columns})
        ends = frame["from"].to_list(), frame["to"].to_list()
        km = frame["km"].cast(pl.Float64).to_numpy()
    except (pl.exceptions.PolarsError, OSError) as e:
        raise InputError([_problem("bad-table", path.name, str(e).splitlines()[0][:100])]) from e
    wrong = [
        Problem("bad-route", *_words("bad-route"), path.name, i + 2, "km", str(v))
        for i, v in enumerate(km)
        if not (np.isfinite(v) and v >= 0)
    ]
    if wrong:
        raise InputError(wrong[:20])
    number = {a: i for i, a in enumerate(areas.ids)}
    for name in (*ends[0], *ends[1]):
        number.setdefault(str(name), len(number))
    sea = (
        frame["sea"].fill_null("").is_in(["yes", "true", "1", "はい"]).to_numpy()
        if "sea" in frame.columns
        else np.zeros(km.size, bool)
    )
    a, b = (np.array([number[str(v)] for v in e], np.int64) for e in ends)
    return Routes(a, b, km, sea)


def routes_between(areas: Areas, costs: Costs, islands: Sequence[str | None] = ()) -> Routes:
    """Candidate routes where none are given: between neighbours (Delaunay), longer than straight, by sea between islands."""
    n = len(areas.ids)
    x, y = _local_km(areas)
    pairs: set[tuple[int, int]] = set()
    if n == 2:
        pairs.add((0, 1))
    elif n > 2:
        try:
            for corner in Delaunay(np.column_stack([x, y]), qhull_options="Qbb Qc QJ").simplices:
                pairs |= {(min(i, j), max(i, j)) for i in corner.tolist() for j in corner.tolist() if i != j}
        except QhullError:  # all on one line or all at one place: along the line
            order = np.lexsort((y, x))
            pairs |= {(min(i, j), max(i, j)) for i, j in zip(order[:-1].tolist(), order[1:].tolist(), strict=True)}
    a, b = (np.array(sorted(pairs), np.int64).reshape(-1, 2)).T
    name = np.array([i or "" for i in islands] or [""] * n, dtype=object)
    sea = np.asarray(name[a] != name[b], bool)
    km = np.hypot(x[a] - x[b], y[a] - y[b]) * np.where(sea, 1.0, costs["detour_factor"])
    return Routes(a, b, km, sea)


def joined(one: Areas, other: Areas) -> Areas:
    """Two sets of areas as one; an identifier of the second that the first has gets a mark."""
    ids = tuple(f"{v}-2" if v in set(one.ids) else v for v in other.ids)
    columns = (
        "longitude",
        "latitude",
        "premises",
        "served",
        "people",
        "mbps",
        "km2",
        "hub",
        "mobile_mbps",
        "mobile_yen_year",
    )
    whole = {c: np.concatenate([getattr(one, c), getattr(other, c)]) for c in columns}
    return replace(one, ids=one.ids + ids, names=one.names + other.names, kinds=one.kinds + other.kinds, **whole)


def residents(region: Region, terrain: Raster) -> tuple[Floats, float]:
    """People of each cell of a terrain in degrees, and how many live outside it.

    An area's people are spread evenly over the land cells within its radius, or put into the one cell that it fills.

    Returns
    -------
    (ndarray, shape (rows, columns), people; float, people)
    """
    areas = region.areas
    people = region.people_dg().sum(axis=1)
    lat, lon = areas["latitude"].to_numpy().astype(float), areas["longitude"].to_numpy().astype(float)
    radius = np.sqrt(_km2(lat, lon, areas["spread_km"].to_numpy().astype(float)) / math.pi)
    inside = terrain.inside(lon, lat)
    row, column = terrain.at(lon, lat)
    x_km, y_km = terrain.cell_km
    out = np.zeros(terrain.shape)
    for i in np.flatnonzero(inside):
        r, c = round(float(row[i])), round(float(column[i]))
        high, wide = int(radius[i] / y_km), int(radius[i] / x_km)
        top, left = max(0, r - high), max(0, c - wide)
        part = terrain.zone[top : r + high + 1, left : c + wide + 1]
        a = (np.arange(part.shape[0]) + top - row[i])[:, None] * y_km
        b = (np.arange(part.shape[1]) + left - column[i])[None] * x_km
        here = (np.hypot(a, b) <= radius[i]) & (part != SEA)
        if here.any():
            out[top : r + high + 1, left : c + wide + 1][here] += people[i] / here.sum()
        else:
            out[r, c] += people[i]
    return out, float(people[~inside].sum())


def _local_km(areas: Areas) -> tuple[Floats, Floats]:
    middle = math.cos(math.radians(float(areas.latitude.mean()))) if len(areas.ids) else 1.0
    return areas.longitude * EAST_KM * middle, areas.latitude * NORTH_KM


def _km2(lat: Floats, lon: Floats, spread_km: Floats) -> Floats:
    """Area within which people live: by the stated radius, else by half the distance to the neighbours (km2)."""
    middle = math.cos(math.radians(float(lat.mean())))
    at = np.column_stack([lon * EAST_KM * middle, lat * NORTH_KM])
    k = min(NEIGHBOURS + 1, len(lat))
    away, _ = cKDTree(at).query(at, k=k)
    near = np.asarray(away, np.float64).reshape(len(lat), -1)
    guess = near[:, 1:].mean(axis=1) / 2 if k > 1 else np.ones(len(lat))
    radius = np.where(np.isfinite(spread_km), spread_km, guess)
    return np.maximum(math.pi * radius**2, LEAST_KM2)


def _words(code: str) -> tuple[str, str]:
    row = next(r for r in rows_of("daremo.network", "problem_codes") if r["code"] == code)
    return row["ja"], row["fix"]


def _problem(code: str, file: str, value: str = "") -> Problem:
    return Problem(code, *_words(code), file, value=value)
