"""What goes into a measurement and what comes out: answers in sparse rows, items with errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Problem, UsageError

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Model = Literal["rasch", "2pl", "3pl", "grm", "gpcm", "nominal"]
MODELS: tuple[Model, ...] = ("rasch", "2pl", "3pl", "grm", "gpcm", "nominal")


@dataclass(frozen=True, slots=True)
class Answers:
    """Who answered what, row after row of one person each; what nobody answered takes no room.

    Attributes
    ----------
    start : ndarray of int64, shape (persons + 1,), index
        Answers of person i are ``start[i]:start[i + 1]``.
    item : ndarray of int32, shape (answers,), index
    category : ndarray of int32, shape (answers,), order from 0
    items : tuple of str
        Name of each item.
    labels : tuple of tuple of str
        Categories of each item as they were written, lowest first.
    weight : ndarray, shape (persons,), people or survey weight
    group : ndarray of int64, shape (persons,), index
        Group of each person, all 0 where there is one.
    groups : tuple of str
        Names of the groups; the first is the one others are compared with.
    people : tuple of str
        Identifier of each row, or its number.
    count : int
        People that the rows stand for.
    problems : tuple of Problem
        What was doubtful while reading.
    covariates : ndarray, shape (persons, covariates)
        Numbers, and 0 or 1 for each word of a column but its first; `covariate_names` has a name for each.
    """

    start: Int
    item: NDArray[np.int32]
    category: NDArray[np.int32]
    items: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    weight: Float
    group: Int
    groups: tuple[str, ...] = ("",)
    people: tuple[str, ...] = ()
    count: int = 0
    problems: tuple[Problem, ...] = ()
    covariates: Float = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    covariate_names: tuple[str, ...] = ()

    @property
    def n_persons(self) -> int:
        return self.start.size - 1

    @property
    def n_categories(self) -> Int:
        """Categories of each item, shape (items,)."""
        return np.array([len(x) for x in self.labels], np.int64)


def answers_of(
    table: NDArray[Any],
    *,
    items: tuple[str, ...] = (),
    categories: int = 0,
    weight: Float | None = None,
    group: Int | None = None,
    groups: tuple[str, ...] = ("",),
) -> Answers:
    """Answers from a dense table, shape (persons, items); a negative number is no answer.

    Parameters
    ----------
    categories : int
        Categories of every item; 0 = as many as each item's largest answer needs.

    Raises
    ------
    UsageError
        ``bad-answer-table`` where it is no table or a group or weight does not fit.

    Examples
    --------
    >>> answers_of(np.array([[1, -1], [0, 1]])).start.tolist()
    [0, 1, 3]
    """
    x = np.asarray(table)
    if x.ndim != 2 or not np.issubdtype(x.dtype, np.integer):
        raise UsageError("bad-answer-table", "回答の表が使えません", "人×問題の整数の表にしてください")
    n, j = x.shape
    seen = x >= 0
    start = np.zeros(n + 1, np.int64)
    np.cumsum(seen.sum(1), out=start[1:])
    top = x.max(0, initial=0) + 1
    return answers_of_rows(
        start,
        np.nonzero(seen)[1].astype(np.int32),
        x[seen].astype(np.int32),
        np.full(j, categories, np.int64) if categories else np.maximum(top, 2).astype(np.int64),
        items=items,
        weight=weight,
        group=group,
        groups=groups,
    )


def answers_of_rows(
    start: Int,
    item: NDArray[np.int32],
    category: NDArray[np.int32],
    n_categories: Int,
    *,
    items: tuple[str, ...] = (),
    weight: Float | None = None,
    group: Int | None = None,
    groups: tuple[str, ...] = ("",),
) -> Answers:
    """Answers from sparse rows as they are, see `Answers`; `n_categories` has one number per item.

    Raises
    ------
    UsageError
        ``bad-answer-table`` where the parts do not fit each other.
    """
    n, j = start.size - 1, n_categories.size
    w = np.ones(n) if weight is None else np.asarray(weight, float)
    g = np.zeros(n, np.int64) if group is None else np.asarray(group, np.int64)
    fits = (
        start[0] == 0
        and start[-1] == item.size == category.size
        and bool((np.diff(start) >= 0).all())
        and w.shape == g.shape == (n,)
        and bool(np.isfinite(w).all() and (w >= 0).all())
        and bool(((g >= 0) & (g < len(groups))).all())
    )
    if fits and item.size:
        fits = bool(item.min() >= 0 and item.max() < j and category.min() >= 0)
        fits = fits and bool((category < n_categories[item]).all())
    if not fits:
        raise UsageError("bad-answer-table", "回答の表の部分どうしが合いません", "番号と長さを確かめてください")
    names = items or tuple(f"item{k + 1}" for k in range(j))
    labels = tuple(tuple(str(c) for c in range(k)) for k in n_categories)
    return Answers(start, item, category, names, labels, w, g, groups, (), round(float(w.sum())))


@dataclass(frozen=True, slots=True)
class Item:
    """One calibrated item, parametrised as R mirt does.

    Attributes
    ----------
    item : str
    a : float, per unit of ability
        Slope; ability is standard normal in the first group (in `rasch` a is 1 and the variance is free).
    d : tuple of float, logit
        Intercepts: one where there are two categories, else one less than there are categories.
    se_a, se_d : float or None, tuple of float or None
        Standard errors; None where the value is fixed or could not be estimated.
    g, se_g : float, share, optional
        Lower asymptote of `3pl`.
    slopes, se_slopes : tuple of float, per unit of ability, optional
        Of a `nominal` item with more than two categories: slope of each category above the lowest, whose own is 0; the
        last is `a`.
    anchor : bool
        Whether the curve was given.
    answers : int
        Answers counted.
    labels : tuple of str
        Categories as written, lowest first.
    """

    item: str
    a: float
    d: tuple[float, ...]
    se_a: float | None
    se_d: tuple[float | None, ...]
    answers: int
    labels: tuple[str, ...]
    g: float | None = None
    se_g: float | None = None
    slopes: tuple[float, ...] = ()
    se_slopes: tuple[float | None, ...] = ()
    anchor: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; `d` is a number where there are two categories."""
        one = len(self.d) == 1
        told: dict[str, Any] = {
            "item": self.item,
            "a": self.a,
            "d": self.d[0] if one else list(self.d),
            "se_a": self.se_a,
            "se_d": self.se_d[0] if one else list(self.se_d),
            "se": {"a": self.se_a, "d": self.se_d[0] if one else list(self.se_d)},
            "answers": self.answers,
            "categories": list(self.labels),
        }
        if self.g is not None:
            told |= {"g": self.g, "se_g": self.se_g}
            told["se"]["g"] = self.se_g
        if self.slopes:
            told |= {"slopes": list(self.slopes), "se_slopes": list(self.se_slopes)}
            told["se"]["slopes"] = list(self.se_slopes)
        if self.anchor:
            told["anchor"] = True
        return told


