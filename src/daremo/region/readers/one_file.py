"""One file from bytes to rows: tasted, decoded, recognised, read. An answer always comes back, nothing is raised."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import python_calamine
import shapefile

from daremo.kernel.tables import rows_of
from daremo.region.licences import refuse
from daremo.region.model import PACKAGE, TABLES
from daremo.region.readers import files, geodata, osm
from daremo.region.readers.events import read_events
from daremo.region.readers.found import Found
from daremo.region.readers.mesh import read_mesh
from daremo.region.readers.own_tables import read_own
from daremo.region.readers.places import read_places
from daremo.region.readers.population import read_population
from daremo.region.readers.recognise import EXPLAINED, LIST_KINDS, recognise, unknown_reason
from daremo.region.readers.sheet import Sheet, decode, make_sheet, sheet_from_grid, text_grid, workbook_grids
from daremo.region.readers.small_area import read_small_areas

_CANNOT = {
    "pdf": "PDFは表として読めません。もとのExcelかCSVを入れてください。",
    "picture": "画像です。もとのExcelかCSVを入れてください。",
    "binary": "表や地図として知っている形ではありません。",
    "xml": "XMLファイルです。CSVかExcelの版を入れてください。",
}


def read_file(given: files.GivenFile, kind: str = "", accept_licence: bool = False) -> Found:
    """Read one file.

    Parameters
    ----------
    given : GivenFile
        The file.
    kind : str
        Kind a person gave; "" to recognise it by its content.
    accept_licence : bool
        Whether data sets that may not be used commercially are read all the same.
    """
    found = Found(given.label)
    try:
        found.sha256 = given.sha256()
        if kind == "ignore":
            found.kind, found.note = "ignore", "使わないと指定されました。"
            return found
        _read(given, found, kind, accept_licence)
    except (OSError, zipfile.BadZipFile) as e:
        _unreadable(found, f"ファイルを開けません（{type(e).__name__}）")
    except (ValueError, struct.error, RuntimeError, KeyError, IndexError, TypeError, AssertionError) as e:
        reason = (
            "大きすぎます"
            if str(e) == "too large"
            else f"中身がこわれているようです（{type(e).__name__}: {str(e)[:80]}）"
        )
        _unreadable(found, reason)
    return found


def _unreadable(found: Found, reason: str) -> None:
    found.editions, found.places, found.events, found.own, found.shapes, found.mesh = [], [], [], {}, [], {}
    found.rows_used = 0
    found.tell("unreadable-file", f"読めませんでした。{reason}", "ファイルを開いて確かめ、保存しなおして入れてください")
    found.kind, found.note = "unreadable", reason


def _read(given: files.GivenFile, found: Found, kind: str, accept: bool) -> None:
    """Choose a reader by the first bytes."""
    suffix = Path(given.label).suffix.lower()
    if suffix in files.SHAPE_PARTS and given.sibling(".shp") is not None:
        found.kind, found.note = "shapefile_part", "同じ名前の .shp といっしょに読みます。"
        return
    if given.path is not None and given.path.stat().st_size > 4096:
        with given.path.open("rb") as f:
            first = files.taste(f.read(4096))
    else:
        first = files.taste(given.data()[:4096])
    if kind == "osm" or first == "osm":
        _read_osm(given, found)
        return
    data = given.data()
    if first == "empty":
        found.kind, found.note = "empty", "空のファイルです。"
        found.tell("empty-file", "空のファイルです", "中身のあるファイルを入れてください")
    elif first == "workbook":
        _read_workbook(given, found, data, kind, accept)
    elif first == "shapefile":
        _read_shapefile(given, found, data, kind, accept)
    elif first == "parquet":
        try:
            frame = pl.read_parquet(io.BytesIO(data))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as e:
            raise ValueError(str(e)) from e
        rows = [["" if v is None else str(v) for v in r] for r in frame.iter_rows()]
        _read_sheet(
            make_sheet(given.label, "", tuple(frame.columns), rows, list(range(2, len(rows) + 2))), found, kind, accept
        )
    elif first == "json":
        _read_json(given, found, data, kind, accept)
    elif first in _CANNOT:
        _unknown(found, _CANNOT[first])
    else:
        _read_text(given, found, data, kind, accept)


def _read_osm(given: files.GivenFile, found: Found) -> None:
    found.kind = "osm"
    if given.path is None:
        raise ValueError("an OpenStreetMap file must not be inside an archive")
    osm.read_osm(given.path, found)


def _read_workbook(given: files.GivenFile, found: Found, data: bytes, kind: str, accept: bool) -> None:
    """Every sheet with known headings; sheets of notes beside them do no harm."""
    try:
        grids = workbook_grids(data)
    except (python_calamine.CalamineError, OSError) as e:
        raise ValueError(str(e)) from e
    sheets = [s for name, grid in grids if (s := sheet_from_grid(given.label, name, grid, "xlsx")) is not None]
    if not sheets:
        if not any(any(c.strip() for c in r) for _, g in grids for r in g):
            found.kind, found.note = "empty", "空のブックです。"
            found.tell("empty-file", "空のブックです", "中身のあるファイルを入れてください")
        else:
            _no_headings(found, kind)
        return
    kinds = [(s, kind or recognise(s)) for s in sheets]
    useful = [(s, k) for s, k in kinds if k not in ("unknown", *EXPLAINED)] or kinds[:1]
    for s, k in useful:
        _read_sheet(s, found, k, accept)
    if len(grids) > 1:
        found.add_note(f"{len(grids)}枚のシートのうち{len(useful)}枚を読みました。")


def _read_shapefile(given: files.GivenFile, found: Found, data: bytes, kind: str, accept: bool) -> None:
    dbf = given.sibling(".dbf")
    if dbf is None:
        found.kind = "unreadable"
        found.tell("missing-part", "同じ名前の .dbf ファイルがありません", ".shp と .dbf をいっしょに入れてください")
        return
    try:
        sheet = geodata.shapefile_sheet(given.label, data, dbf, geodata.decode_cpg(given.sibling(".cpg")))
    except shapefile.ShapefileException as e:
        raise ValueError(str(e)) from e
    _read_sheet(sheet, found, kind, accept)


def _read_json(given: files.GivenFile, found: Found, data: bytes, kind: str, accept: bool) -> None:
    text, _ = decode(data)
    parsed = json.loads(text)
    if isinstance(parsed, dict) and "daremo_region" in parsed:
        found.kind, found.note = "manifest", "地域データの目録です。表はそれぞれのファイルから読みます。"
        return
    if isinstance(parsed, dict) and "features" in parsed:
        sheet, layer = geodata.geojson_sheet(given.label, text)
        _read_sheet(sheet, found, kind, accept, layer)
        return
    _unknown(found, "地図（GeoJSON）でも地域データでもないJSONです。")


def _read_text(given: files.GivenFile, found: Found, data: bytes, kind: str, accept: bool) -> None:
    try:
        text, encoding = decode(data)
    except UnicodeDecodeError:
        found.kind, found.note = "unreadable", "文字コードが分かりません。"
        found.tell("unknown-encoding", "文字コードが分かりません", "UTF-8（BOM付き）のCSVで保存しなおしてください")
        return
    if kind in ("", "licence_text"):
        licence = licence_in(text)
        tabular = sheet_from_grid(given.label, "", text_grid(text)[:40]) is not None
        if kind or (licence and not tabular):
            found.kind, found.licence, found.note = (
                "licence_text",
                licence,
                f"ライセンスの文書です（{licence or '種類は読みとれません'}）。",
            )
            return
    sheet = sheet_from_grid(given.label, "", text_grid(text), encoding)
    if sheet is None:
        _no_headings(found, kind)
        return
    _read_sheet(sheet, found, kind, accept)


def licence_in(text: str) -> str:
    """Licence a document speaks of, or ""."""
    head = text[:4000]
    for pattern, name in (
        (r"Attribution 4\.0 International|CC[ -]BY[ -]4\.0|表示\s*4\.0\s*国際", "CC BY 4.0"),
        (r"CC0 1\.0|CC0", "CC0 1.0"),
        (r"CC[ -]BY[ -]2\.1|表示\s*2\.1\s*日本", "CC BY 2.1 JP"),
        (r"Open Database License|ODbL", "ODbL 1.0"),
        (r"政府標準利用規約", "政府標準利用規約（第2.0版）"),
    ):
        if re.search(pattern, head):
            return name
    return ""


def _unknown(found: Found, reason: str) -> None:
    """Tell of a file that is none of the known kinds."""
    found.kind, found.note = "unknown", reason
    fix = "「--map ファイル=種類」で種類を教えるか、ひな形に写してください"
    found.tell("unknown-file", f"何の表か分かりません。{reason}", fix, severity="question")


def _no_headings(found: Found, kind: str) -> None:
    """Tell of a file in which no row of headings is found; with a kind given, that kind's columns are missing."""
    if not kind:
        _unknown(found, unknown_reason(None))
        return
    found.kind = kind
    found.tell("missing-column", "知っている見出しの行がありません", "見出しを確かめるか、別の種類を指定してください")


