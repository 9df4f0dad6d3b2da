"""What is said about a plan: actions, points, areas, and why this and not that. Figures only, in the documented form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.cases import plan_doubt
from daremo.cases.access import willingness
from daremo.cases.assume import Assumptions
from daremo.cases.effects import untouched_share_B
from daremo.cases.gap import Gap
from daremo.cases.plan_model import MONTHS, NAMES, Ground, Question, shares
from daremo.cases.plan_people import overlap, simulate
from daremo.kernel.results import Progress
from daremo.reach.sited.layout import attend, quick_value
from daremo.reach.sited.model import Layout, Proof
from daremo.region.model import Region

Float = NDArray[np.float64]
UNIT = {
    "point": "時間",
    "class": "回つづきの教室",
    "round": "日",
    "home": "人",
    "phone": "人",
    "device": "台",
    "line": "か月分",
    "fix": "件",
    "campaign": "件",
}
MEASURE = {"fix": (2, "service"), "campaign": (3, "trust"), "line": (4, "connection"), "device": (4, "connection")}


def told(
    region: Region,
    gap: Gap,
    a: Assumptions,
    g: Ground,
    best: Any,
    budget_yen: float,
    fair: float,
    bound: float,
    proofs: Sequence[tuple[tuple[int, ...], Proof]],
    guess: Mapping[tuple[int, ...], float],
    late: Callable[[], bool],
    progress: Progress,
) -> dict[str, Any]:
    """The documented fields of a plan but its certificate and digest."""
    q: Question = best.question
    s, layout = q.siting, best.layout
    open_ = np.array(layout.open, dtype=np.int64)
    flow = attend(s, open_)
    sited = float(flow.gain_o @ layout.served_share)
    freed_d = area_freed(g, q, layout, gap)
    helped_d = _helped(s, layout)
    left_d = gap.left_sd.mean(axis=0)
    draws = plan_doubt.draws(g, a, gap, best, budget_yen, fair)
    left_s = gap.left_sd.sum(axis=1)
    hidden = gap.protection.hidden_d
    cost = layout.cost_yen + sum(g.broadcast[i].yen for i in best.chosen)
    progress(0.8, "外れたときの計画を調べています")
    flips = plan_doubt.flips(g, a, gap, best, budget_yen, fair, late)
    gap_people = max(bound - layout.value, 0.0)
    front = plan_doubt.frontier(g, a, gap, best, budget_yen, fair, bound, proofs)
    return {
        "daremo_plan": 1,
        "region": {"name": region.name, "code": region.code, "digest": region.digest, "path": ""},
        "budget_yen": budget_yen,
        "cost_yen": round(cost),
        "fair": fair,
        "seed": gap.seed,
        "draws": gap.draws,
        "people": float(gap.people_dg.sum()),
        "people_left_behind": float(left_s.mean()),
        "people_left_behind_interval": [float(np.quantile(left_s, 0.05)), float(np.quantile(left_s, 0.95))],
        "people_freed": layout.value,
        "people_freed_interval": draws["total"],
        "people_freed_bound": bound,
        "people_freed_sited": sited,
        "gap_share": gap_people / layout.value if layout.value > 0 else 0.0,
        "gap_share_sited": sited_gap(gap_people, sited, layout.value - float(q.base_d.sum())),
        "next_million": plan_doubt.next_million(front, budget_yen),
        "frontier": front,
        "actions": _actions(g, a, q, best, layout, flow, draws, guess, gap.types_dgB),
        "points": _points(g, a, gap, q, layout, flow, region),
        "timetable": timetable(g, layout, a.value("desk_weeks_year")),
        "not_chosen": _not_chosen(g, s, layout, gap),
        "flips": flips,
        "unserved_areas": _unserved(gap, g, q, layout, flow, left_d, hidden),
        "communities": _communities(g, s, helped_d),
        "areas": _areas(gap, left_d, freed_d, hidden, flow, _minutes(region, a, g, layout)),
        "overlap": overlap(g, a, gap.types_dgB, best, q),
        "assumptions": [r.as_dict() for r in a.used()],
        "sources": [dict(x) for x in region.sources],
        "notes": [*gap.notes, *g.notes],
    }


def _minutes(region: Region, a: Assumptions, g: Ground, layout: Layout) -> Float:
    """Minutes to the nearest point of the plan for people aged 65-74, shape (areas,); infinite where there is none.

    A round comes to its stops: there it counts as on the spot.
    """
    points = [g.options[o] for o in layout.open if not g.options[o].stops]
    out = np.full(region.areas.height, np.inf)
    if points:
        island = {r["place_id"]: r["island"] for r in region.places.iter_rows(named=True)}
        trips = willingness(
            region, a, [p.latitude for p in points], [p.longitude for p in points], [island[p.place_id] for p in points]
        )
        out = trips.minutes_dp.min(axis=1)
    for o in layout.open:
        out[list(g.options[o].stops)] = 0.0
    return out


def sited_gap(gap_people: float, sited: float, in_person: float) -> float:
    """The whole gap over the sited part alone; where nothing is sited, over all help that is not city-wide."""
    part = sited if sited > 0 else in_person
    return gap_people / part if part > 0 else 0.0


def area_freed(g: Ground, q: Question, layout: Layout, gap: Gap) -> Float:
    """People freed in each area, shape (areas,): broadcast, sited, and extras spread over those who could have them."""
    s = q.siting
    open_ = np.array(layout.open, dtype=np.int64)
    flow = attend(s, open_)
    out = q.base_d.copy()
    for u in np.flatnonzero(flow.choice_u >= 0):
        i = flow.choice_u[u]
        out[u % out.size] += s.gain_uo[u, open_[i]] * layout.served_share[i]
    for j, pieces in enumerate(layout.extras):
        if not pieces:
            continue
        weight = s.need_u[: out.size].copy()
        if q.extra_kind[j] in ("home", "phone"):
            weight = np.where(s.community_u[: out.size] == s.extra_community_j[j], weight, 0.0)
        out += s.extra_gain_j[j] * pieces * weight / max(float(weight.sum()), 1e-12)
    return np.asarray(np.minimum(out, gap.types_dgB[..., 1:].sum((1, 2))))


def _helped(s: Any, layout: Layout) -> Float:
    """People helped in person, by named community and the rest (last), shape (communities + 1,)."""
    open_ = np.array(layout.open, dtype=np.int64)
    flow = attend(s, open_)
    helped = np.zeros(s.n_communities + 1)
    for u in np.flatnonzero(flow.choice_u >= 0):
        i = flow.choice_u[u]
        helped[s.community_u[u]] += s.draw_uo[u, open_[i]] * layout.served_share[i]
    np.add.at(helped, s.extra_community_j, s.extra_help_j * layout.extras)
    return helped


def _actions(
    g: Ground,
    a: Assumptions,
    q: Question,
    best: Any,
    layout: Layout,
    flow: Any,
    draws: dict[str, Any],
    guess: Mapping[tuple[int, ...], float],
    types_dgB: Float,
) -> list[dict[str, Any]]:
    s = q.siting
    open_ = np.array(layout.open, dtype=np.int64)
    full = quick_value(s, open_)
    rows = []

    def row(
        action_id: str,
        kind: str,
        name: str,
        units: int,
        yen: float,
        reached: float,
        freed: float,
        without: float,
        alone: float,
        why: str,
        place: str = "",
    ) -> None:
        measure, barrier = MEASURE.get(kind, (1, "skill"))
        rows.append(
            {
                "action_id": action_id,
                "kind": kind,
                "name": name,
                "owner": "town",
                "measure": measure,
                "barrier": barrier,
                "place_id": place,
                "units": units,
                "unit": UNIT[kind],
                "cost_yen": round(yen),
                "people_reached": reached,
                "people_freed": freed,
                "people_freed_interval": draws["by"].get(action_id, [freed, freed]),
                "leave_one_out": without,
                "alone": alone,
                "why": why,
            }
        )

    for i, o in enumerate(layout.open):
        option = g.options[o]
        yen = s.fixed_yen_o[o] + layout.units[i] * s.unit_yen_o[o]
        reached = float(flow.draw_o[i] * layout.served_share[i])
        freed = float(flow.gain_o[i] * layout.served_share[i])
        loss = full - quick_value(s, open_[open_ != o])
        alone = attend(s, np.array([o]))
        capacity = layout.units[i] * s.unit_load_o[o]
        share = min(1.0, capacity / alone.load_o[0]) if alone.load_o[0] > 0 else 0.0
        why = f"1年に約{reached:,.0f}人が来られます。なくすと、お金を他へ回しても{max(loss, 0):,.1f}人へります。"
        row(
            option.action_id,
            option.kind,
            option.name,
            layout.units[i],
            yen,
            reached,
            freed,
            loss,
            float(alone.gain_o[0] * share),
            why,
            option.place_id,
        )
    for j, pieces in enumerate(layout.extras):
        if not pieces:
            continue
        kind = q.extra_kind[j]
        freed = float(s.extra_gain_j[j] * pieces)
        name = f"{kind}:{q.extra_name[j].split('・')[-1]}" if "・" in q.extra_name[j] else kind
        why = f"1人あたり {s.extra_yen_j[j] / max(s.extra_gain_j[j], 1e-9):,.0f}円で壁をなくします。"
        yen_j = float(s.extra_yen_j[j] * pieces)
        people = float(pieces) / MONTHS if kind == "line" else float(pieces)
        row(name, kind, q.extra_name[j], int(pieces), yen_j, people, freed, freed, freed, why)
    none = guess.get((), 0.0)
    fair_share = broadcast_shares(g, best.chosen, types_dgB)
    for i in best.chosen:
        b = g.broadcast[i]
        rest = tuple(k for k in best.chosen if k != i)
        loss = layout.value - guess.get(rest, 0.0)
        only = q.base_d.sum() if best.chosen == (i,) else max(guess.get((i,), none) - none, 0.0)
        base = fair_share[i]
        why = f"市ぜんたいに届きます。効果は仮定（{b.effect:.0%}）なので、はじめに測ってください。"
        row(b.action_id, b.kind, b.name, 1, b.yen, 0.0, base, loss, float(only), why)
    return rows


def broadcast_shares(g: Ground, chosen: Sequence[int], types_dgB: Float) -> dict[int, float]:
    """People freed by broadcast actions, split among them by their Shapley values, so that they add up."""
    types_B = types_dgB.sum((0, 1))

    def worth(some: Sequence[int]) -> float:
        return float(types_B @ untouched_share_B(*shares(g, some)))

    n = len(chosen)
    out = {}
    for i in chosen:
        rest = [k for k in chosen if k != i]
        out[i] = sum(
            math.factorial(len(c)) * math.factorial(n - len(c) - 1) / math.factorial(n) * (worth((*c, i)) - worth(c))
            for size in range(n)
            for c in combinations(rest, size)
        )
    return out


def _points(
    g: Ground, a: Assumptions, gap: Gap, q: Question, layout: Layout, flow: Any, region: Region
) -> list[dict[str, Any]]:
    s = q.siting
    seen = simulate(g, a, gap.types_dgB, q, layout)
    weeks = a.value("desk_weeks_year")
    slots = a.value("course_hours", "65+")
    out = []
    for i, o in enumerate(layout.open):
        option, units = g.options[o], layout.units[i]
        hours = units * (slots if option.kind == "class" else 5.0 if option.kind == "round" else 1.0)
        members = [gap.area_names[u % len(gap.area_ids)] for u in np.flatnonzero(flow.choice_u == i)]
        out.append(
            {
                "number": i + 1,
                "action_id": option.action_id,
                "place_id": option.place_id,
                "name": option.name,
                "kind": option.kind,
                "latitude": option.latitude,
                "longitude": option.longitude,
                "hours_week": hours / weeks,
                "hours_year": hours,
                "series": units if option.kind == "class" else 0,
                "days_year": units if option.kind == "round" else 0,
                "visits": float(flow.load_o[i] * layout.served_share[i]),
                "people_reached": float(flow.draw_o[i] * layout.served_share[i]),
                "people_freed": float(flow.gain_o[i] * layout.served_share[i]),
                "cost_yen": round(float(s.fixed_yen_o[o] + units * s.unit_yen_o[o])),
                "learners_per_slot": seen["mid"][i],
                "learners_per_slot_interval": [seen["low"][i], seen["high"][i]],
                "turned_away_share": seen["turned"][i],
                "areas": members,
            }
        )
    return out


def timetable(g: Ground, layout: Layout, weeks: float) -> list[dict[str, Any]]:
    """A draft by weekday: two-hour sessions, biggest points first, spread over the week and the day."""
    days = ("月", "火", "水", "木", "金")
    blocks = (("10:00", "12:00"), ("13:00", "15:00"), ("15:00", "17:00"))
    used: dict[tuple[str, str], int] = {}
    rows = []
    order = sorted(range(len(layout.open)), key=lambda i: (-layout.units[i], layout.open[i]))
    for n, i in enumerate(order):
        option, units = g.options[layout.open[i]], layout.units[i]
        if option.kind == "round":
            sessions, every = 1, max(1, round(weeks / max(units, 1)))
        elif option.kind == "class":
            sessions, every = max(1, round(units * 8 / weeks)), 1
        else:
            week = units / weeks
            sessions, every = max(1, round(week / 2)), max(1, min(4, round(2 / max(week, 0.1))))
        mine: set[tuple[str, str]] = set()
        for k in range(min(sessions, 15)):
            free = [
                (d, b)
                for b in blocks
                for d in days[(n + k * 2) % 5 :] + days[: (n + k * 2) % 5]
                if (d, b[0]) not in mine
            ]
            day, block = min(free, key=lambda x: used.get((x[0], x[1][0]), 0))
            mine.add((day, block[0]))
            used[day, block[0]] = used.get((day, block[0]), 0) + 1
            end = "15:00" if option.kind == "round" else block[1]
            start = "10:00" if option.kind == "round" else block[0]
            rows.append(
                {
                    "weekday": day,
                    "start": start,
                    "end": end,
                    "place_id": option.place_id,
                    "name": option.name,
                    "every_weeks": every,
                }
            )
    return sorted(rows, key=lambda r: (days.index(str(r["weekday"])), str(r["start"]), str(r["name"])))


def _not_chosen(g: Ground, s: Any, layout: Layout, gap: Gap) -> list[dict[str, Any]]:
    """For every option that stays closed: the best that taking it in could do, and why it was left out."""
    open_ = np.array(layout.open, dtype=np.int64)
    now = quick_value(s, open_)
    out = []
    for o in range(s.n_options):
        if o in layout.open:
            continue
        option = g.options[o]
        tries = [(quick_value(s, np.sort(np.append(open_, o))), "")]
        shared = np.minimum(s.draw_uo[:, open_], s.draw_uo[:, [o]]).sum(axis=0) if open_.size else np.zeros(0)
        for i in np.argsort(-shared, kind="stable")[:3]:
            tries.append((quick_value(s, np.sort(np.append(np.delete(open_, i), o))), g.options[int(open_[i])].name))
        value, swap = max(tries, key=lambda t: t[0])
        draw = float(s.draw_uo[:, o].sum())
        common = float(shared.max() / draw) if shared.size and draw > 0 else 0.0
        if draw <= 0:
            why = "来られる人がいません。"
        elif common > 0.5:
            near = g.options[int(open_[int(shared.argmax())])].name
            why = f"来る人の{common:.0%}が「{near}」と重なります。"
        else:
            why = "開く費用に見あうだけの人が近くにいません。"
        yen = float(s.fixed_yen_o[o] + s.min_units_o[o] * s.unit_yen_o[o])
        out.append(
            {
                "action_id": option.action_id,
                "place_id": option.place_id,
                "name": option.name,
                "kind": option.kind,
                "cost_yen": round(yen),
                "change_people": value - now if np.isfinite(value) else -now,
                "instead_of": swap,
                "why": why,
            }
        )
    return sorted(out, key=lambda r: (-float(str(r["change_people"])), str(r["action_id"])))


def _unserved(
    gap: Gap, g: Ground, q: Question, layout: Layout, flow: Any, left_d: Float, hidden: Any
) -> list[dict[str, Any]]:
    s = q.siting
    at_home = {
        int(s.extra_community_j[j]) for j, n in enumerate(layout.extras) if n and q.extra_kind[j] in ("home", "phone")
    }
    out = []
    for u, area in enumerate(gap.area_ids):
        people = float(gap.people_dg[u].sum())
        uses = [flow.choice_u[r] for r in (u, u + len(gap.area_ids)) if flow.choice_u[r] >= 0]
        served = any(layout.served_share[i] > 0 for i in uses)
        if people <= 0 or served or int(s.community_u[u]) in at_home:
            continue
        water = bool(gap.islands[u])
        out.append(
            {
                "area_id": area,
                "name": gap.area_names[u],
                "community": gap.communities[u],
                "people": None if hidden[u] else people,
                "left_behind": None if hidden[u] else float(gap.rules.rounded(float(left_d[u]))),
                "why": "船でしか行けず、この予算では助けが届きません。"
                if water
                else "通える範囲に開く場所がありません。",
            }
        )
    return out


def _communities(g: Ground, s: Any, helped: Float) -> list[dict[str, Any]]:
    need = np.zeros(s.n_communities + 1)
    np.add.at(need, s.community_u, s.need_u)
    names = [*g.communities, "そのほかの市域"]
    return [
        {
            "name": n,
            "need": float(need[k]),
            "helped": float(helped[k]),
            "share": float(helped[k] / need[k]) if need[k] > 0 else 0.0,
        }
        for k, n in enumerate(names)
    ]


def _areas(gap: Gap, left_d: Float, freed_d: Float, hidden: Any, flow: Any, after_d: Float) -> list[dict[str, Any]]:
    out = []
    for u, area in enumerate(gap.area_ids):
        shown = not hidden[u]
        before = float(gap.access_min_d[u])
        after = min(before, float(after_d[u]))
        left = float(gap.rules.rounded(float(left_d[u])))
        out.append(
            {
                "area_id": area,
                "name": gap.area_names[u],
                "left_before": left if shown else None,
                "freed": float(freed_d[u]) if shown else None,
                "left_after": left - float(freed_d[u]) if shown else None,
                "access_before_min": before if np.isfinite(before) else None,
                "access_after_min": after if np.isfinite(after) else None,
                "reached": bool(max(flow.choice_u[u], flow.choice_u[u + len(gap.area_ids)]) >= 0),
                "suppressed": not shown,
            }
        )
    return out


__all__ = ["NAMES", "area_freed", "timetable", "told"]
