"""The cheapest modules, links and hubs with which everything is carried, whole and broken, and what no plan undercuts.

A plan is whole modules on links. What it must fulfil is a set of inequalities in the modules alone: cuts rounded up to whole
modules, and prices from the min-max routing (all that is needed, by the Japanese theorem). HiGHS chooses over those found so
far, which bounds every plan from below; routing says what the choice breaks. Plans are made whole by adding where it binds
and taken back where it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.results import Progress, silent
from daremo.kernel.watch import Watch
from daremo.network.build import problem
from daremo.network.hubs import HubOption, settled, with_options
from daremo.network.model import Demands, Floats, Ints, Network
from daremo.network.upgrade_cuts import Choice
from daremo.network.upgrade_near import Near
from daremo.network.upgrade_target import Sample, Target, bits, checked, sampled
from daremo.network.verify import verify_availability


@dataclass(frozen=True, slots=True, eq=False)
class Assured:
    """What a plan does for availability, told by a walk through every scenario that knows nothing of how the plan was made.

    Attributes
    ----------
    available : ndarray, shape (areas,)
        Share of disasters that leave an area connected.
    residents_share : float
        Share of residents in areas that reach the target.
    hours_year : float, hours/year
        Without a hub, by resident.
    scenarios : int
    """

    available: Floats
    residents_share: float
    hours_year: float
    scenarios: int

    def holds(self, target: Target) -> bool:
        """Whether the target is reached."""
        return self.residents_share >= target.residents_share - 1e-9 and self.hours_year <= target.hours_year + 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Upgrade:
    """What to install.

    Attributes
    ----------
    network : Network
        With the modules installed.
    choice : Choice
    modules : ndarray of int, shape (columns,)
        How many of each.
    cost, bound : float, money
        No plan that carries every case costs less than `bound`.
    utilisation : float
        Largest over all cases.
    most : float
        The allowed one.
    cases : int
        Including the whole network.
    worst_case : str
    cut_off : tuple of (case, Gbit/s)
        Demand that no candidate could carry in a case, left out of it.
    rows : int
        Inequalities found.
    proved : bool
        Whether no cheaper plan exists.
    seconds : float, wall seconds
    currency : str
        Of cost and bound (ISO 4217), as the caller said.
    hubs : tuple of (HubOption, bool)
        Hubs that might be opened, and whether they are; their opening is in `cost`.
    target : Target | None
    before, now, fresh : Assured | None
        Availability without the plan and with it on the scenarios that it was chosen by, and with it on others.
    """

    network: Network
    choice: Choice
    modules: Ints
    cost: float
    bound: float
    utilisation: float
    most: float
    cases: int
    worst_case: str
    cut_off: tuple[tuple[str, float], ...]
    rows: int
    proved: bool
    seconds: float
    currency: str = ""
    hubs: tuple[tuple[HubOption, bool], ...] = ()
    target: Target | None = None
    before: Assured | None = None
    now: Assured | None = None
    fresh: Assured | None = None

    @property
    def gap_share(self) -> float:
        """(cost − bound) / cost."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        ids, li, c = self.network.nodes.ids, self.network.links, self.choice
        bought = np.flatnonzero((self.modules > 0) & (c.link < len(li)))
        had = (c.ahead > 0) | (c.back > 0)
        return {
            "network": self.network.name,
            "currency": self.currency,
            "cost": self.cost,
            "bound": self.bound,
            "gap_share": self.gap_share,
            "proved": self.proved,
            "utilisation": self.utilisation,
            "most_utilisation": self.most,
            "cases": self.cases,
            "worst_case": self.worst_case,
            "install": [
                {
                    "link": li.ids[c.link[k]],
                    "from": ids[li.tail[c.link[k]]],
                    "to": ids[li.head[c.link[k]]],
                    "module_gbps": float(c.gbps[k]),
                    "modules": int(self.modules[k]),
                    "cost": float(c.cost[k] * self.modules[k]),
                    "new_link": not bool(had[c.link[k]]),
                    "setup_cost": float(c.setup[c.link[k]]),
                }
                for k in bought
            ],
            "cut_off": [{"case": name, "demand_gbps": gbps} for name, gbps in self.cut_off],
            "hubs": [
                {
                    "hub": ids[o.node],
                    "opened": opened,
                    "opening_cost": o.cost,
                    "owner": self.network.nodes.owners[o.node],
                    "origin": self.network.nodes.origins[o.node],
                }
                for o, opened in self.hubs
            ],
            "availability": self._assured(),
            "rows": self.rows,
            "notes": list(self.network.notes),
        }

    def _assured(self) -> dict[str, Any] | None:
        """Asked, before, with the plan, and on fresh scenarios."""
        t, a = self.target, self.network.areas
        if t is None or self.before is None or self.now is None or self.fresh is None:
            return None
        told: dict[str, Any] = {
            "available_share_asked": t.available_share,
            "residents_share_asked": t.residents_share,
            "hours_year_asked": t.hours_year if np.isfinite(t.hours_year) else None,
        }
        for name, x in (("before", self.before), ("sampled", self.now), ("fresh", self.fresh)):
            told[name] = {
                "scenarios": x.scenarios,
                "residents_share": x.residents_share,
                "hours_lost_resident_year": x.hours_year,
                "holds": x.holds(t),
            }
        told["areas"] = [
            {
                "area": a.ids[d],
                "people": float(a.people[d]),
                "before": float(self.before.available[d]),
                "sampled": float(self.now.available[d]),
                "fresh": float(self.fresh.available[d]),
            }
            for d in range(len(a))
        ]
        return told


