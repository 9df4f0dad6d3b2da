"""The checker of open places: takes what was solved, refuses or sees through what was altered."""

import base64
import json
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import Infeasible
from daremo.kernel.watch import Watch
from daremo.reach.doors import regions, solve
from daremo.reach.doors.certificate import encode, pack, seal
from daremo.reach.doors.question import Doors, doors
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of, pairs_of_matrix
from daremo.reach.verify import Verdict, verify_layout
from daremo.reach.verify_bound import Refused, column, tree_bound
from daremo.reach.verify_proof import Asked, asked, proved, table

SEEDS = st.integers(0, 10**6)


@dataclass(frozen=True)
class Case:
    """A question, its answer's numbers and certificate, and what is best by trying every set of places."""

    a: Asked
    q: Doors
    value: float
    bound: float
    open: tuple[int, ...]
    certificate: dict[str, Any]
    regions: int
    finished: bool

    @property
    def unreachable(self) -> tuple[int, ...]:
        return tuple(np.flatnonzero(np.diff(self.a.pairs.start) == 0).tolist())

    def verdict(self) -> Verdict:
        return verify_layout(self.a, self)


def best_of_all(a: Asked) -> float:
    """The best worth of any set of places that keeps money and conditions, by trying them all."""
    n, c, best = a.pairs.n_places, a.conditions, 0.0
    demand = a.pairs.demand()
    for bits in range(2**n):
        y = (bits >> np.arange(n) & 1).astype(bool)
        if a.cost_p[y].sum() > a.budget or not y[list(c.must)].all() or y[list(c.never)].any():
            continue
        if any(x != z and y[x] and y[z] for x, z in c.apart):
            continue
        if c.organisation_p is not None and any(
            y[c.organisation_p == k].sum() > c.most_per_organisation for k in set(c.organisation_p) - {-1}
        ):
            continue
        if c.quota_p is not None and any(y[c.quota_p == k].sum() < c.least_per_quota for k in set(c.quota_p) - {-1}):
            continue
        had = np.zeros(a.pairs.n_demand)
        np.maximum.at(had, demand, np.where(y[a.pairs.place], a.worth, 0.0))
        best = max(best, float(had.sum()))
    return best


def random_question(seed: int, most_places: int = 9) -> tuple[Asked, bool]:
    """A question with any mix of money, conditions and gradual worth; whether its worths are whole."""
    r = np.random.default_rng(seed)
    n_demand, n = int(r.integers(1, 30)), int(r.integers(1, most_places))
    at_d, at_p = r.random((n_demand, 2)) * 10, r.random((n, 2)) * 10
    km = np.round(np.sqrt(((at_d[:, None] - at_p) ** 2).sum(2)), 1)
    pairs = pairs_of_matrix(np.where(km < r.choice([2, 3, 5, 8]), km, np.inf))
    whole = bool(r.integers(2))
    worth = r.integers(0, 50, n_demand)[pairs.demand()] * (1.0 if whole else 1 - pairs.cost / 20)
    c: dict[str, Any] = {}
    if r.integers(3) == 0:
        c.update(organisation_p=r.integers(-1, 3, n), most_per_organisation=int(r.integers(0, 3)))
    if r.integers(3) == 0:
        c.update(quota_p=r.integers(-1, 2, n), least_per_quota=1)
    if r.integers(3) == 0:
        c.update(apart=r.integers(0, n, (3, 2)))
    if r.integers(3) == 0:
        c.update(never=(0,))
    elif r.integers(3) == 0:
        c.update(must=(n - 1,))
    if r.integers(2):
        return asked(pairs, worth, p=int(r.integers(0, n + 1)), conditions=Conditions(**c)), whole
    cost = r.integers(0, 20, n) + r.choice([0.0, 0.5])
    return asked(pairs, worth, budget=float(r.integers(0, 60)), cost_p=cost, conditions=Conditions(**c)), whole


def solved(a: Asked, whole: bool, *, in_regions: bool = False, gap: float = 0.0) -> Case:
    """The question solved, and its certificate as it comes back from JSON."""
    q = doors(a.pairs, a.worth, budget=a.budget, cost_p=a.cost_p, conditions=a.conditions, whole_worth=whole)
    with pytest.MonkeyPatch.context() as m:
        if in_regions:
            m.setattr(solve, "MOST_PLACES", 0)
            m.setattr(solve, "MOST_DEMAND", 0)
            m.setattr(regions, "SIZES", (2, 3, 4))
            m.setattr(regions, "STEPS", 3)  # rough prices leave work to the regions
            m.setattr(regions, "TURNS", 1)
        s = solve.solve(q, grain=q.scale if whole else 1.0, gap=gap, seed=1, workers=1, watch=Watch())
    certificate = json.loads(json.dumps(encode(q, s.proof)))
    had = np.zeros(a.pairs.n_demand)
    np.maximum.at(had, a.pairs.demand(), np.where(s.is_open[a.pairs.place], a.worth, 0.0))
    opened = tuple(np.flatnonzero(s.is_open).tolist())
    return Case(
        a, q, float(had.sum()), certificate["bound"] / q.scale, opened, certificate, len(certificate["regions"]), s.finished
    )  # fmt: skip


