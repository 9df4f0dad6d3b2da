"""Diffraction of ITU-R P.1812: Bullington over the terrain, over the smooth earth, and the spherical earth itself.

Kernels on one profile; distances in km, heights in m above sea level, frequency in GHz, losses in dB.
Equation numbers are those of Recommendation ITU-R P.1812-6 and -7, which agree here.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Speed of light as the Recommendation rounds it: wavelength in m = 0.2998 / f in GHz.
LIGHT = 0.2998


@njit(cache=True, nogil=True, error_model="numpy")
def knife_edge_db(nu: float) -> float:
    """Loss of one knife edge, eq. (12): nu is dimensionless."""
    if nu <= -0.78:
        return 0.0
    x = nu - 0.1
    return 6.9 + 20.0 * math.log10(math.sqrt(x * x + 1.0) + x)


@njit(cache=True, nogil=True, error_model="numpy")
def whole_loss_db(edge_db: float, path_km: float) -> float:
    """Bullington's loss from that of its knife edge, eq. (21)."""
    return edge_db + (1.0 - math.exp(-edge_db / 6.0)) * (10.0 + 0.02 * path_km)


@njit(cache=True, nogil=True, error_model="numpy")
def _two_edges_db(rise_t: float, rise_r: float, hts: float, hrs: float, path_km: float, wave_m: float) -> float:
    """Transhorizon path: the two steepest slopes (m/km) meet at the Bullington point, eqs (18)-(20)."""
    at = (hrs - hts + rise_r * path_km) / (rise_t + rise_r)
    above = hts + rise_t * at - (hts * (path_km - at) + hrs * at) / path_km
    nu = above * math.sqrt(0.002 * path_km / (wave_m * at * (path_km - at)))
    return whole_loss_db(knife_edge_db(nu), path_km)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "reassoc"})
def bullington_db(d: Floats, g: Floats, hts: float, hrs: float, radius_km: float, f_ghz: float) -> float:
    """Bullington loss over the profile (d km, g m with clutter) for one effective earth radius, §4.3.1."""
    n = d.size
    path_km = d[n - 1]
    bulge = 500.0 / radius_km
    wave_m = LIGHT / f_ghz
    rise_t = -np.inf
    for i in range(1, n - 1):
        rise_t = max(rise_t, (g[i] + bulge * d[i] * (path_km - d[i]) - hts) / d[i])
    if rise_t < (hrs - hts) / path_km:
        nu = -np.inf
        for i in range(1, n - 1):
            a, b = d[i], path_km - d[i]
            nu = max(nu, (g[i] + bulge * a * b - (hts * b + hrs * a) / path_km) / math.sqrt(a * b))
        nu *= math.sqrt(0.002 * path_km / wave_m)
        return whole_loss_db(knife_edge_db(nu), path_km)
    rise_r = -np.inf
    for i in range(1, n - 1):
        b = path_km - d[i]
        rise_r = max(rise_r, (g[i] + bulge * d[i] * b - hrs) / b)
    return _two_edges_db(rise_t, rise_r, hts, hrs, path_km, wave_m)


@njit(cache=True, nogil=True, error_model="numpy")
def _smooth(which: int, a: float, path_km: float, bulge: float, hts: float, hrs: float) -> float:
    """What Bullington maximises at a km when the ground is flat: 0 slope from the transmitter, 1 from the receiver, 2 nu.

    Each is concave along the path (nu in the angle whose squared sine is a / path), so a sampled one has one peak.
    """
    b = path_km - a
    if which == 0:
        return bulge * b - hts / a
    if which == 1:
        return bulge * a - hrs / b
    return (bulge * a * b - (hts * b + hrs * a) / path_km) / math.sqrt(a * b)


@njit(cache=True, nogil=True, error_model="numpy")
def _peak(which: int, d: Floats, bulge: float, hts: float, hrs: float) -> float:
    """Largest value of `_smooth` over the inner points of the profile, by halving."""
    n = d.size
    path_km = d[n - 1]
    low, high = 1, n - 2
    while low < high:
        middle = (low + high) // 2
        here = _smooth(which, d[middle], path_km, bulge, hts, hrs)
        if here < _smooth(which, d[middle + 1], path_km, bulge, hts, hrs):
            low = middle + 1
        else:
            high = middle
    return _smooth(which, d[low], path_km, bulge, hts, hrs)


@njit(cache=True, nogil=True, error_model="numpy")
def smooth_bullington_db(d: Floats, hte: float, hre: float, radius_km: float, f_ghz: float) -> float:
    """Bullington loss with all heights zero and effective antenna heights hte, hre > 0 (m), §4.3.4."""
    path_km = d[d.size - 1]
    bulge = 500.0 / radius_km
    wave_m = LIGHT / f_ghz
    rise_t = _peak(0, d, bulge, hte, hre)
    if rise_t < (hre - hte) / path_km:
        nu = _peak(2, d, bulge, hte, hre) * math.sqrt(0.002 * path_km / wave_m)
        return whole_loss_db(knife_edge_db(nu), path_km)
    return _two_edges_db(rise_t, _peak(1, d, bulge, hte, hre), hte, hre, path_km, wave_m)