def upgrade(
    network: Network,
    *,
    most: float = 0.8,
    failures: Sequence[str] = (),
    gap: float = 0.0,
    target: Target | None = None,
    hubs: Sequence[HubOption] = (),
    currency: str = "",
    watch: Watch | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> Upgrade:
    """The cheapest modules with which no link is used above `most`, whole and after each failure.

    Parameters
    ----------
    network : Network
        Links with ``modules`` may be widened; those without capacity are candidates and cost their ``setup_cost`` as well.
        A capacity that was not stated counts as none.
    most : float
        Largest utilisation, > 0.
    failures : sequence of str
        Of ``links``, ``nodes``, ``groups``: each breaks alone.
    gap : float
        Stop at (cost − bound) / cost ≤ gap.
    target : Target, optional
        Availability that must hold over sampled disasters; candidates break in them as everything else does.
    hubs : sequence of HubOption
        Nodes that may become hubs at a cost; content (demand from the nearest hub) then comes from any open one.
    currency : str
        Of all costs; only passed on.
    watch : Watch, optional
        When to end; then the best so far is returned.

    Raises
    ------
    UsageError
        ``no-modules``, ``bad-utilisation``, ``bad-failures``, ``bad-hub``, ``bad-target``, ``no-hub``, ``no-hazards``.
    Infeasible
        ``no-path``: some demand that no candidate carries with nothing broken; ``target-out-of-reach``: not with all candidates.
    """
    if not 0 < most < np.inf:
        raise _usage("bad-utilisation", most)
    if set(failures) - {"links", "nodes", "groups"}:
        raise _usage("bad-failures", " ".join(failures))
    if not any(network.links.modules) and not hubs:
        raise _usage("no-modules", network.name)
    taken = {int(h) for h in network.hubs()}
    for o in hubs:
        if not (0 <= o.node < len(network.nodes) and 0 <= o.cost < np.inf) or o.node in taken:
            raise _usage("bad-hub", f"{o.node}:{o.cost}")
        taken.add(o.node)
    wide = with_options(network, hubs, most) if hubs else network
    sample = None
    if target is not None:
        checked(target, wide)
        sample = sampled(
            network, target, plus=(len(wide.nodes) - len(network.nodes), len(wide.links) - len(network.links))
        )
    s = Near(wide, most, tuple(failures), gap, watch or Watch(60.0), seed, progress, target, sample)
    proved = s.find()
    best = s.best
    if best is None:
        raise _late(network)
    worst, at = s.worst_of_all(best)
    c = s.choice
    done, opened = settled(network, hubs, c.ahead + c.added(best), c.back + c.added(best))
    now = settled(network, hubs, c.ahead, c.back)[0]
    assured: tuple[Assured | None, ...] = (None, None, None)
    if target is not None:
        drawn, fresh = sampled(network, target), sampled(network, target, fresh=True)
        assured = (_walked(now, target, drawn), _walked(done, target, drawn), _walked(done, target, fresh))
    return Upgrade(
        done, c, np.rint(best).astype(np.int64), s.cost, min(s.bound, s.cost), worst, s.most, len(s.cases), s.cases[at].name,
        tuple(s.cut_off), len(s.rows), proved, s.watch.seconds, currency, tuple(zip(hubs, opened, strict=True)), target, *assured,
    )  # fmt: skip


def both_ways(network: Network) -> Network:
    """The network in which every demand between two nodes also runs back; content from hubs stays as it is.

    With it a module that both directions have each for themselves is SNDlib's module that both directions share.
    """
    d = network.demands
    pair = d.source >= 0
    back = Demands(d.target[pair], d.source[pair], d.gbps[pair])
    both = Demands(np.r_[d.source, back.source], np.r_[d.target, back.target], np.r_[d.gbps, back.gbps])
    return replace(network, demands=both)


def _walked(network: Network, target: Target, sample: Sample) -> Assured:
    """Availability of a network in sampled scenarios, by the independent walk."""
    available, hours = verify_availability(
        network, bits(sample.node_up), bits(sample.link_up), sample.share, sample.hours
    )
    people = network.areas.people if network.areas.people.sum() > 0 else np.ones(len(network.areas))
    good = float(people @ (available >= target.available_share - 1e-9)) / float(people.sum())
    return Assured(available, good, hours, len(sample.share))


def _late(network: Network) -> Infeasible:
    told = problem("no-plan-in-time", {})
    return Infeasible("no-plan-in-time", told.message, told.fix, network.name)


def _usage(code: str, value: object) -> UsageError:
    told = problem(code, {})
    return UsageError(code, told.message, told.fix, str(value))
