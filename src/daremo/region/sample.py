"""A made-up town, みほん市 in 見本県: every table filled, the same bytes for the same seed.

Nothing in it is real. The town lies on open water of the Seto Inland Sea, so that no real place can be mistaken for
it, and prefecture number 48 does not exist. Shares and counts are round values chosen to look like a Japanese town of
its size; they are no findings about any.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE, Region, assemble
from daremo.region.sample_tables import rest_of_tables

NAME, CODE = "みほん市", "482013"
SOURCE = "見本データ（架空の町）"
#: Town centre (degrees), on open water; kilometres per degree there.
ORIGIN = (34.11, 133.33)
KM_PER_DEGREE = (110.95, 92.2)
#: zone: relative size of a district, share aged 65+ (low, high), people a household, radius (km), terrain
ZONES: dict[str, tuple[float, float, float, float, float, str]] = {
    "centre": (1.15, 0.27, 0.33, 1.95, 0.25, "plain"),
    "plain": (1.05, 0.26, 0.33, 2.35, 0.5, "plain"),
    "new": (1.25, 0.235, 0.255, 2.6, 0.35, "plain"),
    "hill": (0.22, 0.44, 0.58, 2.05, 1.2, "hill"),
    "island": (0.2, 0.5, 0.58, 1.8, 0.5, "island"),
}
GOLDEN = 0.6180339887498949
WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Ground:
    """Districts before anybody lives there: names, zones and points (km east and north of the centre)."""

    names: list[str]
    families: list[str]
    zones: list[str]
    communities: list[str | None]
    islands: list[str | None]
    east_north_dx: NDArray[np.float64]


def sample_town(people: int = 60_000, seed: int = 1) -> Region:
    """The sample town with exactly `people` residents.

    Parameters
    ----------
    people : int
        Residents, 50 to 2,000,000; 60,000 gives 120 districts and about 110 places, fewer people give fewer.
    seed : int
        The same number gives the same bytes.

    Raises
    ------
    UsageError
        Where `people` or `seed` is out of range.
    """
    if not 50 <= people <= 2_000_000:
        raise UsageError(
            "sample-size", f"人数{people}人の見本の町は作れません", "50人から200万人までの数にしてください", "people"
        )
    if seed < 0:
        raise UsageError("sample-seed", f"種の数{seed}は使えません", "0以上の整数にしてください", "seed")
    rng = np.random.default_rng(seed)
    count = int(np.clip(round(120 * (people / 60_000) ** 0.6), 6, 700))
    ground = _ground(count, rng)
    areas, residents = _people(ground, people, rng)
    tables: dict[str, pl.DataFrame | list[dict[str, Any]]] = {"areas": areas, "people": residents}
    tables |= rest_of_tables(areas, ground.zones, ground.families, people, rng)
    frames = {
        t: rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, infer_schema_length=None)
        for t, rows in tables.items()
    }
    source = {
        "file": SOURCE,
        "kind": "sample",
        "title": f"{NAME}の見本データ",
        "owner": "daremo",
        "licence": "CC0-1.0",
        "date": "2026-01-01",
        "rows_used": sum(f.height for f in frames.values()),
        "rows_rejected": 0,
        "sha256": "",
    }
    note = f"{NAME}は架空の町です。人数・割合・場所はすべて作りものです。"
    return assemble(NAME, CODE, frames, (source,), (note,))


def degrees(east_km: float, north_km: float) -> tuple[float, float]:
    """Latitude and longitude of a point given in kilometres from the town centre, to a tenth of a metre."""
    return round(ORIGIN[0] + north_km / KM_PER_DEGREE[0], 6), round(ORIGIN[1] + east_km / KM_PER_DEGREE[1], 6)


def _zone_counts(count: int) -> dict[str, int]:
    small = {
        "centre": max(1, round(0.25 * count)),
        "new": round(0.1 * count),
        "hill": max(1, round(0.13 * count)),
        "island": 3 if count >= 15 else 1,
    }
    counts = {"plain": count - sum(small.values())} | small
    return {zone: counts[zone] for zone in ZONES}


def _names(zone: str, count: int) -> list[tuple[str, str]]:
    """(family, district name) of a zone's first `count` districts; further ones get a direction in front."""
    out: list[tuple[str, str]] = []
    listed = [r for r in rows_of(PACKAGE, "sample_names") if r["zone"] == zone]
    for direction in ("", "東", "西", "南", "北", "上", "下", "中", "新", "奥", "前"):
        for r in listed:
            chome = int(r["chome"])
            family = direction + r["name"]
            if zone == "hill" and direction:
                # "山中町" + "東" + "本郷": the former town's name stays in front
                town, rest = r["name"][:3], r["name"][3:]
                family = town + direction + rest
            numbers = [f"{k + 1}丁目".translate(WIDE_DIGITS) for k in range(chome)] if chome > 1 else [""]
            out += [(family, family + number) for number in numbers]
    return out[:count]


