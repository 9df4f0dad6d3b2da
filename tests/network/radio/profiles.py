"""The ITU's validation profiles as they are written, and random ones of our own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from daremo.network.radio.p1812 import Profiles, Service, centre_latitude, profile


@dataclass(frozen=True)
class Case:
    """One row of measurements: what to compute, and what must come out (dB)."""

    name: str
    number: int
    path: Profiles
    service: Service
    antenna_t_m: float
    antenna_r_m: float
    latitude: float
    loss_db: float
    field_db: float
    erp_kw: float


def read(path: Path) -> list[Case]:
    """All measurement rows of one profile file."""
    meta: dict[str, str] = {}
    points: list[list[float]] = []
    rows: list[list[str]] = []
    part = ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = [w.strip() for w in line.split(",")]
        if line.startswith("{"):
            part = line
        elif part.startswith("{Begin of Profile") and words[0] != "Number of Points:":
            points.append([float(w) for w in words[:5]])
        elif part.startswith("{Begin of Meas") and words[0].replace(".", "").isdigit():
            rows.append(words)
        elif len(words) > 1:
            meta[words[0].rstrip(":")] = words[1]
    p = np.array(points)
    lat_t, lon_t, lat_r, lon_r = (float(meta[k]) for k in ("Tx LAT", "Tx LON", "Rx LAT", "Rx LON"))
    at = centre_latitude(lat_t, lon_t, lat_r, lon_r, p[-1, 0])
    delta_n = float(meta["Average annual values dN (N-units/km)"])
    n0 = float(meta["Average annual sea-level surface refractivity No (N-units)"])
    path_ = profile(p[:, 0], p[:, 1], p[:, 3], p[:, 4])
    out = []
    for i, w in enumerate(rows):
        service = Service(float(w[0]) / 1000, float(w[14]), vertical=w[4] == "2", delta_n=delta_n, n0=n0)
        erp_kw = 10 ** ((float(w[10] or w[12]) - 30) / 10)
        out.append(Case(path.stem, i, path_, service, float(w[1]), float(w[3]), at, float(w[17]), float(w[16]), erp_kw))
    return out


def logged(path: Path) -> dict[str, float]:
    """Intermediate results of the reference implementation, by the first word of their line."""
    out: dict[str, float] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split(",")
        if len(words) > 3 and words[3]:
            try:
                out.setdefault(words[0].split(" ")[0], float(words[3]))
            except ValueError:
                continue
    return out


def rugged(rng: Any, points: int, km: float, *, roughness_m: float = 15.0, sea: bool = False) -> dict[str, Any]:
    """A random path: walk of heights, blocks of clutter, and where asked a stretch of sea with a coast on both sides."""
    inner = np.sort(rng.uniform(0.01, 0.99, points - 2)) * km
    d = np.concatenate([[0.0], inner, [km]])
    h = np.abs(np.cumsum(rng.normal(0, roughness_m, points)) + rng.uniform(0, 200))
    clutter = rng.choice([0.0, 0.0, 10.0, 15.0, 20.0], points)
    zone = np.full(points, 4, np.int8)
    if sea:
        a, z = np.sort(rng.choice(points, 2, replace=False))
        zone[a : z + 1] = 1
        h[a : z + 1], clutter[a : z + 1] = 0.0, 0.0
        zone[max(0, a - 2) : a], zone[z + 1 : z + 3] = 3, 3
    return {"d": d, "h": h, "clutter": clutter, "zone": zone}
