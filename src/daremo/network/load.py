"""Bottlenecks: the least worst utilisation that any routing reaches, its proof, and the links that bind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from daremo.kernel.errors import Infeasible
from daremo.kernel.results import Progress, silent
from daremo.kernel.watch import Watch
from daremo.network.balance import balanced
from daremo.network.build import problem
from daremo.network.demand import Roots, gathered, resolved
from daremo.network.master import Engine, Solved
from daremo.network.model import Arcs, Demands, Floats, Ints, Network
from daremo.network.paths import reach, star

#: Links whose share of the price is below this do not bind.
BINDS = 1e-6
#: In networks with more arcs, column generation that is still open after so many simplex steps gives way to balancing, to this gap.
MANY_ARCS, MOST_PIVOTS, NEARLY = 2_000, 10_000, 1e-4


@dataclass(frozen=True, slots=True)
class Binding:
    """One link that holds the worst utilisation up.

    Attributes
    ----------
    link : int
        Link number.
    price_share : float
        Its part of the proof; the parts of all links sum to 1.
    add_gbps : float
        Capacity added in each open direction, Gbit/s.
    lower_by : float | None
        What that lowers the worst utilisation by, solved again; None where it was not asked for.
    lower_by_at_most : float
        What it can lower it by at most, by the prices.
    """

    link: int
    price_share: float
    add_gbps: float
    lower_by: float | None
    lower_by_at_most: float


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """The least worst utilisation, with everything that proves it.

    Attributes
    ----------
    network : Network
    utilisation, bound : float
        Largest load over capacity of `flows`; no routing gets below `bound`.
    flows : csr_matrix, shape (roots, arcs), Gbit/s
    roots : Roots
    arcs : Arcs
    price_a : ndarray, shape (arcs,), 1/(Gbit/s)
    binding : tuple of Binding
        Dearest first.
    unserved : Demands
        Demands without a path, left out.
    rounds, trees : int
        Rounds of column generation and trees grown.
    """

    network: Network
    utilisation: float
    bound: float
    flows: csr_matrix
    roots: Roots
    arcs: Arcs
    price_a: Floats
    binding: tuple[Binding, ...]
    unserved: Demands
    rounds: int
    trees: int

    @property
    def gap_share(self) -> float:
        """(utilisation − bound) / utilisation."""
        return (self.utilisation - self.bound) / self.utilisation if self.utilisation > 0 else 0.0

    @property
    def load_gbps(self) -> Floats:
        """Load of each arc, shape (arcs,), Gbit/s."""
        return np.asarray(self.flows.sum(axis=0), np.float64).ravel()

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        n, li = self.network.nodes, self.network.links
        return {
            "network": self.network.name,
            "nodes": len(n),
            "links": len(li),
            "demands": int((self.network.demands.gbps > 0).sum()),
            "demand_gbps": float(self.network.demands.gbps.sum()),
            "utilisation": self.utilisation,
            "bound": self.bound,
            "gap_share": self.gap_share,
            "binding_links": [
                {
                    "link": li.ids[b.link],
                    "from": n.ids[li.tail[b.link]],
                    "to": n.ids[li.head[b.link]],
                    "capacity_gbps": float(max(li.capacity_gbps[b.link], li.back_gbps[b.link])),
                    "price_share": b.price_share,
                    "add_gbps": b.add_gbps,
                    "lower_by": b.lower_by,
                    "lower_by_at_most": b.lower_by_at_most,
                }
                for b in self.binding
            ],
            "unserved": [
                {"from": n.ids[s], "to": n.ids[t], "demand_gbps": float(x)}
                for s, t, x in zip(self.unserved.source, self.unserved.target, self.unserved.gbps, strict=True)
            ],
            "rounds": self.rounds,
            "trees": self.trees,
            "notes": list(self.network.notes),
        }


def min_max(
    network: Network,
    *,
    gap: float = 1e-9,
    add_gbps: float | None = None,
    explain: int = 8,
    leave_out: bool = False,
    progress: Progress = silent,
    watch: Watch | None = None,
) -> Load:
    """The routing whose most used link is used least, exactly, with a bound from its prices.

    Where a large network's bottleneck is spread over very many links, the gap may stay at about 1e-4 (`daremo.network.balance`);
    what widening a link brings is then not solved again.

    Parameters
    ----------
    network : Network
    gap : float
        Largest (utilisation − bound) / utilisation.
    add_gbps : float, optional
        Capacity by which a binding link is widened in the explanation, Gbit/s; a tenth of its own where not given.
    explain : int
        How many of the binding links are solved again with that capacity.
    leave_out : bool
        Leave out demands without a path instead of stopping.
    watch : Watch, optional
        When it is late, the best so far comes back with the gap that is left, and nothing more is explained.

    Raises
    ------
    Infeasible
        ``no-path`` with the demands that no route can carry.

    Source
    ------
    L. R. Ford, D. R. Fulkerson, A suggested computation for maximal multi-commodity network flows, Management Science 5, 1958;
    trees as columns: K. L. Jones et al., Multicommodity network flows: the impact of formulation on decomposition, 1993.
    """
    arcs, n = network.arcs(), len(network.nodes)
    demands = resolved(network)
    demands, unserved = split_by_path(demands, arcs, n)
    if len(unserved) and not leave_out:
        raise _no_path(network, unserved)
    roots = gathered(demands, n)
    engine = Engine(arcs, n, roots)
    many = len(arcs) > MANY_ARCS
    found = engine.solve(gap=gap, most_pivots=MOST_PIVOTS if many else 2**62, progress=progress, watch=watch)
    if many and found.utilisation - found.bound > max(gap, 1e-6) * found.utilisation:
        found = _balanced(network, arcs, roots, found, gap, progress, watch)
        explain = 0
    if watch is not None and watch.late():
        explain = 0
    binding = _binding(network, arcs, engine, found, add_gbps, explain, gap, progress) if len(demands) else ()
    return Load(
        network, found.utilisation, found.bound, found.flows, roots, arcs, found.price_a, binding, unserved,
        found.rounds, found.trees,
    )  # fmt: skip


def _balanced(
    network: Network, arcs: Arcs, roots: Roots, found: Solved, gap: float, progress: Progress, watch: Watch | None
) -> Solved:  # fmt: skip
    """The better of what column generation left open and of balancing, which begins with today's routing."""
    costs = network.links.cost[arcs.link]
    other = balanced(
        arcs, len(network.nodes), roots, first=costs, gap=max(gap, NEARLY), progress=progress, watch=watch
    )  # fmt: skip
    best = min(found, other, key=lambda s: s.utilisation)
    proof = max(found, other, key=lambda s: s.bound)
    return replace(
        best, bound=min(proof.bound, best.utilisation), price_a=proof.price_a, rounds=found.rounds + other.rounds,
        trees=found.trees,
    )  # fmt: skip


