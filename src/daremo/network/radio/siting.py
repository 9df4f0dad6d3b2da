"""Where to put sites: the fewest (or cheapest) that cover a share of the demand, or the most demand for a number or a budget.

Demand points that the same sites cover are one. Greedy choice and exchange give a plan; HiGHS proves it where the
question is small, and otherwise Lagrangian prices bound it. `value` and `bound` are always both stated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, hstack, identity

from daremo.kernel.errors import Infeasible, UsageError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Non-zeros up to which HiGHS is asked, branches it may open, and steps of the price search: counts, not clocks.
EXACT_NONZEROS, NODES, STEPS = 60_000, 2_000, 400
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Placement:
    """Chosen sites with proof.

    Attributes
    ----------
    open : tuple of int
        Indices of the chosen sites.
    covered : ndarray of bool, shape (demands,)
    value, bound : float
        What was asked for (cost, or weight covered) and what no choice can better.
    goal : {"cost", "weight"}
    cost_yen, weight : float
        Of the choice, whichever was the goal.
    coverable : float
        Weight that all sites together cover.
    """

    open: tuple[int, ...]
    covered: Flags
    value: float
    bound: float
    goal: Literal["cost", "weight"]
    cost_yen: float
    weight: float
    coverable: float

    @property
    def gap_share(self) -> float:
        """Distance between value and bound as a share of the value."""
        return abs(self.bound - self.value) / max(abs(self.value), _EPSILON)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without the flags."""
        return {
            "sites": list(self.open), "goal": self.goal, "value": self.value, "bound": self.bound,
            "gap_share": self.gap_share, "cost_yen": self.cost_yen, "weight": self.weight, "coverable": self.coverable,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Question:
    """Groups of demand points: a (groups, sites) which covers which, w weights, c costs."""

    a: csr_matrix
    w: Floats
    c: Floats

    def weight(self, chosen: Flags) -> float:
        return float(self.w[self.a @ chosen.astype(np.float64) > 0].sum())


def fewest_sites(
    covers_sd: ArrayLike, weight_d: ArrayLike | None = None, cost_yen_s: ArrayLike | None = None, *, share: float = 1.0
) -> Placement:
    """Cheapest sites that cover at least `share` of the weight that can be covered at all.

    Parameters
    ----------
    covers_sd : array_like of bool, shape (sites, demands)
    weight_d : array_like, shape (demands,), people or what counts; 1 where not given
    cost_yen_s : array_like, shape (sites,), yen; 1 a site where not given
    share : float, share

    Raises
    ------
    UsageError
        Where weights, costs or the share cannot be.
    Infeasible
        Where no site covers anything.
    """
    covers, q = _question(covers_sd, weight_d, cost_yen_s)
    if not 0 < share <= 1:
        raise UsageError(
            "bad-share", f"割合 {share:g} は 0 より大きく 1 以下です", "0.95 のように書いてください", "share"
        )
    coverable = float(q.w.sum())
    if coverable <= 0:
        raise Infeasible(
            "nothing-covered", "どの候補からも、どこにも届きません", "出力か高さを上げるか、候補を足してください"
        )
    wanted = share * coverable * (1 - 1e-12)
    chosen = _thinned(q, _greedy(q, lambda f: q.weight(f) >= wanted), wanted)
    bound = _price_bound_cost(q, wanted, whole=share == 1)
    if q.a.nnz <= EXACT_NONZEROS and float(q.c[chosen].sum()) > bound + _EPSILON:
        best, proved = _exact_cost(q, wanted)
        if best is not None and float(q.c[best].sum()) < float(q.c[chosen].sum()) - _EPSILON:
            chosen = best
        bound = max(bound, proved)
    if np.all(q.c == np.rint(q.c)):
        bound = float(math.ceil(bound - 1e-6))
    value = float(q.c[chosen].sum())
    return _told(covers, q, chosen, weight_d, value, min(bound, value), "cost")


def most_covered(
    covers_sd: ArrayLike, weight_d: ArrayLike | None = None, cost_yen_s: ArrayLike | None = None, *, p: int | None = None,
    budget_yen: float | None = None,
) -> Placement:  # fmt: skip
    """Sites that cover the most weight: at most `p` of them, or within a budget.

    Parameters
    ----------
    covers_sd : array_like of bool, shape (sites, demands)
    weight_d : array_like, shape (demands,), people or what counts
    cost_yen_s : array_like, shape (sites,), yen
    p : int
    budget_yen : float, yen

    Raises
    ------
    UsageError
        Where not exactly one limit is given, or it is negative.
    """
    if (p is None) == (budget_yen is None):
        raise UsageError(
            "no-money", "数か予算の、どちらか一方を決めてください", "p か budget_yen を指定してください", "p"
        )
    limit = float(p if p is not None else budget_yen or 0.0)
    if not limit >= 0:
        raise UsageError("no-money", f"{limit:g} は負です", "0 以上にしてください", "p")
    covers, q = _question(covers_sd, weight_d, None if p is not None else cost_yen_s)
    chosen = _exchanged(q, _greedy(q, lambda f: False, limit), limit)
    bound = _price_bound_weight(q, limit)
    if q.a.nnz <= EXACT_NONZEROS and q.weight(chosen) < bound - _EPSILON:
        best, proved = _exact_weight(q, limit)
        if best is not None and q.weight(best) > q.weight(chosen) + _EPSILON:
            chosen = best
        bound = min(bound, proved)
    value = q.weight(chosen)
    return _told(covers, q, chosen, weight_d, value, max(bound, value), "weight", cost_yen_s)


def _question(
    covers_sd: ArrayLike, weight_d: ArrayLike | None, cost_yen_s: ArrayLike | None
) -> tuple[Flags, _Question]:
    """The given flags, and the question with equal demand points put together."""
    covers = np.asarray(covers_sd, bool)
    sites, demands = covers.shape
    weight = np.ones(demands) if weight_d is None else np.asarray(weight_d, np.float64)
    cost = np.ones(sites) if cost_yen_s is None else np.asarray(cost_yen_s, np.float64)
    if weight.shape != (demands,) or cost.shape != (sites,):
        raise UsageError("bad-shape", "重みか費用の数が合いません", "地点と候補の数にそろえてください", "weight_d")
    if not (np.isfinite(weight).all() and (weight >= 0).all() and np.isfinite(cost).all() and (cost > 0).all()):
        raise UsageError("bad-weight", "重みは0以上、費用は正の数です", "値を直してください", "weight_d")
    used = np.flatnonzero(covers.any(axis=0) & (weight > 0))
    packed = np.ascontiguousarray(np.packbits(covers[:, used], axis=0).T)
    _, first, group = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    w = np.bincount(group.ravel(), weight[used], minlength=first.size).astype(np.float64)
    return covers, _Question(csr_matrix(covers[:, used[first]].T.astype(np.float64)), w, cost)


def _greedy(q: _Question, enough: Any, limit: float = math.inf) -> Flags:
    """Best weight per cost, one after the other, until it is enough, nothing is gained, or the limit is reached."""
    chosen = np.zeros(q.c.size, bool)
    open_ = np.ones(q.w.size, bool)
    spent = 0.0
    while not enough(chosen):
        gain = (q.w * open_) @ q.a
        gain[chosen | (q.c > limit - spent + _EPSILON)] = 0.0
        s = int(np.argmax(gain / q.c))
        if gain[s] <= 0:
            break
        chosen[s], spent = True, spent + q.c[s]
        open_[q.a[:, [s]].nonzero()[0]] = False
    return chosen


def _thinned(q: _Question, chosen: Flags, wanted: float) -> Flags:
    """Without sites that are not needed, the dearest first."""
    for s in sorted(np.flatnonzero(chosen), key=lambda s: -q.c[s]):
        chosen[s] = False
        if q.weight(chosen) < wanted:
            chosen[s] = True
    return chosen


def _exchanged(q: _Question, chosen: Flags, limit: float) -> Flags:
    """Exchange one open site for a closed one while more weight is covered."""
    better = True
    while better:
        better = False
        times = q.a @ chosen.astype(np.float64)
        for out in np.flatnonzero(chosen):
            without = times - q.a[:, [out]].toarray()[:, 0]
            left = limit - float(q.c[chosen].sum()) + q.c[out]
            gain = (q.w * (without == 0)) @ q.a
            gain[chosen | (q.c > left + _EPSILON)] = 0.0
            s = int(np.argmax(gain))
            lost = float(q.w[(times > 0) & (without == 0)].sum())
            if gain[s] > lost + 1e-9 * max(1.0, lost):
                chosen[out], chosen[s], better = False, True, True
                break
    return chosen


def _price_bound_weight(q: _Question, limit: float) -> float:
    """Lagrangian bound of `most_covered`: a group's price is paid to the sites that cover it; no plan covers more."""
    price, step, best = q.w.copy() / 2, 1.0, float(q.w.sum())
    worth_all = float(q.w.sum())
    for k in range(STEPS):
        worth = price @ q.a
        order = np.argsort(-worth / q.c)
        # the fractional knapsack is a bound for a number and for a budget alike
        room = np.clip((limit - np.concatenate([[0], np.cumsum(q.c[order])[:-1]])) / q.c[order], 0, 1)
        y = np.zeros(q.c.size)
        y[order] = room
        z = q.w > price
        value = float(worth @ y + (q.w - price)[z].sum())
        if value < best - 1e-9 * worth_all:
            best = value
        elif k % 20 == 19:
            step *= 0.7
        slope = q.a @ y - z  # of the bound in each price
        size = float(slope @ slope)
        if size == 0:
            break
        price = np.clip(price - step * 0.05 * worth_all / (k + 1) ** 0.5 * slope / math.sqrt(size), 0, q.w)
    return best


def _price_bound_cost(q: _Question, wanted: float, *, whole: bool) -> float:
    """Lagrangian bound of `fewest_sites`: groups pay prices, and a unit of weight pays `rate`; no plan costs less."""
    count = np.asarray(q.a.sum(axis=0)).ravel()
    price = np.array([(q.c / np.maximum(count, 1))[q.a[[g], :].indices].min() for g in range(q.w.size)])
    rate = float(np.median(price / q.w)) if q.w.size else 0.0
    best, step = 0.0, 1.0
    scale = float(q.c.mean())
    for k in range(STEPS):
        reduced = q.c - price @ q.a
        y = reduced < 0
        z = np.ones(q.w.size, bool) if whole else price < rate * q.w
        value = float(reduced[y].sum()) + float(price.sum() if whole else (price - rate * q.w)[z].sum() + rate * wanted)
        if value > best:
            best = value
        elif k % 20 == 19:
            step *= 0.7
        slope = z - q.a @ y.astype(np.float64)
        slope_rate = 0.0 if whole else (wanted - float(q.w[z].sum())) / max(float(q.w.mean()), _EPSILON)
        size = float(slope @ slope) + slope_rate**2
        if size == 0:
            break
        move = step * scale / (k + 1) ** 0.5 / math.sqrt(size)
        price = np.maximum(price + move * slope, 0)
        rate = max(0.0, rate + move * slope_rate / max(float(q.w.mean()), _EPSILON))
    return best


def _exact_cost(q: _Question, wanted: float) -> tuple[Flags | None, float]:
    """HiGHS: sites at least cost; the second is its proved bound."""
    sites, groups = q.c.size, q.w.size
    linked = LinearConstraint(hstack([q.a, -identity(groups)]), 0, np.inf)
    enough = LinearConstraint(csr_matrix(np.concatenate([np.zeros(sites), q.w])), wanted, np.inf)
    return _solved(np.concatenate([q.c, np.zeros(groups)]), [linked, enough], sites, groups)


def _exact_weight(q: _Question, limit: float) -> tuple[Flags | None, float]:
    """HiGHS: sites that cover most."""
    sites, groups = q.c.size, q.w.size
    linked = LinearConstraint(hstack([q.a, -identity(groups)]), 0, np.inf)
    paid = LinearConstraint(csr_matrix(np.concatenate([q.c, np.zeros(groups)])), -np.inf, limit)
    chosen, bound = _solved(np.concatenate([np.zeros(sites), -q.w]), [linked, paid], sites, groups)
    return chosen, -bound


def _solved(goal: Floats, rules: list[LinearConstraint], sites: int, groups: int) -> tuple[Flags | None, float]:
    whole = np.concatenate([np.ones(sites), np.zeros(groups)])
    found = milp(
        goal, integrality=whole, bounds=Bounds(0, 1), constraints=rules,
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )  # fmt: skip
    bound = found.mip_dual_bound if found.mip_dual_bound is not None else -math.inf
    return (None if found.x is None else found.x[:sites] > 0.5), float(bound)


def _told(
    covers: Flags, q: _Question, chosen: Flags, weight_d: ArrayLike | None, value: float, bound: float,
    goal: Literal["cost", "weight"], cost_yen_s: ArrayLike | None = None,
) -> Placement:  # fmt: skip
    cost = q.c if cost_yen_s is None else np.asarray(cost_yen_s, np.float64)
    covered = np.asarray(covers[chosen].any(axis=0), bool)
    weight = np.ones(covers.shape[1]) if weight_d is None else np.asarray(weight_d, np.float64)
    return Placement(
        tuple(int(s) for s in np.flatnonzero(chosen)), covered, value, bound, goal, float(cost[chosen].sum()),
        float(weight[covered].sum()), float(q.w.sum()),
    )  # fmt: skip
