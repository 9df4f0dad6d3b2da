"""What is believed about the barriers: priors, shifts, surveys, reviews and lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit, logit

from daremo.cases.assume import defaults
from daremo.cases.gap import gap
from daremo.cases.gap_prior import Seen, margins, prior, updated
from tests.cases.towns import random_town, region_of

A = defaults()
BIG = [[20_000.0] * 6] * 3
AREAS = [{"area_id": a, "latitude": 34.3 + i / 50} for i, a in enumerate("abc")]


def town(people=BIG, areas=AREAS, **tables):
    return region_of(areas, people, **tables)


def believed(region):
    return margins(region, A, region.people_dg())


def test_without_data_every_area_of_a_city_has_the_national_prior():
    m = believed(town())
    centre, spread = prior(A)
    assert np.allclose(m.eta_dgb, centre[None]) and np.allclose(m.sd_gb, spread)
    assert np.all(m.area_mean_db == 0) and np.all(m.area_sd_db == 0.2) and np.isnan(m.no_line_d).all()
    assert set(m.inputs.values()) == {"prior"}


def test_the_range_of_an_assumption_is_its_90_percent_interval():
    centre, spread = prior(A)
    row = A.row("skill_barrier_share", "75-84")
    assert expit(centre[4, 0]) == pytest.approx(row.value)
    assert spread[4, 0] * 2 * 1.6449 == pytest.approx(logit(row.high) - logit(row.low))


def test_a_small_town_has_more_people_who_cannot_do_it_alone_than_the_nation():
    small = believed(town(people=[[100.0] * 6] * 3)).eta_dgb - believed(town()).eta_dgb
    assert np.allclose(small[..., 0], math.log(1.3 / (1 + 0.3 * 0.3))) and np.all(small[..., 1:] == 0)


def test_only_the_excess_of_disabled_people_counts():
    people = town().people_dg()
    usual = people[0] @ A.by_stage("disability_share")
    areas = [{**AREAS[0], "disabled_people": round(usual)}, {**AREAS[1], "disabled_people": round(3 * usual)}, AREAS[2]]
    shift = believed(town(areas=areas)).eta_dgb[..., 0] - prior(A)[0][:, 0]
    assert np.allclose(shift[0], 0, atol=1e-4) and np.all(shift[1] > 0.05) and np.all(shift[2] == 0)


def test_a_survey_pulls_the_stage_towards_its_answer_and_narrows_it():
    rows = [{"life_stage": "65-74", "barrier": "skill", "has_barrier": 100, "answers": 500}]
    m, plain = believed(town(survey=rows)), believed(town())
    assert expit(plain.eta_dgb[0, 3, 0]) == pytest.approx(0.508)
    assert 0.2 < expit(m.eta_dgb[0, 3, 0]) < 0.3 and m.sd_gb[3, 0] < 0.6 * plain.sd_gb[3, 0]
    others = [0, 1, 2, 4, 5]
    assert np.array_equal(m.eta_dgb[:, others], plain.eta_dgb[:, others]) and m.inputs["skill"] == "prior+data"


def test_precision_weighting_is_that_of_two_normals():
    y = math.log(100.5 / 400.5)
    v = 1 / 100.5 + 1 / 400.5 + 0.01
    centre, spread = prior(A)
    want = (centre[3, 0] / spread[3, 0] ** 2 + y / v) / (1 / spread[3, 0] ** 2 + 1 / v)
    rows = [{"life_stage": "65-74", "barrier": "skill", "has_barrier": 100, "answers": 500}]
    assert believed(town(survey=rows)).eta_dgb[0, 3, 0] == pytest.approx(want)


def test_split_survey_rows_count_like_one():
    one = [{"life_stage": "all", "barrier": "trust", "has_barrier": 90, "answers": 300}]
    two = [{"life_stage": "all", "barrier": "trust", "has_barrier": k, "answers": n} for k, n in ((50, 100), (40, 200))]
    assert np.array_equal(believed(town(survey=one)).eta_dgb, believed(town(survey=two)).eta_dgb)


def test_an_answer_of_all_stages_moves_them_all_and_its_average_towards_itself():
    rows = [{"life_stage": "all", "barrier": "trust", "has_barrier": 400, "answers": 1000}]
    m, plain = believed(town(survey=rows)), believed(town())
    assert np.all(m.eta_dgb[..., 2] > plain.eta_dgb[..., 2])
    assert expit(plain.eta_dgb[0, :, 2]).mean() < 0.2 < expit(m.eta_dgb[0, :, 2]).mean() < 0.4


def test_an_area_survey_moves_its_own_area_most():
    rows = [{"area_id": "b", "life_stage": "75-84", "barrier": "skill", "has_barrier": 100, "answers": 500}]
    m = believed(town(survey=rows))
    assert m.area_mean_db[1, 0] < -0.1 and m.area_sd_db[1, 0] < 0.2
    assert m.area_mean_db[0, 0] == 0 and m.area_sd_db[0, 0] == 0.2


def test_a_survey_of_a_forgotten_area_is_said_so_and_not_used():
    rows = [{"area_id": "z", "life_stage": "all", "barrier": "skill", "has_barrier": 1, "answers": 9}]
    m = believed(town(survey=rows))
    assert any("1行" in n for n in m.notes) and m.inputs["skill"] == "prior"


def test_failed_tasks_raise_the_service_barrier_weighted_by_use():
    def rate(used):
        rows = [
            {"service_id": "x", "name": "x", "life_stage": "all", "use_share": used, "tried": 100, "succeeded": 20},
            {"service_id": "y", "name": "y", "life_stage": "all", "use_share": 0.5, "tried": 100, "succeeded": 95},
        ]
        return expit(believed(town(services=rows)).eta_dgb[0, 2, 1])

    assert rate(0.01) < rate(0.5) < rate(1.0)


def test_services_without_reviews_change_nothing():
    rows = [
        {"service_id": "x", "name": "x", "use_share": 0.5},
        {"service_id": "y", "name": "y", "tried": 0, "succeeded": 0},
    ]
    assert np.array_equal(believed(town(services=rows)).eta_dgb, believed(town()).eta_dgb)


def test_the_best_adequate_line_counts():
    lines = [
        {"area_id": "a", "technology": "fibre", "coverage_share": 0.7, "down_mbps": 500.0},
        {"area_id": "a", "technology": "4g", "coverage_share": 1.0, "down_mbps": 12.0},
        {"area_id": "b", "technology": "fibre", "coverage_share": 0.9},
        {"area_id": "b", "technology": "satellite", "coverage_share": 1.0},
    ]
    m = believed(town(lines=lines))
    assert m.no_line_d[:2] == pytest.approx([0.3, 0.1]) and np.isnan(m.no_line_d[2])
    use = A.by_stage("internet_use_share")[3]
    dear = use * 0.03 + (1 - use) * 0.236
    assert expit(m.eta_dgb[0, 3, 3]) == pytest.approx(1 - 0.7 * (1 - dear))
    assert m.eta_dgb[2, 3, 3] == pytest.approx(prior(A)[0][3, 3]) and any("回線" in n for n in m.notes)


def test_an_area_where_no_line_is_adequate_has_the_barrier_almost_surely():
    lines = [{"area_id": "a", "technology": "4g", "coverage_share": 1.0, "down_mbps": 2.0}]
    g = gap(town(lines=lines), A, draws=40)
    assert g.left_sd[:, 0].mean() / g.people_dg[0].sum() > 0.95


def test_the_interval_covers_towns_drawn_from_the_prior():
    """Calibration: a truth drawn from the prior, surveyed, lies in the 90 % interval about nine times in ten."""
    rng = np.random.default_rng(11)
    centre, spread = prior(A)
    people = np.array(BIG)
    inside = 0
    for _ in range(400):
        z = rng.standard_normal()
        truth_g = centre[:, 0] + spread[:, 0] * z
        facts = []
        for g in range(6):
            has = rng.binomial(200, expit(truth_g[g] + rng.normal(0, 0.1)))
            yes, no = has + 0.5, 200 - has + 0.5
            facts.append(Seen(-1, g, math.log(yes / no), 1 / yes + 1 / no + 0.01))
        mean, sd, _, _ = updated(centre[:, 0], spread[:, 0], np.zeros((3, 6)), people, facts, 0.2)
        draws = expit(mean + sd * rng.standard_normal((200, 1))).mean(axis=1)
        low, high = np.quantile(draws, [0.05, 0.95])
        inside += low <= expit(truth_g).mean() <= high
    assert 0.84 < inside / 400 <= 1.0


def test_truths_drawn_from_the_prior_are_covered_by_the_gaps_own_interval():
    """One town's draws are truths of another seed: nine in ten fall into the interval."""
    g, truth = gap(random_town(1), A, draws=400, seed=1), gap(random_town(1), A, draws=400, seed=2)
    low, high = np.quantile(g.left_s, [0.05, 0.95])
    assert 0.84 < ((truth.left_s >= low) & (truth.left_s <= high)).mean() < 0.96


def test_the_order_of_survey_rows_does_not_matter():
    rows = [
        {"area_id": a, "life_stage": s, "barrier": b, "has_barrier": 20 + i, "answers": 90}
        for i, (a, s, b) in enumerate(
            [("a", "all", "skill"), (None, "85+", "skill"), ("b", "youth", "trust"), (None, "all", "skill")]
        )
    ]
    one, two = believed(town(survey=rows)), believed(town(survey=rows[::-1]))
    assert np.array_equal(one.eta_dgb, two.eta_dgb) and np.array_equal(one.area_mean_db, two.area_mean_db)
