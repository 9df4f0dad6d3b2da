"""See: how many people are left behind, where and for which of five reasons, with everything that is not known drawn.

Method, constants and the order of random numbers: ``explain.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from daremo.cases.access import Willing
from daremo.cases.assume import Assumption, Assumptions
from daremo.cases.copula import (
    MANY_NODES,
    SPLIT,
    drawn_loadings,
    only_needed_reach,
    scaled_loadings,
    subset_probabilities,
)
from daremo.cases.gap_prior import Margins, margins
from daremo.cases.gap_reach import today
from daremo.cases.suppress import Protection, Rules, protect
from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent
from daremo.region.model import Region

Floats = NDArray[np.float64]
#: Rows of (area, stage) worked on at once: small enough for the processor's cache.
ROWS = 1_500
#: Copula strengths shown beside the assumed one.
STRENGTHS = (0.0, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Gap:
    """Who is left behind.

    Attributes
    ----------
    region_name, region_code, region_digest : str
        The region these figures describe.
    area_ids, area_names, communities, islands : tuple of str
        One each area, in the order of the region's ``areas``; ``""`` = main town, mainland.
    people_dg : ndarray, shape (areas, 6), people
        Residents aged 5 and over by life stage.
    people_outside : float, people
        Children under 5, who are in no figure.
    types_dgB : ndarray, shape (areas, 6, 32), people
        Posterior mean of people with exactly the barriers of subset ``B``.
    left_sd : ndarray, shape (draws, areas), people
    left_sg : ndarray, shape (draws, 6), people
        Left behind (at least one barrier) in each draw.
    reasons_sb : ndarray, shape (draws, 5), people
        Each person left behind split equally among her barriers.
    reasons_db : ndarray, shape (areas, 5), people
        The same by area, posterior mean.
    reasons_gb : ndarray, shape (6, 5), people
        The same by life stage.
    access_dg : ndarray, shape (areas, 6)
        Today's help per person who wants it (E2SFCA).
    reach_dg : ndarray, shape (areas, 6), share
        Chance that there is no help within reach.
    access_min_d : ndarray, shape (areas,), min
        Nearest help for people aged 65-74; infinite where there is none.
    access_mode_d : ndarray of str, shape (areas,)
        ``"foot"``, ``"car"``, ``"boat"`` or ``"none"``.
    no_line_d : ndarray, shape (areas,), share
        People without an adequate line; NaN where nothing is known.
    today_ids : tuple of str
        Places where somebody helps today.
    willing : Willing or None
        Trips to them, in that order; None where they would take too much memory.
    inputs : dict
        By barrier: ``"prior"`` or ``"prior+data"``.
    sensitivity : tuple of (float, float)
        Copula strength, and people left behind at the centre of all other assumptions.
    protection : Protection
        What is not published.
    rules : Rules
        Publication rules used.
    assumptions : tuple of Assumption
        Every default used.
    sources : tuple of dict
        The region's source files.
    notes : tuple of str
        What a reader of the figures should know, in Japanese.
    draws, seed : int
    """

    region_name: str
    region_code: str
    region_digest: str
    area_ids: tuple[str, ...]
    area_names: tuple[str, ...]
    communities: tuple[str, ...]
    islands: tuple[str, ...]
    people_dg: Floats
    people_outside: float
    types_dgB: Floats
    left_sd: Floats
    left_sg: Floats
    reasons_sb: Floats
    reasons_db: Floats
    reasons_gb: Floats
    access_dg: Floats
    reach_dg: Floats
    access_min_d: Floats
    access_mode_d: NDArray[np.str_]
    no_line_d: Floats
    today_ids: tuple[str, ...]
    willing: Willing | None
    inputs: dict[str, str]
    sensitivity: tuple[tuple[float, float], ...]
    protection: Protection
    rules: Rules
    assumptions: tuple[Assumption, ...]
    sources: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    draws: int
    seed: int

    @property
    def people(self) -> float:
        """Residents aged 5 and over (people)."""
        return float(self.people_dg.sum())

    @property
    def left_s(self) -> Floats:
        """People left behind in each draw, shape (draws,)."""
        left: Floats = self.left_sg.sum(axis=1)
        return left

    def as_dict(self) -> dict[str, Any]:
        """The published form, small cells withheld: see ``docs/know/contracts.md``, ``gap --json``."""
        from daremo.cases.gap_publish import published

        return published(self)


def gap(region: Region, a: Assumptions, *, draws: int = 200, seed: int = 1, progress: Progress = silent) -> Gap:
    """People left behind by area, life stage and reason, with draws of everything that is uncertain.

    Parameters
    ----------
    region : Region
    a : Assumptions
        Only what is used is recorded in the result.
    draws : int
        Posterior draws, at least 20.
    seed : int
        The same seed gives the same bytes.
    progress : Progress
        Told the share done.

    Returns
    -------
    Gap

    Raises
    ------
    UsageError
        Where there are fewer than 20 draws.
    """
    if draws < 20:
        raise UsageError(
            "too-few-draws", f"推定のくり返しが{draws}回では幅が出せません", "20回以上にしてください", "draws"
        )
    a = a.replaced({})  # a copy that remembers only what this gap used
    people_dg = region.people_dg()
    order = canonical_order(region, people_dg)
    region_c = replace(region, tables={**region.tables, "areas": region.areas[order]})
    people_c = people_dg[order]
    now = today(region_c, a, people_c)
    believed = margins(region_c, a, people_c)
    types, left_sd, left_sg, reasons_sb = _draw(believed, now.reach_dg, people_c, a, draws, seed, progress)

    back = np.argsort(order)  # from canonical order to the region's own
    types, left_sd, people = types[back], left_sd[:, back], people_dg
    names = region.areas["name"].to_list()
    communities = tuple(c or "" for c in region.areas["community"].to_list())
    rules = Rules.of(a)
    # Canonical order again, so that ties between equal areas are broken alike in every file order.
    hidden = protect(people_c.sum(axis=1), left_sd.mean(axis=0)[order], [communities[i] for i in order], rules)
    reasons = types @ SPLIT
    sensitivity = tuple((strength, _centre(believed, people_c, a, strength)) for strength in STRENGTHS)
    outside = max(0.0, region.people_total() - float(people_c.sum()))
    return Gap(
        region_name=region.name,
        region_code=region.code,
        region_digest=region.digest,
        area_ids=tuple(region.areas["area_id"].to_list()),
        area_names=tuple(names),
        communities=communities,
        islands=tuple(i or "" for i in region.areas["island"].to_list()),
        people_dg=people,
        people_outside=outside,
        types_dgB=types,
        left_sd=left_sd,
        left_sg=left_sg,
        reasons_sb=reasons_sb,
        reasons_db=reasons.sum(axis=1),
        reasons_gb=reasons[order].sum(axis=0),
        access_dg=now.access_dg[back],
        reach_dg=now.reach_dg[back],
        access_min_d=now.minutes_d[back],
        access_mode_d=now.mode_d[back],
        no_line_d=believed.no_line_d[back],
        today_ids=tuple(now.places["place_id"].to_list()),
        willing=_reordered(now.willing, back),
        inputs={"reach": "prior" if now.places["from_prior"].all() else "prior+data", **believed.inputs},
        sensitivity=sensitivity,
        protection=replace(hidden, hidden_d=hidden.hidden_d[back]),
        rules=rules,
        assumptions=tuple(a.used()),
        sources=region.sources,
        notes=(*_notes(outside, now.places["from_prior"].to_list(), sensitivity), *believed.notes, *region.notes),
        draws=draws,
        seed=seed,
    )


def canonical_order(region: Region, people_dg: Floats) -> NDArray[np.int64]:
    """Areas by latitude, then longitude, then people aged 5 and over: independent of names and of the order in a file."""
    lat, lon = region.areas["latitude"].to_numpy(), region.areas["longitude"].to_numpy()
    return np.lexsort((people_dg.sum(axis=1), lon, lat)).astype(np.int64)


def _draw(
    m: Margins, reach_dg: Floats, people_dg: Floats, a: Assumptions, draws: int, seed: int, progress: Progress
) -> tuple[Floats, Floats, Floats, Floats]:
    """Types (mean), left behind by draw and area, by draw and stage, and reasons by draw; all in canonical order."""
    n, stages = people_dg.shape
    rng = np.random.default_rng(seed)
    z_nat = rng.standard_normal((draws, 4))
    loading_sb = drawn_loadings(a, rng.standard_normal((draws, 5)))
    threshold = np.empty((5, n, stages))
    threshold[0] = ndtri(reach_dg)
    types, left_sd = np.zeros((n, stages, 32)), np.empty((draws, n))
    left_sg, reasons_sb = np.empty((draws, stages)), np.empty((draws, 5))
    block = max(1, ROWS // stages)
    for s in range(draws):
        # One draw's area numbers at a time: the same stream as one (draws, areas, 4) block, without its memory.
        own = m.area_mean_db + m.area_sd_db * rng.standard_normal((n, 4))
        eta = m.eta_dgb + own[:, None, :] + m.sd_gb * z_nat[s]
        threshold[1:] = np.moveaxis(ndtri(expit(eta)), -1, 0)
        subsets, left_g = np.zeros(32), np.zeros(stages)
        for d in range(0, n, block):
            at = slice(d, d + block)
            pi = subset_probabilities(threshold[:, at].reshape(5, -1), loading_sb[s])
            heads = only_needed_reach(pi).reshape(-1, stages, 32)
            heads *= people_dg[at, :, None]
            types[at] += heads
            left = people_dg[at] - heads[..., 0]
            left_sd[s, at] = left.sum(axis=1)
            left_g += left.sum(axis=0)
            subsets += heads.sum(axis=(0, 1))
        left_sg[s], reasons_sb[s] = left_g, subsets @ SPLIT
        progress((s + 1) / draws, "取り残されている人を推定しています")
    types /= draws
    return types, left_sd, left_sg, reasons_sb


def _centre(m: Margins, people_dg: Floats, a: Assumptions, strength: float) -> float:
    """People left behind with every assumption at its centre but the copula's strength.

    Reach plays no part: it counts only beside another barrier.
    """
    eta = m.eta_dgb + m.area_mean_db[:, None, :]
    threshold = np.zeros((5, people_dg.size))
    threshold[1:] = np.moveaxis(ndtri(expit(eta)), -1, 0).reshape(4, -1)
    heads, loading, left = people_dg.reshape(-1), scaled_loadings(a, strength), 0.0
    for x in range(0, heads.size, ROWS):
        at = slice(x, x + ROWS)
        chance = only_needed_reach(subset_probabilities(threshold[:, at], loading, nodes=MANY_NODES))
        left += float((heads[at] * (1 - chance[:, 0])).sum())
    return left


def _reordered(willing: Willing | None, back: NDArray[np.int64]) -> Willing | None:
    if willing is None:
        return None
    return Willing(willing.share_dgp[back], willing.minutes_dp[back], willing.mode_dp[back])


def _notes(outside: float, from_prior: list[bool], sensitivity: tuple[tuple[float, float], ...]) -> tuple[str, ...]:
    zero, base, twice = (people for _, people in sensitivity)
    notes = [
        f"5歳未満の{outside:,.0f}人は、どの数字にもふくまれていません。",
        "「必要がない」という気持ちは、壁に数えていません。",
        "「近くに助けがない」は、操作か不安の壁がある人だけに数えています。",
        f"壁の重なりの強さは仮定です。前提の中央値で取り残される人は{base:,.0f}人、"
        f"重なりがなければ{zero:,.0f}人、2倍なら{twice:,.0f}人です。",
    ]
    if not from_prior:
        notes.append("いま相談できる場所が1つもない、として計算しています。")
    elif any(from_prior):
        notes.append(
            f"いま相談できる場所{len(from_prior)}か所のうち{sum(from_prior)}か所の時間は、種類ごとの仮定です。"
        )
    return tuple(notes)
