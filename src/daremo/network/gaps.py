"""Who has no good line: what operators claim, what people measured and what residents say, fused by area and technology.

A claim is a Beta distribution of the share of people who can have an adequate line; measurements and residents' words are
successes and failures that update it. Where measurements and claim contradict each other the claim is flagged, and the
measurements win in the measure of their number. Method, sources and limits: ``explain_gaps.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import beta

from daremo.network.unequal import Inequality, inequality

Float = NDArray[np.float64]

FIXED = ("fibre", "cable", "fwa", "satellite", "wifi")
MOBILE = ("4g", "5g")
#: Technologies that are taken as fast enough where no speed is told.
FAST = ("fibre", "cable", "5g")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence weighs; all are assumptions of class E with a range, printed with every answer.

    Attributes
    ----------
    need_down_mbps : float, Mbit/s
        Adequate is at least this fast.
    claim_least, claim_most : float, measurements
        A claim weighs as so many independent measurements: at confidence 0 and at confidence 1.
    design_effect : float
        So many speed tests tell as much as one independent person: tests of an area come from few homes.
    challenge : float, measurements
        What one resident's word weighs.
    spread : float, log
        Standard deviation of the logarithm of speed within an area, where only a mean or median is known.
    price_share : float, share
        A line is too dear above this share of a month's income (2 %: Broadband Commission, target 2, for entry-level lines).
    """

    need_down_mbps: float = 30.0
    claim_least: float = 4.0
    claim_most: float = 40.0
    design_effect: float = 4.0
    challenge: float = 1.0
    spread: float = 0.9
    price_share: float = 0.02


@dataclass(frozen=True, slots=True)
class Claim:
    """What an operator says of an area; see the table ``lines`` of a region. `down_mbps`, `price_yen_month` may be NaN."""

    area: int
    technology: str
    share: float
    down_mbps: float = float("nan")
    price_yen_month: float = float("nan")
    confidence: float = 0.5
    date: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class SpeedTests:
    """Speed tests of an area: how many, how many of them adequate; `technology` may be ``fixed`` or ``mobile``."""

    area: int
    technology: str
    tests: float
    adequate: float
    down_mbps: float = float("nan")
    date: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A resident's word about the line at home: it is there (`fine`) or not."""

    area: int
    technology: str
    fine: bool
    date: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one technology in one area.

    ``share`` of people with an adequate line, 90 % interval ``low`` to ``high``; ``contradicted`` where the measurements'
    own 90 % interval lies wholly below the claim's. ``sources`` are (what, date).
    """

    area: int
    technology: str
    claimed: float
    share: float
    low: float
    high: float
    tests: float
    challenges: int
    down_mbps: float
    price_yen_month: float
    contradicted: bool
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Lines by area.

    Attributes
    ----------
    cells : tuple of Cell
        By area and technology.
    best_d : tuple of Cell or None
        The technology that gives most people of the area a line; None where nothing is known.
    share_d, low_d, high_d : ndarray, shape (areas,), share
        People with an adequate line; NaN where nothing is known.
    too_dear_dg : ndarray, shape (areas, stages), share
        People whose income the price of that line exceeds by the rule; NaN where price or income is not known.
    without : float, people
    without_interval : (float, float), people
        If every area stood at its high or at its low end at once: wider than a 90 % interval of the sum.
    below : tuple of (Mbit/s, people)
        People who cannot have that much, taking the best technology.
    by_community, by_stage : Inequality
        Of the share with an adequate line.
    unknown : float, people
        Live in areas of which nothing is known; outside of every other figure.
    """

    cells: tuple[Cell, ...]
    best_d: tuple[Cell | None, ...]
    share_d: Float
    low_d: Float
    high_d: Float
    too_dear_dg: Float
    without: float
    without_interval: tuple[float, float]
    below: tuple[tuple[float, float], ...]
    by_community: Inequality
    by_stage: Inequality
    unknown: float


def share_above(need_mbps: float, typical_mbps: float, spread: float) -> float:
    """Share of people above a speed, where the typical (median) speed is known and speeds are lognormal."""
    if typical_mbps <= 0:
        return 0.0
    return float(ndtr(np.log(typical_mbps / need_mbps) / spread))


