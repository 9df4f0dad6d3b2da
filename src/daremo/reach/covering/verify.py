"""Check an answer about covering everybody against its question alone: who is reached, what it costs, what is proved."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.reach.covering.check import Asked, Refused, asked, proved_bound
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

if TYPE_CHECKING:
    from daremo.reach.centre import CentreAnswer
    from daremo.reach.everybody import EverybodyAnswer

Int = NDArray[np.int64]
Float = NDArray[np.float64]

#: Relative difference that two ways of adding the same costs may have.
CLOSE = 1e-9


def verify_everybody(
    answer: EverybodyAnswer,
    pairs: Pairs,
    *,
    radius: float | None = None,
    cost_p: ArrayLike | None = None,
    times: ArrayLike = 1,
    conditions: Conditions | None = None,
) -> tuple[str, ...]:
    """What is wrong with an answer; empty where all of it holds.

    Parameters
    ----------
    answer : EverybodyAnswer
    pairs, radius, cost_p, times, conditions
        The question, as it was given to `cover_everybody`.

    Returns
    -------
    tuple of str
        One sentence a fault.
    """
    conditions = conditions or Conditions()
    keep = np.ones(pairs.n_trips, bool) if radius is None else pairs.cost <= radius
    near = _kept(pairs, keep)
    cost = np.ones(pairs.n_places) if cost_p is None else np.asarray(cost_p, float)
    times_d = np.broadcast_to(np.asarray(times, np.int64), (pairs.n_demand,))
    question = asked(near, times_d, conditions)
    faults = list(open_faults(answer.open, question, near, pairs.n_demand))
    if faults:
        return tuple(faults)
    if not abs(answer.value - float(cost[list(answer.open)].sum())) <= CLOSE * max(1.0, abs(answer.value)):
        faults.append("費用の合計が、開く施設の費用の和とちがいます")
    allowed = np.diff(question.start[: near.n_demand + 1])
    if answer.unreachable != tuple(np.flatnonzero(allowed == 0).tolist()):
        faults.append("届かない地点の一覧がちがいます")
    if answer.short != tuple(np.flatnonzero((allowed > 0) & (allowed < times_d)).tolist()):
        faults.append("施設が足りない地点の一覧がちがいます")
    faults += served_faults(answer.served_by, answer.open, near)
    faults += bound_faults(answer.bound, answer.value, question, cost, answer.certificate)
    return tuple(faults)


def verify_centre(
    answer: CentreAnswer,
    pairs: Pairs,
    p: int,
    *,
    weight_d: ArrayLike | None = None,
    conditions: Conditions | None = None,
) -> tuple[str, ...]:
    """What is wrong with an answer; empty where all of it holds.

    Parameters
    ----------
    answer : CentreAnswer
    pairs, p, weight_d, conditions
        The question, as it was given to `centre`.

    Returns
    -------
    tuple of str
        One sentence a fault.
    """
    conditions = conditions or Conditions()
    weight = np.ones(pairs.n_demand) if weight_d is None else np.asarray(weight_d, float)
    who = np.repeat(np.arange(pairs.n_demand), np.diff(pairs.start))
    way = Pairs(pairs.start, pairs.place, pairs.cost * weight[who], pairs.n_places, pairs.unit)
    question = asked(way, (weight > 0).astype(np.int64), conditions)
    faults = open_faults(answer.open, question, way, pairs.n_demand)
    if faults:
        return tuple(faults)
    if len(answer.open) > p:
        faults.append(f"{p} か所より多く開いています")
    allowed = ~question.never[way.place]
    nearest = _nearest(way, who, allowed)
    counted = np.isfinite(nearest) & (weight > 0)
    is_open = np.zeros(pairs.n_places, bool)
    is_open[list(answer.open)] = True
    reached = np.where(counted, _nearest(way, who, is_open[way.place]), 0.0)
    if answer.value != reached.max(initial=0.0):
        faults.append("いちばん遠い人の道のりがちがいます")
    if answer.worst >= 0 and reached[answer.worst] != answer.value:
        faults.append("いちばん遠い地点がちがいます")
    if answer.unreachable != tuple(np.flatnonzero(~np.isfinite(nearest)).tolist()):
        faults.append("届かない地点の一覧がちがいます")
    faults += served_faults(answer.served_by, answer.open, way)
    trips = way.cost[allowed & counted[who]]
    return tuple(faults + _radius_faults(answer, p, way, trips, nearest, counted, conditions))


def _nearest(way: Pairs, who: Int, use: NDArray[np.bool_]) -> Float:
    """Least way of each demand point over some trips; infinite = none."""
    out = np.full(way.n_demand, np.inf)
    np.minimum.at(out, who[use], way.cost[use])
    return out


def _radius_faults(
    answer: CentreAnswer, p: int, way: Pairs, trips: Float, nearest: Float, counted: NDArray[np.bool_],
    conditions: Conditions,
) -> list[str]:  # fmt: skip
    """Whether nothing below the bound is possible: somebody's nearest place, or too many places needed within `low`."""
    if answer.bound > answer.value:
        return ["下限が値をこえています"]
    if answer.bound <= nearest[counted].max(initial=0.0):
        return []
    if answer.certificate is None:
        return ["証明がありません"]
    above = trips[trips > answer.low]
    if not (above.size and answer.bound <= above.min()):
        return ["下限が、証明された半径をこえています"]
    within = way.cost <= answer.low
    near = _kept(way, within)
    if (np.diff(near.start)[counted] == 0).any():
        return []
    question = asked(near, counted.astype(np.int64), conditions)
    try:
        proved = proved_bound(question, np.ones(way.n_places), answer.certificate)
    except Refused as hole:
        return [f"証明に穴があります: {hole}"]
    return [] if proved > min(p, way.n_places) else [f"半径 {answer.low} で証明されるのは {float(proved)} か所までです"]


