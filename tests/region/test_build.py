"""Building a region from a city's open data as downloaded."""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path

import polars as pl
import pytest

import daremo.region
from daremo.kernel.tables import rows_of
from daremo.region.build import BuildResult, build

SHARED = Path(os.environ.get("DAREMO_SHARED", Path(__file__).parents[3] / "shared")) / "data"
TAKAMATSU = SHARED / "takamatsu"
MESH = SHARED / "mesh500"
needs_takamatsu = pytest.mark.skipif(not TAKAMATSU.is_dir(), reason="shared/data/takamatsu is not here")
needs_mesh = pytest.mark.skipif(not MESH.is_dir(), reason="shared/data/mesh500 is not here")

EXPECTED_KINDS = {
    "LICENSE_CC-BY-4.0.txt": "licence_text",
    "evacuation_space.csv": "evacuation_space",
    "events.csv": "event",
    "future_population_0068.csv": "series",
    "hospital.csv": "hospital",
    "ltc_insured_0095.csv": "series",
    "open_data_list_0099.csv": "catalogue",
    "polling_place_list.csv": "polling_place",
    "population_district_age_202601.csv": "population",
    "population_panel_by_district.csv": "population_panel",
    "public_wireless_lan.csv": "public_wireless_lan",
    "raw/events__data.xlsx": "event",
    "raw/hospital__data.csv": "hospital",
    "raw/population__0066_202305.xlsx": "population",
    "raw/public_wireless_lan__data.xlsx": "public_wireless_lan",
}


@pytest.fixture(scope="module")
def takamatsu() -> BuildResult:
    if not TAKAMATSU.is_dir():
        pytest.skip("shared/data/takamatsu is not here")
    return build([TAKAMATSU])


def entry(result: BuildResult, file: str) -> dict[str, object]:
    return next(f for f in result.files if f["file"] == file)


def kinds_of(result: BuildResult, file: str) -> dict[str, str]:
    rows = result.region.places.filter(pl.col("source") == file)
    return dict(zip(rows["name"], rows["kind"], strict=True))


@needs_takamatsu
def test_takamatsu_has_its_people_districts_and_older_people(takamatsu: BuildResult) -> None:
    assert takamatsu.region.people_total() == 415_718
    assert takamatsu.region.people_65plus() == 120_254
    assert takamatsu.region.areas.height == 235
    assert (takamatsu.region.name, takamatsu.region.code) == ("高松市", "372013")
    assert takamatsu.usable


@needs_takamatsu
def test_every_file_of_takamatsu_is_recognised_by_its_content(takamatsu: BuildResult) -> None:
    files = {p.relative_to(TAKAMATSU).as_posix() for p in TAKAMATSU.rglob("*") if p.is_file()}
    assert {f["file"] for f in takamatsu.files} == files
    for f in takamatsu.files:
        assert f["kind"] == EXPECTED_KINDS.get(str(f["file"]), "place_list"), f["file"]
        assert f["rows_used"] or f["note"], f["file"]


@needs_takamatsu
def test_the_name_of_a_file_says_nothing(tmp_path: Path, takamatsu: BuildResult) -> None:
    for i, p in enumerate(sorted(TAKAMATSU.glob("*.csv"))):
        (tmp_path / f"x{i:02d}.dat").write_bytes(p.read_bytes())
    renamed = build([tmp_path])
    plain = [f for f in takamatsu.files if "/" not in str(f["file"]) and f["kind"] != "licence_text"]
    assert [f["kind"] for f in renamed.files] == [f["kind"] for f in plain]
    assert renamed.region.people_65plus() == 120_254


@needs_takamatsu
def test_the_newest_consistent_edition_is_the_base_and_the_garbled_one_is_kept_aside(takamatsu: BuildResult) -> None:
    assert entry(takamatsu, "population_district_age_202601.csv")["rows_used"] == 235
    old = entry(takamatsu, "raw/population__0066_202305.xlsx")
    assert old["rows_used"] == 0 and "古い版（2023-05-01）" in str(old["note"])
    garbled = [p for p in takamatsu.problems if p.code == "mojibake-name"]
    assert [(p.file, p.row) for p in garbled] == [("raw/population__0066_202305.xlsx", 2)]


@needs_takamatsu
def test_the_islands_of_takamatsu_are_reached_by_boat_only(takamatsu: BuildResult) -> None:
    areas = takamatsu.region.areas.filter(pl.col("island").is_not_null() & (pl.col("island") != ""))
    assert dict(zip(areas["name"], areas["island"], strict=True)) == {"女木町": "女木島", "男木町": "男木島"}
    assert set(areas["terrain"]) == {"island"} and areas["community"].to_list() == areas["island"].to_list()
    islands = takamatsu.region["islands"]
    assert set(islands["island"]) == {"女木島", "男木島", "大島"}
    assert (islands["boat_min"] > 0).all() and (islands["sailings_day"] > 0).all()
    places = takamatsu.region.places.filter(pl.col("island") == "男木島")
    assert "男木出張所" in places["name"].to_list()


