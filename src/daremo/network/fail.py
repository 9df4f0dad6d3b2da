"""Failures: every link, pair of links, node and shared-risk group breaks; who is cut off, and what the rest must carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent
from daremo.network.demand import gathered, resolved
from daremo.network.fail_kernel import Graph, Trees, broken, cases_ecmp, cases_single, cut_words, plant
from daremo.network.master import Engine
from daremo.network.model import Floats, Ints, Network
from daremo.network.paths import star
from daremo.network.today import by_target, in_table_order, today, whole_costs

KINDS = ("link", "pair", "node", "group")
#: Cases a block: after each the work so far can be kept.
BLOCK = 65_536
Part = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Failures:
    """All cases, a row each.

    Attributes
    ----------
    network : Network
    rule : str
        How traffic finds its way round: ``single``, ``ecmp`` or ``optimal`` (nothing worse than need be).
    kind : ndarray of int, shape (cases,)
        Position in `KINDS`.
    first, second : ndarray of int, shape (cases,)
        Link, node or group number; the second link of a pair, else -1.
    worst : ndarray, shape (cases,)
        Largest load over capacity after re-routing.
    worst_link : ndarray of int, shape (cases,)
        Where; -1 = nothing flows.
    lost_gbps : ndarray, shape (cases,), Gbit/s
        Demand without a path.
    cut : mapping of int to tuple of int
        Case to the nodes that it cuts off from every hub (without hubs: from the most populous part that is left).
    whole : float
        Largest utilisation with nothing broken.
    """

    network: Network
    rule: str
    kind: Ints
    first: Ints
    second: Ints
    worst: Floats
    worst_link: Ints
    lost_gbps: Floats
    cut: Mapping[int, tuple[int, ...]]
    whole: float

    def __len__(self) -> int:
        return len(self.kind)

    def names(self, case: int) -> list[str]:
        """Identifiers of what breaks in a case."""
        kind, i, j = KINDS[self.kind[case]], int(self.first[case]), int(self.second[case])
        if kind == "node":
            return [self.network.nodes.ids[i]]
        if kind == "group":
            return [self.network.groups[i].id]
        return [self.network.links.ids[k] for k in (i, j) if k >= 0]

    def areas_cut(self, nodes: Sequence[int]) -> list[int]:
        """Areas all of whose nodes are among these."""
        a = self.network.areas
        inside = np.isin(a.node, np.array(nodes, np.int64))
        whole = np.bincount(a.area, minlength=len(a))
        return np.flatnonzero((np.bincount(a.area[inside], minlength=len(a)) == whole) & (whole > 0)).tolist()

    def as_dict(self, *, shown: int = 1_000) -> dict[str, Any]:
        """The documented JSON form, at most `shown` cases of each list."""
        li, n, areas = self.network.links, self.network.nodes, self.network.areas
        rows: list[dict[str, Any]] = []
        for case, nodes in self.cut.items():
            hit = self.areas_cut(nodes)
            rows.append(
                {
                    "kind": KINDS[self.kind[case]],
                    "broken": self.names(case),
                    "nodes": [n.ids[i] for i in nodes],
                    "areas": [areas.ids[i] for i in hit],
                    "people": float(areas.people[hit].sum()),
                    "lost_gbps": float(self.lost_gbps[case]),
                }
            )
        rows.sort(key=lambda r: (-r["people"], -r["lost_gbps"], r["broken"]))
        order = np.lexsort((np.arange(len(self)), -self.worst))[:20]
        worst = [
            {
                "kind": KINDS[self.kind[c]],
                "broken": self.names(c),
                "utilisation": float(self.worst[c]),
                "link": None if self.worst_link[c] < 0 else li.ids[self.worst_link[c]],
                "lost_gbps": float(self.lost_gbps[c]),
            }
            for c in order.tolist()
        ]
        named = {name for row in [*rows[:shown], *worst] for name in row["broken"]} | {row["link"] for row in worst}
        return {
            "network": self.network.name,
            "rerouting": self.rule,
            "cases": len(self),
            "cases_by_kind": {k: int((self.kind == i).sum()) for i, k in enumerate(KINDS)},
            "cut_off_cases": len(rows),
            "cut_off": rows[:shown],
            "worst_utilisation": float(self.worst.max(initial=self.whole)),
            "whole_utilisation": self.whole,
            "overloaded_cases": int((self.worst > 1.0).sum()),
            "worst": worst,
            "ends": [
                {"link": id_, "from": n.ids[li.tail[i]], "to": n.ids[li.head[i]]}
                for i, id_ in enumerate(li.ids)
                if id_ in named
            ],
            "most_lost_gbps": float(self.lost_gbps.max(initial=0.0)),
            "notes": list(self.network.notes),
        }


def fail(
    network: Network,
    kinds: Sequence[str] = KINDS,
    *,
    rule: str = "single",
    done: Mapping[int, Part] | None = None,
    keep: Callable[[int, Part], None] | None = None,
    progress: Progress = silent,
) -> Failures:
    """Break everything of these kinds in turn and route again.

    Parameters
    ----------
    network : Network
    kinds : sequence of str
        Of ``link``, ``pair`` (of links), ``node``, ``group``.
    rule : {"single", "ecmp", "optimal"}
        One shortest path, all equally cheap ones, or the least worst utilisation (single failures only: pairs are refused).
    done : mapping, optional
        Blocks kept from an interrupted run, by number.
    keep : callable, optional
        Told each finished block, so that it can be kept.

    Raises
    ------
    UsageError
        ``unknown-failure`` for another kind or rule, ``too-many-failures`` for pairs with optimal re-routing.
    """
    if not set(kinds) <= set(KINDS) or rule not in ("single", "ecmp", "optimal"):
        fix = f"種類は{'・'.join(KINDS)}、迂回は single・ecmp・optimal から選んでください"
        raise UsageError("unknown-failure", "知らない壊れ方か、知らない迂回のしかたです", fix, "--kind")
    if rule == "optimal" and "pair" in kinds:
        fix = "--kind link --kind node --kind group にするか、--rerouting single にしてください"
        raise UsageError("too-many-failures", "最もよい迂回は、2本同時の切断では計算しません", fix, "--rerouting")
    work = _Work(network, rule)
    blocks = list(_blocks(network, kinds))
    parts: list[Part] = []
    for b, (kind, first, second) in enumerate(blocks):
        if done is not None and b in done:
            parts.append(dict(done[b]))
            continue
        progress(b / len(blocks), f"{KINDS[kind]} {b + 1}/{len(blocks)}")
        parts.append(work.block(kind, first, second, progress))
        if keep is not None:
            keep(b, parts[-1])
    cut: dict[int, tuple[int, ...]] = {}
    at = 0
    for part in parts:
        ends = np.cumsum(part["cut_size"])
        for c, end, size in zip(part["cut_case"].tolist(), ends.tolist(), part["cut_size"].tolist(), strict=True):
            cut[at + c] = tuple(part["cut_node"][end - size : end].tolist())
        at += len(part["worst"])

    def joined(name: str, kind: Any) -> Any:
        return np.concatenate([np.asarray(p[name], kind) for p in parts] or [np.zeros(0, kind)])

    sizes = [len(first) for _, first, _ in blocks]
    return Failures(
        network, rule,
        np.repeat(np.array([k for k, _, _ in blocks], np.int64), sizes),
        np.concatenate([f for _, f, _ in blocks] or [np.zeros(0, np.int64)]),
        np.concatenate([s for _, _, s in blocks] or [np.zeros(0, np.int64)]),
        joined("worst", np.float64), joined("worst_link", np.int64), joined("lost_gbps", np.float64), cut, work.whole,
    )  # fmt: skip


def _blocks(network: Network, kinds: Sequence[str]) -> Iterator[tuple[int, Ints, Ints]]:
    """Kind, first and second of each block of cases; the pairs of a link are never parted."""
    m = len(network.links)
    counts = {"link": m, "node": len(network.nodes), "group": len(network.groups)}
    for kind in ("link", "node", "group"):
        if kind in kinds and counts[kind]:
            every = np.arange(counts[kind], dtype=np.int64)
            yield KINDS.index(kind), every, np.full(len(every), -1, np.int64)
    if "pair" in kinds:
        start = 0
        while start < m - 1:
            end, size = start, 0
            while end < m - 1 and (size == 0 or size + m - 1 - end <= BLOCK):
                size += m - 1 - end
                end += 1
            rows = np.arange(start, end)
            first = np.repeat(rows, m - 1 - rows)
            second = np.concatenate([np.arange(i + 1, m) for i in rows])
            yield KINDS.index("pair"), first.astype(np.int64), second.astype(np.int64)
            start = end


class _Work:
    """Arrays that all blocks share."""

    def __init__(self, network: Network, rule: str):
        self.network, self.rule = network, rule
        self.arcs, self.n, self.m = network.arcs(), len(network.nodes), len(network.links)
        a = self.arcs
        self.targets, self.demand = by_target(network)
        out, into = in_table_order(a, self.n), star(a.head, self.n)
        cost = whole_costs(network)[a.link]
        self.graph = Graph(*out, *into, a.tail, a.head, cost, a.link)
        t = len(self.targets)
        if rule == "ecmp":
            base = today(network, ecmp=True)
            self.total, self.base_lost, self.loads = base.load_gbps, base.lost_gbps, self._loads_by_target()
        else:
            self.total = np.zeros(len(a))
            self.state = Trees(
                np.empty((t, self.n), np.int64), np.empty((t, self.n), np.int64), np.empty((t, self.n), np.int64),
                np.empty((t, self.n)), np.zeros((t, self.m), np.bool_),
            )  # fmt: skip
            self.base_lost = float(plant(self.targets, self.demand, self.graph, self.state, self.total))
        self.whole = float(np.max(self.total / a.capacity_gbps, initial=0.0))
        if rule == "optimal":
            demands = resolved(network)
            self.engine = Engine(a, self.n, gathered(demands, self.n))
            self.whole = self.engine.solve(gap=1e-7).utilisation

    def _loads_by_target(self) -> Floats:
        """Loads of the arcs by target, shape (targets, arcs), Gbit/s."""
        from daremo.network.today import _all

        out = np.zeros((len(self.targets), len(self.arcs)))
        for k in range(len(self.targets)):
            one, row = self.targets[k : k + 1], self.demand[k : k + 1]
            _all(one, row, *self.graph[:7], True, out[k])
        return out

    def members(self, kind: int, first: Ints, second: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Broken links and nodes of each case, as starts and numbers; a broken node takes its links along."""
        li = self.network.links
        if KINDS[kind] in ("link", "pair"):
            table = first[:, None] if KINDS[kind] == "link" else np.stack([first, second], axis=1)
            start = np.arange(len(first) + 1, dtype=np.int64) * table.shape[1]
            none = np.zeros(len(first) + 1, np.int64)
            return start, np.ascontiguousarray(table).ravel(), none, np.zeros(0, np.int64)
        links, nodes = [], []
        for i in first.tolist():
            group = self.network.groups[i] if KINDS[kind] == "group" else None
            own = np.array([i] if group is None else group.nodes, np.int64)
            at = np.flatnonzero(np.isin(li.tail, own) | np.isin(li.head, own))
            links.append(np.union1d(at, np.array([] if group is None else group.links, np.int64)).astype(np.int64))
            nodes.append(own)

        def starts(parts: list[Ints]) -> Ints:
            return np.cumsum([0, *(len(p) for p in parts)]).astype(np.int64)

        return starts(links), np.concatenate(links), starts(nodes), np.concatenate(nodes)

    def block(self, kind: int, first: Ints, second: Ints, progress: Progress) -> Part:
        """Worst utilisation, where, demand lost, and who is cut off, of a block of cases."""
        start, link, node_start, node = self.members(kind, first, second)
        c = len(first)
        worst, at, lost = np.zeros(c), np.full(c, -1, np.int64), np.zeros(c)
        room = self.arcs.capacity_gbps
        if self.rule == "optimal":
            self._optimal(start, link, worst, at, lost, progress)
        elif self.rule == "ecmp":
            cases_ecmp(
                start, link, self.targets, self.demand, self.graph, room, self.loads, self.total, worst, at, lost
            )
            lost += self.base_lost
        elif KINDS[kind] == "pair":
            self._pairs(first, second, worst, at, lost)
        else:
            shut = np.zeros(self.m, np.bool_)
            cases_single(
                start,
                link,
                self.targets,
                self.demand,
                self.graph,
                room,
                shut,
                self.state,
                self.total,
                worst,
                at,
                lost,
            )
            lost += self.base_lost
        where = np.where(at >= 0, self.arcs.link[np.maximum(at, 0)] if len(self.arcs) else -1, -1)
        case, size, nodes = self._cut(start, link, node_start, node)
        return {
            "worst": worst,
            "worst_link": where,
            "lost_gbps": lost,
            "cut_case": case,
            "cut_size": size,
            "cut_node": nodes,
        }

    def _pairs(self, first: Ints, second: Ints, worst: Floats, at: Ints, lost: Floats) -> None:
        """Pairs by their first link: the trees are mended for it once, and from there for each second."""
        room = self.arcs.capacity_gbps
        t = self.state
        after = Trees(t.dist.copy(), t.par.copy(), t.order.copy(), t.sub.copy(), t.used.copy()), self.total.copy()
        done = 0
        while done < len(first):
            one = int(first[done])
            end = done + int(np.searchsorted(first[done:], one, side="right"))
            gone = broken(one, self.targets, self.demand, self.graph, self.state, self.total, *after)
            shut = np.zeros(self.m, np.bool_)
            shut[one] = True
            start = np.arange(end - done + 1, dtype=np.int64)
            cases_single(
                start, second[done:end], self.targets, self.demand, self.graph, room, shut, *after,
                worst[done:end], at[done:end], lost[done:end],
            )  # fmt: skip
            lost[done:end] += gone + self.base_lost
            done = end

    def _optimal(self, start: Ints, link: Ints, worst: Floats, at: Ints, lost: Floats, progress: Progress) -> None:
        for c in range(len(worst)):
            progress(c / len(worst), f"{c + 1}/{len(worst)}")
            closed = np.isin(self.arcs.link, link[start[c] : start[c + 1]])
            found = self.engine.solve(closed=closed, gap=1e-7)
            used = np.asarray(found.flows.sum(axis=0)).ravel() / self.arcs.capacity_gbps
            worst[c], lost[c] = found.utilisation, found.lost_gbps
            at[c] = int(np.argmax(used)) if found.utilisation > 0 else -1

    def _cut(self, start: Ints, link: Ints, node_start: Ints, node: Ints) -> tuple[Ints, Ints, Ints]:
        """Cases that cut somebody off, how many nodes each, and which."""
        a, cases = self.arcs, len(start) - 1
        hubs = self.network.hubs()
        seeds = hubs if len(hubs) else self._seeds()
        words = np.zeros((self.n, (cases + 63) // 64), np.uint64)
        cut_words(start, link, node_start, node, self.n, self.m, seeds, a.tail, a.head, a.link, words)
        some = np.bitwise_or.reduce(words, axis=0) if self.n else np.zeros(words.shape[1], np.uint64)
        bits = np.unpackbits(some.view(np.uint8), bitorder="little")[:cases]
        found = np.flatnonzero(bits).astype(np.int64)
        nodes: list[Ints] = []
        for c in found.tolist():
            if len(hubs):
                out = (words[:, c // 64] >> np.uint64(c % 64)) & np.uint64(1)
                nodes.append(np.flatnonzero(out).astype(np.int64))
            else:
                nodes.append(self._outside(link[start[c] : start[c + 1]], node[node_start[c] : node_start[c + 1]]))
        sizes = np.array([len(x) for x in nodes], np.int64)
        kept = sizes > 0
        return found[kept], sizes[kept], np.concatenate([*nodes, np.zeros(0, np.int64)])

    def _seeds(self) -> Ints:
        """Without hubs: the node with most people of the most populous part; whoever it does not reach is looked at closely."""
        inside = np.setdiff1d(np.arange(self.n), self._outside(np.zeros(0, np.int64), np.zeros(0, np.int64)))
        people = self.network.node_people()
        return inside[np.argsort(-people[inside], kind="stable")[:1]].astype(np.int64)

    def _outside(self, links: Ints, nodes: Ints) -> Ints:
        """Nodes outside the most populous part that is left (then the largest, then the one of the first node)."""
        open_a = ~np.isin(self.arcs.link, links)
        tail, head = self.arcs.tail[open_a], self.arcs.head[open_a]
        table = csr_matrix((np.ones(len(tail)), (tail, head)), shape=(self.n, self.n))
        count, part = connected_components(table, connection="strong")
        people = self.network.node_people()
        alive = np.ones(self.n, np.bool_)
        alive[nodes] = False
        weight = np.bincount(part[alive], people[alive], count), np.bincount(part[alive], minlength=count)
        best = max(range(count), key=lambda k: (weight[0][k], weight[1][k], -int(np.argmax(part == k)))) if count else 0
        return np.flatnonzero((part != best) | ~alive).astype(np.int64)
