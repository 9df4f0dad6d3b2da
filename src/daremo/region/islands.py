"""Which points lie on an island without a road: by the user's table, a shipped one, or the boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE
from daremo.region.readers.same_place import distance_km

#: A part of the boundary nearer to the main part than this may well have a bridge (km).
BRIDGE_KM = 1.0


@dataclass(frozen=True, slots=True)
class Island:
    """An island reached by boat: centre (degrees), radius (km), minutes on board, sailings a day, return fare (yen)."""

    island: str
    latitude: float
    longitude: float
    radius_km: float
    boat_min: float | None
    sailings_day: float | None
    fare_yen: float | None
    source: str

    def as_row(self) -> dict[str, Any]:
        """A row of the region's ``islands`` table."""
        return {n: getattr(self, n) for n in self.__slots__}


def shipped() -> list[Island]:
    """Islands of ``known_islands.csv``; boats and fares there are to be checked by the user."""
    return [
        Island(
            r["island"],
            float(r["latitude"]),
            float(r["longitude"]),
            float(r["radius_km"]),
            float(r["boat_min"]),
            float(r["sailings_day"]),
            float(r["fare_yen"]),
            f"known_islands.csv（確かさ{r['certainty']}）: {r['source']}",
        )
        for r in rows_of(PACKAGE, "known_islands")
    ]


def from_rows(rows: Sequence[dict[str, Any]]) -> list[Island]:
    """Islands of a user's table."""
    return [
        Island(
            r["island"],
            r["latitude"],
            r["longitude"],
            r["radius_km"],
            r.get("boat_min"),
            r.get("sailings_day"),
            r.get("fare_yen"),
            r.get("source") or "",
        )
        for r in rows
    ]


def island_at(latitude: float, longitude: float, users: Sequence[Island], known: Sequence[Island]) -> Island | None:
    """The island a point (degrees) lies on, or None. The user's rows win; of several the nearest in radii."""
    for listed in (users, known):
        near = [
            (distance_km(latitude, longitude, i.latitude, i.longitude) / max(i.radius_km, 1e-9), i.island, i)
            for i in listed
        ]
        inside = [x for x in near if x[0] <= 1.0]
        if inside:
            return min(inside, key=lambda x: x[:2])[2]
    return None


def boundary_parts(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Separate pieces of land of a boundary, largest first."""
    whole = shapely.union_all([s if s.is_valid else shapely.make_valid(s) for s in shapes])
    parts = [g for g in shapely.get_parts(whole) if g.geom_type == "Polygon"]
    return sorted(parts, key=lambda g: (-g.area, g.bounds))


def part_of(parts: Sequence[BaseGeometry], latitude: float, longitude: float) -> int | None:
    """Index of the piece of land that holds a point (degrees), or None."""
    p = shapely.Point(longitude, latitude)
    return next((i for i, g in enumerate(parts) if g.covers(p)), None)


def gap_km(a: BaseGeometry, b: BaseGeometry) -> float:
    """Width of the water between two pieces of land (km), measured between their nearest points."""
    p, q = shapely.get_coordinates(shapely.shortest_line(a, b))
    return distance_km(p[1], p[0], q[1], q[0])
