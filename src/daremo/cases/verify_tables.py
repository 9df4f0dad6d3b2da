"""What a region's tables say about skill, service, trust and connection, read a second time for `verify`.

Written from ``explain.md`` §4 alone; shares no code with the gap.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.cases.assume import Assumptions
from daremo.region.model import STAGES, Region

Float = NDArray[np.float64]
#: The four drawn barriers, in the order of every last axis ``j`` here.
DRAWN = ("skill", "service", "trust", "connection")
#: Technologies that are taken as fast enough where no speed is stated.
FAST = ("fibre", "cable", "5g")
#: Every area, or every stage, in an `Answer`.
ALL = -1


@dataclass(frozen=True, slots=True)
class Answer:
    """One observation on the logit scale: whose (`ALL` = everybody), of which barrier, value and variance."""

    area: int
    stage: int
    barrier: int
    y: float
    v: float


@dataclass(frozen=True, slots=True)
class Levels:
    """Normal distributions on the logit scale after all answers.

    Attributes
    ----------
    centre_dgj : ndarray, shape (areas, 6, 4), logit
        Level of stage and known differences, the mean of the area's own effect included.
    stage_sd_gj : ndarray, shape (6, 4), logit
    area_sd_dj : ndarray, shape (areas, 4), logit
    """

    centre_dgj: Float
    stage_sd_gj: Float
    area_sd_dj: Float


def bounded_logit(share: Float | float) -> Float:
    """Log odds of a share kept between 0.0001 and 0.9999."""
    p = np.minimum(np.maximum(np.asarray(share, dtype=np.float64), 0.0001), 0.9999)
    return np.asarray(np.log(p) - np.log1p(-p))


def share_of(x: Float) -> Float:
    """The share whose log odds are `x`."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def levels(region: Region, a: Assumptions) -> Levels:
    """Barrier levels of a region: prior, known differences, answers.

    Parameters
    ----------
    region : Region
    a : Assumptions

    Returns
    -------
    Levels
        Areas in the order of the region's ``areas``.
    """
    people_dg = region.people_dg()
    prior_gj, sd_gj = _prior(a)
    known_dgj = _known(region, a, people_dg, prior_gj)
    answers = _survey(region, a) + _reviews(region, a)
    area_sd = a.value("area_effect_sd")
    centre = np.empty_like(known_dgj)
    stage_sd = np.empty_like(sd_gj)
    spread = np.empty((len(people_dg), len(DRAWN)))
    for j in range(len(DRAWN)):
        mine = [o for o in answers if o.barrier == j]
        level_g, sd_g, shift_d, spread_d = _update(
            prior_gj[:, j], sd_gj[:, j], known_dgj[:, :, j], people_dg, mine, area_sd
        )
        centre[:, :, j] = level_g[None, :] + known_dgj[:, :, j] + shift_d[:, None]
        stage_sd[:, j], spread[:, j] = sd_g, spread_d
    return Levels(centre, stage_sd, spread)


def _prior(a: Assumptions) -> tuple[Float, Float]:
    centre, spread = [], []
    for name in DRAWN:
        key = f"{name}_barrier_share"
        low, high = a.range_by_stage(key)
        centre.append(bounded_logit(a.by_stage(key)))
        spread.append(np.maximum((bounded_logit(high) - bounded_logit(low)) / (2 * 1.6449), 1e-6))
    return np.stack(centre, axis=1), np.stack(spread, axis=1)


def _known(region: Region, a: Assumptions, people_dg: Float, prior_gj: Float) -> Float:
    """Differences of areas that are known without asking anybody (logit)."""
    out = np.zeros((*people_dg.shape, len(DRAWN)))
    odds = a.value("skill_odds_ratio_disability")
    usual_g = a.by_stage("disability_share")
    for d, stated in enumerate(region.areas["disabled_people"].to_list()):
        people = float(people_dg[d].sum())
        if stated is None or people <= 0:
            continue
        here, expected = min(1.0, stated / people), float(people_dg[d] @ usual_g) / people
        out[d, :, 0] += math.log((1 + here * (odds - 1)) / (1 + expected * (odds - 1)))
    if region.people_total() < a.value("small_town_people_max"):
        odds = a.value("skill_odds_ratio_town_under_100k")
        out[:, :, 0] += math.log(odds / (1 + a.value("small_town_people_share") * (odds - 1)))
    use_g = a.by_stage("internet_use_share")
    dear_g = use_g * a.value("cost_barrier_given_user") + (1 - use_g) * a.value("cost_barrier_given_nonuser")
    for d, without in _without_line(region, a).items():
        out[d, :, 3] = bounded_logit(1 - (1 - without) * (1 - dear_g)) - prior_gj[:, 3]
    return out


def _without_line(region: Region, a: Assumptions) -> dict[int, float]:
    """Share of people without an adequate line, by area row, where anything is known."""
    row = {area: d for d, area in enumerate(region.areas["area_id"].to_list())}
    need = a.value("speed_need_down_mbps")
    best: dict[int, float] = {}
    for area, technology, coverage, down in (
        region["lines"].select("area_id", "technology", "coverage_share", "down_mbps").iter_rows()
    ):
        enough = technology in FAST if down is None else down >= need
        best[row[area]] = max(best.get(row[area], 0.0), coverage if enough else 0.0)
    return {d: 1 - coverage for d, coverage in best.items()}


