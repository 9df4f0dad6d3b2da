"""Help that exists today: where it is, who would go there, and how much of the need it can serve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.cases.access import Willing, willingness
from daremo.cases.assume import Assumptions
from daremo.cases.gap_prior import EDGE
from daremo.kernel.tables import rows_of
from daremo.reach.access import e2sfca, nearest
from daremo.region.model import STAGES, Region

Floats = NDArray[np.float64]
#: Numbers kept in memory at once for trips to places.
BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class Today:
    """Access to today's help.

    Attributes
    ----------
    places : polars.DataFrame
        ``place_id, latitude, longitude, island, hours_week, from_prior`` of places with help, sorted by position.
    willing : Willing or None
        Trips to them; None where they would take too much memory.
    access_dg : ndarray, shape (areas, 6)
        Supply per person who wants help (E2SFCA).
    reach_dg : ndarray, shape (areas, 6), share
        Chance that there is no help within reach.
    minutes_d, mode_d : ndarray, shape (areas,)
        Nearest help for people aged 65-74 (min; infinite where there is none) and how they get there.
    """

    places: pl.DataFrame
    willing: Willing | None
    access_dg: Floats
    reach_dg: Floats
    minutes_d: Floats
    mode_d: NDArray[np.str_]


def places_today(region: Region) -> pl.DataFrame:
    """Places where somebody helps today, by their stated hours or else the prior of their kind; sorted by position.

    On an island only stated hours count: help that is merely assumed must not hide that the next help is a boat away.
    """
    kinds = {r["kind"]: float(r["help_hours_week"]) for r in rows_of("daremo.region", "place_kinds")}
    prior = pl.col("kind").replace_strict(kinds, default=0.0, return_dtype=pl.Float64)
    mainland = pl.col("island").fill_null("") == ""
    hours = pl.coalesce(pl.col("help_hours_week"), pl.when(mainland).then(prior).otherwise(0.0))
    return (
        region.places.with_columns(hours.alias("hours_week"), pl.col("help_hours_week").is_null().alias("from_prior"))
        .filter(pl.col("hours_week") > 0)
        .select("place_id", "latitude", "longitude", "island", "hours_week", "from_prior")
        .sort("latitude", "longitude", "hours_week", maintain_order=True)
    )


def today(region: Region, a: Assumptions, people_dg: Floats) -> Today:
    """Access to today's help by area and stage; today's places are handled in blocks so that memory stays small."""
    places = places_today(region)
    n = len(people_dg)
    supply = places["hours_week"].to_numpy() * a.value("desk_weeks_year") * a.value("desk_load_people_hour")
    supply = supply / a.value("desk_visits_person")
    demand = people_dg * a.by_stage("skill_barrier_share") * a.by_stage("uptake_share")
    access = np.zeros((n, len(STAGES)))
    minutes, mode = np.full(n, np.inf), np.full(n, "none", dtype="<U4")
    step = max(1, BLOCK // max(1, n * len(STAGES)))
    kept: Willing | None = None
    for start in range(0, places.height, step):
        block = places.slice(start, step)
        trips = willingness(
            region, a, block["latitude"].to_numpy(), block["longitude"].to_numpy(), block["island"].to_list()
        )
        access += e2sfca(supply[start : start + step], demand, trips.share_dgp)[0]
        # Where no boat is known to sail there is no time, but "boat" still tells why.
        index, best = nearest(trips.minutes_dp)
        nearer = (best < minutes) | (mode == "none")
        mode = np.where(nearer, trips.mode_dp[np.arange(n), np.maximum(index, 0)], mode)
        minutes = np.where(nearer, best, minutes)
        kept = trips if places.height <= step else None
    if places.is_empty():
        kept = Willing(np.zeros((n, len(STAGES), 0)), np.zeros((n, 0)), np.zeros((n, 0), dtype="<U4"))
    reach = np.clip(1 - np.minimum(1, access), EDGE, 1 - EDGE)
    return Today(places, kept, access, reach, minutes, mode)
