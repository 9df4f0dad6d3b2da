"""What each kind of action does to one person, as coefficients: the packages behind the plan.

A person is freed only when every barrier she has is gone. Personal help is given to whoever comes, so its
successes multiply along her package; broadcast actions reach a random share, independent of who comes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.cases.assume import Assumptions

Float = NDArray[np.float64]
REACH, SKILL, SERVICE, TRUST, CONNECTION = 1, 2, 4, 8, 16
SUBSETS = np.arange(32)
HAS = {bit: (SUBSETS & bit) > 0 for bit in (REACH, SKILL, SERVICE, TRUST, CONNECTION)}
#: Subsets of people who need help in person.
NEEDS = HAS[SKILL] | HAS[TRUST]
#: Subsets that a line alone can free: the line, and perhaps a service that is repaired.
LINE_ONLY = HAS[CONNECTION] & ~HAS[SKILL] & ~HAS[TRUST]


@dataclass(frozen=True, slots=True)
class Effects:
    """Chances that help works, for one person (shares), from the assumptions.

    `skill[kind]` is the chance that a person who comes can do it alone a year later.
    """

    skill: dict[str, float]
    trust: float
    line: float


def effects(a: Assumptions, overrides: dict[str, float]) -> Effects:
    """Coefficients from the table of assumptions; `overrides` are effects stated in the region's ``actions`` by kind."""
    keep = a.value("retention_12m_share", "65+")
    visits = a.value("desk_visits_person")
    desk = (1 - (1 - a.value("freed_per_single_slot_share", "65+")) ** visits) * keep
    course = a.value("freed_per_course_share", "65+") * (1 - a.value("course_dropout_share", "65+")) * keep
    skill = {
        "point": desk,
        "class": course,
        "round": desk,
        "home": a.value("freed_per_home_visit_series_share", "65+") * keep,
        "phone": a.value("phone_success_share") * keep,
    }
    skill = {k: overrides.get(k, v) for k, v in skill.items()}
    return Effects(skill, a.value("trust_success_share"), overrides.get("line", a.value("line_effect_share")))


def untouched_share_B(fix: float, campaign: float) -> Float:
    """Share of each subset freed by broadcast actions alone, shape (32,).

    `fix`, `campaign`: shares of the service and trust barriers that broadcast actions remove.
    """
    freed = np.where(HAS[SERVICE], fix, 1.0) * np.where(HAS[TRUST], campaign, 1.0)
    return np.where(HAS[SKILL] | HAS[CONNECTION] | (SUBSETS <= REACH), 0.0, freed)


def helped_share_B(e: Effects, kind: str, fix: float, campaign: float) -> Float:
    """Share of each subset whose barriers but connection are gone after help in person, shape (32,)."""
    trust = 1 - (1 - e.trust) * (1 - campaign)
    freed = (
        np.where(HAS[SKILL], e.skill[kind], 1.0) * np.where(HAS[TRUST], trust, 1.0) * np.where(HAS[SERVICE], fix, 1.0)
    )
    return np.where(NEEDS, freed, 0.0)


@dataclass(frozen=True, slots=True)
class PerHelped:
    """Expected results for one person who gets help, by area and stage, shape (areas, 6) each.

    `gain` people freed beyond broadcast · `lend` people left with connection only · `skilled` share with a skill
    barrier (they come several times, the others once).
    """

    gain_dg: Float
    lend_dg: Float
    skilled_dg: Float


def per_helped(types_dgB: Float, e: Effects, kind: str, fix: float, campaign: float) -> PerHelped:
    """Average over the random mix of people needing help in each area and stage.

    Parameters
    ----------
    types_dgB : ndarray, shape (areas, 6, 32), people
    """
    need = np.maximum(types_dgB[..., NEEDS].sum(-1), 1e-12)
    helped, base = helped_share_B(e, kind, fix, campaign), untouched_share_B(fix, campaign)
    gain = np.where(NEEDS, np.where(HAS[CONNECTION], 0.0, helped) - base, 0.0)
    return PerHelped(
        types_dgB @ gain / need,
        types_dgB @ np.where(HAS[CONNECTION], helped, 0.0) / need,
        types_dgB @ (NEEDS & HAS[SKILL]).astype(float) / need,
    )
