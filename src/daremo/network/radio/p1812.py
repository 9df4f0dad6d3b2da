"""ITU-R P.1812 for many paths at once: the checked way in to the kernel.

Source
------
Recommendation ITU-R P.1812-6 (09/2021) and -7 (08/2023), Annex 1; §4.9 (entry into buildings) and the digital maps of
refractivity are not part of this: pass ``delta_n`` and ``n0``. Validated on the profiles that come with the ITU's
reference implementation, to 1e-6 dB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.network.radio.kernel import INLAND, TERMS, batch, first_fault, normal_quantile

Floats = NDArray[np.float64]
#: Limits of the Recommendation: GHz, % of time, % of locations, antenna height (m), points of a profile.
FREQUENCY_GHZ, PERCENT, LOCATIONS, ANTENNA_M, LEAST_POINTS = (0.03, 6.0), (1.0, 50.0), (1.0, 99.0), (1.0, 3000.0), 5
#: Path lengths (km) for which the Recommendation was made.
LENGTH_KM = (0.25, 3000.0)
#: Farther from the coast than this (km) a terminal has no duct coupling.
FAR_FROM_COAST_KM = 500.0


@dataclass(frozen=True, slots=True)
class Service:
    """What is transmitted and what must hold.

    Attributes
    ----------
    f_ghz : float
        0.03 to 6.
    percent_time : float, %
        1 to 50: the loss is not exceeded for this share of time (50 = median year).
    percent_locations : float, %
        1 to 99: and at this share of the places around the receiver.
    vertical : bool
        Polarisation.
    location_sigma_db : float, dB
        Spread of the loss over places (`location_sigma_db`); 0 asks for the median place.
    delta_n, n0 : float, N-units per km and N-units
        Median refractivity lapse of the lowest kilometre (positive) and sea-level refractivity.
    """

    f_ghz: float
    percent_time: float = 50.0
    percent_locations: float = 50.0
    vertical: bool = True
    location_sigma_db: float = 0.0
    delta_n: float = 45.0
    n0: float = 325.0

    def __post_init__(self) -> None:
        _within("f_ghz", self.f_ghz, FREQUENCY_GHZ, "GHz", "MHz の値なら 1000 で割ってください")
        _within("percent_time", self.percent_time, PERCENT, "%", "1～50 の時間率を指定してください")
        _within("percent_locations", self.percent_locations, LOCATIONS, "%", "1～99 の場所率を指定してください")
        _within("location_sigma_db", self.location_sigma_db, (0.0, 30.0), "dB", "0 以上にしてください")
        _within("delta_n", self.delta_n, (0.0, 156.0), "N/km", "正の値（日本ではおよそ 40～60）にしてください")
        _within("n0", self.n0, (200.0, 450.0), "N", "海面の屈折指数（日本ではおよそ 320～370）にしてください")

    @property
    def location_db(self) -> float:
        """What is added to the median place's loss (dB), eq. (67)."""
        return -float(normal_quantile(self.percent_locations / 100.0)) * self.location_sigma_db

    @property
    def polarisation(self) -> int:
        """1 horizontal, 2 vertical."""
        return 2 if self.vertical else 1


@dataclass(frozen=True, slots=True)
class Profiles:
    """Terrain along many paths, one after the other, each from the transmitter.

    Attributes
    ----------
    start : ndarray of int64, shape (paths + 1,), index
        Points of path k are ``start[k]:start[k + 1]``.
    distance_km, height_m, clutter_m : ndarray, shape (points,), km, m above sea level, m above ground
    zone : ndarray of int8, shape (points,)
        1 sea, 3 coastal land, 4 inland.
    """

    start: NDArray[np.int64]
    distance_km: Floats
    height_m: Floats
    clutter_m: Floats
    zone: NDArray[np.int8]

    @property
    def paths(self) -> int:
        return self.start.size - 1


def profile(
    distance_km: ArrayLike, height_m: ArrayLike, clutter_m: ArrayLike | None = None, zone: ArrayLike | None = None
) -> Profiles:
    """One path as `Profiles`; clutter 0 and inland where not given.

    Parameters
    ----------
    distance_km, height_m, clutter_m, zone : array_like, shape (points,), km, m, m, zone number
    """
    d = np.asarray(distance_km, np.float64)
    return Profiles(
        np.array([0, d.size], np.int64),
        d,
        np.asarray(height_m, np.float64),
        np.zeros(d.size) if clutter_m is None else np.asarray(clutter_m, np.float64),
        np.full(d.size, INLAND, np.int8) if zone is None else np.asarray(zone, np.int8),
    )


def together(profiles: list[Profiles]) -> Profiles:
    """Several sets of paths as one."""
    ends = np.cumsum([0, *(p.start[-1] for p in profiles)])
    start = np.concatenate([[0], *(p.start[1:] + e for p, e in zip(profiles, ends[:-1], strict=True))])
    parts = [
        np.concatenate([getattr(p, name) for p in profiles])
        for name in ("distance_km", "height_m", "clutter_m", "zone")
    ]
    return Profiles(start.astype(np.int64), parts[0], parts[1], parts[2], parts[3])


