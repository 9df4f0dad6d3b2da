"""Rounds of mobile desks: the best plan of small questions, the rules of work, and bounds that no plan passes."""

from __future__ import annotations

import builtins
import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import SetupError, UsageError
from daremo.kernel.watch import Watch
from daremo.reach import rounds as rounds_module
from daremo.reach.rounds import RoundsQuestion, Stop, Vehicle, rounds, rounds_question, verify
from daremo.reach.routing import price as price_module
from daremo.reach.routing.day import kinds_of, timetable
from daremo.reach.routing.price import best_days, network
from daremo.reach.verify_rounds_bound import least_yen, most_people


def question(seed: int, n: int, vehicles: int = 1, days: int = 1, budget_yen: float = math.inf) -> RoundsQuestion:
    """A small question with windows, breaks, required stops and frequencies, never the same twice."""
    r = np.random.default_rng(seed)
    at = r.uniform(0, 60, (n + 1, 2))
    minutes = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    if n > 2 and r.random() < 0.2:
        minutes[1, :] = minutes[:, 1] = np.inf
    stops = [
        Stop(
            name=f"stop {i}",
            node=i,
            service_min=int(r.integers(20, 120)),
            visits=int(r.integers(1, days + 2)),
            people=float(r.integers(0, 12)),
            required=bool(r.random() < 0.3),
            open_min=int(r.choice([0, 600, 780])),
            close_min=int(r.choice([720, 900, 1440])),
        )
        for i in range(1, n + 1)
    ]
    cars = [
        Vehicle(
            name=f"van {i}",
            depot=0,
            days=days,
            duty_min=int(r.choice([240, 360, 480])),
            drive_min=int(r.choice([90, 200])),
            break_after_min=int(r.choice([120, 240])),
            break_min=int(r.choice([0, 45])),
            day_yen=1000.0,
            km_yen=10.0,
        )
        for i in range(vehicles)
    ]
    return rounds_question(cars, stops, minutes, budget_yen=budget_yen)


def days_out(q: RoundsQuestion, v: Vehicle, days: int) -> dict[frozenset[int], float]:
    """Every set of stops a vehicle can visit in a day with its least cost, by trying all orders minute by minute."""
    found: dict[frozenset[int], float] = {frozenset(): 0.0}
    useful = [s for s, stop in enumerate(q.stops) if stop.visits > 0]
    for size in range(1, len(useful) + 1):
        some = False
        for order in itertools.permutations(useful, size):
            if _home(q, v, order) is None:
                continue
            some = True
            nodes = [v.depot, *(q.stops[s].node for s in order), v.depot]
            yen = v.day_yen + v.km_yen * sum(q.km_nn[a, b] for a, b in zip(nodes, nodes[1:], strict=False))
            key = frozenset(order)
            found[key] = min(found.get(key, math.inf), yen)
        if not some:
            break
    return found


def _home(q: RoundsQuestion, v: Vehicle, order: tuple[int, ...]) -> int | None:
    """Earliest return, the break tried at every place in the order."""
    best = None
    for rest in [None, *range(len(order) + 1)]:
        t, node, drive, fine = v.begin_min, v.depot, 0, True
        for k, s in enumerate([*order, None]):
            if rest == k:
                fine &= t <= v.begin_min + v.break_after_min
                t += v.break_min
            there = v.depot if s is None else q.stops[s].node
            way = int(q.minutes_nn[node, there])
            fine &= way >= 0
            t, drive, node = t + way, drive + way, there
            if s is not None:
                t = max(t, q.stops[s].open_min) + q.stops[s].service_min
                fine &= t <= q.stops[s].close_min
        fine &= t <= v.begin_min + v.duty_min and drive <= v.drive_min
        if rest is None and v.break_min:
            fine &= t <= v.begin_min + v.break_after_min
        if fine and (best is None or t < best):
            best = t
    return best


