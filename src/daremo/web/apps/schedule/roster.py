"""A draft of who is where: OR-tools CP-SAT over duties and helpers. Pure: no database, no clock, one thread, one seed.

In this order: as few duties as possible with nobody; as few helpers as possible missing; the fullest helper as little
full as possible; hours spread evenly; little travel. Each is solved with those before it held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

from daremo.web.apps.places.near import DETOUR, kilometres
from daremo.web.days import TOKYO

SPEED_KM_H = 25.0
"""Pace between points by car or bus within a town."""
FARTHEST = timedelta(hours=12)
"""No way between two points takes longer."""
EFFORT = 20.0
"""Most work for one step of the order, in CP-SAT's deterministic seconds: the same everywhere, however fast."""
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Duty:
    """A session that wants helpers: ``need`` more than it has. ``grown_ups`` is how many adults are there already."""

    key: int
    starts: datetime
    ends: datetime
    need: int
    place: Place | None = None
    point: int = 0
    topics: frozenset[str] = frozenset()
    language: str = "ja"
    grown_ups: int = 0
    staffed: int = 0

    @property
    def minutes(self) -> int:
        """Length."""
        return round((self.ends - self.starts).total_seconds() / 60)

    @property
    def week(self) -> tuple[int, int]:
        """ISO year and week in Japan."""
        return self.starts.astimezone(TOKYO).isocalendar()[:2]


@dataclass(frozen=True, slots=True)
class Busy:
    """A time at which a helper is elsewhere already."""

    starts: datetime
    ends: datetime
    place: Place | None = None
    point: int = 0


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who helps. No topics: all of them. No windows: any time. ``leave`` are first and last days.

    ``qualified_until`` is the last day of whatever qualification ends first; None where none ends.
    """

    key: int
    hours_week_max: float = 20.0
    topics: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset({"ja"})
    windows: tuple[tuple[int, time, time], ...] = ()
    leave: tuple[tuple[date, date], ...] = ()
    busy: tuple[Busy, ...] = ()
    youth: bool = False
    home: Place | None = None
    qualified_until: date | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Who is where, as (duty, helper); what it leaves open; whether each step was proved best.

    ``fullest_permille`` is the fullest helper's minutes over the minutes allowed in the weeks of the duties;
    ``spread_permille`` the fullest minus the least full; ``travel_m`` metres from home, there only.
    """

    pairs: tuple[tuple[int, int], ...]
    nobody: int
    missing: int
    fullest_permille: int
    spread_permille: int
    travel_m: int
    proved: bool
    reasons: dict[int, dict[str, int]] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int, int, int, int]:
        """What is compared, the first first."""
        return self.nobody, self.missing, self.fullest_permille, self.spread_permille, self.travel_m


def travel_minutes(a: tuple[int, Place | None], b: tuple[int, Place | None]) -> int:
    """Return minutes from a point to another: 0 within one, and where a place is not known."""
    if (a[0] and a[0] == b[0]) or a[1] is None or b[1] is None:
        return 0
    return min(720, ceil(kilometres(a[1], b[1]) * DETOUR / SPEED_KM_H * 60))


def apart(a: Duty | Busy, b: Duty | Busy) -> bool:
    """Tell whether one person can do both: the later begins after the earlier one and the way there."""
    first, second = (a, b) if a.starts <= b.starts else (b, a)
    way = travel_minutes((first.point, first.place), (second.point, second.place))
    return second.starts >= first.ends + timedelta(minutes=way)


def hindrance(duty: Duty, helper: Helper) -> str:
    """Return why a helper cannot take a duty, or "": leave, time, busy, topic, language, qualification, hours."""
    starts, ends = duty.starts.astimezone(TOKYO), duty.ends.astimezone(TOKYO)
    day = starts.date()
    if any(first <= day <= last for first, last in helper.leave):
        return "leave"
    if helper.qualified_until is not None and helper.qualified_until < day:
        return "qualification"
    if duty.topics and helper.topics and not duty.topics & helper.topics:
        return "topic"
    if duty.language != "ja" and duty.language not in helper.languages:
        return "language"
    inside = (
        weekday == starts.weekday() and begin <= starts.time() and ends.time() <= end and starts.date() == ends.date()
        for weekday, begin, end in helper.windows
    )
    if helper.windows and not any(inside):
        return "time"
    if not all(apart(duty, busy) for busy in helper.busy):
        return "busy"
    return "hours" if duty.minutes > _left(helper, duty.week) else ""


def _left(helper: Helper, week: tuple[int, int]) -> int:
    """Minutes that a helper may still work in a week."""
    used = sum(
        round((busy.ends - busy.starts).total_seconds() / 60)
        for busy in helper.busy
        if busy.starts.astimezone(TOKYO).isocalendar()[:2] == week
    )
    return max(0, round(helper.hours_week_max * 60) - used)


def allowed_minutes(helper: Helper, duties: Sequence[Duty]) -> int:
    """Return the minutes that a helper may work in all weeks in which there are duties."""
    return sum(_left(helper, week) for week in {duty.week for duty in duties})


def _metres(duty: Duty, helper: Helper) -> int:
    return 0 if duty.place is None or helper.home is None else round(kilometres(duty.place, helper.home) * 1000)