def path_loss(
    profiles: Profiles, service: Service, antenna_t_m: ArrayLike, antenna_r_m: ArrayLike, latitude: ArrayLike,
    *, coast_t_km: ArrayLike = FAR_FROM_COAST_KM, coast_r_km: ArrayLike = FAR_FROM_COAST_KM,
    delta_n: ArrayLike | None = None, n0: ArrayLike | None = None,
) -> Floats:  # fmt: skip
    """Basic transmission loss of every path.

    Parameters
    ----------
    profiles : Profiles
    service : Service
    antenna_t_m, antenna_r_m : array_like, shape (paths,) or one, m above ground
    latitude : array_like, shape (paths,) or one, degrees
        Of the path's centre.
    coast_t_km, coast_r_km : array_like, shape (paths,) or one, km
        Land between each antenna and the coast along the path.
    delta_n, n0 : array_like, shape (paths,) or one
        Instead of the service's own.

    Returns
    -------
    ndarray, shape (paths,), dB

    Raises
    ------
    UsageError
        Where a profile is shorter than five points, does not start at 0 or does not ascend, heights are no numbers, or
        an antenna is lower than 1 m or higher than 3,000 m.
    """
    terms = _run(profiles, service, antenna_t_m, antenna_r_m, latitude, coast_t_km, coast_r_km, delta_n, n0, 1)
    return terms[:, 0]


def path_terms(
    profiles: Profiles, service: Service, antenna_t_m: ArrayLike, antenna_r_m: ArrayLike, latitude: ArrayLike,
    *, coast_t_km: ArrayLike = FAR_FROM_COAST_KM, coast_r_km: ArrayLike = FAR_FROM_COAST_KM,
    delta_n: ArrayLike | None = None, n0: ArrayLike | None = None,
) -> dict[str, Floats]:  # fmt: skip
    """The parts that make up the loss of every path, by name (`kernel.TERMS`), each of shape (paths,), dB; see `path_loss`."""
    terms = _run(profiles, service, antenna_t_m, antenna_r_m, latitude, coast_t_km, coast_r_km, delta_n, n0, len(TERMS))
    return dict(zip(TERMS, terms.T, strict=True))


def field_strength_dbuv_m(loss_db: Floats, f_ghz: float, erp_kw: float = 1.0) -> Floats:
    """Field strength (dB above 1 uV/m) of the shape of `loss_db`, for one effective radiated power (kW), eq. (70)."""
    return 199.36 + 20.0 * math.log10(f_ghz) - loss_db + 10.0 * math.log10(erp_kw)


def location_sigma_db(f_ghz: float, area_side_m: float = 100.0) -> float:
    """Spread of the loss over the places within a square of this side (dB), outdoors at street level, §4.8."""
    return float((0.024 * f_ghz + 0.52) * area_side_m**0.28)


def centre_latitude(lat_t: float, lon_t: float, lat_r: float, lon_r: float, km: float) -> float:
    """Latitude (degrees) half-way along a path of this length on the great circle from the transmitter."""
    a, b, turn = math.radians(lat_t), math.radians(lat_r), math.radians(lon_r - lon_t)
    r = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    bearing = math.atan2(math.cos(a) * math.cos(b) * math.sin(turn), math.sin(b) - r * math.sin(a))
    half = 0.5 * km / 6371.0
    return math.degrees(math.asin(math.sin(a) * math.cos(half) + math.cos(a) * math.sin(half) * math.cos(bearing)))


def _run(
    p: Profiles, service: Service, antenna_t_m: ArrayLike, antenna_r_m: ArrayLike, latitude: ArrayLike,
    coast_t_km: ArrayLike, coast_r_km: ArrayLike, delta_n: ArrayLike | None, n0: ArrayLike | None, width: int,
) -> Floats:  # fmt: skip
    def each(value: ArrayLike) -> Floats:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float64), (p.paths,)))

    _check(p)
    tall_t, tall_r = each(antenna_t_m), each(antenna_r_m)
    for tall in (tall_t, tall_r):
        if p.paths and not (tall.min() >= ANTENNA_M[0] and tall.max() <= ANTENNA_M[1]):
            _within("antenna_m", float(tall[(tall < 1) | (tall > 3000) | np.isnan(tall)][0]), ANTENNA_M, "m", _ANTENNA)
    out = np.empty((p.paths, width))
    batch(
        p.start, p.distance_km, p.height_m, p.clutter_m, p.zone, tall_t, tall_r, each(latitude),
        each(service.delta_n if delta_n is None else delta_n), each(service.n0 if n0 is None else n0),
        each(coast_t_km), each(coast_r_km), service.f_ghz, service.percent_time, service.polarisation,
        service.location_db, out,
    )  # fmt: skip
    return out


_ANTENNA = "アンテナの地上高を 1～3000 m にしてください"


def _within(name: str, value: float, limits: tuple[float, float], unit: str, fix: str) -> None:
    if not limits[0] <= value <= limits[1]:
        raise UsageError(
            "outside-p1812",
            f"{name} = {value:g} {unit} は P.1812 の範囲（{limits[0]:g}～{limits[1]:g} {unit}）の外です",
            fix,
            name,
        )


#: Message and remedy of each fault that `kernel.first_fault` numbers.
_FAULTS = {
    1: ("断面の点が足りません", "5点以上にしてください"),
    2: ("断面に数でない値があります", "欠測を埋めてください"),
    3: ("地物の高さが負です", "0 以上にしてください"),
    4: ("距離が 0 から増えていく並びではありません", "送信点を 0 km として、近い順に並べてください"),
    5: ("気候区分は 1・3・4 だけです", "1 海、3 海岸、4 内陸にしてください"),
}


def _check(p: Profiles) -> None:
    """Refuse profiles that the kernel would read past, or misread."""
    size = p.distance_km.size
    ends = p.start.size > 0 and p.start[0] == 0 and p.start[-1] == size and bool((np.diff(p.start) >= 0).all())
    if not (ends and p.height_m.size == p.clutter_m.size == p.zone.size == size):
        raise UsageError("bad-profile", "断面の列の長さがそろっていません", "同じ数の点にしてください", "profiles")
    path, fault = first_fault(p.start, p.distance_km, p.height_m, p.clutter_m, p.zone, LEAST_POINTS)
    if fault:
        what, fix = _FAULTS[fault]
        raise UsageError("bad-profile", what, fix, f"profiles[{path}]")
