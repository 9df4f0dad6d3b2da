"""What a file of places says, before anybody decides: one record a row, and every problem with its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from daremo.kernel.errors import Problem
from daremo.web.apps.places.hours import parsed

#: Longest value of a field of a point, in letters.
LONGEST = {
    "name": 160,
    "kana": 160,
    "kind": 30,
    "postcode": 8,
    "address": 240,
    "floor": 40,
    "phone": 20,
    "url": 400,
    "source": 60,
    "source_id": 200,
}


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """A place as one row tells it: fields of a point that the row fills, and the row as it stood."""

    row: int
    source: str
    source_id: str
    fields: dict[str, Any]
    raw: dict[str, str]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as one row tells it: when, where, how many seats, and the row as it stood.

    ``course`` is (sessions of the course, which of them) where the row says so; ``notice_hours`` is how many hours
    before the start bookings end.
    """

    row: int
    source_id: str
    title: str
    starts: datetime
    ends: datetime
    place: dict[str, Any]
    seats: int
    price_yen: int
    notice_hours: int
    course: tuple[int, int] | None
    raw: dict[str, str]

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return round((self.ends - self.starts).total_seconds() / 60)


@dataclass(slots=True)
class Reading:
    """One file read: its layout, a record for each usable row, and what was wrong."""

    layout: str
    records: list[PlaceRecord] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def tell(
        self, code: str, message: str, fix: str, row: int, column: str = "", value: str = "", *, error: bool = False
    ) -> None:
        """Add a problem; an error says that the row was left out."""
        severity = "error" if error else "warning"
        self.problems.append(Problem(code, message, fix, "", row, column, value[:120], severity))  # type: ignore[arg-type]

    @property
    def rejected(self) -> list[Problem]:
        """Problems for which a row was left out."""
        return [problem for problem in self.problems if problem.severity == "error"]


def readable_hours(text: str, reading: Reading, row: int, column: str) -> str:
    """Return hours that can be read, else "" and a problem (the row keeps what was written)."""
    said = " ".join(text.split())
    if said and parsed(said) is None:
        reading.tell("hours-unread", "開く時間が読めません。空にしました", "例：Mo-Fr 09:00-17:00", row, column, text)
        return ""
    return said


def fitting(fields: Mapping[str, Any], reading: Reading, row: int) -> dict[str, Any]:
    """Return the fields that say something, cut to what the desk keeps, with a problem for each that was too long."""
    kept = {}
    for name, value in fields.items():
        if value in ("", None, []):
            continue
        most = LONGEST.get(name)
        if most is not None and len(value) > most:
            reading.tell("too-long", f"{most}文字より長いので、切りました", "短くしてください", row, name, value)
            value = value[:most].rstrip()
        kept[name] = value
    return kept


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, mark: bool = False) -> bytes:
    """Return rows as CSV in UTF-8; with ``mark`` for people with Excel: byte order mark, CRLF, and no cell that runs."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(columns), lineterminator="\r\n" if mark else "\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: harmless(row.get(name, "")) if mark else row.get(name, "") for name in columns})
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs: a formula gets an apostrophe; numbers and telephones stay."""
    risky = cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not cell[1:].replace(".", "").isdigit())
    return f"'{cell}" if risky else cell
