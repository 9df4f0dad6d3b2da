"""Several areas that hang together by a general ability: loadings, correlations and items fitted at once.

θ_k = λ_k g + √(1 − λ_k²) s_k with g and s standard normal; an item asks one area. That is a bifactor model whose general and
specific slopes, a λ_k and a √(1 − λ_k²), keep one proportion within an area. Given g the areas are independent, so that the
likelihood is an integral over g of products of one-dimensional ones: two dimensions whatever the number of areas, no simulation.

Source: Gibbons and Hedeker, Psychometrika 57, 1992 (dimension reduction); Rijmen, J. Educational Measurement 47, 2010
(second order as constrained bifactor); errors from outer products of scores: Berndt, Hall, Hall and Hausman 1974.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.assess.calibrate import ADEQUATE, GUESS_PRIOR, fit_of, item_of
from daremo.assess.climb import climb
from daremo.assess.curves import GUESSING, log_table, score_table
from daremo.assess.layout import Layout, begin
from daremo.assess.maximise import maximise
from daremo.assess.model import Answers, Item, Model
from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: People whose areas are put together at once.
CHUNK = 2_000
#: A loading is at most this; above it areas cannot be told from the general ability.
HIGHEST = 0.995


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """A fitted model of several areas.

    Attributes
    ----------
    model : str
    areas : tuple of str
    area_j : ndarray of int64, shape (items,), index
    items : tuple of Item
        Slopes and intercepts on the scale of the item's own area (standard normal).
    loadings : ndarray, shape (areas,)
        λ_k, correlation of an area with the general ability.
    se_loadings : tuple of float or None
    log_likelihood : float
    converged : bool
    mean_ik, sd_ik : ndarray, shape (persons, areas), ability
        Posterior of each row's areas.
    general_i : ndarray, shape (persons,), ability
        Posterior mean of the general ability.
    iterations, nodes, general_nodes : int
    node_change, residual : float
        Change of the log-likelihood on both grids twice as fine; last move of a parameter.
    parameters, persons, answers : int
    cpu_seconds : float
    """

    model: Model
    areas: tuple[str, ...]
    area_j: Int
    items: tuple[Item, ...]
    loadings: Float
    se_loadings: tuple[float | None, ...]
    log_likelihood: float
    converged: bool
    mean_ik: Float = field(repr=False)
    sd_ik: Float = field(repr=False)
    general_i: Float = field(repr=False)
    iterations: int
    nodes: int
    general_nodes: int
    node_change: float
    residual: float
    parameters: int
    persons: int
    answers: int
    cpu_seconds: float

    @property
    def correlations(self) -> Float:
        """Between areas, shape (areas, areas)."""
        out = np.outer(self.loadings, self.loadings)
        np.fill_diagonal(out, 1.0)
        return out

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        rest = np.sqrt(1 - self.loadings**2)
        items = [
            i.as_dict()
            | {
                "area": self.areas[k],
                "a_general": i.a * float(self.loadings[k]),
                "a_specific": i.a * float(rest[k]),
            }
            for i, k in zip(self.items, self.area_j, strict=True)
        ]
        return {
            "model": self.model,
            "log_likelihood": self.log_likelihood,
            "converged": self.converged,
            "items": items,
            "areas": [
                {"area": a, "loading": float(v), "se": s}
                for a, v, s in zip(self.areas, self.loadings, self.se_loadings, strict=True)
            ],
            "correlations": self.correlations.tolist(),
            "persons": self.persons,
            "answers": self.answers,
            "parameters": self.parameters,
            "aic": 2 * self.parameters - 2 * self.log_likelihood,
            "iterations": self.iterations,
            "nodes": self.nodes,
            "general_nodes": self.general_nodes,
            "node_change": self.node_change,
            "residual": self.residual,
            "standard_errors": "outer",
            "cpu_seconds": round(self.cpu_seconds, 4),
        }


@njit(cache=True, nogil=True)
def gather(start: Int, item: Any, row: Any, area_j: Int, log_rq: Float, s: int, e: int, out: Float) -> None:
    """Log-likelihood of people s…e in each area at each node into `out`, shape (people, areas, nodes)."""
    for i in range(s, e):
        for m in range(start[i], start[i + 1]):
            line = log_rq[row[m]]
            into = out[i - s, area_j[item[m]]]
            for q in range(line.size):
                into[q] += line[q]


@njit(cache=True, nogil=True)
def scatter(start: Int, item: Any, row: Any, area_j: Int, post: Float, s: int, e: int, count_rq: Float) -> None:
    """Add weighted posteriors, shape (people, areas, nodes), to the counts of the rows answered."""
    for i in range(s, e):
        for m in range(start[i], start[i + 1]):
            line = post[i - s, area_j[item[m]]]
            into = count_rq[row[m]]
            for q in range(line.size):
                into[q] += line[q]


@njit(cache=True, nogil=True)
def products(
    start: Int, item: Any, row: Any, area_j: Int, score_rmq: Float, slot_jm: Int, post: Float, loading_ik: Float,
    weight: Float, s: int, e: int, first: int, out: Float,
) -> None:  # fmt: skip
    """Add each person's outer product of scores, posteriors being unweighted, to `out`, shape (parameters, parameters)."""
    slots, areas = slot_jm.shape[1], loading_ik.shape[1]
    for i in range(s, e):
        most = (start[i + 1] - start[i]) * slots + areas
        u, at, n = np.empty(most), np.empty(most, np.int64), 0
        for m in range(start[i], start[i + 1]):
            line = post[i - s, area_j[item[m]]]
            for p in range(slots):
                if slot_jm[item[m], p] < 0:
                    continue
                x = 0.0
                for q in range(line.size):
                    x += line[q] * score_rmq[row[m], p, q]
                u[n], at[n] = x, slot_jm[item[m], p]
                n += 1
        for k in range(areas):
            u[n], at[n] = loading_ik[i - s, k], first + k
            n += 1
        for a in range(n):
            for b in range(n):
                out[at[a], at[b]] += weight[i] * u[a] * u[b]


