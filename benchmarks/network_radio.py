"""Radio and access lines beside what one would otherwise write: CPU seconds of one process, compile time excluded.

``python benchmarks/network_radio.py``. The peers: `p1812_plain.py` (NumPy, one path at a time, from the text of the
Recommendation), NetworkX for Steiner trees, HiGHS on the textbook models of siting, CP-SAT's plain model for channels.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, hstack, identity

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.p1812_plain import loss_db
from daremo.network.channels import fewest_channels
from daremo.network.fibre import steiner_tree
from daremo.network.local5g import Radio, candidate_grid, plan_local5g
from daremo.network.radio.coverage import Site, coverage
from daremo.network.radio.p1812 import Profiles, Service, path_loss
from daremo.network.radio.raster import Raster, raster
from daremo.network.radio.siting import most_covered


def cpu(work: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """Least CPU seconds of `times` runs, and the last answer."""
    best, out = float("inf"), None
    for _ in range(times):
        begun = time.process_time()
        out = work()
        best = min(best, time.process_time() - begun)
    return best, out


def paths(points: int, count: int) -> Profiles:
    """Random walks of heights with clutter, equally spaced at 100 m."""
    rng = np.random.default_rng(1)
    d = np.tile(np.arange(points) * 0.1, count)
    h = np.abs(np.cumsum(rng.normal(0, 6, (count, points)), axis=1) + 150).ravel()
    start = np.arange(count + 1, dtype=np.int64) * points
    return Profiles(start, d, h, rng.choice([0.0, 0.0, 10.0, 15.0], d.size), np.full(d.size, 4, np.int8))


def p1812() -> None:
    """Paths a second, and the largest difference."""
    print("ITU-R P.1812, all terms, 4.7 GHz, p = 10 %")
    service = Service(4.7, 10.0)
    for points, count, few in ((87, 60_000, 300), (501, 10_000, 100)):
        batch = paths(points, count)
        path_loss(batch, service, 30.0, 1.5, 35.0)
        ours, loss = cpu(lambda b=batch: path_loss(b, service, 30.0, 1.5, 35.0), 3)

        def plain(b: Profiles = batch, n: int = points, k: int = few) -> Any:
            some = [slice(i * n, i * n + n) for i in range(k)]
            return [
                loss_db(4.7, 10.0, b.distance_km[s], b.height_m[s], b.clutter_m[s], b.zone[s], 30.0, 1.5, 2, 35.0, 45.0, 325.0)
                for s in some
            ]  # fmt: skip

        theirs, other = cpu(plain)
        apart = float(np.abs(np.array(other) - loss[:few]).max())
        print(
            f"  {points:4} points: ours {count / ours:9,.0f} paths/s, plain NumPy {few / theirs:7,.0f} paths/s, "
            f"ratio {count / ours / (few / theirs):6.0f}x, largest difference {apart:.1e} dB"
        )


def hills(cells: int) -> Raster:
    """Smooth random hills with clutter, 100 m cells."""
    rng = np.random.default_rng(1)
    h = gaussian_filter(rng.normal(0, 1, (cells, cells)), 12)
    h = np.maximum(0, h / h.std() * 120 + 150)
    return raster(h, 0, 0, 100.0, degrees=False, clutter_m=rng.choice([0.0, 10.0, 15.0], (cells, cells)))


def maps() -> None:
    """One site over 30 km x 30 km, one site with 30 km radius, a whole plan."""
    print("Maps at 100 m")
    land = hills(300)
    coverage(land, [Site("a", 15_000.0, 15_000.0, 30.0)], Service(4.85), max_km=0.3)
    seconds, found = cpu(lambda: coverage(land, [Site("a", 15_000.0, 15_000.0, 30.0)], Service(4.85)))
    print(f"  30 km x 30 km, one site: {found.paths:,} paths, {seconds:.2f} CPU s")
    wide = hills(600)
    seconds, found = cpu(lambda: coverage(wide, [Site("a", 30_000.0, 30_000.0, 30.0)], Service(4.85), max_km=30.0))
    print(f"  30 km radius, one site: {found.paths:,} paths, {seconds:.2f} CPU s")
    sites = candidate_grid(land, 3.0, 15.0, 48.0)
    plan_local5g(land, sites[:3], Service(4.85), Radio(), p=2, max_km=1.0)
    seconds, plan = cpu(
        lambda: plan_local5g(land, sites, Service(4.85, 50.0, 90.0, location_sigma_db=2.3), Radio(), p=20)
    )
    told = plan.as_dict()
    print(
        f"  plan of 30 km x 30 km, {len(sites)} candidates within 5 km ({told['paths']:,} paths), 20 sites: {seconds:.2f} CPU s, "
        f"covered {told['value']:,.0f} of at most {told['bound']:,.0f} cells, gap {told['gap_share']:.2%}"
    )


def siting() -> None:
    """Most covered: ours beside the textbook model, a row a demand point."""
    rng = np.random.default_rng(2)
    cells, masts = rng.uniform(0, 10, (6000, 2)), rng.uniform(0, 10, (60, 2))
    covers = np.hypot(*(masts[:, None] - cells[None]).transpose(2, 0, 1)) < 1.4
    seconds, got = cpu(lambda: most_covered(covers, p=12))
    s, n = covers.shape

    def textbook() -> Any:
        rules = [
            LinearConstraint(hstack([csr_matrix(covers.T.astype(float)), -identity(n)]), 0, np.inf),
            LinearConstraint(csr_matrix(np.concatenate([np.ones(s), np.zeros(n)])), -np.inf, 12),
        ]
        goal = np.concatenate([np.zeros(s), -np.ones(n)])
        whole = np.ones(s + n)
        return milp(goal, integrality=whole, bounds=Bounds(0, 1), constraints=rules, options={"time_limit": 60})

    theirs, found = cpu(textbook)
    print(
        f"Most covered, 60 sites, 6,000 points, 12 open\n  ours {seconds:.2f} CPU s: {got.value:,.0f}, bound {got.bound:,.1f}"
    )
    print(
        f"  HiGHS textbook {theirs:.2f} CPU s: {-found.fun:,.0f}, bound {-found.mip_dual_bound:,.1f}; ratio {theirs / seconds:.1f}x"
    )


def trees() -> None:
    """Steiner trees: ours beside NetworkX's two approximations."""
    import networkx as nx

    print("Fibre trees (points in a square, five nearest neighbours)")
    steiner_tree([0, 1], [1, 2], [1.0, 1.0], 0, [2])
    for n, k in ((300, 100), (1000, 300), (2000, 800)):
        rng = np.random.default_rng(1)
        at = rng.uniform(0, 10, (n, 2))
        km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
        pairs = {tuple(sorted((i, int(j)))) for i in range(n) for j in np.argsort(km[i])[1:6]}
        a, b = np.array(sorted(pairs)).T
        terminals = rng.choice(np.arange(1, n), k, replace=False)
        seconds, tree = cpu(lambda a=a, b=b, c=km[a, b], t=terminals: steiner_tree(a, b, c, 0, t))
        graph = nx.Graph()
        graph.add_weighted_edges_from((int(u), int(v), float(km[u, v])) for u, v in zip(a, b, strict=True))
        theirs, other = cpu(
            lambda g=graph, t=terminals: nx.algorithms.approximation.steiner_tree(
                g, [0, *t.tolist()], method="mehlhorn"
            )
        )
        print(
            f"  {n} nodes, {k} terminals: ours {tree.value:.2f} (bound {tree.bound:.2f}, gap {tree.gap_share:.2%}) in {seconds:.2f} CPU s; "
            f"NetworkX Mehlhorn {other.size('weight'):.2f} in {theirs:.2f} CPU s, no bound"
        )


def channels() -> None:
    """Channel plans in a plane: value, bound, seconds."""
    print("Channel plans (stations in a square; near ones 3, further ones 2 or 1 channels apart)")
    fewest_channels([[0, 1], [1, 0]])
    for n in (60, 100, 200):
        at = np.random.default_rng(1).uniform(0, 10, (n, 2))
        km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
        apart = np.select([km < 0.8, km < 1.6, km < 2.4], [3, 2, 1], 0)
        np.fill_diagonal(apart, 0)
        seconds, plan = cpu(lambda m=apart: fewest_channels(m))
        alone, other = cpu(lambda m=apart: fewest_channels(m, cp_sat=False))
        print(
            f"  {n} stations: {plan.value:g} channels, bound {plan.bound:g}, {seconds:.2f} CPU s; "
            f"without CP-SAT {other.value:g}, bound {other.bound:g}, {alone:.2f} CPU s"
        )


if __name__ == "__main__":
    print("CPU seconds of one process, compile time excluded (a first run of each kernel goes before)")
    for part in (p1812, maps, siting, trees, channels):
        part()
