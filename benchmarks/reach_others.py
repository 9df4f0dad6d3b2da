"""Access, capacities, covering everybody, hours and rounds for `reach.py`: the functions of the benchmarks of each, as rows."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from beside import Told, measured, watch

from daremo.kernel.watch import Watch
from daremo.reach.model import gap_share

# --- access ----------------------------------------------------------------------------------------------------------


def access_row(name: str, measure: str = "") -> Told:
    """A function of `bench_access`, which warms up and times itself; the value is the sum of its finite figures."""
    bench = importlib.import_module("bench_access")
    seconds, figures = getattr(bench, name)(*([measure] if measure else []))
    figures = figures[np.isfinite(figures)]
    return Told(float(figures.sum()), float("nan"), seconds)


def access_apart(ours: tuple[str, str], theirs: tuple[str, str]) -> Told:
    """The largest difference of two of them over all points, relative to the figure."""
    bench = importlib.import_module("bench_access")
    a, b = (getattr(bench, name)(*([m] if m else []))[1] for name, m in (ours, theirs))
    finite = np.isfinite(a) & np.isfinite(b)
    off = np.abs(a[finite] - b[finite]) / np.maximum(1e-300, np.abs(b[finite]))
    return Told(float(off.max()), float("nan"), remark="largest difference, relative")


# --- capacities ------------------------------------------------------------------------------------------------------


def capacity_sets(limit_s: float) -> Told:
    """All instances of capacitated set 1 that are here: sums, how many are proved, how many the checker accepts."""
    import bench_capacity as bench

    from daremo.reach.median_capacity import median_with_capacity, verify_median_with_capacity

    median_with_capacity([[0.0, 1.0], [1.0, 0.0]], [1, 1], [1, 1], 2)
    questions = [bench.published(path) for path in sorted(bench.INSTANCES.glob("pmedcap1_*.txt"))]
    found: list[Any] = []

    def work() -> tuple[float, float]:
        for _, p, capacity, cost, demand in questions:
            found.append(median_with_capacity(cost, demand, capacity, p, watch=watch(limit_s)))
        return sum(a.value for a in found), sum(a.bound for a in found)

    told = measured(work)
    proved = sum(a.value == a.bound == q[0] for a, q in zip(found, questions))
    hold = sum(not verify_median_with_capacity(a, q[3], q[4], q[2], q[1]) for a, q in zip(found, questions))
    said = f"{proved} of {len(found)} proved at the published optimum; verify: {hold} hold"
    return Told(told.value, told.bound, told.cpu_s, told.wall_s, said)


def capacity_one(engine: str, number: int, limit_s: float) -> Told:
    """One instance of set 1 by us or by another program."""
    import bench_capacity as bench

    best, p, capacity, cost, demand = bench.published(bench.INSTANCES / f"pmedcap1_{number}.txt")
    if engine == "daremo":
        from daremo.reach.median_capacity import median_with_capacity

        median_with_capacity([[0.0, 1.0], [1.0, 0.0]], [1, 1], [1, 1], 2)

        def work() -> tuple[float, float]:
            answer = median_with_capacity(cost, demand, capacity, p, watch=watch(limit_s))
            return answer.value, answer.bound

        return measured(work)
    peer = getattr(importlib.import_module("tests.against.capacity_milp"), f"by_{engine}")
    return measured(lambda: peer(cost, demand, capacity, p, limit_s))


def capacity_nation(n_cells: int, n_places: int, staff: bool, limit_s: float) -> Told:
    """Covering with a desk a place, or with one to four staff each, in a part of the country or all of it."""
    import bench_capacity as bench

    from daremo.reach.cover_capacity import cover_with_capacity, verify_cover_with_capacity
    from daremo.reach.synthetic import synthetic_japan, synthetic_places

    def question(cells: int, n: int) -> tuple[Any, ...]:
        country = synthetic_japan(cells, scale=cells / 180_000)
        places = synthetic_places(country, n)
        pairs, worth = bench.reach_of(country, places)
        p = n * 5_000 // 42_000
        desk = 0.4 * country.need.sum() / p
        ask: dict[str, Any] = {"budget_yen": p * 3e6, "cost_yen_p": places.cost_yen, "worth": worth}
        if staff:
            ask |= {"cost_yen_p": 0.4 * places.cost_yen, "unit_yen_p": 1.2e6, "units_p": 4}
        return pairs, country.need, desk if staff else 2 * desk, ask

    pairs, need, capacity, ask = question(400, 93)
    cover_with_capacity(pairs, need, capacity, watch=Watch(10), **ask)
    pairs, need, capacity, ask = question(n_cells, n_places)
    got: list[Any] = []

    def work() -> tuple[float, float]:
        got.append(cover_with_capacity(pairs, need, capacity, watch=watch(limit_s), **ask))
        return got[0].value, got[0].bound

    told = measured(work)
    wrong = verify_cover_with_capacity(got[0], pairs, need, capacity, **ask)
    said = f"{pairs.n_trips:,} trips; verify: {'DOES NOT HOLD' if wrong else 'holds'}"
    return Told(told.value, told.bound, told.cpu_s, told.wall_s, said)


# --- covering everybody ----------------------------------------------------------------------------------------------


def everybody(engine: str, cells: int, places: int, side_km: float, radius_km: float, limit_s: float) -> Told:
    """Fewest places that cover everybody, by us or by another program."""
    import bench_covering as bench

    bench.LIMIT_S = limit_s
    random = np.random.default_rng(7)
    pairs = bench.near(random.random((cells, 2)) * side_km, random.random((places, 2)) * side_km, radius_km)
    if engine == "daremo":
        bench.ours(bench.near(np.random.default_rng(0).random((50, 2)), np.random.default_rng(1).random((20, 2)), 0.3))
    peer: Any = {"daremo": bench.ours, "highs": bench.highs, "scip": bench.scip}.get(engine)
    return measured(lambda: peer(pairs) if peer else bench.spopt_lscp(pairs, radius_km))


def everybody_nation(verb: str, radius_km: float, gap: float, workers: int, limit_s: float) -> Told:
    """Fewest places of the country (``cover``), or the shortest longest trip in classes of a minute (``centre``)."""
    import bench_covering as bench

    from daremo.reach.centre import centre
    from daremo.reach.covering.verify import verify_centre, verify_everybody
    from daremo.reach.everybody import cover_everybody
    from daremo.reach.synthetic import synthetic_japan, synthetic_places
    from daremo.reach.travel.pairs import Pairs

    small = bench.near(np.random.default_rng(0).random((300, 2)), np.random.default_rng(1).random((90, 2)), 0.2)
    cover_everybody(small, watch=Watch(10))
    country = synthetic_japan(180_000)
    pairs = bench.near(country.xy_km, synthetic_places(country).xy_km, radius_km)
    got: list[Any] = []
    minutes, p = Pairs(pairs.start, pairs.place, pairs.cost * 2, pairs.n_places, "min"), 7_100

    def work() -> tuple[float, float]:
        if verb == "centre":
            got.append(centre(minutes, p, step=1.0, workers=workers, watch=watch(limit_s)))
            return float(got[0].high), float(got[0].low)
        got.append(cover_everybody(pairs, gap=gap, workers=workers, watch=watch(limit_s)))
        return got[0].value, got[0].bound

    told = measured(work)
    wrong = verify_centre(got[0], minutes, p) if verb == "centre" else verify_everybody(got[0], pairs)
    said = f"{pairs.n_trips:,} trips; verify: {'DOES NOT HOLD' if wrong else 'holds'}"
    return Told(told.value, told.bound, told.cpu_s, told.wall_s, said)


# --- hours and rounds ------------------------------------------------------------------------------------------------


def hours_row(engine: str, districts: int, places: int, budget_yen: float, limit_s: float) -> Told:
    """Staffed hours by best choice: ours, or the textbook model by HiGHS."""
    import bench_hours_rounds as bench

    bench.LIMIT_S = limit_s
    if engine == "highs":
        q = bench.town(districts, places, budget_yen, "best")
        return measured(lambda: bench.textbook(q))
    bench.hours(bench.town(10, 5, 2e6, "best"))
    q = bench.town(districts, places, budget_yen, "best")
    got: list[Any] = []

    def work() -> tuple[float, float]:
        got.append(bench.hours(q, watch=watch(limit_s)))
        return got[0].value, got[0].bound

    told = measured(work)
    said = f"verify: {'DOES NOT HOLD' if bench.verify(q, got[0]) else 'holds'}"
    return Told(told.value, told.bound, told.cpu_s, told.wall_s, said)


def rounds_row(engine: str, stops: int, vans: int, days: int, limit_s: float) -> Told:
    """A month of rounds, people reached: ours, or OR-tools' routing search, which states no bound."""
    import bench_hours_rounds as bench

    bench.rounds(bench.month(4, 1, 2))
    m = bench.month(stops, vans, days)
    got: list[Any] = []

    def ours() -> tuple[float, float]:
        got.append(bench.rounds(m, watch=watch(limit_s)))
        return got[0].value, got[0].bound

    def theirs() -> tuple[float, float]:
        calendar = bench.calendar_of(m, bench.kinds_of(m))
        plan = bench.search(m, calendar, list(range(len(m.stops))), watch(limit_s), 500)
        return float(sum(m.stops[s].people for _, _, order in plan for s in order)), float("nan")

    told = measured(ours if engine == "daremo" else theirs)
    said = ""
    if got:
        cost = gap_share(got[0].cost_yen, got[0].cost_bound_yen)
        said = f"cost gap {cost:.2%}; verify: {'DOES NOT HOLD' if bench.verify_rounds(m, got[0]) else 'holds'}"
    return Told(told.value, told.bound, told.cpu_s, told.wall_s, said)
