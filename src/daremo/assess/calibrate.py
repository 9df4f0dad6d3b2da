"""Calibrate: what each item asks of a person, from whoever answered whatever part of the items.

Marginal maximum likelihood by EM whose latent scale is freed in each step (PX-EM), Anderson-accelerated. Large tables
climb first on every tenth person. The log-likelihood told is computed on nodes twice as fine, and a fit is not called
converged where that changes it by more than 0.01.

Source: Bock and Aitkin 1981; Liu, Rubin and Wu, Biometrika 85, 1998 (PX-EM); method in ``explain.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from daremo.assess.anchors import held_by
from daremo.assess.climb import Climbed, climb
from daremo.assess.curves import GUESSING, NOMINAL, log_table, slope_slot
from daremo.assess.expect import UNSEEN
from daremo.assess.groups import FLAT, warning, with_people
from daremo.assess.information import Errors, standard_errors
from daremo.assess.lanes import padded
from daremo.assess.latent import Latent, patterns_of
from daremo.assess.layout import Layout, begin, layout_of, with_held
from daremo.assess.maximise import maximise
from daremo.assess.model import MODELS, Answers, Calibration, Effect, Item, Model
from daremo.assess.parts import Checking, Expecting, Part, Sums, Tallying, Task, added, row_of
from daremo.kernel.errors import NoAnswer, Problem, UsageError
from daremo.kernel.results import Progress, silent

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: Above so many answers a fit stands still at 1e-4 of a parameter and windows are narrower.
LARGE = 3_000_000
#: Half a window in posterior standard deviations: of a large table, else.
NARROW, WIDE = 6.5, 7.5
#: Logit of the lower asymptote: mean and standard deviation of its prior (g about .25, .1 to .47 in most items).
GUESS_PRIOR = (-1.1, 0.5)
#: A fit whose log-likelihood changes by more than this on nodes twice as fine has not converged; `FINE`: when to refine.
ADEQUATE, FINE = 0.01, 1e-5
#: Nodes of a large table are this far apart, in standard deviations of its narrowest posteriors: sums over normal curves
#: are then off by less than 1e-5 of their value.
APART = 1.25
#: Large tables of more than so many people are first climbed on every so many-th person.
MANY, TENTH = 20_000, 10
#: People that a group must have for a mean and spread of its own.
LEAST = 10


@dataclass(slots=True)
class Fit:
    """A model, its answers and its nodes, ready to be climbed; windows are carried from pass to pass.

    The group of each of the answers' people is her pattern of `latent`; without covariates that is her group.
    """

    answers: Answers
    layout: Layout
    row: NDArray[Any]
    t: Float
    mu: Float
    sd: Float
    prior: Float
    large: bool
    latent: Latent
    centre: Float
    passes: float = 0.0
    tally: Sums = ()

    @property
    def groups(self) -> int:
        return len(self.answers.groups)

    @property
    def half(self) -> float:
        """Half a window in posterior standard deviations."""
        return NARROW if self.large else WIDE

    def over(self, task: Task) -> Iterable[Sums]:
        """What a task makes of all people, part by part."""
        yield task(Part(self.answers, self.row, self.mu, self.sd))

    def pack(self, par: Float, beta: Float, sd_g: Float) -> Float:
        """One vector of everything that is free, shape (parameters,)."""
        return np.concatenate([self.layout.pack_items(par), self.latent.pack(beta, sd_g)])

    def unpack(self, x: Float) -> tuple[Float, Float, Float]:
        """Slots, shape (items, slots), effects on ability and spreads of groups."""
        end = x.size - self.latent.size
        return (self.layout.unpack_items(x[:end]), *self.latent.unpack(x[end:]))

    def first_guess(self, guess: float) -> Float:
        """Where a climb starts; lower asymptotes at `guess`, share."""
        par = begin(self.counts(), self.layout, guess)
        return self.pack(par, np.zeros(self.latent.design.shape[1]), np.ones(self.groups))

    def tallied(self) -> Sums:
        """What `parts.Tallying` counts, once."""
        if not self.tally:
            self.tally = added(self.over(Tallying(self.layout.rows)))
        return self.tally

    def counts(self) -> Float:
        """Weighted answers of each row, shape (rows,)."""
        return self.tallied()[0]

    def prior_gq(self, mean_g: Float, sd_g: Float, t: Float) -> Float:
        """Logarithm of each group's share at each node, shape (groups, nodes)."""
        z = -0.5 * ((t[None, :] - mean_g[:, None]) / sd_g[:, None]) ** 2
        z -= z.max(1, keepdims=True)
        return np.asarray(z - np.log(np.exp(z).sum(1, keepdims=True)))

    def table(self, par: Float, t: Float, *, lanes: bool = False) -> Float:
        """Log-probability of each row at each node, shape (rows, nodes); with `lanes` columns of 0 fill up whole lanes."""
        out = np.zeros((self.layout.rows, padded(t.size) if lanes else t.size))
        log_table(self.layout.kind, self.layout.n_cat, self.layout.first, par, t, out)
        return out

    def expected(
        self, par: Float, mean_g: Float, sd_g: Float, *, step: int = 1, half: float = WIDE
    ) -> tuple[float, Float, Float]:
        """Log-likelihood, expected counts, shape (rows, nodes), and moments of each pattern, shape (patterns, 3)."""
        task = Expecting(self.table(par, self.t, lanes=True), self.prior_gq(mean_g, sd_g, self.t), self.t, half, step)
        value, count, moments = added(self.over(task))
        self.passes += 1 / step
        return float(value[0]), np.ascontiguousarray(count[:, : self.t.size]), moments

    def em(self, x: Float, step: int, rounds: int) -> tuple[Float, float]:
        """One PX-EM step: expectation, best items, latent mean and spread freed and folded back into the items."""
        lay = self.layout
        par, beta, sd_g = self.unpack(x)
        value, count, moments = self.expected(par, *self.latent.spread(beta, sd_g), step=step, half=self.half)
        value += self.penalty(par)
        maximise(lay.kind, lay.n_cat, lay.first, par, self.t, count, self.prior, lay.shared or lay.level, rounds)
        beta, sd_g = self.latent.best(moments, beta, sd_g)
        if not self.latent.anchored:
            beta, sd_g, mean, spread = self.latent.folded(beta, sd_g)
            par = lay.moved(par, mean, spread)
        return self.pack(par, beta, sd_g), value

    def penalty(self, par: Float) -> float:
        """Logarithm of the prior of the lower asymptotes, up to a constant."""
        able = self.layout.kind == GUESSING
        if not able.any() or not np.isfinite(self.prior[1]):
            return 0.0
        return float(-0.5 * (((par[able, 2] - self.prior[0]) / self.prior[1]) ** 2).sum())

    def checked(self, par: Float, mean_g: Float, sd_g: Float) -> tuple[float, float]:
        """Log-likelihood on nodes twice as fine, and how far that on the present nodes is from it."""
        t = np.linspace(self.t[0], self.t[-1], 2 * self.t.size - 1)
        task = Checking(self.table(par, t, lanes=True), self.prior_gq(mean_g, sd_g, t), t, self.half)
        fine, coarse = added(self.over(task))[0].tolist()
        return fine, coarse - fine


