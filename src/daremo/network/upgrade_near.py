"""Plans of larger networks: a bound from whole numbers over rows alone, and better plans near the best one.

Both ask the same question of HiGHS, over the rows that matter: with everything free it bounds, with a neighbourhood free it
betters. Whatever routing refuses becomes a row, for both.

Source: branch and bound over rounded cut and metric inequalities, Raack, Koster, Orlowski and Wessäly 2011; neighbourhoods,
Shaw 1998.
"""

from __future__ import annotations

import numpy as np

from daremo.network.model import Floats
from daremo.network.upgrade_cuts import Mask, Row
from daremo.network.upgrade_plans import Plans

#: Links free in a neighbourhood, at least, and at most at first; neighbourhoods without a better plan until more are.
LEAST_FREE, FREE, STALE = 12, 36, 12
#: Fractions from which on modules are raised in a dive near the best plan, drawn between these.
EAGER = 0.6, 0.95
#: Share of the gap at which HiGHS stops in a round over everything, rough or fine, and seconds of such a round.
ROUGH, FINER, ROUND_S = 0.3, 0.04, 15.0
#: Share of the time after which rounds are fine.
LATE = 0.7
#: Share of the time left that one round with flows may take.
ROUND_SHARE = 0.6
#: Seconds spent near the best plan for each second spent on the bound.
SHARE_NEAR = 2.0


class Near(Plans):
    """The search for a plan of a larger network; `find` leaves `best`, `cost` and `bound`."""

    def _whole(self) -> bool:
        """Rounds over everything and in neighbourhoods by turns. Returns whether the best is proved."""
        if self.small:
            return super()._whole()
        self._active: list[Row] = self.near(self._relaxed(self._programme(False)))
        self._free, self._tried, self._fine = FREE, 0, False
        spent = [0.0, 0.0]
        stuck = False
        while not self._done() and not self.watch.late(0.97):
            near = self.best is not None and (stuck or spent[1] < SHARE_NEAR * spent[0])
            begun = self.watch.seconds
            if near:
                self._bettered()
            else:
                stuck = not self._bounded()
            if stuck and self._tried > 10 * STALE:
                break
            spent[near] += self.watch.seconds - begun
        return self._proved()

    def _bounded(self) -> bool:
        """One round over everything; whether it brought rows, a plan or a bound."""
        before = self.bound, self.cost
        # rough rounds bring rows and plans quickly; finer ones the bound, when those bring nothing more or time is short
        self._fine = self._fine or self.watch.late(LATE)
        share = FINER if self._fine else ROUGH
        gap = max(1e-9, share * (self.cost - self.bound) / self.cost) if np.isfinite(self.cost) else 0.01
        if self.flows_matter:
            # begun anew it would lose what it has: one round as long as the watch allows it
            seconds = max(ROUND_S, ROUND_SHARE * self.watch.left_s) if np.isfinite(self.watch.limit_s) else 10 * ROUND_S
            x, ended = self._chosen(self._active, gap, seconds, flows=True)
        else:
            x, ended = self._agreed(gap, ROUND_S)
        if x is None:
            return self.bound > before[0]
        done = len(self.rows)
        if self._refused(x):
            self._active += self.rows[done:]
            if self.best is None:
                self._made_whole(x)
            else:
                # what the bound's plan and the best have in common stays
                same = np.abs(x - self.best) < 0.5
                self._dived(np.where(same, x, 0.0), np.where(same, x, np.inf))
        else:
            self._keep(x)
        self._say("near")
        if len(self.rows) > done or (self.bound, self.cost) != before or not ended:
            return True
        self._fine, more = True, not self._fine
        return more

    def _bettered(self) -> None:
        """One neighbourhood of the best plan: its relaxation, and where that is cheaper a dive in it."""
        assert self.best is not None
        free = self._ball(int(self.rng.integers(LEAST_FREE, self._free + 1)))
        # by turns: elsewhere nothing changes, or modules may be added but not taken away
        fixed = self.best if self.rng.random() < 0.5 else np.full(len(free), np.inf)
        cost = self.cost
        self._dived(np.where(free, 0.0, self.best), np.where(free, np.inf, fixed))
        self._tried = 0 if self.cost < cost else self._tried + 1
        # nothing for a while: look further
        if self._tried and self._tried % STALE == 0:
            self._free = min(self._free + 4, len(self.choice.tail))
        self._say("near")

    def _dived(self, low: Floats, high: Floats) -> None:
        """A dive between bounds, and what can be taken back from where it ends."""
        x = self._plunge(low, high, float(self.rng.uniform(*EAGER)))
        if x is not None:
            self._made_whole(x)

    def _agreed(self, gap: float, seconds: float) -> tuple[Floats | None, bool]:
        """HiGHS's choice over the active rows, and again with those it broke, until it breaks none of all found."""
        end = self.watch.seconds + seconds
        while True:
            x, ended = self._chosen(self._active, gap, end - self.watch.seconds)
            if x is None:
                return None, ended
            missing = self._missing(x)
            broken = np.argsort(-missing, kind="stable")[:20]
            broken = broken[missing[broken] > 1e-7]
            if not len(broken):
                return x, ended
            self._active += [self.rows[k] for k in broken]
            if self.watch.seconds > end or self.watch.late(0.97):
                return None, False

    def _refused(self, x: Floats) -> bool:
        """Whether routing refuses a plan; why becomes rows."""
        return bool(self._look(x)) or not self._fits(x)

    def _ball(self, size: int) -> Mask:
        """Columns of about so many links around a link drawn at random."""
        c = self.choice
        inside = np.zeros(self.n, np.bool_)
        first = int(self.rng.integers(len(c.tail)))
        inside[[c.tail[first], c.head[first]]] = True
        chosen = np.zeros(len(c.tail), np.bool_)
        while chosen.sum() < size:
            edge = np.flatnonzero((inside[c.tail] | inside[c.head]) & ~chosen)
            if not len(edge):
                break
            k = int(self.rng.choice(edge))
            chosen[k] = True
            inside[[c.tail[k], c.head[k]]] = True
        return chosen[c.link]
