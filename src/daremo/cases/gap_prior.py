"""What is believed about skill, service, trust and connection in each area: national priors, then whatever was measured.

Everything is on the logit scale. A draw of barrier ``b`` in area ``d`` at stage ``g`` is
``eta_dgb + area_mean_db + sd_gb * Z_nat[s, b] + area_sd_db * Z_area[s, d, b]``; formulas in ``explain.md`` §4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from daremo.cases.assume import Assumptions
from daremo.region.model import STAGES, Region

Floats = NDArray[np.float64]
#: Barriers with a prior, in the order of their random numbers.
ASKED = ("skill", "service", "trust", "connection")
#: Chances are kept this far from 0 and 1.
EDGE = 1e-4
#: Width of a 90 % range in standard deviations.
RANGE_SD = 2 * 1.6449
#: Technologies that count as fast enough where no speed was measured.
FAST = ("fibre", "cable", "5g")


@dataclass(frozen=True, slots=True)
class Margins:
    """Chances of the four asked barriers before any draw.

    Attributes
    ----------
    eta_dgb : ndarray, shape (areas, 6, 4), logit
        Centre; barriers in the order of `ASKED`.
    sd_gb : ndarray, shape (6, 4), logit
        Spread of the stage's level, shared by all areas.
    area_mean_db, area_sd_db : ndarray, shape (areas, 4), logit
        The area's own effect.
    no_line_d : ndarray, shape (areas,), share
        People without an adequate line; NaN where no line is described.
    inputs : dict
        By barrier: ``"prior"`` or ``"prior+data"``.
    notes : tuple of str
        What a reader of the figures should know.
    """

    eta_dgb: Floats
    sd_gb: Floats
    area_mean_db: Floats
    area_sd_db: Floats
    no_line_d: Floats
    inputs: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One pooled observation: area (-1 = whole region), stage (-1 = all), logit and sampling variance."""

    area: int
    stage: int
    y: float
    v: float


def edged(p: ArrayLike) -> Floats:
    """Logit of a chance kept within `EDGE` of 0 and 1."""
    return np.asarray(logit(np.clip(np.asarray(p, float), EDGE, 1 - EDGE)), float)


def margins(region: Region, a: Assumptions, people_dg: Floats) -> Margins:
    """National priors, shifted by what is known of the town and its areas, updated by surveys, reviews and lines."""
    notes: list[str] = []
    offset = np.zeros((*people_dg.shape, 4))
    centre, spread = prior(a)
    offset[..., 0] += disability_shift(region, a, people_dg)[:, None]
    if region.people_total() < a.value("small_town_people_max"):
        ratio, share = a.value("skill_odds_ratio_town_under_100k"), a.value("small_town_people_share")
        offset[..., 0] += math.log(ratio / (1 + share * (ratio - 1)))
    no_line = without_line(region, a)
    known = ~np.isnan(no_line)
    offset[known, :, 3] = connection(a, no_line[known]) - centre[:, 3]

    seen, lost = survey(region, a)
    if lost:
        notes.append(f"調査の{lost}行は、地区コードがareasにないため使っていません。")
    reviewed = reviews(region, a)
    mean, sd, area_mean, area_sd = (
        centre.copy(),
        spread.copy(),
        np.zeros((len(people_dg), 4)),
        np.zeros((len(people_dg), 4)),
    )
    for b, barrier in enumerate(ASKED):
        facts = seen[barrier] + (reviewed if barrier == "service" else [])
        mean[:, b], sd[:, b], area_mean[:, b], area_sd[:, b] = updated(
            centre[:, b], spread[:, b], offset[..., b], people_dg, facts, a.value("area_effect_sd")
        )
    data = {b: bool(seen[b]) for b in ASKED}
    data["service"] |= bool(reviewed)
    data["connection"] |= bool(known.any())
    if known.any() and not known.all():
        notes.append(
            f"回線の資料がある地区は{int(known.sum())}、ない地区は{int((~known).sum())}です。ない地区は全国の前提です。"
        )
    inputs = {b: "prior+data" if data[b] else "prior" for b in ASKED}
    return Margins(mean[None] + offset, sd, area_mean, area_sd, no_line, inputs, tuple(notes))


