"""Calibration against R mirt, integration without nodes, numerical derivatives, and known truth."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.assess import calibrate as module
from daremo.assess.calibrate import calibrate, fit_of, warm
from daremo.assess.model import Calibration, answers_of
from daremo.kernel.errors import NoAnswer, UsageError
from tests.assess.making import log_likelihood, people, sigma, two_pl

D4 = [(1.5, 0.3, -1.2), (2.0, 0.5, -0.5), (1.0, 0.0, -1.0), (0.8, 0.2, -2.0)]


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> str:
    path = shared_data / "irt" / "reference_mirt_R_1.47.txt"
    if not path.is_file():
        pytest.skip(f"no reference in {path}")
    return path.read_text(encoding="utf-8")


def part(text: str, head: str) -> str:
    return text.split(f"## {head}", 1)[1].split("\n## ", 1)[0]


def block(text: str, after: str) -> dict[str, list[float]]:
    """Numbers of an R print-out by row name; NA is NaN."""
    rows: dict[str, list[float]] = {}
    for line in text.split(after, 1)[1].strip("\n").splitlines()[1:]:
        found = re.match(r"^([A-Z][\w.]+)((?:\s+(?:-?[\d.]+|NA))+)\s*$", line)
        if not found:
            break
        rows[found[1]] = [float(x.replace("NA", "nan")) for x in found[2].split()]
    return rows


def lsat7(data: Path, model: str) -> Calibration:
    t = pl.read_csv(data / "irt" / "LSAT7.csv")
    x = t.drop("freq")
    return calibrate(answers_of(x.to_numpy(), items=tuple(x.columns), weight=t["freq"].to_numpy().astype(float)), model)


@pytest.mark.parametrize("model,head", [("2pl", "LSAT7 2PL"), ("rasch", "LSAT7 Rasch")])
def test_lsat7_is_what_mirt_says_with_its_errors(model: str, head: str, reference: str, shared_data: Path):
    said, found = part(reference, head), lsat7(shared_data, model)
    assert found.log_likelihood == pytest.approx(float(re.search(r"\[1\] (-[\d.]+)", said)[1]), abs=1e-4)
    assert found.converged and found.persons == 1000 and found.answers == 5000
    pars, errors = block(said, "$pars"), block(said, "$se")
    assert len(pars) == len(found.items) == 5
    for i in found.items:
        assert i.a == pytest.approx(pars[i.item][0], abs=1e-3) and i.d[0] == pytest.approx(pars[i.item][1], abs=1e-3)
        assert i.se_d[0] == pytest.approx(errors[i.item][1], rel=0.02)
        if model == "2pl":
            assert i.se_a == pytest.approx(errors[i.item][0], rel=0.02)
        else:
            assert i.se_a is None


@pytest.mark.parametrize("model,head", [("grm", "Science graded"), ("gpcm", "Science gpcm")])
def test_science_is_what_mirt_says(model: str, head: str, reference: str, shared_data: Path):
    said = part(reference, head)
    t = pl.read_csv(shared_data / "irt" / "Science.csv")
    found = calibrate(answers_of(t.to_numpy() - 1, items=tuple(t.columns)), model)
    assert found.log_likelihood == pytest.approx(float(re.search(r"\[1\] (-[\d.]+)", said)[1]), abs=1e-4)
    irt = block(said, "a         b1          b2         b3") or block("\n" + said, f"{said.splitlines()[1]}")
    for line in re.findall(r"^(\w+) +([\d.]+) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+)$", said, re.M)[-4:]:
        i = next(x for x in found.items if x.item == line[0])
        b = -np.array(i.d) / i.a if model == "grm" else -np.diff(np.r_[0.0, i.d]) / i.a
        assert i.a == pytest.approx(float(line[1]), abs=1e-3)
        assert b.tolist() == pytest.approx([float(x) for x in line[2:]], abs=1e-3)
    assert irt is not None and found.converged


def test_sat12_is_what_mirt_says(reference: str, shared_data: Path):
    said = part(reference, "SAT12 2PL")
    t = pl.read_csv(shared_data / "irt" / "SAT12.csv")
    x = t.to_numpy()
    key = [1, 4, 5, 2, 3, 1, 2, 1, 3, 1, 2, 4, 2, 1, 5, 3, 4, 4, 1, 4, 3, 3, 4, 1, 3, 5, 1, 3, 1, 5, 4, 5]
    found = calibrate(answers_of((x == key).astype(int), items=tuple(t.columns)), "2pl")
    assert found.log_likelihood == pytest.approx(-9488.955, abs=1e-3 / 2 + 1e-4)
    pars = {m[0]: m[1:] for m in re.findall(r"^(Item\.\d+) +(-?[\d.]+) +(-?[\d.]+) 0 1$", said, re.M)}
    assert len(pars) == 32
    for i in found.items:
        assert (i.a, i.d[0]) == pytest.approx([float(v) for v in pars[i.item]], abs=1e-3)


@pytest.mark.parametrize("model", ["rasch", "2pl", "3pl", "grm", "gpcm"])
def test_the_likelihood_is_the_integral(model: str):
    theta = np.random.default_rng(2).normal(size=60)
    d = [(0.5,), (-0.5,), (1.0,), (0.0,)] if model in ("rasch", "2pl", "3pl") else D4
    form = "gpcm" if model == "gpcm" else "grm"
    x = people(form, np.array([1.0, 1.2, 0.8, 1.4]), d, theta, 3, 0.2 if model == "3pl" else 0.0)
    x[::7, 1] = -1
    found = calibrate(answers_of(x), model)
    sd = float(found.sd_g[0]) if model == "rasch" else 1.0
    assert found.log_likelihood == pytest.approx(log_likelihood(form, found.items, x, sd), abs=1e-5)


@pytest.mark.parametrize("model", ["2pl", "grm", "gpcm", "3pl"])
def test_errors_are_those_of_the_numerical_hessian(model: str):
    theta = np.random.default_rng(4).normal(size=400)
    d = [(0.5,), (-0.5,), (1.0,), (0.0,)] if model in ("2pl", "3pl") else D4
    form = "gpcm" if model == "gpcm" else "grm"
    x = people(form, np.array([1.0, 1.2, 0.8, 1.4]), d, theta, 5, 0.2 if model == "3pl" else 0.0)
    answers = answers_of(x)
    found = calibrate(answers, model, errors="full")
    fit = fit_of(answers, model, guess_prior=module.GUESS_PRIOR, node_count=61, large=False)
    at = found.parts[fit.layout.free]

    def value(v: np.ndarray) -> float:
        par = np.zeros(found.parts.shape)
        par[fit.layout.free] = v
        return fit.expected(par, np.zeros(1), np.ones(1), half=1e9)[0] + fit.penalty(par)

    h, n = 1e-3, at.size
    hess = np.empty((n, n))
    for r in range(n):
        for c in range(n):
            e, f = np.eye(n)[r] * h, np.eye(n)[c] * h
            hess[r, c] = (value(at + e + f) - value(at + e - f) - value(at - e + f) + value(at - e - f)) / (4 * h * h)
    own = np.sqrt(np.diag(np.linalg.inv(-hess)))
    told: list[float] = []
    for i in found.items:
        told += [i.se_a, *i.se_d]
        if i.g is not None:
            told.append(i.se_g / (i.g * (1 - i.g)))
    assert told == pytest.approx(own.tolist(), rel=2e-3)


def test_the_errors_of_many_fits_are_the_errors_told():
    slopes = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        t = rng.normal(size=500)
        x = (rng.random((500, 6)) < 1 / (1 + np.exp(-(1.2 * t[:, None] + np.linspace(-1, 1, 6))))).astype(int)
        found = calibrate(answers_of(x), "2pl")
        slopes += [(i.a - 1.2) / i.se_a for i in found.items]
    assert 0.85 < np.std(slopes) < 1.15


def test_truth_is_found_from_a_fifth_of_the_answers():
    answers, a, d = two_pl(6000, 60, 1, 0.2)
    found = calibrate(answers, "2pl", errors="block")
    za = [(i.a - x) / i.se_a for i, x in zip(found.items, a, strict=True)]
    zd = [(i.d[0] - x) / i.se_d[0] for i, x in zip(found.items, d, strict=True)]
    assert found.converged and 0.75 < np.std(za) < 1.3 and 0.75 < np.std(zd) < 1.3


def test_block_errors_are_close_to_full_ones_on_long_tests():
    answers, _, _ = two_pl(1500, 30, 3)
    full, block_ = calibrate(answers, "2pl", errors="full"), calibrate(answers, "2pl", errors="block")
    ratio = [b.se_d[0] / f.se_d[0] for b, f in zip(block_.items, full.items, strict=True)]
    assert (full.errors, block_.errors) == ("full", "block") and 0.8 < min(ratio) <= max(ratio) < 1.001


def test_a_large_table_in_single_precision_gives_the_same_fit(monkeypatch: pytest.MonkeyPatch):
    answers, _, _ = two_pl(4000, 20, 8, 0.5)
    double = calibrate(answers, "2pl", errors="none")
    monkeypatch.setattr(module, "LARGE", 10)
    single = calibrate(answers, "2pl", errors="none")
    assert single.log_likelihood == pytest.approx(double.log_likelihood, abs=2e-3)
    assert [i.a for i in single.items] == pytest.approx([i.a for i in double.items], abs=1e-3)


def test_too_few_nodes_are_refined_until_they_are_adequate():
    answers, _, _ = two_pl(300, 150, 9)
    coarse, fine = calibrate(answers, "2pl", node_count=13), calibrate(answers, "2pl", node_count=241)
    assert coarse.nodes > 13 and coarse.converged and abs(coarse.node_change) <= 0.01
    assert coarse.log_likelihood == pytest.approx(fine.log_likelihood, abs=0.02)


def test_a_fit_that_was_cut_short_does_not_say_converged():
    answers, _, _ = two_pl(300, 5, 10)
    assert calibrate(answers, "2pl", most=2).converged is False


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 40), st.integers(3, 5))
def test_whoever_answers_whatever_the_likelihood_is_finite_and_at_its_top(seed: int, n: int, items: int):
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, (n, items))
    x[0], x[1] = 0, 1
    found = calibrate(answers_of(x), "rasch")
    assert np.isfinite(found.log_likelihood) and found.sd_g[0] > 0
    if found.converged and found.sd_g[0] < 5:
        assert found.log_likelihood == pytest.approx(
            log_likelihood("grm", found.items, x, float(found.sd_g[0])), abs=1e-4
        )


def test_counting_a_pattern_twice_or_listing_it_twice_is_the_same():
    rng = np.random.default_rng(3)
    # answers that hang together: those that do not have no maximum (a slope runs away), and nothing to compare
    x = (rng.random((200, 4)) < sigma(1.5 * rng.normal(size=(200, 1)))).astype(int)
    once = calibrate(answers_of(x, weight=np.full(200, 2.0)), "2pl")
    twice = calibrate(answers_of(np.concatenate([x, x])), "2pl")
    assert once.log_likelihood == pytest.approx(twice.log_likelihood, abs=1e-6)
    assert [i.se_a for i in once.items] == pytest.approx([i.se_a for i in twice.items], rel=1e-3)


def test_groups_get_their_own_mean_and_spread():
    rng = np.random.default_rng(5)
    t = np.r_[rng.normal(0, 1, 3000), rng.normal(0.8, 0.6, 3000)]
    x = (rng.random((6000, 20)) < 1 / (1 + np.exp(-(t[:, None] - rng.normal(0, 1, 20))))).astype(int)
    found = calibrate(answers_of(x, group=np.repeat([0, 1], 3000), groups=("a", "b")), "2pl")
    assert found.mean_g[0] == 0 and found.sd_g[0] == 1
    assert found.mean_g[1] == pytest.approx(0.8, abs=0.08) and found.sd_g[1] == pytest.approx(0.6, abs=0.06)


def test_what_cannot_be_fitted_is_refused():
    three = answers_of(np.array([[0, 1, 2], [2, 1, 0], [1, 0, 1]]))
    with pytest.raises(UsageError, match="通り"):
        calibrate(three, "2pl")
    with pytest.raises(UsageError, match="モデル"):
        calibrate(three, "4pl")
    with pytest.raises(UsageError, match="誤差"):
        calibrate(three, "grm", errors="some")
    with pytest.raises(NoAnswer, match="問題"):
        calibrate(answers_of(np.full((3, 2), -1)), "2pl")
    with pytest.raises(UsageError, match="合いません"):
        answers_of(np.array([[0, 1]]), weight=np.array([np.nan]))


def test_warming_up_changes_nothing():
    answers, _, _ = two_pl(100, 5, 1)
    before = calibrate(answers, "2pl").log_likelihood
    warm(answers, "2pl")
    assert calibrate(replace(answers), "2pl").log_likelihood == before
