"""Covering people when places can serve only so many: the most people served, within reach, number or money, and staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from daremo.kernel.errors import Infeasible, Problem, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.capacity.ask import numbers, pairs_from
from daremo.reach.capacity.branch import Found, Plan, Tree
from daremo.reach.capacity.cover_ask import cover_question
from daremo.reach.capacity.facts import cover_facts
from daremo.reach.capacity.proof import Proof
from daremo.reach.capacity.question import Float, Int, Question
from daremo.reach.capacity.served import Served, served_of
from daremo.reach.capacity.split import SplitPricing
from daremo.reach.capacity.verdict import bound_kept, conditions_kept, same, trips_kept, wrong
from daremo.reach.model import Answer, Conditions
from daremo.reach.travel.pairs import Pairs

#: Cases after which a search ends with what it has.
MOST_CASES = 100_000
#: Least raise of a bid in the auction for room, as a share of the highest worth.
FINE = 1e-3
ANY = Conditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityCover(Answer):
    """Where to open, with how many units, and who is served where.

    Attributes
    ----------
    units_p : ndarray of int64, shape (places,)
        Desks or members of staff of each place; 0 = shut.
    assignment : ndarray of int64, shape (demand,), index
        Place that serves most of each demand point; −1 = nobody of it is served.
    served : Served
        All trips made, with shares.
    load_p : ndarray, shape (places,), people
    served_people : float, people
        Without regard to worth.
    unserved_people : float, people
        Who are in reach of some place but not served.
    unreachable : ndarray of int64, shape (out of reach,), index
        Demand points from which no place is in reach.
    cost_yen : float, yen
        Of opening, units and visits; 0 where the question was about a number of places.
    proof : Proof
        What `verify_cover_with_capacity` checks.
    """

    units_p: Int
    assignment: Int
    served: Served
    load_p: Float
    served_people: float
    unserved_people: float
    unreachable: Int
    cost_yen: float
    proof: Proof

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; the proof is left to `proof.as_dict`."""
        return {
            **Answer.as_dict(self),
            "units": self.units_p.tolist(),
            "assignment": self.assignment.tolist(),
            "served": self.served.as_dict(),
            "load": self.load_p.tolist(),
            "served_people": self.served_people,
            "unserved_people": self.unserved_people,
            "unreachable": self.unreachable.tolist(),
            "cost_yen": self.cost_yen,
            "proof_cases": len(self.proof.nodes),
        }


