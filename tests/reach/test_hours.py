"""Hours sized to attendance: the best layout of small questions, promises kept, bounds that no layout passes."""

from __future__ import annotations

import itertools
import math
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import DaremoError, Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.reach.doors.certificate import seal
from daremo.reach.hours import Behaviour, HoursQuestion, Standard, hours, hours_question, verify
from daremo.reach.model import Conditions
from daremo.reach.staffing.attendance import attendance, units_of
from daremo.reach.staffing.layout import SHORT, change, staff
from daremo.reach.staffing.search import allowed
from daremo.reach.staffing.terms import Terms, hour_visits, terms_of
from daremo.reach.travel.pairs import pairs_of_matrix
from daremo.reach.verify_bound import Refused
from daremo.reach.verify_hours import certified_bound

STANDARD = Standard(step_h=1.0, least_hours_week=1.0, most_hours_week=8.0, least_load_share=0.1)


def question(seed: int, places: int = 5, demand: int = 7, **changes: Any) -> HoursQuestion:
    """A small question, never the same twice: two life stages, classes among desks, unlike costs."""
    r = np.random.default_rng(seed)
    minutes = r.uniform(0, 60, (demand, places))
    minutes[r.random((demand, places)) < 0.2] = np.inf
    facts: dict[str, Any] = {
        "behaviour": Behaviour(
            choice="huff" if seed % 2 else "best", half_g=np.array([20.0, 10.0]), uptake_g=np.array([0.3, 0.2])
        ),
        "standard": STANDARD,
        "fixed_yen": r.integers(10, 60, places) * 1e4,
        "hour_yen": r.choice([1500.0, 3000.0], places),
        "visit_yen": float(r.choice([0.0, 300.0])),
        "desks": r.integers(1, 4, places),
        "seats": np.where(r.random(places) < 0.3, 6, 0),
        "attraction": 1.0 if seed % 3 else r.choice([0.5, 1.0, 2.0], places),
        "budget_yen": float(r.integers(2, 40) * 1e5),
    }
    return hours_question(pairs_of_matrix(minutes, "min"), r.uniform(0, 200, (demand, 2)), **{**facts, **changes})


def best_steps(q: HoursQuestion, t: Terms, open_: tuple[int, ...], came: dict[int, float]) -> float:
    """Most visits served at these places, by trying all hours (value −inf where the set cannot be)."""
    choices = []
    for p in open_:
        rows = []
        for units in range(t.least_units, t.most_units + 1):
            served = min(came[p], units * t.unit_visits_p[p])
            if not t.must_p[p] and served < units * t.unit_least_p[p] - 1e-9:
                continue
            yen = t.fixed_yen_p[p] + units * t.unit_yen_p[p] + served * t.visit_yen_p[p]
            rows.append((served, yen))
            if served >= came[p]:
                break
        choices.append(rows)
    # spending and value of all combinations, those that are beaten left out
    front = [(0.0, 0.0)]
    for rows in choices:
        merged = sorted(
            (yen + y, -(value + v)) for yen, value in front for v, y in rows if yen + y <= q.budget_yen + 1e-6
        )
        front, top = [], -1.0
        for yen, minus in merged:
            if -minus > top:
                front.append((yen, -minus))
                top = -minus
    return max((value for _, value in front), default=-math.inf)


def naive_attendance(q: HoursQuestion, open_: tuple[int, ...]) -> dict[int, float]:
    """Visits a year by place, demand point by demand point."""
    came = dict.fromkeys(open_, 0.0)
    b = q.behaviour
    for d in range(q.pairs.n_demand):
        for g in range(q.people_dg.shape[1]):
            most = q.people_dg[d, g] * b.uptake_g[g] * b.visits_a_person
            pull = {}
            for t in range(q.pairs.start[d], q.pairs.start[d + 1]):
                p = int(q.pairs.place[t])
                if p in open_:
                    pull[p] = q.attraction_p[p] / (1 + (q.pairs.cost[t] / b.half_g[g]) ** b.slope_g[g])
            if not pull:
                continue
            if b.choice == "best":
                p = max(pull, key=lambda k: (min(pull[k], 1.0), -k))
                came[p] += most * min(pull[p], 1.0)
            else:
                for p, a in pull.items():
                    came[p] += most * a / (b.outside + sum(pull.values()))
    return came