def _kept(pairs: Pairs, keep: NDArray[np.bool_]) -> Pairs:
    """Some of the trips."""
    ends = np.r_[0, np.cumsum(keep)].astype(np.int64)
    return Pairs(ends[pairs.start], pairs.place[keep], pairs.cost[keep], pairs.n_places, pairs.unit)


def open_faults(open_: tuple[int, ...], question: Asked, near: Pairs, n_demand: int) -> list[str]:
    """Whether the open places are places, keep every condition, and reach everybody often enough."""
    n = question.must.size
    if list(open_) != sorted(set(open_)) or (open_ and not (open_[0] >= 0 and open_[-1] < n)):
        return ["開く施設の番号が正しくありません"]
    is_open = np.zeros(n, bool)
    is_open[list(open_)] = True
    faults = []
    if (question.must & ~is_open).any():
        faults.append("必ず開く施設が開いていません")
    if (question.never & is_open).any():
        faults.append("開かないはずの施設が開いています")
    ends = np.r_[0, np.cumsum(is_open[question.place])]
    count = ends[question.start[1:]] - ends[question.start[:-1]]
    holds = np.where(question.most, count <= question.need, count >= question.need)
    for i in np.flatnonzero(~holds)[:5].tolist():
        faults.append(f"地点 {i} に届く施設が足りません" if i < n_demand else f"条件 {i - n_demand} が守られていません")
    return faults


def served_faults(served_by: Int, open_: tuple[int, ...], near: Pairs) -> list[str]:
    """Whether everybody is sent to a nearest open place."""
    is_open = np.zeros(near.n_places, bool)
    is_open[list(open_)] = True
    who = np.repeat(np.arange(near.n_demand), np.diff(near.start))
    far = np.where(is_open[near.place], near.cost, np.inf)
    best = np.full(near.n_demand, np.inf)
    np.minimum.at(best, who, far)
    if served_by.shape != (near.n_demand,) or ((served_by >= 0) != np.isfinite(best)).any():
        return ["行き先の一覧がちがいます"]
    chosen = (near.place == served_by[who]) & (far == best[who])
    met = np.bincount(who[chosen], minlength=near.n_demand)
    return [] if ((served_by < 0) | (met > 0)).all() else ["行き先がいちばん近い施設ではありません"]


def bound_faults(bound: float, value: float, question: Asked, cost: Float, certificate: object) -> list[str]:
    """Whether the certificate proves the bound, and the value does not undercut it."""
    from daremo.reach.covering.certificate import Certificate

    if not isinstance(certificate, Certificate):
        return ["証明がありません"]
    if not bound <= value + CLOSE * max(1.0, abs(value)):
        return ["下限が値をこえています"]
    try:
        proved = proved_bound(question, cost, certificate)
    except Refused as hole:
        return [f"証明に穴があります: {hole}"]
    return [] if Fraction(bound) <= proved else [f"証明されるのは {float(proved)} までです"]
