"""The officer's home, the month, who is not reached, and what was published."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.figures import edition as editions
from daremo.web.apps.figures import report as reports
from daremo.web.apps.figures import services as figures
from daremo.web.apps.figures.models import Release
from daremo.web.apps.figures.source import sessions_of, visits_of
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.days import day_of, span
from daremo.web.ui.context import site_of
from daremo.web.ui.dates import say_date, say_day, say_era, say_time
from daremo.web.ui.pieces import Fact, Table

REASONS = {
    "skill": "一人ではむずかしい",
    "trust": "不安",
    "service": "サービスが合わない",
    "reach": "近くに助けがない",
    "connection": "回線",
}
STAGES = {
    "school": "小中学生", "youth": "若者", "working": "働く世代", "65_74": "65〜74歳", "75_84": "75〜84歳",
    "85_over": "85歳以上", "unknown": "不明",
}  # fmt: skip
MODES = {"point": "窓口", "home": "訪問", "phone": "電話", "group": "教室", "street": "出張"}
WITHHELD = "少ないため出しません"
WEEKS = 12
FORMS = (("xlsx", "Excel", "download"), ("csv", "CSV", "download"), ("pdf", "PDF", "print"))


def _today() -> date:
    return day_of(clock.now())


def _weeks(organisations: list[int], today: date) -> list[tuple[date, int]]:
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    begin, end = span(first, monday + timedelta(days=6))
    counts = [0] * WEEKS
    for started in visits_of(organisations, begin, end).values_list("started", flat=True):
        counts[(day_of(started) - first).days // 7] += 1
    return [(first + timedelta(weeks=n), counts[n]) for n in range(WEEKS)]


@staff_page("figures.see")
@never_cache
def loop(request: HttpRequest) -> HttpResponse:
    """Show the whole loop, one figure each, and what waits for the officer today."""
    ids, today = request.organisation_ids, _today()  # type: ignore[attr-defined]
    now = clock.now()
    gap, plan = figures.newest("gap"), figures.newest("plan")
    weeks = _weeks(ids, today)
    month = figures.summary(ids, today - timedelta(days=30), today, now)
    asked, answered, gain, interval = figures.gains(ids, today - timedelta(days=180), today)
    waits = apps.get_model("bookings", "WaitEntry")._default_manager.filter(state__in=("waiting", "offered"))
    requests = apps.get_model("bookings", "HelpRequest")._default_manager.filter(state="new", kind="visit")
    return render(
        request,
        "figures/loop.html",
        {
            "now": f"{say_era(now)} {say_time(now)}",
            "gap": _gap(gap) if gap else None,
            "plan": _plan(plan) if plan else None,
            "can_plan": may(request, "plan.edit"),
            "week": weeks[-1][1],
            "last_week": weeks[-2][1],
            "per_slot": month.learners_per_slot,
            "waiting": visible(request, waits).count(),
            "home": visible(request, requests).count(),
            "asked": asked,
            "answered": answered,
            "gain": None if gain is None else f"{100 * gain:+.1f}",
            "interval": None if interval is None else f"{100 * interval[0]:+.1f}〜{100 * interval[1]:+.1f}",
            "bars": _bars(weeks),
            "weeks": weeks,
            "any": any(count for _day, count in weeks),
            "todo": _todo(request, now, today),
        },
    )


def _gap(result: Any) -> dict[str, Any]:
    data = result.data
    left = data["left_behind"]
    reason = max(data["reasons"], key=lambda name: data["reasons"][name])
    open_areas = [a for a in data["areas"] if not a.get("suppressed")]
    far = max(open_areas, key=lambda a: a["share"], default=None)
    return {
        "people": f"{round(left['mean'], -1):,.0f}",
        "share": f"{100 * left['mean'] / data['people']:.1f}",
        "interval": f"{round(left['low'], -1):,.0f}〜{round(left['high'], -1):,.0f}",
        "reason": f"{REASONS.get(reason, reason)} {100 * data['reasons'][reason]:.0f}%",
        "far": f"{far['name']} {100 * far['share']:.0f}%" if far else "—",
        "age": "・".join(f"{s['title']} {s['date']}" for s in data["sources"][:2]),
        "loaded": result.loaded_at,
    }


def _plan(result: Any) -> dict[str, Any]:
    data = result.data
    return {
        "people": f"{data['people_freed']:,.0f}",
        "cost": f"{data['cost_yen'] / 10_000:,.0f}万円",
        "bound": f"{data['people_freed_bound']:,.0f}",
        "gap": f"{100 * data['gap_share']:.2f}",
        "actions": len(data["actions"]),
        "next": f"+{data['next_million']['people']:,.0f}人",
        "loaded": result.loaded_at,
    }


def _bars(weeks: list[tuple[date, int]]) -> list[dict[str, Any]]:
    most = max(1, *(count for _day, count in weeks))
    wide = 100 / len(weeks)
    return [
        {
            "x": f"{n * wide + wide * 0.12:.2f}%",
            "width": f"{wide * 0.76:.2f}%",
            "y": round(108 - 88 * count / most),
            "height": round(88 * count / most),
            "now": n == len(weeks) - 1,
        }
        for n, (_day, count) in enumerate(weeks)
    ]


def _todo(request: HttpRequest, now: Any, today: date) -> list[dict[str, str]]:
    """Return what waits: sessions without a helper, reports of scams, messages that became calls, expiring papers."""
    ids = request.organisation_ids  # type: ignore[attr-defined]
    rows = []
    begin, end = span(today, today + timedelta(days=7))
    bare = (
        sessions_of(ids, max(begin, now), end)
        .filter(bookings__state="confirmed")
        .exclude(uses__active=True, uses__resource__kind="supporter")
        .distinct()
    )
    for session in bare[:5]:
        rows.append(
            {
                "due": say_day(session.starts, today),
                "what": f"担当がいません（{session.point.name} {say_time(session.starts)}）",
                "href": "/counter/",
                "do": "窓口を開く",
            }
        )
    scams = visible(request, apps.get_model("visits", "Incident")._default_manager.filter(state="reported")).count()
    if scams:
        rows.append(
            {"due": "きょう", "what": f"あやしい連絡の届け出が{scams}件", "href": "/incidents/", "do": "届け出を見る"}
        )
    calls = visible(
        request, apps.get_model("notices", "Notice")._default_manager.filter(state="call", due__lte=now)
    ).count()
    if calls:
        rows.append({"due": "きょう", "what": f"電話をかける人が{calls}人", "href": "/desk/", "do": "電話受付を開く"})
    letters = visible(
        request,
        apps.get_model("notices", "Notice")._default_manager.filter(state="queued", channel="letter", due__lte=now),
    ).count()
    if letters:
        rows.append(
            {"due": "きょう", "what": f"印刷を待つ手紙が{letters}通", "href": "/notices/outbox/", "do": "手紙を開く"}
        )
    wishes = visible(
        request, apps.get_model("bookings", "HelpRequest")._default_manager.filter(state="new", kind="visit")
    ).count()
    if wishes:
        rows.append({"due": "今週", "what": f"訪問を待つ人が{wishes}人", "href": "/outreach/", "do": "日を決める"})
    papers = visible(
        request,
        apps.get_model("places", "Qualification")._default_manager.filter(
            until__range=(today, today + timedelta(days=30))
        ),
    ).count()
    if papers:
        rows.append(
            {"due": "30日以内", "what": f"期限が近い資格が{papers}件", "href": "/staff/", "do": "職員のページを開く"}
        )
    rows += _weak_spots(request, today)
    return rows


def _weak_spots(request: HttpRequest, today: date) -> list[dict[str, str]]:
    open_duties = apps.get_model("guard", "Duty")._default_manager.filter(state="open")
    mine = visible(request, open_duties, "guard.see")
    late, soon = mine.filter(due__lt=today).count(), mine.filter(due__range=(today, today + timedelta(days=7))).count()
    told = [("期限切れ", "期限をすぎた", late), ("今週", "期限が近い", soon)]
    return [
        {"due": due, "what": f"{what}、機械の弱いところが{n}件", "href": "/guard/weak/", "do": "手当てを開く"}
        for due, what, n in told
        if n
    ]


@staff_page("figures.see")
@never_cache
def month(request: HttpRequest, year: int | None = None, month: int | None = None) -> HttpResponse:
    """Show a month without its small counts: the figures, how each is counted, every session."""
    return _show(request, editions.PUBLIC, *_month(year, month))


@staff_page("counts.see")
@never_cache
def detail(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """Show a month with every count, for those who run the programme."""
    return _show(request, editions.INTERNAL, *_month(year, month))


def _show(request: HttpRequest, name: str, first: date, last: date) -> HttpResponse:
    ids = request.organisation_ids  # type: ignore[attr-defined]
    now = clock.now()
    edition = editions.of(name, figures.lines(ids, first, last, now), figures.summary(ids, first, last, now))
    cells = [[("—" if c is None else c) for c in row] for row in reports.rows_of(edition)[:500]]
    columns = [(name, at in (5, 7, 8, 9, 10, 11, 12, 13, 14)) for at, name in enumerate(reports.HEADINGS)]
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return render(
        request,
        "figures/month.html",
        {
            "first": first,
            "title": f"{first.year}年{first.month}月",
            "measures": [Fact(name, value, small=how) for name, value, how in reports.measures(edition)],
            "edition": edition.name,
            "files": "figures:internal-report" if name == editions.INTERNAL else "figures:report",
            "forms": FORMS,
            "notice": reports.NOTICE[edition.name],
            "may_detail": may(request, "counts.see"),
            "running": first <= _today() <= last,
            "table": Table("コマ別の記録", columns, cells),
            "more": max(0, len(edition.rows) - 500),
            "before": before,
            "after": after if after <= _today() else None,
        },
    )


def _month(year: int | None, month: int | None) -> tuple[date, date]:
    today = _today()
    try:
        first = date(year or today.year, month or today.month, 1)
    except ValueError:
        raise Http404 from None
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)


@staff_page("figures.see")
@never_cache
def report(request: HttpRequest, year: int, month: int, form: str) -> HttpResponse:
    """Return the month without its small counts as Excel, CSV or PDF."""
    return _file(request, editions.PUBLIC, *_month(year, month), form)


@staff_page("counts.see")
@never_cache
def detailed_report(request: HttpRequest, year: int, month: int, form: str) -> HttpResponse:
    """Return the month with every count as Excel, CSV or PDF: the report that the programme asks for."""
    return _file(request, editions.INTERNAL, *_month(year, month), form)


def _file(request: HttpRequest, name: str, first: date, last: date, form: str) -> HttpResponse:
    ids = request.organisation_ids  # type: ignore[attr-defined]
    now = clock.now()
    edition = editions.of(name, figures.lines(ids, first, last, now), figures.summary(ids, first, last, now))
    title = f"{first.year}年{first.month}月"
    site = site_of("ja")
    kinds: dict[str, tuple[str, Callable[[], bytes]]] = {
        "xlsx": (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda: reports.as_excel(f"{title} 実施報告", edition),
        ),
        "csv": ("text/csv; charset=utf-8", lambda: reports.as_csv(edition)),
        "pdf": ("application/pdf", lambda: reports.as_pdf(site["city"], site["office"], title, _today(), edition)),
    }
    if form not in kinds:
        raise Http404
    kind, make = kinds[form]
    answer = HttpResponse(make(), content_type=kind)
    mark = "-internal" if name == editions.INTERNAL else ""
    answer["Content-Disposition"] = f'attachment; filename="daremo-{first:%Y-%m}{mark}.{form}"'
    return answer


@staff_page("figures.see")
@never_cache
def reach(request: HttpRequest) -> HttpResponse:
    """Show who came against who is left behind, those whom nobody has met first."""
    ids, today = request.organisation_ids, _today()  # type: ignore[attr-defined]
    first = date(today.year - (today.month < 4), 4, 1)
    rows = figures.reached(ids, first, today)
    few = figures.worst(rows, 20)
    hidden, bare = figures.withheld(rows)

    def cells(row: figures.Reach) -> list[object]:
        gone = (row.area, row.life_stage) in hidden
        return [
            row.name or "（地区不明）",
            STAGES.get(row.life_stage, row.life_stage),
            "—" if row.residents is None else f"{row.residents:,.0f}",
            "—" if row.left_behind is None else f"{row.left_behind:,.0f}",
            reports.WITHHELD if gone else f"{row.came:,}",
            "—" if row.share is None else reports.WITHHELD if gone else f"{100 * row.share:.0f}%",
        ]

    columns = [
        ("地区", False),
        ("年代", False),
        ("住む人", True),
        ("壁がある人", True),
        ("来た人", True),
        ("届いた割合", True),
    ]
    totals: dict[str, list[float]] = {}
    for row in rows:
        t = totals.setdefault(row.life_stage, [0.0, 0.0])
        t[0] += row.left_behind or 0
        t[1] += row.came
    by_stage = [
        [
            STAGES.get(s, s),
            f"{left:,.0f}",
            *([reports.WITHHELD] * 2 if s in bare else [f"{came:,.0f}", f"{100 * came / left:.1f}%" if left else "—"]),
        ]
        for s, (left, came) in totals.items()
    ]
    return render(
        request,
        "figures/reached.html",
        {
            "first": say_date(first),
            "worst": Table("まだ会えていない人が多い順", columns, [cells(r) for r in few]),
            "stages": Table(
                "年代ごと", [("年代", False), ("壁がある人", True), ("来た人", True), ("届いた割合", True)], by_stage
            ),
            "known": any(r.left_behind for r in rows),
        },
    )


@staff_page("figures.see")
@never_cache
def releases(request: HttpRequest) -> HttpResponse:
    """Show what was published, and offer the months that are over."""
    rows = visible(request, Release.objects.order_by("-first", "-id"))[:60]
    today = _today()
    done = {(r.first, r.last) for r in rows}
    offers = []
    first = today.replace(day=1)
    for _n in range(12):
        last = first - timedelta(days=1)
        first = last.replace(day=1)
        if (first, last) not in done:
            offers.append(first)
    return render(
        request,
        "figures/releases.html",
        {"rows": rows, "offers": offers, "problem": request.session.pop("release_problem", "")},
    )


@staff_page("figures.edit", methods=["POST"])
def new_release(request: HttpRequest) -> HttpResponse:
    """Freeze a month."""
    try:
        year, month = (int(part) for part in request.POST.get("month", "").split("-")[:2])
    except ValueError:
        raise Http404 from None
    first, last = _month(year, month)
    if last >= _today():
        request.session["release_problem"] = str(_("終わった月だけ、公表できます。"))
        return redirect("figures:releases")
    try:
        made = figures.make_release(request.act, request.membership.organisation, request.organisation_ids, first, last)  # type: ignore[attr-defined]
    except DaremoError as error:
        request.session["release_problem"] = f"{error.message}。{error.fix}"
        return redirect("figures:releases")
    return redirect("figures:release", release_id=made.pk)


def _tables(row: Release) -> list[Table]:
    names = {a.code: a.name for a in apps.get_model("places", "Area")._default_manager.all()}
    printed, made = row.printed, []
    for title, key, words in (("地区と年代", "life_stage", STAGES), ("地区と場所", "mode", MODES)):
        table = printed["tables"][key]
        rows = [
            [
                names.get(code, "地区不明"),
                *(WITHHELD if c is None else c for c in cells),
                WITHHELD if total is None else total,
            ]
            for code, cells, total in zip(printed["rows"], table["cells"], printed["totals"], strict=True)
            if any(c != 0 for c in cells)
        ]
        foot = [
            "合計",
            *(WITHHELD if c is None else c for c in table["totals"]),
            WITHHELD if printed["all"] is None else printed["all"],
        ]
        made.append(
            Table(
                title,
                [("地区", False), *((words.get(c, c), True) for c in table["columns"]), ("合計", True)],
                rows,
                foot,
            )
        )
    return made


@staff_page("figures.see", of={"release_id": "figures.release"})
@never_cache
def release(request: HttpRequest, release_id: int) -> HttpResponse:
    """Show one publication and whether it still computes to the same."""
    row = get_object_or_404(visible(request, Release.objects.all()), pk=release_id)
    return render(
        request,
        "figures/release.html",
        {
            "release": row,
            "tables": _tables(row),
            "same": figures.recomputed(row),
            "period": f"{say_date(row.first)}〜{say_date(row.last)}",
        },
    )


@staff_page("figures.see", of={"release_id": "figures.release"})
@never_cache
def release_csv(request: HttpRequest, release_id: int) -> HttpResponse:
    """Return the published tables as CSV; a count that is withheld is the letter c (SDMX: confidential)."""
    row = get_object_or_404(visible(request, Release.objects.all()), pk=release_id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["first", "last", "table", "area", "category", "people", "obs_conf"])
    for key, table in row.printed["tables"].items():
        for code, cells in zip(row.printed["rows"], table["cells"], strict=True):
            for column, count in zip(table["columns"], cells, strict=True):
                writer.writerow(
                    [
                        row.first,
                        row.last,
                        key,
                        code,
                        column,
                        "" if count is None else count,
                        "C" if count is None else "F",
                    ]
                )
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="daremo-{row.first}-{row.last}.csv"'
    return answer
