"""Link budget: how much power a rate needs, and which rate a power gives, by Shannon's formula with a share of it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError

Floats = NDArray[np.float64]
#: Thermal noise at 290 K, dBm in one Hz.
NOISE_DBM_HZ = -173.98


def noise_dbm(bandwidth_mhz: float, noise_figure_db: float) -> float:
    """Noise power of a receiver (dBm) with this bandwidth (MHz) and noise figure (dB)."""
    if not bandwidth_mhz > 0:
        raise UsageError(
            "bad-band", f"帯域 {bandwidth_mhz:g} MHz は使えません", "0より大きくしてください", "bandwidth_mhz"
        )
    return NOISE_DBM_HZ + 10 * math.log10(bandwidth_mhz * 1e6) + noise_figure_db


def needed_dbm(
    rate_mbps: float, bandwidth_mhz: float, noise_figure_db: float, shannon_share: float, least_sinr_db: float
) -> float:
    """Least received power (dBm) for a rate (Mbit/s) without interference."""
    bits = rate_mbps / bandwidth_mhz / shannon_share
    # beyond 50 bit/s/Hz the 1 is lost in rounding, and beyond 1,000 the power itself
    sinr = 10 * math.log10(max(2.0**bits - 1, 1e-12)) if bits < 50 else 10 * bits * math.log10(2)
    return noise_dbm(bandwidth_mhz, noise_figure_db) + max(sinr, least_sinr_db)


def rate_mbps(
    received_dbm: ArrayLike, bandwidth_mhz: float, noise_figure_db: float, shannon_share: float, least_sinr_db: float
) -> Floats:
    """Rate (Mbit/s, of the shape of `received_dbm`) that a received power gives; 0 where it is too weak or NaN."""
    sinr = np.asarray(received_dbm, np.float64) - noise_dbm(bandwidth_mhz, noise_figure_db)
    with np.errstate(invalid="ignore"):
        rate = shannon_share * bandwidth_mhz * np.log2(1 + 10 ** (sinr / 10))
        return np.where(sinr >= least_sinr_db - 1e-9, rate, 0.0)
