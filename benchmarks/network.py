"""Backbones beside NetworkX, rustworkx, SciPy and HiGHS: same data, one run, one process an engine.

    python benchmarks/network.py [plans] [optima] [national] [failures] [disasters] [--quick]

CPU seconds of the question as each engine takes it, building its model or graph included, making the data not. Our kernels
are compiled before (a small question is asked first; 1 to 30 s once a machine, kept on disk). Ratio: CPU seconds over ours.
Failures of NetworkX and rustworkx are measured on a sample of cases and scaled up, which is said in their rows.

igraph, which the target names beside rustworkx (">= 50 x igraph/rustworkx"), does not stand here: it is GPL-2, and nothing of
this project may depend on GPL code, not even to measure. rustworkx (Apache-2.0) is a compiled library of about the same
speed: in the project's study of both on these two networks igraph took 8.5 and 19.0 CPU s, rustworkx 9.4 and 18.2.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np  # noqa: E402
from beside import MISSED, Engine, Target, Told, ask, cpu_seconds, measured, table  # noqa: E402 (found beside this file)

SHARED = Path(os.environ.get("DAREMO_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data" / "backbone"
INSTANCES = ("abilene", "brain", "dfn-bwin", "di-yuan", "geant", "giul39", "janos-us", "newyork", "nobel-germany", "norway",
             "polska", "ta1", "zib54", "germany50")  # fmt: skip


def network_of(name: str) -> Any:
    """A network by name: national (tight or spread), jpn48, or of topohub."""
    from daremo.network.demand import gravity
    from daremo.network.read import read_jpn48, read_topohub
    from daremo.network.synthetic import national

    if name.startswith("national"):
        return national(spread=name == "national spread")
    return gravity(read_jpn48(SHARED)[0], 30_000.0) if name == "jpn48" else read_topohub(name)[0]


def load_ours(names: tuple[str, ...]) -> Told:
    """The sum of least worst utilisations, and of bounds; 60 s a network."""
    from daremo.kernel.watch import Watch
    from daremo.network.load import min_max

    nets = [network_of(n) for n in names]
    min_max(network_of("polska"), explain=0)

    def work() -> tuple[float, float]:
        found = [min_max(n, explain=0, watch=Watch(60.0)) for n in nets]
        return sum(f.utilisation for f in found), sum(f.bound for f in found)

    return measured(work)


def load_highs(names: tuple[str, ...], textbook: bool) -> Told:
    """HiGHS on flow variables: a commodity a source (aggregated) or a demand (textbook)."""
    nets = [network_of(n) for n in names]

    def work() -> tuple[float, float]:
        values = [_edge_model(n, textbook) for n in nets]
        return sum(values), sum(values)

    return measured(work)


def _edge_model(net: Any, textbook: bool) -> float:
    import highspy
    from scipy.sparse import block_diag, coo_matrix, hstack, identity, vstack

    from daremo.network.demand import resolved
    from daremo.network.highs import one_thread

    arcs, d, n = net.arcs(), resolved(net), len(net.nodes)
    key = np.arange(len(d)) if textbook else np.unique(d.source, return_inverse=True)[1]
    k, a = int(key.max()) + 1, len(arcs)
    around = coo_matrix(
        (np.r_[np.ones(a), -np.ones(a)], (np.r_[arcs.tail, arcs.head], np.r_[np.arange(a), np.arange(a)])), shape=(n, a)
    ).tocsr()
    right = np.zeros((k, n))
    np.add.at(right, (key, d.source), d.gbps)
    np.subtract.at(right, (key, d.target), d.gbps)
    scale = right.clip(0).sum() / arcs.capacity_gbps.sum()
    room = hstack([hstack([identity(a)] * k), -coo_matrix(arcs.capacity_gbps[:, None])])
    matrix = vstack([hstack([block_diag([around] * k), coo_matrix((k * n, 1))]), room]).tocsr()
    h = one_thread()
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = k * a + 1, k * n + a
    lp.col_cost_ = np.r_[np.zeros(k * a), 1.0]
    lp.col_lower_, lp.col_upper_ = np.zeros(k * a + 1), np.full(k * a + 1, highspy.kHighsInf)
    lp.row_lower_ = np.r_[right.ravel() / scale, np.full(a, -highspy.kHighsInf)]
    lp.row_upper_ = np.r_[right.ravel() / scale, np.zeros(a)]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    h.passModel(lp)
    h.setOptionValue("solver", "choose")
    h.run()
    return float(h.getObjectiveValue()) * scale


def fail_ours(name: str) -> Told:
    """All single and double link failures with re-routing: the largest utilisation, and lost demand summed as the bound's place."""
    from daremo.network.fail import fail

    net = network_of(name)
    fail(network_of("polska"), ("link", "pair"))

    def work() -> tuple[float, float]:
        found = fail(net, ("link", "pair"))
        return float(found.worst.sum()), float(found.worst.sum())

    return measured(work)