def case_of(seed: int, *, in_regions: bool = False, gap: float = 0.0) -> Case:
    """One random case; seeds whose question cannot be answered are passed over."""
    a, whole = random_question(seed)
    try:
        return solved(a, whole, in_regions=in_regions, gap=gap)
    except Infeasible:
        assume(False)
        raise


def altered(case: Case, **changes: Any) -> Case:
    """The case with parts of its certificate replaced, and sealed anew as a forger would."""
    body = {**case.certificate, **changes}
    body["seal"] = seal(body)
    return replace(case, certificate=body)


def columns_of(body: Any) -> list[dict[str, Any]]:
    """Every column of numbers in a certificate, itself."""
    if isinstance(body, dict) and "z" in body:
        return [body]
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [c for x in inner for c in columns_of(x)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([0.0, 0.0, 0.03]))
def test_every_solved_question_is_accepted_and_its_bound_holds(seed: int, gap: float) -> None:
    case = case_of(seed, gap=gap)
    verdict = case.verdict()
    assert verdict.ok, [c for c in verdict.checks if not c.ok]
    best = best_of_all(case.a)
    assert case.value <= best + 1e-9 <= case.bound + 2e-9
    if gap == 0.0:
        assert case.value == pytest.approx(best, rel=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS)
def test_regions_with_shared_prices_are_accepted_and_their_bounds_add_up(seed: int) -> None:
    case = case_of(seed, in_regions=True)
    verdict = case.verdict()
    assert verdict.ok, [c for c in verdict.checks if not c.ok]
    assert best_of_all(case.a) <= case.bound + 1e-9


def test_some_of_those_cases_do_have_several_regions() -> None:
    found = 0
    for seed in range(60):
        a, whole = random_question(seed)
        try:
            found += solved(a, whole, in_regions=True).regions > 1
        except Infeasible:
            continue
    assert found >= 3


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS, st.data())
def test_any_number_altered_breaks_the_seal(seed: int, data: st.DataObject) -> None:
    case = case_of(seed, in_regions=bool(seed % 2))
    column_ = data.draw(st.sampled_from([c for c in columns_of(case.certificate) if c["n"]]))
    numbers = column(column_)
    numbers[data.draw(st.integers(0, numbers.size - 1))] += data.draw(st.sampled_from([-1, 1, 10**12]))
    column_.update(pack(numbers))
    assert not case.verdict().ok


