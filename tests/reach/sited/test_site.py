"""Siting: the optimum of small questions, and bounds that no layout passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.cases.verify_proof import Box, covered
from daremo.reach.sited import site as site_module
from daremo.reach.sited.ascent import Matrices, ascend
from daremo.reach.sited.bound import bound, is_empty
from daremo.reach.sited.layout import account, quick_value, staff
from daremo.reach.sited.model import Branch, Prices, Siting
from daremo.reach.sited.site import site, split
from tests.reach.sited.questions import by_force, floors_hold, in_branch, question, subsets

SEEDS = range(24)
CLOSE = 1e-5


@pytest.fixture(autouse=True)
def short_ascent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few price steps a branch: the branching must make up for it, and the test is quick."""
    monkeypatch.setattr(site_module, "FIRST_STEPS", 80)
    monkeypatch.setattr(site_module, "STEPS", 60)


def root(s: Siting) -> Branch:
    return Branch(tuple((0, int(n)) for n in np.bincount(s.group_o, minlength=s.n_groups)))


def is_covered(s: Siting, whole: Branch, parts: list[Branch]) -> bool:
    def box(b: Branch) -> Box:
        return Box(b.counts, frozenset(map(str, b.shut)), frozenset(map(str, b.forced)))

    kinds = {str(o): int(k) for o, k in enumerate(s.group_o)}
    return covered(box(whole), [box(b) for b in parts], kinds)


@pytest.mark.parametrize("floors", [False, True], ids=["free", "floors"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_answer_is_the_best_of_all_layouts(seed: int, floors: bool):
    s = question(seed, floors)
    optimum = max(by_force(seed, floors).values())
    result = site(s, tolerance=0.0)
    assert result.layout.value == pytest.approx(optimum, rel=CLOSE, abs=CLOSE)
    assert result.bound >= optimum - 1e-9
    assert is_covered(s, root(s), [p.branch for p in result.proofs])
    for p in result.proofs:
        assert bound(s, p.branch, p.prices) == pytest.approx(p.bound, rel=1e-9)


@pytest.mark.parametrize("floors", [False, True], ids=["free", "floors"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_layout_keeps_to_money_limits_and_floors(seed: int, floors: bool):
    s = question(seed, floors)
    out = site(s, tolerance=0.05).layout
    if not np.isfinite(out.value):
        assert floors
        return
    o, h = np.array(out.open, dtype=int), np.array(out.units)
    assert out.cost_yen <= s.budget_yen + 1e-6
    assert np.all(h >= s.min_units_o[o]) and np.all(h <= s.max_units_o[o])
    assert np.all(out.extras <= s.extra_cap_j) and np.all(out.extras >= 0)
    helped, lent = np.zeros(s.n_communities + 1), 0.0
    for u in range(s.n_units):
        if out.open and s.draw_uo[u, o].max() > 0:
            i = int(s.draw_uo[u, o].argmax())
            helped[s.community_u[u]] += out.served_share[i] * s.draw_uo[u, o[i]]
            lent += out.served_share[i] * s.lend_uo[u, o[i]]
    assert out.extras[0] <= lent + 1e-6
    assert not floors or floors_hold(s, helped, tuple(out.extras), slack=1e-6)


@pytest.mark.parametrize("floors", [False, True], ids=["free", "floors"])
@pytest.mark.parametrize("seed", range(8))
def test_staffing_of_every_open_set_is_the_best_there_is(seed: int, floors: bool):
    s = question(seed, floors)
    for open_, best in by_force(seed, floors).items():
        found = staff(s, open_)
        value = found.value if found is not None else -np.inf
        assert value == pytest.approx(best, rel=CLOSE, abs=CLOSE), open_
        assert quick_value(s, np.array(open_, dtype=np.int64)) >= best - 1e-9


positive = st.floats(0, 20, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 40), st.booleans(), st.data())
def test_any_prices_at_all_prove_a_bound_of_any_branch(seed, floors, data):
    s = question(seed, floors)
    counts = []
    for n in np.bincount(s.group_o, minlength=s.n_groups):
        low = data.draw(st.integers(0, int(n)))
        counts.append((low, data.draw(st.integers(low, int(n)))))
    sides = data.draw(st.lists(st.sampled_from("fsx"), min_size=s.n_options, max_size=s.n_options))
    forced, shut = (frozenset(o for o, side in enumerate(sides) if side == c) for c in "fs")
    branch = Branch(tuple(counts), shut, forced)
    n_floor = 2 * s.n_communities
    prices = Prices(
        np.array(data.draw(st.lists(positive, min_size=s.n_units, max_size=s.n_units))),
        data.draw(st.floats(0, 1e-3)),
        data.draw(st.dictionaries(st.integers(0, s.n_options - 1), positive, max_size=s.n_options)),
        data.draw(positive),
        np.array(data.draw(st.lists(positive, min_size=n_floor, max_size=n_floor))),
    )
    mine = [v for open_, v in by_force(seed, floors).items() if in_branch(s, open_, branch)]
    assert is_empty(s, branch) == (not mine)
    if mine:
        assert bound(s, branch, prices) >= max(mine) - 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.booleans())
def test_the_ascent_only_lowers_a_bound_and_stays_above_the_optimum(seed, floors):
    s, whole = question(seed, floors), root(question(seed, floors))
    optimum = max(by_force(seed, floors).values())
    start = Prices(np.zeros(s.n_units), 1 / 60_000, {}, 0.0, np.zeros(2 * s.n_communities))
    value, prices, _ = ascend(s, Matrices.of(s), whole, start, optimum if np.isfinite(optimum) else s.base, 120)
    assert value == pytest.approx(bound(s, whole, prices)) and value <= bound(s, whole, start) + 1e-9
    assert value >= optimum - 1e-9
    assert min(prices.unit_u.min(), prices.yen, prices.linked, *prices.floor_k, *prices.load_o.values()) >= 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 1_000))