def by_force(q: HoursQuestion) -> float:
    """People served by the best layout, by trying every set of places and all hours; −inf where there is none."""
    t, best = terms_of(q), -math.inf
    for size in range(q.n_places + 1):
        for open_ in itertools.combinations(range(q.n_places), size):
            mask = np.zeros(q.n_places, bool)
            mask[list(open_)] = True
            if allowed(t, mask):
                best = max(best, best_steps(q, t, open_, naive_attendance(q, open_)))
    return best / q.behaviour.visits_a_person


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100_000))
def test_the_value_is_that_of_the_best_set_and_the_bound_holds(seed: int):
    q = question(seed)
    best, answer = by_force(q), hours(q)
    assert answer.value == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert best - 1e-6 <= answer.bound <= answer.bound_certified
    assert verify(q, answer) == ()
    for row in answer.places:
        assert sum(row.attendance_year_g) == pytest.approx(row.attendance_year, rel=1e-9)
        assert sum(row.slot_learners_g) == pytest.approx(row.slot_learners, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_no_prices_prove_less_than_the_best_there_is(seed: int):
    q = question(seed, places=4, demand=5)
    best, answer, r = by_force(q), hours(q), np.random.default_rng(seed)
    forged = deepcopy(answer.certificate)
    for part in forged["parts"]:
        part["visit"] *= r.choice([0.0, 0.5, 1.0, 3.0])
        part["yen"] *= r.choice([0.3, 1.0, 2.0])
        part["tangent_dg"] = (np.array(part["tangent_dg"]) * r.uniform(0, 3, q.people_dg.shape)).tolist()
    assert certified_bound(q, {**forged, "seal": seal(forged)}) >= best * (1 - 1e-9)
    if forged["parts"]:
        hole = {**forged, "parts": forged["parts"][:-1]}
        with pytest.raises(Refused):
            certified_bound(q, {**hole, "seal": seal(hole)})
        below = deepcopy(answer.certificate)
        below["parts"][0]["tangent_dg"] = (np.array(below["parts"][0]["tangent_dg"]) - 1e6).tolist()
        with pytest.raises(Refused):
            certified_bound(q, {**below, "seal": seal(below)})


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100_000))
def test_conditions_hold_and_the_bound_holds_under_them(seed: int):
    r = np.random.default_rng(seed)
    conditions = Conditions(
        must=(0,) if r.random() < 0.5 else (),
        never=(1,) if r.random() < 0.5 else (),
        organisation_p=r.integers(-1, 2, 6),
        most_per_organisation=int(r.integers(1, 3)),
        quota_p=r.integers(-1, 2, 6),
        least_per_quota=int(r.integers(0, 2)),
        apart=np.array([[2, 3], [0, 4]]) if r.random() < 0.5 else np.zeros((0, 2), np.int64),
    )
    q = question(seed, places=6, conditions=conditions, most_places=int(r.integers(1, 5)))
    try:
        answer = hours(q)
    except Infeasible as error:
        assert error.code in ("no-layout", "must-too-dear")
        assert error.code == "must-too-dear" or by_force(q) == -math.inf
        return
    best = by_force(q)
    assert answer.value <= best + 1e-6 and answer.value >= 0.97 * best - 1e-6
    assert answer.bound >= best - 1e-6
    assert verify(q, answer) == ()


@pytest.mark.parametrize("seed", range(6))
def test_attendance_agrees_with_counting_person_by_person(seed: int):
    q = question(seed)
    units = units_of(q)
    for open_ in [(0,), (1, 3), (0, 1, 2, 3, 4), ()]:
        mask = np.zeros(5, bool)
        mask[list(open_)] = True
        came_p, came_u = attendance(units, mask)
        naive = naive_attendance(q, open_)
        assert came_p[list(open_)] == pytest.approx([naive[p] for p in open_], rel=1e-9)
        assert came_u.sum() == pytest.approx(came_p.sum())


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_of_a_larger_question_holds_for_every_set_that_was_tried(seed: int):
    q = question(seed, places=7, demand=9, budget_yen=2e6)
    answer, t, units = hours(q, gap=1e-3), terms_of(q), units_of(q)
    r = np.random.default_rng(seed)
    for _ in range(300):
        mask = (r.random(7) < r.uniform(0.1, 0.6)) & t.can_p
        layout = staff(units, t, mask)
        if layout is not None:
            assert layout.value / q.behaviour.visits_a_person <= answer.bound + 1e-6
    assert verify(q, answer) == () and answer.gap_share < 0.05


def test_a_layout_never_costs_more_than_the_budget_and_nobody_queues_longer_than_promised():
    for seed in range(4):
        q = question(seed, places=6, demand=10)
        answer = hours(q, gap=0.01)
        assert answer.cost_yen <= q.budget_yen + 1e-6
        for row in answer.places:
            assert row.wait_over_share <= q.standard.wait_risk_share + 1e-9
            assert row.utilisation_share >= q.standard.least_load_share - 1e-9
            assert row.hours_week / q.standard.step_h == round(row.hours_week / q.standard.step_h)
            assert row.slot_low <= row.slot_learners <= row.slot_high or row.turned_away_year > 0


