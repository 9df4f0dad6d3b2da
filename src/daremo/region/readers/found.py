"""What one file gave: rows for the region's tables, problems, and an explanation for the person who brought it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from daremo.kernel.errors import Problem, Severity

#: Kinds of file that hold people by district or mesh cell.
PEOPLE_KINDS = ("population", "mesh", "small_area")


@dataclass(slots=True)
class PlaceRow:
    """A place as one list tells it; several lists may tell of the same building."""

    name: str
    kind: str
    latitude: float
    longitude: float
    file: str
    row: int
    address: str = ""
    phone: str = ""
    opening_hours: str = ""
    step_free: bool | None = None
    organisation: str = ""
    list_kind: str = ""
    island: str = ""
    own: dict[str, Any] | None = None


@dataclass(slots=True)
class AreaRow:
    """A district or mesh unit with its people: ``bands[(sex, age_from, age_to)]`` in people."""

    area_id: str
    name: str
    file: str
    row: int
    latitude: float | None = None
    longitude: float | None = None
    households: int | None = None
    people: float | None = None
    men: float | None = None
    women: float | None = None
    bands: dict[tuple[str, int, int], float] = field(default_factory=dict)


@dataclass(slots=True)
class Edition:
    """One edition of people by area: a date, a municipality and its areas."""

    file: str
    kind: str
    date: str
    code: str
    city: str
    areas: list[AreaRow]
    doubts: int = 0
    has_ages: bool = True
    more_files: tuple[str, ...] = ()


@dataclass(slots=True)
class MeshRow:
    """One line of a mesh table: total, details where not suppressed, and where they went."""

    key: str
    row: int
    state: str
    sink: str
    parts: tuple[str, ...]
    total: float
    men: float
    women: float
    households: float
    bands: dict[tuple[str, int, int], float] | None


@dataclass(slots=True)
class Found:
    """Everything one file gave."""

    file: str
    kind: str = "unknown"
    title: str = ""
    note: str = ""
    date: str = ""
    owner: str = ""
    licence: str = ""
    sha256: str = ""
    rows_used: int = 0
    rows_rejected: int = 0
    dataset: str = ""
    edition_year: int | None = None
    problems: list[Problem] = field(default_factory=list)
    editions: list[Edition] = field(default_factory=list)
    mesh: dict[str, list[MeshRow]] = field(default_factory=dict)
    places: list[PlaceRow] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    own: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    shapes: list[tuple[str, str, BaseGeometry]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)

    def tell(
        self,
        code: str,
        message: str,
        fix: str,
        row: int | None = None,
        column: str = "",
        value: str = "",
        severity: Severity = "error",
    ) -> None:
        """Add a problem of this file."""
        self.problems.append(Problem(code, message, fix, self.file, row, column, value[:120], severity))

    def add_note(self, text: str) -> None:
        """Add a sentence to the explanation."""
        self.note = f"{self.note} {text}".strip()
