"""Differential item functioning: items that are harder for one group than for equally able people of the others.

All items × groups are tested in one pass over the answers. What is found is given parameters of its own in that group
(so that it no longer bends the comparison of the rest), everything is fitted and tested again, until nothing new is
found; the effect told is then the difference of two fitted curves.

Source: score tests see ``dif_scores.py``; classes A, B, C: Zwick, ETS RR-12-08, 2012; false discovery rate:
Benjamini and Hochberg, J. Royal Statistical Society B 57, 1995.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from daremo.assess import calibrate as calibration
from daremo.assess.calibrate import GUESS_PRIOR, LARGE, Fit, climb_fit, first_few, fit_of
from daremo.assess.curves import PARTIAL
from daremo.assess.dif_scores import Tests, score_tests
from daremo.assess.groups import with_people
from daremo.assess.information import block_covariances
from daremo.assess.layout import begin
from daremo.assess.model import Answers, Model
from daremo.kernel.errors import Problem, UsageError
from daremo.kernel.results import Progress, silent

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: ETS delta of one logit, limits of the classes, one-sided 5 % point.
DELTA, MIDDLE, LARGE_EFFECT, ONE_SIDED = 2.35, 1.0, 1.5, 1.645
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Dif:
    """Every item in every group.

    Attributes
    ----------
    model : str
    items, groups : tuple of str
    answers, statistic, df, p : ndarray, shape (groups, items)
        People who answered; score statistic of any difference, its degrees of freedom and probability; NaN where not tested.
    delta, se : ndarray, shape (groups, items), ETS delta
        2.35 × logit by which the item is easier for the group than for equally able others; below 0 = harder.
    flagged : ndarray of bool, shape (groups, items), mask
        Found, with a false discovery rate of at most `alpha` over all tests.
    grade : ndarray of str, shape (groups, items)
        ETS class A (negligible), B, C (large), ``""`` where not tested.
    mean_g, sd_g : ndarray, shape (groups,), ability
    persons, rounds : int
    alpha : float, share
    converged : bool
    cpu_seconds : float
    problems : tuple of Problem
    """

    model: str
    items: tuple[str, ...]
    groups: tuple[str, ...]
    answers: Float
    statistic: Float
    df: Float
    p: Float
    delta: Float
    se: Float
    flagged: NDArray[np.bool_]
    grade: NDArray[np.str_]
    mean_g: Float
    sd_g: Float
    persons: int
    rounds: int
    alpha: float
    converged: bool
    cpu_seconds: float
    problems: tuple[Problem, ...] = ()
    curves: dict[tuple[int, int], tuple[Float, Float]] = field(default_factory=dict, repr=False)

    def pair(self, g: int, j: int) -> dict[str, Any]:
        """One item in one group, for machines; None where not tested."""

        def told(v: Any) -> float | None:
            return float(v) if np.isfinite(v) else None

        return {
            "item": self.items[j],
            "group": self.groups[g],
            "answers": int(self.answers[g, j]),
            "statistic": told(self.statistic[g, j]),
            "df": None if np.isnan(self.df[g, j]) else int(self.df[g, j]),
            "p": told(self.p[g, j]),
            "delta": told(self.delta[g, j]),
            "se": told(self.se[g, j]),
            "class": str(self.grade[g, j]),
            "flagged": bool(self.flagged[g, j]),
        }

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        order = sorted(
            np.argwhere(self.flagged).tolist(), key=lambda gj: (-abs(self.delta[gj[0], gj[1]]), gj[1], gj[0])
        )
        return {
            "model": self.model,
            "groups": [
                {"group": n, "mean": float(m), "sd": float(s)}
                for n, m, s in zip(self.groups, self.mean_g, self.sd_g, strict=True)
            ],
            "persons": self.persons,
            "tests": int(np.isfinite(self.p).sum()),
            "flagged": [self.pair(g, j) for g, j in order],
            "pairs": [self.pair(g, j) for j in range(len(self.items)) for g in range(len(self.groups))],
            "alpha": self.alpha,
            "rounds": self.rounds,
            "converged": self.converged,
            "cpu_seconds": round(self.cpu_seconds, 4),
            "problems": [p.as_dict() for p in self.problems],
        }


def false_discovery(p: Float, alpha: float) -> NDArray[np.bool_]:
    """Which tests count as found, Benjamini and Hochberg, mask of the shape of `p`; NaN is no test.

    Examples
    --------
    >>> false_discovery(np.array([0.001, 0.04, 0.9, np.nan]), 0.05).tolist()
    [True, False, False, False]
    """
    flat = np.where(np.isnan(p), 2.0, p).ravel()
    order, n = np.argsort(flat, kind="stable"), int((~np.isnan(p)).sum())
    below = np.flatnonzero(flat[order[:n]] <= alpha * np.arange(1, n + 1) / max(n, 1))
    out = np.zeros(flat.size, bool)
    if below.size:
        out[order[: below[-1] + 1]] = True
    return out.reshape(p.shape)


def dif(
    answers: Answers,
    model: Model = "2pl",
    *,
    reference: str = "",
    alpha: float = 0.05,
    least: int = 50,
    progress: Progress = silent,
    cpu_clock: Callable[[], float] = time.process_time,
) -> Dif:
    """Find items that work differently in some group.

    Parameters
    ----------
    answers : Answers
        With at least two groups.
    reference : str
        Group that the others' abilities are measured from; by default the largest.
    alpha : float, share
        False discovery rate over all tests.
    least : int
        People of a group who must have answered an item for it to be tested.

    Raises
    ------
    UsageError
        ``one-group``; ``bad-alpha``; ``no-such-group``.
    """
    begun = cpu_clock()
    if not 0 < alpha < 1:
        raise UsageError(
            "bad-alpha", f"見落としと空振りの割合 {alpha} は使えません", "0と1の間（ふつう0.05）", "--alpha"
        )
    if model == "nominal":
        raise UsageError(
            "bad-model", "nominal では調べられません", "rasch・2pl・3pl・grm・gpcm から選んでください", "--model"
        )
    answers, problems = with_people(answers, least)
    if len(answers.groups) < 2:
        fix = "--group に、2つ以上の値がある列を書いてください"
        if problems:
            small = "・".join(p.column for p in problems[:5])
            fix = f"{least}人以上のグループが2つ要ります（人が足りない: {small}）"
        raise UsageError("one-group", "比べるグループが2つありません", fix, "--group")
    answers = _reference_first(answers, reference)
    groups, items = len(answers.groups), len(answers.items)
    map_gj = np.tile(np.arange(items, dtype=np.int64), (groups, 1))
    wide = fit_of(answers, model, guess_prior=GUESS_PRIOR, node_count=61, large=answers.item.size > LARGE)
    guess = 1 / (1 + np.exp(-GUESS_PRIOR[0]))
    x = wide.layout.pack(begin(wide.counts(), wide.layout, guess), np.zeros(groups), np.ones(groups))
    if wide.large:
        x = climb_fit(wide, x, 10, 1e-3, 100, progress).x
    fit, kept_p = wide, np.full((groups, items), np.nan)
    for rounds in range(1, ROUNDS + 1):
        found = climb_fit(fit, x, 1, 3e-4 if fit.large else 1e-6, 300, progress)
        par, mean_g, sd_g = fit.layout.unpack(found.x, groups)
        tests = _back(score_tests(fit, par, mean_g, sd_g, least), map_gj, items, groups)
        split = map_gj >= items
        statistic, p = _centred(tests)
        # with two groups both tests ask the same question
        asked = np.isfinite(p) & ~((np.arange(groups) == 0) & (groups == 2))[:, None]
        fresh = false_discovery(np.where(split, kept_p, np.where(asked, p, np.nan)), alpha) & ~split
        fresh = _strongest(fresh, statistic, map_gj, items)
        kept_p[fresh] = p[fresh]
        if not fresh.any() or rounds == ROUNDS:
            break
        map_gj = _split(map_gj, fresh)
        fit, x = _refit(fit, answers, par, mean_g, sd_g, map_gj, tests.shift, model)
    cov = block_covariances(fit, par, mean_g, sd_g) if split.any() else np.zeros(0)
    delta, error = DELTA * tests.shift, DELTA * tests.se
    p, df, statistic = (np.where(split, np.nan, x) for x in (tests.p, tests.df, tests.statistic))
    for g, j in np.argwhere(split).tolist():
        shift, wrong, statistic[g, j], df[g, j] = _difference(fit, par, cov, j, int(map_gj[g, j]), mean_g[g])
        p[g, j] = chi2.sf(statistic[g, j], df[g, j])
        delta[g, j], error[g, j] = DELTA * shift, DELTA * wrong
    if groups == 2:
        for x in (statistic, df, p, delta, error):
            x[0] = np.nan
    flagged = false_discovery(np.where(split | fresh, p, np.where(np.isnan(p), np.nan, 1.0)), alpha)
    return Dif(
        model, answers.items, answers.groups, tests.answers, statistic, df, p, delta, error, flagged,
        graded(delta, error, p), mean_g, sd_g, answers.count, rounds, alpha, bool(found.still), cpu_clock() - begun,
        (*answers.problems, *problems),
    )  # fmt: skip


def warm(answers: Answers, model: Model) -> None:
    """Compile what `dif` will run on these answers, on the first few people, so that its time is its own.

    Raises
    ------
    UsageError, NoAnswer
        As `calibrate`.
    """
    calibration.warm(answers, model, errors="block")
    fit = fit_of(first_few(answers), model, guess_prior=GUESS_PRIOR, node_count=61, large=False)
    x = fit.layout.pack(begin(fit.counts(), fit.layout, 0.25), np.zeros(fit.groups), np.ones(fit.groups))
    score_tests(fit, *fit.layout.unpack(x, fit.groups), 1)


def graded(delta: Float, se: Float, p: Float) -> NDArray[np.str_]:
    """ETS class of each effect, shape of `delta`: C large and beyond 1 for sure, B at least 1, A else."""
    size = np.abs(delta)
    middle = (size >= MIDDLE) & (2 * norm.sf(size / se) < 0.05)
    large = (size >= LARGE_EFFECT) & (size - ONE_SIDED * se > MIDDLE)
    return np.asarray(np.where(np.isnan(delta) | np.isnan(p), "", np.where(large, "C", np.where(middle, "B", "A"))))


def _reference_first(answers: Answers, reference: str) -> Answers:
    """The same answers with the reference group first."""
    if reference and reference not in answers.groups:
        fix = "・".join(answers.groups[:10]) + " から選んでください"
        raise UsageError("no-such-group", f"グループ「{reference}」がありません", fix, "--reference")
    size = np.bincount(answers.group, answers.weight, len(answers.groups))
    first = answers.groups.index(reference) if reference else int(np.argmax(size))
    order = [first, *(g for g in range(len(answers.groups)) if g != first)]
    new = np.argsort(order)
    return replace(answers, group=new[answers.group], groups=tuple(answers.groups[g] for g in order))


def _centred(tests: Tests) -> tuple[Float, Float]:
    """Statistics and probabilities, shape (groups, items), with each group's median shift taken out.

    While unfair items still bend the comparison of abilities, they make all others look shifted by one and the same amount.
    """
    enough = np.isfinite(tests.shift).sum(1) >= 5
    middle = np.array([np.nanmedian(s) if e else 0.0 for s, e in zip(tests.shift, enough, strict=True)])
    before, after = tests.shift / tests.se, (tests.shift - middle[:, None]) / tests.se
    known = np.isfinite(before) & np.isfinite(tests.statistic)
    statistic = np.where(known, np.maximum(tests.statistic - before**2 + after**2, 0.0), tests.statistic)
    return statistic, np.where(np.isfinite(statistic), chi2.sf(statistic, np.nan_to_num(tests.df, nan=1.0)), np.nan)


def _strongest(fresh: NDArray[np.bool_], statistic: Float, map_gj: Int, items: int) -> NDArray[np.bool_]:
    """Of each item the groups that stand out most: one group that differs makes all others seem to differ from the rest."""
    top = np.where(fresh, statistic, 0.0).max(0, initial=0.0)
    out: NDArray[np.bool_] = fresh & (np.nan_to_num(statistic) >= 0.5 * top)
    left = ((map_gj < items) & ~out).any(0)
    out[0, ~left] = False  # somebody must be left to compare with
    return out


def _split(map_gj: Int, fresh: NDArray[np.bool_]) -> Int:
    """Give each found pair an item of its own."""
    out = map_gj.copy()
    out[fresh] = max(int(map_gj.max()) + 1, map_gj.shape[1]) + np.arange(int(fresh.sum()))
    return out


def _back(tests: Tests, map_gj: Int, items: int, groups: int) -> Tests:
    """Tests by the items as asked; a pair with an item of its own has none."""
    at = np.arange(groups)[:, None]
    own = map_gj >= items
    picked = {
        k: np.where(own, np.nan, getattr(tests, k)[at, np.minimum(map_gj, items - 1)])
        for k in ("statistic", "df", "p", "shift", "se")
    }
    return Tests(tests.answers[at, map_gj], **picked)


def _refit(
    fit: Fit,
    answers: Answers,
    par: Float,
    mean_g: Float,
    sd_g: Float,
    map_gj: Int,
    shift: Float,
    model: Model,
) -> tuple[Fit, Float]:
    """A fit with the split items, starting from the present parameters; and the vector to start from."""
    owner = {int(map_gj[g, j]): (g, j) for g, j in np.argwhere(map_gj >= map_gj.shape[1])}
    total = map_gj.shape[1] + len(owner)
    who = np.r_[np.arange(map_gj.shape[1]), [owner[n][1] for n in range(map_gj.shape[1], total)]].astype(int)
    new = replace(
        answers,
        item=map_gj[np.repeat(answers.group, np.diff(answers.start)), answers.item].astype(np.int32),
        items=tuple(answers.items[j] for j in who),
        labels=tuple(answers.labels[j] for j in who),
    )
    made = fit_of(new, model, guess_prior=(fit.prior[0], fit.prior[1]), node_count=fit.t.size, large=fit.large)
    made.t, made.mu, made.sd = fit.t, fit.mu, fit.sd
    start = np.zeros(made.layout.free.shape)
    start[: par.shape[0], : par.shape[1]] = par
    for n in range(par.shape[0], total):
        g, j = owner[n]
        start[n] = start[j]
        k = int(made.layout.n_cat[n])
        move = float(np.clip(np.nan_to_num(shift[g, j]), -2, 2))
        start[n, 1:k] += move * (np.arange(1, k) if made.layout.kind[n] == PARTIAL else 1.0)
    return made, made.layout.pack(start, mean_g, sd_g)


def _difference(fit: Fit, par: Float, cov: Float, j: int, own: int, mean: float) -> tuple[float, float, float, int]:
    """By how much the group's own curve is easier at the group's mean ability, logit, and its error; Wald statistic and df."""
    k = int(fit.layout.n_cat[j])
    steps = np.arange(1, k) if fit.layout.kind[j] == PARTIAL else np.ones(k - 1)
    along = np.zeros(par.shape[1])
    along[0], along[1:k] = mean, 1 / steps / (k - 1)
    used = slice(1 if fit.layout.shared else 0, k)
    between = (par[own] - par[j])[used]
    spread = (cov[own] + cov[j])[used, used]
    if not np.isfinite(spread).all():
        return float(along[used] @ between), np.nan, np.nan, k
    statistic = float(between @ np.linalg.solve(spread, between))
    return float(along[used] @ between), float(np.sqrt(along[used] @ spread @ along[used])), statistic, between.size
