"""Where the areas of a region lie on a sheet: Voronoi cells of the area points, cut to where people live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
#: Width of every map's own coordinate system; letters never scale with it.
WIDTH = 600.0
#: Above this many areas cells of one class are drawn as one shape.
MANY = 800


@dataclass(frozen=True, slots=True)
class Sheet:
    """A map sheet.

    Attributes
    ----------
    cells : tuple of shapely geometry
        One a area, in sheet units (x right, y down), in the order of the areas.
    land : shapely geometry
        Where people live, all groups together.
    x, y : ndarray, shape (areas,), sheet units
    height : float
        Height of the sheet; its width is `WIDTH`.
    units_km : float
        Sheet units of one kilometre.
    moved : frozenset of str
        Islands drawn nearer than they lie.
    """

    cells: tuple[BaseGeometry, ...]
    land: BaseGeometry
    x: Floats
    y: Floats
    height: float
    units_km: float
    moved: frozenset[str]
    frame: tuple[float, float, float, float]  # latitude and longitude of the origin, left and top in km

    def at(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Sheet position of a point on the mainland."""
        lat0, lon0, left, top = self.frame
        x_km, y_km = local_km(np.array([latitude]), np.array([longitude]), lat0, lon0)
        return float((x_km[0] - left) * self.units_km), float((top - y_km[0]) * self.units_km)


def local_km(latitude: Floats, longitude: Floats, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """East and north of (lat0, lon0) in km, local equirectangular (good to 0.1 % within 100 km)."""
    return (longitude - lon0) * 111.32 * math.cos(math.radians(lat0)), (latitude - lat0) * 110.95


def sheet(latitude: Sequence[float], longitude: Sequence[float], islands: Sequence[str]) -> Sheet:
    """Lay out a map sheet for these area points.

    Parameters
    ----------
    latitude, longitude : sequence of float, degree
    islands : sequence of str
        Name of each area's island, ``""`` on the mainland; groups never share land.
    """
    lat, lon = np.asarray(latitude, float), np.asarray(longitude, float)
    group = np.array([i or "" for i in islands], dtype=object)
    main = group == "" if (group == "").any() else np.ones(len(lat), bool)
    lat0, lon0 = float(np.median(lat[main])), float(np.median(lon[main]))
    x, y = local_km(lat, lon, lat0, lon0)
    x, y = _apart(x, y)
    moved = _nearer(x, y, group, main)
    radius = _radius_km(x, y, group)
    points = shapely.points(x, y)
    lands = {g: _land(points[group == g], radius[group == g]) for g in dict.fromkeys(group.tolist())}
    cells_km = _cells(x, y, points, group, lands, radius)
    whole = shapely.union_all(list(lands.values()))
    left, bottom, right, top = whole.bounds
    pad = 0.03 * max(right - left, top - bottom)
    left, bottom, right, top = left - pad, bottom - pad, right + pad, top + pad
    if (right - left) < (top - bottom) / 1.7:  # a tall town gets air at its sides
        extra = (top - bottom) / 1.7 - (right - left)
        left, right = left - extra / 2, right + extra / 2
    k = WIDTH / (right - left)

    def to_sheet(g: BaseGeometry) -> BaseGeometry:
        return shapely.transform(g, lambda c: np.column_stack([(c[:, 0] - left) * k, (top - c[:, 1]) * k]))

    return Sheet(
        tuple(to_sheet(c) for c in cells_km),
        to_sheet(whole),
        (x - left) * k,
        (top - y) * k,
        max(160.0, (top - bottom) * k),
        k,
        moved,
        (lat0, lon0, left, top),
    )


def _apart(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Points at the very same place moved apart by a few metres, so that each has a cell."""
    seen: dict[tuple[float, float], int] = {}
    x, y = x.copy(), y.copy()
    for i in range(len(x)):
        key = (round(x[i], 4), round(y[i], 4))
        n = seen[key] = seen.get(key, -1) + 1
        if n:
            x[i] += 0.01 * n * math.cos(2.4 * n)
            y[i] += 0.01 * n * math.sin(2.4 * n)
    return x, y


def _nearer(x: Floats, y: Floats, group: NDArray[np.object_], main: NDArray[np.bool_]) -> frozenset[str]:
    """Islands so far off that the town would shrink to a dot are moved towards it (in place)."""
    if main.all():
        return frozenset()
    reach = max(float(np.hypot(x[main], y[main]).max()), 3.0) * 1.8
    moved = set()
    for g in dict.fromkeys(group[~main].tolist()):
        at = group == g
        cx, cy = float(x[at].mean()), float(y[at].mean())
        far = math.hypot(cx, cy)
        if far > reach:
            x[at] -= cx * (1 - reach / far)
            y[at] -= cy * (1 - reach / far)
            moved.add(str(g))
    return frozenset(moved)


def _radius_km(x: Floats, y: Floats, group: NDArray[np.object_]) -> Floats:
    """How far around each point people are taken to live: about the distance to its neighbours, within limits."""
    radius = np.full(len(x), 0.6)
    for g in dict.fromkeys(group.tolist()):
        at = np.flatnonzero(group == g)
        if len(at) < 2:
            continue
        xy = np.column_stack([x[at], y[at]])
        found, _ = cKDTree(xy).query(xy, k=min(5, len(at)))
        near = np.asarray(found, float)
        radius[at] = np.maximum(0.75 * near[:, 1], 0.55 * near[:, -1])
    typical = float(np.median(radius))
    return np.asarray(np.clip(radius, 0.35 * typical, min(3.5 * typical, 3.0)), float)


def _land(points: NDArray[np.object_], radius: Floats) -> BaseGeometry:
    around = shapely.union_all(shapely.buffer(points, radius, quad_segs=4))
    left, bottom, right, top = around.bounds
    close = max(float(np.median(radius)) * 0.8, 0.05 * math.hypot(right - left, top - bottom))
    return shapely.simplify(
        around.buffer(close, quad_segs=4).buffer(-close, quad_segs=4), float(np.median(radius)) * 0.06
    )


def _cells(
    x: Floats,
    y: Floats,
    points: NDArray[np.object_],
    group: NDArray[np.object_],
    lands: dict[str, BaseGeometry],
    radius: Floats,
) -> list[BaseGeometry]:
    out: list[BaseGeometry] = [shapely.Point()] * len(x)
    for g, land in lands.items():
        at = np.flatnonzero(group == g)
        if len(at) == 1:
            out[at[0]] = land
            continue
        around = shapely.MultiPoint(points[at].tolist())
        cells = shapely.voronoi_polygons(around, extend_to=shapely.box(*land.bounds), ordered=True)
        for i, cell in zip(at, cells.geoms, strict=True):
            cut = shapely.intersection(cell, land)
            out[i] = cut if not cut.is_empty else points[i].buffer(float(radius[i]) * 0.3)
    return out


def path(shape: BaseGeometry, digits: int = 1) -> str:
    """A polygon as SVG path data with `digits` decimals, holes included; ``""`` for nothing."""
    parts: list[str] = []
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type != "Polygon" or polygon.is_empty:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = [f"{_cut(a, digits)} {_cut(b, digits)}" for a, b in ring.coords[:-1]]
            thin = [p for i, p in enumerate(points) if p != points[i - 1]]
            if len(thin) > 2:
                parts.append("M" + "L".join(thin) + "Z")
    return "".join(parts)


def _cut(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