def fail_peer(name: str, library: str, cases: int) -> Told:
    """The same by a library's shortest paths, on a sample of cases, scaled to all."""
    from daremo.network.demand import resolved
    from daremo.network.today import whole_costs

    net = network_of(name)
    m, n, cost, d = len(net.links), len(net.nodes), whole_costs(net), resolved(net)
    all_cases = [(i,) for i in range(m)] + [(i, j) for i in range(m) for j in range(i + 1, m)]
    some = [all_cases[i] for i in np.random.default_rng(1).choice(len(all_cases), cases, replace=False)]
    amount = {(int(s), int(t)): float(x) for s, t, x in zip(d.source, d.target, d.gbps, strict=True)}
    links = [(int(a), int(b), int(w)) for a, b, w in zip(net.links.tail, net.links.head, cost, strict=True)]
    start = cpu_seconds()
    route = _networkx if library == "networkx" else _rustworkx
    for case in some:
        route(n, [x for i, x in enumerate(links) if i not in case], amount)
    whole = (cpu_seconds() - start) / cases * len(all_cases)
    return Told(float("nan"), float("nan"), whole, float("nan"), f"{cases} of {len(all_cases)} cases, scaled")


def _worst(paths: Any, amount: dict[tuple[int, int], float]) -> float:
    load: dict[tuple[int, int], float] = {}
    for (s, t), x in amount.items():
        path = paths(s, t)
        for u, v in zip(path[:-1], path[1:], strict=True):
            load[u, v] = load.get((u, v), 0.0) + x
    return max(load.values(), default=0.0)


def _networkx(n: int, links: list[tuple[int, int, int]], amount: dict[tuple[int, int], float]) -> float:
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from(links)
    trees = {s: nx.single_source_dijkstra_path(graph, s) for s in {s for s, _ in amount}}
    return _worst(lambda s, t: trees[s].get(t, []), amount)


def _rustworkx(n: int, links: list[tuple[int, int, int]], amount: dict[tuple[int, int], float]) -> float:
    import rustworkx as rx

    graph = rx.PyGraph()
    graph.add_nodes_from(list(range(n)))
    graph.add_edges_from(links)
    trees = {s: rx.dijkstra_shortest_paths(graph, s, weight_fn=float) for s in {s for s, _ in amount}}
    return _worst(lambda s, t: list(trees[s][t]) if t in trees[s] else [], amount)


def disasters_ours(scenarios: int, importance: bool) -> Told:
    """Disasters on JPN48 end to end: draws, connectivity, intervals; the lowest availability."""
    from daremo.network.availability import availability
    from daremo.network.hazards import roaming

    net = network_of("jpn48")
    availability(net, [roaming(net)], 640)

    def work() -> tuple[float, float]:
        low = float(
            availability(net, [roaming(net)], scenarios, importance=32_768 if importance else 0).available[0].min()
        )
        return low, low

    return measured(work)


