"""Every single and double link failure of germany50 and JPN48 beside NetworkX, case by case: not part of the suite.

    python -m tests.against.failures_networkx [germany50] [jpn48] [--ecmp]

For each case NetworkX's distances give the routing, node by node; compared are the largest utilisation, the demand that is
lost (to 1e-9 of itself) and the nodes that are cut off. About 2 CPU minutes a network. Ends with 1 where anything differs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import networkx as nx
import numpy as np

from daremo.network.demand import resolved
from daremo.network.fail import Failures, fail
from daremo.network.model import Network
from daremo.network.read import read_topohub
from daremo.network.today import whole_costs
from tests.network.backbones import jpn48

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


class Plain:
    """A network without parallel links as a NetworkX graph, from which links are taken and put back."""

    def __init__(self, net: Network):
        li, cost = net.links, whole_costs(net).tolist()
        self.hubs = net.hubs().tolist()
        self.ends = list(zip(li.tail.tolist(), li.head.tolist(), strict=True))
        assert len({frozenset(e) for e in self.ends}) == len(li) and (li.capacity_gbps == li.back_gbps).all()
        self.graph: nx.Graph = nx.Graph()
        self.graph.add_nodes_from(range(len(net.nodes)))
        for k, (a, b) in enumerate(self.ends):
            self.graph.add_edge(a, b, weight=cost[k], link=k)
        self.room, d = li.capacity_gbps.tolist(), resolved(net)
        self.wanted: dict[int, list[tuple[int, float]]] = {}
        for s, t, x in zip(d.source.tolist(), d.target.tolist(), d.gbps.tolist(), strict=True):
            self.wanted.setdefault(t, []).append((s, x))

    def without(self, links: set[int], ecmp: bool) -> tuple[float, float, set[int]]:
        """Largest utilisation, demand lost and nodes cut off when these links are broken."""
        taken = [(*self.ends[k], self.graph.edges[self.ends[k]].copy()) for k in links]
        self.graph.remove_edges_from([t[:2] for t in taken])
        load: dict[tuple[int, int], float] = {}
        lost = 0.0
        for t, rows in self.wanted.items():
            far = nx.single_source_dijkstra_path_length(self.graph, t)
            carried = dict.fromkeys(far, 0.0)
            for s, x in rows:
                if s in far:
                    carried[s] += x
                else:
                    lost += x
            # NetworkX settles the nearest first
            for v in reversed(far):
                if v == t or not carried[v]:
                    continue
                ways = [(e["link"], u) for u, e in self.graph.adj[v].items() if far[u] + e["weight"] == far[v]]
                ways = ways if ecmp else [min(ways)]
                for k, u in ways:
                    share = carried[v] / len(ways)
                    load[k, u] = load.get((k, u), 0.0) + share
                    carried[u] += share
        cut = self._cut()
        for a, b, facts in taken:
            self.graph.add_edge(a, b, **facts)
        return max((x / self.room[k] for (k, _), x in load.items()), default=0.0), lost, cut

    def _cut(self) -> set[int]:
        """Nodes without a hub; where there are none, outside the largest part (then the one with the first node)."""
        parts = sorted(nx.connected_components(self.graph), key=lambda p: (-len(p), min(p)))
        kept = [p for p in parts if p & set(self.hubs)] if self.hubs else parts[:1]
        return set(self.graph) - set().union(*kept)


def differing(net: Network, found: Failures, ecmp: bool) -> tuple[int, float]:
    """How many cases differ, and by how much at most (share of the utilisation or of the demand lost)."""
    plain, wrong, most = Plain(net), 0, 0.0
    assert np.unique(np.stack([found.first, found.second]), axis=1).shape[1] == len(found)
    for c in range(len(found)):
        worst, lost, cut = plain.without({int(found.first[c]), int(found.second[c])} - {-1}, ecmp)
        off = abs(found.worst[c] - worst) / max(worst, 1e-12)
        lost_off = abs(found.lost_gbps[c] - lost) / max(lost, 1e-12)
        most = max(most, off, lost_off)
        if off > 1e-9 or lost_off > 1e-9 or set(map(int, found.cut.get(c, ()))) != cut:
            wrong += 1
            print("differs:", found.names(c), found.worst[c], worst, found.lost_gbps[c], lost, cut)
    return wrong, most


def main() -> int:
    """Compare the networks that are named, or both."""
    ecmp = "--ecmp" in sys.argv
    wrong = 0
    for name in [a for a in sys.argv[1:] if not a.startswith("-")] or ["germany50", "jpn48"]:
        net = jpn48(SHARED) if name == "jpn48" else read_topohub(name)[0]
        start = time.process_time()
        found = fail(net, ("link", "pair"), rule="ecmp" if ecmp else "single")
        ours = time.process_time() - start
        start = time.process_time()
        off, most = differing(net, found, ecmp)
        print(
            f"{name} {found.rule}: {len(found):,} cases, {len(found.cut)} cut somebody off, {off} differ (at most by {most:.1e}); "
            f"{ours:.2f} CPU s, NetworkX {time.process_time() - start:.0f} CPU s",
            flush=True,
        )
        wrong += off
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
