"""Channel plans: as good as trying every plan on small cases; feasible and bounded on large ones."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from daremo.kernel.errors import Infeasible, UsageError
from daremo.network import channel_bound, channels
from daremo.network.channel_bound import clique_bound
from daremo.network.channels import fewest_channels, fewest_conflicts, for_demand


def drawn(seed: int, n: int | None = None, density: float = 0.5, most: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    n = n or int(rng.integers(2, 7))
    upper = np.triu(np.where(rng.random((n, n)) < density, rng.integers(1, most + 1, (n, n)), 0), 1)
    return upper + upper.T


def in_the_plane(seed: int, n: int) -> Any:
    """Stations in a square: near ones three channels apart, further ones two, then one."""
    at = np.random.default_rng(seed).uniform(0, 10, (n, 2))
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    apart = np.select([km < 0.8, km < 1.6, km < 2.4], [3, 2, 1], 0)
    np.fill_diagonal(apart, 0)
    return apart


def kept(apart: Any, plan: Any) -> bool:
    c = np.array(plan)
    return bool((np.abs(c[:, None] - c[None]) + 10**6 * np.eye(len(c), dtype=int) >= apart).all())


def fewest_by_trying(apart: Any, allowed: Any = None) -> int | None:
    n = len(apart)
    for width in range(1, 14):
        rooms = [[c for c in (range(width) if allowed is None else allowed[v]) if c < width] for v in range(n)]
        if any(kept(apart, plan) for plan in product(*rooms)):
            return width
    return None


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("cp_sat", [False, True])
def test_the_fewest_channels_are_those_of_trying_every_plan(seed: int, cp_sat: bool):
    apart = drawn(seed, most=2 if seed % 2 else 3, n=3 + seed % 3)
    got = fewest_channels(apart, cp_sat=cp_sat)
    assert got.value == got.bound == fewest_by_trying(apart)
    assert kept(apart, got.channel_n) and max(got.channel_n) + 1 == got.value
    assert clique_bound(apart) <= got.value


@pytest.mark.parametrize("seed", range(20))
def test_lists_of_allowed_channels_are_kept_and_the_plan_is_still_the_best(seed: int):
    apart = drawn(100 + seed, n=4, most=2)
    rng = np.random.default_rng(seed)
    allowed = [sorted(rng.choice(8, 4, replace=False).tolist()) for _ in range(4)]
    best = fewest_by_trying(apart, allowed)
    if best is None:
        with pytest.raises(Infeasible):
            fewest_channels(apart, allowed=allowed)
        return
    got = fewest_channels(apart, allowed=allowed)
    assert got.value == got.bound == best
    assert all(c in a for c, a in zip(got.channel_n, allowed, strict=True))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("nodes", [200_000, 0])
def test_the_least_conflict_is_that_of_trying_every_plan(seed: int, nodes: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(channels, "NODES", nodes)  # without nodes only CP-SAT can prove it
    apart = drawn(200 + seed, n=5, density=0.9, most=2)
    rng = np.random.default_rng(seed)
    half = np.triu(rng.integers(1, 9, (5, 5)), 1).astype(float)
    weight = half + half.T
    best = min(
        sum(weight[i, j] for i in range(5) for j in range(i) if abs(p[i] - p[j]) < apart[i, j])
        for p in product(range(3), repeat=5)
    )
    got = fewest_conflicts(apart, 3, weight)
    assert got.value == pytest.approx(best) and got.bound == pytest.approx(best, rel=1e-3, abs=1e-3)
    assert got.value == pytest.approx(sum(weight[i, j] for i, j in got.broken))
    assert max(got.channel_n) < 3


def test_search_alone_states_a_bound_that_holds_when_it_stops_early(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(channels, "NODES", 3)
    for seed in range(20):
        apart = drawn(seed, n=5)
        got = fewest_channels(apart, cp_sat=False)
        best = fewest_by_trying(apart)
        assert best is not None and got.bound <= best <= got.value and kept(apart, got.channel_n)


def test_a_hundred_stations_are_planned_and_bounded():
    apart = in_the_plane(1, 100)
    got = fewest_channels(apart)
    assert kept(apart, got.channel_n)
    assert got.bound <= got.value and got.gap_share <= 0.1
    assert fewest_channels(apart, most=int(got.value)).value == got.value
    with pytest.raises(Infeasible) as told:
        fewest_channels(apart, most=int(got.bound) - 1)
    assert str(int(got.bound)) in str(told.value)


def test_a_narrow_band_breaks_something_and_says_what():
    apart = in_the_plane(2, 60)
    got = fewest_conflicts(apart, 3, cp_sat=False)
    plan = np.array(got.channel_n)
    pairs = {(i, j) for i in range(60) for j in range(i + 1, 60) if abs(plan[i] - plan[j]) < apart[i, j]}
    assert pairs == set(got.broken) and got.value == len(pairs) > 0
    assert 0 <= got.bound <= got.value and plan.max() < 3


def test_a_complete_graph_needs_what_its_distances_say():
    for n, s in ((4, 1), (5, 2), (13, 3)):
        apart = s * (1 - np.eye(n, dtype=int))
        got = fewest_channels(apart)
        assert got.value == got.bound == s * (n - 1) + 1


def test_stations_that_want_more_channels_get_them_apart():
    wide, station = for_demand([[0, 1], [1, 0]], [2, 1], own=3)
    assert station.tolist() == [0, 0, 1]
    got = fewest_channels(wide)
    first = sorted(c for c, s in zip(got.channel_n, station, strict=True) if s == 0)
    assert first[1] - first[0] >= 3 and got.value == 4


def test_nobody_needs_no_channel():
    assert fewest_channels(np.zeros((0, 0), int)).value == 0
    assert fewest_channels(np.zeros((3, 3), int)).value == 1


@pytest.mark.parametrize(
    "apart", [[[0, 1], [0, 0]], [[1, 0], [0, 0]], [[0, -1], [-1, 0]], [[0, 0.5], [0.5, 0]], [[0, 1]]]
)
def test_distances_that_cannot_be_are_refused(apart: Any):
    with pytest.raises(UsageError):
        fewest_channels(apart)


def test_a_band_without_channels_is_refused():
    with pytest.raises(UsageError):
        fewest_conflicts([[0, 1], [1, 0]], 0)
    with pytest.raises(Infeasible):
        fewest_channels([[0, 1], [1, 0]], allowed=[[0], []])


def test_the_bound_of_a_large_clique_never_exceeds_the_shortest_path_through_it(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(7)
    close = 0
    for _ in range(30):
        n = int(rng.integers(4, 10))
        half = np.triu(rng.integers(1, 5, (n, n)), 1)
        apart = half + half.T
        exact = clique_bound(apart)
        monkeypatch.setattr(channel_bound, "PATH_SIZE", 1)
        loose = clique_bound(apart)
        monkeypatch.undo()
        assert loose <= exact
        close += exact - loose <= 1
    assert close >= 20
