"""The sample town's tables other than districts and people: places, lines, services, survey and the rest."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE

SOURCE = "見本データ（架空の町）"
DATE = "2026-01-01"
#: Degrees in one kilometre, north and east.
NORTH_KM, EAST_KM = 1 / 110.95, 1 / 92.2
BARRIERS = ("skill", "service", "trust", "connection")
Row = dict[str, Any]


def rest_of_tables(
    areas: pl.DataFrame, zones: Sequence[str], families: Sequence[str], people: int, rng: np.random.Generator
) -> dict[str, list[Row]]:
    """Every table but areas and people, as rows; the order of draws is fixed, so the same seed gives the same rows."""
    return {
        "places": _places(areas, zones, families, rng),
        "lines": _lines(areas, zones, rng),
        "services": _services(rng),
        "organisations": _organisations(),
        "survey": _survey(areas, people, rng),
        "hazards": _hazards(areas, zones, rng),
        "backbone": _backbone(areas),
        "islands": _islands(areas),
        "events": _events(areas),
        "actions": [dict(r) | {"source": "打ち手のひな形"} for r in rows_of(PACKAGE, "sample_actions")],
    }


def _spread(among: Sequence[int], count: int, xy_dk: NDArray[np.float64], first: int) -> list[int]:
    """`count` of the districts `among`, as far from each other as can be, from the one at position `first` on."""
    left = list(among)
    if not left or count <= 0:
        return []
    chosen = [left.pop(first % len(left))]
    away = np.hypot(*(xy_dk - xy_dk[chosen[0]]).T)
    while left and len(chosen) < count:
        best = max(left, key=lambda d: (round(float(away[d]), 6), -d))
        left.remove(best)
        chosen.append(best)
        away = np.minimum(away, np.hypot(*(xy_dk - xy_dk[best]).T))
    return chosen


def _places(areas: pl.DataFrame, zones: Sequence[str], families: Sequence[str], rng: np.random.Generator) -> list[Row]:
    count = len(zones)
    xy_dk = np.stack([areas["longitude"].to_numpy() / EAST_KM, areas["latitude"].to_numpy() / NORTH_KM], axis=1)
    people_d = areas["people_stated"].to_numpy()
    every = list(range(count))
    by_zone = {z: [d for d in every if zones[d] == z] for z in ("centre", "plain", "new", "hill", "island")}
    low = [d for d in every if zones[d] in ("centre", "plain", "new")]
    among = {
        "centre": by_zone["centre"],
        "plain": low,
        "outer": by_zone["plain"] + by_zone["hill"] + by_zone["island"],
        "hill": by_zone["hill"],
        "spread": every,
        "shops": [d for d in low if people_d[d] >= np.median(people_d)] or low,
    }
    sited: list[tuple[Row, int, str]] = []
    for r in rows_of(PACKAGE, "sample_places"):
        wanted = max(int(r["least"]), round(int(r["count"]) * count / 120))
        if "{area}" not in r["name"]:
            wanted = min(wanted, 1)
        start = int(rng.integers(1_000_000)) if r["where"] not in ("outer", "hill") else 1
        sited += [(dict(r), d, families[d]) for d in _spread(among[r["where"]], wanted, xy_dk, start)]
    sited += _school_districts(by_zone, families, xy_dk, count)
    named = _stated_hours(_named_once(sited))
    return [_place(i, row, areas.row(d, named=True), rng) for i, (row, d, _) in enumerate(named)]


def _school_districts(
    by_zone: dict[str, list[int]], families: Sequence[str], xy_dk: NDArray[np.float64], count: int
) -> list[tuple[Row, int, str]]:
    """A community centre and a primary school in each school district, a middle school in every third."""
    low = by_zone["centre"] + by_zone["plain"] + by_zone["new"]
    seats = _spread(low, max(2, round(count / 11)), xy_dk, 0)
    seats += _spread(by_zone["hill"], max(1, round(count / 60)), xy_dk, 0)
    seats += _spread(by_zone["island"], 2 if len(by_zone["island"]) > 1 else 1, xy_dk, 0)
    centre = {
        "kind": "community_centre",
        "name": "{area}コミュニティセンター",
        "opening_hours": "Tu-Su 09:00-22:00",
        "rooms_low": "2",
        "rooms_high": "5",
        "step_free": "often",
        "organisation": "コミュニティ協議会",
        "help_hours_week": "",
    }
    school = centre | {
        "kind": "school",
        "name": "みほん市立{area}小学校",
        "opening_hours": "Sa-Su 09:00-17:00; PH off",
        "step_free": "seldom",
        "organisation": "みほん市教育委員会",
    }
    middle = school | {"name": "みほん市立{area}中学校"}
    out: list[tuple[Row, int, str]] = []
    for i, d in enumerate(seats):
        out += [(centre, d, families[d]), (school, d, families[d])]
        out += [(middle, d, families[d])] if i % 3 == 0 else []
    return out


def _named_once(sited: list[tuple[Row, int, str]]) -> list[tuple[Row, int, str]]:
    """The same with names filled in, the family's name shortened as signs do; a second one of a name is number 2."""
    seen: dict[str, int] = {}
    out = []
    for row, d, family in sited:
        short = family.replace("町", "") if len(family) > 2 else family
        name = row["name"].replace("{area}", short).replace("みほんみほん", "みほん")
        seen[name] = seen.get(name, 0) + 1
        out.append((row | {"name": name if seen[name] == 1 else f"{name}第{seen[name]}"}, d, family))
    return out


