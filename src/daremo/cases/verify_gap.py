"""The gap counted a second time for `verify`: who would travel, who is left behind, by exact set of barriers.

Written from ``explain.md`` alone; shares no code with the gap, its copula, its access or `daremo.reach`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from daremo.cases.assume import Assumptions
from daremo.cases.verify_tables import levels, share_of
from daremo.kernel.errors import UsageError
from daremo.kernel.tables import rows_of
from daremo.region.model import STAGES, Region

Float = NDArray[np.float64]
EARTH_KM = 6371.0088
BARRIERS = ("reach", "skill", "service", "trust", "connection")
#: Cells (draws by areas by stages) that are worked on at once, so that they stay in the processor's cache.
CELLS = 16_384


@dataclass(frozen=True, slots=True)
class Recount:
    """The gap, counted again.

    Attributes
    ----------
    types_dgB : ndarray, shape (areas, 6, 32), people
        Posterior mean of people with exactly the barriers of subset ``B``.
    left_s : ndarray, shape (draws,), people
        Left behind in each draw.
    """

    types_dgB: Float
    left_s: Float


def recount(region: Region, a: Assumptions, draws: int, seed: int) -> Recount:
    """People by exact barrier subset, and people left behind in each draw.

    Parameters
    ----------
    region : Region
    a : Assumptions
    draws, seed : int
        Posterior draws and the seed they come from.

    Returns
    -------
    Recount
        Areas in the order of the region's ``areas``.

    Raises
    ------
    UsageError
        For fewer than one draw.
    """
    if draws < 1:
        raise UsageError("too-few-draws", "draws は1以上です", "draws を1以上にしてください", "draws")
    people_dg = region.people_dg()
    areas, stages = people_dg.shape
    rng = np.random.default_rng(seed)
    z_nation_sj = rng.standard_normal((draws, 4))
    z_loading_sb = rng.standard_normal((draws, 5))
    z_area_sdj = rng.standard_normal((draws, areas, 4))[:, _place_in_line(region, people_dg)]

    now = levels(region, a)
    loading_sb = _loadings(a, z_loading_sb)
    scale_sb = 1 / np.sqrt(1 - loading_sb**2)
    reach_c = ndtri(_no_help(region, a, people_dg)).reshape(-1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(32)
    weights = weights / weights.sum()
    people_c = people_dg.reshape(-1)
    mean_Bc = np.zeros((32, people_c.size))
    left_s = np.empty(draws)
    block = max(1, CELLS // people_c.size)
    for begin in range(0, draws, block):
        s = slice(begin, min(begin + block, draws))
        logit_sdgj = (
            now.centre_dgj
            + now.area_sd_dj[:, None] * z_area_sdj[s, :, None]
            + now.stage_sd_gj * z_nation_sj[s, None, None]
        )
        limit_sdgj = ndtri(share_of(logit_sdgj))
        limits = [np.broadcast_to(reach_c, (s.stop - begin, reach_c.size))]
        limits += [limit_sdgj[..., j].reshape(s.stop - begin, areas * stages) for j in range(4)]
        base = [limits[b] * scale_sb[s, b, None] for b in range(5)]
        slope = [(loading_sb * scale_sb)[s, b, None] for b in range(5)]
        nothing_sc = np.zeros_like(base[0])
        for node, weight in zip(nodes, weights, strict=True):
            has = [ndtr(base[b] + slope[b] * node) for b in range(5)]
            lacks = [1 - chance for chance in has]
            low = _products(has[:3], lacks[:3])
            high = weight * _products(has[3:], lacks[3:])
            # A subset's code is its low three bits plus eight times its high two; draws are added up on the way.
            mean_Bc += np.einsum("hsc,lsc->hlc", high, low).reshape(32, -1)
            # Whoever has none of the four drawn barriers is not left behind, whatever her way to help.
            nothing_sc += (low[0b000] + low[0b001]) * high[0b00]
        left_s[s] = (1 - nothing_sc) @ people_c
    types_Bc = people_c * mean_Bc / draws
    for code in range(1, 32, 2):
        if not code & 0b01010:
            types_Bc[code - 1] += types_Bc[code]
            types_Bc[code] = 0.0
    return Recount(np.ascontiguousarray(types_Bc.T).reshape(areas, stages, 32), left_s)


def types_dgB(region: Region, a: Assumptions, draws: int, seed: int) -> Float:
    """Posterior mean people by exact barrier subset, shape (areas, 6, 32); see `recount`."""
    return recount(region, a, draws, seed).types_dgB


def _products(has: list[Float], lacks: list[Float]) -> Float:
    """Chance of each exact subset of independent barriers, shape (subsets, draws, cells)."""
    out = np.empty((1 << len(has), *has[0].shape))
    for code in range(len(out)):
        picked = [has[b] if code >> b & 1 else lacks[b] for b in range(len(has))]
        np.multiply(picked[0], picked[1], out=out[code])
        for chance in picked[2:]:
            out[code] *= chance
    return out


def _place_in_line(region: Region, people_dg: Float) -> NDArray[np.int64]:
    """Each area's number in the order of latitude, longitude, people, so that names and row order do not matter."""
    where = region.areas.select("latitude", "longitude").rows()
    totals = people_dg.sum(axis=1)
    line = sorted(range(len(where)), key=lambda d: (*where[d], totals[d]))
    out = np.empty(len(line), dtype=np.int64)
    out[line] = np.arange(len(line))
    return out


