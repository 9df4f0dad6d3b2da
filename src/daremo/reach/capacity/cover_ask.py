"""The question of covering people when places can serve only so many, in whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daremo.reach.capacity.ask import by_place, rules_of
from daremo.reach.capacity.question import (
    WHOLE_COST,
    WHOLE_SIZE,
    WHOLE_YEN,
    Float,
    Int,
    Question,
    Trips,
    by_demand,
    power_below,
)
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs


def cover_question(
    pairs: Pairs,
    need_d: Float,
    capacity_p: Float,
    worth: Float,
    *,
    p: int | None,
    budget_yen: float | None,
    cost_yen_p: Float,
    units_p: Int,
    unit_yen_p: Float,
    visit_yen: float,
    conditions: Conditions,
) -> tuple[Question, NDArray[np.int64]]:
    """Serve as much worth as possible from at most p places or for at most a budget; trips without worth are left out.

    Also gives the index into the pairs of each trip of the question, shape (trips,).
    """
    n, places = pairs.n_demand, pairs.n_places
    start, order = by_place(pairs)
    value = worth[order] * need_d[pairs.demand()[order]]
    kept = order[value > 0]
    start = np.r_[0, np.cumsum(value > 0, dtype=np.int64)][start]
    value = value[value > 0]
    demand = pairs.demand()[kept].astype(np.int64)
    highest = np.zeros(n)
    np.maximum.at(highest, demand, value)
    scale = power_below(float(highest.sum()), WHOLE_COST)
    total = float(need_d.sum())
    size_scale = power_below(total, WHOLE_SIZE)
    yen_scale = power_below(budget_yen, WHOLE_YEN) if budget_yen else 1.0
    paid = budget_yen is not None
    row_start, row_trip = by_demand(demand, n)
    trips = Trips(
        start,
        demand,
        -np.ceil(value * scale),
        np.floor(need_d * size_scale).astype(np.int64),
        np.ceil(np.minimum(capacity_p, total) * size_scale).astype(np.int64),
        np.floor(cost_yen_p * yen_scale) if paid else np.zeros(places),
        np.floor(unit_yen_p * yen_scale) if paid else np.zeros(places),
        np.floor(need_d * visit_yen * yen_scale) if paid else np.zeros(n),
        row_start,
        row_trip,
    )
    budget = float(np.floor(budget_yen * yen_scale)) if budget_yen is not None else np.inf
    rules = rules_of(
        conditions, places, most_places=places if p is None else min(p, places), budget=budget, units=units_p
    )
    return Question(trips, rules, True, True, scale, size_scale, 0.0, 1, np.arange(n), yen_scale), kept
