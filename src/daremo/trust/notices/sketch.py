"""Find the notices that are like a text among thousands: MinHash over runs of three keys.

A sketch is 48 numbers; the share of equal numbers estimates the share of common runs (Broder 1997). Sketches travel with a
snapshot, so that a check on a fresh process needs no index to be built.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LENGTH, RUN = 48, 3
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


def _constants() -> tuple[U64, U64]:
    """Multipliers and offsets by splitmix64 from a fixed seed, shape (LENGTH,)."""
    state, out = 0x6461_7265_6D6F, []
    for _ in range(2 * LENGTH):
        state = (state + 0x9E37_79B9_7F4A_7C15) & (1 << 64) - 1
        z = state
        z = (z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9 & (1 << 64) - 1
        z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EB & (1 << 64) - 1
        out.append((z ^ z >> 31) | 1)
    values = np.array(out, np.uint64)
    return values[:LENGTH], values[LENGTH:]


_TIMES, _PLUS = _constants()


@lru_cache(maxsize=256)
def runs_of(keys: str) -> U64:
    """Distinct runs of three keys as numbers, shape (runs,), unit: none."""
    points = np.frombuffer(keys.encode("utf-32-le"), np.uint32).astype(np.uint64)
    if points.size < RUN:
        points = np.concatenate([points, np.zeros(RUN - points.size, np.uint64)])
    # code points need 21 bits: three fit into one number
    return np.unique(points[:-2] << np.uint64(42) | points[1:-1] << np.uint64(21) | points[2:])


def sketch(keys: str) -> U32:
    """Sketch of a text by its keys, shape (LENGTH,)."""
    mixed = runs_of(keys)[:, None] * _TIMES + _PLUS
    mixed ^= mixed >> np.uint64(29)
    found: U64 = ((mixed * np.uint64(0x9E37_79B9_7F4A_7C15)) >> np.uint64(32)).min(axis=0)
    return found.astype(np.uint32)


def nearest(sketches: U32, one: U32, most: int) -> list[int]:
    """Rows that are likest, likest first; those without any common number are left out.

    Parameters
    ----------
    sketches : ndarray, shape (notices, LENGTH)
    one : ndarray, shape (LENGTH,)
    most : int
    """
    if not len(sketches):
        return []
    equal = (sketches == one).sum(axis=1)
    rows = np.argsort(-equal, kind="stable")[:most]
    return [int(r) for r in rows if equal[r]]


def common_share(a: U64, b: U64) -> float:
    """Share of the runs of `a` that `b` has too (share, 0 to 1)."""
    return float(np.isin(a, b, assume_unique=True).mean()) if a.size else 0.0
