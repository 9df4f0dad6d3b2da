"""Places on the globe: checked degrees, points of the unit sphere and great circles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from daremo.kernel.errors import UsageError

Floats = NDArray[np.float64]

#: Mean radius of the Earth (km), IUGG.
EARTH_KM = 6371.0088


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
    xyz = on_sphere(np.asarray(latitude_d, float), np.asarray(longitude_d, float))
    k = min(count, xyz.shape[0] - 1)
    if k <= 0:
        return np.zeros((xyz.shape[0], 0))
    chord = np.asarray(cKDTree(xyz).query(xyz, k=k + 1)[0], float)[:, 1:]
    km: Floats = 2 * EARTH_KM * np.arcsin(np.clip(chord / 2, 0, 1))
    return km


class Degrees(NamedTuple):
    """Checked latitudes and longitudes."""

    lat: Floats
    lon: Floats


def checked_degrees(latitude: ArrayLike, longitude: ArrayLike) -> Degrees:
    """Both as arrays of one length, all of them degrees."""
    lat, lon = np.asarray(latitude, float), np.asarray(longitude, float)
    if lat.ndim != 1 or lat.shape != lon.shape:
        raise UsageError("bad-points", "緯度と経度の数がちがいます", "地点ごとに緯度と経度を1つずつ入れてください")
    wrong = ~((np.abs(lat) <= 90) & (np.abs(lon) <= 360))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise UsageError(
            "bad-points",
            f"緯度・経度でない値が{int(wrong.sum())}地点にあります（最初は{first + 1}番め: {lat[first]}, {lon[first]}）",
            "緯度は-90〜90、経度は-180〜180の数で入れてください",
        )
    return Degrees(lat, lon)


def on_sphere(latitude: Floats, longitude: Floats) -> Floats:
    """Points of the unit sphere, shape (points, 3)."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def along_km(at: Floats, to: Floats) -> Floats:
    """Great-circle distances of points one by one, both on the unit sphere, shape (points, 3).

    Returns
    -------
    ndarray, shape (points,), km
    """
    chord = np.sqrt(((at - to) ** 2).sum(-1))
    km: Floats = 2 * EARTH_KM * np.arcsin(np.clip(chord / 2, 0, 1))
    return km
