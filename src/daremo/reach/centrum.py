"""Verb `centrum`: open p places so that the trips of those who are worst off add up to least (k-centrum, conditional median)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.watch import Watch
from daremo.reach.median import checked_gap, nearest_open, weights
from daremo.reach.model import Answer, Conditions
from daremo.reach.ordered.question import worst_question
from daremo.reach.ordered.stretches import SAME, Stretches
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix

Float = NDArray[np.float64]
Int = NDArray[np.int64]

METHOD = "p-medians beyond a trip, trips in stretches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Centrum(Answer):
    """Open places with short trips for those who are worst off; `value` is the sum of their (weighted) trips.

    Attributes
    ----------
    worst : float, areas or people
        How many are counted: areas with `areas`, people with `share`.
    worst_mean : float, unit of the trips (times weight with `areas`)
        Mean over them.
    threshold : float
        The (weighted) trip from which on somebody is counted.
    served_by_d : ndarray of int, shape (demand,), index
        Nearest open place; −1 where none is within the trips that were given.
    cost_d : ndarray, shape (demand,), unit of the trips
        Trip to it; infinite where there is none.
    unreachable : tuple of int
        Demand points without any trip: not counted.
    unserved : tuple of int
        Demand points with trips, none of them to an open place: counted with the longest trip of the question.
    bound_certified : float
        The bound that the certificate proves in whole numbers; `bound` may be tighter where HiGHS helped.
    certificate : dict
        Stretches of the trip from which on people are counted, and the proof of each.
    """

    worst: float
    worst_mean: float
    threshold: float
    served_by_d: Int
    cost_d: Float
    unreachable: tuple[int, ...]
    unserved: tuple[int, ...]
    bound_certified: float
    certificate: dict[str, Any] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; the certificate is written beside it."""
        return {
            **Answer.as_dict(self),
            "worst": self.worst,
            "worst_mean": self.worst_mean,
            "threshold": self.threshold,
            "bound_certified": self.bound_certified,
            "unreachable": list(self.unreachable),
            "unserved": list(self.unserved),
        }


def centrum(
    pairs: Pairs | ArrayLike,
    weight_d: ArrayLike | None = None,
    *,
    p: int,
    areas: int | None = None,
    share: float | None = None,
    conditions: Conditions | None = None,
    gap: float = 0.0,
    seed: int = 1,
    workers: int = 1,
    watch: Watch | None = None,
) -> Centrum:
    """Open at most p places so that the trips of the worst-off areas, or of the worst-off share of people, add up to least.

    Parameters
    ----------
    pairs : Pairs or array_like of shape (demand, places), km or minutes
        A full table may hold infinite or missing entries.
    weight_d : array_like, shape (demand,), people, optional
        1 each where not given.
    p : int
        Most open places; existing ones in `conditions.must` count.
    areas : int, optional
        Sum the so many greatest weighted trips (k-centrum): 1 = the weighted p-centre, all = the p-median. Or
    share : float, optional
        sum the trips of this share of all people who can be reached, those with the longest trips (conditional median).
    gap : float, share
        Stop when (value − bound) / value is at most this; 0 = proved best.
    workers : int
        Threads; the answer does not depend on them.

    Returns
    -------
    Centrum

    Raises
    ------
    UsageError
        Numbers that are negative or not finite, wrong shapes, neither or both of `areas` and `share`.
    Infeasible
        The conditions cannot hold together.

    Source
    ------
    k-centrum: Slater 1978; conditional median: Ogryczak and Zawadzki 2002, Annals of Operations Research 110; the sum
    of the greatest as a minimum over t: Ogryczak and Tamir 2003, Information Processing Letters 85.

    Examples
    --------
    >>> found = centrum([[0, 4, 9], [3, 0, 9], [9, 8, 0]], p=1, areas=2)
    >>> found.value, found.bound, found.open
    (12.0, 12.0, (0,))
    """
    table = pairs if isinstance(pairs, Pairs) else pairs_of_matrix(pairs)
    checked_gap(gap)
    q = worst_question(table, weights(weight_d, table.n_demand), areas, share)
    watch = Watch() if watch is None else watch
    search = Stretches(q, p, conditions or Conditions(), gap, seed, workers, watch)
    search.run()
    value, threshold = q.worst(q.paid(search.is_open))
    bound = search.bound()
    served, trip = nearest_open(table, search.is_open)
    reached = np.diff(table.start) > 0
    return Centrum(
        value=value,
        bound=value if bound >= value * (1 - SAME) else bound,
        sense="min",
        open=tuple(int(j) for j in np.flatnonzero(search.is_open)),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        method=f"{METHOD}, {len(search.done)} stretches",
        seed=seed,
        finished=bound >= search.good,
        worst=q.most,
        worst_mean=value / q.most if q.most else 0.0,
        threshold=threshold,
        served_by_d=served,
        cost_d=trip,
        unreachable=tuple(int(i) for i in table.unreachable()),
        unserved=tuple(int(i) for i in np.flatnonzero(reached & (served < 0))),
        bound_certified=search.certified(),
        certificate=search.certificate(),
    )
