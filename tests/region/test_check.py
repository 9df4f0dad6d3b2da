"""What the checks find in planted and real mistakes, and how seldom they cry wolf."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from daremo.kernel.errors import Problem
from daremo.kernel.tables import rows_of
from daremo.region.build import build
from daremo.region.check import check
from daremo.region.check_drift import JUMP_SD, jump_scores
from daremo.region.check_finding import LISTED
from daremo.region.check_names import garbled
from daremo.region.check_tables import date_of
from daremo.region.model import PACKAGE, TABLES, Region, assemble, table_schema
from daremo.region.sample import sample_town

TAKAMATSU = Path(os.environ.get("DAREMO_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "takamatsu"
needs_takamatsu = pytest.mark.skipif(not TAKAMATSU.is_dir(), reason="shared/data/takamatsu is not here")
DOCUMENTED = {r["code"]: r for r in rows_of(PACKAGE, "problem_codes")}
Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def town() -> Region:
    return sample_town(20_000)


@pytest.fixture(scope="module")
def takamatsu() -> Region:
    if not TAKAMATSU.is_dir():
        pytest.skip("shared/data/takamatsu is not here")
    return build([TAKAMATSU]).region


def with_table(region: Region, table: str, rows: list[dict[str, Any]]) -> Region:
    """The region with one table's rows replaced."""
    frame = pl.DataFrame(rows, schema=table_schema(table).empty().schema) if rows else table_schema(table).empty()
    return replace(region, tables={**region.tables, table: frame})


def edited(region: Region, table: str, at: Mapping[int, Mapping[str, Any]]) -> Region:
    """The region with some cells of one table changed."""
    rows = list(region[table].iter_rows(named=True))
    return with_table(region, table, [r | at.get(i, {}) for i, r in enumerate(rows)])


def each(region: Region, table: str, change: Change) -> Region:
    return with_table(region, table, [r | change(r) for r in region[table].iter_rows(named=True)])


def of(found: list[Problem], code: str) -> list[Problem]:
    return [p for p in found if p.code == code]


def codes(found: list[Problem]) -> set[str]:
    return {p.code for p in found}


def test_the_sample_town_raises_nothing_but_its_tiny_district() -> None:
    for people, seed in ((300, 1), (2_000, 5), (60_000, 1), (60_000, 9), (400_000, 2)):
        region = sample_town(people, seed)
        assert codes(check(region, region)) <= {"tiny-district"}


def test_a_total_that_is_one_more_than_its_ages_is_named_with_its_row(town: Region) -> None:
    area = town.areas.row(11, named=True)
    found = check(edited(town, "areas", {11: {"people_stated": area["people_stated"] + 1}}))
    (one,) = of(found, "sum-mismatch")
    assert (one.row, one.file, one.column) == (area["source_row"], area["source"], "総人口（資料の値）")
    assert area["name"] in one.message and f"{area['people_stated']:,.0f}人" in one.message and one.fix
    assert one.value == f"{area['people_stated'] + 1:g}"


def test_men_and_women_that_miss_the_total_or_their_ages_are_found_once(town: Region) -> None:
    men = town.areas["men_stated"][4] + 30
    (one,) = of(check(edited(town, "areas", {4: {"men_stated": men}})), "sum-mismatch")
    assert one.row == 6 and f"男{men:,.0f}人" in one.message


def test_ages_unknown_everywhere_are_one_question_and_an_error_among_them_still_shows(town: Region) -> None:
    def more(r: dict[str, Any]) -> dict[str, Any]:
        return {
            "people_stated": r["people_stated"] + 7,
            "men_stated": r["men_stated"] + 3,
            "women_stated": r["women_stated"] + 4,
        }

    unknown = each(town, "areas", more)
    (one,) = of(check(unknown), "age-unknown")
    assert one.severity == "question" and f"{7 * town.areas.height:,}人" in one.message
    assert not of(check(unknown), "sum-mismatch")
    wrong = edited(unknown, "areas", {3: {"people_stated": town.areas["people_stated"][3] - 50}})
    assert [p.row for p in of(check(wrong), "sum-mismatch")] == [5]