def prior(a: Assumptions) -> tuple[Floats, Floats]:
    """Centre and spread of the national prior on the logit scale, each of shape (6, 4)."""
    centre, spread = np.empty((len(STAGES), 4)), np.empty((len(STAGES), 4))
    for b, barrier in enumerate(ASKED):
        key = f"{barrier}_barrier_share"
        low, high = a.range_by_stage(key)
        centre[:, b] = edged(a.by_stage(key))
        spread[:, b] = np.maximum((edged(high) - edged(low)) / RANGE_SD, 1e-6)
    return centre, spread


def disability_shift(region: Region, a: Assumptions, people_dg: Floats) -> Floats:
    """Logit shift of skill in areas with more, or fewer, disabled people than their ages let expect; shape (areas,).

    The national prior already holds the national share, so only the excess counts.
    """
    known = region.areas["disabled_people"].to_numpy().astype(float)
    total = people_dg.sum(axis=1)
    use = ~np.isnan(known) & (total > 0)
    if not use.any():
        return np.zeros(len(total))
    more = a.value("skill_odds_ratio_disability") - 1
    here = np.minimum(1.0, np.divide(known, total, out=np.zeros_like(total), where=use))
    usual = np.divide(people_dg @ a.by_stage("disability_share"), total, out=np.zeros_like(total), where=use)
    return np.where(use, np.log((1 + here * more) / (1 + usual * more)), 0.0)


def without_line(region: Region, a: Assumptions) -> Floats:
    """Share of an area's people without any adequate line; NaN where the region describes none; shape (areas,).

    Technologies reach much the same households, so the best one counts and shares are not multiplied.
    """
    lines = region["lines"]
    position = {area: i for i, area in enumerate(region.areas["area_id"].to_list())}
    out = np.full(len(position), np.nan)
    if lines.is_empty():
        return out
    need = a.value("speed_need_down_mbps")
    for area, technology, covered, down in lines.select(
        "area_id", "technology", "coverage_share", "down_mbps"
    ).iter_rows():
        d = position[area]
        adequate = technology in FAST if down is None else down >= need
        here = 1 - covered if adequate else 1.0
        out[d] = here if np.isnan(out[d]) else min(out[d], here)
    return out


def connection(a: Assumptions, no_line_d: Floats) -> Floats:
    """Logit of the connection barrier from lines and price, ``1 - (1 - no line)(1 - too dear)``; shape (areas, 6)."""
    use = a.by_stage("internet_use_share")
    dear = use * a.value("cost_barrier_given_user") + (1 - use) * a.value("cost_barrier_given_nonuser")
    return edged(1 - (1 - no_line_d[:, None]) * (1 - dear[None, :]))


def survey(region: Region, a: Assumptions) -> tuple[dict[str, list[Seen]], int]:
    """Pooled survey answers by barrier, and how many rows name an unknown area."""
    position: dict[str | None, int] = {area: i for i, area in enumerate(region.areas["area_id"].to_list())}
    position |= {None: -1, "": -1}
    pooled: dict[tuple[str, int, int], list[int]] = {}
    lost = 0
    columns = ("area_id", "life_stage", "barrier", "has_barrier", "answers")
    for area, stage, barrier, has, answers in region["survey"].select(columns).iter_rows():
        if area not in position:
            lost += 1
            continue
        cell = pooled.setdefault((barrier, position[area], -1 if stage == "all" else STAGES.index(stage)), [0, 0])
        cell[0] += min(has, answers)
        cell[1] += answers
    design = a.value("survey_design_sd") if pooled else 0.0
    out: dict[str, list[Seen]] = {b: [] for b in ASKED}
    for (barrier, d, g), (has, answers) in sorted(pooled.items()):
        out[barrier].append(observed(d, g, has, answers, design))
    return out, lost


