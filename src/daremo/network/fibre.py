"""Fibre trees: the cheapest way to join everybody to a hub along candidate routes, with a bound that no tree beats.

A Steiner arborescence: arcs have costs, the root must reach every terminal. Few terminals are solved by dynamic
programming; otherwise dual ascent bounds from below and leads the heuristics, arcs that no better tree can use are
dropped, and HiGHS closes what is left where it is small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra

from daremo.kernel.errors import Infeasible, UsageError
from daremo.network.fibre_kernel import ascend, exchange, grow, programme, pruned

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Work up to which the dynamic programme is used (3^terminals x nodes), trees tried, size and branches of the MILP.
PROGRAMME, TRIES, FLOWS, NODES = 3e7, 12, 25_000, 500


@dataclass(frozen=True, slots=True)
class Cuts:
    """Sets of nodes that prove a bound: each holds a terminal and not the root, so an arc into it must be paid.

    Attributes
    ----------
    start : ndarray of int64, shape (cuts + 1,), index
    nodes : ndarray of int64, index
        Nodes of cut i are ``nodes[start[i]:start[i + 1]]``.
    amount : ndarray, shape (cuts,)
        No arc enters cuts of more than its cost in all; their sum is the bound.
    """

    start: Ints
    nodes: Ints
    amount: Floats


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree with its proof.

    Attributes
    ----------
    arcs : tuple of int
        Indices of the arcs used, in the order given.
    value, bound : float
        What they cost, and what no tree costs less than.
    certified : float
        Bound that `cuts` prove; `bound` may come from a solver.
    bound_from : {"programme", "cuts", "highs"}
    cuts : Cuts
    """

    arcs: tuple[int, ...]
    value: float
    bound: float
    certified: float
    bound_from: str
    cuts: Cuts

    @property
    def gap_share(self) -> float:
        """(value - bound) / value."""
        return (self.value - self.bound) / self.value if self.value > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Graph:
    """Arcs in two orders; see `fibre_kernel`."""

    tail: Ints
    head: Ints
    cost: Floats
    into: Ints
    into_at: Ints
    out: Ints
    out_at: Ints
    root: int
    terminals: Ints

    @property
    def nodes(self) -> int:
        return self.into_at.size - 1


def steiner_tree(
    tail: ArrayLike, head: ArrayLike, cost: ArrayLike, root: int, terminals: ArrayLike, *, both_ways: bool = True,
    seed: int = 1, exact: bool = True,
) -> Tree:  # fmt: skip
    """Cheapest tree from the root to all terminals.

    Parameters
    ----------
    tail, head : array_like of int, shape (arcs,), index
        Ends of the candidate routes.
    cost : array_like, shape (arcs,), yen
    root : int
    terminals : array_like of int, index
    both_ways : bool
        Whether a route may be used from either end (a road), or only from tail to head.
    exact : bool
        Whether the dynamic programme and HiGHS may be used.

    Raises
    ------
    UsageError
        Where a route is no pair of nodes or costs less than nothing.
    Infeasible
        Where a terminal cannot be reached.
    """
    g = _graph(tail, head, cost, root, terminals, both_ways=both_ways)
    routes = np.asarray(tail).size
    bound, rc, start, nodes, amount, lost = ascend(g.tail, g.into, g.into_at, g.cost, g.root, g.terminals)
    if lost >= 0:
        raise Infeasible(
            "cut-off", f"{int(lost)} へ行く道がありません", "候補の道を足すか、その地点を外してください", str(int(lost))
        )
    cuts, certified = Cuts(start, nodes, amount), float(bound)
    where = "cuts"
    if exact and g.terminals.size <= 12 and 3.0**g.terminals.size * g.nodes <= PROGRAMME:
        value, above = _by_programme(g)
        bound, where = value, "programme"
    else:
        value, above = _by_search(g, rc, np.random.default_rng(seed))
        if exact and value > bound + 1e-9 * (1 + value):
            value, above, bound, where = _by_highs(g, rc, float(bound), value, above)
    arcs = np.sort(above[above >= 0])
    return Tree(
        tuple(int(e) % routes for e in arcs), float(value), min(float(bound), float(value)), certified, where, cuts
    )


