"""The curve from money (or places) to people reached, with the bound no choice can pass, as one SVG file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from daremo.report.charts import GREEN, INK
from daremo.report.figures import nice_above, plain_number
from daremo.report.words import Words

#: Size of the drawing and the frame inside it.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640.0, 420.0, 76.0, 590.0, 70.0, 350.0


def as_svg(lang: str, headline: str, rows: Sequence[tuple[float, float, float]], *, yen: bool) -> str:
    """The curve: a line through what was found, a dashed line through the bounds, a dot and a figure at every point.

    Parameters
    ----------
    lang : str
    headline : str
        The finding in one sentence.
    rows : sequence of (yen or places, people, people)
        Given, reached, and at most possible.
    yen : bool
        Whether the first number is money.
    """
    w = Words(lang)
    curve = sorted(rows)
    most_x = nice_above(max([x for x, *_ in curve] or [1.0]), (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0))
    top = max([max(v, u) for _, v, u in curve] or [1.0])
    step = nice_above(top / 4, (1.0, 2.0, 2.5, 5.0, 10.0))
    most_y = step * max(1, -(-top // step))

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + (RIGHT - LEFT) * x / most_x, BOTTOM - (BOTTOM - TOP) * y / most_y

    out = [f'<text x="14" y="30" font-size="17" font-weight="700">{escape(headline)}</text>']
    level = 0.0
    while level <= most_y * (1 + 1e-9):
        _, y = at(0, level)
        out.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d9d0bf"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{plain_number(level)}</text>')
        level += step
    for k in range(5):
        x, _ = at(most_x * k / 4, 0)
        told = w.money_bare(most_x * k / 4) if yen else plain_number(most_x * k / 4, 1)
        out.append(f'<text x="{x:.1f}" y="{BOTTOM + 22}" text-anchor="middle">{told}</text>')
    axis = w("reach.axis_yen") if yen else w("reach.axis_places")
    out.append(f'<text x="{RIGHT}" y="{BOTTOM + 44}" text-anchor="end">{escape(axis)}</text>')
    out.append(f'<text x="14" y="{TOP - 14}">{escape(w("reach.axis_people"))}</text>')
    for k, (colour, width, dash) in enumerate(((INK, 2, ' stroke-dasharray="2 5"'), (GREEN, 4, ""))):
        points = " ".join("{:.1f},{:.1f}".format(*at(x, u if k == 0 else v)) for x, v, u in curve)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>')
    for x, v, _ in curve:
        px, py = at(x, v)
        out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="6" fill="{GREEN}" stroke="#fff" stroke-width="2"/>')
        out.append(
            f'<text class="halo" x="{px:.1f}" y="{py + 24:.1f}" text-anchor="middle" font-weight="700">{plain_number(v)}</text>'
        )
    y = HEIGHT - 14
    out.append(f'<line x1="14" x2="50" y1="{y - 5}" y2="{y - 5}" stroke="{GREEN}" stroke-width="4"/>')
    out.append(f'<text x="58" y="{y}">{escape(w("reach.found"))}</text>')
    out.append(
        f'<line x1="240" x2="276" y1="{y - 5}" y2="{y - 5}" stroke="{INK}" stroke-width="2" stroke-dasharray="2 5"/>'
    )
    out.append(f'<text x="284" y="{y}">{escape(w("reach.bound"))}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" lang="{lang}" '
        'font-family="BIZ UDPGothic, Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, sans-serif" font-size="14" fill="#1a1a1a">'
        f"<title>{escape(headline)}</title><style>.halo{{paint-order:stroke;stroke:#fff;stroke-width:4px}}</style>"
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#fff"/>{"".join(out)}</svg>\n'
    )