def by_force(q: RoundsQuestion) -> tuple[int, float, float]:
    """Required visits, people and yen of the best plan, by trying every choice of days out on every day."""
    period = max((v.days for v in q.vehicles), default=0)
    outs = [days_out(q, v, period) for v in q.vehicles]
    slots = [(i, d) for d in range(period) for i, v in enumerate(q.vehicles) if d < v.days]

    def part(s: int, day: int) -> int:
        f = min(q.stops[s].visits, period)
        return next(i for i in range(f) if day < (i + 1) * period // f)

    best = (-1, -1.0, -math.inf)
    stack: list[tuple[int, frozenset[tuple[int, int]], float]] = [(0, frozenset(), 0.0)]
    while stack:
        k, done, yen = stack.pop()
        if yen > q.budget_yen + 1e-6:
            continue
        if k == len(slots):
            required = sum(q.stops[s].required for s, _ in done)
            people = sum(q.stops[s].people for s, _ in done)
            best = max(best, (required, people, -yen))
            continue
        i, day = slots[k]
        for chosen, cost in outs[i].items():
            new = frozenset((s, part(s, day)) for s in chosen)
            if not new & done:
                stack.append((k + 1, done | new, yen + cost))
    return best[0], best[1], -best[2]


def required_made(q: RoundsQuestion, visits: tuple[int, ...]) -> int:
    """Required visits among those made."""
    return sum(n for n, s in zip(visits, q.stops, strict=True) if s.required)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.booleans())
def test_a_day_of_one_van_is_the_best_of_all_orders(seed: int, n: int, poor: bool):
    q = question(seed, n, budget_yen=1_600.0 if poor else math.inf)
    required, people, yen = by_force(q)
    answer = rounds(q)
    assert required_made(q, answer.visits) == required
    assert answer.value == pytest.approx(people)
    assert answer.cost_yen == pytest.approx(yen, abs=1e-3)
    assert answer.bound == pytest.approx(people, abs=1e-4) and answer.cost_bound_yen == pytest.approx(yen, abs=0.5)
    assert verify(q, answer) == ()
    assert people <= answer.bound_certified and answer.cost_bound_certified_yen <= yen


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 2), st.integers(1, 2))
def test_no_plan_passes_the_bounds_that_the_checker_works_out(seed: int, n: int, vehicles: int, days: int):
    q = question(seed, n, vehicles=vehicles, days=days)
    free = replace(q, stops=tuple(replace(s, required=False) for s in q.stops))
    _, people, yen = by_force(free)
    assert most_people(free) >= people
    assert least_yen(free, people) <= yen * (1 + 1e-12)
    assert least_yen(free, people + 1e6) == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_several_days_and_vans_are_the_best_of_all_calendars(seed: int):
    q = question(seed, 4, vehicles=1 + seed % 2, days=2)
    required, people, yen = by_force(q)
    answer = rounds(q)
    assert (required_made(q, answer.visits), answer.value) == (required, pytest.approx(people))
    assert answer.cost_yen == pytest.approx(yen, abs=1e-3)
    assert verify(q, answer) == ()


def test_seven_stops_are_the_best_of_all_orders():
    for seed in range(3):
        q = question(seed, 7)
        assert (required_made(q, rounds(q).visits), rounds(q).value) == (by_force(q)[0], pytest.approx(by_force(q)[1]))


@pytest.mark.parametrize("seed", range(6))
def test_a_large_question_keeps_the_rules_and_its_bound_holds(seed: int, monkeypatch: pytest.MonkeyPatch):
    """The way of large questions, on small ones whose best plan is known."""
    monkeypatch.setattr(rounds_module, "ORDERS", 0)
    q = question(seed, 5, vehicles=1 + seed % 2, days=1 + seed % 2)
    required, people, yen = by_force(q)
    answer = rounds(q, solutions=40)
    assert verify(q, answer) == ()
    made = required_made(q, answer.visits)
    assert (made, answer.value) <= (required, people + 1e-6)
    if made == required:
        assert answer.bound >= people - 1e-3
        if answer.value == pytest.approx(people):
            assert answer.cost_bound_yen <= yen + 0.5 and answer.cost_yen >= yen - 1e-3
    assert "OR-tools" in answer.method


