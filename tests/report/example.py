"""A small town with a gap and a plan in the documented form: an island, a hill village, a district too small to show."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from daremo.region.model import Region, assemble

REASONS = ("reach", "skill", "service", "trust", "connection")
#: The withheld district and the figures that must never leave the house.
SECRET_ID, SECRET = "a07", {"people": 7.0, "left_before": 5.4321, "freed": 1.2345, "left_after": 4.1976}


def town(areas: int = 40) -> Region:
    """`areas` districts: all but three on the plain, then a hill village and two on an island."""
    rows, people = [], []
    for i in range(areas):
        island = "みほん島" if areas > 5 and i >= areas - 2 else None
        hill = areas > 5 and i == areas - 3
        lat = 34.50 if island else 34.20 if hill else 34.30 + 0.012 * (i // 7)
        lon = 134.05 + 0.004 * (i % 3) if island or hill else 134.00 + 0.014 * (i % 7) + 0.003 * math.sin(i)
        rows.append(
            {
                "area_id": f"a{i:02d}",
                "name": f"見本町{i + 1}丁目",
                "community": island or ("山の村" if hill else None),
                "latitude": lat,
                "longitude": lon,
                "island": island,
            }
        )
        people += [
            {"area_id": f"a{i:02d}", "sex": "all", "age_from": a, "age_to": b, "people": 120.0}
            for a, b in ((5, 64), (65, 130))
        ]
    places = [
        {
            "place_id": f"p{i}",
            "name": f"見本{i}コミュニティセンター",
            "kind": "community_centre",
            "latitude": 34.30 + 0.02 * i,
            "longitude": 134.02,
        }
        for i in range(4)
    ]
    sources = (
        {
            "file": "population.csv",
            "kind": "people",
            "title": "見本市の人口",
            "owner": "見本市",
            "licence": "CC BY 4.0",
            "date": "2026-01-01",
            "rows_used": areas,
            "rows_rejected": 0,
            "sha256": "0" * 64,
        },
    )
    return assemble(
        "見本市",
        "",
        {
            "areas": pl.DataFrame(rows, infer_schema_length=None),
            "people": pl.DataFrame(people),
            "places": pl.DataFrame(places),
        },
        sources,
    )


def _area(i: int, row: dict[str, Any], areas: int) -> dict[str, Any]:
    secret = row["area_id"] == SECRET_ID and areas > 7
    share = 0.2 + 0.3 * i / areas
    top = REASONS[i % 5]
    return {
        "area_id": row["area_id"],
        "name": row["name"],
        "community": row["community"] or "",
        "island": row["island"] or "",
        "people": None if secret else 240,
        "left_behind": dict.fromkeys(("mean", "low", "high"))
        if secret
        else {"mean": 240 * share, "low": 200 * share, "high": 290 * share},
        "share": None if secret else round(share, 2),
        "main_reason": None if secret else top,
        "reasons": {r: None if secret else 0.4 if r == top else 0.15 for r in REASONS},
        "access_mode": "walk",
        "access_min": 5.0 + i,
        "suppressed": secret,
    }


def gap_of(region: Region) -> dict[str, Any]:
    rows = list(region.areas.iter_rows(named=True))
    n = len(rows)
    stages = [("school", 0.1), ("youth", 0.1), ("working", 0.2), ("65-74", 0.4), ("75-84", 0.6), ("85+", 0.8)]
    return {
        "people": 240.0 * n,
        "people_outside": 9.0 * n,
        "left_behind": {"mean": 84.3 * n, "low": 70.2 * n, "high": 99.9 * n},
        "reasons": {"reach": 0.13, "skill": 0.42, "service": 0.15, "trust": 0.22, "connection": 0.08},
        "reasons_people": dict.fromkeys(REASONS, 10.0),
        "stages": [
            {
                "stage": s,
                "people": 40.0 * n,
                "left_behind": {"mean": 40 * n * x, "low": 35 * n * x, "high": 46 * n * x},
                "reasons": {"reach": 0.1, "skill": 0.5, "service": 0.2, "trust": 0.15, "connection": 0.05},
                "suppressed": False,
            }
            for s, x in stages
        ],
        "areas": [_area(i, r, n) for i, r in enumerate(rows)],
        "sensitivity": [
            {"copula_strength": 0.0, "left_behind": 90.0 * n},
            {"copula_strength": 2.0, "left_behind": 70.0 * n},
        ],
        "assumptions": [
            {
                "key": "uptake_share",
                "life_stage": "65+",
                "value": 0.03,
                "low": 0.01,
                "high": 0.08,
                "unit": "share a year",
                "year": "2026",
                "source": "no published figure found",
                "certainty": "E",
                "note": "",
                "ja": "相談に来る割合",
            },
            {
                "key": "walk_speed",
                "life_stage": "all",
                "value": 4.0,
                "low": 3.0,
                "high": 5.0,
                "unit": "km/h",
                "year": "2020",
                "source": "survey",
                "certainty": "A",
                "note": "",
                "ja": "歩く速さ",
            },
        ],
        "sources": list(region.sources),
        "notes": ["5歳未満は数えていません。"],
        "seed": 1,
        "draws": 100,
        "region": {"name": region.name, "code": "", "digest": region.digest},
    }


def plan_of(region: Region) -> dict[str, Any]:
    rows = list(region.areas.iter_rows(named=True))
    n = len(rows)
    hidden = {SECRET_ID} if n > 7 else set()
    actions = [
        _action("point:p0", "point", "見本0コミュニティセンター", "p0", 400, 1_440_000, 52.0, [42.0, 63.0]),
        _action("class:p1", "class", "見本1コミュニティセンター", "p1", 6, 960_000, 42.0, [31.0, 54.0]),
        _action("round:p2", "round", "見本2コミュニティセンター", "p2", 24, 1_680_000, 31.0, [23.0, 40.0]),
        _action("phone", "phone", "電話での相談・みほん島", "", 12, 84_000, 0.04, [0.02, 0.09]),
    ]
    points = [
        {
            "number": i + 1,
            "place_id": a["place_id"],
            "name": a["name"],
            "kind": a["kind"],
            "latitude": 34.30 + 0.02 * i,
            "longitude": 134.02,
            "hours_week": 8.0,
            "hours_year": 400.0,
            "series": 6 if a["kind"] == "class" else 0,
            "days_year": 24 if a["kind"] == "round" else 0,
            "visits": 300.0,
            "people_reached": 80.0,
            "people_freed": a["people_freed"],
            "cost_yen": a["cost_yen"],
            "learners_per_slot": 2.4,
            "learners_per_slot_interval": [1.1, 4.0],
            "turned_away_share": 0.01,
            "areas": [],
        }
        for i, a in enumerate(actions[:3])
    ]
    return {
        "daremo_plan": 1,
        "region": {"name": region.name, "code": "", "digest": region.digest, "path": "town"},
        "budget_yen": 4_200_000,
        "cost_yen": 4_164_000,
        "fair": 0.5,
        "seed": 1,
        "draws": 100,
        "people": 240.0 * n,
        "people_left_behind": 84.3 * n,
        "people_left_behind_interval": [70.2 * n, 99.9 * n],
        "people_freed": 125.04,
        "people_freed_interval": [96.0, 157.0],
        "people_freed_bound": 125.9,
        "people_freed_sited": 125.0,
        "gap_share": 0.0069,
        "gap_share_sited": 0.0069,
        "next_million": {"people": 12.2, "yen_per_person": 81_967.0},
        "frontier": [
            {"budget_yen": b, "people_freed": y, "people_freed_bound": y * 1.01}
            for b, y in ((1_000_000, 50.0), (2_000_000, 84.0), (4_200_000, 125.04), (6_000_000, 140.0))
        ],
        "actions": actions,
        "points": points,
        "timetable": [
            {
                "weekday": d,
                "start": "10:00",
                "end": "12:00",
                "place_id": "p0",
                "name": "見本0コミュニティセンター",
                "every_weeks": e,
            }
            for d, e in (("月", 1), ("木", 2))
        ],
        "not_chosen": [
            {
                "place_id": f"p{i}",
                "name": f"見本{i}コミュニティセンター",
                "kind": "point",
                "cost_yen": 1_440_000,
                "change_people": -3.8 - i,
                "why": "来る人の56%が重なります。",
            }
            for i in range(20)
        ],
        "flips": [
            _flip("uptake_share", "相談に来る割合", 80.0, 190.0, False, 1),
            _flip("cost_desk_hour_yen", "窓口の費用", 124.0, 110.0, True, 2),
        ],
        "unserved_areas": [
            {
                "area_id": r["area_id"],
                "name": r["name"],
                "community": r["community"] or "",
                "people": SECRET["people"],
                "left_behind": 5.4321,
                "why": "通える範囲に開く場所がありません。",
            }
            for r in rows[5:9]
        ],
        "communities": [
            {"name": "みほん島", "need": 33.0, "helped": 4.0, "share": 0.12},
            {"name": "そのほかの市域", "need": 900.0, "helped": 90.0, "share": 0.1},
        ],
        "areas": [
            {
                "area_id": r["area_id"],
                "name": r["name"],
                "access_before_min": 45.0 - i,
                "access_after_min": 20.0 - i / 4,
                **(SECRET if r["area_id"] in hidden else {"left_before": 80.0, "freed": 3.1, "left_after": 76.9}),
                "suppressed": r["area_id"] in hidden,
            }
            for i, r in enumerate(rows)
        ],
        "overlap": {"product": 119.0, "package": 125.04, "smallest_coverage": 133.0},
        "assumptions": [],
        "sources": list(region.sources),
        "notes": [],
        "certificate": {},
        "digest": "f" * 64,
    }


def empty_plan(region: Region) -> dict[str, Any]:
    """A plan whose budget buys nothing."""
    full = plan_of(region)
    nothing: dict[str, Any] = {
        k: [] for k in ("actions", "points", "timetable", "not_chosen", "flips", "frontier", "communities")
    }
    zero = {
        "cost_yen": 0,
        "people_freed": 0.0,
        "people_freed_interval": [0.0, 0.0],
        "people_freed_bound": 0.0,
        "people_freed_sited": 0.0,
        "gap_share": 0.0,
        "gap_share_sited": 0.0,
        "next_million": {"people": 0.0, "yen_per_person": None},
        "overlap": {"product": 0.0, "package": 0.0, "smallest_coverage": 0.0},
    }
    return {**full, **nothing, **zero}


def _action(
    key: str, kind: str, name: str, place: str, units: int, cost: int, freed: float, span: list[float]
) -> dict[str, Any]:
    return {
        "action_id": key,
        "kind": kind,
        "name": name,
        "owner": "town",
        "measure": 1,
        "barrier": "skill",
        "place_id": place,
        "units": units,
        "unit": "時間",
        "cost_yen": cost,
        "people_reached": 80.0,
        "people_freed": freed,
        "people_freed_interval": span,
        "leave_one_out": freed * 0.9,
        "alone": freed * 1.1,
        "why": "1年に約80人が来られます。",
    }


def _flip(key: str, ja: str, low: float, high: float, stays: bool, rank: int) -> dict[str, Any]:
    return {
        "key": key,
        "ja": ja,
        "life_stage": "all",
        "value": 0.03,
        "low": 0.01,
        "high": 0.08,
        "certainty": "E",
        "freed_at_low": low,
        "freed_at_high": high,
        "best_at_low": low + 3,
        "best_at_high": high + 3,
        "regret": 3.0,
        "stays_best": stays,
        "rank": rank,
    }
