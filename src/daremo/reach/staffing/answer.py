"""What an answer about hours says: of the whole, and of every open place."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from daremo.reach.model import Answer


@dataclass(frozen=True, slots=True)
class PlaceHours:
    """One open place.

    Attributes
    ----------
    place : int
        Index into the places asked about.
    kind : {"desk", "class"}
    hours_week : float, hours
    attendance_year, served_year, turned_away_year : float, visits a year
        Who would come; who finds a slot within the standard of waiting; the rest.
    utilisation_share : float
        Busy share of desk time, or filled share of seats.
    wait_over_share : float
        Probability of queuing longer than the standard (class: of finding the session full).
    mean_wait_min : float, minutes
    slot_learners, slot_low, slot_high : float, learners a slot
        Mean over a year and its 90 % interval (chance and doubt about uptake together).
    slot_empty_share, slot_single_share : float
        Share of slots with nobody, with one learner.
    cost_yen : float, yen a year
    quiet : bool
        Slots are emptier than the standard allows; the place is open because it must be.
    attendance_year_g : tuple of float, visits a year
        Who would come, by life stage; adds up to `attendance_year`.
    slot_learners_g : tuple of float, learners a slot
        Mean over a year by life stage; adds up to `slot_learners`. A full slot turns away all stages alike.
    """

    place: int
    kind: Literal["desk", "class"]
    hours_week: float
    attendance_year: float
    served_year: float
    turned_away_year: float
    utilisation_share: float
    wait_over_share: float
    mean_wait_min: float
    slot_learners: float
    slot_low: float
    slot_high: float
    slot_empty_share: float
    slot_single_share: float
    cost_yen: float
    quiet: bool
    attendance_year_g: tuple[float, ...]
    slot_learners_g: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursAnswer(Answer):
    """Which places open, and for how many hours a week.

    `value` and `bound` are people served a year.

    Attributes
    ----------
    places : tuple of PlaceHours
        In the order of `open`.
    served_year, attendance_year : float, visits a year
    cost_yen, budget_yen : float, yen a year
    rounding_yen : float, yen a year
        Paid for hours that only whole steps make necessary.
    rounding_people : float, people a year
        Served more, at the same places and for the same money, if hours could be any number.
    unreachable : tuple of int
        Demand points with people and no place in reach at all.
    unserved : tuple of int
        Demand points with people, in reach of places, but of no open one.
    quiet : tuple of int
        Open places (they must be) that stay emptier than the standard.
    full : tuple of int
        Open places that turn people away.
    bound_certified : float, people a year
        What the prices of the certificate prove, by the checker's own count; `bound` may be tighter and then rests on HiGHS.
    certificate : dict
        Prices of ranges of the number of open places, see `verify_hours`.
    """

    places: tuple[PlaceHours, ...]
    served_year: float
    attendance_year: float
    cost_yen: float
    budget_yen: float
    rounding_yen: float
    rounding_people: float
    unreachable: tuple[int, ...]
    unserved: tuple[int, ...]
    quiet: tuple[int, ...]
    full: tuple[int, ...]
    bound_certified: float
    certificate: dict[str, Any] = field(repr=False)

    @property
    def bound_from(self) -> Literal["certificate", "HiGHS"]:
        """Who vouches for `bound`: the certificate's prices, or HiGHS."""
        return "certificate" if self.bound >= self.bound_certified else "HiGHS"

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        own = ("served_year", "attendance_year", "cost_yen", "rounding_yen", "rounding_people")
        lists = ("unreachable", "unserved", "quiet", "full")
        return {
            **Answer.as_dict(self),
            **{name: getattr(self, name) for name in own},
            "bound_certified": self.bound_certified if math.isfinite(self.bound_certified) else None,
            "bound_from": self.bound_from,
            "budget_yen": self.budget_yen if self.budget_yen != float("inf") else None,
            **{name: list(getattr(self, name)) for name in lists},
            "places": [asdict(p) for p in self.places],
        }
