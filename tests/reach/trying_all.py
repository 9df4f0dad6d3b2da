"""Cover and median answered by trying every set of places, with code that shares nothing with the solver's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Small:
    """A small question: trips (infinite = none), people, what places cost, money (or number), conditions."""

    trip_dp: Float
    need_d: Float
    cost_p: Float
    money: float
    by_number: bool
    conditions: Conditions
    worth_dp: Float
    backup_share: float
    fair: float

    @property
    def pairs(self) -> Pairs:
        return pairs_of_matrix(self.trip_dp)

    @property
    def worth(self) -> Float:
        return self.worth_dp[np.isfinite(self.trip_dp)]

    def asked_of_cover(self) -> dict[str, Any]:
        means: dict[str, Any] = (
            {"p": int(self.money)} if self.by_number else {"budget_yen": self.money, "cost_yen_p": self.cost_p}
        )
        return {**means, "worth": self.worth, "backup_share": self.backup_share, "conditions": self.conditions}

    def asked_of_median(self) -> dict[str, Any]:
        return {"p": int(self.money), "fair": self.fair, "conditions": self.conditions}

    def allowed(self) -> Iterator[tuple[int, ...]]:
        m = self.trip_dp.shape[1]
        return (o for r in range(m + 1) for o in combinations(range(m), r) if self.is_allowed(o))

    def is_allowed(self, opened: tuple[int, ...]) -> bool:
        chosen, c = set(opened), self.conditions
        if sum(float(self.cost_p[j]) for j in opened) > self.money + 1e-9:
            return False
        if not set(c.must) <= chosen or chosen & set(c.never):
            return False
        if any(a != b and a in chosen and b in chosen for a, b in c.apart.tolist()):
            return False
        if c.organisation_p is not None and c.most_per_organisation is not None:
            owner = c.organisation_p.tolist()
            if any(sum(owner[j] == k for j in chosen) > c.most_per_organisation for k in set(owner) if k >= 0):
                return False
        if c.quota_p is not None:
            group = c.quota_p.tolist()
            if any(sum(group[j] == k for j in chosen) < c.least_per_quota for k in set(group) if k >= 0):
                return False
        return True

    def people_reached(self, opened: tuple[int, ...]) -> float:
        total = 0.0
        for i in range(self.need_d.size):
            worths = sorted((self.worth_dp[i, j] for j in opened if np.isfinite(self.trip_dp[i, j])), reverse=True)
            total += self.need_d[i] * (sum(worths[:1]) + self.backup_share * sum(worths[1:2]))
        return float(total)

    def sum_of_trips(self, opened: tuple[int, ...]) -> float:
        finite = self.trip_dp[np.isfinite(self.trip_dp)]
        longest = float(finite.max()) if finite.size else 0.0
        total = 0.0
        for i, row in enumerate(self.trip_dp.tolist()):
            known = [t for t in row if np.isfinite(t)]
            if known:
                far = max(known) if len(known) == len(row) else longest
                here = min((row[j] for j in opened if np.isfinite(row[j])), default=far)
                total += self.need_d[i] * here ** (1 + self.fair)
        return float(total)

    def for_median(self) -> Small:
        """The same with a number of places."""
        number = float(int(self.money) % (self.cost_p.size + 3))
        return replace(self, cost_p=np.ones(self.cost_p.size), money=number, by_number=True)

    def with_conditions(self, **changes: Any) -> Small:
        return replace(self, conditions=replace(self.conditions, **changes))


def small(seed: int) -> Small:
    """A random small question: ties, doubles, missing trips, nobody, nothing, whole and broken numbers, all conditions."""
    r = np.random.default_rng(seed)
    n, m = int(r.integers(0, 11)), int(r.integers(0, 8))
    trip = r.integers(0, 6, (n, m)).astype(float) if r.random() < 0.6 else r.random((n, m)) * 10
    if m > 1 and r.random() < 0.3:
        trip[:, 1] = trip[:, 0]
    trip[r.random((n, m)) < r.choice([0, 0.3, 0.6])] = np.inf
    need = r.integers(0, 5, n).astype(float) if r.random() < 0.6 else r.random(n) * 100
    by_number = r.random() < 0.5
    kinds = r.integers(0, 4, m) * 1.0, np.round(r.random(m) * 3, 1), r.random(m) * 3, r.integers(0, 900, m) * 1000.0
    cost = np.ones(m) if by_number else kinds[r.integers(0, 4)]
    money = float(r.integers(0, m + 3)) if by_number else float(r.choice([0.0, 2.5, r.random() * cost.sum()]))
    worths = np.ones((n, m)), r.choice([1, 0.5, 0.25, 0], (n, m)), r.random((n, m))
    return Small(
        trip, need, cost, money, by_number, _conditions(r, m), worths[r.integers(0, 3)],
        float(r.choice([0, 0, 0.3, 1])), float(r.choice([0, 0, 0.5, 1])),
    )  # fmt: skip


def _conditions(r: np.random.Generator, m: int) -> Conditions:
    if m == 0 or r.random() < 0.4:
        return Conditions()

    def some() -> set[int]:
        return set(r.integers(0, m, r.integers(1, 3)).tolist()) if r.random() < 0.4 else set()

    must = some()
    given: dict[str, Any] = {"must": tuple(sorted(must)), "never": tuple(sorted(some() - must))}
    if r.random() < 0.4:
        given.update(organisation_p=r.integers(-1, 3, m), most_per_organisation=int(r.integers(1, 3)))
    if r.random() < 0.4:
        given.update(quota_p=r.integers(-1, 2, m), least_per_quota=int(r.integers(1, 3)))
    if r.random() < 0.4:
        given["apart"] = r.integers(0, m, (r.integers(1, 4), 2))
    return Conditions(**given)
