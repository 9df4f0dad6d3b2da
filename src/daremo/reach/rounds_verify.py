"""An independent check of rounds: the timetable is walked minute by minute against the question, sums are counted again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from daremo.reach.rounds_model import Halt, Round, RoundsAnswer, RoundsQuestion
from daremo.reach.verify_rounds_bound import least_yen, most_people

#: Yen, people and km may differ by this much.
CLOSE = 1e-6


def verify(question: RoundsQuestion, answer: RoundsAnswer) -> tuple[str, ...]:
    """What does not hold in a plan of rounds, in Japanese sentences; nothing where all of it holds.

    Times, rules of work, windows, parts of the period, people, costs and lists are recomputed, and the certified bounds
    of people and cost worked out anew. Tighter bounds are HiGHS's word: they are only compared with these and the plan.

    Parameters
    ----------
    question : RoundsQuestion
    answer : RoundsAnswer
    """
    return tuple(_findings(question, answer))


def _findings(q: RoundsQuestion, a: RoundsAnswer) -> Iterator[str]:
    if any(not 0 <= r.vehicle < len(q.vehicles) for r in a.rounds):
        yield "ない車が使われています"
        return
    if any(not -1 <= h.stop < len(q.stops) for r in a.rounds for h in r.halts):
        yield "ない訪問先があります"
        return
    used = Counter((r.vehicle, r.day) for r in a.rounds)
    if any(count > 1 for count in used.values()):
        yield "同じ車が同じ日に二度出ています"
    for r in a.rounds:
        where = f"車 {r.vehicle} の {r.day} 日め"
        yield from (f"{where}: {text}" for text in _round(q, r))
    yield from _calendar(q, a)
    yield from _sums(q, a)


def _round(q: RoundsQuestion, r: Round) -> Iterator[str]:
    v = q.vehicles[r.vehicle]
    if not 0 <= r.day < v.days:
        yield "働かない日です"
    moves = [h for h in r.halts if h.kind != "break"]
    rests = [h for h in r.halts if h.kind == "break"]
    inner = moves[1:-1]
    shape_ok = len(moves) >= 3 and moves[0].kind == "leave" and moves[-1].kind == "return"
    if not shape_ok or any(h.kind != "stop" or h.stop < 0 for h in inner):
        yield "時刻表の形がちがいます"
        return
    if len({h.stop for h in inner}) < len(inner):
        yield "同じ訪問先に二度行きます"
    nodes = [v.depot, *(q.stops[h.stop].node for h in inner), v.depot]
    drive, km = 0, 0.0
    for a, b, before, after in zip(nodes, nodes[1:], moves, moves[1:], strict=False):
        way = int(q.minutes_nn[a, b])
        resting = sum(h.leave_min - h.begin_min for h in rests if _between(before, h, after))
        if way < 0 or before.leave_min + way + resting > after.begin_min or before.leave_min + way > after.arrive_min:
            yield "移動の時間が足りません"
        drive, km = drive + way, km + float(q.km_nn[a, b])
    for h in inner:
        s = q.stops[h.stop]
        if h.leave_min - h.begin_min != s.service_min or not h.arrive_min <= h.begin_min:
            yield "訪問の時間が合いません"
        if h.begin_min < s.open_min or h.leave_min > s.close_min:
            yield "受け入れ時間の外です"
    home = moves[-1].arrive_min
    if moves[0].leave_min < v.begin_min or home > v.begin_min + v.duty_min:
        yield "勤務時間をこえています"
    if drive > v.drive_min:
        yield "運転時間をこえています"
    if v.break_min and home - v.begin_min > v.break_after_min:
        good = [
            h
            for h in rests
            if h.leave_min - h.begin_min >= v.break_min
            and v.begin_min <= h.begin_min <= v.begin_min + v.break_after_min
            and not any(m.begin_min < h.leave_min and h.begin_min < m.leave_min for m in inner)
        ]
        if not good:
            yield "休憩がありません"
    cost = v.day_yen + v.km_yen * km
    people = sum(q.stops[h.stop].people for h in inner)
    if r.drive_min != drive or r.duty_min != home - v.begin_min or abs(r.km - km) > CLOSE:
        yield "運転、勤務、距離の合計が合いません"
    if abs(r.cost_yen - cost) > CLOSE * max(1.0, cost) or abs(r.people - people) > CLOSE * max(1.0, people):
        yield "費用か人数が合いません"


def _between(before: Halt, rest: Halt, after: Halt) -> bool:
    """Whether a rest lies between leaving one halt and beginning the next."""
    return before.leave_min <= rest.begin_min and rest.leave_min <= after.begin_min


def _calendar(q: RoundsQuestion, a: RoundsAnswer) -> Iterator[str]:
    period = max((v.days for v in q.vehicles), default=0)
    days: dict[int, list[int]] = {}
    for r in a.rounds:
        for h in r.halts:
            if h.kind == "stop":
                days.setdefault(h.stop, []).append(r.day)
    for s, on in days.items():
        visits = min(q.stops[s].visits, period)
        parts = [sum((i + 1) * period // visits <= day for i in range(visits)) for day in on] if visits else [0, 0]
        if len(set(parts)) < len(parts):
            yield f"訪問先 {s}: 期間の同じ部分に二度行きます"
    made = tuple(len(days.get(s, [])) for s in range(len(q.stops)))
    if a.visits != made or a.open != tuple(s for s, n in enumerate(made) if n):
        yield "訪問の回数が合いません"
    missing = Counter[int]()
    for u in a.unserved:
        missing[u.stop] += u.visits
    if any(missing[s] != max(0, stop.visits - made[s]) for s, stop in enumerate(q.stops)):
        yield "訪問できない先の一覧が合いません"


def _sums(q: RoundsQuestion, a: RoundsAnswer) -> Iterator[str]:
    people, cost = sum(r.people for r in a.rounds), sum(r.cost_yen for r in a.rounds)
    if abs(a.value - people) > CLOSE * max(1.0, people):
        yield "会える人の合計が合いません"
    if abs(a.cost_yen - cost) > CLOSE * max(1.0, cost) or cost > q.budget_yen * (1 + 1e-9) + 1e-3:
        yield "費用の合計が合わないか、予算をこえています"
    if a.bound < a.value * (1 - CLOSE) or a.cost_bound_yen > a.cost_yen * (1 + CLOSE) + CLOSE:
        yield "上限か下限が、値と矛盾します"
    if a.bound_certified < most_people(q) * (1 - 1e-12):
        yield "証明された上限が、数えなおした上限より小さくなっています"
    if a.bound > a.bound_certified * (1 + CLOSE):
        yield "上限が、証明された上限より大きくなっています"
    floor = least_yen(q, a.value)
    if a.cost_bound_certified_yen > floor * (1 + 1e-9) + 1e-9:
        yield "証明された費用の下限が、数えなおした下限より大きくなっています"
    if a.cost_bound_yen < a.cost_bound_certified_yen * (1 - CLOSE):
        yield "費用の下限が、証明された下限より小さくなっています"