def cover_with_capacity(
    pairs: ArrayLike | Pairs,
    need_d: ArrayLike,
    capacity_p: ArrayLike,
    *,
    p: int | None = None,
    budget_yen: float | None = None,
    cost_yen_p: ArrayLike | None = None,
    worth: ArrayLike | None = None,
    units_p: ArrayLike | None = None,
    unit_yen_p: ArrayLike | None = None,
    visit_yen: float = 0.0,
    conditions: Conditions = ANY,
    gap: float = 0.0,
    seed: int = 1,
    workers: int = 1,
    watch: Watch | None = None,
) -> CapacityCover:
    """Choose places and serve as many people as possible, each within reach, no place more than it can.

    Parameters
    ----------
    pairs : Pairs, or array_like, shape (demand, places), km or minutes
        Trips within reach; infinite or absent = out of reach.
    need_d : array_like, shape (demand,), people
        A demand point may be served in part, and by several places.
    capacity_p : array_like, shape (places,) or one number, people
        What a place can serve, or one unit of it.
    p : int, optional
        At most so many open places; or
    budget_yen : float, yen, optional
        money for opening, units and visits; with
    cost_yen_p : array_like, shape (places,) or one number, yen
        of opening.
    worth : array_like, shape (trips,), share, optional
        What serving a person on each trip is worth, 0 to 1 (falling with distance, say); None = 1.
    units_p : array_like of int, shape (places,) or one number, optional
        Most units (desks, staff) of each place; None = 1.
    unit_yen_p : array_like, shape (places,) or one number, yen, optional
        Of each unit, beside opening.
    visit_yen : float, yen a person
        Of each person served.
    conditions : Conditions
    gap : float, share
        End when the proved gap is at most this; 0 = prove the best, to one in a thousand million.
    seed : int
    workers : int
        Kept for callers that set it for every verb; the search uses one thread.
    watch : Watch, optional

    Raises
    ------
    UsageError
        Where a number makes no sense.
    Infeasible
        Where the conditions cannot be kept.

    Notes
    -----
    Source of method: Lagrangian relaxation with the volume algorithm (Barahona and Anbil 2000), an auction for room
    (Bertsekas and Castañon 1989) and branching on units; details in `explain.md`.

    Examples
    --------
    >>> far = float("inf")
    >>> answer = cover_with_capacity([[1, far], [1, 1], [far, 1]], [30, 30, 30], [50, 20], p=1)
    >>> answer.value, answer.open, answer.unserved_people
    (50.0, (0,), 40.0)
    """
    clock = watch or Watch()
    table = pairs_from(pairs)
    n, places = table.n_demand, table.n_places
    need = numbers(need_d, n, "bad-demand", "人数")
    capacity = numbers(capacity_p, places, "bad-capacity", "定員")
    value = numbers(1.0 if worth is None else worth, table.n_trips, "bad-worth", "重み")
    if value.max(initial=0.0) > 1:
        raise UsageError("bad-worth", "道のりごとの重みに、1より大きい値があります", "0から1までの数を入れてください")
    if (p is None) == (budget_yen is None):
        raise UsageError(
            "p-or-budget", "施設の数か予算の、どちらか一つが必要です", "施設の数か予算のどちらかを入れてください"
        )
    if p is not None and (p < 0 or p != int(p)):
        raise UsageError("bad-count", f"施設の数 {p} では計算できません", "0以上の整数を入れてください")
    if budget_yen is not None and not (np.isfinite(budget_yen) and budget_yen >= 0):
        raise UsageError("bad-budget", f"予算 {budget_yen} では計算できません", "0以上の金額を入れてください")
    if not (np.isfinite(visit_yen) and visit_yen >= 0):
        raise UsageError("bad-costs", "一人あたりの費用が正しくありません", "0以上の金額を入れてください")
    units = numbers(1 if units_p is None else units_p, places, "bad-units", "窓口の数")
    if (units != np.floor(units)).any() or units.max(initial=0.0) > 1000:
        raise UsageError("bad-units", "窓口の数が正しくありません", "0から1000までの整数を入れてください")
    yen = numbers(0.0 if cost_yen_p is None else cost_yen_p, places, "bad-costs", "費用")
    unit_yen = numbers(0.0 if unit_yen_p is None else unit_yen_p, places, "bad-costs", "費用")
    q, kept = cover_question(
        table,
        need,
        capacity,
        value,
        p=None if p is None else int(p),
        budget_yen=budget_yen,
        cost_yen_p=yen,
        units_p=units.astype(np.int64),
        unit_yen_p=unit_yen,
        visit_yen=visit_yen,
        conditions=conditions,
    )

    def cost_of(plan: Plan, people: float) -> float:
        opened = plan.units_p > 0
        return (
            float((yen + unit_yen * plan.units_p)[opened].sum() + visit_yen * people) if budget_yen is not None else 0.0
        )

    found = Tree(q, SplitPricing(q, seed, fine=FINE), gap, clock, None).run(MOST_CASES)
    if found.plan is None:
        raise Infeasible(
            "conditions-impossible",
            "条件をすべて守る開き方がありません",
            "予算か施設の数をふやすか、条件をゆるめてください",
        )
    return _answer(q, found, found.plan, table, kept, need, value, seed, clock, cost_of)


