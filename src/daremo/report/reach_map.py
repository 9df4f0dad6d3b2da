"""The map of any answer of `reach`: who is reached from where, as a drawing that says in words what it shows.

Few demand points are drawn as cells around each; many are counted into squares, and a square takes the state of most
of its people. States differ by pattern as well as colour; distances by five steps of one hue.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from daremo.report import blocks as b
from daremo.report.charts import GREEN, NEVER, PATTERNS, RAMP
from daremo.report.figures import class_of, round_cuts
from daremo.report.geo import WIDTH, Sheet, local_km, sheet
from daremo.report.maps import choropleth, point_marks
from daremo.report.words import Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: States of a demand point, in the order of the legend.
STATES = ("reached", "partly", "missed", "unreachable")
_STATE_FILLS = ("#a9d8bd", "url(#p-partly)", "url(#p-reach)", NEVER)
_STATE_EDGES = (GREEN, GREEN, "#c74700", "#767676")
PARTLY = (
    '<pattern id="p-partly" width="9" height="9" patternUnits="userSpaceOnUse"><rect width="9" height="9" fill="#fff"/>'
    '<circle cx="3" cy="3" r="2.2" fill="#197a4b"/><circle cx="7.5" cy="7.5" r="2.2" fill="#197a4b"/></pattern>'
)
#: Above this many demand points squares are drawn instead of cells; squares along the longer side.
MOST_CELLS, SQUARES = 1_500, 72
#: Above this many open places numbers give way to dots.
MOST_NUMBERS = 60


@dataclass(frozen=True, slots=True)
class Spot:
    """An open place: its number, names, where it is, and what a table says of it."""

    number: int
    place_id: str
    name: str
    latitude: float
    longitude: float
    kind: Literal["point", "class", "round"] = "point"
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReachView:
    """What a map of an answer needs, whatever the question was.

    Attributes
    ----------
    lang : str
    eyebrow, headline, lead : str
        Which question; the finding in one sentence; what it rests on.
    stats : tuple of Stat
        At most four headline figures.
    ids, names : tuple of str
        Of the demand points.
    latitude_d, longitude_d : ndarray, shape (demand,), degrees, or km where `planar`
        NaN where unknown: such a point is in the table and not on the map.
    need_d : ndarray, shape (demand,), people
    cost_d : ndarray, shape (demand,), `unit`
        To the place that serves the point; infinite where none does.
    state_d : ndarray of int64, shape (demand,), index into `STATES`, or None
        None colours by `cost_d`.
    spots : tuple of Spot
    columns : tuple of str
        Headings of `Spot.facts`.
    routes : tuple of tuple of (latitude, longitude)
        Lines to be drawn, say a vehicle's rounds.
    unit : str
        Unit of `cost_d` as written, e.g. ``"km"``.
    planar : bool
    source : str
    """

    lang: str
    eyebrow: str
    headline: str
    lead: str
    stats: tuple[b.Stat, ...]
    ids: tuple[str, ...]
    names: tuple[str, ...]
    latitude_d: Floats
    longitude_d: Floats
    need_d: Floats
    cost_d: Floats
    state_d: Ints | None
    spots: tuple[Spot, ...]
    columns: tuple[str, ...] = ()
    routes: tuple[tuple[tuple[float, float], ...], ...] = ()
    unit: str = "km"
    planar: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The areas as drawn: a sheet, and for each drawn area its demand points' need, state and cost.

    Attributes
    ----------
    sheet : Sheet
    members : tuple of ndarray of int64, index
        Demand points of each drawn area.
    need : ndarray, shape (areas,), people
    klass : ndarray of int64, shape (areas,), index
        State, or class of the distance; ``len(RAMP)`` = out of reach.
    cost : ndarray, shape (areas,), unit of the view
        Mean over people; infinite where most are out of reach.
    cuts : list of float
        Between classes of distance; empty where states are shown.
    square_km : float
        Side of the squares; 0 where cells are drawn.
    """

    sheet: Sheet
    members: tuple[Ints, ...]
    need: Floats
    klass: Ints
    cost: Floats
    cuts: list[float]
    square_km: float


