"""Questions about covering and medians for `reach.py`: the data, our answer with its check, and the peers' answers.

Each function runs in a process of its own (see `beside.py`). Before ours is timed, every kernel is called once on a small
question, along both ways that a question can take (one tree; regions with shared prices): compilation is left out.
"""

from __future__ import annotations

import csv
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import reach_textbook as textbook
from beside import Told, cpu_seconds, measured, watch
from scipy.spatial import cKDTree

from daremo.kernel.watch import Watch
from daremo.reach import verify
from daremo.reach.cover import cover
from daremo.reach.doors import solve
from daremo.reach.median import median
from daremo.reach.model import Conditions
from daremo.reach.read.orlib import read_orlib
from daremo.reach.read.tsplib import read_tsplib
from daremo.reach.synthetic import synthetic_japan, synthetic_places
from daremo.reach.travel.pairs import Pairs, pairs_of
from daremo.reach.travel.points import pairs_in_plane

ROOT = Path(__file__).resolve().parent.parent
MEDIANS = Path(os.environ.get("DAREMO_SHARED", ROOT.parent / "shared")) / "data" / "pmedian"
#: A budget of 15,000 million yen for places that cost 3, 5 or 2 million.
BUDGET_YEN = 15_000e6


def warm_up() -> None:
    """Call every kernel once."""
    country = synthetic_japan(900, scale=0.005)
    places = synthetic_places(country, 210)
    pairs = pairs_in_plane(country.xy_km, places.xy_km, country.reach_km)
    worth = worth_of(pairs, country.reach_km)
    quota = Conditions(quota_p=places.municipality, least_per_quota=1)
    limits = solve.MOST_PLACES, solve.MOST_DEMAND
    for solve.MOST_PLACES, solve.MOST_DEMAND in (limits, (100, 100)):
        found = cover(pairs, country.need, p=30, watch=Watch(5))
        cover(pairs, country.need, budget_yen=9e7, cost_yen_p=places.cost_yen, worth=worth, gap=0.01, watch=Watch(5))
        cover(pairs, country.need, p=40, conditions=quota, gap=0.01, watch=Watch(5))
    solve.MOST_PLACES, solve.MOST_DEMAND = limits
    verify.verify_cover(found, pairs, country.need, p=30)
    median([[0.0, 2, 9], [2, 0, 9], [9, 9, 0]], p=2)


def checked(answer: Any, check: Any, *question: Any, **asked: Any) -> str:
    """What the independent checker says, and its CPU seconds."""
    begun = time.process_time()
    verdict = check(answer, *question, **asked)
    spent = time.process_time() - begun
    wrong = ", ".join(c.name for c in verdict.checks if not c.ok)
    return f"verify {spent:.1f} s: {'holds' if verdict.ok else f'DOES NOT HOLD ({wrong})'}"


def noted(told: Told, *remarks: str) -> Told:
    """The same with remarks."""
    return Told(told.value, told.bound, told.cpu_s, told.wall_s, "; ".join(x for x in remarks if x))


# --- covering, from a municipality to a prefecture --------------------------------------------------------------------


@dataclass(frozen=True)
class Clustered:
    """Points in towns, places at some of them; the radius is such that a place covers about `covers` points."""

    n_demand: int
    n_places: int
    covers: int
    towns: int
    spread_km: float

    def make(self) -> tuple[Pairs, np.ndarray]:
        """Trips, and whole people 1 to 100."""
        rng = np.random.default_rng(11)
        towns = rng.uniform(0, 100, (self.towns, 2))
        size = rng.dirichlet(np.full(self.towns, 2.0))
        at_d = towns[rng.choice(self.towns, self.n_demand, p=size)] + rng.normal(0, self.spread_km, (self.n_demand, 2))
        at_p = at_d[rng.choice(self.n_demand, self.n_places, replace=False)]
        radii = np.linspace(0.2, 20, 397)
        counts = cKDTree(at_d).count_neighbors(cKDTree(at_p), radii)
        radius = radii[np.abs(counts / self.n_places - self.covers).argmin()]
        people = rng.integers(1, 101, self.n_demand).astype(float)
        return pairs_in_plane(at_d, at_p, np.full(self.n_demand, radius)), people


def cover_ours(question: Clustered, p: int, limit_s: float) -> Told:
    """`cover`, to the proved best."""
    warm_up()
    pairs, need = question.make()
    got: list[Any] = []

    def work() -> tuple[float, float]:
        got.append(cover(pairs, need, p=p, watch=watch(limit_s)))
        return got[0].value, got[0].bound

    told = measured(work)
    return noted(told, f"{pairs.n_trips:,} trips", checked(got[0], verify.verify_cover, pairs, need, p=p))


def cover_peer(engine: str, question: Clustered, p: int, limit_s: float) -> Told:
    """Another program on the textbook model."""
    pairs, need = question.make()
    q = textbook.Cover(pairs.start, pairs.place.astype(np.int64), need, pairs.n_places, p)
    return measured(partial(getattr(textbook, f"cover_by_{engine}"), q, limit_s))


# --- medians ---------------------------------------------------------------------------------------------------------


def published(names: tuple[str, ...], least_p: int = 0) -> list[tuple[str, int, float]]:
    """Instance, p and best known value of the published medians that are here."""
    with (MEDIANS / "known_optima.csv").open(encoding="utf-8") as lines:
        told = [
            (r["instance"], int(r["p"]), float(r["value"]))
            for r in csv.DictReader(lines)
            if r["problem"] == "p-median" and r["instance"].startswith(names) and int(r["p"]) >= least_p
        ]
    return [t for t in told if path_of(t[0]).exists()]


