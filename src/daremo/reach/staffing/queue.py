"""How long people queue at desks, and how much a desk or a class can take so that they do not queue too long.

Source: Erlang 1917; Cooper, Introduction to Queueing Theory, 2nd ed., 1981, ch. 3 (exact for M/M/c, first come
first served). For visits that are not exponential: Allen 1990, Probability, Statistics, and Queueing Theory (the
Allen-Cunneen approximation).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import pdtr, pdtrc

from daremo.kernel.errors import UsageError


def erlang_b(offered: float, servers: int) -> float:
    """Share of arrivals that find all servers busy where nobody waits (M/M/c/c), a probability.

    Parameters
    ----------
    offered : float
        Arrivals an hour × hours a visit (erlang).
    servers : int
        At least 0.

    Raises
    ------
    UsageError
        A negative or missing number.

    Examples
    --------
    >>> round(erlang_b(2.0, 3), 6)
    0.210526
    """
    if not (offered >= 0 and math.isfinite(offered)) or servers < 0:
        raise UsageError("bad-queue", "窓口の数か混みぐあいが使えません", "0以上の数を入れてください")
    blocked = 1.0
    for c in range(1, servers + 1):
        blocked = offered * blocked / (c + offered * blocked)
    return blocked


def erlang_c(offered: float, servers: int) -> float:
    """Share of arrivals that have to wait at all (M/M/c), a probability; 1 where the servers cannot keep up.

    Parameters
    ----------
    offered : float
        Arrivals an hour × hours a visit (erlang).
    servers : int

    Examples
    --------
    >>> round(erlang_c(2.0, 3), 6), erlang_c(3.0, 3)
    (0.444444, 1.0)
    """
    blocked = erlang_b(offered, servers)
    if offered >= servers:
        return 1.0
    busy = offered / servers
    return blocked / (1 - busy * (1 - blocked))


def wait_over_share(offered: float, servers: int, visit_min: float, wait_min: float, spread: float = 1.0) -> float:
    """Probability of waiting longer than `wait_min` minutes.

    Parameters
    ----------
    offered : float
        Arrivals an hour × hours a visit (erlang).
    servers : int
    visit_min, wait_min : float, minutes
    spread : float
        Standard deviation of a visit's length over its mean; exact at 1, an approximation elsewhere.

    Examples
    --------
    >>> round(wait_over_share(0.5, 1, 30.0, 30.0), 6)
    0.303265
    """
    if offered >= servers:
        return 1.0
    rate = (servers - offered) / visit_min * 2 / (1 + spread**2)
    return erlang_c(offered, servers) * math.exp(-rate * wait_min)


def mean_wait_min(offered: float, servers: int, visit_min: float, spread: float = 1.0) -> float:
    """Mean wait of all who come, minutes; infinite where the servers cannot keep up.

    Parameters
    ----------
    offered : float
        Arrivals an hour × hours a visit (erlang).
    servers : int
    visit_min : float, minutes
    spread : float
        As in `wait_over_share`; with one server the mean is exact for every spread (Pollaczek-Khinchine).

    Examples
    --------
    >>> mean_wait_min(0.5, 1, 30.0), mean_wait_min(0.5, 1, 30.0, spread=0.0)
    (30.0, 15.0)
    """
    if offered >= servers:
        return math.inf
    return erlang_c(offered, servers) * visit_min / (servers - offered) * (1 + spread**2) / 2


def most_offered(servers: int, visit_min: float, wait_min: float, risk_share: float, spread: float = 1.0) -> float:
    """Greatest load (erlang) at which at most `risk_share` of visitors wait longer than `wait_min`.

    Parameters
    ----------
    servers : int
    visit_min, wait_min : float, minutes
    risk_share : float
    spread : float

    Examples
    --------
    >>> round(most_offered(1, 30.0, 0.0, 0.25), 6)
    0.25
    """
    return _greatest(lambda a: wait_over_share(a, servers, visit_min, wait_min, spread), risk_share, float(servers))


def full_share(mean: float, seats: int) -> float:
    """Share of those who wish to join a session that find it full: wishes are Poisson with this mean, seats few.

    Parameters
    ----------
    mean : float, learners a session
    seats : int

    Examples
    --------
    >>> round(full_share(1.0, 1), 6)
    0.367879
    """
    if mean <= 0:
        return 0.0
    # E[(N − s)⁺] / m = P(N ≥ s) − (s / m) P(N ≥ s + 1)
    at_least = 1.0 if seats == 0 else float(pdtrc(seats - 1, mean))
    return max(0.0, at_least - seats / mean * float(pdtrc(seats, mean)))


def most_wishes(seats: int, risk_share: float) -> float:
    """Greatest mean number of learners a session at which at most `risk_share` of them find it full, never above the seats.

    Parameters
    ----------
    seats : int
        At least 1.
    risk_share : float

    Examples
    --------
    >>> round(full_share(most_wishes(8, 0.05), 8), 6)
    0.05
    """
    return _greatest(lambda mean: full_share(mean, seats), risk_share, float(seats))


def few_shares(mean: float) -> tuple[float, float]:
    """Share of slots with nobody, and with one learner, where arrivals are Poisson with this mean a slot."""
    return math.exp(-mean), float(pdtr(1, mean)) - math.exp(-mean)


def _greatest(risk_of: Callable[[float], float], risk_share: float, top: float) -> float:
    """Greatest x in [0, top] with risk_of(x) ≤ risk_share; risk_of rises. Kept on the safe side."""
    if risk_of(top) <= risk_share:
        return top
    low, high = 0.0, top
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if risk_of(middle) <= risk_share:
            low = middle
        else:
            high = middle
    return low