@pytest.mark.parametrize("memory", [1, 6])
def test_no_day_is_worth_more_than_the_recursion_says(memory: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(price_module, "NEIGHBOURS", memory)
    for seed in range(12):
        q = question(seed, 5)
        v = replace(q.vehicles[0], drive_min=10_000)
        q = replace(q, vehicles=(v,))
        gain = np.random.default_rng(seed).uniform(-1, 5, 5)
        net = network(q, kinds_of(q)[0], range(5))
        worth, _ = best_days(net, gain, 1e-3)
        best = max(sum(gain[s] for s in chosen) - 1e-3 * yen for chosen, yen in days_out(q, v, 1).items())
        assert worth >= best - 1e-9
        if memory == 6:
            assert worth == pytest.approx(max(best, 0.0), abs=1e-9)


def test_the_same_question_gives_the_same_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds_module, "ORDERS", 0)
    q = question(5, 6, vehicles=2, days=2)
    assert rounds(q, solutions=30).rounds == rounds(q, solutions=30).rounds


def van(**rules: Any) -> Vehicle:
    return Vehicle(**{"name": "van", "depot": 0, "days": 1, "day_yen": 1000.0, "km_yen": 10.0, **rules})


def hall(**facts: Any) -> Stop:
    return Stop(**{"name": "hall", "node": 1, "service_min": 60, "people": 5.0, **facts})


@pytest.mark.parametrize(
    ("vehicle", "stop", "minutes", "budget_yen", "reason"),
    [
        (None, hall(), 20.0, math.inf, "no-vehicle"),
        (van(), hall(), math.inf, math.inf, "no-way"),
        (van(), hall(service_min=600), 20.0, math.inf, "too-long"),
        (van(drive_min=30), hall(), 20.0, math.inf, "too-long"),
        (van(), hall(open_min=480, close_min=545), 20.0, math.inf, "window"),
        (van(), hall(visits=2), 20.0, math.inf, "too-many-visits"),
        (van(), hall(people=0.0), 20.0, math.inf, "no-people"),
        (van(), hall(), 20.0, 500.0, "no-money"),
        (van(days=0), hall(), 20.0, math.inf, "no-vehicle"),
    ],
)
def test_a_visit_that_is_not_made_is_listed_with_its_reason(
    vehicle: Vehicle | None, stop: Stop, minutes: float, budget_yen: float, reason: str
):
    q = rounds_question([vehicle] if vehicle else [], [stop], [[0, minutes], [minutes, 0]], budget_yen=budget_yen)
    answer = rounds(q)
    assert [(u.stop, u.visits, u.reason) for u in answer.unserved] == [(0, 1, reason)]
    assert verify(q, answer) == ()


def test_days_that_are_full_say_so():
    q = rounds_question([van()], [hall(service_min=300), hall(service_min=300, people=4.0)], [[0, 20], [20, 0]])
    answer = rounds(q)
    assert answer.visits == (1, 0) and answer.unserved[0].reason == "no-room"


def test_a_long_day_holds_a_break_and_a_short_one_none():
    for service, kinds in ((250, ["leave", "stop", "return"]), (150, ["leave", "stop", "return"])):
        q = rounds_question([van(break_after_min=200)], [hall(service_min=service)], [[0, 20], [20, 0]])
        halts = [h.kind for h in rounds(q).rounds[0].halts]
        assert [h for h in halts if h != "break"] == kinds and ("break" in halts) == (service == 250)


def test_a_question_without_stops_costs_nothing():
    answer = rounds(rounds_question([van()], [], [[0]]))
    assert (answer.value, answer.cost_yen, answer.rounds, answer.gap_share) == (0.0, 0.0, (), 0.0)


def test_a_search_that_is_stopped_at_once_still_answers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds_module, "ORDERS", 0)
    q = question(3, 6, days=2)
    answer = rounds(q, watch=Watch(stop=lambda: True))
    assert verify(q, answer) == () and answer.bound >= answer.value


