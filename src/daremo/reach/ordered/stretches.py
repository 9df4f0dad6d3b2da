"""The search for short trips of the worst-off: trips in stretches, a relaxed p-median each, halved until all are closed.

The sum of the longest trips is the least of ``K t + Σ m max(x − t, 0)`` over t. For t from `low` up to `high` it is at
least ``K low + Σ m (x − low) [x ≥ high]``, or the sum at `high` itself, which belongs to the next stretch: left of where
people of mass K lie beyond, the sum falls with t, right of it it rises. Both are p-medians, so stretches side by side
prove a bound for all t; with `high` the next trip there is, a stretch is exact.

Source of the idea: Ogryczak and Tamir 2003, Information Processing Letters 85; bisection and bounds here are our own.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.watch import Watch
from daremo.reach.doors.certificate import encode, seal
from daremo.reach.doors.question import WHOLE, Doors, doors
from daremo.reach.doors.solve import Solved, solve
from daremo.reach.median import EQUAL, ROUNDING, alike
from daremo.reach.model import Conditions
from daremo.reach.ordered.question import WorstQuestion

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]

FORM = "daremo-centrum-1"
#: Turns of best trip for a layout and best layout for a trip before stretches are proved.
TURNS = 5
#: Layouts kept to see at once that a stretch cannot be ruled out yet.
KEPT = 8
#: Sums of trips that differ by less than this share of themselves count as equal.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class RelaxedMedian:
    """A relaxed p-median that was searched: its stretch, whole-number question and answer."""

    low: float
    high: float
    base: float
    off: float
    whole: bool
    q: Doors
    solved: Solved

    def least(self, bound: float) -> float:
        """What a bound of the saving leaves of the sum."""
        saved = bound / self.q.scale
        if self.whole and self.base == math.floor(self.base):
            return self.base + self.off - float(np.floor(saved + 1e-9))
        return (self.base + self.off) * (1 - ROUNDING) - saved


@dataclass(frozen=True, slots=True)
class Stretch:
    """Trips from level `a` up to level `b` (not included) with what is proved of them; a proof may be of a longer one."""

    a: int
    b: int
    bound: float
    certified: float
    proof: RelaxedMedian | None


class Stretches:
    """Stretches still open, least bound first, and the best layout known; arguments as for `centrum`."""

    def __init__(
        self, w: WorstQuestion, p: int, conditions: Conditions, gap: float, seed: int, workers: int, watch: Watch
    ) -> None:
        self.w, self.p, self.conditions, self.gap = w, p, conditions, gap
        self.seed, self.workers, self.watch = seed, workers, watch
        usable = np.ones(w.table.n_places, bool)
        usable[[j for j in conditions.never if 0 <= j < usable.size]] = False
        counted = w.mass_d > 0
        trips = usable[w.table.place] & counted[w.table.demand()]
        self.levels = np.unique(np.concatenate([[0.0], w.x[trips], w.far_d[counted]]))
        self.end = self.levels.size - 1
        self.first = int(np.searchsorted(self.levels, w.least_threshold(w.paid(usable))))
        self.value, self.is_open = math.inf, np.zeros(w.table.n_places, bool)
        self.paid: list[Float] = []  # of the layouts met last
        self.done: list[Stretch] = []
        self.heap: list[tuple[float, int, Stretch]] = []
        self.nodes = 0
        # a relaxed median is solved to a share of all that could be saved
        self.slack = math.fsum(w.mass_d * w.far_d) * max(2 * EQUAL, 2 * w.table.n_demand / WHOLE)

    @property
    def good(self) -> float:
        """A bound at least this is of no further interest."""
        return self.value * (1 - max(self.gap, SAME)) - self.slack

    def run(self) -> None:
        """Find a good layout, then halve stretches until none can hold a better one or time is over."""
        at = min(self.first, self.end - 1) if self.end else 0
        for _ in range(TURNS):
            found = self._median(at, at + 1, quick=True)
            before = self.value
            threshold = self._offer(found.solved.is_open)
            at = int(np.clip(np.searchsorted(self.levels, threshold), self.first, max(self.end - 1, self.first)))
            if self.value >= before or self.watch.late():
                break
        if self.first < self.end:
            self._push(Stretch(self.first, self.end, self._alone(self.first), self._alone(self.first), None))
        while self.heap and not self.watch.late() and self.heap[0][0] < self.good:
            self._look(heapq.heappop(self.heap)[2])
            self.watch.tell(self.value, self.bound())
        self.done = sorted([*self.done, *(s for _, _, s in self.heap)], key=lambda s: s.a)
        self.heap = []

    def bound(self) -> float:
        """What no layout can be below: the least of all stretches and of the trips beyond them."""
        each = [s.bound for s in self.done] + [s.bound for _, _, s in self.heap]
        return min(min(each, default=math.inf), self._alone(self.end), self.value)

    def _alone(self, a: int) -> float:
        """K × trip: a bound without any search."""
        return self.w.most * float(self.levels[a]) * (1 - ROUNDING)

    def _push(self, s: Stretch) -> None:
        self.nodes += 1
        heapq.heappush(self.heap, (s.bound, self.nodes, s))

    def _look(self, s: Stretch) -> None:
        """Prove a stretch to be of no interest, or halve it."""
        low, high = float(self.levels[s.a]), float(self.levels[s.b])
        single = s.b == s.a + 1
        if not single and any(self.w.relaxed(x, low, high) < self.good for x in self.paid):
            self._halve(s)
            return
        found = self._median(s.a, s.b, quick=False)
        self._offer(found.solved.is_open)
        bound, certified = found.least(found.solved.bound), found.least(found.solved.certified)
        kept = Stretch(s.a, s.b, max(s.bound, bound), certified, found)
        if certified < s.certified:
            kept = replace(kept, certified=s.certified, proof=s.proof)
        if single or kept.bound >= self.good or self.watch.late():
            self.done.append(kept)
        else:
            self._halve(kept)

    def _halve(self, s: Stretch) -> None:
        """Two stretches instead of one; each keeps its bound, the second has at least K × its first trip."""
        middle = (self.levels[s.a] + self.levels[s.b]) / 2
        at = int(np.clip(np.searchsorted(self.levels, middle), s.a + 1, s.b - 1))
        alone = self._alone(at)
        self._push(replace(s, b=at))
        self._push(replace(s, a=at, bound=max(s.bound, alone), certified=max(s.certified, alone)))

    def _offer(self, is_open: Mask) -> float:
        """Keep a layout where it is better; the trip from which on its worst-off are counted."""
        paid = self.w.paid(is_open)
        value, threshold = self.w.worst(paid)
        self.paid = [paid, *self.paid][:KEPT]
        if value < self.value:
            self.value, self.is_open = value, is_open
            self.watch.tell(value, self.bound() if self.done or self.heap else min(self._alone(self.first), value))
        return threshold

    def _median(self, a: int, b: int, *, quick: bool) -> RelaxedMedian:
        """The relaxed p-median of a stretch, ended as soon as it is of no interest, or surely too low to be."""
        w, table = self.w, self.w.table
        low, high = float(self.levels[a]), float(self.levels[min(b, self.end)])
        trip, far = w.beyond(low, high)
        worth = far[table.demand()] - trip
        whole = bool(np.all(worth == np.floor(worth)))
        q = doors(table, worth, p=self.p, conditions=self.conditions, whole_worth=whole)
        base, off = w.most * low, math.fsum(far)
        said = [math.inf, -math.inf]

        def tell(value: float, bound: float) -> None:
            said[0], said[1] = base + off - value, base + off - bound

        def stop() -> bool:
            if quick or self.watch.late():
                return True
            # single levels are solved to the end: their layouts are the answers
            return said[1] >= self.good or (b > a + 1 and said[0] < self.good)

        first = self.is_open if math.isfinite(self.value) else None
        solved = solve(
            q, grain=q.scale if whole else alike(q), gap=0.0, seed=self.seed, workers=self.workers,
            watch=Watch(tell=tell, stop=stop), unit=q.scale, first=first,
        )  # fmt: skip
        return RelaxedMedian(low, high, base, off, whole, q, solved)

    def certified(self) -> float:
        """What the certificates prove; never more than `bound`."""
        return min([s.certified for s in self.done] + [self._alone(self.end), self.value])

    def certificate(self) -> dict[str, Any]:
        """Stretches side by side, each with a proof that holds for it; beyond them K × trip is proof enough."""
        proofs: list[RelaxedMedian] = []
        parts: list[dict[str, Any]] = []
        for s in self.done:
            number = next((k for k, known in enumerate(proofs) if known is s.proof), -1)
            if s.proof is not None and number < 0:
                number = len(proofs)
                proofs.append(s.proof)
            parts.append({"low": float(self.levels[s.a]), "high": float(self.levels[s.b]), "proof": number})
        whole = [{"low": x.low, "high": x.high, "certificate": encode(x.q, x.solved.proof)} for x in proofs]
        body: dict[str, Any] = {
            "form": FORM, "first": float(self.levels[self.first]), "end": float(self.levels[self.end]),
            "parts": parts, "proofs": whole,
        }  # fmt: skip
        return {**body, "seal": seal(body)}
