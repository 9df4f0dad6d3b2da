"""The desk's way into `daremo.assess`: a sitting as plain data that a session can keep, and what it tells."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from daremo.assess.adapt import Rules, Sitting, begin_sitting
from daremo.assess.bank import Abilities, Bank, abilities, bank_of
from daremo.assess.content.read import content
from daremo.assess.content.records import Item

LENGTH = 6
MORE = 4
#: Ability from which people do basic things alone, and from which they do them with somebody beside.
ALONE_FROM, WITH_FROM = 0.0, -1.0
AREAS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True, slots=True)
class Asked:
    """The question to show: which one it is of how many."""

    item: Item
    at: int
    of: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a person goes alone in each area: ``alone``, ``with``, ``next`` or ``open``; and the share of the ring."""

    levels: dict[int, str]
    shares: dict[int, float]


#: Distance between the thresholds of an answer that counts in parts.
APART = 0.8
#: Mean ability by life stage before anybody answered (anchors of `daremo.cases`: share that does it alone).
STAGE_MEAN = {"75_84": -0.7, "85_over": -1.2, "65_74": -0.3, "working": 0.3, "youth": 0.5, "school": 0.0}
REPORT_RELIABILITY = 0.6


@cache
def reports() -> dict[str, Item]:
    """Return the questions in which people say how they see themselves."""
    return {name: item for name, item in content().items.items() if item.kind == "self"}


@cache
def _tasks() -> tuple[Item, ...]:
    return tuple(item for item in content().items.values() if item.kind != "self")


@cache
def _abilities(stage: str) -> Abilities:
    return abilities(AREAS, rho=0.75, mean_k=[STAGE_MEAN.get(stage, 0.0)] * len(AREAS))


@cache
def _bank() -> Bank:
    rows = []
    for item in _tasks():
        steps = item.categories - 1
        cuts = [item.prior_b + APART * (n - (steps - 1) / 2) for n in range(steps)]
        d = [-item.prior_a * cut for cut in cuts]
        # the ladder before the five areas is a part of finding one's way out of trouble
        area = str(item.area or 5)
        rows.append(
            {
                "item": item.item,
                "area": area,
                "competence": item.competence,
                "a": item.prior_a,
                "d": d[0] if steps == 1 else d,
            }
        )
    return bank_of(rows, _abilities("unknown"), model="grm")


def begin(
    stage: str, report: Mapping[str, int], *, seed: str, observed: bool = False, resting: Collection[str] = ()
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
    """
    return {
        "stage": stage,
        "report": dict(report),
        "seed": zlib.crc32(seed.encode()),
        "observed": observed,
        "told": [],
        "most": LENGTH,
        "resting": sorted(resting),
    }


def _sitting(state: Mapping[str, Any], told: list[list[str]] | None = None) -> Sitting:
    own, bank = _abilities(state["stage"]), _bank()
    by_area: dict[int, list[float]] = {}
    for name, value in state["report"].items():
        if name in reports():
            by_area.setdefault(reports()[name].area - 1, []).append((value - 3) / 1.2)
    rules = Rules(se=0.5, cuts=(WITH_FROM, ALONE_FROM), least=3, most=int(state["most"]), top=3)
    sitting = begin_sitting(
        bank, own, rules, self_report={k: float(np.mean(v)) for k, v in by_area.items()}, reliability=REPORT_RELIABILITY
    )
    for name, answer in state["told"] if told is None else told:
        at = _place().get(name)
        if at is not None:
            sitting = sitting.answer(at, _tasks()[at].score(answer))
    return sitting


@cache
def _place() -> dict[str, int]:
    return {item.item: n for n, item in enumerate(_tasks())}


def now_asked(state: Mapping[str, Any]) -> Asked | None:
    """Return the question to ask now; None where the sitting is over."""
    if not state or not _tasks():
        return None
    told = state["told"]
    if len(told) >= state["most"]:
        return None
    rest = set(state.get("resting", ()))
    closed = np.array([i.item in rest or (i.kind == "observe" and not state["observed"]) for i in _tasks()])
    # the same state asks the same question, however often the page is loaded
    pick = np.random.default_rng([state["seed"], len(told)]).random()
    at, _reason = _sitting(state).next(float(pick), closed)
    return None if at < 0 else Asked(_tasks()[at], len(told) + 1, int(state["most"]))


def give(state: Mapping[str, Any], item: Item, answer: str) -> dict[str, Any]:
    """Return the state after one more answer."""
    return {**state, "told": [*state["told"], [item.item, answer]]}


def undo(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state without its last answer."""
    return {**state, "told": state["told"][:-1]}


def more(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state with room for a few more questions."""
    return {**state, "most": len(state["told"]) + MORE}


def told(state: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the questions and answers so far."""
    return [(name, answer) for name, answer in state.get("told", ())]


def profile(state: Mapping[str, Any]) -> dict[int, tuple[float, float]]:
    """Return what is known of each area: mean and standard error (ability)."""
    if not state:
        return {}
    mean, cov, _ = _sitting(state).posterior()
    return {int(a): (round(float(mean[k]), 4), round(float(np.sqrt(cov[k, k])), 4)) for k, a in enumerate(AREAS)}


def outcome(state: Mapping[str, Any]) -> Outcome:
    """Return how far the person goes alone in each area."""
    return of_profile(profile(state) if told(state) else {})


def of_profile(known: Mapping[int, tuple[float, float]]) -> Outcome:
    """Return levels and rings of a profile; an empty one leaves everything open."""
    levels, shares = {}, {}
    for area, (mean, _error) in known.items():
        levels[area] = "alone" if mean >= ALONE_FROM else "with" if mean >= WITH_FROM else "next"
        shares[area] = float(1 / (1 + np.exp(-1.7 * (mean - (ALONE_FROM + WITH_FROM) / 2))))
    return Outcome(levels, shares)


@cache
def paper_items() -> tuple[Item, ...]:
    """Return the questions of the paper form: of each area the two whose difficulty lies nearest below the middle."""
    found: list[Item] = []
    for area in range(6):
        mine = [i for i in _tasks() if i.area == area and i.kind in ("choice", "screen", "steps")]
        mine.sort(key=lambda i: (abs(i.prior_b + 0.7), i.item))
        kinds: list[Item] = []
        for item in mine:
            if item.kind not in {k.kind for k in kinds} and len(kinds) < (1 if area == 0 else 2):
                kinds.append(item)
        found += sorted(kinds, key=lambda i: i.prior_b)
    return tuple(found)


def from_paper(stage: str, answers: Mapping[str, str]) -> dict[str, Any]:
    """Return the state of a sitting that was answered on paper."""
    state = begin(stage, {}, seed="paper")
    return {**state, "told": [[name, answer] for name, answer in answers.items()], "most": max(LENGTH, len(answers))}