def disasters_peer(library: str, scenarios: int, sample: int) -> Told:
    """Connectivity alone of the same scenarios, drawn before and not counted, on a sample, scaled."""
    from daremo.network.availability import scenario_words
    from daremo.network.hazards import roaming

    net = network_of("jpn48")
    words = (sample + 63) // 64
    up = [
        np.unpackbits(w.view(np.uint8), axis=1, bitorder="little").astype(bool)
        for w in scenario_words(net, roaming(net), words)
    ]
    tail, head, hubs, n = net.links.tail, net.links.head, net.hubs(), len(net.nodes)
    count = 64 * words
    start = cpu_seconds()
    cut = np.zeros(n)
    if library == "scipy":
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        e, s = np.nonzero(up[1])
        ok = up[0][tail[e], s] & up[0][head[e], s]
        e, s = e[ok], s[ok]
        size = n * count
        graph = coo_matrix((np.ones(len(e)), (tail[e] + n * s, head[e] + n * s)), shape=(size, size))
        part = connected_components(graph, directed=False)[1].reshape(count, n)
        good = np.zeros((count, n), bool)
        for h in hubs:
            good |= (part == part[:, [h]]) & up[0][h][:, None]
        cut = (~(good & up[0].T)).sum(axis=0)
    else:
        import networkx as nx

        for s in range(count):
            graph = nx.Graph()
            graph.add_nodes_from(np.flatnonzero(up[0][:, s]).tolist())
            live = np.flatnonzero(up[1][:, s] & up[0][tail, s] & up[0][head, s])
            graph.add_edges_from(zip(tail[live].tolist(), head[live].tolist(), strict=True))
            reached: set[int] = set()
            for h in hubs.tolist():
                if h in graph and h not in reached:
                    reached |= nx.node_connected_component(graph, h)
            cut[[i for i in range(n) if i not in reached]] += 1
    low = 1 - float(cut.max()) / count
    return Told(
        low,
        low,
        (cpu_seconds() - start) / count * scenarios,
        float("nan"),
        f"{count:,} scenarios, scaled; draws not counted",
    )


def optima(quick: bool) -> None:
    """Least worst utilisation of SNDlib's networks."""
    table(f"Least worst utilisation, {len(INSTANCES)} networks of SNDlib (topohub), summed")
    small = tuple(i for i in INSTANCES if i not in ("brain", "giul39", "zib54", "germany50"))
    ask(
        "all",
        [Engine("daremo", "network:load_ours", (INSTANCES,)), Engine("HiGHS aggregated", "network:load_highs", (INSTANCES, False))],
        Target(1e-6, 1.0, text="≤ 1 s"), sense="min",
    )  # fmt: skip
    ask(
        f"the {len(small)} smaller ones",
        [
            Engine("daremo", "network:load_ours", (small,)),
            Engine("HiGHS textbook", "network:load_highs", (small, True)),
        ],
        sense="min",
    )


def national(quick: bool) -> None:
    """A nation of 1,741 areas."""
    table("A made-up nation: 1,741 areas, 4,000 links, 12 hubs")
    for name, most in (("national", 0.5), ("national spread", 3.0)):
        peers = [] if quick else [Engine("HiGHS aggregated", "network:load_highs", ((name,), False), 600.0)]
        ask(
            name,
            [Engine("daremo", "network:load_ours", ((name,),)), *peers],
            Target(1e-6, most, text=f"≤ {most} s"),
            sense="min",
        )


def failures(quick: bool) -> None:
    """All single and double link failures with re-routing."""
    table("All single and double link failures, shortest-path re-routing")
    for name, most in (("germany50", 0.3), ("jpn48", 0.2)):
        peers = [
            Engine(x, "network:fail_peer", (name, x, 20 if quick else 100), needs=x) for x in ("networkx", "rustworkx")
        ]
        ask(name, [Engine("daremo", "network:fail_ours", (name,)), *peers], Target(0.0, most, text=f"≤ {most} s"))