def _read_sheet(sheet: Sheet, found: Found, kind: str, accept: bool, layer: str = "") -> None:
    """Give a table to its reader."""
    kind = kind or recognise(sheet)
    found.kind = kind if found.kind == "unknown" else found.kind
    place_kinds = {r["kind"] for r in rows_of(PACKAGE, "place_kinds")} - LIST_KINDS.keys()
    simple: dict[str, Callable[[Sheet, Found], None]] = {
        "population": read_population,
        "mesh": read_mesh,
        "small_area": read_small_areas,
        "event": read_events,
        "boundary": geodata.read_boundaries,
    }
    if kind == "unknown":
        _unknown(found, unknown_reason(sheet))
    elif kind.startswith("own:") and kind[4:] in TABLES:
        read_own(sheet, found, kind[4:])
    elif kind in simple:
        if missing := _missing(sheet, kind):
            found.tell(
                "missing-column",
                f"必要な列がありません: {missing}",
                "見出しを確かめるか、別の種類を指定してください",
                sheet.numbers[0] if sheet.numbers else None,
            )
            found.kind = kind
            return
        simple[kind](sheet, found)
    elif kind == "nlni":
        _read_nlni(sheet, found, accept, layer)
    elif kind in ("place_list", *LIST_KINDS) or kind in place_kinds:
        if not sheet.has("name"):
            found.tell("missing-column", "必要な列がありません: 名称", "見出しを確かめるか、別の種類を指定してください")
            return
        read_places(sheet, found, kind, kind if kind in place_kinds else "")
        found.kind = "place_list" if kind in place_kinds else found.kind
    elif kind in EXPLAINED:
        found.add_note(EXPLAINED[kind])
        if kind == "catalogue":
            said = {sheet.cell(r, "licence") for _, r in sheet.lines()} - {""}
            found.licence = next((licence_in(s) for s in sorted(said) if licence_in(s)), "") if said else ""
    else:
        found.tell(
            "unknown-kind",
            f"「{kind}」という種類はありません",
            "region build --help で種類を確かめてください",
            value=kind,
        )
        found.kind = "unknown"
    read_any = found.places or found.editions or found.events or found.own or found.mesh or found.shapes
    if found.kind not in ("unknown", *EXPLAINED) and not read_any and not found.problems and kind != "nlni":
        found.add_note("データの行がありません（見出しだけのひな形です）。")
        found.tell("no-data-rows", "見出しだけで、データの行がありません", "行を入れてください", severity="warning")


def _missing(sheet: Sheet, kind: str) -> str:
    """Heading that a kind cannot do without and that is not there, or ""."""
    needs = {
        "population": "area_name",
        "event": "event_name",
        "mesh": "mesh_key",
        "small_area": "mesh_key",
        "boundary": "mesh_key",
    }
    names = {"area_name": "地域名", "event_name": "イベント名", "mesh_key": "KEY_CODE"}
    return "" if sheet.has(needs[kind]) else names[needs[kind]]


def _read_nlni(sheet: Sheet, found: Found, accept: bool, layer: str) -> None:
    """National Land Numerical Information, after its licence was looked up."""
    dataset = geodata.dataset_of(sheet)
    found.dataset, found.kind = dataset, f"nlni_{dataset.lower()}" if dataset else "nlni"
    found.edition_year = geodata.edition_of(sheet, dataset, f"{layer} {found.file}")
    if refuse(found, dataset, accept):
        return
    geodata.read_nlni(sheet, found, dataset)