@needs_takamatsu
def test_former_towns_are_named_communities_and_blocks_are_not(takamatsu: BuildResult) -> None:
    areas = takamatsu.region.areas
    shionoe = areas.filter(pl.col("name").str.starts_with("塩江町"))
    assert set(shionoe["community"]) == {"塩江町"} and shionoe.height == 8
    blocks = areas.filter(pl.col("name").str.contains("丁目"))
    assert blocks.filter(pl.col("community").fill_null("") != "").is_empty()


@needs_takamatsu
def test_the_point_typed_wrong_is_asked_about_and_not_moved(takamatsu: BuildResult) -> None:
    asked = [p for p in takamatsu.problems if p.code == "isolated-point"]
    assert [(p.row, p.severity) for p in asked] == [(45, "question")]
    assert "松島町３丁目" in asked[0].message and "緯度34.3" in asked[0].fix
    point = takamatsu.region.areas.filter(pl.col("name") == "松島町３丁目")
    assert point["latitude"][0] == 34.069518 and point["terrain"][0] == "plain"


@needs_takamatsu
def test_kinds_of_places_come_from_their_names(takamatsu: BuildResult) -> None:
    assert set(kinds_of(takamatsu, "elderly_wedding_house.csv").values()) == {"elderly_centre"}
    assert set(kinds_of(takamatsu, "elderly_welfare_facility.csv").values()) == {"care_facility"}
    assert set(kinds_of(takamatsu, "library.csv").values()) == {"library"}
    assert set(kinds_of(takamatsu, "branch_office.csv").values()) == {"branch_office"}
    assert set(kinds_of(takamatsu, "regional_comprehensive_support_center.csv").values()) == {"support_centre"}
    schools = kinds_of(takamatsu, "middle_school.csv")
    assert schools["香川大学教育学部附属高松中学校"] == "school"
    assert kinds_of(takamatsu, "citizen_service_center.csv")["高松市役所本庁舎"] == "city_office"


@needs_takamatsu
def test_a_school_that_is_a_polling_place_and_a_shelter_is_one_place(takamatsu: BuildResult) -> None:
    places = takamatsu.region.places
    named = places.filter(pl.col("name").str.contains("新番丁小学校"))
    assert named["kind"].to_list() == ["school"]
    roles = places.filter(pl.col("kind").is_in(["polling_place", "evacuation"]))
    assert not set(roles["place_id"]) & set(takamatsu.region.candidates()["place_id"])
    assert "1件にまとめました" in str(entry(takamatsu, "polling_place_list.csv")["note"])


@needs_takamatsu
def test_the_originals_beside_the_lists_count_nothing_twice(takamatsu: BuildResult) -> None:
    assert entry(takamatsu, "raw/community_center__data.xlsx")["rows_used"] == 0
    without = build([p for p in sorted(TAKAMATSU.iterdir()) if p.is_file()])
    same = ("community_centre", "wifi", "school", "library")
    for kind in same:
        assert (
            without.region.places.filter(pl.col("kind") == kind).height
            == takamatsu.region.places.filter(pl.col("kind") == kind).height
        )
    assert without.region["events"].height == takamatsu.region["events"].height == 51


@needs_takamatsu
def test_rows_used_of_all_lists_are_the_places(takamatsu: BuildResult) -> None:
    lists = {"place_list", "hospital", "evacuation_space", "polling_place", "public_wireless_lan"}
    assert (
        sum(int(str(f["rows_used"])) for f in takamatsu.files if f["kind"] in lists) == takamatsu.region.places.height
    )


@needs_takamatsu
def test_opening_hours_are_read_from_the_municipal_columns(takamatsu: BuildResult) -> None:
    hours = dict(takamatsu.region.places.select("name", "opening_hours").rows())
    assert hours["鶴尾出張所"] == "Mo-Fr 09:00-17:00; PH off"
    assert hours["高松市市民活動センター"] == "Mo-Su 10:00-21:00"


@needs_takamatsu
def test_the_licence_text_in_the_folder_is_the_licence_of_its_files(takamatsu: BuildResult) -> None:
    assert {f["licence"] for f in takamatsu.files} == {"CC BY 4.0"}
    assert {s["owner"] for s in takamatsu.region.sources} == {"高松市"}
    assert not [p for p in takamatsu.problems if p.code == "licence-missing"]


@needs_takamatsu
def test_takamatsu_is_built_within_ten_seconds_and_tells_its_progress() -> None:
    told: list[float] = []
    start = time.perf_counter()
    build([TAKAMATSU], progress=lambda share, note: told.append(share))
    assert time.perf_counter() - start < 10
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 30


@needs_takamatsu
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_saved_region_loads_with_the_same_digest(takamatsu: BuildResult, tmp_path: Path, format: str) -> None:
    daremo.region.save(takamatsu.region, tmp_path, format=format)
    assert daremo.region.load(tmp_path).digest == takamatsu.region.digest


