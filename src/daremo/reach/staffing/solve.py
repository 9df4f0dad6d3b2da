"""The best layout and its bound: relaxation, rounding, exchange; then count by count.

With the number of open places left free the relaxation opens parts of doors; with the number fixed it is nearly
whole. So ranges of counts are split until each is either proved or a single count, which HiGHS solves with whole doors.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import count as counter

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Infeasible
from daremo.kernel.watch import Watch
from daremo.reach.staffing.attendance import Units
from daremo.reach.staffing.layout import SHORT, Layout, staff
from daremo.reach.staffing.prices import Part, Prices, nothing_known
from daremo.reach.staffing.relax import Relaxation
from daremo.reach.staffing.search import allowed, improve, trimmed
from daremo.reach.staffing.terms import Terms

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: Nodes of one call of the solver, calls for one count, and ways above which exchange looks at fewer changes.
NODES, CALLS, MANY = 2_000, 12, 2_000_000
#: Ways up to which attendance is tied to each of them (best choice; Huff's form is heavier).
WAYS_BEST, WAYS_HUFF = 12_000, 10_000


@dataclass(frozen=True, slots=True)
class Solved:
    """Best layout, bound (visits a year), whether the wanted gap was reached or all was looked at, how, and prices."""

    layout: Layout
    bound: float
    finished: bool
    method: str
    parts: list[Part]


class _Best:
    """The best layout so far."""

    def __init__(self, units: Units, t: Terms, watch: Watch, visits_a_person: float) -> None:
        self.units, self.t, self.watch, self.visits_a_person = units, t, watch, visits_a_person
        self.layout: Layout | None = None
        self.tried: set[bytes] = set()

    @property
    def value(self) -> float:
        return self.layout.value if self.layout is not None else -math.inf

    def tell(self, bound: float) -> None:
        """Tell the watch, in people."""
        self.watch.tell(self.value / self.visits_a_person, max(bound, self.value) / self.visits_a_person)

    def offer(self, open_p: Bool, passes: int = 3) -> None:
        """Improve a set and keep it if it is the best."""
        key = open_p.tobytes()
        if key in self.tried:
            return
        self.tried.add(key)
        swaps = self.units.place.size < MANY
        better, value = improve(self.units, self.t, open_p, lambda: self.watch.late(0.8), passes, swaps)
        for set_ in (open_p, better):
            if (set_ is better and value == SHORT) or not allowed(self.t, set_):
                continue
            layout = staff(self.units, self.t, set_)
            if layout is not None and layout.value > self.value:
                self.layout = layout


def solve(units: Units, t: Terms, watch: Watch, gap: float, visits_a_person: float = 1.0) -> Solved:
    """The best layout found and a proved bound.

    Parameters
    ----------
    units, t
        People and terms of the question.
    watch : Watch
    gap : float, share
        Stop when (bound − value) / value is at most this.
    visits_a_person : float, visits
        Progress is told in people.

    Raises
    ------
    Infeasible
        No set of places keeps all conditions.
    """
    best = _Best(units, t, watch, visits_a_person)
    best.offer(t.must_p.copy(), passes=20)
    limit = float(units.most_u.sum()) if units.outside == 0 else float(_all_open(units).sum())
    plain = [Part(0, t.n_places, nothing_known(units))]
    if not units.n_units and best.layout is not None:
        return Solved(best.layout, 0.0, True, "nobody", plain)
    if watch.late() and best.layout is not None:
        return Solved(best.layout, limit, False, "exchange", plain)
    ranges, method, parts = _split(best, watch, gap, limit)
    if best.layout is None:
        raise Infeasible(
            "no-layout",
            "条件をすべて満たす施設の組み合わせがありません",
            "地域ごとの最低数、団体ごとの上限、最低の利用率のどれか一つをゆるめてください",
        )
    bound = min(max(ranges, default=best.value), limit)
    bound = max(bound, best.value)
    best.tell(bound)
    done = bound <= best.value * (1 + gap) + 1e-9
    return Solved(best.layout, bound, done or not watch.late(), method, parts)


def _all_open(units: Units) -> Float:
    total = np.zeros(units.n_units)
    np.add.at(total, np.repeat(np.arange(units.n_units), np.diff(units.start)), units.pull)
    return units.most_u * total / (units.outside + total)


def _split(best: _Best, watch: Watch, gap: float, limit: float) -> tuple[list[float], str, list[Part]]:
    """Bounds (visits a year) of parts of all layouts that together are all of them, how, and prices of the parts."""
    t, tick = best.t, counter()
    relaxation = Relaxation(best.units, t)
    exact: Relaxation | None = None
    low, high = int(t.must_p.sum()), min(t.most_open, int(t.can_p.sum()))
    queue: list[tuple[float, int, int, int, Float]] = []
    closed: list[float] = []
    wholes = 0
    priced: dict[tuple[int, int], Prices] = {}

    def look(a: int, b: int, above: Prices) -> None:
        if a > b:
            return
        relaxation.count(a, b)
        found = relaxation.linear(watch)
        # prices of a larger range hold for a part of it, also where no point of the part exists
        priced[a, b] = above if found is None else relaxation.prices() or above
        if found is None:
            return
        heapq.heappush(queue, (-min(found.bound, limit), next(tick), a, b, found.y_p))
        if not watch.late(0.8):
            best.offer(_rounded(t, found.y_p))

    look(low, high, nothing_known(best.units))
    while queue:
        top, _, a, b, y_p = queue[0]
        best.tell(max([-top, *closed]))
        if -top <= best.value * (1 + gap) or watch.late():
            break
        heapq.heappop(queue)
        if a < b:
            near, above = min(max(int(round(float(y_p.sum()))), a), b), priced.pop((a, b))
            for part in ((near, near), (a, near - 1), (near + 1, b)):
                look(*part, above)
            continue
        wholes += 1
        if exact is None:
            exact = Relaxation(best.units, t, linked=True) if _few(best.units) else relaxation
        closed.append(_count(exact, best, watch, gap, a, -top))
    bounds = [*closed, *(-entry[0] for entry in queue)]
    parts = [Part(a, b, prices) for (a, b), prices in sorted(priced.items())]
    return bounds, "count by count, HiGHS" + (" with whole doors" if wholes else ", relaxation whole"), parts


def _few(units: Units) -> bool:
    """Whether there are few enough ways to tie attendance to each of them."""
    return units.place.size <= (WAYS_HUFF if units.outside > 0 else WAYS_BEST)


def _count(relaxation: Relaxation, best: _Best, watch: Watch, gap: float, n: int, bound: float) -> float:
    """The bound of one count with whole doors, visits a year; sets found on the way are offered."""
    relaxation.count(n, n)
    if relaxation.linked:
        found = relaxation.linear(watch)
        if found is None:
            return best.value
        bound = min(bound, found.bound)
    for _ in range(CALLS):
        if watch.late() or bound <= best.value * (1 + gap):
            break
        found = relaxation.whole(watch, 0.2 * gap * max(best.value, 1e-9), NODES)
        if found is None:
            return best.value
        bound = min(bound, found.bound)
        if np.isfinite(found.y_p).all():
            best.offer(found.y_p > 0.5)
        if found.proved or not np.isfinite(found.y_p).all():
            break
    return bound


def _rounded(t: Terms, y_p: Float) -> Bool:
    """The places most open in the relaxation, as many as it opens in sum."""
    wish = np.zeros(t.n_places)
    n = int(round(float(y_p.sum())))
    wish[np.argsort(-y_p, kind="stable")[:n]] = 1.0
    return trimmed(t, np.where(wish > 0, 0.5 + y_p, 0.1 * y_p))
