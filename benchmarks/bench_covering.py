"""Covering everybody: spopt, SCIP and HiGHS on the textbook programme beside `cover_everybody`; then a whole nation.

    python benchmarks/bench_covering.py [--nation] [--limit-s 300] [--workers 2] [--radius-km 5]

Times are CPU seconds, kernels are compiled beforehand; limits are CPU seconds too, except for HiGHS, which counts wall time.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from daremo.kernel.watch import Watch
from daremo.reach.centre import centre
from daremo.reach.covering.milp import Rows, solve_rows
from daremo.reach.covering.verify import verify_centre, verify_everybody
from daremo.reach.everybody import cover_everybody
from daremo.reach.synthetic import synthetic_japan, synthetic_places
from daremo.reach.travel.pairs import Pairs, pairs_of

LIMIT_S = 120.0


def near(at_d: np.ndarray, at_p: np.ndarray, radius_km: float) -> Pairs:
    """Straight trips up to a radius."""
    lists = cKDTree(at_p).query_ball_point(at_d, radius_km)
    d = np.repeat(np.arange(len(at_d)), [len(x) for x in lists])
    p = np.concatenate([np.asarray(x, np.int64) for x in lists])
    return pairs_of(d, p, np.sqrt(((at_d[d] - at_p[p]) ** 2).sum(1)), len(at_d), len(at_p))


def timed(name: str, work: Callable[[], tuple[float, float]]) -> None:
    """One line: value, bound, CPU seconds."""
    begun = time.process_time()
    value, bound = work()
    print(f"  {name:28s} value {value:8.1f}  bound {bound:8.1f}  CPU {time.process_time() - begun:8.1f} s", flush=True)


def highs(pairs: Pairs) -> tuple[float, float]:
    """The textbook programme handed to HiGHS."""
    n = np.diff(pairs.start)
    start = np.r_[0, np.cumsum(n[n > 0])].astype(np.int64)
    none = np.zeros(start.size - 1, bool)
    rows = Rows(start, pairs.place.astype(np.int64), np.ones(none.size, np.int64), none, np.ones(pairs.n_places))
    told = solve_rows(rows, time_limit_s=LIMIT_S)
    return float(told.open.size) if told.open is not None else np.inf, told.bound


def scip(pairs: Pairs) -> tuple[float, float]:
    """The textbook programme handed to SCIP."""
    import pyscipopt

    m = pyscipopt.Model()
    m.hideOutput()
    m.setParam("limits/time", LIMIT_S)
    m.setParam("timing/clocktype", 1)
    x = [m.addVar(vtype="B", obj=1.0) for _ in range(pairs.n_places)]
    for a, b in zip(pairs.start[:-1], pairs.start[1:]):
        if b > a:
            m.addCons(pyscipopt.quicksum(x[j] for j in pairs.place[a:b].tolist()) >= 1)
    m.optimize()
    return float(m.getPrimalbound()), float(m.getDualbound())


def spopt_lscp(pairs: Pairs, radius_km: float) -> tuple[float, float]:
    """spopt's model (dense matrix) with HiGHS behind PuLP."""
    import pulp
    from spopt.locate import LSCP

    reached = np.flatnonzero(np.diff(pairs.start) > 0)
    dense = np.full((pairs.n_demand, pairs.n_places), 1e9)
    dense[pairs.demand(), pairs.place] = pairs.cost
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LSCP.from_cost_matrix(dense[reached], radius_km)
        model = model.solve(pulp.HiGHS(msg=False, timeLimit=LIMIT_S))
    return float(model.problem.objective.value()), float("nan")


def ours(pairs: Pairs) -> tuple[float, float]:
    """`cover_everybody`."""
    answer = cover_everybody(pairs, watch=Watch(LIMIT_S, clock=time.process_time))
    assert verify_everybody(answer, pairs) == ()
    return answer.value, answer.bound


def moderate() -> None:
    """Sizes that the others can hold."""
    ours(near(np.random.default_rng(0).random((50, 2)), np.random.default_rng(1).random((20, 2)), 0.3))
    for cells, places, side, radius in ((2_000, 300, 40.0, 5.0), (5_000, 600, 60.0, 5.0), (5_000, 1_000, 60.0, 4.0)):
        random = np.random.default_rng(7)
        pairs = near(random.random((cells, 2)) * side, random.random((places, 2)) * side, radius)
        print(f"{cells:,} × {places:,}, {radius} km: {pairs.n_trips:,} pairs")
        timed("daremo", lambda p=pairs: ours(p))  # type: ignore[misc]
        timed("HiGHS textbook", lambda p=pairs: highs(p))  # type: ignore[misc]
        timed("SCIP textbook", lambda p=pairs: scip(p))  # type: ignore[misc]
        timed("spopt LSCP + HiGHS", lambda p=pairs, r=radius: spopt_lscp(p, r))  # type: ignore[misc]


def nation(limit_s: float, workers: int, radius_km: float, gap: float) -> None:
    """Synthetic Japan: cover everybody, then p-centre in classes of one minute at 30 km/h."""
    country = synthetic_japan(180_000)
    places = synthetic_places(country)
    pairs = near(country.xy_km, places.xy_km, radius_km)
    print(f"nation, {radius_km} km: {pairs.n_demand:,} cells × {pairs.n_places:,} places, {pairs.n_trips:,} pairs")
    watch = Watch(limit_s, tell=lambda v, b: print(f"  {watch.seconds:7.1f} s  {v:,.0f} / {b:,.0f}", flush=True))
    answer = cover_everybody(pairs, gap=gap, workers=workers, watch=watch)
    begun = time.process_time()
    faults = verify_everybody(answer, pairs)
    print(
        f"  value {answer.value:,.0f} bound {answer.bound:,.0f} gap {answer.gap_share:.3%} unreachable"
        f" {len(answer.unreachable):,}; {answer.seconds:.0f} s, CPU {answer.cpu_seconds:.0f} s;"
        f" verify {time.process_time() - begun:.1f} CPU s: {faults or 'accepted'}"
    )
    minutes = Pairs(pairs.start, pairs.place, pairs.cost * 2, pairs.n_places, "min")
    p = int(answer.value * 1.1)
    told = centre(minutes, p, step=1.0, workers=workers, watch=Watch(limit_s))
    print(
        f"  p-centre p={p:,}: {told.low} < minutes <= {told.high}, finished {told.finished}; {told.seconds:.0f} s,"
        f" CPU {told.cpu_seconds:.0f} s; verify {verify_centre(told, minutes, p) or 'accepted'}"
    )


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("--nation", action="store_true")
    reader.add_argument("--limit-s", type=float, default=300.0)
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--radius-km", type=float, default=5.0)
    reader.add_argument("--gap", type=float, default=0.01)
    asked = reader.parse_args()
    if asked.nation:
        nation(asked.limit_s, asked.workers, asked.radius_km, asked.gap)
    else:
        moderate()