@dataclass(slots=True)
class Areas:
    """The model, its answers and its two grids, ready to be climbed."""

    answers: Answers
    layout: Layout
    row: NDArray[Any]
    area_j: Int
    areas: int
    t: Float
    g: Float
    prior: Float
    passes: int = 0

    def given(self, loadings: Float) -> tuple[Float, Float]:
        """Share of each general node, shape (general,), and distribution of each area given it, shape (areas, general, nodes)."""
        share = np.exp(-0.5 * self.g**2)
        rest = np.sqrt(1 - loadings**2)[:, None, None]
        z = (self.t[None, None, :] - loadings[:, None, None] * self.g[None, :, None]) / rest
        own = np.exp(-0.5 * z * z)
        return share / share.sum(), own / own.sum(2, keepdims=True)

    def table(self, par: Float) -> Float:
        """Log-probability of each row at each node, shape (rows, nodes)."""
        lay = self.layout
        out = np.empty((lay.rows, self.t.size))
        log_table(lay.kind, lay.n_cat, lay.first, par, self.t, out)
        return out

    def people(self, par: Float, loadings: Float) -> Iterator[tuple[int, int, Float, Float, Float, Float]]:
        """Chunks of people: first, last + 1, log-likelihoods, posterior of g, of the areas, and g's posterior over each M_k.

        Shapes (people,), (people, general), (people, areas, nodes) and (people, areas, general).
        """
        a, table = self.answers, self.table(par)
        share, own = self.given(loadings)
        for s in range(0, a.n_persons, CHUNK):
            e = min(s + CHUNK, a.n_persons)
            log = np.zeros((e - s, self.areas, self.t.size))
            gather(a.start, a.item, self.row, self.area_j, table, s, e, log)
            top = log.max(2)
            log -= top[:, :, None]
            like = np.exp(log, out=log)
            margin = np.stack([like[:, k] @ own[k].T for k in range(self.areas)], axis=1)
            with np.errstate(divide="ignore"):
                joint = np.log(margin).sum(1) + np.log(share)
            high = joint.max(1, keepdims=True)
            post = np.exp(joint - high)
            mass = post.sum(1)
            post /= mass[:, None]
            ratio = post[:, None, :] / np.maximum(margin, 1e-300)
            both = np.stack([like[:, k] * (ratio[:, k] @ own[k]) for k in range(self.areas)], axis=1)
            yield s, e, top.sum(1) + high[:, 0] + np.log(mass), post, both, ratio

    def em(self, x: Float, rounds: int = 6) -> tuple[Float, float]:
        """One step: expectation, best items, all means and spreads freed and folded back."""
        lay, a = self.layout, self.answers
        par, loadings = self.unpack(x)
        own = self.given(loadings)[1]
        count, total = np.zeros((lay.rows, self.t.size)), 0.0
        middle, cross = np.zeros(3), np.zeros((self.areas, 3))
        table = self.table(par)
        for s, e, value, post, both, ratio in self.people(par, loadings):
            w = a.weight[s:e]
            total += float(w @ value)
            both *= w[:, None, None]
            scatter(a.start, a.item, self.row, self.area_j, both, s, e, count)
            general = w @ post
            middle += [general.sum(), general @ self.g, general @ self.g**2]
            like = np.zeros_like(both)
            gather(a.start, a.item, self.row, self.area_j, table, s, e, like)
            like = np.exp(like - like.max(2, keepdims=True))
            for k in range(self.areas):
                here = both[:, k].sum(0)
                # Σ θ g over both grids: shape (people, general) against the mean of θ at each g
                moved = like[:, k] @ (own[k] * self.t).T
                cross[k] += [here @ self.t, here @ self.t**2, float(w @ ((ratio[:, k] * moved) @ self.g))]
        total += self.penalty(par)
        maximise(lay.kind, lay.n_cat, lay.first, par, self.t, count, self.prior, False, rounds)
        people, one, two = middle
        mean_g = one / people
        var_g = two / people - mean_g**2
        new = par.copy()
        for k in range(self.areas):
            mean = cross[k, 0] / people
            slope = (cross[k, 2] / people - mean * mean_g) / var_g
            # Σ (θ − mean)² holds what g explains and what it does not
            sd = float(np.sqrt(max(cross[k, 1] / people - mean**2, 1e-6)))
            loadings[k] = np.clip(slope * np.sqrt(var_g) / sd, -HIGHEST, HIGHEST)
            mine = self.area_j == k
            new[mine] = lay.moved(par, mean, sd)[mine]
        self.passes += 1
        return self.pack(new, loadings), total

    def penalty(self, par: Float) -> float:
        """Logarithm of the prior of the lower asymptotes, up to a constant."""
        able = self.layout.kind == GUESSING
        return float(-0.5 * (((par[able, 2] - self.prior[0]) / self.prior[1]) ** 2).sum()) if able.any() else 0.0

    def pack(self, par: Float, loadings: Float) -> Float:
        """One vector of everything that is free."""
        return np.concatenate([self.layout.pack_items(par), np.arctanh(loadings)])

    def unpack(self, x: Float) -> tuple[Float, Float]:
        """Slots, shape (items, slots), and loadings, shape (areas,)."""
        return self.layout.unpack_items(x[: -self.areas]), np.clip(np.tanh(x[-self.areas :]), -HIGHEST, HIGHEST)

    def value(self, par: Float, loadings: Float) -> float:
        """Log-likelihood."""
        return float(sum(self.answers.weight[s:e] @ v for s, e, v, *_ in self.people(par, loadings)))

    def finer(self) -> Areas:
        """The same on both grids twice as fine."""
        t = np.linspace(self.t[0], self.t[-1], 2 * self.t.size - 1)
        return replace(self, t=t, g=np.linspace(self.g[0], self.g[-1], 2 * self.g.size - 1))

    def scores(self, par: Float, loadings: Float) -> tuple[Float, Int]:
        """Outer products of the scores, shape (parameters, parameters), and where each slot stands, shape (items, slots)."""
        lay, a = self.layout, self.answers
        where = np.full(par.shape, -1, np.int64)
        where[lay.free] = np.arange(int(lay.free.sum()))
        size = int(lay.free.sum())
        out = np.zeros((size + self.areas, size + self.areas))
        score, own, table = (
            score_table(lay.kind, lay.n_cat, lay.first, par, self.t),
            self.given(loadings)[1],
            self.table(par),
        )
        rest = (1 - loadings**2)[:, None, None]
        away = self.t[None, None, :] - loadings[:, None, None] * self.g[None, :, None]
        lam = loadings[:, None, None]
        # derivative by λ of the logarithm of N(θ; λ g, 1 − λ²)
        slope = lam / rest + away * self.g[None, :, None] / rest - lam * away**2 / rest**2
        for s, e, _, _, both, ratio in self.people(par, loadings):
            like = np.zeros_like(both)
            gather(a.start, a.item, self.row, self.area_j, table, s, e, like)
            like = np.exp(like - like.max(2, keepdims=True))
            by_area = np.stack(
                [(ratio[:, k] * (like[:, k] @ (own[k] * slope[k]).T)).sum(1) for k in range(self.areas)], axis=1
            )
            products(
                a.start, a.item, self.row, self.area_j, score, where, both, np.ascontiguousarray(by_area), a.weight, s, e, size, out
            )  # fmt: skip
        return out, where


