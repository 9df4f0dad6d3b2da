"""Plans of the sample town for tests: each made once, with a clock that counts questions instead of seconds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from daremo.cases.assume import defaults
from daremo.cases.gap import Gap, gap
from daremo.cases.plan import Plan, plan
from daremo.kernel.results import canonical
from daremo.region.model import Region
from daremo.region.sample import sample_town

A = defaults()
SMALL, MIDDLE, LARGE = 100_000, 600_000, 2_600_000


def ticking(step_s: float = 0.25) -> Callable[[], float]:
    """A clock that is a little later whenever it is asked: the search ends early, at the same node on every machine."""
    counter = itertools.count()
    return lambda: next(counter) * step_s


@cache
def town() -> Region:
    return sample_town(people=3_000)


@cache
def seen() -> Gap:
    return gap(town(), A, draws=20)


def planned(region: Region, budget_yen: float, before: Gap | None = None, **options: Any) -> Plan:
    """A plan for any region."""
    before = before if before is not None else gap(region, A, draws=20)
    return plan(region, before, A, budget_yen=budget_yen, time_limit_s=5.0, clock=ticking(), **options)


@cache
def made(budget_yen: float, fair: float = 0.0, lock: tuple[str, ...] = (), ban: tuple[str, ...] = ()) -> Plan:
    """A plan of the sample town."""
    return planned(town(), budget_yen, seen(), fair=fair, lock=lock, ban=ban)


def read_back(p: Plan) -> dict[str, Any]:
    """What somebody who opens ``plan.json`` has in hand; a fresh copy."""
    out: dict[str, Any] = json.loads(canonical(p.as_dict()))
    return out
