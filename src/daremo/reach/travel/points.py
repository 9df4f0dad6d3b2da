"""Trips from coordinates alone: great circles times a detour, or straight lines on a plane, found with k-d trees."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from daremo.kernel.errors import UsageError
from daremo.reach.travel.pairs import Pairs
from daremo.reach.travel.sphere import EARTH_KM, checked_degrees, on_sphere

Floats = NDArray[np.float64]

#: Search radii are widened by this share, so that rounding never loses a trip; the exact length decides.
_SLACK = 1e-9
#: Most different search radii; points whose radii are alike are searched together.
_CLASSES = 24


def pairs_by_distance(
    latitude_d: ArrayLike,
    longitude_d: ArrayLike,
    latitude_p: ArrayLike,
    longitude_p: ArrayLike,
    *,
    radius_km: ArrayLike,
    detour: float = 1.0,
) -> Pairs:
    """Every trip of at most `radius_km`, as great-circle length times a detour.

    Parameters
    ----------
    latitude_d, longitude_d : array_like, shape (d,), degrees
    latitude_p, longitude_p : array_like, shape (p,), degrees
    radius_km : float or array_like of shape (d,), km
        Longest trip, detour included; one for all, or one for each demand point. A trip of exactly this length counts.
    detour : float
        Length of the way over length of the straight line, at least 1.

    Returns
    -------
    Pairs
        In km.

    Raises
    ------
    UsageError
        Where coordinates are missing or no degrees, a radius is negative, or the detour is below 1.

    Examples
    --------
    >>> pairs_by_distance([34.0, 35.0], [134.0, 134.0], [34.01], [134.0], radius_km=2, detour=1.3).cost.round(3).tolist()
    [1.446]
    """
    demand, place = checked_degrees(latitude_d, longitude_d), checked_degrees(latitude_p, longitude_p)
    radius = _radius(radius_km, demand.lat.size)
    if not (np.isfinite(detour) and detour >= 1):
        raise UsageError("bad-detour", f"遠回りの倍率 {detour} は使えません", "1以上の数を入れてください")
    half_turn = np.minimum(radius / detour / (2 * EARTH_KM), np.pi / 2)
    chord = np.where(half_turn >= np.pi / 2, 3.0, 2 * np.sin(half_turn))
    return _pairs_within(
        on_sphere(demand.lat, demand.lon), on_sphere(place.lat, place.lon), chord, radius, 2 * EARTH_KM * detour
    )


def pairs_in_plane(xy_d: ArrayLike, xy_p: ArrayLike, radius_km: ArrayLike) -> Pairs:
    """Every trip of at most `radius_km` on a plane, in a straight line.

    Parameters
    ----------
    xy_d : array_like, shape (d, 2), km
    xy_p : array_like, shape (p, 2), km
    radius_km : float or array_like of shape (d,), km

    Returns
    -------
    Pairs
        In km.

    Raises
    ------
    UsageError
        Where a coordinate is missing or a radius is negative.

    Examples
    --------
    >>> pairs_in_plane([[0, 0], [9, 9]], [[3, 4]], 5).cost.tolist()
    [5.0]
    """
    demand, place = _plane(xy_d), _plane(xy_p)
    radius = _radius(radius_km, demand.shape[0])
    return _pairs_within(demand, place, radius, radius, 0.0)


def nearest_places(
    latitude_d: ArrayLike,
    longitude_d: ArrayLike,
    latitude_p: ArrayLike,
    longitude_p: ArrayLike,
    *,
    k: int,
    radius_km: float = np.inf,
    detour: float = 1.0,
) -> Pairs:
    """Trips from each demand point to its `k` nearest places; of places equally far the first ones listed.

    Parameters
    ----------
    latitude_d, longitude_d : array_like, shape (d,), degrees
    latitude_p, longitude_p : array_like, shape (p,), degrees
    k : int
        Places a demand point, at least 1; all of them where there are fewer.
    radius_km : float, km
        Places farther than this, detour included, are left out.
    detour : float
        Length of the way over length of the straight line, at least 1.

    Returns
    -------
    Pairs
        In km.

    Raises
    ------
    UsageError
        As `pairs_by_distance`, or where `k` is below 1.

    Examples
    --------
    >>> p = nearest_places([34.0], [134.0], [34.2, 34.1, 34.1], [134.0, 134.0, 134.0], k=1)
    >>> p.place.tolist(), p.cost.round(1).tolist()
    ([1], [11.1])
    """
    demand, place = checked_degrees(latitude_d, longitude_d), checked_degrees(latitude_p, longitude_p)
    if k < 1:
        raise UsageError("bad-count", f"近い順に {k} か所は選べません", "1以上の数を入れてください")
    kth = np.full(demand.lat.size, np.inf)
    if k < place.lat.size and demand.lat.size:
        tree = cKDTree(on_sphere(place.lat, place.lon))
        chord = np.asarray(tree.query(on_sphere(demand.lat, demand.lon), k=[k])[0], float)[:, 0]
        # widened: places that are equally far must all be found before the first k of them are taken
        kth = 2 * EARTH_KM * detour * np.arcsin(np.clip(chord / 2, 0, 1)) * (1 + _SLACK) + _SLACK
    within = np.minimum(kth, _radius(radius_km, demand.lat.size))
    found = pairs_by_distance(demand.lat, demand.lon, place.lat, place.lon, radius_km=within, detour=detour)
    return found._kept(_first_k(found.start, found.cost, k))


def _plane(xy: ArrayLike) -> Floats:
    """Points on a plane, checked."""
    points = np.asarray(xy, float)
    if points.size == 0:
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise UsageError(
            "bad-points", "座標でない値があります", "地点ごとに x と y を1つずつ、数（km）で入れてください"
        )
    return points


def _radius(radius_km: ArrayLike, count: int) -> Floats:
    """One radius a demand point."""
    radius = np.asarray(radius_km, float)
    if radius.shape not in ((), (count,)):
        raise UsageError(
            "bad-radius", "半径の数が地点の数とちがいます", "1つだけ入れるか、地点ごとに1つずつ入れてください"
        )
    if not (radius >= 0).all():
        raise UsageError("bad-radius", "半径に、負の数か数でない値があります", "0以上のkmを入れてください")
    return np.ascontiguousarray(np.broadcast_to(radius, (count,)))


def _pairs_within(at_d: Floats, at_p: Floats, reach_d: Floats, radius_d: Floats, turn_km: float) -> Pairs:
    """Pairs of points within `reach_d` in the tree's space, then within `radius_d` in km.

    `turn_km` turns a chord of the unit sphere into km: ``turn_km * asin(chord / 2)``; 0 = the space is in km itself.
    """
    n_d, n_p = at_d.shape[0], at_p.shape[0]
    rows, columns, lengths = [], [], []
    if n_d and n_p:
        tree_p = cKDTree(at_p)
        for members, reach in _alike(reach_d):
            found = cKDTree(at_d[members]).sparse_distance_matrix(
                tree_p, reach * (1 + _SLACK) + _SLACK, output_type="ndarray"
            )
            km = found["v"] if turn_km == 0 else turn_km * np.arcsin(np.clip(found["v"] / 2, 0, 1))
            row = members[found["i"]]
            keep = km <= radius_d[row]
            rows.append(row[keep].astype(np.int32))
            columns.append(found["j"][keep].astype(np.int32))
            lengths.append(km[keep])
    row_t = np.concatenate([np.zeros(0, np.int32), *rows])
    column_t = np.concatenate([np.zeros(0, np.int32), *columns])
    km_t = np.concatenate([np.zeros(0), *lengths])
    start, place, cost = in_rows(row_t, column_t, km_t, n_d, n_p)
    return Pairs(start, place, cost, n_p, "km")


def _alike(reach_d: Floats) -> list[tuple[NDArray[np.int64], float]]:
    """Demand points in classes of like reach, each with its farthest."""
    distinct = np.unique(reach_d)
    if distinct.size > _CLASSES:
        order = np.argsort(reach_d, kind="stable")
        parts = np.array_split(order, _CLASSES)
        return [(np.sort(part), float(reach_d[part].max())) for part in parts if part.size]
    return [(np.flatnonzero(reach_d == r), float(r)) for r in distinct]


@njit(cache=True, nogil=True)
def in_rows(
    row_t: NDArray[np.int32], column_t: NDArray[np.int32], value_t: Floats, n_rows: int, n_columns: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats]:
    """Compressed rows of a list of entries, columns ascending: two counting sorts, no comparison.

    Returns
    -------
    start : ndarray of int64, shape (n_rows + 1,)
    column : ndarray of int32, shape (entries,), index
    value : ndarray, shape (entries,), unit of `value_t`
    """
    n = row_t.size
    at = np.zeros(n_columns + 1, np.int64)
    for t in range(n):
        at[column_t[t] + 1] += 1
    for c in range(n_columns):
        at[c + 1] += at[c]
    by_column = np.empty(n, np.int32)
    for t in range(n):
        by_column[at[column_t[t]]] = t
        at[column_t[t]] += 1
    start = np.zeros(n_rows + 1, np.int64)
    for t in range(n):
        start[row_t[t] + 1] += 1
    for r in range(n_rows):
        start[r + 1] += start[r]
    fill = start[:-1].copy()
    column, value = np.empty(n, np.int32), np.empty(n)
    for i in range(n):
        t = by_column[i]
        slot = fill[row_t[t]]
        column[slot], value[slot] = column_t[t], value_t[t]
        fill[row_t[t]] = slot + 1
    return start, column, value


@njit(cache=True, nogil=True)
def _first_k(start: NDArray[np.int64], cost: Floats, k: int) -> NDArray[np.bool_]:
    """Mask of each row's `k` cheapest entries, the first of equals."""
    keep = np.zeros(cost.size, np.bool_)
    for d in range(start.size - 1):
        a, b = start[d], start[d + 1]
        if b - a <= k:
            keep[a:b] = True
            continue
        order = np.argsort(cost[a:b], kind="mergesort")
        for i in range(k):
            keep[a + order[i]] = True
    return keep
