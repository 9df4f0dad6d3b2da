"""Areas under a general ability: the likelihood against brute force in all dimensions, the maximum, errors, planted loadings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from daremo.assess.calibrate import calibrate
from daremo.assess.model import answers_of
from daremo.assess.second_order import areas_of, calibrate_areas, ready
from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from daremo.kernel.errors import UsageError

LOADINGS = np.array([0.9, 0.7, 0.5])


def drawn(
    n: int, each: int, seed: int, loadings: np.ndarray = LOADINGS
) -> tuple[np.ndarray, dict[str, str], np.ndarray]:
    """Right and wrong answers, `each` items an area in turn; the area of each item; slopes."""
    rng = np.random.default_rng(seed)
    k = loadings.size
    theta = loadings * rng.normal(size=(n, 1)) + np.sqrt(1 - loadings**2) * rng.normal(size=(n, k))
    area = np.arange(each * k) % k
    a, d = rng.uniform(1.0, 2.0, each * k), rng.normal(0, 0.8, each * k)
    x = (rng.random((n, each * k)) < expit(a * theta[:, area] + d)).astype(int)
    return x, {f"item{j + 1}": f"A{area[j]}" for j in range(each * k)}, a


def brute(
    x: np.ndarray, area: np.ndarray, a: np.ndarray, d: np.ndarray, loadings: np.ndarray, nodes: int = 33
) -> float:
    """Log-likelihood by a product grid over all areas at once, correlated as the loadings say: no general ability in it."""
    z = np.linspace(-5.5, 5.5, nodes)
    share = np.exp(-0.5 * z * z)
    share /= share.sum()
    cov = np.outer(loadings, loadings)
    np.fill_diagonal(cov, 1.0)
    grid = np.stack(np.meshgrid(z, z, z, indexing="ij"), -1).reshape(-1, 3)
    weight = np.einsum("a,b,c->abc", share, share, share).ravel()
    theta = grid @ np.linalg.cholesky(cov).T
    p = expit(a[None] * theta[:, area] + d[None])
    out = 0.0
    for line in x:
        seen = line >= 0
        like = np.where(line[seen] == 1, p[:, seen], 1 - p[:, seen]).prod(1)
        out += float(np.log(weight @ like))
    return out


def test_the_likelihood_is_that_of_correlated_areas_integrated_in_all_dimensions():
    x, area_of, _ = drawn(40, 2, 1)
    x[::5, 1] = -1
    x[::7, [0, 3]] = -1
    answers = answers_of(x)
    names, area = areas_of(answers, area_of)
    own = ready(answers, area, 3, "2pl")
    a, d = np.linspace(0.8, 2.0, 6), np.linspace(-1, 1, 6)
    told = own.value(np.column_stack([a, d]), LOADINGS)
    assert names == ("A0", "A1", "A2")
    assert told == pytest.approx(brute(x, area, a, d, LOADINGS), abs=1e-5)


def test_the_fit_is_the_maximum_that_scipy_finds():
    x, area_of, _ = drawn(250, 3, 2)
    answers = answers_of(x)
    found = calibrate_areas(answers, area_of)
    own = ready(answers, found.area_j, 3, "2pl", nodes=41, general=25)

    def value(v: np.ndarray) -> float:
        return own.value(v[:18].reshape(9, 2), np.tanh(v[18:]))

    at = np.concatenate([np.ravel([[i.a, i.d[0]] for i in found.items]), np.arctanh(found.loadings)])
    assert found.converged and found.log_likelihood == pytest.approx(value(at), abs=1e-4)
    for n in range(at.size):
        step = 0.02 * np.eye(at.size)[n]
        assert value(at + step) < found.log_likelihood + 1e-6 and value(at - step) < found.log_likelihood + 1e-6
    best = minimize(lambda v: -value(v), at + 0.1, method="BFGS", options={"gtol": 0.02, "maxiter": 60})
    assert -best.fun <= found.log_likelihood + 1e-3


def test_scores_are_the_numerical_derivatives_person_by_person():
    x, area_of, _ = drawn(30, 2, 3)
    answers = answers_of(x)
    area = areas_of(answers, area_of)[1]
    own = ready(answers, area, 3, "2pl")
    at = np.concatenate([np.ravel([[1.2, 0.1 * j] for j in range(6)]), LOADINGS])

    def each(v: np.ndarray) -> np.ndarray:
        return np.concatenate([w for _, _, w, *_ in own.people(v[:12].reshape(6, 2), v[12:])])

    h = 1e-5
    score = np.stack([(each(at + h * e) - each(at - h * e)) / (2 * h) for e in np.eye(15)], axis=1)
    told, where = own.scores(at[:12].reshape(6, 2), LOADINGS)
    assert where.tolist() == np.arange(12).reshape(6, 2).tolist()
    assert told == pytest.approx(score.T @ score, rel=1e-5, abs=1e-5)


def test_planted_loadings_and_slopes_come_back_within_their_errors():
    x, area_of, a = drawn(3000, 6, 4)
    found = calibrate_areas(answers_of(x), area_of)
    assert (np.abs(found.loadings - LOADINGS) / np.array(found.se_loadings, float)).max() < 3.5
    away = [(i.a - truth) / i.se_a for i, truth in zip(found.items, a, strict=True)]
    assert max(map(abs, away)) < 3.8 and 0.6 < np.std(away) < 1.5
    assert found.correlations[0, 1] == pytest.approx(0.63, abs=0.06)
    one = calibrate(answers_of(x), "2pl", errors="none")
    assert found.log_likelihood > one.log_likelihood + 50


def test_steps_of_several_answers_are_fitted_too():
    rng = np.random.default_rng(5)
    theta = LOADINGS * rng.normal(size=(1500, 1)) + np.sqrt(1 - LOADINGS**2) * rng.normal(size=(1500, 3))
    area = np.arange(12) % 3
    x = (1.5 * theta[:, area, None] + rng.logistic(size=(1500, 12, 1)) > np.array([-1.0, 0.8])).sum(2)
    found = calibrate_areas(answers_of(x), {f"item{j + 1}": f"A{area[j]}" for j in range(12)}, "grm")
    assert found.converged and (np.abs(found.loadings - LOADINGS) / np.array(found.se_loadings, float)).max() < 3.5


def test_an_area_without_answers_is_told_from_the_others_with_a_wider_error():
    x, area_of, _ = drawn(600, 4, 6)
    x[0, [j for j in range(12) if j % 3 == 0]] = -1
    found = calibrate_areas(answers_of(x), area_of, errors=False)
    assert found.sd_ik[0, 0] > found.sd_ik[1:, 0].max() and found.sd_ik[0, 0] < 1
    assert found.se_loadings == (None, None, None)


@pytest.mark.parametrize("area_of", [{"item1": "A"}, {f"item{j + 1}": "AB"[j % 2] for j in range(6)}])
def test_items_without_area_and_fewer_than_three_areas_are_refused(area_of: dict[str, str]):
    with pytest.raises(UsageError) as e:
        calibrate_areas(answers_of(drawn(40, 2, 7)[0]), area_of)
    assert e.value.code in ("no-area", "bad-areas")


def test_the_command_tells_loadings_and_correlations(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    x, area_of, _ = drawn(400, 3, 8)
    pl.DataFrame({f"item{j + 1}": x[:, j] for j in range(9)}).write_csv(tmp_path / "a.csv")
    pl.DataFrame({"item": list(area_of), "area": list(area_of.values())}).write_csv(tmp_path / "areas.csv")
    line = ["assess", "calibrate", str(tmp_path / "a.csv"), "--areas", str(tmp_path / "areas.csv")]
    assert run(command, [*line, "--json", "-o", str(tmp_path / "bank.json")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [a["area"] for a in told["areas"]] == ["A0", "A1", "A2"] and len(told["correlations"]) == 3
    assert told["converged"] and told["items"][0]["area"] == "A0"
    assert json.loads((tmp_path / "bank.json").read_text(encoding="utf-8"))["areas"] == told["areas"]
    assert run(command, line) == 0 and "A2" in capsys.readouterr().out
    assert run(command, [*line, "--fit"]) == 2
