"""Maps as SVG: shapes in the sheet's own units, letters and signs placed in % so that they never scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import shapely
from shapely.geometry.base import BaseGeometry

from daremo.report.blocks import Legend, Mark, Picture
from daremo.report.charts import COLOURS, FILLS, GREEN, INK, NEVER, RAMP
from daremo.report.figures import class_of, nice_below
from daremo.report.geo import MANY, WIDTH, Sheet, path
from daremo.report.words import REASONS, Words

EDGE = "#8b7355"
#: An island narrower than this (sheet units) gets a dot so that its class can be seen.
SMALL = 20.0


def choropleth(
    sheet: Sheet,
    fills: Sequence[str],
    alt: str,
    *,
    marks: Sequence[Mark] = (),
    small: bool = False,
    islands: Sequence[str] = (),
    words: Words | None = None,
) -> Picture:
    """Cells in the given fills, an outline of the land, dots for tiny islands, a scale bar on a large map."""
    by_fill: dict[str, list[BaseGeometry]] = {}
    for cell, fill in zip(sheet.cells, fills, strict=True):
        by_fill.setdefault(fill, []).append(cell)
    melt = small or len(sheet.cells) > MANY
    digits = 0 if small else 1
    shapes = []
    for fill in sorted(by_fill, key=_order):
        cells = by_fill[fill]
        drawn = (
            path(shapely.simplify(shapely.union_all(cells), 0.6 if small else 0.2), digits)
            if melt
            else "".join(path(c, digits) for c in cells)
        )
        edge = "none" if small or melt else "#fff"
        if drawn:
            shapes.append(
                f'<path d="{drawn}" fill="{fill}" stroke="{edge}" stroke-width=".8" stroke-linejoin="round"/>'
            )
    outline = path(shapely.simplify(sheet.land, 0.5), digits)
    shapes.append(f'<path d="{outline}" fill="none" stroke="{EDGE}" stroke-width="{2 if small else 1.1}"/>')
    shapes += _dots(sheet, fills, islands, 18 if small else 7)
    signs = list(marks)
    if words is not None and not small:
        bar, sign = _scale(sheet, words)
        shapes.append(bar)
        signs.append(sign)
    return Picture("map", "".join(shapes), alt, round(sheet.height, 1), WIDTH, tuple(signs))


def _order(fill: str) -> tuple[int, str]:
    return (RAMP.index(fill), "") if fill in RAMP else (9, fill)


def _dots(sheet: Sheet, fills: Sequence[str], islands: Sequence[str], radius: float) -> list[str]:
    """A dot over each island too small to be seen, in the fill of its first area."""
    out, done = [], set()
    for i, island in enumerate(islands):
        if island and island not in done:
            done.add(island)
            whole = shapely.union_all([c for c, n in zip(sheet.cells, islands, strict=True) if n == island])
            left, top, right, bottom = whole.bounds
            if max(right - left, bottom - top) < (3 * SMALL if radius > 10 else SMALL):
                x, y = (left + right) / 2, (top + bottom) / 2
                out.append(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fills[i]}" stroke="{EDGE}" stroke-width="1.1"/>'
                )
    return out


def island_names(sheet: Sheet, islands: Sequence[str], taken: Sequence[tuple[float, float]] = ()) -> list[Mark]:
    """Each island's name beside it, on the side with more room; none where names would cover each other."""
    out: list[Mark] = []
    used = [(x, y) for x, y in taken]
    for island in dict.fromkeys(i for i in islands if i):
        at = [k for k, n in enumerate(islands) if n == island]
        x = sum(float(sheet.x[k]) for k in at) / len(at) / WIDTH
        y = sum(float(sheet.y[k]) for k in at) / len(at) / sheet.height
        if any(abs(x - u) < 0.2 and abs(y - v) < 0.03 for u, v in used):
            continue
        used.append((x, y))
        dx, anchor = (-16, "end") if x > 0.66 else (16, "start")
        star = "※" if island in sheet.moved else ""
        out.append(
            Mark(
                x,
                y,
                f'<text class="halo" lang="ja" x="{dx}" dy=".35em" text-anchor="{anchor}">{escape(island)}{star}</text>',
            )
        )
    return out


