"""Every default as a row: value, range, source, date, certainty; a table of such rows remembers which were used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Self

from daremo.kernel.errors import UsageError
from daremo.kernel.tables import rows_of


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
        """Fields in order, for JSON."""
        return asdict(self)


class AssumptionTable:
    """An immutable table of assumptions that remembers which were used."""

    #: What to do where a name is not known, in Japanese.
    FIX: ClassVar[str] = "名前を確かめてください"

    def __init__(self, rows: Mapping[tuple[str, str], Assumption]) -> None:
        self._rows = dict(rows)
        self._used: set[tuple[str, str]] = set()

    @classmethod
    def shipped(cls, package: str, *tables: str) -> Self:
        """The rows of tables that ship in a package; without a column ``life_stage`` they hold for all."""
        rows: dict[tuple[str, str], Assumption] = {}
        for table in tables:
            for r in rows_of(package, table):
                at = r["key"], r.get("life_stage", "all")
                rows[at] = Assumption(
                    *at, float(r["value"]), float(r["low"]), float(r["high"]), r["unit"], r["year"], r["source"],
                    r["certainty"], r["note"], r["ja"],
                )  # fmt: skip
        return cls(rows)

    def row(self, key: str, life_stage: str = "all") -> Assumption:
        """One row, from now on among the used ones.

        Raises
        ------
        UsageError
            Where there is no such assumption.
        """
        found = self._known(key, life_stage)
        self._used.add((key, life_stage))
        return found

    def _known(self, key: str, life_stage: str) -> Assumption:
        try:
            return self._rows[key, life_stage]
        except KeyError:
            name = key if life_stage == "all" else f"{key} ({life_stage})"
            raise UsageError("unknown-assumption", f"{name} という前提はありません", self.FIX, key) from None

    def value(self, key: str, life_stage: str = "all") -> float:
        """Central value in the row's unit; raises as `row` does."""
        return self.row(key, life_stage).value

    def replaced(self, changes: Mapping[tuple[str, str], float]) -> Self:
        """The same table with other central values; the ranges widen to hold them.

        Raises
        ------
        UsageError
            Where there is no such assumption.
        """
        rows = dict(self._rows)
        for at, value in changes.items():
            old = self._known(*at)
            rows[at] = replace(old, value=value, low=min(old.low, value), high=max(old.high, value))
        return type(self)(rows)

    def used(self) -> list[Assumption]:
        """Rows that were asked for since the table was made, in table order."""
        return [r for at, r in self._rows.items() if at in self._used]

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self._rows.values())

    def __contains__(self, at: tuple[str, str]) -> bool:
        return at in self._rows