def draft(duties: Sequence[Duty], helpers: Sequence[Helper], *, effort: float = EFFORT) -> Draft:
    """Return a draft roster; the same duties and helpers always give the same one.

    Parameters
    ----------
    effort : float
        Most deterministic seconds of CP-SAT for each step of the order.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    eligible = {(d.key, h.key): model.new_bool_var(f"{d.key}-{h.key}") for d in duties for h in helpers if not hindrance(d, h)}  # fmt: skip
    _rules(model, eligible, duties, helpers)
    steps = _order(model, eligible, duties, helpers)
    proved = True
    values: list[int] = []
    chosen: set[tuple[int, int]] = set()
    for step in steps:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers, solver.parameters.random_seed = 1, 1
        solver.parameters.interleave_search = True
        solver.parameters.max_deterministic_time = effort
        model.minimize(step)
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            # nothing better within the effort than what the step before found
            proved = False
            break
        proved = proved and status == cp_model.OPTIMAL
        values.append(round(solver.objective_value))
        model.add(step <= values[-1])
        chosen = {pair for pair, var in eligible.items() if solver.value(var)}
        model.clear_hints()  # type: ignore[no-untyped-call]
        for pair, var in eligible.items():
            model.add_hint(var, int(pair in chosen))
    return measured(duties, helpers, chosen, proved=proved)


def _rules(model: Any, eligible: dict[tuple[int, int], Any], duties: Sequence[Duty], helpers: Sequence[Helper]) -> None:
    for helper in helpers:
        mine = sorted((duty for duty in duties if (duty.key, helper.key) in eligible), key=lambda duty: duty.starts)
        for moment in {duty.starts for duty in mine}:
            # stronger than pair by pair: of all that run at one moment at most one
            model.add_at_most_one(eligible[d.key, helper.key] for d in mine if d.starts <= moment < d.ends)
        for at, one in enumerate(mine):
            for other in mine[at + 1 :]:
                if other.starts - one.ends > FARTHEST:
                    break
                if other.starts >= one.ends and not apart(one, other):
                    model.add(eligible[one.key, helper.key] + eligible[other.key, helper.key] <= 1)
        weeks = defaultdict(list)
        for duty in mine:
            weeks[duty.week].append(duty)
        for week, of_week in weeks.items():
            model.add(sum(d.minutes * eligible[d.key, helper.key] for d in of_week) <= _left(helper, week))
    for duty in duties:
        there = [(h, eligible[duty.key, h.key]) for h in helpers if (duty.key, h.key) in eligible]
        model.add(sum(var for _, var in there) <= duty.need)
        if not duty.grown_ups:
            for _helper, var in [pair for pair in there if pair[0].youth]:
                model.add(var <= sum(adult for other, adult in there if not other.youth))


def _order(
    model: Any, eligible: dict[tuple[int, int], Any], duties: Sequence[Duty], helpers: Sequence[Helper]
) -> list[Any]:
    nobody = []
    for duty in [d for d in duties if not d.staffed]:
        empty = model.new_bool_var(f"nobody-{duty.key}")
        model.add(sum(eligible[duty.key, h.key] for h in helpers if (duty.key, h.key) in eligible) + empty >= 1)
        nobody.append(empty)
    missing = sum(duty.need for duty in duties) - sum(eligible.values())
    fullest, least = model.new_int_var(0, 1000, "fullest"), model.new_int_var(0, 1000, "least")
    model.add(least <= fullest)
    for helper in _counted(duties, helpers):
        limit = allowed_minutes(helper, duties)
        worked = sum(d.minutes * eligible[d.key, helper.key] for d in duties if (d.key, helper.key) in eligible)
        model.add(fullest * limit >= 1000 * worked)
        model.add(least * limit <= 1000 * worked)
    place = {d.key: d for d in duties}
    who = {h.key: h for h in helpers}
    travel = sum(_metres(place[d], who[h]) * var for (d, h), var in eligible.items())
    # one step for both: a duty with nobody outweighs all helpers missing elsewhere
    uncovered = sum(nobody) * (sum(duty.need for duty in duties) + 1) + missing
    return [uncovered, fullest, fullest - least, travel]


def _counted(duties: Sequence[Duty], helpers: Sequence[Helper]) -> list[Helper]:
    """Helpers whose hours are compared: those who can take at least one duty."""
    return [h for h in helpers if any(not hindrance(d, h) for d in duties)]


def measured(
    duties: Sequence[Duty], helpers: Sequence[Helper], chosen: set[tuple[int, int]], *, proved: bool = False
) -> Draft:
    """Return what a choice of pairs is worth, and for duties left open how many helpers are hindered by what."""
    by_duty: dict[int, int] = defaultdict(int)
    minutes: dict[int, int] = defaultdict(int)
    known = {duty.key: duty for duty in duties}
    for duty, helper in chosen:
        by_duty[duty] += 1
        minutes[helper] += known[duty].minutes
    shares = [(minutes[h.key] * 1000, allowed_minutes(h, duties)) for h in _counted(duties, helpers)]
    fullest = max((ceil(worked / limit) for worked, limit in shares), default=0)
    least = min((worked // limit for worked, limit in shares), default=0)
    who = {h.key: h for h in helpers}
    open_duties = [d for d in duties if by_duty[d.key] < d.need]
    reasons: dict[int, dict[str, int]] = {}
    for left in open_duties:
        counts: dict[str, int] = defaultdict(int)
        for one in helpers:
            if (left.key, one.key) not in chosen:
                counts[hindrance(left, one) or "elsewhere"] += 1
        reasons[left.key] = dict(counts)
    return Draft(
        pairs=tuple(sorted(chosen)),
        nobody=sum(1 for d in duties if not d.staffed and not by_duty[d.key]),
        missing=sum(d.need - by_duty[d.key] for d in duties),
        fullest_permille=fullest,
        spread_permille=fullest - least,
        travel_m=sum(_metres(known[d], who[h]) for d, h in chosen),
        proved=proved,
        reasons=reasons,
    )
