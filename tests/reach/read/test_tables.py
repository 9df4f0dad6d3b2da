"""Demand and places as people save them: odd encodings, headings, numbers and coordinates; nobody is dropped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from daremo.kernel.errors import InputError
from daremo.reach.read.tables import read_points
from daremo.reach.read.trips import holds_trips, read_trips

DEMAND = '地区コード,地区名,緯度,経度,人口\n00101,一番町,34.10,133.30,"1,200"\n00102,二番町,３４．２,133.31,85人\n'


def saved(folder: Path, text: str, name: str = "demand.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def codes(e: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {p.code for p in e.value.problems}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_japanese_headings_full_width_digits_and_leading_zeros_are_read(encoding: str, tmp_path: Path):
    got = read_points(saved(tmp_path, DEMAND, encoding=encoding), "demand")
    assert got.ids == ("00101", "00102") and got.names == ("一番町", "二番町") and got.has_ids
    assert got.need.tolist() == [1200, 85] and got.latitude.tolist() == [34.1, 34.2]
    assert not got.planar and got.problems == ()


def test_preamble_rows_before_the_headings_are_skipped_and_rows_count_as_in_excel(tmp_path: Path):
    got = read_points(saved(tmp_path, "対象者の一覧,,\n\nid,lat,lon,people\na,34,133,1\n\nb,34,134,2\n"), "demand")
    assert got.ids == ("a", "b") and got.rows.tolist() == [4, 6]


def test_csv_geojson_parquet_and_excel_say_the_same(tmp_path: Path):
    import xlsxwriter

    rows = [("007", "七番", 34.5, 133.5, 12.0), ("008", "八番", 34.6, 133.6, 3.0)]
    frame = pl.DataFrame(rows, schema=["id", "name", "latitude", "longitude", "need"], orient="row")
    frame.write_csv(tmp_path / "d.csv")
    frame.write_parquet(tmp_path / "d.parquet")
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [x, y]},
            "properties": {"id": i, "name": n, "need": w},
        }
        for i, n, y, x, w in rows
    ]
    (tmp_path / "d.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    book = xlsxwriter.Workbook(str(tmp_path / "d.xlsx"))
    sheet = book.add_worksheet()
    for r, row in enumerate([tuple(frame.columns), *rows]):
        sheet.write_row(r, 0, row)
    book.close()
    seen = [read_points(tmp_path / f"d.{kind}", "demand") for kind in ("csv", "parquet", "geojson", "xlsx")]
    for got in seen:
        assert got.ids == ("007", "008") and got.names == ("七番", "八番")
        assert np.allclose(got.latitude, [34.5, 34.6]) and np.allclose(got.longitude, [133.5, 133.6])
        assert got.need.tolist() == [12, 3]


def test_geoparquet_lends_its_geometry(tmp_path: Path):
    import shapely

    frame = pl.DataFrame({"need": [5], "geometry": [shapely.to_wkb(shapely.box(133, 34, 134, 35))]})
    frame.write_parquet(tmp_path / "d.parquet")
    got = read_points(tmp_path / "d.parquet", "demand")
    assert (got.latitude[0], got.longitude[0], got.ids) == (34.5, 133.5, ("1",))


def test_swapped_coordinates_are_put_right_and_told(tmp_path: Path):
    got = read_points(saved(tmp_path, "id,lat,lon,need\na,133.5,34.5,1\nb,34.1,133.1,1\n"), "demand")
    assert got.latitude.tolist() == [34.5, 34.1]
    assert [(p.code, p.severity, p.row) for p in got.problems] == [("swapped-coordinates", "warning", 2)]


def test_both_coordinates_in_one_cell_and_points_on_a_plane_are_read(tmp_path: Path):
    one = read_points(saved(tmp_path, '地区名,緯度経度,人口\nA,"34.34,134.05",9\n'), "demand")
    assert (one.latitude[0], one.longitude[0]) == (34.34, 134.05)
    flat = read_points(saved(tmp_path, "id,x,y,weight\n1,3,4,2\n"), "demand")
    assert flat.planar and (flat.latitude[0], flat.longitude[0]) == (4, 3)


def test_every_problem_is_told_at_once(tmp_path: Path):
    text = "id,lat,lon,need\na,34,133,many\nb,34,133,-4\nc,,,5\nd,0,0,1\ne,34,133,\nf,34,133.2,1\ng,34,133.3,1\nh,34,133.4,1\n"
    with pytest.raises(InputError) as e:
        read_points(saved(tmp_path, text), "demand")
    assert codes(e) == {"wrong-type", "not-allowed", "missing-coordinates", "sentinel-coordinates", "missing-value"}
    assert {p.row for p in e.value.problems} == {2, 3, 4, 5, 6}


def test_people_without_a_point_are_kept_when_good_rows_are_wanted_but_places_are_not(tmp_path: Path):
    path = saved(tmp_path, "id,lat,lon,need\na,34,133,7\nb,,,5\n")
    demand = read_points(path, "demand", good_rows=True)
    assert demand.ids == ("a", "b") and demand.need.tolist() == [7, 5] and np.isnan(demand.latitude[1])
    places = read_points(path, "places", good_rows=True)
    assert places.ids == ("a",)


def test_points_anywhere_on_earth_are_fine_but_impossible_degrees_are_not(tmp_path: Path):
    assert read_points(saved(tmp_path, "lat,lon,need\n40.7,-74,1\n0,0,1\n"), "demand").n == 2
    with pytest.raises(InputError) as e:
        read_points(saved(tmp_path, "lat,lon,need\n91,10,1\n5,5,1\n"), "demand")
    assert codes(e) == {"bad-coordinates"}


def test_ids_that_repeat_are_told_apart_by_their_row(tmp_path: Path):
    got = read_points(saved(tmp_path, "id,lat,lon\na,34,133\na,34,134\n"), "places")
    assert got.ids == ("a", "a#3") and got.problems[0].code == "duplicate-id"


def test_without_people_every_point_counts_one(tmp_path: Path):
    assert read_points(saved(tmp_path, "lat,lon\n34,133\n34,134\n"), "demand").need.tolist() == [1, 1]


def test_the_column_of_need_can_be_named_or_be_an_age(tmp_path: Path):
    text = "地区名,緯度,経度,総人口,60-64歳男性,65-69歳男性,65-69歳女性,85歳以上男性,障害者数\nA,34,133,99,5,1,2,4,8\n"
    path = saved(tmp_path, text)
    wanted = {"": 99, "障害者数": 8, "65+": 7, "65-69": 3}
    assert {k: float(read_points(path, "demand", need=k).need[0]) for k in wanted} == wanted
    with pytest.raises(InputError) as e:
        read_points(path, "demand", need="犬")
    assert codes(e) == {"missing-column"}


def test_costs_owners_and_open_places_are_read(tmp_path: Path):
    text = '施設コード,施設名,緯度,経度,費用（円）,運営主体,市区町村コード,開設済み\n01,局,34,133,"300,000円",郵便局,37201,○\n02,店,34,134,0,X社,37201,\n'
    got = read_points(saved(tmp_path, text.replace('円"', '"')), "places")
    assert got.numbers["cost_yen"].tolist() == [300000, 0] and got.words["organisation"] == ("郵便局", "X社")
    assert got.words["municipality"] == ("37201", "37201") and got.marks["existing"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-file"),
        ("a,b\n1,2\n", "no-headings"),
        ("id,need\na,1\n", "missing-column"),
        ("lat,lon\n", "no-data-rows"),
    ],
)
def test_a_file_of_no_use_is_refused_in_words(text: str, code: str, tmp_path: Path):
    with pytest.raises(InputError) as e:
        read_points(saved(tmp_path, text), "demand")
    assert codes(e) == {code}


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(InputError) as e:
        read_points(tmp_path / "none.csv", "demand")
    assert codes(e) == {"no-such-file"}


def test_trips_keep_the_files_own_order_and_the_cheaper_of_two(tmp_path: Path):
    path = saved(tmp_path, "demand,place,cost,weight\nB,q,3,5\nA,q,2,1\nB,p,4,\nB,q,2.5,5\n")
    assert holds_trips(path)
    got = read_trips(path)
    assert (got.demand_ids, got.place_ids, got.weight.tolist()) == (("B", "A"), ("q", "p"), [5, 1])
    assert got.pairs.cost.tolist() == [2.5, 4, 2]


def test_a_table_of_points_holds_no_trips(tmp_path: Path):
    assert not holds_trips(saved(tmp_path, DEMAND))
    assert not holds_trips(saved(tmp_path, "id,lat,lon,demand,cost\n1,34,133,5,9\n"))


def test_trips_that_cannot_be_are_told_together(tmp_path: Path):
    path = saved(tmp_path, "demand,place,cost,weight\na,p,-1,1\na,p,x,1\n,p,1,1\nb,p,1,\nc,p,1,2\nc,q,1,3\n")
    with pytest.raises(InputError) as e:
        read_trips(path)
    assert {p.row for p in e.value.problems} == {2, 3, 4, 5, 7}
    kept = read_trips(path, good_rows=True)
    assert "a" in kept.demand_ids and kept.pairs.n_trips == 3


def test_a_trip_table_without_a_length_is_refused(tmp_path: Path):
    with pytest.raises(InputError) as e:
        read_trips(saved(tmp_path, "demand,place\na,b\n"))
    assert codes(e) == {"missing-column"}


def test_takamatsu_files_are_read_as_they_were_published(shared_data: Path):
    folder = shared_data / "takamatsu"
    demand = read_points(folder / "population_district_age_202601.csv", "demand", need="65+", good_rows=True)
    assert demand.n == 235 and demand.need.sum() == 120_254
    places = read_points(folder / "community_center.csv", "places", good_rows=True)
    assert places.n >= 40 and np.isfinite(places.latitude).all()
