"""A sitting: posterior against integration by hand, choices that obey their rules, errors that are honest."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.assess.adapt import Rules, Sitting, begin_sitting, report_sd, scarcity, simulate
from daremo.assess.bank import Abilities, Bank, abilities, bank_of, made_up_items
from daremo.kernel.errors import UsageError
from tests.assess.making import sigma

AREAS = ("1", "2", "3", "4", "5")


@pytest.fixture(scope="module")
def five() -> tuple[Abilities, Bank]:
    own = abilities(AREAS, rho=0.75)
    return own, bank_of(made_up_items(250, AREAS), own)


def graded(own: Abilities) -> Bank:
    return bank_of(
        [{"item": f"g{j}", "area": "x" if j % 2 else "y", "a": 1.5, "d": [2 - j * 0.2, 0.1, -1.5]} for j in range(10)],
        own,
        model="grm",
    )


def by_hand(own: Abilities, items: list[dict], answers: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of two areas over a fine square of both, without the general ability."""
    t = np.linspace(-6, 6, 401)
    x, y = np.meshgrid(t, t, indexing="ij")
    r = own.rho
    post = np.exp(-(x * x - 2 * r * x * y + y * y) / (2 * (1 - r * r)))
    for i, c in zip(items, answers, strict=True):
        p = sigma(i["a"] * (x if i["area"] == own.areas[0] else y) + i["d"])
        post = post * (p if c else 1 - p)
    post /= post.sum()
    mean = np.array([(post * x).sum(), (post * y).sum()])
    off = (post * (x - mean[0]) * (y - mean[1])).sum()
    return mean, np.array([[(post * (x - mean[0]) ** 2).sum(), off], [off, (post * (y - mean[1]) ** 2).sum()]])


def test_the_posterior_is_the_integral_over_both_areas():
    own = abilities(("x", "y"), rho=0.6)
    items = made_up_items(8, ("x", "y"), seed=3)
    s = begin_sitting(bank_of(items, own), own, Rules())
    answers = [1, 0, 1, 1, 0, 0, 1, 1]
    for j, c in enumerate(answers):
        s = s.answer(j, c)
    mean, cov, pk = s.posterior()
    hand_mean, hand_cov = by_hand(own, items, answers)
    assert mean == pytest.approx(hand_mean, abs=2e-4) and cov == pytest.approx(hand_cov, abs=2e-4)
    assert pk.sum(1) == pytest.approx([1, 1], abs=1e-9)


def test_without_answers_everybody_is_the_prior():
    own = abilities(AREAS, rho=0.75, mean_k=[-1, 0, 0.5, 0, 0])
    mean, cov, _ = begin_sitting(bank_of(made_up_items(10, AREAS), own), own, Rules()).posterior()
    assert mean == pytest.approx([-1, 0, 0.5, 0, 0], abs=2e-3)
    assert np.diag(cov) == pytest.approx(np.ones(5), abs=4e-3) and cov[0, 1] == pytest.approx(0.75, abs=2e-3)


def test_the_next_item_is_the_one_that_lowers_the_variance_most():
    own = abilities(("x",), rho=0.0)
    items = made_up_items(30, ("x",), seed=5)
    bank = bank_of(items, own)
    s = begin_sitting(bank, own, Rules(easy=0, top=1, success_floor=0.0)).answer(4, 1).answer(9, 0)
    after = {}
    for j in set(range(30)) - {4, 9}:
        pk = s.posterior()[2][0]
        right = float((pk * bank.p_rq[bank.first[j] + 1]).sum())
        after[j] = right * s.answer(j, 1).posterior()[1][0, 0] + (1 - right) * s.answer(j, 0).posterior()[1][0, 0]
    best = min(after.values())
    assert after[s.next(0.0)[0]] == pytest.approx(best, abs=1e-5)


def test_a_sitting_begins_with_what_most_people_can_do(five: tuple[Abilities, Bank]):
    own, bank = five
    s = begin_sitting(bank, own, Rules(top=1))
    j, why = s.next(0.0)
    pk = s.posterior()[2]
    assert why == "" and (pk[bank.area[j]] * bank.p_rq[bank.first[j] + 1]).sum() == pytest.approx(0.8, abs=0.08)


