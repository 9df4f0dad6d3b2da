"""Excel templates, one for each region table, drawn from its schema: type into it, and ``region build`` reads it."""

from __future__ import annotations

import datetime
import functools
from pathlib import Path
from typing import Any

import xlsxwriter

from daremo.kernel.errors import UsageError
from daremo.kernel.results import write_whole
from daremo.kernel.tables import Column, Schema, rows_of
from daremo.region.model import PACKAGE, TABLES, table_schema

#: Rows that drop-downs and number checks reach.
ROWS = 5_000
MARK = "＊"
NOTES_SHEET = "説明"
#: Workbooks carry a date of creation; a fixed one keeps the same template the same bytes.
CREATED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
TITLES = {
    "areas": "地区",
    "people": "年齢別の人口",
    "places": "施設",
    "lines": "回線",
    "services": "サービス",
    "organisations": "組織",
    "survey": "調査の答え",
    "hazards": "災害",
    "backbone": "幹線",
    "islands": "島",
    "events": "行事",
    "actions": "打ち手",
}
TYPES = {
    "text": "文字",
    "whole": "整数",
    "number": "数",
    "share": "割合（0〜1）",
    "yes_no": "はい・いいえ",
    "date": "日付（2026-04-01の形）",
}
UNITS = {
    "degree": "度",
    "people": "人",
    "households": "世帯",
    "km": "km",
    "min": "分",
    "yen": "円",
    "yen/hour": "円／時間",
    "yen/month": "円／月",
    "yen/year": "円／年",
    "hours/week": "時間／週",
    "rooms": "部屋",
    "share": "割合",
    "years": "歳",
    "1/day": "便／日",
    "1/year": "1年あたり",
    "units": "個",
    "Mbit/s": "Mbit/s",
    "Gbit/s": "Gbit/s",
}
YES_NO = ("はい", "いいえ")


def write_template(kind: str, path: Path) -> Path:
    """Write the Excel template of one region table.

    The first sheet has one row of Japanese headings (required ones marked ＊), with drop-downs, number checks and notes;
    the second explains every column. The same table always gives the same bytes.

    Parameters
    ----------
    kind : str
        Name of a region table, such as ``"places"``.
    path : Path
        The ``.xlsx`` file to write.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    UsageError
        Where there is no such table, or the file name does not end in ``.xlsx``.
    """
    if kind not in TABLES:
        known = "、".join(f"{t}（{TITLES[t]}）" for t in TABLES)
        raise UsageError(
            "unknown-kind", f"「{kind}」というひな形はありません", f"次のどれかにしてください: {known}", kind
        )
    if path.suffix.lower() != ".xlsx":
        raise UsageError(
            "not-xlsx", "ひな形はExcelの形で作ります", "ファイル名の終わりを .xlsx にしてください", str(path)
        )
    write_whole(path, lambda p: _write(kind, table_schema(kind), p))
    return path


def heading(column: Column) -> str:
    """A column's heading as the template shows it."""
    return column.ja + (MARK if column.required else "")


def words_of(kind: str, column: Column) -> tuple[str, ...]:
    """The words a drop-down offers; empty where any text or number may be typed."""
    if column.type == "yes_no":
        return YES_NO
    if kind == "places" and column.column == "kind":
        return tuple(r["kind"] for r in rows_of(PACKAGE, "place_kinds"))
    return () if column.range is not None else column.allowed


