"""An independent check of an answer about hours: everything is counted again from the question, in plain loops.

No code is shared with what made the answer: queues by the textbook sums in logarithms, choice by looking at every way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from daremo.reach.staffing.answer import HoursAnswer, PlaceHours
from daremo.reach.staffing.question import HoursQuestion
from daremo.reach.verify_bound import Refused
from daremo.reach.verify_hours import certified_bound, queue, session_full

#: Relative error that two ways of counting may differ by.
CLOSE = 1e-6


def verify(question: HoursQuestion, answer: HoursAnswer) -> tuple[str, ...]:
    """What does not hold in an answer, in Japanese sentences; nothing where all of it holds.

    Attendance (by life stage as well), hours, waiting, load, costs, lists and sums are recomputed; conditions are
    checked. The certificate's prices are added up anew and must prove `bound_certified`; a tighter `bound` is HiGHS's
    word and is only compared with it and the value.

    Parameters
    ----------
    question : HoursQuestion
    answer : HoursAnswer
    """
    return tuple(_findings(question, answer))


def _findings(q: HoursQuestion, a: HoursAnswer) -> Iterator[str]:
    if tuple(p.place for p in a.places) != a.open or list(a.open) != sorted(set(a.open)):
        yield "開く施設の一覧が、施設ごとの行と合いません"
        return
    if any(not 0 <= p < q.n_places for p in a.open):
        yield "ない施設が開いています"
        return
    yield from _conditions(q, a)
    came, used = _choose(q, set(a.open))
    for row in a.places:
        yield from (f"施設 {row.place}: {text}" for text in _place(q, row, came[row.place]))
    served, cost = sum(p.served_year for p in a.places), sum(p.cost_yen for p in a.places)
    if not _same(a.served_year, served) or not _same(a.value, served / q.behaviour.visits_a_person):
        yield "利用できる人数の合計が合いません"
    if not _same(a.attendance_year, sum(map(sum, came.values()))):
        yield "来る人数の合計が合いません"
    if not _same(a.cost_yen, cost) or a.cost_yen > q.budget_yen * (1 + 1e-12) + 1e-3:
        yield "費用の合計が合わないか、予算をこえています"
    yield from _bound(q, a)
    yield from _lists(q, a, used)
    yield from _rounding(q, a)


def _bound(q: HoursQuestion, a: HoursAnswer) -> Iterator[str]:
    if not a.value * (1 - CLOSE) <= a.bound <= a.bound_certified * (1 + CLOSE):
        yield "上限が、値と証明のあいだにありません"
    try:
        if a.bound_certified < certified_bound(q, a.certificate) * (1 - 1e-12):
            yield "証明された上限が、価格の示す上限より小さくなっています"
    except Refused as e:
        yield str(e)


def _conditions(q: HoursQuestion, a: HoursAnswer) -> Iterator[str]:
    c, open_ = q.conditions, set(a.open)
    if not set(c.must) <= open_:
        yield "かならず開く施設が開いていません"
    if set(c.never) & open_:
        yield "開かない施設が開いています"
    if q.most_places is not None and len(open_) > q.most_places:
        yield "施設の数が上限をこえています"
    if c.organisation_p is not None and c.most_per_organisation is not None:
        owners = [int(c.organisation_p[p]) for p in open_ if c.organisation_p[p] >= 0]
        if any(owners.count(o) > c.most_per_organisation for o in set(owners)):
            yield "一つの団体の施設が多すぎます"
    if c.quota_p is not None:
        groups = [int(c.quota_p[p]) for p in open_]
        if any(groups.count(int(g)) < c.least_per_quota for g in set(c.quota_p.tolist()) if g >= 0):
            yield "施設が足りない地域があります"
    if any(int(i) in open_ and int(j) in open_ for i, j in c.apart.reshape(-1, 2)):
        yield "近すぎる施設がいっしょに開いています"


def _choose(q: HoursQuestion, open_: set[int]) -> tuple[dict[int, list[float]], set[int]]:
    """Visits a year by place and life stage, and demand points from which anybody comes."""
    b = q.behaviour
    came = {p: [0.0] * q.people_dg.shape[1] for p in open_}
    used: set[int] = set()
    for d in range(q.pairs.n_demand):
        ways = range(int(q.pairs.start[d]), int(q.pairs.start[d + 1]))
        for g in range(q.people_dg.shape[1]):
            most = float(q.people_dg[d, g]) * float(b.uptake_g[g]) * b.visits_a_person
            pulls = {}
            top = 0.0
            for t in ways:
                p = int(q.pairs.place[t])
                decay = 1 / (1 + (float(q.pairs.cost[t]) / float(b.half_g[g])) ** float(b.slope_g[g]))
                pulls[p] = decay * float(q.attraction_p[p])
                top = max(top, pulls[p])
            here = {p: v for p, v in pulls.items() if p in open_ and v > 0 and (b.choice == "best" or v >= 1e-6 * top)}
            if not here or most <= 0:
                continue
            used.add(d)
            if b.choice == "best":
                # no share above 1: those are equals, of which the first is used
                share = {p: min(v, 1.0) for p, v in here.items()}
                first = min(p for p, v in share.items() if v == max(share.values()))
                came[first][g] += most * share[first]
            else:
                total = sum(here.values())
                for p, v in here.items():
                    came[p][g] += most * v / (b.outside + total)
    return came, used


def _place(q: HoursQuestion, row: PlaceHours, came_g: list[float]) -> Iterator[str]:
    came = sum(came_g)
    s, p = q.standard, row.place
    desks, seats = int(q.desks_p[p]), int(q.seats_p[p])
    steps = row.hours_week / s.step_h
    if abs(steps - round(steps)) > 1e-9 or not s.least_hours_week - 1e-9 <= row.hours_week <= s.most_hours_week + 1e-9:
        yield "時間が刻みや上下限に合いません"
    if row.kind != ("class" if seats else "desk"):
        yield "種類が合いません"
    year_h = row.hours_week * s.weeks_year
    an_hour = row.served_year / year_h
    if not _same(row.attendance_year, came):
        yield "来る人数が合いません"
    if row.served_year > came * (1 + CLOSE) or not _same(row.turned_away_year, max(came - row.served_year, 0.0), came):
        yield "利用できる人数が合いません"
    full = seats * 60 / s.slot_min if seats else desks * 60 / s.visit_min
    load = an_hour / full
    if seats:
        over, wait = session_full(an_hour * s.slot_min / 60, seats), 0.0
    else:
        over, wait = queue(load * desks, desks, s.visit_min, s.wait_min, s.visit_spread)
    if over > s.wait_risk_share + 1e-9:
        yield "待ち時間の基準を守れません"
    if abs(row.wait_over_share - over) > CLOSE or not _same(row.mean_wait_min, wait):
        yield "待ち時間が合いません"
    if not _same(row.utilisation_share, load) or row.quiet != (load < s.least_load_share - 1e-9):
        yield "利用率が合いません"
    if row.quiet and p not in q.conditions.must:
        yield "利用が少なすぎる施設が開いています"
    cost = float(q.fixed_yen_p[p] + q.hour_yen_p[p] * year_h + q.visit_yen_p[p] * row.served_year)
    if not _same(row.cost_yen, cost):
        yield "費用が合いません"
    mean = min(came, row.served_year) / (year_h * 60 / s.slot_min)
    if not _same(row.slot_learners, mean) or not row.slot_low <= row.slot_high:
        yield "1回あたりの人数が合いません"
    each = [mean * x / came if came else 0.0 for x in came_g]
    pairs = ((row.attendance_year_g, came_g), (row.slot_learners_g, each))
    if any(len(told) != len(own) or not all(map(_same, told, own)) for told, own in pairs):
        yield "年齢別の人数が合いません"


def _lists(q: HoursQuestion, a: HoursAnswer, used: set[int]) -> Iterator[str]:
    people = [d for d in range(q.pairs.n_demand) if float(q.people_dg[d].sum()) > 0]
    no_way = tuple(d for d in people if q.pairs.start[d] == q.pairs.start[d + 1])
    none_open = tuple(d for d in people if d not in used and d not in no_way)
    if a.unreachable != no_way or a.unserved != none_open:
        yield "届かない地点の一覧が合いません"
    if a.quiet != tuple(p.place for p in a.places if p.quiet):
        yield "利用が少ない施設の一覧が合いません"
    if a.full != tuple(p.place for p in a.places if p.turned_away_year > 1e-6):
        yield "満員の施設の一覧が合いません"


def _rounding(q: HoursQuestion, a: HoursAnswer) -> Iterator[str]:
    """Money for hours beyond those that the standard needs, by halving on the hours."""
    s, total = q.standard, 0.0
    for row in a.places:
        desks, seats = int(q.desks_p[row.place]), int(q.seats_p[row.place])
        low, high = s.step_h * max(1, math.ceil(s.least_hours_week / s.step_h - 1e-9)), row.hours_week
        for _ in range(60):
            middle = (low + high) / 2
            an_hour = row.served_year / (middle * s.weeks_year)
            if seats:
                over = session_full(an_hour * s.slot_min / 60, seats)
                fits = over <= s.wait_risk_share and an_hour * s.slot_min / 60 <= seats
            else:
                over = queue(an_hour * s.visit_min / 60, desks, s.visit_min, s.wait_min, s.visit_spread)[0]
                fits = over <= s.wait_risk_share
            low, high = (low, middle) if fits else (middle, high)
        total += max(0.0, row.hours_week - high) * s.weeks_year * float(q.hour_yen_p[row.place])
    if not _same(a.rounding_yen, total, a.cost_yen):
        yield "時間の刻みによる費用が合いません"
    if a.rounding_people < 0:
        yield "時間の刻みによる人数が合いません"


def _same(x: float, y: float, size: float = 0.0) -> bool:
    return x == y or abs(x - y) <= CLOSE * max(1.0, abs(x), abs(y), size)
