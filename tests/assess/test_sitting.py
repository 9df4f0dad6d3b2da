"""A sitting as plain data: survives JSON, agrees with the engine, says words that are probabilities, gains that are tested."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from daremo.assess.adapt import Rules
from daremo.assess.bank import expert_item, made_up_items
from daremo.assess.gain import PRIOR_SD, gain
from daremo.assess.sitting import SCREENING, Check, answer, check_of, more, next_item, result, start, undo
from daremo.kernel.errors import UsageError
from tests.assess.making import sigma

AREAS = ("1", "2", "3", "4", "5")


@pytest.fixture(scope="module")
def check() -> Check:
    return check_of(made_up_items(150, AREAS), AREAS, stage_mean={"75-84": -0.7})


def sat(check: Check, state: dict, seed: int, theta: np.ndarray, items: dict[str, dict]) -> dict:
    """Somebody of this ability in each area answers until it is over."""
    rng = np.random.default_rng(seed)
    while True:
        name = next_item(check, state)["item"]
        if name is None:
            return state
        i = items[name]
        right = rng.random() < sigma(i["a"] * theta[int(i["area"]) - 1] + i["d"])
        state = answer(check, state, name, int(right))


def test_a_state_is_plain_json_and_means_the_same_after_it(check: Check):
    state = start(check, self_report={"1": 0.5}, life_stage="75-84", seed=4)
    items = {i["item"]: i for i in made_up_items(150, AREAS)}
    state = sat(check, state, 1, np.full(5, -0.5), items)
    again = json.loads(json.dumps(state, allow_nan=False))
    assert again == state and result(check, again) == result(check, state)
    assert next_item(check, again) == next_item(check, state) and len(json.dumps(state)) < 3000


def test_the_levels_are_probabilities_and_the_likeliest_is_named(check: Check):
    state = start(check)
    for row in result(check, state)["areas"]:
        # before anybody answered: the normal distribution cut at -1 and 0
        assert row["alone"] == pytest.approx(0.5, abs=0.003) and row["not_yet"] == pytest.approx(0.1587, abs=0.006)
        assert row["alone"] + row["with"] + row["not_yet"] == pytest.approx(1) and row["level"] == "alone"
        assert row["low"] == pytest.approx(-1.645, abs=0.05) and not row["sure"]


def test_levels_are_as_likely_as_they_say(check: Check):
    rng, items = np.random.default_rng(5), {i["item"]: i for i in made_up_items(150, AREAS)}
    said, true = [], []
    for n in range(150):
        theta = np.sqrt(0.75) * rng.normal() + 0.5 * rng.normal(size=5)
        for k, row in enumerate(result(check, sat(check, start(check, seed=n), n, theta, items))["areas"]):
            said.append([row["alone"], row["with"], row["not_yet"]])
            true.append([theta[k] > 0, -1 < theta[k] <= 0, theta[k] <= -1])
    s, t = np.array(said), np.array(true, float)
    assert s.mean(0) == pytest.approx(t.mean(0), abs=0.05)
    for low, high in ((0, 0.2), (0.2, 0.6), (0.6, 0.9), (0.9, 1.01)):
        inside = (s >= low) & (s < high)
        assert s[inside].mean() == pytest.approx(t[inside].mean(), abs=0.07)


def test_a_life_stage_and_a_prior_move_the_start(check: Check):
    assert result(check, start(check, life_stage="75-84"))["areas"][0]["mean"] == pytest.approx(-0.7, abs=0.01)
    state = start(check, life_stage="75-84", prior={"2": 0.4})
    assert [round(r["mean"], 1) for r in result(check, state)["areas"]] == [-0.7, 0.4, -0.7, -0.7, -0.7]


def test_the_same_state_asks_the_same_item_and_undo_is_exact(check: Check):
    state = start(check, seed=9)
    first = next_item(check, state)
    assert first == next_item(check, state) and first["number"] == 1
    after = answer(check, state, first["item"], 0)
    assert undo(after) == state and next_item(check, after)["item"] != first["item"]


def test_closed_items_are_not_asked_and_more_can_be_asked(check: Check):
    first = next_item(check, start(check, seed=3))["item"]
    assert next_item(check, start(check, seed=3, closed=[first]))["item"] != first
    short = check_of(made_up_items(150, AREAS), AREAS, rules=replace(SCREENING, most=1, se=0.01, least=1, cuts=(-1, 0)))
    state = start(short)
    state = answer(short, state, next_item(short, state)["item"], 1)
    assert next_item(short, state)["reason"] == "most" and next_item(short, more(state, 2))["item"] is not None


def test_an_earlier_sitting_counts_on_and_its_items_rest(check: Check):
    items = {i["item"]: i for i in made_up_items(150, AREAS)}
    before = sat(check, start(check, seed=1), 2, np.full(5, 1.0), items)
    after = start(check, seed=1, earlier=before, drift_sd=0.0)
    assert [r["mean"] for r in result(check, after)["areas"]] == pytest.approx(
        [r["mean"] for r in result(check, before)["areas"]]
    )
    drifted = result(check, start(check, earlier=before, drift_sd=0.5))["areas"]
    assert all(d["se"] > b["se"] for d, b in zip(drifted, result(check, before)["areas"], strict=True))
    long = sat(check, more(after, 12), 3, np.full(5, 1.0), items)
    assert not {i for i, _ in long["told"]} & {i for i, _ in before["told"]}
    third = start(check, earlier=json.loads(json.dumps(long)))
    assert len(third["earlier"]) == 2


def test_an_unsure_difficulty_makes_an_answer_say_less():
    rules = replace(SCREENING, least=1)
    sure = check_of([expert_item("q", "1", 2.0, 0.0, 0.0)], ("1",), rho=0, rules=rules)
    unsure = check_of([expert_item("q", "1", 2.0, 0.0, 0.8)], ("1",), rho=0, rules=rules)
    said = [result(c, answer(c, start(c), "q", 1))["areas"][0] for c in (sure, unsure)]
    assert said[0]["mean"] > said[1]["mean"] > 0 and said[0]["se"] < said[1]["se"]
    # by hand: the curve averaged over difficulties
    t, b = np.linspace(-6, 6, 601), np.linspace(-4, 4, 801)
    w = np.exp(-0.5 * (b / 0.8) ** 2)
    post = np.exp(-t * t / 2) * (sigma(2 * (t[:, None] - b)) @ w)
    mean = (post * t).sum() / post.sum()
    assert said[1]["mean"] == pytest.approx(mean, abs=2e-3)


def test_a_gain_is_found_and_chance_is_not_called_one():
    made = made_up_items(200, AREAS)
    check, items = (
        check_of(made, AREAS, rules=Rules(cuts=(-1, 0), se=0.4, sure=1, most=18)),
        {i["item"]: i for i in made},
    )
    rng = np.random.default_rng(2)
    alarms, found, sizes = 0, 0, []
    for n in range(100):
        theta = np.sqrt(0.75) * rng.normal() + 0.5 * rng.normal(size=5)
        before = sat(check, start(check, seed=n), n, theta, items)
        later = start(check, seed=n + 500, closed=[i for i, _ in before["told"]])
        same = gain(check, before, sat(check, later, n + 1000, theta, items))["overall"]
        more_able = gain(check, before, sat(check, later, n + 2000, theta + 1.0, items))["overall"]
        alarms += same["verdict"] != "same"
        found += more_able["verdict"] == "up"
        sizes.append(more_able["gain"])
    assert alarms <= 11 and found >= 60
    # the weak prior takes about a tenth off
    assert np.mean(sizes) == pytest.approx(0.9, abs=0.1)


def test_a_gain_is_the_integral_over_ability():
    check = check_of([expert_item(f"q{j}", "1", 1.5, b, 0) for j, b in enumerate((-1, 0, 1, -0.5))], ("1",), rho=0)
    before = answer(check, answer(check, start(check), "q0", 1), "q1", 0)
    after = answer(check, answer(check, start(check), "q2", 1), "q3", 1)
    t, d = np.linspace(-8, 8, 1601), np.linspace(-4, 4, 161)
    f = []
    for x in d:
        was, now = t - x / 2, t + x / 2
        p = sigma(1.5 * (was + 1)) * (1 - sigma(1.5 * was)) * sigma(1.5 * (now - 1)) * sigma(1.5 * (now + 0.5))
        f.append((np.exp(-t * t / 2) * p).sum() * np.exp(-0.5 * (x / PRIOR_SD) ** 2))
    share = np.array(f) / np.sum(f)
    told = gain(check, before, after)["overall"]
    assert told["gain"] == pytest.approx(share @ d, abs=0.01)
    assert {"area": "1", **told} == gain(check, before, after)["areas"][0]
    nothing = gain(check, before, start(check))
    assert nothing["overall"]["verdict"] == "unknown" and nothing["areas"][0]["gain"] is None


@pytest.mark.parametrize("rho", [0.0, 0.75])
def test_areas_that_are_not_looked_at_have_gains_of_their_own(rho: float):
    """Two areas, by hand on a fine grid: each area's own gain integrates over the other area's ability and gain."""
    items = [expert_item(f"q{area}{n}", area, 1.5, b, 0) for area in "12" for n, b in enumerate((-0.5, 0.5))]
    check = check_of(items, ("1", "2"), rho=rho)
    told = {"q10": 1, "q20": 0}, {"q11": 1, "q21": 1}
    states = []
    for answers in told:
        state = start(check)
        for name, right in answers.items():
            state = answer(check, state, name, right)
        states.append(state)
    g, t, d = np.linspace(-6, 6, 121), np.linspace(-7, 7, 281), np.linspace(-4, 4, 81)
    prior = np.exp(-0.5 * (d / PRIOR_SD) ** 2)

    def given(right: tuple[int, int]) -> np.ndarray:
        """Likelihood of each gain at each general ability, shape (gains, general)."""
        like = np.empty((d.size, g.size))
        apart = np.exp(-0.5 * (t[None, :] - np.sqrt(rho) * g[:, None]) ** 2 / (1 - rho))
        for n, x in enumerate(d):
            p = [sigma(1.5 * (t + side * x / 2 - b)) for side, b in ((-1, -0.5), (1, 0.5))]
            like[n] = apart @ np.prod([q if r else 1 - q for q, r in zip(p, right, strict=True)], axis=0)
        return like

    first, second = given((1, 1)), given((0, 1))
    normal = np.exp(-g * g / 2)
    found = gain(check, *states)["areas"]
    for mine, other, row in ((first, second, found[0]), (second, first, found[1])):
        f = prior * (mine * (prior @ other) * normal).sum(1)
        assert row["gain"] == pytest.approx(f @ d / f.sum(), abs=0.01)


@pytest.mark.parametrize("right", [0, 1])
def test_nothing_or_everything_right_twice_is_no_gain_at_all(check: Check, right: int):
    def all_alike(seed: int, closed: list[str]) -> dict:
        state = start(check, seed=seed, closed=closed)
        while (name := next_item(check, state)["item"]) is not None:
            state = answer(check, state, name, right)
        return state

    before = all_alike(1, [])
    for after in (before, all_alike(2, [name for name, _ in before["told"]])):
        told = gain(check, before, after)["overall"]
        # four answers each time, the second ones to other questions: well inside an interval that is three wide
        assert abs(told["gain"]) < 0.7 and told["verdict"] == "same" and told["low"] < -0.5 < 0.5 < told["high"]
    assert gain(check, before, before)["overall"]["gain"] == pytest.approx(0, abs=1e-9)


def test_what_was_gained_is_what_was_lost_the_other_way_round(check: Check):
    items = {i["item"]: i for i in made_up_items(150, AREAS)}
    one, two = (sat(check, start(check, seed=n), n, np.full(5, a), items) for n, a in ((1, -1.0), (2, 0.8)))
    there, back = gain(check, one, two), gain(check, two, one)
    assert there["overall"]["gain"] == pytest.approx(-back["overall"]["gain"]) and there["overall"]["gain"] > 0.5
    assert there["overall"]["sure"] == pytest.approx(1 - back["overall"]["sure"])


def test_what_cannot_be_read_is_refused(check: Check):
    with pytest.raises(UsageError, match="答え"):
        answer(check, start(check), "no such item", 1)
    with pytest.raises(UsageError, match="記録"):
        result(check, {"told": []})
    with pytest.raises(UsageError, match="自己申告"):
        start(check, self_report={"9": 1.0})
    with pytest.raises(UsageError, match="区切り"):
        check_of(made_up_items(5, AREAS), AREAS, rules=Rules())