def disasters(quick: bool) -> None:
    """A million disasters over Japan."""
    table("Availability: 1,000,000 disasters on JPN48 (discs of 30 to 250 km)")
    ask(
        "JPN48, 1,000,000",
        [
            Engine("daremo", "network:disasters_ours", (1_000_000, True)),
            Engine("SciPy, one block-diagonal graph", "network:disasters_peer", ("scipy", 1_000_000, 10_000)),
            Engine("NetworkX", "network:disasters_peer", ("networkx", 1_000_000, 1_000), needs="networkx"),
        ],
        Target(0.0, 1.0, text="≤ 1 s end to end"),
    )


def plan_ours(name: str, module_gbps: float, seconds: float, failures: tuple[str, ...] = ()) -> Told:
    """The cheapest whole modules, demands in both directions; a limit in CPU seconds.

    Costs are those of SNDlib where its file ``NAME.txt`` lies in ``DAREMO_SNDLIB`` (its licence keeps it out of here), else
    100 a module and 1 a kilometre more.
    """
    import time
    from dataclasses import replace

    from daremo.kernel.watch import Watch
    from daremo.network.read import read_graph
    from daremo.network.upgrade import both_ways, upgrade

    file = Path(os.environ.get("DAREMO_SNDLIB", "")) / f"{name}.txt"
    if os.environ.get("DAREMO_SNDLIB") and file.is_file():
        net, costs = read_graph(file)[0], "costs of SNDlib"
        net = replace(net, links=replace(net.links, setup_cost=np.zeros(len(net.links))))
    else:
        net, costs = network_of(name), "100 and the km"
        own = tuple(((module_gbps, float(round(100 + k))),) for k in net.links.length_km)
        net = replace(net, links=replace(net.links, modules=own))
    upgrade(both_ways(network_with_modules("abilene")), most=1.0, watch=Watch(5.0, clock=time.process_time))

    def work() -> tuple[float, float]:
        found = upgrade(both_ways(net), most=1.0, failures=failures, watch=Watch(seconds, clock=time.process_time))
        return found.cost, found.bound

    told = measured(work)
    return Told(told.value, told.bound, told.cpu_s, told.wall_s, costs)


def network_with_modules(name: str) -> Any:
    """A network of topohub with modules of 2,000 everywhere, to warm up with."""
    from dataclasses import replace

    net = network_of(name)
    return replace(net, links=replace(net.links, modules=(((2_000.0, 100.0),),) * len(net.links)))


def plans(quick: bool) -> None:
    """Whole modules on SNDlib's networks, demands undirected."""
    table("Upgrade plans: whole modules, undirected demands (SNDlib's U-U-M)")
    rows: tuple[tuple[str, float, float, float, tuple[str, ...]], ...] = (
        ("polska", 155.0, 60.0, 1e-6, ()),
        ("polska", 155.0, 60.0, 1e-6, ("links",)),
        ("germany50", 40.0, 60.0, 0.02, ()),
    )
    for name, gbps, seconds, gap, failures in rows:
        ask(
            name + (", surviving every link" if failures else ""),
            [Engine("daremo", "network:plan_ours", (name, gbps, seconds, failures), 20 * seconds)],
            Target(gap, text=f"gap ≤ {gap:g} in {seconds:g} s"),
            sense="min",
        )


PARTS = {"plans": plans, "optima": optima, "national": national, "failures": failures, "disasters": disasters}


def main() -> int:
    """Ask what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to ask")
    parser.add_argument("--quick", action="store_true", help="without the slowest peers")
    asked = parser.parse_args()
    for name in asked.parts or PARTS:
        PARTS[name](asked.quick)
    print(f"\n{MISSED.targets - len(MISSED.rows)} of {MISSED.targets} targets reached.")
    for missed in MISSED.rows:
        print(f"- {missed}")
    return 1 if MISSED.rows else 0


if __name__ == "__main__":
    sys.exit(main())