@settings(max_examples=250, deadline=None, derandomize=True)
@given(SEEDS, st.data())
def test_a_forged_proof_never_proves_less_than_the_optimum(seed: int, data: st.DataObject) -> None:
    """Altered and sealed anew, a claim that the bound is a little lower: refused, or still true."""
    case = case_of(seed, in_regions=bool(seed % 2))
    body = json.loads(json.dumps(case.certificate))
    for _ in range(data.draw(st.integers(1, 3))):
        column_ = data.draw(st.sampled_from([c for c in columns_of(body) if c["n"]]))
        numbers = column(column_)
        k = data.draw(st.integers(0, numbers.size - 1))
        by = data.draw(st.one_of(st.integers(-3, 3), st.integers(-(2**48), 2**48), st.just(-numbers[k])))
        numbers[k] += by
        column_.update(pack(numbers))
    lower = data.draw(st.one_of(st.integers(0, 10), st.integers(0, 2**50)))
    forged = altered(replace(case, certificate=body), bound=case.certificate["bound"] - lower)
    forged = replace(forged, bound=forged.certificate["bound"] / case.q.scale)
    if forged.verdict().ok:
        assert best_of_all(case.a) <= forged.bound + 1e-9


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS)
def test_a_bound_below_the_value_is_refused_however_it_is_sealed(seed: int) -> None:
    case = case_of(seed)
    lower = case.certificate["value"] - 1
    forged = replace(altered(case, bound=lower), bound=lower / case.q.scale)
    assert not forged.verdict().ok


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS, st.data())
def test_another_layout_is_accepted_only_if_it_is_allowed_and_worth_the_same(seed: int, data: st.DataObject) -> None:
    case = case_of(seed)
    n = case.a.pairs.n_places
    y = np.zeros(n, bool)
    y[list(case.open)] = True
    y[data.draw(st.integers(0, n - 1))] ^= True
    other = tuple(np.flatnonzero(y).tolist())
    assert not replace(case, open=other).verdict().ok
    forged = replace(altered(case, open=pack(np.asarray(other, np.int64))), open=other)
    if forged.verdict().ok:
        had = np.zeros(case.a.pairs.n_demand)
        np.maximum.at(had, case.a.pairs.demand(), np.where(y[case.a.pairs.place], case.a.worth, 0.0))
        assert had.sum() == pytest.approx(case.value)
        assert case.a.cost_p[y].sum() <= case.a.budget


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS, st.data())
def test_an_answer_to_another_question_is_refused_or_still_true(seed: int, data: st.DataObject) -> None:
    case = case_of(seed)
    a = case.a
    what = data.draw(st.sampled_from(["worth", "cost", "budget"]))
    if what == "worth" and a.worth.size:
        worth = a.worth.copy()
        worth[data.draw(st.integers(0, worth.size - 1))] += data.draw(st.sampled_from([-1.0, 1.0, 7.0]))
        a = replace(a, worth=np.maximum(worth, 0.0))
    elif what == "cost":
        cost = a.cost_p.copy()
        cost[data.draw(st.integers(0, cost.size - 1))] += data.draw(st.sampled_from([-1.0, 1.0, 30.0]))
        a = replace(a, cost_p=np.maximum(cost, 0.0))
    else:
        a = replace(a, budget=max(a.budget + data.draw(st.sampled_from([-5.0, -1.0, 1.0, 9.0])), 0.0))
    other = replace(case, a=a)
    if other.verdict().ok:
        assert case.value <= best_of_all(a) + 1e-9 <= case.bound + 2e-9


def branched() -> Case:
    """A case whose proof needs its tree: without the parts the prices prove too little."""
    for seed in range(1000):
        a, whole = random_question(seed)
        try:
            case = solved(a, whole)
        except Infeasible:
            continue
        if (column(case.certificate["regions"][0]["tree"]["parts"]) == 2).any():
            return case
    raise AssertionError("no case with a tree")


def with_tree(case: Case, **changes: np.ndarray) -> Case:
    """The case with columns of its tree replaced, sealed anew."""
    tree = {**case.certificate["regions"][0]["tree"], **{k: pack(v) for k, v in changes.items()}}
    return altered(case, regions=[{"place": None, "tree": tree}])


def test_a_tree_without_its_parts_is_refused() -> None:
    case = branched()
    tree = case.certificate["regions"][0]["tree"]
    numbers = {name: column(tree[name]) for name in tree}
    assert case.verdict().ok
    cut = {k: numbers[k][:1] for k in ("parts", "place", "price", "prices", "limits", "stages")}
    cut["parts"] = np.zeros(1, np.int64)
    stages = int(numbers["stages"][0])
    cut |= {k: numbers[k][:stages] for k in ("stage_price", "shut", "opened")}
    decided = int(cut["shut"].sum() + cut["opened"].sum())
    cut |= {"decided": numbers["decided"][:decided]}
    cut |= {k: numbers[k][: int(numbers["prices"][0])] for k in ("demand", "u")}
    cut |= {k: numbers[k][: int(numbers["limits"][0])] for k in ("limit", "v")}
    verdict = with_tree(case, **cut).verdict()
    assert [c.name for c in verdict.checks if not c.ok] == ["proof"]


def test_a_tree_that_ends_early_or_late_is_refused() -> None:
    case = branched()
    parts = column(case.certificate["regions"][0]["tree"]["parts"])
    assert not with_tree(case, parts=parts[:-1]).verdict().ok
    assert not with_tree(case, parts=np.r_[parts, 0]).verdict().ok


def test_a_place_decided_twice_is_refused() -> None:
    case = branched()
    tree = case.certificate["regions"][0]["tree"]
    numbers = {name: column(tree[name]) for name in tree}
    place = int(numbers["place"][np.flatnonzero(numbers["parts"] == 2)[0]])
    twice = with_tree(
        case,
        stages=np.r_[numbers["stages"][:-1], numbers["stages"][-1] + 1],
        stage_price=np.r_[numbers["stage_price"], 0],
        shut=np.r_[numbers["shut"], 1],
        opened=np.r_[numbers["opened"], 0],
        decided=np.r_[numbers["decided"], place],
    )
    verdict = twice.verdict()
    assert [c.name for c in verdict.checks if not c.ok] == ["proof"]


