"""Small made-up towns for tests of the cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from daremo.region.model import Region, assemble

#: Age bands that fall whole into a life stage, youngest first; children under 5 come before them.
BANDS = ((5, 19), (20, 29), (30, 64), (65, 74), (75, 84), (85, 130))


def region_of(
    areas: Sequence[dict[str, Any]],
    people_dg: Sequence[Sequence[float]],
    *,
    places: Sequence[dict[str, Any]] = (),
    children: float = 0,
    **tables: Sequence[dict[str, Any]],
) -> Region:
    """A region from rows; a place without hours is added where there is none."""
    full = [{"name": a["area_id"], "latitude": 34.3, "longitude": 134.0, **a} for a in areas]
    people = [
        {"area_id": a["area_id"], "sex": "all", "age_from": low, "age_to": high, "people": count}
        for a, row in zip(full, people_dg, strict=True)
        for (low, high), count in zip(BANDS, row, strict=True)
    ]
    people += [{"area_id": a["area_id"], "sex": "all", "age_from": 0, "age_to": 4, "people": children} for a in full]
    some = places or [{"place_id": "hall", "help_hours_week": 0.0}]
    doors = [{"name": p["place_id"], "kind": "hall", "latitude": 34.3, "longitude": 134.0, **p} for p in some]
    frames = {t: pl.DataFrame(list(rows), infer_schema_length=None) for t, rows in tables.items() if rows}
    return assemble(
        "試験町",
        "",
        {
            "areas": pl.DataFrame(full, infer_schema_length=None),
            "people": pl.DataFrame(people),
            "places": pl.DataFrame(doors, infer_schema_length=None),
            **frames,
        },
    )


def random_town(seed: int, count: int = 12, **tables: Sequence[dict[str, Any]]) -> Region:
    """A town of `count` areas of very different sizes, two communities, three places with help."""
    rng = np.random.default_rng(seed)
    areas = [
        {
            "area_id": f"a{i:02d}",
            "latitude": float(rng.uniform(34.25, 34.35)),
            "longitude": float(rng.uniform(134.0, 134.1)),
            "community": "旧村" if i % 4 == 0 else None,
            "terrain": "hill" if i % 5 == 0 else None,
        }
        for i in range(count)
    ]
    people = rng.integers(0, rng.integers(3, 400, (count, 1)) + np.zeros((count, 6), dtype=int)).astype(float)
    places = [
        {
            "place_id": f"p{i}",
            "latitude": float(rng.uniform(34.25, 34.35)),
            "longitude": float(rng.uniform(134.0, 134.1)),
            "help_hours_week": float(i + 1),
        }
        for i in range(3)
    ]
    return region_of(areas, people.tolist(), places=places, children=7, **tables)
