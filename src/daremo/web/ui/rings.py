"""The ring: it counts questions, and shows how far a person goes alone. Geometry only, colour is in the sheet."""

from __future__ import annotations

from math import cos, pi, sin

import segno
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


def _at(centre: float, radius: float, turn: float) -> str:
    angle = 2 * pi * turn - pi / 2
    return f"{centre + radius * cos(angle):.1f} {centre + radius * sin(angle):.1f}"


def step_ring(at: int, of: int) -> SafeString:
    """A ring of `of` arcs: those before `at` done, the one at `at` now. `at` > `of` closes the ring.

    Raises
    ------
    ValueError
        Where there are no steps.
    """
    if of < 1:
        raise ValueError("a ring needs at least one step")
    gap = 0.052 if of > 1 else 0.02
    arcs = []
    for i in range(of):
        state = "done" if i + 1 < at else "now" if i + 1 == at else "next"
        start, end = i / of + gap, (i + 1) / of - gap
        large = int(end - start > 0.5)
        arcs.append(f'<path class="ring-{state}" d="M{_at(22, 17, start)}A17 17 0 {large} 1 {_at(22, 17, end)}"/>')
    return _safe(
        '<svg viewBox="0 0 44 44" aria-hidden="true" fill="none" stroke-width="5" stroke-linecap="round">'
        + "".join(arcs)
        + "</svg>"
    )


def progress_ring(share: float, *, small: bool = False) -> SafeString:
    """How far it is done alone: an empty ring at 0, part with a dot, full with a tick at 1.

    Raises
    ------
    ValueError
        Where `share` is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie between 0 and 1, got {share}")
    centre, radius, dot = (20, 15, 4.5) if small else (36, 26, 7)
    box = f'viewBox="0 0 {2 * centre} {2 * centre}" aria-hidden="true"'
    circle = f'cx="{centre}" cy="{centre}" r="{radius}"'
    if share == 1:
        tick = "M14 21l4.5 4.5 8.5-9" if small else "M25 37l8 8 15-17"
        inside = f'<circle class="rp-full" {circle}/><path class="rp-tick" d="{tick}"/>'
    elif share == 0:
        inside = f'<circle class="rp-base" {circle}/>'
    else:
        end = _at(centre, radius, share)
        x, y = end.split()
        inside = (
            f'<circle class="rp-base" {circle}/>'
            f'<path class="rp-part" d="M{_at(centre, radius, 0)}A{radius} {radius} 0 {int(share > 0.5)} 1 {end}"/>'
            f'<circle class="rp-dot" cx="{x}" cy="{y}" r="{dot}"/>'
        )
    return _safe(f'<svg class="{"how" if small else "ring"}" {box}>{inside}</svg>')


def qr(data: str, label: str) -> SafeString:
    """QR code (ISO/IEC 18004, error level M, quiet zone 4) as an SVG of one path, with a text for those who hear it."""
    code = segno.make(data, error="m", micro=False)
    rows = [[bool(dark) for dark in row] for row in code.matrix_iter(border=4)]
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                runs.append(f"M{x} {y}.5h{length}")
            x += max(length, 1)
    side = len(rows)
    return _safe(
        f'<svg class="qr" viewBox="0 0 {side} {side}" role="img" aria-label="{escape(label)}">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{"".join(runs)}" stroke="#000"/></svg>'
    )


def _safe(svg: str) -> SafeString:
    return mark_safe(svg)