def test_finer_steps_lose_no_more():
    q = question(4, budget_yen=math.inf)
    fine = replace(q, standard=replace(q.standard, step_h=0.25))
    assert hours(fine).rounding_yen <= hours(q).rounding_yen + 1e-6
    assert hours(q).rounding_people == pytest.approx(0.0, abs=1e-6)


def test_a_place_that_must_open_and_stays_quiet_is_reported():
    q = hours_question(
        pairs_of_matrix([[0.0, 50.0]], "min"), [5.0], hour_yen=1000.0, conditions=Conditions(must=(1,)), most_places=1
    )
    answer = hours(q)
    assert answer.quiet == (1,) and answer.places[0].quiet and verify(q, answer) == ()


def test_a_place_too_quiet_for_its_slots_stays_shut():
    q = hours_question(pairs_of_matrix([[0.0]], "min"), [5.0], hour_yen=1000.0)
    answer = hours(q)
    assert answer.open == () and answer.unserved == (0,) and verify(q, answer) == ()


def test_a_place_too_small_for_all_who_come_turns_people_away_and_says_so():
    q = hours_question(pairs_of_matrix([[0.0]], "min"), [9_000.0], standard=STANDARD, hour_yen=1000.0)
    answer = hours(q)
    row = answer.places[0]
    assert answer.full == (0,) and row.hours_week == 8.0
    assert row.turned_away_year == pytest.approx(row.attendance_year - row.served_year) and verify(q, answer) == ()


def test_desks_and_classes_are_told_apart():
    q = hours_question(
        pairs_of_matrix([[0.0, np.inf], [np.inf, 0.0]], "min"), [800.0, 800.0], seats=[0, 8], hour_yen=1000.0
    )
    answer = hours(q)
    assert [row.kind for row in answer.places] == ["desk", "class"] and verify(q, answer) == ()
    assert answer.places[1].slot_learners > answer.places[0].slot_learners


def test_nobody_and_nowhere_and_no_money_have_answers():
    empty = hours(hours_question(pairs_of_matrix(np.zeros((0, 3)), "min"), np.zeros(0)))
    assert (empty.value, empty.open, empty.gap_share) == (0.0, (), 0.0)
    far = hours_question(pairs_of_matrix([[np.inf, np.inf], [1.0, 2.0]], "min"), [10.0, 0.0])
    answer = hours(far)
    assert answer.unreachable == (0,) and answer.value == 0.0 and verify(far, answer) == ()
    poor = question(2, budget_yen=0.0)
    assert hours(poor).value == 0.0 and hours(poor).bound == pytest.approx(0.0, abs=1e-5)
    none = question(2, most_places=0)
    assert hours(none).open == ()


def test_equal_places_at_one_spot_share_no_one():
    q = hours_question(pairs_of_matrix([[5.0, 5.0]], "min"), [900.0], hour_yen=1000.0, fixed_yen=1000.0)
    answer = hours(q)
    assert len(answer.open) == 1 and verify(q, answer) == ()


def test_a_stop_gives_the_best_so_far_with_a_bound():
    q = question(7, places=8, demand=20)
    answer = hours(q, watch=Watch(stop=lambda: True))
    assert answer.bound >= hours(q).value - 1e-6 and not answer.finished and verify(q, answer) == ()


def test_progress_is_told_and_never_contradicts_itself():
    told: list[tuple[float, float]] = []
    q = question(8, places=7, demand=12)
    answer = hours(q, watch=Watch(tell=lambda value, bound: told.append((value, bound))))
    assert told and all(value <= bound + 1e-6 for value, bound in told)
    assert told[-1][0] == pytest.approx(answer.value)
    assert answer.bound <= told[-1][1] * (1 + 1e-9)  # the certificate may prove a little more than HiGHS says


def test_the_same_question_gives_the_same_answer():
    q = question(13, places=7, demand=14)
    assert hours(q).places == hours(q).places


