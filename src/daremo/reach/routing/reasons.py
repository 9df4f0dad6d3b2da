"""Why visits are not made: the first rule that a stop breaks by itself, or that the days or the money are full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daremo.reach.rounds_model import Reason, RoundsQuestion, Unserved
from daremo.reach.routing.calendar import Calendar
from daremo.reach.routing.day import NEVER, Kind, leg_min, route_yen, timetable

TOLD: dict[Reason, str] = {
    "no-vehicle": "動ける車がありません",
    "no-way": "どの車庫からも往復できません",
    "too-long": "この訪問だけで1日の勤務か運転の上限をこえます",
    "window": "受け入れ時間のうちに着いて終えることができません",
    "too-many-visits": "期間の日数より多い回数です",
    "no-people": "会える人がいません",
    "no-room": "ほかの訪問で日程がいっぱいです",
    "no-money": "予算が足りません",
}


def alone(q: RoundsQuestion, kinds: Sequence[Kind], stop: int) -> Reason | None:
    """Why no vehicle can make even this visit alone, or None where one can."""
    if not kinds:
        return "no-vehicle"
    s = q.stops[stop]
    if all(leg_min(q, k.vehicle.depot, s.node) >= NEVER or leg_min(q, s.node, k.vehicle.depot) >= NEVER for k in kinds):
        return "no-way"
    if any(timetable(q, k.vehicle, [stop]) for k in kinds):
        day_yen = min(route_yen(q, k.vehicle, [stop]) for k in kinds if timetable(q, k.vehicle, [stop]))
        return "no-money" if day_yen > q.budget_yen else None
    always = replace(s, open_min=0, close_min=NEVER)
    free = replace(q, stops=(*q.stops[:stop], always, *q.stops[stop + 1 :]))
    return "window" if any(timetable(free, k.vehicle, [stop]) for k in kinds) else "too-long"


def unserved(
    q: RoundsQuestion, c: Calendar, kinds: Sequence[Kind], made: Sequence[int], cost_yen: float, days_used: int
) -> tuple[Unserved, ...]:
    """All visits that are not made, with a reason."""
    found: list[Unserved] = []
    free_days = sum(m for row in c.slots for m in row) - days_used
    for s, stop in enumerate(q.stops):
        missing = stop.visits - made[s]
        if missing <= 0:
            continue
        reason = alone(q, kinds, s)
        if reason is None and stop.people <= 0 and not stop.required:
            reason = "no-people"
        beyond = 0 if reason else stop.visits - c.visits[s]
        if beyond:
            found.append(Unserved(s, beyond, "too-many-visits", TOLD["too-many-visits"]))
            missing -= beyond
        if not missing:
            continue
        if reason is None:
            cheapest = min(route_yen(q, k.vehicle, [s]) for k in kinds if timetable(q, k.vehicle, [s]))
            reason = "no-money" if free_days and cost_yen + cheapest > q.budget_yen else "no-room"
        found.append(Unserved(s, missing, reason, TOLD[reason]))
    return tuple(found)
