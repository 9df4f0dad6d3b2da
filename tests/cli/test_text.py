"""Tables in a terminal, where a Japanese letter is two columns wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daremo.cli.text import cut, pad, rounded, table, width

WORDS = st.text(alphabet="aZ9 みほん市ｱ（、", max_size=30)


@given(WORDS, st.integers(2, 40))
def test_a_cut_text_is_never_wider_than_asked(text: str, columns: int):
    assert width(cut(text, columns)) <= columns


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5))
def test_every_row_starts_its_second_column_at_the_same_place(rows: list[tuple[str, str]]):
    lines = table(["あ", "b"], [[a, "|" + b] for a, b in rows], widest=60)
    assert len({width(line[: line.index("|")]) for line in lines[2:]}) == 1


def test_numbers_stand_to_the_right():
    assert pad("12", 5, right=True) == "   12"
    assert pad("市", 5) == "市   "


def test_a_number_is_rounded_as_far_as_its_interval_allows():
    assert rounded(180_289.7, 143_358.6, 219_244.0) == "180,000"
    assert rounded(30_352, 28_184, 32_416) == "30,400"
    assert rounded(12.3, 12.3, 12.3) == "12"
