"""We accept what people write."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daremo.web.ui import dates, written

FULL = str.maketrans("0123456789-", "０１２３４５６７８９－")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("０９０－１２３４－００００", "090-1234-0000"),
        ("09012340000", "090-1234-0000"),
        ("090 1234 0000", "090-1234-0000"),
        ("090ー1234ー0000", "090-1234-0000"),
        ("(090)1234-0000", "090-1234-0000"),
        ("090の1234の0000", "090-1234-0000"),
        ("+81-90-1234-0000", "090-1234-0000"),
        ("+81 (0)90 1234 0000", "090-1234-0000"),
        ("電話：〇九〇一二三四〇〇〇〇", "090-1234-0000"),
        ("０３１２３４００００", "03-1234-0000"),
        ("0877-12-0000", "0877-12-0000"),
        ("0877（12）0000", "0877-12-0000"),
        ("0877120000", "0877120000"),
        ("0120000000", "0120-000-000"),
        ("0000-12-3456", "0000-12-3456"),
    ],
)
def test_a_phone_number_is_read_as_people_write_it(typed: str, read: str) -> None:
    assert written.phone(typed) == read


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("０９０－１２３４", "short"),
        ("12-3456", "short"),
        ("090-1234-00001", "long"),
        ("なし", "letters"),
        ("", "short"),
        ("1234567890", "unknown"),
    ],
)
def test_a_phone_number_that_cannot_be_read_says_why(typed: str, reason: str) -> None:
    with pytest.raises(written.Unreadable) as problem:
        written.phone(typed)
    assert problem.value.reason == reason


@given(
    st.sampled_from(["090", "080", "070", "050"]),
    st.integers(10**7, 10**8 - 1),
    st.sampled_from(["", "-", " ", "ー", "‐"]),
)
def test_every_way_of_writing_a_mobile_number_gives_the_same_number(head: str, rest: int, between: str) -> None:
    tail = f"{rest:08d}"
    typed = between.join([head, tail[:4], tail[4:]])
    assert written.phone(typed) == written.phone(typed.translate(FULL)) == f"{head}-{tail[:4]}-{tail[4:]}"


@given(st.dates(date(1868, 10, 23), date(2099, 12, 31)))
def test_every_day_written_in_its_era_is_read_as_that_day(day: date) -> None:
    said = dates.say_era(day, "ja")
    assert written.day(said) == written.day(said.translate(FULL)) == day


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_western_dates_are_read_with_any_separator(day: date) -> None:
    for typed in (day.isoformat(), f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日"):
        assert written.day(typed) == day


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R8.11.24", date(2026, 11, 24)),
        ("ｓ１５．３．１", date(1940, 3, 1)),
        ("昭15・3・1", date(1940, 3, 1)),
        ("昭和十五年三月二十一日", date(1940, 3, 21)),
        ("昭和65年1月1日", date(1990, 1, 1)),
        ("2026年11月24日（火）", date(2026, 11, 24)),
        ("昭和15年3月1日生まれ", date(1940, 3, 1)),
    ],
)
def test_dates_are_read_as_people_write_them(typed: str, read: date) -> None:
    assert written.day(typed) == read


def test_a_day_without_a_year_is_the_next_such_day() -> None:
    today = date(2026, 11, 24)
    assert written.day("11月24日", today) == today
    assert written.day("11/23", today) == date(2027, 11, 23)
    assert written.day("2月29日", today) == date(2028, 2, 29)
    with pytest.raises(written.Unreadable):
        written.day("11月24日")


@pytest.mark.parametrize(
    ("typed", "reason"), [("2026-02-30", "impossible"), ("26/11/24", "unknown"), ("あした", "unknown"), ("", "unknown")]
)
def test_a_date_that_cannot_be_read_says_why(typed: str, reason: str) -> None:
    with pytest.raises(written.Unreadable) as problem:
        written.day(typed, date(2026, 1, 1))
    assert problem.value.reason == reason


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("14:00", time(14)),
        ("１４時半", time(14, 30)),
        ("午後2時", time(14)),
        ("ごご2時15分", time(14, 15)),
        ("午前12時", time(0)),
        ("1400", time(14)),
        ("9時5分", time(9, 5)),
        ("2pm", time(14)),
        ("十時", time(10)),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, read: time) -> None:
    assert written.clock(typed) == read


@pytest.mark.parametrize("typed", ["25:00", "14:60", "12", "夕方", ""])
def test_a_time_that_cannot_be_read_is_refused(typed: str) -> None:
    with pytest.raises(written.Unreadable):
        written.clock(typed)


@given(st.text(alphabet="あいうえおがぱゔゃっーんハナコヴ ", min_size=1).filter(lambda t: t.strip()))
def test_either_kana_gives_the_same_reading(text: str) -> None:
    assert written.kana(text) == written.kana(written.katakana(text))
    assert written.search_key(text) == written.search_key(written.katakana(text))


def test_a_reading_in_kanji_is_asked_again_and_a_name_keeps_its_letters() -> None:
    with pytest.raises(written.Unreadable):
        written.kana("見本")
    assert written.name(" 髙橋　﨑子 ") == "髙橋 﨑子"
    assert written.kana("みほん　ﾊﾅｺ") == "ミホン ハナコ"


@given(st.integers(0, 199))
def test_numbers_in_kanji_are_read(number: int) -> None:
    one = "〇一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    said = (
        ("百" if hundreds else "")
        + (("" if tens == 1 else one[tens]) + "十" if tens else "")
        + (one[ones] if ones else "")
    )
    assert written.kanji_number(said or "〇") == number


def test_postcodes_are_read_with_mark_and_width() -> None:
    assert written.postcode("〒７６０ー００１７") == written.postcode("7600017") == "760-0017"


@given(st.dates(date(2020, 1, 2), date(2040, 12, 30)), st.integers(-3, 40))
def test_a_day_is_said_with_its_relative_word_only_where_near(today: date, away: int) -> None:
    said = dates.say_day(today + timedelta(days=away), today, "ja")
    assert (
        said.startswith({0: "きょう ", 1: "あす ", 2: "あさって "}.get(away, ""))
        and f"{(today + timedelta(days=away)).day}日" in said
    )


def test_days_and_times_are_those_of_japan_and_need_a_zone() -> None:
    from datetime import UTC, datetime

    late = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    assert dates.say_date(late, language="ja") == "11月24日（火）" and dates.say_time(late) == "0:30"
    assert dates.say_date(late, date(2025, 1, 1), "en") == "Tue 24 Nov 2026"
    with pytest.raises(ValueError, match="time zone"):
        dates.say_time(datetime(2026, 11, 23))
