"""Which places are open while a search changes them one by one, and whether a change keeps the conditions."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from daremo.reach.capacity.question import Float, Int, Question


class Layout:
    """Units of each place, and counts that tell at once what may be added or removed.

    Parameters
    ----------
    q : Question
    money : float, whole yen
        For opening; what visits cost is kept apart.
    """

    def __init__(self, q: Question, money: float) -> None:
        r, t = q.rules, q.trips
        self.rules, self.trips, self.money = r, t, money
        self.units = np.zeros(q.n_places, np.int64)
        self.count, self.spent = 0, 0.0
        self.held: dict[int, int] = defaultdict(int)
        self.grouped: dict[int, int] = defaultdict(int)
        self.near: dict[int, list[int]] = defaultdict(list)
        for a, b in r.apart.tolist():
            self.near[a].append(b)
            self.near[b].append(a)
        for p in np.flatnonzero(r.least_p):
            self.add(int(p))

    def yen_of(self, p: int) -> float:
        """What one more unit costs."""
        return float(self.trips.unit_yen[p] + (self.trips.yen[p] if self.units[p] == 0 else 0.0))

    def can_add(self, p: int) -> bool:
        """Whether one more unit keeps every condition."""
        r = self.rules
        if self.units[p] >= r.most_p[p] or self.spent + self.yen_of(p) > self.money:
            return False
        if self.units[p]:
            return True
        owner = int(r.owner_p[p])
        return (
            self.count < r.most_places
            and (owner < 0 or self.held[owner] < r.most_per_owner)
            and not any(self.units[b] for b in self.near.get(p, ()))
        )

    def can_remove(self, p: int) -> bool:
        """Whether one unit less keeps every condition."""
        r = self.rules
        if self.units[p] <= r.least_p[p]:
            return False
        group = int(r.group_p[p])
        return self.units[p] > 1 or group < 0 or self.grouped[group] > r.least_per_group

    def add(self, p: int) -> None:
        """Add a unit, whether or not it keeps the conditions."""
        self.spent += self.yen_of(p)
        if self.units[p] == 0:
            self._count(p, 1)
        self.units[p] += 1

    def remove(self, p: int) -> None:
        """Take a unit away."""
        self.units[p] -= 1
        self.spent -= self.yen_of(p)
        if self.units[p] == 0:
            self._count(p, -1)

    def _count(self, p: int, by: int) -> None:
        self.count += by
        self.held[int(self.rules.owner_p[p])] += by
        self.grouped[int(self.rules.group_p[p])] += by

    def keeps_groups(self) -> bool:
        """Whether every group has enough open places."""
        r = self.rules
        groups = np.unique(r.group_p[r.group_p >= 0])
        return all(self.grouped[int(g)] >= r.least_per_group for g in groups)

    def take(self, score: Float, *, floor: float = 0.0) -> None:
        """Open places with the highest score above the floor as far as allowed, first what each group still lacks.

        Parameters
        ----------
        score : ndarray, shape (places,)
        """
        r = self.rules
        order = [int(p) for p in np.argsort(-score, kind="stable")]
        for p in order:
            g = int(r.group_p[p])
            if g >= 0 and self.grouped[g] < r.least_per_group and self.units[p] == 0 and self.can_add(p):
                self.add(p)
        for p in order:
            if score[p] <= floor:
                break
            if self.can_add(p):
                self.add(p)

    def take_units(self, expected: Float) -> None:
        """Add units, surest first, that an average answer has, as far as allowed.

        Parameters
        ----------
        expected : ndarray, shape (places,), units
            The k-th unit of a place is as sure as ``expected - k + 1``, at most 1.
        """
        most = int(self.rules.most_p.max(initial=0))
        sure = np.minimum(1.0, expected[:, None] - np.arange(most))
        place, number = np.nonzero(sure > 1e-6)
        for i in np.lexsort((-expected[place], number, -sure[place, number])):
            if self.units[place[i]] <= number[i] and self.can_add(int(place[i])):
                self.add(int(place[i]))

    def put(self, units: Int) -> None:
        """Go back to a layout that kept the conditions."""
        for p in np.flatnonzero(self.units != units):
            while self.units[p] > units[p]:
                self.remove(int(p))
        for p in np.flatnonzero(self.units != units):
            while self.units[p] < units[p]:
                self.add(int(p))
