"""Networks that the tests of backbones share: small random ones, and edge-by-edge answers to compare with."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import block_diag, coo_matrix, hstack, identity

from daremo.network.build import Raw, build
from daremo.network.demand import gravity, resolved
from daremo.network.load import Load
from daremo.network.model import Network
from daremo.network.read import read_jpn48


def made(nodes, links, demands=(), groups=(), areas=()) -> Network:
    """A network from tuples: nodes (id or dict), links (a, b, capacity[, back]), demands (a, b, Gbit/s)."""
    raw = Raw("made", areas=list(areas))
    raw.nodes = [n if isinstance(n, dict) else {"node_id": n} for n in nodes]
    for link in links:
        row = (
            link
            if isinstance(link, dict)
            else dict(zip(("from_node", "to_node", "capacity_gbps", "capacity_back_gbps"), link, strict=False))
        )
        raw.links.append(row)
    raw.demands = [dict(zip(("from_node", "to_node", "demand_gbps"), d, strict=True)) for d in demands]
    raw.groups = list(groups)
    return build(raw)[0]


def random_network(seed: int, *, nodes: int = 7, extra: int = 6, directed: bool = True) -> Network:
    """Connected, with parallel links, whole-number costs that tie often, and some one-way capacities."""
    rng = np.random.default_rng(seed)
    pairs = [(int(rng.integers(i)), i) for i in range(1, nodes)]
    pairs += [tuple(int(x) for x in rng.choice(nodes, 2, replace=False)) for _ in range(extra)]
    links = []
    for a, b in pairs:
        room = float(rng.integers(1, 9))
        back = float(rng.integers(0, 9)) if directed and rng.random() < 0.3 else room
        cost, group = float(rng.integers(1, 4)), f"g{rng.integers(3)}" if rng.random() < 0.4 else ""
        links.append(
            {
                "from_node": f"n{a}",
                "to_node": f"n{b}",
                "capacity_gbps": room,
                "capacity_back_gbps": back,
                "cost": cost,
                "groups": group,
            }
        )
    rows = [
        {
            "node_id": f"n{i}",
            "role": "hub" if i == 0 else "",
            "people": float(rng.integers(0, 50)),
            "longitude": 135 + rng.random() * 3,
            "latitude": 34 + rng.random() * 2,
        }
        for i in range(nodes)
    ]
    demands = [
        (f"n{a}", f"n{b}", float(rng.integers(1, 20)))
        for a in range(nodes)
        for b in range(nodes)
        if a != b and rng.random() < 0.4
    ]
    return made(rows, links, demands)


def least_worst_by_edges(net: Network) -> float:
    """The textbook model, a variable a demand and arc, by SciPy."""
    arcs, d, n = net.arcs(), resolved(net), len(net.nodes)
    a, k = len(arcs), len(d)
    if k == 0:
        return 0.0
    rows, right = np.zeros((k * n, k * a + 1)), np.zeros(k * n)
    for i in range(k):
        for e in range(a):
            rows[i * n + arcs.tail[e], i * a + e] += 1
            rows[i * n + arcs.head[e], i * a + e] -= 1
        right[i * n + d.source[i]] += d.gbps[i]
        right[i * n + d.target[i]] -= d.gbps[i]
    room = np.zeros((a, k * a + 1))
    for e in range(a):
        room[e, [i * a + e for i in range(k)]] = 1
        room[e, -1] = -arcs.capacity_gbps[e]
    cost = np.zeros(k * a + 1)
    cost[-1] = 1
    found = linprog(cost, room, np.zeros(a), rows, right, method="highs")
    assert found.status == 0, found.message
    return float(found.fun)


def least_worst_by_sources(net: Network) -> float:
    """The model with a flow a source and arc, by SciPy: for networks that are too large for the textbook one."""
    arcs, d, n = net.arcs(), resolved(net), len(net.nodes)
    source, row = np.unique(d.source, return_inverse=True)
    a, k = len(arcs), len(source)
    scale = d.gbps.sum() / arcs.capacity_gbps.sum()
    one = np.arange(a)
    around = coo_matrix((np.r_[np.ones(a), -np.ones(a)], (np.r_[arcs.tail, arcs.head], np.r_[one, one])), shape=(n, a))
    right = np.zeros((k, n))
    np.add.at(right, (row, d.source), d.gbps / scale)
    np.subtract.at(right, (row, d.target), d.gbps / scale)
    rows = hstack([block_diag([around] * k), coo_matrix((k * n, 1))]).tocsr()
    room = hstack([hstack([identity(a)] * k), -coo_matrix(arcs.capacity_gbps[:, None])]).tocsr()
    found = linprog(np.r_[np.zeros(k * a), 1.0], room, np.zeros(a), rows, right.ravel(), method="highs")
    assert found.status == 0, found.message
    return float(found.fun) * scale


def as_table(answer: Load):
    """Flows and prices by link and direction, as the independent check takes them."""
    m = len(answer.network.links)
    flow, price = np.zeros((len(answer.roots), 2 * m)), np.zeros(2 * m)
    at = answer.arcs.link + m * answer.arcs.back
    flow[:, at], price[at] = answer.flows.toarray(), answer.price_a
    return flow, answer.roots.node, answer.roots.inward, price, (answer.utilisation, answer.bound)


def jpn48(shared_data: Path) -> Network:
    """JPN48 with 30 Tbit/s by gravity."""
    folder = shared_data / "backbone"
    if not folder.is_dir():
        pytest.skip("JPN48 is not here (../shared/data/backbone)")
    return gravity(read_jpn48(folder)[0], 30_000.0)


def optima(shared_data: Path, column: str = "opt_max_util") -> dict[str, float]:
    """Proved optima by instance, or another column of their table."""
    path = shared_data / "backbone" / "min_max_utilisation_optima.csv"
    if not path.is_file():
        pytest.skip("the proved optima are not here (../shared/data/backbone)")
    with path.open(encoding="utf-8") as file:
        return {r["instance"]: float(r[column]) for r in csv.DictReader(file)}