def test_men_and_women_exchanged_are_one_finding(town: Region) -> None:
    swapped = each(town, "areas", lambda r: {"men_stated": r["women_stated"], "women_stated": r["men_stated"]})
    (one,) = of(check(swapped), "swapped-columns")
    assert "男と女" in one.message and one.severity == "error"
    ages = each(town, "people", lambda r: {"sex": {"m": "f", "f": "m"}[r["sex"]]})
    assert any("85歳以上" in p.message for p in of(check(ages), "swapped-columns"))


@pytest.mark.parametrize("step", [-1, 1])
def test_ages_one_band_too_high_or_low_are_a_question(town: Region, step: int) -> None:
    lost, doubled = (85, 0) if step > 0 else (0, 85)
    rows = [r for r in town["people"].iter_rows(named=True) if r["age_from"] != lost]
    lows = [r | {"age_from": r["age_from"] + 5 * step} for r in rows]
    lows += [r for r in town["people"].iter_rows(named=True) if r["age_from"] == doubled]
    bands = with_table(
        town, "people", [r | {"age_to": 130 if r["age_from"] == 85 else r["age_from"] + 4} for r in lows]
    )
    found = [p for p in of(check(bands), "swapped-columns") if "ずれて" in p.message]
    assert len(found) == 1 and ("上" if step > 0 else "下") in found[0].message


def test_a_households_column_that_holds_people_is_one_finding(town: Region) -> None:
    people = each(town, "areas", lambda r: {"households": int(r["people_stated"])})
    swapped = each(town, "areas", lambda r: {"households": int(r["people_stated"]) * 2})
    for region, said in ((people, "人数が入っている"), (swapped, "逆")):
        (one,) = of(check(region), "swapped-columns")
        assert said in one.message and one.column == "世帯数"


def test_an_odd_household_size_is_named_and_many_are_one_line(town: Region) -> None:
    big = {i: {"households": 3} for i in range(3)}
    assert [p.row for p in of(check(edited(town, "areas", big)), "implausible-household-size")] == [2, 3, 4]
    many = {i: {"households": 3} for i in range(15)}
    (one,) = of(check(edited(town, "areas", many)), "implausible-household-size")
    assert "15か所" in one.message


def test_empty_and_tiny_districts_are_one_finding_each_with_their_names(town: Region) -> None:
    area = town.areas["area_id"][2]
    empty = each(town, "people", lambda r: {"people": 0.0} if r["area_id"] == area else {})
    empty = edited(empty, "areas", {2: {"people_stated": 0.0, "men_stated": 0.0, "women_stated": 0.0, "households": 0}})
    found = check(empty)
    assert town.areas["name"][2] in of(found, "zero-people")[0].message
    assert "臨港町" in of(found, "tiny-district")[0].message


@pytest.mark.parametrize(
    "name",
    [
        "\ufffd\ufffd\ufffd\ufffd",
        "\ufffdz\ufffdn\ufffd\ufffd",
        "松島町".encode().decode("cp932", "replace"),
        "松島町".encode().decode("latin-1"),
        "みどり台".encode().decode("cp932", "ignore"),
        "東京都".encode().decode("cp1252", "ignore"),
        "????",
    ],
)
def test_a_garbled_name_is_seen(name: str, town: Region) -> None:
    assert garbled(name)
    found = of(check(edited(town, "areas", {7: {"name": name}})), "mojibake-name")
    assert [(p.row, p.value, p.severity) for p in found] == [(9, name, "error")]


def test_real_names_are_not_called_garbled(town: Region) -> None:
    assert not [
        n
        for n in [*town.areas["name"], *town.places["name"], "譁野町", "Café Ã", "塩江町安原下第1号", "ＰｅＴｅ？"]
        if garbled(n)
    ]


def test_a_chome_far_from_its_own_name_is_found_and_a_slip_of_decimals_told(town: Region) -> None:
    row = next(i for i, n in enumerate(town.areas["name"]) if n == "本町２丁目")
    (one,) = of(check(edited(town, "areas", {row: {"latitude": 34.33345, "longitude": 133.33345}})), "isolated-point")
    assert one.row == row + 2 and "本町２丁目" in one.message and "小数" in one.message


def test_a_lone_district_is_found_far_away_and_an_island_is_not(town: Region) -> None:
    row = next(i for i, n in enumerate(town.areas["name"]) if n == "野田町")
    away = edited(town, "areas", {row: {"latitude": 34.5, "longitude": 133.1}})
    assert [p.row for p in of(check(away), "isolated-point")] == [row + 2]
    assert not of(check(edited(away, "areas", {row: {"island": "遠島"}})), "isolated-point")


