"""``daremo region build | check | template``."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from daremo.region.model import load


def test_a_region_is_built_from_its_own_tables(daremo, small_town: Path, tmp_path: Path):
    ran = daremo("region", "build", small_town, "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["people"] == 3000
    assert {"file", "kind", "rows_used", "rows_rejected"} <= told["files"][0].keys()
    assert load(tmp_path / "out").people_total() == 3000


def test_a_file_that_nobody_knows_is_listed_and_nothing_is_written(daremo, tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "poem.txt").write_text("古池や", encoding="utf-8")
    ran = daremo("region", "build", tmp_path / "in", "-o", tmp_path / "out")
    assert ran.code == 3
    assert "poem.txt" in ran.out and "no-areas" in ran.err
    assert not (tmp_path / "out").exists()


def test_strict_writes_nothing_when_a_row_could_not_be_used(daremo, small_town: Path, tmp_path: Path):
    source = tmp_path / "in"
    source.mkdir()
    for path in small_town.glob("*.csv"):
        (source / path.name).write_bytes(path.read_bytes())
    places = (source / "places.csv").read_text(encoding="utf-8-sig").splitlines()
    (source / "places.csv").write_text(
        "\n".join([*places, places[1].replace(places[1].split(",")[3], "北", 1)]), encoding="utf-8"
    )
    assert daremo("region", "build", source, "-o", tmp_path / "out", "--strict").code == 3
    assert not (tmp_path / "out").exists()


def test_a_mapping_that_is_none_is_usage(daremo, tmp_path: Path):
    assert "[bad-map]" in daremo("region", "build", tmp_path, "-o", tmp_path / "out", "--map", "x").err


def test_takamatsu_is_built_as_published(daremo, shared_data: Path, tmp_path: Path):
    ran = daremo("region", "build", shared_data / "takamatsu", "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["people"], ran.json["people_65plus"], ran.json["areas"]) == (415_718, 120_254, 235)
    assert not [f["file"] for f in ran.json["files"] if f["kind"] == "unknown"]


def test_the_findings_of_a_check_carry_the_documented_fields(daremo, small_town: Path):
    ran = daremo("region", "check", small_town, "--json")
    assert ran.code in (0, 3)
    for finding in ran.json["findings"]:
        assert list(finding) == ["code", "severity", "file", "row", "column", "value", "message", "fix"]


def test_a_check_of_no_region_says_how_to_make_one(daremo, tmp_path: Path):
    ran = daremo("region", "check", tmp_path)
    assert ran.code == 3 and "region build" in ran.err


def test_a_template_opens_in_excel_with_japanese_headings(daremo, tmp_path: Path):
    ran = daremo("region", "template", "places", "-o", tmp_path / "places.xlsx")
    assert ran.code == 0, ran.err
    sheet = openpyxl.load_workbook(tmp_path / "places.xlsx").worksheets[0]
    assert any(cell.value and "施設名" in str(cell.value) for row in sheet.iter_rows(max_row=5) for cell in row)


def test_a_template_never_replaces_a_filled_in_one(daremo, tmp_path: Path):
    (tmp_path / "places.xlsx").write_text("mine")
    assert daremo("region", "template", "places", "-o", tmp_path / "places.xlsx").code == 2
    assert (tmp_path / "places.xlsx").read_text() == "mine"