def _graph(
    tail: ArrayLike, head: ArrayLike, cost: ArrayLike, root: int, terminals: ArrayLike, *, both_ways: bool
) -> _Graph:
    a, b = np.asarray(tail, np.int64).ravel(), np.asarray(head, np.int64).ravel()
    c = np.asarray(cost, np.float64).ravel()
    goal = np.unique(np.asarray(terminals, np.int64).ravel())
    goal = goal[goal != root]
    if not a.size == b.size == c.size or (a.size and min(a.min(), b.min()) < 0) or root < 0:
        raise UsageError("bad-route", "道の両端か費用の数が合いません", "表を直してください", "tail")
    if not (np.isfinite(c).all() and (c >= 0).all()):
        worst = float(c[~(np.isfinite(c) & (c >= 0))][0])
        raise UsageError("bad-route", f"道の費用 {worst:g} は使えません", "0円以上にしてください", "cost")
    if both_ways:
        a, b, c = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([c, c])
    n = int(max(a.max(initial=-1), b.max(initial=-1), root, goal.max(initial=-1))) + 1
    into, out = np.argsort(b, kind="stable"), np.argsort(a, kind="stable")
    into_at = np.concatenate([[0], np.cumsum(np.bincount(b, minlength=n))]).astype(np.int64)
    out_at = np.concatenate([[0], np.cumsum(np.bincount(a, minlength=n))]).astype(np.int64)
    return _Graph(a, b, c, into.astype(np.int64), into_at, out.astype(np.int64), out_at, int(root), goal)


def _by_programme(g: _Graph) -> tuple[float, Ints]:
    """Exact, for few terminals; the tree is read back from the table."""
    above = np.full(g.nodes, -1, np.int64)
    if not g.terminals.size:
        return 0.0, above
    _, flat = programme(g.tail, g.into, g.into_at, g.cost, g.root, g.terminals)
    by = flat.reshape(1 << g.terminals.size, g.nodes)
    used = []
    todo = [((1 << g.terminals.size) - 1, g.root)]
    while todo:
        mask, v = todo.pop()
        how = int(by[mask, v])
        if how >= 0:
            used.append(how)
            todo.append((mask, int(g.head[how])))
        elif how <= -2:
            todo += [(-2 - how, v), (mask - (-2 - how), v)]
    # parts that share nodes at no cost may meet: one way into each node is enough
    for e in _reached(g, np.array(sorted(set(used)), np.int64)):
        above[g.head[e]] = e
    return pruned(g.tail, g.cost, above, g.root, g.terminals)


def _reached(g: _Graph, arcs: Ints) -> list[int]:
    """Of these arcs one into each node, found by walking from the root."""
    leave: dict[int, list[int]] = {}
    for e in arcs.tolist():
        leave.setdefault(int(g.tail[e]), []).append(e)
    seen, todo, out = {g.root}, [g.root], []
    while todo:
        for e in leave.get(todo.pop(), []):
            if int(g.head[e]) not in seen:
                seen.add(int(g.head[e]))
                todo.append(int(g.head[e]))
                out.append(e)
    return out


def _by_search(g: _Graph, rc: Floats, rng: np.random.Generator) -> tuple[float, Ints]:
    """Trees along true costs, along what the dual left over, and along shaken costs, each improved by exchanges."""
    best, above = math.inf, np.full(g.nodes, -1, np.int64)
    small = 1e-3 * g.cost
    for k in range(TRIES):
        if k == 0:
            weight = g.cost
        elif k == 1:
            weight = rc + small
        else:
            weight = (g.cost if k % 2 else rc + 0.1 * g.cost) * rng.uniform(0.7, 1.3, g.cost.size)
        tree = grow(g.tail, g.head, g.out, g.out_at, weight, g.root, g.terminals)
        _, tree = pruned(g.tail, g.cost, tree, g.root, g.terminals)
        tree = exchange(g.tail, g.head, g.out, g.out_at, g.cost, tree, g.root, g.terminals)
        value, tree = pruned(g.tail, g.cost, tree, g.root, g.terminals)
        if value < best - 1e-12 * (1 + value):
            best, above = float(value), tree
    return best, above


