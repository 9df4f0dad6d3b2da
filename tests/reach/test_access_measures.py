"""Every measure of access against its definition, written out in loops; and what must hold whatever the numbers."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.access import access
from daremo.reach.access_question import MEASURES
from daremo.reach.decay import Exponential, Gaussian, LogLogistic, Power, Steps, Within
from daremo.reach.travel.pairs import pairs_of, pairs_of_matrix
from daremo.reach.verify_access import verify_access

SEEDS = st.integers(0, 1_000_000)
DECAYS = (
    Within(3),
    Steps((2, 4, 6), (1, 0.68, 0.22)),
    Gaussian(3),
    Exponential(2),
    LogLogistic(3, 2.5),
    Power(2, 1, 1),
)
DECAYING = ("gravity", "e2sfca", "3sfca")
FCA = ("2sfca", "e2sfca", "3sfca")


class Town:
    """A random question with ties, places without capacity, points without people and points without a way."""

    def __init__(self, seed, stages=2, one_table=False):
        rng = np.random.default_rng(seed)
        self.d, self.p, self.g = int(rng.integers(1, 7)), int(rng.integers(1, 6)), stages
        self.cost = []
        for _ in range(stages):
            cost = rng.integers(0, 8, (self.d, self.p)).astype(float)
            cost[rng.random((self.d, self.p)) < 0.35] = np.inf
            self.cost.append(cost)
        if one_table:
            self.cost = [self.cost[0]] * stages
        self.pairs = [pairs_of_matrix(c) for c in self.cost]
        self.demand = rng.integers(0, 5, (self.d, stages)).astype(float)
        self.supply = rng.integers(0, 4, self.p).astype(float)
        self.decay = [DECAYS[i] for i in rng.integers(0, len(DECAYS), stages)]
        self.limit = float(rng.choice([math.inf, 5.0, 0.0]))

    def asked(self, measure, **more):
        return {
            "measure": measure,
            "limit": self.limit,
            **({"decay": self.decay} if measure in DECAYING else {}),
            **more,
        }

    def answer(self, measure, **more):
        return access(self.pairs, self.demand, self.supply, **self.asked(measure, **more))

    def verdict(self, answer, measure, **more):
        return verify_access(answer, self.pairs, self.demand, self.supply, **self.asked(measure, **more))


def naive(town, measure, k=3):
    """The definition, one sum at a time."""
    D, P, G = range(town.d), range(town.p), range(town.g)

    def cost(d, g, p):
        c = town.cost[g][d, p]
        return c if c <= town.limit else math.inf

    def weight(d, g, p):
        if cost(d, g, p) == math.inf:
            return 0.0
        return 1.0 if measure == "2sfca" else float(town.decay[g](cost(d, g, p)))

    if measure in ("nearest", "k-nearest"):
        n = 1 if measure == "nearest" else k
        out = np.full((town.d, town.g), math.inf)
        for d in D:
            for g in G:
                near = sorted(c for p in P if town.supply[p] > 0 and (c := cost(d, g, p)) < math.inf)
                if len(near) >= n:
                    out[d, g] = sum(near[:n]) / n
        return out
    if measure == "gravity":
        return np.array([[sum(weight(d, g, p) * town.supply[p] for p in P) for g in G] for d in D])

    def share(d, g, p):
        if measure != "3sfca":
            return weight(d, g, p)
        whole = sum(weight(d, g, q) for q in P)
        return weight(d, g, p) ** 2 / whole if whole > 0 else 0.0

    ratio = []
    for p in P:
        load = sum(town.demand[d, g] * share(d, g, p) for d in D for g in G)
        ratio.append(town.supply[p] / load if load > 0 else 0.0)
    return np.array([[sum(share(d, g, p) * ratio[p] for p in P) for g in G] for d in D])


@settings(max_examples=200, deadline=None)
@given(
    SEEDS,
    st.sampled_from(["nearest", "k-nearest", "gravity", *FCA]),
    st.integers(1, 3),
    st.integers(1, 4),
    st.booleans(),
)
def test_every_measure_is_its_definition(seed, measure, stages, k, one_table):
    town = Town(seed, stages, one_table)
    got = town.answer(measure, k=k)
    assert np.allclose(got.value_dg, naive(town, measure, k), rtol=1e-12, atol=1e-12)
    assert town.verdict(got, measure, k=k).ok


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.sampled_from(FCA))
def test_all_capacity_that_anybody_can_reach_is_handed_out_once(seed, measure):
    town = Town(seed)
    got = town.answer(measure)
    assert (got.value_dg * town.demand).sum() == pytest.approx(town.supply[got.load_p > 0].sum())


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.sampled_from(FCA))
def test_a_stage_split_in_two_halves_is_served_as_before(seed, measure):
    town = Town(seed, 1)
    whole = access(town.pairs, town.demand, town.supply, **town.asked(measure))
    halves = {**town.asked(measure), **({"decay": town.decay * 2} if measure != "2sfca" else {})}
    split = access(town.pairs * 2, np.hstack([town.demand, town.demand]) / 2, town.supply, **halves)
    assert np.allclose(split.value_dg, whole.value_dg) and np.allclose(split.load_p, whole.load_p)


def test_people_without_stages_are_one_column():
    got = access(pairs_of_matrix([[1.0], [2.0]]), [3, 4], measure="2sfca")
    assert got.value_dg.tolist() == [[1 / 7], [1 / 7]]


def test_nearest_names_the_first_of_equals_and_passes_places_without_capacity():
    got = access(pairs_of_matrix([[1.0, 2, 2], [1, math.inf, math.inf]]), [1, 1], [0, 1, 1], measure="nearest")
    assert got.place_dg.tolist() == [[1], [-1]] and got.value_dg.tolist() == [[2.0], [math.inf]]
    assert got.unreachable == (1,) and got.people_unreached == 1 and got.value == 2


@pytest.mark.parametrize("measure", MEASURES)
def test_who_reaches_nothing_is_listed_by_stage_and_never_dropped(measure):
    pairs = [pairs_of_matrix([[1.0], [1.0], [math.inf]]), pairs_of_matrix([[1.0], [math.inf], [math.inf]])]
    decay = Gaussian(2) if measure in DECAYING else None
    got = access(pairs, [[1, 2], [3, 4], [5, 6]], [1], measure=measure, decay=decay, k=1)
    assert got.unreachable == (2,) and got.people_unreached == 4 + 5 + 6
    assert got.unreached_dg.tolist() == [[False, False], [False, True], [True, True]]
    assert got.value_dg[2].tolist() == ([0, 0] if got.more_is_better else [math.inf, math.inf])
    told = json.loads(json.dumps(got.as_dict(), allow_nan=False))
    assert told["unreachable"] == [2] and told["unreached"] == [[2], [1, 2]] and told["method"]


@pytest.mark.parametrize("measure", MEASURES)
def test_nobody_and_nowhere_are_answered(measure):
    decay = Gaussian(2) if measure in DECAYING else None
    for pairs, demand in (
        (pairs_of([], [], [], 0, 2), np.zeros(0)),
        (pairs_of([], [], [], 2, 0), [1, 1]),
        (pairs_of_matrix([[1.0, 2.0]]), [0]),
    ):
        got = access(pairs, demand, measure=measure, decay=decay)
        assert got.value_dg.shape == (pairs.n_demand, 1) and got.gap_share == 0
        assert verify_access(got, pairs, demand, measure=measure, decay=decay).ok
        json.dumps(got.as_dict(), allow_nan=False)


# --- rational agents -------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.integers(1, 2), st.sampled_from([0.5, 5.0, 60.0]))
def test_at_the_end_nobody_gains_by_going_elsewhere(seed, stages, tau):
    town = Town(seed, stages)
    got = town.answer("raam", tau=tau, gap=1e-9)
    assert got.finished and got.gap_share <= 1e-9 and town.verdict(got, "raam", tau=tau, gap=1e-9).ok
    rho = got.parameters["rho"]
    crowding = np.divide(got.load_p, town.supply * rho, out=np.zeros(town.p), where=town.supply > 0)
    for g in range(stages):
        cost = np.where((town.cost[g] <= town.limit) & (town.supply > 0), town.cost[g] / tau + crowding, math.inf)
        reached = np.isfinite(cost.min(axis=1))
        assert np.allclose(got.value_dg[reached, g], cost.min(axis=1)[reached], atol=1e-3)
        assert np.isinf(got.value_dg[~reached, g]).all()


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_bound_holds_against_any_other_way_to_spread_people(seed):
    town = Town(seed, 1)
    got = town.answer("raam", tau=3.0)
    rng = np.random.default_rng(seed)
    rho, usable = got.parameters["rho"], town.supply > 0
    able = np.isfinite(town.cost[0]) & (town.cost[0] <= town.limit) & usable
    for _ in range(20):
        share = np.where(able, rng.exponential(size=able.shape) ** 3, 0)
        whole = share.sum(axis=1, keepdims=True)
        people = np.divide(share, whole, out=np.zeros_like(share), where=whole > 0) * town.demand
        load = people.sum(axis=0)
        travel = np.where(able, town.cost[0], 0) / 3.0
        value = (people * travel).sum() + (load[usable] ** 2 / (2 * rho * town.supply[usable])).sum()
        assert got.bound <= value + 1e-9 and got.value <= value + 1e-9 * max(1, value) + got.gap_share * value


def test_two_like_places_share_the_crowd_by_their_capacity():
    got = access(pairs_of_matrix([[5.0, 5.0]]), [30], [1, 2], measure="raam", gap=1e-12)
    assert got.load_p.tolist() == pytest.approx([10, 20]) and got.value_dg[0, 0] == pytest.approx(5 / 60 + 1)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(1, 2))
def test_the_published_iteration_keeps_whole_people_and_verifies(seed, stages):
    town = Town(seed, stages)
    got = town.answer("raam-cycles", tau=4.0)
    assert all((p == np.floor(p)).all() for p in got.people_t) and town.verdict(got, "raam-cycles", tau=4.0).ok
    exact = town.answer("raam", tau=4.0, gap=1e-9)
    assert exact.value <= got.value * (1 + 1e-9) + 1e-12 and got.bound <= exact.value + 1e-9


def test_half_people_cannot_move_as_whole_ones():
    with pytest.raises(UsageError, match="whole-people"):
        access(pairs_of_matrix([[1.0]]), [0.5], measure="raam-cycles")


def test_a_stopped_search_gives_its_best_with_the_gap_it_has_proved():
    rng = np.random.default_rng(1)
    pairs, demand, supply = pairs_of_matrix(rng.uniform(0, 9, (60, 12))), rng.uniform(1, 99, 60), rng.uniform(1, 9, 12)
    told = []
    watch = Watch(stop=lambda: True, tell=lambda value, bound: told.append((value, bound)))
    got = access(pairs, demand, supply, measure="raam", gap=0, watch=watch)
    assert not got.finished and got.gap_share > 0 and told == [(got.value, got.bound)]
    assert verify_access(got, pairs, demand, supply, measure="raam", gap=0).ok


# --- verification ----------------------------------------------------------------------------------------------------


def altered(answer):
    """The answer with one figure changed, for each figure in turn."""
    for name in ("value_dg", "load_p", "ratio_p", "unreached_dg", "place_dg", "crowding_p"):
        old = getattr(answer, name)
        if old is None:
            continue
        new = old.copy()
        new.flat[0] = not new.flat[0] if new.dtype == bool else 7 if math.isinf(new.flat[0]) else new.flat[0] + 7
        yield name, dataclasses.replace(answer, **{name: new})
    for name in ("value", "bound", "people_unreached"):
        yield name, dataclasses.replace(answer, **{name: getattr(answer, name) * 1.5 + 1})
    if answer.people_t:
        people = [p.copy() for p in answer.people_t]
        people[0][np.argmax(people[0])] -= 1
        yield "people_t", dataclasses.replace(answer, people_t=tuple(people))
    yield "parameters", dataclasses.replace(answer, parameters=answer.parameters | {"limit": 1.0})
    yield "measure", dataclasses.replace(answer, measure="gravity" if answer.measure != "gravity" else "nearest")


@pytest.mark.parametrize("measure", MEASURES)
def test_an_altered_answer_is_refused_whatever_was_altered(measure):
    rng = np.random.default_rng(5)
    cost = rng.uniform(1, 9, (12, 4))
    pairs, demand, supply = pairs_of_matrix(cost), rng.integers(5, 50, (12, 2)), rng.integers(1, 9, 4)
    asked = {"measure": measure, "decay": Gaussian(4) if measure in DECAYING else None}
    got = access(pairs, demand, supply, **asked)
    assert verify_access(got, pairs, demand, supply, **asked).ok
    changed = dict(altered(got))
    assert len(changed) >= 8
    for name, answer in changed.items():
        assert not verify_access(answer, pairs, demand, supply, **asked).ok, name


def test_an_answer_to_another_question_is_refused():
    pairs = pairs_of_matrix([[1.0, 2.0]])
    got = access(pairs, [5], [1, 1], measure="2sfca")
    assert not verify_access(got, pairs, [5], [1, 2], measure="2sfca").ok
    assert not verify_access(got, pairs, [6], [1, 1], measure="2sfca").ok
    assert not verify_access(got, pairs, [5, 5][:1], [1, 1], measure="2sfca", limit=1.5).ok


# --- what cannot be asked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"measure": "best"}, "bad-measure"),
        ({"demand": [-1, 1]}, "bad-demand"),
        ({"demand": [np.nan, 1]}, "bad-demand"),
        ({"demand": [[[1]]]}, "bad-demand"),
        ({"demand": [1, 1, 1]}, "bad-pairs"),
        ({"supply": [1]}, "bad-supply"),
        ({"supply": [1, -1]}, "bad-supply"),
        ({"supply": [1, np.inf]}, "bad-supply"),
        ({"decay": None}, "bad-decay"),
        ({"measure": "2sfca"}, "bad-decay"),
        ({"decay": [Gaussian(1), Gaussian(2)]}, "bad-stages"),
        ({"decay": lambda x: np.asarray(x) * np.nan}, "bad-decay"),
        ({"limit": -1}, "bad-parameter"),
        ({"limit": np.nan}, "bad-parameter"),
        ({"k": 0}, "bad-parameter"),
        ({"tau": 0}, "bad-parameter"),
        ({"rho": 0}, "bad-parameter"),
        ({"gap": 1}, "bad-parameter"),
    ],
)
def test_what_cannot_be_asked_is_refused(change, code):
    asked = {"demand": [1, 1], "supply": [1, 1], "measure": "e2sfca", "decay": Gaussian(1)} | change
    with pytest.raises(UsageError, match=code):
        access(pairs_of_matrix([[1.0, 2], [3, 4]]), asked.pop("demand"), asked.pop("supply"), **asked)


def test_stages_need_trips_of_one_shape_and_unit():
    pairs = [pairs_of_matrix([[1.0]]), pairs_of_matrix([[1.0]], "min")]
    with pytest.raises(UsageError, match="bad-pairs"):
        access(pairs, [[1, 1]], measure="2sfca")
    with pytest.raises(UsageError, match="bad-stages"):
        access(pairs, [[1, 1, 1]], measure="2sfca")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Within(-1),
        lambda: Steps((2, 1), (1, 1)),
        lambda: Steps((), ()),
        lambda: Steps((1, 2), (1,)),
        lambda: Steps((1,), (-1,)),
        lambda: Gaussian(0),
        lambda: Exponential(-1),
        lambda: LogLogistic(0, 1),
        lambda: Power(1, 1, 0),
        lambda: Gaussian(float("nan")),
    ],
)
def test_a_decay_that_cannot_be_is_refused(wrong):
    with pytest.raises(UsageError, match="bad-decay"):
        wrong()


@pytest.mark.parametrize("decay", DECAYS, ids=lambda d: d.name)
def test_a_longer_trip_never_weighs_more(decay):
    weight = decay(np.linspace(0, 20, 200))
    assert (np.diff(weight) <= 0).all() and (weight >= 0).all() and decay.as_dict()["decay"] == decay.name
