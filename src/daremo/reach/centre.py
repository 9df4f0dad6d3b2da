"""p-centre: at most p places such that whoever is worst off has the shortest way.

Source of method: Minieka, SIAM Review 12(1), 1970 (covering everybody within a radius, radius by bisection); see explain.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import Infeasible, OutOfTime, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.alternatives import Alternatives, centre_swaps
from daremo.reach.covering.certificate import Certificate
from daremo.reach.covering.problem import masks, problem_of
from daremo.reach.covering.solve import cheapest
from daremo.reach.everybody import nearest_open, refuse_impossible
from daremo.reach.model import Answer, Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

METHOD = "bisection over distances, each decided by covering everybody"
#: Share of the time left that one radius may take before the next one is tried.
SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Decision:
    """One radius that was tried: places found to be enough, and places proved to be needed."""

    radius: float
    found: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreAnswer(Answer):
    """Places that keep the longest way short; `value` is that way, times the weight where weights were given.

    Attributes
    ----------
    p : int
        Places allowed.
    step : float or None
        Width of the classes of distance that were told apart; None: every distance.
    low, high : float
        Largest radius proved too small (−1 = none; with `step` the end of a class), smallest radius within which all were reached.
    worst : int
        A demand point whose way is the longest; −1 = nobody.
    unreachable : tuple of int
        Demand points that no allowed place reaches at all.
    served_by : ndarray of int64, shape (demand,), index
        Nearest open place; −1 = none.
    decisions : tuple of Decision
        Every radius that was tried, in order.
    certificate : Certificate or None
        Proof that more than p places are needed within `low`; None where `low` is too small for somebody anyway.
    alternatives : Alternatives or None
        Places that may change roles without changing the longest way.
    """

    p: int
    step: float | None
    low: float
    high: float
    worst: int
    unreachable: tuple[int, ...]
    served_by: Int
    decisions: tuple[Decision, ...]
    certificate: Certificate | None
    alternatives: Alternatives | None = None

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        return {
            **Answer.as_dict(self),
            "p": self.p,
            "step": self.step,
            "low": self.low,
            "high": self.high,
            "worst": self.worst,
            "unreachable": list(self.unreachable),
            "served_by": self.served_by.tolist(),
            "decisions": [{"radius": d.radius, "found": d.found, "needed": d.needed} for d in self.decisions],
            **(self.alternatives.as_dict() if self.alternatives is not None else {}),
        }


def centre(
    pairs: Pairs,
    p: int,
    *,
    weight_d: ArrayLike | None = None,
    step: float | None = None,
    conditions: Conditions | None = None,
    strict: bool = False,
    gap: float = 0.0,
    seed: int = 1,
    workers: int = 1,
    watch: Watch | None = None,
) -> CentreAnswer:
    """At most p open places with the least longest (weighted) way from any demand point to its nearest.

    Parameters
    ----------
    pairs : Pairs
        Trips, km or minutes.
    p : int
        Most places open.
    weight_d : array_like, shape (demand,), optional
        A way counts this many times; 0 = nobody there.
    step : float, km or minutes (times weight), optional
        Tell distances apart only by classes of this width; the answer is then bracketed to a class.
    conditions : Conditions, optional
    strict : bool
        Refuse where somebody is out of reach of every place, instead of listing them.
    gap : float, share
        Stop when (value − bound) / value is at most this; 0 = until no way between them is left.
    seed : int
    workers : int
        Threads.
    watch : Watch, optional

    Raises
    ------
    UsageError
        Where a number makes no sense.
    Infeasible
        Where p places cannot reach everybody who can be reached, or the conditions cannot be kept.
    OutOfTime
        Where no choice of p places was found in time.

    Source of method
    ----------------
    Minieka, SIAM Review 12(1), 1970.

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> a = centre(pairs_of_matrix([[1.0, 5.0, 2.0], [6.0, 1.0, 3.0], [9.0, 8.0, 2.5]]), 1)
    >>> a.value, a.bound, a.open, a.worst
    (3.0, 3.0, (2,), 1)
    """
    watch = watch or Watch()
    search = _Bisection(pairs, p, weight_d, step, conditions or Conditions(), gap, seed, workers, watch)
    if strict and search.unreachable.size:
        raise Infeasible(
            "unreachable-demand",
            f"地点 {search.unreachable[0]} など {search.unreachable.size} 地点には、どの施設からも届きません",
            "施設の候補か、道のりの上限を増やすか、届かない地点を除いてください",
        )
    search.run()
    return search.answer()


class _Bisection:
    """The radii still possible, and the best places known."""

    def __init__(
        self, pairs: Pairs, p: int, weight_d: ArrayLike | None, step: float | None, conditions: Conditions, gap: float,
        seed: int, workers: int, watch: Watch,
    ) -> None:  # fmt: skip
        if p < 0 or int(p) != p:
            raise UsageError("bad-p", f"開く数 {p} は使えません", "0以上の整数を入れてください")
        if step is not None and not (step > 0 and math.isfinite(step)):
            raise UsageError("bad-step", f"区切りの幅 {step} は使えません", "0より大きい数を入れてください")
        if not gap >= 0:
            raise UsageError("bad-gap", f"許す差 {gap} は使えません", "0以上の割合を入れてください", "--gap")
        weight = np.ones(pairs.n_demand) if weight_d is None else np.asarray(weight_d, float)
        if weight.shape != (pairs.n_demand,) or not np.isfinite(weight).all() or (weight < 0).any():
            raise UsageError(
                "bad-weight", "重みに、負の数か数でない値があります", "地点ごとに0以上の数を入れてください"
            )
        self.p, self.step, self.conditions, self.gap = p, step, conditions, gap
        self.seed, self.workers, self.watch = seed, workers, watch
        self.pairs = replace(pairs, cost=pairs.cost * np.repeat(weight, np.diff(pairs.start)))
        never = masks(conditions, pairs.n_places)[1]
        nearest = self._nearest(~never)
        self.unreachable = np.flatnonzero(~np.isfinite(nearest))
        self.counted: Mask = np.isfinite(nearest) & (weight > 0)
        self.least = float(nearest[self.counted].max(initial=0.0))
        trips = np.repeat(self.counted, np.diff(pairs.start)) & ~never[pairs.place]
        self.levels = np.unique(np.r_[self.least, self.pairs.cost[trips]])
        self.levels = self.levels[self.levels >= self.least]
        self.radii = self.levels if step is None else classes(self.levels, step)
        self.open: Int | None = None
        self.reached = math.inf  # longest way with these
        self.high = self.radii.size  # index of a radius found to be enough
        self.low = -1  # index of a radius proved too small
        self.proof: Certificate | None = None
        self.decisions: list[Decision] = []

    def _nearest(self, is_open: Mask) -> Float:
        """Least (weighted) way of each demand point to an open place, shape (demand,); infinite = none."""
        cost = np.where(is_open[self.pairs.place], self.pairs.cost, math.inf)
        out = np.full(self.pairs.n_demand, math.inf)
        some = np.diff(self.pairs.start) > 0
        if cost.size:
            out[some] = np.minimum.reduceat(cost, self.pairs.start[:-1][some])
        return out

    def run(self) -> None:
        """Bisect; a radius that stays undecided splits the rest into one above and one below."""
        self._try(self.radii.size - 1, last=True)
        unknown = (self.radii.size, -1)  # least and largest undecided index
        while not self.watch.late() and not self._close():
            if unknown[1] < 0:
                if self.high - self.low <= 1:
                    return
                index = (self.high + self.low) // 2
            elif unknown[0] - self.low > 1:
                index = (unknown[0] + self.low) // 2
            elif self.high - unknown[1] > 1:
                index = (self.high + unknown[1]) // 2
            else:
                return
            if not self._try(index):
                unknown = (min(unknown[0], index), max(unknown[1], index))

    def _try(self, index: int, *, last: bool = False) -> bool:
        """Decide whether p places are enough within a radius; False where it stays open."""
        radius = float(self.radii[index])
        problem = problem_of(self.pairs.within(radius), 1, None, self.conditions, counted=self.counted)
        left = self.watch.limit_s - self.watch.seconds
        share = 1.0 if last else SHARE
        part = Watch(max(left * share, 1e-3), stop=self.watch.late, clock=lambda: self.watch.seconds)
        unit = int(problem.scale)
        cover = cheapest(problem, gap=0.0, target=self.p * unit, seed=self.seed, workers=self.workers, watch=part)
        if last:
            refuse_impossible(problem, cover)
        if cover.impossible:
            proved = cover.bound > min(self.p, self.pairs.n_places) * unit
            if proved:
                self.low, self.proof = index, replace(cover.certificate, bound=math.inf)
            return proved
        found, needed = cover.value // unit, -(-cover.bound // unit)
        self.decisions.append(Decision(radius, found, needed))
        if found <= self.p:
            self._learn_open(cover.open)
        elif needed > self.p:
            if last:
                raise Infeasible(
                    "p-too-small",
                    f"{self.p} か所では、届くはずの全員には届きません（少なくとも {needed} か所いります）",
                    f"開く数を {found} にしてください",
                )
            self.low, self.proof = index, replace(cover.certificate, bound=float(needed))
        elif last:
            raise OutOfTime(
                f"時間内に、{self.p} か所で全員に届く選び方が見つかりませんでした（{found} か所なら届きます）",
                f"時間の上限を延ばすか、開く数を {found} にしてください",
                math.inf, self.least, math.inf,
            )  # fmt: skip
        self._tell()
        return found <= self.p or needed > self.p

    def _learn_open(self, open_: Int) -> None:
        """Places that are enough, perhaps for a smaller radius than asked."""
        is_open = np.zeros(self.pairs.n_places, bool)
        is_open[open_] = True
        reached = float(self._nearest(is_open)[self.counted].max(initial=0.0))
        self.open, self.reached = open_, reached
        self.high = int(np.searchsorted(self.radii, reached))

    def _close(self) -> bool:
        """Whether the wanted gap is reached; never by itself where none is wanted."""
        return self.gap > 0 and self.reached - self._bound() <= self.gap * self.reached

    def _tell(self) -> None:
        """Progress: radius reached and radius proved."""
        value = float(self.radii[self.high]) if self.open is not None else math.inf
        self.watch.tell(value, self._bound())

    def _bound(self) -> float:
        """Least way that is not excluded."""
        if self.low < 0:
            return self.least
        above = self.levels[self.levels > self.radii[self.low]]
        return float(above[0])

    def _low(self) -> float:
        """Largest radius proved too small; no distance lies between it and the end of the class below the next one."""
        if self.step is None or self.low + 1 >= self.radii.size:
            return float(self.radii[self.low]) if self.low >= 0 else -1.0
        return (round(float(self.radii[self.low + 1]) / self.step) - 1) * self.step

    def answer(self) -> CentreAnswer:
        """All of it."""
        assert self.open is not None
        is_open = np.zeros(self.pairs.n_places, bool)
        is_open[self.open] = True
        way = np.where(self.counted, self._nearest(is_open), -1.0)
        worst = int(np.argmax(way)) if self.counted.any() else -1
        value = float(way[worst]) if worst >= 0 else 0.0
        return CentreAnswer(
            value=value,
            bound=min(self._bound(), value),
            sense="min",
            open=tuple(self.open.tolist()),
            seconds=self.watch.seconds,
            cpu_seconds=self.watch.cpu_seconds,
            method=METHOD,
            seed=self.seed,
            finished=self.high - self.low <= 1 or self._close(),
            p=self.p,
            step=self.step,
            low=self._low(),
            high=float(self.radii[self.high]),
            worst=worst,
            unreachable=tuple(self.unreachable.tolist()),
            served_by=nearest_open(self.pairs, self.open),
            decisions=tuple(self.decisions),
            certificate=self.proof,
            alternatives=centre_swaps(
                self.pairs, is_open, self.counted, value, self.conditions, proved=self._bound() >= value
            ),
        )


def classes(levels: Float, step: float) -> Float:
    """Upper ends, multiples of `step`, of all classes that hold a level, ascending, shape (classes,), km or minutes."""
    number = np.ceil(levels / step)
    number = np.where((number - 1) * step >= levels, number - 1, number)
    number = np.where(number * step < levels, number + 1, number)
    return np.unique(number) * step
