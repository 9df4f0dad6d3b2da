"""ITU-R P.1812 for one path in plain NumPy, written from the Recommendation's text: slow, and independent of the kernel.

Tests compare the kernel with it on random paths; `network_radio.py` measures it beside the kernel.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def quantile(x: float) -> float:
    """Attachment 2: inverse complementary cumulative normal distribution."""
    x = min(max(x, 1e-6), 1 - 1e-6)

    def tail(y: float) -> float:
        t = np.sqrt(-2 * np.log(y))
        return float(
            t - (2.515516698 + 0.802853 * t + 0.010328 * t**2) / (1 + 1.432788 * t + 0.189269 * t**2 + 0.001308 * t**3)
        )

    return tail(x) if x <= 0.5 else -tail(1 - x)


def stretches(d: Any, inside: Any) -> list[float]:
    """Lengths of the unbroken stretches of points inside, each ending half-way to its neighbours."""
    edge = np.diff(np.concatenate([[0], inside.astype(int), [0]]))
    out = []
    for a, z in zip(np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1, strict=True):
        left = d[a] if a == 0 else (d[a - 1] + d[a]) / 2
        right = d[z] if z == len(d) - 1 else (d[z] + d[z + 1]) / 2
        out.append(float(right - left))
    return out


def edge_loss(nu: float) -> float:
    """Eq. (12)."""
    return 0.0 if nu <= -0.78 else float(6.9 + 20 * np.log10(np.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1))


def bullington(d: Any, g: Any, ht: float, hr: float, radius: float, f: float) -> float:
    """§4.3.1."""
    whole, lam = d[-1], 0.2998 / f
    a, b, top = d[1:-1], d[-1] - d[1:-1], g[1:-1] + 500 / radius * d[1:-1] * (d[-1] - d[1:-1])
    up_t, line = ((top - ht) / a).max(), (hr - ht) / whole
    if up_t < line:
        nu = ((top - (ht * b + hr * a) / whole) * np.sqrt(0.002 * whole / (lam * a * b))).max()
    else:
        up_r = ((top - hr) / b).max()
        at = (hr - ht + up_r * whole) / (up_t + up_r)
        over = ht + up_t * at - (ht * (whole - at) + hr * at) / whole
        nu = over * np.sqrt(0.002 * whole / (lam * at * (whole - at)))
    luc = edge_loss(float(nu))
    return float(luc + (1 - np.exp(-luc / 6)) * (10 + 0.02 * whole))


def first_term(whole: float, ht: float, hr: float, radius: float, f: float, sea: float) -> Any:
    """§4.3.3 for both polarisations, shape (2,)."""
    total = np.zeros(2)
    for share, epsilon, sigma in ((1 - sea, 22, 0.003), (sea, 80, 5)):
        kh = 0.036 * (radius * f) ** (-1 / 3) * ((epsilon - 1) ** 2 + (18 * sigma / f) ** 2) ** (-1 / 4)
        k = np.array([kh, kh * np.sqrt(epsilon**2 + (18 * sigma / f) ** 2)])
        beta = (1 + 1.6 * k**2 + 0.67 * k**4) / (1 + 4.5 * k**2 + 1.53 * k**4)
        x = 21.88 * beta * (f / radius**2) ** (1 / 3) * whole
        far = 11 + 10 * np.log10(x) - 17.6 * x
        near = -20 * np.log10(x) - 5.6488 * x**1.425
        loss = -np.where(x >= 1.6, far, near)
        for height in (ht, hr):
            b = beta * 0.9575 * beta * (f**2 / radius) ** (1 / 3) * height
            high = 17.6 * np.sqrt(np.maximum(b - 1.1, 1e-9)) - 5 * np.log10(np.maximum(b - 1.1, 1e-9)) - 8
            low = 20 * np.log10(b + 0.1 * b**3)
            loss = loss - np.maximum(np.where(b > 2, high, low), 2 + 20 * np.log10(k))
        total = total + share * loss
    return total


def spherical(whole: float, ht: float, hr: float, radius: float, f: float, sea: float) -> Any:
    """§4.3.2 for both polarisations, shape (2,)."""
    if whole >= np.sqrt(2 * radius) * (np.sqrt(0.001 * ht) + np.sqrt(0.001 * hr)):
        return first_term(whole, ht, hr, radius, f, sea)
    c, m = (ht - hr) / (ht + hr), 250 * whole**2 / (radius * (ht + hr))
    turn = np.arccos(3 * c / 2 * np.sqrt(3 * m / (m + 1) ** 3))
    b = 2 * np.sqrt((m + 1) / (3 * m)) * np.cos(np.pi / 3 + turn / 3)
    one = whole / 2 * (1 + b)
    two = whole - one
    clear = ((ht - 500 * one**2 / radius) * two + (hr - 500 * two**2 / radius) * one) / whole
    wanted = 17.456 * np.sqrt(one * two * 0.2998 / f / whole)
    if clear > wanted:
        return np.zeros(2)
    modified = 500 * (whole / (np.sqrt(ht) + np.sqrt(hr))) ** 2
    return (1 - clear / wanted) * np.maximum(first_term(whole, ht, hr, modified, f, sea), 0)


def loss_db(
    f: float, p: float, d: Any, h: Any, clutter: Any, zone: Any, htg: float, hrg: float, pol: int, latitude: float,
    delta_n: float, n0: float, add_db: float = 0.0, coast_t: float = 500.0, coast_r: float = 500.0,
) -> float:  # fmt: skip
    """Basic transmission loss (dB): f GHz, p % of time, d km, heights m, pol 1 horizontal or 2 vertical."""
    g = h + clutter
    g[0], g[-1] = h[0], h[-1]
    n, whole = len(d), float(d[-1])
    coast_t, coast_r = (0.0 if zone[0] == 1 else coast_t), (0.0 if zone[-1] == 1 else coast_r)
    land = max(stretches(d, zone != 1), default=0.0)
    inland = max(stretches(d, zone == 4), default=0.0)
    sea = sum(stretches(d, zone == 1)) / whole
    tau = 1 - np.exp(-(4.12e-4 * inland**2.41))
    mu1 = min((10 ** (-land / (16 - 6.6 * tau)) + 10 ** (-5 * (0.496 + 0.354 * tau))) ** 0.2, 1)
    polar = abs(latitude) > 70
    mu4 = mu1**0.3 if polar else mu1 ** (-0.935 + 0.0176 * abs(latitude))
    b0 = (4.17 if polar else 10 ** (-0.015 * abs(latitude) + 1.67)) * mu1 * mu4
    ae = 6371 * 157 / (157 - delta_n)
    ht, hr = h[0] + htg, h[-1] + hrg

    # Attachment 1
    step = np.diff(d)
    v1 = (step * (h[1:] + h[:-1])).sum()
    v2 = (step * (h[1:] * (2 * d[1:] + d[:-1]) + h[:-1] * (d[1:] + 2 * d[:-1]))).sum()
    hst, hsr = (2 * v1 * whole - v2) / whole**2, (v2 - v1 * whole) / whole**2
    a, b, top = d[1:-1], whole - d[1:-1], h[1:-1]
    over = top - (ht * b + hr * a) / whole
    st, sr = hst, hsr
    if over.max() > 0:
        at, ar = (over / a).max(), (over / b).max()
        st, sr = hst - over.max() * at / (at + ar), hsr - over.max() * ar / (at + ar)
    ht_d, hr_d = ht - min(st, h[0]), hr - min(sr, h[-1])
    up_t = 1000 * np.arctan((top - ht) / (1000 * a) - a / (2 * ae))
    line = 1000 * np.arctan((hr - ht) / (1000 * whole) - whole / (2 * ae))
    if up_t.max() > line:
        up_r = 1000 * np.arctan((top - hr) / (1000 * b) - b / (2 * ae))
        th_t, th_r = up_t.max(), up_r.max()
        i, j = int(np.argmax(up_t)) + 1, n - 2 - int(np.argmax(up_r[::-1]))
    else:
        th_t, th_r = line, 1000 * np.arctan((ht - hr) / (1000 * whole) - whole / (2 * ae))
        nu = (top + 500 / ae * a * b - (ht * b + hr * a) / whole) * np.sqrt(0.002 * whole / (0.2998 / f * a * b))
        i = j = n - 2 - int(np.argmax(nu[::-1]))
    dlt, dlr = d[i], whole - d[j]
    theta = 1000 * whole / ae + th_t + th_r
    hst, hsr = min(hst, h[0]), min(hsr, h[-1])
    hte, hre = ht - hst, hr - hsr
    rough = (h[i : j + 1] - (hst + (hsr - hst) / whole * d[i : j + 1])).max()

    free = 92.4 + 20 * np.log10(f) + 10 * np.log10(whole**2 + ((ht - hr) / 1000) ** 2)
    focus = 2.6 * (1 - np.exp(-0.1 * (dlt + dlr)))
    los, los_b = free + focus * np.log10(p / 50), free + focus * np.log10(b0 / 50)

    def diffraction(radius: float) -> float:
        smooth = bullington(d, np.zeros(n), ht_d, hr_d, radius, f)
        sphere = spherical(whole, ht_d, hr_d, radius, f, sea)[pol - 1]
        return bullington(d, g, ht, hr, radius, f) + max(float(sphere) - smooth, 0)

    ld50, ldb = diffraction(ae), diffraction(3 * 6371.0)
    fi = 1.0 if p < b0 else quantile(p / 100) / quantile(b0 / 100)
    ldp = ld50 if p == 50 else ld50 + fi * (ldb - ld50)
    lbd50, lbd = free + ld50, los + ldp
    least = los + (1 - sea) * ldp if p < b0 else lbd50 + (los_b + (1 - sea) * ldp - lbd50) * fi

    fixed = 102.45 + 20 * np.log10(f) + 20 * np.log10(dlt + dlr)
    fixed += 45.375 - 137 * f + 92.5 * f * f if f < 0.5 else 0
    for angle, horizon in ((th_t, dlt), (th_r, dlr)):
        x = angle - 0.1 * horizon
        if x > 0:
            fixed += 20 * np.log10(1 + 0.361 * x * np.sqrt(f * horizon)) + 0.264 * x * f ** (1 / 3)
    for coast, horizon, height in ((coast_t, dlt, ht), (coast_r, dlr, hr)):
        if sea >= 0.75 and coast <= horizon and coast <= 5:
            fixed += -3 * np.exp(-0.25 * coast**2) * (1 + np.tanh(0.07 * (50 - height)))
    mu3 = np.exp(-4.6e-5 * (rough - 10) * (43 + 6 * min(whole - dlt - dlr, 40))) if rough > 10 else 1
    alpha = max(-0.6 - 3.5e-9 * whole**3.1 * tau, -3.4)
    mu2 = min((500 / ae * whole**2 / (np.sqrt(hte) + np.sqrt(hre)) ** 2) ** alpha, 1)
    beta = b0 * mu2 * mu3
    lg = np.log10(beta)
    gamma = 1.076 / (2.0058 - lg) ** 1.012 * np.exp(-(9.51 - 4.8 * lg + 0.198 * lg**2) * 1e-6 * whole**1.13)
    timely = -12 + (1.2 + 3.7e-3 * whole) * np.log10(p / beta) + 12 * (p / beta) ** gamma
    angle = 1000 * whole / ae + min(th_t, 0.1 * dlt) + min(th_r, 0.1 * dlr)
    lba = fixed + 5e-5 * ae * f ** (1 / 3) * angle + timely
    ducted = 2.5 * np.logaddexp(lba / 2.5, los / 2.5)

    fk = 1 - 0.5 * (1 + np.tanh(3 * 0.5 * (whole - 20) / 20))
    fj = 1 - 0.5 * (1 + np.tanh(3 * 0.8 * (theta - 0.3) / 0.3))
    lbda = lbd if ducted > lbd else ducted + (lbd - ducted) * fk
    lbam = lbda + (least - lbda) * fj
    lf = 25 * np.log10(f) - 2.5 * np.log10(f / 2) ** 2
    lbs = 190.1 + lf + 20 * np.log10(whole) + 0.573 * theta - 0.15 * n0 - 10.125 * np.log10(50 / p) ** 0.7
    lbc = -5 * np.log10(10 ** (-0.2 * lbs) + 10 ** (-0.2 * lbam))
    return float(max(los, lbc + (0.0 if zone[-1] == 1 else add_db)))
