"""Verb `cover`: most people within reach of a number of places, or of what a budget can open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.alternatives import Alternatives
from daremo.reach.doors.backup import solve_backup
from daremo.reach.doors.certificate import encode
from daremo.reach.doors.equal import alternatives
from daremo.reach.doors.question import Doors, doors
from daremo.reach.doors.solve import Solved, solve
from daremo.reach.median import alike, checked_gap, weights
from daremo.reach.model import Answer, Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Costs that exceed the budget by less than this share are sums of floats that mean the same money.
SAME_YEN = 1e-12
#: HiGHS keeps rows, whole numbers and its own gap to 1e-6 (mip_feasibility_tolerance) of numbers about 1: a bound from
#: it is lifted by that share of itself, and by that share of the greatest single worth.
HIGHS_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover(Answer):
    """Open places that reach most people.

    Attributes
    ----------
    reached_d : ndarray, shape (demand,), people
        What each demand point counts for: its people × the worth of its best open trip (and backup).
    unreachable : tuple of int
        Demand points without any trip.
    cost_yen : float
        What opening costs; the number of open places where none costs anything.
    bound_certified : float
        The bound that the certificate proves in whole numbers; `bound` may be tighter where HiGHS helped (regions,
        backup) and then rests on its floating-point arithmetic: `bound_from` says so.
    certificate : dict
        Proof of it, see ``docs/know/proof.md``.
    alternatives : Alternatives or None
        Layouts that reach as many; None where counting them would take long (backup, beyond small questions).
    """

    reached_d: Float
    unreachable: tuple[int, ...]
    cost_yen: float
    bound_certified: float
    certificate: dict[str, Any] = field(repr=False)
    alternatives: Alternatives | None = field(default=None, repr=False)

    @property
    def bound_from(self) -> Literal["certificate", "HiGHS"]:
        """Who vouches for `bound`: the certificate in whole numbers, or HiGHS in floating point."""
        return "certificate" if self.bound >= self.bound_certified else "HiGHS"

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; the certificate is written beside it."""
        return {
            **Answer.as_dict(self),
            "cost_yen": self.cost_yen,
            "bound_certified": self.bound_certified,
            "bound_from": self.bound_from,
            "unreachable": list(self.unreachable),
            **(self.alternatives.as_dict() if self.alternatives is not None else {}),
        }


def cover(
    pairs: Pairs,
    need_d: ArrayLike,
    *,
    p: int | None = None,
    budget_yen: float | None = None,
    cost_yen_p: ArrayLike | None = None,
    worth: ArrayLike | None = None,
    backup_share: float = 0.0,
    conditions: Conditions | None = None,
    gap: float = 0.0,
    seed: int = 1,
    workers: int = 1,
    scheduler: str | None = None,
    watch: Watch | None = None,
) -> Cover:
    """Open places so that most people are within reach.

    Parameters
    ----------
    pairs : Pairs
        Trips within reach.
    need_d : array_like, shape (demand,), people
    p, budget_yen : int or float
        Most open places, or money for opening; exactly one of them.
    cost_yen_p : array_like, shape (places,), yen, optional
        Cost of opening each place; 1 each where not given.
    worth : array_like, shape (trips,), share, optional
        How much a trip counts (gradual covering); 1 each where not given.
    backup_share : float
        Worth of a second open place within reach, as a share of what its trip counts.
    gap : float, share
        Stop when (bound − value) / value is at most this; 0 = proved best.
    workers : int
        Threads; the answer does not depend on them.
    scheduler : str, optional
        Dask scheduler (``tcp://host:port``) whose workers solve the regions of a national question.

    Returns
    -------
    Cover
        `value` and `bound` in people.

    Raises
    ------
    UsageError
        Numbers that are negative or not finite, wrong shapes, neither or both of `p` and `budget_yen`.
    Infeasible
        The conditions cannot hold together.

    Source
    ------
    Church and ReVelle 1974; gradual covering after Church and Roberts 1983; backup after Hogan and ReVelle 1986.

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> far = float("inf")
    >>> found = cover(pairs_of_matrix([[0, far], [0, 0], [far, 0]]), [5, 1, 3], p=1)
    >>> found.value, found.bound, found.open
    (6.0, 6.0, (0,))
    """
    watch = Watch() if watch is None else watch
    checked_gap(gap)
    if not 0 <= backup_share <= 1:
        raise UsageError(
            "bad-backup", f"予備の重み {backup_share} は使えません", "0から1までの数を入れてください", "--backup"
        )
    question = whole_question(
        pairs, need_d, p=p, budget_yen=budget_yen, cost_yen_p=cost_yen_p, worth=worth, conditions=conditions
    )
    q, costs = question.q, question.costs

    def searched(q: Doors) -> Solved:
        if backup_share > 0:
            return solve_backup(q, backup_share, gap=gap, seed=seed, watch=watch)
        return solve(
            q, grain=question.grain, gap=gap, seed=seed, workers=workers, watch=watch, unit=q.scale, scheduler=scheduler
        )

    found = searched(q)
    if budget_yen is not None:
        found = _within(q, found, costs, budget_yen, searched)
    reached = reached_of(pairs, question.people, found.is_open, backup_share)
    value = float(reached.sum())

    def people_of(bound: float) -> float:
        return max(bound / q.scale if backup_share else question.bound_of(bound), value)

    bound, certified = people_of(found.bound), people_of(found.certified)
    if backup_share and found.bound < found.certified:
        lift = HIGHS_TOLERANCE * (max(found.bound, 0.0) + float(q.worth.max(initial=1.0)))
        bound = min(people_of(found.bound + lift), certified)
    money = np.inf if budget_yen is None else float(budget_yen) * (1 + SAME_YEN)
    equal = alternatives(
        q, found.is_open, grain=question.grain, proved=found.finished and gap == 0, costs=costs, money=money,
        backup_share=backup_share,
    )  # fmt: skip
    return Cover(
        value=value,
        bound=bound,
        sense="max",
        open=tuple(int(j) for j in np.flatnonzero(found.is_open)),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        method=found.method,
        seed=seed,
        finished=found.finished or bound <= value,
        reached_d=reached,
        unreachable=tuple(int(i) for i in pairs.unreachable()),
        cost_yen=float(costs[found.is_open].sum()),
        bound_certified=certified,
        certificate=encode(q, found.proof),
        alternatives=equal,
    )


