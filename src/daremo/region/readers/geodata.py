"""GeoJSON and Shapefile as tables with shapes; National Land Numerical Information by its column names."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any

import shapefile
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from daremo.region.readers import cells
from daremo.region.readers.found import Found, PlaceRow
from daremo.region.readers.places import kind_of_name
from daremo.region.readers.sheet import Sheet, decode, heading_key, make_sheet

_P05_KINDS = {"1": "city_office", "2": "branch_office", "3": "public_facility", "4": "community_centre", "5": "hall"}
_P29_KINDS = {
    "16001": "school",
    "16002": "school",
    "16003": "high_school",
    "16004": "high_school",
    "16005": "high_school",
    "16006": "university",
    "16007": "university",
    "16011": "preschool",
    "16012": "high_school",
    "16013": "preschool",
    "16014": "school",
}


def geojson_sheet(file: str, text: str) -> tuple[Sheet, str]:
    """Features of a GeoJSON text as a table, and the name of the layer where it is told.

    Raises
    ------
    ValueError
        Where the text is no GeoJSON.
    """
    data = json.loads(text)
    if isinstance(data, dict) and data.get("type") == "Feature":
        data = {"type": "FeatureCollection", "features": [data]}
    if not isinstance(data, dict) or not isinstance(data.get("features"), list):
        raise ValueError("no features")
    features = [f for f in data["features"] if isinstance(f, dict)]
    heads: dict[str, None] = {}
    for f in features:
        heads |= dict.fromkeys(str(k) for k in (f.get("properties") or {}))
    rows, shapes = [], {}
    for i, f in enumerate(features):
        properties = f.get("properties") or {}
        rows.append(["" if properties.get(h) is None else str(properties[h]) for h in heads])
        try:
            if f.get("geometry"):
                shapes[i + 1] = shape(f["geometry"])
        except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError):
            continue
    numbers = list(range(1, len(rows) + 1))
    return make_sheet(file, "", tuple(heads), rows, numbers, "utf-8", shapes), str(data.get("name", ""))


def shapefile_sheet(file: str, shp: bytes, dbf: bytes, cpg: str = "") -> Sheet:
    """Records of a Shapefile as a table; the attribute file is CP932 unless it says otherwise.

    Raises
    ------
    shapefile.ShapefileException
        Where the file is damaged.
    """
    encoding = cpg.strip() or "cp932"
    try:
        return _shapefile(file, shp, dbf, encoding)
    except (UnicodeDecodeError, LookupError):
        return _shapefile(file, shp, dbf, "utf-8" if encoding.lower() != "utf-8" else "cp932")


def _shapefile(file: str, shp: bytes, dbf: bytes, encoding: str) -> Sheet:
    rows: list[list[str]] = []
    shapes: dict[int, BaseGeometry] = {}
    with shapefile.Reader(shp=io.BytesIO(shp), dbf=io.BytesIO(dbf), encoding=encoding) as reader:
        heads = tuple(str(f[0]) for f in reader.fields if f[0] != "DeletionFlag")
        for i, record in enumerate(reader.iterShapeRecords()):
            rows.append(["" if v is None else str(v) for v in record.record])
            geometry: Any = record.shape.__geo_interface__ if record.shape.shapeType else None
            if geometry and geometry.get("coordinates"):
                shapes[i + 1] = shape(geometry)
    return make_sheet(file, "", heads, rows, list(range(1, len(rows) + 1)), encoding, shapes)


def read_boundaries(sheet: Sheet, found: Found) -> None:
    """Small-area boundaries (KEY_CODE, S_NAME): shapes that lend their points to tables without coordinates."""
    column = {heading_key(h): i for i, h in enumerate(sheet.heads)}
    for n, row in zip(sheet.numbers, sheet.rows, strict=True):
        name = cells.one_line(row[column["s_name"]])
        if n in sheet.shapes:
            found.shapes.append((cells.flat(row[column["key_code"]]), name, sheet.shapes[n]))
            found.rows_used += 1
    found.title = "小地域の境界"
    found.add_note("地区の位置に使います。")


def dataset_of(sheet: Sheet) -> str:
    """Name of the National Land Numerical Information data set, e.g. ``"P05"``."""
    for h in sheet.heads:
        if m := re.match(r"([NP]\d\d)[A-Za-z]?_\d{3}", h):
            return m[1].upper()
    return ""


def edition_of(sheet: Sheet, dataset: str, hint: str) -> int | None:
    """Year of the edition: by its columns where they tell, else by the layer's or file's name; None if unknown."""
    if dataset == "P29":
        column = _columns(sheet)
        values = (
            [sheet.rows[i][column["p29_002"]].strip() for i in range(min(5, len(sheet.rows)))]
            if "p29_002" in column
            else []
        )
        # until 2013 the second column held the two-digit class of public facilities, since 2021 the school's code
        if values and all(re.fullmatch(r"\d{1,3}", v) for v in values):
            return 2013
        if values and all(re.fullmatch(r"[A-Z]\d{3}\d{9}", v) for v in values):
            return 2021
    if m := re.search(rf"{dataset}[-_](\d{{2,4}})(?!\d)", hint, re.I):
        year = int(m[1][:4]) if len(m[1]) == 4 and m[1][:2] in ("19", "20") else 2000 + int(m[1][:2])
        return year
    return None


def _columns(sheet: Sheet) -> Mapping[str, int]:
    return {heading_key(h): i for i, h in enumerate(sheet.heads)}


def read_nlni(sheet: Sheet, found: Found, dataset: str) -> None:
    """Read a National Land Numerical Information layer into boundaries or places."""
    column = _columns(sheet)

    def text(row: list[str], name: str) -> str:
        i = column.get(name)
        return "" if i is None else cells.one_line(row[i])

    low = dataset.lower()
    if dataset == "N03":
        for n, row in zip(sheet.numbers, sheet.rows, strict=True):
            code, name = text(row, "n03_007"), text(row, "n03_004")
            if n in sheet.shapes and code and name != "所属未定地":
                found.shapes.append((code.zfill(5), name + text(row, "n03_005"), sheet.shapes[n]))
                found.rows_used += 1
        return
    schools_2013 = dataset == "P29" and found.edition_year is not None and found.edition_year < 2021
    name_at, address_at, kind_at = {
        "P05": ("003", "004", "002"),
        "P29": ("005", "006", "004") if schools_2013 else ("004", "005", "003"),
        "P04": ("002", "003", "001"),
        "P30": ("005", "006", "003"),
        "P02": ("004", "005", "003"),
    }.get(dataset, ("", "", ""))
    if not name_at:
        found.add_note("この種類の国土数値情報は、計画には使いません。")
        return
    for n, row in zip(sheet.numbers, sheet.rows, strict=True):
        name, kind_code = text(row, f"{low}_{name_at}"), text(row, f"{low}_{kind_at}")
        if n not in sheet.shapes or sheet.shapes[n].is_empty:
            found.rows_rejected += 1
            found.tell(
                "missing-coordinates", "位置がありません", "もとのファイルを入れなおしてください", n, "geometry", name
            )
            continue
        if not name:
            found.rows_rejected += 1
            found.tell(
                "missing-name", "名前が空です", "もとのファイルを入れなおしてください", n, f"{dataset}_{name_at}"
            )
            continue
        if dataset == "P29" and text(row, "p29_007") == "1" and not schools_2013:
            continue
        p = sheet.shapes[n] if sheet.shapes[n].geom_type == "Point" else sheet.shapes[n].representative_point()
        kind = {
            "P05": _P05_KINDS.get(kind_code, "public_facility"),
            "P29": _P29_KINDS.get(kind_code, "school"),
            "P04": "medical",
            "P30": "post_office",
            "P02": kind_of_name(name) or "public_facility",
        }[dataset]
        if not cells.in_japan(p.y, p.x):
            found.rows_rejected += 1
            found.tell(
                "coordinates-outside-japan",
                "位置が日本の外です",
                "もとのファイルを入れなおしてください",
                n,
                "geometry",
                f"{p.y:g},{p.x:g}",
            )
            continue
        found.places.append(
            PlaceRow(name, kind, p.y, p.x, sheet.file, n, text(row, f"{low}_{address_at}"), list_kind="nlni")
        )


def decode_cpg(data: bytes | None) -> str:
    """Encoding named in a ``.cpg`` file, in Python's words, or ""."""
    if not data:
        return ""
    name = decode(data)[0].strip().lower().replace("ansi ", "")
    return {"932": "cp932", "sjis": "cp932", "shift_jis": "cp932", "65001": "utf-8"}.get(name, name)