def _loadings(a: Assumptions, z_sb: Float) -> Float:
    """How strongly each barrier follows the common factor, by draw, shape (draws, 5).

    The ten correlations are fitted one loading at a time, each step exact, until nothing moves.
    """
    goal = np.zeros((5, 5))
    for i, j in combinations(range(5), 2):
        goal[i, j] = goal[j, i] = a.value(f"copula_{BARRIERS[i]}_{BARRIERS[j]}")
    fit = np.full(5, 0.5)
    for _ in range(20_000):
        before = fit.copy()
        for b in range(5):
            others = fit @ fit - fit[b] ** 2
            fit[b] = (goal[b] @ fit) / others if others > 0 else 0.0
        if np.abs(fit - before).max() < 1e-15:
            break
    strength, cap = a.value("copula_strength"), a.value("copula_loading_max")
    fit = np.clip(fit * (-strength if fit[1] < 0 else strength), -cap, cap)
    spread = a.value("copula_loading_sd") * min(1.0, strength)
    return np.asarray(np.clip(np.tanh(np.arctanh(fit) + spread * z_sb), -cap, cap))


def _no_help(region: Region, a: Assumptions, people_dg: Float) -> Float:
    """Chance that no help is within reach today, shape (areas, 6)."""
    usual = {r["kind"]: float(r["help_hours_week"] or 0) for r in rows_of("daremo.region", "place_kinds")}
    latitude, longitude, island, hours = [], [], [], []
    for lat, lon, land, kind, stated in region.places.select(
        "latitude", "longitude", "island", "kind", "help_hours_week"
    ).iter_rows():
        # On an island help that is merely assumed must not hide that the next help is a boat away.
        week = stated if stated is not None else 0.0 if land else usual.get(kind, 0.0)
        if week > 0:
            latitude.append(lat)
            longitude.append(lon)
            island.append(land)
            hours.append(week)
    want_dg = people_dg * a.by_stage("skill_barrier_share") * a.by_stage("uptake_share")
    come_dgp = willing_dgp(region, a, latitude, longitude, island)
    year = a.value("desk_weeks_year") * a.value("desk_load_people_hour") / a.value("desk_visits_person")
    access_dg = np.zeros_like(people_dg)
    for p, week in enumerate(hours):
        asked = float((want_dg * come_dgp[:, :, p]).sum())
        if asked > 0:
            access_dg += come_dgp[:, :, p] * (week * year / asked)
    return np.asarray(np.clip(1 - np.minimum(1, access_dg), 0.0001, 0.9999))


