"""Questions, methods and ways of proving who somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Failure = Literal["impersonation", "takeover", "wrong-refusal"]
FAILURES = ("impersonation", "takeover", "wrong-refusal")
IMPACTS = ("none", "low", "moderate", "high")
WHOM = ("person", "others", "organisation")
CATEGORIES = ("safety", "money", "information", "trust", "mission")
CHANNELS = ("online", "phone", "counter", "letter")
ATTRIBUTES = ("card", "smartphone", "phone", "address", "bank", "photo_id", "documents", "counter", "known")
#: Weight of one wrong act by impact, in points; ours, not a standard's.
POINTS = {"none": 0.0, "low": 1.0, "moderate": 10.0, "high": 100.0}


@dataclass(frozen=True, slots=True)
class Harm:
    """What a failure does, to whom, how badly, through which channel (``""``: every channel)."""

    failure: str
    to: str
    category: str
    impact: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its levels, what a person must have, and what it costs.

    Attributes
    ----------
    ial, aal : int
        Level of identity proofing and of authentication under the chosen rules, 0 to 3.
    needs : tuple of frozenset of str
        Alternatives; a person can use it who has every attribute of one of them.
    enrol_yen, act_yen, fixed_yen : (float, float)
        Low and high: once a person, each act, each year for the service (yen).
    impersonation_share, takeover_share : float
        Share of attempts by another person that would get through (judged).
    """

    method: str
    ja: str
    en: str
    ial: int
    aal: int
    channels: tuple[str, ...]
    needs: tuple[frozenset[str], ...]
    phishing_resistant: bool
    enrol_yen: tuple[float, float]
    act_yen: tuple[float, float]
    fixed_yen: tuple[float, float]
    impersonation_share: float
    takeover_share: float
    certainty: str
    source: str


@dataclass(frozen=True, slots=True)
class Question:
    """A service that asks who somebody is.

    Attributes
    ----------
    people : mapping of str to float
        Residents concerned by life stage (people).
    acts_a_year_person : float
        Acts of one person a year.
    """

    service: str
    ja: str
    en: str
    rules: str
    channels: tuple[str, ...]
    harms: tuple[Harm, ...]
    people: Mapping[str, float]
    personal_online: bool = False
    acts_a_year_person: float = 1.0
    years: float = 5.0
    exclude: tuple[str, ...] = ()
    budget_yen: float | None = None
    most_shut_out_share: float | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A way from stranger to done: one method, or one that proves and one that authenticates."""

    methods: tuple[str, ...]
    needs: tuple[frozenset[str], ...]
    person_yen: tuple[float, float]
    residual_points: float

    @property
    def mid_yen(self) -> float:
        """Cost of one person over the whole time, the middle of its range (yen)."""
        return sum(self.person_yen) / 2


@dataclass(frozen=True, slots=True)
class Combination:
    """A set of methods offered together, with its three figures.

    Attributes
    ----------
    cost_yen, low_yen, high_yen : float
        Over the whole time, for all who get in: middle, low and high (yen).
    shut_out_people : float
        Residents with no way at all (people), attributes independent within a life stage.
    residual_points : float
        Harm expected of one attempt by another person on the weakest way (points).
    """

    methods: tuple[str, ...]
    cost_yen: float
    shut_out_people: float
    residual_points: float
    low_yen: float = 0.0
    high_yen: float = 0.0

    def dominates(self, other: Combination) -> bool:
        """No figure worse, one better."""
        mine = (self.cost_yen, self.shut_out_people, self.residual_points)
        theirs = (other.cost_yen, other.shut_out_people, other.residual_points)
        return all(a <= b for a, b in zip(mine, theirs)) and mine != theirs


@dataclass(frozen=True, slots=True)
class Level:
    """A needed level and the rules that ask for it."""

    level: int
    reasons: tuple[Mapping[str, Any], ...] = field(default=())
