"""What flows from where to where: nearest hubs filled in, gravity where nothing is known, and the fewest roots of it all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from daremo.kernel.errors import UsageError
from daremo.network.model import Demands, Floats, Ints, Network
from daremo.network.paths import shortest, star


@dataclass(frozen=True, slots=True, eq=False)
class Roots:
    """Demands gathered at few nodes, from which (or to which) whole trees carry them.

    Attributes
    ----------
    node : ndarray of int, shape (roots,)
    inward : ndarray of bool, shape (roots,)
        Whether the demands run to the root.
    demand : ndarray, shape (roots, nodes), Gbit/s
        Between the root and each node.
    """

    node: Ints
    inward: np.ndarray[tuple[int], np.dtype[np.bool_]]
    demand: Floats

    def __len__(self) -> int:
        return len(self.node)


def resolved(network: Network, hubs: Ints | None = None) -> Demands:
    """The demands with the nearest hub (by routing cost from the hub) in place of -1, those of zero left out.

    Parameters
    ----------
    network : Network
    hubs : ndarray of int, optional
        Hubs to serve from instead of the network's own.

    Returns
    -------
    Demands
        A node without any hub in reach is served from the first hub, so that it is told as a demand without a path.
    """
    d = network.demands
    source = d.source.copy()
    if (source < 0).any():
        nearest = nearest_hub(network, network.hubs() if hubs is None else hubs)
        source = np.where(source < 0, nearest[d.target], source)
    keep = (d.gbps > 0) & (source != d.target)
    return Demands(source[keep], d.target[keep], d.gbps[keep])


def nearest_hub(network: Network, hubs: Ints) -> Ints:
    """The hub with the cheapest route to each node; of equally cheap ones the first.

    Returns
    -------
    ndarray of int, shape (nodes,)
    """
    arcs, n = network.arcs(), len(network.nodes)
    out = star(arcs.tail, n)
    dist = np.full((len(hubs), n), np.inf)
    parent, order = np.empty(n, np.int64), np.empty(n, np.int64)
    heap = np.empty(len(arcs) + 1), np.empty(len(arcs) + 1, np.int64)
    cost = network.links.cost[arcs.link]
    for k, h in enumerate(hubs):
        shortest(h, out.start, out.arc, arcs.head, cost, dist[k], parent, order, *heap)
    return np.asarray(hubs[np.argmin(dist, axis=0)], np.int64)


def gravity(network: Network, total_gbps: float, *, content_share: float = 0.0) -> Network:
    """The network with demands by gravity: between two nodes in proportion to the product of their people.

    Parameters
    ----------
    total_gbps : float
        All traffic in the busy hour, Gbit/s.
    content_share : float
        Share that comes from the nearest hub, in proportion to people.

    Raises
    ------
    UsageError
        ``no-demand`` where fewer than two nodes have people.
    """
    people = network.node_people()
    if (people > 0).sum() < 2:
        fix = "局か地区の人口（people）を入れてください"
        raise UsageError("no-demand", "人口のある局が2つないので、需要を割りふれません", fix, "--gravity-gbps")
    pairs = np.outer(people, people)
    np.fill_diagonal(pairs, 0.0)
    source, target = np.nonzero(pairs)
    gbps = total_gbps * (1.0 - content_share) * pairs[source, target] / pairs.sum()
    if content_share > 0:
        at = np.flatnonzero(people > 0)
        source = np.concatenate([source, np.full(len(at), -1)])
        target = np.concatenate([target, at])
        gbps = np.concatenate([gbps, total_gbps * content_share * people[at] / people.sum()])
    keep = gbps > 0
    note = f"需要は人口の積に比例すると仮定しました（合計 {total_gbps:g} Gbps）。"
    demands = Demands(source[keep].astype(np.int64), target[keep].astype(np.int64), gbps[keep])
    return replace(network, demands=demands, notes=(*network.notes, note))


def gathered(demands: Demands, nodes: int) -> Roots:
    """The fewest nodes such that every demand begins or ends at one (Kőnig: a minimum vertex cover of the pairs).

    Twelve hubs that feed 1,740 areas are twelve roots, whichever way the traffic runs.

    Source
    ------
    D. Kőnig, Gráfok és mátrixok, 1931.
    """
    table = csr_matrix((demands.gbps, (demands.source, demands.target)), shape=(nodes, nodes))
    partner = maximum_bipartite_matching(table, perm_type="column")
    matched = np.full(nodes, -1)
    matched[partner[partner >= 0]] = np.flatnonzero(partner >= 0)
    row_seen, column_seen = np.zeros(nodes, np.bool_), np.zeros(nodes, np.bool_)
    stack = [int(i) for i in np.flatnonzero((partner < 0) & (np.diff(table.indptr) > 0))]
    row_seen[stack] = True
    while stack:
        i = stack.pop()
        for j in table.indices[table.indptr[i] : table.indptr[i + 1]]:
            if not column_seen[j]:
                column_seen[j] = True
                if matched[j] >= 0 and not row_seen[matched[j]]:
                    row_seen[matched[j]] = True
                    stack.append(int(matched[j]))
    # columns seen are never unmatched: the matching could be made larger otherwise
    at_target = column_seen[demands.target] & row_seen[demands.source]
    key = np.where(at_target, demands.target + nodes, demands.source)
    roots, row = np.unique(key, return_inverse=True)
    demand = np.zeros((len(roots), nodes))
    np.add.at(demand, (row, np.where(at_target, demands.source, demands.target)), demands.gbps)
    return Roots((roots % max(nodes, 1)).astype(np.int64), roots >= nodes, demand)