def small() -> Case:
    pairs = pairs_of([0, 1, 1, 2], [0, 0, 1, 1], [1.0, 1.0, 2.0, 1.0], 4, 2)
    return solved(asked(pairs, [5.0, 3.0, 2.0, 4.0], p=1), whole=True)


@example("value", 9.0)
@example("bound", 7.0)
@example("bound", 9.0)
@example("bound", float("nan"))
@example("bound", float("inf"))
@given(st.sampled_from(["value", "bound"]), st.floats(allow_nan=True).filter(lambda x: not abs(x - 8.0) < 1e-6))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_changed_value_or_bound_of_the_answer_is_refused(name: str, number: float) -> None:
    case = small()
    assert case.value == case.bound == 8.0 and case.verdict().ok
    assert not replace(case, **{name: number}).verdict().ok


@pytest.mark.parametrize(
    "changes",
    [
        {"form": "other"},
        {"scale": 3.0},
        {"scale": 0},
        {"scale": "x"},
        {"scale": 2.0**59},
        {"cost_scale": float("inf")},
        {"value": 8.0},
        {"bound": None},
        {"bound": 2**61},
        {"open": None},
        {"open": {"n": 10**12, "as": "<i8", "z": ""}},
        {"open": {"n": 1, "as": "<f8", "z": ""}},
        {"regions": []},
        {"regions": None},
        {"regions": [{}]},
        {"regions": [{"place": None, "tree": {}}]},
        {"shared": None, "regions": [{"place": pack([0]), "tree": {}}]},
    ],
)
def test_a_malformed_certificate_is_refused_without_an_exception(changes: dict[str, Any]) -> None:
    verdict = altered(small(), **changes).verdict()
    assert not verdict.ok


@pytest.mark.parametrize("name", ["form", "scale", "cost_scale", "value", "bound", "open", "regions"])
def test_a_certificate_without_a_part_is_refused_without_an_exception(name: str) -> None:
    case = small()
    body = {k: v for k, v in case.certificate.items() if k != name}
    assert not altered(replace(case, certificate=body)).verdict().ok


def test_a_column_that_unpacks_to_more_than_it_says_is_refused() -> None:
    huge = base64.b64encode(zlib.compress(bytes(10**7))).decode("ascii")
    verdict = altered(small(), open={"n": 1, "as": "<i1", "z": huge}).verdict()
    assert not verdict.ok


def test_a_certificate_for_another_value_is_refused() -> None:
    case = small()
    assert not altered(case, value=case.certificate["value"] + 1).verdict().ok
    assert not altered(case, value=case.certificate["value"] - 1).verdict().ok


def test_a_bound_is_rounded_down_to_what_layouts_can_be_worth_and_no_further() -> None:
    pairs = pairs_of([0, 1, 2], [0, 1, 2], [1.0] * 3, 3, 3)
    a = asked(pairs, [6.0, 9.0, 3.0], budget=5.0, cost_p=[2.0, 3.0, 1.0])
    alone = {"n": 0, "as": "<i1", "z": pack([])["z"]}
    one = {k: pack([0]) for k in ("parts", "price", "prices", "limits", "stages")}
    tree = dict.fromkeys(("stage_price", "shut", "opened", "demand", "u", "limit", "v", "decided"), alone)
    # worths are multiples of 3; with price 1 of budget 5 + (6 - 2) + (9 - 3) + (3 - 1) = 17, of which 15 can be
    body = {
        "form": "daremo-doors-1", "scale": 1.0, "cost_scale": 1.0, "value": 6, "bound": 0, "open": pack([0]),
        "shared": {}, "regions": [{"place": None, "tree": {**tree, **one, "place": pack([-1])}}],
    }  # fmt: skip
    for price, exact in ((1, 17), (2, 16), (3, 15)):
        body["regions"][0]["tree"]["price"] = pack([price])
        assert tree_bound(table(a, 1.0, 1.0), None, np.arange(3), body["regions"][0]["tree"]) == exact
        assert proved(a, {**body, "bound": 18})[0] == 15.0
        with pytest.raises(Refused):
            proved(a, {**body, "bound": 14})


def test_places_named_twice_out_of_order_or_unknown_are_refused() -> None:
    for opened in ((0, 0), (1, 0), (2,), (-1,)):
        verdict = replace(small(), open=opened).verdict()
        assert [c.name for c in verdict.checks if not c.ok] == ["layout"]


def test_prices_too_large_to_be_added_exactly_are_refused() -> None:
    case = small()
    price = np.full(column(case.certificate["regions"][0]["tree"]["price"]).size, 2**62)
    verdict = with_tree(case, price=price).verdict()
    assert not verdict.ok