def test_a_place_or_event_elsewhere_is_outside(town: Region) -> None:
    hakone = {"latitude": 35.2324, "longitude": 139.1069}
    far = edited(edited(town, "places", {5: hakone}), "events", {1: hakone})
    found = of(check(far), "outside-municipality")
    assert [(p.row, p.column) for p in found] == [(7, "緯度"), (3, "緯度")]
    two = edited(town, "areas", {0: hakone, 1: hakone})
    assert [p.row for p in of(check(two), "outside-municipality")] == [2, 3]


def test_swapped_coordinates_are_an_error_and_nothing_falls_over(town: Region) -> None:
    r = town.areas.row(3, named=True)
    (one,) = of(
        check(edited(town, "areas", {3: {"latitude": r["longitude"], "longitude": r["latitude"]}})),
        "swapped-coordinates",
    )
    assert one.row == 5 and one.severity == "error"


def test_the_same_place_and_the_same_district_name_twice_are_found(town: Region) -> None:
    places = list(town.places.iter_rows(named=True))
    twice = with_table(
        town, "places", [*places, places[4] | {"place_id": "again", "source_row": 999, "name": " " + places[4]["name"]}]
    )
    assert [p.row for p in of(check(twice), "duplicate-place")] == [999]
    named = edited(town, "areas", {9: {"name": town.areas["name"][8]}})
    (one,) = of(check(named), "duplicate-name")
    assert one.row == 11 and "10行め" in one.message


def test_each_missing_table_is_one_finding_that_says_what_it_means(town: Region) -> None:
    bare = assemble("町", "", {t: town[t] for t in ("areas", "people", "places")})
    found = of(check(bare), "missing-table")
    assert sorted(p.file for p in found) == sorted(set(TABLES) - {"areas", "people", "places"})
    assert all(p.message and p.severity == "warning" for p in found)


def test_old_data_are_told_against_today_or_the_newest_source(town: Region) -> None:
    assert not of(check(town), "stale-data")
    late = of(check(town, today=datetime.date(2031, 1, 1)), "stale-data")
    assert late and all("5年" in p.message for p in late)
    old = edited(town, "survey", {i: {"date": "2015-04-01"} for i in range(town["survey"].height)})
    assert [p.value for p in of(check(old), "stale-data")] == ["2015-04-01"]
    assert date_of("202601") == datetime.date(2026, 1, 1) == date_of("2026年1月") and date_of("昔") is None


def test_more_than_twenty_of_one_kind_are_counted_not_listed(town: Region) -> None:
    broken = each(town, "areas", lambda r: {"name": "\ufffd" + r["area_id"]})
    found = of(check(broken), "mojibake-name")
    assert len(found) == LISTED + 1 and f"{town.areas.height - LISTED}件" in found[-1].message


def test_vanished_new_renamed_and_moved_districts_are_told_apart(town: Region) -> None:
    areas = list(town.areas.iter_rows(named=True))
    gone = areas[5]["area_id"]
    kept = [r for r in town["people"].iter_rows(named=True) if r["area_id"] != gone]
    lines = [r for r in town["lines"].iter_rows(named=True) if r["area_id"] != gone]
    smaller = with_table(with_table(with_table(town, "people", kept), "areas", areas[:5] + areas[6:]), "lines", lines)
    assert areas[5]["name"] in of(check(smaller, town), "area-vanished")[0].message
    assert [p.value for p in of(check(town, smaller), "area-appeared")] == [areas[5]["name"]]
    renamed = of(check(edited(town, "areas", {6: {"name": "新しい町"}}), town), "renamed-area")
    assert [p.value for p in renamed] == ["新しい町"] and areas[6]["name"] in renamed[0].message
    moved = check(edited(town, "areas", {0: {"latitude": areas[0]["latitude"] + 0.009}}), town)
    assert [p.row for p in of(moved, "moved-point")] == [2] and "1.0km" in of(moved, "moved-point")[0].message


def test_places_that_closed_are_one_finding_a_kind(town: Region) -> None:
    places = [r for r in town.places.iter_rows(named=True) if r["kind"] != "post_office"]
    (one,) = of(check(with_table(town, "places", places), town), "places-vanished")
    assert one.value == "post_office" and "郵便局" in one.message and one.severity == "question"


