"""Is it really the best, and what if we are wrong."""

from __future__ import annotations

from typing import Any

from daremo.report import blocks as b
from daremo.report import charts
from daremo.report.facts import Facts
from daremo.report.figures import nice_above
from daremo.report.story_end import assumption_name
from daremo.report.story_plan import label
from daremo.report.words import JAPANESE, Words

#: Rows shown before the rest is folded away.
FIRST = 12


def best(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """The plan against the wall of the bound; why not something else."""
    p = f.plan
    freed, bound = float(p.get("people_freed") or 0.0), p.get("people_freed_bound")
    out: list[b.Block] = []
    if bound is None:
        out.append(b.Read(w("read.no_bound")))
    else:
        top = max(float(bound), freed)
        gap = top - freed
        apart = w.number(gap, 1 if gap < 100 else 0)
        out.append(b.Read(w("read.best", n=apart)))
        steps = b.Steps(
            (
                w("step.many"),
                w("step.bound", n=w.number(top, 1)),
                w("step.plan", n=w.number(freed, 1), share=w.share(p.get("gap_share"), 2)),
            )
        )
        figure = b.Figure("f-bound", w("fig.bound"), w("fig.bound_small"), charts.wall(w, freed, top), "t-bound")
        out.append(b.Duo((figure,), (steps, _gaps(f, w, freed, top), b.Why(w("why_bound")))))
    return (*out, *_overlap(f, w), *_not_chosen(f, w))


def _gaps(f: Facts, w: Words, freed: float, bound: float) -> b.Table:
    """The gap stated twice: of the whole plan and of its sited part alone."""
    sited = f.plan.get("people_freed_sited")
    gap = w.number(bound - freed, 1)
    rows = [
        (b.Cell(w("whole_plan")), b.Cell(w.number(freed, 1)), b.Cell(gap), b.Cell(w.share(f.plan.get("gap_share"), 2)))
    ]
    if sited is not None:
        share = w.share(f.plan.get("gap_share_sited"), 2) if sited > 0 else "—"
        rows.append((b.Cell(w("sited_part")), b.Cell(w.number(float(sited), 1)), b.Cell(gap), b.Cell(share)))
    columns = (
        b.Column(w("col.part"), "head"),
        b.Column(w("col.freed_people"), "num"),
        b.Column(w("col.apart"), "num"),
        b.Column(w("col.gap_share"), "num"),
    )
    return b.Table("t-bound", w("table.gap"), columns, tuple(rows))


def _overlap(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """How much the answer hangs on the way packages are counted."""
    o = f.plan.get("overlap") or {}
    if o.get("package") is None:
        return ()
    low, value, high = (float(o.get(k, o["package"])) for k in ("product", "package", "smallest_coverage"))
    rows = tuple(
        (b.Cell(w(f"overlap.{k}")), b.Cell(w.number(v, 1)), b.Cell(w(f"overlap.{k}_means")))
        for k, v in (("low", low), ("plan", value), ("high", high))
    )
    columns = (
        b.Column(w("col.counting"), "head"),
        b.Column(w("col.freed_people"), "num"),
        b.Column(w("col.means"), "prose"),
    )
    figure = b.Figure(
        "f-overlap", w("fig.overlap"), w("fig.overlap_small"), charts.overlap(w, low, value, high), "t-overlap"
    )
    return (
        b.Read(w("read.overlap", low=w.number(low), high=w.number(high))),
        b.Duo((figure,), (b.Table("t-overlap", w("table.overlap"), columns, rows), b.Why(w("why_overlap")))),
    )


def _not_chosen(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Why not that: every candidate left out."""
    rows = [_left_out(r, w) for r in f.plan.get("not_chosen", ())]
    if not rows:
        return ()
    columns = (
        b.Column(w("col.left_out"), "head"),
        b.Column(w("col.kind")),
        b.Column(w("col.money"), "num"),
        b.Column(w("col.change"), "num"),
        b.Column(w("col.reason"), "prose"),
    )
    out: list[b.Block] = [
        b.Read(w("read.not_chosen", n=len(rows))),
        b.Table("t-not", w("table.not_chosen"), columns, tuple(rows[:FIRST])),
    ]
    if len(rows) > FIRST:
        rest = tuple(rows[FIRST:])
        out.append(
            b.Table(
                "t-not-rest",
                w("table.not_chosen_rest"),
                columns,
                rest,
                folded=w("fold.rest", n=len(rest)),
                appendix=True,
                on_paper=False,
            )
        )
    return (*out, b.Why(w("why_not_chosen")))


def left_out_reason(r: dict[str, Any], w: Words) -> str:
    """Why a candidate is not in: as written, or (where that is in another language) from its figures."""
    text = w.said(r.get("why"))
    if w.ja or not JAPANESE.search(text):
        return text
    swap = r.get("instead_of")
    return w("not_chosen.swap", name=swap) if swap else w("not_chosen.add")


def _left_out(r: dict[str, Any], w: Words) -> tuple[b.Cell, ...]:
    change, text = r.get("change_people"), left_out_reason(r, w)
    return (
        b.Cell(label(r, w)),
        b.Cell(w.or_raw("kind", r.get("kind"))),
        b.Cell(w.money_bare(r.get("cost_yen"))),
        b.Cell("—" if change is None else w("n_people", n=w.change(float(change)))),
        b.Cell(text),
    )


def wrong(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Each assumption at low and high, and what to measure first."""
    flips = sorted(f.plan.get("flips", ()), key=lambda r: (r.get("rank") is None, r.get("rank") or 0))
    if not flips:
        return (b.Read(w("read.no_flips")), *copula_table(f, w))
    now = float(f.plan.get("people_freed") or 0.0)
    ends = [float(r.get(k) or 0.0) for r in flips for k in ("freed_at_low", "freed_at_high")]
    most = nice_above(max([now, 1.0, *ends]))
    stay = sum(bool(r.get("stays_best")) for r in flips)
    rows = []
    for i, r in enumerate(flips):
        low, high = float(r.get("freed_at_low") or 0.0), float(r.get("freed_at_high") or 0.0)
        said = w("swing", low=w.number(low), high=w.number(high))
        chart = charts.swing(w, low, high, now, most, w("alt.swing", text=said, now=w.number(now)))
        rows.append(
            (
                b.Cell(str(r.get("rank") or i + 1)),
                b.Cell(assumption_name(r, w)),
                b.Cell(
                    w(
                        "value_range",
                        value=w.short(r.get("value")),
                        low=w.short(r.get("low")),
                        high=w.short(r.get("high")),
                    )
                ),
                b.Cell(w.certainty(str(r.get("certainty", "")))),
                b.Cell(said),
                b.Cell(said, chart),
                b.Cell(w("plus", n=w.number(float(r.get("regret") or 0.0), 1))),
                b.Cell(w("yes") if r.get("stays_best") else w("no_choose_again")),
            )
        )
    columns = (
        b.Column(w("col.rank"), "num"),
        b.Column(w("col.if"), "head"),
        b.Column(w("col.value_range")),
        b.Column(w("col.certainty")),
        b.Column(w("col.freed_people"), "num"),
        b.Column(w("col.axis", n=w.people(most)), "chart"),
        b.Column(w("col.regret"), "num"),
        b.Column(w("col.stays")),
    )
    first = [assumption_name(r, w) for r in flips[:3]]
    out: list[b.Block] = [
        b.Read(w("read.flips", n=len(flips), stay=stay)),
        b.Table("t-flips", w("table.flips", n=w.people(now)), columns, tuple(rows)),
        b.Text(w("text.swing")),
        b.Why(w("why_flips")),
        b.Note(w("note.measure"), w("note.measure_first", names=w("comma").join(first))),
    ]
    return (*out, *copula_table(f, w), b.Note(w("note.review"), w("note.review_text")))


def copula_table(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """People left behind when barriers hang together less or more."""
    rows = [r for r in f.gap.get("sensitivity", ()) if r.get("left_behind") is not None]
    if not rows:
        return ()
    cells = tuple(
        (b.Cell(w("times", n=w.short(r["copula_strength"]))), b.Cell(w.people(round(float(r["left_behind"]), -1))))
        for r in rows
    )
    columns = (b.Column(w("col.copula"), "head"), b.Column(w("col.left"), "num"))
    return (b.Table("t-copula", w("table.copula"), columns, cells), b.Why(w("why_copula")))
