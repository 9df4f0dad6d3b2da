""" "Don't know" as a category of its own: the nominal model against a brute-force maximiser and known truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from daremo.assess.bank import abilities, bank_of
from daremo.assess.calibrate import calibrate
from daremo.assess.dif import dif
from daremo.assess.model import answers_of
from daremo.assess.read import Asked, read_answers
from daremo.assess.verify import verify
from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from daremo.kernel.errors import UsageError

SLOPES = np.array([[0.0, -0.6, 1.2], [0.0, 0.4, 1.6], [0.0, -0.9, 0.7], [0.0, 0.8, 1.8]])
STEPS = np.array([[0.0, 1.0, 0.8], [0.0, 0.3, 0.9], [0.0, -0.4, 1.0], [0.0, 0.6, -0.2]])


def drawn(n: int, seed: int) -> np.ndarray:
    """Answers to four items of three categories, the lowest of which is off the ladder; shape (n, 4)."""
    rng = np.random.default_rng(seed)
    u = SLOPES[None] * rng.normal(size=n)[:, None, None] + STEPS[None]
    return (u + rng.gumbel(size=u.shape)).argmax(2)


def brute(x: np.ndarray, v: np.ndarray, t: np.ndarray) -> float:
    """Log-likelihood on a fine grid, from the textbook formula; v holds slopes and intercepts of each item in turn."""
    own = v.reshape(-1, 2, 2)
    log = -0.5 * t * t - logsumexp(-0.5 * t * t)
    total = np.tile(log, (x.shape[0], 1))
    for j in range(x.shape[1]):
        u = np.concatenate([np.zeros((1, t.size)), own[j, 0][:, None] * t + own[j, 1][:, None]])
        p = u - logsumexp(u, axis=0)
        total += np.where(x[:, j, None] >= 0, p[np.maximum(x[:, j], 0)], 0.0)
    return float(logsumexp(total, axis=1).sum())


def flat(items) -> np.ndarray:
    return np.concatenate([[*i.slopes, *i.d] for i in items])


def test_the_nominal_fit_is_the_maximum_that_scipy_finds():
    x = drawn(500, 1)
    x[::9, 2] = -1
    found = calibrate(answers_of(x), "nominal", errors="full")
    t = np.linspace(-8, 8, 161)
    at = flat(found.items)
    assert found.converged and found.log_likelihood == pytest.approx(brute(x, at, t), abs=1e-5)
    best = minimize(lambda v: -brute(x, v, t), np.tile([0.5, 1.0, 0.0, 0.0], 4), method="BFGS", options={"gtol": 1e-3})
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-4)
    assert at == pytest.approx(best.x, abs=5e-3)


def test_nominal_errors_are_those_of_the_numerical_hessian():
    x = drawn(600, 2)
    found = calibrate(answers_of(x), "nominal", errors="full")
    t, at, h = np.linspace(-8, 8, 121), flat(found.items), 1e-3
    n = at.size
    hess = np.empty((n, n))
    for r in range(n):
        for c in range(r + 1):
            e, f = np.eye(n)[r] * h, np.eye(n)[c] * h
            hess[r, c] = hess[c, r] = (
                brute(x, at + e + f, t) - brute(x, at + e - f, t) - brute(x, at - e + f, t) + brute(x, at - e - f, t)
            ) / (4 * h * h)
    told = np.concatenate([[*i.se_slopes, *i.se_d] for i in found.items])
    assert told == pytest.approx(np.sqrt(np.diag(np.linalg.inv(-hess))), rel=5e-3)


def test_planted_slopes_come_back_within_their_errors_even_where_not_knowing_is_not_the_lowest():
    found = calibrate(answers_of(drawn(6000, 3)), "nominal", errors="full")
    told = np.array([i.slopes for i in found.items])
    error = np.array([i.se_slopes for i in found.items])
    assert (np.abs(told - SLOPES[:, 1:]) / error).max() < 3.5
    assert told[0, 0] < 0 < told[1, 0]


def test_on_ladders_the_nominal_fit_is_never_worse_than_partial_credit():
    x = drawn(400, 4)
    nominal, ladder = (calibrate(answers_of(x), m, errors="none") for m in ("nominal", "gpcm"))
    assert nominal.log_likelihood >= ladder.log_likelihood - 1e-6 and nominal.parameters == ladder.parameters + 4


def test_items_of_two_answers_stay_as_they_are_in_2pl():
    x = np.random.default_rng(5).integers(0, 2, (300, 4))
    one, other = calibrate(answers_of(x), "nominal"), calibrate(answers_of(x), "2pl")
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9) and one.items[0].slopes == ()


def written(path: Path, x: np.ndarray) -> Path:
    words = np.array(["わからない", "0", "1"])
    pl.DataFrame({f"q{j + 1}": words[x[:, j]] for j in range(x.shape[1])}).write_csv(path)
    return path


def test_not_knowing_is_read_as_a_category_of_its_own_only_where_asked(tmp_path: Path):
    path = written(tmp_path / "a.csv", drawn(200, 6))
    apart, joined = read_answers(path, Asked(apart=True)), read_answers(path)
    assert apart.labels[0] == ("わからない", "0", "1") and joined.labels[0] == ("0", "1")
    assert not apart.problems and joined.problems[0].code == "does-not-know"


def test_with_a_key_not_knowing_is_neither_right_nor_wrong(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("q1,q2\nA,わからない\nB,A\nわからない,B\n,A\n", encoding="utf-8")
    read = read_answers(path, Asked(apart=True, key=["A", "A"]))
    assert read.labels == (("わからない", "0", "1"),) * 2
    first = read.category[read.item == 0]
    assert sorted(first.tolist()) == [0, 1, 2]


def test_the_command_tells_slopes_that_the_independent_check_confirms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path, bank = written(tmp_path / "a.csv", drawn(400, 7)), tmp_path / "bank.json"
    assert run(command, ["assess", "calibrate", str(path), "--model", "nominal", "--json", "-o", str(bank)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["items"][0]["slopes"]) == 2 and told["items"][0]["categories"][0] == "わからない"
    assert verify(told, read_answers(path, Asked(apart=True))).as_dict()["holds"]
    told["items"][0]["slopes"][0] += 0.5
    assert not verify(told, read_answers(path, Asked(apart=True))).as_dict()["holds"]
    assert run(command, ["assess", "verify", str(path), str(bank), "--json"]) == 0


def test_a_bank_of_nominal_items_has_their_curves():
    found = calibrate(answers_of(drawn(500, 8)), "nominal", errors="none")
    own = abilities(["1"])
    bank = bank_of([i.as_dict() for i in found.items], own, model="nominal")
    i = found.items[0]
    u = np.concatenate([np.zeros((1, own.t.size)), np.outer(i.slopes, own.t) + np.array(i.d)[:, None]])
    assert bank.p_rq[:3] == pytest.approx(np.exp(u - logsumexp(u, axis=0)), abs=1e-12)


def test_unfairness_cannot_be_asked_of_nominal_items():
    with pytest.raises(UsageError) as e:
        dif(answers_of(drawn(60, 9), group=np.arange(60) % 2, groups=("a", "b")), "nominal")
    assert e.value.code == "bad-model"
