"""Costs, rates and radio figures of access lines: every default a row with range, source and certainty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from daremo.kernel.errors import UsageError
from daremo.kernel.tables import rows_of

#: Technologies in the order in which they are listed.
TECHNOLOGIES = ("fibre", "fwa", "local5g", "mobile", "satellite")


@dataclass(frozen=True, slots=True)
class Assumption:
    """One default: central value and plausible range in `unit`.

    Certainty: A read in the source, B in a report of it, C computed from A or B, D from memory, E assumption.
    """

    key: str
    value: float
    low: float
    high: float
    unit: str
    year: str
    source: str
    certainty: str
    note: str
    ja: str

    def as_dict(self) -> dict[str, object]:
        """Fields in order, for JSON."""
        return asdict(self)


class Costs:
    """An immutable table of assumptions that remembers which were used."""

    def __init__(self, rows: Mapping[str, Assumption]) -> None:
        self._rows = dict(rows)
        self._used: set[str] = set()

    def __getitem__(self, key: str) -> float:
        """Central value.

        Raises
        ------
        UsageError
            Where there is no such assumption.
        """
        return self.row(key).value

    def row(self, key: str) -> Assumption:
        """One row; raises as `costs[key]` does."""
        found = self._known(key)
        self._used.add(key)
        return found

    def _known(self, key: str) -> Assumption:
        if key not in self._rows:
            raise UsageError(
                "unknown-assumption",
                f"{key} という前提はありません",
                "名前を確かめてください（access_assumptions.csv）",
                key,
            )
        return self._rows[key]

    def replaced(self, changes: Mapping[str, float]) -> Costs:
        """The same table with other central values; ranges widen to hold them.

        Raises
        ------
        UsageError
            Where there is no such assumption, or the value is negative though its range is not.
        """
        rows = dict(self._rows)
        for key, value in changes.items():
            old = self._known(key)
            if not value >= min(0.0, old.low):
                raise UsageError("bad-assumption", f"{key} = {value:g} は使えません", "0以上の値にしてください", key)
            rows[key] = replace(old, value=value, low=min(old.low, value), high=max(old.high, value))
        return Costs(rows)

    def used(self) -> list[Assumption]:
        """Rows asked for so far, in table order."""
        return [r for k, r in self._rows.items() if k in self._used]

    def annuity(self) -> float:
        """Present value of one yen a year over the horizon: first payment at the end of the first year (yen per yen a year)."""
        rate, years = self["discount_rate"], self["horizon_years"]
        return years if rate == 0 else float((1 - (1 + rate) ** -years) / rate)

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self._rows.values())


def defaults() -> Costs:
    """The table that ships with daremo (``access_assumptions.csv``)."""
    rows = {}
    for r in rows_of("daremo.network", "access_assumptions"):
        rows[r["key"]] = Assumption(
            r["key"], float(r["value"]), float(r["low"]), float(r["high"]), r["unit"], r["year"], r["source"],
            r["certainty"], r["note"], r["ja"],
        )  # fmt: skip
    return Costs(rows)
