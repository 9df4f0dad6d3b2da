"""Balancing flows between paths: its answer and its bound enclose the textbook model's optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daremo.kernel.watch import Watch
from daremo.network.balance import balanced
from daremo.network.demand import gathered, resolved
from daremo.network.load import min_max, split_by_path
from daremo.network.read import read_topohub
from daremo.network.synthetic import national
from daremo.network.verify import verify_load
from tests.network.backbones import as_table, least_worst_by_edges, random_network


def with_paths(net):
    """The network with those demands only that have a path."""
    return replace(net, demands=split_by_path(resolved(net), net.arcs(), len(net.nodes))[0])


@pytest.mark.parametrize("seed", range(25))
def test_the_optimum_lies_between_the_bound_and_the_answer(seed: int):
    net = with_paths(random_network(seed))
    arcs, n = net.arcs(), len(net.nodes)
    found = balanced(arcs, n, gathered(net.demands, n), gap=1e-4)
    best = least_worst_by_edges(net)
    assert found.bound <= best * (1 + 1e-9) and found.utilisation >= best * (1 - 1e-9)
    assert found.utilisation <= best * 1.001
    assert float(found.price_a @ arcs.capacity_gbps) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["polska", "zib54", "janos-us"])
def test_a_real_network_is_nearly_closed(name: str):
    net, _ = read_topohub(name)
    arcs, n = net.arcs(), len(net.nodes)
    found, exact = balanced(arcs, n, gathered(resolved(net), n), gap=1e-3), min_max(net, explain=0).utilisation
    assert exact * (1 - 1e-9) <= found.utilisation <= exact * 1.001
    assert exact * 0.999 <= found.bound <= exact * (1 + 1e-9)


@pytest.mark.parametrize("turned", [False, True])
def test_a_nation_with_its_bottleneck_everywhere_closes_and_passes_the_check(
    turned: bool, monkeypatch: pytest.MonkeyPatch
):
    net = national(200, 450, 5, seed=2, spread=True)
    d = net.demands
    net = replace(net, demands=replace(d, source=d.target, target=d.source)) if turned else net
    monkeypatch.setattr("daremo.network.load.MANY_ARCS", 100)
    monkeypatch.setattr("daremo.network.load.MOST_PIVOTS", 20)
    answer = min_max(net, gap=1e-3)
    assert 0 <= answer.gap_share <= 1e-3
    assert verify_load(net, *as_table(answer)).faults == ()
    assert answer.binding and all(b.lower_by is None for b in answer.binding)
    assert sum(b.price_share for b in answer.binding) == pytest.approx(1.0, abs=1e-3)


def test_out_of_time_the_answer_is_whole_and_says_its_gap():
    net = national(120, 260, 5, seed=3, spread=True)
    arcs, n = net.arcs(), len(net.nodes)
    found = balanced(arcs, n, gathered(resolved(net), n), watch=Watch(1e-9))
    best = min_max(net, explain=0)
    assert found.rounds == 1 and found.bound <= best.utilisation <= found.utilisation * (1 + 1e-9)
    assert np.asarray(found.flows.sum(axis=0)).ravel().max() > 0
