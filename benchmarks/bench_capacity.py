"""Places that can serve only so many: published medians proved, covering at national scale, beside other programs.

CPU seconds of one process with one thread; compilation is excluded (a small question is solved first). The textbook model
(a binary for every trip, one row a trip) goes to HiGHS and SCIP, and through spopt's own capacitated p-median to HiGHS,
with a limit on time. Usage: ``python benchmarks/bench_capacity.py [median|cover|peers] [seconds]``.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from daremo.kernel.watch import Watch
from daremo.reach.cover_capacity import cover_with_capacity, verify_cover_with_capacity
from daremo.reach.median_capacity import median_with_capacity, verify_median_with_capacity
from daremo.reach.synthetic import SyntheticCountry, SyntheticPlaces, synthetic_japan, synthetic_places
from daremo.reach.travel.pairs import Pairs, pairs_of

ROOT = Path(__file__).resolve().parent.parent
INSTANCES = Path(os.environ.get("DAREMO_SHARED", ROOT.parent / "shared")) / "data" / "pmedian" / "capacitated"


def published(path: Path) -> tuple[int, int, int, np.ndarray, np.ndarray]:
    """Published best, p, capacity, costs and demand of an instance of OR-Library's set 1."""
    numbers = [int(x) for x in path.read_text().split()]
    best, n, p, capacity = numbers[1:5]
    table = np.array(numbers[5 : 5 + 4 * n]).reshape(n, 4)
    xy = table[:, 1:3].astype(float)
    return best, p, capacity, np.floor(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))), table[:, 3]


def medians() -> None:
    """All instances of set 1 that are there, solved, proved and checked."""
    median_with_capacity([[0.0, 1.0], [1.0, 0.0]], [1, 1], [1, 1], 2)
    total = 0.0
    for path in sorted(INSTANCES.glob("pmedcap1_*.txt"), key=lambda x: int(x.stem.split("_")[1])):
        best, p, capacity, cost, demand = published(path)
        answer = median_with_capacity(cost, demand, capacity, p, watch=Watch(60.0))
        begun = time.process_time()
        wrong = verify_median_with_capacity(answer, cost, demand, capacity, p)
        checked = time.process_time() - begun
        total += answer.cpu_seconds
        print(
            f"  {path.stem:12} published {best:5}  found {answer.value:6.0f}  proved {answer.bound:6.0f}"
            f"  {answer.cpu_seconds:6.2f} s  {len(answer.proof.nodes):5} cases  checked in {checked:5.2f} s"
            f"  {'holds' if not wrong else 'DOES NOT HOLD'}"
        )
    print(f"  together {total:.1f} CPU s")


def reach_of(country: SyntheticCountry, places: SyntheticPlaces) -> tuple[Pairs, np.ndarray]:
    """Trips within each cell's reach, and their worth: 1 for the first half of the reach, then falling to 0.2."""
    tree = cKDTree(places.xy_km)
    demand, place = [], []
    for radius in np.unique(country.reach_km):
        cells = np.flatnonzero(country.reach_km == radius)
        near = tree.query_ball_point(country.xy_km[cells], radius)
        demand.append(np.repeat(cells, [len(x) for x in near]))
        place.append(np.concatenate([np.asarray(x, np.int64) for x in near]))
    d, p = np.concatenate(demand), np.concatenate(place)
    km = np.hypot(*(country.xy_km[d] - places.xy_km[p]).T)
    pairs = pairs_of(d, p, km, country.n_cells, places.n_places)
    far = pairs.cost / country.reach_km[pairs.demand()]
    return pairs, np.where(far < 0.5, 1.0, 1 - 0.8 * (far - 0.5) / 0.5)


def covers(limit_s: float) -> None:
    """Covering with staff hours from a town's size to the whole made-up country."""
    for n_cells, n_places in ((1_000, 233), (18_000, 4_200), (180_000, 42_000)):
        country = synthetic_japan(n_cells, scale=n_cells / 180_000)
        places = synthetic_places(country, n_places)
        pairs, worth = reach_of(country, places)
        p = n_places * 5_000 // 42_000
        budget, desk = p * 3e6, 0.4 * country.need.sum() / p
        print(f"  {n_cells:,} cells x {n_places:,} places, {pairs.n_trips:,} trips, {budget / 1e6:,.0f} million yen")
        opening = {"budget_yen": budget, "cost_yen_p": places.cost_yen, "worth": worth}
        staff = {"cost_yen_p": 0.4 * places.cost_yen, "unit_yen_p": 1.2e6, "units_p": 4}
        for name, capacity, ask in (
            ("a desk a place", 2 * desk, opening),
            ("1-4 staff", desk, {**opening, **staff}),
        ):
            answer = cover_with_capacity(pairs, country.need, capacity, watch=Watch(limit_s), **ask)
            begun = time.process_time()
            wrong = verify_cover_with_capacity(answer, pairs, country.need, capacity, **ask)
            print(
                f"    {name:15} served worth {answer.value / country.need.sum():7.3%}  proved gap {answer.gap_share:8.3%}"
                f"  {answer.cpu_seconds:7.1f} CPU s ({answer.seconds:.0f} s)  checked in"
                f" {time.process_time() - begun:.1f} s {'holds' if not wrong else 'DOES NOT HOLD'}"
            )
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def peers(limit_s: float) -> None:
    """Other programs on instances 1 and 11 of set 1."""
    from tests.against.capacity_milp import by_highs, by_scip, by_spopt

    for number in (1, 11):
        best, p, capacity, cost, demand = published(INSTANCES / f"pmedcap1_{number}.txt")
        print(f"  pmedcap1_{number}, best {best}")
        answer = median_with_capacity(cost, demand, capacity, p)
        print(f"    daremo {answer.value:6.0f} proved {answer.bound:6.0f}  {answer.cpu_seconds:7.1f} CPU s")
        for name, solve in (("HiGHS", by_highs), ("SCIP", by_scip), ("spopt", by_spopt)):
            begun = time.process_time() + sum(os.times()[2:4])
            value, bound = solve(cost, demand, capacity, p, limit_s)
            spent = time.process_time() + sum(os.times()[2:4]) - begun
            print(f"    {name:6} {value:6.0f} proved {bound:8.1f}  {spent:7.1f} CPU s")


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "median"
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 120.0
    {"median": medians, "cover": lambda: covers(seconds), "peers": lambda: peers(seconds)}[what]()
