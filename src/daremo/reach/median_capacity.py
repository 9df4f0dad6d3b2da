"""The p-median with capacities: everybody in reach is served at least total cost, and no place serves more than it can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from daremo.kernel.errors import Infeasible, OutOfTime, Problem, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.capacity.ask import median_question, numbers, pairs_from
from daremo.reach.capacity.branch import Found, Plan, Pricing, Tree
from daremo.reach.capacity.facts import median_facts
from daremo.reach.capacity.proof import Proof
from daremo.reach.capacity.question import Float, Int, Question
from daremo.reach.capacity.remedy import refuse_hopeless, refuse_impossible
from daremo.reach.capacity.served import Served, served_of
from daremo.reach.capacity.split import SplitPricing
from daremo.reach.capacity.verdict import bound_kept, conditions_kept, same, trips_kept, wrong
from daremo.reach.capacity.whole import WholePricing
from daremo.reach.model import Answer, Conditions
from daremo.reach.travel.pairs import Pairs

#: Cases after which a search ends with what it has.
MOST_CASES = 200_000
ANY = Conditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityMedian(Answer):
    """Where to open, and who is served where.

    Attributes
    ----------
    assignment : ndarray of int64, shape (demand,), index
        Place that serves each demand point (most of it where it is split); −1 where no place is in reach.
    served : Served
        All trips made, with shares.
    load_p : ndarray, shape (places,), unit of the demand
    unreachable : ndarray of int64, shape (out of reach,), index
        Demand points from which no place is in reach; they are not part of the value.
    proof : Proof
        What `verify_median_with_capacity` checks.
    """

    assignment: Int
    served: Served
    load_p: Float
    unreachable: Int
    proof: Proof

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; the proof is left to `proof.as_dict`."""
        return {
            **Answer.as_dict(self),
            "assignment": self.assignment.tolist(),
            "served": self.served.as_dict(),
            "load": self.load_p.tolist(),
            "unreachable": self.unreachable.tolist(),
            "proof_cases": len(self.proof.nodes),
        }


def median_with_capacity(
    cost: ArrayLike | Pairs,
    demand_d: ArrayLike,
    capacity_p: ArrayLike,
    p: int,
    *,
    weight_d: ArrayLike | None = None,
    split: bool = False,
    conditions: Conditions = ANY,
    gap: float = 0.0,
    seed: int = 1,
    watch: Watch | None = None,
) -> CapacityMedian:
    """Open at most p places and send each demand point to one of them, at least total cost, within capacities.

    Parameters
    ----------
    cost : array_like, shape (demand, places), or Pairs, km or minutes
        Of a trip; infinite or absent = out of reach.
    demand_d : array_like, shape (demand,), people or any unit
        What each demand point takes of a capacity; whole numbers unless `split`.
    capacity_p : array_like, shape (places,) or one number, same unit as the demand
    p : int
        At most so many open places. More than there are places = all may open. A place that serves nobody is not listed
        as open unless it must be.
    weight_d : array_like, shape (demand,), optional
        Factor on the cost of each demand point; None = 1, so that the value is the sum of trips.
    split : bool
        A demand point may be served by several places, a share each.
    conditions : Conditions
    gap : float, share
        End when the proved gap is at most this; 0 = prove the best.
    seed : int
    watch : Watch, optional

    Raises
    ------
    UsageError
        Where a number makes no sense.
    Infeasible
        Where not everybody in reach can be served; `fix` names the smallest change that helps.
    OutOfTime
        Where time ran out before anything that serves everybody was found.

    Notes
    -----
    Source of method: Lagrangian relaxation with knapsacks, fixing by reduced cost and branching, after Ceselli and Righini,
    Networks 45, 2005; details in `explain.md`.

    Examples
    --------
    >>> answer = median_with_capacity([[0, 3], [1, 3], [3, 0]], [2, 2, 2], [3, 4], 2)
    >>> answer.value, answer.bound, answer.assignment.tolist()
    (3.0, 3.0, [0, 1, 1])
    """
    clock = watch or Watch()
    pairs = pairs_from(cost)
    demand = numbers(demand_d, pairs.n_demand, "bad-demand", "人数")
    capacity = numbers(capacity_p, pairs.n_places, "bad-capacity", "定員")
    weight = numbers(1.0 if weight_d is None else weight_d, pairs.n_demand, "bad-weight", "重み")
    if p != int(p) or p < 0:
        raise UsageError("bad-count", f"施設の数 {p} では計算できません", "0以上の整数を入れてください")
    q = median_question(pairs, demand, capacity, int(p), weight, split, conditions)
    need = demand[q.label_d]
    refuse_hopeless(q, need, capacity)
    pricing: Pricing = SplitPricing(q, seed) if split else WholePricing(q, seed)
    found = Tree(q, pricing, gap, clock, None).run(MOST_CASES)
    plan = _plan_or_refusal(q, found, need, capacity)
    return _answer(q, found, plan, pairs, demand, weight, seed, clock)