def _place(i: int, row: Row, area: Row, rng: np.random.Generator) -> Row:
    reach_km = 0.12 if area["island"] else 0.22
    luck = rng.random(5)
    chance = {"yes": 1.0, "often": 0.75, "seldom": 0.3}[row["step_free"]]
    step_free = None if luck[0] < 0.2 and chance < 1 else bool(luck[1] < chance)
    low, high = int(row["rooms_low"]), int(row["rooms_high"])
    hours = row["opening_hours"] or None
    if area["island"] and row["kind"] in ("post_office", "medical"):
        hours = "Mo-Fr 09:00-15:00; PH off" if row["kind"] == "post_office" else "Tu,Th 10:00-15:00; PH off"
    return {
        "place_id": f"p{i + 1:03d}",
        "name": row["name"],
        "kind": row["kind"],
        "latitude": round(area["latitude"] + (luck[2] - 0.5) * 2 * reach_km * NORTH_KM, 6),
        "longitude": round(area["longitude"] + (luck[3] - 0.5) * 2 * reach_km * EAST_KM, 6),
        "address": f"見本県みほん市{area['name']}{1 + i % 40}番地",
        "island": area["island"],
        # 000 is no area code: nobody's telephone rings
        "phone": f"000-{100 + i // 10:03d}-{1000 + 37 * i % 9000:04d}",
        "opening_hours": hours,
        "rooms": low + int(luck[4] * (high - low + 1)),
        "step_free": step_free,
        "candidate": None,
        "help_hours_week": float(row["help_hours_week"]) if row["help_hours_week"] else None,
        "cost_hour_yen": None,
        "organisation": row["organisation"] or None,
        "source": SOURCE,
        "source_row": i + 2,
    }


def _stated_hours(sited: list[tuple[Row, int, str]]) -> list[tuple[Row, int, str]]:
    """The same with help hours stated at two places of a kind at most; elsewhere the prior of the kind is used."""
    seen: dict[str, int] = {}
    out = []
    for row, d, family in sited:
        seen[row["kind"]] = seen.get(row["kind"], 0) + 1
        out.append((row if seen[row["kind"]] <= 2 else row | {"help_hours_week": ""}, d, family))
    return out