def _write(kind: str, schema: Schema, path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": f"{TITLES[kind]}のひな形", "author": "daremo", "created": CREATED})
    base = {"font_name": "BIZ UDPゴシック", "font_size": 11}
    formats = {
        "required": book.add_format(base | {"bold": True, "bg_color": "#0017C1", "font_color": "#FFFFFF", "border": 1}),
        "optional": book.add_format(base | {"bold": True, "bg_color": "#E8F1FE", "border": 1}),
        "text": book.add_format(base | {"num_format": "@"}),
        "plain": book.add_format(base),
        "wrap": book.add_format(base | {"text_wrap": True, "valign": "top", "border": 1}),
    }
    for f in (formats["required"], formats["optional"]):
        f.set_align("center")
        f.set_align("vcenter")
        f.set_text_wrap()
    sheet = book.add_worksheet(TITLES[kind])
    notes = book.add_worksheet(NOTES_SHEET)
    lists = _word_lists(book, kind, schema)
    sheet.set_row(0, 36)
    sheet.freeze_panes(1, 0)
    for i, column in enumerate(schema.columns):
        sheet.set_column(i, i, _width(column), formats["text" if column.type in ("text", "date") else "plain"])
        sheet.write_string(0, i, heading(column), formats["required" if column.required else "optional"])
        sheet.write_comment(0, i, _note(kind, column), {"author": "daremo", "x_scale": 2.2, "y_scale": 1.6})
        rule = _rule(kind, column, lists)
        if rule:
            sheet.data_validation(1, i, ROWS, i, rule)
    _print_setup(sheet, TITLES[kind])
    _explain(notes, kind, schema, formats)
    _print_setup(notes, f"{TITLES[kind]}の説明")
    book.close()


def _word_lists(book: Any, kind: str, schema: Schema) -> dict[str, str]:
    """Drop-downs too long for Excel's 255 characters refer to a hidden sheet; column → the range's address."""
    long = [c for c in schema.columns if len(",".join(words_of(kind, c))) > 255]
    if not long:
        return {}
    sheet = book.add_worksheet("選択肢")
    sheet.hide()
    out = {}
    for i, column in enumerate(long):
        words = words_of(kind, column)
        sheet.write_column(0, i, words)
        letter = xlsxwriter.utility.xl_col_to_name(i)
        out[column.column] = f"=選択肢!${letter}$1:${letter}${len(words)}"
    return out


def _rule(kind: str, column: Column, lists: dict[str, str]) -> dict[str, Any] | None:
    """The check Excel makes of a cell while it is typed, with a kind message."""
    words = words_of(kind, column)
    if words:
        return {
            "validate": "list",
            "source": lists.get(column.column, list(words)),
            "error_title": "選んでください",
            "error_message": f"{column.ja}は、▼を押して出てくる言葉から選んでください。",
        }
    if column.type not in ("whole", "number", "share"):
        return None
    low, high = column.range or (float("-inf"), float("inf"))
    rule: dict[str, Any] = {
        "validate": "integer" if column.type == "whole" else "decimal",
        "error_title": "数を確かめてください",
    }
    number = "整数" if column.type == "whole" else "数"
    if low > float("-inf") and high < float("inf"):
        rule |= {"criteria": "between", "minimum": low, "maximum": high}
        said = f"{low:g}から{high:g}までの{number}"
    elif low > float("-inf"):
        rule |= {"criteria": ">=", "value": low}
        said = f"{low:g}以上の{number}"
    else:
        rule |= {"criteria": "between", "minimum": -1e9, "maximum": 1e9}
        said = number
    return rule | {"error_message": f"{column.ja}は、{said}で入れてください。分からないときは空のままで大丈夫です。"}


@functools.cache
def _meanings() -> dict[tuple[str, str], str]:
    """What each column means, in Japanese: (table, column) → sentence."""
    return {(r["table"], r["column"]): r["ja"] for r in rows_of(PACKAGE, "template_meanings")}


def _allowed(kind: str, column: Column) -> str:
    """What may be typed, in words."""
    words = words_of(kind, column)
    if kind == "places" and column.column == "kind":
        return "\n".join(f"{r['kind']}（{r['ja']}）" for r in rows_of(PACKAGE, "place_kinds"))
    if words:
        return "・".join(words)
    if column.range is not None:
        low, high = column.range
        return f"{low:g}〜{'' if high == float('inf') else f'{high:g}'}"
    return ""


def _note(kind: str, column: Column) -> str:
    """The note on a heading: what it is, in which unit, what may be typed."""
    lines = [
        f"{column.ja}（{TYPES[column.type]}）"
        + ("　かならず入れてください" if column.required else "　空でも大丈夫です")
    ]
    lines += [f"単位: {UNITS.get(column.unit, column.unit)}"] if column.unit else []
    allowed = _allowed(kind, column)
    lines += (
        [f"使える値: {allowed}"]
        if allowed and len(allowed) < 200
        else ["使える値は「説明」のシートにあります"]
        if allowed
        else []
    )
    lines.append(_meanings()[kind, column.column])
    return "\n".join(lines)


def _width(column: Column) -> float:
    """Column width in characters: wide enough for the heading, which counts double in Japanese."""
    need = sum(2 if ord(c) > 0xFF else 1 for c in heading(column)) + 2
    return float(min(max(need, 24 if column.column in ("name", "address", "opening_hours", "source") else 11), 40))


def _print_setup(sheet: Any, title: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.set_footer(f"&L{title}&R&P / &N")


def _explain(sheet: Any, kind: str, schema: Schema, formats: dict[str, Any]) -> None:
    """The second sheet: one row a column of the table."""
    headings = (
        ("見出し", 24),
        ("入れるもの", 22),
        ("意味", 48),
        ("英語の意味", 36),
        ("単位", 12),
        ("使える値", 36),
        ("かならず", 10),
        ("出どころ", 20),
        ("列の名前", 18),
    )
    sheet.set_row(0, 24)
    sheet.freeze_panes(1, 1)
    for i, (text, width) in enumerate(headings):
        sheet.set_column(i, i, width)
        sheet.write_string(0, i, text, formats["optional"])
    for k, c in enumerate(schema.columns, start=1):
        cells = (
            heading(c),
            TYPES[c.type],
            _meanings()[kind, c.column],
            c.description or c.en,
            UNITS.get(c.unit, c.unit),
            _allowed(kind, c),
            "はい" if c.required else "",
            c.source,
            c.column,
        )
        for i, text in enumerate(cells):
            sheet.write_string(k, i, text, formats["wrap"])
