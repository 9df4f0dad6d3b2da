"""Access: how well each life stage at each demand point is served, by the measure that is asked for.

One verb, `access`, over sparse trips (`travel.pairs`); `verify_access` counts an answer again with code of its own.
The functions on full tables that a town needs are re-exported from `dense` and `travel.points`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.access_question import MEASURES, AccessQuestion, Measure, access_question
from daremo.reach.catchment import add_load, chosen_weight, gather, mean_of_nearest, nearest_open, ratio
from daremo.reach.decay import Decay, log_logistic
from daremo.reach.dense import e2sfca, nearest
from daremo.reach.model import gap_share
from daremo.reach.raam import Crowd, cycles, equilibrium
from daremo.reach.travel.pairs import Pairs
from daremo.reach.travel.sphere import EARTH_KM, haversine_km, neighbour_km

__all__ = [
    "EARTH_KM",
    "MEASURES",
    "Access",
    "AccessQuestion",
    "Measure",
    "access",
    "access_question",
    "e2sfca",
    "haversine_km",
    "log_logistic",
    "nearest",
    "neighbour_km",
]

Floats = NDArray[np.float64]
#: Sweeps after which `raam` gives what it has, with the gap it has proved.
_MOST_SWEEPS = 20_000
_METHODS = {
    "nearest": "nearest place with capacity",
    "k-nearest": "mean of the k nearest places with capacity",
    "gravity": "capacity in reach, weighted by distance decay",
    "2sfca": "two-step floating catchment",
    "e2sfca": "enhanced two-step floating catchment",
    "3sfca": "three-step floating catchment with selection probabilities",
    "raam": "rational agents: equilibrium by block descent, duality gap proved",
    "raam-cycles": "rational agents: published iteration in whole people",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How well everybody is served.

    Attributes
    ----------
    measure : str
    value_dg : ndarray, shape (d, g), `unit`
        One column a life stage, one column in all where demand came without stages. Of a demand point that reaches
        nothing: infinite where less is better, 0 where more is.
    unit : {"km", "min", "capacity", "capacity per person", "cost"}
    more_is_better : bool
    place_dg : ndarray of int, shape (d, g), index
        Nearest place (measure ``nearest`` only, otherwise None); −1 where there is none.
    load_p : ndarray, shape (p,), people
        Who would come, each counted by her weight (``raam``: who comes). 0 for measures without crowding.
    ratio_p : ndarray, shape (p,), capacity per person
        Capacity over load; 0 where nobody comes.
    unreached_dg : ndarray of bool, shape (d, g), mask
        Whether no place with capacity is in reach; listed whatever its number of people, never dropped.
    people_unreached : float
        People of those.
    parameters : dict
    method : str
    value, bound : float
        Mean of `value_dg` over people who reach something, and the same again; ``raam``: objective of the convex
        problem, and what it can at best be.
    seconds, cpu_seconds : float
    finished : bool
        False where ``raam`` was stopped before its gap.
    people_t : tuple of ndarray
        ``raam``: people on each trip of each stage's `Pairs`; otherwise empty.
    crowding_p : ndarray, shape (p,), cost
        ``raam``: what crowding adds at each place; otherwise None.
    """

    measure: Measure
    value_dg: Floats
    unit: str
    more_is_better: bool
    place_dg: NDArray[np.int64] | None
    load_p: Floats
    ratio_p: Floats
    unreached_dg: NDArray[np.bool_]
    people_unreached: float
    parameters: dict[str, Any]
    method: str
    value: float
    bound: float
    seconds: float
    cpu_seconds: float
    finished: bool = True
    people_t: tuple[Floats, ...] = ()
    crowding_p: Floats | None = None

    @property
    def gap_share(self) -> float:
        """|bound − value| / |value| of ``raam``; 0 for every other measure, which is exact."""
        return gap_share(self.value, self.bound) if self.people_t else 0.0

    @property
    def unreachable(self) -> tuple[int, ...]:
        """Demand points from which no life stage reaches a place, ascending."""
        return tuple(np.flatnonzero(self.unreached_dg.all(axis=1)).tolist())

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; what is infinite or has no value is null."""
        return {
            "measure": self.measure,
            "value": _plain(self.value),
            "bound": _plain(self.bound),
            "gap_share": _plain(self.gap_share),
            "unit": self.unit,
            "more_is_better": self.more_is_better,
            "access": [[_plain(x) for x in row] for row in self.value_dg.tolist()],
            "nearest": None if self.place_dg is None else self.place_dg.tolist(),
            "load": self.load_p.tolist(),
            "ratio": self.ratio_p.tolist(),
            "crowding": None if self.crowding_p is None else self.crowding_p.tolist(),
            "unreachable": list(self.unreachable),
            "unreached": [np.flatnonzero(column).tolist() for column in self.unreached_dg.T],
            "people_unreached": self.people_unreached,
            "parameters": self.parameters,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "method": self.method,
            "seed": 0,
            "finished": self.finished,
        }


def access(
    pairs: Pairs | Sequence[Pairs],
    demand_dg: ArrayLike,
    supply_p: ArrayLike | None = None,
    *,
    measure: Measure = "e2sfca",
    decay: Decay | Sequence[Decay] | None = None,
    limit: float = math.inf,
    k: int = 3,
    tau: float = 60.0,
    rho: float | None = None,
    gap: float = 1e-6,
    watch: Watch | None = None,
) -> Access:
    """How well each life stage at each demand point is served; `verify_access` counts the answer again.

    Parameters
    ----------
    pairs : Pairs, or one for each life stage
        Trips; one for all stages, or one each where some walk and others ride.
    demand_dg : array_like, shape (d,) or (d, g), people who want help
    supply_p : array_like, shape (p,), capacity; default 1 a place
        A place without capacity is not a place to go to.
    measure : str
        ``nearest``, ``k-nearest`` (mean of the `k` nearest, infinite where fewer are in reach), ``gravity``, ``2sfca``,
        ``e2sfca``, ``3sfca``, ``raam`` (rational agents, exact), ``raam-cycles`` (rational agents, published iteration).
    decay : Decay, or one for each life stage
        Weight of a trip by its length (`reach.decay`); needed for ``gravity``, ``e2sfca`` and ``3sfca``.
    limit : float, unit of `pairs`
        Longer trips do not count; one of exactly this length does.
    k : int
        For ``k-nearest``.
    tau : float, unit of `pairs`
        ``raam``: trip that weighs as much as going to a place with average crowding.
    rho : float, people per capacity
        ``raam``: average crowding; default all people over all capacity.
    gap : float, share
        ``raam``: wanted proved gap.
    watch : Watch, optional
        ``raam``: time limit, progress and interruption.

    Raises
    ------
    UsageError
        Where numbers do not fit each other, are negative or missing, or a decay is missing or not asked for.

    Source
    ------
    Luo and Wang (2003), Environment and Planning B 30, 865-884 (2SFCA); Luo and Qi (2009), Health & Place 15, 1100-1107
    (E2SFCA); Wan, Zou and Sternberg (2012), IJGIS 26, 1073-1089 (3SFCA); Saxon and Snow (2020), Annals of the AAG 110,
    205-222 (RAAM); Hansen (1959), J. of the American Institute of Planners 25, 73-76 (gravity).

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> a = access(pairs_of_matrix([[1.0, 4.0], [2.0, float("inf")]]), [100, 50], [30, 10], measure="2sfca")
    >>> a.value_dg[:, 0].round(4).tolist(), a.load_p.tolist()
    ([0.3, 0.2], [150.0, 100.0])
    """
    watch = watch or Watch()
    asked = access_question(
        pairs, demand_dg, supply_p, measure=measure, decay=decay, limit=limit, k=k, tau=tau, rho=rho, gap=gap
    )
    if measure in ("nearest", "k-nearest"):
        found = _by_length(asked)
    elif measure in ("raam", "raam-cycles"):
        found = _by_agents(asked, watch)
    else:
        found = _by_catchment(asked)
    unreached = np.column_stack([_unreached(trips, asked.supply_p) for trips in asked.trips])
    mean = _mean(found.value_dg, np.where(unreached, 0.0, asked.demand_dg))
    crowd = found.crowd
    return Access(
        measure=measure,
        value_dg=found.value_dg,
        unit=found.unit,
        more_is_better=measure in ("gravity", "2sfca", "e2sfca", "3sfca"),
        place_dg=found.place_dg,
        load_p=found.load_p,
        ratio_p=ratio(asked.supply_p, found.load_p),
        unreached_dg=unreached,
        people_unreached=float(asked.demand_dg[unreached].sum()),
        parameters=asked.parameters(),
        method=_METHODS[measure],
        value=crowd.value if crowd else mean,
        bound=crowd.bound if crowd else mean,
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        finished=crowd.finished if crowd else True,
        people_t=found.people_t,
        crowding_p=crowd.crowding_p if crowd else None,
    )


class _Found(NamedTuple):
    """What a measure's own part gives."""

    value_dg: Floats
    unit: str
    load_p: Floats
    place_dg: NDArray[np.int64] | None = None
    crowd: Crowd | None = None
    people_t: tuple[Floats, ...] = ()


