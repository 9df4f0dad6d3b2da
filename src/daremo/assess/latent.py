"""How ability is spread over people: groups with a mean and spread of their own, and what it owes to covariates.

A person of pattern p (a group and values of the covariates) has ability N(X_p β, σ_g²); the columns of X are one per group
and one per covariate. The first group has mean 0 and spread 1, unless items are anchored: then all is free.

Source: Mislevy, Psychometrika 49, 1984, and Psychometrika 50, 1985 (regression on covariates); Bock and Zimowski 1997 (groups).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Latent:
    """Patterns of people who share one distribution of ability.

    Attributes
    ----------
    design : ndarray, shape (patterns, groups + covariates)
        A column of each group, then covariates less their means.
    group : ndarray of int64, shape (patterns,), index
    groups : int
    anchored : bool
        Whether the first group's mean and spread are free too.
    """

    design: Float
    group: Int
    groups: int
    anchored: bool

    @property
    def held(self) -> int:
        """Means and spreads at the beginning that are not free: 0 or 1."""
        return 0 if self.anchored else 1

    def pack(self, beta: Float, sd_g: Float) -> Float:
        """Free effects, shape (groups + covariates − held,), then logarithms of free spreads."""
        return np.concatenate([beta[self.held :], np.log(sd_g[self.held :])])

    def unpack(self, x: Float) -> tuple[Float, Float]:
        """Effects, shape (groups + covariates,), and spread of each group, shape (groups,)."""
        n = self.design.shape[1] - self.held
        one = np.ones(self.held)
        return np.concatenate([0 * one, x[:n]]), np.concatenate([one, np.exp(x[n:])])

    @property
    def size(self) -> int:
        """Free numbers."""
        return int(self.design.shape[1]) + self.groups - 2 * self.held

    def spread(self, beta: Float, sd_g: Float) -> tuple[Float, Float]:
        """Mean and spread of each pattern, shape (patterns,)."""
        return self.design @ beta, sd_g[self.group]

    def best(self, moments: Float, beta: Float, sd_g: Float) -> tuple[Float, Float]:
        """Effects and spreads that fit expected people, Σ mean and Σ square of each pattern, shape (patterns, 3); all are free."""
        people, one, two = moments.T
        weight = 1 / sd_g[self.group] ** 2
        x = self.design
        new = np.linalg.lstsq(x.T @ (x * (people * weight)[:, None]), x.T @ (one * weight), rcond=1e-12)[0]
        mean = x @ new
        square = np.maximum(two - 2 * one * mean + people * mean**2, 0.0)
        count = np.bincount(self.group, people, self.groups)
        total = np.bincount(self.group, square, self.groups)
        seen = count > 1e-9
        sd = np.where(seen, np.sqrt(np.maximum(total / np.where(seen, count, 1.0), 1e-6)), sd_g)
        new[: self.groups] = np.where(seen, new[: self.groups], beta[: self.groups])
        return new, sd

    def folded(self, beta: Float, sd_g: Float) -> tuple[Float, Float, float, float]:
        """Effects and spreads over (ability − m) / s that give the first group mean 0 and spread 1; and m and s."""
        m, s = float(beta[0]), float(sd_g[0])
        new = beta / s
        new[: self.groups] -= m / s
        return new, sd_g / s, m, s

    def information(self, moments: Float, beta: Float, sd_g: Float) -> Float:
        """−∂²Q by free effects and spreads (as they are, no logarithm), shape (size, size)."""
        people, one, two = moments.T
        mean, sd = self.spread(beta, sd_g)
        x, n = self.design[:, self.held :], self.design.shape[1] - self.held
        out = np.zeros((self.size, self.size))
        out[:n, :n] = x.T @ (x * (people / sd**2)[:, None])
        square = two - 2 * one * mean + people * mean**2
        for g in range(self.held, self.groups):
            here, at = self.group == g, n + g - self.held
            out[at, at] = (3 * square[here].sum() / sd_g[g] ** 2 - people[here].sum()) / sd_g[g] ** 2
            cross = 2 * x[here].T @ (one - people * mean)[here] / sd_g[g] ** 3
            out[at, :n] = out[:n, at] = cross
        return out

    def lines(self, first: int) -> tuple[Float, Int]:
        """Free columns of the design, shape (patterns, effects), and where each pattern's spread stands (−1 = held), from `first` on."""
        n = self.design.shape[1] - self.held
        at = np.where(self.group < self.held, -1, first + n + self.group - self.held)
        return np.ascontiguousarray(self.design[:, self.held :]), at.astype(np.int64)


def plain_groups(groups: int, *, anchored: bool = False) -> Latent:
    """Groups without covariates: one pattern each."""
    return Latent(np.eye(groups), np.arange(groups, dtype=np.int64), groups, anchored)


def patterns_of(
    group: Int, groups: int, covariates: Float, weight: Float, *, anchored: bool
) -> tuple[Latent, Int, Float]:
    """Patterns of people, the pattern of each, shape (persons,), and the covariates' means, which patterns are measured from."""
    if covariates.shape[1] == 0:
        return plain_groups(groups, anchored=anchored), group, np.zeros(0)
    # sums must not depend on the order of people
    order = np.lexsort(covariates.T)
    centre = (covariates[order] * weight[order, None]).sum(0) / max(float(weight[order].sum()), 1e-300)
    rows, at = np.unique(np.column_stack([group, covariates]), axis=0, return_inverse=True)
    own = rows[:, 0].astype(np.int64)
    design = np.concatenate([np.eye(groups)[own], rows[:, 1:] - centre], axis=1)
    return Latent(design, own, groups, anchored), at.reshape(-1).astype(np.int64), centre
