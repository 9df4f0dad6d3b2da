"""A plan's figures counted again from the region, the assumptions and the units bought. Shares no code with the planner."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.cases.assume import Assumptions
from daremo.cases.verify_gap import willing_dgp
from daremo.region.model import Region

Float = NDArray[np.float64]
KINDS = ("point", "class", "round")
_R, _S, _V, _T, _N = (1 << k for k in range(5))


@dataclass(frozen=True, slots=True)
class World:
    """What could be bought in a region and what each thing would do, rebuilt from scratch.

    `broadcast` maps an action to (kind, yen, effect); `options` maps an action to its column in ``come_dgo``, the
    people of each area and stage who come to it, with its kind, opening cost, unit cost and load a unit.
    """

    a: Assumptions
    types: Float
    broadcast: dict[str, tuple[str, float, float]]
    options: dict[str, tuple[int, str, float, float, float]]
    come_dgo: Float
    community_d: list[str]
    communities: list[str]
    effect: dict[str, float]
    price: dict[str, float]
    kinds: set[str]

    @property
    def need_dg(self) -> Float:
        """People who need help in person: every subset with skill or trust."""
        return np.asarray(sum(self.types[:, :, B] for B in range(32) if B & (_S | _T)))


def world(region: Region, a: Assumptions, types: Float) -> World:
    """Options, costs and attendance from a region's tables."""
    rows = [r for r in region["actions"].to_dicts() if r["owner"] == "town"]
    if region["actions"].is_empty():
        names = [*KINDS, "home", "phone", "device", "line", "fix", "campaign"]
        rows = [{"action_id": k, "kind": k, "fixed_yen": None, "unit_yen": None, "effect_share": None} for k in names]
    kinds = {r["kind"] for r in rows}
    default = {
        "fix": (a.value("cost_service_fix_yen"), a.value("fix_effect_share")),
        "campaign": (a.value("cost_scam_campaign_year_yen"), a.value("scam_campaign_trust_effect")),
    }
    broadcast = {}
    price: dict[str, float] = {}
    effect: dict[str, float] = {}
    opening: dict[str, float] = {"point": a.value("point_open_yen"), "class": a.value("class_open_yen"), "round": 0.0}
    for r in rows:
        kind = r["kind"]
        if kind in default:
            yen, e = default[kind]
            broadcast[r["action_id"]] = (
                kind,
                yen if r["fixed_yen"] is None else r["fixed_yen"],
                e if r["effect_share"] is None else r["effect_share"],
            )
            continue
        if r["unit_yen"] is not None:
            price[kind] = r["unit_yen"]
        if r["effect_share"] is not None:
            effect[kind] = r["effect_share"]
        if r["fixed_yen"] is not None and kind in opening:
            opening[kind] = r["fixed_yen"]
    keep = a.value("retention_12m_share", "65+")
    miss = (1 - a.value("freed_per_single_slot_share", "65+")) ** a.value("desk_visits_person")
    for kind, value in (
        ("point", (1 - miss) * keep),
        ("round", (1 - miss) * keep),
        ("class", a.value("freed_per_course_share", "65+") * (1 - a.value("course_dropout_share", "65+")) * keep),
        ("home", a.value("freed_per_home_visit_series_share", "65+") * keep),
        ("phone", a.value("phone_success_share") * keep),
        ("line", a.value("line_effect_share")),
    ):
        effect.setdefault(kind, value)
    for kind, value in (
        ("point", a.value("cost_desk_hour_yen")),
        ("class", a.value("course_hours", "65+") * a.value("cost_class_slot_yen")),
        ("round", a.value("round_day_yen")),
        ("device", a.value("cost_device_loan_person_year_yen")),
        ("line", a.value("cost_line_subsidy_person_year_yen")),
        ("home", a.value("cost_home_visit_yen")),
        ("phone", a.value("cost_phone_help_hour_yen")),
    ):
        price.setdefault(kind, value)
    price["home"] *= a.value("home_visits_person")
    price["phone"] *= a.value("phone_hours_person")
    load = {
        "point": a.value("desk_load_people_hour"),
        "class": a.value("learners_per_slot", "municipal series"),
        "round": a.value("round_people_day"),
    }
    areas = region.areas.to_dicts()
    community_d = [r["island"] or r["community"] or "" for r in areas]
    communities = list(dict.fromkeys(c for c in community_d if c))
    older = region.people_dg()[:, 3:].sum(1)
    boats = {r["island"]: r["fare_yen"] or 0.0 for r in region["islands"].to_dicts()}
    days = a.value("round_days_year")
    options: dict[str, tuple[int, str, float, float, float]] = {}
    columns: list[Float] = []
    places = region.candidates().to_dicts()
    if places:
        at = willing_dgp(
            region, a, [p["latitude"] for p in places], [p["longitude"] for p in places], [p["island"] for p in places]
        )
        for kind in ("point", "class"):
            for k, p in enumerate(places):
                if kind not in kinds or (kind == "class" and p["rooms"] == 0):
                    continue
                unit = price[kind]
                if kind == "point" and p["cost_hour_yen"] is not None:
                    unit = p["cost_hour_yen"]
                options[f"{kind}:{p['place_id']}"] = (len(columns), kind, opening[kind], unit, load[kind])
                columns.append(at[:, :, k])
    if "round" in kinds:
        for name in communities:
            mine = [d for d, c in enumerate(community_d) if c == name]
            mine.sort(key=lambda d: (-older[d], d))
            stops = mine[: int(a.value("round_max_stops"))]
            trips = willing_dgp(
                region,
                a,
                [areas[d]["latitude"] for d in stops],
                [areas[d]["longitude"] for d in stops],
                [areas[d]["island"] for d in stops],
            )
            fare = 2 * boats.get(areas[stops[0]]["island"], 0.0) * days
            options[f"round:{name}"] = (len(columns), "round", opening["round"] + fare, price["round"], load["round"])
            columns.append(trips.max(axis=2))
    bare = World(a, types, broadcast, options, np.zeros((0, 0, 0)), community_d, communities, effect, price, kinds)
    go_g = (1 - a.by_stage("needs_home_help_share")) * a.by_stage("uptake_share")
    come = np.stack(columns, axis=2) if columns else np.zeros((len(areas), 6, 0))
    come = come * (bare.need_dg * go_g)[:, :, None]
    for column, kind, *_ in options.values():
        if kind == "class":
            come[:, :, column] *= a.value("class_uptake_ratio")
    return World(a, types, broadcast, options, come, community_d, communities, effect, price, kinds)


