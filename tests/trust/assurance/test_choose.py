"""The chooser of identity proofing against brute force, its limits, and the people it leaves without a way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daremo.kernel.errors import Infeasible, InputError
from daremo.trust.assurance import people, read, verify
from daremo.trust.assurance.choose import Decision, choose, group_type, shut_out
from daremo.trust.assurance.levels import needed
from daremo.trust.assurance.model import ATTRIBUTES, Combination, Question
from daremo.trust.assurance.record import interval, markdown, record

PEOPLE = {"school": 600.0, "youth": 500.0, "working": 2500.0, "65-74": 900.0, "75-84": 800.0, "85+": 400.0}
FEW = ("home-visit", "counter-papers", "bank-ekyc", "security-key", "sms-code", "vouched", "jpki")


def asked(service: str = "benefit", **changes: object) -> Question:
    return read.question({**read.shipped_json(service), **changes}, PEOPLE)


def small() -> Decision:
    return choose(asked(exclude=list(FEW)))


def test_brute_force_over_every_combination_finds_nothing_that_dominates_the_choice():
    decision = small()
    every = verify.every_combination(decision)
    assert len(every) == decision.meeting and 2 ** len(decision.methods) == decision.examined
    assert len(every) > 5
    slack = replace(decision.chosen, cost_yen=decision.chosen.cost_yen - 1e-4)
    assert not any(c.dominates(slack) for c in every)
    assert decision.dominating == 0


def test_brute_force_finds_the_same_front():
    decision = small()
    every = [
        replace(
            c,
            cost_yen=round(c.cost_yen, 3),
            shut_out_people=round(c.shut_out_people, 4),
            residual_points=round(c.residual_points, 6),
        )
        for c in verify.every_combination(decision)
    ]

    def figures(c: Combination) -> tuple[float, float, float]:
        return round(c.cost_yen, 3), round(c.shut_out_people, 4), round(c.residual_points, 6)

    front = {figures(c) for c in every if not any(o.dominates(c) for o in every)}
    assert front == {figures(c) for c in decision.front}


def test_every_shipped_service_passes_its_own_verification():
    for service in read.shipped():
        decision = choose(asked(service), accept_unserved=True)
        assert verify.problems(replace(decision, front=decision.front[:6] + (decision.chosen,))) == []


def test_verification_notices_a_choice_that_was_tampered_with():
    decision = small()
    cheaper = replace(decision.chosen, cost_yen=decision.chosen.cost_yen * 0.9)
    assert verify.problems(replace(decision, chosen=cheaper))


def test_every_group_has_a_way_in_what_is_chosen():
    for service in ("booking", "certificate", "benefit", "evacuation"):
        decision = choose(asked(service))
        blocked = shut_out(decision, decision.chosen.methods)
        assert not any(blocked[group_type(lacks)] for _, _, _, lacks in read.groups())


def test_levels_of_proofing_and_of_authentication_follow_from_their_own_failure():
    harms = [
        {"failure": "impersonation", "to": "person", "category": "money", "impact": "high"},
        {"failure": "takeover", "to": "others", "category": "trust", "impact": "low"},
    ]
    ial, aal = needed(asked(harms=harms))
    assert (ial.level, aal.level) == (3, 1)
    assert [r["rule"] for r in ial.reasons] == ["jp-ial-high"] and ial.reasons[0]["clause"]
    assert all(r["status"] in ("verify", "draft") for r in (*ial.reasons, *aal.reasons))


def test_personal_data_online_asks_for_two_factors_under_the_american_rules():
    harms = [{"failure": "takeover", "to": "person", "category": "information", "impact": "low"}]
    assert needed(asked(harms=harms, rules="nist-800-63-4"))[1].level == 2
    assert needed(asked(harms=harms, rules="nist-800-63-4", personal_online=False))[1].level == 1


def test_a_harm_through_a_channel_that_is_not_offered_asks_for_nothing():
    harms = [{"failure": "takeover", "to": "person", "category": "money", "impact": "high", "channel": "online"}]
    assert needed(asked(harms=harms, channels=["counter"]))[1].level == 0


def test_reading_needs_no_proof_and_shuts_nobody_out():
    chosen = choose(asked("browse")).chosen
    assert chosen.methods == ("self-declared",) and chosen.shut_out_people == 0 and chosen.cost_yen == 0


def test_groups_without_any_way_are_named_with_the_smallest_change():
    with pytest.raises(Infeasible) as e:
        choose(asked("tax"))
    assert "no-photo" in e.value.where and "IAL2, AAL2" in e.value.fix
    assert choose(asked("tax"), accept_unserved=True).unserved == ("no-photo",)


def test_a_grave_wrong_refusal_leaves_fewer_people_without_a_way_and_costs_no_less():
    mild = [
        {**h, "impact": "low"} if h["failure"] == "wrong-refusal" else h for h in read.shipped_json("benefit")["harms"]
    ]
    grave, light = choose(asked("benefit")), choose(asked("benefit", harms=mild))
    assert grave.chosen.shut_out_people < light.chosen.shut_out_people
    assert grave.chosen.cost_yen >= light.chosen.cost_yen
    assert grave.within and grave.most_shut_out_people == pytest.approx(0.005 * sum(grave.question.people.values()))


def test_a_budget_is_kept_and_too_small_a_one_names_the_cheapest():
    free = choose(asked())
    budget = free.front[3].cost_yen
    chosen = choose(asked(budget_yen=budget)).chosen
    assert chosen.cost_yen <= budget
    assert chosen.shut_out_people == min(c.shut_out_people for c in free.front if c.cost_yen <= budget)
    with pytest.raises(Infeasible) as e:
        choose(asked(budget_yen=1.0))
    assert e.value.code == "assurance-budget" and e.value.where == f"{free.front[0].cost_yen:,.0f}"


def test_types_of_people_keep_the_shares_they_are_made_from():
    share = people.marginals("75-84")
    for make in (people.independent, people.nested):
        types = make(share)
        assert types.sum() == pytest.approx(1.0) and np.allclose(types @ people.HAS, share)


def test_no_dependence_between_attributes_leaves_the_proved_bounds():
    decision = small()
    blocked = shut_out(decision, decision.chosen.methods)
    low, high = people.bounds(decision.question.people, blocked)
    for same in (False, True):
        assert low - 1e-6 <= people.people_t(decision.question.people, same=same)[blocked].sum() <= high + 1e-6
    rng = np.random.default_rng(1)
    for _ in range(20):  # a mixture of nested orders is one more dependence with the same shares
        total = 0.0
        for stage, n in decision.question.people.items():
            share = people.marginals(stage)
            flip = rng.random(len(ATTRIBUTES)) < 0.5
            types = people.nested(np.where(flip, 1 - share, share))
            at = np.arange(512) ^ int((flip << np.arange(len(ATTRIBUTES))).sum())
            turned = np.zeros(512)
            turned[at] = types
            assert np.allclose(turned @ people.HAS, share)
            total += n * turned[blocked].sum()
        assert low - 1e-6 <= total <= high + 1e-6


def test_people_without_a_way_lie_in_the_interval_that_is_printed():
    decision = choose(asked())
    low, high = interval(decision, decision.chosen.methods)
    assert low <= decision.chosen.shut_out_people <= high


def test_the_record_says_the_rules_their_clauses_and_that_the_text_must_be_checked():
    told = record(choose(asked()))
    for lang, sign in (("ja", "本文で確かめること"), ("en", "verify with the text")):
        text = markdown(told, lang)
        assert "DS-511 3.3" in text and sign in text and told["sha256"] in text
    assert told["proof"]["dominating_the_chosen"] == 0 and len(told["methods"]) >= 10
    assert all(a["way"] for a in told["alternatives"])
    assert record(choose(asked()))["sha256"] == told["sha256"]


@pytest.mark.parametrize(
    "change",
    [
        {"harms": [{"failure": "fire", "to": "person", "category": "money", "impact": "low"}]},
        {"harms": "many"},
        {"channels": []},
        {"channels": ["fax"]},
        {"rules": "ours"},
        {"years": float("nan")},
        {"acts_a_year_person": True},
        {"people": {"elders": 3}},
        {"people": {"85+": -1}},
        {"exclude": ["magic"]},
        {"audience": "dogs"},
    ],
)
def test_a_question_that_cannot_be_used_is_refused_in_words(change: dict[str, object]):
    with pytest.raises(InputError) as e:
        asked(**change)
    assert all(p.code == "assurance-question" and p.column for p in e.value.problems)


def test_every_method_stage_and_rule_of_the_tables_is_usable():
    shares = people.holdings()
    assert set(shares) == {(a, s) for a in ATTRIBUTES for s in PEOPLE}
    assert all(0 <= low <= mid <= high <= 1 for mid, low, high in shares.values())
    for m in read.methods("jp"):
        assert set().union(*m.needs) <= set(ATTRIBUTES) and 0 <= m.ial <= 3 and 0 <= m.aal <= 3
        assert all(low <= high for low, high in (m.enrol_yen, m.act_yen, m.fixed_yen))


def test_the_record_names_the_rules_that_set_no_level_too():
    text = markdown(record(choose(asked(rules="nist-800-63-4"))), "en")
    assert "SP 800-63A-4 4.1.1 / 4.2.1" in text and "SP 800-63-4 3.4.4" in text
    assert "read in the public draft" in text