def _by_highs(g: _Graph, rc: Floats, bound: float, value: float, above: Ints) -> tuple[float, Ints, float, str]:
    """Drop arcs that only dearer trees can use, and let HiGHS prove or improve the rest where it is small."""
    n = g.nodes
    # scipy takes a stored 0 for no arc
    floor = np.maximum(rc, 1e-12 * (1 + float(g.cost.max(initial=0))))
    there = _shortest(g.tail, g.head, floor, n, [g.root])
    back = _shortest(g.head, g.tail, floor, n, g.terminals.tolist())
    # the small lift of zero costs is taken back, so that nothing is dropped wrongly
    lift = 1e-12 * (1 + float(g.cost.max(initial=0))) * n * 2
    keep = np.flatnonzero(bound + there[g.tail] + rc + back[g.head] - lift <= value * (1 + 1e-9))
    keep = keep[g.head[keep] != g.root]
    k, m = g.terminals.size, keep.size
    if k * m > FLOWS:
        return value, above, bound, "cuts"
    tail, head = g.tail[keep], g.head[keep]
    # y arc used, f one unit of flow a terminal: y <= 1, f <= y
    rows, columns, data, low, high = [], [], [], [], []
    row = 0
    for i, t in enumerate(g.terminals):
        at = m + i * m
        balance = coo_matrix(
            (np.concatenate([np.ones(m), -np.ones(m)]), (np.concatenate([head, tail]), np.tile(np.arange(m), 2))),
            (n, m),
        )
        rows.append(balance.row + row)
        columns.append(balance.col + at)
        data.append(balance.data)
        want = np.zeros(n)
        want[t], want[g.root] = 1.0, -1.0
        low.append(want)
        high.append(want)
        row += n
        rows.append(np.tile(np.arange(m), 2) + row)
        columns.append(np.concatenate([np.arange(m) + at, np.arange(m)]))
        data.append(np.concatenate([np.ones(m), -np.ones(m)]))
        low.append(np.full(m, -np.inf))
        high.append(np.zeros(m))
        row += m
    shape = (row, m + k * m)
    a = csr_matrix((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape)
    goal = np.concatenate([g.cost[keep], np.zeros(k * m)])
    whole = np.concatenate([np.ones(m), np.zeros(k * m)])
    found = milp(
        goal, integrality=whole, bounds=Bounds(0, 1),
        constraints=LinearConstraint(a, np.concatenate(low), np.concatenate(high)),
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.x is not None:
        tree = np.full(n, -1, np.int64)
        for e in _reached(g, keep[found.x[:m] > 0.5]):
            tree[g.head[e]] = e
        whole_tree = bool((tree[g.terminals] >= 0).all())
        got, tree = pruned(g.tail, g.cost, tree, g.root, g.terminals) if whole_tree else (math.inf, tree)
        if got < value - 1e-9 * (1 + value):
            value, above = float(got), tree
    if found.mip_dual_bound is None or not found.mip_dual_bound > bound:
        return value, above, bound, "cuts"
    # HiGHS stops within its own tolerance
    proved = float(found.mip_dual_bound)
    return value, above, value if abs(value - proved) <= 1e-7 * (1 + value) else min(proved, value), "highs"


def _shortest(tail: Ints, head: Ints, weight: Floats, n: int, sources: list[int]) -> Floats:
    """Distance of every node from the nearest source; of parallel arcs the cheapest counts."""
    order = np.lexsort((weight, head, tail))
    first = np.ones(order.size, bool)
    first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    e = order[first]
    graph = csr_matrix((weight[e], (tail[e], head[e])), (n, n))
    out: Any = dijkstra(graph, indices=sources, min_only=True)
    return np.asarray(out, np.float64)
