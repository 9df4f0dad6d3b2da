"""The end of every report: defaults with their certainty, sources with credit, how it was checked."""

from __future__ import annotations

from typing import Any

from daremo.report import blocks as b
from daremo.report.facts import Facts
from daremo.report.story_gap import text_cell
from daremo.report.words import Words


def assumption_name(a: dict[str, Any], w: Words) -> str:
    """A default's name with the people it holds for."""
    name = str(a.get("ja") or a.get("key")) if w.ja else str(a.get("key")).replace("_", " ")
    stage = str(a.get("life_stage") or "all")
    return name if stage == "all" else w("of_stage", name=name, stage=w.stage(stage))


def unit(text: Any, w: Words) -> str:
    """A unit in the language of the report, or as written."""
    return w.or_raw("unit", text) if text else ""


def is_guess(a: dict[str, Any]) -> bool:
    """Whether a default is an assumption (class E)."""
    return "E" in str(a.get("certainty", ""))


def assumptions(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Every default used, its certainty printed beside it."""
    rows = []
    for a in sorted(f.assumptions, key=lambda a: (not is_guess(a), str(a.get("key")), str(a.get("life_stage")))):
        mark = w("assumed_mark") if is_guess(a) else ""
        rows.append(
            (
                b.Cell(assumption_name(a, w) + mark),
                b.Cell(w.short(a.get("value"))),
                b.Cell(w("span", low=w.short(a.get("low")), high=w.short(a.get("high")))),
                b.Cell(unit(a.get("unit"), w)),
                b.Cell(w.certainty(str(a.get("certainty", "")))),
                b.Cell(w("comma").join(str(x) for x in (a.get("source"), a.get("year")) if x)),
            )
        )
    guesses = sum(is_guess(a) for a in f.assumptions)
    columns = (
        b.Column(w("col.assumption"), "head"),
        b.Column(w("col.value"), "num"),
        b.Column(w("col.range"), "num"),
        b.Column(w("col.unit")),
        b.Column(w("col.certainty")),
        b.Column(w("col.source"), "prose"),
    )
    return (
        b.Read(w("read.assumptions", n=len(rows), guesses=guesses)),
        b.Text(w("text.certainty")),
        b.Table(
            "t-assumptions",
            w("table.assumptions"),
            columns,
            tuple(rows),
            folded=w("fold.assumptions", n=len(rows)),
            appendix=True,
        ),
    )


def source_name(s: dict[str, Any]) -> str:
    """A source file's title with the file's own name."""
    title, file = str(s.get("title") or ""), str(s.get("file") or "")
    return f"{title} ({file})" if title and file and title != file else title or file


def sources(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Files used, with owner, licence and date."""
    rows = []
    for s in f.credit:
        used, lost = s.get("rows_used"), s.get("rows_rejected")
        rows.append(
            (
                b.Cell(source_name(s)),
                text_cell(s.get("owner")),
                text_cell(s.get("licence")),
                text_cell(s.get("date")),
                b.Cell("—" if used is None else w.number(float(used))),
                b.Cell("—" if lost is None else w.number(float(lost))),
            )
        )
    columns = (
        b.Column(w("col.file"), "head"),
        b.Column(w("col.owner")),
        b.Column(w("col.licence")),
        b.Column(w("col.date")),
        b.Column(w("col.rows_used"), "num"),
        b.Column(w("col.rows_lost"), "num"),
    )
    credit = [
        w("credit", owner=s.get("owner") or s.get("title") or s.get("file"), licence=s["licence"])
        for s in f.credit
        if s.get("licence")
    ]
    out: list[b.Block] = [b.Read(w("read.sources", n=len(rows)))]
    out += [b.Text(c) for c in dict.fromkeys(credit)]
    out.append(b.Table("t-sources", w("table.sources"), columns, tuple(rows), appendix=True))
    notes = list(dict.fromkeys(w.said(n) for n in [*f.region.notes, *f.gap.get("notes", ()), *f.plan.get("notes", ())]))
    notes = [n for n in notes if n]
    if notes:
        column = (b.Column(w("col.note"), "prose"),)
        out.append(
            b.Table(
                "t-notes",
                w("table.notes"),
                column,
                tuple((b.Cell(n),) for n in notes),
                folded=w("fold.notes", n=len(notes)),
                appendix=True,
            )
        )
    return tuple(out)


def checked(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """How anybody can check these figures."""
    region = f.gap.get("region") or f.plan.get("region") or {}
    steps = [w("check.region", digest=str(region.get("digest", ""))[:16] or "—")]
    steps.append(w("check.draws", draws=f.gap.get("draws", "—"), seed=f.gap.get("seed", "—")))
    if f.plan:
        steps += [w("check.plan", digest=str(f.plan.get("digest", ""))[:16] or "—"), w("check.verify")]
    return (b.Read(w("read.checked")), b.Steps(tuple(steps)))
