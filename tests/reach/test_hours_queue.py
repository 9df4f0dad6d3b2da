"""Queues at desks: published values, an event-by-event simulation, and the greatest load that keeps a promise."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from scipy.stats import poisson

from daremo.kernel.errors import UsageError
from daremo.reach.staffing.learners import learners
from daremo.reach.staffing.queue import (
    erlang_b,
    erlang_c,
    full_share,
    mean_wait_min,
    most_offered,
    most_wishes,
    wait_over_share,
)


@pytest.mark.parametrize(
    ("offered", "servers", "share"),
    # Erlang B tables (offered load at a blocking of 1 %, 5 %): e.g. Cooper 1981, and any telephone traffic table
    [(0.0101, 1, 0.01), (0.153, 2, 0.01), (1.361, 5, 0.01), (4.461, 10, 0.01), (12.03, 20, 0.01), (84.06, 100, 0.01),
     (2.219, 5, 0.05), (6.216, 10, 0.05), (15.25, 20, 0.05)],
)  # fmt: skip
def test_blocking_agrees_with_the_published_tables(offered: float, servers: int, share: float):
    assert erlang_b(offered, servers) == pytest.approx(share, rel=8e-3)  # tables are rounded


def test_waiting_agrees_with_the_closed_forms_of_one_and_two_desks():
    for a in (0.1, 0.5, 0.9):
        assert erlang_c(a, 1) == pytest.approx(a)
        assert mean_wait_min(a, 1, 30.0) == pytest.approx(30 * a / (1 - a))
        b = 2 * a
        assert erlang_c(b, 2) == pytest.approx(b**2 / (2 + b))


def test_hundreds_of_desks_overflow_nothing():
    for servers in (500, 5_000):
        assert 0 < erlang_c(servers - 1.5 * servers**0.5, servers) < 0.2
    assert erlang_c(10_000.0, 500) == 1.0 and mean_wait_min(600.0, 500, 30.0) == math.inf


def simulated_waits(arrivals_h: float, servers: int, visit_min: float, spread: float, people: int) -> np.ndarray:
    """Waits (minutes) of people who come one by one to desks, first come first served, after a warm-up."""
    r = np.random.default_rng(12)
    at = np.cumsum(r.exponential(60 / arrivals_h, people))
    long = r.exponential(visit_min, people) if spread == 1 else np.full(people, visit_min)
    free = [0.0] * servers
    waits = np.empty(people)
    for i in range(people):
        begin = max(at[i], heapq.heappop(free))
        waits[i] = begin - at[i]
        heapq.heappush(free, begin + long[i])
    return waits[people // 10 :]


@pytest.mark.parametrize(("servers", "arrivals_h"), [(1, 1.2), (3, 4.5)])
def test_waits_agree_with_a_simulation_event_by_event(servers: int, arrivals_h: float):
    waits = simulated_waits(arrivals_h, servers, 30.0, 1.0, 150_000)
    a = arrivals_h / 2
    assert (waits > 0).mean() == pytest.approx(erlang_c(a, servers), abs=0.012)
    assert (waits > 20).mean() == pytest.approx(wait_over_share(a, servers, 30.0, 20.0), abs=0.012)
    assert waits.mean() == pytest.approx(mean_wait_min(a, servers, 30.0), rel=0.08)


def test_visits_of_equal_length_halve_the_mean_wait():
    waits = simulated_waits(1.2, 1, 30.0, 0.0, 150_000)
    assert waits.mean() == pytest.approx(mean_wait_min(0.6, 1, 30.0, spread=0.0), rel=0.08)
    assert (waits > 30).mean() == pytest.approx(wait_over_share(0.6, 1, 30.0, 30.0, spread=0.0), abs=0.05)


@pytest.mark.parametrize("servers", [1, 2, 5, 40])
def test_the_greatest_load_keeps_the_promise_and_a_little_more_breaks_it(servers: int):
    a = most_offered(servers, 30.0, 15.0, 0.1)
    assert wait_over_share(a, servers, 30.0, 15.0) <= 0.1 < wait_over_share(a * 1.0001, servers, 30.0, 15.0)


def test_more_desks_do_more_each():
    each = [most_offered(c, 30.0, 15.0, 0.1) / c for c in (1, 2, 4, 8, 16)]
    assert each == sorted(each)


def test_a_full_class_agrees_with_counting_wishes():
    n = np.arange(60)
    for mean, seats in ((3.0, 4), (8.0, 8), (0.2, 1)):
        lost = float((np.maximum(n - seats, 0) * poisson.pmf(n, mean)).sum()) / mean
        assert full_share(mean, seats) == pytest.approx(lost, abs=1e-12)
    assert full_share(0.0, 3) == 0.0 and full_share(5.0, 0) == 1.0
    assert full_share(most_wishes(6, 0.1), 6) == pytest.approx(0.1)
    assert most_wishes(6, 0.999) == 6.0


def test_a_queue_of_nonsense_is_refused():
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(UsageError):
            erlang_b(bad, 2)


def test_learners_a_slot_agree_with_a_simulation_of_free_choice():
    r = np.random.default_rng(5)
    doubt, visits, slots = 0.4, 300.0, 200
    shape = 1 / math.expm1(doubt**2)
    rate = r.gamma(shape, visits / shape, 4_000)
    came = r.poisson(rate[:, None] / slots, (4_000, slots))
    told = learners(visits, slots, 1e9, doubt)
    low, high = np.quantile(came.mean(axis=1), [0.05, 0.95])
    assert (told.low, told.high) == (pytest.approx(low, rel=0.05), pytest.approx(high, rel=0.05))
    assert told.empty_share == pytest.approx((came == 0).mean(), abs=0.01)
    assert told.single_share == pytest.approx((came == 1).mean(), abs=0.01)
    assert told.mean == pytest.approx(came.mean(), rel=0.03)


def test_learners_never_pass_what_the_hours_hold():
    told = learners(1_000.0, 100.0, 400.0, 0.3)
    assert told.mean == told.high == 4.0 and learners(0.0, 100.0, 1.0, 0.3).empty_share == 1.0
