"""Staffed hours a week sized to attendance: which places open, for how long, within a budget, with a proved bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.watch import Watch
from daremo.reach.staffing.answer import HoursAnswer, PlaceHours
from daremo.reach.staffing.attendance import Units, attendance, attendance_by_stage, units_of
from daremo.reach.staffing.check import verify
from daremo.reach.staffing.layout import Layout, divisible_value
from daremo.reach.staffing.learners import Slots, learners
from daremo.reach.staffing.prices import certificate
from daremo.reach.staffing.question import Behaviour, HoursQuestion, Standard, hours_question
from daremo.reach.staffing.queue import full_share, mean_wait_min, wait_over_share
from daremo.reach.staffing.solve import Solved, solve
from daremo.reach.staffing.terms import Terms, terms_of
from daremo.reach.verify_hours import certified_bound

__all__ = ["Behaviour", "HoursAnswer", "HoursQuestion", "PlaceHours", "Standard", "hours", "hours_question", "verify"]

Float = NDArray[np.float64]


def hours(question: HoursQuestion, *, watch: Watch | None = None, gap: float = 1e-4, seed: int = 0) -> HoursAnswer:
    """Choose which places open and their staffed hours, so that most people are served for the money.

    Parameters
    ----------
    question : HoursQuestion
        See `hours_question`.
    watch : Watch, optional
        Time limit, progress and interruption; none = until the gap is reached.
    gap : float, share
        Wanted (bound − value) / value.
    seed : int
        Stated in the answer; the search draws no random numbers.

    Returns
    -------
    HoursAnswer
        `value` and `bound` are people served a year.

    Raises
    ------
    Infeasible
        Conditions, budget and standard leave no set of places.

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> q = hours_question(pairs_of_matrix([[0.0, 60.0], [60.0, 0.0]], "min"), [900, 300],
    ...                    hour_yen=2_000, fixed_yen=50_000, most_places=1)
    >>> answer = hours(q)
    >>> answer.open, answer.places[0].hours_week, round(answer.value, 1), round(answer.bound_certified, 1)
    ((0,), 7.5, 90.9, 90.9)
    """
    watch = watch or Watch()
    t = terms_of(question)
    units = units_of(question)
    solved = solve(units, t, watch, gap, question.behaviour.visits_a_person)
    return _told(question, units, t, solved, watch, seed)


def _told(
    q: HoursQuestion,
    units: Units,
    t: Terms,
    solved: Solved,
    watch: Watch,
    seed: int,
) -> HoursAnswer:
    a_person, layout = q.behaviour.visits_a_person, solved.layout
    open_p = np.zeros(q.n_places, bool)
    open_p[layout.open] = True
    came_gp = attendance_by_stage(q, open_p)
    places = tuple(_place(q, t, layout, i, came_gp[:, layout.open[i]]) for i in range(layout.open.size))
    needed = np.maximum(t.least_units, layout.served / np.maximum(t.unit_visits_p[layout.open], 1e-12))
    unreachable, unserved = _left_out(q, units, layout)
    visits = float(layout.served.sum())
    proof = certificate(q, units, solved.parts)
    certified = max(certified_bound(q, proof), visits / a_person)
    return HoursAnswer(
        value=visits / a_person,
        bound=min(solved.bound / a_person, certified),
        sense="max",
        open=tuple(int(p) for p in layout.open),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        method=f"{q.behaviour.choice} choice; {solved.method}",
        seed=seed,
        finished=solved.finished,
        places=places,
        served_year=visits,
        attendance_year=float(layout.came.sum()),
        cost_yen=layout.cost_yen,
        budget_yen=q.budget_yen,
        rounding_yen=float(((layout.units - needed) * t.unit_yen_p[layout.open]).sum()),
        rounding_people=max(0.0, divisible_value(t, layout) - visits) / a_person,
        unreachable=unreachable,
        unserved=unserved,
        quiet=tuple(p.place for p in places if p.quiet),
        full=tuple(p.place for p in places if p.turned_away_year > 1e-6),
        bound_certified=certified,
        certificate=proof,
    )


def _left_out(q: HoursQuestion, units: Units, layout: Layout) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Demand points with people and no way to any place, and with none to an open one."""
    people_d = q.people_dg.sum(axis=1) > 0
    ways_d = np.diff(q.pairs.start) > 0
    open_p = np.zeros(q.n_places, bool)
    open_p[layout.open] = True
    came_u = attendance(units, open_p)[1]
    comes_d = np.zeros(q.pairs.n_demand, bool)
    comes_d[units.demand_u[came_u > 0]] = True
    return (
        tuple(int(d) for d in np.flatnonzero(people_d & ~ways_d)),
        tuple(int(d) for d in np.flatnonzero(people_d & ways_d & ~comes_d)),
    )


def _place(q: HoursQuestion, t: Terms, layout: Layout, i: int, came_g: Float) -> PlaceHours:
    p, s = int(layout.open[i]), q.standard
    steps, served, came = int(layout.units[i]), float(layout.served[i]), float(layout.came[i])
    hours_week, seats, desks = steps * s.step_h, int(q.seats_p[p]), int(q.desks_p[p])
    load = served / (steps * float(t.unit_full_p[p]))
    slots_year = hours_week * 60 / s.slot_min * s.weeks_year
    slot: Slots = learners(came, slots_year, float(t.unit_visits_p[p]) * steps, q.behaviour.uptake_doubt)
    if seats:
        over, wait = full_share(served / slots_year, seats), 0.0
    else:
        over = wait_over_share(load * desks, desks, s.visit_min, s.wait_min, s.visit_spread)
        wait = mean_wait_min(load * desks, desks, s.visit_min, s.visit_spread)
    cost = t.fixed_yen_p[p] + steps * t.unit_yen_p[p] + served * t.visit_yen_p[p]
    return PlaceHours(
        place=p,
        kind="class" if seats else "desk",
        hours_week=hours_week,
        attendance_year=came,
        served_year=served,
        turned_away_year=max(came - served, 0.0),
        utilisation_share=load,
        wait_over_share=over,
        mean_wait_min=wait,
        slot_learners=slot.mean,
        slot_low=slot.low,
        slot_high=slot.high,
        slot_empty_share=slot.empty_share,
        slot_single_share=slot.single_share,
        cost_yen=float(cost),
        quiet=load < s.least_load_share - 1e-9,
        attendance_year_g=tuple(float(x) for x in came_g),
        slot_learners_g=tuple(float(x) * slot.mean / came if came > 0 else 0.0 for x in came_g),
    )
