"""What a page hands to a component: small frozen records, so that a view says what, never how it looks.

Every text may hold ruby marks ``{漢字|かんじ}``; the components draw them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import cos, radians


@dataclass(frozen=True)
class Time:
    """One free time to press: either a link (`href`) or a button of a form (`name`, `value`)."""

    start: datetime
    today: date
    href: str = ""
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Tag:
    """A short property with its icon: 「段差なし」."""

    text: str
    icon: str = ""


@dataclass(frozen=True)
class Place:
    """One support point in a list.

    Attributes
    ----------
    number : int
        Its number on the map and in the list, from 1.
    way : str
        「歩いて6分」; ``""`` where no start is known.
    opening : str
        「開いています（17時まで）」 or when it opens next.
    times : sequence of Time
        The next free times; where empty, `full` must say when or how instead.
    """

    number: int
    name: str
    way: str = ""
    opening: str = ""
    tags: Sequence[Tag] = ()
    note: str = ""
    times: Sequence[Time] = ()
    full: str = ""
    more_href: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Fact:
    """Term and value, with what it was understood from and a link to change it."""

    term: str
    value: object
    small: str = ""
    href: str = ""
    code: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a caption: `columns` are (heading, is a number); the first cell of a row names the row."""

    caption: str
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[object]]
    foot: Sequence[object] = ()

    @property
    def body(self) -> list[list[tuple[object, bool]]]:
        """Rows of (value, is a number)."""
        return [list(zip(row, (n for _, n in self.columns), strict=True)) for row in self.rows]

    @property
    def last(self) -> list[tuple[object, bool]]:
        """The foot as (value, is a number)."""
        return list(zip(self.foot, (n for _, n in self.columns), strict=True)) if self.foot else []


@dataclass(frozen=True)
class Link:
    """A link that stands alone, with its icon."""

    href: str
    text: str
    icon: str = ""


@dataclass(frozen=True)
class Point:
    """A place on a sketch map. `number` 0 is 「いまここ」."""

    lat: float
    lon: float
    number: int
    name: str = ""


@dataclass(frozen=True)
class Ticket:
    """The sheet a person takes home: what, when, where, the number and what happens next."""

    done: str
    title: str
    number: str
    facts: Sequence[Fact]
    steps: Sequence[str] = ()
    url: str = ""
    points: Sequence[Point] = ()
    way: str = ""
    links: Sequence[Link] = ()
    promise: str = ""


@dataclass(frozen=True)
class Spot:
    """A point placed on the sheet, in percent of its width and height."""

    x: float
    y: float
    number: int
    name: str


@dataclass(frozen=True)
class Sketch:
    """A sketch map ready to draw: spots in percent, rings of walking time in sheet units."""

    spots: Sequence[Spot]
    rings: Sequence[tuple[float, int]] = ()
    here: tuple[float, float] | None = None

    @property
    def minutes(self) -> str:
        """Walking minutes of the rings, as they are read: 「5・10」."""
        return "・".join(str(m) for _, m in self.rings)


#: Metres a person walks in a minute (the figure that Japanese property notices must use).
WALK_M_PER_MIN = 80.0
_M_PER_DEGREE = 111_320.0


def sketch_of(points: Sequence[Point]) -> Sketch:
    """Place `points` on a sheet of 400 × 420, north up, pins kept a finger apart, rings of walking time drawn.

    Raises
    ------
    ValueError
        Without points.
    """
    if not points:
        raise ValueError("a sketch map needs at least one point")
    here = next((p for p in points if p.number == 0), None)
    mid = sum(p.lat for p in points) / len(points)
    xs = [p.lon * cos(radians(mid)) * _M_PER_DEGREE for p in points]
    ys = [p.lat * _M_PER_DEGREE for p in points]
    x0, y0 = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    span = max(max(xs) - min(xs), max(ys) - min(ys), 400.0)
    scale = 0.62 * 400 / span
    at = [[200 + (x - x0) * scale, 215 - (y - y0) * scale] for x, y in zip(xs, ys, strict=True)]
    _apart(at, 44.0)
    spots = [Spot(round(x / 4, 1), round(y / 4.2, 1), p.number, p.name) for (x, y), p in zip(at, points, strict=True)]
    if here is None:
        return Sketch(spots)
    x, y = at[list(points).index(here)]
    rings = [
        (round(m * WALK_M_PER_MIN * scale, 1), m)
        for m in (5, 10, 15, 20, 30, 60)
        if 30 < m * WALK_M_PER_MIN * scale < 260
    ]
    return Sketch(spots, tuple(rings[:3]), (round(x, 1), round(y, 1)))


def _apart(at: list[list[float]], least: float) -> None:
    """Push points apart until every two are `least` units apart, or after 60 rounds; stays on the sheet."""
    for _ in range(60):
        moved = False
        for i, a in enumerate(at):
            for b in at[i + 1 :]:
                dx, dy = b[0] - a[0], b[1] - a[1]
                apart = (dx * dx + dy * dy) ** 0.5
                if apart < least:
                    ux, uy = (dx / apart, dy / apart) if apart > 1e-6 else (1.0, 0.0)
                    push = (least - apart) / 2 + 0.1
                    a[0], a[1] = a[0] - ux * push, a[1] - uy * push
                    b[0], b[1] = b[0] + ux * push, b[1] + uy * push
                    moved = True
        for p in at:
            p[0], p[1] = min(max(p[0], 30.0), 370.0), min(max(p[1], 50.0), 400.0)
        if not moved:
            return