@dataclass(frozen=True, slots=True)
class Count:
    """Coefficients once the broadcast actions are chosen: per area and option, and per piece of each extra.

    `extra` maps (kind, community) to (people freed a piece, yen a piece, greatest number, people helped a piece).
    """

    base_d: Float
    draw: Float
    gain: Float
    load: Float
    lend: Float
    extra: dict[tuple[str, str], tuple[float, float, float, float]]


def count(w: World, chosen: list[str]) -> Count:
    """Count what everything would do under these broadcast actions."""
    fix = cam = 1.0
    for name in chosen:
        kind, _, e = w.broadcast[name]
        if kind == "fix":
            fix *= 1 - e
        else:
            cam *= 1 - e
    fix, cam = 1 - fix, 1 - cam
    base_d = np.zeros(w.types.shape[0])
    for B in range(2, 32):
        if not B & (_S | _N):
            base_d += w.types[:, :, B].sum(1) * (fix if B & _V else 1) * (cam if B & _T else 1)
    t = 1 - (1 - w.a.value("trust_success_share")) * (1 - cam)
    need = np.where(w.need_dg > 1e-12, w.need_dg, 1e-12)

    def one_person(kind: str) -> tuple[Float, Float, Float]:
        gain, lend, skilled = (np.zeros(need.shape) for _ in range(3))
        for B in range(32):
            if not B & (_S | _T):
                continue
            n = w.types[:, :, B]
            p = (w.effect[kind] if B & _S else 1) * (t if B & _T else 1) * (fix if B & _V else 1)
            already = 0.0 if B & (_S | _N) else (fix if B & _V else 1) * cam
            if B & _N:
                lend += n * p
            else:
                gain += n * (p - already)
            if B & _S:
                skilled += n
        return gain / need, lend / need, skilled / need

    n_o = w.come_dgo.shape[2]
    draw, gain, load, lend = (np.zeros((len(base_d), n_o)) for _ in range(4))
    per = {k: one_person(k) for k in {o[1] for o in w.options.values()}}
    for column, kind, *_ in w.options.values():
        come = w.come_dgo[:, :, column]
        g, d, s = per[kind]
        seats = np.ones(g.shape) if kind == "class" else 1 + s * (w.a.value("desk_visits_person") - 1)
        draw[:, column], gain[:, column] = come.sum(1), (come * g).sum(1)
        load[:, column], lend[:, column] = (come * seats).sum(1), (come * d).sum(1)
    extra: dict[tuple[str, str], tuple[float, float, float, float]] = {}
    if "device" in w.kinds:
        extra["device", ""] = (1.0, w.price["device"], float(np.floor(lend.sum())), 0.0)
    if "line" in w.kinds:
        only = float(w.types[:, :, _N].sum() + w.types[:, :, _N | _R].sum())
        both = float(w.types[:, :, _N | _V].sum() + w.types[:, :, _N | _V | _R].sum())
        worth = w.effect["line"] * (only + fix * both) / max(only + both, 1e-12)
        months = float(np.floor(w.a.value("line_uptake_share") * (only + both) * 12))
        extra["line", ""] = (worth / 12, w.price["line"] / 12, months, 0.0)
    stuck = w.need_dg * w.a.by_stage("needs_home_help_share")
    for kind in ("home", "phone"):
        if kind not in w.kinds:
            continue
        g = one_person(kind)[0]
        for name in ["", *w.communities]:
            mine = np.array([c == name for c in w.community_d])
            people = float(stuck[mine].sum())
            if people > 0:
                cap = max(float(np.floor(w.a.value(f"{kind}_uptake_share") * people)), 1.0 if people >= 1 else 0.0)
                extra[kind, name] = (float((stuck[mine] * g[mine]).sum()) / people, w.price[kind], cap, 1.0)
    return Count(base_d, draw, gain, load, lend, extra)