def _within(q: Doors, found: Solved, costs: Float, budget: float, searched: Callable[[Doors], Solved]) -> Solved:
    """A layout within the caller's budget: costs that make no whole units were rounded down, so one may be a trace too dear.

    Then a slightly smaller budget is searched as well; the bound stays that of the whole budget.
    """
    first, less = found, 1.0
    while float(costs[found.is_open].sum()) > budget * (1 + SAME_YEN):
        found = searched(replace(q, budget=q.budget - less))
        less *= 2
    if found is first:
        return found
    assert found.proof.is_open is not None
    proof = replace(first.proof, is_open=found.proof.is_open, value=found.proof.value)
    finished = first.finished and first.bound <= found.value
    return replace(
        found, bound=first.bound, certified=first.certified, proof=proof, finished=finished, nodes=first.nodes
    )


@dataclass(frozen=True, slots=True)
class WholeQuestion:
    """A covering question in whole numbers, and the way back to people.

    Attributes
    ----------
    q : Doors
    pairs : Pairs
    people : ndarray, shape (trips,), people
        What each trip counts.
    costs : ndarray, shape (places,), yen or places
    whole : bool
        Every trip counts a whole number of people.
    grain : float
        Worth by which layouts must differ, in units of `q`.
    """

    q: Doors
    pairs: Pairs
    people: Float
    costs: Float
    whole: bool
    grain: float

    def bound_of(self, bound: float) -> float:
        """A bound in people; rounded down where only whole numbers can be reached."""
        return float(np.floor(bound / self.q.scale)) if self.whole else bound / self.q.scale

    def people_of(self, is_open: NDArray[np.bool_]) -> float:
        """People reached by a layout."""
        return float(reached_of(self.pairs, self.people, is_open, 0.0).sum())


def whole_question(
    pairs: Pairs,
    need_d: ArrayLike,
    *,
    p: int | None,
    budget_yen: float | None,
    cost_yen_p: ArrayLike | None,
    worth: ArrayLike | None,
    conditions: Conditions | None,
) -> WholeQuestion:
    """A covering question in whole numbers; arguments and errors as for `cover`."""
    need = weights(need_d, pairs.n_demand)
    share = np.ones(pairs.n_trips) if worth is None else np.asarray(worth, float)
    if share.shape != (pairs.n_trips,):
        raise UsageError("bad-worth", "道のりごとの重みの数がちがいます", "道のりと同じ数だけ入れてください")
    people = need[pairs.demand()] * share
    whole = bool(np.all(people == np.floor(people)))
    costs = np.ones(pairs.n_places) if cost_yen_p is None else np.asarray(cost_yen_p, float)
    if costs.shape != (pairs.n_places,) or not np.isfinite(costs).all() or (costs.size and costs.min() < 0):
        raise UsageError("bad-costs", "施設の費用に、負の数か数でない値があります", "0以上の金額を入れてください")
    q = doors(pairs, people, p=p, budget=budget_yen, cost_p=cost_yen_p, conditions=conditions, whole_worth=whole)
    return WholeQuestion(q, pairs, people, costs, whole, q.scale if whole else alike(q))


def reached_of(pairs: Pairs, people: Float, is_open: NDArray[np.bool_], backup_share: float) -> Float:
    """People of each demand point × worth of the best open trip, and of the second best × `backup_share`; shape (demand,)."""
    row = pairs.demand()
    worth = np.where(is_open[pairs.place], people, 0.0)
    first = np.zeros(pairs.n_demand)
    np.maximum.at(first, row, worth)
    if not backup_share:
        return first
    order = np.lexsort((-worth, row))
    rank = np.arange(row.size) - pairs.start[row[order]]
    second = np.zeros(pairs.n_demand)
    chosen = order[rank == 1]
    second[row[chosen]] = worth[chosen]
    return np.asarray(first + backup_share * second)