def adequate_of(claim: Claim, w: Weights) -> float:
    """Share of people for whom the claim promises an adequate line."""
    if np.isnan(claim.down_mbps):
        return claim.share if claim.technology in FAST else 0.0
    return claim.share * share_above(w.need_down_mbps, claim.down_mbps, w.spread)


def fused(
    claim: Claim | None, tests: Sequence[SpeedTests], challenges: Sequence[Challenge], w: Weights
) -> tuple[float, float, float, bool]:
    """Share with an adequate line, its 90 % interval, and whether the claim is contradicted.

    Without a claim the prior is Jeffreys' (one half success, one half failure).
    """
    promised = 0.5 if claim is None else adequate_of(claim, w)
    weight = 1.0 if claim is None else w.claim_least + (w.claim_most - w.claim_least) * claim.confidence
    # a claim of all or nothing is still a claim: half a case is kept for the other side
    a, b = max(weight * promised, 0.5), max(weight * (1 - promised), 0.5)
    good = sum(t.adequate for t in tests) / w.design_effect + w.challenge * sum(c.fine for c in challenges)
    bad = sum(t.tests - t.adequate for t in tests) / w.design_effect + w.challenge * sum(not c.fine for c in challenges)
    low, high = (float(beta.ppf(q, a + good, b + bad)) for q in (0.05, 0.95))
    clash = bool(claim is not None and good + bad > 0 and beta.ppf(0.95, good + 0.5, bad + 0.5) < beta.ppf(0.05, a, b))
    return float((a + good) / (a + b + good + bad)), low, high, clash


def _told_of(technology: str, told: str, best_of_kind: dict[str, str]) -> bool:
    """Whether a measurement speaks of this technology: by name, or as the best fixed or mobile one there is."""
    return told == technology or best_of_kind.get(told) == technology


def gaps(
    people_dg: Float,
    communities: Sequence[str],
    stages: Sequence[str],
    claims: Sequence[Claim],
    tests: Sequence[SpeedTests] = (),
    challenges: Sequence[Challenge] = (),
    *,
    income_yen_g: Float | None = None,
    income_spread_g: Float | None = None,
    lines_mbps: Sequence[float] = (5.0, 30.0, 100.0),
    weights: Weights | None = None,
) -> Gaps:
    """Fuse claims, measurements and residents' words, area by area.

    Parameters
    ----------
    people_dg : ndarray, shape (areas, stages), people
    communities : sequence of str, length areas
        For the decomposition of inequality.
    income_yen_g, income_spread_g : ndarray, shape (stages,), yen a month and log
        Median income of a household by the life stage of its head, and the spread of its logarithm.
    lines_mbps : sequence of float, Mbit/s
        "People below this line".

    Notes
    -----
    Technologies reach much the same households, so the best one counts and shares are not multiplied. Where several rows
    claim the same technology in the same area, the one of highest confidence counts, then the last.
    """
    w = weights or Weights()
    n = len(people_dg)
    by_area: list[dict[str, Claim]] = [{} for _ in range(n)]
    for c in claims:
        old = by_area[c.area].get(c.technology)
        if old is None or c.confidence >= old.confidence:
            by_area[c.area][c.technology] = c
    tests_d: list[list[SpeedTests]] = [[] for _ in range(n)]
    words_d: list[list[Challenge]] = [[] for _ in range(n)]
    for t in tests:
        tests_d[t.area].append(t)
    for word in challenges:
        words_d[word.area].append(word)
    cells: list[Cell] = []
    best_d: list[Cell | None] = []
    for d in range(n):
        here = _cells(d, by_area[d], tests_d[d], words_d[d], w)
        cells += here
        best_d.append(max(here, key=lambda c: (c.share, c.technology), default=None))
    share, low, high = (
        np.array([np.nan if c is None else getattr(c, name) for c in best_d], float)
        for name in ("share", "low", "high")
    )
    people_d = people_dg.sum(axis=1)
    known = ~np.isnan(share)
    return Gaps(
        tuple(cells),
        tuple(best_d),
        share,
        low,
        high,
        _too_dear(best_d, len(stages), income_yen_g, income_spread_g, w),
        float(people_d[known] @ (1 - share[known])),
        (float(people_d[known] @ (1 - high[known])), float(people_d[known] @ (1 - low[known]))),
        tuple((line, _below(line, best_d, people_d, w)) for line in lines_mbps),
        inequality(share[known], people_d[known], [c for c, k in zip(communities, known) if k]),
        inequality(
            np.repeat(share[known], people_dg.shape[1]),
            people_dg[known].ravel(),
            [stages[g] for _ in range(int(known.sum())) for g in range(people_dg.shape[1])],
        ),
        float(people_d[~known].sum()),
    )


