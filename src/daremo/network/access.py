"""The cheapest line for every area: fibre tree, fixed wireless, local 5G, mobile or satellite, in one question with a bound.

An arborescence answers it: from the root one may lay fibre along routes, build sites where fibre is or with a radio
link, or go straight to an area by satellite or mobile; each area is a terminal. What areas share (routes, sites) is
paid once. So which technology wins where, and where the tree ends, is decided together, and `fibre.steiner_tree`
states how far from the best the answer can be. Costs are present values over the horizon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent
from daremo.network.access_costs import TECHNOLOGIES, Costs
from daremo.network.access_model import Areas, RadioSite, Routes, check_access
from daremo.network.fibre import Tree, steiner_tree

Floats = NDArray[np.float64]
Kind = Literal["hub", "route", "site", "line"]


@dataclass(frozen=True, slots=True)
class _Arc:
    """One way to spend money: what it is, and the quantities that its price is made of."""

    tail: int
    head: int
    kind: Kind
    technology: str
    at: int
    to: int
    km: float = 0.0
    sea: bool = False
    backhaul: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Who gets which line, what it costs, and how good that is.

    Attributes
    ----------
    value, bound : float, yen
        Present value of all costs, and what no choice costs less than.
    bound_certified : float, yen
        Part of the bound that cuts prove without a solver.
    value_low, value_high : float, yen
        The same plan with every price at its low, and at its high.
    technology : tuple of str
        Of each area; ``""`` where nobody needs a line.
    own_yen, cost_yen : ndarray, shape (areas,), yen
        What is the area's alone, and with its share of routes and sites.
    shared : tuple of dict
        Routes and sites that are built: ``kind, technology, from, to, km, sea, cost_yen, premises``.
    """

    areas: Areas
    value: float
    bound: float
    bound_certified: float
    bound_from: str
    value_low: float
    value_high: float
    technology: tuple[str, ...]
    own_yen: Floats
    cost_yen: Floats
    shared: tuple[dict[str, Any], ...]

    @property
    def gap_share(self) -> float:
        """(value - bound) / value."""
        return (self.value - self.bound) / self.value if self.value > 0 else 0.0

    def by_technology(self) -> dict[str, dict[str, float]]:
        """Areas, premises and cost (yen) of each technology that is used."""
        out: dict[str, dict[str, float]] = {}
        for t in TECHNOLOGIES:
            mine = np.array([x == t for x in self.technology], bool)
            if mine.any():
                out[t] = {
                    "areas": int(mine.sum()),
                    "premises": float(self.areas.premises[mine].sum()),
                    "cost_yen": float(self.cost_yen[mine].sum()),
                }
        return out

    def as_dict(self) -> dict[str, Any]:
        """The documented form of ``daremo network access --json``."""
        s = self.areas
        rows = [
            {
                "area_id": s.ids[i], "name": s.names[i], "kind": s.kinds[i], "technology": self.technology[i],
                "premises": float(s.premises[i]), "mbps": float(s.mbps[i]), "own_yen": float(self.own_yen[i]),
                "cost_yen": float(self.cost_yen[i]), "yen_premises": float(self.cost_yen[i] / s.premises[i]),
                "longitude": float(s.longitude[i]), "latitude": float(s.latitude[i]),
            }
            for i in range(len(s.ids))
            if s.premises[i] > 0
        ]  # fmt: skip
        return {
            "value": self.value, "bound": self.bound, "gap_share": self.gap_share,
            "bound_certified": self.bound_certified, "bound_from": self.bound_from, "value_low": self.value_low,
            "value_high": self.value_high, "premises": float(s.premises.sum()), "by_technology": self.by_technology(),
            "areas": rows, "shared": list(self.shared),
        }  # fmt: skip


def least_cost(
    areas: Areas, routes: Routes, sites: Sequence[RadioSite], costs: Costs, *, technologies: Sequence[str] = TECHNOLOGIES,
    seed: int = 1,
) -> Access:  # fmt: skip
    """Cheapest line for every area.

    Raises
    ------
    UsageError
        Where numbers cannot be, or an area can have no line that is fast enough.
    """
    check_access(areas, routes, technologies)
    arcs, terminals = _arcs(areas, routes, sites, costs, tuple(technologies))
    tree = _solve(arcs, terminals, areas, sites, costs, seed)
    return _told(arcs, tree, terminals, areas, routes, sites, costs)


