"""Rounds of mobile desks: which stops, on which days, with a timetable that keeps the rules of work, and a proved bound.

Few enough routes are listed all and the best plan of them is found by HiGHS: then the bound is that plan's. Otherwise
OR-tools searches, column generation proves a bound, and HiGHS recombines all routes met.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.rounds_model import Halt, Round, RoundsAnswer, RoundsQuestion, Stop, Unserved, Vehicle
from daremo.reach.rounds_verify import verify
from daremo.reach.routing.bound import prove
from daremo.reach.routing.calendar import Calendar, calendar_of
from daremo.reach.routing.day import Kind, Route, all_routes, kinds_of, round_of, route_yen
from daremo.reach.routing.plans import Chosen, choose, programme
from daremo.reach.routing.price import network
from daremo.reach.routing.reasons import alone, unserved
from daremo.reach.routing.search import search
from daremo.reach.verify_rounds_bound import least_yen, most_people

__all__ = [
    "Halt", "Round", "RoundsAnswer", "RoundsQuestion", "Stop", "Unserved", "Vehicle", "rounds", "rounds_question",
    "verify",
]  # fmt: skip

#: Orders of stops that are listed before the question counts as large, and routes that one programme holds.
ORDERS, COLUMNS = 30_000, 60_000
#: Solutions after which OR-tools stops, and nodes of HiGHS for all routes and for the routes met.
SOLUTIONS, NODES, RECOMBINED = 500, 20_000, 3_000


def rounds_question(
    vehicles: tuple[Vehicle, ...] | list[Vehicle],
    stops: tuple[Stop, ...] | list[Stop],
    minutes_nn: ArrayLike,
    km_nn: ArrayLike | None = None,
    *,
    budget_yen: float = math.inf,
) -> RoundsQuestion:
    """A question about rounds; minutes are rounded up, missing or infinite ones are no way.

    Parameters
    ----------
    vehicles, stops
    minutes_nn : array_like, shape (nodes, nodes), minutes
    km_nn : array_like, shape (nodes, nodes), km, optional
        Without it a minute counts as half a kilometre (30 km an hour).
    budget_yen : float, yen in the period

    Raises
    ------
    UsageError
        Numbers that are negative or no numbers, nodes that are not in the table, a service of no minutes.
    """
    table = np.asarray(minutes_nn, float)
    n = table.shape[0] if table.ndim == 2 else -1
    if table.ndim != 2 or table.shape != (n, n):
        raise UsageError("bad-ways", "所要時間の表が正方形ではありません", "地点の数だけ行と列を入れてください")
    ways = np.isfinite(table)
    if (table[ways] < 0).any():
        raise UsageError("bad-ways", "所要時間に負の数があります", "0以上の分数を入れてください")
    km = np.where(ways, table, 0.0) / 2 if km_nn is None else np.asarray(km_nn, float)
    if km.shape != table.shape or not np.isfinite(km[ways]).all() or (km[ways] < 0).any():
        raise UsageError("bad-ways", "距離の表が使えません", "所要時間の表と同じ形で、0以上の数を入れてください")
    if not budget_yen >= 0:
        raise UsageError("bad-budget", f"予算 {budget_yen} では計算できません", "0以上の金額を入れてください")
    for v in vehicles:
        yen_ok = all(math.isfinite(x) and x >= 0 for x in (v.day_yen, v.km_yen))
        times = (v.days, v.begin_min, v.duty_min, v.drive_min, v.break_after_min, v.break_min)
        if not 0 <= v.depot < n or not yen_ok or min(times) < 0 or any(int(x) != x for x in times):
            raise UsageError(
                "bad-vehicle", f"車「{v.name}」の行が使えません", "車庫の番号、日数、時間、費用を見てください"
            )
    for s in stops:
        people_ok = math.isfinite(s.people) and s.people >= 0
        counts = (s.service_min, s.visits, s.open_min, s.close_min)
        if (
            not 0 <= s.node < n
            or not people_ok
            or any(int(x) != x for x in counts)
            or s.service_min < 1
            or s.visits < 0
        ):
            raise UsageError(
                "bad-stop", f"訪問先「{s.name}」の行が使えません", "番号、訪問の分数、回数、人数を見てください"
            )
    minutes = np.where(ways, np.ceil(np.where(ways, table, 0.0) - 1e-9), -1).astype(np.int64)
    return RoundsQuestion(
        vehicles=tuple(vehicles),
        stops=tuple(stops),
        minutes_nn=minutes,
        km_nn=np.where(ways, km, 0.0),
        budget_yen=float(budget_yen),
    )


def rounds(
    question: RoundsQuestion, *, watch: Watch | None = None, seed: int = 0, solutions: int = SOLUTIONS
) -> RoundsAnswer:
    """Plan the rounds of a period: required visits first, then most people, then least cost.

    Parameters
    ----------
    question : RoundsQuestion
    watch : Watch, optional
        Time limit, progress and interruption.
    seed : int
        Stated in the answer; the searches draw no random numbers.
    solutions : int
        OR-tools stops after so many solutions (large questions only).

    Returns
    -------
    RoundsAnswer

    Raises
    ------
    SetupError
        The question is large and OR-tools is not installed.

    Examples
    --------
    >>> van = Vehicle(name="van", depot=0, days=1, day_yen=20_000)
    >>> hall = Stop(name="hall", node=1, service_min=120, people=12)
    >>> answer = rounds(rounds_question([van], [hall], [[0, 25], [25, 0]]))
    >>> answer.value, answer.bound, [(h.kind, h.arrive_min) for h in answer.rounds[0].halts]
    (12.0, 12.0, [('leave', 540), ('stop', 565), ('return', 710)])
    """
    q, watch = question, watch or Watch()
    kinds = kinds_of(q)
    c = calendar_of(q, kinds)
    stops = [
        s
        for s, stop in enumerate(q.stops)
        if c.visits[s] > 0 and (stop.people > 0 or stop.required) and alone(q, kinds, s) is None
    ]
    listed = all_routes(q, kinds, stops, ORDERS)
    if listed is not None and len(listed) * len(c.days) <= COLUMNS:
        p = programme(q, c, listed)
        chosen = choose(p, watch, NODES)
        plan = _placed(q, c, kinds, [(listed[p.route[k]], p.group[k]) for k in np.flatnonzero(chosen.uses > 0.5)])
        return _told(
            q, c, kinds, plan, chosen.people_bound, chosen.cost_bound, chosen.proved, "all routes", watch, seed
        )
    return _large(q, c, kinds, stops, watch, seed, solutions)


def _large(
    q: RoundsQuestion, c: Calendar, kinds: tuple[Kind, ...], stops: list[int], watch: Watch, seed: int, solutions: int
) -> RoundsAnswer:
    plan = search(q, c, stops, watch, solutions)
    kind_of = {i: k for k, kind in enumerate(kinds) for i in kind.members}
    pool = list(dict.fromkeys(Route(kind_of[i], o, route_yen(q, q.vehicles[i], o)) for i, _, o in plan))
    pool += [
        Route(k, (s,), route_yen(q, kind.vehicle, [s]))
        for k, kind in enumerate(kinds)
        for s in stops
        if Route(k, (s,), route_yen(q, kind.vehicle, [s])) not in pool and alone(q, [kind], s) is None
    ]
    nets = [network(q, kind, [s for s in stops if alone(q, [kind], s) is None]) for kind in kinds]
    most = float(sum(q.stops[s].people * c.visits[s] for s in stops))
    required, people, cost = _worth(q, plan)
    watch.tell(people, most)
    bound = most
    if people < most:
        bound = min(most, prove(q, c, kinds, nets, pool, "people", required, 0.0, people, watch))
        better = _recombined(q, c, kinds, pool, plan, watch)
        if better[1][:2] > (required, people):
            # the bound holds for fewer required visits as well
            plan, (required, people, cost) = better
    watch.tell(people, bound)
    minus = prove(q, c, kinds, nets, pool, "cost", required, people, -cost / 1e4, watch)
    better = _recombined(q, c, kinds, pool, plan, watch)
    if better[1][:2] >= (required, people) and better[1][2] < cost - 1e-6:
        plan, (required, people, cost) = better
    cost_bound = max(0.0, -minus * 1e4) if math.isfinite(minus) else 0.0
    done = bound <= people * (1 + 1e-4) + 1e-9
    return _told(q, c, kinds, plan, bound, cost_bound, done or not watch.late(0.9), "OR-tools, columns", watch, seed)


Plan = list[tuple[int, int, tuple[int, ...]]]


def _recombined(
    q: RoundsQuestion, c: Calendar, kinds: tuple[Kind, ...], pool: list[Route], plan: Plan, watch: Watch
) -> tuple[Plan, tuple[float, float, float]]:
    """The best plan of all routes met, never worse than the plan."""
    worth = _worth(q, plan)
    if watch.late(0.9):
        return plan, worth
    p = programme(q, c, pool)
    part = Watch(max(1e-3, 0.5 * (watch.limit_s - watch.seconds))) if math.isfinite(watch.limit_s) else watch
    chosen: Chosen = choose(p, part, RECOMBINED)
    other = _placed(q, c, kinds, [(pool[p.route[k]], p.group[k]) for k in np.flatnonzero(chosen.uses > 0.5)])
    found = _worth(q, other)
    return (other, found) if (found[0], found[1], -found[2]) > (worth[0], worth[1], -worth[2]) else (plan, worth)


def _worth(q: RoundsQuestion, plan: Plan) -> tuple[float, float, float]:
    """Required visits, people and yen of a plan."""
    return (
        float(sum(q.stops[s].required for _, _, order in plan for s in order)),
        float(sum(q.stops[s].people for _, _, order in plan for s in order)),
        float(sum(route_yen(q, q.vehicles[i], order) for i, _, order in plan)),
    )


def _placed(q: RoundsQuestion, c: Calendar, kinds: tuple[Kind, ...], routes: list[tuple[Route, int]]) -> Plan:
    """Vehicles and days for routes that were given a group of days."""
    free = {
        (k, g): [(i, d) for d in days for i in kind.members if q.vehicles[i].days > d]
        for k, kind in enumerate(kinds)
        for g, days in enumerate(c.days)
    }
    return [(*free[route.kind, g].pop(0), route.stops) for route, g in routes]


def _told(
    q: RoundsQuestion,
    c: Calendar,
    kinds: tuple[Kind, ...],
    plan: Plan,
    bound: float,
    cost_bound: float,
    finished: bool,
    method: str,
    watch: Watch,
    seed: int,
) -> RoundsAnswer:
    made = [0] * len(q.stops)
    for _, _, order in plan:
        for s in order:
            made[s] += 1
    days = tuple(round_of(q, i, day, order) for i, day, order in sorted(plan, key=lambda r: (r[1], r[0])))
    cost, people = sum(r.cost_yen for r in days), sum(r.people for r in days)
    certified, floor_yen = max(most_people(q), float(people)), min(least_yen(q, float(people)), float(cost))
    answer = RoundsAnswer(
        value=float(people),
        bound=max(min(float(bound), certified), float(people)),
        sense="max",
        open=tuple(s for s, visits in enumerate(made) if visits),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        method=method,
        seed=seed,
        finished=finished,
        rounds=days,
        visits=tuple(made),
        cost_yen=float(cost),
        cost_bound_yen=min(max(floor_yen, float(cost_bound)), float(cost)),
        unserved=unserved(q, c, kinds, made, float(cost), len(days)),
        bound_certified=certified,
        cost_bound_certified_yen=floor_yen,
    )
    watch.tell(answer.value, answer.bound)
    return answer
