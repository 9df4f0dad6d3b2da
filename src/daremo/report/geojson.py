"""Map data: area cells and the plan's points, with keys that are the same in every language (RFC 7946)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

from daremo.report.facts import Facts
from daremo.report.words import REASONS

_AREA = (
    "area_id",
    "name",
    "community",
    "island",
    "people",
    "share",
    "main_reason",
    "access_min",
    "access_before_min",
    "access_after_min",
    "suppressed",
)
_POINT = (
    "number",
    "place_id",
    "name",
    "kind",
    "hours_week",
    "hours_year",
    "series",
    "days_year",
    "visits",
    "people_reached",
    "people_freed",
    "cost_yen",
    "learners_per_slot",
    "learners_per_slot_interval",
)


def collection(f: Facts) -> dict[str, Any]:
    """Every area as a polygon (a sketch from its point) and every sited action as a point, WGS84."""
    return {"type": "FeatureCollection", "features": [*_areas(f), *_points(f)]}


def _areas(f: Facts) -> list[dict[str, Any]]:
    s = f.sheet
    lat0, lon0, left, top = s.frame
    wide = 111.32 * math.cos(math.radians(lat0))
    out = []
    for row, cell in zip(f.areas, s.cells, strict=True):
        east = north = 0.0
        if row["island"] in s.moved:  # back to where it lies
            x, y = f.sheet.at(float(row["latitude"]), float(row["longitude"]))
            i = f.areas.index(row)
            east, north = (x - float(s.x[i])) / s.units_km, (float(s.y[i]) - y) / s.units_km

        def degrees(c: Any, east: float = east, north: float = north) -> Any:
            x_km, y_km = left + c[:, 0] / s.units_km + east, top - c[:, 1] / s.units_km + north
            return np.column_stack([np.round(lon0 + x_km / wide, 6), np.round(lat0 + y_km / 110.95, 6)])

        shape = shapely.orient_polygons(shapely.transform(cell, degrees), exterior_cw=False)
        left_behind = row["left_behind"]
        properties = {"kind": "area", **{k: row[k] for k in _AREA if k in row}}
        properties |= {f"left_behind_{k}": left_behind.get(k) for k in ("mean", "low", "high")}
        properties |= {f"reason_{r}_share": (row.get("reasons") or {}).get(r) for r in REASONS}
        if "freed" in row:
            properties["people_freed"] = None if row["freed"] is None else round(float(row["freed"]), 1)
        geometry = shapely.geometry.mapping(shape)
        out.append(
            {
                "type": "Feature",
                "id": str(row["area_id"]),
                "geometry": {"type": geometry["type"], "coordinates": geometry["coordinates"]},
                "properties": properties,
            }
        )
    return out


def _points(f: Facts) -> list[dict[str, Any]]:
    out = []
    for p in f.points:
        if p.get("latitude") is None or p.get("longitude") is None:
            continue
        out.append(
            {
                "type": "Feature",
                "id": f"{p.get('kind')}:{p.get('place_id')}",
                "geometry": {
                    "type": "Point",
                    "coordinates": [round(float(p["longitude"]), 6), round(float(p["latitude"]), 6)],
                },
                "properties": {k: p[k] for k in _POINT if k in p},
            }
        )
    return out