def _answer(a: Assumptions, area: int, stage: int, barrier: int, yes: float, asked: float) -> Answer:
    plus, minus = yes + 0.5, asked - yes + 0.5
    variance = 1 / plus + 1 / minus + a.value("survey_design_sd") ** 2
    return Answer(area, stage, barrier, math.log(plus / minus), variance)


def _survey(region: Region, a: Assumptions) -> list[Answer]:
    row = {area: d for d, area in enumerate(region.areas["area_id"].to_list())}
    sums: dict[tuple[int, int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for area, stage, barrier, yes, asked in (
        region["survey"].select("area_id", "life_stage", "barrier", "has_barrier", "answers").iter_rows()
    ):
        if area and area not in row:
            continue
        whose = row[area] if area else ALL
        at = sums[whose, ALL if stage == "all" else STAGES.index(stage), DRAWN.index(barrier)]
        at[0] += min(yes, asked)
        at[1] += asked
    return [_answer(a, d, g, j, yes, asked) for (d, g, j), (yes, asked) in sums.items()]


def _reviews(region: Region, a: Assumptions) -> list[Answer]:
    """Task-success reviews as one region-wide answer a stage about the service barrier."""
    rows = [
        (audience or "all", use, float(tried), float(min(done, tried)))
        for audience, use, tried, done in region["services"]
        .select("life_stage", "use_share", "tried", "succeeded")
        .rows()
        if tried and done is not None
    ]
    stated = [use for _, use, _, _ in rows if use is not None]
    usual = sum(stated) / len(stated) if stated else 1.0
    out = []
    for g, stage in enumerate(STAGES):
        seen = [(use, tried, done) for audience, use, tried, done in rows if audience in ("all", stage)]
        weights = [usual if use is None else use for use, _, _ in seen]
        whole = sum(weights)
        if whole <= 0:
            continue
        failed = sum(u * (tried - done) / tried for u, (_, tried, done) in zip(weights, seen, strict=True)) / whole
        asked = whole**2 / sum(u * u / tried for u, (_, tried, _) in zip(weights, seen, strict=True))
        out.append(_answer(a, ALL, g, DRAWN.index("service"), failed * asked, asked))
    return out


def _even(counts: Float) -> Float:
    """Counts as shares of their total; even shares where it is 0."""
    total = float(counts.sum())
    return counts / total if total > 0 else np.full(counts.shape, 1 / counts.size)


def _update(
    prior_g: Float, prior_sd_g: Float, known_dg: Float, people_dg: Float, answers: list[Answer], area_sd: float
) -> tuple[Float, Float, Float, Float]:
    """One barrier: level and spread by stage, then effect and spread by area (logit)."""
    areas, stages = people_dg.shape
    mix_dg = np.array([_even(people_dg[d]) for d in range(areas)])
    within_dg = np.stack([_even(people_dg[:, g]) for g in range(stages)], axis=1)
    town_dg = within_dg * _even(people_dg.sum(axis=0))
    usual_g = (known_dg * within_dg).sum(axis=0)

    def variance(o: Answer) -> float:
        return o.v if o.area == ALL else o.v + area_sd**2

    def miss(o: Answer, level_g: Float) -> float:
        if o.area == ALL:
            share = float((town_dg * share_of(level_g + known_dg)).sum())
        else:
            share = float(mix_dg[o.area] @ share_of(level_g + known_dg[o.area]))
        return o.y - float(bounded_logit(share))

    level_g, var_g = np.empty(stages), np.empty(stages)
    for g in range(stages):
        precision = 1 / prior_sd_g[g] ** 2
        pull = prior_g[g] * precision
        for o in answers:
            if o.stage == g:
                at = usual_g[g] if o.area == ALL else known_dg[o.area, g]
                precision += 1 / variance(o)
                pull += (o.y - at) / variance(o)
        level_g[g], var_g[g] = pull / precision, 1 / precision

    together = [o for o in answers if o.stage == ALL]
    if together:
        joint = 1 / sum(1 / variance(o) for o in together)
        missed = joint * sum(miss(o, level_g) / variance(o) for o in together)
        level_g = level_g + missed * var_g / (var_g + joint)
        var_g = var_g * joint / (var_g + joint)

    precision_d = np.full(areas, 1 / max(area_sd**2, 1e-12))
    pull_d = np.zeros(areas)
    for o in answers:
        if o.area != ALL:
            off = miss(o, level_g) if o.stage == ALL else o.y - known_dg[o.area, o.stage] - level_g[o.stage]
            precision_d[o.area] += 1 / o.v
            pull_d[o.area] += off / o.v
    asked = np.isin(np.arange(areas), [o.area for o in answers])
    return level_g, np.sqrt(var_g), pull_d / precision_d, np.where(asked, 1 / np.sqrt(precision_d), area_sd)
