"""The map of a backbone's answer: links told apart by colour and width, nodes by what happens to them.

The drawing says in words what it shows, and numbers lead to a table; nothing is told by colour alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from daremo.report import blocks as b
from daremo.report.charts import GREEN, INK
from daremo.report.figures import nice_below
from daremo.report.geo import WIDTH, local_km
from daremo.report.reach_map import alone

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Colour and width (sheet units) of the classes of links, quiet to loud; each at least 3:1 on white.
LINE_PAINT = (("#767676", 1.6), ("#b3661a", 2.8), ("#c74700", 4.2), ("#8b3200", 6.0))
#: Fill and edge of the classes of nodes, safe to unsafe.
NODE_PAINT = ((INK, "#ffffff"), ("#fff5ec", INK), ("#ffa66d", INK), ("#e25100", INK), ("#8b3200", "#ffffff"))
#: Least width of a dashed link.
DASHED = 4.0
#: Width in px at which names must not cover each other, and at which more of them are shown.
NARROW_PX, WIDE_PX = 256.0, 560.0
#: Lowest and highest drawing, and room for the scale bar below it, sheet units.
LOW, HIGH, BAR = 200.0, 900.0, 60.0
#: Above this many nodes discs shrink with the drawing.
MANY = 300
KEEP = 'vector-effect="non-scaling-stroke"'


@dataclass(frozen=True, slots=True)
class LineView:
    """What a map of a backbone needs, whatever the question was.

    Attributes
    ----------
    lang : str
    eyebrow, headline, lead : str
        Which question; the finding in one sentence; what it rests on.
    stats : tuple of Stat
        At most four headline figures.
    names : tuple of str
        Of the nodes.
    latitude_n, longitude_n : ndarray, shape (nodes,), degrees
        NaN where unknown: such a node is in the tables and not on the map, and its links neither.
    hub_n : ndarray of bool, shape (nodes,)
        Drawn as squares.
    class_n : ndarray of int64, shape (nodes,), index into `NODE_PAINT`
    said_n : tuple of tuple of str
        What the moving map tells of each node.
    link_names : tuple of str
    tail, head : ndarray of int64, shape (links,), index of nodes
    class_l : ndarray of int64, shape (links,), index into `LINE_PAINT`
    dashed_l : ndarray of bool, shape (links,)
    said_l : tuple of tuple of str
    signs : tuple of (kind, index)
        ``"node"`` or ``"link"``: what gets the numbers 1, 2, … that the table beside the map tells of.
    key : tuple of (kind, class or "dash", text)
        What each paint means.
    tables : tuple of Table
        The first stands beside the map, the others below it.
    alt, caption, source : str
    """

    lang: str
    eyebrow: str
    headline: str
    lead: str
    stats: tuple[b.Stat, ...]
    names: tuple[str, ...]
    latitude_n: Floats
    longitude_n: Floats
    hub_n: NDArray[np.bool_]
    class_n: Ints
    said_n: tuple[tuple[str, ...], ...]
    link_names: tuple[str, ...]
    tail: Ints
    head: Ints
    class_l: Ints
    dashed_l: NDArray[np.bool_]
    said_l: tuple[tuple[str, ...], ...]
    signs: tuple[tuple[str, int], ...]
    key: tuple[tuple[str, int | str, str], ...]
    tables: tuple[b.Table, ...]
    alt: str
    caption: str
    source: str


def known(view: LineView) -> NDArray[np.bool_]:
    """Nodes whose place is known, shape (nodes,)."""
    return np.isfinite(view.latitude_n) & np.isfinite(view.longitude_n)


def drawn_links(view: LineView) -> list[int]:
    """Links between nodes whose place is known, quiet ones first."""
    at = known(view)
    here = [k for k in range(len(view.tail)) if at[view.tail[k]] and at[view.head[k]]]
    return sorted(here, key=lambda k: (int(view.class_l[k]), k))


def paint(view: LineView, link: int) -> tuple[str, float]:
    """Colour and width of a link; a dashed one is at least so wide that its dashes are seen."""
    colour, wide = LINE_PAINT[view.class_l[link]]
    return colour, max(wide, DASHED) if view.dashed_l[link] else wide


def _places(view: LineView) -> tuple[Floats, Floats, float, float]:
    """Sheet positions of the nodes (NaN = unknown), the sheet's height, and its units a km."""
    at = known(view)
    lat0, lon0 = float(np.mean(view.latitude_n[at])), float(np.mean(view.longitude_n[at]))
    x, y = local_km(view.latitude_n, view.longitude_n, lat0, lon0)
    left, right, bottom, top = x[at].min(), x[at].max(), y[at].min(), y[at].max()
    wide, high = max(float(right - left), 1e-3), max(float(top - bottom), 1e-3)
    pad = 0.07
    k = min(WIDTH * (1 - 2 * pad) / wide, HIGH * (1 - 2 * pad) / high)
    height = max(LOW, high * k / (1 - 2 * pad))
    return (
        WIDTH / 2 + (x - (left + right) / 2) * k,
        height / 2 - (y - (bottom + top) / 2) * k,
        float(height + BAR),
        float(k),
    )


