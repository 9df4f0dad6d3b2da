"""Item characteristic plots: each category's curve, and what groups of people of like ability answered, with intervals.

A person's ability is taken from her other answers only, so that the answer shown did not move her. Beside each observed
share stands what the model expects of that very group (a bar), which is flatter than the curve by what is not known of them.

Source: residual plots, Hambleton, Swaminathan and Rogers 1991, chapter 4; interval of Wilson, JASA 22, 1927.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from daremo.assess.calibrate import nodes
from daremo.assess.curves import log_table
from daremo.assess.expect import posterior
from daremo.assess.layout import layout_of
from daremo.assess.model import Answers, Calibration

Float = NDArray[np.float64]
#: Groups of people at most, people of a group at least, people looked at (every n-th of more).
GROUPS, LEAST, PEOPLE = 10, 20, 20_000
#: Quantile of 90 % intervals.
Z = 1.6449
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 560, 380, 60, 48, 20, 78
LOW, HIGH = -4.0, 4.0
#: Told apart without red and green (Okabe and Ito 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")


@dataclass(frozen=True, slots=True)
class Plot:
    """What one item's plot shows.

    Attributes
    ----------
    item : str
    labels : tuple of str
    ability : ndarray, shape (points,), ability
    curve : ndarray, shape (categories, points), share
    at : ndarray, shape (groups,), ability
        Mean ability of each group, from its other answers.
    people : ndarray, shape (groups,), people
    observed, low, high, expected : ndarray, shape (categories, groups), share
        Answered, 90 % interval, and expected of those people by the model.
    """

    item: str
    labels: tuple[str, ...]
    ability: Float
    curve: Float
    at: Float
    people: Float
    observed: Float
    low: Float
    high: Float
    expected: Float


def plots_of(answers: Answers, found: Calibration) -> tuple[Plot, ...]:
    """What there is to plot of each item; a fit of one group.

    Parameters
    ----------
    answers : Answers
    found : Calibration
    """
    lay, t = layout_of(answers, found.model), nodes(61, 1)
    table = np.empty((lay.rows, t.size))
    log_table(lay.kind, lay.n_cat, lay.first, found.parts, t, table)
    fine = np.linspace(LOW, HIGH, 121)
    curve = np.empty((lay.rows, fine.size))
    log_table(lay.kind, lay.n_cat, lay.first, found.parts, fine, curve)
    row = lay.first[answers.item] + answers.category
    people = np.arange(0, answers.n_persons, -(-answers.n_persons // PEOPLE))
    prior, log = -0.5 * t * t, np.empty((people.size, t.size))
    for n, i in enumerate(people):
        posterior(row, answers.start[i], answers.start[i + 1], table, prior, 0, t.size, log[n])
    with np.errstate(divide="ignore"):
        log = np.log(log)
    there = np.zeros(answers.n_persons, bool)
    there[people] = True
    place = np.cumsum(there) - 1
    who = np.repeat(np.arange(answers.n_persons), np.diff(answers.start))
    kept = there[who]
    order = np.argsort(answers.item[kept], kind="stable")
    at, asked, given = place[who[kept]][order], answers.item[kept][order], row[kept][order]
    edges = np.searchsorted(asked, np.arange(len(answers.items) + 1))
    weight = answers.weight[people]
    out = []
    for j, name in enumerate(answers.items):
        mine = slice(edges[j], edges[j + 1])
        rows = slice(int(lay.first[j]), int(lay.first[j] + lay.n_cat[j]))
        # without the answer shown; where it alone made a node impossible, that node stays so
        left = log[at[mine]] - np.where(np.isfinite(log[at[mine]]), table[given[mine]], 0.0)
        post = np.exp(left - left.max(1, keepdims=True, initial=-1e300))
        post /= post.sum(1, keepdims=True)
        found_groups = _groups(
            post @ t, post @ np.exp(table[rows]).T, given[mine] - lay.first[j], weight[at[mine]], int(lay.n_cat[j])
        )
        out.append(Plot(name, answers.labels[j], fine, np.exp(curve[rows]), *found_groups))
    return tuple(out)


def _groups(
    ability: Float, share: Float, category: NDArray[np.int64], weight: Float, k: int
) -> tuple[Float, Float, Float, Float, Float, Float]:
    """People in order of ability, cut into groups of like size: place, people, observed, low, high, expected."""
    count = max(1, min(GROUPS, ability.size // LEAST))
    order = np.lexsort((category, ability))
    parts = np.array_split(order, count) if ability.size else []
    at, people = np.array([np.average(ability[p], weights=weight[p]) for p in parts]), np.zeros(len(parts))
    observed, expected = np.zeros((k, len(parts))), np.zeros((k, len(parts)))
    for n, p in enumerate(parts):
        people[n] = weight[p].sum()
        observed[:, n] = np.bincount(category[p], weight[p], k) / people[n]
        expected[:, n] = weight[p] @ share[p] / people[n]
    of = np.maximum(people, 1.0)
    middle = (observed + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z * np.sqrt(observed * (1 - observed) / of + Z**2 / (4 * of * of)) / (1 + Z**2 / of)
    return at, people, observed, np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0), expected


def as_svg(plot: Plot, *, lang: str = "ja") -> str:
    """A picture that needs nothing else, with a title and a description for those who cannot see it."""
    ja = lang == "ja"
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def x(v: float) -> float:
        return LEFT + (min(max(v, LOW), HIGH) - LOW) / (HIGH - LOW) * (right - LEFT)

    def y(v: float) -> float:
        return bottom - v * (bottom - TOP)

    title = escape(f"「{plot.item}」の答えと力" if ja else f"Answers to {plot.item} by ability")
    people = f"{plot.people.sum():,.0f}"
    said = (
        f"線はモデルの曲線、点は答えた{people}人を力の順に分けた組の割合（90%区間）、短い横線はその組の見込み"
        if ja
        else f"Lines: model. Dots: {people} people in groups by ability, with 90% intervals. Bars: expected of the group"
    )
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-labelledby="t d" font-family="sans-serif" font-size="12">',
        f'<title id="t">{title}</title><desc id="d">{escape(said)}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold">{title}</text>',
    ]
    for v in (0.0, 0.25, 0.5, 0.75, 1.0):
        out.append(f'<path d="M{LEFT} {y(v):.1f}H{right}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(v) + 4:.1f}" text-anchor="end">{v:.0%}</text>')
    for v in range(int(LOW), int(HIGH) + 1):
        out.append(f'<path d="M{x(v):.1f} {bottom}v5" stroke="#333"/>')
        out.append(f'<text x="{x(v):.1f}" y="{bottom + 19}" text-anchor="middle">{v:+d}</text>'.replace("+0", "0"))
    out.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#333"/>')
    axis = "力（平均0、標準偏差1）" if ja else "ability (mean 0, standard deviation 1)"
    out.append(f'<text x="{(LEFT + right) / 2:.0f}" y="{bottom + 38}" text-anchor="middle">{axis}</text>')
    side = "割合" if ja else "share"
    middle = (TOP + bottom) / 2
    out.append(
        f'<text x="16" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 16 {middle:.0f})">{side}</text>'
    )
    # of two answers the second says all
    shown = [1] if len(plot.labels) == 2 else list(range(len(plot.labels)))
    for c in shown:
        colour = COLOURS[c % len(COLOURS)]
        path = " ".join(f"{x(a):.1f},{y(p):.1f}" for a, p in zip(plot.ability, plot.curve[c], strict=True))
        dash = ' stroke-dasharray="6 3"' if c >= len(COLOURS) else ""
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        for n, a in enumerate(plot.at):
            out.append(
                f'<path d="M{x(a):.1f} {y(plot.low[c, n]):.1f}V{y(plot.high[c, n]):.1f}" stroke="{colour}"/>'
                f'<path d="M{x(a) - 5:.1f} {y(plot.expected[c, n]):.1f}h10" stroke="{colour}" stroke-width="2"/>'
                f'<circle cx="{x(a):.1f}" cy="{y(plot.observed[c, n]):.1f}" r="3.5" fill="{colour}"/>'
            )
    place = LEFT
    for c in shown:
        label = escape(plot.labels[c])
        out.append(f'<rect x="{place}" y="{HEIGHT - 26}" width="14" height="4" fill="{COLOURS[c % len(COLOURS)]}"/>')
        out.append(f'<text x="{place + 19}" y="{HEIGHT - 20}">{label}</text>')
        place += 34 + sum(13 if ord(z) > 255 else 8 for z in plot.labels[c])
    out.append(f'<text x="{right}" y="{TOP - 8}" text-anchor="end" fill="#555">n = {people}</text></svg>')
    return "\n".join(out) + "\n"
