"""How long a search may run: it asks often, and returns the best so far when it is late."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from daremo.kernel.errors import UsageError

#: Told (best value, proved bound) whenever one of them changes; either may be infinite at first.
Tell = Callable[[float, float], None]


def _untold(value: float, bound: float) -> None:
    """A tell that tells nobody."""


def _never() -> bool:
    """A stop that never stops."""
    return False


class Watch:
    """How long a search may run and whom it tells; a search asks `late()` often and returns its best when it is.

    Parameters
    ----------
    limit_s : float
        Seconds of wall time; infinite = until done.
    tell : callable, optional
        Told (value, bound).
    stop : callable, optional
        True ends the search with the best so far, e.g. after Ctrl-C.
    """

    def __init__(
        self,
        limit_s: float = math.inf,
        *,
        tell: Tell = _untold,
        stop: Callable[[], bool] = _never,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.process_time,
    ) -> None:
        if not limit_s > 0:
            raise UsageError(
                "bad-time-limit", f"時間の上限 {limit_s} 秒では計算できません", "0より大きい秒数を入れてください"
            )
        self.limit_s, self.tell, self._stop, self._clock, self._cpu_clock = limit_s, tell, stop, clock, cpu_clock
        self._begun, self._cpu_begun = clock(), cpu_clock()

    @property
    def seconds(self) -> float:
        """Wall seconds since the watch was made."""
        return self._clock() - self._begun

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of this process, all threads, since the watch was made."""
        return self._cpu_clock() - self._cpu_begun

    @property
    def left_s(self) -> float:
        """Wall seconds until the limit; infinite where there is none."""
        return self.limit_s - self.seconds

    def late(self, share: float = 1.0) -> bool:
        """Whether this share of the limit has passed, or somebody asked to stop."""
        return self._stop() or self.seconds > self.limit_s * share