def _by_length(asked: AccessQuestion) -> _Found:
    """Nearest place, or mean of the k nearest."""
    usable, nobody = asked.supply_p > 0, np.zeros(asked.supply_p.size)
    if asked.measure == "k-nearest":
        means = [mean_of_nearest(t.start, t.place, t.cost, usable, asked.k) for t in asked.trips]
        return _Found(np.column_stack(means), asked.unit, nobody)
    each = [nearest_open(t.start, t.place, t.cost, usable) for t in asked.trips]
    return _Found(
        np.column_stack([cost for _, cost in each]), asked.unit, nobody, np.column_stack([index for index, _ in each])
    )


def _by_catchment(asked: AccessQuestion) -> _Found:
    """Gravity, or demand loaded on the places first and capacity a head found second."""
    load = np.zeros(asked.supply_p.size)
    weights: list[Floats] = []
    for g, trips in enumerate(asked.trips):
        same = next((h for h in range(g) if asked.trips[h] is trips and asked.decays[h] is asked.decays[g]), None)
        weight = asked.weights(g) if same is None else weights[same]
        if same is None and asked.measure == "3sfca":
            weight = chosen_weight(trips.start, weight)
        weights.append(weight)
        if asked.measure != "gravity":
            add_load(trips.start, trips.place, weight, np.ascontiguousarray(asked.demand_dg[:, g]), load)
    offer = asked.supply_p if asked.measure == "gravity" else ratio(asked.supply_p, load)
    value = [gather(t.start, t.place, w, offer) for t, w in zip(asked.trips, weights)]
    return _Found(np.column_stack(value), "capacity" if asked.measure == "gravity" else "capacity per person", load)


