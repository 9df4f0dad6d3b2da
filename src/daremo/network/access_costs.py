"""Costs, rates and radio figures of access lines: every default a row with range, source and certainty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from daremo.kernel.assume import AssumptionTable
from daremo.kernel.errors import UsageError

#: Technologies in the order in which they are listed.
TECHNOLOGIES = ("fibre", "fwa", "local5g", "mobile", "satellite")


class Costs(AssumptionTable):
    """The table of an access plan; ``costs[key]`` is a central value in the row's unit."""

    FIX: ClassVar[str] = "名前を確かめてください（access_assumptions.csv）"

    def __getitem__(self, key: str) -> float:
        """Central value; raises UsageError where there is no such assumption."""
        return self.value(key)

    def changed(self, changes: Mapping[str, float]) -> Costs:
        """The same table with other central values; ranges widen to hold them.

        Raises
        ------
        UsageError
            Where there is no such assumption, or the value is negative though its range is not.
        """
        for key, value in changes.items():
            if not value >= min(0.0, self._known(key, "all").low):
                raise UsageError("bad-assumption", f"{key} = {value:g} は使えません", "0以上の値にしてください", key)
        return self.replaced({(key, "all"): value for key, value in changes.items()})

    def annuity(self) -> float:
        """Present value of one yen a year over the horizon: first payment at the end of the first year (yen per yen a year)."""
        rate, years = self["discount_rate"], self["horizon_years"]
        return years if rate == 0 else float((1 - (1 + rate) ** -years) / rate)


def defaults() -> Costs:
    """The table that ships with daremo (``access_assumptions.csv``)."""
    return Costs.shipped("daremo.network", "access_assumptions")
