"""How much spectrum an area needs by year: busy-hour traffic over what a site carries in a MHz, with its range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.network.access_costs import Costs

Floats = NDArray[np.float64]


def spectrum_mhz(
    premises_d: ArrayLike, sites_d: ArrayLike, busy_mbps: float, growth_share: float, bits_hz: float, sectors: float,
    year: int,
) -> Floats:  # fmt: skip
    """Bandwidth that a site of each area needs, every site using the whole of it.

    Parameters
    ----------
    premises_d : array_like, shape (areas,), premises (or devices)
    sites_d : array_like, shape (areas,), sites that share the traffic
    busy_mbps : float, Mbit/s a premises in the busy hour of year 0
    growth_share : float, share a year
    bits_hz : float, bit/s/Hz, mean over a sector
    sectors : float, sectors a site
    year : int
        Years from now.

    Returns
    -------
    ndarray, shape (areas,), MHz
    """
    premises, sites = np.asarray(premises_d, np.float64), np.asarray(sites_d, np.float64)
    if (premises < 0).any() or (sites <= 0).any() or bits_hz <= 0 or sectors <= 0 or busy_mbps < 0:
        raise UsageError("bad-area", "戸数は0以上、局・効率は正の数です", "値を直してください", "premises_d")
    return np.asarray(premises * busy_mbps * (1 + growth_share) ** year / (sites * sectors * bits_hz))


def by_year(
    ids: Sequence[str], premises_d: ArrayLike, sites_d: ArrayLike, costs: Costs, years: Sequence[int]
) -> list[dict[str, Any]]:
    """Rows ``area_id, year, busy_mbps, mhz, mhz_low, mhz_high`` for each area and year (0 = now).

    Low and high put traffic, growth and efficiency at the ends that need least and most; nothing is needed by nobody.
    """

    def at(year: int, busy: str, bits: str) -> Floats:
        b, g, e = costs.row("busy_mbps_premises"), costs.row("busy_growth_share"), costs.row("bits_hz")
        return spectrum_mhz(
            premises_d, sites_d, getattr(b, busy), getattr(g, busy), getattr(e, bits), costs["sectors_site"], year
        )

    premises = np.asarray(premises_d, np.float64)
    out: list[dict[str, Any]] = []
    for year in years:
        mean, low, high = at(year, "value", "value"), at(year, "low", "high"), at(year, "high", "low")
        busy = premises * costs["busy_mbps_premises"] * (1 + costs["busy_growth_share"]) ** year
        out += [
            {
                "area_id": ids[i], "year": int(year), "busy_mbps": float(busy[i]), "mhz": float(mean[i]),
                "mhz_low": float(low[i]), "mhz_high": float(high[i]),
            }
            for i in range(len(ids))
        ]  # fmt: skip
    return out