def _lines(areas: pl.DataFrame, zones: Sequence[str], rng: np.random.Generator) -> list[Row]:
    # zone: coverage of fibre, 4G, 5G; download of fibre (Mbit/s)
    known = {
        "centre": (0.99, 1.0, 0.95, 320.0),
        "new": (0.995, 1.0, 0.8, 340.0),
        "plain": (0.97, 0.999, 0.55, 280.0),
        "hill": (0.82, 0.93, 0.04, 160.0),
        "island": (0.6, 0.9, 0.0, 90.0),
    }
    out = []
    for area_id, name, zone in zip(areas["area_id"], areas["name"], zones, strict=True):
        fibre, lte, five, down = known[zone]
        luck = rng.random(4)
        far = zone in ("hill", "island")
        offers = [
            ("fibre", 0.0 if name == "小島" else fibre - 0.12 * luck[0] * far, down, 0.8, 4950),
            ("4g", lte - 0.05 * luck[1] * far, 45.0 if zone != "hill" else 22.0, 0.3, 2980),
            ("5g", five * (0.6 + 0.4 * luck[2]), 210.0, 0.2, 4480),
        ]
        if name == "小島":
            offers.append(("satellite", 1.0, 110.0, 0.15, 6600))
        out += [
            {
                "area_id": area_id,
                "technology": tech,
                "coverage_share": round(share, 3),
                "down_mbps": round(mbps * (0.85 + 0.3 * luck[3]), 1),
                "up_mbps": round(mbps * up, 1),
                "price_yen_month": yen,
                "confidence": 0.8 if tech == "fibre" else 0.5,
                "date": DATE,
                "source": "見本の調査（架空）" if tech == "fibre" else "見本の事業者の公表（架空）",
            }
            for tech, share, mbps, up, yen in offers
        ]
    return out


def _services(rng: np.random.Generator) -> list[Row]:
    rows = rows_of(PACKAGE, "sample_services")
    return [
        {k: v for k, v in r.items() if k != "success"}
        | {"succeeded": _drawn(int(r["tried"]), float(r["success"]), rng), "source": "見本の使いやすさ調べ（架空）"}
        for r in rows
    ]


def _drawn(tries: int, chance: float, rng: np.random.Generator) -> int:
    """Successes in `tries`, one uniform draw each: the same on every machine, unlike a library's binomial shortcut."""
    return int((rng.random(tries) < chance).sum())


def _organisations() -> list[Row]:
    known = (
        ("みほん市", "town"),
        ("見本県", "prefecture"),
        ("国の窓口サイト", "nation"),
        ("みほん携帯", "shop"),
        ("郵便局", "post"),
        ("みほん大学", "school"),
        ("みほん市社会福祉協議会", "npo"),
        ("みほんデジタルの会", "npo"),
        ("みほん回線", "company"),
    )
    return [
        {"organisation_id": f"o{i + 1}", "name": name, "kind": kind, "corporate_number": None}
        for i, (name, kind) in enumerate(known)
    ]


