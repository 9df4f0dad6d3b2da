"""Access measures that know nothing about regions: distances, decay and capacity-aware catchments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

#: Mean radius of the Earth (km), IUGG.
EARTH_KM = 6371.0088

Floats = NDArray[np.float64]


def haversine_km(
    latitude_d: ArrayLike, longitude_d: ArrayLike, latitude_p: ArrayLike, longitude_p: ArrayLike
) -> Floats:
    """Great-circle distances between two sets of points.

    Parameters
    ----------
    latitude_d, longitude_d : array_like, shape (d,), degrees
    latitude_p, longitude_p : array_like, shape (p,), degrees

    Returns
    -------
    ndarray, shape (d, p), km

    Source
    ------
    Sinnott, R. W. (1984), Virtues of the haversine, Sky and Telescope 68(2), 159.

    Examples
    --------
    >>> haversine_km([0.0], [0.0], [0.0], [90.0]).round(3).tolist()
    [[10007.557]]
    """
    lat_d, lon_d = np.radians(np.asarray(latitude_d, float)), np.radians(np.asarray(longitude_d, float))
    lat_p, lon_p = np.radians(np.asarray(latitude_p, float)), np.radians(np.asarray(longitude_p, float))
    half_lat = np.sin((lat_d[:, None] - lat_p[None, :]) / 2) ** 2
    half_lon = np.sin((lon_d[:, None] - lon_p[None, :]) / 2) ** 2
    h = half_lat + np.cos(lat_d)[:, None] * np.cos(lat_p)[None, :] * half_lon
    km: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(h, 0, 1)))
    return km


def neighbour_km(latitude_d: ArrayLike, longitude_d: ArrayLike, count: int) -> Floats:
    """Great-circle distances from each point to its nearest other points, without the full matrix.

    Parameters
    ----------
    latitude_d, longitude_d : array_like, shape (d,), degrees
    count : int
        Neighbours wanted; fewer are returned where there are fewer points.

    Returns
    -------
    ndarray, shape (d, min(count, d - 1)), km, nearest first
        A point at the same spot counts as a neighbour at distance 0.
    """
    lat, lon = np.radians(np.asarray(latitude_d, float)), np.radians(np.asarray(longitude_d, float))
    k = min(count, lat.size - 1)
    if k <= 0:
        return np.zeros((lat.size, 0))
    xyz = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    chord = np.asarray(cKDTree(xyz).query(xyz, k=k + 1)[0], float)[:, 1:]
    km: Floats = 2 * EARTH_KM * np.arcsin(np.clip(chord / 2, 0, 1))
    return km


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


def log_logistic(x: ArrayLike, half: float, slope: float) -> Floats:
    """Share that still comes at distance or time `x`: ``1 / (1 + (x / half) ** slope)``.

    Parameters
    ----------
    x : array_like
        Distance or time, in the unit of `half`; infinite gives 0.
    half : float
        Where half still come.
    slope : float
        How sharply the share falls there.

    Source
    ------
    Log-logistic survival; used for travel by the PBL NetworkModel.

    Examples
    --------
    >>> log_logistic([0, 20, 1e9], 20, 2.5).round(6).tolist()
    [1.0, 0.5, 0.0]
    """
    share: Floats = 1 / (1 + (np.asarray(x, float) / half) ** slope)
    return share


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