def _curves(view: LineView, x: Floats, y: Floats) -> dict[int, tuple[str, float, float]]:
    """Path and middle of each drawn link; links between the same two nodes bow apart."""
    count: dict[tuple[int, int], int] = {}
    out = {}
    for k in drawn_links(view):
        a, c = sorted((int(view.tail[k]), int(view.head[k])))
        n = count[a, c] = count.get((a, c), -1) + 1
        bow = 9.0 * ((n + 1) // 2) * (1 if n % 2 else -1)
        dx, dy = float(x[c] - x[a]), float(y[c] - y[a])
        far = math.hypot(dx, dy) or 1.0
        mx, my = (x[a] + x[c]) / 2 - dy / far * bow, (y[a] + y[c]) / 2 + dx / far * bow
        if bow:
            qx, qy = (x[a] + x[c]) / 2 - 2 * dy / far * bow, (y[a] + y[c]) / 2 + 2 * dx / far * bow
            path = f"M{x[a]:.1f} {y[a]:.1f}Q{qx:.1f} {qy:.1f} {x[c]:.1f} {y[c]:.1f}"
        else:
            path = f"M{x[a]:.1f} {y[a]:.1f}L{x[c]:.1f} {y[c]:.1f}"
        out[k] = path, float(mx), float(my)
    return out


def picture(view: LineView) -> b.Picture:
    """The drawing: links, nodes, numbers, names where there is room, a scale bar."""
    x, y, height, units_km = _places(view)
    curves = _curves(view, x, y)
    shapes = [f"<defs>{_key_patterns()}</defs>"]
    for k, (path, _, _) in curves.items():
        colour, wide = paint(view, k)
        shapes.append(f'<path d="{path}" fill="none" stroke="#fff" stroke-width="{wide + 2.4:g}" {KEEP}/>')
        shapes.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{wide:g}" {KEEP}/>')
        if view.dashed_l[k]:
            shapes.append(
                f'<path d="{path}" fill="none" stroke="#fff" stroke-width="{0.45 * wide:g}" stroke-dasharray="6 6" {KEEP}/>'
            )
    marks = []
    few = len(view.names) <= MANY
    for i in np.flatnonzero(known(view)).tolist():
        fill, edge = NODE_PAINT[view.class_n[i]]
        r = (6.0 if view.hub_n[i] else 4.5) * (1.0 if few else 0.5)
        u, v = (0.0, 0.0) if few else (float(x[i]), float(y[i]))
        disc = (
            f'<rect x="{u - r:.1f}" y="{v - r:.1f}" width="{2 * r:g}" height="{2 * r:g}" fill="{fill}" stroke="{edge}" stroke-width="1.5"/>'
            if view.hub_n[i]
            else f'<circle cx="{u:.1f}" cy="{v:.1f}" r="{r:g}" fill="{fill}" stroke="{edge}" stroke-width="1.5"/>'
        )
        if few:
            marks.append(b.Mark(float(x[i]) / WIDTH, float(y[i]) / height, disc))
        else:
            shapes.append(disc)
    places: list[tuple[float, float]] = []
    for number, (kind, index) in enumerate(view.signs, 1):
        at = (
            (float(x[index]), float(y[index]))
            if kind == "node"
            else curves[index][1:]
            if index in curves
            else (math.nan, math.nan)
        )
        if not math.isfinite(at[0] + at[1]):
            continue
        px, py = _aside(at, places, height, beside=kind == "node")
        places.append((px, py))
        lead = ""
        if abs(px - at[0]) + abs(py - at[1]) > 1:
            shapes.append(
                f'<path d="M{at[0]:.1f} {at[1]:.1f}L{px:.1f} {py:.1f}" stroke="{GREEN}" stroke-width="1.5" fill="none"/>'
            )
        sign = f'<circle r="12" fill="{GREEN}" stroke="#fff" stroke-width="2.5"/><text class="t-on" dy=".35em">{number}</text>'
        marks.append(b.Mark(px / WIDTH, py / height, lead + sign))
    marks += _names(view, x, y, height, places)
    km = nice_below(0.22 * WIDTH / units_km)
    shapes.append(
        f'<line x1="14" x2="{14 + km * units_km:.1f}" y1="{height - 10:.1f}" y2="{height - 10:.1f}" stroke="{INK}" stroke-width="3"/>'
    )
    marks.append(
        b.Mark(
            14 / WIDTH,
            (height - 10) / height,
            f'<text class="halo" y="-8">{f"{km:g} km" if km >= 1 else f"{km * 1000:g} m"}</text>',
        )
    )
    return b.Picture("map", "".join(shapes), view.alt, round(height, 1), WIDTH, tuple(marks))


def _aside(
    at: tuple[float, float], taken: list[tuple[float, float]], height: float, *, beside: bool
) -> tuple[float, float]:
    """The nearest place (`beside`: not on it) that leaves the numbers so far readable on a narrow drawing."""
    apart = 27 * WIDTH / NARROW_PX
    for ring in (0.6 if beside else 0.0, 0.6, 0.9, 1.3, 1.8, 2.4):
        for step in range(12 if ring else 1):
            px = min(max(at[0] + ring * apart * math.cos(step * math.pi / 6), 30.0), WIDTH - 30)
            py = min(max(at[1] + ring * apart * math.sin(step * math.pi / 6), 30.0), height - BAR - 30)
            if all(math.hypot(px - u, py - v) >= apart for u, v in taken):
                return px, py
    return at


def _names(view: LineView, x: Floats, y: Floats, height: float, numbers: list[tuple[float, float]]) -> list[b.Mark]:
    """Names beside their nodes, hubs first, where they cover neither each other nor a number; some only on a wide drawing."""
    out: list[b.Mark] = []
    order = sorted(np.flatnonzero(known(view)).tolist(), key=lambda i: (not view.hub_n[i], -int(view.class_n[i]), i))
    shown: dict[int, int] = {}
    every = np.flatnonzero(known(view)).tolist()
    for px, css in ((NARROW_PX, "halo"), (WIDE_PX, "halo odd")):
        k = px / WIDTH
        boxes = [(u * k - 15, v * k - 15, u * k + 15, v * k + 15) for u, v in numbers]
        boxes += [_box(view, i, x, y, k, side) for i, side in shown.items()]
        discs = {i: (float(x[i]) * k, float(y[i]) * k) for i in every} if len(every) <= MANY else {}
        for i in order:
            if i in shown:
                continue
            for side in (1, -1):
                box = _box(view, i, x, y, k, side)
                inside = box[0] >= 0 and box[2] <= px and box[1] >= 0 and box[3] <= (height - BAR) * k
                covers = any(box[0] < c[2] and c[0] < box[2] and box[1] < c[3] and c[1] < box[3] for c in boxes)
                covers = covers or any(
                    box[0] < u < box[2] and box[1] < v < box[3] for j, (u, v) in discs.items() if j != i
                )
                if inside and not covers:
                    boxes.append(box)
                    shown[i] = side
                    dx, anchor = (9, "start") if side > 0 else (-9, "end")
                    text = (
                        f'<text class="{css}" x="{dx}" dy=".35em" text-anchor="{anchor}">{escape(view.names[i])}</text>'
                    )
                    out.append(b.Mark(float(x[i]) / WIDTH, float(y[i]) / height, text))
                    break
    return out


def _box(view: LineView, i: int, x: Floats, y: Floats, k: float, side: int) -> tuple[float, float, float, float]:
    """Room of a name in px."""
    wide = sum(14.0 if ord(c) > 0x2E80 else 8.0 for c in view.names[i]) + 4
    px, py = float(x[i]) * k + 9 * side, float(y[i]) * k
    return (px, py - 10, px + wide, py + 10) if side > 0 else (px - wide, py - 10, px, py + 10)


def _key_patterns() -> str:
    """Small samples of lines and nodes for the key."""
    box = 'width="1" height="1" viewBox="0 0 32 18" preserveAspectRatio="xMidYMid slice"'
    out = []
    for k, (colour, wide) in enumerate(LINE_PAINT):
        out.append(
            f'<pattern id="p-line-{k}" {box}><rect width="32" height="18" fill="#fff"/><path d="M0 9H32" stroke="{colour}" stroke-width="{wide:g}"/></pattern>'
        )
    out.append(
        f'<pattern id="p-line-dash" {box}><rect width="32" height="18" fill="#fff"/><path d="M0 9H32" stroke="{INK}" stroke-width="6"/>'
        '<path d="M0 9H32" stroke="#fff" stroke-width="2.7" stroke-dasharray="6 6"/></pattern>'
    )
    for k, (fill, edge) in enumerate(NODE_PAINT):
        out.append(
            f'<pattern id="p-node-{k}" {box}><rect width="32" height="18" fill="#fff"/><circle cx="16" cy="9" r="6" fill="{fill}" stroke="{edge}" stroke-width="1.6"/></pattern>'
        )
    out.append(
        f'<pattern id="p-node-hub" {box}><rect width="32" height="18" fill="#fff"/><rect x="9.5" y="2.5" width="13" height="13" fill="{INK}"/></pattern>'
    )
    return "".join(out)


def legend(view: LineView) -> b.Legend:
    """What each line and node means."""
    return b.Legend(tuple((f"url(#p-{kind}-{of})", "#767676", text, "") for kind, of, text in view.key))


def as_svg(view: LineView) -> str:
    """The map as one SVG file with headline, key, numbers told in words, and source."""
    numbers = [f"{row[0].text} {row[1].text}: {row[-1].text}" for row in view.tables[0].rows] if view.signs else []
    told = " ".join(x for x in (view.caption, " / ".join(numbers), view.source) if x)
    return alone(picture(view), legend(view), view.headline, told, view.lang)
