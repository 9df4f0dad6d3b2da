"""Channel plan: the fewest channels so that stations that disturb each other keep their distance, with a proved bound.

``|channel_i - channel_j| >= apart_ij``. Cliques bound from below, a greedy plan and a search from above; backtracking
closes small cases, and CP-SAT of OR-tools, where it is installed, larger ones. Where the band is too narrow,
`fewest_conflicts` breaks the distances that matter least. Limits are counts, never a clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import Infeasible, OutOfTime, UsageError
from daremo.network.channel_bound import clique_bound
from daremo.network.channel_search import FOUND, PROVED_NONE, decide, greedy, least_broken, tabu

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Nodes of the backtracking, orders of the greedy search, steps of the tabu search, work of CP-SAT (its own unit), starts of
#: the search in a narrower band.
NODES, ORDERS, STEPS, CP_WORK, ATTEMPTS = 200_000, 30, 4_000, 6.0, 4


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """Channels and proof.

    Attributes
    ----------
    channel_n : tuple of int
        Channel of each station, from 0.
    value, bound : float
        Highest channel used plus one, or weight of broken distances; and what no plan goes below.
    broken : tuple of (int, int)
        Pairs nearer to each other than they should be.
    """

    channel_n: tuple[int, ...]
    value: float
    bound: float
    broken: tuple[tuple[int, int], ...] = ()

    @property
    def gap_share(self) -> float:
        """(value - bound) / value, 0 where nothing is used."""
        return (self.value - self.bound) / self.value if self.value > 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "channels": list(self.channel_n), "value": self.value, "bound": self.bound, "gap_share": self.gap_share,
            "broken": [list(p) for p in self.broken],
        }  # fmt: skip


def fewest_channels(
    apart_nn: ArrayLike, *, allowed: Sequence[Sequence[int]] | None = None, most: int | None = None, seed: int = 1,
    cp_sat: bool = True,
) -> ChannelPlan:  # fmt: skip
    """Plan whose highest channel is lowest.

    Parameters
    ----------
    apart_nn : array_like of int, shape (stations, stations), channels
        Least distance between the channels of two stations; 0 = none, 1 = different, 2 = not even neighbours.
    allowed : sequence of sequence of int, one a station, optional
        Channels that each station may use; all where not given.
    most : int, optional
        Channels in the band.
    cp_sat : bool
        Whether OR-tools may be used where it is installed.

    Raises
    ------
    UsageError
        Where the matrix cannot be.
    Infeasible
        Where no plan fits; says how many channels are needed at least.
    OutOfTime
        Where none was found and none was excluded.
    """
    apart = _checked(apart_nn)
    n = apart.shape[0]
    if n == 0:
        return ChannelPlan((), 0, 0)
    bound = clique_bound(apart)
    if most is not None and bound > most and allowed is None:
        raise _too_narrow(most, bound)
    if allowed is None:
        channels = most if most is not None else int(apart.max(axis=1).sum()) + 1
    else:
        channels = max((c for a in allowed for c in a), default=-1) + 1
        channels = channels if most is None else min(channels, most)
    forbidden = _forbidden(n, channels, allowed)
    rng = np.random.default_rng(seed)
    best: Ints | None = None
    for k in range(ORDERS):
        plan = greedy(apart, forbidden, np.asarray(rng.random(n) * (0 if k == 0 else n), np.float64))
        if (plan >= 0).all() and (best is None or plan.max() < best.max()):
            best = plan
    best = _squeezed(apart, forbidden, best, bound, rng)
    best, bound, open_ = _by_search(apart, forbidden, best, bound, free=allowed is None)
    if open_ and cp_sat:
        best, bound, open_ = _by_cp_sat(apart, forbidden, best, bound)
    if best is None and open_:
        raise OutOfTime(
            "使えるチャネルに収まる計画は、見つかりませんでした（ないことの証明もできていません）",
            "チャネルを足すか、重なりを許す計画（fewest_conflicts）にしてください", math.inf, bound, math.inf,
        )  # fmt: skip
    if best is None:
        raise _too_narrow(channels, bound) if allowed is None else _no_plan()
    return ChannelPlan(tuple(int(c) for c in best), int(best.max()) + 1, bound)


def fewest_conflicts(
    apart_nn: ArrayLike, channels: int, weight_nn: ArrayLike | None = None, *,
    allowed: Sequence[Sequence[int]] | None = None, seed: int = 1, cp_sat: bool = True,
) -> ChannelPlan:  # fmt: skip
    """Plan within a band that breaks the least weight of distances.

    Parameters
    ----------
    apart_nn : array_like of int, shape (stations, stations), channels
    channels : int
        Channels in the band.
    weight_nn : array_like, shape (stations, stations), people disturbed or what counts; 1 a pair where not given
    allowed, seed, cp_sat
        See `fewest_channels`.

    Raises
    ------
    UsageError
        Where the matrix, the weights or the band cannot be.
    """
    apart = _checked(apart_nn)
    n = apart.shape[0]
    weight = np.ones((n, n)) if weight_nn is None else np.asarray(weight_nn, np.float64)
    if weight.shape != (n, n) or not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise UsageError("bad-weight", "重みが正しくありません", "0以上の数を、局の数だけ並べてください", "weight_nn")
    weight = np.where(apart > 0, (weight + weight.T) / 2, 0.0)
    if channels < 1:
        raise UsageError("bad-band", f"チャネルが{channels}個です", "1以上にしてください", "channels")
    forbidden = _forbidden(n, channels, allowed)
    if n == 0:
        return ChannelPlan((), 0, 0)
    rng = np.random.default_rng(seed)
    value, best = np.inf, np.zeros(n, np.int64)
    for _ in range(8):
        start = np.array([rng.choice(np.flatnonzero(row == 0)) for row in forbidden])
        found, plan = tabu(apart, weight, forbidden, start, STEPS, rng.integers(0, 10, 997))
        if found < value - 1e-12:
            value, best = float(found), plan
    bound = 0.0
    if value > 1e-12:
        order = np.argsort(-weight.sum(axis=1), kind="stable").astype(np.int64)
        proved, found, plan = least_broken(apart, weight, forbidden, order, value, NODES)
        if found < value - 1e-9:
            value, best = float(found), plan
        bound = value if proved else 0.0
        if not proved and cp_sat:
            best, value, bound = _conflicts_by_cp_sat(apart, weight, forbidden, best, value)
    broken = tuple((i, j) for i in range(n) for j in range(i) if abs(best[i] - best[j]) < apart[i, j])
    value = float(sum(weight[i, j] for i, j in broken))
    return ChannelPlan(tuple(int(c) for c in best), value, min(bound, value), tuple((j, i) for i, j in broken))


def for_demand(apart_nn: ArrayLike, demand_n: ArrayLike, own: int = 1) -> tuple[Ints, Ints]:
    """Stations that need several channels as so many stations, `own` channels apart.

    Parameters
    ----------
    apart_nn : array_like of int, shape (stations, stations), channels
    demand_n : array_like of int, shape (stations,), channels

    Returns
    -------
    apart, station : ndarray of int64
        Distances between the wanted channels, and the index of the station that wants each.
    """
    apart, demand = _checked(apart_nn), np.asarray(demand_n, np.int64)
    if demand.shape != (apart.shape[0],) or (demand < 0).any() or own < 1:
        raise UsageError("bad-band", "要るチャネルの数が正しくありません", "0以上の整数にしてください", "demand_n")
    station = np.repeat(np.arange(apart.shape[0]), demand)
    wide = apart[np.ix_(station, station)]
    same = station[:, None] == station[None]
    wide[same] = own
    np.fill_diagonal(wide, 0)
    return wide, station


def _squeezed(apart: Ints, forbidden: Ints, best: Ints | None, bound: int, rng: np.random.Generator) -> Ints | None:
    """Move stations about in a band one channel narrower, as long as that ends without a broken distance."""
    even = np.ones(apart.shape)
    while best is not None and best.max() + 1 > bound:
        narrow = np.ascontiguousarray(forbidden[:, : int(best.max())])
        if (narrow > 0).all(axis=1).any():
            break
        low = np.array([np.flatnonzero(row == 0)[-1] for row in narrow])
        start = np.where(best < narrow.shape[1], best, low).astype(np.int64)
        for _ in range(ATTEMPTS):
            left, plan = tabu(apart, even, narrow, start, 4 * STEPS, rng.integers(0, 10, 997))
            if left <= 0:
                break
            start = np.array([rng.choice(np.flatnonzero(row == 0)) for row in narrow])
        if left > 0:
            break
        best = plan
    return best


def _by_search(
    apart: Ints, forbidden: Ints, best: Ints | None, bound: int, *, free: bool
) -> tuple[Ints | None, int, bool]:
    """Backtrack one channel below the best until nothing fits; whether it stayed open."""
    while best is None or best.max() + 1 > bound:
        width = forbidden.shape[1] if best is None else int(best.max())
        state, plan = decide(apart, np.ascontiguousarray(forbidden[:, :width]), free, NODES)
        if state == FOUND:
            best = plan
        elif state == PROVED_NONE:
            return best, width + 1, False
        else:
            return best, bound, True
    return best, bound, False


def _by_cp_sat(apart: Ints, forbidden: Ints, best: Ints | None, bound: int) -> tuple[Ints | None, int, bool]:
    """CP-SAT on what is open, and whether it stayed open; unchanged where OR-tools is absent."""
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        return best, bound, True
    n = apart.shape[0]
    width = forbidden.shape[1] if best is None else int(best.max()) + 1
    model = cp_model.CpModel()
    x = _variables(cp_model, model, forbidden[:, :width])
    top = model.new_int_var(bound - 1, width - 1, "top")
    for v in range(n):
        model.add(x[v] <= top)
    for i in range(n):
        for j in range(i):
            if apart[i, j]:
                below = model.new_bool_var("")
                model.add(x[i] + int(apart[i, j]) <= x[j]).only_enforce_if(below)
                model.add(x[j] + int(apart[i, j]) <= x[i]).only_enforce_if(~below)
    model.minimize(top)
    if best is not None:
        for v in range(n):
            model.add_hint(x[v], int(best[v]))
    solver = _solver(cp_model)
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return best, bound, False
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        plan = np.array([solver.value(v) for v in x], np.int64)
        best = plan if best is None or plan.max() < best.max() else best
    if status == cp_model.UNKNOWN:
        return best, bound, True
    return best, max(bound, round(solver.best_objective_bound) + 1), status != cp_model.OPTIMAL


def _conflicts_by_cp_sat(
    apart: Ints, weight: Floats, forbidden: Ints, best: Ints, value: float
) -> tuple[Ints, float, float]:
    """Plan, weight broken, and bound; unchanged where OR-tools is absent."""
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        return best, value, 0.0
    n = apart.shape[0]
    model = cp_model.CpModel()
    x = _variables(cp_model, model, forbidden)
    # whole weights for CP-SAT, rounded down, so that its bound stays one
    unit = max(float(weight.max()), 1e-12) / 100_000
    terms = []
    for i in range(n):
        for j in range(i):
            if apart[i, j] and weight[i, j] > 0:
                below, above = model.new_bool_var(""), model.new_bool_var("")
                model.add(x[i] + int(apart[i, j]) <= x[j]).only_enforce_if(below)
                model.add(x[j] + int(apart[i, j]) <= x[i]).only_enforce_if(above)
                broken = model.new_bool_var("")
                model.add_bool_or(below, above, broken)
                terms.append(int(weight[i, j] / unit) * broken)
    model.minimize(sum(terms))
    for v in range(n):
        model.add_hint(x[v], int(best[v]))
    solver = _solver(cp_model)
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        plan = np.array([solver.value(v) for v in x], np.int64)
        cost = float(np.where(np.abs(plan[:, None] - plan[None]) < apart, weight, 0.0).sum() / 2)
        if cost < value - 1e-9:
            best, value = plan, cost
    return best, value, max(0.0, float(solver.best_objective_bound) * unit)


def _variables(cp_model: Any, model: Any, forbidden: Ints) -> list[Any]:
    return [
        model.new_int_var_from_domain(cp_model.Domain.from_values(np.flatnonzero(row == 0).tolist()), f"x{v}")
        for v, row in enumerate(forbidden)
    ]


def _solver(cp_model: Any) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = CP_WORK
    return solver


def _checked(apart_nn: ArrayLike) -> Ints:
    apart = np.array(apart_nn)
    whole = apart.astype(np.int64) if apart.size else np.zeros((0, 0), np.int64)
    if whole.ndim != 2 or whole.shape[0] != whole.shape[1] or (whole != whole.T).any() or (whole < 0).any():
        raise UsageError(
            "bad-distances", "チャネルの間隔の表が正方・対称ではありません", "表を直してください", "apart_nn"
        )
    if np.diag(whole).any() or (apart.size and (apart != whole).any()):
        raise UsageError("bad-distances", "間隔は整数で、対角は0です", "表を直してください", "apart_nn")
    return whole


def _forbidden(n: int, channels: int, allowed: Sequence[Sequence[int]] | None) -> Ints:
    out = np.zeros((n, channels), np.int64)
    if allowed is not None:
        if len(allowed) != n:
            raise UsageError("bad-band", "使えるチャネルの数が局の数と合いません", "局ごとに並べてください", "allowed")
        out[:] = 1
        for v, some in enumerate(allowed):
            out[v, [c for c in some if 0 <= c < channels]] = 0
            if out[v].all():
                raise Infeasible(
                    "no-channel", f"局{v}に使えるチャネルがありません", "チャネルを足してください", "allowed"
                )
    return out


def _no_plan() -> Infeasible:
    return Infeasible(
        "no-channel", "使えるチャネルの組み合わせでは、間隔を守れません",
        "局に使えるチャネルを足すか、重なりを許す計画（fewest_conflicts）にしてください", "allowed",
    )  # fmt: skip


def _too_narrow(channels: int, bound: int) -> Infeasible:
    least = max(bound, channels + 1)
    return Infeasible(
        "band-too-narrow", f"{channels}チャネルでは足りません（少なくとも{least}要ります）",
        f"帯域を{least}チャネルに広げるか、局を減らすか、重なりを許す計画（fewest_conflicts）にしてください", "most",
    )  # fmt: skip
