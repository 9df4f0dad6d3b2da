"""One cell, one heading, one name: read as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daremo.region.readers import cells
from daremo.region.readers.places import kind_of_name
from daremo.region.readers.sheet import age_column


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,234 ", 1234),
        ("４，３１５　", 4315),
        ("12人", 12),
        (" 0 ", 0),
        ("", None),
        ("-", None),
        ("*", None),
        ("－", None),
        ("3.5", 3.5),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, value: float | None) -> None:
    assert cells.number(written) == value


@given(st.integers(0, 10**9))
def test_a_count_with_separators_and_full_width_digits_is_the_count(n: int) -> None:
    wide = f"{n:,} ".translate(str.maketrans("0123456789,", "０１２３４５６７８９，"))
    assert cells.number(wide) == n


@given(st.text(max_size=12))
def test_any_cell_is_a_number_or_blank_or_refused(text: str) -> None:
    try:
        assert cells.number(text) is None or isinstance(cells.number(text), float)
    except ValueError as e:
        assert e.args == (text,)
    assert isinstance(cells.date(text), str) and isinstance(cells.clock(text), str)
    assert isinstance(cells.municipality_code(text), tuple)


@pytest.mark.parametrize(
    ("five", "digit"),
    [
        ("01100", "2"),
        ("13101", "6"),
        ("14100", "3"),
        ("26100", "9"),
        ("34100", "2"),
        ("37201", "3"),
        ("40130", "7"),
        ("47201", "8"),
    ],
)
def test_the_check_digit_of_a_municipality_is_the_official_one(five: str, digit: str) -> None:
    assert cells.check_digit(five) == digit


@pytest.mark.parametrize(
    ("written", "prefecture", "code", "repair"),
    [
        ("372013", "", "372013", ""), ("37201", "", "372013", "no-check-digit"), ("13101", "", "131016", "no-check-digit"),
        ("92011", "", "092011", "lost-zero"), ("11002", "", "011002", "lost-zero"), ("372014", "", "372013", "bad-check-digit"),
        ("12106", "01", "012106", "lost-zero"), ("12106", "12", "121061", "no-check-digit"), ("12106", "", "121061", "ambiguous"),
        ("３７２０１", "", "372013", "no-check-digit"), ("990000", "", "", "bad-code"), ("たかまつ", "", "", "bad-code"), ("", "", "", ""),
    ],
)  # fmt: skip
def test_a_municipality_code_is_mended_only_where_that_is_certain(
    written: str, prefecture: str, code: str, repair: str
) -> None:
    got, how = cells.municipality_code(written, prefecture)
    assert how == repair
    assert got == code or repair == "ambiguous"


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2026-01-01", "2026-01-01"), ("5/1/2023", "2023-05-01"), ("令和8年1月1日", "2026-01-01"), ("R8.4.1", "2026-04-01"),
        ("平成元年5月", "1989-05-01"), ("20260401", "2026-04-01"), ("2026年4月", "2026-04-01"), ("８月５日（水）～８月１６日（日）", ""),
        ("2026-13-01", ""), ("8・9月の試合日程", ""),
    ],
)  # fmt: skip
def test_a_date_is_read_only_where_it_tells_its_year(written: str, iso: str) -> None:
    assert cells.date(written) == iso


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("22：00 ※日曜及び休日は17：00まで", "22:00"),
        ("9：00", "09:00"),
        ("午後6時", "18:00"),
        ("①13：00  ②14：45", "13:00"),
        ("-", ""),
        ("25:99", ""),
    ],
)
def test_a_time_is_read_with_full_width_colons_and_notes(written: str, time: str) -> None:
    assert cells.clock(written) == time


@pytest.mark.parametrize(
    ("written", "value"), [("○", True), ("×", False), ("", None), ("有", True), ("無", False), ("1", True)]
)
def test_a_blank_mark_is_not_a_no(written: str, value: bool | None) -> None:
    assert cells.yes_no(written) is value


def test_a_triangle_is_neither_yes_nor_no() -> None:
    with pytest.raises(ValueError):
        cells.yes_no("△")


@pytest.mark.parametrize(
    ("written", "value"),
    [("車椅子トイレ、スロープあり", True), ("段差あり", False), ("", None), ("点字ブロック", None), ("×", False)],
)
def test_step_free_access_is_read_from_free_text(written: str, value: bool | None) -> None:
    assert cells.step_free(written) is value


@pytest.mark.parametrize(
    ("heading", "band"),
    [
        ("0-4歳の男性", ("m", 0, 4)), ("８５歳以上の女性", ("f", 85, 130)), ("man18", ("m", 85, 130)), ("woman1", ("f", 0, 4)),
        ("１００歳以上の男性", ("m", 100, 130)), ("年齢不詳の女性", ("f", -1, -1)), ("15歳未満", ("all", 0, 14)), ("男０～４歳", ("m", 0, 4)),
        ("受入年齢", None), ("６５歳以上世帯員のいる世帯数", None), ("電話番号", None), ("man19", None),
    ],
)  # fmt: skip
def test_an_age_column_is_known_by_its_heading(heading: str, band: tuple[str, int, int] | None) -> None:
    assert age_column(heading) == band


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("高松市立中央図書館", "library"), ("老人いこいの家白梅荘", "elderly_centre"), ("特別養護老人ホーム　弘恩苑", "care_facility"),
        ("栗林郵便局", "post_office"), ("ドコモショップ高松店", "phone_shop"), ("香川大学教育学部附属高松小学校", "school"), ("香川大学", "university"),
        ("高松市保健センター", "health_centre"), ("塩江支所", "branch_office"), ("鶴尾出張所", "branch_office"), ("牟礼総合センター", "general_centre"),
        ("地域包括支援センター香川（香川総合センター内）", "support_centre"), ("社会福祉法人　高松市社会福祉協議会　牟礼支所", "welfare_centre"),
        ("さくら公園", ""),
    ],
)  # fmt: skip
def test_a_name_tells_what_a_place_is(name: str, kind: str) -> None:
    assert kind_of_name(name) == kind