def test_a_branch_is_split_into_parts_that_cover_it_and_share_no_layout(seed, turn):
    s = question(seed)
    rng = np.random.default_rng(turn)
    branch = root(s)
    for _ in range(6):
        parts = split(s, branch, rng.random(s.n_options), None)
        if not parts:
            break
        for open_ in subsets(s.n_options):
            assert sum(in_branch(s, open_, p) for p in parts) == in_branch(s, open_, branch)
        branch = parts[int(rng.integers(len(parts)))]
        if is_empty(s, branch):
            break


def test_a_missing_branch_is_noticed():
    for seed in SEEDS:
        s = question(seed)
        parts = split(s, root(s), np.zeros(s.n_options), None)
        assert is_covered(s, root(s), parts)
        for i in range(len(parts)):
            assert not is_covered(s, root(s), parts[:i] + parts[i + 1 :])


@pytest.mark.parametrize("seed", range(10))
def test_forced_options_are_open_and_shut_ones_are_not(seed: int):
    s = replace(question(seed), budget_yen=2e6)
    forced, shut = frozenset({0}), frozenset(range(1, s.n_options, 2))
    result = site(s, tolerance=0.0, forced=forced, shut=shut)
    assert forced <= set(result.layout.open) and not shut & set(result.layout.open)
    assert is_covered(s, Branch(root(s).counts, shut, forced), [p.branch for p in result.proofs])


@pytest.mark.parametrize("seed", SEEDS)
def test_more_staffing_never_helps_fewer(seed: int):
    s = question(seed)
    rng = np.random.default_rng(seed)
    open_ = tuple(o for o in range(s.n_options) if rng.random() < 0.7)
    none = np.zeros(s.extra_cap_j.size, dtype=np.int64)
    units = s.min_units_o[list(open_)]
    before = account(s, open_, tuple(units), none)
    for i in range(len(open_)):
        for _ in range(4):
            more = units.copy()
            more[i] += 1
            after = account(s, open_, tuple(more), none)
            assert after.value >= before.value - 1e-12
            units, before = more, after


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_units_and_options_does_not_matter(seed: int):
    s = question(seed)
    rng = np.random.default_rng(seed)
    u = rng.permutation(s.n_units)
    o = np.concatenate([rng.permutation(np.flatnonzero(s.group_o == k)) for k in range(3)]).astype(int)
    per_o = ("fixed_yen_o", "unit_yen_o", "unit_load_o", "min_units_o", "max_units_o", "group_o")
    changed = {f: getattr(s, f)[np.ix_(u, o)] for f in ("draw_uo", "gain_uo", "load_uo", "lend_uo")}
    changed |= {f: getattr(s, f)[o] for f in per_o} | {f: getattr(s, f)[u] for f in ("community_u", "need_u")}
    one, other = (site(q, tolerance=0.0).layout for q in (s, replace(s, **changed)))
    assert one.value == pytest.approx(other.value, rel=CLOSE)


def test_nobody_to_help_and_no_money_leave_the_base():
    s = question(3)
    zeros = {f: np.zeros_like(getattr(s, f)) for f in ("draw_uo", "gain_uo", "load_uo", "lend_uo")}
    empty = replace(s, **zeros, extra_gain_j=np.zeros_like(s.extra_gain_j))
    for q in (empty, replace(s, budget_yen=0.0)):
        result = site(q, tolerance=0.0)
        assert result.layout.value == q.base and result.layout.cost_yen == 0
        assert q.base <= result.bound
    assert site(empty, tolerance=0.0).bound == pytest.approx(s.base, abs=1e-6)


def test_a_stop_ends_the_search_with_a_bound_that_still_holds():
    for seed in range(6):
        s, optimum = question(seed), max(by_force(seed).values())
        result = site(s, tolerance=0.0, stop=lambda: True)
        assert result.nodes == 1 and result.layout.value <= optimum + CLOSE and result.bound >= optimum - 1e-9
        assert is_covered(s, root(s), [p.branch for p in result.proofs])


def test_the_example_worked_by_hand_in_the_page_about_the_proof_holds():
    one = np.ones((1, 1))
    none, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
    hall = Siting(
        10 * one, 2 * one, 15 * one, 0 * one,
        np.array([50_000.0]), np.array([2_400.0]), np.array([1.5]), np.array([1]), np.array([20]), np.array([0]),
        none, none, none, none, whole, -1, np.array([-1]), np.array([10.0]), none, 0.0, 70_000.0, 0.0,
    )  # fmt: skip

    def at(counts: tuple[int, int], yen: float) -> float:
        return bound(hall, Branch((counts,)), Prices(np.zeros(1), yen, {}, 0.0, none))

    assert at((0, 0), 0.0) == 0 and at((1, 1), 1 / 12_000) == pytest.approx(5 / 3)
    assert at((1, 1), 1 / 10_000) == pytest.approx(2.0)
    found = site(hall, tolerance=0.0)
    assert found.layout.units == (8,) and found.layout.cost_yen == 69_200
    assert found.layout.value == pytest.approx(1.6)
    assert 1.6 <= found.bound == pytest.approx(5 / 3, abs=0.01)
