"""Charts as SVG: x in % of the width, y in px, so that letters never scale with the drawing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from daremo.report.blocks import Legend, Picture
from daremo.report.figures import nice_above, plain_number
from daremo.report.words import REASONS, Words

#: Colour of each reason.
COLOURS = {"skill": "#197a4b", "trust": "#00428c", "service": "#927200", "reach": "#c74700", "connection": "#008299"}
#: Paint of each reason: the first is solid, the others a pattern.
FILLS = {r: c if r == "skill" else f"url(#p-{r})" for r, c in COLOURS.items()}
RAMP = ("#fff5ec", "#ffd3b3", "#ffa66d", "#e25100", "#8b3200")
INK, GREEN, PERSIMMON = "#1a1a1a", "#115a36", "#c74700"
NEVER = "url(#p-never)"

PATTERNS = (
    '<pattern id="p-trust" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="9" height="9" fill="#00428c"/><path d="M0 0H9M0 0V9" stroke="#fff" stroke-width="2.2"/></pattern>'
    '<pattern id="p-service" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#fff"/>'
    '<path d="M0 2H8M0 6H8" stroke="#927200" stroke-width="2"/></pattern>'
    '<pattern id="p-reach" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="9" height="9" fill="#c74700"/><path d="M0 0V9" stroke="#fff" stroke-width="7"/></pattern>'
    '<pattern id="p-connection" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#fff"/>'
    '<circle cx="2" cy="2" r="1.7" fill="#008299"/><circle cx="6" cy="6" r="1.7" fill="#008299"/></pattern>'
    '<pattern id="p-never" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="10" height="10" fill="#fff"/><path d="M0 0V10" stroke="#767676" stroke-width="2"/></pattern>'
)


def pc(value: float) -> str:
    """A position in % with two decimals."""
    return f"{value:.2f}%"


def reasons_legend(w: Words) -> Legend:
    """The five reasons with their paint, in their fixed order."""
    return Legend(tuple((FILLS[r], COLOURS[r], w(f"reason.{r}"), "") for r in REASONS))


def never_picture(w: Words, height: float = 26.0) -> Picture:
    """A hatched bar that stands for a figure withheld."""
    inner = f'<rect x="0.25%" y="1" width="99.5%" height="{height - 2:g}" fill="{NEVER}" stroke="#767676" stroke-width="1"/>'
    return Picture("chart", inner, w("never"), height)


def reason_bar(w: Words, shares: Mapping[str, float | None], *, figures: bool, label: str) -> Picture:
    """One stacked bar of the five reasons in their fixed order; with figures above it where they fit."""
    known = [(r, float(shares.get(r) or 0.0)) for r in REASONS]
    top, thick, height = (25, 38, 64) if figures else (1, 24, 26)
    if all(shares.get(r) is None for r in REASONS):
        return never_picture(w, height)
    total = sum(v for _, v in known) or 1.0
    parts, x = [], 0.0
    for r, value in known:
        wide = 100 * value / total
        if wide > 0.6:
            parts.append(
                f'<rect x="{pc(x + 0.25)}" y="{top}" width="{pc(wide - 0.5)}" height="{thick}" '
                f'fill="{FILLS[r]}" stroke="{COLOURS[r]}" stroke-width="2"/>'
            )
        if figures and wide >= 5:
            css = ' class="odd"' if wide < 12 else ""
            parts.append(
                f'<text x="{pc(x + wide / 2)}" y="16" text-anchor="middle"{css}>{w.share(value / total)}</text>'
            )
        x += wide
    said = w("comma").join(f"{w(f'reason.{r}')} {w.share(v / total)}" for r, v in known)
    return Picture("chart", "".join(parts), w("labelled", label=label, text=said), height)


def frontier(w: Words, rows: Sequence[tuple[float, float, float | None]], here: tuple[float, float]) -> Picture:
    """Budget against people freed, with the proved bound; `here` is the plan's budget and people."""
    left, right, top, bottom = 2.0, 97.0, 30.0, 250.0
    most_x = max([here[0], *(r[0] for r in rows)]) or 1.0
    top_y = max([here[1], 1.0, *(max(r[1], r[2] or 0.0) for r in rows)]) * 1.02
    step_y = nice_above(top_y / 4, (1.0, 2.0, 2.5, 5.0, 10.0))
    lines = math.ceil(top_y / step_y)
    most_y = step_y * lines

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (right - left) * x / most_x, bottom - (bottom - top) * y / most_y

    out = []
    for i in range(lines + 1):
        y = bottom - (bottom - top) * i / lines
        out.append(f'<line x1="{left}%" x2="{right}%" y1="{y:.1f}" y2="{y:.1f}" stroke="#d9d0bf" stroke-width="1"/>')
        if i:
            label = w("n_people", n=plain_number(step_y * i, 0 if step_y >= 1 else 1))
            out.append(f'<text class="halo{" odd" if i % 2 else ""}" x="0" y="{y - 5:.1f}">{label}</text>')
    for i in range(5):
        x, cls = left + (right - left) * i / 4, ' class="odd"' if i % 2 else ""
        anchor = "end" if i == 4 else "middle" if i else "start"
        text = w.money(most_x * i / 4) if i == 4 else (w.money_bare(most_x * i / 4) if i else "0")
        out.append(f'<text x="{pc(x)}" y="{bottom + 22:.0f}" text-anchor="{anchor}"{cls}>{text}</text>')
    curve = [(0.0, 0.0, 0.0), *sorted(r for r in rows if r[0] > 0)]
    bounds = [at(b, u) for b, _, u in curve if u is not None]
    for (x1, y1), (x2, y2) in zip(bounds, bounds[1:], strict=False):
        out.append(_segment(x1, y1, x2, y2, INK, 2, ' stroke-dasharray="2 5"'))
    best = [at(b, p) for b, p, _ in curve]
    for (x1, y1), (x2, y2) in zip(best, best[1:], strict=False):
        out.append(_segment(x1, y1, x2, y2, GREEN, 4, ""))
    hx, hy = at(*here)
    out.append(
        f'<line x1="{pc(hx)}" x2="{pc(hx)}" y1="{hy:.1f}" y2="{bottom}" stroke="{PERSIMMON}" stroke-width="2" stroke-dasharray="5 5"/>'
    )
    out.append(f'<circle cx="{pc(hx)}" cy="{hy:.1f}" r="9" fill="{PERSIMMON}" stroke="#fff" stroke-width="3"/>')
    side, dx = ("end", -16) if hx > 45 else ("start", 16)
    low = min(hy + 36, bottom - 10)
    out.append(
        f'<text class="halo strong" x="{pc(hx)}" y="{low:.1f}" dx="{dx}" text-anchor="{side}">'
        f"{w('this_plan_n', n=w.people(here[1]))}</text>"
    )
    return Picture("chart", "".join(out), w("alt.frontier", budget=w.money(here[0]), n=w.people(here[1])), 280)


