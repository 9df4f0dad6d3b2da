"""What there is to say about a plan, in the order a meeting asks: how much, where, and who still gets nothing."""

from __future__ import annotations

from typing import Any

from daremo.report import blocks as b
from daremo.report import charts
from daremo.report.facts import SITED, Facts
from daremo.report.figures import nice_above, step_of
from daremo.report.story_gap import figure_cell, left_map
from daremo.report.words import JAPANESE, Words

#: Learners per slot in the national smartphone-class programme: shops, and the regional type.
NATIONAL = (("slots.shops", 1.4), ("slots.regional", 6.0))
DAYS = {"月": "mon", "火": "tue", "水": "wed", "木": "thu", "金": "fri", "土": "sat", "日": "sun"}


def span_of(row: dict[str, Any], key: str) -> tuple[float | None, float | None]:
    """An interval field as (low, high); None where it is absent."""
    pair = row.get(key) or (None, None)
    return pair[0], pair[1]


def label(row: dict[str, Any], w: Words) -> str:
    """A thing that can be bought, by its place or target."""
    name = str(row.get("name") or "")
    kind = str(row.get("kind") or "")
    if w.ja or not name:
        return name or w.or_raw("kind", kind)
    if kind in SITED or not JAPANESE.search(name):
        return name
    return f"{w.or_raw('kind', kind)}: {name}"


def amount(row: dict[str, Any], point: dict[str, Any] | None, w: Words) -> str:
    """How much is bought: hours a week for a point, days for a vehicle, series for a class, else a number."""
    kind, units = str(row.get("kind")), float(row.get("units") or 0)
    word = w.or_raw("kind", kind)
    if point and kind == "point" and point.get("hours_week"):
        return w("amount.point", kind=word, n=w.number(point["hours_week"], 1))
    if f"amount.{kind}" in w:
        return w(f"amount.{kind}", kind=word, n=w.number(units))
    return word


def why_of(row: dict[str, Any], w: Words) -> str:
    """Why an action is in: as written, or (where that is in another language) from its figures."""
    text = w.said(row.get("why"))
    if w.ja or not JAPANESE.search(text):
        return text
    return w("why_action", loss=w.number(row.get("leave_one_out"), 1), alone=w.number(row.get("alone"), 1))


def stats(f: Facts, w: Words) -> tuple[b.Stat, ...]:
    """Freed, cost, and how much better any plan could be."""
    p = f.plan
    freed, bound = float(p.get("people_freed") or 0.0), p.get("people_freed_bound")
    low, high = span_of(p, "people_freed_interval")
    step = step_of(low, high)
    cost, budget = float(p.get("cost_yen") or 0.0), float(p.get("budget_yen") or 0.0)
    each = [w("per_person", money=w.money(round(cost / freed)))] if freed > 0.5 else []
    freed_stat = b.Stat(
        w("stat.freed"),
        w.count(freed, step),
        w("unit_people"),
        (w("interval90", span=w.span(low, high)), *each),
        w("why_freed") + w("why_rounded", n=w.number(freed, 1), step=w.short(step)),
    )
    money = w.money(cost)
    unit = w("unit_money") if money.endswith(w("unit_money")) else ""
    cost_stat = b.Stat(
        w("stat.cost"),
        money.removesuffix(unit) if unit else money,
        unit,
        (w("of_budget", money=w.money(budget)), w("rest", money=w.money(max(budget - cost, 0.0)))),
        w("why_cost"),
    )
    if bound is None:
        return freed_stat, cost_stat
    gap = max(float(bound) - freed, 0.0)
    gap_stat = b.Stat(
        w("stat.gap"),
        w.number(gap, 1 if gap < 100 else 0),
        w("unit_people"),
        (w.share(p.get("gap_share"), 2), w("proved")),
        w("why_gap", bound=w.number(float(bound), 1), freed=w.number(freed, 1)),
    )
    return freed_stat, cost_stat, gap_stat