@dataclass(frozen=True, slots=True)
class Tally:
    """A plan counted again: money, people, and whether every limit holds."""

    cost_yen: float
    freed: float
    sited: float
    by_action: dict[str, tuple[float, float, float]]
    helped: dict[str, float]
    broken: list[str]


def tally(w: World, c: Count, actions: list[dict[str, Any]], budget_yen: float) -> Tally:
    """Cost, people freed and limits of the actions as bought (their `units`), by action: yen, reached, freed."""
    broken: list[str] = []
    opened = [x for x in actions if x["kind"] in KINDS]
    by: dict[str, tuple[float, float, float]] = {}
    helped = dict.fromkeys(["", *w.communities], 0.0)
    cost, freed, sited, lend = 0.0, float(c.base_d.sum()), 0.0, 0.0
    unknown = [x["action_id"] for x in opened if x["action_id"] not in w.options]
    if unknown:
        return Tally(0, 0, 0, {}, helped, [f"unknown options {unknown}"])
    order = sorted(opened, key=lambda x: w.options[x["action_id"]][0])
    columns = [w.options[x["action_id"]][0] for x in order]
    limits = {
        "point": (w.a.value("desk_min_hours_year"), w.a.value("desk_max_hours_year")),
        "class": (1, w.a.value("class_max_series_year")),
        "round": (w.a.value("round_days_year"), w.a.value("round_days_year")),
    }
    home_of = {}
    for series in (True, False):
        among = [i for i, x in enumerate(order) if (x["kind"] == "class") is series]
        drawn = c.draw[:, [columns[i] for i in among]]
        best = drawn.argmax(1) if among else np.zeros(len(c.base_d), dtype=int)
        home_of[series] = np.array(
            [among[b] if drawn[d, b] > 0 else -1 for d, b in enumerate(best)] if among else [-1] * len(best)
        )
    for i, x in enumerate(order):
        column, kind, fixed, unit, load = w.options[x["action_id"]]
        low, high = limits[kind]
        if not int(low) <= x["units"] <= int(high) or x["units"] != int(x["units"]):
            broken.append(f"{x['action_id']} units {x['units']} outside {low}..{high}")
        mine = home_of[kind == "class"] == i
        wanted = float(c.load[mine, column].sum())
        share = min(1.0, x["units"] * load / wanted) if wanted > 0 else 0.0
        yen = fixed + x["units"] * unit
        gain = share * float(c.gain[mine, column].sum())
        reached = share * float(c.draw[mine, column].sum())
        by[x["action_id"]] = (yen, reached, gain)
        cost, freed, sited = cost + yen, freed + gain, sited + gain
        lend += share * float(c.lend[mine, column].sum())
        for d in np.flatnonzero(mine):
            helped[w.community_d[d]] += share * float(c.draw[d, column])
    for x in actions:
        kind = x["kind"]
        if kind in KINDS:
            continue
        if kind in ("fix", "campaign"):
            if x["action_id"] not in w.broadcast:
                broken.append(f"unknown action {x['action_id']}")
                continue
            cost += w.broadcast[x["action_id"]][1]
            by[x["action_id"]] = (w.broadcast[x["action_id"]][1], 0.0, float("nan"))
            continue
        where = x["action_id"].split(":", 1)[1] if ":" in x["action_id"] else ""
        if (kind, where) not in c.extra:
            broken.append(f"unknown action {x['action_id']}")
            continue
        worth, yen, cap, help_ = c.extra[kind, where]
        if x["units"] > cap + 1e-9 or x["units"] < 0 or x["units"] != int(x["units"]):
            broken.append(f"{x['action_id']} units {x['units']} above {cap}")
        if kind == "device" and x["units"] > lend + 1e-6:
            broken.append(f"devices {x['units']} for {lend:.2f} people")
        people = x["units"] / 12 if kind == "line" else float(x["units"])
        by[x["action_id"]] = (yen * x["units"], people, worth * x["units"])
        cost, freed = cost + yen * x["units"], freed + worth * x["units"]
        helped[where] += help_ * x["units"]
    if cost > budget_yen + 0.5:
        broken.append(f"cost {cost:,.0f} above budget {budget_yen:,.0f}")
    return Tally(cost, freed, sited, by, helped, broken)


def broadcast_sets(w: World, lock: list[str], ban: list[str], budget_yen: float) -> list[list[str]]:
    """Every set of broadcast actions that the locks allow and the budget (with locked options) can pay."""
    limits = {"point": w.a.value("desk_min_hours_year"), "class": 1.0, "round": w.a.value("round_days_year")}
    must = [n for n in w.broadcast if n in lock]
    never = {n for n, (kind, *_) in w.broadcast.items() if n in ban or kind in ban}
    held = sum(w.options[o][2] + int(limits[w.options[o][1]]) * w.options[o][3] for o in w.options if o in lock)
    free = [n for n in w.broadcast if n not in must and n not in never]
    out = []
    for k in range(len(free) + 1):
        for some in itertools.combinations(free, k):
            chosen = sorted([*must, *some])
            if sum(w.broadcast[n][1] for n in chosen) + held <= budget_yen + 1e-6:
                out.append(chosen)
    return out
