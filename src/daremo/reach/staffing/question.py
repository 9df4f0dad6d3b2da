"""What a question about hours is made of: people and their ways, how they choose, the standard of service, costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FREE = Conditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How far people go and how they choose among open places.

    Attributes
    ----------
    choice : {"best", "huff"}
        Everybody uses the open place that suits best; or people split by attraction, some stay at home.
    half_g, slope_g : ndarray, shape (stages,), unit of the pairs, number
        Log-logistic decay of each life stage: half still come at `half`.
    uptake_g : ndarray, shape (stages,), share a year
        Share of those who need help who come if a place is next door ("best"), or if places are without end ("huff").
    outside : float
        Attraction of staying at home ("huff"): one place of attraction 1 next door draws ``uptake / (1 + outside)``.
    visits_a_person : float, visits a year
    uptake_doubt : float
        Standard error of log uptake: 0.5 = probably within a factor of 1.6; a calibration makes it small.
    """

    choice: Literal["best", "huff"] = "best"
    half_g: Float = field(default_factory=lambda: np.array([15.0]))
    slope_g: Float = field(default_factory=lambda: np.array([2.5]))
    uptake_g: Float = field(default_factory=lambda: np.array([0.1]))
    outside: float = 1.0
    visits_a_person: float = 3.0
    uptake_doubt: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What a visitor may expect, and what the town may expect of a slot.

    Attributes
    ----------
    visit_min : float, minutes
        One visit at a desk, on average.
    visit_spread : float
        Standard deviation of a visit's length over its mean; 1 = exponential (the exact case).
    wait_min : float, minutes
        Nobody should queue longer than this …
    wait_risk_share : float
        … but for this share of visitors (at a class: the share whose session is full).
    least_load_share : float
        Desks are busy, or seats filled, at least this share of the time.
    step_h, least_hours_week, most_hours_week : float, hours
        Hours come in whole steps; an open place has at least and at most so many a week.
    weeks_year : float
    slot_min : float, minutes
        Length of a slot: the unit in which learners are predicted, and of one session of a class.
    """

    visit_min: float = 30.0
    visit_spread: float = 1.0
    wait_min: float = 30.0
    wait_risk_share: float = 0.2
    least_load_share: float = 0.15
    step_h: float = 0.5
    least_hours_week: float = 1.0
    most_hours_week: float = 40.0
    weeks_year: float = 50.0
    slot_min: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursQuestion:
    """Where to open, and how many staffed hours a week, for a budget or a number of places.

    Attributes
    ----------
    pairs : Pairs
        Ways from demand points to places.
    people_dg : ndarray, shape (demand, stages), people
        People who need help, by life stage.
    behaviour, standard
    fixed_yen_p : ndarray, shape (places,), yen a year
        Cost of a place being open at all.
    hour_yen_p : ndarray, shape (places,), yen an hour
        Cost of one open hour, all desks staffed.
    visit_yen_p : ndarray, shape (places,), yen a visit
    desks_p : ndarray, shape (places,), whole
        Desks that are staffed while the place is open.
    seats_p : ndarray, shape (places,), whole
        Above 0: a class series with so many seats a session, not desks.
    attraction_p : ndarray, shape (places,)
        What draws people beside nearness; 1 = usual.
    budget_yen : float, yen a year
        May be infinite.
    most_places : int, optional
        At most so many open places.
    conditions : Conditions
    """

    pairs: Pairs
    people_dg: Float
    behaviour: Behaviour
    standard: Standard
    fixed_yen_p: Float
    hour_yen_p: Float
    visit_yen_p: Float
    desks_p: Int
    seats_p: Int
    attraction_p: Float
    budget_yen: float
    most_places: int | None = None
    conditions: Conditions = field(default_factory=Conditions)

    @property
    def n_places(self) -> int:
        return self.pairs.n_places

    def with_budget(self, budget_yen: float) -> HoursQuestion:
        """The same question with other money."""
        return replace(self, budget_yen=budget_yen)


def hours_question(
    pairs: Pairs,
    people: ArrayLike,
    *,
    behaviour: Behaviour = Behaviour(),
    standard: Standard = Standard(),
    fixed_yen: ArrayLike = 0.0,
    hour_yen: ArrayLike = 0.0,
    visit_yen: ArrayLike = 0.0,
    desks: ArrayLike = 1,
    seats: ArrayLike = 0,
    attraction: ArrayLike = 1.0,
    budget_yen: float = np.inf,
    most_places: int | None = None,
    conditions: Conditions = FREE,
) -> HoursQuestion:
    """A question about hours from plain numbers; one number for all places or one for each.

    Parameters
    ----------
    people : array_like, shape (demand,) or (demand, stages), people who need help
    fixed_yen, hour_yen, visit_yen : array_like, shape () or (places,), yen a year, an open hour, a visit
    desks, seats : array_like, shape () or (places,), whole
        `seats` above 0 makes the place a class series.
    attraction : array_like, shape () or (places,)
    budget_yen : float, yen a year
    most_places : int, optional

    Raises
    ------
    UsageError
        Shapes that do not fit, numbers that are negative or no numbers, a standard that contradicts itself.
    """
    folk = np.asarray(people, float)
    folk = folk[:, None] if folk.ndim == 1 else folk
    if folk.ndim != 2 or folk.shape[0] != pairs.n_demand:
        raise UsageError("bad-people", "人数の表の行が地点の数とちがいます", "地点ごとに1行にしてください")
    if not np.isfinite(folk).all() or (folk.size and folk.min() < 0):
        raise UsageError("bad-people", "人数に、負の数か数でない値があります", "0以上の数を入れてください")
    n = pairs.n_places

    def each(name: str, value: ArrayLike, least: float = 0.0) -> Float:
        column = np.asarray(value, float)
        if column.shape not in ((), (n,)):
            raise UsageError(
                "bad-place-column", f"施設の列 {name} の長さが施設の数とちがいます", f"{n}個にしてください"
            )
        if not np.isfinite(column).all() or (column.size and column.min() < least):
            raise UsageError(
                "bad-place-column", f"施設の列 {name} に使えない数があります", f"{least:g}以上の数を入れてください"
            )
        return np.ascontiguousarray(np.broadcast_to(column, (n,)), float)

    if not budget_yen >= 0:
        raise UsageError("bad-budget", f"予算 {budget_yen} では計算できません", "0以上の金額を入れてください")
    if most_places is not None and most_places < 0:
        raise UsageError("bad-count", f"施設の数 {most_places} では計算できません", "0以上の整数を入れてください")
    q = HoursQuestion(
        pairs=pairs,
        people_dg=np.ascontiguousarray(folk),
        behaviour=_checked_behaviour(behaviour, folk.shape[1]),
        standard=_checked_standard(standard),
        fixed_yen_p=each("fixed_yen", fixed_yen),
        hour_yen_p=each("hour_yen", hour_yen),
        visit_yen_p=each("visit_yen", visit_yen),
        desks_p=each("desks", desks, 1.0).astype(np.int64),
        seats_p=each("seats", seats).astype(np.int64),
        attraction_p=each("attraction", attraction),
        budget_yen=float(budget_yen),
        most_places=most_places,
        conditions=conditions,
    )
    _check_conditions(q)
    return q


def _checked_behaviour(b: Behaviour, stages: int) -> Behaviour:
    columns = []
    for name in ("half_g", "slope_g", "uptake_g"):
        value = np.asarray(getattr(b, name), float)
        value = np.broadcast_to(value, (stages,)) if value.shape in ((), (1,), (stages,)) else value
        floor_ok = value.size == stages and np.isfinite(value).all() and (value >= 0).all()
        if not floor_ok or (name != "uptake_g" and not (value > 0).all()) or (name == "uptake_g" and (value > 1).any()):
            raise UsageError(
                "bad-behaviour",
                f"行動の前提 {name} が使えません",
                "ライフステージごとに正の数（利用する割合は0から1）を入れてください",
            )
        columns.append(np.ascontiguousarray(value, float))
    single = {"outside": b.outside, "visits_a_person": b.visits_a_person}
    for name, number in single.items():
        if not (np.isfinite(number) and number > 0):
            raise UsageError("bad-behaviour", f"行動の前提 {name} が使えません", "0より大きい数を入れてください")
    if not (np.isfinite(b.uptake_doubt) and b.uptake_doubt >= 0):
        raise UsageError("bad-behaviour", "行動の前提 uptake_doubt が使えません", "0以上の数を入れてください")
    if b.choice not in ("best", "huff"):
        raise UsageError("bad-behaviour", f"選び方 {b.choice} は知りません", "best か huff を選んでください")
    return replace(b, half_g=columns[0], slope_g=columns[1], uptake_g=columns[2])


def _checked_standard(s: Standard) -> Standard:
    positive = ("visit_min", "step_h", "most_hours_week", "weeks_year", "slot_min")
    for name in positive:
        if not (np.isfinite(getattr(s, name)) and getattr(s, name) > 0):
            raise UsageError("bad-standard", f"サービスの基準 {name} が使えません", "0より大きい数を入れてください")
    for name in ("wait_min", "visit_spread", "least_hours_week"):
        if not (np.isfinite(getattr(s, name)) and getattr(s, name) >= 0):
            raise UsageError("bad-standard", f"サービスの基準 {name} が使えません", "0以上の数を入れてください")
    if not 0 < s.wait_risk_share < 1 or not 0 <= s.least_load_share < 1:
        raise UsageError("bad-standard", "サービスの基準の割合が使えません", "0から1のあいだの数を入れてください")
    least, most = np.ceil(s.least_hours_week / s.step_h - 1e-9), np.floor(s.most_hours_week / s.step_h + 1e-9)
    if max(least, 1) > most:
        raise UsageError(
            "bad-standard", "週の時間の下限が上限をこえています", "least_hours_week と most_hours_week を見てください"
        )
    return s


def _check_conditions(q: HoursQuestion) -> None:
    c, n = q.conditions, q.n_places
    for index in (np.asarray(c.must, np.int64), np.asarray(c.never, np.int64), np.asarray(c.apart, np.int64).ravel()):
        if index.size and (index.min() < 0 or index.max() >= n):
            raise UsageError("unknown-place", "ない施設の番号が指定されています", f"0から{n - 1}までにしてください")
    for name, column in (("organisation_p", c.organisation_p), ("quota_p", c.quota_p)):
        if column is not None and np.asarray(column).shape != (n,):
            raise UsageError(
                "bad-place-column", f"施設の列 {name} の長さが施設の数とちがいます", f"{n}個にしてください"
            )