def walk(s: Sitting, seed: int, right: float = 0.6) -> tuple[Sitting, str]:
    rng = np.random.default_rng(seed)
    while True:
        j, why = s.next(float(rng.random()))
        if j < 0:
            return s, why
        s = s.answer(j, int(rng.random() < right))


def test_content_is_balanced_and_limits_hold(five: tuple[Abilities, Bank]):
    own, bank = five
    rules = Rules(se=0.0, least=5, most=17, least_per_area=3, most_per_competence=2)
    for seed in range(5):
        s, why = walk(begin_sitting(bank, own, rules), seed)
        asked = list(s.asked)
        assert why == "most" and len(asked) == 17 == len(set(asked))
        assert np.bincount(bank.area[asked], minlength=5).min() >= 3
        assert np.bincount(bank.competence[asked]).max() <= 2


def test_a_sitting_ends_for_the_reason_it_says(five: tuple[Abilities, Bank]):
    own, bank = five
    s, why = walk(begin_sitting(bank, own, Rules(se=0.5)), 1)
    assert why == "precise" and np.sqrt(np.diag(s.posterior()[1])).max() <= 0.5
    assert walk(begin_sitting(bank, own, Rules(se=0.0, small_gain=0.2)), 1)[1] == "small-gain"
    few = bank_of(made_up_items(5, AREAS), own)
    assert walk(begin_sitting(few, own, Rules(se=0.1)), 1)[1] == "no-item"
    s, why = walk(begin_sitting(bank, own, Rules(se=0.0, cuts=(0.0,), most=80)), 2, 0.9)
    pk = s.posterior()[2]
    above = pk[:, own.t > 0].sum(1)
    assert why == "precise" and (np.maximum(above, 1 - above) >= 0.9).all()


def test_closed_items_rest_and_any_moment_is_valid_to_stop(five: tuple[Abilities, Bank]):
    own, bank = five
    s = begin_sitting(bank, own, Rules(top=1))
    first = s.next(0.0)[0]
    closed = np.zeros(250, bool)
    closed[first] = True
    assert s.next(0.0, closed)[0] != first
    for n in range(3):
        assert np.isfinite(s.posterior()[0]).all(), n
        s = s.answer(s.next(0.5)[0], n % 2)


def test_a_self_report_moves_the_start_and_is_worth_its_reliability(five: tuple[Abilities, Bank]):
    own, bank = five
    mean, cov, _ = begin_sitting(bank, own, Rules(), self_report={0: 2.0}, reliability=0.65).posterior()
    assert mean[0] == pytest.approx(0.65**2 * 2.0, abs=0.01) and cov[0, 0] == pytest.approx(1 - 0.65**2, abs=0.01)
    assert report_sd(0.65) == pytest.approx(1.169, abs=1e-3)


def test_what_was_known_is_carried_to_the_next_sitting(five: tuple[Abilities, Bank]):
    own, bank = five
    s = begin_sitting(bank, own, Rules()).answer(0, 1).answer(1, 0)
    later = begin_sitting(bank, own, Rules(), carried=s.like)
    assert later.posterior()[0] == pytest.approx(s.posterior()[0]) and later.asked == ()


def test_reported_errors_are_the_true_errors_in_every_tenth(five: tuple[Abilities, Bank]):
    own, bank = five
    found = simulate(bank, own, Rules(), 4000, seed=3)
    ratios = [d["ratio"] for d in found.deciles(found.estimate)]
    assert len(ratios) == 10 and 0.95 < min(ratios) <= max(ratios) < 1.05
    assert found.as_dict()["true_error"] == pytest.approx(found.as_dict()["reported_se"], rel=0.03)


def test_no_item_is_seen_by_more_than_its_share(five: tuple[Abilities, Bank]):
    own, bank = five
    found = simulate(bank, own, Rules(exposure=0.2), 1500)
    assert found.as_dict()["highest_exposure"] <= 0.2 + 1 / 1500 + 1e-12
    assert simulate(bank, own, Rules(exposure=1.0), 500).as_dict()["highest_exposure"] > 0.5


def test_an_item_grows_dear_before_it_must_rest():
    dear = scarcity(np.array([0, 25, 30, 35, 40]), 99, 0.35)
    assert dear == pytest.approx([0, 0, 0.5, 1, 1])
    assert not scarcity(np.array([99]), 99, 1.0).any() and not scarcity(np.array([0, 0]), 0, 0.35).any()


