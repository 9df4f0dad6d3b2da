"""Calibration on past bookings: known truths are found again, few bookings leave the prior, full slots do not mislead."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from daremo.kernel.errors import UsageError
from daremo.reach.attendance import Bookings, bookings, calibrate
from daremo.reach.hours import Behaviour, HoursQuestion, hours_question
from daremo.reach.staffing.attendance import attendance, units_of
from daremo.reach.travel.pairs import pairs_of_matrix

PLACES, SLOTS = 6, 200.0


def town(choice: str, **ways: Any) -> HoursQuestion:
    r = np.random.default_rng(2)
    at, place = r.uniform(0, 30, (60, 2)), r.uniform(0, 30, (PLACES, 2))
    minutes = np.hypot(*(at[:, None] - place[None]).transpose(2, 0, 1)) * 2
    facts = {"half_g": np.array([15.0]), "uptake_g": np.array([0.1]), "uptake_doubt": 0.7, **ways}
    return hours_question(
        pairs_of_matrix(minutes, "min"), r.uniform(20, 200, 60), behaviour=Behaviour(choice=choice, **facts)
    )


def past(q: HoursQuestion, uptake: float, half: float, slots: int, spread: float, capacity: int, seed: int) -> Bookings:
    """Bookings drawn from a town whose uptake and half-distance are these times the prior's."""
    r = np.random.default_rng(seed)
    b = replace(q.behaviour, uptake_g=q.behaviour.uptake_g * uptake, half_g=q.behaviour.half_g * half)
    mean = attendance(units_of(replace(q, behaviour=b)), np.ones(PLACES, bool))[0] / SLOTS
    place = np.repeat(np.arange(PLACES), slots)
    rate = mean[place] if spread == 0 else r.gamma(1 / spread, mean[place] * spread)
    came = np.minimum(r.poisson(rate), capacity)
    return bookings(
        place, np.arange(place.size), came + r.integers(0, 2, place.size), came, np.full(place.size, capacity), PLACES
    )


@pytest.mark.parametrize("choice", ["best", "huff"])
@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_the_truth_lies_within_three_standard_errors(choice: str, spread: float):
    q = town(choice)
    found = calibrate(q, past(q, 1.6, 1.3, 150, spread, 99, 4), np.full(PLACES, SLOTS))
    assert abs(math.log(found.uptake_factor / 1.6)) < 3 * found.uptake_error
    assert abs(math.log(found.half_factor / 1.3)) < 3 * found.half_error
    assert found.uptake_error < 0.4 and not found.from_prior
    assert found.behaviour.uptake_doubt == found.uptake_error


def test_full_slots_are_read_as_at_least():
    q = town("best")
    found = calibrate(q, past(q, 1.5, 1.0, 200, 0.0, 6, 8), np.full(PLACES, SLOTS))
    assert abs(math.log(found.uptake_factor / 1.5)) < 3 * found.uptake_error


def test_more_bookings_make_surer():
    q = town("best")
    errors = [calibrate(q, past(q, 1.2, 1.0, n, 0.0, 99, 3), np.full(PLACES, SLOTS)).uptake_error for n in (2, 20, 200)]
    assert errors == sorted(errors, reverse=True) and errors[0] < 0.7


def test_without_bookings_the_prior_stays_and_says_so():
    q = town("best")
    none = bookings([], [], [], [], [], PLACES)
    found = calibrate(q, none, np.full(PLACES, SLOTS))
    assert found.from_prior and found.uptake_factor == found.half_factor == 1.0 and "前提" in found.told
    assert found.behaviour.uptake_doubt == pytest.approx(0.7) and math.isnan(found.show_share)


def test_few_bookings_move_the_prior_little_and_say_so():
    q = town("best", uptake_doubt=0.1)
    found = calibrate(q, past(q, 3.0, 1.0, 1, 0.0, 99, 3), np.full(PLACES, SLOTS))
    assert found.from_prior and 1.0 < found.uptake_factor < 1.5 and "少ない" in found.told


@pytest.mark.parametrize("bad", [-1, math.nan, 0.5])
def test_bookings_that_make_no_sense_are_refused(bad: float):
    with pytest.raises(UsageError):
        bookings([0], [0], [1], [bad], [5], PLACES)
    with pytest.raises(UsageError):
        bookings([0, 1], [0], [1], [1], [5], PLACES)
    with pytest.raises(UsageError):
        bookings([PLACES], [0], [1], [1], [5], PLACES)


def test_a_place_with_bookings_and_no_slots_is_refused():
    q = town("best")
    with pytest.raises(UsageError):
        calibrate(q, past(q, 1.0, 1.0, 1, 0.0, 99, 3), np.zeros(PLACES))
