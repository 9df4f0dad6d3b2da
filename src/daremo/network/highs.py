"""HiGHS on one thread, whatever the process did with HiGHS before: its scheduler is made anew where it does not fit."""

from __future__ import annotations

import threading

import highspy

_LOCK = threading.Lock()


def one_thread() -> highspy.Highs:
    """A silent HiGHS object that runs on one thread with the simplex method."""
    with _LOCK:
        probe = highspy.Highs()
        probe.setOptionValue("output_flag", False)
        probe.setOptionValue("threads", 1)
        probe.addVar(0.0, 1.0)
        if probe.run() == highspy.HighsStatus.kError:
            highspy.Highs.resetGlobalScheduler(True)
    made = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("solver", "simplex")):
        made.setOptionValue(name, value)
    return made
