"""The programme's monthly report as a page's tables, Excel, CSV and PDF: one source, four forms."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Collection
from datetime import date
from pathlib import Path

import xlsxwriter

from daremo.report import blocks as b
from daremo.web.apps.figures.edition import Edition
from daremo.web.apps.figures.lines import Line, Summary

HEADINGS = (
    "実施団体", "種類", "場所", "実施日", "開始", "分", "内容", "講師（研修ずみ）", "補助", "定員", "予約", "参加",
    "取りやめ", "来なかった", "できるようになった割合", "1対4をこえた",
)  # fmt: skip
KINDS = {"consultation": "個別相談", "course": "教室", "visit": "訪問", "phone": "電話相談"}


WITHHELD = "少数"
FIELDS = {10: "booked", 11: "attended", 12: "cancelled", 13: "noshow", 14: "outcome_share", 15: "crowded"}
NOTICE = {
    "public": "5人より少ない数は「少数」とし、合計との引き算でもわからないようにしました。",
    "internal": "内部用：5人より少ない数も入っています。公表しないでください。",
}


def row_of(line: Line, withheld: Collection[str] = ()) -> list[object]:
    """Return a session as a row under :data:`HEADINGS`; a count that is withheld as a word."""
    cells = _row(line)
    for at, field in FIELDS.items():
        if field in withheld:
            cells[at] = WITHHELD
    return cells


def rows_of(edition: Edition) -> list[list[object]]:
    """Return every session of an edition as a row."""
    return [row_of(line, gone) for line, gone in zip(edition.rows, edition.withheld)]


def _row(line: Line) -> list[object]:
    return [
        line.body, KINDS.get(line.kind, line.kind), line.place, line.day.isoformat(), line.start, line.minutes, line.theme,
        line.trained, line.assistants, line.capacity, line.booked, line.attended, line.cancelled, line.noshow,
        None if line.outcome_share is None else round(line.outcome_share, 3), "はい" if line.crowded else "",
    ]  # fmt: skip


def measures(edition: Edition) -> list[tuple[str, str, str]]:
    """Return the figures of a period as (name, value, how it is counted)."""
    return [
        (name, WITHHELD if gone & edition.withheld_told else value, how)
        for gone, name, value, how in _told(edition.told)
    ]


def _told(s: Summary) -> list[tuple[frozenset[str], str, str, str]]:
    """Return the figures, each after the fields that it is made of."""

    def share(value: float | None) -> str:
        return "—" if value is None else f"{100 * value:.0f}%"

    def number(value: float | None, unit: str = "", digits: int = 1) -> str:
        return "—" if value is None else f"{value:,.{digits}f}{unit}"

    return [
        (frozenset(), "コマ数", f"{s.slots:,}", "中止をのぞく、この月の回の数"),
        (
            frozenset({"learners"}),
            "参加した人（のべ）",
            f"{s.learners:,}人",
            "予約で来た人。人数の記録がある教室は、その人数",
        ),
        (
            frozenset({"learners_per_slot"}),
            "1コマの人数",
            number(s.learners_per_slot, "人"),
            "参加した人 ÷ コマ数（国の調べでは、全国展開型 1.4人・地域連携型 6.0人）",
        ),
        (
            frozenset({"single_share"}),
            "1人だけのコマの割合",
            share(s.single_share),
            "参加が1人のコマ ÷ 参加があったコマ（国の調べでは 70%以上）",
        ),
        (
            frozenset({"learners_per_helper"}),
            "支援者1人あたり",
            number(s.learners_per_helper, "人"),
            "参加した人 ÷ 支援者（きまりは4人まで）",
        ),
        (frozenset({"crowded"}), "1対4をこえたコマ", f"{s.crowded:,}", "支援者1人に5人以上いたコマ"),
        (frozenset({"noshow"}), "来なかった人", f"{s.noshow:,}人", "予約があり、連絡なく来なかった人"),
        (
            frozenset({"people"}),
            "相談の記録",
            f"{s.visits:,}件・{s.people:,}人・{s.minutes // 60:,}時間",
            "訂正されたものをのぞく記録",
        ),
        (
            frozenset({"wait_minutes"}),
            "待ち時間",
            f"{number(s.wait_minutes, '分', 0)}（10人に9人は {number(s.wait_minutes_p90, '分', 0)}まで）",
            "札を取ってから、または予約の時刻から、呼ばれるまで",
        ),
        (
            frozenset({"distance_km"}),
            "来た道のり",
            number(s.distance_km, "km"),
            "住む地区の中心から場所までの直線の中央値",
        ),
        (
            frozenset(),
            "費用のめやす",
            "—" if s.cost_yen is None else f"{s.cost_yen:,.0f}円",
            "時間 × 支援者 × 場所ごとの1時間の費用",
        ),
    ]


def as_csv(edition: Edition) -> bytes:
    """Return the lines as CSV that Excel opens in Japanese (UTF-8 with BOM); no cell begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in rows_of(edition):
        writer.writerow([_plain(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: object) -> object:
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell


def as_excel(title: str, edition: Edition) -> bytes:
    """Return the report as a workbook: the figures, then the lines."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bg_color": "#EBE3D3", "text_wrap": True, "bottom": 2})
    page = book.add_worksheet("まとめ")
    page.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    page.write_string(1, 0, NOTICE[edition.name])
    for column, name in enumerate(("項目", "値", "数えかた")):
        page.write_string(2, column, name, head)
    for at, measure in enumerate(measures(edition), 3):
        for column, text in enumerate(measure):
            page.write_string(at, column, text)
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 34)
    page.set_column(2, 2, 70)
    page = book.add_worksheet("コマ別")
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    for column, name in enumerate(HEADINGS):
        page.write_string(0, column, name, head)
    for at, row in enumerate(rows_of(edition), 1):
        for column, cell in enumerate(row):
            if isinstance(cell, int | float):
                page.write_number(at, column, cell)
            elif cell is not None:
                page.write_string(at, column, str(cell))
    page.autofilter(0, 0, max(1, len(edition.rows)), len(HEADINGS) - 1)
    page.set_column(0, len(HEADINGS) - 1, 12)
    book.close()
    return out.getvalue()


def as_pdf(city: str, office: str, month: str, made: date, edition: Edition) -> bytes:
    """Return the report as a tagged PDF.

    Raises
    ------
    SetupError
        The extra ``pdf`` is not installed.
    """
    from daremo.report import paper

    told, s = measures(edition), edition.told
    summary = b.Table(
        "measures",
        "この月の数",
        (b.Column("項目", "head"), b.Column("値", "text"), b.Column("数えかた", "prose")),
        tuple((b.Cell(name), b.Cell(value), b.Cell(how)) for name, value, how in told),
    )
    few = (3, 4, 2, 6, 9, 10, 11)
    lines = b.Table(
        "lines",
        "コマ別の記録",
        tuple(b.Column(HEADINGS[at], "head" if at == 3 else "num" if at >= 9 else "text") for at in few),
        tuple(tuple(b.Cell(str(row[at])) for at in few) for row in rows_of(edition)[:400]),
    )
    document = b.Document(
        lang="ja",
        title=f"{month} 活用支援 実施報告",
        eyebrow=city,
        headline=f"{month}は {s.slots:,}コマ"
        + (f"に、のべ {s.learners:,}人が参加しました" if "learners" not in edition.withheld_told else "でした"),
        lead=f"{office}　{made.year}年{made.month}月{made.day}日 作成",
        town=city,
        stats=tuple(b.Stat(name, value, "", (how,), "") for name, value, how in (told[0], told[1], told[2])),
        sections=(
            b.Section("s1", "この月の数", "数", (summary,), page=False),
            b.Section("s2", "コマ別の記録", "コマ", (lines,)),
        ),
        foot=("数は、予約と訪問の記録から計算しました。", NOTICE[edition.name]),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        paper.write(document, path)
        return path.read_bytes()
