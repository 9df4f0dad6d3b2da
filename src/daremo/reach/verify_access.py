"""Verify access: an answer counted again from the question, by sparse matrices instead of the passes that made it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from daremo.reach.access import Access
from daremo.reach.access_question import AccessQuestion, Measure, access_question
from daremo.reach.decay import Decay
from daremo.reach.travel.pairs import Pairs

Floats = NDArray[np.float64]

#: Relative difference that two ways of adding the same numbers may have.
CLOSE = 1e-9
#: Share of a row's people that may still move in the last cycle of the published iteration.
LAST_STEP = 0.025


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of an answer: its name, whether it holds, and the largest difference found."""

    name: str
    ok: bool
    difference: float


@dataclass(frozen=True, slots=True)
class AccessVerdict:
    """All claims; `ok` only if every one holds."""

    claims: tuple[Claim, ...]

    @property
    def ok(self) -> bool:
        return all(c.ok for c in self.claims)

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        told = [
            {"name": c.name, "ok": c.ok, "difference": c.difference if math.isfinite(c.difference) else None}
            for c in self.claims
        ]
        return {"ok": self.ok, "claims": told}


def verify_access(
    answer: Access,
    pairs: Pairs | Sequence[Pairs],
    demand_dg: ArrayLike,
    supply_p: ArrayLike | None = None,
    *,
    measure: Measure = "e2sfca",
    decay: Decay | Sequence[Decay] | None = None,
    limit: float = math.inf,
    k: int = 3,
    tau: float = 60.0,
    rho: float | None = None,
    gap: float = 1e-6,
) -> AccessVerdict:
    """Check an answer against its question, which is given as it was to `access`.

    For rational agents the people on each trip are the certificate: they must add up to everybody, fill the places as
    claimed, and what all would save by changing must be no more than the claimed gap.

    Raises
    ------
    UsageError
        Where the question itself cannot be asked.
    """
    asked = access_question(
        pairs, demand_dg, supply_p, measure=measure, decay=decay, limit=limit, k=k, tau=tau, rho=rho, gap=gap
    )
    same = answer.measure == measure and answer.parameters == asked.parameters()
    shapes = answer.value_dg.shape == asked.demand_dg.shape and answer.load_p.shape == asked.supply_p.shape
    claims = [Claim("question", bool(same and shapes), 0.0)]
    if same and shapes:
        claims += list(_counted_again(answer, asked))
    return AccessVerdict(tuple(claims))


def _matrix(trips: Pairs, values: Floats) -> csr_array:
    """Values of trips as demand × places."""
    return csr_array((values, trips.place, trips.start), shape=(trips.n_demand, trips.n_places))


def _same(name: str, claimed: ArrayLike, counted: ArrayLike, slack: float = CLOSE) -> Claim:
    """Whether all numbers agree; infinite and absent ones exactly."""
    a, b = np.asarray(claimed, float), np.asarray(counted, float)
    if a.shape != b.shape:
        return Claim(name, False, math.inf)
    finite = np.isfinite(a) & np.isfinite(b)
    alike = np.array_equal(a[~finite], b[~finite], equal_nan=True)
    off = np.abs(a[finite] - b[finite]) / np.maximum(1.0, np.abs(b[finite]))
    most = float(off.max(initial=0.0))
    return Claim(name, bool(alike and most <= slack), most)


def _counted_again(answer: Access, asked: AccessQuestion) -> Iterator[Claim]:
    """Every figure of the answer."""
    usable = [_usable(t, asked.supply_p) for t in asked.trips]
    unreached = np.column_stack([np.diff(t.start) == 0 for t in usable])
    yield Claim("unreached", bool(np.array_equal(unreached, answer.unreached_dg)), 0.0)
    yield _same("people unreached", answer.people_unreached, asked.demand_dg[unreached].sum())
    if asked.measure in ("raam", "raam-cycles"):
        yield from _agents(answer, asked)
        return
    value, load = _figures(asked, usable)
    yield _same("value", answer.value_dg, value)
    yield _same("load", answer.load_p, load)
    yield _same("ratio", answer.ratio_p, np.where(load > 0, asked.supply_p / np.where(load > 0, load, 1), 0))
    people = np.where(unreached, 0, asked.demand_dg)
    some = people > 0
    mean = float((value[some] * people[some]).sum() / people[some].sum()) if some.any() else math.nan
    yield _same("mean", answer.value, mean)
    yield _same("bound", answer.bound, mean)
    if asked.measure == "nearest":
        yield _nearest(answer, usable)


def _usable(trips: Pairs, supply_p: Floats) -> Pairs:
    """Trips to places with capacity."""
    keep = supply_p[trips.place] > 0
    counts = np.bincount(trips.demand()[keep], minlength=trips.n_demand)
    start = np.r_[0, np.cumsum(counts)].astype(np.int64)
    return Pairs(start, trips.place[keep], trips.cost[keep], trips.n_places, trips.unit)


def _figures(asked: AccessQuestion, usable: list[Pairs]) -> tuple[Floats, Floats]:
    """Access by demand point and stage, and load of each place."""
    nobody = np.zeros(asked.supply_p.size)
    if asked.measure in ("nearest", "k-nearest"):
        k = 1 if asked.measure == "nearest" else asked.k
        return np.column_stack([_mean_of_first(t, k) for t in usable]), nobody
    weights = [_matrix(t, asked.weights(g)) for g, t in enumerate(asked.trips)]
    if asked.measure == "gravity":
        return np.column_stack([w @ asked.supply_p for w in weights]), nobody
    if asked.measure == "3sfca":
        for g, w in enumerate(weights):
            total = np.asarray(w.sum(axis=1)).ravel()
            share = np.divide(1, total, out=np.zeros_like(total), where=total > 0)
            weights[g] = w.multiply(w).multiply(share[:, None]).tocsr()
    load: Floats = sum((w.T @ asked.demand_dg[:, g] for g, w in enumerate(weights)), nobody)
    offer = np.divide(asked.supply_p, load, out=np.zeros_like(load), where=load > 0)
    return np.column_stack([w @ offer for w in weights]), load


