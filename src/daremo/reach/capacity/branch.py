"""Divide and rule out: the tree of cases that proves an answer best, or says how far from best it can be.

Best bound first. Every case is priced; what its prices rule out is dropped for good; what is left is divided. The prices
are kept, so that a checker can repeat the argument.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from daremo.kernel.watch import Watch
from daremo.reach.capacity.proof import Division, Node, Prices, Proof
from daremo.reach.capacity.question import Float, Int, Question
from daremo.reach.capacity.rules import Case, settled, whole_case


@dataclass(frozen=True, slots=True)
class Plan:
    """An answer that keeps all rules.

    Attributes
    ----------
    cost : float, whole
    units_p : ndarray of int64, shape (places,)
    share : ndarray, shape (trips,), share of each demand point served on each trip
    """

    cost: float
    units_p: Int
    share: Float


@dataclass(frozen=True, slots=True)
class Look:
    """What pricing a case told.

    Attributes
    ----------
    bound : float, whole
    prices : Prices
    division : Division or None
        How to divide the case; None = only one answer is left, which `plan` is, or none.
    plan : Plan or None
    """

    bound: float
    prices: Prices
    division: Division | None
    plan: Plan | None


class Pricing(Protocol):
    """How cases of one kind of question are priced."""

    def begin(self) -> Prices:
        """Prices to start from."""

    def look(self, case: Case, start: Prices, limit: float, *, root: bool, watch: Watch) -> Look:
        """Raise the prices until the bound exceeds the limit or stops rising."""

    def tighten(self, case: Case, prices: Prices, limit: float) -> int:
        """Rule out in place what the prices show to be in no answer of at most `limit`; how many changes."""


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a search.

    Attributes
    ----------
    plan : Plan or None
        None where nothing keeps all rules, or nothing was found in time.
    bound : float, whole
    proof : Proof
    finished : bool
    """

    plan: Plan | None
    bound: float
    proof: Proof
    finished: bool


def limit_for(q: Question, plan: Plan | None, gap: float) -> float:
    """The largest cost, whole, that would be better than the plan by more than the wanted gap."""
    if plan is None:
        return q.worst
    slack = max(q.step, gap * abs(plan.cost) * (1 - 1e-6))
    if q.step <= 0:
        slack = max(slack, 1e-9 * abs(plan.cost), 1.0)
    return plan.cost - math.ceil(slack)


def least_beyond(q: Question, cost: float) -> float:
    """The least possible cost of an answer that is known to cost at least `cost`."""
    return math.ceil(cost / q.step) * q.step if q.step > 0 else cost


def bound_of(q: Question, plan: Plan | None, limit: float, open_bounds: list[float]) -> float:
    """What no answer is below: the limit's successor, or the least open case."""
    least = min([limit + 1.0, *open_bounds])
    bound = least_beyond(q, least)
    return min(bound, plan.cost) if plan is not None else bound


class Tree:
    """A search in progress."""

    def __init__(self, q: Question, pricing: Pricing, gap: float, watch: Watch, plan: Plan | None) -> None:
        self.q, self.pricing, self.gap, self.watch = q, pricing, gap, watch
        self.plan = plan
        self.nodes = [Node()]
        self.heap: list[tuple[float, int, Case, Prices, Division]] = []
        self.ends: list[float] = []
        self._told = (math.nan, math.nan)

    @property
    def limit(self) -> float:
        return limit_for(self.q, self.plan, self.gap)

    def run(self, most_nodes: int) -> Found:
        """Search until proved, late, or so many cases are made."""
        case = whole_case(self.q)
        if settled(self.q, case):
            self._visit(0, case, self.pricing.begin(), -math.inf)
        while self.heap and not self.watch.late() and len(self.nodes) < most_nodes:
            bound, number, case, prices, division = heapq.heappop(self.heap)
            self._tell(bound)
            if bound <= self.limit:
                self._divide(number, case, prices, bound, division)
        left = [b for b, *_ in self.heap if b <= self.limit]
        bound = bound_of(self.q, self.plan, self.limit, left + self.ends)
        self._tell(bound)
        q = self.q
        proof = Proof(int(self.limit), tuple(self.nodes), q.scale, q.size_scale, q.yen_scale)
        return Found(self.plan, bound, proof, not left)

    def _divide(self, number: int, case: Case, prices: Prices, bound: float, division: Division) -> None:
        first = len(self.nodes)
        self.nodes += [Node(), Node()]
        self.nodes[number].division = replace(division, children=(first, first + 1))
        for child, part in zip((first, first + 1), parts(self.q, case, division), strict=True):
            if settled(self.q, part):
                self._visit(child, part, prices, bound)

    def _visit(self, number: int, case: Case, prices: Prices, parent: float) -> None:
        """Price a case, keep its prices, and queue it with its division if anything is left of it."""
        node = self.nodes[number]
        for _ in range(3):
            look = self.pricing.look(case, prices, self.limit, root=number == 0, watch=self.watch)
            node.prices.append(look.prices)
            prices = look.prices
            if look.plan is not None and (self.plan is None or look.plan.cost < self.plan.cost):
                self.plan = look.plan
            if look.bound > self.limit:
                return
            if look.division is None:
                self.ends.append(look.bound)
                return
            changes = self.pricing.tighten(case, look.prices, self.limit)
            if not settled(self.q, case):
                return
            if changes * 4 < case.allowed.sum():
                break
        assert look.division is not None
        heapq.heappush(self.heap, (max(look.bound, parent), number, case, prices, look.division))

    def _tell(self, bound: float) -> None:
        now = (self.q.told(self.plan.cost if self.plan else math.inf), self.q.told(bound))
        if now != self._told:
            self._told = now
            self.watch.tell(*now)


def parts(q: Question, case: Case, division: Division) -> tuple[Case, Case]:
    """The two cases of a division: ("at most" or "one of these", "more" or "another")."""
    first, second = case.copy(), case.copy()
    if division.kind == "units":
        first.most[division.index] = min(first.most[division.index], division.at)
        second.least[division.index] = max(second.least[division.index], division.at + 1)
        return first, second
    t = q.trips
    mine = t.row_trip[t.row_start[division.index] : t.row_start[division.index + 1]]
    among = np.isin(np.searchsorted(t.start, mine, side="right") - 1, division.places)
    first.allowed[mine[~among]] = False
    second.allowed[mine[among]] = False
    return first, second
