"""The learning path: from what a person can do and wants to do, to the next lessons.

The order begins as ours (``prior_worth``) and moves to what was observed: the gain of people who had a lesson between
two checks, weighed by how sure each gain is, against a prior of `PRIOR_GAIN` ± `PRIOR_SPREAD`. Nothing is learned about
a person from this; only the mean gain of a lesson is used.

Source: normal mean with known errors and a normal prior (Gelman et al., Bayesian Data Analysis, 3rd ed., 2.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from daremo.assess.content.records import Goal, Lesson

#: Gain of a lesson before anybody was observed, and its spread, on the ability scale.
PRIOR_GAIN, PRIOR_SPREAD = 0.25, 0.15
#: How much people differ in what they gain from one lesson.
BETWEEN_PEOPLE = 0.4
#: Weights of the order: need of the area, the person's goal, the right level, the gain.
NEED, WANTED, THEME, FITTING, GAIN = 1.0, 1.5, 0.75, 0.6, 2.0
#: Ability at which a lesson of level 0, 1, 2 and 3 is right.
RIGHT_AT = (-1.5, -0.6, 0.3, 1.2)


@dataclass(frozen=True, slots=True)
class Gained:
    """What one person gained in the area of a lesson she had between two checks."""

    lesson: str
    gain: float
    error: float


@dataclass(frozen=True, slots=True)
class Step:
    """A lesson that may come next, and why: ``worth`` orders, ``wanted`` says that the goal asks for it."""

    lesson: str
    worth: float
    wanted: bool
    gain: float


def learned_gains(observed: Iterable[Gained], lessons: Iterable[str]) -> dict[str, float]:
    """Return the expected gain of each lesson: prior and observations, weighed by how sure they are.

    >>> learned_gains([], ["a"])
    {'a': 0.25}
    """
    weight = dict.fromkeys(lessons, 1 / PRIOR_SPREAD**2)
    total = {name: PRIOR_GAIN * w for name, w in weight.items()}
    for one in observed:
        if one.lesson in weight and one.error > 0:
            w = 1 / (one.error**2 + BETWEEN_PEOPLE**2)
            weight[one.lesson] += w
            total[one.lesson] += w * one.gain
    return {name: total[name] / weight[name] for name in weight}


def next_lessons(
    lessons: Mapping[str, Lesson],
    ability: Mapping[int, float],
    *,
    goal: Goal | None = None,
    stage: str = "",
    gains: Mapping[str, float] | None = None,
    had: Sequence[str] = (),
    at_most: int = 3,
) -> list[Step]:
    """Return the lessons that are most worth while next, at most one of a theme, the most worth while first.

    Parameters
    ----------
    ability : mapping of int to float
        Ability in each area 1 to 5; areas that are not known count as average.
    goal : Goal, optional
        What the person wants; lessons for it and for its themes come first.
    stage : str
        Life stage; lessons for other stages only are left out.
    gains : mapping of str to float
        Expected gain of each lesson (`learned_gains`).
    had : sequence of str
        Lessons that the person had already; they come last.

    Examples
    --------
    >>> next_lessons({}, {1: 0.0})
    []
    """
    expected = gains or {}
    # who cannot switch the device on begins there, whatever else she wants
    lowest = min((ability.get(a, 0.0) for a in range(1, 6)), default=0.0)
    steps: list[Step] = []
    for name, lesson in lessons.items():
        if stage and lesson.stages and stage not in lesson.stages and "all" not in lesson.stages:
            continue
        at = lowest if lesson.area == 0 else ability.get(lesson.area, 0.0)
        wanted = goal is not None and goal.goal in lesson.goals
        about = goal is not None and (lesson.theme in goal.themes or lesson.area in goal.areas)
        gain = expected.get(name, PRIOR_GAIN)
        worth = (
            NEED * _need(at)
            + WANTED * wanted
            + THEME * about
            - FITTING * abs(at - RIGHT_AT[lesson.level])
            + GAIN * gain
        )
        steps.append(Step(name, worth, wanted, gain))
    steps.sort(key=lambda s: (-s.worth, s.lesson))
    chosen: list[Step] = []
    for step in steps:
        if lessons[step.lesson].theme not in {lessons[one.lesson].theme for one in chosen}:
            chosen.append(step)
    rest = [step for step in steps if step not in chosen]
    return sorted(chosen + rest, key=lambda s: s.lesson in had)[:at_most]


def _need(ability: float) -> float:
    """How much there is to gain: 0 for who can do it all, 1 for who begins."""
    return min(max((0.8 - ability) / 2.4, 0.0), 1.0)
