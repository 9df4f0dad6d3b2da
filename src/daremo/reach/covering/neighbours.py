"""Large-neighbourhood search: one window after another is solved exactly, all else as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daremo.reach.covering.parts import Local
from daremo.reach.covering.search import improve, window

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Places of a window, and the seconds after which HiGHS gives up on one.
SIZE, PATIENCE_S = 120, 5.0


def polish(
    part: Local,
    is_open: Mask,
    scale: float,
    *,
    seed: int,
    late: Callable[[], bool],
    size: int = SIZE,
    passes: float = 3.0,
) -> int:
    """Improve a choice in place; the saving.

    Parameters
    ----------
    size : int
        Places chosen anew at a time.
    passes : float
        How often each place is in a window, about.
    """
    random = np.random.default_rng(seed)
    n = part.n_places
    saved = 0
    for _ in range(max(1, int(np.ceil(passes * n / size)))):
        if late():
            break
        places = window(part.start, part.item, part.turned_start, part.turned_row, int(random.integers(n)), size)
        saved += improve(part, is_open, places, scale, seed=seed, time_limit_s=PATIENCE_S)
        if places.size == n:
            break
    return saved