def areas_of(answers: Answers, area_of: Mapping[str, str]) -> tuple[tuple[str, ...], Int]:
    """Names of the areas in order, and the area of each item, shape (items,).

    Raises
    ------
    UsageError
        ``no-area`` where an item has none; ``bad-areas`` where there are fewer than three.
    """
    lost = [i for i in answers.items if not area_of.get(i)]
    if lost:
        raise UsageError("no-area", f"問題「{lost[0]}」の分野が分かりません", "問題ごとに分野（area）を書いてください")
    names = tuple(sorted({area_of[i] for i in answers.items}))
    if len(names) < 3:
        fix = "3つ以上の分野に分けてください（2つでは、分野ごとの結びつきが決まりません）"
        raise UsageError("bad-areas", f"分野が{len(names)}つしかありません", fix)
    return names, np.array([names.index(area_of[i]) for i in answers.items], np.int64)


def ready(answers: Answers, area_j: Int, areas: int, model: Model, *, nodes: int = 61, general: int = 41) -> Areas:
    """A model that nobody has climbed yet.

    Raises
    ------
    UsageError, NoAnswer
    """
    if model == "rasch" or len(answers.groups) > 1 or answers.covariates.shape[1]:
        fix = "2pl・3pl・grm・gpcm・nominal で、--group・--covariates なしで使ってください"
        raise UsageError("bad-areas", "分野のモデルでは、そのモデルや分け方を使えません", fix)
    fit = fit_of(answers, model, guess_prior=GUESS_PRIOR, node_count=61, large=False)
    t, g = np.linspace(-6.0, 6.0, nodes), np.linspace(-5.0, 5.0, general)
    return Areas(answers, fit.layout, fit.row, area_j, areas, t, g, fit.prior)


