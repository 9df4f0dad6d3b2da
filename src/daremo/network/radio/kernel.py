"""ITU-R P.1812 on one path and on many: basic transmission loss not exceeded for p % of time and pL % of locations.

Kernels: no checks here (`p1812.py` has them). Distances in km, heights in m, frequency in GHz, angles in mrad, losses
in dB. Equation numbers are those of Recommendation ITU-R P.1812-6 and -7.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.network.radio.diffraction import delta_bullington_db

Floats = NDArray[np.float64]
Zones = NDArray[np.int8]
#: Radio-climatic zones of a profile point.
SEA, COAST, INLAND = 1, 3, 4
#: Terms that `terms_of` gives, in order (all dB).
TERMS = ("free_space", "los", "diffraction", "anomalous", "troposcatter", "no_location", "loss")


@njit(cache=True, nogil=True, error_model="numpy")
def normal_quantile(share: float) -> float:
    """Inverse complementary normal distribution as Attachment 2 of the Recommendation approximates it, eqs (96)-(97)."""
    x = min(max(share, 1e-6), 1.0 - 1e-6)
    y = x if x <= 0.5 else 1.0 - x
    t = math.sqrt(-2.0 * math.log(y))
    c = ((0.010328 * t + 0.802853) * t + 2.515516698) / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1.0)
    return t - c if x <= 0.5 else c - t


@njit(cache=True, nogil=True, error_model="numpy")
def longest_km(d: Floats, zone: Zones, first: int, last: int) -> float:
    """Longest unbroken stretch of the path with zones from first to last; a stretch ends half-way to the next point."""
    n, best, start = d.size, 0.0, -1
    for i in range(n + 1):
        inside = i < n and first <= zone[i] <= last
        if inside and start < 0:
            start = i
        elif not inside and start >= 0:
            best = max(best, _stretch_km(d, start, i - 1))
            start = -1
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def sea_share_of(d: Floats, zone: Zones) -> float:
    """Share of the path over sea."""
    n, start = d.size, -1
    whole = 0.0
    for i in range(n + 1):
        inside = i < n and zone[i] == SEA
        if inside and start < 0:
            start = i
        elif not inside and start >= 0:
            whole += _stretch_km(d, start, i - 1)
            start = -1
    return float(whole / d[n - 1])


@njit(cache=True, nogil=True, error_model="numpy")
def _stretch_km(d: Floats, start: int, stop: int) -> float:
    km = d[stop] - d[start]
    if stop < d.size - 1:
        km += (d[stop + 1] - d[stop]) / 2.0
    if start > 0:
        km += (d[start] - d[start - 1]) / 2.0
    return float(km)


@njit(cache=True, nogil=True, error_model="numpy")
def ducting_percent(latitude: float, land_km: float, inland_km: float) -> float:
    """Time percentage of anomalous propagation beta_0, eqs (2)-(5)."""
    tau = 1.0 - math.exp(-4.12e-4 * inland_km**2.41)
    mu1 = min((10.0 ** (-land_km / (16.0 - 6.6 * tau)) + 10.0 ** (-5.0 * (0.496 + 0.354 * tau))) ** 0.2, 1.0)
    at = abs(latitude)
    if at <= 70.0:
        return float(10.0 ** (-0.015 * at + 1.67) * mu1 * mu1 ** (-0.935 + 0.0176 * at))
    return float(4.17 * mu1 * mu1**0.3)


@njit(cache=True, nogil=True, error_model="numpy")
def _shield_db(angle: float, km: float, f_ghz: float) -> float:
    """Site shielding of one terminal, eq. (48)."""
    over = angle - 0.1 * km
    if over <= 0:
        return 0.0
    return float(20.0 * math.log10(1.0 + 0.361 * over * math.sqrt(f_ghz * km)) + 0.264 * over * f_ghz ** (1.0 / 3.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _coast_db(coast_km: float, horizon_km: float, height_m: float, sea_share: float) -> float:
    """Over-sea duct coupling of one terminal, eq. (49)."""
    if coast_km > 5.0 or coast_km > horizon_km or sea_share < 0.75:
        return 0.0
    return -3.0 * math.exp(-0.25 * coast_km * coast_km) * (1.0 + math.tanh(0.07 * (50.0 - height_m)))


@njit(cache=True, nogil=True, error_model="numpy")
def terms_of(
    d: Floats, h: Floats, g: Floats, htg: float, hrg: float, f_ghz: float, percent: float, pol: int, location_db: float,
    latitude: float, delta_n: float, n0: float, land_km: float, inland_km: float, sea_share: float, coast_t: float,
    coast_r: float,
) -> tuple[float, float, float, float, float, float, float]:  # fmt: skip
    """All terms of one path (see `TERMS`): profile d (km), h terrain, g terrain with clutter (m); at least 5 points."""
    n = d.size
    km = d[n - 1]
    hts, hrs = h[0] + htg, h[n - 1] + hrg
    ae = 6371.0 * 157.0 / (157.0 - delta_n)
    b0 = ducting_percent(latitude, land_km, inland_km)

    # smooth earth, obstacles and horizons in one pass: §5.3-5.6 of Attachment 1
    v1, v2 = 0.0, 0.0
    over, over_t, over_r = -np.inf, -np.inf, -np.inf
    slope_t, slope_r = -np.inf, -np.inf
    at_t, at_r = 1, 1
    half = 1.0 / (2.0 * ae)
    tilt = (hrs - hts) / km
    for i in range(1, n):
        step, a = d[i] - d[i - 1], d[i]
        v1 += step * (h[i] + h[i - 1])
        v2 += step * (h[i] * (2.0 * a + d[i - 1]) + h[i - 1] * (a + 2.0 * d[i - 1]))
        if i < n - 1:
            b = km - a
            above = h[i] - (hts + tilt * a)
            over = max(over, above)
            over_t = max(over_t, above / a)
            over_r = max(over_r, above / b)
            rise = (h[i] - hts) / (1000.0 * a) - a * half
            if rise > slope_t:
                slope_t, at_t = rise, i
            rise = (h[i] - hrs) / (1000.0 * b) - b * half
            if rise >= slope_r:
                slope_r, at_r = rise, i
    hst = (2.0 * v1 * km - v2) / km**2
    hsr = (v2 - v1 * km) / km**2
    hstp, hsrp = hst, hsr
    if over > 0:
        hstp -= over * over_t / (over_t + over_r)
        hsrp -= over * over_r / (over_t + over_r)
    hte_d, hre_d = hts - min(hstp, h[0]), hrs - min(hsrp, h[n - 1])

    direct = tilt / 1000.0 - km * half
    if slope_t > direct:  # transhorizon
        theta_t, theta_r = 1000.0 * math.atan(slope_t), 1000.0 * math.atan(slope_r)
        dlt, dlr = d[at_t], km - d[at_r]
    else:
        theta_t, theta_r = 1000.0 * math.atan(direct), 1000.0 * math.atan(-tilt / 1000.0 - km * half)
        worst = -np.inf
        for i in range(1, n - 1):
            a, b = d[i], km - d[i]
            nu = (h[i] + 500.0 / ae * a * b - (hts * b + hrs * a) / km) / math.sqrt(a * b)
            if nu >= worst:
                worst, at_t = nu, i
        at_r = at_t
        dlt = d[at_t]
        dlr = km - dlt
    theta = 1000.0 * km / ae + theta_t + theta_r

    hst, hsr = min(hst, h[0]), min(hsr, h[n - 1])
    slope = (hsr - hst) / km
    hte, hre = hts - hst, hrs - hsr
    rough = -np.inf
    for i in range(min(at_t, at_r), max(at_t, at_r) + 1):
        rough = max(rough, h[i] - (hst + slope * d[i]))

    # line of sight, §4.2
    free = 92.4 + 20.0 * math.log10(f_ghz) + 10.0 * math.log10(km * km + ((hts - hrs) / 1000.0) ** 2)
    focus = 2.6 * (1.0 - math.exp(-0.1 * (dlt + dlr)))
    los = free + focus * math.log10(percent / 50.0)
    los_b = free + focus * math.log10(b0 / 50.0)

    # diffraction, §4.3
    ld50 = delta_bullington_db(d, g, hts, hrs, hte_d, hre_d, ae, f_ghz, sea_share, pol)
    fi = 1.0
    if percent >= b0:
        fi = normal_quantile(percent / 100.0) / normal_quantile(b0 / 100.0)
    ldp = ld50
    if percent < 50.0:
        ldb = delta_bullington_db(d, g, hts, hrs, hte_d, hre_d, 3.0 * 6371.0, f_ghz, sea_share, pol)
        ldp = ld50 + fi * (ldb - ld50)
    lbd50, lbd = free + ld50, los + ldp
    least = los + (1.0 - sea_share) * ldp
    if percent >= b0:
        least = lbd50 + (los_b + (1.0 - sea_share) * ldp - lbd50) * fi

    # ducting and layer reflection, §4.5
    low = 45.375 - 137.0 * f_ghz + 92.5 * f_ghz * f_ghz if f_ghz < 0.5 else 0.0
    fixed = 102.45 + 20.0 * math.log10(f_ghz) + 20.0 * math.log10(dlt + dlr) + low
    fixed += _shield_db(theta_t, dlt, f_ghz) + _shield_db(theta_r, dlr, f_ghz)
    fixed += _coast_db(coast_t, dlt, hts, sea_share) + _coast_db(coast_r, dlr, hrs, sea_share)
    angle = 1000.0 * km / ae + min(theta_t, 0.1 * dlt) + min(theta_r, 0.1 * dlr)
    mu3 = 1.0
    if rough > 10.0:
        mu3 = math.exp(-4.6e-5 * (rough - 10.0) * (43.0 + 6.0 * min(km - dlt - dlr, 40.0)))
    tau = 1.0 - math.exp(-4.12e-4 * inland_km**2.41)
    alpha = max(-0.6 - 3.5e-9 * km**3.1 * tau, -3.4)
    mu2 = min((500.0 / ae * km**2 / (math.sqrt(hte) + math.sqrt(hre)) ** 2) ** alpha, 1.0)
    beta = b0 * mu2 * mu3
    log_beta = math.log10(beta)
    gamma = 1.076 / (2.0058 - log_beta) ** 1.012
    gamma *= math.exp(-(9.51 - 4.8 * log_beta + 0.198 * log_beta**2) * 1e-6 * km**1.13)
    in_time = -12.0 + (1.2 + 3.7e-3 * km) * math.log10(percent / beta) + 12.0 * (percent / beta) ** gamma
    lba = fixed + 5e-5 * ae * f_ghz ** (1.0 / 3.0) * angle + in_time
    # 2.5 ln(e^(x/2.5) + e^(y/2.5)) without overflow, eq. (60)
    larger, smaller = max(lba, los), min(lba, los)
    ducted = larger + 2.5 * math.log(1.0 + math.exp((smaller - larger) / 2.5))

    # all together, §4.6, and troposcatter, §4.4
    fk = 1.0 - 0.5 * (1.0 + math.tanh(1.5 * (km - 20.0) / 20.0))
    fj = 1.0 - 0.5 * (1.0 + math.tanh(2.4 * (theta - 0.3) / 0.3))
    lbda = ducted + (lbd - ducted) * fk if ducted <= lbd else lbd
    lbam = lbda + (least - lbda) * fj
    lf = 25.0 * math.log10(f_ghz) - 2.5 * math.log10(f_ghz / 2.0) ** 2
    lbs = 190.1 + lf + 20.0 * math.log10(km) + 0.573 * theta - 0.15 * n0 - 10.125 * math.log10(50.0 / percent) ** 0.7
    less = min(lbs, lbam)
    lbc = less - 5.0 * math.log10(10.0 ** (-0.2 * (lbs - less)) + 10.0 ** (-0.2 * (lbam - less)))
    return free, los, ldp, lba, lbs, lbc, max(los, lbc + location_db)


@njit(cache=True, nogil=True, error_model="numpy")
def batch(
    start: NDArray[np.int64], d: Floats, h: Floats, clutter: Floats, zone: Zones, htg: Floats, hrg: Floats,
    latitude: Floats, delta_n: Floats, n0: Floats, coast_t: Floats, coast_r: Floats, f_ghz: float, percent: float,
    pol: int, location_db: float, out: Floats,
) -> None:  # fmt: skip
    """Terms of every path of a batch in compressed rows; out has shape (paths, 7) or (paths, 1) for the loss alone."""
    longest = 0
    for k in range(start.size - 1):
        longest = max(longest, start[k + 1] - start[k])
    g = np.empty(longest)
    for k in range(start.size - 1):
        a, z = start[k], start[k + 1]
        n = z - a
        for i in range(n):
            g[i] = h[a + i] + clutter[a + i]
        g[0], g[n - 1] = h[a], h[z - 1]
        land = longest_km(d[a:z], zone[a:z], COAST, INLAND)
        inland = longest_km(d[a:z], zone[a:z], INLAND, INLAND)
        sea = sea_share_of(d[a:z], zone[a:z])
        terms = terms_of(
            d[a:z], h[a:z], g[:n], htg[k], hrg[k], f_ghz, percent, pol,
            0.0 if zone[z - 1] == SEA else location_db, latitude[k], delta_n[k], n0[k], land, inland, sea,
            0.0 if zone[a] == SEA else coast_t[k], 0.0 if zone[z - 1] == SEA else coast_r[k],
        )  # fmt: skip
        if out.shape[1] == 1:
            out[k, 0] = terms[6]
        else:
            for j in range(7):
                out[k, j] = terms[j]


@njit(cache=True, nogil=True, error_model="numpy")
def first_fault(
    start: NDArray[np.int64], d: Floats, h: Floats, clutter: Floats, zone: Zones, least: int
) -> tuple[int, int]:
    """First path that cannot be computed and why: 0 none, 1 too few points, 2 no number, 3 clutter below 0, 4 distances, 5 zone."""
    for k in range(start.size - 1):
        a, z = start[k], start[k + 1]
        if z - a < least:
            return k, 1
        if d[a] != 0.0:
            return k, 4
        for i in range(a, z):
            if not (np.isfinite(h[i]) and np.isfinite(clutter[i]) and np.isfinite(d[i])):
                return k, 2
            if clutter[i] < 0.0:
                return k, 3
            if i > a and d[i] <= d[i - 1]:
                return k, 4
            if zone[i] != SEA and zone[i] != COAST and zone[i] != INLAND:
                return k, 5
    return -1, 0
