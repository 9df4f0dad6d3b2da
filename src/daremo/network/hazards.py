"""Disasters: discs, polygons, rasters and listed scenarios, each with a rate, and what each does to every site and link."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from daremo.kernel.errors import InputError, Problem, UsageError
from daremo.network.build import Row, amount, problem, several
from daremo.network.model import EARTH_KM, Floats, Network, distance_km
from daremo.network.read import read_table

#: Kilometres in a degree of latitude.
DEGREE_KM = EARTH_KM * math.pi / 180
#: Assumed where a table is silent: chance that a site is lost, that a link is cut, and hours of repair.
SITE_LOSS, LINK_CUT, REPAIR_H = 0.8, 0.9, 72.0


@dataclass(frozen=True, slots=True, eq=False)
class Hazard:
    """One kind of disaster.

    Attributes
    ----------
    id, name : str
    events_year : float, 1/year
    repair_hours : float, hours
        Until an area that it cut off is back.
    site_p, link_p, group_p : ndarray, shapes (nodes,), (links,), (groups,)
        Chance that each fails when it strikes, independently; a group takes its members along. Unused where it roams.
    box : (west, south, east, north) | None
        Where the centre of a roaming disc lies, degrees; uniform over the area.
    radius_km : (float, float)
        Smallest and largest radius of a roaming disc, log-uniform.
    site_loss_share, link_cut_share : float
        Chances inside a roaming disc.
    """

    id: str
    name: str
    events_year: float
    repair_hours: float
    site_p: Floats
    link_p: Floats
    group_p: Floats
    box: tuple[float, float, float, float] | None = None
    radius_km: tuple[float, float] = (0.0, 0.0)
    site_loss_share: float = SITE_LOSS
    link_cut_share: float = LINK_CUT


def roaming(
    network: Network, *, radius_km: tuple[float, float] = (30.0, 250.0), events_year: float = 1.0,
    site_loss_share: float = SITE_LOSS, link_cut_share: float = LINK_CUT, repair_hours: float = REPAIR_H,
    id: str = "roaming", name: str = "",
) -> Hazard:  # fmt: skip
    """A disc that strikes anywhere over the network.

    Raises
    ------
    UsageError
        ``no-places`` where no node has coordinates.
    """
    n = network.nodes
    if not np.isfinite(n.longitude + n.latitude).any():
        fix = "局の表に longitude と latitude を入れるか、種類を scenario にしてください"
        raise UsageError("no-places", "局の場所が分からないので、災害の範囲を重ねられません", fix, network.name)
    box = (
        float(np.nanmin(n.longitude)), float(np.nanmin(n.latitude)), float(np.nanmax(n.longitude)), float(np.nanmax(n.latitude)),
    )  # fmt: skip
    zero = (np.zeros(len(n)), np.zeros(len(network.links)), np.zeros(len(network.groups)))
    low, high = radius_km
    return Hazard(
        id, name or id, events_year, repair_hours, *zero, box, (low, max(low, high)), site_loss_share, link_cut_share
    )


def read_hazards(path: Path, network: Network) -> tuple[Hazard, ...]:
    """Hazards of a network from a table (csv, xlsx) or from GeoJSON (polygons; points with ``radius_km``).

    Raises
    ------
    UsageError
        ``no-hazards`` where the file is absent or empty.
    InputError
        With every problem found.
    """
    if not path.is_file():
        raise UsageError("no-hazards", "災害のファイルがありません", "場所と名前を確かめてください", str(path))
    told: list[Problem] = []
    rows = _from_geojson(path) if path.suffix.lower() in (".geojson", ".json") else read_table(path, "hazards", told)
    found = [h for r in rows if (h := _hazard(r, network, path, told)) is not None]
    if told:
        raise InputError(told)
    if not found:
        raise UsageError("no-hazards", "災害の行がありません", "1行以上入れてください", str(path))
    return tuple(found)


def _from_geojson(path: Path) -> list[Row]:
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
        rows = []
        for n, f in enumerate(value["features"], 1):
            shape = shapely.geometry.shape(f["geometry"])
            row: Row = {**(f.get("properties") or {}), "_file": path.name, "_row": n}
            row.setdefault("hazard_id", str(f.get("id") or f"h{n}"))
            if shape.geom_type == "Point":
                row |= {"longitude": shape.x, "latitude": shape.y, "kind": row.get("kind") or "disc"}
            else:
                row |= {"wkt": shape.wkt, "kind": "polygon"}
            rows.append(row)
        return rows
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as e:
        raise InputError([problem("bad-network-file", {"_file": path.name}, value=e)]) from e


def _hazard(r: Row, network: Network, path: Path, told: list[Problem]) -> Hazard | None:
    before = len(told)

    def number(column: str, default: float) -> float:
        x = amount(r, column, told, least=-180.0 if column in ("longitude", "latitude") else 0.0)
        if column.endswith("_share") and x > 1:
            told.append(problem("bad-hazard", r, column, x))
        return default if math.isnan(x) else x

    rate, repair = number("events_year", 1.0), number("repair_hours", REPAIR_H)
    site, cut = number("site_loss_share", SITE_LOSS), number("link_cut_share", LINK_CUT)
    low = number("radius_km", 0.0)
    high = number("radius_high_km", low)
    lon, lat = number("longitude", math.nan), number("latitude", math.nan)
    kind = str(r.get("kind") or "")
    key = str(r.get("hazard_id") or "")
    name = str(r.get("name") or key)
    site_p: Floats = np.zeros(len(network.nodes))
    link_p: Floats = np.zeros(len(network.links))
    group_p: Floats = np.zeros(len(network.groups))
    if len(told) == before and kind == "roaming":
        if low <= 0:
            told.append(problem("bad-hazard", r, "radius_km", low))
            return None
        return roaming(
            network, radius_km=(low, high), events_year=rate, site_loss_share=site, link_cut_share=cut,
            repair_hours=repair, id=key, name=name,
        )  # fmt: skip
    if kind == "disc" and not (math.isfinite(lon + lat) and low > 0):
        told.append(problem("bad-hazard", r, "radius_km", r.get("radius_km")))
    elif kind == "disc":
        site_p = np.where(_sites_km(network, lon, lat) <= low, site, 0.0)
        link_p = np.where(_links_km(network, lon, lat) <= low, cut, 0.0)
    elif kind == "polygon":
        shape = _polygon(r, told)
        if shape is not None:
            site_p, link_p = _inside(network, shape, site, cut)
    elif kind == "raster":
        _raster(r, network, path, told, site_p, link_p, cut)
    elif kind == "scenario":
        _listed(r, network, told, site_p, link_p, group_p)
    elif kind != "roaming":
        told.append(problem("bad-hazard", r, "kind", kind))
    return None if len(told) > before else Hazard(key, name, rate, repair, site_p, link_p, group_p)


def _sites_km(network: Network, lon: float, lat: float) -> Floats:
    n = network.nodes
    away = distance_km(np.full(len(n), lon), np.full(len(n), lat), n.longitude, n.latitude)
    return np.where(np.isnan(away), np.inf, away)


def _links_km(network: Network, lon: float, lat: float) -> Floats:
    """Distance of every link, as a straight line, from a point; on a plane that touches there."""
    n, li = network.nodes, network.links
    x = (n.longitude - lon) * DEGREE_KM * math.cos(math.radians(lat))
    y = (n.latitude - lat) * DEGREE_KM
    ax, ay, vx, vy = x[li.tail], y[li.tail], x[li.head] - x[li.tail], y[li.head] - y[li.tail]
    t = np.clip(-(ax * vx + ay * vy) / np.maximum(vx * vx + vy * vy, 1e-30), 0.0, 1.0)
    away = np.hypot(ax + t * vx, ay + t * vy)
    return np.where(np.isnan(away), np.inf, away)


def _polygon(r: Row, told: list[Problem]) -> Any:
    try:
        shape = shapely.from_wkt(str(r.get("wkt") or ""))
        if shape.geom_type in ("Polygon", "MultiPolygon") and not shape.is_empty:
            return shapely.make_valid(shape)
    except shapely.errors.ShapelyError:
        pass
    told.append(problem("bad-hazard", r, "wkt", r.get("wkt")))
    return None


def _inside(network: Network, shape: Any, site: float, cut: float) -> tuple[Floats, Floats]:
    n, li = network.nodes, network.links
    known = np.isfinite(n.longitude + n.latitude)
    site_p = np.where(
        known & shapely.intersects_xy(shape, np.nan_to_num(n.longitude), np.nan_to_num(n.latitude)), site, 0.0
    )
    place = np.stack([np.nan_to_num(n.longitude), np.nan_to_num(n.latitude)], axis=1)
    lines = shapely.linestrings(np.stack([place[li.tail], place[li.head]], axis=1)) if len(li) else np.zeros(0, object)
    link_p = np.where(known[li.tail] & known[li.head] & shapely.intersects(lines, shape), cut, 0.0)
    return site_p.astype(np.float64), link_p.astype(np.float64)


def _raster(
    r: Row, network: Network, path: Path, told: list[Problem], site_p: Floats, link_p: Floats, cut: float
) -> None:
    """Chances by cell: a site has its cell's; a link `cut` times the worst cell that it crosses (looked at 200 points)."""
    try:
        lines = (path.parent / Path(str(r.get("file") or "")).name).read_text(encoding="ascii").split("\n")
        head = {k.lower(): float(v) for k, v in (x.split()[:2] for x in lines[:6] if x.split()[0][0].isalpha())}
        body = "\n".join(x for x in lines if x.strip() and not x.split()[0][0].isalpha())
        grid = np.array([[float(v) for v in x.split()] for x in body.splitlines()], np.float64)
        west, south, size = head["xllcorner"], head["yllcorner"], head["cellsize"]
        grid = np.where(grid == head.get("nodata_value", -9999.0), 0.0, grid)
        if grid.ndim != 2 or not ((grid >= 0) & (grid <= 1)).all():
            raise ValueError("chances lie in 0..1")
    except (OSError, ValueError, KeyError, IndexError) as e:
        told.append(problem("bad-hazard", r, "file", f"{r.get('file')}: {e}"))
        return

    def at(lon: Floats, lat: Floats) -> Floats:
        row = grid.shape[0] - 1 - np.floor((np.nan_to_num(lat, nan=-1e9) - south) / size).astype(np.int64)
        column = np.floor((np.nan_to_num(lon, nan=-1e9) - west) / size).astype(np.int64)
        ok = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
        return np.where(ok, grid[np.clip(row, 0, grid.shape[0] - 1), np.clip(column, 0, grid.shape[1] - 1)], 0.0)

    n, li = network.nodes, network.links
    site_p[:] = at(n.longitude, n.latitude)
    t = np.linspace(0.0, 1.0, 200)[:, None]
    lon = n.longitude[li.tail] * (1 - t) + n.longitude[li.head] * t
    lat = n.latitude[li.tail] * (1 - t) + n.latitude[li.head] * t
    link_p[:] = cut * at(lon, lat).max(axis=0, initial=0.0)


def _listed(r: Row, network: Network, told: list[Problem], site_p: Floats, link_p: Floats, group_p: Floats) -> None:
    places: Sequence[tuple[dict[str, int], Floats]] = (
        ({k: i for i, k in enumerate(network.links.ids)}, link_p),
        ({k: i for i, k in enumerate(network.nodes.ids)}, site_p),
        ({g.id: i for i, g in enumerate(network.groups)}, group_p),
    )
    for part in several(r.get("components")):
        key, _, chance = part.rpartition(":") if ":" in part else (part, "", "1")
        try:
            p = float(chance)
        except ValueError:
            p = -1.0
        known = [(of[key], to) for of, to in places if key in of]
        if not known:
            told.append(problem("unknown-member", r, "components", key))
        elif not 0 <= p <= 1:
            told.append(problem("bad-hazard", r, "components", part))
        else:
            known[0][1][known[0][0]] = p