def what_flips(
    areas: Areas, routes: Routes, sites: Sequence[RadioSite], costs: Costs, plan: Access,
    *, technologies: Sequence[str] = TECHNOLOGIES, seed: int = 1, progress: Progress = silent,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each uncertain figure at its low and at its high: the total, and how many areas would get another line.

    Whom a site reaches stays as it is. Rows ``key, certainty, low, high, cost_low_yen, cost_high_yen, changed_low, changed_high``, those that change most first.
    """
    fresh = costs.changed({})  # remembers only what the prices ask for
    least_cost(areas, routes, sites, fresh, technologies=technologies, seed=seed)
    keys = [r for r in fresh.used() if r.low < r.high]
    out = []
    for n, row in enumerate(keys):
        progress(n / len(keys), row.key)
        found: dict[str, Any] = {"key": row.key, "certainty": row.certainty, "low": row.low, "high": row.high}
        for end in ("low", "high"):
            other = least_cost(
                areas, routes, sites, costs.changed({row.key: getattr(row, end)}), technologies=technologies, seed=seed
            )
            changed = sum(a != b for a, b in zip(other.technology, plan.technology, strict=True))
            found |= {f"cost_{end}_yen": other.value, f"changed_{end}": changed}
        out.append(found)
    return sorted(
        out,
        key=lambda r: (
            -max(r["changed_low"], r["changed_high"]),
            -abs(r["cost_high_yen"] - r["cost_low_yen"]),
            r["key"],
        ),
    )


def _arcs(
    s: Areas, r: Routes, sites: Sequence[RadioSite], costs: Costs, technologies: tuple[str, ...]
) -> tuple[list[_Arc], dict[int, int]]:
    """All ways to spend money, and the terminal of each area that needs a line."""
    n = len(s.ids)
    nodes = int(max(r.a.max(initial=-1), r.b.max(initial=-1), n - 1)) + 1
    root, first_site = 0, 1 + nodes
    needing = [i for i in range(n) if s.premises[i] > 0]
    terminals = {i: first_site + len(sites) + k for k, i in enumerate(needing)}
    arcs: list[_Arc] = []
    if "fibre" in technologies:
        arcs += [_Arc(root, 1 + i, "hub", "fibre", i, i) for i in range(n) if s.hub[i]]
        for a, b, km, sea in zip(r.a.tolist(), r.b.tolist(), r.km.tolist(), r.sea.tolist(), strict=True):
            arcs.append(_Arc(1 + a, 1 + b, "route", "fibre", a, b, km, sea))
            arcs.append(_Arc(1 + b, 1 + a, "route", "fibre", b, a, km, sea))
        arcs += [
            _Arc(1 + i, terminals[i], "line", "fibre", i, i) for i in needing if s.mbps[i] <= costs["fibre_rate_mbps"]
        ]
    for k, site in enumerate(sites):
        if site.technology not in technologies:
            continue
        served = [i for i in needing if site.covers[i] and s.mbps[i] <= costs[f"{site.technology}_rate_mbps"]]
        if not served:
            continue
        here = first_site + k
        if "fibre" in technologies:
            arcs.append(_Arc(1 + site.area, here, "site", site.technology, k, k))
        arcs.append(_Arc(root, here, "site", site.technology, k, k, backhaul=True))
        arcs += [_Arc(here, terminals[i], "line", site.technology, k, i) for i in served]
    for i in needing:
        rate = s.mobile_mbps[i]
        if "mobile" in technologies and np.isfinite(rate) and s.mbps[i] <= rate:
            arcs.append(_Arc(root, terminals[i], "line", "mobile", i, i))
        sparse = s.premises[i] <= costs["satellite_premises_km2"] * max(s.km2[i], 1e-9) or s.premises[i] <= 1
        if "satellite" in technologies and sparse and s.mbps[i] <= costs["satellite_rate_mbps"]:
            arcs.append(_Arc(root, terminals[i], "line", "satellite", i, i))
    _refuse_lost(s, arcs, terminals, root)
    return arcs, terminals


def _refuse_lost(s: Areas, arcs: list[_Arc], terminals: dict[int, int], root: int) -> None:
    """Name areas that no arc from the root leads to."""
    leave: dict[int, list[int]] = {}
    for arc in arcs:
        leave.setdefault(arc.tail, []).append(arc.head)
    seen, todo = {root}, [root]
    while todo:
        for v in leave.get(todo.pop(), []):
            if v not in seen:
                seen.add(v)
                todo.append(v)
    lost = [s.names[i] or s.ids[i] for i, t in terminals.items() if t not in seen]
    if lost:
        raise UsageError(
            "no-line-possible",
            f"{'・'.join(lost[:5])} など{len(lost)}地区に、求める速さの回線を引く方法がありません",
            "光の起点か道を足すか、方式を増やすか、求める速さを下げてください",
            lost[0],
        )


def _price(arc: _Arc, s: Areas, sites: Sequence[RadioSite], c: Costs) -> float:
    """Present value of an arc (yen)."""
    later = c.annuity()
    kept = 1 + later * c["fibre_upkeep_share"]
    if arc.kind == "hub":
        return 0.0
    if arc.kind == "route":
        return arc.km * c["fibre_sea_yen_km" if arc.sea else "fibre_route_yen_km"] * kept
    if arc.kind == "site":
        radio = c["fwa_backhaul_yen"] if arc.backhaul else 0.0
        t = arc.technology
        return c[f"{t}_site_yen"] + radio + later * c[f"{t}_site_year_yen"]
    count, t = float(s.premises[arc.to]), arc.technology
    if t == "fibre":
        # the tree that joins n scattered premises grows as the root of n
        old, km2 = float(s.served[arc.to]), float(s.km2[arc.to])
        local_km = c["fibre_local_ratio"] * (math.sqrt((old + count) * km2) - math.sqrt(old * km2))
        built = local_km * c["fibre_local_yen_km"] + count * c["fibre_drop_yen"]
        return built * kept + count * later * c["fibre_premises_year_yen"]
    yearly = c[f"{t}_premises_year_yen"]
    if t == "mobile" and np.isfinite(s.mobile_yen_year[arc.to]):
        yearly = float(s.mobile_yen_year[arc.to])
    price = count * (c[f"{t}_device_yen"] + later * yearly)
    if t in ("fwa", "local5g"):
        # what a site carries is little: traffic pays for more of them by the part that it fills, half-way through
        busy = c["busy_mbps_premises"] * (1 + c["busy_growth_share"]) ** (c["horizon_years"] / 2)
        price += count * busy / c[f"{t}_capacity_mbps"] * c[f"{t}_module_yen"]
    return price


def _solve(
    arcs: list[_Arc], terminals: dict[int, int], s: Areas, sites: Sequence[RadioSite], costs: Costs, seed: int
) -> Tree:
    price = np.array([_price(a, s, sites, costs) for a in arcs])
    tails, heads = np.array([a.tail for a in arcs], np.int64), np.array([a.head for a in arcs], np.int64)
    goal = np.array(list(terminals.values()), np.int64)
    return steiner_tree(tails, heads, price, 0, goal, both_ways=False, seed=seed)


def _told(
    arcs: list[_Arc], tree: Tree, terminals: dict[int, int], s: Areas, r: Routes, sites: Sequence[RadioSite], costs: Costs
) -> Access:  # fmt: skip
    used = [arcs[e] for e in tree.arcs]
    above = {a.head: a for a in used}
    technology = [""] * len(s.ids)
    own, share = np.zeros(len(s.ids)), np.zeros(len(s.ids))
    carried: dict[int, float] = {}
    for i, t in terminals.items():
        technology[i] = above[t].technology
        own[i] = _price(above[t], s, sites, costs)
        v = above[t].tail
        while v != 0:
            carried[v] = carried.get(v, 0.0) + float(s.premises[i])
            v = above[v].tail
    for i, t in terminals.items():
        v = above[t].tail
        while v != 0:
            share[i] += _price(above[v], s, sites, costs) * float(s.premises[i]) / carried[v]
            v = above[v].tail

    def named(k: int) -> str:
        return s.ids[k] if k < len(s.ids) else f"junction-{k - len(s.ids)}"

    shared = []
    for a in used:
        if a.kind in ("route", "site"):
            route = a.kind == "route"
            at = a.at if route else sites[a.at].area
            shared.append(
                {
                    "kind": a.kind, "technology": a.technology, "from": named(at),
                    "to": named(a.to) if route else sites[a.to].name, "km": a.km, "sea": a.sea,
                    "backhaul": "" if route else ("radio" if a.backhaul else "fibre"),
                    "cost_yen": _price(a, s, sites, costs), "premises": carried.get(a.head, 0.0),
                }
            )  # fmt: skip
    ends = [sum(_price(a, s, sites, _at_end(costs, end)) for a in used) for end in ("low", "high")]
    return Access(
        s, tree.value, tree.bound, tree.certified, tree.bound_from, ends[0], ends[1], tuple(technology), own, own + share,
        tuple(shared),
    )  # fmt: skip


def _at_end(costs: Costs, end: str) -> Costs:
    """Every price (not the years, the rate or what a radio can do) at one end of its range."""
    return costs.changed({r.key: getattr(r, end) for r in costs if "yen" in r.unit or r.key == "fibre_upkeep_share"})


def warm() -> None:
    """Have the kernels compiled, so that what is measured afterwards is the work alone."""
    steiner_tree([0, 1, 2], [1, 2, 0], [1.0, 1.0, 1.0], 0, [1, 2])
    steiner_tree([0, 1, 2], [1, 2, 0], [1.0, 1.0, 1.0], 0, [1, 2], exact=False)
