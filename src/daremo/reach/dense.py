"""Access over full tables, for a town: the same definitions as `catchment`, written as matrix products."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def nearest(cost_dp: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    """Index and cost of the cheapest column of each row.

    Parameters
    ----------
    cost_dp : array_like, shape (d, p)
        Minutes or km; infinite where there is no way.

    Returns
    -------
    index_d : ndarray of int, shape (d,)
        First cheapest column; -1 where there is none.
    cost_d : ndarray, shape (d,)
        Its cost; infinite where there is none.
    """
    cost = np.asarray(cost_dp, float)
    if cost.shape[1] == 0:
        return np.full(cost.shape[0], -1, dtype=np.int64), np.full(cost.shape[0], np.inf)
    index = np.argmin(cost, axis=1).astype(np.int64)
    best: Floats = cost[np.arange(cost.shape[0]), index]
    return np.where(np.isfinite(best), index, -1), best


def e2sfca(supply_p: ArrayLike, demand_dg: ArrayLike, weight_dgp: ArrayLike) -> tuple[Floats, Floats]:
    """Enhanced two-step floating catchment: supply a head, shared by all who would come.

    Step 1 shares each place's supply among its weighted demand, step 2 adds up what each group can reach:
    ``ratio_p = S_p / sum_dg(D_dg w_dgp)`` and ``access_dg = sum_p(w_dgp ratio_p)``.

    Parameters
    ----------
    supply_p : array_like, shape (p,), people a year that the place can help
    demand_dg : array_like, shape (d, g), people a year who want help
    weight_dgp : array_like, shape (d, g, p), share who would make the trip

    Returns
    -------
    access_dg : ndarray, shape (d, g)
        Supply per person who wants help; 1 = enough for everybody.
    ratio_p : ndarray, shape (p,)
        Supply per weighted demand; 0 at a place that nobody with demand would go to.

    Raises
    ------
    ValueError
        Where shapes do not fit, or a number is negative or not finite.

    Source
    ------
    Luo, W. and Qi, Y. (2009), Health & Place 15, 1100-1107.

    Examples
    --------
    >>> access, ratio = e2sfca([10], [[5], [5]], [[[1.0]], [[0.5]]])
    >>> access.round(4).tolist(), ratio.round(4).tolist()
    ([[1.3333], [0.6667]], [1.3333])
    """
    supply, demand = np.asarray(supply_p, float), np.asarray(demand_dg, float)
    weight = np.asarray(weight_dgp, float)
    if weight.shape != (*demand.shape, supply.size):
        raise ValueError(f"weight has shape {weight.shape}, wanted {(*demand.shape, supply.size)}")
    for name, x in (("supply", supply), ("demand", demand), ("weight", weight)):
        if x.size and not (np.isfinite(x).all() and x.min() >= 0):
            raise ValueError(f"{name} must be finite and not negative")
    flat = weight.reshape(demand.size, supply.size)
    load = demand.reshape(-1) @ flat
    ratio = np.divide(supply, load, out=np.zeros_like(supply), where=load > 0)
    access: Floats = (flat @ ratio).reshape(demand.shape)
    return access, ratio