def _answer(
    q: Question,
    found: Found,
    plan: Plan,
    pairs: Pairs,
    kept: Int,
    need: Float,
    worth: Float,
    seed: int,
    clock: Watch,
    cost_yen: Callable[[Plan, float], float],
) -> CapacityCover:
    t, place = q.trips, np.repeat(np.arange(q.n_places), np.diff(q.trips.start))
    served = served_of(t.demand, place, plan.share)
    people = float((need[t.demand] * plan.share).sum())
    in_reach = np.diff(pairs.start) > 0
    return CapacityCover(
        value=float((need[t.demand] * worth[kept] * plan.share).sum()),
        bound=-found.bound / q.scale,
        sense="max",
        open=tuple(int(x) for x in np.flatnonzero(plan.units_p)),
        seconds=clock.seconds,
        cpu_seconds=clock.cpu_seconds,
        method="prices, auction and branching" if found.finished else "prices and auction, stopped",
        seed=seed,
        finished=found.finished,
        units_p=plan.units_p,
        assignment=served.most_of(pairs.n_demand),
        served=served,
        load_p=served.load(need, pairs.n_places),
        served_people=people,
        unserved_people=max(0.0, float(need[in_reach].sum()) - people),
        unreachable=pairs.unreachable(),
        cost_yen=cost_yen(plan, people),
        proof=found.proof,
    )


def verify_cover_with_capacity(
    answer: CapacityCover,
    pairs: ArrayLike | Pairs,
    need_d: ArrayLike,
    capacity_p: ArrayLike,
    *,
    p: int | None = None,
    budget_yen: float | None = None,
    cost_yen_p: ArrayLike | None = None,
    worth: ArrayLike | None = None,
    units_p: ArrayLike | None = None,
    unit_yen_p: ArrayLike | None = None,
    visit_yen: float = 0.0,
    conditions: Conditions = ANY,
) -> tuple[Problem, ...]:
    """Check an answer against its question, with code that the search does not use; nothing found = it holds.

    Parameters are those of `cover_with_capacity`.

    Examples
    --------
    >>> question = [[1.0], [2.0]], [30, 30], [50]
    >>> verify_cover_with_capacity(cover_with_capacity(*question, p=1), *question, p=1)
    ()
    """
    table = pairs_from(pairs)
    places = table.n_places
    need = numbers(need_d, table.n_demand, "bad-demand", "人数")
    capacity = numbers(capacity_p, places, "bad-capacity", "定員")
    value = numbers(1.0 if worth is None else worth, table.n_trips, "bad-worth", "重み")
    most = numbers(1 if units_p is None else units_p, places, "bad-units", "窓口の数").astype(np.int64)
    yen = numbers(0.0 if cost_yen_p is None else cost_yen_p, places, "bad-costs", "費用")
    unit_yen = numbers(0.0 if unit_yen_p is None else unit_yen_p, places, "bad-costs", "費用")
    units, made = answer.units_p, answer.served
    found = conditions_kept(answer.open, places, places if p is None else p, conditions)
    if (
        units.shape != most.shape
        or (units < 0).any()
        or (units > np.maximum(most, np.isin(np.arange(places), conditions.must))).any()
    ):
        return (wrong("窓口の数が正しくありません"),)
    if tuple(np.flatnonzero(units).tolist()) != answer.open:
        found.append(wrong("開く施設と窓口の数が合いません"))
    problems, row = trips_kept(made, table, need, capacity * units, answer.open, split=True, all_served=False)
    found += problems
    if not problems:
        people = need[made.demand] * made.share
        if not same(answer.value, float((value[row] * people).sum())):
            found.append(wrong("値が受け持つ人の合計とちがいます"))
        if not same(answer.served_people, float(people.sum())):
            found.append(wrong("受け持つ人数が合計とちがいます"))
        spent = float((yen + unit_yen * units)[units > 0].sum() + visit_yen * people.sum())
        if budget_yen is not None and (spent > budget_yen * (1 + 1e-9) or not same(answer.cost_yen, spent)):
            found.append(wrong("費用が予算をこえているか、合計とちがいます"))
        if not np.allclose(answer.load_p, made.load(need, places)):
            found.append(wrong("施設の受け持ち人数が合計とちがいます"))
    if not np.array_equal(answer.unreachable, np.flatnonzero(np.diff(table.start) == 0)):
        found.append(wrong("行ける施設のない地点の一覧がちがいます"))
    found += bound_kept(
        answer.bound,
        "max",
        lambda: cover_facts(
            table, need, capacity, value, p, budget_yen, yen, most, unit_yen, visit_yen, conditions, answer.proof
        ),
        answer.proof,
    )
    return tuple(found)