@needs_takamatsu
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_saved_region_is_a_source_too(takamatsu: BuildResult, tmp_path: Path, format: str) -> None:
    daremo.region.save(takamatsu.region, tmp_path, format=format)
    again = build([tmp_path])
    assert again.usable and again.region.people_65plus() == 120_254
    for table in ("areas", "people", "places", "islands", "events"):
        assert again.region[table].equals(takamatsu.region[table]), table


@needs_takamatsu
def test_the_same_files_give_the_same_region_wherever_they_lie(takamatsu: BuildResult, tmp_path: Path) -> None:
    for p in TAKAMATSU.rglob("*"):
        if p.is_file():
            to = tmp_path / "elsewhere" / p.relative_to(TAKAMATSU)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(p.read_bytes())
    assert build([tmp_path / "elsewhere"]).region.digest == takamatsu.region.digest


@needs_takamatsu
def test_a_newer_edition_in_which_only_the_men_jump_is_not_the_base(tmp_path: Path) -> None:
    text = (TAKAMATSU / "population_district_age_202601.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    head = rows[0]
    men, total, name = head.index("male"), head.index("totalPopulation"), head.index("regionName")
    for r in rows[1:]:
        r[head.index("surveyDate")] = "2026-02-01"
        if r[name] == "国分寺町福家":
            more = int(r[men])
            r[men], r[total] = str(2 * more), str(int(r[total]) + more)
            for k in range(1, 19):
                r[head.index(f"man{k}")] = str(2 * int(r[head.index(f"man{k}")]))
    with (tmp_path / "b.csv").open("w", encoding="utf-8", newline="") as f:
        csv.writer(f).writerows(rows)
    (tmp_path / "a.csv").write_text(text, encoding="utf-8-sig")
    result = build([tmp_path])
    assert result.region.people_total() == 415_718
    assert entry(result, "b.csv")["rows_used"] == 0
    jump = [p for p in result.problems if p.code == "one-sided-jump"]
    assert len(jump) == 1 and "国分寺町福家" in jump[0].message and jump[0].file == "b.csv"


@needs_mesh
def test_mesh_files_reproduce_the_published_totals() -> None:
    def stated(path: Path, column: int) -> int:
        with path.open(encoding="cp932", newline="") as f:
            return sum(int(r[column]) for r in list(csv.reader(f))[2:])

    files = sorted(MESH.glob("tbl*.txt"))
    assert [stated(p, 4) for p in files] == [4_685_631, 532_512]
    for p in files:
        assert build([p]).region.people_total() == stated(p, 4)
    both = build(files)
    assert both.region.people_total() == 5_218_143
    assert both.region.areas["men_stated"].sum() == sum(stated(p, 5) for p in files)
    assert both.region.areas["households"].sum() == sum(stated(p, 37) for p in files)


@needs_mesh
def test_a_suppressed_mesh_and_the_one_that_took_it_up_are_one_area() -> None:
    region = build([MESH / "tblT001101H5031.txt"]).region
    unit = region.areas.filter(pl.col("area_id") == "503177993")
    assert unit["people_stated"][0] == 30  # 5 + 9 + 16
    assert not set(region.areas["area_id"]) & {"503177991", "503177992"}
    people = region["people"].filter(pl.col("area_id") == "503177993")
    assert people["people"].sum() == 30
    men = {(a, b): n for s, a, b, n in people.select("sex", "age_from", "age_to", "people").rows() if s == "m"}
    assert men == {(15, 64): 7, (65, 74): 3, (85, 130): 1}
    lat, lon = unit["latitude"][0], unit["longitude"][0]
    assert lat == pytest.approx((14 * 33.99375 + 16 * 33.9979167) / 30, abs=1e-6) and 131.98 < lon < 132


@needs_mesh
def test_mesh_without_places_says_that_places_are_missing() -> None:
    result = build([MESH])
    assert not result.usable
    assert [p.severity for p in result.problems if p.code == "no-places"] == ["error"]
    assert result.region.areas.height == 11_765
    assert entry(result, "columns.csv")["kind"] == "columns"


def test_every_problem_code_the_readers_use_is_documented() -> None:
    import re

    codes = {r["code"] for r in rows_of("daremo.region", "problem_codes")}
    root = Path(daremo.region.__file__).parent
    text = "".join(
        p.read_text(encoding="utf-8")
        for p in [root / "build.py", root / "licences.py", root / "islands.py", *(root / "readers").glob("*.py")]
    )
    used = set(re.findall(r'(?:tell\(|Problem\()\s*"([a-z-]+)"', text)) | set(
        re.findall(r'\(\s*"([a-z]+-[a-z-]+)",\s*f?"', text)
    )
    assert len(used) > 40
    assert used <= codes, sorted(used - codes)
    listed = [r["code"] for r in rows_of("daremo.region", "problem_codes")]
    assert len(listed) == len(set(listed))


def test_nothing_given_gives_an_empty_region_and_says_so(tmp_path: Path) -> None:
    result = build([tmp_path, tmp_path / "nowhere"])
    assert {p.code for p in result.problems} == {"no-such-file", "no-areas", "no-places"}
    assert result.files == () and not result.usable