def _mean_of_first(trips: Pairs, k: int) -> Floats:
    """Mean of each row's k cheapest, by one sort of everything."""
    row = trips.demand()
    cost = trips.cost[np.lexsort((trips.cost, row))]
    out = np.full(trips.n_demand, math.inf)
    enough = np.diff(trips.start) >= k
    first = trips.start[:-1][enough]
    out[enough] = cost[first[:, None] + np.arange(k)].mean(axis=1) if first.size else 0.0
    return out


def _nearest(answer: Access, usable: list[Pairs]) -> Claim:
    """Whether each named place is in reach at the claimed cost, and no place where none is."""
    place = answer.place_dg
    if place is None or place.shape != answer.value_dg.shape:
        return Claim("nearest", False, math.inf)
    ok = True
    for g, trips in enumerate(usable):
        key = trips.demand().astype(np.int64) * trips.n_places + trips.place
        cost = dict(zip(key.tolist(), trips.cost.tolist()))
        for d, p in enumerate(place[:, g].tolist()):
            at = math.inf if p < 0 else cost.get(d * trips.n_places + p, math.nan)
            ok &= at == answer.value_dg[d, g]
    return Claim("nearest", ok, 0.0)


def _agents(answer: Access, asked: AccessQuestion) -> Iterator[Claim]:
    """People add up, fill the places as claimed, and would gain no more by changing than the gap says."""
    if len(answer.people_t) != len(asked.given) or answer.crowding_p is None or any(
        p.shape != t.cost.shape for p, t in zip(answer.people_t, asked.given)
    ):  # fmt: skip
        yield Claim("people", False, math.inf)
        return
    room = asked.supply_p * asked.rho
    load = np.zeros(room.size)
    for g, (people, trips) in enumerate(zip(answer.people_t, asked.given)):
        allowed = (trips.cost <= asked.limit) & (room[trips.place] > 0)
        yield Claim("people", bool((people >= 0).all() and not people[~allowed].any()), float(-people.min(initial=0)))
        here = np.bincount(trips.demand(), weights=people, minlength=trips.n_demand)
        yield _same("everybody", here, np.where(answer.unreached_dg[:, g], 0, asked.demand_dg[:, g]))
        load += np.bincount(trips.place, weights=people, minlength=room.size)
    yield _same("load", answer.load_p, load)
    yield _same("ratio", answer.ratio_p, np.where(load > 0, asked.supply_p / np.where(load > 0, load, 1), 0))
    crowding = load / np.where(room > 0, room, 1)
    slack = CLOSE
    if asked.measure == "raam-cycles":
        seen = sum(
            np.bincount(t.place, weights=asked.demand_dg[t.demand(), g], minlength=room.size)
            for g, t in enumerate(asked.trips)
        )
        slack = LAST_STEP * float((seen / np.where(room > 0, room, 1)).max(initial=0)) + CLOSE
        crowding_off = np.abs(answer.crowding_p - crowding).max(initial=0)
        yield Claim("crowding", bool(crowding_off <= slack), float(crowding_off))
    else:
        yield _same("crowding", answer.crowding_p, crowding)
    value, gain, mean = _paid(answer, asked, crowding, np.asarray(answer.crowding_p))
    yield _same("value by point", answer.value_dg, mean)
    value += float((load * crowding).sum()) / 2
    yield _same("value", answer.value, value)
    yield Claim("bound", bool(answer.bound <= value - gain + CLOSE * max(1.0, value) or answer.bound == 0), gain)
    if asked.measure == "raam" and answer.finished:
        yield Claim("gap", bool(answer.gap_share <= asked.gap * (1 + CLOSE) + CLOSE), answer.gap_share)


def _paid(answer: Access, asked: AccessQuestion, crowding: Floats, felt: Floats) -> tuple[float, float, Floats]:
    """Travel paid by all, what all would save by changing, and mean cost (with the crowding felt) by point and stage."""
    travelled, gain, mean = 0.0, 0.0, np.full(asked.demand_dg.shape, math.inf)
    for g, (people, trips) in enumerate(zip(answer.people_t, asked.given)):
        row = trips.demand()
        allowed = (trips.cost <= asked.limit) & (asked.supply_p[trips.place] > 0)
        travel = trips.cost / asked.tau
        cost = np.where(allowed, travel + crowding[trips.place], math.inf)
        least = np.full(trips.n_demand, math.inf)
        np.minimum.at(least, row, cost)
        travelled += float((people * travel).sum())
        gain += float((people[allowed] * (cost[allowed] - least[row[allowed]])).sum())
        total = np.bincount(row, weights=people * (travel + felt[trips.place]), minlength=trips.n_demand)
        demand = asked.demand_dg[:, g]
        whole = np.divide(total, demand, out=np.full(demand.size, math.inf), where=demand > 0)
        felt_least = np.full(trips.n_demand, math.inf)
        np.minimum.at(felt_least, row, np.where(allowed, travel + felt[trips.place], math.inf))
        mean[:, g] = np.where(answer.unreached_dg[:, g], math.inf, np.where(demand > 0, whole, felt_least))
    return travelled, gain, mean
