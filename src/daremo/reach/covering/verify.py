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
