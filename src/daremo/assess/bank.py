"""The items a sitting may choose from, as tables over ability, and how the areas of ability hang together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.assess.curves import GUESSING, LOGISTIC, NOMINAL, curve
from daremo.assess.layout import KINDS
from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Abilities:
    """A person's areas: θ_k = mean_k + √ρ g + √(1 − ρ) s_k with g and s standard normal, on two grids.

    Attributes
    ----------
    areas : tuple of str
    rho : float, share
        Correlation between any two areas.
    mean_k : ndarray, shape (areas,), ability
        Prior mean of each area, e.g. of a life stage.
    share_i : ndarray, shape (general,), share
        Weight of each node of the general ability.
    t : ndarray, shape (nodes,), ability
    given : ndarray, shape (areas, general, nodes), share
        Distribution of each area at each general ability.
    """

    areas: tuple[str, ...]
    rho: float
    mean_k: Float
    share_i: Float
    t: Float
    given: Float


def abilities(
    areas: Sequence[str],
    *,
    rho: float = 0.75,
    mean_k: Sequence[float] | None = None,
    general: int = 25,
    nodes: int = 32,
) -> Abilities:
    """Areas that correlate by `rho`.

    Raises
    ------
    UsageError
        ``bad-rho`` outside 0 ≤ ρ < 1; ``bad-areas`` where there is none, or the means do not fit.
    """
    if not 0 <= rho < 1:
        raise UsageError("bad-rho", f"分野どうしの相関 {rho} は使えません", "0以上1未満の数にしてください", "--rho")
    mean = np.zeros(len(areas)) if mean_k is None else np.asarray(mean_k, float)
    if not areas or mean.shape != (len(areas),) or not np.isfinite(mean).all():
        raise UsageError("bad-areas", "分野の数が合いません", "分野と平均を同じ数だけ入れてください")
    g, t = np.linspace(-4.5, 4.5, general if rho > 0 else 1), np.linspace(-4.8, 4.8, nodes)
    if rho == 0:
        g = np.zeros(1)
    share = np.exp(-g * g / 2)
    z = (t[None, None, :] - mean[:, None, None] - np.sqrt(rho) * g[None, :, None]) / np.sqrt(1 - rho)
    given = np.exp(-z * z / 2)
    return Abilities(
        tuple(areas), rho, mean, share / share.sum(), t, np.ascontiguousarray(given / given.sum(2, keepdims=True))
    )


@dataclass(frozen=True, slots=True)
class Bank:
    """Items as tables.

    Attributes
    ----------
    items : tuple of str
    area, competence : ndarray of int64, shape (items,), index
    n_cat, first : ndarray of int64, shape (items,), index
    p_rq : ndarray, shape (rows, nodes), share
        Probability of each category of each item at each ability.
    quick_rq : ndarray of float32, shape (rows, nodes), share
        The same in single precision, for comparing items; answers are scored with `p_rq`.
    """

    items: tuple[str, ...]
    area: Int
    competence: Int
    n_cat: Int
    first: Int
    p_rq: Float
    quick_rq: NDArray[np.float32]


def bank_of(
    items: Sequence[Mapping[str, Any]],
    own: Abilities,
    *,
    model: str = "2pl",
    area_of: Mapping[str, str] | None = None,
    competence_of: Mapping[str, str] | None = None,
) -> Bank:
    """A bank from calibrated items (``item, a, d`` and, with guessing, ``g``, as `calibrate` prints them).

    An item may also say ``b_sd``, how unsure its difficulty is (ability): its curves are then averaged over N(0, b_sd²),
    so that one answer to it says as little as it should.

    Raises
    ------
    UsageError
        ``bad-bank`` where an item has no usable parameters; ``no-area`` where its area is not known.
    """
    area_of, competence_of = area_of or {}, competence_of or {}
    place = {a: k for k, a in enumerate(own.areas)}
    names: dict[str, int] = {}
    area, competence, n_cat, rows = [], [], [], []
    for i in items:
        name = str(i.get("item", ""))
        home = str(area_of.get(name, i.get("area", own.areas[0] if len(own.areas) == 1 else "")))
        if home not in place:
            fix = "問題ごとに分野（area）を書いてください: " + "・".join(own.areas)
            raise UsageError("no-area", f"問題「{name}」の分野が分かりません", fix, name)
        said: Any = i.get("d")
        d: list[Any] = said if isinstance(said, list) else [said]
        try:
            par = np.array([float(i["a"]), *(float(x) for x in d)])
            guess, unsure = float(i.get("g") or 0.0), float(i.get("b_sd") or 0.0)
        except (TypeError, ValueError, KeyError) as e:
            raise UsageError("bad-bank", f"問題「{name}」の値が読めません", "a と d を数で書いてください", name) from e
        if not np.isfinite(par).all() or not 0 <= guess < 1 or not 0 <= unsure < 10:
            raise UsageError("bad-bank", f"問題「{name}」の値が使えません", "a と d を数で書いてください", name)
        k = par.size
        kind = KINDS[model] if k > 2 else GUESSING if guess > 0 else LOGISTIC
        if guess > 0:
            par = np.r_[par, np.log(guess / (1 - guess))]
        if kind == NOMINAL:
            own_slopes = np.asarray(i.get("slopes") or (), float)
            if own_slopes.shape != (k - 1,) or not np.isfinite(own_slopes).all():
                raise UsageError(
                    "bad-bank", f"問題「{name}」の傾きが足りません", "slopes を段階ごとに書いてください", name
                )
            par = np.r_[own_slopes[-1], par[1:], own_slopes[:-1]]
        table, dp, p = np.zeros((k, own.t.size)), np.empty((k, 2 * k)), np.empty(k)
        for shift, share in zip(*_around(unsure), strict=True):
            for q, t in enumerate(own.t):
                curve(kind, k, par, t - shift, p, dp)
                table[:, q] += share * p
        area.append(place[home])
        group = str(competence_of.get(name, i.get("competence", "")) or f"item {name}")
        competence.append(names.setdefault(group, len(names)))
        n_cat.append(k)
        rows.append(table)
    if not rows:
        raise UsageError("bad-bank", "問題が1つもありません", "calibrate で作った表を渡してください")
    n = np.array(n_cat, np.int64)
    return Bank(
        tuple(str(i["item"]) for i in items),
        np.array(area, np.int64),
        np.array(competence, np.int64),
        n,
        np.r_[0, np.cumsum(n)[:-1]].astype(np.int64),
        np.ascontiguousarray(np.concatenate(rows)),
        np.concatenate(rows).astype(np.float32),
    )


def _around(sd: float) -> tuple[Float, Float]:
    """Points and shares of a normal distribution around 0, each shape (points,); Gauss–Hermite."""
    if sd == 0:
        return np.zeros(1), np.ones(1)
    x, w = np.polynomial.hermite_e.hermegauss(11)
    return sd * x, w / w.sum()


def expert_item(
    item: str, area: str, a: float, b: float, b_sd: float, *, categories: int = 2, apart: float = 0.8, competence: str = ""
) -> dict[str, Any]:  # fmt: skip
    """An item as experts guess it, for `bank_of`: steps `apart` (ability) from each other around difficulty `b`.

    Examples
    --------
    >>> expert_item("q", "1", 2.0, -0.5, 0.7)["d"]
    1.0
    """
    steps = categories - 1
    d = [-a * (b + apart * (n - (steps - 1) / 2)) for n in range(steps)]
    told: dict[str, Any] = {"item": item, "area": area, "a": a, "d": d[0] if steps == 1 else d, "b_sd": b_sd}
    return told | ({"competence": competence} if competence else {})


def made_up_items(
    n: int, areas: Sequence[str], *, mean_slope: float = 1.8, per_competence: int = 10, seed: int = 7
) -> list[dict[str, Any]]:
    """Items of a bank that nobody has yet: log-normal slopes, difficulties N(−.3, 1.2), areas in turn."""
    rng = np.random.default_rng(seed)
    slope = np.exp(rng.normal(0, 0.3, n))
    slope *= mean_slope / slope.mean()
    hard = rng.normal(-0.3, 1.2, n)
    k = len(areas)
    return [
        {
            "item": f"q{j + 1}",
            "area": areas[j % k],
            "competence": f"{areas[j % k]}.{j // k // per_competence + 1}",
            "a": float(slope[j]),
            "d": float(-slope[j] * hard[j]),
        }
        for j in range(n)
    ]