def _ground(count: int, rng: np.random.Generator) -> Ground:
    radius = 6.5 * (count / 120) ** 0.3
    names: list[str] = []
    families: list[str] = []
    zones: list[str] = []
    points: list[tuple[float, float]] = []
    for zone, wanted in _zone_counts(count).items():
        chosen = _names(zone, wanted)
        groups = [(f, [n for _, n in g]) for f, g in itertools.groupby(chosen, key=lambda fn: fn[0])]
        for i, (family, members) in enumerate(groups):
            east, north = _family_point(zone, i, len(groups), radius, family)
            step = 0.24 if zone == "centre" else 0.42
            for k, name in enumerate(members):
                turn = 2 * math.pi * (k / len(members) + GOLDEN * i)
                away = step * (len(members) > 1)
                jitter = (rng.random(2) - 0.5) * (0.12 if zone in ("centre", "island") else 0.3)
                names.append(name)
                families.append(family)
                zones.append(zone)
                points.append((east + away * math.cos(turn) + jitter[0], north + away * math.sin(turn) + jitter[1]))
    islands = [
        None if z != "island" else "小島" if n == "小島" else "みほん島" for n, z in zip(names, zones, strict=True)
    ]
    community = [i or ("山中町" if n.startswith("山中町") else None) for n, i in zip(names, islands, strict=True)]
    return Ground(names, families, zones, community, islands, np.array(points))