def _segment(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, more: str) -> str:
    return (
        f'<line x1="{pc(x1)}" y1="{y1:.1f}" x2="{pc(x2)}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linecap="round"{more}/>'
    )


def interval(w: Words, value: float, low: float, high: float, most: float, text: str) -> Picture:
    """A line with end caps and a dot on an axis from 0 to `most`."""
    a, b, v = (100 * min(max(x / most, 0.0), 1.0) if most > 0 else 0.0 for x in (low, high, value))
    a, b, v = (4 + 0.92 * x for x in (a, b, v))
    inner = (
        f'<line x1="{pc(a)}" x2="{pc(b)}" y1="16" y2="16" class="iv-l" stroke-width="4"/>'
        f'<line x1="{pc(a)}" x2="{pc(a)}" y1="9" y2="23" class="iv-l" stroke-width="3"/>'
        f'<line x1="{pc(b)}" x2="{pc(b)}" y1="9" y2="23" class="iv-l" stroke-width="3"/>'
        f'<circle cx="{pc(v)}" cy="16" r="7" class="iv-d"/>'
    )
    return Picture("chart", inner, text, 32)


def wall(w: Words, freed: float, bound: float) -> Picture:
    """The plan against the wall of the bound; behind it a hatch that no plan reaches."""
    digits = 0 if freed >= 100 else 1
    gap = max(bound - freed, 0.0)
    start = 0.0
    if gap < 0.25 * bound:
        room = max(4 * gap, 0.05 * bound)
        unit = 10.0 ** max(0, len(str(int(max(room, 1)))) - 1)
        start = max(0.0, (freed - room) // unit * unit)
    end = bound + max(0.22 * (bound - start), 1e-9)
    at = {k: 100 * (v - start) / (end - start) for k, v in (("freed", freed), ("bound", bound))}
    plan, most, apart = (
        w.people_exact(freed, digits),
        w.people_exact(bound, digits),
        w.people_exact(gap, max(digits, 1)),
    )
    share = w.share(gap / freed if freed > 0 else 0.0, 2)
    inner = (
        f'<rect x="{pc(at["bound"])}" y="34" width="{pc(100 - at["bound"])}" height="66" fill="{NEVER}"/>'
        f'<line x1="{pc(at["bound"])}" x2="{pc(at["bound"])}" y1="26" y2="108" stroke="{INK}" stroke-width="4"/>'
        f'<rect x="0" y="50" width="{pc(at["freed"])}" height="34" fill="{GREEN}"/>'
        f'<circle cx="{pc(at["freed"])}" cy="67" r="9" fill="{PERSIMMON}" stroke="#fff" stroke-width="3"/>'
        f'<text x="12" y="72" class="strong on">{escape(w("this_plan_n", n=plan))}</text>'
        f'<text x="100%" y="18" text-anchor="end" class="strong">{escape(w("bound_n", n=most))}</text>'
        f'<line x1="{pc(at["freed"])}" x2="{pc(at["bound"])}" y1="114" y2="114" stroke="{PERSIMMON}" stroke-width="4"/>'
        f'<text x="100%" y="138" text-anchor="end" class="strong">{escape(w("apart_n", n=apart, share=share))}</text>'
        f'<text x="0" y="138">{escape(w("axis_from", n=w.people_exact(start, 0)))}</text>'
    )
    return Picture("chart", inner, w("alt.wall", plan=plan, bound=most, gap=apart), 150)


def swing(w: Words, low: float, high: float, now: float, most: float, text: str) -> Picture:
    """How far people freed move when one assumption moves; the thick line is the plan."""
    a, b, v = (3 + 94 * min(max(x / most, 0.0), 1.0) for x in (min(low, high), max(low, high), now))
    inner = (
        f'<line x1="{pc(v)}" x2="{pc(v)}" y1="0" y2="32" stroke="{PERSIMMON}" stroke-width="3"/>'
        f'<rect x="{pc(a)}" y="9" width="{pc(max(b - a, 0.3))}" height="14" fill="url(#p-reach)" stroke="{PERSIMMON}" stroke-width="1.5"/>'
        f'<circle cx="{pc(3 + 94 * min(max(low / most, 0), 1))}" cy="16" r="6" fill="{INK}"/>'
        f'<circle cx="{pc(3 + 94 * min(max(high / most, 0), 1))}" cy="16" r="5" fill="#fff" stroke="{INK}" stroke-width="2.5"/>'
    )
    return Picture("chart", inner, text, 32)


def overlap(w: Words, lower: float, value: float, upper: float) -> Picture:
    """Lower and upper reading of a package's effect around the plan's own."""
    most = nice_above(max(upper, value, 1e-9) * 1.02)
    a, v, b = (2 + 92 * x / most for x in (lower, value, upper))
    inner = (
        f'<line x1="2%" x2="94%" y1="62" y2="62" stroke="#d9d0bf" stroke-width="1"/>'
        f'<line x1="{pc(a)}" x2="{pc(b)}" y1="40" y2="40" stroke="{COLOURS["skill"]}" stroke-width="6"/>'
        f'<line x1="{pc(a)}" x2="{pc(a)}" y1="28" y2="52" stroke="{COLOURS["skill"]}" stroke-width="4"/>'
        f'<line x1="{pc(b)}" x2="{pc(b)}" y1="28" y2="52" stroke="{COLOURS["skill"]}" stroke-width="4"/>'
        f'<circle cx="{pc(v)}" cy="40" r="8" fill="{PERSIMMON}" stroke="#fff" stroke-width="2"/>'
        f'<text x="2%" y="84" text-anchor="start">0</text><text x="94%" y="84" text-anchor="end">{w.people(most)}</text>'
    )
    return Picture("chart", inner, w("alt.overlap", low=w.people(lower), n=w.people(value), high=w.people(upper)), 92)
