"""Answers as people have them: found by heading, nothing dropped in silence, the same whatever the order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from daremo.assess.calibrate import calibrate
from daremo.assess.model import Answers
from daremo.assess.read import Asked, read_answers
from daremo.kernel.errors import InputError, UsageError
from daremo.kernel.tables import rows_of

CODES = {r["code"] for r in rows_of("daremo.assess", "problem_codes")}


def read(folder: Path, text: str, asked: Asked | None = None, encoding: str = "utf-8") -> Answers:
    path = folder / "answers.csv"
    path.write_text(text, encoding=encoding)
    return read_answers(path, asked)


def codes(e: InputError) -> list[str]:
    return [p.code for p in e.problems]


@pytest.fixture(scope="module")
def long() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    rows = [(f"p{i}", f"q{j}", int(rng.random() < 0.6)) for i in range(60) for j in range(12) if rng.random() < 0.7]
    return pl.DataFrame(rows, schema=["person", "item", "answer"], orient="row")


def same(a: Answers, b: Answers) -> bool:
    arrays = all(np.array_equal(getattr(a, k), getattr(b, k)) for k in ("start", "item", "category", "weight", "group"))
    return arrays and (a.items, a.labels, a.people, a.count) == (b.items, b.labels, b.people, b.count)


def test_long_and_wide_csv_and_parquet_are_the_same_answers(long: pl.DataFrame, tmp_path: Path):
    wide = long.pivot(on="item", index="person", values="answer")
    wide = wide.select("person", *sorted(wide.columns[1:], key=lambda c: int(c[1:])))
    long.write_csv(tmp_path / "l.csv")
    long.write_parquet(tmp_path / "l.parquet")
    wide.write_csv(tmp_path / "w.csv")
    wide.write_parquet(tmp_path / "w.parquet")
    found = [read_answers(tmp_path / name) for name in ("l.csv", "l.parquet", "w.csv", "w.parquet")]
    assert all(same(found[0], x) for x in found[1:])
    assert found[0].items[:3] == ("q0", "q1", "q2") and found[0].items[-1] == "q11"


def test_any_order_of_rows_gives_the_same_bytes(long: pl.DataFrame, tmp_path: Path):
    first = None
    for seed in range(3):
        long.sample(fraction=1.0, shuffle=True, seed=seed).write_csv(tmp_path / "x.csv")
        told = calibrate(read_answers(tmp_path / "x.csv"), "2pl", cpu_clock=lambda: 0.0).as_dict()
        first = first or told
        assert told == first


def test_any_order_of_nameless_rows_gives_the_same_bytes(tmp_path: Path):
    table = pl.DataFrame(np.random.default_rng(1).integers(0, 2, (80, 5)), schema=list("abcde"))
    told = []
    for seed in range(3):
        table.sample(fraction=1.0, shuffle=True, seed=seed).write_csv(tmp_path / "x.csv")
        told.append(calibrate(read_answers(tmp_path / "x.csv"), "2pl", cpu_clock=lambda: 0.0).as_dict())
    assert told[0] == told[1] == told[2]


def test_japanese_headings_cp932_full_width_digits_and_blanks(tmp_path: Path):
    text = "回答者,問題,回答\n山田,一,１\n山田,二,0\n佐藤,一,0\n佐藤,二,1\n鈴木,一,無回答\n鈴木,二,1\n"
    found = read(tmp_path, text, encoding="cp932")
    assert found.n_persons == 3 and found.item.size == 5 and found.labels == (("0", "1"), ("0", "1"))


def test_a_column_of_counts_is_found(tmp_path: Path):
    found = read(tmp_path, "a,b,freq\n0,1,3\n1,0,2\n")
    assert found.count == 5 and sorted(found.weight) == [2, 3] and found.items == ("a", "b")


def test_blank_and_nan_are_no_answer(tmp_path: Path):
    pl.DataFrame({"a": [0.0, 1.0, float("nan")], "b": [1.0, None, 0.0]}).write_parquet(tmp_path / "x.parquet")
    found = read_answers(tmp_path / "x.parquet")
    assert found.item.size == 4 and found.n_persons == 3


def test_every_wrong_answer_is_told_with_its_row(tmp_path: Path):
    text = "person,item,answer\na,x,0\nb,x,1\na,y,はい\nb,y,1\nc,y,0\n,x,1\nc,x,1\nc,x,0\n"
    with pytest.raises(InputError) as e:
        read(tmp_path, text)
    assert sorted(codes(e.value)) == ["answer-differs", "answer-differs", "blank-identifier", "unknown-category"]
    at = {(p.code, p.row) for p in e.value.problems}
    assert ("unknown-category", 4) in at and ("blank-identifier", 7) in at and ("answer-differs", 9) in at
    kept = read(tmp_path, text, Asked(good_rows=True))
    assert kept.item.size == 4 and kept.people == ("a", "b", "c")


def test_a_right_or_wrong_model_tells_other_numbers_row_by_row(tmp_path: Path):
    text = "a,b\n0,1\n1,0\n1,7\n"
    with pytest.raises(InputError) as e:
        read(tmp_path, text, Asked(two=True))
    assert [(p.code, p.row, p.column, p.value) for p in e.value.problems] == [("unknown-category", 4, "b", "7")]
    assert read(tmp_path, text).labels[1] == ("0", "1", "7")


def test_the_same_answer_twice_is_counted_once_and_told(tmp_path: Path):
    found = read(tmp_path, "person,item,answer\na,x,0\nb,x,1\nb,x,1\n")
    assert found.item.size == 2 and [p.code for p in found.problems] == ["answer-twice"]


def test_a_person_in_two_rows_is_told(tmp_path: Path):
    with pytest.raises(InputError) as e:
        read(tmp_path, "id,a,b\n1,0,1\n2,1,0\n1,1,1\n")
    assert codes(e.value) == ["person-twice", "person-twice"] and {p.row for p in e.value.problems} == {2, 4}


def test_an_item_that_all_answer_alike_and_a_silent_person_are_left_out_and_told(tmp_path: Path):
    found = read(tmp_path, "id,a,b,c\n1,0,1,\n2,1,1,\n3,,,\n")
    assert found.items == ("a",) and found.people == ("1", "2")
    assert [(p.code, p.column) for p in found.problems] == [
        ("one-category", "b"), ("one-category", "c"), ("nothing-answered", ""),
    ]  # fmt: skip


def test_not_knowing_is_the_lowest_answer(tmp_path: Path):
    two = read(tmp_path, "a,b\n0,1\n1,わからない\nわからない,0\n")
    assert two.labels == (("0", "1"), ("0", "1")) and {p.code for p in two.problems} == {"does-not-know"}
    four = read(tmp_path, "a\n1\n2\n3\nわからない\n")
    assert four.labels == (("わからない", "1", "2", "3"),)


def test_a_key_makes_answers_right_or_wrong(tmp_path: Path):
    text = "q1,q2\nA,3\nB,4\nC,3\n"
    found = read(tmp_path, text, Asked(key=["A", "3"]))
    assert found.labels == (("0", "1"), ("0", "1")) and found.category.sum() == 3
    assert same(found, read(tmp_path, text, Asked(key={"q2": "3", "q1": "A"})))
    for key in (["A"], {"q1": "A"}):
        with pytest.raises(UsageError, match="正答"):
            read(tmp_path, text, Asked(key=key))


def test_a_column_that_is_no_item_is_pointed_at(tmp_path: Path):
    text = "age,a\n" + "".join(f"{20 + i},{i % 2}\n" for i in range(30))
    with pytest.raises(InputError) as e:
        read(tmp_path, text)
    assert codes(e.value) == ["too-many-categories"] and "--ignore" in e.value.problems[0].fix
    assert read(tmp_path, text, Asked(ignore=["age"])).items == ("a",)


def test_groups_are_read_and_must_not_contradict(tmp_path: Path):
    found = read(tmp_path, "id,sex,a\n1,f,0\n2,m,1\n3,,1\n4,m,0\n", Asked(group="sex"))
    assert found.groups == ("f", "m") and found.group.tolist() == [0, 1, 1]
    assert [p.code for p in found.problems] == ["no-group"]
    with pytest.raises(InputError) as e:
        read(tmp_path, "person,item,answer,sex\na,x,0,f\na,y,1,m\nb,x,1,f\n", Asked(group="sex"))
    assert codes(e.value) == ["group-differs"]


@pytest.mark.parametrize("weight", ["-1", "abc", "", "inf"])
def test_a_weight_that_is_no_number_is_told(weight: str, tmp_path: Path):
    with pytest.raises(InputError) as e:
        read(tmp_path, f"a,w\n0,1\n1,{weight}\n", Asked(weight="w"))
    assert codes(e.value) == ["bad-weight"]


@pytest.mark.parametrize("text", ["", "a,b\n", "a,b\n1,2,3\n4\n"])
def test_an_empty_or_broken_file_is_told(text: str, tmp_path: Path):
    with pytest.raises(InputError) as e:
        read(tmp_path, text)
    assert codes(e.value)[0] in {"no-answers", "unreadable-answers"}


def test_a_file_or_column_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(UsageError, match="ありません"):
        read_answers(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="列「sex」"):
        read(tmp_path, "a,b\n0,1\n", Asked(group="sex"))


def test_every_code_that_is_raised_is_explained():
    import re

    source = Path(read_answers.__code__.co_filename).parent
    raised = {
        m
        for p in source.glob("*.py")
        for m in re.findall(r'(?:told\.add|_problem|Error|NoAnswer|Infeasible)\(\s*"([a-z-]+)"', p.read_text("utf-8"))
    }
    assert raised and raised <= CODES


def test_two_columns_under_one_heading_are_told_and_not_renamed(tmp_path: Path):
    with pytest.raises(InputError) as e:
        read(tmp_path, "id,a,b,a\n1,0,1,1\n2,1,0,0\n")
    assert [(p.code, p.value) for p in e.value.problems] == [("column-twice", "a")]


def test_a_column_of_ages_is_told_once_and_not_row_by_row(tmp_path: Path):
    rows = "\n".join(f"{k},{k % 2}" for k in range(40))
    with pytest.raises(InputError) as e:
        read(tmp_path, f"age,a\n{rows}\n", Asked(two=True))
    assert codes(e.value) == ["too-many-categories"]