def nodes(count: int, groups: int, widest: float = 7.0) -> Float:
    """Equally spaced abilities, shape (count,), ±6, up to ±`widest` where groups may lie apart or anywhere."""
    if groups == 1 and widest == 7.0:
        return np.linspace(-6.0, 6.0, count)
    return np.linspace(-widest, widest, count + int((widest - 6) * (count - 1)) // 6 // 2 * 2)


def fit_of(
    answers: Answers, model: Model, *, guess_prior: tuple[float, float], node_count: int, large: bool,
    anchors: Sequence[Mapping[str, Any]] = (),
) -> Fit:  # fmt: skip
    """A fit that nobody has climbed yet; `anchors` are items whose curves are held.

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
        why = "・".join(dict.fromkeys(p.message for p in answers.problems))
        fix = "2通り以上の答えがある問題を、1つ以上入れてください" + (f"（{why}）" if why else "")
        raise NoAnswer("nothing-to-calibrate", "調べられる問題がありません", fix)
    return prepared(answers, model, guess_prior, node_count, large, anchors)


def prepared(
    answers: Answers, model: Model, guess_prior: tuple[float, float], node_count: int, large: bool,
    anchors: Sequence[Mapping[str, Any]],
) -> Fit:  # fmt: skip
    """As `fit_of`; the answers themselves may be elsewhere, their items and people are here.

    Raises
    ------
    UsageError
    """
    lay = layout_of(answers, model)
    if anchors:
        lay = with_held(lay, *held_by(answers, lay, anchors))
    latent, pattern, centre = patterns_of(
        answers.group, len(answers.groups), answers.covariates, answers.weight, anchored=bool(anchors)
    )
    answers = replace(answers, group=pattern)
    row, n = row_of(answers, lay.first, lay.rows), answers.n_persons
    t = nodes(node_count, latent.group.size, 9.0 if anchors else 7.0)
    return Fit(answers, lay, row, t, np.zeros(n), np.full(n, UNSEEN), np.array(guess_prior), large, latent, centre)


def calibrate(
    answers: Answers,
    model: Model = "2pl",
    *,
    errors: str = "auto",
    guess_prior: tuple[float, float] = GUESS_PRIOR,
    tolerance: float | None = None,
    most: int = 500,
    node_count: int = 61,
    anchors: Sequence[Mapping[str, Any]] = (),
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
    anchors : sequence of dict
        Items ``{item, a, d, …}`` with known curves, which are held; means and spreads of all groups are then free.

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
    known_errors(errors)
    large = answers.item.size > LARGE
    answers, small = with_people(answers, LEAST) if len(answers.groups) > 1 else (answers, ())
    fit = fit_of(answers, model, guess_prior=guess_prior, node_count=node_count, large=large, anchors=anchors)
    x = fit.first_guess(float(1 / (1 + np.exp(-guess_prior[0]))))
    if large and answers.n_persons > MANY:
        x = climb_fit(fit, x, TENTH, 1e-3, most, progress).x
        fit = replace(fit, t=fitting(fit))
        fit.mu[:], fit.sd[:] = _spread(fit)
    fit, found, value, change = refined(fit, x, tolerance or standing(large), most, progress)
    return told(fit, model, found, value, change, errors, begun, cpu_clock, small)


def known_errors(errors: str) -> None:
    """Refuse a word that names no kind of standard errors.

    Raises
    ------
    UsageError
    """
    if errors not in ("auto", "full", "block", "sandwich", "none"):
        raise UsageError(
            "bad-errors", f"知らない誤差の求め方です: {errors}", "auto・full・block・sandwich・none", "--errors"
        )


def standing(large: bool) -> float:
    """By how much a parameter may move in the last step."""
    return 1e-4 if large else 1e-7


def first_few(answers: Answers, few: int = 40) -> Answers:
    """The answers of the first few people, items and groups as they are."""
    few = min(answers.n_persons, few)
    end = int(answers.start[few])
    return replace(
        answers, start=answers.start[: few + 1], item=answers.item[:end], category=answers.category[:end],
        weight=answers.weight[:few], group=answers.group[:few], covariates=answers.covariates[:few],
    )  # fmt: skip


def warm(answers: Answers, model: Model, *, errors: str = "auto") -> None:
    """Compile what `calibrate` will run on these answers, on the first few people, so that its time is its own.

    Raises
    ------
    UsageError, NoAnswer
        As `calibrate`.
    """
    large = answers.item.size > LARGE
    fit = fit_of(first_few(answers), model, guess_prior=GUESS_PRIOR, node_count=61, large=large)
    x = fit.first_guess(0.25)
    fit.em(x, 1, 1)
    par, beta, sd_g = fit.unpack(x)
    fit.checked(par, *fit.latent.spread(beta, sd_g))
    standard_errors(
        fit, par, beta, sd_g, "block" if large and errors == "auto" else "full" if errors == "auto" else errors
    )


def refined(fit: Fit, x: Float, tolerance: float, most: int, progress: Progress) -> tuple[Fit, Climbed, float, float]:
    """Climb, and climb again on finer nodes until they are fine enough (at most three times)."""
    for _ in range(4):
        found = climb_fit(fit, x, 1, tolerance, most, progress)
        par, beta, sd_g = fit.unpack(found.x)
        value, change = fit.checked(par, *fit.latent.spread(beta, sd_g))
        if abs(change) <= (ADEQUATE if fit.large else FINE):
            break
        x = found.x
        fit = replace(fit, t=np.linspace(fit.t[0], fit.t[-1], 2 * fit.t.size - 1))
    return fit, found, value, change


def fitting(fit: Fit) -> Float:
    """Nodes as far apart as the narrowest posteriors of those seen allow, shape (nodes,)."""
    least = float(np.quantile(fit.sd[fit.sd < UNSEEN], 0.001))
    count = int(np.ceil((fit.t[-1] - fit.t[0]) / (APART * least))) // 4 * 4 + 5
    return np.linspace(fit.t[0], fit.t[-1], max(count, 21))


def _spread(fit: Fit) -> tuple[Float, Float]:
    """Windows of those not yet seen: everything, so that their first pass finds their own."""
    seen = fit.sd < UNSEEN
    return np.where(seen, fit.mu, 0.0), np.where(seen, fit.sd, UNSEEN)


def climb_fit(
    fit: Fit,
    x: Float,
    step: int,
    tolerance: float,
    most: int,
    progress: Progress,
) -> Climbed:
    """Climb from `x` on every `step`-th person until nothing moves by `tolerance`."""
    slack = 1e-10 if fit.large else 1e-12

    def tell(n: int, value: float, move: float) -> None:
        progress(-1.0, f"{n}: log-likelihood {value:,.2f}, move {move:.1e}")

    return climb(
        lambda v: fit.em(v, step, 3 if fit.large else 6),
        x,
        tolerance=tolerance,
        most=most,
        slack=slack,
        usable=lambda v: fit.layout.usable(v, fit.latent.size),
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
    problems: tuple[Problem, ...] = (),
) -> Calibration:
    """The fit as others use it, with standard errors, `problems` beside those of the answers, and what is doubtful in it."""
    a, lay = fit.answers, fit.layout
    par, beta, sd_g = fit.unpack(found.x)
    found_errors = standard_errors(fit, par, beta, sd_g, errors)
    se = found_errors.slots
    count = np.add.reduceat(fit.counts(), lay.first)
    items = tuple(item_of(a, lay, j, par, se, count[j]) for j in range(len(a.items)))
    scale = float(par[0, 0]) if lay.shared else 1.0
    flat = [g for g in range(fit.groups) if sd_g[g] < FLAT]
    problems = (*a.problems, *problems, *(warning("flat-group", a.groups[g], f"{sd_g[g]:.3f}") for g in flat))
    if not found_errors.known:
        problems = (*problems, warning("no-errors", "", ""))
    effects, se_mean, se_sd = _latent(fit, beta, sd_g, scale, found_errors)
    return Calibration(
        model, value, bool(found.still and abs(change) <= ADEQUATE), items,
        beta[: fit.groups] * scale, sd_g * scale, a.count, int(round(float(count.sum()))),
        int(np.ceil(fit.passes)), fit.t.size, change, found.residual, found_errors.how, found.x.size,
        cpu_clock() - begun, par, fit.mu, fit.sd, found_errors.known, problems, effects, se_mean, se_sd, a.groups,
    )  # fmt: skip


def _latent(
    fit: Fit, beta: Float, sd_g: Float, scale: float, errors: Errors
) -> tuple[tuple[Effect, ...], tuple[float | None, ...], tuple[float | None, ...]]:
    """Effects of covariates, standard errors of the groups' means and of their spreads, on the scale that is told."""
    latent, cov = fit.latent, errors.latent
    n = latent.design.shape[1] - latent.held
    # what is told is slope × value where one slope is shared: delta method over both
    value = np.concatenate([beta[latent.held :], sd_g[latent.held :]])
    var = value**2 * cov[0, 0] + 2 * scale * value * cov[0, 1:] + scale**2 * np.diagonal(cov)[1:]
    se = [float(np.sqrt(v)) if np.isfinite(v) and v > 0 else None for v in var]
    held: list[float | None] = [None] * latent.held
    # the first group's spread is the slope that all items share
    own: list[float | None] = [float(np.sqrt(cov[0, 0]))] if cov[0, 0] > 0 and latent.held else held
    names, first = fit.answers.covariate_names, fit.groups
    effects = tuple(
        Effect(name, float(beta[first + c] * scale), se[first - latent.held + c], float(fit.centre[c]))
        for c, name in enumerate(names)
    )
    return effects, tuple(held + se[: first - latent.held]), tuple(own + se[n:])


def item_of(a: Answers, lay: Layout, j: int, par: Float, se: Float, count: float) -> Item:
    """Item j as it is told; parameters and their errors in slots, shape (items, slots)."""
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
        bool(lay.held[j]),
    )
