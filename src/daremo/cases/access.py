"""Who would make the trip: travel on foot, by car, lift, bus or boat from areas to places, by life stage.

Every constant is a row of ``tables/assumptions.csv``; the formulas are in ``explain.md`` §2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.cases.assume import Assumptions
from daremo.reach.access import haversine_km, log_logistic, neighbour_km
from daremo.region.model import STAGES, Region

Floats = NDArray[np.float64]
#: Neighbours that tell how far apart areas lie.
SPREAD_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True)
class Willing:
    """Trips from every area to every place asked about.

    Attributes
    ----------
    share_dgp : ndarray, shape (areas, 6, places), share
        People of the stage who would make the trip; 0 where fewer than ``min_willing_share`` would.
    minutes_dp : ndarray, shape (areas, places), min
        Expected time of people aged 65-74 one way; infinite where no boat is known to sail.
    mode_dp : ndarray of str, shape (areas, places)
        ``"foot"``, ``"car"`` or ``"boat"``.
    """

    share_dgp: Floats
    minutes_dp: Floats
    mode_dp: NDArray[np.str_]


def spread_km(region: Region, a: Assumptions) -> Floats:
    """Radius within which an area's people live, stated or estimated from its neighbours.

    Returns
    -------
    ndarray, shape (areas,), km
    """
    areas = region.areas
    stated = areas["spread_km"].to_numpy().astype(float)
    lat, lon = areas["latitude"].to_numpy().astype(float), areas["longitude"].to_numpy().astype(float)
    land = np.array(_landmass(areas["island"].to_list()))
    ratio, single = a.value("spread_neighbour_ratio"), a.value("spread_single_km")
    low, high = a.value("spread_min_km"), a.value("spread_max_km")
    estimate = np.full(areas.height, single)
    for name in np.unique(land):
        on = np.flatnonzero(land == name)
        if on.size > 1:
            estimate[on] = np.clip(ratio * neighbour_km(lat[on], lon[on], SPREAD_NEIGHBOURS).mean(axis=1), low, high)
    return np.where(np.isnan(stated), estimate, stated)


def willingness(
    region: Region, a: Assumptions, latitude_p: ArrayLike, longitude_p: ArrayLike, island_p: Sequence[str | None]
) -> Willing:
    """Share of each area's people who would travel to each place, by life stage, with time and mode.

    Parameters
    ----------
    region : Region
        Its areas, and its ``islands`` for boats.
    a : Assumptions
    latitude_p, longitude_p : array_like, shape (places,), degrees
    island_p : sequence of str or None, length places
        Island the place stands on; None or ``""`` for the mainland.

    Returns
    -------
    Willing
    """
    areas = region.areas
    lat_p, lon_p = np.asarray(latitude_p, float), np.asarray(longitude_p, float)
    km = haversine_km(areas["latitude"].to_numpy(), areas["longitude"].to_numpy(), lat_p, lon_p)
    hill = np.array([t == "hill" for t in areas["terrain"].to_list()])
    detour = np.where(hill, a.value("detour_factor_hill"), a.value("detour_factor_plain"))
    route = detour[:, None] * np.sqrt(km**2 + spread_km(region, a)[:, None] ** 2)
    car_min = a.value("car_access_min") + 60 * route / a.value("car_speed_kmh")
    bus_min = a.value("bus_access_min") + 60 * route / a.value("bus_speed_kmh")
    boat_min, water = _boat(region, a, _landmass(areas["island"].to_list()), _landmass(island_p))

    bus_curve = (a.value("half_decay_min_bus"), a.value("bus_decay_slope"))
    car = log_logistic(car_min, a.value("half_decay_min_car"), a.value("car_decay_slope"))
    bus = a.value("bus_available_share") * log_logistic(bus_min, *bus_curve)
    boat = log_logistic(boat_min, *bus_curve)
    median_m, slope = a.by_stage("walk_distance_median_m"), a.value("walk_distance_slope")
    driver, lift = a.by_stage("car_driver_share"), a.by_stage("lift_weekly_share")
    least = a.value("min_willing_share")
    share = np.empty((areas.height, len(STAGES), lat_p.size))
    for g in range(len(STAGES)):
        foot = log_logistic(1000 * route, median_m[g], slope)
        wheels = driver[g] + (1 - driver[g]) * lift[g]
        by_land = wheels * np.maximum(car, foot) + (1 - driver[g]) * (1 - lift[g]) * np.maximum(foot, bus)
        trip = np.where(water, boat, by_land)
        share[:, g] = np.where(trip < least, 0.0, trip)

    speed = a.by_stage("walk_speed_m_s")[STAGES.index("65-74")]
    foot_min = 1000 * route / speed / 60
    on_foot = foot_min <= a.value("walk_accept_min")
    minutes = np.where(water, boat_min, np.where(on_foot, foot_min, car_min))
    mode = np.where(water, "boat", np.where(on_foot, "foot", "car"))
    return Willing(share, minutes, mode)


def _landmass(island: Sequence[str | None]) -> list[str]:
    return [name or "" for name in island]


def _boat(region: Region, a: Assumptions, land_d: list[str], land_p: list[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """Minutes by boat (d, p) and where water lies between; infinite where a crossing is not known to sail.

    Between two islands both crossings are made, by way of the mainland.
    """
    most, numerator = a.value("boat_wait_max_min"), a.value("boat_wait_numerator_min")
    crossing = {"": 0.0}
    for name, minutes, sailings in region["islands"].select("island", "boat_min", "sailings_day").iter_rows():
        if minutes is not None and sailings is not None and sailings > 0:
            crossing[name] = minutes + min(most, numerator / sailings)
    from_d = np.array([crossing.get(name, np.inf) for name in land_d])
    to_p = np.array([crossing.get(name, np.inf) for name in land_p])
    codes = {name: i for i, name in enumerate(dict.fromkeys(land_d + land_p))}
    code_d = np.array([codes[x] for x in land_d], dtype=np.int64)
    code_p = np.array([codes[x] for x in land_p], dtype=np.int64)
    water = code_d[:, None] != code_p[None, :]
    return from_d[:, None] + to_p[None, :] + a.value("boat_access_min"), water