def split_by_path(demands: Demands, arcs: Arcs, nodes: int) -> tuple[Demands, Demands]:
    """Demands that have a path, and those that have none."""
    out = star(arcs.tail, nodes)
    ok = np.zeros(len(demands), np.bool_)
    for s in np.unique(demands.source):
        mine = demands.source == s
        ok[mine] = reach(int(s), out, arcs.head, arcs.capacity_gbps)[demands.target[mine]]
    return _some(demands, ok), _some(demands, ~ok)


def _some(d: Demands, keep: Any) -> Demands:
    return Demands(d.source[keep], d.target[keep], d.gbps[keep])


def _no_path(network: Network, unserved: Demands) -> Infeasible:
    ids = network.nodes.ids
    pairs = [f"{ids[s]} → {ids[t]}" for s, t in zip(unserved.source[:5], unserved.target[:5], strict=True)]
    told = problem("no-path", {})
    more = f" ほか{len(unserved) - 5}件" if len(unserved) > 5 else ""
    message = f"{len(unserved)}件（{unserved.gbps.sum():g} Gbps）の需要に道がありません: {'、'.join(pairs)}{more}"
    return Infeasible("no-path", message, told.fix, network.name)


def _binding(
    network: Network, arcs: Arcs, engine: Engine, found: Solved, add_gbps: float | None, explain: int, gap: float,
    progress: Progress,
) -> tuple[Binding, ...]:  # fmt: skip
    """Links with a price, dearest first; the first few are widened and solved again."""
    worth = found.price_a * arcs.capacity_gbps
    share = np.bincount(arcs.link, weights=worth, minlength=len(network.links))
    out: list[Binding] = []
    for k in np.argsort(-share, kind="stable")[: int((share > BINDS).sum())].tolist():
        mine: Ints = np.flatnonzero(arcs.link == k)
        add = add_gbps if add_gbps is not None else 0.1 * float(arcs.capacity_gbps[mine].max())
        most = found.utilisation - found.bound / (1.0 + add * float(found.price_a[mine].sum()))
        lower = None
        if len(out) < explain:
            wider = arcs.capacity_gbps.copy()
            wider[mine] += add
            again = engine.solve(wider, gap=max(gap, 1e-7), progress=progress)
            lower = min(max(found.utilisation - again.utilisation, 0.0), most)
        out.append(Binding(k, float(share[k]), add, lower, most))
    return tuple(out)