@dataclass(frozen=True, slots=True)
class Effect:
    """What ability owes to one covariate: `value` per unit of it, standard error, and the mean it is measured from."""

    covariate: str
    value: float
    se: float | None
    centre: float

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        return {"covariate": self.covariate, "value": self.value, "se": self.se, "centre": self.centre}


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted model.

    Attributes
    ----------
    model : str
    log_likelihood : float
        Marginal log-likelihood, natural logarithm, without any prior.
    converged : bool
        Whether the parameters stand still and the nodes are fine enough.
    items : tuple of Item
    mean_g, sd_g : ndarray, shape (groups,), ability
        Ability in each group; the first has mean 0 (and, but for `rasch`, standard deviation 1).
    persons, answers : int
    iterations : int
        Passes over the answers.
    nodes : int
        Quadrature nodes of the last pass.
    node_change : float
        By how much the log-likelihood changes on nodes twice as fine.
    residual : float
        Largest change of a parameter in the last pass.
    errors : {"full", "block", "sandwich", "none"}
        Whether standard errors count the covariance between items.
    parameters : int
        Free parameters.
    cpu_seconds : float
    parts : ndarray, shape (items, slots)
        Parameters as the curves take them, on the scale of a standard normal first group.
    mu, sd : ndarray, shape (persons,), ability
        Mean and standard deviation of each row's posterior, on that same scale.
    seeable : bool
        Whether the information matrix could be inverted.
    problems : tuple of Problem
    effects : tuple of Effect
        Latent regression; `mean_g` is then the mean at the covariates' means, `sd_g` what they leave open.
    se_mean_g, se_sd_g : tuple of float or None
        Standard errors of the groups' means and spreads; None where fixed or unknown.
    groups : tuple of str
    """

    model: Model
    log_likelihood: float
    converged: bool
    items: tuple[Item, ...]
    mean_g: Float
    sd_g: Float
    persons: int
    answers: int
    iterations: int
    nodes: int
    node_change: float
    residual: float
    errors: str
    parameters: int
    cpu_seconds: float
    parts: Float = field(repr=False)
    mu: Float = field(repr=False)
    sd: Float = field(repr=False)
    seeable: bool = True
    problems: tuple[Problem, ...] = ()
    effects: tuple[Effect, ...] = ()
    se_mean_g: tuple[float | None, ...] = ()
    se_sd_g: tuple[float | None, ...] = ()
    groups: tuple[str, ...] = ("",)

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        return {
            "model": self.model,
            "log_likelihood": self.log_likelihood,
            "converged": self.converged,
            "items": [i.as_dict() for i in self.items],
            "persons": self.persons,
            "answers": self.answers,
            "cpu_seconds": round(self.cpu_seconds, 4),
            "parameters": self.parameters,
            "aic": 2 * self.parameters - 2 * self.log_likelihood,
            "latent": {
                "groups": list(self.groups),
                "mean": self.mean_g.tolist(),
                "variance": (self.sd_g**2).tolist(),
                "se_mean": list(self.se_mean_g),
                "se_sd": list(self.se_sd_g),
                "effects": [e.as_dict() for e in self.effects],
            },
            "iterations": self.iterations,
            "nodes": self.nodes,
            "node_change": self.node_change,
            "residual": self.residual,
            "standard_errors": self.errors,
            "problems": [p.as_dict() for p in self.problems],
        }
