"""Access beside PySAL `access`: the same figures to 1e-12 wherever both define the same thing."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.reach.access import access
from daremo.reach.decay import Gaussian, Power, Steps
from daremo.reach.travel.pairs import pairs_of_matrix

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pandas = pytest.importorskip("pandas")
    peer = pytest.importorskip("access")

SEEDS = st.integers(0, 1_000_000)
STEPS = {10: 1.0, 20: 0.68, 30: 0.22}
RINGS = Steps((10, 20, 30), (1.0, 0.68, 0.22))


class Town:
    """A random question, everywhere at least one place in reach, with ties and places without capacity."""

    def __init__(self, seed, d=14, p=6, most=40):
        rng = np.random.default_rng(seed)
        cost = rng.integers(1, most, (d, p)).astype(float)
        cost[rng.random((d, p)) < 0.3] = np.inf
        cost[np.arange(d), rng.integers(0, p, d)] = rng.integers(1, 10, d)
        cost[rng.integers(0, d, p), np.arange(p)] = rng.integers(1, 10, p)
        self.pairs = pairs_of_matrix(cost, "min")
        self.demand, self.supply = rng.integers(1, 60, d), rng.integers(1, 9, p)
        self.people = pandas.DataFrame({"demand": self.demand}, index=pandas.Index(np.arange(d), name="geoid"))
        self.places = pandas.DataFrame({"supply": self.supply}, index=pandas.Index(np.arange(p), name="geoid"))
        trips = {"origin": self.pairs.demand(), "dest": self.pairs.place, "cost": self.pairs.cost}
        self.trips = pandas.DataFrame(trips)

    def peer(self, call, *, index=True, **more):
        """What PySAL says, by demand point; 0 where it says nothing."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = call(self.people, self.places, self.trips.copy(), **more)
        return told.reindex(np.arange(self.demand.size)).fillna(0).to_numpy()

    def ours(self, measure, **more):
        return access(self.pairs, self.demand, self.supply, measure=measure, **more).value_dg[:, 0]


def close(a, b):
    assert np.allclose(a, b, rtol=1e-12, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.sampled_from([15.0, 30.0, 100.0]))
def test_2sfca_is_pysals(seed, limit):
    town = Town(seed)
    close(town.ours("2sfca", limit=limit), town.peer(peer.fca.two_stage_fca, demand_index=True, max_cost=limit))


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_e2sfca_is_pysals_with_steps_and_with_a_continuous_decay(seed):
    town = Town(seed)
    for ours, theirs in ((RINGS, peer.weights.step_fn(STEPS)), (Gaussian(12), peer.weights.gaussian(12))):
        told = town.peer(peer.fca.two_stage_fca, demand_index=True, max_cost=35, weight_fn=theirs)
        close(town.ours("e2sfca", decay=ours, limit=35), told)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_3sfca_is_pysals(seed):
    town = Town(seed)
    told = town.peer(peer.fca.three_stage_fca, demand_index=True, max_cost=60, weight_fn=peer.weights.step_fn(STEPS))
    close(town.ours("3sfca", decay=RINGS, limit=60), told)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_gravity_is_pysals_weighted_catchment(seed):
    town = Town(seed)

    def gravity(people, places, trips):
        return peer.fca.weighted_catchment(
            places, trips, max_cost=30, cost_source="dest", cost_dest="origin", loc_index=True, loc_value="supply",
            weight_fn=peer.weights.gravity(20, -2, 1),
        )  # fmt: skip

    close(town.ours("gravity", decay=Power(20, 2, 1), limit=30), town.peer(gravity))


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from([5.0, 60.0]))
def test_the_published_iteration_of_rational_agents_is_pysals(seed, tau):
    town = Town(seed, d=25, p=5)
    town.people["demand"] = town.demand = town.demand * 40
    close(town.ours("raam-cycles", tau=tau), town.peer(peer.raam.raam, tau=tau))


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_the_equilibrium_costs_no_more_than_what_pysal_leaves_off_at(seed):
    town = Town(seed, d=25, p=5)
    town.people["demand"] = town.demand = town.demand * 400
    exact = access(town.pairs, town.demand, town.supply, measure="raam", gap=1e-9)
    left = access(town.pairs, town.demand, town.supply, measure="raam-cycles")
    assert exact.value <= left.value * (1 + 1e-9)
    apart = np.abs(exact.value_dg[:, 0] - town.peer(peer.raam.raam))
    assert apart.mean() < 0.03  # its steps of whole people end near the equilibrium, single points farther off
