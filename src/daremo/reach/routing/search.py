"""Routes for all days at once by OR-tools' routing search: visits that do not fit are dropped at a price.

OR-tools is an extra. A fixed number of solutions ends the search, so that it does not depend on the machine's speed.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from daremo.kernel.errors import SetupError
from daremo.kernel.watch import Watch
from daremo.reach.rounds_model import RoundsQuestion
from daremo.reach.routing.calendar import Calendar, part_of
from daremo.reach.routing.day import NEVER, leg_min, timetable

#: Minutes that stand for "no way" in the solver's tables.
FAR = 10_000
#: Times that the solver asks whether to go on, for each solution wanted.
LOOKS = 1_000


def solver() -> tuple[Any, Any]:
    """OR-tools' routing modules.

    Raises
    ------
    SetupError
        They are not installed.
    """
    try:
        with warnings.catch_warnings():  # its generated wrappers are older than the language's rules
            warnings.simplefilter("ignore", DeprecationWarning)
            from ortools.constraint_solver import pywrapcp, routing_enums_pb2
    except ImportError as error:
        raise SetupError(
            "no-ortools", "巡回の計算に必要な部品（OR-tools）がありません", "pip install 'daremo[rounds]'"
        ) from error
    return pywrapcp, routing_enums_pb2


class Days:
    """The vehicle days of a question and the visits to be placed on them, as the solver numbers them."""

    def __init__(self, q: RoundsQuestion, c: Calendar, stops: list[int]) -> None:
        self.slots = [(i, day) for i, v in enumerate(q.vehicles) for day in range(v.days)]
        self.visits = [(s, part) for s in stops for part in range(c.visits[s])]
        self.period = sum(len(days) for days in c.days)
        self.nodes = [v.depot for v in q.vehicles] + [q.stops[s].node for s, _ in self.visits]
        self.first = len(q.vehicles)

    def allowed(self, c: Calendar, visit: int) -> list[int]:
        """Vehicle days that lie in the visit's part of the period."""
        s, part = self.visits[visit]
        return [r for r, (_, day) in enumerate(self.slots) if part_of(day, c.visits[s], self.period) == part]


def search(
    q: RoundsQuestion, c: Calendar, stops: list[int], watch: Watch, solutions: int
) -> list[tuple[int, int, tuple[int, ...]]]:
    """Rounds (vehicle, day, order of stops) of a good plan."""
    pywrapcp, enums = solver()
    days = Days(q, c, stops)
    if not days.slots or not days.visits:
        return []
    depots = [i for i, _ in days.slots]
    manager = pywrapcp.RoutingIndexManager(len(days.nodes), len(days.slots), depots, depots)
    routing = pywrapcp.RoutingModel(manager)
    _costs(q, days, routing)
    _clock(q, days, manager, routing)
    _money(q, days, routing)
    _prizes(q, c, days, manager, routing)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = enums.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.solution_limit = solutions
    if math.isfinite(watch.limit_s):
        parameters.time_limit.FromMilliseconds(max(1, int(500 * (watch.limit_s - watch.seconds))))

    asked = 0

    def enough() -> bool:
        """Asked often by the solver; counting makes an end where no further solution exists."""
        nonlocal asked
        asked += 1
        return asked > LOOKS * solutions or watch.late(0.5)

    routing.AddSearchMonitor(routing.solver().CustomLimit(enough))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = routing.SolveWithParameters(parameters)
    return _read(q, days, manager, routing, found) if found else []


def _table(q: RoundsQuestion, days: Days, service: bool) -> list[list[int]]:
    """Minutes between the solver's nodes, with the service at the first one if wanted."""
    stay = [0] * days.first + [q.stops[s].service_min if service else 0 for s, _ in days.visits]
    ways = [[leg_min(q, a, b) for b in days.nodes] for a in days.nodes]
    return [[FAR if way >= NEVER else way + stay[i] for way in row] for i, row in enumerate(ways)]


def _costs(q: RoundsQuestion, days: Days, routing: Any) -> None:
    for r, (i, _) in enumerate(days.slots):
        v = q.vehicles[i]
        table = [[round(v.km_yen * float(q.km_nn[a, b])) for b in days.nodes] for a in days.nodes]
        routing.SetArcCostEvaluatorOfVehicle(routing.RegisterTransitMatrix(table), r)
        routing.SetFixedCostOfVehicle(round(v.day_yen), r)


