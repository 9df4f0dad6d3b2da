"""The learning path, organisations and live figures, against independent calculations."""

from __future__ import annotations

from itertools import product
from math import exp
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.assess.content.live import live
from daremo.assess.content.organisation import GRID, next_steps, state_of, step_curves
from daremo.assess.content.path import PRIOR_GAIN, Gained, learned_gains, next_lessons
from daremo.assess.content.records import Goal, Lesson, Text


def lesson(name: str, **more: Any) -> Lesson:
    told: dict[str, Any] = {
        "theme": name,
        "area": 2,
        "competence": "2.1",
        "level": 1,
        "minutes": 10,
        "goals": (),
        "stages": (),
    }
    return Lesson(lesson=name, words={}, **(told | more))


def goal(**more: Any) -> Goal:
    told: dict[str, Any] = {
        "goal": "g",
        "event": "family",
        "areas": (),
        "themes": (),
        "stages": (),
        "text": Text("", "", ""),
    }
    return Goal(**(told | more))


LESSONS = {
    one.lesson: one
    for one in (
        lesson("mail"), lesson("video", goals=("g",)), lesson("photo", area=3), lesson("scam", area=4),
        lesson("school", stages=("school",)), lesson("mail2", theme="mail", level=2),
    )
}  # fmt: skip


def test_the_lesson_for_the_goal_comes_first() -> None:
    assert next_lessons(LESSONS, {2: 0.0, 4: -1.0}, goal=goal())[0].lesson == "video"


def test_without_a_goal_the_area_with_most_to_gain_comes_first() -> None:
    assert next_lessons(LESSONS, {1: 1.0, 2: 1.0, 3: 1.0, 4: -1.0, 5: 1.0})[0].lesson == "scam"


def test_a_lesson_for_another_stage_is_never_offered() -> None:
    assert "school" not in [s.lesson for s in next_lessons(LESSONS, {}, stage="75-84", at_most=9)]


def test_three_steps_are_of_three_themes() -> None:
    assert len({LESSONS[s.lesson].theme for s in next_lessons(LESSONS, {2: -2.0})}) == 3


def test_a_lesson_already_had_comes_last() -> None:
    assert next_lessons(LESSONS, {}, goal=goal(), had=["video"], at_most=9)[-1].lesson == "video"


def test_who_gains_more_by_one_lesson_gets_it_earlier() -> None:
    flat = dict.fromkeys(LESSONS, 0.0)
    before = [s.lesson for s in next_lessons(LESSONS, {}, gains=flat)]
    after = [s.lesson for s in next_lessons(LESSONS, {}, gains=flat | {"photo": 1.0})]
    assert after[0] == "photo" and before[0] != "photo"


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.1, 2)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_the_learned_gain_lies_between_prior_and_observations(told: list[tuple[float, float]]) -> None:
    found = learned_gains([Gained("a", g, e) for g, e in told], ["a", "b"])
    among = [PRIOR_GAIN, *(g for g, _ in told)]
    assert min(among) - 1e-9 <= found["a"] <= max(among) + 1e-9 and found["b"] == pytest.approx(PRIOR_GAIN)


def test_many_observations_outweigh_the_prior() -> None:
    assert learned_gains([Gained("a", 0.8, 0.3)] * 500, ["a"])["a"] == pytest.approx(0.8, abs=0.02)


def brute_state(answers: list[dict[str, int]], cuts: dict[str, list[float]], slope: float, tau: float) -> float:
    """Mean of the organisation by sums over a grid of its own, in plain Python."""
    grid = [-5 + 0.1 * i for i in range(101)]

    def p(item: str, score: int, theta: float) -> float:
        above = [1.0, *(1 / (1 + exp(-slope * (theta - c))) for c in cuts[item]), 0.0]
        return above[score] - above[score + 1]

    total = weighted = 0.0
    for mu in grid:
        like = exp(-0.5 * mu * mu)
        for person in answers:
            inner = norm = 0.0
            for theta in grid:
                w = exp(-0.5 * ((theta - mu) / tau) ** 2)
                value = w
                for item, score in person.items():
                    value *= p(item, score, theta)
                inner, norm = inner + value, norm + w
            like *= inner / norm
        total, weighted = total + like, weighted + mu * like
    return weighted / total


