"""Answers made up with known truth, and a likelihood computed without any of the code under test."""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import quad
from scipy.special import expit

from daremo.assess.model import Answers, answers_of


def sigma(x: np.ndarray | float) -> np.ndarray:
    return np.asarray(expit(x))


def probabilities(model: str, a: float, d: tuple[float, ...], t: float, g: float = 0.0) -> np.ndarray:
    """Probability of each category, from the textbook formulas."""
    if model == "gpcm":
        e = np.exp([0.0, *(k * a * t + x for k, x in enumerate(d, 1))])
        return e / e.sum()
    up = np.r_[1.0, [g + (1 - g) * float(sigma(a * t + x)) for x in d], 0.0]
    return up[:-1] - up[1:]


def people(model: str, a: np.ndarray, d: list[tuple[float, ...]], theta: np.ndarray, seed: int, g: float = 0.0):
    """Answers of people of these abilities, shape (people, items)."""
    rng = np.random.default_rng(seed)
    out = np.empty((theta.size, a.size), np.int64)
    for i, t in enumerate(theta):
        for j in range(a.size):
            p = probabilities(model, a[j], d[j], t, g)
            out[i, j] = rng.choice(p.size, p=p / p.sum())
    return out


def two_pl(n: int, items: int, seed: int, share: float = 1.0) -> tuple[Answers, np.ndarray, np.ndarray]:
    """Right and wrong answers to `items`, each given with probability `share`; with slopes and intercepts."""
    rng = np.random.default_rng(seed)
    a, b, t = np.exp(rng.normal(0.1, 0.3, items)), rng.normal(0, 1, items), rng.normal(size=n)
    x = (rng.random((n, items)) < sigma(a * (t[:, None] - b))).astype(int)
    return answers_of(np.where(rng.random(x.shape) < share, x, -1)), a, -a * b


def log_likelihood(model: str, items, table: np.ndarray, sd: float = 1.0) -> float:
    """Marginal log-likelihood by adaptive integration, person by person."""
    total, seen = 0.0, {}
    for line in map(tuple, table):
        if line not in seen:

            def f(t: float, line: tuple[int, ...] = line) -> float:
                v = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
                for j, c in enumerate(line):
                    if c >= 0:
                        v *= probabilities(model, items[j].a, items[j].d, sd * t, items[j].g or 0.0)[c]
                return v

            seen[line] = math.log(quad(f, -9, 9, limit=200, epsabs=1e-14, epsrel=1e-11, points=[-2, 0, 2])[0])
        total += seen[line]
    return total
