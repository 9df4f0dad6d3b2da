"""Puts a report together in the order a meeting asks."""

from __future__ import annotations

from daremo.report import blocks as b
from daremo.report import story_end, story_gap, story_plan, story_proof
from daremo.report.facts import Facts
from daremo.report.figures import step_of
from daremo.report.words import Words


def gap_document(f: Facts, lang: str) -> b.Document:
    """The report of who is left behind."""
    w = Words(lang)
    town = _town(f)
    left = f.gap.get("left_behind") or {}
    mean = left.get("mean")
    headline = (
        w("headline.gap", town=town, n=w.people(mean, step_of(left.get("low"), left.get("high"))))
        if mean is not None
        else w("headline.gap_none", town=town)
    )
    sections = [
        ("s1", "who", story_gap.who(f, w)),
        (
            "s2",
            "where_gap",
            (
                b.Read(w("read.where_gap")),
                story_gap.left_map(f, w, points=False),
                *story_gap.reasons_maps(f, w),
                *story_gap.access_maps(f, w),
                story_gap.areas_table(f, w),
                b.Why(w("why_areas")),
            ),
        ),
        ("s3", "wrong", (b.Read(w("read.gap_wrong")), *story_proof.copula_table(f, w))),
        ("s4", "assumptions", story_end.assumptions(f, w)),
        ("s5", "sources", story_end.sources(f, w)),
        ("s6", "checked", story_end.checked(f, w)),
    ]
    return _document(
        f,
        w,
        w("eyebrow.gap"),
        headline,
        w("lead.gap"),
        (story_gap.stat_left(f, w), story_gap.stat_people(f, w), story_gap.stat_reason(f, w)),
        sections,
        (("gap.xlsx", "Excel"), ("gap.geojson", w("file.map"))),
    )


def plan_document(f: Facts, lang: str, *, pdf: bool) -> b.Document:
    """The report of a plan."""
    w = Words(lang)
    freed = float(f.plan.get("people_freed") or 0.0)
    step = step_of(*story_plan.span_of(f.plan, "people_freed_interval"))
    cost = w.money(float(f.plan.get("cost_yen") or 0.0))
    headline = (
        w("headline.plan", money=cost, n=w.people(freed, step))
        if freed > 0
        else w("headline.plan_none", money=w.money(f.plan.get("budget_yen")))
    )
    where = (
        *story_plan.where(f, w),
        *story_gap.reasons_maps(f, w),
        *story_gap.access_maps(f, w),
        story_gap.areas_table(f, w),
        b.Why(w("why_areas")),
    )
    sections = [
        ("s1", "money", story_plan.money(f, w)),
        ("s2", "who", story_gap.who(f, w)),
        ("s3", "where", where),
        ("s4", "best", story_proof.best(f, w)),
        ("s5", "wrong", story_proof.wrong(f, w)),
        ("s6", "nothing", story_plan.nothing(f, w)),
        ("s7", "timetable", story_plan.timetable(f, w)),
        ("s8", "assumptions", story_end.assumptions(f, w)),
        ("s9", "sources", story_end.sources(f, w)),
        ("s10", "checked", story_end.checked(f, w)),
    ]
    files = [("plan.xlsx", "Excel"), ("plan.geojson", w("file.map"))]
    return _document(
        f,
        w,
        w("eyebrow.plan"),
        headline,
        w("lead.plan", town=_town(f)),
        (story_gap.stat_left(f, w), *story_plan.stats(f, w)),
        sections,
        tuple([("report.pdf", "PDF")] * pdf + files),
    )


def _town(f: Facts) -> str:
    return str((f.gap.get("region") or f.plan.get("region") or {}).get("name") or f.region.name)


def _document(
    f: Facts,
    w: Words,
    eyebrow: str,
    headline: str,
    lead: str,
    stats: tuple[b.Stat, ...],
    sections: list[tuple[str, str, tuple[b.Block, ...]]],
    files: tuple[tuple[str, str], ...],
) -> b.Document:
    flows_on = {"timetable", "checked"}
    made = tuple(
        b.Section(
            key,
            w("numbered", n=i + 1, title=w(f"title.{name}")),
            w("numbered", n=i + 1, title=w(f"title.{name}")),
            blocks,
            i > 0 and name not in flows_on,
        )
        for i, (key, name, blocks) in enumerate(sections)
    )
    foot = (
        w("foot.made", seed=f.gap.get("seed", "—"), draws=f.gap.get("draws", "—")),
        w("foot.fiction") if _town(f) == "みほん市" else w("foot.estimate"),
    )
    return b.Document(w.lang, f"{headline} | {_town(f)}", eyebrow, headline, lead, _town(f), stats, made, foot, files)