def point_marks(
    sheet: Sheet, points: Sequence[dict[str, object]], at: Callable[[dict[str, object]], tuple[float, float]]
) -> list[Mark]:
    """A filled numbered circle for a point, a ring for a class series, a square for a vehicle; crowded ones step aside."""
    out: list[Mark] = []
    used: list[tuple[float, float]] = []
    for p in points:
        x, y = at(p)
        number = escape(str(p["sign"]))
        kind = p.get("kind")
        tx, ty = x, y
        for step in (
            (0, 0),
            (30, 0),
            (-30, 0),
            (0, 30),
            (0, -30),
            (24, 24),
            (-24, -24),
            (24, -24),
            (-24, 24),
            (54, 0),
            (-54, 0),
            (0, 54),
            (0, -54),
        ):
            tx, ty = x + step[0], y + step[1]
            if all((tx - u) ** 2 + (ty - v) ** 2 > 26**2 for u, v in used):
                break
        used.append((tx, ty))
        tx, ty = min(max(tx, 18), WIDTH - 18), min(max(ty, 18), sheet.height - 18)
        lead = ""
        if abs(tx - x) + abs(ty - y) > 1:
            lead = f'<path d="M{x - tx:.0f} {y - ty:.0f}L0 0" stroke="{GREEN}" stroke-width="2.5"/>'
        if kind == "round":
            sign = f'<rect x="-14" y="-14" width="28" height="28" fill="#fff" stroke="{GREEN}" stroke-width="4"/><text class="t-in" dy=".35em">{number}</text>'
        elif kind == "class":
            sign = f'<circle r="14" fill="#fff" stroke="{GREEN}" stroke-width="4"/><text class="t-in" dy=".35em">{number}</text>'
        else:
            sign = f'<circle r="14" fill="{GREEN}" stroke="#fff" stroke-width="3"/><text class="t-on" dy=".35em">{number}</text>'
        out.append(Mark(tx / WIDTH, ty / sheet.height, lead + sign))
    return out


def _scale(sheet: Sheet, w: Words) -> tuple[str, Mark]:
    km = nice_below(0.22 * WIDTH / sheet.units_km)
    long, y = km * sheet.units_km, sheet.height - 14
    bar = f'<line x1="14" x2="{14 + long:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{INK}" stroke-width="3"/>'
    text = f"{km:g} km" if km >= 1 else f"{km * 1000:g} m"
    return bar, Mark(14 / WIDTH, y / sheet.height, f'<text class="halo" y="-8">{text}</text>')


def share_fills(shares: Sequence[float | None], cuts: list[float]) -> list[str]:
    """Five steps of one hue; a hatch where the figure is withheld."""
    return [NEVER if s is None else RAMP[class_of(s, cuts)] for s in shares]


def share_legend(
    w: Words, shares: Sequence[float | None], cuts: list[float], *, counts: bool, percent: bool = True
) -> Legend:
    """The classes of a map with their number of districts, and the hatch where it is used."""

    def tell(v: float) -> str:
        return f"{(100 if percent else 1) * v:.10g}"

    unit = "%" if percent else w("unit_min")
    classes = [class_of(s, cuts) for s in shares if s is not None]
    items = []
    for i, fill in enumerate(RAMP):
        if i == 0:
            text = w("below", n=tell(cuts[0]) + unit)
        elif i == len(cuts):
            text = w("from", n=tell(cuts[-1]) + unit)
        else:
            text = w("span", low=tell(cuts[i - 1]), high=tell(cuts[i]) + unit)
        items.append((fill, "#666", text, w("n_areas_bracket", n=classes.count(i)) if counts else ""))
    hidden = sum(s is None for s in shares)
    if hidden:
        items.append((NEVER, "#767676", w("never"), w("n_areas_bracket", n=hidden) if counts else ""))
    return Legend(tuple(items))


def reason_fills(reasons: Sequence[str | None]) -> list[str]:
    """Each area in the pattern of its main reason."""
    return [FILLS[r] if r else NEVER for r in reasons]


def reason_legend(w: Words, reasons: Sequence[str | None]) -> Legend:
    """The five reasons with the number of districts in which each is the largest."""
    items = [
        (FILLS[r], COLOURS[r], w(f"reason.{r}"), w("n_areas_bracket", n=sum(x == r for x in reasons))) for r in REASONS
    ]
    hidden = sum(r is None for r in reasons)
    if hidden:
        items.append((NEVER, "#767676", w("never_or_none"), w("n_areas_bracket", n=hidden)))
    return Legend(tuple(items))
