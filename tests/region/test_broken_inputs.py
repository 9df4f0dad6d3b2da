"""Broken files: each gives its documented problem with file, row, column, value and what to do; the good files still load."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from daremo.kernel.tables import rows_of
from daremo.region.build import BuildResult, build

SHARED = Path(os.environ.get("DAREMO_SHARED", Path(__file__).parents[3] / "shared")) / "data"
DOCUMENTED = {r["code"] for r in rows_of("daremo.region", "problem_codes")}

GOOD_PEOPLE = (
    "surveyDate,prefCode,regionName,totalPopulation,man1,woman1,man18,woman18,location\n"
    '2026-01-01,37201,北町,40,10,12,8,10,"34.30,134.00"\n2026-01-01,37201,南町,4,1,1,1,1,"34.31,134.01"\n'
)
GOOD_PLACES = "名称,住所,緯度,経度\n中央図書館,北町1,34.30,134.00\n"

POPULATION = "市区町村コード,都道府県名,調査年月日,地域名,総人口,男性,女性,0-64歳の男性,0-64歳の女性,65歳以上の男性,65歳以上の女性,世帯数,緯度,経度\n"
FACILITY = "NO,名称,住所,緯度,経度,電話番号,バリアフリー情報\n"
EVENT = "イベント名,開始日,場所名称,緯度,経度\n"
OWN_PLACES = "施設コード,施設名,種類,緯度,経度,部屋数,候補,段差なし\n"
OWN_AREAS = "地区コード,地区名,緯度,経度,世帯数\n"
OWN_PEOPLE = "地区コード,性別,年齢（から）,年齢（まで）,人数\n"
OWN_LINES = "地区コード,方式,使える割合,時点\n"
MESH = "KEY_CODE,HTKSYORI,HTKSAKI,GASSAN,T001101001,T001101002,T001101003,T001101005,T001101006,T001101011,T001101012,T001101020,T001101021,T001101023,T001101024,T001101026,T001101027,T001101034\n"
P30 = '{"type":"FeatureCollection","name":"%s","features":[{"type":"Feature","properties":{"%s_001":"37201","%s_005":"x"},"geometry":{"type":"Point","coordinates":[134,34.3]}}]}'
N = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Broken:
    """One broken file and the problem it must give."""

    id: str
    data: str | bytes
    code: str
    row: int | None = None
    column: str = ""
    value: str = ""
    suffix: str = "csv"
    kind: str = ""
    severity: str = ""


def town(*rows: str) -> str:
    """A population table of the same municipality but an older date, so that it does not replace the good one."""
    return POPULATION + "\n".join(rows) + "\n"


def row(
    name: str = "東町",
    code: str = "372013",
    pref: str = "香川県",
    total: str = "40",
    men: str = "20",
    women: str = "20",
    ages: str = "10,10,10,10",
    homes: str = "9",
    lat: str = "34.3",
    lon: str = "134.0",
) -> str:
    return f"{code},{pref},2020-01-01,{name},{total},{men},{women},{ages},{homes},{lat},{lon}"


def place(name: str = "東図書館", lat: str = "34.3", lon: str = "134.0", free: str = "", address: str = "東町1") -> str:
    return FACILITY + f"1,{name},{address},{lat},{lon},087,{free}\n"


CASES = [
    # people
    Broken(
        "a total that is not the sum of ages",
        town(row(total="41")),
        "sum-mismatch",
        2,
        "総人口",
        "41",
        severity="warning",
    ),
    Broken(
        "men and women that are not the total",
        town(row(men="30")),
        "sum-mismatch",
        2,
        "総人口",
        "40",
        severity="warning",
    ),
    Broken(
        "a word where people should stand", town(row(ages="10,秘匿,10,10")), "not-a-number", 2, "0-64歳の女性", "秘匿"
    ),
    Broken("a word as total", town(row(total="約四十")), "not-a-number", 2, "総人口", "約四十"),
    Broken("negative people", town(row(ages="10,10,-3,10")), "bad-number", 2, "65歳以上の男性", "-3"),
    Broken("too many people", town(row(total="99999999999")), "bad-number", 2, "総人口", "99999999999"),
    Broken("no district name", town(row(name="")), "missing-name", 2, "地域名"),
    Broken("no people at all", town(row(total="", men="", women="", ages=",,,")), "missing-people", 2, "総人口"),
    Broken("a total without ages", town(row(ages=",,,")), "missing-ages", 2, "0-64歳の男性", severity="question"),
    Broken("one age blank", town(row(ages="10,,10,10")), "blank-ages", 2, "0-64歳の男性", severity="question"),
    Broken("the same row twice", town(row(), row()), "duplicate-area", 3, "地域名", "東町"),
    Broken(
        "one name with different people",
        town(row(), row(ages="9,11,10,10")),
        "duplicate-area",
        3,
        "地域名",
        "東町",
        severity="question",
    ),
    Broken("garbled names", town(row(name=f"{N}{N}町")), "mojibake-name", 2, "地域名", f"{N}{N}町", severity="warning"),
    Broken("no age columns", "地域名,総人口,緯度,経度\n東町,40,34.3,134.0\n", "no-ages", severity="question"),
    Broken(
        "a code that lost its zero",
        town(row(code="92011", pref="栃木県")),
        "lost-zero",
        2,
        "市区町村コード",
        "92011",
        severity="warning",
    ),
    Broken(
        "a wrong check digit",
        town(row(code="372014")),
        "bad-check-digit",
        2,
        "市区町村コード",
        "372014",
        severity="warning",
    ),
    Broken(
        "a code with two readings",
        town(row(code="12106", pref="")),
        "ambiguous-code",
        2,
        "市区町村コード",
        "12106",
        severity="question",
    ),
    Broken("a code that is none", town(row(code="高松")), "bad-code", 2, "市区町村コード", "高松", severity="question"),
    Broken(
        "a district at 0, 0", town(row(lat="0", lon="0")), "sentinel-coordinates", 2, "緯度", "0,0", severity="question"
    ),
    Broken(
        "a district with swapped coordinates",
        town(row(lat="134.0", lon="34.3")),
        "swapped-coordinates",
        2,
        "緯度",
        "134,34.3",
        severity="warning",
    ),
    Broken(
        "a district in the Atlantic",
        town(row(lat="50", lon="-30")),
        "coordinates-outside-japan",
        2,
        "緯度",
        "50,-30",
        severity="question",
    ),
    Broken(
        "a district with words as coordinates",
        town(row(lat="調査中", lon="同左")),
        "bad-coordinates",
        2,
        "緯度",
        "調査中,同左",
        severity="question",
    ),
    Broken("two counts of one day", GOOD_PEOPLE.replace("40,10", "41,11"), "edition-conflict", severity="question"),
    Broken("a population table mapped to a list", "a,b\n1,2\n", "missing-column", kind="population"),
    # places
    Broken("no place name", place(name=""), "missing-name", 2, "名称"),
    Broken("no coordinates", place(lat="", lon=""), "missing-coordinates", 2, "緯度"),
    Broken("half of the coordinates", place(lon=""), "missing-coordinates", 2, "緯度"),
    Broken("999 as coordinates", place(lat="999", lon="999"), "sentinel-coordinates", 2, "緯度", "999,999"),
    Broken("0 as coordinates", place(lat="0.0", lon="0"), "sentinel-coordinates", 2, "緯度", "0,0"),
    Broken(
        "swapped coordinates",
        place(lat="134.0", lon="34.3"),
        "swapped-coordinates",
        2,
        "緯度",
        "134,34.3",
        severity="warning",
    ),
    Broken("a place in London", place(lat="51.5", lon="-0.1"), "coordinates-outside-japan", 2, "緯度", "51.5,-0.1"),
    Broken("words as coordinates", place(lat="北緯?", lon="東経?"), "bad-coordinates", 2, "緯度", "北緯?,東経?"),
    Broken(
        "a place in Hakone",
        place(name="箱根の館", lat="35.2", lon="139.0", address="神奈川県足柄下郡箱根町"),
        "outside-municipality",
        2,
        "緯度・経度",
        "35.2,139",
    ),
    Broken(
        "a place two towns away",
        place(name="遠い館", lat="34.43", lon="134.01"),
        "outside-municipality",
        2,
        "緯度・経度",
        "34.43,134.01",
        severity="question",
    ),
    Broken(
        "the same place twice",
        place() + "2,東図書館,東町1,34.3,134.0,087,\n",
        "duplicate-place",
        3,
        "名称",
        "東図書館",
        severity="warning",
    ),
    Broken(
        "many places at one point",
        FACILITY + "".join(f"{i},館{i},東町,34.3,134.0,,\n" for i in range(6)),
        "same-coordinate",
        2,
        "緯度",
        "34.3,134.0",
        severity="question",
    ),
    Broken(
        "a triangle for step-free", place(free="△"), "unclear-mark", 2, "バリアフリー情報", "△", severity="question"
    ),
    Broken(
        "a garbled place name", place(name=f"{N}図書館"), "mojibake-name", 2, "名称", f"{N}図書館", severity="warning"
    ),
    Broken("only headings", FACILITY + ",,,,,,\n", "no-data-rows", severity="warning"),
    Broken("a list mapped without names", "緯度,経度,住所\n34,134,x\n", "missing-column", kind="place_list"),
    Broken(
        "coordinates in one cell with a third", '名称,location\n東館,"34.3,134.0,5"\n', "bad-coordinates", 2, "location"
    ),
    # events
    Broken("an event without a name", EVENT + ",2026-08-12,公園,34.3,134.0\n", "missing-name", 2, "イベント名"),
    Broken(
        "an event at 0, 0",
        EVENT + "祭り,2026-08-12,公園,0,0\n",
        "sentinel-coordinates",
        2,
        "緯度",
        "0,0",
        severity="question",
    ),
    # own tables
    Broken(
        "a word for a number of rooms",
        OWN_PLACES + "k1,館,library,34.3,134.0,二つ,はい,はい\n",
        "wrong-type",
        2,
        "部屋数",
        "二つ",
    ),
    Broken("half a room", OWN_PLACES + "k1,館,library,34.3,134.0,1.5,はい,はい\n", "wrong-type", 2, "部屋数", "1.5"),
    Broken(
        "a triangle in a table of ours",
        OWN_PLACES + "k1,館,library,34.3,134.0,1,はい,△\n",
        "wrong-type",
        2,
        "段差なし",
        "△",
    ),
    Broken(
        "a required cell left blank", OWN_PLACES + "k1,,library,34.3,134.0,1,はい,はい\n", "missing-value", 2, "施設名"
    ),
    Broken(
        "a latitude out of range",
        OWN_PLACES + "k1,館,library,94.3,134.0,1,はい,はい\n",
        "not-allowed",
        2,
        "緯度",
        "94.3",
    ),
    Broken(
        "a kind of place nobody knows",
        OWN_PLACES + "k1,館,宇宙基地,34.3,134.0,1,はい,はい\n",
        "unknown-place-kind",
        2,
        "種類",
        "宇宙基地",
        severity="question",
    ),
    Broken(
        "one code for two places",
        OWN_PLACES + "k1,館,library,34.3,134.0,1,,\nk1,別館,library,34.3,134.0,1,,\n",
        "duplicate-id",
        3,
        "施設コード",
        "k1",
    ),
    Broken("a share over one", OWN_LINES + "37201-001,fibre,1.4,2026-01-01\n", "not-allowed", 2, "使える割合", "1.4"),
    Broken(
        "a technology nobody knows", OWN_LINES + "37201-001,糸電話,0.4,2026-01-01\n", "not-allowed", 2, "方式", "糸電話"
    ),
    Broken("a date that is none", OWN_LINES + "37201-001,fibre,0.4,先日\n", "wrong-type", 2, "時点", "先日"),
    Broken("a line in no district", OWN_LINES + "zzz,fibre,0.4,2026-01-01\n", "unknown-area", None, "area_id", "zzz"),
    # census
    Broken(
        "a mesh code that is none",
        MESH + "503399999,0,,,1,1,0,0,0,1,0,0,0,0,0,0,0,1\n".replace("503399999", "5033x9999"),
        "bad-mesh-code",
        2,
        "KEY_CODE",
        "5033x9999",
        "txt",
    ),
    Broken(
        "a mesh with a word",
        MESH + "503300001,0,,,多数,1,0,0,0,1,0,0,0,0,0,0,0,1\n",
        "not-a-number",
        2,
        "T001101001",
        "多数",
        "txt",
    ),
    Broken(
        "a mesh without people",
        MESH + "503300001,0,,,,1,0,0,0,1,0,0,0,0,0,0,0,1\n",
        "missing-people",
        2,
        "T001101001",
        "",
        "txt",
    ),
    Broken(
        "a mesh whose partner is not there",
        MESH + "503300001,2,503400001,,1,1,0,*,*,*,*,*,*,*,*,*,*,1\n",
        "mesh-part-missing",
        2,
        "HTKSAKI",
        "503400001",
        "txt",
        severity="question",
    ),
    Broken(
        "a mesh table without totals",
        "KEY_CODE,HTKSYORI,HTKSAKI,GASSAN,T001101034\n503300001,0,,,1\n",
        "missing-column",
        None,
        "",
        "T001101",
        "txt",
    ),
    Broken(
        "a small area with a strange code",
        "KEY_CODE,HYOSYO,CITYNAME,NAME,T001082001,T001082002\n,,,,総数,総数０～４歳\n37201-AB,2,高松市,東町,9,9\n",
        "bad-area-code",
        3,
        "KEY_CODE",
        "37201-AB",
        "txt",
    ),
    # licences
    Broken(
        "post offices for non-commercial use",
        P30.replace("%s", "P30"),
        "licence-refused",
        None,
        "",
        "非商用",
        "geojson",
    ),
    Broken(
        "culture halls for non-commercial use",
        P30.replace("%s", "P27"),
        "licence-refused",
        None,
        "",
        "非商用",
        "geojson",
    ),
    Broken(
        "roadside stations for non-commercial use",
        P30.replace("%s", "P35"),
        "licence-refused",
        None,
        "",
        "非商用",
        "geojson",
    ),
    Broken(
        "medical places of an unchecked edition",
        P30.replace("%s", "P04"),
        "licence-ask",
        None,
        "",
        "版ごとに確認",
        "geojson",
        severity="question",
    ),
    # files
    Broken("an empty file", b"", "empty-file"),
    Broken("only white space", b" \r\n\r\n", "empty-file"),
    Broken("bytes in no encoding", "名称,緯度,経度\n".encode() + b"\xff\xfd\x80\x81\xa0\xf5,1,2\n", "unknown-encoding"),
    Broken("bytes of a program", b"\x7fELF\x00\x00\x01\x02abc", "unknown-file", suffix="bin", severity="question"),
    Broken("a PDF", b"%PDF-1.7 ...", "unknown-file", suffix="pdf", severity="question"),
    Broken("a JSON of something else", b'{"a": 1}', "unknown-file", suffix="json", severity="question"),
    Broken("a workbook cut short", b"PK\x03\x04" + b"\x00" * 60, "unreadable-file", suffix="xlsx"),
    Broken("a zip cut short", b"PK\x03\x04" + b"\x00" * 60, "unreadable-file", suffix="zip"),
    Broken("a JSON cut short", b'{"type": "FeatureCollection", "features": [', "unreadable-file", suffix="geojson"),
    Broken("a Shapefile without its table", b"\x00\x00\x27\x0a" + b"\x00" * 96, "missing-part", suffix="shp"),
    Broken(
        "an OpenStreetMap file cut short",
        b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7c" + b"\x01" * 30,
        "unreadable-file",
        suffix="pbf",
    ),
    Broken("a parquet file cut short", b"PAR1" + b"\x00" * 40, "unreadable-file", suffix="parquet"),
    Broken("a table of something else", "好きな食べ物,色\nうどん,白\n", "unknown-file", severity="question"),
    Broken("prose", "これは表ではありません。\nお知らせです。\n", "unknown-file", suffix="txt", severity="question"),
    Broken("a kind nobody knows", GOOD_PLACES, "unknown-kind", None, "", "おまかせ", kind="おまかせ"),
]


def build_with(tmp_path: Path, broken: Broken) -> tuple[BuildResult, str]:
    (tmp_path / "a_people.csv").write_text(GOOD_PEOPLE, encoding="utf-8")
    (tmp_path / "b_places.csv").write_text(GOOD_PLACES, encoding="utf-8")
    name = f"z_broken.{broken.suffix}"
    (tmp_path / name).write_bytes(broken.data.encode() if isinstance(broken.data, str) else broken.data)
    return build([tmp_path], kinds={name: broken.kind} if broken.kind else {}), name


def test_there_are_at_least_fifty_broken_inputs() -> None:
    assert len(CASES) >= 70 and len({c.id for c in CASES}) == len(CASES)


@pytest.mark.parametrize("broken", CASES, ids=[c.id for c in CASES])
def test_a_broken_input_gives_its_documented_problem(tmp_path: Path, broken: Broken) -> None:
    result, name = build_with(tmp_path, broken)
    told = [p for p in result.problems if p.file == name]
    hits = [p for p in told if p.code == broken.code]
    assert hits, [str(p) for p in told]
    first = hits[0]
    assert (first.row, first.column) == (broken.row, broken.column)
    assert broken.value in first.value
    assert first.severity == (broken.severity or "error")
    assert first.message and first.fix
    assert all(p.code in DOCUMENTED for p in result.problems)
    # the good files are used all the same
    assert result.usable and {"北町", "南町"} <= set(result.region.areas["name"])
    assert "中央図書館" in result.region.places["name"].to_list()
    assert [f["file"] for f in result.files] == ["a_people.csv", "b_places.csv", name]


def test_a_mapped_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD_PEOPLE, encoding="utf-8")
    result = build([tmp_path], kinds={"missing.csv": "place_list"})
    assert [p.file for p in result.problems if p.code == "map-unused"] == ["missing.csv"]


def test_a_file_that_may_not_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD_PEOPLE, encoding="utf-8")
    (tmp_path / "folder.zip").mkdir()
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as z:
        z.writestr("inner/places.csv", GOOD_PLACES)
        z.writestr("inner/broken.xlsx", b"PK\x03\x04nothing")
    result = build([tmp_path])
    assert [f["file"] for f in result.files] == ["a.csv", "b.zip/inner/broken.xlsx", "b.zip/inner/places.csv"]
    assert [p.file for p in result.problems if p.code == "unreadable-file"] == ["b.zip/inner/broken.xlsx"]
    assert result.usable


def test_a_district_without_any_point_is_told_with_its_people(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("地域名,総人口,65歳以上,65歳未満\n東町,40,10,30\n", encoding="utf-8")
    result = build([tmp_path])
    lost = [p for p in result.problems if p.code == "missing-coordinates"]
    assert [(p.file, p.row) for p in lost] == [("a.csv", 2)] and "40人" in lost[0].message
    assert "no-areas" in {p.code for p in result.problems}


def test_the_real_garbled_edition_alone_is_used_but_told(tmp_path: Path) -> None:
    path = SHARED / "takamatsu" / "raw" / "population__0066_202305.xlsx"
    if not path.is_file():
        pytest.skip("shared/data/takamatsu is not here")
    result = build([path])
    assert result.region.areas.height == 235
    assert "mojibake-name" in {p.code for p in result.problems}


def test_the_real_hospital_without_a_point_is_told_by_its_row(tmp_path: Path) -> None:
    path = SHARED / "takamatsu" / "hospital.csv"
    if not path.is_file():
        pytest.skip("shared/data/takamatsu is not here")
    missing = [p for p in build([path]).problems if p.code == "missing-coordinates"]
    assert [(p.row, p.column) for p in missing] == [(606, "latitude")]
