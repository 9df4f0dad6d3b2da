"""Hours and rounds beside the textbook models of HiGHS and OR-tools: same data, one run, CPU seconds and gaps.

Hours: which of 40 (250) places open for how long, for 60 (235) districts; the peer is the usual model (who uses which
place, doors, whole steps of hours) given to HiGHS at once. Rounds: a month of one van or two; the peer is OR-tools'
routing search on the same rules, which states no bound. Kernels are compiled before the clock starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_matrix

from daremo.kernel.watch import Watch
from daremo.reach.hours import Behaviour, HoursQuestion, Standard, hours, hours_question, verify
from daremo.reach.model import gap_share
from daremo.reach.rounds import RoundsQuestion, Stop, Vehicle, rounds, rounds_question
from daremo.reach.rounds import verify as verify_rounds
from daremo.reach.routing.calendar import calendar_of
from daremo.reach.routing.day import kinds_of
from daremo.reach.routing.search import search
from daremo.reach.staffing.attendance import units_of
from daremo.reach.staffing.terms import terms_of
from daremo.reach.travel.pairs import pairs_of_matrix

#: Wall seconds for each model; on a loaded machine fewer CPU seconds are printed.
LIMIT_S = 120.0


def town(districts: int, places: int, budget_yen: float, choice: str) -> HoursQuestion:
    """Districts and places at random on 30 × 30 km; three life stages."""
    r = np.random.default_rng(1)
    at = r.uniform(0, 30, (districts, 2))
    half = places // 2
    place = np.r_[at[r.integers(0, districts, half)] + r.normal(0, 1, (half, 2)), r.uniform(0, 30, (places - half, 2))]
    minutes = np.hypot(*(at[:, None] - place[None]).transpose(2, 0, 1)) * 3
    minutes[minutes > 45] = np.inf
    behaviour = Behaviour(
        choice="huff" if choice == "huff" else "best",
        half_g=np.array([20.0, 15, 10]),
        uptake_g=np.array([0.2, 0.15, 0.1]),
    )
    return hours_question(
        pairs_of_matrix(minutes, "min"), r.uniform(2, 60, (districts, 3)), behaviour=behaviour, fixed_yen=300_000,
        hour_yen=3_000, budget_yen=budget_yen, standard=Standard(),
    )  # fmt: skip


def textbook(q: HoursQuestion) -> tuple[float, float]:
    """Value and bound (people) of the usual model of best choice, solved by HiGHS as it is."""
    u, t = units_of(q), terms_of(q)
    n, ways = t.n_places, u.place.size
    p, w, unit = np.arange(n), np.arange(ways), np.repeat(np.arange(u.n_units), np.diff(u.start))
    y, h, x = 0, n, 2 * n
    blocks = [
        (np.zeros(2 * n, int), np.r_[y + p, h + p], np.r_[t.fixed_yen_p, t.unit_yen_p] / 1e4, [t.budget_yen / 1e4]),
        (unit, x + w, np.ones(ways), np.ones(u.n_units)),
        (np.r_[w, w], np.r_[x + w, y + u.place], np.r_[np.ones(ways), -np.ones(ways)], np.zeros(ways)),
        (np.r_[u.place, p], np.r_[x + w, h + p], np.r_[u.pull, -t.unit_visits_p], np.zeros(n)),
        (np.r_[p, p], np.r_[h + p, y + p], np.r_[np.ones(n), np.full(n, -float(t.most_units))], np.zeros(n)),
        (np.r_[p, p], np.r_[h + p, y + p], np.r_[-np.ones(n), np.full(n, float(t.least_units))], np.zeros(n)),
        (np.r_[u.place, p], np.r_[x + w, h + p], np.r_[-u.pull, t.unit_least_p], np.zeros(n)),
    ]
    rows = [np.asarray(b[3], float) for b in blocks]
    first = np.r_[0, np.cumsum([r.size for r in rows])]
    m = coo_matrix(
        (
            np.concatenate([b[2] for b in blocks]),
            (np.concatenate([b[0] + first[i] for i, b in enumerate(blocks)]), np.concatenate([b[1] for b in blocks])),
        ),
        shape=(first[-1], 2 * n + ways),
    ).tocsr()
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = 2 * n + ways, int(first[-1]), highspy.ObjSense.kMaximize
    lp.col_cost_ = np.r_[np.zeros(2 * n), u.pull]
    lp.col_lower_ = np.zeros(2 * n + ways)
    lp.col_upper_ = np.r_[np.ones(n), np.full(n, float(t.most_units)), np.ones(ways)]
    lp.row_lower_, lp.row_upper_ = np.full(first[-1], -np.inf), np.concatenate(rows)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = m.indptr, m.indices, m.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * (2 * n) + [highspy.HighsVarType.kContinuous] * ways
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("time_limit", LIMIT_S), ("mip_rel_gap", 1e-4)):
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    solver.run()
    info = solver.getInfo()
    return (
        info.objective_function_value / q.behaviour.visits_a_person,
        info.mip_dual_bound / q.behaviour.visits_a_person,
    )


def month(stops: int, vans: int, days: int) -> RoundsQuestion:
    """Stops at random on 40 × 40 km, visited once, twice or four times in the period, with windows."""
    r = np.random.default_rng(3)
    at = r.uniform(0, 40, (stops + 1, 2))
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * 1.3
    places = [
        Stop(
            name=f"stop {i}", node=i, service_min=int(r.choice([40, 60, 90])), visits=int(r.choice([1, 2, 4])),
            people=int(r.integers(3, 30)), required=bool(r.random() < 0.2), open_min=int(r.choice([540, 600, 780])),
            close_min=int(r.choice([960, 1080])),
        )
        for i in range(1, stops + 1)
    ]  # fmt: skip
    cars = [Vehicle(name=f"van {i}", depot=0, days=days, day_yen=30_000, km_yen=40) for i in range(vans)]
    return rounds_question(cars, places, km * 1.5, km)


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call and its answer."""
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def main() -> None:
    """Run and print."""
    for choice in ("best", "huff"):
        hours(town(10, 5, 2e6, choice))
    rounds(month(4, 1, 2))
    print("hours (people served a year; CPU seconds)")
    for districts, places, budget, choice in (
        (60, 40, 5e6, "best"), (235, 250, 12e6, "best"), (235, 250, 30e6, "best"), (60, 40, 5e6, "huff")
    ):  # fmt: skip
        q = town(districts, places, budget, choice)
        ours, a = cpu(lambda q=q: hours(q, watch=Watch(LIMIT_S)))  # type: ignore[misc]
        print(f"  {districts} × {places}, ¥{budget / 1e6:.0f} million, {choice}")
        print(
            f"    daremo    {ours:7.1f} s  {a.value:9.1f} ≤ {a.bound:9.1f}  gap {a.gap_share:.3%}  checked {not verify(q, a)}"
        )
        if choice == "best":
            theirs, (value, bound) = cpu(lambda q=q: textbook(q))  # type: ignore[misc]
            gap = gap_share(value, bound)
            print(
                f"    textbook  {theirs:7.1f} s  {value:9.1f} ≤ {bound:9.1f}  gap {gap:.3%}  {theirs / ours:.1f} × our time"
            )
    print("rounds (people reached; yen; CPU seconds)")
    for stops, vans, days in ((12, 1, 4), (25, 1, 20), (40, 2, 20)):
        m = month(stops, vans, days)
        ours, b = cpu(lambda m=m: rounds(m, watch=Watch(4 * LIMIT_S)))  # type: ignore[misc]
        kinds = kinds_of(m)
        theirs, plan = cpu(lambda m=m, k=kinds: search(m, calendar_of(m, k), list(range(len(m.stops))), Watch(), 500))  # type: ignore[misc]
        people = sum(m.stops[s].people for _, _, order in plan for s in order)
        yen = sum(
            m.vehicles[i].day_yen + m.vehicles[i].km_yen * sum(
                float(m.km_nn[a_, b_]) for a_, b_ in zip([0, *(m.stops[s].node for s in o)], [*(m.stops[s].node for s in o), 0], strict=True)
            )
            for i, _, o in plan
        )  # fmt: skip
        print(f"  {stops} stops, {vans} van(s), {days} days")
        print(
            f"    daremo    {ours:7.1f} s  {b.value:6.0f} ≤ {b.bound:6.0f} ({b.gap_share:.2%})  "
            f"¥{b.cost_yen:9,.0f} ≥ {b.cost_bound_yen:9,.0f} ({b.cost_gap_share:.2%})  checked {not verify_rounds(m, b)}"
        )
        print(f"    OR-tools  {theirs:7.1f} s  {people:6.0f}           ¥{yen:9,.0f}  no bound")


if __name__ == "__main__":
    main()