def calibrate_areas(
    answers: Answers,
    area_of: Mapping[str, str],
    model: Model = "2pl",
    *,
    errors: bool = True,
    tolerance: float = 1e-5,
    most: int = 500,
    nodes: int = 61,
    general: int = 41,
    progress: Progress = silent,
    cpu_clock: Callable[[], float] = time.process_time,
) -> SecondOrder:
    """Fit items, and how each area hangs on the general ability, to answers.

    Parameters
    ----------
    answers : Answers
    area_of : dict of str to str
        Area of each item; three areas or more.
    model : {"2pl", "3pl", "grm", "gpcm", "nominal"}
    errors : bool
        Whether standard errors are wanted.
    tolerance : float
        Largest move of a parameter in the last step.
    nodes, general : int
        Nodes of an area and of the general ability to begin with; both are doubled once where they prove too coarse.

    Raises
    ------
    UsageError
        ``no-area``, ``bad-areas``, and as `calibrate`.
    """
    begun = cpu_clock()
    names, area_j = areas_of(answers, area_of)
    own = ready(answers, area_j, len(names), model, nodes=nodes, general=general)
    lay = own.layout
    fit = fit_of(answers, model, guess_prior=GUESS_PRIOR, node_count=nodes, large=False)
    guess = float(1 / (1 + np.exp(-GUESS_PRIOR[0])))
    x = own.pack(begin(fit.counts(), lay, guess), np.full(len(names), 0.7))
    for _ in range(2):
        found = climb(
            own.em, x, tolerance=tolerance, most=most, slack=1e-12, usable=lambda v: lay.usable(v, len(names)),
            tell=lambda n, value, move: progress(-1.0, f"{n}: log-likelihood {value:,.2f}, move {move:.1e}"),
        )  # fmt: skip
        par, loadings = own.unpack(found.x)
        value = own.finer().value(par, loadings)
        change = own.value(par, loadings) - value
        if abs(change) <= ADEQUATE:
            break
        x, passes = found.x, own.passes
        own = replace(own.finer(), passes=passes)
    if loadings.sum() < 0:
        loadings = -loadings
    se = np.full(par.shape, np.nan)
    se_loadings: list[float | None] = [None] * len(names)
    if errors:
        info, where = own.scores(par, loadings)
        try:
            var = np.diagonal(np.linalg.inv(info))
            var = np.where(var > 0, var, np.nan)
        except np.linalg.LinAlgError:
            var = np.full(info.shape[0], np.nan)
        se[lay.free] = np.sqrt(var[where[lay.free]])
        se_loadings = [float(np.sqrt(v)) if np.isfinite(v) else None for v in var[-len(names) :]]
    mean, sd, general_i = _posteriors(own, par, loadings)
    count = np.add.reduceat(fit.counts(), lay.first)
    items = tuple(item_of(answers, lay, j, par, se, count[j]) for j in range(len(answers.items)))
    return SecondOrder(
        model, names, area_j, items, loadings, tuple(se_loadings), value, bool(found.still and abs(change) <= ADEQUATE),
        mean, sd, general_i, own.passes, own.t.size, own.g.size, change, found.residual, found.x.size, answers.count,
        int(round(float(count.sum()))), cpu_clock() - begun,
    )  # fmt: skip


def _posteriors(own: Areas, par: Float, loadings: Float) -> tuple[Float, Float, Float]:
    """Mean and spread of each person's areas, shape (persons, areas), and mean of the general ability, shape (persons,)."""
    n = own.answers.n_persons
    mean, square, general = np.empty((n, own.areas)), np.empty((n, own.areas)), np.empty(n)
    for s, e, _, post, both, _ in own.people(par, loadings):
        mean[s:e], square[s:e], general[s:e] = both @ own.t, both @ own.t**2, post @ own.g
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0)), general
