"""A large question divided into regions: its bound holds, its layout is good, and it does not matter who solves the regions."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from daremo.kernel.errors import SetupError
from daremo.reach.cover import Cover, cover
from daremo.reach.doors import regions, solve
from daremo.reach.model import Conditions
from daremo.reach.synthetic import synthetic_japan, synthetic_places
from daremo.reach.travel.pairs import Pairs
from daremo.reach.travel.points import pairs_in_plane
from daremo.reach.verify import verify_cover


@pytest.fixture(scope="module")
def country() -> tuple[Pairs, np.ndarray, np.ndarray]:
    c = synthetic_japan(1_500, 1.0, seed=3, scale=0.01)
    p = synthetic_places(c, 220, seed=4)
    return pairs_in_plane(c.xy_km, p.xy_km, 3.0), np.rint(c.need), p


@pytest.fixture
def as_if_national(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "MOST_PLACES", 10)
    monkeypatch.setattr(solve, "MOST_DEMAND", 10)
    monkeypatch.setattr(regions, "SIZES", (40, 80, 120))
    monkeypatch.setattr(regions, "SHAKES", 20)


def whole(country) -> Cover:
    pairs, need, _ = country
    return cover(pairs, need, p=25)


def test_the_bound_of_regions_holds_and_their_layout_is_near_it(country, as_if_national, monkeypatch):
    pairs, need, _ = country
    divided = cover(pairs, need, p=25)
    monkeypatch.undo()
    best = whole(country)
    assert best.finished and best.value == best.bound
    assert divided.value <= best.value <= divided.bound <= divided.bound_certified
    assert divided.value >= 0.98 * best.value
    assert divided.bound <= 1.01 * best.value


def test_the_certificate_of_regions_is_accepted_and_a_smaller_bound_is_not(country, as_if_national):
    pairs, need, _ = country
    divided = cover(pairs, need, p=25)
    assert "regions" in divided.method
    assert verify_cover(divided, pairs, need, p=25).ok
    from dataclasses import replace

    assert not verify_cover(replace(divided, bound_certified=divided.value - 1), pairs, need, p=25).ok


def test_quotas_hold_across_regions(country, as_if_national):
    pairs, need, _ = country
    group = np.arange(pairs.n_places) // 20
    conditions = Conditions(quota_p=group, least_per_quota=1)
    divided = cover(pairs, need, p=25, conditions=conditions)
    assert set(group[list(divided.open)]) == set(group)
    assert verify_cover(divided, pairs, need, p=25, conditions=conditions).ok


def test_workers_do_not_change_the_answer(country, as_if_national):
    pairs, need, _ = country
    one, two = (cover(pairs, need, p=25, workers=n) for n in (1, 2))
    assert (one.open, one.value, one.bound) == (two.open, two.value, two.bound)


def test_a_dask_scheduler_gives_the_same_answer_as_threads(country, as_if_national):
    pairs, need, _ = country
    here = cover(pairs, need, p=25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from distributed import LocalCluster

        with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
            there = cover(pairs, need, p=25, scheduler=cluster.scheduler_address)
    assert (here.open, here.value, here.bound) == (there.open, there.value, there.bound)


def test_a_scheduler_that_does_not_answer_is_told_in_words(country, as_if_national, monkeypatch):
    pairs, need, _ = country
    import distributed

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no answer")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(SetupError) as told:
        cover(pairs, need, p=25, scheduler="tcp://127.0.0.1:1")
    assert told.value.code == "no-scheduler" and told.value.where == "tcp://127.0.0.1:1"