def _family_point(zone: str, i: int, of: int, radius: float, family: str) -> tuple[float, float]:
    """Kilometres east and north of the centre: the sea is north, valleys run south, islands lie off the harbour."""
    if zone == "island":
        return (-3.0, 7.5) if family == "小島" else (2.4 + 1.1 * i, 4.6 - 0.5 * i)
    if zone == "hill":
        valley = {"山中町": 0, "西谷町": 1, "東山町": 2}[family[:3]]
        bend = (-1.0, 1.0)[i % 2] * 0.5
        up = i // 2 if valley == 0 else i - of // 2 if i >= of // 2 else i
        deep = min(radius + 1.4 + up * 0.55, radius + 12.0) * (1.0 if valley == 0 else 0.82)
        return (0.6, -0.62 * radius, 0.62 * radius)[valley] + bend, -deep
    if zone == "new":
        side = (-1.0, 1.0)[i % 2]
        return side * radius * (0.45 + 0.1 * (i // 2)), -radius * (0.62 - 0.17 * (i // 2))
    inner, outer = (0.0, 0.33) if zone == "centre" else (0.33, 1.0)
    away = radius * math.sqrt(inner**2 + (outer**2 - inner**2) * (i + 0.4) / of)
    turn = math.pi * (0.03 + 0.94 * ((0.5 + GOLDEN * i) % 1.0))
    return away * math.cos(turn), -away * math.sin(turn)


def _people(ground: Ground, people: int, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The areas and people tables; whole people that sum to `people`."""
    count = len(ground.names)
    size = np.array([ZONES[z][0] for z in ground.zones]) * (0.55 + 0.9 * rng.random(count))
    size *= np.array([0.04 if n == "臨港町" else 1.0 for n in ground.names])
    people_d = shared_out(size, people)
    luck = rng.random(count)
    old_d = np.array([ZONES[z][1] + (ZONES[z][2] - ZONES[z][1]) * u for z, u in zip(ground.zones, luck, strict=True)])
    # the farther up the valley, the older
    depth = np.clip((-ground.east_north_dx[:, 1] - 8.0) / 6.0, 0.0, 1.0)
    old_d = np.where(np.array(ground.zones) == "hill", 0.44 + 0.14 * (0.35 * luck + 0.65 * depth), old_d)
    bands = [(a, a + 4) for a in range(0, 85, 5)] + [(85, 130)]
    count_dsa = np.zeros((count, 2, 18), dtype=np.int64)
    for d in range(count):
        weight = _age_weights(float(old_d[d])) * (0.85 + 0.3 * rng.random((2, 18)))
        count_dsa[d] = shared_out(weight.ravel(), int(people_d[d])).reshape(2, 18)
    home_size = np.array([ZONES[z][3] for z in ground.zones]) * (0.93 + 0.14 * rng.random(count))
    disabled = people_d * (0.025 + 0.16 * old_d)
    rows = []
    for d, (east, north) in enumerate(ground.east_north_dx):
        latitude, longitude = degrees(float(east), float(north))
        zone, total = ground.zones[d], int(people_d[d])
        rows.append(
            {
                "area_id": f"a{d + 1:03d}",
                "name": ground.names[d],
                "community": ground.communities[d],
                "latitude": latitude,
                "longitude": longitude,
                "island": ground.islands[d],
                "terrain": ZONES[zone][5],
                "spread_km": ZONES[zone][4],
                "households": min(total, math.ceil(total / home_size[d])),
                "disabled_people": math.floor(disabled[d]),
                "people_stated": total,
                "men_stated": int(count_dsa[d, 0].sum()),
                "women_stated": int(count_dsa[d, 1].sum()),
                "source": SOURCE,
                "source_row": d + 2,
            }
        )
    long = [
        {"area_id": row["area_id"], "sex": "mf"[s], "age_from": low, "age_to": high, "people": int(count_dsa[d, s, b])}
        for d, row in enumerate(rows)
        for s in range(2)
        for b, (low, high) in enumerate(bands)
    ]
    return pl.DataFrame(rows, infer_schema_length=None), pl.DataFrame(long)


def _age_weights(old_share: float) -> NDArray[np.float64]:
    """Weights by sex and 18 age bands for a district with this share aged 65+: the older, the fewer children."""
    nation = [float(r["people"]) for r in rows_of(PACKAGE, "age_structure")]
    base = np.array([*nation[:17], sum(nation[17:])])
    lean = old_share - 0.28
    base[:9] *= min(max(1.0 - 1.6 * lean, 0.35), 1.3)
    base[13:] *= [(1.0 + 1.1 * lean) ** k for k in range(5)]
    base[:13] *= (1.0 - old_share) / base[:13].sum()
    base[13:] *= old_share / base[13:].sum()
    women = np.array([0.49] * 4 + [0.495] * 9 + [0.52, 0.53, 0.56, 0.6, 0.69])
    return np.stack([base * (1.0 - women), base * women])


def shared_out(weights: NDArray[np.float64] | Sequence[float], total: int) -> NDArray[np.int64]:
    """Whole numbers in proportion to `weights` that sum to `total` (largest remainders, first one wins a tie)."""
    weight = np.asarray(weights, dtype=np.float64)
    exact = weight * (total / weight.sum())
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole
