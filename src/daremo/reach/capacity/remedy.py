"""When not everybody can be served: what is the smallest change that helps."""

from __future__ import annotations

import highspy
import numpy as np

from daremo.kernel.errors import Infeasible
from daremo.reach.capacity.question import Float, Question, Rules
from daremo.reach.highs import one_thread


def refuse_hopeless(q: Question, need_d: Float, room_p: Float) -> None:
    """Say so at once where one demand point is too large for every place in its reach, or all room together too small.

    Parameters
    ----------
    need_d : ndarray, shape (demand in reach,), people
    room_p : ndarray, shape (places,), people

    Raises
    ------
    Infeasible
    """
    t, r = q.trips, q.rules
    place = np.repeat(np.arange(q.n_places), np.diff(t.start))
    usable = r.most_p[place] > 0
    largest = np.full(q.n_demand, -1.0)
    np.maximum.at(largest, t.demand[usable], room_p[place[usable]])
    shut_out = np.flatnonzero(largest < 0)
    if shut_out.size:
        raise Infeasible(
            "only-shut-places",
            f"地点 {q.label_d[shut_out[0]]} から行ける施設は、どれも「開かない」ことになっています",
            "その施設のどれかを「開かない」から外してください",
        )
    too_large = np.flatnonzero(largest < need_d) if not q.split else np.zeros(0, np.int64)
    if too_large.size:
        raise Infeasible(
            "demand-too-large",
            f"地点 {q.label_d[too_large[0]]} の人数は、行けるどの施設の定員よりも多いです",
            "分けて受け持ってよいこと（split）にするか、定員をふやしてください",
        )
    total, rooms = float(need_d.sum()), [_most_room(r, room_p, k) for k in range(q.n_places + 1)]
    if rooms[r.most_places] >= total * (1 - 1e-12):
        return
    enough = [k for k in range(r.most_places, q.n_places + 1) if rooms[k] >= total]
    if enough:
        raise Infeasible(
            "capacity-too-small",
            f"施設 {r.most_places} か所の定員では、全員を受け持てません",
            f"施設の数を {enough[0]} か所以上にするか、定員を合計 {_people(total - rooms[r.most_places])} ふやしてください",
        )
    raise Infeasible(
        "capacity-too-small",
        "開ける施設の定員をすべて合わせても、全員を受け持てません",
        f"定員を合計 {_people(total - rooms[-1])} ふやしてください",
    )


def _most_room(r: Rules, room_p: Float, places: int) -> float:
    """Room of the best so many places, owners' limits kept."""
    total, count = 0.0, 0
    held: dict[int, int] = {}
    for p in sorted(range(room_p.size), key=lambda p: (r.least_p[p] == 0, -room_p[p])):
        owner = int(r.owner_p[p])
        if r.most_p[p] == 0 or count == places or (owner >= 0 and held.get(owner, 0) >= r.most_per_owner):
            continue
        held[owner] = held.get(owner, 0) + 1
        total += float(room_p[p])
        count += 1
    return total


def _people(number: float) -> str:
    return f"{number:,.0f}" if abs(number - round(number)) < 1e-6 else f"{np.ceil(number * 100) / 100:,.2f}"


def refuse_impossible(q: Question, need_d: Float, room_p: Float, limit_s: float = 20.0) -> None:
    """Find the fewest places, or the least extra room, with which everybody could be served, and say so.

    Parameters
    ----------
    need_d : ndarray, shape (demand in reach,), people
    room_p : ndarray, shape (places,), people
    limit_s : float, seconds
        For each of up to three programmes.

    Raises
    ------
    Infeasible
    """
    count = _programme(q, need_d, room_p, split=q.split, extra_room=False, limit_s=limit_s)
    if count is not None and round(count) > q.rules.most_places:
        raise Infeasible(
            "capacity-too-small",
            f"施設 {q.rules.most_places} か所では、行ける範囲と定員の中で全員を受け持てません",
            f"施設の数を {round(count)} か所以上にしてください",
        )
    shared = None if q.split else _programme(q, need_d, room_p, split=True, extra_room=False, limit_s=limit_s)
    if shared is not None and round(shared) <= q.rules.most_places:
        raise Infeasible(
            "capacity-indivisible",
            "地点を分けずに割り当てると、どう組み合わせても定員に収まりません",
            "分けて受け持ってよいこと（split）にしてください",
        )
    room = _programme(q, need_d, room_p, split=q.split, extra_room=True, limit_s=limit_s)
    if room is not None:
        raise Infeasible(
            "capacity-too-small",
            "条件を守ると、行ける範囲の定員では全員を受け持てません",
            f"定員を合計 {_people(room)} ふやすか、条件をゆるめてください",
        )


def _programme(
    q: Question, need_d: Float, room_p: Float, *, split: bool, extra_room: bool, limit_s: float
) -> float | None:
    """Fewest open places, or least extra room, to serve everybody; None where nothing does, or not in time."""
    t, r = q.trips, q.rules
    h = one_thread()
    for name, value in (("output_flag", False), ("threads", 1), ("time_limit", limit_s)):
        h.setOptionValue(name, value)
    whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    y = [h.addVariable(lb=float(r.least_p[p] > 0), ub=float(r.most_p[p] > 0), type=whole) for p in range(q.n_places)]
    more = [h.addVariable(lb=0.0, ub=float("inf") if extra_room else 0.0) for _ in range(q.n_places)]
    x = [h.addVariable(lb=0.0, ub=1.0, type=real if split else whole) for _ in range(q.n_trips)]
    for d in range(q.n_demand):
        h.addConstr(sum(x[k] for k in t.row_trip[t.row_start[d] : t.row_start[d + 1]]) == 1.0)
    for p in range(q.n_places):
        here = range(t.start[p], t.start[p + 1])
        if here:
            load = sum(float(need_d[t.demand[k]]) * x[k] for k in here)
            h.addConstr(load - float(room_p[p]) * y[p] - more[p] <= 0.0)
            for k in here:
                h.addConstr(x[k] - y[p] <= 0.0)
    if extra_room:
        h.addConstr(sum(y) <= float(r.most_places))
    for a, b in r.apart.tolist():
        h.addConstr(y[a] + y[b] <= 1.0)
    for owner in np.unique(r.owner_p[r.owner_p >= 0]):
        h.addConstr(sum(y[p] for p in np.flatnonzero(r.owner_p == owner)) <= float(r.most_per_owner))
    for group in np.unique(r.group_p[r.group_p >= 0]):
        h.addConstr(sum(y[p] for p in np.flatnonzero(r.group_p == group)) >= float(r.least_per_group))
    h.minimize(sum(more) if extra_room else sum(y))
    return float(h.getObjectiveValue()) if h.getModelStatus() == highspy.HighsModelStatus.kOptimal else None
