"""Good sets of open places quickly: fill, then exchange while it helps; every set keeps all conditions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daremo.reach.staffing.attendance import Units
from daremo.reach.staffing.layout import SHORT, change
from daremo.reach.staffing.terms import Terms

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: A change must bring this much, in visits a year, to be made.
LEAST_GAIN = 1e-7


def may_enter(t: Terms, open_p: Bool, leave: int = -1) -> Int:
    """Places that may open, index, once `leave` has closed (−1: none closes)."""
    after = open_p.copy()
    if leave >= 0:
        after[leave] = False
    if int(after.sum()) >= t.most_open:
        return np.zeros(0, np.int64)
    free = t.can_p & ~open_p
    held = np.bincount(t.organisation_p[after & (t.organisation_p >= 0)], minlength=t.n_places + 1)
    free &= (t.organisation_p < 0) | (held[t.organisation_p] < t.most_organisation)
    for p in np.flatnonzero(after):
        free[t.apart_place[t.apart_start[p] : t.apart_start[p + 1]]] = False
    return np.flatnonzero(free)


def may_leave(t: Terms, open_p: Bool) -> Int:
    """Open places that may close without another opening, index."""
    free = open_p & ~t.must_p
    if t.least_quota > 0:
        held = np.bincount(t.quota_p[open_p & (t.quota_p >= 0)], minlength=t.n_places + 1)
        free &= (t.quota_p < 0) | (held[t.quota_p] > t.least_quota)
    return np.flatnonzero(free)


def allowed(t: Terms, open_p: Bool) -> bool:
    """Whether a set keeps all conditions but those of money and load."""
    if (open_p & ~t.can_p).any() or (t.must_p & ~open_p).any() or int(open_p.sum()) > t.most_open:
        return False
    owners = t.organisation_p[open_p & (t.organisation_p >= 0)]
    if owners.size and np.bincount(owners).max() > t.most_organisation:
        return False
    if _short_groups(t, open_p).size:
        return False
    return not any(open_p[t.apart_place[t.apart_start[p] : t.apart_start[p + 1]]].any() for p in np.flatnonzero(open_p))


def _short_groups(t: Terms, open_p: Bool) -> Int:
    if t.least_quota <= 0:
        return np.zeros(0, np.int64)
    groups = np.unique(t.quota_p[t.quota_p >= 0])
    held = np.bincount(t.quota_p[open_p & (t.quota_p >= 0)], minlength=t.n_places + 1)
    return np.asarray(groups[held[groups] < t.least_quota], np.int64)


def trimmed(t: Terms, wish_p: Float) -> Bool:
    """A set that keeps the conditions, from wishes: must first, then quotas, then what is wished for most."""
    open_p = t.must_p.copy()
    order = np.argsort(-wish_p, kind="stable")
    for only_short in (True, False):
        for p in order:
            if not only_short and wish_p[p] < 0.5:
                break
            if open_p[p] or (only_short and t.quota_p[p] not in _short_groups(t, open_p)):
                continue
            if p in may_enter(t, open_p):
                open_p[p] = True
    return open_p


def improve(
    units: Units, t: Terms, open_p: Bool, late: Callable[[], bool], passes: int = 20, swaps: bool = True
) -> tuple[Bool, float]:
    """Open, close and exchange places while the worth rises; the set, and its worth in visits a year.

    The worth is that of `staffed`; `SHORT` where even the first set cannot be.
    """
    now = open_p.copy()
    value = change(units, t, now, -1, np.array([-1]))[0]
    for _ in range(passes):
        before = value
        while not late():
            top, p = change(units, t, now, -1, may_enter(t, now))
            if top <= value + LEAST_GAIN or p < 0:
                break
            now[p], value = True, top
        for out in may_leave(t, now):
            top = change(units, t, now, int(out), np.array([-1]))[0]
            if (top > value + LEAST_GAIN or value == SHORT) and out in may_leave(t, now):
                now[out], value = False, top
        for out in np.flatnonzero(now & ~t.must_p) if swaps else ():
            if late():
                return now, value
            enter = _stand_ins(t, now, int(out))
            top, p = change(units, t, now, int(out), enter)
            if p >= 0 and top > value + LEAST_GAIN:
                now[out], now[p], value = False, True, top
        if value <= before + LEAST_GAIN:
            break
    return now, value


def _stand_ins(t: Terms, open_p: Bool, out: int) -> Int:
    enter = may_enter(t, open_p, out)
    if t.least_quota > 0 and out not in may_leave(t, open_p):
        enter = enter[t.quota_p[enter] == t.quota_p[out]]
    return enter
