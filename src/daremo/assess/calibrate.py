"""Calibrate: what each item asks of a person, from whoever answered whatever part of the items.

Marginal maximum likelihood by EM whose latent scale is freed in each step (PX-EM), Anderson-accelerated. Large tables
climb in single precision, first on every tenth person; the log-likelihood told is always computed in double precision
on nodes twice as fine, and a fit is not called converged where that changes it by more than 0.01.

Source: Bock and Aitkin 1981; Liu, Rubin and Wu, Biometrika 85, 1998 (PX-EM); method in ``explain.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from daremo.assess.climb import Climbed, climb
from daremo.assess.curves import GUESSING, NOMINAL, log_table, slope_slot
from daremo.assess.expect import count_rows, expect, likelihood_twice
from daremo.assess.information import standard_errors
from daremo.assess.layout import Layout, begin, layout_of
from daremo.assess.maximise import maximise
from daremo.assess.model import MODELS, Answers, Calibration, Item, Model
from daremo.kernel.errors import NoAnswer, UsageError
from daremo.kernel.results import Progress, silent

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: Above so many answers a pass is in single precision and windows are narrower.
LARGE = 3_000_000
#: Half a window in posterior standard deviations: while climbing a large table, else.
NARROW, WIDE = 5.2, 7.5
#: Logit of the lower asymptote: mean and standard deviation of its prior (g about .25, .1 to .47 in most items).
GUESS_PRIOR = (-1.1, 0.5)
#: A fit whose log-likelihood changes by more than this on nodes twice as fine has not converged; `FINE`: when to refine.
ADEQUATE, FINE = 0.01, 1e-5


@dataclass(slots=True)
class Fit:
    """A model, its answers and its nodes, ready to be climbed; windows are carried from pass to pass."""

    answers: Answers
    layout: Layout
    row: NDArray[Any]
    t: Float
    mu: Float
    sd: Float
    prior: Float
    single: bool
    passes: float = 0.0

    @property
    def groups(self) -> int:
        return len(self.answers.groups)

    def counts(self) -> Float:
        """Weighted answers of each row, shape (rows,)."""
        return np.asarray(count_rows(self.answers.start, self.row, self.answers.weight, self.layout.rows))

    def prior_gq(self, mean_g: Float, sd_g: Float, t: Float) -> Float:
        """Logarithm of each group's share at each node, shape (groups, nodes)."""
        z = -0.5 * ((t[None, :] - mean_g[:, None]) / sd_g[:, None]) ** 2
        return np.asarray(z - np.log(np.exp(z).sum(1, keepdims=True)))

    def table(self, par: Float, t: Float, dtype: type) -> NDArray[Any]:
        """Log-probability of each row at each node, shape (rows, nodes)."""
        out: NDArray[Any] = np.empty((self.layout.rows, t.size), dtype)
        log_table(self.layout.kind, self.layout.n_cat, self.layout.first, par, t, out)
        return out

    def expected(
        self, par: Float, mean_g: Float, sd_g: Float, *, step: int = 1, dtype: type = np.float64, half: float = WIDE
    ) -> tuple[float, NDArray[Any], Float]:
        """Log-likelihood, expected counts, shape (rows, nodes), and moments of each group, shape (groups, 3)."""
        a = self.answers
        count: NDArray[Any] = np.zeros((self.layout.rows, self.t.size), dtype)
        moments = np.zeros((self.groups, 3))
        value = expect(
            a.start, self.row, self.table(par, self.t, dtype), self.prior_gq(mean_g, sd_g, self.t), a.group, a.weight,
            self.t, self.mu, self.sd, half, step, count, moments,
        )  # fmt: skip
        self.passes += 1 / step
        return value, count, moments

    def em(self, x: Float, step: int, rounds: int) -> tuple[Float, float]:
        """One PX-EM step: expectation, best items, latent mean and spread freed and folded back into the items."""
        lay = self.layout
        par, mean_g, sd_g = lay.unpack(x, self.groups)
        dtype, half = (np.float32, NARROW) if self.single else (np.float64, WIDE)
        value, count, moments = self.expected(par, mean_g, sd_g, step=step, dtype=dtype, half=half)
        value += self.penalty(par)
        maximise(lay.kind, lay.n_cat, lay.first, par, self.t, count, self.prior, lay.shared, rounds)
        people = np.maximum(moments[:, 0], 1e-12)
        mean = moments[:, 1] / people
        sd = np.sqrt(np.maximum(moments[:, 2] / people - mean * mean, 1e-6))
        par = lay.moved(par, mean[0], sd[0])
        return lay.pack(par, (mean - mean[0]) / sd[0], sd / sd[0]), value

    def penalty(self, par: Float) -> float:
        """Logarithm of the prior of the lower asymptotes, up to a constant."""
        able = self.layout.kind == GUESSING
        if not able.any() or not np.isfinite(self.prior[1]):
            return 0.0
        return float(-0.5 * (((par[able, 2] - self.prior[0]) / self.prior[1]) ** 2).sum())

    def checked(self, par: Float, mean_g: Float, sd_g: Float) -> tuple[float, float]:
        """Log-likelihood on nodes twice as fine, and how far that on the present nodes is from it."""
        t = np.linspace(self.t[0], self.t[-1], 2 * self.t.size - 1)
        a, table = self.answers, self.table(par, t, np.float64)
        half = WIDE if not self.single else 6.5
        fine, coarse = likelihood_twice(
            a.start, self.row, table, self.prior_gq(mean_g, sd_g, t), a.group, a.weight, t, self.mu, self.sd, half
        )
        return fine, coarse - fine