def test_an_older_edition_given_as_the_newer_one_is_asked_about(town: Region) -> None:
    newer = edited(town, "lines", {0: {"date": "2027-01-01"}})
    assert of(check(town, newer), "editions-reversed") and not of(check(newer, town), "editions-reversed")


def test_every_finding_is_documented_and_says_what_to_do(town: Region) -> None:
    bad = edited(
        town, "areas", {1: {"name": "????", "households": 1}, 2: {"latitude": 35.9}, 3: {"people_stated": 1.0}}
    )
    for p in [*check(bad, town), *check(assemble("町", "", {t: town[t] for t in ("areas", "people", "places")}), bad)]:
        assert p.code in DOCUMENTED and p.message and p.fix and p.file


@needs_takamatsu
def test_takamatsu_shows_its_misplaced_point_and_not_its_islands(takamatsu: Region) -> None:
    found = check(takamatsu)
    (one,) = of(found, "isolated-point")
    assert "松島町３丁目" in one.message and one.row == 45 and "069518" in one.message
    plain = each(takamatsu, "areas", lambda r: {"island": None, "terrain": None})
    assert len(of(check(plain), "isolated-point")) == 1
    assert not codes(found) & {"sum-mismatch", "mojibake-name", "swapped-columns", "duplicate-name", "duplicate-place"}
    flagged = {
        p.row for p in found if p.file.startswith("population") and p.code not in ("zero-people", "tiny-district")
    }
    assert len(flagged) <= 0.02 * takamatsu.areas.height


@needs_takamatsu
def test_the_garbled_edition_of_may_2023_is_found(takamatsu: Region) -> None:
    garbled_month = build([TAKAMATSU / "raw" / "population__0066_202305.xlsx", TAKAMATSU / "library.csv"]).region
    found = of(check(garbled_month), "mojibake-name")
    assert garbled_month.areas.height == 235 and "�" in found[0].value and found[0].row == 2
    assert len(found) == LISTED + 1
    # names are unreadable, points are not: the districts are still matched, and three years flag few
    counts = Counter(p.code for p in check(takamatsu, garbled_month))
    assert not counts.keys() & {"area-vanished", "area-appeared", "renamed-area", "one-sided-jump"}
    assert 0 < counts["total-jump"] <= 0.03 * 235


@needs_takamatsu
def test_the_one_sided_jump_of_february_2026_is_found_and_nothing_else(takamatsu: Region) -> None:
    row = takamatsu.areas["name"].to_list().index("国分寺町福家")
    area = takamatsu.areas.row(row, named=True)
    published = {"people_stated": 7924.0, "men_stated": 5255.0, "women_stated": 2669.0, "households": 2316}
    new = edited(takamatsu, "areas", {row: published})
    grow = 5255 / area["men_stated"]
    new = each(
        new,
        "people",
        lambda r: {"people": round(r["people"] * grow)} if (r["area_id"], r["sex"]) == (area["area_id"], "m") else {},
    )
    found = [p for p in check(new, takamatsu) if p.code in ("one-sided-jump", "total-jump")]
    assert [(p.code, p.row, p.value) for p in found] == [("one-sided-jump", 230, "5255")]
    assert "2,590人→5,255人" in found[0].message and "2,323→2,316" in found[0].message


@needs_takamatsu
def test_ordinary_months_flag_few_districts() -> None:
    panel = pl.read_csv(TAKAMATSU / "population_panel_by_district.csv", infer_schema_length=None)
    months = panel["month"].unique().sort().to_list()
    wide = panel.pivot("month", index="district", values="total", aggregate_function="first")
    garbled_months = {202304, 202305}
    shares = []
    for before, after in zip(months, months[1:], strict=False):
        if {before, after} & garbled_months:
            continue
        both = wide.select(str(before), str(after)).drop_nulls()
        old, new = (both[c].to_numpy().astype(float) for c in (str(before), str(after)))
        assert len(old) >= 230
        shares.append(float(np.mean(np.abs(jump_scores(new, old)) > JUMP_SD)))
    assert len(shares) > 70
    assert max(shares) <= 0.02
    assert float(np.mean(shares)) <= 0.002
    assert max(shares) > 0  # the real jump of June 2022, 1,003 → 1,241, is among them
