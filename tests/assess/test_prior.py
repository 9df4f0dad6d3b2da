"""Day one: guesses moved by few answers with honest errors; organisations of few people."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.assess.bank import abilities, bank_of
from daremo.assess.calibrate import calibrate
from daremo.assess.model import answers_of
from daremo.assess.organisations import organisations
from daremo.assess.prior import updated_bank
from daremo.kernel.errors import UsageError
from tests.assess.making import sigma


def guessed(items: int, people: int, seed: int, share: float = 0.3):
    """Experts' guesses (b off by .75, log a by .35) and answers to a part of the items."""
    rng = np.random.default_rng(seed)
    b0, a0 = rng.normal(-0.3, 1, items), np.full(items, 1.25)
    b, a = b0 + rng.normal(0, 0.75, items), a0 * np.exp(rng.normal(0, 0.35, items))
    t = rng.normal(size=people)
    x = (rng.random((people, items)) < sigma(a * (t[:, None] - b))).astype(int)
    x[rng.random(x.shape) >= share] = -1
    experts = [{"item": f"item{j + 1}", "a": a0[j], "b": b0[j], "b_sd": 0.75} for j in range(items)]
    return experts, answers_of(x, categories=2), a, b


def test_without_answers_the_guess_stands_with_its_error():
    experts, answers, _, _ = guessed(10, 60, 1)
    more = [*experts, {"item": "new", "a": 1.1, "b": 0.4, "b_sd": 0.8, "categories": 3}]
    new = updated_bank(answers, more)[-1]
    assert new["b"] == pytest.approx(0.4, abs=1e-6) and new["b_sd"] == pytest.approx(0.8, abs=1e-6)
    assert new["answers"] == 0 and len(new["d"]) == 2
    bank_of([new | {"area": "1"}], abilities(("1",), rho=0.0))


def test_a_few_answers_bring_guesses_nearer_and_errors_are_honest():
    off, error, before = [], [], []
    for seed in range(6):
        experts, answers, _, b = guessed(40, 120, seed)
        found = updated_bank(answers, experts)
        off += [f["b"] - x for f, x in zip(found, b, strict=True)]
        before += [e["b"] - x for e, x in zip(experts, b, strict=True)]
        error += [f["b_sd"] for f in found]
    rms = float(np.sqrt(np.mean(np.square(off))))
    assert rms < 0.65 * float(np.sqrt(np.mean(np.square(before))))
    assert 0.88 < float(np.sqrt(np.mean((np.array(off) / error) ** 2))) < 1.12


def test_many_answers_outweigh_the_guess():
    experts, answers, a, b = guessed(12, 6000, 9, 1.0)
    found, plain = updated_bank(answers, experts), calibrate(answers, "2pl", errors="none")
    assert [f["a"] for f in found] == pytest.approx([i.a for i in plain.items], rel=0.06)
    # an item that nearly everybody solves keeps something of its guess
    assert all(abs(f["b"] + i.d[0] / i.a) < max(0.04, 0.8 * f["b_sd"]) for f, i in zip(found, plain.items, strict=True))
    assert np.median([f["b_sd"] for f in found]) < 0.08
    assert found[0]["d"] == pytest.approx(-found[0]["a"] * found[0]["b"])


def test_guesses_that_cannot_be_used_are_refused():
    experts, answers, _, _ = guessed(3, 20, 2)
    for bad in ({**experts[0], "b_sd": 0.0}, {**experts[0], "a": -1.0}, {"item": "item1"}):
        with pytest.raises(UsageError, match="専門家"), np.errstate(invalid="ignore"):
            updated_bank(answers, [bad, *experts[1:]])
    with pytest.raises(UsageError, match="専門家"):
        updated_bank(answers, experts[1:])


def towns(seed: int, size: tuple[int, ...], between: float = 0.3):
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(len(size)), size)
    mu = rng.normal(0.1, between, len(size))
    theta, sd = mu[code] + rng.normal(0, 0.8, code.size), np.full(code.size, 0.45)
    # a posterior under N(0, 1) of error .45: likelihood of variance v, mean drawn to 0
    v = 1 / (1 / sd**2 - 1)
    return (theta + np.sqrt(v) * rng.normal(size=code.size)) / (1 + v), sd, code, mu


def test_intervals_of_organisations_cover_as_often_as_they_say():
    size, hit = (10, 12, 15, 20, 30, 10, 11, 40, 10, 25), []
    for seed in range(60):
        mean, sd, code, mu = towns(seed, size)
        found = organisations(mean, sd, code, tuple("abcdefghij"))
        hit += ((found.low <= mu) & (mu <= found.high)).tolist()
    assert 0.86 <= np.mean(hit) <= 0.94


def test_an_organisation_of_nine_people_is_not_told_of_and_the_order_of_people_does_not_matter():
    mean, sd, code, _ = towns(3, (9, 10, 30))
    found = organisations(mean, sd, code, ("nine", "ten", "thirty"))
    assert [r["told"] for r in found.as_dict()["organisations"]] == [False, True, True]
    assert "mean" not in found.as_dict()["organisations"][0] and np.isnan(found.mean[0])
    back = organisations(mean[::-1], sd[::-1], code[::-1], ("nine", "ten", "thirty"))
    assert np.array_equal(back.mean[1:], found.mean[1:])


def test_small_organisations_are_drawn_to_the_others():
    mean, sd, code, _ = towns(5, (10, 200, 50, 50, 50), 0.1)
    found = organisations(mean, sd, code, tuple("abcde"))
    direct = np.array([(mean[code == j] * (1 / (1 - 0.45**2))).mean() for j in range(5)])
    assert abs(found.mean[0] - found.overall) < abs(direct[0] - found.overall)
    assert found.se[0] > found.se[1]
    with pytest.raises(UsageError, match="組織"):
        organisations(mean, sd, code, ("a",))
