"""Verb `frontier`: what each budget (or number of places) can reach, with a bound at every point of the curve.

Points are solved from the smallest up, each beginning with the layout before. Prices that prove one point prove
something at every other: a curve's bound is the least of all of them, so a point is never left with its own alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.cover import whole_question
from daremo.reach.doors.branch import Grown
from daremo.reach.doors.certificate import encode
from daremo.reach.doors.node import Node, Prices, exact
from daremo.reach.doors.question import Doors
from daremo.reach.doors.regions import Regional
from daremo.reach.doors.solve import Solved, solve, state_of
from daremo.reach.model import Conditions, gap_share
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the curve.

    Attributes
    ----------
    given : float, yen or places
    value, bound : float, people
        Reached, and what no choice can pass.
    spent : float, yen or places
    open : tuple of int
    bound_certified : float, people
        What its certificate, or that of a later point (more money reaches no fewer), proves in whole numbers; `bound`
        may be tighter where HiGHS helped.
    certificate : dict
        The best proof for this point: of its own search, or with another point's prices.
    """

    given: float
    value: float
    bound: float
    spent: float
    open: tuple[int, ...]
    bound_certified: float
    certificate: dict[str, Any] = field(repr=False)

    @property
    def gap_share(self) -> float:
        """(bound − value) / value."""
        return gap_share(self.value, self.bound)


@dataclass(frozen=True, slots=True)
class Frontier:
    """The curve, from the smallest to the largest budget.

    Attributes
    ----------
    points : tuple of Point
        Neither value nor bound ever falls along it.
    unreachable : tuple of int
        Demand points without any trip.
    unit : {"yen", "places"}
    seconds, cpu_seconds : float
    method : str
    seed : int
    finished : bool
        Every point has the wanted gap.
    """

    points: tuple[Point, ...]
    unreachable: tuple[int, ...]
    unit: str
    seconds: float
    cpu_seconds: float
    method: str
    seed: int
    finished: bool

    @property
    def open(self) -> tuple[int, ...]:
        """Open places of the last point."""
        return self.points[-1].open

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; value, bound and open places are those of the last point."""
        last = self.points[-1]
        return {
            "value": last.value,
            "bound": last.bound,
            "gap_share": last.gap_share if np.isfinite(last.gap_share) else None,
            "open": list(last.open),
            "unreachable": list(self.unreachable),
            "unit": self.unit,
            "points": [
                {
                    "given": p.given,
                    "value": p.value,
                    "bound": p.bound,
                    "bound_certified": p.bound_certified,
                    "gap_share": p.gap_share if np.isfinite(p.gap_share) else None,
                    "spent": p.spent,
                    "open": list(p.open),
                }
                for p in self.points
            ],
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "method": self.method,
            "seed": self.seed,
            "finished": self.finished,
        }


def frontier(
    pairs: Pairs,
    need_d: ArrayLike,
    *,
    ps: Sequence[int] | None = None,
    budgets_yen: Sequence[float] | None = None,
    cost_yen_p: ArrayLike | None = None,
    worth: ArrayLike | None = None,
    conditions: Conditions | None = None,
    gap: float = 0.005,
    seed: int = 1,
    workers: int = 1,
    watch: Watch | None = None,
) -> Frontier:
    """Most people within reach for each of several budgets or numbers of places.

    Parameters
    ----------
    pairs, need_d, cost_yen_p, worth, conditions, workers
        As for `cover`.
    ps, budgets_yen : sequence
        The numbers of places, or budgets, asked about; exactly one of them.
    gap : float, share
        Wanted at every point.

    Returns
    -------
    Frontier

    Raises
    ------
    UsageError, Infeasible
        As `cover`; Infeasible where the smallest point allows no choice.

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> far = float("inf")
    >>> curve = frontier(pairs_of_matrix([[0, far], [0, 0], [far, 0]]), [5, 1, 3], ps=[2, 1, 0], gap=0)
    >>> [(p.given, p.value, p.bound) for p in curve.points]
    [(0.0, 0.0, 0.0), (1.0, 6.0, 6.0), (2.0, 9.0, 9.0)]
    """
    watch = Watch() if watch is None else watch
    if (ps is None) == (budgets_yen is None):
        raise UsageError("p-or-budget", "施設の数か予算の、どちらか一つが必要です", "どちらかを入れてください")
    asked = sorted({float(x) for x in (ps if ps is not None else budgets_yen or ())})
    if not asked:
        raise UsageError("no-points", "曲線の点が一つもありません", "予算か施設の数を一つ以上入れてください")
    solved: list[tuple[Doors, Solved]] = []
    first: NDArray[np.bool_] | None = None
    for k, given in enumerate(asked):
        question = whole_question(
            pairs, need_d, p=int(given) if ps is not None else None, budget_yen=None if ps is not None else given,
            cost_yen_p=cost_yen_p, worth=worth, conditions=conditions,
        )  # fmt: skip
        q = question.q
        left = (watch.limit_s - watch.seconds) / (len(asked) - k)
        part = Watch(max(left, 0.05), tell=watch.tell, stop=watch.late, clock=lambda: watch.seconds)
        found = solve(
            q, grain=question.grain, gap=gap, seed=seed, workers=workers, watch=part, unit=q.scale, first=first
        )
        first = found.is_open
        solved.append((q, found))
    proofs = _proofs(solved)
    certified = _falling([max(p.certified if isinstance(p, Regional) else p.bound, p.value) for p in proofs])
    bound = _falling([min(found.bound, most) for (_, found), most in zip(solved, certified, strict=True)])
    points = []
    for (q, found), given, most, sure, proof in zip(solved, asked, bound, certified, proofs, strict=True):
        value = question.people_of(found.is_open)
        points.append(
            Point(
                given,
                value,
                max(question.bound_of(most), value),
                float(found.is_open.sum() if ps is not None else question.costs[found.is_open].sum()),
                tuple(int(j) for j in np.flatnonzero(found.is_open)),
                max(question.bound_of(sure), value),
                encode(q, proof),
            )  # fmt: skip
        )
    return Frontier(
        tuple(points), tuple(int(i) for i in pairs.unreachable()), "places" if ps is not None else "yen",
        watch.seconds, watch.cpu_seconds, f"{len(points)} points, each from the one before; prices shared", seed,
        all(f.finished for _, f in solved),
    )  # fmt: skip


def _falling(bounds: list[float]) -> list[float]:
    """The least of each point's bound and all later points': who may open less reaches no more."""
    return [float(x) for x in np.minimum.accumulate(np.asarray(bounds)[::-1])[::-1]]


def _proofs(solved: list[tuple[Doors, Solved]]) -> list[Grown | Regional]:
    """The best proof of each point: that of its own search, or its budget at another point's prices."""
    prices = []
    for _, found in solved:
        if isinstance(found.proof, Regional):
            prices.append((found.proof.u, found.proof.v))
        else:
            root = found.proof.root
            prices.append((root.prices.u.astype(float), root.prices.v.astype(float)))
    out: list[Grown | Regional] = []
    for q, found in solved:
        state, best = state_of(q), found.proof
        sure = found.certified
        for u, v in prices:
            bound, price, _ = exact(q, state, u, v, 0.0)
            if bound < sure:
                kept = Prices(u.astype(np.int64), v.astype(np.int64))
                leaf = Node(state, state.copy(), bound, kept, price, np.zeros(q.n_places))
                best, sure = Grown(found.is_open, found.value, bound, leaf, 1, found.finished), bound
        out.append(replace(best, is_open=found.is_open, value=found.value))
    return out