def test_an_organisations_state_agrees_with_plain_sums() -> None:
    curves = {"a": step_curves(1.4, -0.3, 4), "b": step_curves(1.4, 0.5, 4)}
    cuts = {"a": [-0.3 + 0.9 * (n - 2) for n in (1, 2, 3)], "b": [0.5 + 0.9 * (n - 2) for n in (1, 2, 3)]}
    answers = [{"a": 2, "b": 1}, {"a": 3}, {"b": 0}]
    assert state_of(answers, curves).mean == pytest.approx(brute_state(answers, cuts, 1.4, 0.6), abs=0.01)


def test_chances_of_all_steps_add_up_to_one() -> None:
    for slope, b, steps in product((0.7, 2.0), (-1.0, 1.0), (4, 5)):
        assert step_curves(slope, b, steps).sum(0) == pytest.approx(np.ones_like(GRID), abs=1e-9)


def test_more_people_make_an_organisation_surer_but_never_surer_than_they_agree() -> None:
    curves = {"a": step_curves(1.5, 0.0, 4)}
    errors = [state_of([{"a": 2}] * n, curves).error for n in (0, 1, 5, 50)]
    assert errors == sorted(errors, reverse=True) and errors[0] == pytest.approx(1.0, abs=0.01) and errors[3] > 0.05


def test_the_next_step_is_where_weight_and_room_are_large_and_cost_is_small() -> None:
    answers = [{"a": 0, "b": 3, "c": 0}, {"a": 1, "b": 3, "c": 0}]
    steps, weight = {"a": 4, "b": 4, "c": 4}, {"a": 1.0, "b": 3.0, "c": 1.0}
    assert [n.item for n in next_steps(answers, weight, steps)] == ["c", "a"]
    assert [n.item for n in next_steps(answers, weight, steps, cost={"c": 3, "a": 1})] == ["a", "c"]
    with pytest.raises(ValueError, match="nobody"):
        next_steps([], weight, steps)


def test_a_difficulty_is_found_again_from_answers_with_an_honest_error() -> None:
    rng = np.random.default_rng(5)
    hits, n = 0, 60
    for _ in range(n):
        b = rng.normal(0, 0.7)
        theta, sd = rng.normal(size=200), np.full(200, 0.45)
        mean = theta - sd * rng.normal(size=200)
        right = (rng.random(200) < 1 / (1 + np.exp(-1.2 * (theta - b)))).astype(float)
        found = live(right, mean, sd, prior_b=0.0, prior_sd=0.7, slope=1.2)
        hits += abs(found.b - b) < 1.645 * found.error
    assert 0.75 <= hits / n <= 1.0


def test_without_answers_the_difficulty_is_the_experts() -> None:
    found = live(np.zeros(0), np.zeros(0), np.zeros(0), prior_b=-1.0, prior_sd=0.7, slope=1.2)
    assert (found.answers, round(found.b, 3), round(found.error, 2)) == (0, -1.0, 0.7)


def test_people_who_answer_as_the_curve_says_fit_and_random_ones_do_not() -> None:
    rng = np.random.default_rng(8)
    theta, sd = rng.normal(0, 1.5, 2000), np.full(2000, 1e-6)
    right = (rng.random(2000) < 1 / (1 + np.exp(-1.5 * theta))).astype(float)
    wild = rng.integers(0, 2, 2000).astype(float)
    assert live(right, theta, sd, prior_b=0, prior_sd=1, slope=1.5).infit == pytest.approx(1, abs=0.1)
    assert live(wild, theta, sd, prior_b=0, prior_sd=1, slope=1.5).infit > 1.5
