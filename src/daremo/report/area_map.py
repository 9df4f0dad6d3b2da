"""One share by area as a drawing that stands alone: title, map, legend."""

from __future__ import annotations

from collections.abc import Sequence

from daremo.region.model import Region
from daremo.report.figures import round_cuts
from daremo.report.geo import sheet
from daremo.report.maps import choropleth, share_fills, share_legend
from daremo.report.reach_map import alone
from daremo.report.words import Words


def area_map(region: Region, shares: Sequence[float | None], title: str, told: str, lang: str) -> str:
    """Return an SVG of the region's areas in five classes; areas without a figure are hatched.

    Parameters
    ----------
    shares : sequence of float or None, length areas, share
    told : str
        Small print below the key.
    """
    w = Words(lang)
    areas = region.areas
    islands = [i or "" for i in areas["island"].to_list()]
    base = sheet(areas["latitude"].to_list(), areas["longitude"].to_list(), islands)
    known = [s for s in shares if s is not None]
    cuts = round_cuts(known) if known else [0.2, 0.4, 0.6, 0.8]
    drawn = choropleth(base, share_fills(shares, cuts), title, islands=islands, words=w)
    return alone(drawn, share_legend(w, shares, cuts, counts=True), title, told, lang)
