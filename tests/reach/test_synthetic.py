"""The made-up country: the same for a seed, of Japan's size, and never empty."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.kernel.errors import UsageError
from daremo.reach.synthetic import COMPANIES, KINDS, synthetic_japan, synthetic_places


def test_the_same_seed_gives_the_same_country_and_another_seed_another():
    one, again, other = (synthetic_japan(3_000, scale=0.03, seed=s) for s in (7, 7, 8))
    assert np.array_equal(one.xy_km, again.xy_km) and np.array_equal(one.need, again.need)
    assert not np.array_equal(one.need, other.need)
    places = [synthetic_places(one, 500, seed=s) for s in (8, 8, 9)]
    assert np.array_equal(places[0].xy_km, places[1].xy_km)
    assert not np.array_equal(places[0].xy_km, places[2].xy_km)


def test_need_is_part_of_the_people_and_adds_up_over_ages():
    country = synthetic_japan(5_000, scale=0.05)
    assert (country.need >= 1).all() and (country.need <= np.maximum(1, country.population)).all()
    assert np.allclose(country.need_dg.sum(axis=1), country.need)
    assert (country.need_dg > 0).all()


def test_cells_are_distinct_and_lie_on_the_grid():
    country = synthetic_japan(5_000, 0.5, scale=0.02)
    assert len(np.unique(country.xy_km, axis=0)) == country.n_cells
    steps = country.xy_km / 0.5 - 0.5
    assert np.array_equal(steps, np.rint(steps))


def test_people_of_thin_cells_go_farther():
    country = synthetic_japan(5_000, scale=0.05)
    assert set(country.reach_km.tolist()) == {2.0, 3.5, 5.0}
    assert country.population[country.reach_km == 5].max() <= 300 < country.population[country.reach_km < 5].min()


def test_places_keep_the_proportion_of_kinds_and_know_their_owner():
    country = synthetic_japan(5_000, scale=0.05)
    places = synthetic_places(country, 4_200)
    assert np.bincount(places.kind).tolist() == [2_400, 800, 1_000]
    assert (places.cost_yen == np.array([yen for *_, yen in KINDS])[places.kind]).all()
    assert (places.organisation[places.kind == 0] == 0).all()
    assert set(places.organisation[places.kind == 1].tolist()) == set(range(1, COMPANIES + 1))
    halls = places.kind == 2
    assert (places.organisation[halls] == COMPANIES + 1 + places.municipality[halls]).all()


@pytest.mark.parametrize(("n", "km", "scale"), [(0, 1, 1), (10, 0, 1), (10, 1, 0), (10, float("nan"), 1)])
def test_a_country_of_no_size_is_refused(n: int, km: float, scale: float):
    with pytest.raises(UsageError):
        synthetic_japan(n, km, scale=scale)


def test_a_country_without_places_is_refused():
    with pytest.raises(UsageError):
        synthetic_places(synthetic_japan(100, scale=0.01), 0)