def _cells(
    d: int, claims: dict[str, Claim], tests: Sequence[SpeedTests], words: Sequence[Challenge], w: Weights
) -> list[Cell]:
    told: list[SpeedTests | Challenge] = [*tests, *words]
    named = {t.technology for t in told} - {"fixed", "mobile", ""}
    best: dict[str, str] = {}
    for kind, members in (("fixed", FIXED), ("mobile", MOBILE), ("", FIXED + MOBILE)):
        there = [t for t in members if t in claims]
        if any(t.technology == kind for t in told):
            best[kind] = max(there, key=lambda t: adequate_of(claims[t], w)) if there else (kind or "fixed")
    made = []
    for technology in sorted({*claims, *named, *best.values()}):
        claim = claims.get(technology)
        ours = [t for t in tests if _told_of(technology, t.technology, best)]
        said = [c for c in words if _told_of(technology, c.technology, best)]
        share, low, high, clash = fused(claim, ours, said, w)
        count = sum(t.tests for t in ours)
        speeds = [(t.down_mbps, t.tests) for t in ours if not np.isnan(t.down_mbps) and t.tests > 0]
        measured = sum(s * k for s, k in speeds) / sum(k for _, k in speeds) if speeds else float("nan")
        told_speed = float("nan") if claim is None else claim.down_mbps
        dated = [(x.source or "speed tests", x.date) for x in ours] + [("residents", c.date) for c in said]
        if claim is not None:
            dated.insert(0, (claim.source or "operator", claim.date))
        made.append(
            Cell(
                d, technology, float("nan") if claim is None else adequate_of(claim, w), share, low, high, count,
                len(said), told_speed if np.isnan(measured) else measured,
                float("nan") if claim is None else claim.price_yen_month, clash, tuple(dict.fromkeys(dated)),
            )
        )  # fmt: skip
    return made


def _too_dear(
    best: Sequence[Cell | None], stages: int, income: Float | None, spread: Float | None, w: Weights
) -> Float:
    out = np.full((len(best), stages), np.nan)
    if income is None or spread is None:
        return out
    for d, cell in enumerate(best):
        if cell is not None and not np.isnan(cell.price_yen_month):
            out[d] = ndtr(np.log(cell.price_yen_month / w.price_share / income) / spread)
    return out


def _below(line: float, best: Sequence[Cell | None], people: Float, w: Weights) -> float:
    """People who cannot have that speed: those without the technology, and those whose speed is below the line."""
    total = 0.0
    for d, cell in enumerate(best):
        if cell is None:
            continue
        if np.isnan(cell.down_mbps):
            above = cell.share
        else:
            # the share with an adequate line, stretched along the lognormal spread to another speed
            at_need = share_above(w.need_down_mbps, cell.down_mbps, w.spread)
            above = min(1.0, cell.share / at_need * share_above(line, cell.down_mbps, w.spread)) if at_need > 0 else 0.0
        total += people[d] * (1 - above)
    return total


def as_lines(found: Gaps, ids: Sequence[str], w: Weights) -> list[dict[str, Any]]:
    """Rows of the table ``lines`` of a region, fused: what `cases.gap` makes its connection barrier from.

    ``coverage_share`` is the share with an adequate line, so the speed beside it is at least the adequate one.
    """
    rows = []
    for c in found.cells:
        technology = c.technology if c.technology in FIXED + MOBILE else "fibre" if c.technology == "fixed" else "4g"
        sources = "; ".join(dict.fromkeys(what for what, _ in c.sources))
        rows.append(
            {
                "area_id": ids[c.area],
                "technology": technology,
                "coverage_share": round(c.share, 6),
                "down_mbps": max(w.need_down_mbps, 0.0 if np.isnan(c.down_mbps) else round(c.down_mbps, 3)),
                "up_mbps": None,
                "price_yen_month": None if np.isnan(c.price_yen_month) else c.price_yen_month,
                "confidence": round(1 - (c.high - c.low), 6),
                "date": max((day for _, day in c.sources), default="") or None,
                "source": f"fused: {sources}",
            }
        )
    return rows
