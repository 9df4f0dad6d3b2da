"""What if we are wrong: intervals, the assumptions that flip the plan, and the value of more money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.cases.assume import Assumption, Assumptions
from daremo.cases.gap import Gap
from daremo.cases.plan_model import Ground, Question, question
from daremo.reach.sited.bound import bound as bound_of
from daremo.reach.sited.layout import account
from daremo.reach.sited.model import Branch, Proof

Float = NDArray[np.float64]
#: Assumptions about people's answer to a plan, its effects and its costs; the gap's own are drawn with the gap.
DRAWN = (
    ("uptake_share", "65-74"),
    ("uptake_share", "75-84"),
    ("uptake_share", "85+"),
    ("freed_per_single_slot_share", "65+"),
    ("freed_per_course_share", "65+"),
    ("course_dropout_share", "65+"),
    ("retention_12m_share", "65+"),
    ("trust_success_share", "all"),
    ("fix_effect_share", "all"),
    ("scam_campaign_trust_effect", "all"),
    ("line_effect_share", "all"),
    ("freed_per_home_visit_series_share", "65+"),
    ("phone_success_share", "all"),
)
FLIPPED = (
    *DRAWN[:9],
    ("scam_campaign_trust_effect", "all"),
    ("line_effect_share", "all"),
    ("line_uptake_share", "all"),
    ("class_uptake_ratio", "all"),
    ("desk_load_people_hour", "all"),
    ("desk_visits_person", "all"),
    ("cost_desk_hour_yen", "all"),
    ("cost_class_slot_yen", "all"),
    ("point_open_yen", "all"),
    ("cost_line_subsidy_person_year_yen", "all"),
    ("cost_service_fix_yen", "all"),
    ("cost_scam_campaign_year_yen", "all"),
    ("round_day_yen", "all"),
)
DRAWS = 100


def _used_options(best: Any) -> NDArray[np.int64]:
    return np.array(best.layout.open, dtype=np.int64)


def _recount(
    g: Ground, a: Assumptions, types_dgB: Float, best: Any, budget: float, fair: float
) -> tuple[Question, Any]:
    """The plan's own units under other assumptions; only its open options are rebuilt."""
    q = question(g, a, types_dgB, best.chosen, budget, fair, only=_used_options(best))
    extras = best.layout.extras
    if q.siting.extra_cap_j.size != extras.size:
        extras = np.zeros(q.siting.extra_cap_j.size, dtype=np.int64)
    return q, account(q.siting, tuple(range(len(best.layout.open))), best.layout.units, extras)


def draws(g: Ground, a: Assumptions, gap: Gap, best: Any, budget: float, fair: float) -> dict[str, Any]:
    """90 % intervals of what the plan frees, in total and by action, when effects, uptake and need are drawn together."""
    rng = np.random.default_rng([gap.seed, 7])
    left_s = gap.left_sd.sum(axis=1)
    ratio_s = left_s / max(float(left_s.mean()), 1e-12)
    totals, by = [], []
    for n in range(DRAWS):
        changes = {at: _draw(a.row(*at), rng) for at in DRAWN if at in a}
        types = gap.types_dgB * ratio_s[n % ratio_s.size]
        drawn = a.replaced(changes)
        ground_n = _with_effects(g, drawn, a)
        q, layout = _recount(ground_n, drawn, types, best, budget, fair)
        totals.append(layout.value)
        by.append(_by_action(ground_n, q, layout, best, types))
    names = by[0].keys()
    interval = {k: _interval([b[k] for b in by]) for k in names}
    return {"total": _interval(totals), "by": interval}


def _interval(values: Sequence[float]) -> list[float]:
    return [float(np.quantile(values, 0.05)), float(np.quantile(values, 0.95))]


def _draw(row: Assumption, rng: np.random.Generator) -> float:
    """One value: 90 % of them within the row's range, half of them below its centre."""
    z = float(rng.standard_normal()) / 1.6449
    reach = (row.high - row.value) if z > 0 else (row.value - row.low)
    value = row.value + z * reach
    return float(np.clip(value, 0.0, 1.0)) if row.high <= 1 else max(value, 0.0)


def _with_effects(g: Ground, drawn: Assumptions, base: Assumptions) -> Ground:
    """The same ground with broadcast effects scaled as the drawn assumptions are."""
    from dataclasses import replace

    keys = {"fix": "fix_effect_share", "campaign": "scam_campaign_trust_effect"}
    costs = {"fix": "cost_service_fix_yen", "campaign": "cost_scam_campaign_year_yen"}
    changed = tuple(
        replace(
            b,
            effect=min(1.0, b.effect * drawn.value(keys[b.kind]) / max(base.value(keys[b.kind]), 1e-12)),
            yen=b.yen * drawn.value(costs[b.kind]) / max(base.value(costs[b.kind]), 1e-12),
        )
        for b in g.broadcast
    )
    hour = drawn.value("cost_desk_hour_yen") / base.value("cost_desk_hour_yen")
    options = tuple(replace(o, hour_yen=o.hour_yen * hour) for o in g.options) if hour != 1 else g.options
    return replace(g, broadcast=changed, options=options)


