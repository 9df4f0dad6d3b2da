"""What a question about rounds is made of (vehicles, stops, ways), and what its answer says.

Time is counted in whole minutes after midnight; ways and services are rounded up to whole minutes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from daremo.reach.model import Answer

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One mobile desk with its crew, and the rules of their work.

    Attributes
    ----------
    name : str
    depot : int
        Node where it begins and ends every day.
    days : int
        Working days in the period (say 20 a month).
    begin_min : int, minutes after midnight
        The crew is on duty from then.
    duty_min : int, minutes
        Duty a day at most, driving, waiting and breaks included.
    drive_min : int, minutes
        Driving a day at most.
    break_after_min, break_min : int, minutes
        A day longer than `break_after_min` holds a break of `break_min` that begins by then, never during a service.
    day_yen, km_yen : float, yen
        Cost of a day out, and of a kilometre.
    """

    name: str
    depot: int
    days: int = 20
    begin_min: int = 9 * 60
    duty_min: int = 8 * 60
    drive_min: int = 6 * 60
    break_after_min: int = 4 * 60
    break_min: int = 45
    day_yen: float = 0.0
    km_yen: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A place that a vehicle visits.

    Attributes
    ----------
    name : str
    node : int
        Row of the table of ways.
    service_min : int, minutes a visit
    visits : int
        Visits in the period; one in each of so many equal parts of it.
    people : float, people a visit
    required : bool
        All its visits must be made if that is possible at all; otherwise each visit is made where it pays.
    open_min, close_min : int, minutes after midnight
        A service begins not before `open_min` and ends by `close_min`.
    """

    name: str
    node: int
    service_min: int
    visits: int = 1
    people: float = 0.0
    required: bool = False
    open_min: int = 0
    close_min: int = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsQuestion:
    """Which stops to visit, when and with which vehicle.

    Attributes
    ----------
    vehicles : tuple of Vehicle
    stops : tuple of Stop
    minutes_nn : ndarray of int, shape (nodes, nodes), minutes
        Driving time; −1 = no way.
    km_nn : ndarray, shape (nodes, nodes), km
    budget_yen : float
        Cost of the period at most; may be infinite.
    """

    vehicles: tuple[Vehicle, ...]
    stops: tuple[Stop, ...]
    minutes_nn: Int
    km_nn: Float
    budget_yen: float


@dataclass(frozen=True, slots=True)
class Halt:
    """One line of a timetable; minutes after midnight.

    `kind` "leave" (depot), "stop", "break", "return" (depot). `stop` is the index of the stop, −1 otherwise; at a stop
    `arrive_min` ≤ `begin_min` ≤ `leave_min`, the service lasting from begin to leave. A break on the way is a halt too.
    """

    kind: Literal["leave", "stop", "break", "return"]
    stop: int
    arrive_min: int
    begin_min: int
    leave_min: int


@dataclass(frozen=True, slots=True)
class Round:
    """One vehicle on one day.

    Attributes
    ----------
    vehicle, day : int
        Index of the vehicle; working day of the period, from 0.
    halts : tuple of Halt
    drive_min, duty_min : int, minutes
    km, cost_yen, people : float
    """

    vehicle: int
    day: int
    halts: tuple[Halt, ...]
    drive_min: int
    duty_min: int
    km: float
    cost_yen: float
    people: float


#: Why visits are not made.
Reason = Literal["no-vehicle", "no-way", "too-long", "window", "too-many-visits", "no-people", "no-room", "no-money"]


@dataclass(frozen=True, slots=True)
class Unserved:
    """Visits of a stop that are not made: how many, and why (a code, and a Japanese sentence)."""

    stop: int
    visits: int
    reason: Reason
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsAnswer(Answer):
    """Days, routes and timetables.

    `value` and `bound` are people reached in the period (people a visit × visits); `open` lists the stops with at
    least one visit.

    Attributes
    ----------
    rounds : tuple of Round
        By day, then vehicle.
    visits : tuple of int
        Visits made to each stop.
    cost_yen : float
    cost_bound_yen : float
        No plan that reaches as many people (and all required visits that this one makes) costs less.
    unserved : tuple of Unserved
    bound_certified, cost_bound_certified_yen : float, people and yen
        Bounds of all plans that the checker works out by itself in exact fractions (`verify_rounds_bound`); `bound` and
        `cost_bound_yen` may be tighter and then rest on HiGHS and on prices that are not kept.
    """

    rounds: tuple[Round, ...]
    visits: tuple[int, ...]
    cost_yen: float
    cost_bound_yen: float
    unserved: tuple[Unserved, ...]
    bound_certified: float
    cost_bound_certified_yen: float

    @property
    def bound_from(self) -> Literal["certificate", "HiGHS"]:
        """Who vouches for `bound`: the checker's own bound, or HiGHS."""
        return "certificate" if self.bound >= self.bound_certified else "HiGHS"

    @property
    def cost_gap_share(self) -> float:
        """(cost − its bound) / cost; 0 where nothing is spent."""
        return max(0.0, 1 - self.cost_bound_yen / self.cost_yen) if self.cost_yen > 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""
        return {
            **Answer.as_dict(self),
            "cost_yen": self.cost_yen,
            "cost_bound_yen": self.cost_bound_yen,
            "cost_gap_share": self.cost_gap_share,
            "bound_certified": self.bound_certified,
            "bound_from": self.bound_from,
            "cost_bound_certified_yen": self.cost_bound_certified_yen,
            "visits": list(self.visits),
            "rounds": [asdict(r) for r in self.rounds],
            "unserved": [asdict(u) for u in self.unserved],
        }
