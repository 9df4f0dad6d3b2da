"""Verify: everything a plan claims, counted again from the plan and the region alone.

Shares no code with `gap`, `plan` and `reach`; the only common ground is the tables (region, assumptions).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from daremo.cases.assume import Assumptions, defaults
from daremo.cases.verify_gap import recount
from daremo.cases.verify_plan import KINDS, broadcast_sets, count, tally, world
from daremo.cases.verify_proof import Box, box_of, covered, fewest_helped, proved
from daremo.kernel.results import canonical, sha256
from daremo.region.model import Region

#: Relative difference that two ways of adding the same numbers may have.
CLOSE = 1e-7
#: Counts by area are published in steps of this many people.
STEP = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One claim: its name, whether it holds, and what was found."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of a plan; `ok` only if every one holds."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(c.ok for c in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """For ``verify --json``."""
        return {"ok": self.ok, "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in self.checks]}


def _near(x: object, y: float, slack: float = 0.0) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and abs(x - y) <= CLOSE * max(1.0, abs(y)) + slack


def verify(plan: Mapping[str, Any], region: Region) -> Verdict:
    """Check a plan against its region.

    Parameters
    ----------
    plan : mapping
        The content of ``plan.json``.
    region : Region
        The region it was made for.

    Returns
    -------
    Verdict
        Never raises for a plan that is wrong, or damaged: that is a check that does not hold.
    """
    checks: list[Check] = []
    try:
        _checks(plan, region, checks)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as e:
        checks.append(Check("readable", False, f"{type(e).__name__}: {e}"))
    except Exception as e:
        checks.append(Check("recount", False, f"{type(e).__name__}: {e}"))
    return Verdict(tuple(checks))


def _assumptions(plan: Mapping[str, Any]) -> Assumptions:
    changes = {(r["key"], r["life_stage"]): float(r["value"]) for r in plan["assumptions"]}
    a = defaults()
    return a.replaced({at: v for at, v in changes.items() if a.value(*at) != v})


def _checks(plan: Mapping[str, Any], region: Region, out: list[Check]) -> None:
    def say(name: str, ok: bool, detail: str) -> None:
        out.append(Check(name, bool(ok), detail))

    body = {k: v for k, v in plan.items() if k != "digest"}
    say("digest", plan["digest"] == sha256(canonical(body)), "no figure was changed after the plan was written")
    say("region", plan["region"]["digest"] == region.digest, f"made for {plan['region']['name']}, given {region.name}")
    a = _assumptions(plan)
    again = recount(region, a, int(plan["draws"]), int(plan["seed"]))
    left = again.left_s
    say("people", _near(plan["people"], float(region.people_dg().sum())), "residents aged 5 and over")
    say("left behind", _near(plan["people_left_behind"], float(left.mean())), f"{left.mean():,.1f}")
    low, high = np.quantile(left, 0.05), np.quantile(left, 0.95)
    interval = plan["people_left_behind_interval"]
    say(
        "left behind interval",
        _near(interval[0], float(low)) and _near(interval[1], float(high)),
        f"{low:,.0f} to {high:,.0f}",
    )

    w = world(region, a, again.types_dgB)
    actions = list(plan["actions"])
    chosen = sorted(x["action_id"] for x in actions if x["kind"] in ("fix", "campaign"))
    c = count(w, chosen)
    money, fair = float(plan["budget_yen"]), float(plan["fair"])
    t = tally(w, c, actions, money)
    say("limits", not t.broken, "; ".join(t.broken) or "hours, series, days, pieces and money within their limits")
    say(
        "cost", _near(plan["cost_yen"], round(t.cost_yen)) and plan["cost_yen"] <= money + 0.5, f"{t.cost_yen:,.0f} yen"
    )
    say("people freed", _near(plan["people_freed"], t.freed), f"{t.freed:,.3f}")
    say("people freed at points", _near(plan["people_freed_sited"], t.sited), f"{t.sited:,.3f}")
    wrong = [
        x["action_id"]
        for x in actions
        if not _near(x["cost_yen"], round(t.by_action[x["action_id"]][0]))
        or not _near(x["people_reached"], t.by_action[x["action_id"]][1])
        or (x["kind"] not in ("fix", "campaign") and not _near(x["people_freed"], t.by_action[x["action_id"]][2]))
    ]
    say("each action", not wrong, f"differ: {wrong}" if wrong else "cost, people reached and freed")
    city = [float(x["people_freed"]) for x in actions if x["kind"] in ("fix", "campaign")]
    say("city-wide actions", _near(sum(city), float(c.base_d.sum())), f"{c.base_d.sum():,.3f} together")
    points = {x["action_id"]: x for x in plan["points"]}
    bad = [
        o
        for o in t.by_action
        if o in w.options
        and not (
            o in points
            and _near(points[o]["cost_yen"], round(t.by_action[o][0]))
            and _near(points[o]["people_freed"], t.by_action[o][2])
        )
    ]
    say(
        "points",
        not bad and len(points) == sum(x["kind"] in KINDS for x in actions),
        f"differ: {bad}" if bad else "as the actions",
    )
    need_d = w.need_dg.sum(1)
    all_helped, all_need = sum(t.helped.values()), max(float(need_d.sum()), 1e-12)
    short = []
    for name in w.communities:
        need = float(need_d[[n == name for n in w.community_d]].sum())
        floor = max(fair * need / all_need * all_helped, fewest_helped(w, c, name, fair))
        if t.helped[name] < floor - 1e-6:
            short.append(name)
    say("floors", not short, f"below the floor: {short}" if short else f"fair {fair}")
    told = {x["name"]: x for x in plan["communities"]}
    say("communities", all(_near(told[n]["helped"], t.helped[n]) for n in w.communities), "people helped")
    _areas(plan, again, say)
    _proof(plan, w, region, t.freed, money, fair, say)
    gap = max(float(plan["people_freed_bound"]) - t.freed, 0.0)
    whole = gap / t.freed if t.freed > 0 else 0.0
    part = t.sited if t.sited > 0 else t.freed - float(c.base_d.sum())
    sited = gap / part if part > 0 else 0.0
    say(
        "gap",
        _near(plan["gap_share"], whole) and _near(plan["gap_share_sited"], sited),
        f"{whole:.4%} of all, {sited:.4%} of the sited part",
    )


def _areas(plan: Mapping[str, Any], again: Any, say: Any) -> None:
    off = [
        x["area_id"]
        for x in plan["areas"]
        if not x["suppressed"] and not _near(x["left_after"], x["left_before"] - x["freed"])
    ]
    say("areas", not off, f"differ: {off[:5]}" if off else "left behind before − freed = after")
    left = again.types_dgB[..., 1:].sum((1, 2))
    far = [
        x["area_id"]
        for u, x in enumerate(plan["areas"])
        if not x["suppressed"] and not _near(x["left_before"], STEP * math.floor(float(left[u]) / STEP + 0.5))
    ]
    say("areas left behind", not far, f"differ: {far[:5]}" if far else "each area counted again")
    shown = sum(x["freed"] for x in plan["areas"] if not x["suppressed"])
    say("areas add up", shown <= float(plan["people_freed"]) * (1 + CLOSE) + 1e-6, f"{shown:,.1f} in the areas shown")


def _proof(plan: Mapping[str, Any], w: Any, region: Region, freed: float, money: float, fair: float, say: Any) -> None:
    proof = plan["certificate"]
    lock, ban = list(proof["lock"]), list(proof["ban"])
    kind_of = {o: KINDS.index(v[1]) for o, v in w.options.items()}
    place_of = {o: o.split(":", 1)[1] for o in w.options if not o.startswith("round:")}
    shut = frozenset(o for o, v in w.options.items() if o in ban or v[1] in ban or place_of.get(o) in ban)
    forced = frozenset(o for o in w.options if o in lock)
    number = [sum(k == i for k in kind_of.values()) for i in range(1 + max(kind_of.values(), default=-1))]
    whole = Box(tuple((0, n) for n in number), shut, forced)
    area_ids = region.areas["area_id"].to_list()
    missing, weak, top = [], [], freed
    for chosen in broadcast_sets(w, lock, ban, money):
        mine = [b for b in proof["branches"] if sorted(b["broadcast"]) == chosen]
        if not covered(whole, [box_of(b) for b in mine], kind_of):
            missing.append("+".join(chosen) or "none")
            continue
        c = count(w, chosen)
        left = money - sum(w.broadcast[n][1] for n in chosen)
        for b in mine:
            value = proved(w, c, b, left, fair, area_ids)
            top = max(top, value)
            if not math.isfinite(value) or abs(float(b["bound"]) - value) > CLOSE * max(1.0, abs(value)):
                weak.append("+".join(chosen) or "none")
    say(
        "certificate covers every plan",
        not missing,
        f"nothing covers {missing}" if missing else f"{len(proof['branches'])} branches",
    )
    say("certificate's bounds", not weak, f"not proved: {weak[:3]}" if weak else "each branch proved by its prices")
    say("bound", _near(plan["people_freed_bound"], top), f"{top:,.3f}")
