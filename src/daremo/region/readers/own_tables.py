"""The product's own tables and templates, in Japanese or English, read row by row so that good rows survive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from daremo.kernel.errors import Problem
from daremo.kernel.tables import Column
from daremo.region.model import TABLES, table_schema
from daremo.region.readers import cells
from daremo.region.readers.found import Found
from daremo.region.readers.sheet import Sheet, heading_key

_TYPE_NAMES = {
    "whole": "整数",
    "number": "数",
    "share": "0から1の割合",
    "yes_no": "はい・いいえ",
    "date": "日付",
    "text": "文字",
}


def read_own(sheet: Sheet, found: Found, table: str) -> None:
    """Read rows of one of the region's tables."""
    columns = table_schema(table).columns
    where: dict[str, int] = {}
    for i, h in enumerate(sheet.heads):
        for c in columns:
            if heading_key(h).rstrip("*※") in {heading_key(x) for x in (c.column, c.ja, c.en)}:
                where.setdefault(c.column, i)
    rows = found.own.setdefault(table, [])
    notes = {heading_key(x) for c in columns for x in (c.description, c.unit, c.column, c.ja, c.en) if x}
    for n, row in sheet.lines():
        # a template may repeat names, units or explanations under its headings
        filled = [heading_key(c) for c in row if c.strip()]
        if filled and all(f in notes for f in filled) and not any(f.replace(".", "").isdigit() for f in filled):
            continue
        parsed = _row(sheet, found, row, n, columns, where)
        if parsed is None:
            found.rows_rejected += 1
            continue
        if "source" in parsed and not parsed["source"]:
            parsed["source"] = sheet.file
            if "source_row" in {c.column for c in columns}:
                parsed["source_row"] = n
        rows.append(parsed)
        found.rows_used += 1


def _row(
    sheet: Sheet, found: Found, row: list[str], n: int, columns: tuple[Column, ...], where: dict[str, int]
) -> dict[str, Any] | None:
    """One row in the schema's types, or None where a value keeps it from being used."""
    out: dict[str, Any] = {}
    good = True
    for c in columns:
        text = row[where[c.column]].strip() if c.column in where else ""
        head = sheet.heads[where[c.column]] if c.column in where else c.ja
        try:
            value = _value(c, text)
        except ValueError:
            found.tell(
                "wrong-type", f"{c.ja}は{_TYPE_NAMES[c.type]}で書いてください", "値を直してください", n, head, text
            )
            good = False
            continue
        if value is None and c.required:
            found.tell("missing-value", f"{c.ja}が空です", "値を入れてください", n, head)
            good = False
        elif value is not None and not _allowed(c, value):
            found.tell("not-allowed", f"{c.ja}に使えない値です", f"使える値: {'・'.join(c.allowed)}", n, head, text)
            good = False
        out[c.column] = value
    return out if good else None


def _value(c: Column, text: str) -> Any:
    """A cell in its column's type; None where blank.

    Raises
    ------
    ValueError
        Where it cannot be read as that type.
    """
    if not text:
        return None
    if c.type == "yes_no":
        return cells.yes_no(text)
    if c.type in ("whole", "number", "share"):
        if c.type == "share" and cells.flat(text).endswith("%"):
            value = cells.number(cells.flat(text)[:-1])
            return None if value is None else value / 100
        value = cells.degrees(text) if c.unit == "degree" else cells.number(text)
        if value is None or c.type != "whole":
            return value
        if value != round(value):
            raise ValueError(text)
        return int(value)
    if c.type == "date":
        if not (day := cells.date(text)):
            raise ValueError(text)
        return day
    if c.allowed and c.range is None:
        return cells.flat(text)
    return cells.one_line(text)


def _allowed(c: Column, value: Any) -> bool:
    if c.range is not None and isinstance(value, int | float):
        return c.range[0] <= value <= c.range[1]
    return not c.allowed or c.range is not None or str(value) in c.allowed


def join_own(
    tables: dict[str, list[dict[str, Any]]], found: Sequence[Found]
) -> tuple[dict[str, list[dict[str, Any]]], list[Problem]]:
    """Add the product's own tables to those gathered; areas, people, places and islands are there already."""
    problems: list[Problem] = []
    out = dict(tables)
    areas = {r["area_id"] for r in tables["areas"]}
    for table in TABLES:
        if table in ("areas", "people", "places", "islands"):
            continue
        rows = list(out.get(table, ()))
        key = (
            table_schema(table).columns[0].column
            if table in ("services", "actions", "organisations", "events", "backbone")
            else ""
        )
        seen = {r[key] for r in rows} if key else set()
        for f in found:
            for r in f.own.get(table, ()):
                wrong = ""
                if key and r[key] in seen:
                    wrong, problem = "duplicate-id", f"{r[key]}が2回以上あります"
                elif table in ("lines", "hazards") and r["area_id"] not in areas:
                    wrong, problem = "unknown-area", f"地区{r['area_id']}は地区の表にありません"
                if wrong:
                    f.rows_used -= 1
                    f.rows_rejected += 1
                    problems.append(
                        Problem(
                            wrong,
                            problem,
                            "コードを確かめてください",
                            f.file,
                            r.get("source_row"),
                            key or "area_id",
                            r.get(key or "area_id") or "",
                        )
                    )
                    continue
                if key:
                    seen.add(r[key])
                rows.append(r)
        out[table] = rows
    return out, problems
