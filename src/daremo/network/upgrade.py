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

from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent
from daremo.kernel.watch import Watch
from daremo.network.build import problem
from daremo.network.model import Ints, Network
from daremo.network.upgrade_cuts import (
    Choice,
)
from daremo.network.upgrade_plans import Plans


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

    @property
    def gap_share(self) -> float:
        """(cost − bound) / cost."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        ids, li, c = self.network.nodes.ids, self.network.links, self.choice
        bought = np.flatnonzero(self.modules)
        had = (c.ahead > 0) | (c.back > 0)
        return {
            "network": self.network.name,
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
            "rows": self.rows,
            "notes": list(self.network.notes),
        }


def upgrade(
    network: Network,
    *,
    most: float = 0.8,
    failures: Sequence[str] = (),
    gap: float = 0.0,
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
    watch : Watch, optional
        When to end; then the best so far is returned.

    Raises
    ------
    UsageError
        ``no-modules``, ``bad-utilisation``, ``bad-failures``.
    Infeasible
        ``no-path``: some demand that no candidate carries with nothing broken.
    """
    if not 0 < most < np.inf:
        raise _usage("bad-utilisation", most)
    if set(failures) - {"links", "nodes", "groups"}:
        raise _usage("bad-failures", " ".join(failures))
    if not any(network.links.modules):
        raise _usage("no-modules", network.name)
    s = Plans(network, most, tuple(failures), gap, watch or Watch(60.0), seed, progress)
    proved = s.find()
    best = s.best
    assert best is not None
    worst, at = s.worst_of_all(best)
    c = s.choice
    li = replace(
        s.network.links, capacity_gbps=c.ahead + c.added(best), back_gbps=c.back + c.added(best),
        stated=np.ones(len(c.tail), bool),
    )  # fmt: skip
    bound = min(s.bound, s.cost)
    return Upgrade(
        replace(s.network, links=li), c, np.rint(best).astype(np.int64), s.cost, bound, worst, s.most,
        len(s.cases), s.cases[at].name, tuple(s.cut_off), len(s.rows), proved, s.watch.seconds,
    )  # fmt: skip


def _usage(code: str, value: object) -> UsageError:
    told = problem(code, {})
    return UsageError(code, told.message, told.fix, str(value))
