"""Verb `median`: open p places so that people × trip to the nearest open one adds up to least."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.alternatives import Alternatives
from daremo.reach.doors.certificate import encode
from daremo.reach.doors.equal import alternatives
from daremo.reach.doors.prices import best_worth
from daremo.reach.doors.question import Doors, doors
from daremo.reach.doors.solve import solve
from daremo.reach.model import Answer, Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Where worths are no whole numbers, layouts that differ by less than this share of the most there is count as equal.
EQUAL = 1e-11
#: Sums of floats are exact to this share.
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, kw_only=True)
class Median(Answer):
    """Open places with shortest trips.

    Attributes
    ----------
    served_by_d : ndarray of int, shape (demand,), index
        Nearest open place; −1 where none is within the trips that were given.
    cost_d : ndarray, shape (demand,), unit of the trips
        Trip to it; infinite where there is none.
    unreachable : tuple of int
        Demand points without any trip: not counted.
    unserved : tuple of int
        Demand points with trips, none of them to an open place: counted with the longest trip of the question.
    equal_cost : float
        The trip that would weigh as much if everybody had it (Kolm–Atkinson); the mean trip with `fair` = 0.
    bound_certified : float
        The bound that the certificate proves in whole numbers; `bound` may be tighter where HiGHS solved regions.
    certificate : dict
        Proof of it, see ``docs/know/proof.md``.
    alternatives : Alternatives or None
        Layouts whose trips add up to as much.
    """

    served_by_d: Int
    cost_d: Float
    unreachable: tuple[int, ...]
    unserved: tuple[int, ...]
    equal_cost: float
    bound_certified: float
    certificate: dict[str, Any] = field(repr=False)
    alternatives: Alternatives | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; the certificate is written beside it."""
        return {
            **Answer.as_dict(self),
            "equal_cost": self.equal_cost,
            "bound_certified": self.bound_certified,
            "unreachable": list(self.unreachable),
            "unserved": list(self.unserved),
            **(self.alternatives.as_dict() if self.alternatives is not None else {}),
        }


def median(
    pairs: Pairs | ArrayLike,
    weight_d: ArrayLike | None = None,
    *,
    p: int,
    fair: float = 0.0,
    conditions: Conditions | None = None,
    gap: float = 0.0,
    seed: int = 1,
    workers: int = 1,
    watch: Watch | None = None,
) -> Median:
    """Open at most p places so that weighted trips to the nearest open place add up to least.

    Parameters
    ----------
    pairs : Pairs or array_like of shape (demand, places), km or minutes
        A full table may hold infinite or missing entries.
    weight_d : array_like, shape (demand,), people, optional
        1 each where not given.
    p : int
        Most open places; existing ones in `conditions.must` count.
    fair : float
        0 = the sum of trips; larger helps the worst-off first: the sum of trips to the power 1 + `fair`.
    gap : float, share
        Stop when (value − bound) / value is at most this; 0 = proved best.
    workers : int
        Threads; the answer does not depend on them.

    Returns
    -------
    Median
        `value` and `bound` are sums of weight × trip (to the power 1 + `fair`).

    Raises
    ------
    UsageError
        Numbers that are negative or not finite, wrong shapes.
    Infeasible
        The conditions cannot hold together.

    Source
    ------
    Hakimi 1964; the power of trips after Atkinson 1970, see ``explain.md``.

    Examples
    --------
    >>> found = median([[0, 2, 9], [2, 0, 9], [9, 9, 0]], p=2)
    >>> found.value, found.bound, found.open
    (2.0, 2.0, (0, 2))
    """
    watch = Watch() if watch is None else watch
    table = pairs if isinstance(pairs, Pairs) else pairs_of_matrix(pairs)
    weight = weights(weight_d, table.n_demand)
    checked_gap(gap)
    with np.errstate(over="ignore", invalid="ignore"):
        cost = table.cost ** (1.0 + fair)
        heavy = float(weight.sum()) * float(cost.max(initial=0.0))
    if not (np.isfinite(fair) and fair >= 0 and np.isfinite(heavy)):
        raise UsageError(
            "bad-fair", f"公平の強さ {fair} は使えません", "0以上の、もっと小さい数を入れてください", "fair"
        )
    far = farthest(table, cost)
    row = table.demand()
    worth = weight[row] * (far[row] - cost)
    whole = bool(np.all(worth == np.floor(worth)))
    q = doors(table, worth, p=p, conditions=conditions or Conditions(), whole_worth=whole)
    off = float((weight * far)[np.diff(table.start) > 0].sum())
    grain = q.scale if whole else alike(q)

    def tell(value: float, bound: float) -> None:
        watch.tell(off - value, off - bound)

    told = Watch(watch.limit_s, tell=tell, stop=watch.late, clock=lambda: watch.seconds)
    found = solve(q, grain=grain, gap=gap, seed=seed, workers=workers, watch=told, unit=q.scale, saved_of=off * q.scale)
    opened = np.flatnonzero(found.is_open)
    served, trip = nearest_open(table, found.is_open)
    reached = np.diff(table.start) > 0
    paid = np.where(np.isfinite(trip), np.where(np.isfinite(trip), trip, 0.0) ** (1.0 + fair), far)
    value = float((weight * paid)[reached].sum())

    def trips_of(bound: float) -> float:
        saved = bound / q.scale
        least = off - float(np.floor(saved + 1e-9)) if whole else off * (1 - ROUNDING) - saved
        return min(max(least, 0.0), value)

    bound = trips_of(found.bound)
    people = float(weight[reached].sum())
    return Median(
        value=value,
        bound=bound,
        sense="min",
        open=tuple(int(j) for j in opened),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        method=found.method,
        seed=seed,
        finished=found.finished or bound >= value,
        served_by_d=served,
        cost_d=trip,
        unreachable=tuple(int(i) for i in table.unreachable()),
        unserved=tuple(int(i) for i in np.flatnonzero(reached & (served < 0))),
        equal_cost=(value / people) ** (1 / (1 + fair)) if people else 0.0,
        bound_certified=trips_of(found.certified),
        certificate=encode(q, found.proof),
        alternatives=alternatives(
            q, found.is_open, grain=grain, proved=found.finished and gap == 0, costs=np.ones(q.n_places), money=np.inf
        ),
    )