@njit(cache=True, nogil=True, error_model="numpy")
def _height_gain_db(b: float, k: float) -> float:
    """Height gain G(Y), eqs (34)-(35), not below 2 + 20 log K."""
    if b > 2.0:
        gain = 17.6 * math.sqrt(b - 1.1) - 5.0 * math.log10(b - 1.1) - 8.0
    else:
        gain = 20.0 * math.log10(b + 0.1 * b**3)
    return max(gain, 2.0 + 20.0 * math.log10(k))


@njit(cache=True, nogil=True, error_model="numpy")
def _first_term_of(
    permittivity: float,
    conductivity: float,
    km: float,
    hte: float,
    hre: float,
    radius_km: float,
    f_ghz: float,
    pol: int,
) -> float:
    """First term of the residue series over one kind of ground, eqs (29)-(36); pol 1 horizontal, 2 vertical."""
    loss = (18.0 * conductivity / f_ghz) ** 2
    k = 0.036 * (radius_km * f_ghz) ** (-1.0 / 3.0) * ((permittivity - 1.0) ** 2 + loss) ** -0.25
    if pol == 2:
        k *= math.sqrt(permittivity**2 + loss)
    k2 = k * k
    beta = (1.0 + 1.6 * k2 + 0.67 * k2 * k2) / (1.0 + 4.5 * k2 + 1.53 * k2 * k2)
    x = 21.88 * beta * (f_ghz / radius_km**2) ** (1.0 / 3.0) * km
    y = 0.9575 * beta * (f_ghz**2 / radius_km) ** (1.0 / 3.0)
    if x >= 1.6:
        distance = 11.0 + 10.0 * math.log10(x) - 17.6 * x
    else:
        distance = -20.0 * math.log10(x) - 5.6488 * x**1.425
    loss_db: float = -distance - _height_gain_db(beta * y * hte, k) - _height_gain_db(beta * y * hre, k)
    return loss_db


@njit(cache=True, nogil=True, error_model="numpy")
def _first_term_db(
    km: float, hte: float, hre: float, radius_km: float, f_ghz: float, sea_share: float, pol: int
) -> float:
    """First term over land and sea by their shares of the path, eq. (28)."""
    out = 0.0
    if sea_share < 1.0:
        out += (1.0 - sea_share) * _first_term_of(22.0, 0.003, km, hte, hre, radius_km, f_ghz, pol)
    if sea_share > 0.0:
        out += sea_share * _first_term_of(80.0, 5.0, km, hte, hre, radius_km, f_ghz, pol)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def spherical_db(
    km: float, hte: float, hre: float, radius_km: float, f_ghz: float, sea_share: float, pol: int
) -> float:
    """Diffraction over the spherical earth, §4.3.2."""
    roots = math.sqrt(hte) + math.sqrt(hre)
    if km >= math.sqrt(2.0 * radius_km) * math.sqrt(0.001) * roots:
        return _first_term_db(km, hte, hre, radius_km, f_ghz, sea_share, pol)
    c = (hte - hre) / (hte + hre)
    m = 250.0 * km * km / (radius_km * (hte + hre))
    inner = min(1.0, max(-1.0, 1.5 * c * math.sqrt(3.0 * m / (m + 1.0) ** 3)))
    b = 2.0 * math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(math.pi / 3.0 + math.acos(inner) / 3.0)
    d1 = km / 2.0 * (1.0 + b)
    d2 = km - d1
    clear = ((hte - 500.0 * d1 * d1 / radius_km) * d2 + (hre - 500.0 * d2 * d2 / radius_km) * d1) / km
    wanted = 17.456 * math.sqrt(d1 * d2 * LIGHT / f_ghz / km)
    if clear > wanted:
        return 0.0
    marginal_km = 500.0 * (km / roots) ** 2
    first = _first_term_db(km, hte, hre, marginal_km, f_ghz, sea_share, pol)
    return (1.0 - clear / wanted) * max(first, 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def delta_bullington_db(
    d: Floats, g: Floats, hts: float, hrs: float, hte: float, hre: float, radius_km: float, f_ghz: float,
    sea_share: float, pol: int,
) -> float:  # fmt: skip
    """The complete delta-Bullington loss for one effective earth radius, §4.3.4, eq. (39)."""
    real = bullington_db(d, g, hts, hrs, radius_km, f_ghz)
    smooth = smooth_bullington_db(d, hte, hre, radius_km, f_ghz)
    sphere = spherical_db(d[d.size - 1], hte, hre, radius_km, f_ghz, sea_share, pol)
    return real + max(sphere - smooth, 0.0)
