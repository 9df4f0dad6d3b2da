"""What there is to say about the gap: how many, who, where. Used alone and inside the report of a plan."""

from __future__ import annotations

from typing import Any

from daremo.report import blocks as b
from daremo.report import charts, maps
from daremo.report.facts import Facts
from daremo.report.figures import class_of, round_cuts, step_of
from daremo.report.words import REASONS, Words

#: Minutes at which access changes its class, the same on every map.
MINUTES = [10.0, 20.0, 30.0, 60.0]


def text_cell(text: Any) -> b.Cell:
    """A cell of text; nothing for None."""
    return b.Cell("" if text is None else str(text))


def figure_cell(w: Words, value: float | None, text: str) -> b.Cell:
    """A figure, or the sentence that it is withheld."""
    return b.Cell(w("never"), never=True) if value is None else b.Cell(text)


def source_line(f: Facts, w: Words) -> str:
    """Owner, date and licence of the data behind a map."""
    said = []
    for s in f.credit[:3]:
        who = s.get("owner") or s.get("title") or s.get("file") or ""
        said.append(w("comma").join(str(x) for x in (who, s.get("date"), s.get("licence")) if x))
    known = w("semicolon").join(dict.fromkeys(x for x in said if x)) or w("source.none")
    return w("source.map", sources=known)


def stat_left(f: Facts, w: Words) -> b.Stat:
    """How many people are left behind."""
    left = f.gap.get("left_behind") or {}
    mean, low, high = left.get("mean"), left.get("low"), left.get("high")
    people = f.gap.get("people") or 0.0
    step = step_of(low, high)
    lines = [w("interval90", span=w.span(low, high))]
    if mean is not None and people:
        lines.append(w("share_of_residents", share=w.share(mean / people, 1)))
    why = w("why_left", areas=len(f.areas), draws=f.gap.get("draws", "—"), dates=_dates(f, w))
    if mean is not None:
        why += w("why_rounded", n=w.number(mean, 1), step=w.short(step))
    big = "—" if mean is None else w.count(mean, step)
    return b.Stat(w("stat.left"), big, w("unit_people") if mean is not None else "", tuple(lines), why)


def stat_people(f: Facts, w: Words) -> b.Stat:
    """The denominator."""
    outside = f.gap.get("people_outside")
    lines = [w("stat.people_outside", n=w.people(outside))] if outside is not None else []
    return b.Stat(
        w("stat.people"),
        w.count(f.gap.get("people")),
        w("unit_people"),
        tuple(lines),
        w("why_people", dates=_dates(f, w)),
    )


def stat_reason(f: Facts, w: Words) -> b.Stat:
    """The largest reason."""
    shares = {r: v for r, v in (f.gap.get("reasons") or {}).items() if v is not None}
    if not shares or not any(shares.values()):
        return b.Stat(w("stat.reason"), "—", "", (), w("why_reasons"))
    top = max(REASONS, key=lambda r: shares.get(r, 0.0))
    return b.Stat(w("stat.reason"), w.share(shares[top]), "", (w(f"reason.{top}"),), w("why_reasons"))


def _dates(f: Facts, w: Words) -> str:
    dates = sorted({str(s["date"]) for s in f.credit if s.get("date")})
    return w("comma").join(dates[:3]) if dates else w("source.no_date")


