"""What a table is, by its headings; the file's name is not asked."""

from __future__ import annotations

import re

from daremo.region.model import TABLES, table_schema
from daremo.region.readers.sheet import Sheet, heading_key, own_headings

#: Kinds that are known and told about, but from which the region takes no rows.
EXPLAINED = {
    "catalogue": "公開データの一覧です。地域の数字には使わず、ライセンスの確認に使います。",
    "series": "市全体の年ごとの数です。地区ごとの数ではないので、計算には使いません。",
    "population_panel": "地区ごとの人口の毎月の記録です。変化の確かめに使える資料で、人数には足しません。",
    "aed": "AEDの場所です。計画には使いません。",
    "public_toilet": "公衆トイレの一覧です。計画には使いません。",
    "food_business": "食品の営業許可の一覧です。計画には使いません。",
    "fire_hydrant": "消火栓の一覧です。計画には使いません。",
    "cultural_property": "文化財の一覧です。計画には使いません。",
    "tourism": "観光施設の一覧です。計画には使いません。",
    "columns": "列の名前の説明です。データではありません。",
}
#: Lists whose every row is a place of this kind, whatever its name.
LIST_KINDS = {
    "evacuation_space": "evacuation",
    "polling_place": "polling_place",
    "public_wireless_lan": "wifi",
    "hospital": "medical",
    "care_service": "care_facility",
    "preschool": "preschool",
}
#: Kinds a person may give with ``--map FILE=KIND``, beside the product's own tables (``own:areas`` …).
KINDS = (
    "population",
    "mesh",
    "small_area",
    "place_list",
    "event",
    "osm",
    "nlni",
    "geo",
    "licence_text",
    "ignore",
    *LIST_KINDS,
    *EXPLAINED,
    *(f"own:{t}" for t in TABLES),
)


def recognise(sheet: Sheet) -> str:
    """Kind of a table, or ``"unknown"``."""
    keys = {heading_key(h) for h in sheet.heads}
    if own := _own_table(sheet):
        return f"own:{own}"
    if "key_code" in keys and any(re.match(r"t\d{9}$", k) for k in keys):
        return "small_area" if keys & {"hyosyo", "cityname", "name"} else "mesh"
    for prefix in ("n03", "p02", "p04", "p05", "p14", "p27", "p28", "p29", "p30", "p33", "p34", "p35"):
        if sum(bool(re.match(rf"{prefix}[a-z]?_\d{{3}}", k)) for k in keys) >= 2:
            return "nlni"
    if sheet.shapes and "key_code" in keys and "s_name" in keys:
        return "boundary"
    if sheet.has("area_name", "month"):
        return "population_panel"
    if sheet.has("area_name") and (len(sheet.ages) >= 4 or sheet.has("total")):
        return "population"
    return _list_kind(sheet, keys)


def _list_kind(sheet: Sheet, keys: set[str]) -> str:
    """Kind of a municipal list, by the headings only it has."""
    located = sheet.has("name") and bool({"latitude", "location", "address"} & sheet.fields.keys())
    if sheet.has("catalogue") and ("url" in sheet.fields or "licence" in sheet.fields or "data_format" in sheet.fields):
        return "catalogue"
    if sheet.has("event_name", "event_date"):
        return "event"
    for field, kind in (
        ("toilet", "public_toilet"),
        ("aed", "aed"),
        ("food", "food_business"),
        ("cultural", "cultural_property"),
    ):
        if sheet.has(field):
            return kind
    if sheet.has("hydrant") and not sheet.has("name"):
        return "fire_hydrant"
    if sheet.has("tourism", "name"):
        # preschool lists have アクセス方法 too
        return "preschool" if sheet.has("preschool") else "tourism"
    if sheet.has("voting", "name"):
        return "polling_place"
    if located or sheet.has("name"):
        for field, kind in (
            ("hazard", "evacuation_space"),
            ("ssid", "public_wireless_lan"),
            ("medical", "hospital"),
            ("care_number", "care_service"),
            ("preschool", "preschool"),
        ):
            if sheet.has(field):
                return kind
    if located:
        return "place_list"
    if sheet.shapes and sheet.has("name"):
        return "place_list"
    if sheet.has("series"):
        return "series"
    if keys <= {"code", "label", "field", "description"} and len(keys) >= 2:
        return "columns"
    return "unknown"


def _own_table(sheet: Sheet) -> str:
    """Name of the product's own table these headings belong to, or ""."""
    keys = [heading_key(h) for h in sheet.heads if h.strip() and not heading_key(h).startswith("_")]
    if not keys or sum(k in own_headings() for k in keys) < 0.6 * len(keys):
        return ""
    best, best_score = "", 0.0
    for table in TABLES:
        columns = table_schema(table).columns
        named = [{heading_key(h) for h in (c.column, c.ja, c.en)} for c in columns]
        matched = sum(any(k in n for n in named) for k in keys)
        complete = all(any(k in n for k in keys) for c, n in zip(columns, named, strict=True) if c.required)
        # a municipal list of names, kinds and coordinates is not our table: the identifier decides
        own_id = any(heading_key(h) in keys for h in (columns[0].column, columns[0].ja, columns[0].en))
        score = matched / len(keys)
        if complete and own_id and score >= 0.6 and matched > best_score:
            best, best_score = table, matched
    return best


def unknown_reason(sheet: Sheet | None) -> str:
    """Why a table could not be recognised, with its first headings."""
    if sheet is None:
        return "知っている見出しの行が見つかりませんでした。"
    seen = "、".join(h for h in sheet.heads[:6] if h.strip())
    return f"見出し（{seen}…）の組み合わせを知りません。"
