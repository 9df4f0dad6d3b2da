"""One SVG file with title, key and notes around a drawing of 600 units width, and rows of cells drawn as few shapes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

FAMILY = "BIZ UDPGothic, Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, sans-serif"
WIDTH = 600.0


def framed(
    title: str, inner: str, height: float, legend: Sequence[tuple[str, str, str]], notes: Sequence[str], lang: str
) -> str:
    """The drawing with its title above and its key and notes below.

    Parameters
    ----------
    inner : str
        SVG shapes in a sheet 600 wide and `height` high.
    legend : sequence of (fill, stroke, text)
    """
    from daremo.report.charts import PATTERNS

    lines = _wrapped(title, 60)
    top = 18.0 + 24 * len(lines)
    out = [
        f'<text x="14" y="{26 + 24 * i}" font-size="17" font-weight="700">{escape(line)}</text>'
        for i, line in enumerate(lines)
    ]
    out.append(f'<g transform="translate(0 {top:.0f})">{inner}</g>')
    y = top + height + 28
    for fill, stroke, text in legend:
        out.append(f'<rect x="14" y="{y - 14:.0f}" width="32" height="18" fill="{fill}" stroke="{stroke}"/>')
        out.append(f'<text x="56" y="{y:.0f}">{escape(text)}</text>')
        y += 26
    for note in notes:
        for line in _wrapped(note, 86):
            out.append(f'<text x="14" y="{y:.0f}" font-size="12">{escape(line)}</text>')
            y += 18
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {y:.0f}" role="img" lang="{lang}" '
        f'font-family="{FAMILY}" font-size="14" fill="#1a1a1a"><title>{escape(title)}</title>'
        "<style>.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}"
        ".t-on,.t-in{text-anchor:middle;font-weight:700}.t-on{fill:#fff}</style>"
        f'<defs>{PATTERNS}</defs><rect width="{WIDTH:g}" height="{y:.0f}" fill="#fff"/>{"".join(out)}</svg>\n'
    )


def rectangles(classes: np.ndarray[Any, Any], value: int) -> list[tuple[int, int, int, int]]:
    """Cells of one class as few rectangles: (row, column, rows, columns), equal runs of rows put together."""
    open_: dict[tuple[int, int], tuple[int, int]] = {}
    out: list[tuple[int, int, int, int]] = []
    for r in range(classes.shape[0] + 1):
        edge = (
            np.diff(np.concatenate([[0], (classes[r] == value).astype(np.int8), [0]]))
            if r < classes.shape[0]
            else np.zeros(0)
        )
        runs = set(zip(np.flatnonzero(edge == 1).tolist(), np.flatnonzero(edge == -1).tolist(), strict=True))
        for run in [k for k in open_ if k not in runs]:
            start, _ = open_.pop(run)
            out.append((start, run[0], r - start, run[1] - run[0]))
        for run in runs:
            open_.setdefault(run, (r, 0))
    return sorted(out)


def _wrapped(text: str, columns: int) -> list[str]:
    """Lines of at most `columns` half-width letters; a Japanese letter counts two, Latin words stay whole."""
    from daremo.cli.text import width

    lines, line = [], ""
    for word in text.replace("　", " ").split(" "):
        for piece in [word] if width(word) <= columns and word.isascii() else list(word):
            if width(line + piece) > columns:
                lines.append(line)
                line = ""
            line += piece
        line += " "
    return [x.strip() for x in [*lines, line] if x.strip()]
