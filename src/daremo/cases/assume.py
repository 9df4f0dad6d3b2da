"""Every default as a row: value, range, source, date, certainty. Nothing else in `cases` holds a number about people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.tables import rows_of
from daremo.region.model import STAGES

#: Tables of this package that hold assumptions, in the order they are read.
FILES = ("assumptions", "plan_assumptions")


@dataclass(frozen=True, slots=True)
class Assumption:
    """One default.

    Attributes
    ----------
    key, life_stage : str
        Name, and the life stage or group it holds for (``"all"`` where it holds for everybody).
    value, low, high : float
        Central value and plausible range, in `unit`.
    year, source, certainty, note : str
        Where it comes from. Certainty: A read in the source, B in a report of it, C computed from A or B,
        D from memory, E assumption.
    ja : str
        Name in Japanese for reports.
    """

    key: str
    life_stage: str
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
        return asdict(self)


class Assumptions:
    """An immutable table of assumptions that remembers which were used."""

    def __init__(self, rows: Mapping[tuple[str, str], Assumption]) -> None:
        self._rows = dict(rows)
        self._used: set[tuple[str, str]] = set()

    def row(self, key: str, life_stage: str = "all") -> Assumption:
        """One row.

        Raises
        ------
        UsageError
            Where there is no such assumption.
        """
        try:
            found = self._rows[key, life_stage]
        except KeyError:
            raise UsageError(
                "unknown-assumption",
                f"{key} ({life_stage}) という前提はありません",
                "daremo assumptions で名前を確かめてください",
            ) from None
        self._used.add((key, life_stage))
        return found

    def value(self, key: str, life_stage: str = "all") -> float:
        """Central value in the row's unit."""
        return self.row(key, life_stage).value

    def by_stage(self, key: str) -> NDArray[np.float64]:
        """Central values for the six life stages, shape (6,); a row for ``all`` or ``65+`` fills where a stage has none."""
        return np.array([self._stage_row(key, g).value for g in STAGES])

    def range_by_stage(self, key: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high for the six life stages, each of shape (6,)."""
        rows = [self._stage_row(key, g) for g in STAGES]
        return np.array([r.low for r in rows]), np.array([r.high for r in rows])

    def _stage_row(self, key: str, stage: str) -> Assumption:
        older = STAGES.index(stage) >= STAGES.index("65-74")
        for name in (stage, "65+" if older else "all", "all"):
            if (key, name) in self._rows:
                return self.row(key, name)
        return self.row(key, stage)

    def replaced(self, changes: Mapping[tuple[str, str], float]) -> Assumptions:
        """The same table with other central values; the ranges widen to hold them."""
        rows = dict(self._rows)
        for at, value in changes.items():
            old = self.row(*at)
            rows[at] = replace(old, value=value, low=min(old.low, value), high=max(old.high, value))
        return Assumptions(rows)

    def used(self) -> list[Assumption]:
        """Rows that were asked for since the table was made, in table order."""
        return [r for at, r in self._rows.items() if at in self._used]

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self._rows.values())

    def __contains__(self, at: tuple[str, str]) -> bool:
        return at in self._rows


def defaults() -> Assumptions:
    """The table that ships with daremo."""
    rows: dict[tuple[str, str], Assumption] = {}
    for table in FILES:
        for r in rows_of("daremo.cases", table):
            rows[r["key"], r["life_stage"]] = Assumption(
                r["key"],
                r["life_stage"],
                float(r["value"]),
                float(r["low"]),
                float(r["high"]),
                r["unit"],
                r["year"],
                r["source"],
                r["certainty"],
                r["note"],
                r["ja"],
            )
    return Assumptions(rows)