def _clock(q: RoundsQuestion, days: Days, manager: Any, routing: Any) -> None:
    """Times of day, windows, duty, driving and breaks."""
    end = [q.vehicles[i].begin_min + q.vehicles[i].duty_min for i, _ in days.slots]
    horizon = max(end)
    clock = routing.RegisterTransitMatrix(_table(q, days, service=True))
    routing.AddDimension(clock, horizon, horizon, False, "clock")
    time = routing.GetDimensionOrDie("clock")
    wheel = routing.RegisterTransitMatrix(_table(q, days, service=False))
    routing.AddDimensionWithVehicleCapacity(wheel, 0, [q.vehicles[i].drive_min for i, _ in days.slots], True, "wheel")
    for k, (s, _) in enumerate(days.visits):
        stop = q.stops[s]
        time.CumulVar(manager.NodeToIndex(days.first + k)).SetRange(
            min(stop.open_min, horizon), max(0, min(stop.close_min - stop.service_min, horizon))
        )
    stay = [0] * routing.Size()
    for k, (s, _) in enumerate(days.visits):
        stay[manager.NodeToIndex(days.first + k)] = q.stops[s].service_min
    for r, (i, _) in enumerate(days.slots):
        v = q.vehicles[i]
        time.CumulVar(routing.Start(r)).SetRange(v.begin_min, end[r])
        time.CumulVar(routing.End(r)).SetRange(v.begin_min, end[r])
        if v.break_min and v.duty_min > v.break_after_min:
            latest = min(v.begin_min + v.break_after_min, end[r] - v.break_min)
            if latest >= v.begin_min:
                rest = routing.solver().FixedDurationIntervalVar(v.begin_min, latest, v.break_min, False, f"rest {r}")
                time.SetBreakIntervalsOfVehicle([rest], r, stay)


def _money(q: RoundsQuestion, days: Days, routing: Any) -> None:
    if not math.isfinite(q.budget_yen):
        return
    per_day = []
    for i, v in enumerate(q.vehicles):
        table = [[math.ceil(v.km_yen * float(q.km_nn[a, b]) - 1e-9) for b in days.nodes] for a in days.nodes]
        for b in range(days.first, len(days.nodes)):
            table[i][b] += math.ceil(v.day_yen)
        per_day.append(routing.RegisterTransitMatrix(table))
    top = math.floor(q.budget_yen)
    routing.AddDimensionWithVehicleTransits([per_day[i] for i, _ in days.slots], 0, top, True, "yen")
    yen = routing.GetDimensionOrDie("yen")
    ends = [yen.CumulVar(routing.End(r)) for r in range(len(days.slots))]
    routing.solver().Add(routing.solver().Sum(ends) <= top)


def _prizes(q: RoundsQuestion, c: Calendar, days: Days, manager: Any, routing: Any) -> None:
    """A dropped visit costs more than any saving of money; a required one more than all others together."""
    dearest = sum(
        q.vehicles[i].day_yen + q.vehicles[i].km_yen * float(q.km_nn.max(initial=0.0)) * (len(days.visits) + 1)
        for i, _ in days.slots
    )
    people = [q.stops[s].people for s, _ in days.visits]
    least = min((p for p in people if p > 0), default=1.0)
    weight = min((dearest + 1) / least, 1e13 / max(1.0, sum(people)))
    needed = weight * sum(people) + 1
    for k, (s, _) in enumerate(days.visits):
        price = people[k] * weight + (needed if q.stops[s].required else 0)
        index = manager.NodeToIndex(days.first + k)
        routing.AddDisjunction([index], max(1, round(price)))
        routing.VehicleVar(index).SetValues([-1, *days.allowed(c, k)])


def _read(
    q: RoundsQuestion, days: Days, manager: Any, routing: Any, found: Any
) -> list[tuple[int, int, tuple[int, ...]]]:
    rounds = []
    for r, (i, day) in enumerate(days.slots):
        order, index = [], found.Value(routing.NextVar(routing.Start(r)))
        while not routing.IsEnd(index):
            order.append(days.visits[manager.IndexToNode(index) - days.first][0])
            index = found.Value(routing.NextVar(index))
        if order and timetable(q, q.vehicles[i], order) is not None:
            rounds.append((i, day, tuple(order)))
    return rounds
