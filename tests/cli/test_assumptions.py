"""``daremo assumptions`` and ``--assume``."""

from __future__ import annotations

import pytest

from daremo.cases.assume import defaults
from daremo.cli.assumptions import assumed
from daremo.kernel.errors import UsageError


def test_every_default_is_listed(daremo):
    assert len(daremo("assumptions", "--json").json["assumptions"]) == len(list(defaults()))


def test_words_and_certainty_narrow_the_list(daremo):
    rows = daremo("assumptions", "uptake", "--certainty", "E", "--json").json["assumptions"]
    assert rows and all("uptake" in r["key"] and r["certainty"] == "E" for r in rows)


def test_a_change_for_one_stage_leaves_the_others():
    new = assumed(("uptake_share:85+=0.5",))
    assert new.value("uptake_share", "85+") == 0.5
    assert new.value("uptake_share", "65-74") == defaults().value("uptake_share", "65-74")


def test_a_change_without_a_stage_holds_for_all():
    assert set(assumed(("uptake_share=0.1",)).by_stage("uptake_share")) == {0.1}


@pytest.mark.parametrize(
    "written", ["uptake_share", "uptake_share=lots", "uptake_share=nan", "=1", "nothing=1", "uptake_share:baby=1"]
)
def test_a_change_that_cannot_be_meant_is_refused(written: str):
    with pytest.raises(UsageError):
        assumed((written,))
