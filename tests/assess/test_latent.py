"""Anchored items, free groups and latent regression: against brute force, numerical derivatives and planted truth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from daremo.assess.calibrate import calibrate, warm
from daremo.assess.model import Answers, answers_of
from daremo.assess.read import Asked, read_answers
from daremo.assess.verify import verify
from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from daremo.kernel.errors import InputError, UsageError

A, D = np.array([1.2, 0.8, 1.6, 1.0, 1.4]), np.array([0.5, -0.5, 0.0, 1.0, -1.0])
NODES = np.linspace(-9, 9, 145)


def brute(x: np.ndarray, a: np.ndarray, d: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> float:
    """Log-likelihood of right and wrong answers where person i has ability N(mean_i, sd_i²), on a grid of her own."""
    t = mean[:, None] + sd[:, None] * NODES
    total = np.tile(-0.5 * NODES**2 - logsumexp(-0.5 * NODES**2), (x.shape[0], 1))
    for j in range(x.shape[1]):
        u = a[j] * t + d[j]
        log = -np.logaddexp(0, np.where(x[:, j, None] == 1, -u, u))
        total += np.where(x[:, j, None] >= 0, log, 0.0)
    return float(logsumexp(total, axis=1).sum())


def drawn(theta: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((theta.size, A.size)) < expit(A * theta[:, None] + D)).astype(int)


def regressed(n: int, seed: int) -> tuple[Answers, np.ndarray, np.ndarray]:
    """Answers of people whose ability falls with age and differs by a yes or no; the table; and covariates less their means."""
    rng = np.random.default_rng(seed)
    z = np.column_stack([rng.integers(50, 90, n).astype(float), rng.integers(0, 2, n).astype(float)])
    own = z - z.mean(0)
    x = drawn(own @ [-0.05, 0.6] + rng.normal(size=n), seed + 1)
    return replace(answers_of(x), covariates=z, covariate_names=("age", "class=yes")), x, own


def anchors(which: range) -> list[dict[str, object]]:
    return [{"item": f"item{j + 1}", "a": float(A[j]), "d": float(D[j])} for j in which]


def two_groups(n: int, seed: int) -> tuple[Answers, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 2
    x = drawn(np.where(group, -0.4 + 0.7 * rng.normal(size=n), 0.5 + 1.3 * rng.normal(size=n)), seed + 1)
    return answers_of(x, group=group, groups=("new", "old")), x, group


def test_the_regression_is_the_maximum_that_scipy_finds():
    answers, x, own = regressed(300, 1)
    found = calibrate(answers, "2pl")

    def value(v: np.ndarray) -> float:
        return brute(x, v[:5], v[5:10], own @ v[10:], np.ones(own.shape[0]))

    at = np.r_[[i.a for i in found.items], [i.d[0] for i in found.items], [e.value for e in found.effects]]
    assert found.converged and found.log_likelihood == pytest.approx(value(at), abs=1e-5)
    best = minimize(lambda v: -value(v * np.r_[np.ones(10), 0.05, 1.0]), np.r_[np.ones(5), np.zeros(7)], method="BFGS")
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-4)
    assert [e.value for e in found.effects] == pytest.approx((best.x[10:] * [0.05, 1.0]).tolist(), abs=2e-3)
    h, n = 1e-3 * np.r_[np.ones(10), 0.05, 1.0], 12
    hess = np.empty((n, n))
    for r in range(n):
        for c in range(r + 1):
            e, f = np.eye(n)[r] * h, np.eye(n)[c] * h
            hess[r, c] = hess[c, r] = (
                value(at + e + f) - value(at + e - f) - value(at - e + f) + value(at - e - f)
            ) / (4 * h[r] * h[c])
    error = np.sqrt(np.diag(np.linalg.inv(-hess)))
    assert [e.se for e in found.effects] == pytest.approx(error[10:].tolist(), rel=5e-3)
    assert [i.se_a for i in found.items] == pytest.approx(error[:5].tolist(), rel=5e-3)


@pytest.mark.parametrize("model", ["2pl", "rasch"])
def test_planted_effects_come_back_within_their_errors(model: str):
    answers = regressed(4000, 5)[0]
    found = calibrate(answers, model)
    for e, truth in zip(found.effects, (-0.05, 0.6), strict=True):
        times = 1.0 if model == "2pl" else float(found.sd_g[0])
        assert abs(e.value - truth * times) < 3.5 * e.se
    assert found.mean_g.tolist() == [0.0] and found.effects[0].centre == pytest.approx(answers.covariates[:, 0].mean())


def test_the_order_of_people_changes_no_digit_that_is_told():
    answers, x, _ = regressed(200, 7)
    turned = replace(
        answers_of(x[::-1].copy()), covariates=answers.covariates[::-1], covariate_names=("age", "class=yes")
    )
    one, other = calibrate(answers, "2pl"), calibrate(turned, "2pl")
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-8)
    assert [e.value for e in one.effects] == pytest.approx([e.value for e in other.effects], abs=1e-6)


def test_with_all_items_anchored_only_groups_are_sought_and_they_are_the_maximum():
    answers, x, group = two_groups(400, 9)
    found = calibrate(answers, "2pl", anchors=anchors(range(5)))

    def value(v: np.ndarray) -> float:
        return brute(x, A, D, v[:2][group], np.exp(v[2:])[group])

    best = minimize(lambda v: -value(v), np.zeros(4), method="BFGS")
    assert found.parameters == 4 and [i.a for i in found.items] == A.tolist()
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-5)
    assert found.mean_g.tolist() == pytest.approx(best.x[:2].tolist(), abs=1e-3)
    assert found.sd_g.tolist() == pytest.approx(np.exp(best.x[2:]).tolist(), abs=1e-3)
    step, errors = 1e-3, list[float]()
    for k in range(2):
        e = np.eye(4)[k] * step
        # the two groups do not touch, and mean and spread hardly
        errors.append(float(np.sqrt(-(step**2) / (value(best.x + e) - 2 * value(best.x) + value(best.x - e)))))
    assert list(found.se_mean_g) == pytest.approx(errors, rel=0.05)
    assert all(i.anchor and i.se_a is None and i.se_d == (None,) for i in found.items)


def test_new_items_beside_anchors_come_back_on_the_scale_of_the_anchors():
    answers = two_groups(6000, 11)[0]
    found = calibrate(answers, "2pl", anchors=anchors(range(3)))
    for j in (3, 4):
        i = found.items[j]
        assert not i.anchor and abs(i.a - A[j]) < 3.5 * i.se_a and abs(i.d[0] - D[j]) < 3.5 * i.se_d[0]
    for told, truth, se in zip(
        [*found.mean_g, *found.sd_g], [0.5, -0.4, 1.3, 0.7], [*found.se_mean_g, *found.se_sd_g], strict=True
    ):
        assert abs(told - truth) < 3.5 * se


def test_anchors_groups_and_covariates_hold_together():
    answers, x, group = two_groups(300, 13)
    z = np.random.default_rng(1).normal(size=(300, 1))
    found = calibrate(replace(answers, covariates=z, covariate_names=("z",)), "2pl", anchors=anchors(range(4)))
    mean = found.mean_g[group] + found.effects[0].value * (z[:, 0] - found.effects[0].centre)
    a, d = np.array([i.a for i in found.items]), np.array([i.d[0] for i in found.items])
    assert found.converged and found.parameters == 7
    assert found.log_likelihood == pytest.approx(brute(x, a, d, mean, found.sd_g[group]), abs=1e-5)
    worse = brute(x, a, d, mean + 0.05 * z[:, 0], found.sd_g[group])
    assert worse < found.log_likelihood


@pytest.mark.parametrize("model,form", [("rasch", {}), ("grm", {}), ("gpcm", {}), ("3pl", {})])
def test_anchoring_a_fit_by_itself_gives_it_back(model: str, form: dict[str, object]):
    rng = np.random.default_rng(15)
    t = rng.normal(size=600)
    top = 2 if model in ("rasch", "3pl") else 3
    x = (1.2 * t[:, None] + rng.logistic(size=(600, 6)) > np.linspace(-1, 1, top + 1)[1:-1][:, None, None]).sum(0)
    answers = answers_of(x)
    free = calibrate(answers, model)
    held = calibrate(answers, model, anchors=[i.as_dict() for i in free.items])
    assert held.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-4)
    assert abs(held.mean_g[0]) < 2e-2 and held.sd_g[0] == pytest.approx(float(free.sd_g[0]), abs=2e-2)


def test_block_errors_of_effects_take_items_as_known_and_are_no_larger():
    answers = regressed(500, 17)[0]
    full, block = calibrate(answers, "2pl", errors="full"), calibrate(answers, "2pl", errors="block")
    for f, b in zip(full.effects, block.effects, strict=True):
        assert 0 < b.se <= f.se * 1.001


@pytest.mark.parametrize(
    "bad",
    [
        [{"item": "elsewhere", "a": 1.0, "d": 0.0}],
        [{"item": "item1", "a": 1.0, "d": [0.0, 1.0]}],
        [{"item": "item1", "a": 1.0, "d": 0.0}] * 2,
        [{"item": "item1", "a": "x", "d": 0.0}],
        [{"item": "item1", "a": 1.0, "d": 0.0, "g": 0.2}],
        [{"item": "item1", "a": float("nan"), "d": 0.0}],
        [{"item": "item1", "a": 1.0, "d": 0.0, "categories": ["no", "yes"]}],
    ],
)
def test_anchors_that_do_not_fit_are_refused(bad: list[dict[str, object]]):
    with pytest.raises(UsageError) as e:
        calibrate(two_groups(40, 19)[0], "2pl", anchors=bad)
    assert e.value.code == "bad-anchors"


def written(path: Path, n: int = 300) -> np.ndarray:
    _, x, _ = regressed(n, 21)
    rng = np.random.default_rng(2)
    age, sex = rng.integers(50, 90, n), np.array(["男", "女"])[rng.integers(0, 2, n)]
    pl.DataFrame(
        {"id": [f"p{k}" for k in range(n)], "age": age, "sex": sex, **{f"q{j + 1}": x[:, j] for j in range(5)}}
    ).write_csv(path)
    return x


def test_words_become_yes_or_no_beside_the_first_and_blanks_are_told(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("id,age,sex,q1,q2\na,70,女,1,0\nb,80,男,0,1\nc,,男,1,1\nd,65,,0,0\ne,71,女,0,1\n", encoding="utf-8")
    read = read_answers(path, Asked(covariates=("age", "sex")))
    assert read.covariate_names == ("age", "sex=男") and read.people == ("a", "b", "e")
    assert read.covariates.tolist() == [[70.0, 0.0], [80.0, 1.0], [71.0, 0.0]]
    assert [p.code for p in read.problems] == ["no-covariate"] * 2


def test_a_person_of_two_ages_is_told_in_a_long_table(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("person,item,answer,age\na,q1,1,70\na,q2,0,71\nb,q1,0,60\nb,q2,1,60\n", encoding="utf-8")
    with pytest.raises(InputError) as e:
        read_answers(path, Asked(covariates=("age",)))
    assert [p.code for p in e.value.problems] == ["covariate-differs"]


def test_the_command_takes_covariates_and_anchors(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path, bank, held = tmp_path / "a.csv", tmp_path / "bank.json", tmp_path / "held.json"
    written(path)
    base = ["assess", "calibrate", str(path), "--model", "2pl"]
    assert run(command, [*base, "--covariates", "age,sex", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [e["covariate"] for e in told["latent"]["effects"]] == ["age", "sex=男"] and told["covariates"] == [
        "age",
        "sex",
    ]
    assert run(command, [*base, "--ignore", "age", "--ignore", "sex", "-o", str(bank), "--quiet"]) == 0
    assert (
        run(command, [*base, "--ignore", "age", "--group", "sex", "--anchors", str(bank), "--json", "-o", str(held)])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert all(i["anchor"] for i in told["items"]) and len(told["latent"]["mean"]) == 2
    assert verify(told, read_answers(path, Asked(group="sex", ignore=("age",)))).as_dict()["holds"]
    assert run(command, [*base, "--covariates", "age,sex", "--fit"]) == 2
    assert run(command, [*base, "--ignore", "age", "--ignore", "sex", "--anchors", str(tmp_path / "none.json")]) == 2
    (tmp_path / "anchors.csv").write_text("item,a,d\nq1,1.0,0.2\nq2,1.2,-0.3\n", encoding="utf-8")
    more = ["--ignore", "age", "--ignore", "sex", "--anchors", str(tmp_path / "anchors.csv"), "--json"]
    capsys.readouterr()
    assert run(command, [*base, *more]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [i.get("anchor", False) for i in told["items"]] == [True, True, False, False, False]


def test_warming_up_takes_covariates_too():
    warm(regressed(60, 23)[0], "2pl")


def test_a_group_of_nobody_or_few_is_left_out_and_told_and_changes_nothing():
    theta = np.random.default_rng(8).normal(size=600)
    x, group = drawn(theta, 9), np.arange(600) % 2
    two = calibrate(answers_of(x, group=group, groups=("a", "b")), "2pl")
    # nobody is in c, nine people are in d
    more = np.r_[group, np.full(9, 3)]
    four = calibrate(answers_of(np.r_[x, x[:9]], group=more, groups=("a", "b", "c", "d")), "2pl")
    assert four.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-9)
    assert four.groups == ("a", "b") and four.persons == two.persons == 600 and four.answers == two.answers
    assert [(p.code, p.column, p.value) for p in four.problems] == [
        ("empty-group", "c", "0"),
        ("empty-group", "d", "9"),
    ]


def test_what_cannot_be_known_is_told_as_such():
    theta = np.random.default_rng(8).normal(size=300)
    x = drawn(theta, 9)
    # everybody of b has the same answers: there is no spread
    same = answers_of(np.r_[x, np.tile([1, 0, 1, 1, 0], (60, 1))], group=np.arange(360) // 300, groups=("a", "b"))
    found = calibrate(same, "2pl")
    assert "flat-group" in {p.code for p in found.problems} and not found.converged
    one = calibrate(answers_of(x[:, :1]), "2pl")
    assert [p.code for p in one.problems] == ["no-errors"] and one.items[0].se_a is None