def weights(weight_d: ArrayLike | None, n_demand: int) -> Float:
    """Weights as floats, 1 each where none are given; shape (demand,), people.

    Raises
    ------
    UsageError
        Wrong length, negative or not finite.
    """
    weight = np.ones(n_demand) if weight_d is None else np.asarray(weight_d, float)
    if weight.shape != (n_demand,) or not np.isfinite(weight).all() or (weight.size and weight.min() < 0):
        raise UsageError(
            "bad-weight", "人数や重みに、負の数か数でない値があります", "地点ごとに0以上の数を入れてください"
        )
    return weight


def farthest(table: Pairs, cost: Float) -> Float:
    """What a demand point pays where no listed place is open, shape (demand,), unit of `cost`.

    Its own longest trip where every place is listed; else the longest trip of the whole table.
    """
    most = float(cost.max(initial=0.0))
    counts = np.diff(table.start)
    far = np.full(table.n_demand, most)
    full = (counts == table.n_places) & (counts > 0)
    if full.any():
        longest = np.maximum.reduceat(np.r_[cost, 0.0], np.minimum(table.start[:-1], cost.size))
        far[full] = longest[full]
    return far


def nearest_open(table: Pairs, is_open: NDArray[np.bool_]) -> tuple[Int, Float]:
    """Nearest open place of each demand point and the trip to it: index (−1 = none) and cost (infinite = none), (demand,)."""
    row = table.demand()
    cost = np.where(is_open[table.place], table.cost, np.inf)
    order = np.lexsort((cost, row))
    first = np.searchsorted(row[order], np.arange(table.n_demand))
    place = np.full(table.n_demand, -1, np.int64)
    trip = np.full(table.n_demand, np.inf)
    has = np.diff(table.start) > 0
    pick = order[first[has]]
    trip[has] = cost[pick]
    place[has] = np.where(np.isfinite(cost[pick]), table.place[pick], -1)
    return place, trip


def checked_gap(gap: float) -> None:
    """Refuse a gap that is negative or not a number.

    Raises
    ------
    UsageError
    """
    if not gap >= 0:
        raise UsageError("bad-gap", f"許す差 {gap} は使えません", "0以上の割合を入れてください", "--gap")


def alike(q: Doors) -> float:
    """Worth by which layouts must differ to count as different where worths are no whole numbers, in units of `Doors`.

    Never less than what rounding up a price or a worth of each demand point can bring.
    """
    return max(1.0, float(q.n_demand), EQUAL * _most(q))


def _most(q: Doors) -> float:
    """Sum of everybody's best worth."""
    return float(best_worth(q).sum())