def who(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Reasons for the whole town and by life stage."""
    shares: dict[str, float | None] = f.gap.get("reasons") or dict.fromkeys(REASONS)
    known = [r for r in REASONS if shares.get(r)]
    if known:
        top = max(known, key=lambda r: shares[r] or 0.0)
        read = w("read.who", reason=w(f"reason.{top}"), share=w.share(shares[top]))
    else:
        read = w("read.who_none")
    rows, bars = [], []
    for s in f.gap.get("stages", ()):
        left = s.get("left_behind") or {}
        secret = bool(s.get("suppressed")) or left.get("mean") is None
        mean = None if secret else left["mean"]
        step = step_of(left.get("low"), left.get("high")) if not secret else 1.0
        name = w.stage(str(s["stage"]))
        reasons: dict[str, float | None] = (
            dict.fromkeys(REASONS) if secret else s.get("reasons") or dict.fromkeys(REASONS)
        )
        bars.append(
            (
                name,
                w.people(mean, step),
                charts.reason_bar(w, reasons, figures=False, label=w("label_reasons_of", name=name)),
            )
        )
        rows.append(
            (
                b.Cell(name),
                figure_cell(w, None if secret else s.get("people"), w.count(s.get("people") or 0.0)),
                figure_cell(w, mean, w.count(mean, step)),
                figure_cell(w, mean, w.span(left.get("low"), left.get("high"))),
                *(figure_cell(w, reasons.get(r), w.number((reasons.get(r) or 0.0) * 100)) for r in REASONS),
            )
        )
    columns = (
        b.Column(w("col.stage"), "head"),
        b.Column(w("col.people"), "num"),
        b.Column(w("col.left"), "num"),
        b.Column(w("col.interval"), "num"),
        *(b.Column(w(f"reason.{r}"), "num") for r in REASONS),
    )
    figure = b.Figure(
        "f-reasons",
        w("fig.reasons"),
        w("fig.reasons_small"),
        charts.reason_bar(w, shares, figures=True, label=w("fig.reasons")),
        "t-reasons",
        charts.reasons_legend(w),
        rows=tuple(bars),
    )
    return (
        b.Read(read),
        figure,
        b.Table("t-reasons", w("table.reasons"), columns, tuple(rows)),
        b.Why(w("why_reasons")),
    )


def left_map(f: Facts, w: Words, *, points: bool) -> b.Figure:
    """The map of the share left behind, with the plan's points on it."""
    shares: list[float | None] = [r.get("share") for r in f.areas]
    cuts = round_cuts([s for s in shares if s is not None])
    marks: list[b.Mark] = []
    if points:
        marks = maps.point_marks(f.sheet, f.points, lambda p: _position(f, p))
    spots = [(m.x, m.y) for m in marks]
    names = maps.island_names(f.sheet, f.islands, [] if not points else [s for s in spots if False])
    picture = maps.choropleth(
        f.sheet,
        maps.share_fills(shares, cuts),
        _map_sentence(f, w, shares),
        marks=[*names, *marks],
        islands=f.islands,
        words=w,
    )
    small = w("fig.map_points_small") if points and f.points else w("fig.map_small")
    if f.sheet.moved:
        small += w("fig.moved", names=w("comma").join(sorted(f.sheet.moved)))
    return b.Figure(
        "f-map",
        w("fig.map_points") if points and f.points else w("fig.map"),
        small,
        picture,
        "t-areas",
        maps.share_legend(w, shares, cuts, counts=True),
        source_line(f, w) + w("source.cells"),
    )


def _position(f: Facts, p: dict[str, Any]) -> tuple[float, float]:
    """Sheet position of a sited action; on an island that was drawn nearer, the island's own."""
    at = {str(r["area_id"]): i for i, r in enumerate(f.areas)}
    served = [at[str(a)] for a in p.get("areas") or () if str(a) in at]
    lat, lon = p.get("latitude"), p.get("longitude")
    near = served[0] if served else 0
    if lat is not None and lon is not None:
        near = min(
            range(len(f.areas)),
            key=lambda i: (f.areas[i]["latitude"] - lat) ** 2 + (f.areas[i]["longitude"] - lon) ** 2,
        )
        if f.islands[near] not in f.sheet.moved:
            return f.sheet.at(float(lat), float(lon))
    return float(f.sheet.x[near]), float(f.sheet.y[near])


def _map_sentence(f: Facts, w: Words, shares: list[float | None]) -> str:
    known = [(s, r["name"]) for s, r in zip(shares, f.areas, strict=True) if s is not None]
    if not known:
        return w("never")
    low, high = min(known), max(known)
    return w("alt.map", n=len(f.areas), low=w.share(low[0]), high=w.share(high[0]), name=high[1])


def reasons_maps(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """The main reason of each area, and five small maps in one key."""
    main: list[str | None] = [r.get("main_reason") for r in f.areas]
    counts = {r: main.count(r) for r in REASONS}
    top = max(REASONS, key=lambda r: counts[r])
    known = [m for m in main if m]
    read = w("read.main_reason", reason=w(f"reason.{top}"), n=counts[top], all=len(main)) if known else w("never")
    one = maps.choropleth(
        f.sheet, maps.reason_fills(main), read, islands=f.islands, words=w, marks=maps.island_names(f.sheet, f.islands)
    )
    figure = b.Figure(
        "f-main",
        w("fig.main_reason"),
        w("fig.main_reason_small"),
        one,
        "t-areas",
        maps.reason_legend(w, main),
        source_line(f, w) + w("source.cells"),
    )
    parts = {r: f.reason_share(r) for r in REASONS}
    everything = [v for r in REASONS for v in parts[r] if v is not None]
    cuts = round_cuts(everything)
    total, left = f.gap.get("people") or 0.0, (f.gap.get("left_behind") or {}).get("mean")
    whole = f.gap.get("reasons") or {}
    minis = []
    for r in REASONS:
        city = None if left is None or whole.get(r) is None or not total else left / total * whole[r]
        text = w("town_share", share=w.share(city, 1))
        picture = maps.choropleth(
            f.sheet,
            maps.share_fills(parts[r], cuts),
            w("labelled", label=w(f"reason.{r}"), text=text),
            small=True,
            islands=f.islands,
        )
        minis.append((w(f"reason.{r}"), text, picture))
    multiples = b.Multiples(
        "f-multiples",
        w("fig.multiples"),
        w("fig.multiples_small"),
        tuple(minis),
        "t-areas",
        maps.share_legend(w, everything + [None] * any(v is None for v in parts["skill"]), cuts, counts=False),
        source_line(f, w),
    )
    return (b.Read(read), b.Duo((figure,), (multiples,), map=True))


def minutes_cell(w: Words, row: dict[str, Any], key: str) -> b.Cell:
    """Access time, or what is meant when there is none."""
    value = row.get(key)
    return b.Cell(w("no_way") if value is None else w("minutes", n=w.number(float(value))))


def access_fills(minutes: list[float | None]) -> list[str]:
    """Paint of each area by its minutes to help; no way is the darkest."""
    return [charts.RAMP[class_of(1e9 if m is None else m, MINUTES)] for m in minutes]


def access_maps(f: Facts, w: Words) -> tuple[b.Block, ...]:
    """Time to the nearest help, before and (with a plan) after."""
    keys = [("access_before_min", "fig.before"), ("access_after_min", "fig.after")]
    reached = [r.get("reached") for r in f.areas]
    if not any(r.get("access_after_min") is not None for r in f.areas):
        planned = any(r.get("access_before_min") is not None for r in f.areas)
        keys = [("access_before_min", "fig.before")] if planned else [("access_min", "fig.now")]
    minis, near = [], []
    for key, title in keys:
        minutes: list[float | None] = [r.get(key) for r in f.areas]
        within = sum(m is not None and m < 30 for m in minutes)
        near.append(within)
        text = w("areas_within", n=within, all=len(minutes))
        picture = maps.choropleth(
            f.sheet, access_fills(minutes), w("labelled", label=w(title), text=text), small=True, islands=f.islands
        )
        minis.append((w(title), text, picture))
    extra: tuple[tuple[str, str, str, str], ...] = ()
    if len(keys) == 2:
        read = w("read.access", before=near[0], after=near[1])
    elif any(x is not None for x in reached):
        n = sum(bool(x) for x in reached)
        read = w("read.access_reached", before=near[0], after=n)
        text = w("areas_reached", n=n, all=len(reached))
        fills = [charts.GREEN if x else charts.NEVER for x in reached]
        picture = maps.choropleth(
            f.sheet, fills, w("labelled", label=w("fig.reached"), text=text), small=True, islands=f.islands
        )
        minis.append((w("fig.reached"), text, picture))
        extra = ((charts.GREEN, charts.GREEN, w("reached.yes"), ""), (charts.NEVER, "#767676", w("reached.no"), ""))
    else:
        read = w("read.access_now", n=near[0], all=len(f.areas))
    filled: list[float | None] = [1e9 if r.get(k) is None else float(r[k]) for k, _ in keys for r in f.areas]
    legend = maps.share_legend(w, filled, MINUTES, counts=False, percent=False)
    last = legend.items[-1]
    legend = b.Legend((*legend.items[:-1], (last[0], last[1], w("from_or_none", n=last[2]), last[3]), *extra))
    return (
        b.Read(read),
        b.Multiples(
            "f-access",
            w("fig.access"),
            w("fig.access_small"),
            tuple(minis),
            "t-areas",
            legend,
            source_line(f, w) + w("source.access"),
        ),
        b.Why(w("why_access")),
    )


def areas_table(f: Facts, w: Words) -> b.Table:
    """Every area with its figures: the table beside all maps."""
    planned = any("freed" in r for r in f.areas)
    timed = [k for k in ("access_before_min", "access_after_min") if any(r.get(k) is not None for r in f.areas)]
    timed = timed or [k for k in ("access_min",) if any(k in r for r in f.areas)]
    columns = [
        b.Column(w("col.area"), "head"),
        b.Column(w("col.community")),
        b.Column(w("col.people"), "num"),
        b.Column(w("col.left"), "num"),
        b.Column(w("col.interval"), "num"),
        b.Column(w("col.share"), "num"),
        b.Column(w("col.main_reason")),
        *(b.Column(w(f"col.{k}"), "num") for k in timed),
        *([b.Column(w("col.freed"), "num")] if planned else []),
    ]
    rows = []
    for r in sorted(
        f.areas, key=lambda r: (r["community"] != "", r["community"], -(r.get("share") or 0.0), str(r["area_id"]))
    ):
        left = r["left_behind"]
        step = step_of(left.get("low"), left.get("high"))
        reason = r.get("main_reason")
        rows.append(
            (
                b.Cell(r["name"]),
                b.Cell(r["community"] or "—"),
                figure_cell(w, r.get("people"), w.count(r.get("people"))),
                figure_cell(w, left.get("mean"), w.count(left.get("mean"), step)),
                figure_cell(w, left.get("low"), w.span(left.get("low"), left.get("high"))),
                figure_cell(w, r.get("share"), w.share(r.get("share"))),
                b.Cell(
                    w(f"reason.{reason}") if reason else w("never") if r["suppressed"] else "—",
                    never=bool(r["suppressed"]),
                ),
                *(minutes_cell(w, r, k) for k in timed),
                *([figure_cell(w, r.get("freed"), w.number(r.get("freed"), 1))] if planned else []),
            )
        )
    return b.Table(
        "t-areas", w("table.areas"), tuple(columns), tuple(rows), folded=w("fold.areas", n=len(rows)), appendix=True
    )
