"""Two stages on paper: the table is a probability, honest for people who sit it, and better than one form for all."""

from __future__ import annotations

import json

import numpy as np
import pytest

from daremo.assess.bank import made_up_items
from daremo.assess.paper import FORMS, PaperForms, paper_forms
from daremo.assess.sitting import Check, check_of
from daremo.kernel.errors import UsageError
from tests.assess.making import sigma

AREAS = ("1", "2", "3", "4", "5")
ITEMS = made_up_items(120, AREAS)


@pytest.fixture(scope="module")
def check() -> Check:
    return check_of(ITEMS, AREAS)


@pytest.fixture(scope="module")
def forms(check: Check) -> PaperForms:
    return paper_forms(check)


def test_every_area_is_on_the_routing_form_and_no_item_comes_twice(check: Check, forms: PaperForms):
    area = dict(zip(check.bank.items, check.bank.area, strict=True))
    assert len({area[i] for i in forms.routing}) == 5 and len(forms.routing) == 5
    for form in FORMS:
        assert len(forms.second[form]) == 7 and not set(forms.second[form]) & set(forms.routing)
        assert len(set(forms.second[form])) == 7


def test_each_score_leads_to_one_form_and_harder_forms_are_harder(check: Check, forms: PaperForms):
    assert len(forms.route) == 6 and list(forms.route) == sorted(forms.route, key=FORMS.index)
    assert set(forms.route) == set(FORMS)
    hard = {i["item"]: -i["d"] / i["a"] for i in ITEMS}
    means = [np.mean([hard[i] for i in forms.second[f]]) for f in FORMS]
    assert means[0] < means[1] < means[2]


def test_the_table_holds_everybody_once_and_rises_with_the_score(forms: PaperForms):
    rows = [r for f in FORMS for r in forms.score[f]]
    assert sum(r["share"] for r in rows) == pytest.approx(1, abs=1e-9)
    for r in rows:
        assert r["alone"] + r["with"] + r["not_yet"] == pytest.approx(1)
    for f in FORMS:
        for routing in {r["routing"] for r in forms.score[f]}:
            line = [r["mean"] for r in forms.score[f] if r["routing"] == routing]
            assert line == sorted(line) and len(line) == 8
    assert json.loads(json.dumps(forms.as_dict())) == forms.as_dict()


def test_the_error_told_is_the_error_of_people_who_sit_it(forms: PaperForms):
    rng, n = np.random.default_rng(4), 8000
    theta = np.sqrt(0.75) * rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=(n, 5))
    items = {i["item"]: i for i in ITEMS}

    def points(names: tuple[str, ...], people: np.ndarray) -> np.ndarray:
        total = np.zeros(people.size, int)
        for name in names:
            i = items[name]
            total += rng.random(people.size) < sigma(i["a"] * theta[people, int(i["area"]) - 1] + i["d"])
        return total

    first = points(forms.routing, np.arange(n))
    wrong, told = np.empty(n), np.empty(n)
    for form in FORMS:
        own = np.flatnonzero([forms.route[s] == form for s in first])
        second = points(forms.second[form], own)
        row = {(r["routing"], r["second"]): r for r in forms.score[form]}
        for person, s in zip(own, second, strict=True):
            r = row[first[person], s]
            wrong[person], told[person] = theta[person].mean() - r["mean"], r["se"]
    assert np.sqrt((wrong**2).mean()) == pytest.approx(np.sqrt((told**2).mean()), rel=0.05)
    assert np.sqrt((told**2).mean()) == pytest.approx(forms.se_mean, rel=0.03) and forms.se_mean < 0.45


def test_a_bank_that_is_too_short_is_told(check: Check):
    with pytest.raises(UsageError, match="用紙"):
        paper_forms(check, first=100, then=100)
    shut = check.bank.items[0]
    made = paper_forms(check, closed=[shut])
    assert shut not in {*made.routing, *(i for f in FORMS for i in made.second[f])}