def test_without_or_tools_a_large_question_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds_module, "ORDERS", 0)
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name.startswith("ortools"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(SetupError) as error:
        rounds(question(3, 6))
    assert error.value.code == "no-ortools" and error.value.fix == "pip install 'daremo[rounds]'"


def test_the_check_rejects_an_answer_that_was_altered():
    q = question(11, 6, days=2)
    answer = rounds(q)
    assert answer.rounds and verify(q, answer) == ()
    first = answer.rounds[0]
    stop = next(k for k, h in enumerate(first.halts) if h.kind == "stop")
    early = replace(first.halts[stop], begin_min=first.halts[stop].begin_min - 1)
    halts = (*first.halts[:stop], early, *first.halts[stop + 1 :])
    altered = [
        replace(answer, value=answer.value + 1, bound=answer.bound + 1),
        replace(answer, bound=answer.value - 1),
        replace(answer, cost_yen=answer.cost_yen - 1),
        replace(answer, cost_bound_yen=answer.cost_yen + 10),
        replace(answer, visits=tuple(n + 1 for n in answer.visits)),
        replace(answer, unserved=()) if answer.unserved else replace(answer, open=()),
        replace(answer, rounds=(replace(first, halts=halts), *answer.rounds[1:])),
        replace(answer, rounds=(replace(first, km=first.km + 1), *answer.rounds[1:])),
        replace(answer, rounds=(replace(first, people=first.people + 1), *answer.rounds[1:])),
        replace(answer, rounds=answer.rounds[1:]),
        replace(answer, rounds=(replace(first, day=99), *answer.rounds[1:])),
        replace(answer, rounds=(first, *answer.rounds)),
        replace(answer, bound=answer.value, bound_certified=most_people(q) * (1 - 1e-6)),
        replace(answer, bound=most_people(q) * 1.001),
        replace(answer, cost_bound_certified_yen=least_yen(q, answer.value) * 1.001),
    ]
    assert [bool(verify(q, a)) for a in altered] == [True] * len(altered)


def test_the_check_misses_no_break_and_no_long_day():
    q = rounds_question([van(break_after_min=200)], [hall(service_min=250)], [[0, 20], [20, 0]])
    answer = rounds(q)
    day = answer.rounds[0]
    without = replace(day, halts=tuple(h for h in day.halts if h.kind != "break"))
    assert any("休憩" in text for text in verify(q, replace(answer, rounds=(without,))))
    short = replace(q, vehicles=(replace(q.vehicles[0], duty_min=60),))
    assert any("勤務" in text for text in verify(short, answer))


@pytest.mark.parametrize(
    ("vehicles", "stops", "minutes", "code"),
    [
        ([van(depot=5)], [hall()], [[0, 1], [1, 0]], "bad-vehicle"),
        ([van(day_yen=-1.0)], [hall()], [[0, 1], [1, 0]], "bad-vehicle"),
        ([van()], [hall(node=9)], [[0, 1], [1, 0]], "bad-stop"),
        ([van()], [hall(service_min=0)], [[0, 1], [1, 0]], "bad-stop"),
        ([van()], [hall(people=math.nan)], [[0, 1], [1, 0]], "bad-stop"),
        ([van()], [hall()], [[0, -1], [1, 0]], "bad-ways"),
        ([van()], [hall()], [[0, 1, 2], [1, 0, 2]], "bad-ways"),
    ],
)
def test_what_makes_no_sense_is_refused(vehicles: list[Vehicle], stops: list[Stop], minutes: list[Any], code: str):
    with pytest.raises(UsageError) as error:
        rounds_question(vehicles, stops, minutes)
    assert error.value.code == code


def test_the_timetable_waits_for_the_window_and_rounds_ways_up():
    q = rounds_question([van()], [hall(open_min=600)], [[0, 20.2], [20.2, 0]])
    halts = timetable(q, q.vehicles[0], [0])
    assert halts is not None
    assert [(h.kind, h.arrive_min, h.begin_min, h.leave_min) for h in halts][1] == ("stop", 561, 600, 660)
    assert halts[-1].arrive_min == 681


def test_a_search_without_a_second_solution_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds_module, "ORDERS", 0)
    q = rounds_question([van()], [hall()], [[0, 20], [20, 0]])
    assert rounds(q, solutions=30).value == 5.0
