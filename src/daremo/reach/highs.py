"""HiGHS on one thread, whatever the process did with HiGHS before.

HiGHS keeps one scheduler a process and refuses to run with another number of threads than it was first asked for. An
answer must not depend on that, so it is looked at each time, and the scheduler is made anew where it does not fit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import highspy

_LOCK = threading.Lock()


def one_thread() -> highspy.Highs:
    """A HiGHS object of a process whose scheduler takes one thread; the caller still sets ``threads`` to 1."""
    with _LOCK:
        probe = highspy.Highs()
        probe.silent()
        probe.setOptionValue("threads", 1)
        probe.addVar(0.0, 1.0)
        if probe.run() == highspy.HighsStatus.kError:
            highspy.Highs.resetGlobalScheduler(True)
    return highspy.Highs()


def heed(h: highspy.Highs, late: Callable[[], bool]) -> None:
    """Let HiGHS end with what it has once `late` says so; it asks between iterations and branches.

    Its own time limit counts wall seconds and knows nothing of a person who stops the search.
    """

    def asked(event: Any) -> None:
        if late():
            event.interrupt()

    h.cbMipInterrupt.subscribe(asked)
    h.cbIpmInterrupt.subscribe(asked)