def _plan_or_refusal(q: Question, found: Found, need: Float, capacity: Float) -> Plan:
    if found.plan is not None:
        return found.plan
    if found.finished:
        refuse_impossible(q, need, capacity)
        raise Infeasible(
            "capacity-impossible",
            "どう組み合わせても、全員を定員の中で受け持てません",
            "定員か施設の数をふやすか、条件をゆるめてください",
        )
    bound = found.bound / q.scale
    raise OutOfTime(
        "全員を定員の中で受け持てる組み合わせが、時間内に見つかりませんでした",
        "時間の上限を長くするか、定員か施設の数をふやしてください",
        float("inf"),
        bound,
        float("inf"),
    )


def _answer(
    q: Question, found: Found, plan: Plan, pairs: Pairs, demand: Float, weight: Float, seed: int, clock: Watch
) -> CapacityMedian:
    order = np.argsort(pairs.place, kind="stable")
    served = served_of(pairs.demand()[order].astype(np.int64), pairs.place[order].astype(np.int64), plan.share)
    cost = pairs.cost[order] * weight[pairs.demand()[order]]
    used = np.unique(served.place)
    return CapacityMedian(
        value=float((cost * plan.share).sum()),
        bound=found.bound / q.scale,
        sense="min",
        open=tuple(int(x) for x in np.union1d(used, np.flatnonzero(q.rules.least_p | _kept_open(q, plan)))),
        seconds=clock.seconds,
        cpu_seconds=clock.cpu_seconds,
        method="prices, fixing and branching" if found.finished else "prices and branching, stopped",
        seed=seed,
        finished=found.finished,
        assignment=served.most_of(pairs.n_demand),
        served=served,
        load_p=served.load(demand, pairs.n_places),
        unreachable=pairs.unreachable(),
        proof=found.proof,
    )


def _kept_open(q: Question, plan: Plan) -> Int:
    """Places that are open only because each group needs enough; flags, shape (places,)."""
    grouped = q.rules.group_p >= 0
    return (grouped & (plan.units_p > 0)).astype(np.int64)


def verify_median_with_capacity(
    answer: CapacityMedian,
    cost: ArrayLike | Pairs,
    demand_d: ArrayLike,
    capacity_p: ArrayLike,
    p: int,
    *,
    weight_d: ArrayLike | None = None,
    split: bool = False,
    conditions: Conditions = ANY,
) -> tuple[Problem, ...]:
    """Check an answer against its question, with code that the search does not use; nothing found = it holds.

    Parameters are those of `median_with_capacity`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> question = [[0, 3], [1, 3], [3, 0]], [2, 2, 2], [3, 4], 2
    >>> answer = median_with_capacity(*question)
    >>> verify_median_with_capacity(answer, *question)
    ()
    >>> len(verify_median_with_capacity(replace(answer, value=2.0, bound=2.0), *question))
    1
    """
    pairs = pairs_from(cost)
    demand = numbers(demand_d, pairs.n_demand, "bad-demand", "人数")
    capacity = numbers(capacity_p, pairs.n_places, "bad-capacity", "定員")
    weight = numbers(1.0 if weight_d is None else weight_d, pairs.n_demand, "bad-weight", "重み")
    found = conditions_kept(answer.open, pairs.n_places, p, conditions)
    made = answer.served
    problems, row = trips_kept(made, pairs, demand, capacity, answer.open, split=split, all_served=True)
    found += problems
    if not problems:
        total = float((pairs.cost[row] * weight[made.demand] * made.share).sum())
        if not same(answer.value, total):
            found.append(wrong("値が道のりの合計とちがいます"))
        if not np.allclose(answer.load_p, made.load(demand, pairs.n_places)):
            found.append(wrong("施設の受け持ち人数が合計とちがいます"))
        if not np.array_equal(answer.assignment, made.most_of(pairs.n_demand)):
            found.append(wrong("割り当てが道のりの表とちがいます"))
    if not np.array_equal(answer.unreachable, np.flatnonzero(np.diff(pairs.start) == 0)):
        found.append(wrong("行ける施設のない地点の一覧がちがいます"))
    found += bound_kept(
        answer.bound,
        "min",
        lambda: median_facts(pairs, demand, capacity, int(p), weight, split, conditions, answer.proof),
        answer.proof,
    )
    return tuple(found)
