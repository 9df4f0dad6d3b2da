"""Look a region over: complete, plausible, and in step with an older edition."""

from __future__ import annotations

import datetime

from daremo.kernel.errors import Problem
from daremo.region import check_counts, check_drift, check_names, check_points, check_tables
from daremo.region.check_finding import shortened
from daremo.region.model import Region


def check(region: Region, against: Region | None = None, *, today: datetime.date | None = None) -> list[Problem]:
    """Everything doubtful in a region, by theme: counts, names, points, missing tables, age, drift.

    Parameters
    ----------
    region : Region
        What to look at.
    against : Region, optional
        An older edition of the same region; adds the drift findings.
    today : date, optional
        Day the age of the data is told against; the newest source's day where not given.

    Returns
    -------
    list of Problem
        Codes and their meaning in ``tables/problem_codes.csv``. Beyond 20 of one code in one file, the rest are one
        line with their number. An empty list says that nothing was found, not that all is right.
    """
    far, isolated_d = check_points.isolated(region)
    found = [
        *check_counts.totals(region),
        *check_counts.households(region),
        *check_counts.ages(region),
        *check_counts.small(region),
        *check_names.mojibake(region),
        *check_names.duplicate_names(region),
        *check_names.duplicate_places(region),
        *check_points.swapped(region),
        *far,
        *check_points.outside(region, isolated_d),
    ]
    if against is not None:
        found += check_tables.reversed_editions(region, against) + check_drift.drift(region, against)
    found += check_tables.stale(region, today) + check_tables.missing(region)
    return shortened(found)
