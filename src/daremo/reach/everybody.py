"""Location set covering: the cheapest places from which everybody who can be reached is reached.

Source of method: Toregas, Swain, ReVelle and Bergman, Operations Research 19(6), 1971 (the question); see explain.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.covering.certificate import Certificate
from daremo.reach.covering.problem import Problem, problem_of
from daremo.reach.covering.solve import Cover, cheapest
from daremo.reach.covering.start import left_uncovered
from daremo.reach.model import Answer, Conditions
from daremo.reach.travel.pairs import Pairs

Int = NDArray[np.int64]

METHOD = "reductions, components, cuts and prices, large-neighbourhood search"


@dataclass(frozen=True, slots=True, kw_only=True)
class EverybodyAnswer(Answer):
    """Places that reach everybody who can be reached.

    Attributes
    ----------
    radius : float or None
        Trips up to this count; None: every trip of the table.
    times : tuple of int, or int
        How often each demand point was to be covered.
    unreachable : tuple of int
        Demand points that no allowed place reaches: nobody can cover them.
    short : tuple of int
        Demand points that fewer allowed places reach than wanted; all of those are open.
    served_by : ndarray of int64, shape (demand,), index
        Nearest open place within the radius; −1 = none.
    certificate : Certificate
        Proof of `bound`; `verify` follows it.
    """

    radius: float | None
    times: int | tuple[int, ...]
    unreachable: tuple[int, ...]
    short: tuple[int, ...]
    served_by: Int
    certificate: Certificate

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        return {
            **Answer.as_dict(self),
            "radius": self.radius,
            "times": self.times if isinstance(self.times, int) else list(self.times),
            "unreachable": list(self.unreachable),
            "short": list(self.short),
            "served_by": self.served_by.tolist(),
        }


def cover_everybody(
    pairs: Pairs,
    *,
    radius: float | None = None,
    cost_p: ArrayLike | None = None,
    times: ArrayLike = 1,
    conditions: Conditions | None = None,
    gap: float = 0.0,
    seed: int = 1,
    workers: int = 1,
    watch: Watch | None = None,
) -> EverybodyAnswer:
    """The cheapest open places such that every demand point that can be reached is reached.

    Parameters
    ----------
    pairs : Pairs
        Trips, km or minutes.
    radius : float, km or minutes, optional
        Longest trip that counts; None: every trip of the table.
    cost_p : array_like, shape (places,), yen or any unit, optional
        None: every place costs 1, so that the number of places is least.
    times : int or array_like of int, shape (demand,)
        Open places wanted within reach of each demand point (2 = one in reserve; 0 = nobody to cover).
    conditions : Conditions, optional
    gap : float, share
        The search may end when (value − bound) / value is not above this.
    seed : int
    workers : int
        Threads.
    watch : Watch, optional
        Time limit, progress, interruption.

    Raises
    ------
    UsageError
        Where a number makes no sense.
    Infeasible
        Where the conditions leave somebody uncovered who can be reached; it says whom.

    Source of method
    ----------------
    Toregas, Swain, ReVelle and Bergman, Operations Research 19(6), 1971; backup coverage: Hogan and ReVelle, Management
    Science 32(11), 1986.

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> a = cover_everybody(pairs_of_matrix([[1.0, 9.0, 4.0], [9.0, 1.0, 4.0], [9.0, 9.0, 9.0]]), radius=5.0)
    >>> a.value, a.bound, a.open, a.unreachable
    (1.0, 1.0, (2,), (2,))
    """
    watch = watch or Watch()
    conditions = conditions or Conditions()
    if radius is not None and not radius >= 0:
        raise UsageError("bad-radius", f"距離の上限 {radius} は使えません", "0以上の数を入れてください")
    if not gap >= 0:
        raise UsageError("bad-gap", f"許す差 {gap} は使えません", "0以上の数を入れてください")
    near = pairs if radius is None else pairs.within(radius)
    problem = problem_of(near, times, cost_p, conditions)
    cover = cheapest(problem, gap=gap, seed=seed, workers=workers, watch=watch)
    refuse_impossible(problem, cover)
    cost = np.ones(pairs.n_places) if cost_p is None else np.asarray(cost_p, float)
    value = float(cost[cover.open].sum())
    bound = min(cover.bound / problem.scale, value)
    wanted = np.broadcast_to(np.asarray(times, np.int64), (pairs.n_demand,))
    allowed = within_reach(near, problem)
    return EverybodyAnswer(
        value=value,
        bound=bound,
        sense="min",
        open=tuple(cover.open.tolist()),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        method=METHOD,
        seed=seed,
        finished=cover.finished,
        radius=radius,
        times=int(wanted[0]) if np.ndim(times) == 0 and wanted.size else tuple(wanted.tolist()),
        unreachable=tuple(np.flatnonzero(allowed == 0).tolist()),
        short=tuple(np.flatnonzero((allowed > 0) & (allowed < wanted)).tolist()),
        served_by=nearest_open(near, cover.open),
        certificate=replace(cover.certificate, bound=bound),
    )


def within_reach(near: Pairs, problem: Problem) -> Int:
    """How many allowed places each demand point reaches, shape (demand,)."""
    allowed = np.r_[0, np.cumsum(~problem.never[near.place], dtype=np.int64)]
    counts: Int = allowed[near.start[1:]] - allowed[near.start[:-1]]
    return counts


def nearest_open(near: Pairs, open_: Int) -> Int:
    """Nearest open place of each demand point, index, shape (demand,); the first of equals; −1 = none in reach."""
    is_open = np.zeros(near.n_places, bool)
    is_open[open_] = True
    trips = np.flatnonzero(is_open[near.place])
    who = near.demand()[trips]
    order = np.lexsort((near.place[trips], near.cost[trips], who))
    who, first = np.unique(who[order], return_index=True)
    out = np.full(near.n_demand, -1, np.int64)
    out[who] = near.place[trips[order[first]]]
    return out


def refuse_impossible(problem: Problem, cover: Cover) -> None:
    """Say whom the conditions leave uncovered, where no choice covers everybody.

    Raises
    ------
    Infeasible
    """
    if not cover.impossible:
        return
    left = [int(i) for i in left_uncovered(problem) if i < problem.n_demand]
    shown = "、".join(map(str, left[:5])) + ("など" if len(left) > 5 else "")
    what = f"地点 {shown}（合わせて {len(left)} 地点）" if left else "グループごとの最少数"
    raise Infeasible(
        "conditions-too-tight",
        f"いまの条件では、どう選んでも {what} を満たせません",
        "その近くで、組織ごとの上限を上げるか、離す条件か「開かない」の指定を外してください",
    )
