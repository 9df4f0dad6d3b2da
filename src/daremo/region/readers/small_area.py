"""Census by small area (町丁・字, e-Stat): people by age in table form, points from a boundary file."""

from __future__ import annotations

import re
from collections import defaultdict

from daremo.region.readers import cells
from daremo.region.readers.found import AreaRow, Edition, Found
from daremo.region.readers.population import finest
from daremo.region.readers.sheet import Sheet, age_column, heading_key


def read_small_areas(sheet: Sheet, found: Found) -> None:
    """Read a small-area table; suppressed areas join the area that took them up.

    ``KEY_CODE`` is the five-digit municipality code followed by the area's own digits; rows that are sums of others
    (municipality, 大字 with 丁目 below) are told by ``HYOSYO`` 1 or 3 and by having longer codes beneath them.
    """
    column = {heading_key(h): i for i, h in enumerate(sheet.heads)}
    found.dataset, found.title = "small_area", "国勢調査 小地域集計"
    labels = sheet.rows[0] if sheet.rows and not sheet.rows[0][column["key_code"]].strip() else []
    bands, total, men, women, households = _columns(sheet, labels)
    if total is None:
        found.tell("missing-column", "総人口の列が見つかりません", "2行めの項目名があるファイルを入れてください")
        return
    key_at = column["key_code"]
    keys = {cells.flat(r[key_at]) for r in sheet.rows} - {""}
    parents = {k[:n] for k in keys for n in (5, 9) if len(k) > n}
    by_city: dict[str, list[tuple[AreaRow, str, str]]] = defaultdict(list)
    for n, row in zip(sheet.numbers, sheet.rows, strict=True):
        key = cells.flat(row[key_at])
        if not key or key in parents or len(key) <= 5:
            continue
        if not re.fullmatch(r"\d{6,11}", key):
            found.rows_rejected += 1
            found.tell(
                "bad-area-code", "町丁・字のコードではありません", "KEY_CODEを確かめてください", n, "KEY_CODE", key
            )
            continue
        text = {
            c: cells.one_line(row[column[c]]) if c in column else ""
            for c in ("name", "cityname", "htksyori", "htksaki")
        }
        area = AreaRow(key, text["name"] or key, sheet.file, n)
        try:
            area.people, area.men, area.women = (
                None if c is None else cells.number(row[c]) for c in (total, men, women)
            )
            houses = None if households is None else cells.number(row[households])
            area.households = None if houses is None else round(houses)
            for c, sex, low, high in bands:
                value = cells.number(row[c])
                if value:
                    area.bands[sex, low, high] = area.bands.get((sex, low, high), 0.0) + value
        except ValueError as e:
            found.rows_rejected += 1
            found.tell(
                "not-a-number", "人数ではない文字が入っています", "もとのファイルを入れなおしてください", n, "", str(e)
            )
            continue
        by_city[key[:5]].append((area, text["htksaki"] if text["htksyori"] == "2" else "", text["cityname"]))
    for five, listed in by_city.items():
        code = cells.municipality_code(five)[0]
        found.codes[code] = listed[0][2]
        found.editions.append(Edition(sheet.file, "small_area", found.date, code, listed[0][2], _joined(listed)))


def _columns(
    sheet: Sheet, labels: list[str]
) -> tuple[list[tuple[int, str, int, int]], int | None, int | None, int | None, int | None]:
    """Age columns and those of the totals, by the second row's labels."""
    ages: list[tuple[int, str, int, int]] = []
    totals: dict[str, int] = {}
    for i, h in enumerate(sheet.heads):
        if not re.match(r"T\d{9}$", h, re.I):
            continue
        label = heading_key(labels[i]) if labels else ""
        if re.search(r"世帯", label):
            totals.setdefault("households", i)
        elif re.match(r"(総数|人口総数|人口\(総数\)|男女計)(、?年齢「?不詳」?含む)?$", label):
            totals.setdefault("all", i)
        elif re.match(r"男(の総数)?(、?年齢「?不詳」?含む)?$", label):
            totals.setdefault("m", i)
        elif re.match(r"女(の総数)?(、?年齢「?不詳」?含む)?$", label):
            totals.setdefault("f", i)
        elif (band := age_column(label)) is not None and band[1] >= 0:
            ages.append((i, *band))
    return finest(ages), totals.get("all"), totals.get("m"), totals.get("f"), totals.get("households")


def _joined(listed: list[tuple[AreaRow, str, str]]) -> list[AreaRow]:
    """Suppressed areas joined to the one whose details already hold theirs."""
    by_id = {a.area_id: a for a, *_ in listed}
    out = []
    for area, sink, _ in listed:
        target = by_id.get(sink) if sink else None
        if target is not None and target is not area:
            for name in ("people", "men", "women", "households"):
                value, more = getattr(target, name), getattr(area, name)
                setattr(target, name, value if more is None else (value or 0) + more)
        else:
            out.append(area)
    for a in out:
        known = sum(a.bands.values())
        if a.people is not None and a.people > known:
            a.bands["all", 0, 130] = a.people - known
    return out