def _by_agents(asked: AccessQuestion, watch: Watch) -> _Found:
    """Rational agents: life stages are rows of one table, one after the other, and crowd the same places."""
    kept = [asked.supply_p[t.place] > 0 for t in asked.trips]
    rows = [t._kept(k) for t, k in zip(asked.trips, kept)]
    ends = np.cumsum([0] + [t.n_trips for t in rows])
    start = np.concatenate([[0], *(t.start[1:] + e for t, e in zip(rows, ends))]).astype(np.int64)
    place = np.concatenate([t.place for t in rows])
    travel = np.concatenate([t.cost for t in rows]) / asked.tau
    demand, room = asked.demand_dg.T.ravel(), asked.supply_p * asked.rho
    if asked.measure == "raam-cycles":
        if (demand != np.floor(demand)).any():
            raise UsageError(
                "whole-people", "raam-cycles は人数を1人単位で動かします", "人数を整数にするか、raam を使ってください"
            )
        crowd = cycles(start, place, travel, demand, room, watch=watch)
    else:
        crowd = equilibrium(
            start, place, travel, demand, room, gap_share=asked.gap, most_sweeps=_MOST_SWEEPS, watch=watch
        )
    people = tuple(
        _back(crowd.people_t[a:b], given, asked.limit, k)
        for given, k, a, b in zip(asked.given, kept, ends[:-1], ends[1:])
    )
    return _Found(crowd.cost_r.reshape(asked.demand_dg.shape[::-1]).T.copy(), "cost", crowd.load_p, None, crowd, people)


def _back(people: Floats, given: Pairs, limit: float, kept: NDArray[np.bool_]) -> Floats:
    """People on each trip as asked, from people on those within the limit to places with capacity."""
    out = np.zeros(given.n_trips)
    out[np.flatnonzero(given.cost <= limit)[kept]] = people
    return out


def _unreached(trips: Pairs, supply_p: Floats) -> NDArray[np.bool_]:
    """Demand points without a trip to a place with capacity."""
    return nearest_open(trips.start, trips.place, trips.cost, supply_p > 0)[0] < 0


def _mean(value_dg: Floats, people_dg: Floats) -> float:
    """Mean over people; of nobody NaN."""
    counted = people_dg > 0
    if not counted.any():
        return math.nan
    return float(value_dg[counted] @ people_dg[counted] / people_dg[counted].sum())


def _plain(x: float) -> float | None:
    """A number that JSON can hold."""
    return x if math.isfinite(x) else None
