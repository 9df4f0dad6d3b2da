"""Compile the engine before a watch starts, so that a time limit counts the search alone."""

from __future__ import annotations

import numpy as np

from daremo.kernel.watch import Watch
from daremo.reach.doors.equal import alternatives
from daremo.reach.doors.question import doors
from daremo.reach.doors.solve import solve
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of_matrix


def warm() -> None:
    """Answer a question of a dozen places: compiles the kernels on this machine's first call, loads them after that."""
    at = np.arange(12.0)
    km = np.abs(at[:, None] - at[None, :])
    pairs = pairs_of_matrix(km)
    conditions = Conditions(organisation_p=np.arange(12) // 4, most_per_organisation=1)
    q = doors(pairs, 11.0 - pairs.cost, p=3, conditions=conditions, whole_worth=True)
    found = solve(q, grain=q.scale, gap=0.0, seed=1, workers=1, watch=Watch())
    alternatives(q, found.is_open, grain=q.scale, proved=True, costs=q.cost_p, money=q.budget)
