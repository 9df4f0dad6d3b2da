"""Reading single files: cells, layouts, encodings and formats, each trap by name."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import polars as pl
import pytest
import shapefile
import xlsxwriter

from daremo.region.build import BuildResult, build
from daremo.region.licences import look_up
from daremo.region.model import TABLES, table_schema
from daremo.region.readers.recognise import EXPLAINED
from daremo.region.readers.sheet import decode

SHARED = Path(os.environ.get("DAREMO_SHARED", Path(__file__).parents[3] / "shared")) / "data"

PEOPLE = (
    "#property,prefCode,regionName,totalPopulation,male,woman,man1,woman1,man14,woman14,man18,woman18,numberOfHouseholds,location\n"
    '1,37201,北町,60,28,32,10,12,10,10,8,10,25,"34.30,134.00"\n'
    '2,37201,南町,6,3,3,1,1,1,1,1,1,3,"34.31,134.01"\n'
)
PLACES = "名称,住所,緯度,経度\n中央図書館,高松市北町1,34.30,134.00\n北公民館,高松市南町2,34.31,134.01\n"


def make(tmp_path: Path, **files: str | bytes) -> BuildResult:
    """Write files (``_`` before the suffix stands for a dot) and build from their folder."""
    for name, data in files.items():
        stem, _, suffix = name.rpartition("_")
        (tmp_path / f"{stem}.{suffix}").write_bytes(data.encode() if isinstance(data, str) else data)
    return build([tmp_path])


def bands(result: BuildResult, area: str) -> dict[tuple[str, int, int], float]:
    people = result.region["people"].filter(pl.col("area_id") == area)
    return {(s, a, b): n for s, a, b, n in people.select("sex", "age_from", "age_to", "people").rows()}


def codes(result: BuildResult) -> set[str]:
    return {p.code for p in result.problems}


# --- layouts and encodings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"])
def test_any_usual_encoding_gives_the_same_text(encoding: str) -> None:
    assert decode(PLACES.encode(encoding))[0] == PLACES


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_both_encodings_of_one_prefecture_give_the_same_region(tmp_path: Path, encoding: str) -> None:
    result = make(tmp_path, a_csv=PEOPLE.encode(encoding), b_csv=PLACES.encode(encoding))
    assert result.usable and result.region.areas["name"].to_list() == ["北町", "南町"]
    assert result.region.people_total() == 66


@pytest.mark.parametrize("before", ["\n", "人口統計表\n令和8年1月1日現在\n\n", ",,,,\n,高松市,,\n"])
def test_headings_are_found_below_blank_and_preamble_rows(tmp_path: Path, before: str) -> None:
    result = make(tmp_path, a_csv=before + PEOPLE, b_csv=PLACES)
    assert result.region.people_total() == 66
    assert result.region.areas["source_row"].to_list() == [before.count("\n") + 2, before.count("\n") + 3]


def test_pairs_and_blocks_of_sexes_give_the_same_people(tmp_path: Path) -> None:
    ages = ["0-4歳", "5-9歳", "100歳以上"]
    pairs = "地域名,緯度,経度," + ",".join(f"{a}の{s}" for a in ages for s in ("男性", "女性")) + ",年齢不詳の男性\n"
    blocks = "緯度,経度,地域名," + ",".join(f"{a}の{s}" for s in ("男性", "女性") for a in ages) + ",年齢不詳の男性\n"
    (tmp_path / "p").mkdir()
    (tmp_path / "b").mkdir()
    one = make(tmp_path / "p", a_csv=pairs + "北町,34.3,134.0,1,2,3,4,5,6,7\n")
    two = make(tmp_path / "b", a_csv=blocks + "34.3,134.0,北町,1,3,5,2,4,6,7\n")
    assert (
        one.region["people"]
        .sort("sex", "age_from", "age_to")
        .equals(two.region["people"].sort("sex", "age_from", "age_to"))
    )
    area = one.region.areas["area_id"][0]
    assert bands(one, area)["m", 0, 130] == 7 and bands(one, area)["f", 100, 130] == 6


def test_a_narrow_band_wins_over_the_sum_that_holds_it(tmp_path: Path) -> None:
    text = "地域名,緯度,経度,総人口,65歳以上,65-74歳,75歳以上,0-64歳\n北町,34.3,134.0,100,30,18,12,70\n"
    result = make(tmp_path, a_csv=text)
    assert result.region.people_total() == 100 and result.region.people_65plus() == pytest.approx(30)


def test_full_width_brackets_spaces_and_line_breaks_in_headings_do_no_harm(tmp_path: Path) -> None:
    text = '"名　称","住\n所",緯 度,経度\n中央図書館,北町1,34.3,134.0\n'
    places = make(tmp_path, a_csv=PEOPLE, b_csv=text).region.places
    assert places["name"].to_list() == ["中央図書館"]


def test_total_rows_are_not_districts_and_empty_districts_are(tmp_path: Path) -> None:
    text = PEOPLE + '3,37201,無人町,0,0,0,0,0,0,0,0,0,0,"34.32,134.02"\n4,37201,合計,66,31,35,11,13,11,11,9,11,28,\n'
    result = make(tmp_path, a_csv=text)
    assert result.region.areas["name"].to_list() == ["北町", "南町", "無人町"]
    assert result.region.people_total() == 66


def test_trailing_empty_columns_and_a_comment_column_are_left_out(tmp_path: Path) -> None:
    text = "名称,緯度,経度,←2行目以降に入力,,,\n中央図書館,34.3,134.0,←ここ,,,\n,,,←2行目以降に入力,,,\n"
    result = make(tmp_path, a_csv=PEOPLE, b_csv=text)
    assert result.region.places.height == 1 and "missing-name" not in codes(result)


def test_an_address_written_into_the_city_column_is_kept(tmp_path: Path) -> None:
    text = "名称,所在地_市区町村,緯度,経度\n中央図書館,高松市昭和町一丁目2番20号,34.3,134.0\n"
    assert make(tmp_path, a_csv=PEOPLE, b_csv=text).region.places["address"].to_list() == ["高松市昭和町一丁目2番20号"]


def test_latitude_and_longitude_in_one_column_are_told_apart(tmp_path: Path) -> None:
    result = make(tmp_path, a_csv=PEOPLE, b_csv='名称,location\n中央図書館,"34.3, 134.0"\n')
    assert result.region.places.select("latitude", "longitude").row(0) == (34.3, 134.0)


def test_degrees_minutes_and_seconds_are_read(tmp_path: Path) -> None:
    result = make(tmp_path, a_csv=PEOPLE, b_csv="名称,緯度,経度\n中央図書館,34°18'36\",134度0分36秒\n")
    assert result.region.places.select("latitude", "longitude").row(0) == pytest.approx((34.31, 134.01))


def test_districts_without_points_get_them_from_addresses_and_are_asked_about(tmp_path: Path) -> None:
    people = "地域名,総人口,65歳以上,65歳未満\n扇町１丁目,50,20,30\n扇町２丁目,10,4,6\n"
    places = "名称,住所,緯度,経度\n図書館,高松市扇町一丁目3,34.30,134.00\n公民館,高松市扇町二丁目9-1,34.31,134.01\n"
    result = make(tmp_path, a_csv=people, b_csv=places)
    assert result.region.areas.select("name", "latitude").rows() == [("扇町１丁目", 34.30), ("扇町２丁目", 34.31)]
    assert [p.severity for p in result.problems if p.code == "point-guessed"] == ["question", "question"]


@pytest.mark.parametrize("name", sorted(p.name for p in (SHARED / "formats").glob("*.csv")) or ["none"])
def test_each_recommended_data_set_is_recognised_by_its_headings_alone(tmp_path: Path, name: str) -> None:
    path = SHARED / "formats" / name
    if not path.is_file():
        pytest.skip("shared/data/formats is not here")
    stem = name.removeprefix("xxxxxx_").removesuffix(".csv")
    expected = {
        "public_facility": "place_list",
        "open_data_list": "catalogue",
        "population_yyyymmdd": "population",
    }.get(stem, stem)
    expected = "food_business" if stem.startswith("food") else expected
    (tmp_path / "x.csv").write_bytes(path.read_bytes())
    entry = build([tmp_path]).files[0]
    assert entry["kind"] == expected and entry["note"]
    assert entry["kind"] in EXPLAINED or entry["rows_used"] == 0


def test_the_current_standard_lists_are_recognised(tmp_path: Path) -> None:
    head = "全国地方公共団体コード,ID,地方公共団体名,名称,名称_カナ,所在地_連結表記,所在地_都道府県,所在地_市区町村,緯度,経度,電話番号"
    places = f"{head},利用可能曜日,開始時間,終了時間,バリアフリー情報\n372013,1,高松市,中央図書館,,高松市昭和町1,香川県,高松市,34.3,134.0,087,月火,9:00,17:00,スロープ\n"
    wifi = f"{head},SSID,提供エリア\n372013,1,高松市,駅,,高松市浜ノ町1,香川県,高松市,34.3,134.0,087,FREE,構内\n"
    event = "全国地方公共団体コード,ID,地方公共団体名,イベント名,開始日,終了日,場所名称\n372013,1,高松市,祭り,2026-08-12,2026-08-14,中央公園\n"
    result = make(tmp_path, a_csv=PEOPLE, p_csv=places, w_csv=wifi, e_csv=event)
    assert [f["kind"] for f in result.files] == ["population", "event", "place_list", "public_wireless_lan"]
    row = result.region.places.filter(pl.col("kind") == "library").row(0, named=True)
    assert row["opening_hours"] == "Mo,Tu 09:00-17:00" and row["step_free"] is True
    assert result.region["events"].row(0, named=True)["start_date"] == "2026-08-12"


# --- workbooks and archives --------------------------------------------------------------------------------------


def workbook(rows: list[list[object]], *others: list[list[object]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for table in (*others, rows):
            sheet = book.add_worksheet()
            for i, row in enumerate(table):
                sheet.write_row(i, 0, row)
    return out.getvalue()


def test_a_workbook_with_numbers_and_a_sheet_of_notes_is_read(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], ["名称", "緯度", "経度"], ["中央図書館", 34.3, 134.0]]
    result = make(tmp_path, a_csv=PEOPLE, b_xlsx=workbook(rows, [["この本の使いかた"], ["ここに書いてください"]]))
    assert result.region.places.select("name", "latitude", "source_row").row(0) == ("中央図書館", 34.3, 3)


def own_value(name: str, type: str, allowed: tuple[str, ...]) -> object:
    if name in ("latitude", "longitude"):
        return 34.3 if name == "latitude" else 134.0
    if allowed and ".." not in allowed[0]:
        return allowed[0]
    if name == "kind":
        return "library"
    return {"text": "x", "whole": 1, "number": 1, "share": 0.5, "yes_no": "はい", "date": "2026-01-01"}[type]


@pytest.mark.parametrize("language", ["ja", "en", "column"])
@pytest.mark.parametrize("table", TABLES)
def test_every_own_table_is_recognised_in_either_language(tmp_path: Path, table: str, language: str) -> None:
    columns = table_schema(table).columns
    heads = [getattr(c, language) for c in columns]

    row = [own_value(c.column, c.type, c.allowed) for c in columns]
    (tmp_path / "t.xlsx").write_bytes(workbook([heads, row]))
    entry = build([tmp_path]).files[0]
    assert entry["kind"] == f"own:{table}"


def test_own_tables_make_a_region_with_lines_services_and_islands(tmp_path: Path) -> None:
    result = make(
        tmp_path,
        a_csv="地区コード,地区名,緯度,経度\nd1,北町,34.30,134.00\nd2,島町,34.40,134.00\n",
        p_csv="地区コード,性別,年齢（から）,年齢（まで）,人数\nd1,all,65,74,10\nd2,f,85,130,3\nd9,m,0,4,1\n",
        f_csv="施設コード,施設名,種類,緯度,経度,段差なし\nf1,中央館,図書館,34.30,134.00,いいえ\n",
        l_csv="地区コード,方式,使える割合\nd1,fibre,99%\nd2,5g,０．５\n",
        i_csv="島,緯度,経度,半径,船の時間\n島,34.40,134.00,2,15\n",
    )
    assert result.usable and result.region.people_total() == 13
    assert result.region.places.select("kind", "step_free").row(0) == ("library", False)
    assert result.region["lines"]["coverage_share"].to_list() == [0.99, 0.5]
    assert result.region["islands"]["boat_min"].to_list() == [15]
    assert [(p.code, p.value) for p in result.problems] == [("unknown-area", "d9")]


def test_a_users_island_wins_and_marks_districts_and_places(tmp_path: Path) -> None:
    islands = "島,緯度,経度,半径,船の時間,1日の便\n南の島,34.31,134.01,0.5,40,2\n"
    result = make(tmp_path, a_csv=PEOPLE, b_csv=PLACES, i_csv=islands)
    assert result.region.areas["island"].to_list() == [None, "南の島"]
    assert result.region.places.filter(pl.col("island") == "南の島")["name"].to_list() == ["北公民館"]


# --- maps --------------------------------------------------------------------------------------------------------


def shp(fields: list[str], records: list[tuple[list[str], object]], kind: int) -> dict[str, bytes]:
    parts = {s: io.BytesIO() for s in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, shapeType=kind, encoding="cp932") as w:
        for f in fields:
            w.field(f, "C", 80)
        for record, shape in records:
            if kind == shapefile.POINT:
                w.point(*shape)  # type: ignore[misc]
            else:
                w.poly([shape])
            w.record(*record)
    return {s: b.getvalue() for s, b in parts.items()}


def square(lon: float, lat: float, half: float) -> list[list[float]]:
    return [
        [lon - half, lat - half],
        [lon - half, lat + half],
        [lon + half, lat + half],
        [lon + half, lat - half],
        [lon - half, lat - half],
    ]


def features(*items: tuple[dict[str, object], dict[str, object]], name: str = "") -> str:
    listed = [{"type": "Feature", "properties": p, "geometry": g} for p, g in items]
    return json.dumps({"type": "FeatureCollection", "name": name, "features": listed}, ensure_ascii=False)


def point(lon: float, lat: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [lon, lat]}


def test_a_zipped_shapefile_in_cp932_is_read(tmp_path: Path) -> None:
    parts = shp(
        ["P05_001", "P05_002", "P05_003", "P05_004"],
        [(["37201", "4", "北公民館", "高松市"], (134.0, 34.3)), (["37202", "4", "遠い館", "丸亀市"], (133.7, 34.2))],
        shapefile.POINT,
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for s, data in parts.items():
            z.writestr(f"P05-22/x.{s}", data)
    result = make(tmp_path, a_csv=PEOPLE, k_zip=out.getvalue())
    assert result.region.places.select("name", "kind").rows() == [("北公民館", "community_centre")]
    entry = next(f for f in result.files if f["kind"] == "nlni_p05")
    assert (
        entry["rows_used"] == 1
        and "ほかの市町村の1件" in str(entry["note"])
        and str(entry["licence"]).startswith("CC BY")
    )


def test_post_offices_are_refused_unless_the_user_may_use_them(tmp_path: Path) -> None:
    text = features(
        (
            {"P30_001": "37201", "P30_002": "18", "P30_003": "18", "P30_005": "北郵便局", "P30_006": "北町"},
            point(134.0, 34.3),
        ),
        name="P30-13_37",
    )
    result = make(tmp_path, a_csv=PEOPLE, k_geojson=text)
    assert [p.code for p in result.problems if p.file] == [
        "licence-refused",
        "licence-missing",
    ] and result.region.places.is_empty()
    allowed = build([tmp_path], accept_licence=True)
    assert allowed.region.places["kind"].to_list() == ["post_office"]
    assert next(s for s in allowed.region.sources if s["kind"] == "nlni_p30")["licence"] == "非商用・再配布不可"


@pytest.mark.parametrize(
    ("dataset", "year", "allowed"),
    [("P29", 2013, "no"), ("P29", 2021, "yes"), ("P29", None, "no"), ("P30", 2013, "no"), ("P14", 2015, "no"), ("P14", 2021, "yes"),
     ("P27", 2013, "no"), ("P28", 2022, "no"), ("P33", 2014, "no"), ("P34", 2014, "no"), ("P35", 2018, "no"), ("P05", 2022, "yes"), ("N03", 2024, "yes")],
)  # fmt: skip
def test_the_licence_depends_on_data_set_and_edition(dataset: str, year: int | None, allowed: str) -> None:
    terms = look_up(dataset, year)
    assert terms is not None and terms.allowed == allowed


def test_the_edition_of_the_schools_is_told_by_their_columns(tmp_path: Path) -> None:
    old = {
        "P29_001": "37201",
        "P29_002": "16",
        "P29_003": "16001",
        "P29_004": "16001",
        "P29_005": "北小学校",
        "P29_006": "北町",
        "P29_007": "3",
    }
    new = {
        "P29_001": "37201",
        "P29_002": "B137210000017",
        "P29_003": "16001",
        "P29_004": "北小学校",
        "P29_005": "北町",
        "P29_006": "3",
        "P29_007": "0",
    }
    result = make(
        tmp_path,
        a_csv=PEOPLE,
        old_geojson=features((old, point(134.0, 34.3))),
        new_geojson=features((new, point(134.0, 34.3))),
    )
    refused = [p.file for p in result.problems if p.code == "licence-refused"]
    assert refused == ["old.geojson"]
    assert result.region.places.select("name", "kind", "source").rows() == [("北小学校", "school", "new.geojson")]


def test_the_boundary_shows_outsiders_and_islands(tmp_path: Path) -> None:
    people = "prefCode,regionName,totalPopulation,man1,woman1,man18,woman18,location\n"
    people += "".join(f'37201,町{i},40,10,10,10,10,"{34.30 + i / 200},134.00"\n' for i in range(4))
    people += '37201,沖町,4,1,1,1,1,"34.40,134.00"\n'
    own, isle = square(134.0, 34.3, 0.03), square(134.0, 34.4, 0.01)
    n03 = {"N03_001": "香川県", "N03_004": "高松市", "N03_007": "37201"}
    other = {"N03_001": "香川県", "N03_004": "丸亀市", "N03_007": "37202"}
    text = features(
        (n03, {"type": "Polygon", "coordinates": [own]}), (n03, {"type": "Polygon", "coordinates": [isle]}),
        (other, {"type": "Polygon", "coordinates": [square(133.5, 34.3, 0.1)]}),
    )  # fmt: skip
    places = "名称,緯度,経度\n図書館,34.30,134.00\n外の図書館,34.30,134.08\n箱根の館,35.20,139.00\n"
    result = make(tmp_path, a_csv=people, b_csv=places, n_geojson=text)
    assert dict(result.region.areas.select("name", "island").rows())["沖町"] == "沖（島）"
    assert [(p.row, p.severity) for p in result.problems if p.code == "outside-municipality"] == [
        (3, "question"),
        (4, "error"),
    ]
    assert {"possible-island"} <= codes(result)
    assert result.region.places["name"].to_list() == ["図書館", "外の図書館"]


def test_small_areas_take_their_points_from_a_boundary_file(tmp_path: Path) -> None:
    table = (
        "KEY_CODE,HYOSYO,CITYNAME,NAME,HTKSYORI,HTKSAKI,GASSAN,T001082001,T001082002,T001082003,T001082004,T001082005,T001082006,T001082007\n"
        ",,,,,,,総数、年齢「不詳」含む,総数０～４歳,総数６５歳以上,男の総数、年齢「不詳」含む,男０～４歳,男６５歳以上,女の総数、年齢「不詳」含む\n"
        "37201,1,高松市,,0,,,33,5,26,12,3,9,21\n"
        "372010010,2,高松市,北町,1,,372010020,30,5,26,10,3,9,20\n"
        "372010020,2,高松市,南町,2,372010010,,3,*,*,2,*,*,1\n"
    )
    boundary = features(
        ({"KEY_CODE": "372010010", "S_NAME": "北町"}, {"type": "Polygon", "coordinates": [square(134.0, 34.3, 0.01)]}),
        ({"KEY_CODE": "372010020", "S_NAME": "南町"}, {"type": "Polygon", "coordinates": [square(134.1, 34.3, 0.01)]}),
    )
    (tmp_path / "t.txt").write_bytes(table.encode("cp932"))
    alone = build([tmp_path])
    assert "missing-coordinates" in codes(alone) and alone.region.areas.is_empty()
    (tmp_path / "b.geojson").write_text(boundary, encoding="utf-8")
    result = build([tmp_path])
    assert [f["kind"] for f in result.files] == ["boundary", "small_area"]
    assert result.region.areas.select("area_id", "name", "people_stated").rows() == [("372010010", "北町", 33)]
    assert result.region.areas["latitude"][0] == pytest.approx(34.3)
    assert result.region.people_total() == 33 and result.region.code == "372013"


MESH_HEAD = "KEY_CODE,HTKSYORI,HTKSAKI,GASSAN," + ",".join(
    f"T001101{i:03d}" for i in (1, 2, 3, 5, 6, 11, 12, 20, 21, 23, 24, 26, 27, 34)
)


def mesh_line(key: str, state: int, sink: str, parts: str, men: int, detail: bool = True, extra: int = 0) -> str:
    """A cell with `men` men of working age and no woman; `extra` more whose details flowed in."""
    details = [0, 0, men + extra, 0, 0, 0, 0, 0, 0, 0] if detail else ["*"] * 10
    return ",".join(str(x) for x in (key, state, sink, parts, men, men, 0, *details, men))


def test_boundary_meshes_of_two_prefecture_packages_are_summed(tmp_path: Path) -> None:
    one = "\n".join([MESH_HEAD, mesh_line("513300001", 0, "", "", 10), mesh_line("513400001", 0, "", "", 7)])
    two = "\n".join([MESH_HEAD, mesh_line("513300001", 0, "", "", 5), mesh_line("513500001", 0, "", "", 1)])
    result = make(tmp_path, a_txt=one, b_txt=two)
    assert dict(result.region.areas.select("area_id", "people_stated").rows()) == {
        "513300001": 15,
        "513400001": 7,
        "513500001": 1,
    }


def test_a_first_mesh_and_a_prefecture_package_count_nobody_twice(tmp_path: Path) -> None:
    whole = "\n".join([MESH_HEAD, mesh_line("513300001", 0, "", "", 15), mesh_line("513300002", 0, "", "", 2)])
    prefecture = "\n".join([MESH_HEAD, mesh_line("513300001", 0, "", "", 10), mesh_line("513400001", 0, "", "", 7)])
    result = make(tmp_path, a_txt=whole, b_txt=prefecture)
    assert result.region.people_total() == 24 and "mesh-twice" in codes(result)


def test_a_suppressed_mesh_whose_partner_lies_in_another_file_is_asked_about(tmp_path: Path) -> None:
    result = make(tmp_path, a_txt="\n".join([MESH_HEAD, mesh_line("513300001", 2, "513400001", "", 3, False)]))
    assert result.region.people_total() == 3 and "mesh-part-missing" in codes(result)
    whole = "\n".join([MESH_HEAD, mesh_line("513400001", 1, "", "513300001", 9, True, 3)])
    both = make(tmp_path, b_txt=whole)
    assert both.region.areas.select("area_id", "people_stated").rows() == [("513400001", 12)]
    assert both.region.people_total() == 12 and "mesh-part-missing" not in codes(both)


def test_mesh_beside_a_municipal_table_is_kept_aside(tmp_path: Path) -> None:
    mesh = ["\n".join([MESH_HEAD, mesh_line(f"51{k}00001", 0, "", "", 15)]) for k in (33, 34)]
    result = make(tmp_path, a_csv=PEOPLE, b_txt=mesh[0], c_txt=mesh[1])
    assert result.region.people_total() == 66
    assert [f["rows_used"] for f in result.files] == [2, 0, 0]
    assert all("この表の人数は足しません" in str(f["note"]) for f in result.files[1:])


OSM = """<?xml version="1.0" encoding="UTF-8"?><osm version="0.6" generator="t">
<node id="1" lat="34.30" lon="134.00" version="1"><tag k="amenity" v="post_office"/><tag k="name" v="北郵便局"/><tag k="opening_hours" v="Mo-Fr 09:00-17:00"/><tag k="wheelchair" v="yes"/></node>
<node id="2" lat="34.31" lon="134.01" version="1"><tag k="shop" v="mobile_phone"/><tag k="brand" v="ドコモショップ"/></node>
<node id="3" lat="34.302" lon="134.002" version="1"/><node id="4" lat="34.304" lon="134.002" version="1"/><node id="5" lat="34.304" lon="134.004" version="1"/>
<node id="6" lat="35.0" lon="139.0" version="1"><tag k="amenity" v="library"/><tag k="name" v="遠い図書館"/></node>
<node id="7" lat="34.30" lon="134.00" version="1"><tag k="amenity" v="cafe"/></node>
<way id="9" version="1"><nd ref="3"/><nd ref="4"/><nd ref="5"/><nd ref="3"/><tag k="amenity" v="library"/><tag k="name" v="中央図書館"/><tag k="wheelchair" v="no"/></way>
</osm>"""


@pytest.mark.parametrize("suffix", ["osm", "osm.pbf"])
def test_openstreetmap_gives_offices_shops_and_libraries(tmp_path: Path, suffix: str) -> None:
    import osmium

    (tmp_path / "a.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "x.osm").write_text(OSM, encoding="utf-8")
    if suffix == "osm.pbf":
        with osmium.SimpleWriter(str(tmp_path / "x.osm.pbf")) as w:
            for thing in osmium.FileProcessor(str(tmp_path / "x.osm")):
                w.add(thing)
        (tmp_path / "x.osm").unlink()
    result = build([tmp_path])
    rows = {r["name"]: r for r in result.region.places.iter_rows(named=True)}
    assert {n: r["kind"] for n, r in rows.items()} == {
        "北郵便局": "post_office",
        "ドコモショップ": "phone_shop",
        "中央図書館": "library",
    }
    assert rows["北郵便局"]["opening_hours"] == "Mo-Fr 09:00-17:00" and rows["北郵便局"]["step_free"] is True
    assert rows["中央図書館"]["step_free"] is False and rows["ドコモショップ"]["step_free"] is None
    assert rows["中央図書館"]["latitude"] == pytest.approx((34.302 + 34.304 + 34.304) / 3)
    assert "ほかの市町村の1件" in str(next(f for f in result.files if f["kind"] == "osm")["note"])


def test_a_kind_given_by_the_user_overrides_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "b.csv").write_text("名称,緯度,経度\nひまわり,34.3,134.0\n", encoding="utf-8")
    assert build([tmp_path]).region.places["kind"].to_list() == ["public_facility"]
    assert build([tmp_path], kinds={"b.csv": "elderly_centre"}).region.places["kind"].to_list() == ["elderly_centre"]
    ignored = build([tmp_path], kinds={str(tmp_path / "b.csv"): "ignore"})
    assert ignored.region.places.is_empty() and ignored.files[1]["kind"] == "ignore"


@pytest.mark.parametrize("table", TABLES)
def test_what_a_template_asks_for_is_read_back(tmp_path: Path, table: str) -> None:
    template = pytest.importorskip("daremo.region.template")
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "t.xlsx"
    template.write_template(table, path)
    empty = build([tmp_path]).files[0]
    assert (empty["kind"], empty["rows_used"], empty["rows_rejected"]) == (f"own:{table}", 0, 0)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for i, c in enumerate(table_schema(table).columns, 1):
        sheet.cell(2, i).value = own_value(c.column, c.type, c.allowed)
    book.save(path)
    filled = build([tmp_path]).files[0]
    wanted = 0 if table in ("people", "lines", "hazards") else 1  # these speak of districts that are not there
    assert (filled["kind"], filled["rows_used"]) == (f"own:{table}", wanted)