def degrees(view: ReachView, latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Coordinates as degrees, each of the shape given; a plane is laid on the equator, where a degree is alike both ways."""
    if not view.planar:
        return latitude, longitude
    y0 = float(np.nanmean(view.latitude_d)) if view.latitude_d.size else 0.0
    return (latitude - y0) / 110.95, longitude / 111.32


def draw(view: ReachView) -> Drawn:
    """Lay out the demand points as cells, or as squares where there are many."""
    known = np.flatnonzero(np.isfinite(view.latitude_d) & np.isfinite(view.longitude_d))
    latitude, longitude = degrees(view, view.latitude_d[known], view.longitude_d[known])
    if known.size == 0:  # only places are known
        spots = np.array([(s.latitude, s.longitude) for s in view.spots] or [(0.0, 0.0)])
        latitude, longitude = degrees(view, spots[:, 0], spots[:, 1])
        base = sheet(latitude.tolist(), longitude.tolist(), [""] * latitude.size)
        nobody: tuple[Ints, ...] = tuple(np.zeros(0, np.int64) for _ in base.cells)
        return _classed(view, base, nobody, 0.0)
    if known.size <= MOST_CELLS:
        base = sheet(latitude.tolist(), longitude.tolist(), [""] * known.size)
        return _classed(view, base, tuple(known[[k]] for k in range(known.size)), 0.0)
    base, members, side = _squares(latitude, longitude)
    return _classed(view, base, tuple(known[m] for m in members), side)


def _squares(latitude: Floats, longitude: Floats) -> tuple[Sheet, list[Ints], float]:
    lat0, lon0 = float(np.median(latitude)), float(np.median(longitude))
    x, y = local_km(latitude, longitude, lat0, lon0)
    extent = max(float(np.ptp(x)), float(np.ptp(y)), 1e-6)
    side = math.ceil(extent / SQUARES) if extent > SQUARES else extent / SQUARES
    column, row = np.floor(x / side).astype(np.int64), np.floor(y / side).astype(np.int64)
    squares, of = np.unique(np.stack([column, row], axis=1), axis=0, return_inverse=True)
    order = np.argsort(of, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(of.ravel()))[:-1])
    left, bottom = squares.min(axis=0) * side
    right, top = (squares.max(axis=0) + 1) * side
    pad = 0.03 * max(right - left, top - bottom)
    left, bottom, right, top = left - pad, bottom - pad, right + pad, top + pad
    if (right - left) < (top - bottom) / 1.7:
        extra = (top - bottom) / 1.7 - (right - left)
        left, right = left - extra / 2, right + extra / 2
    k = WIDTH / (right - left)
    x0, y0 = (squares[:, 0] * side - left) * k, (top - (squares[:, 1] + 1) * side) * k
    cells = shapely.box(x0, y0, x0 + side * k, y0 + side * k)
    base = Sheet(
        tuple(cells),
        shapely.union_all(cells),
        x0 + side * k / 2,
        y0 + side * k / 2,
        max(160.0, (top - bottom) * k),
        k,
        frozenset(),
        (lat0, lon0, float(left), float(top)),
    )
    return base, members, float(side)


def _classed(view: ReachView, base: Sheet, members: tuple[Ints, ...], side: float) -> Drawn:
    n = len(members)
    need, cost, klass = np.zeros(n), np.full(n, np.inf), np.full(n, len(RAMP), np.int64)
    for a, m in enumerate(members):
        need[a] = view.need_d[m].sum()
        near = m[np.isfinite(view.cost_d[m])]
        weight = np.maximum(view.need_d, 1e-9)
        if near.size and weight[near].sum() * 2 >= weight[m].sum():
            cost[a] = float((view.cost_d[near] * weight[near]).sum() / weight[near].sum())
        if view.state_d is not None:
            share = np.bincount(view.state_d[m], weight[m], len(STATES)) if m.size else np.zeros(len(STATES))
            klass[a] = int(np.argmax(share)) if m.size else STATES.index("unreachable")
    cuts: list[float] = []
    if view.state_d is None:
        cuts = round_cuts([float(c) for c in cost])
        klass = np.array([class_of(float(c), cuts) if np.isfinite(c) else len(RAMP) for c in cost], np.int64)
    return Drawn(base, members, need, klass, cost, cuts, side)


def fills(view: ReachView, drawn: Drawn) -> list[str]:
    """Paint of each drawn area, in order."""
    paints = _STATE_FILLS if view.state_d is not None else (*RAMP, NEVER)
    return [paints[k] for k in drawn.klass]


def legend(view: ReachView, drawn: Drawn) -> b.Legend:
    """What each paint means, with the people it stands for."""
    w = Words(view.lang)
    items: list[tuple[str, str, str, str]] = []
    if view.state_d is not None:
        people = np.bincount(view.state_d, view.need_d, len(STATES))
        points = np.bincount(view.state_d, minlength=len(STATES))
        for k, state in enumerate(STATES):
            if points[k]:
                items.append(
                    (_STATE_FILLS[k], _STATE_EDGES[k], w(f"reach.{state}"), w("reach.n", n=w.count(people[k])))
                )
        return b.Legend(tuple(items))
    klass = np.array([class_of(float(c), drawn.cuts) if np.isfinite(c) else len(RAMP) for c in view.cost_d], np.int64)
    people = np.bincount(klass, view.need_d, len(RAMP) + 1)
    edges = [f"{c:.10g}" for c in drawn.cuts]
    said = [
        w("below", n=f"{edges[0]} {view.unit}"),
        *(w("span", low=lo, high=f"{hi} {view.unit}") for lo, hi in zip(edges, edges[1:])),
        w("from", n=f"{edges[-1]} {view.unit}"),
    ]
    items = [(RAMP[k], "#666", text, w("reach.n", n=w.count(people[k]))) for k, text in enumerate(said)]
    if (klass == len(RAMP)).any():
        items.append((NEVER, "#767676", w("reach.unreachable"), w("reach.n", n=w.count(people[-1]))))
    return b.Legend(tuple(items))


def picture(view: ReachView, drawn: Drawn) -> b.Picture:
    """The drawing with its marks."""
    w = Words(view.lang)
    base = drawn.sheet
    inside = [s for s in view.spots if math.isfinite(s.latitude) and math.isfinite(s.longitude)]
    at = [_at(view, base, s.latitude, s.longitude) for s in inside]
    marks: list[b.Mark] = []
    dots = ""
    if len(inside) <= MOST_NUMBERS:
        signs = [{"sign": s.number, "kind": s.kind, "at": xy} for s, xy in zip(inside, at)]
        marks = point_marks(base, signs, lambda p: p["at"])  # type: ignore[arg-type, return-value]
    else:
        radius = 3.2 if len(inside) < 1_000 else 1.6
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{GREEN}" stroke="#fff" stroke-width=".8"/>'
            for x, y in at
        )
    lines = "".join(_route(view, base, r) for r in view.routes)
    drawing = choropleth(base, fills(view, drawn), view.headline, marks=marks, words=w)
    return b.Picture(
        "map",
        f"<defs>{PARTLY}</defs>{drawing.inner}{lines}{dots}",
        drawing.alt,
        drawing.height,
        drawing.width,
        drawing.marks,
    )


def _at(view: ReachView, base: Sheet, latitude: float, longitude: float) -> tuple[float, float]:
    lat, lon = degrees(view, np.array([latitude]), np.array([longitude]))
    return base.at(float(lat[0]), float(lon[0]))


def _route(view: ReachView, base: Sheet, route: Sequence[tuple[float, float]]) -> str:
    points = " ".join("{:.1f},{:.1f}".format(*_at(view, base, lat, lon)) for lat, lon in route)
    return (
        f'<polyline points="{points}" fill="none" stroke="#fff" stroke-width="5"/>'
        f'<polyline points="{points}" fill="none" stroke="{GREEN}" stroke-width="2.5" stroke-dasharray="7 4"/>'
    )


def caption(view: ReachView, drawn: Drawn) -> str:
    """How the areas were drawn."""
    w = Words(view.lang)
    if drawn.square_km:
        return w("reach.squares", km=f"{drawn.square_km:.3g}")
    return w("reach.cells")


def as_svg(view: ReachView) -> str:
    """The map as one SVG file with title, key and source; letters in its own units."""
    drawn = draw(view)
    told = " ".join(x for x in (caption(view, drawn), view.source) if x)
    return alone(picture(view, drawn), legend(view, drawn), view.headline, told, view.lang)


def alone(p: b.Picture, key: b.Legend, headline: str, told: str, lang: str) -> str:
    """A map as an SVG file of its own: headline, map, key, and what is told of it."""
    family = "BIZ UDPGothic, Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, sans-serif"
    lines = _wrapped(headline, 50)
    top = 24.0 + 24 * len(lines)
    out = [
        f'<text x="14" y="{26 + 24 * i}" font-size="17" font-weight="700">{escape(line)}</text>'
        for i, line in enumerate(lines)
    ]
    out.append(f'<g transform="translate(0 {top:.0f})">{p.inner}')
    out += [f'<g transform="translate({m.x * p.width:.1f} {m.y * p.height:.1f})">{m.svg}</g>' for m in p.marks]
    out.append("</g>")
    y = top + p.height + 26
    for fill, stroke, text, soft in key.items:
        out.append(f'<rect x="14" y="{y - 14:.0f}" width="32" height="18" fill="{fill}" stroke="{stroke}"/>')
        out.append(f'<text x="56" y="{y:.0f}">{escape(text + soft)}</text>')
        y += 26
    for line in _wrapped(told, 74):
        out.append(f'<text x="14" y="{y:.0f}" font-size="12">{escape(line)}</text>')
        y += 18
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {y:.0f}" role="img" lang="{lang}" '
        f'font-family="{family}" font-size="14" fill="#1a1a1a"><title>{escape(headline)}</title>'
        "<style>.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}"
        ".t-on,.t-in{text-anchor:middle;font-weight:700}.t-on{fill:#fff}</style>"
        f'<defs>{PATTERNS}</defs><rect width="{WIDTH:g}" height="{y:.0f}" fill="#fff"/>{"".join(out)}</svg>\n'
    )


def _wrapped(text: str, columns: int) -> list[str]:
    """Lines of at most `columns` half-width letters; Japanese letters count two, words stay whole."""
    lines, line, used = [""], "", 0
    for word in _pieces(text):
        wide = sum(2 if ord(c) > 0x2E80 else 1 for c in word)
        if used + wide > columns and line:
            lines.append("")
            line, used = "", 0
        line += word
        used += wide
        lines[-1] = line
    return [x.strip() for x in lines if x.strip()]


def _pieces(text: str) -> list[str]:
    """Single Japanese letters and whole Latin words with their space."""
    out: list[str] = []
    for c in text:
        latin = ord(c) <= 0x2E80
        if out and latin and ord(out[-1][-1]) <= 0x2E80 and out[-1][-1] != " " or out and c in "、。）」":
            out[-1] += c
        else:
            out.append(c)
    return out