def test_a_dear_item_is_left_to_those_who_have_nothing_as_telling(five: tuple[Abilities, Bank]):
    own, bank = five
    s = begin_sitting(bank, own, Rules(top=1))
    dear, best = np.zeros(250), s.next(0.0)[0]
    dear[best] = 0.5
    assert s.next(0.0, dear=dear)[0] != best
    only = np.ones(250, bool)
    only[best] = False
    assert s.next(0.0, only, dear)[0] == best
    dear[best] = 1.0
    assert s.next(0.0, only, dear) == (-1, "no-item")


def test_no_item_is_chosen_for_more_than_is_asked_for(five: tuple[Abilities, Bank]):
    own, bank = five
    s = walk(begin_sitting(bank, own, Rules(se=0.42)), 3)[0]
    rough = begin_sitting(bank, own, Rules(se=0.0, easy=0, top=1), carried=s.like)
    # areas lack .001 of variance: any item that brings as much will do, so that the most telling one is spared
    var = np.diag(s.posterior()[1])
    near = begin_sitting(bank, own, Rules(se=float(np.sqrt(var.max() - 1e-3)), easy=0, top=1), carried=s.like)
    assert near.next(0.0)[1] == "" and rough.next(0.0)[0] != near.next(0.0)[0]


def test_screening_with_a_self_report_takes_about_six_items(five: tuple[Abilities, Bank]):
    own, bank = five
    rules = Rules(se=0.5, least=1, least_per_area=0, easy=1)
    assert simulate(bank, own, rules, 2000, self_report=0.65).length.mean() <= 6
    full = simulate(bank, own, Rules(easy=0, exposure=1.0), 1000)
    assert full.length.mean() <= 20
    # with every limit: two easy items first, the hottest item at 35 %
    assert simulate(bank, own, Rules(), 1500).length.mean() <= 21.5


def test_simulated_people_sit_what_a_sitting_would_ask(five: tuple[Abilities, Bank]):
    own, bank = five
    rules = Rules(top=1, exposure=1.0, most=12)
    found = simulate(bank, own, rules, 3, seed=8)
    for p in range(3):
        s = begin_sitting(bank, own, rules)
        for j, c in zip(found.asked[p, : found.length[p]], found.answered[p], strict=False):
            assert s.next(0.0)[0] == j
            s = s.answer(int(j), int(c))
        assert s.next(0.0)[0] == -1 and s.posterior()[0] == pytest.approx(found.estimate[p], abs=1e-9)


def test_ordered_answers_are_adapted_to_as_well():
    own = abilities(("x", "y"), rho=0.5)
    found = simulate(graded(own), own, Rules(se=0.0, most=6, exposure=1.0), 3000)
    assert found.as_dict()["true_error"] == pytest.approx(found.as_dict()["reported_se"], rel=0.04)


def test_the_same_seed_is_the_same_people(five: tuple[Abilities, Bank]):
    own, bank = five
    a, b = (simulate(bank, own, Rules(), 50, seed=4) for _ in range(2))
    assert np.array_equal(a.asked, b.asked) and np.array_equal(a.estimate, b.estimate)


def test_what_cannot_be_is_refused(five: tuple[Abilities, Bank]):
    own, bank = five
    with pytest.raises(UsageError, match="決まり"):
        begin_sitting(bank, own, Rules(most=0))
    with pytest.raises(UsageError, match="相関"):
        abilities(AREAS, rho=1.0)
    with pytest.raises(UsageError, match="分野"):
        bank_of([{"item": "a", "a": 1, "d": 0}], own)
    with pytest.raises(UsageError, match="値"):
        bank_of([{"item": "a", "area": "1", "a": 1, "d": None}], own)
    with pytest.raises(UsageError, match="答え"):
        begin_sitting(bank, own, Rules()).answer(0, 1).answer(0, 1)
    with pytest.raises(UsageError, match="自己申告"):
        begin_sitting(bank, own, Rules(), self_report={9: 0.0})
    with pytest.raises(UsageError, match="人数"):
        simulate(bank, own, Rules(), 0)