def test_the_check_rejects_an_answer_that_was_altered():
    q = question(10, places=6, demand=14, budget_yen=1e6)
    answer = hours(q)
    assert answer.places and verify(q, answer) == ()
    row = answer.places[0]

    def with_row(**changes: Any) -> Any:
        return replace(answer, places=(replace(row, **changes), *answer.places[1:]))

    altered = [
        replace(answer, value=answer.value * 1.01, bound=answer.bound * 1.02),
        replace(answer, bound=answer.value * 0.9),
        replace(answer, cost_yen=answer.cost_yen - 1_000),
        replace(answer, open=answer.open[1:]),
        replace(answer, unreachable=(*answer.unreachable, 0)),
        replace(answer, rounding_yen=answer.rounding_yen + 1_000),
        with_row(hours_week=row.hours_week + 0.1),
        with_row(hours_week=row.hours_week + 1.0),
        with_row(served_year=row.served_year * 1.01),
        with_row(attendance_year=row.attendance_year * 1.01),
        with_row(mean_wait_min=row.mean_wait_min + 1),
        with_row(wait_over_share=0.0),
        with_row(utilisation_share=row.utilisation_share * 1.01),
        with_row(slot_learners=row.slot_learners * 2),
        with_row(cost_yen=row.cost_yen - 1_000),
        with_row(attendance_year_g=row.attendance_year_g[::-1]),
        with_row(slot_learners_g=tuple(2 * x for x in row.slot_learners_g)),
        replace(answer, bound_certified=certified_bound(q, answer.certificate) * (1 - 1e-6), bound=answer.value),
        replace(answer, bound=answer.bound_certified * 1.01),
        replace(answer, certificate={**answer.certificate, "parts": []}),
    ]
    assert [bool(verify(q, a)) for a in altered] == [True] * len(altered)
    barred = replace(q, conditions=Conditions(never=answer.open[:1]))
    assert verify(barred, answer)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"budget_yen": math.nan}, "bad-budget"),
        ({"budget_yen": -1.0}, "bad-budget"),
        ({"most_places": -1}, "bad-count"),
        ({"hour_yen": -1.0}, "bad-place-column"),
        ({"fixed_yen": [1.0, 2.0]}, "bad-place-column"),
        ({"desks": 0}, "bad-place-column"),
        ({"behaviour": Behaviour(half_g=np.array([0.0]))}, "bad-behaviour"),
        ({"behaviour": Behaviour(uptake_g=np.array([1.5]))}, "bad-behaviour"),
        ({"behaviour": Behaviour(visits_a_person=0.0)}, "bad-behaviour"),
        ({"behaviour": Behaviour(choice="either")}, "bad-behaviour"),  # type: ignore[arg-type]
        ({"standard": Standard(step_h=0.0)}, "bad-standard"),
        ({"standard": Standard(least_hours_week=50.0)}, "bad-standard"),
        ({"standard": Standard(wait_risk_share=0.0)}, "bad-standard"),
        ({"conditions": Conditions(must=(9,))}, "unknown-place"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], code: str):
    with pytest.raises(UsageError) as error:
        question(0, **changes)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"conditions": Conditions(must=(0,), never=(0,))}, "must-and-never"),
        ({"conditions": Conditions(must=(0, 1), apart=np.array([[0, 1]]))}, "must-apart"),
        ({"conditions": Conditions(must=(0, 1)), "most_places": 1}, "must-too-many"),
        ({"conditions": Conditions(must=(0,)), "budget_yen": 1.0}, "must-too-dear"),
        (
            {"conditions": Conditions(must=(0, 1), organisation_p=np.zeros(5, np.int64), most_per_organisation=1)},
            "must-organisation",
        ),
        ({"standard": replace(STANDARD, least_load_share=0.99)}, "load-against-wait"),
        ({"conditions": Conditions(quota_p=np.zeros(5, np.int64), least_per_quota=3), "most_places": 2}, "no-layout"),
    ],
)
def test_conditions_that_cannot_hold_say_what_would_help(changes: dict[str, Any], code: str):
    with pytest.raises(Infeasible) as error:
        hours(question(0, **changes))
    assert error.value.code == code and isinstance(error.value, DaremoError) and error.value.fix


def test_capacity_of_an_hour_rises_with_desks_and_with_patience():
    one, two = (hour_visits(STANDARD, desks, 0)[0] for desks in (1, 2))
    patient = hour_visits(replace(STANDARD, wait_min=60.0), 1, 0)[0]
    assert two > 2 * one and patient > one


def test_no_change_is_told_where_nothing_may_change():
    q = question(3)
    t, units = terms_of(q), units_of(q)
    assert change(units, t, np.zeros(5, bool), -1, np.zeros(0, np.int64)) == (SHORT, -2)


@pytest.mark.parametrize("seed", range(6))
def test_money_without_end_leaves_a_bound_that_prices_prove(seed: int):
    q = question(seed, places=4, demand=5, budget_yen=math.inf)
    answer = hours(q)
    assert by_force(q) - 1e-6 <= answer.bound <= answer.bound_certified < math.inf
    assert verify(q, answer) == ()
