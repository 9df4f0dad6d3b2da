"""Fibre trees: as cheap as trying every set of routes, never below their bound, and proved by cuts that a stranger checks."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest

from daremo.kernel.errors import Infeasible, UsageError
from daremo.network import fibre
from daremo.network.fibre import steiner_tree
from daremo.network.verify_access import certified_bound, faults_of_tree


def drawn(seed: int) -> tuple[Any, Any, Any, int, list[int]]:
    """A small connected graph with whole costs, some of them nothing."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 7))
    a, b = list(range(1, n)), [int(rng.integers(0, v)) for v in range(1, n)]
    for _ in range(int(rng.integers(0, 6))):
        u, v = rng.choice(n, 2, replace=False)
        a.append(int(u))
        b.append(int(v))
    cost = rng.integers(0, 9, len(a)).astype(float)
    terminals = rng.choice(n, int(rng.integers(1, n)), replace=False).tolist()
    return np.array(a), np.array(b), cost, int(rng.integers(n)), terminals


def cheapest_by_trying(a: Any, b: Any, cost: Any, root: int, terminals: list[int], both_ways: bool) -> float:
    best = np.inf
    for k in range(len(a) + 1):
        for some in combinations(range(len(a)), k):
            paid = cost[list(some)].sum()
            if paid >= best:
                continue
            graph = nx.Graph() if both_ways else nx.DiGraph()
            graph.add_nodes_from([root, *terminals])
            graph.add_edges_from((int(a[e]), int(b[e])) for e in some)
            reached = nx.node_connected_component(graph, root) if both_ways else {root, *nx.descendants(graph, root)}
            if set(terminals) <= reached:
                best = paid
    return float(best)


def planar(seed: int, n: int, terminals: int) -> tuple[Any, Any, Any, int, Any]:
    """Points in a square, each joined to its nearest five."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 10, (n, 2))
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    pairs = {tuple(sorted((i, int(j)))) for i in range(n) for j in np.argsort(km[i])[1:6]}
    a, b = np.array(sorted(pairs)).T
    return a, b, km[a, b], 0, rng.choice(np.arange(1, n), terminals, replace=False)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("way", ["programme", "highs", "heuristic"])
def test_a_tree_is_as_cheap_as_trying_every_set_of_roads(seed: int, way: str, monkeypatch: pytest.MonkeyPatch):
    if way != "programme":
        monkeypatch.setattr(fibre, "PROGRAMME", -1)
    question = drawn(seed)
    best = cheapest_by_trying(*question, both_ways=True)
    got = steiner_tree(*question, exact=way != "heuristic")
    assert faults_of_tree(*question, got.arcs, got.value, got.bound, got.cuts) == []
    assert got.certified == pytest.approx(certified_bound(got.cuts))
    assert got.certified <= best + 1e-9 and got.bound <= best + 1e-9
    if way == "heuristic":
        assert best <= got.value <= 1.3 * best + 1e-9
    else:
        assert got.value == pytest.approx(best) and got.bound == pytest.approx(best)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("way", ["programme", "highs"])
def test_one_way_routes_are_used_one_way(seed: int, way: str, monkeypatch: pytest.MonkeyPatch):
    if way == "highs":
        monkeypatch.setattr(fibre, "PROGRAMME", -1)
    question = drawn(300 + seed)
    best = cheapest_by_trying(*question, both_ways=False)
    if np.isinf(best):
        with pytest.raises(Infeasible):
            steiner_tree(*question, both_ways=False)
        return
    got = steiner_tree(*question, both_ways=False)
    assert faults_of_tree(*question, got.arcs, got.value, got.bound, got.cuts, both_ways=False) == []
    assert got.value == pytest.approx(best) and got.bound == pytest.approx(best)


@pytest.mark.parametrize("seed", range(6))
def test_programme_and_highs_agree_on_trees_of_sixty_nodes(seed: int, monkeypatch: pytest.MonkeyPatch):
    question = planar(seed, 60, 7)
    exact = steiner_tree(*question)
    assert exact.bound_from == "programme"
    monkeypatch.setattr(fibre, "PROGRAMME", -1)
    other = steiner_tree(*question)
    assert other.value == pytest.approx(exact.value) and other.bound <= exact.value + 1e-6
    found = nx.Graph()
    found.add_weighted_edges_from((int(a), int(b), float(c)) for a, b, c in zip(*question[:3], strict=True))
    known = nx.algorithms.approximation.steiner_tree(found, [0, *question[4].tolist()])
    assert exact.value <= known.size("weight") + 1e-9


def test_a_tree_for_a_hundred_villages_is_bounded_closely():
    question = planar(3, 300, 100)
    got = steiner_tree(*question)
    assert faults_of_tree(*question, got.arcs, got.value, got.bound, got.cuts) == []
    assert got.gap_share < 0.03
    graph = nx.Graph()
    graph.add_weighted_edges_from((int(a), int(b), float(c)) for a, b, c in zip(*question[:3], strict=True))
    known = nx.algorithms.approximation.steiner_tree(graph, [0, *question[4].tolist()], method="mehlhorn")
    assert got.value <= known.size("weight")


def test_everybody_at_the_hub_needs_no_fibre():
    got = steiner_tree([0], [1], [5.0], 0, [0])
    assert (got.arcs, got.value, got.bound) == ((), 0.0, 0.0)


def test_a_place_without_a_road_is_named():
    with pytest.raises(Infeasible) as told:
        steiner_tree([0], [1], [5.0], 0, [1, 4])
    assert told.value.where == "4"


@pytest.mark.parametrize("bad", [{"cost": [-1.0]}, {"cost": [np.nan]}, {"tail": [-1]}, {"cost": [1.0, 2.0]}])
def test_a_road_that_cannot_be_is_refused(bad: dict[str, Any]):
    given: dict[str, Any] = {"tail": [0], "head": [1], "cost": [1.0], "root": 0, "terminals": [1], **bad}
    with pytest.raises(UsageError):
        steiner_tree(**given)


def test_the_check_sees_what_is_wrong():
    a, b, cost, root, terminals = planar(4, 30, 6)
    got = steiner_tree(a, b, cost, root, terminals)
    question = (a, b, cost, root, terminals)
    assert faults_of_tree(*question, got.arcs[1:], got.value, got.bound)
    assert faults_of_tree(*question, got.arcs, got.value * 0.9, got.bound)
    assert faults_of_tree(*question, got.arcs, got.value, got.value * 1.1)
    dear = fibre.Cuts(got.cuts.start, got.cuts.nodes, got.cuts.amount * 2)
    assert faults_of_tree(*question, got.arcs, got.value, got.bound, dear)