def money(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Budget against people freed."""
    p = f.plan
    budget, freed = float(p.get("budget_yen") or 0.0), float(p.get("people_freed") or 0.0)
    rows = sorted(
        (
            float(r["budget_yen"]),
            float(r["people_freed"]),
            None if r.get("people_freed_bound") is None else float(r["people_freed_bound"]),
        )
        for r in p.get("frontier")
        or [{"budget_yen": budget, "people_freed": freed, "people_freed_bound": p.get("people_freed_bound")}]
    )
    more = (p.get("next_million") or {}).get("people")
    read = w("read.money_plain", budget=w.money(budget))
    if more is not None:
        little = float(more) < 0.05
        read = (
            w("read.money_none", budget=w.money(budget))
            if little
            else w("read.money", budget=w.money(budget), n=w.number(more, 0 if more >= 10 else 1))
        )
    cells, before = [], (0.0, 0.0)
    for x, y, bound in rows:
        per = (y - before[1]) / (x - before[0]) * 1e6 if x > before[0] else None
        cells.append(
            (
                b.Cell(w.money(x)),
                b.Cell(w.number(y, 0 if y >= 100 else 1)),
                b.Cell("—" if bound is None else w.number(bound, 0 if bound >= 100 else 1)),
                b.Cell("—" if per is None else w("plus", n=w.number(max(per, 0.0), 0 if per >= 10 else 1))),
            )
        )
        before = (x, y)
    here = next((i for i, r in enumerate(rows) if r[0] == budget), -1)
    columns = tuple(b.Column(w(k), "num") for k in ("col.budget", "col.freed_people", "col.bound", "col.per_million"))
    figure = b.Figure(
        "f-frontier",
        w("fig.frontier"),
        w("fig.frontier_small"),
        charts.frontier(w, rows, (budget, freed)),
        "t-frontier",
    )
    table = b.Table("t-frontier", w("table.frontier"), columns, tuple(cells), here=here)
    return (b.Read(read), b.Duo((figure,), (table, b.Why(w("why_frontier")))))


def where(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """The map with the plan on it, and the plan's table."""
    counts = {k: sum(p.get("kind") == k for p in f.points) for k in SITED}
    others = sum(a.get("kind") not in SITED for a in f.plan.get("actions", ()))
    if not f.plan.get("actions"):
        read = w("read.where_nothing")
    elif f.points:
        parts = [w(f"count.{k}", n=counts[k]) for k in SITED if counts[k]]
        read = w("read.where", parts=w("comma").join(parts))
    else:
        read = w("read.where_no_points", n=others)
    return (
        b.Read(read),
        b.Duo((left_map(f, w, points=True),), (plan_table(f, w), b.Why(w("why_plan")), *_slots(f, w)), map=True),
        *_why_this(f, w),
    )


def plan_table(f: Facts, w: Words) -> b.Table:
    """Everything bought: cost, people freed with interval, learners per slot."""
    by_place = {(str(p.get("kind")), str(p.get("place_id"))): p for p in f.points}
    actions = list(f.plan.get("actions", ()))
    most = nice_above(
        max([1.0, *(span_of(a, "people_freed_interval")[1] or a.get("people_freed") or 0.0 for a in actions)])
    )
    rows, used = [], 0.0
    for a in actions:
        p = by_place.get((str(a.get("kind")), str(a.get("place_id"))))
        low, high = span_of(a, "people_freed_interval")
        freed = float(a.get("people_freed") or 0.0)
        step = step_of(low, high, least=0.1 if (high if high is not None else freed) < 10 else 1.0)
        text = w.span(low, high, least=step) if low is not None else w.people(freed)
        chart = charts.interval(
            w, freed, freed if low is None else low, freed if high is None else high, most, w("n_people", n=text)
        )
        slots = p.get("learners_per_slot") if p else None
        rows.append(
            (
                b.Cell(p["sign"] if p else "—"),
                b.Cell(label(a, w)),
                b.Cell(amount(a, p, w)),
                b.Cell(w.money_bare(a.get("cost_yen"))),
                b.Cell(w.count(freed, step)),
                b.Cell(text, chart),
                b.Cell("—" if slots is None else w.fixed(float(slots))),
            )
        )
        used += float(a.get("cost_yen") or 0.0)
    low, high = span_of(f.plan, "people_freed_interval")
    total = float(f.plan.get("people_freed") or 0.0)
    foot = (
        b.Cell(""),
        b.Cell(w("total")),
        b.Cell(""),
        b.Cell(w.money_bare(f.plan.get("cost_yen", used))),
        b.Cell(w.count(total, step_of(low, high))),
        b.Cell(w.span(low, high) if low is not None else ""),
        b.Cell(""),
    )
    columns = (
        b.Column(w("col.sign")),
        b.Column(w("col.place"), "head"),
        b.Column(w("col.what")),
        b.Column(w("col.money"), "num"),
        b.Column(w("unit_people"), "num"),
        b.Column(w("col.axis", n=w.people(most)), "chart"),
        b.Column(w("col.slots"), "num"),
    )
    return b.Table("t-plan", w("table.plan"), columns, tuple(rows), foot)


def _slots(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Learners per slot: measured in the nation beside what is predicted here, desks and classes apart."""
    rows = [(b.Cell(w(k)), b.Cell(w("slots.measured")), b.Cell(w.fixed(v)), b.Cell("—")) for k, v in NATIONAL]
    for kind in SITED:
        here = [p for p in f.points if p.get("kind") == kind and p.get("learners_per_slot") is not None]
        if not here:
            continue
        weight = [float(p.get("hours_year") or 1.0) for p in here]
        mean = sum(float(p["learners_per_slot"]) * x for p, x in zip(here, weight, strict=True)) / max(
            sum(weight), 1e-9
        )
        ends = [span_of(p, "learners_per_slot_interval") for p in here]
        known = [(x, y) for x, y in ends if x is not None and y is not None]
        span = (
            w("span", low=w.fixed(min(x for x, _ in known)), high=w.fixed(max(y for _, y in known))) if known else "—"
        )
        rows.append((b.Cell(w(f"slots.{kind}")), b.Cell(w("slots.predicted")), b.Cell(w.fixed(mean)), b.Cell(span)))
    columns = (
        b.Column(w("col.who"), "head"),
        b.Column(w("col.kind")),
        b.Column(w("col.slots"), "num"),
        b.Column(w("col.span_points"), "num"),
    )
    return (
        b.Text(w("text.slots")),
        b.Table("t-slots", w("table.slots"), columns, tuple(rows)),
        b.Why(w("why_slots")),
    )


def _why_this(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Why each action is in: what is lost without it, and what it does alone."""
    actions = list(f.plan.get("actions", ()))
    if not actions:
        return ()
    rows = tuple(
        (
            b.Cell(label(a, w)),
            b.Cell(w.number(a.get("leave_one_out"), 1)),
            b.Cell(w.number(a.get("alone"), 1)),
            b.Cell(why_of(a, w)),
        )
        for a in actions
    )
    columns = (
        b.Column(w("col.place"), "head"),
        b.Column(w("col.leave_one_out"), "num"),
        b.Column(w("col.alone"), "num"),
        b.Column(w("col.reason"), "prose"),
    )
    return (b.Table("t-why", w("table.why"), columns, rows, folded=w("fold.why", n=len(rows))),)


def nothing(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Every area that gets nothing, by name, and how far named communities are helped."""
    missed = list(f.plan.get("unserved_areas", ()))
    groups: dict[str, list[dict[str, Any]]] = {}
    for r in missed:
        groups.setdefault(str(r.get("community") or ""), []).append(r)
    order = sorted(groups, key=lambda g: (g == "", g))
    out: list[b.Block] = [b.Read(w("read.nothing", n=len(missed)) if missed else w("read.nobody_missed"))]
    if missed:
        out.append(b.Names(tuple((g or w("main_town"), tuple(str(r["name"]) for r in groups[g])) for g in order)))
        rows = []
        for g in order:
            for r in groups[g]:
                people, left = f.shown_people(r, "people"), f.shown_people(r, "left_behind")
                text = w.said(r.get("why"))
                if not w.ja and JAPANESE.search(text):
                    island = next((a["island"] for a in f.areas if a["area_id"] == r.get("area_id")), "")
                    text = w("unserved.island") if island else w("unserved.land")
                shown = None if left is None else round(left / 5) * 5.0
                rows.append(
                    (
                        b.Cell(str(r["name"])),
                        b.Cell(g or "—"),
                        figure_cell(w, people, w.count(people)),
                        figure_cell(w, shown, w("about", n=w.count(shown))),
                        b.Cell(text),
                    )
                )
        columns = (
            b.Column(w("col.area"), "head"),
            b.Column(w("col.community")),
            b.Column(w("col.people"), "num"),
            b.Column(w("col.left"), "num"),
            b.Column(w("col.reason"), "prose"),
        )
        out.append(
            b.Table(
                "t-unserved",
                w("table.unserved"),
                columns,
                tuple(rows),
                folded=w("fold.unserved", n=len(rows)),
                appendix=True,
            )
        )
        out.append(b.Why(w("why_unserved")))
    return (*out, *_communities(f, w))


def _communities(f: Facts, w: Words) -> tuple[b.Block, ...]:
    rows = []
    alone: dict[str, bool] = {}
    for a in f.areas:
        alone[a["community"]] = alone.get(a["community"], True) and a["suppressed"]
    for c in f.plan.get("communities", ()):
        name = str(c.get("name") or "")
        other = name in ("", "そのほかの市域")
        secret = bool(c.get("suppressed")) or (not other and alone.get(name, False))
        need, helped, share = (None if secret else c.get(k) for k in ("need", "helped", "share"))
        rows.append(
            (
                b.Cell(w("main_town") if other else name),
                figure_cell(w, need, w.count(need)),
                figure_cell(w, helped, w.number(helped, 1)),
                figure_cell(w, share, w.share(share, 1)),
            )
        )
    if not rows:
        return ()
    columns = (
        b.Column(w("col.community"), "head"),
        b.Column(w("col.need"), "num"),
        b.Column(w("col.helped"), "num"),
        b.Column(w("col.helped_share"), "num"),
    )
    return (
        b.Text(w("text.fair", fair=w.share(float(f.plan.get("fair") or 0.0)))),
        b.Table("t-communities", w("table.communities"), columns, tuple(rows)),
        b.Why(w("why_communities")),
    )


def timetable(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """A draft week."""
    rows = list(f.plan.get("timetable", ()))
    if not rows:
        return (b.Read(w("read.timetable_none")),)
    cells = []
    for r in rows:
        day = str(r.get("weekday", ""))
        every = int(r.get("every_weeks") or 1)
        cells.append(
            (
                b.Cell(w.or_raw("day", DAYS.get(day, day.lower()[:3]))),
                b.Cell(w("clock", start=r.get("start", ""), end=r.get("end", ""))),
                b.Cell(str(r.get("name", ""))),
                b.Cell(w("every_week") if every == 1 else w("every_weeks", n=every)),
            )
        )
    columns = (
        b.Column(w("col.weekday")),
        b.Column(w("col.time")),
        b.Column(w("col.place"), "head"),
        b.Column(w("col.often")),
    )
    return (
        b.Read(w("read.timetable", n=len(cells))),
        b.Table("t-timetable", w("table.timetable"), columns, tuple(cells)),
        b.Why(w("why_timetable")),
    )