def path_of(name: str) -> Path:
    """Where an instance lies."""
    return MEDIANS / f"{name}{'.txt' if name.startswith('pmed') else '.tsp'}"


def trips_of(name: str) -> np.ndarray:
    """Trips (points, points) of an instance, as published."""
    return (read_orlib if name.startswith("pmed") else read_tsplib)(path_of(name)).cost_dp


def median_ours(name: str, p: int, best: float, gap: float, limit_s: float) -> Told:
    """`median` on one published instance, checked."""
    warm_up()
    cost = trips_of(name)
    got: list[Any] = []

    def work() -> tuple[float, float]:
        got.append(median(cost, p=p, gap=gap, watch=watch(limit_s)))
        return got[0].value, got[0].bound

    told = measured(work)
    found = "published value found" if told.value == best else f"published {best:,.0f}"
    return noted(told, found, checked(got[0], verify.verify_median, cost, p=p))


def medians_ours(limit_s: float) -> Told:
    """All pmed instances in one process on one thread: the sum of the values and of the bounds."""
    warm_up()
    questions = [(trips_of(name), p, best) for name, p, best in published(("pmed",))]
    found: list[Any] = []
    slowest = 0.0

    def work() -> tuple[float, float]:
        nonlocal slowest
        for cost, p, _ in questions:
            begun = cpu_seconds()
            found.append(median(cost, p=p, watch=watch(limit_s)))
            slowest = max(slowest, cpu_seconds() - begun)
        return sum(a.value for a in found), sum(a.bound for a in found)

    told = measured(work)
    proved = sum(a.value == a.bound == best for a, (_, _, best) in zip(found, questions))
    begun = time.process_time()
    hold = sum(verify.verify_median(a, cost, p=p).ok for a, (cost, p, _) in zip(found, questions))
    spent = time.process_time() - begun
    said = f"{proved} of {len(found)} proved at the published optimum, slowest {slowest:.1f} s"
    return noted(told, said, f"verify {spent:.1f} s: {hold} hold")


def median_peer(engine: str, name: str, p: int, limit_s: float) -> Told:
    """Another program on the textbook model."""
    cost = trips_of(name)
    return measured(partial(getattr(textbook, f"median_by_{engine}"), cost, p, limit_s))


# --- the nation ------------------------------------------------------------------------------------------------------


def worth_of(pairs: Pairs, reach_km: np.ndarray) -> np.ndarray:
    """What a trip counts: 1 up to half of its cell's reach, then evenly down to 0.2 at its end."""
    far = pairs.cost / reach_km[pairs.demand()]
    return np.where(far < 0.5, 1.0, 1 - 0.8 * (far - 0.5) / 0.5)


def nation(n_cells: int, by_groups: bool = False) -> tuple[Any, Any, Pairs, np.ndarray, np.ndarray]:
    """Country, places, trips, people and reach; by groups, each cell stands once for each of three ages."""
    country = synthetic_japan(n_cells, 1.0 if n_cells <= 200_000 else 0.5)
    places = synthetic_places(country, 42_000)
    pairs = pairs_in_plane(country.xy_km, places.xy_km, country.reach_km)
    if not by_groups:
        return country, places, pairs, country.need, country.reach_km
    n, d = country.n_cells, pairs.demand()
    # the oldest go half as far
    near = pairs.cost <= 0.5 * country.reach_km[d]
    demand = np.concatenate([d, d + n, d[near] + 2 * n])
    place, cost = (np.concatenate([x, x, x[near]]) for x in (pairs.place, pairs.cost))
    need = country.need_dg.T.ravel()
    return country, places, pairs_of(demand, place, cost, 3 * n, places.n_places), need, np.tile(country.reach_km, 3)


def asked_of(kind: str, places: Any, pairs: Pairs, reach_km: np.ndarray) -> dict[str, Any]:
    """The question in the words of `cover`."""
    if kind == "budget":
        return {"budget_yen": BUDGET_YEN, "cost_yen_p": places.cost_yen, "worth": worth_of(pairs, reach_km)}
    if kind == "plain":
        return {"p": 5_000}
    return {"p": 5_000, "conditions": Conditions(quota_p=places.municipality, least_per_quota=1)}


def nation_ours(kind: str, n_cells: int, gap: float, limit_s: float, workers: int) -> Told:
    """`cover` at national scale: ``plain``, ``budget``, ``quota`` or ``groups`` (quotas and three ages)."""
    warm_up()
    _, places, pairs, need, reach_km = nation(n_cells, kind == "groups")
    asked = asked_of(kind, places, pairs, reach_km)
    got: list[Any] = []

    def work() -> tuple[float, float]:
        got.append(cover(pairs, need, gap=gap, workers=workers, watch=watch(limit_s), **asked))
        return got[0].value, got[0].bound

    told, answer = measured(work), got[0]
    certified = abs(answer.bound_certified - answer.value) / answer.value
    return noted(
        told,
        f"{pairs.n_trips:,} trips, {answer.value / need.sum():.2%} of people, {len(answer.unreachable):,} cells unreachable",
        "" if answer.bound == answer.bound_certified else f"certificate alone {certified:.3%}",
        checked(answer, verify.verify_cover, pairs, need, **asked),
    )


def nation_peer(engine: str, n_cells: int, limit_s: float) -> Told:
    """Another program on the textbook model of p = 5,000; people without trips are left out of it."""
    _, _, pairs, need, _ = nation(n_cells)
    q = textbook.Cover(pairs.start, pairs.place.astype(np.int64), need, pairs.n_places, 5_000)
    return measured(partial(getattr(textbook, f"cover_by_{engine}"), q, limit_s))
