"""The same figures as an Excel workbook, one table a sheet, ready to sort and to print."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from daremo.report.facts import Facts
from daremo.report.story_end import assumption_name, is_guess, source_name, unit
from daremo.report.story_plan import DAYS, amount, label, span_of
from daremo.report.story_proof import left_out_reason
from daremo.report.words import REASONS, Words

#: Excel stores a time of making; a fixed one keeps the bytes the same.
MADE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
FORMATS = {
    "text": "@",
    "people": "#,##0",
    "people1": "#,##0.0",
    "yen": "#,##0",
    "share": "0.0%",
    "number": "General",
    "min": "0",
}
Column = tuple[str, str]  # heading, format
Rows = list[Sequence[Any]]


def fill(path: Path, f: Facts, lang: str) -> None:
    """Write the workbook of a gap or plan to `path`; withheld figures are words, never numbers."""
    w = Words(lang)
    book = xlsxwriter.Workbook(
        str(path),
        {
            "in_memory": True,
            "default_date_format": "yyyy-mm-dd",
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    book.set_properties({"title": f.region.name, "author": "daremo", "created": MADE})
    head = book.add_format({"bold": True, "bg_color": "#EBE3D3", "text_wrap": True, "valign": "top", "bottom": 2})
    formats = {
        k: book.add_format({"num_format": v, "valign": "top", **({"text_wrap": True} if k == "text" else {})})
        for k, v in FORMATS.items()
    }
    for name, columns, rows in _sheets(f, w):
        page = book.add_worksheet(name)
        page.freeze_panes(1, 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.set_margins(left=0.55, right=0.55, top=0.6, bottom=0.6)
        page.set_footer("&L&A&R&P / &N")
        for c, (title, kind) in enumerate(columns):
            page.write_string(0, c, title, head)
            longest = max((len(str(r[c])) for r in rows if isinstance(r[c], str)), default=0)
            page.set_column(
                c,
                c,
                min(
                    48,
                    max(10, 2 * len(title) * (2 if w.ja else 1) / 2, 1.9 * min(longest, 25) if kind == "text" else 12),
                ),
            )
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is None:
                    page.write_string(r + 1, c, w("never"), formats["text"])
                elif isinstance(value, str):
                    page.write_string(r + 1, c, value, formats["text"])
                else:
                    page.write_number(r + 1, c, float(value), formats[columns[c][1]])
        if rows:
            page.autofilter(0, 0, len(rows), len(columns) - 1)
    book.close()


def _sheets(f: Facts, w: Words) -> list[tuple[str, list[Column], Rows]]:
    made = [("areas", _areas), ("reasons", _reasons), ("assumptions", _assumptions), ("sources", _sources)]
    if f.plan:
        made = [
            ("plan", _plan),
            ("points", _points),
            *made[:2],
            ("not_chosen", _not_chosen),
            ("flips", _flips),
            ("timetable", _timetable),
            *made[2:],
        ]
    return [(w(f"sheet.{name}"), *build(f, w)) for name, build in made]


def _yen(title: str, w: Words) -> str:
    return f"{title}（円）" if w.ja else f"{title} (yen)"


def _plan(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    by_place = {(str(p.get("kind")), str(p.get("place_id"))): p for p in f.points}
    cost = "費用" if w.ja else "Cost"
    columns = [
        (w("col.place"), "text"),
        (w("col.what"), "text"),
        (_yen(cost, w), "yen"),
        (w("col.freed_people"), "people1"),
        (w("col.interval") + " 5%", "people1"),
        (w("col.interval") + " 95%", "people1"),
        (w("col.leave_one_out"), "people1"),
        (w("col.alone"), "people1"),
    ]
    rows: Rows = []
    for a in f.plan.get("actions", ()):
        low, high = span_of(a, "people_freed_interval")
        p = by_place.get((str(a.get("kind")), str(a.get("place_id"))))
        rows.append(
            (
                label(a, w),
                amount(a, p, w),
                a.get("cost_yen") or 0,
                a.get("people_freed") or 0,
                _or_dash(low),
                _or_dash(high),
                _or_dash(a.get("leave_one_out")),
                _or_dash(a.get("alone")),
            )
        )
    low, high = span_of(f.plan, "people_freed_interval")
    rows.append(
        (
            w("total"),
            "",
            f.plan.get("cost_yen") or 0,
            f.plan.get("people_freed") or 0,
            _or_dash(low),
            _or_dash(high),
            "",
            "",
        )
    )
    if f.plan.get("people_freed_bound") is not None:
        rows.append(
            (w("col.bound"), w("proved"), f.plan.get("budget_yen") or 0, f.plan["people_freed_bound"], "", "", "", "")
        )
    return columns, rows


def _points(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    names = (
        ("番号", "Number", "number", "number"),
        ("施設コード", "Place id", "text", "place_id"),
        ("場所", "Place", "text", "name"),
        ("種類", "Kind", "text", "kind"),
        ("緯度（度）", "Latitude (degree)", "number", "latitude"),
        ("経度（度）", "Longitude (degree)", "number", "longitude"),
        ("週の時間", "Hours a week", "people1", "hours_week"),
        ("年の時間", "Hours a year", "people1", "hours_year"),
        ("教室（組）", "Class series", "people", "series"),
        ("日数/年", "Days a year", "people", "days_year"),
        ("来る回数/年", "Visits a year", "people", "visits"),
        ("届く人", "People reached", "people1", "people_reached"),
        ("壁がなくなる人", "People freed", "people1", "people_freed"),
        ("費用（円）", "Cost (yen)", "yen", "cost_yen"),
        ("1枠の人数（予想）", "Learners per slot (predicted)", "people1", "learners_per_slot"),
        ("断るわりあい", "Turned away (share)", "share", "turned_away_share"),
    )
    rows: Rows = []
    for p in f.points:
        rows.append([w.or_raw("kind", p.get(k)) if k == "kind" else _or_dash(p.get(k)) for _, _, _, k in names])
    return [(ja if w.ja else en, kind) for ja, en, kind, _ in names], rows


def _areas(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    timed = [
        k for k in ("access_min", "access_before_min", "access_after_min") if any(r.get(k) is not None for r in f.areas)
    ]
    planned = any("freed" in r for r in f.areas)
    code = "地区コード" if w.ja else "District id"
    minutes = "（分）" if w.ja else " (min)"
    columns = [
        (code, "text"),
        (w("col.area"), "text"),
        (w("col.community"), "text"),
        (w("col.people"), "people"),
        (w("col.left"), "people"),
        (w("col.interval") + " 5%", "people"),
        (w("col.interval") + " 95%", "people"),
        (w("col.share"), "share"),
        (w("col.main_reason"), "text"),
        *((w(f"col.{k}") + minutes, "min") for k in timed),
        *([(w("col.freed"), "people1")] if planned else []),
    ]
    rows: Rows = []
    for r in f.areas:
        left, reason = r["left_behind"], r.get("main_reason")
        rows.append(
            (
                str(r["area_id"]),
                r["name"],
                r["community"] or w("main_town"),
                r.get("people"),
                left.get("mean"),
                left.get("low"),
                left.get("high"),
                r.get("share"),
                w(f"reason.{reason}") if reason else (None if r["suppressed"] else "—"),
                *(w("no_way") if r.get(k) is None else r[k] for k in timed),
                *([r.get("freed")] if planned else []),
            )
        )
    return columns, rows


def _reasons(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    columns = [
        (w("col.stage"), "text"),
        (w("col.people"), "people"),
        (w("col.left"), "people"),
        *((w(f"reason.{r}"), "share") for r in REASONS),
    ]
    rows: Rows = []
    whole = f.gap.get("reasons") or {}
    rows.append(
        (
            w("stage.all"),
            f.gap.get("people"),
            (f.gap.get("left_behind") or {}).get("mean"),
            *(whole.get(r) for r in REASONS),
        )
    )
    for s in f.gap.get("stages", ()):
        hidden = bool(s.get("suppressed"))
        reasons = s.get("reasons") or {}
        rows.append(
            (
                w.stage(str(s["stage"])),
                None if hidden else s.get("people"),
                None if hidden else (s.get("left_behind") or {}).get("mean"),
                *(None if hidden else reasons.get(r) for r in REASONS),
            )
        )
    return columns, rows


def _not_chosen(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    columns = [
        (w("col.left_out"), "text"),
        (w("col.kind"), "text"),
        (_yen("費用" if w.ja else "Cost", w), "yen"),
        (w("col.change"), "people1"),
        (w("col.reason"), "text"),
    ]
    return columns, [
        (
            label(r, w),
            w.or_raw("kind", r.get("kind")),
            _or_dash(r.get("cost_yen")),
            _or_dash(r.get("change_people")),
            left_out_reason(r, w),
        )
        for r in f.plan.get("not_chosen", ())
    ]


def _flips(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    low, high = ("（低い値）", "（高い値）") if w.ja else (" (at low)", " (at high)")
    columns = [
        (w("col.rank"), "number"),
        (w("col.if"), "text"),
        (w("col.value"), "number"),
        (w("col.value") + low, "number"),
        (w("col.value") + high, "number"),
        (w("col.certainty"), "text"),
        (w("col.freed_people") + low, "people1"),
        (w("col.freed_people") + high, "people1"),
        (w("col.regret"), "people1"),
        (w("col.stays"), "text"),
    ]
    return columns, [
        (
            _or_dash(r.get("rank")),
            assumption_name(r, w),
            _or_dash(r.get("value")),
            _or_dash(r.get("low")),
            _or_dash(r.get("high")),
            w.certainty(str(r.get("certainty", ""))),
            _or_dash(r.get("freed_at_low")),
            _or_dash(r.get("freed_at_high")),
            _or_dash(r.get("regret")),
            w("yes") if r.get("stays_best") else w("no_choose_again"),
        )
        for r in f.plan.get("flips", ())
    ]


def _timetable(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    columns = [(w("col.weekday"), "text"), (w("col.time"), "text"), (w("col.place"), "text"), (w("col.often"), "text")]
    rows: Rows = []
    for r in f.plan.get("timetable", ()):
        day, every = str(r.get("weekday", "")), int(r.get("every_weeks") or 1)
        rows.append(
            (
                w.or_raw("day", DAYS.get(day, day.lower()[:3])),
                w("clock", start=r.get("start", ""), end=r.get("end", "")),
                str(r.get("name", "")),
                w("every_week") if every == 1 else w("every_weeks", n=every),
            )
        )
    return columns, rows


def _assumptions(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    low, high = ("（低）", "（高）") if w.ja else (" (low)", " (high)")
    columns = [
        (w("col.assumption"), "text"),
        (w("col.value"), "number"),
        (w("col.range") + low, "number"),
        (w("col.range") + high, "number"),
        (w("col.unit"), "text"),
        (w("col.certainty"), "text"),
        (w("col.source"), "text"),
        (w("col.date"), "text"),
    ]
    return columns, [
        (
            assumption_name(a, w) + (w("assumed_mark") if is_guess(a) else ""),
            _or_dash(a.get("value")),
            _or_dash(a.get("low")),
            _or_dash(a.get("high")),
            unit(a.get("unit"), w),
            w.certainty(str(a.get("certainty", ""))),
            str(a.get("source") or ""),
            str(a.get("year") or ""),
        )
        for a in f.assumptions
    ]


def _sources(f: Facts, w: Words) -> tuple[list[Column], Rows]:
    columns = [
        (w("col.file"), "text"),
        (w("col.owner"), "text"),
        (w("col.licence"), "text"),
        (w("col.date"), "text"),
        (w("col.rows_used"), "people"),
        (w("col.rows_lost"), "people"),
        ("SHA-256", "text"),
    ]
    return columns, [
        (
            source_name(s),
            str(s.get("owner") or ""),
            str(s.get("licence") or ""),
            str(s.get("date") or ""),
            _or_dash(s.get("rows_used")),
            _or_dash(s.get("rows_rejected")),
            str(s.get("sha256") or ""),
        )
        for s in f.credit
    ]


def _or_dash(value: Any) -> Any:
    """A figure that is unknown (not withheld) as a dash."""
    return "—" if value is None else value