def reviews(region: Region, a: Assumptions) -> list[Seen]:
    """Task-success reviews of services as observations of the service barrier, one a stage."""
    rows = [
        (stage or "all", use, tried, min(succeeded, tried))
        for stage, use, tried, succeeded in region["services"]
        .select("life_stage", "use_share", "tried", "succeeded")
        .iter_rows()
        if tried is not None and succeeded is not None and tried > 0
    ]
    stated = [use for _, use, _, _ in rows if use is not None]
    usual = math.fsum(stated) / len(stated) if stated else 1.0
    out = []
    for g, name in enumerate(STAGES):
        mine = [(usual if u is None else u, n, n - k) for stage, u, n, k in rows if stage in (name, "all")]
        weight = math.fsum(u for u, _, _ in mine)
        if weight <= 0:
            continue
        failed = math.fsum(u * f / n for u, n, f in mine) / weight
        heads = weight**2 / math.fsum(u * u / n for u, n, _ in mine)
        out.append(observed(-1, g, failed * heads, heads, a.value("survey_design_sd")))
    return out


def observed(area: int, stage: int, has: float, answers: float, design_sd: float) -> Seen:
    """Empirical logit of `has` among `answers` with its variance and that of the survey's design."""
    yes, no = has + 0.5, answers - has + 0.5
    return Seen(area, stage, math.log(yes / no), 1 / yes + 1 / no + design_sd**2)


def updated(
    centre_g: Floats, spread_g: Floats, offset_dg: Floats, people_dg: Floats, facts: Iterable[Seen], area_sd: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Precision-weighted update of one barrier: stage levels first, then the areas' own effects.

    Returns
    -------
    mean_g, sd_g : ndarray, shape (6,)
    area_mean_d, area_sd_d : ndarray, shape (areas,)
    """
    facts, tau2 = list(facts), area_sd**2
    weight_dg = _mix(people_dg)
    town_dg = _mix(people_dg.sum(axis=0)[None])[0] * _mix(people_dg.T).T  # people of the town, by area and stage
    town_offset_g = (offset_dg * _mix(people_dg.T).T).sum(axis=0)
    precision, total = 1 / spread_g**2, centre_g / spread_g**2
    for f in facts:
        if f.stage >= 0:
            at, v = (town_offset_g[f.stage], f.v) if f.area < 0 else (offset_dg[f.area, f.stage], f.v + tau2)
            precision[f.stage] += 1 / v
            total[f.stage] += (f.y - at) / v
    mean, variance = total / precision, 1 / precision

    def miss(f: Seen) -> float:
        """How far an answer of all stages together lies from what the levels say (logit)."""
        chance_dg = expit(mean + (offset_dg if f.area < 0 else offset_dg[f.area]))
        return f.y - float(edged((chance_dg * (town_dg if f.area < 0 else weight_dg[f.area])).sum()))

    whole = [(miss(f), f.v + (tau2 if f.area >= 0 else 0.0)) for f in facts if f.stage < 0]
    if whole:
        v_whole = 1 / math.fsum(1 / v for _, v in whole)
        shift = math.fsum(e / v for e, v in whole) * v_whole
        mean = mean + shift * variance / (variance + v_whole)
        variance = variance * v_whole / (variance + v_whole)

    own_precision, own_total = np.full(len(people_dg), 1 / max(tau2, 1e-12)), np.zeros(len(people_dg))
    for f in facts:
        if f.area >= 0:
            off = f.y - offset_dg[f.area, f.stage] - mean[f.stage] if f.stage >= 0 else miss(f)
            own_precision[f.area] += 1 / f.v
            own_total[f.area] += off / f.v
    return mean, np.sqrt(variance), own_total / own_precision, 1 / np.sqrt(own_precision)


def _mix(people_xg: Floats) -> Floats:
    """Rows scaled to add up to 1; even where a row is empty."""
    total = people_xg.sum(axis=1, keepdims=True)
    return np.where(total > 0, people_xg / np.where(total > 0, total, 1), 1 / people_xg.shape[1])
