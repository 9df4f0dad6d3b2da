"""What is asked about access, checked once: trips, people and decay of each life stage, capacity of each place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.decay import Decay
from daremo.reach.travel.pairs import Pairs

Floats = NDArray[np.float64]
Measure = Literal["nearest", "k-nearest", "gravity", "2sfca", "e2sfca", "3sfca", "raam", "raam-cycles"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
DECAYING: tuple[Measure, ...] = ("gravity", "e2sfca", "3sfca")


@dataclass(frozen=True, slots=True)
class AccessQuestion:
    """One question, checked.

    Attributes
    ----------
    measure : str
    given : tuple of Pairs, one a life stage
        As asked.
    trips : tuple of Pairs, one a life stage
        Those within the limit.
    demand_dg : ndarray, shape (d, g), people
    supply_p : ndarray, shape (p,), capacity
    decays : tuple of Decay or None, one a life stage
    limit : float, unit of the trips
    k : int
    tau, rho, gap : float
    """

    measure: Measure
    given: tuple[Pairs, ...]
    trips: tuple[Pairs, ...]
    demand_dg: Floats
    supply_p: Floats
    decays: tuple[Decay | None, ...]
    limit: float
    k: int
    tau: float
    rho: float
    gap: float

    @property
    def unit(self) -> str:
        return self.given[0].unit

    def weights(self, stage: int) -> Floats:
        """Weight of each trip of a stage, shape (trips,), share; 1 without a decay."""
        decay, trips = self.decays[stage], self.trips[stage]
        if decay is None:
            return np.ones(trips.n_trips)
        weight = np.asarray(decay(trips.cost), float)
        if weight.shape != trips.cost.shape or not np.isfinite(weight).all() or weight.min(initial=0) < 0:
            raise UsageError(
                "bad-decay", "道のりの重みに、負の数か数でない値があります", "重みは0以上の数にしてください"
            )
        return weight

    def parameters(self) -> dict[str, Any]:
        """What shaped the answer, ready for JSON."""
        told: dict[str, Any] = {"limit": self.limit if math.isfinite(self.limit) else None, "unit": self.unit}
        if self.measure in DECAYING:
            told["decay"] = [d.as_dict() for d in self.decays if d is not None]
        if self.measure == "k-nearest":
            told["k"] = self.k
        if self.measure in ("raam", "raam-cycles"):
            told |= {"tau": self.tau, "rho": self.rho, "wanted_gap_share": self.gap}
        return told


def access_question(
    pairs: Pairs | Sequence[Pairs],
    demand_dg: ArrayLike,
    supply_p: ArrayLike | None,
    *,
    measure: Measure,
    decay: Decay | Sequence[Decay] | None,
    limit: float,
    k: int,
    tau: float,
    rho: float | None,
    gap: float,
) -> AccessQuestion:
    """Check a question and give every life stage its trips and decay; see `access` for the parameters.

    Raises
    ------
    UsageError
        Where numbers do not fit each other, are negative or missing, or a decay is missing or not asked for.
    """
    if measure not in MEASURES:
        raise UsageError(
            "bad-measure", f"「{measure}」という測り方はありません", f"次から選んでください: {', '.join(MEASURES)}"
        )
    demand = _people(demand_dg)
    stages = demand.shape[1]
    given = _for_stages(pairs, stages, "道のりの表", Pairs)
    for trips in given:
        if trips.n_demand != demand.shape[0] or trips.n_places != given[0].n_places or trips.unit != given[0].unit:
            raise UsageError(
                "bad-pairs",
                f"人数の表は{demand.shape[0]}地点、道のりの表は{trips.n_demand}地点・{trips.n_places}施設（{trips.unit}）です",
                "同じ地点・施設・単位でそろえてください",
            )
    supply = np.ones(given[0].n_places) if supply_p is None else np.asarray(supply_p, float)
    if supply.shape != (given[0].n_places,) or not _counts(supply):
        raise UsageError(
            "bad-supply", "施設の定員の数や値が使えません", f"{given[0].n_places}施設の0以上の数を入れてください"
        )
    if (decay is not None) != (measure in DECAYING):
        raise UsageError(
            "bad-decay",
            f"測り方「{measure}」には、道のりの重みが{'要ります' if decay is None else '要りません'}",
            "重み（decay）を足すか外してください。2sfca は重みなし、e2sfca・3sfca・gravity は重みつきです",
        )
    if not limit >= 0 or k < 1 or not tau > 0 or not 0 <= gap < 1 or (rho is not None and not 0 < rho < math.inf):
        raise UsageError(
            "bad-parameter",
            f"limit={limit} k={k} tau={tau} rho={rho} gap={gap} のどれかが使えません",
            "limit は0以上、k は1以上、tau と rho は0より大きく、gap は0以上1未満にしてください",
        )
    decays = (None,) * stages if decay is None else _for_stages(decay, stages, "道のりの重み", object)
    cut = {id(p): p if limit == math.inf else p.within(limit) for p in given}
    total = float(supply.sum())
    return AccessQuestion(
        measure=measure,
        given=given,
        trips=tuple(cut[id(p)] for p in given),
        demand_dg=demand,
        supply_p=supply,
        decays=decays,
        limit=float(limit),
        k=int(k),
        tau=float(tau),
        # without people or capacity no crowding is average: any positive number will do
        rho=float(rho) if rho is not None else (float(demand.sum()) / total if total > 0 and demand.sum() > 0 else 1.0),
        gap=float(gap),
    )


def _counts(x: Floats) -> bool:
    return bool(np.isfinite(x).all() and (x >= 0).all())


def _people(demand_dg: ArrayLike) -> Floats:
    """People as (d, g)."""
    demand = np.asarray(demand_dg, float)
    if demand.ndim == 1:
        demand = demand[:, None]
    if demand.ndim != 2 or demand.shape[1] == 0 or not _counts(demand):
        raise UsageError(
            "bad-demand",
            "人数の表に、負の数か数でない値があるか、形がちがいます",
            "地点ごと（または地点と年代ごと）に0以上の人数を入れてください",
        )
    return demand


def _for_stages(given: Any, stages: int, name: str, kind: type) -> tuple[Any, ...]:
    """One thing for each life stage: the same for all, or as many as there are stages."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        if len(given) != stages:
            raise UsageError(
                "bad-stages",
                f"{name}が{len(given)}個、年代が{stages}個あります",
                "1つだけ入れるか、年代と同じ数だけ入れてください",
            )
        things = tuple(given)
    else:
        things = (given,) * stages
    if not all(isinstance(x, kind) for x in things):
        raise UsageError("bad-stages", f"{name}として読めないものがあります", f"{name}を入れてください")
    return things
