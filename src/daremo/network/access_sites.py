"""Radio sites that could serve areas: one at each area that needs a line, reaching whom ITU-R P.1812 says it reaches."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daremo.network.access_costs import Costs
from daremo.network.access_model import Areas, RadioSite
from daremo.network.radio.budget import needed_dbm
from daremo.network.radio.coverage import Site, losses_between
from daremo.network.radio.p1812 import Service, location_sigma_db
from daremo.network.radio.raster import EAST_KM, NORTH_KM, Raster, flat

Floats = NDArray[np.float64]
#: Points of an area that are looked at: the middle, and four at this share of its radius; so many must be reached.
AROUND, WANTED = 0.7, 4
#: Side of a flat ground's cells where no terrain is known (m), and the margin around the areas (km).
FLAT_CELL_M, MARGIN_KM = 250.0, 1.0


def service_of(costs: Costs, technology: str) -> Service:
    """Median year, the table's share of places, frequency and refractivity."""
    f = costs[f"{technology}_f_ghz"]
    return Service(
        f,
        50.0,
        costs["shadow_percent"],
        location_sigma_db=location_sigma_db(f),
        delta_n=costs["delta_n"],
        n0=costs["n0"],
    )


def ground(areas: Areas, costs: Costs) -> Raster:
    """Flat ground with houses under all areas, for where no terrain is given."""
    north, east = MARGIN_KM / NORTH_KM, MARGIN_KM / EAST_KM / math.cos(math.radians(float(areas.latitude.mean())))
    return flat(
        float(areas.longitude.min()) - east, float(areas.latitude.min()) - north, float(areas.longitude.max()) + east,
        float(areas.latitude.max()) + north, FLAT_CELL_M, clutter_m=costs["plain_clutter_m"],
    )  # fmt: skip


def candidate_sites(
    areas: Areas, terrain: Raster, costs: Costs, technology: Literal["fwa", "local5g"], *, rate_mbps: float, most: int = 200,
    max_km: float = 15.0,
) -> list[RadioSite]:  # fmt: skip
    """A site at each of the `most` neediest areas and the areas it reaches with this rate at the edge.

    Parameters
    ----------
    rate_mbps : float, Mbit/s
        What a single device must get on an idle cell.
    max_km : float, km

    Raises
    ------
    InputError
        Where an area lies outside the terrain.
    """
    needing = np.flatnonzero(areas.premises > 0)
    chosen = np.sort(needing[np.argsort(-areas.premises[needing], kind="stable")[:most]])
    if not chosen.size:
        return []
    eirp, gain = costs[f"{technology}_eirp_dbm"], costs[f"{technology}_gain_dbi"]
    sites = [
        Site(areas.ids[i], float(areas.longitude[i]), float(areas.latitude[i]), costs[f"{technology}_antenna_m"], eirp)
        for i in chosen
    ]
    x, y = _points(areas, needing, terrain)
    loss = losses_between(
        terrain, sites, x.ravel(), y.ravel(), service_of(costs, technology),
        receiver_m=costs[f"{technology}_receiver_m"], max_km=max_km,
    )  # fmt: skip
    need = needed_dbm(
        rate_mbps, costs[f"{technology}_bandwidth_mhz"], costs["noise_figure_db"], costs["shannon_share"],
        costs["least_sinr_db"],
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        heard = (eirp + gain - loss >= need).reshape(len(sites), needing.size, -1).sum(axis=2) >= WANTED
    out = []
    for k, i in enumerate(chosen):
        covers = np.zeros(len(areas.ids), bool)
        covers[needing[heard[k]]] = True
        if covers.any():
            out.append(RadioSite(f"{technology}-{areas.ids[i]}", technology, int(i), covers))
    return out


def _points(areas: Areas, which: NDArray[np.int64], terrain: Raster) -> tuple[Floats, Floats]:
    """Five points of each area, shape (areas, 5); those beyond the terrain's edge are moved onto it."""
    radius = AROUND * np.sqrt(areas.km2[which] / math.pi)
    lat = areas.latitude[which]
    east = radius / (EAST_KM * np.cos(np.radians(lat)))
    north = radius / NORTH_KM
    x = areas.longitude[which][:, None] + east[:, None] * np.array([0, 1, -1, 0, 0])
    y = lat[:, None] + north[:, None] * np.array([0, 0, 0, 1, -1])
    rows, columns = terrain.shape
    x[:, 1:] = np.clip(x[:, 1:], terrain.west + terrain.cell_x / 2, terrain.west + (columns - 0.5) * terrain.cell_x)
    y[:, 1:] = np.clip(y[:, 1:], terrain.south + terrain.cell_y / 2, terrain.south + (rows - 0.5) * terrain.cell_y)
    return x, y
