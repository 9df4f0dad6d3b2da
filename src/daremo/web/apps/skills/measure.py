"""The desk's way into `daremo.assess.sitting`: a state that a session can keep, the question to show, what it tells.

A state is that of `daremo.assess.sitting` and, beside it, ``raw``: the answers as they were given, for 「わからない」 and a wrong
answer count the same but are not the same.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil
from typing import Any

from daremo.assess import sitting
from daremo.assess.bank import expert_item
from daremo.assess.content.read import content
from daremo.assess.content.records import Item
from daremo.assess.gain import gain
from daremo.kernel.errors import DaremoError

LENGTH = 6
MORE = 4
AREAS = ("1", "2", "3", "4", "5")
#: Mean ability by life stage before anybody answered: ours, until answers without names are calibrated.
STAGE_MEAN = {"75_84": -0.7, "85_over": -1.2, "65_74": -0.3, "working": 0.3, "youth": 0.5, "school": 0.0}
REPORT_RELIABILITY = 0.6
#: Middle and spread of a self-report of five steps, over people.
REPORT_MIDDLE, REPORT_SPREAD = 3.0, 1.2
#: Of each area so many questions are drawn from in one sitting: the most that see one question, share.
DRAWN_SHARE, DRAWN_LEAST = 0.35, 6
RULES = replace(sitting.SCREENING, most=LENGTH, least_per_area=1)
#: Ability from which people do basic things alone.
WITH_FROM, ALONE_FROM = RULES.cuts
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question to show: which one it is of how many."""

    item: Item
    at: int
    of: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a person goes alone in each area: ``alone``, ``with``, ``next`` or ``open``; and the share of the ring.

    ``chances`` says how likely each level is the right one, ``widths`` the 90 % interval of ability.
    """

    levels: dict[int, str]
    shares: dict[int, float]
    chances: dict[int, float]
    widths: dict[int, tuple[float, float]]

    @property
    def unclear(self) -> int:
        """How many of the levels are likely to be another one in truth."""
        return round(sum(1 - chance for chance in self.chances.values()))


@cache
def reports() -> dict[str, Item]:
    """Return the questions in which people say how they see themselves."""
    return {name: item for name, item in content().items.items() if item.kind == "self"}


@cache
def tasks() -> dict[str, Item]:
    """Return the questions that measure, by name."""
    return {name: item for name, item in content().items.items() if item.kind != "self"}


@cache
def check() -> sitting.Check:
    """Return the bank as it is sat."""
    # the ladder before the five areas is a part of finding one's way when something looks strange
    rows = [
        expert_item(
            i.item,
            str(i.area or 5),
            i.prior_a,
            i.prior_b,
            i.prior_b_sd,
            categories=i.categories,
            competence=i.competence,
        )
        for i in tasks().values()
    ]
    return sitting.check_of(rows, AREAS, rules=RULES, stage_mean=STAGE_MEAN)


def begin(
    stage: str,
    report: Mapping[str, int],
    *,
    seed: str,
    observed: bool = False,
    resting: Collection[str] = (),
    earlier: State | None = None,
) -> dict[str, Any]:
    """Return the state of a sitting in which nothing has been asked; plain data.

    Parameters
    ----------
    report : mapping of str to int
        Answers (1 to 5) to the questions of `reports`.
    seed : str
        Chooses among questions of the same worth.
    observed : bool
        Somebody is beside who can watch: questions of observation are asked too.
    resting : collection of str
        Questions that too many people saw lately; they are not asked in this sitting.
    earlier : dict, optional
        State of an earlier sitting of the same person (`answered`), which counts on.
    """
    if not tasks():
        return {}
    by_area: dict[str, list[float]] = {}
    for name, value in report.items():
        if name in reports():
            by_area.setdefault(str(reports()[name].area), []).append((value - REPORT_MIDDLE) / REPORT_SPREAD)
    watched = () if observed else [name for name, item in tasks().items() if item.kind == "observe"]
    number = zlib.crc32(seed.encode())
    state = sitting.start(
        check(),
        self_report={area: sum(told) / len(told) for area, told in by_area.items()},
        life_stage=stage,
        seed=number,
        reliability=REPORT_RELIABILITY,
        closed={*resting, *watched, *_put_aside(number)},
        earlier=earlier or None,
    )
    return {**state, "raw": []}


def _put_aside(seed: int) -> set[str]:
    """Return the questions that this sitting does not draw from: of each area all but a random `DRAWN_SHARE`.

    So nobody's neighbour gets the same questions, and none is seen by more than that share of people.
    """
    dice, aside = random.Random(seed), set[str]()
    for area in range(6):
        mine = sorted(name for name, item in tasks().items() if item.area == area)
        dice.shuffle(mine)
        aside.update(mine[max(ceil(DRAWN_SHARE * len(mine)), DRAWN_LEAST) :])
    return aside


def usable(state: State) -> bool:
    """Tell whether a state fits the questions as they are now; it may be days old."""
    try:
        sitting.result(check(), state)
        return "raw" in state
    except DaremoError:
        return False


def now_asked(state: State) -> Asked | None:
    """Return the question to ask now; None where the sitting is over."""
    if not state:
        return None
    found = sitting.next_item(check(), state)
    return None if found["item"] is None else Asked(tasks()[found["item"]], found["number"], found["most"])


def give(state: State, item: Item, answer: str) -> dict[str, Any]:
    """Return the state after one more answer.

    Raises
    ------
    UsageError
        ``bad-answer``.
    """
    after = sitting.answer(check(), state, item.item, item.score(answer))
    return {**after, "raw": [*state["raw"], [item.item, answer]]}


def undo(state: State) -> dict[str, Any]:
    """Return the state without its last answer."""
    return {**sitting.undo(state), "raw": state["raw"][:-1]}


def more(state: State) -> dict[str, Any]:
    """Return the state with room for a few more questions."""
    return sitting.more(state, MORE)


def told(state: State) -> list[tuple[str, str]]:
    """Return the questions and answers so far."""
    return [(name, answer) for name, answer in state.get("raw", ())]


def profile(state: State) -> dict[int, tuple[float, float]]:
    """Return what is known of each area: mean and standard error (ability)."""
    if not state:
        return {}
    rows = sitting.result(check(), state)["areas"]
    return {int(row["area"]): (round(row["mean"], 4), round(row["se"], 4)) for row in rows}


def outcome(state: State) -> Outcome:
    """Return how far the person goes alone in each area; before the first answer everything is open."""
    if not told(state):
        return Outcome({}, {}, {}, {})
    rows = sitting.result(check(), state)["areas"]
    levels = {int(row["area"]): {"not-yet": "next"}.get(row["level"], row["level"]) for row in rows}
    return Outcome(
        levels,
        {int(row["area"]): row["alone"] + 0.5 * row["with"] for row in rows},
        {int(row["area"]): max(row["alone"], row["with"], row["not_yet"]) for row in rows},
        {int(row["area"]): (row["low"], row["high"]) for row in rows},
    )


def answered(stage: str, answers: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the state of a sitting that is over: on paper, or kept earlier; questions that are no more are left out.

    How the person saw herself may stand among the answers.
    """
    report = {name: int(value) for name, value in answers if name in reports()}
    state = begin(stage, report, seed="answered", observed=True)
    for name, answer in answers:
        item = tasks().get(name)
        if item is not None and name not in dict(state["raw"]):
            state = give(state, item, answer)
    return {**state, "most": max(LENGTH, len(answers))} if state else {}


def changed(before: State, after: State) -> dict[str, Any]:
    """Return the gain between two sittings, as `daremo.assess.gain` tells it."""
    return gain(check(), before, after)