def _survey(areas: pl.DataFrame, people: int, rng: np.random.Generator) -> list[Row]:
    """Answers for the whole town, and for an island, a former town and a new quarter where there are any."""
    asked = min(1_600, max(60, people // 30))
    where: list[tuple[str | None, float, float]] = [(None, 1.0, 0.0)]
    first = areas.group_by("community", maintain_order=True).first().filter(pl.col("community").is_not_null())
    where += [(a, 0.06, 0.08) for a in first["area_id"].to_list()]
    out = []
    for area, share, worse in where:
        for r in rows_of(PACKAGE, "sample_survey"):
            if area and r["life_stage"] not in ("65-74", "75-84", "85+"):
                continue
            answers = max(3, round(asked * float(r["weight"]) * share))
            out += [
                {
                    "area_id": area,
                    "life_stage": r["life_stage"],
                    "barrier": b,
                    "answers": answers,
                    "has_barrier": _drawn(answers, min(float(r[b]) + worse, 0.95), rng),
                    "date": "2025-10-01",
                    "source": "見本の住民アンケート（架空）",
                }
                for b in BARRIERS
            ]
    return out


def _hazards(areas: pl.DataFrame, zones: Sequence[str], rng: np.random.Generator) -> list[Row]:
    highest = float(areas.filter(pl.Series(zones) != "island")["latitude"].max())  # type: ignore[arg-type]
    out = []
    for area_id, latitude, zone in zip(areas["area_id"], areas["latitude"], zones, strict=True):
        found = [("earthquake", 0.01)]
        by_sea = zone == "island" or latitude > highest - 1.2 * NORTH_KM
        found += [("tsunami", 0.003), ("storm_surge", 0.02)] if by_sea else []
        found += [("landslide", 0.02)] if zone in ("hill", "island") else []
        found += [("flood", 0.01)] if zone in ("centre", "plain") and rng.random() < 0.3 else []
        out += [
            {"area_id": area_id, "hazard": h, "probability_year": p, "source": "見本の想定（架空）"} for h, p in found
        ]
    return out


def _backbone(areas: pl.DataFrame) -> list[Row]:
    links = [
        ("見本県庁局", "みほん局", 200, 62, 41.0),
        ("見本県庁局", "みほん東局", 100, 30, 47.0),
        ("みほん局", "みほん東局", 100, 18, 6.5),
        ("みほん局", "みほん西局", 100, 21, 6.0),
        ("みほん局", "山中局", 10, 3, 12.0),
    ]
    if areas["island"].is_not_null().any():
        links.append(("みほん局", "みほん島局", 10, 1, 6.0))
    return [
        {
            "link_id": f"b{i + 1}",
            "from_node": a,
            "to_node": b,
            "capacity_gbps": cap,
            "demand_gbps": use,
            "length_km": km,
            "source": "見本の回線図（架空）",
        }
        for i, (a, b, cap, use, km) in enumerate(links)
    ]


def _islands(areas: pl.DataFrame) -> list[Row]:
    boats = {"みほん島": (25, 6, 1020), "小島": (40, 3, 1340)}
    points = (
        areas.filter(pl.col("island").is_not_null())
        .group_by("island", maintain_order=True)
        .agg(pl.col("latitude").mean().round(6), pl.col("longitude").mean().round(6))
    )
    return [
        {
            "island": name,
            "latitude": latitude,
            "longitude": longitude,
            "radius_km": 1.8 if name == "みほん島" else 1.2,
            "boat_min": boats[name][0],
            "sailings_day": boats[name][1],
            "fare_yen": boats[name][2],
            "source": "見本の時刻表（架空）",
        }
        for name, latitude, longitude in points.iter_rows()
    ]


def _events(areas: pl.DataFrame) -> list[Row]:
    known = (
        ("スマホなんでも相談会", "2026-02-18", "10:00", "12:00"),
        ("健康まつり", "2026-03-08", "09:30", "15:00"),
        ("確定申告の相談会", "2026-02-24", "09:00", "16:00"),
        ("みほん港まつり", "2026-07-25", "16:00", "21:00"),
        ("山中町ふるさと市", "2026-11-03", "09:00", "14:00"),
        ("防災訓練", "2026-09-06", "08:30", "11:30"),
    )
    out = []
    for i, (name, day, start, end) in enumerate(known):
        area = areas.row((i * 17) % areas.height, named=True)
        date = datetime.date.fromisoformat(day)
        out.append(
            {
                "event_id": f"e{i + 1}",
                "name": name,
                "place_name": f"{area['name']}の広場",
                "latitude": area["latitude"],
                "longitude": area["longitude"],
                "date_text": f"{date.month}月{date.day}日（{'月火水木金土日'[date.weekday()]}）",
                "start_date": day,
                "start_time": start,
                "end_time": end,
                "source": SOURCE,
                "source_row": i + 2,
            }
        )
    return out