def willing_dgp(
    region: Region,
    a: Assumptions,
    latitude_p: Sequence[float],
    longitude_p: Sequence[float],
    island_p: Sequence[str | None],
) -> Float:
    """Share of people who would make the trip to each place.

    Parameters
    ----------
    region : Region
    a : Assumptions
    latitude_p, longitude_p : sequence of float, degrees
    island_p : sequence of str or None
        Landmass of each place; ``""`` or None = mainland.

    Returns
    -------
    ndarray, shape (areas, 6, places), share
    """
    lat_d, lon_d = region.areas["latitude"].to_numpy(), region.areas["longitude"].to_numpy()
    lat_p, lon_p = np.asarray(latitude_p, dtype=np.float64), np.asarray(longitude_p, dtype=np.float64)
    land_d = [x or "" for x in region.areas["island"].to_list()]
    land_p = [x or "" for x in island_p]
    km_dp = _great_circle_km(lat_d[:, None], lon_d[:, None], lat_p[None, :], lon_p[None, :])
    detour = {t: a.value(f"detour_factor_{t}") for t in ("hill", "plain")}
    detour_d = np.array([detour["hill" if t == "hill" else "plain"] for t in region.areas["terrain"].to_list()])
    route_dp = detour_d[:, None] * np.sqrt(km_dp**2 + _spread_km(region, a)[:, None] ** 2)

    def bus_share(minutes: Float) -> Float:
        return np.asarray(1 / (1 + (minutes / a.value("half_decay_min_bus")) ** a.value("bus_decay_slope")))

    car_min = a.value("car_access_min") + 60 * route_dp / a.value("car_speed_kmh")
    by_car = 1 / (1 + (car_min / a.value("half_decay_min_car")) ** a.value("car_decay_slope"))
    by_bus = a.value("bus_available_share") * bus_share(
        a.value("bus_access_min") + 60 * route_dp / a.value("bus_speed_kmh")
    )
    crossing = _crossing_min(region, a)
    sea_min = np.array(
        [
            [crossing.get(d, math.inf) + crossing.get(p, math.inf) + a.value("boat_access_min") for p in land_p]
            for d in land_d
        ]
    ).reshape(km_dp.shape)
    by_boat = bus_share(sea_min)
    over_water = np.array([[d != p for p in land_p] for d in land_d], dtype=bool).reshape(km_dp.shape)

    half_m_g, driver_g, lift_g = (
        a.by_stage(k) for k in ("walk_distance_median_m", "car_driver_share", "lift_weekly_share")
    )
    out = np.empty((len(lat_d), len(STAGES), len(lat_p)))
    for g in range(len(STAGES)):
        on_foot = 1 / (1 + (1000 * route_dp / half_m_g[g]) ** a.value("walk_distance_slope"))
        seat = driver_g[g] + (1 - driver_g[g]) * lift_g[g]
        over_land = seat * np.maximum(by_car, on_foot) + (1 - seat) * np.maximum(on_foot, by_bus)
        out[:, g, :] = np.where(over_water, by_boat, over_land)
    out[out < a.value("min_willing_share")] = 0.0
    return out


def _great_circle_km(lat1: Float, lon1: Float, lat2: Float, lon2: Float) -> Float:
    """Great-circle distance on a sphere (km), by the haversine formula; degrees in."""
    south, north, west, east = (np.radians(x) for x in (lat1, lat2, lon1, lon2))
    h = np.sin((north - south) / 2) ** 2 + np.cos(south) * np.cos(north) * np.sin((east - west) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(h, 1))))


def _spread_km(region: Region, a: Assumptions) -> Float:
    """Radius within which an area's people live, shape (areas,), km."""
    rows = region.areas.select("latitude", "longitude", "island", "spread_km").rows()
    lat, lon = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    land = np.array([r[2] or "" for r in rows])
    out = np.empty(len(rows))
    for d, (_, _, island, stated) in enumerate(rows):
        if stated is not None:
            out[d] = stated
            continue
        same = land == (island or "")
        same[d] = False
        if not same.any():
            out[d] = a.value("spread_single_km")
            continue
        km = np.sort(_great_circle_km(lat[d], lon[d], lat[same], lon[same]))[:3]
        wide = a.value("spread_neighbour_ratio") * float(km.mean())
        out[d] = min(max(wide, a.value("spread_min_km")), a.value("spread_max_km"))
    return out


def _crossing_min(region: Region, a: Assumptions) -> dict[str, float]:
    """Minutes from each landmass to the mainland port, the wait included; absent where no boat is known to sail."""
    out = {"": 0.0}
    for island, boat_min, sailings in region["islands"].select("island", "boat_min", "sailings_day").iter_rows():
        if boat_min is not None and sailings is not None and sailings > 0:
            wait = a.value("boat_wait_numerator_min") / sailings
            out[island] = boat_min + min(a.value("boat_wait_max_min"), wait)
    return out