def nodes(count: int, groups: int) -> Float:
    """Equally spaced abilities, shape (count,), ±6, wider where groups may lie apart."""
    return np.linspace(-6.0, 6.0, count) if groups == 1 else np.linspace(-7.0, 7.0, count + (count - 1) // 6 // 2 * 2)


def fit_of(answers: Answers, model: Model, *, guess_prior: tuple[float, float], node_count: int, single: bool) -> Fit:
    """A fit that nobody has climbed yet.

    Raises
    ------
    UsageError
        Unknown model, or a model that does not fit the categories.
    NoAnswer
        ``nothing-to-calibrate`` where no item is left.
    """
    if model not in MODELS:
        raise UsageError("bad-model", f"知らないモデルです: {model}", "・".join(MODELS), "--model")
    if answers.item.size == 0 or not answers.items:
        fix = "2通り以上の答えがある問題を、1つ以上入れてください"
        raise NoAnswer("nothing-to-calibrate", "調べられる問題がありません", fix)
    lay = layout_of(answers, model)
    row = lay.first[answers.item] + answers.category
    kind = np.int16 if lay.rows < 2**15 else np.int32
    n = answers.n_persons
    t = nodes(node_count, len(answers.groups))
    return Fit(answers, lay, row.astype(kind), t, np.zeros(n), np.full(n, 9.0), np.array(guess_prior), single)


def calibrate(
    answers: Answers,
    model: Model = "2pl",
    *,
    errors: str = "auto",
    guess_prior: tuple[float, float] = GUESS_PRIOR,
    tolerance: float | None = None,
    most: int = 500,
    node_count: int = 61,
    progress: Progress = silent,
    cpu_clock: Callable[[], float] = time.process_time,
) -> Calibration:
    """Fit a model to answers.

    Parameters
    ----------
    answers : Answers
    model : {"rasch", "2pl", "3pl", "grm", "gpcm", "nominal"}
        `rasch` on items with more than two categories is the partial credit model; in `nominal` each category has a slope
        of its own, so that the lowest, "don't know", need not lie below the others.
    errors : {"auto", "full", "block", "sandwich", "none"}
        Standard errors from the observed information (Louis): `full` with the covariance between items, `block` item
        by item (for large tables), `auto` whichever is affordable; `sandwich` where weights are survey weights and no counts.
    guess_prior : (float, float), logit
        Mean and standard deviation of the logit of the lower asymptote in `3pl`; an infinite deviation is no prior.
    tolerance : float, optional
        Largest move of a parameter in the last step; by default 1e-7, 1e-4 for large tables.
    most : int
        Passes at most.
    node_count : int
        Nodes to begin with; they are doubled where they prove too coarse.

    Raises
    ------
    UsageError, NoAnswer

    Examples
    --------
    >>> from daremo.assess.model import answers_of
    >>> table = np.random.default_rng(1).integers(0, 2, (200, 4))
    >>> calibrate(answers_of(table), "rasch").persons
    200
    """
    begun = cpu_clock()
    if errors not in ("auto", "full", "block", "sandwich", "none"):
        raise UsageError(
            "bad-errors", f"知らない誤差の求め方です: {errors}", "auto・full・block・sandwich・none", "--errors"
        )
    large = answers.item.size > LARGE
    fit = fit_of(answers, model, guess_prior=guess_prior, node_count=node_count, single=large)
    guess = 1 / (1 + np.exp(-guess_prior[0]))
    x = fit.layout.pack(begin(fit.counts(), fit.layout, guess), np.zeros(fit.groups), np.ones(fit.groups))
    if large and answers.n_persons > 20_000:
        x = _climb(fit, x, 10, 1e-3, most, progress).x
        fit.mu[:], fit.sd[:] = _spread(fit)
    fit, found, value, change = refined(fit, x, tolerance or (1e-4 if large else 1e-7), most, progress)
    return told(fit, model, found, value, change, errors, begun, cpu_clock)


def first_few(answers: Answers, few: int = 40) -> Answers:
    """The answers of the first few people, items and groups as they are."""
    few = min(answers.n_persons, few)
    end = int(answers.start[few])
    return replace(
        answers, start=answers.start[: few + 1], item=answers.item[:end], category=answers.category[:end],
        weight=answers.weight[:few], group=answers.group[:few],
    )  # fmt: skip


def warm(answers: Answers, model: Model, *, errors: str = "auto") -> None:
    """Compile what `calibrate` will run on these answers, on the first few people, so that its time is its own.

    Raises
    ------
    UsageError, NoAnswer
        As `calibrate`.
    """
    large = answers.item.size > LARGE
    fit = fit_of(first_few(answers), model, guess_prior=GUESS_PRIOR, node_count=61, single=large)
    x = fit.layout.pack(begin(fit.counts(), fit.layout, 0.25), np.zeros(fit.groups), np.ones(fit.groups))
    fit.em(x, 1, 1)
    par, mean_g, sd_g = fit.layout.unpack(x, fit.groups)
    fit.checked(par, mean_g, sd_g)
    standard_errors(
        fit, par, mean_g, sd_g, "block" if large and errors == "auto" else "full" if errors == "auto" else errors
    )


def refined(fit: Fit, x: Float, tolerance: float, most: int, progress: Progress) -> tuple[Fit, Climbed, float, float]:
    """Climb, and climb again on finer nodes until they are fine enough (at most three times)."""
    for _ in range(4):
        found = _climb(fit, x, 1, tolerance, most, progress)
        par, mean_g, sd_g = fit.layout.unpack(found.x, fit.groups)
        value, change = fit.checked(par, mean_g, sd_g)
        if abs(change) <= (ADEQUATE if fit.single else FINE):
            break
        x = found.x
        fit = replace(fit, t=np.linspace(fit.t[0], fit.t[-1], 2 * fit.t.size - 1))
    return fit, found, value, change


def _spread(fit: Fit) -> tuple[Float, Float]:
    """Windows of those not yet seen: everything, so that their first pass finds their own."""
    seen = fit.sd < 9
    return np.where(seen, fit.mu, 0.0), np.where(seen, fit.sd, 9.0)


def _climb(fit: Fit, x: Float, step: int, tolerance: float, most: int, progress: Progress) -> Climbed:
    slack = 1e-7 if fit.single else 1e-12

    def tell(n: int, value: float, move: float) -> None:
        progress(-1.0, f"{n}: log-likelihood {value:,.2f}, move {move:.1e}")

    return climb(
        lambda v: fit.em(v, step, 3 if fit.single else 6),
        x,
        tolerance=tolerance,
        most=most,
        slack=slack,
        usable=lambda v: fit.layout.usable(v, fit.groups),
        tell=tell,
    )


def told(
    fit: Fit,
    model: Model,
    found: Climbed,
    value: float,
    change: float,
    errors: str,
    begun: float,
    cpu_clock: Callable[[], float],
) -> Calibration:
    """The fit as others use it, with standard errors."""
    a, lay = fit.answers, fit.layout
    par, mean_g, sd_g = lay.unpack(found.x, fit.groups)
    how, se, seeable = standard_errors(fit, par, mean_g, sd_g, errors)
    count = np.add.reduceat(fit.counts(), lay.first)
    items = tuple(_item(fit, j, par, se, count[j]) for j in range(len(a.items)))
    spread = sd_g * (par[0, 0] if lay.shared else 1.0)
    return Calibration(
        model, value, bool(found.still and abs(change) <= ADEQUATE), items,
        mean_g * (par[0, 0] if lay.shared else 1.0), spread, a.count, int(round(float(count.sum()))),
        int(np.ceil(fit.passes)), fit.t.size, change, found.residual, how, found.x.size,
        cpu_clock() - begun, par, fit.mu, fit.sd, seeable, a.problems,
    )  # fmt: skip


def _item(fit: Fit, j: int, par: Float, se: Float, count: float) -> Item:
    lay, a = fit.layout, fit.answers
    k = int(lay.n_cat[j])

    def known(v: Any) -> float | None:
        return float(v) if np.isfinite(v) and v > 0 else None

    g = se_g = None
    if lay.kind[j] == GUESSING:
        g = float(1 / (1 + np.exp(-par[j, 2])))
        se_g = None if known(se[j, 2]) is None else float(se[j, 2] * g * (1 - g))
    slopes = [slope_slot(k, c) for c in range(1, k)] if lay.kind[j] == NOMINAL else []
    return Item(
        a.items[j],
        1.0 if lay.shared else float(par[j, 0]),
        tuple(float(v) for v in par[j, 1:k]),
        None if lay.shared else known(se[j, 0]),
        cast("tuple[float | None, ...]", tuple(known(v) for v in se[j, 1:k])),
        int(round(float(count))),
        a.labels[j],
        g,
        se_g,
        tuple(float(par[j, s]) for s in slopes),
        tuple(known(se[j, s]) for s in slopes),
    )
