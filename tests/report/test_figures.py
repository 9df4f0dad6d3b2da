"""Rounding and words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daremo.report.figures import class_of, nice_above, nice_below, plain_number, round_cuts, rounded, short, step_of
from daremo.report.words import JAPANESE, Words, _table


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [
        (71_200, 86_300, 100),
        (2_890, 3_960, 10),
        (420, 630, 10),
        (48, 70, 1),
        (5, 5, 1),
        (None, 3, 1),
        (0, 1_000_000, 10_000),
    ],
)
def test_a_figure_is_rounded_to_two_places_of_half_its_interval(
    low: float | None, high: float | None, step: float
) -> None:
    assert step_of(low, high) == step


@given(st.floats(-1e7, 1e7), st.sampled_from([1.0, 10.0, 100.0]))
def test_rounding_moves_a_figure_by_at_most_half_a_step(value: float, step: float) -> None:
    assert abs(rounded(value, step) - value) <= step / 2 + 1e-6


def test_numbers_have_commas_a_true_minus_and_no_empty_decimals() -> None:
    assert [plain_number(12345), plain_number(-3.04, 1), plain_number(2.0, 1), plain_number(-0.01, 1)] == [
        "12,345",
        "−3",
        "2",
        "0",
    ]
    assert [short(0.0123456), short(3_000_000), short(0)] == ["0.01235", "3,000,000", "0"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_cut_points_rise_and_every_value_has_a_class(values: list[float]) -> None:
    cuts = round_cuts(values)
    assert len(cuts) == 4
    assert all(a < b for a, b in zip(cuts, cuts[1:], strict=False))
    assert all(0 <= class_of(v, cuts) <= 4 for v in values)


@given(st.floats(1e-6, 1e9))
def test_nice_numbers_stand_on_either_side(value: float) -> None:
    assert nice_below(value) <= value * (1 + 1e-6) <= nice_above(value) * (1 + 2e-6)


def test_money_is_told_in_the_unit_of_the_language() -> None:
    assert [Words("ja").money(11_940_000), Words("ja").money(3_499), Words("ja").money(84_000)] == [
        "1,194万円",
        "3,499円",
        "8.4万円",
    ]
    assert [Words("en").money(11_940_000), Words("en").money(3_499)] == ["¥11.94 million", "¥3,499"]


def test_every_word_is_there_in_both_languages_with_the_same_places() -> None:
    for key, (ja, en) in _table().items():
        assert ja and en, key
        assert sorted(re.findall(r"{\w+}", ja)) == sorted(re.findall(r"{\w+}", en)), key
        assert not JAPANESE.search(en.replace("みほん市", "")), key


def test_no_word_blames_or_labels_people() -> None:
    for ja, en in _table().values():
        assert not re.search("情報弱者|デジタル難民|弱者|デジタルデバイド", ja)
        assert not re.search("illiterate|laggard|digital refugee", en, re.I)


def test_every_sentence_in_japanese_can_be_read_in_one_breath() -> None:
    long = [k for k, (ja, _) in _table().items() for s in re.split("[。：]", re.sub(r"{\w+}", "00", ja)) if len(s) > 50]
    assert not long


def test_every_unit_of_an_assumption_has_a_word() -> None:
    from daremo.cases.assume import defaults

    assert not {a.unit for a in defaults() if f"unit.{a.unit}" not in Words("ja")}
