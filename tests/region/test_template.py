"""Excel templates: what a person sees, and that what she types is read again."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from daremo.kernel.errors import UsageError
from daremo.region.build import build
from daremo.region.model import TABLES, table_schema
from daremo.region.sample import sample_town
from daremo.region.template import NOTES_SHEET, heading, write_template


@pytest.mark.parametrize("kind", TABLES)
def test_every_table_has_a_template_with_its_headings_notes_and_explanation(kind: str, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template(kind, tmp_path / "t.xlsx"))
    sheet, notes = book.worksheets[0], book[NOTES_SHEET]
    columns = table_schema(kind).columns
    assert [c.value for c in sheet[1]] == [heading(c) for c in columns]
    assert sheet.max_row == 1 and sheet.freeze_panes == "A2"
    assert all(cell.comment and c.ja in cell.comment.text for cell, c in zip(sheet[1], columns, strict=True))
    assert [r[0].value for r in notes.iter_rows(min_row=2)] == [heading(c) for c in columns]
    assert [r[-1].value for r in notes.iter_rows(min_row=2)] == [c.column for c in columns]
    assert all(r[2].value and r[3].value for r in notes.iter_rows(min_row=2))
    assert all(
        str(r[2].value) in cell.comment.text for r, cell in zip(notes.iter_rows(min_row=2), sheet[1], strict=True)
    )
    assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9


def test_required_headings_are_marked(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write_template("places", tmp_path / "t.xlsx")).worksheets[0]
    marked = {str(c.value).rstrip("＊") for c in sheet[1] if str(c.value).endswith("＊")}
    assert marked == {"施設コード", "施設名", "種類", "緯度", "経度"}


def test_allowed_words_are_drop_downs_and_ranges_are_checked(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template("places", tmp_path / "t.xlsx"))
    sheet = book.worksheets[0]
    rules = {str(r.sqref).split(":")[0].rstrip("0123456789"): r for r in sheet.data_validations.dataValidation}
    at = {str(c.value).rstrip("＊"): c.column_letter for c in sheet[1]}
    assert rules[at["段差なし"]].formula1 == '"はい,いいえ"'
    kinds = [c.value for c in book["選択肢"]["A"]]
    assert rules[at["種類"]].type == "list" and f"${len(kinds)}" in rules[at["種類"]].formula1
    assert {"library", "post_office"} <= set(kinds) and book["選択肢"].sheet_state == "hidden"
    latitude = rules[at["緯度"]]
    assert (latitude.type, float(latitude.formula1), float(latitude.formula2)) == ("decimal", 20.0, 46.5)
    assert "20から46.5" in latitude.error and "大丈夫" in latitude.error
    assert rules[at["部屋数"]].type == "whole"


def test_the_same_template_is_the_same_bytes(tmp_path: Path) -> None:
    one = write_template("lines", tmp_path / "one.xlsx").read_bytes()
    assert write_template("lines", tmp_path / "two.xlsx").read_bytes() == one


def test_an_unknown_kind_is_refused_with_the_kinds_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_template("nothing", tmp_path / "t.xlsx")
    assert all(t in caught.value.fix for t in TABLES)
    with pytest.raises(UsageError, match="Excel"):
        write_template("places", tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())


def test_what_is_typed_into_a_template_is_read_again(tmp_path: Path) -> None:
    town = sample_town(300)
    for kind in ("areas", "people", "places", "lines"):
        path = write_template(kind, tmp_path / f"{kind}.xlsx")
        book = openpyxl.load_workbook(path)
        for row in town[kind].iter_rows():
            book.worksheets[0].append([{True: "はい", False: "いいえ"}[v] if isinstance(v, bool) else v for v in row])
        book.save(path)
    region = build([tmp_path]).region
    assert region.people_total() == 300
    assert region.areas["name"].to_list() == town.areas["name"].to_list()
    assert region.places["step_free"].to_list() == town.places["step_free"].to_list()
    assert region["lines"]["coverage_share"].to_list() == town["lines"]["coverage_share"].to_list()
