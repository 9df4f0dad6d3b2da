"""What a report is made of, before anybody decides whether it becomes a page, a PDF or a print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign or a word on a map: where (share of width and height) and its SVG, drawn at letter size."""

    x: float
    y: float
    svg: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing: `inner` SVG and the sentence that stands for it.

    A *chart* has no width of its own: x in %, y in px up to `height`. A *map* has `width` × `height` units and marks
    that keep the size of letters.
    """

    kind: str
    inner: str
    alt: str
    height: float
    width: float = 0.0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: text, or a small chart with the text that stands for it."""

    text: str
    picture: Picture | None = None
    never: bool = False


def merged(cells: tuple[Cell, ...]) -> list[tuple[Cell, int]]:
    """The cells of a row with the columns each spans: neighbouring withheld ones become one, lone ones after it a dash."""
    out: list[tuple[Cell, int]] = []
    said = False
    for c in cells:
        if c.never and out and out[-1][0].never:
            out[-1] = (out[-1][0], out[-1][1] + 1)
        elif c.never and said:
            out.append((Cell("—"), 1))
        else:
            out.append((c, 1))
        said = said or c.never
    return out


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; `kind` is ``text``, ``num``, ``head`` (row heading), ``chart`` or ``prose``."""

    name: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption, its columns, rows and foot; `folded` is the line that opens a long one."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    foot: tuple[Cell, ...] = ()
    here: int = -1
    folded: str = ""
    appendix: bool = False
    on_paper: bool = True


@dataclass(frozen=True, slots=True)
class Legend:
    """Patches (fill, stroke) with their words."""

    items: tuple[tuple[str, str, str, str], ...]  # fill, stroke, text, soft text


@dataclass(frozen=True, slots=True)
class Figure:
    """A framed drawing with its caption, key, source and the table that says the same."""

    key: str
    caption: str
    small: str
    picture: Picture
    table: str
    legend: Legend | None = None
    source: str = ""
    rows: tuple[tuple[str, str, Picture], ...] = ()  # further small charts: label, figure, chart


@dataclass(frozen=True, slots=True)
class Multiples:
    """Small maps that share one key."""

    key: str
    caption: str
    small: str
    minis: tuple[tuple[str, str, Picture], ...]
    table: str
    legend: Legend
    source: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """The finding, as one sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """Source, date and formula behind the figures before it."""

    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of an argument, in order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to remember: a strong sentence and what it means."""

    strong: str
    text: str


@dataclass(frozen=True, slots=True)
class Names:
    """Names under their group, all of them."""

    groups: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Duo:
    """Two things beside each other on a wide screen; `map` gives the first the width of a map."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]
    map: bool = False


Block = Union[Read, Text, Why, Steps, Note, Names, Figure, Multiples, Table, Duo]  # noqa: UP007


@dataclass(frozen=True, slots=True)
class Stat:
    """One headline figure with its unit, interval and why."""

    label: str
    big: str
    unit: str
    lines: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Section:
    """One question of the meeting; `page` starts it on a new sheet of paper."""

    key: str
    title: str
    short: str
    blocks: tuple[Block, ...]
    page: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """One report in one language."""

    lang: str
    title: str
    eyebrow: str
    headline: str
    lead: str
    town: str
    stats: tuple[Stat, ...]
    sections: tuple[Section, ...]
    foot: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = field(default=())
