"""How people would behave under a plan: free choice of a point, and the bounds on overlapping help."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.cases.assume import Assumptions
from daremo.cases.effects import CONNECTION, HAS, NEEDS, REACH, SERVICE, SKILL, SUBSETS, TRUST, effects
from daremo.cases.plan_model import Ground, Question, shares
from daremo.reach.sited.layout import attend
from daremo.reach.sited.model import Layout

Float = NDArray[np.float64]


def simulate(g: Ground, a: Assumptions, types_dgB: Float, q: Question, layout: Layout) -> dict[str, list[float]]:
    """Learners per slot when people choose a point themselves (Huff, 1964) and full slots turn people away alike.

    Returns
    -------
    dict
        ``mid``, ``low``, ``high``: learners per slot of each open option at central, low and high uptake;
        ``turned``: share turned away at central uptake. A slot is one staffed hour (a series: one lesson; a
        round: one hour of five a day).
    """
    s = q.siting
    open_ = np.array(layout.open, dtype=np.int64)
    if not open_.size:
        return {"mid": [], "low": [], "high": [], "turned": []}
    able_dg = types_dgB[..., NEEDS].sum(-1) * (1 - a.by_stage("needs_home_help_share"))
    w = g.willing_dgo[:, :, open_]
    ratio = np.where(s.group_o[open_] == 1, a.value("class_uptake_ratio"), 1.0)
    pull = (w * ratio) ** a.value("huff_exponent")
    chance = np.zeros_like(pull)
    for group in (s.group_o[open_] == 1, s.group_o[open_] != 1):
        part = pull[:, :, group]
        whole = part.sum(-1, keepdims=True)
        chance[:, :, group] = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    n = able_dg.shape[0]
    load, draw = (m[:n, open_] + m[n:, open_] for m in (s.load_uo, s.draw_uo))
    per_head = np.divide(load, draw, out=np.zeros(load.shape), where=draw > 0)
    lessons = a.value("course_hours", "65+")
    units = np.array(layout.units, dtype=float)
    kind = s.group_o[open_]
    slots = np.select([kind == 0, kind == 1], [units, units * lessons], units * 5.0)
    most = np.select(
        [kind == 0, kind == 1], [a.value("learners_per_instructor_max"), 10.0], a.value("round_people_day") / 5.0
    )
    low_g, high_g = a.range_by_stage("uptake_share")
    out: dict[str, list[float]] = {}
    for name, uptake in (("mid", a.by_stage("uptake_share")), ("low", low_g), ("high", high_g)):
        come_do = np.einsum("dg,dgo->do", able_dg * uptake, chance * w * ratio)
        visits = (come_do * per_head).sum(0) * np.where(kind == 1, lessons, 1.0)
        full = np.minimum(visits, slots * most)
        out[name] = [float(v) for v in np.divide(full, slots, out=np.zeros(open_.size), where=slots > 0)]
        if name == "mid":
            out["turned"] = [float(v) for v in 1 - np.divide(full, visits, out=np.ones(open_.size), where=visits > 0)]
    return out


def overlap(g: Ground, a: Assumptions, types_dgB: Float, best: Any, q: Question) -> dict[str, float]:
    """The plan's people under independence (lower), as packages (the plan), and under perfect overlap (upper).

    Connection help is counted one by one and is the same in all three; see ``explain_plan.md`` §3.
    """
    s, layout = q.siting, best.layout
    fix, campaign = shares(g, best.chosen)
    e = effects(a, g.overrides)
    need_dg = types_dgB[..., NEEDS].sum(-1)
    cannot_g = a.by_stage("needs_home_help_share")
    able_dg = need_dg * (1 - cannot_g) * a.by_stage("uptake_share")
    reached = np.zeros_like(need_dg)
    skilled = np.zeros_like(need_dg)
    open_ = np.array(layout.open, dtype=np.int64)
    flow = attend(s, open_)
    for u in np.flatnonzero(flow.choice_u >= 0):
        i = int(flow.choice_u[u])
        option = g.options[int(open_[i])]
        ratio = a.value("class_uptake_ratio") if option.kind == "class" else 1.0
        d = u % need_dg.shape[0]
        come = able_dg[d] * ratio * g.willing_dgo[d, :, int(open_[i])] * layout.served_share[i]
        reached[d] += come
        skilled[d] += come * e.skill[option.kind]
    pieces = 0.0
    for j, n in enumerate(layout.extras):
        kind = q.extra_kind[j]
        if kind in ("device", "line"):
            pieces += float(s.extra_gain_j[j] * n)
        elif n:
            who = need_dg * cannot_g * (g.community_d == s.extra_community_j[j])[:, None]
            come = who * n / max(float(who.sum()), 1e-12)
            reached += come
            skilled += come * e.skill[kind]
    share = np.divide(reached, need_dg, out=np.zeros_like(need_dg), where=need_dg > 0)
    skill = np.divide(skilled, need_dg, out=np.zeros_like(need_dg), where=need_dg > 0)
    trust = 1 - (1 - share * e.trust) * (1 - campaign)
    both = 1 - (1 - e.trust) * (1 - campaign)
    low = mid = high = pieces
    for B in SUBSETS[1:]:
        if HAS[CONNECTION][B] or B == REACH:
            continue
        n = types_dgB[..., B]
        parts = []
        if HAS[SKILL][B]:
            parts.append(skill)
        if HAS[TRUST][B]:
            parts.append(trust)
        if HAS[SERVICE][B]:
            parts.append(np.full_like(share, fix))
        if HAS[REACH][B]:
            parts.append(share if HAS[SKILL][B] else trust)
        stack = np.stack(parts)
        low += float((n * stack.prod(0)).sum())
        high += float((n * stack.min(0)).sum())
        with_trust = both if HAS[TRUST][B] else 1.0
        service = fix if HAS[SERVICE][B] else 1.0
        if HAS[SKILL][B]:
            package = skill * with_trust * service
        elif HAS[TRUST][B]:
            package = (share * both + (1 - share) * campaign) * service
        else:
            package = np.full_like(share, service)
        mid += float((n * package).sum())
    return {"product": low, "package": mid, "smallest_coverage": high}