def _by_action(g: Ground, q: Question, layout: Any, best: Any, types_dgB: Float) -> dict[str, float]:
    from daremo.reach.sited.layout import attend

    s = q.siting
    flow = attend(s, np.arange(len(layout.open)))
    out = {
        g.options[o].action_id: float(flow.gain_o[i] * layout.served_share[i]) for i, o in enumerate(best.layout.open)
    }
    for j, n in enumerate(layout.extras):
        if n:
            kind, name = q.extra_kind[j], q.extra_name[j]
            out[f"{kind}:{name.split('・')[-1]}" if "・" in name else kind] = float(s.extra_gain_j[j] * n)
    from daremo.cases.plan_told import broadcast_shares

    for i, people in broadcast_shares(g, best.chosen, types_dgB).items():
        out[g.broadcast[i].action_id] = people
    return out


def flips(
    g: Ground, a: Assumptions, gap: Gap, best: Any, budget: float, fair: float, late: Callable[[], bool]
) -> list[dict[str, Any]]:
    """Each assumption at low and high: what the plan frees then, what a plan made for that case would, and the regret.

    `regret` is the greater loss of keeping today's plan (people; a plan found by search, without proof).
    Sorted by regret: the first is the one to measure first.
    """
    from daremo.cases.plan import quick_layout

    rows = []
    sets = {best.chosen, *({tuple(sorted(set(best.chosen) ^ {i}))}.pop() for i in range(len(g.broadcast)))}
    for at in FLIPPED:
        if at not in a:
            continue
        row = a.row(*at)
        found: dict[str, float] = {}
        for side, value in (("low", row.low), ("high", row.high)):
            changed = a.replaced({at: value})
            ground_v = _with_effects(g, changed, a)
            _, kept = _recount(ground_v, changed, gap.types_dgB, best, budget, fair)
            again = kept.value
            if not late():
                for c in sorted(sets):
                    if sum(ground_v.broadcast[i].yen for i in c) > budget:
                        continue
                    q = question(ground_v, changed, gap.types_dgB, c, budget, fair)
                    pool = np.array(best.layout.open, dtype=np.int64)
                    again = max(again, quick_layout(q.siting)[1] if c == best.chosen else _bare(q, pool))
            spent = kept.cost_yen + sum(ground_v.broadcast[i].yen for i in best.chosen)
            # where prices rise, the plan as it stands costs more than there is: it is scaled down to the budget
            value_kept = kept.value if spent <= budget * (1 + 1e-9) else kept.value * budget / max(spent, 1.0)
            found[f"freed_at_{side}"] = value_kept
            found[f"best_at_{side}"] = max(again, value_kept)
        regret = max(found["best_at_low"] - found["freed_at_low"], found["best_at_high"] - found["freed_at_high"])
        rows.append(
            {
                "key": row.key,
                "ja": row.ja,
                "life_stage": row.life_stage,
                "value": row.value,
                "low": row.low,
                "high": row.high,
                "certainty": row.certainty,
                **found,
                "regret": regret,
                "stays_best": regret <= 0.02 * max(best.layout.value, 1e-9),
            }
        )
    rows.sort(
        key=lambda r: (-float(r["regret"]), -abs(r["freed_at_high"] - r["freed_at_low"]), r["key"], r["life_stage"])
    )
    return [{**r, "rank": i + 1} for i, r in enumerate(rows)]


def _bare(q: Question, open_: NDArray[np.int64]) -> float:
    from daremo.reach.sited.layout import quick_value

    return max(quick_value(q.siting, open_), quick_value(q.siting, open_[:0]))


def frontier(
    g: Ground,
    a: Assumptions,
    gap: Gap,
    best: Any,
    budget: float,
    fair: float,
    bound: float,
    proofs: Sequence[tuple[tuple[int, ...], Proof]],
) -> list[dict[str, float]]:
    """Budget → people, with a bound at every point: the plan's own prices prove one for any budget."""
    from daremo.cases.plan import quick_layout
    from daremo.cases.plan_model import choices

    out = []
    steps = sorted({round(budget * k) for k in (0.25, 0.5, 0.75, 1.25, 1.5)} | {round(budget + 1_000_000)})
    sets = {c for c, _ in proofs} | {()}
    prices = [p for _, p in proofs]
    for money in steps:
        value = 0.0
        for c in choices(g):
            if sum(g.broadcast[i].yen for i in c) <= money:
                q = question(g, a, gap.types_dgB, c, money, fair)
                value = max(value, quick_layout(q.siting)[1] if c in sets else q.siting.base)
        top = 0.0
        for c in choices(g):
            if sum(g.broadcast[i].yen for i in c) <= money:
                q = question(g, a, gap.types_dgB, c, money, fair)
                whole = Branch(tuple((0, int(n)) for n in np.bincount(q.siting.group_o, minlength=q.siting.n_groups)))
                top = max(top, min(bound_of(q.siting, whole, p.prices) for p in prices))
        out.append({"budget_yen": money, "people_freed": value, "people_freed_bound": max(top, value)})
    out.append({"budget_yen": budget, "people_freed": best.layout.value, "people_freed_bound": bound})
    out.sort(key=lambda r: r["budget_yen"])
    reached = 0.0
    for row in out:  # what is had for less money is had for more, too
        reached = row["people_freed"] = max(row["people_freed"], reached)
        row["people_freed_bound"] = max(row["people_freed_bound"], reached)
    return out


def next_million(front: Sequence[dict[str, float]], budget: float) -> dict[str, float | None]:
    """People that one million yen more would free, and what each of them costs."""
    here = next(r for r in front if r["budget_yen"] == budget)
    more = next(r for r in front if r["budget_yen"] == round(budget + 1_000_000))
    people = max(more["people_freed"] - here["people_freed"], 0.0)
    return {"people": people, "yen_per_person": 1_000_000 / people if people > 1e-9 else None}
