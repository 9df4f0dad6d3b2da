"""When not everybody can be served: what is the smallest change that helps."""

from __future__ import annotations

import highspy
import numpy as np

from daremo.kernel.errors import Infeasible
from daremo.reach.capacity.question import Question


def refuse_hopeless(q: Question) -> None:
    """Say so at once where one demand point is too large for every place in its reach, or all room together too small.

    Raises
    ------
    Infeasible
    """
    t, r = q.trips, q.rules
    room = t.capacity * r.most_p
    place = np.repeat(np.arange(q.n_places), np.diff(t.start))
    usable = r.most_p[place] > 0
    largest = np.full(q.n_demand, -1, np.int64)
    np.maximum.at(largest, t.demand[usable], room[place[usable]])
    reachable = np.diff(t.row_start) > 0
    shut_out = np.flatnonzero(reachable & (largest < 0))
    if shut_out.size:
        raise Infeasible(
            "only-shut-places",
            f"地点 {q.label_d[shut_out[0]]} から行ける施設は、どれも「開かない」ことになっています",
            "その施設のどれかを「開かない」から外してください",
        )
    too_large = np.flatnonzero(reachable & (largest < t.size)) if not q.split else np.zeros(0, np.int64)
    if too_large.size:
        raise Infeasible(
            "demand-too-large",
            f"地点 {q.label_d[too_large[0]]} の人数は、行けるどの施設の定員よりも多いです",
            "分けて受け持ってよいこと（split）にするか、定員をふやしてください",
        )
    total = int(t.size[reachable].sum())
    most = _most_room(q, min(r.most_places, q.n_places))
    if most < total:
        for places in range(r.most_places + 1, q.n_places + 1):
            if _most_room(q, places) >= total:
                raise Infeasible(
                    "capacity-too-small",
                    f"施設 {r.most_places} か所の定員では、全員を受け持てません",
                    f"施設の数を {places} か所以上にするか、定員を合計 {_lack(q, total - most)} ふやしてください",
                )
        raise Infeasible(
            "capacity-too-small",
            "開ける施設の定員をすべて合わせても、全員を受け持てません",
            f"定員を合計 {_lack(q, total - _most_room(q, q.n_places))} ふやしてください",
        )


def _most_room(q: Question, places: int) -> int:
    """Room of the best so many places, owners' limits kept."""
    r, room = q.rules, q.trips.capacity * q.rules.most_p
    total, count = 0, 0
    held: dict[int, int] = {}
    order = sorted(range(q.n_places), key=lambda p: (r.least_p[p] == 0, -int(room[p])))
    for p in order:
        owner = int(r.owner_p[p])
        if count == places or (owner >= 0 and held.get(owner, 0) >= r.most_per_owner):
            continue
        held[owner] = held.get(owner, 0) + 1
        total += int(room[p])
        count += 1
    return total


def _lack(q: Question, size: float) -> str:
    people = size * q.unit / q.size_scale
    return f"{people:,.0f}" if people == int(people) else f"{people:,.2f}"


def refuse_impossible(q: Question, limit_s: float = 20.0) -> None:
    """Find the fewest places, or the least extra room, with which everybody could be served in shares, and say so.

    Raises
    ------
    Infeasible
    """
    count = _programme(q, extra_room=False, limit_s=limit_s)
    if count is not None and count > q.rules.most_places:
        raise Infeasible(
            "capacity-too-small",
            f"施設 {q.rules.most_places} か所では、行ける範囲と定員の中で全員を受け持てません",
            f"施設の数を {round(count)} か所以上にしてください",
        )
    if count is not None:
        raise Infeasible(
            "capacity-indivisible",
            "地点を分けずに割り当てると、どう組み合わせても定員に収まりません",
            "分けて受け持ってよいこと（split）にしてください",
        )
    room = _programme(q, extra_room=True, limit_s=limit_s)
    if room is not None:
        raise Infeasible(
            "capacity-too-small",
            "条件を守ると、行ける範囲の定員では全員を受け持てません",
            f"定員を合計 {_lack(q, np.ceil(room * q.size_scale / q.unit))} ふやすか、条件をゆるめてください",
        )


def _programme(q: Question, *, extra_room: bool, limit_s: float) -> float | None:
    """Fewest open places, or least extra room (caller's unit of size), to serve everybody in shares; None where none do."""
    t, r = q.trips, q.rules
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("threads", 1)
    h.setOptionValue("time_limit", limit_s)
    y = [
        h.addVariable(lb=float(r.least_p[p] > 0), ub=float(r.most_p[p] > 0), type=highspy.HighsVarType.kInteger)
        for p in range(q.n_places)
    ]
    more = [h.addVariable(lb=0.0, ub=float("inf") if extra_room else 0.0) for _ in range(q.n_places)]
    x = [h.addVariable(lb=0.0, ub=1.0) for _ in range(q.n_trips)]
    place = np.repeat(np.arange(q.n_places), np.diff(t.start))
    for d in range(q.n_demand):
        mine = t.row_trip[t.row_start[d] : t.row_start[d + 1]]
        if mine.size:
            h.addConstr(sum(x[k] for k in mine) == 1.0)
    unit = q.unit / q.size_scale
    for p in range(q.n_places):
        here = range(t.start[p], t.start[p + 1])
        if here:
            load = sum(float(t.size[t.demand[k]]) * unit * x[k] for k in here)
            h.addConstr(load - float(t.capacity[p]) * unit * y[p] - more[p] <= 0.0)
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
    if h.getModelStatus() != highspy.HighsModelStatus.kOptimal or not place.size:
        return None
    return float(h.getObjectiveValue())
