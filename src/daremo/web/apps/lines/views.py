"""Pages of planners: what was found, loading it, what breaks (a role of its own), residents' words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.lines import services as lines
from daremo.web.apps.lines.forms import OUTCOMES, SORTS, AnswerForm
from daremo.web.apps.lines.models import Answer
from daremo.web.apps.lines.reading import SHAPES
from daremo.web.apps.lines.shown import SHOWN, Section, Shown, count, kind_word
from daremo.web.apps.lines.shown import failures as what_breaks
from daremo.web.apps.staff.access import StaffRequest, may, staff_page
from daremo.web.days import TOKYO, day_of
from daremo.web.ui.dates import say_date
from daremo.web.ui.pieces import Fact, Point, Table

A_PAGE = 50
#: Areas with a number on the sketch map.
MAPPED = 10
#: Of an answer's rows, the lists that a CSV holds.
TABLES = {"gaps": "areas", "load": "binding_links", "availability": "areas", "upgrade": "install", "access": "areas"}


def _who(row: Any) -> str:
    """Name whoever loaded an answer or looked at it; an answer of the command line has nobody."""
    user = row.by if isinstance(row, Answer) else row.user
    return (user.get_full_name() or user.get_username()) if user is not None else _("コマンド")


def _facts(row: Answer) -> list[Fact]:
    """Source, date and who loaded it: what stands beside every figure."""
    return [
        Fact(_("出どころ"), row.source, small=row.name),
        Fact(_("いつの数字か"), _day(row.as_of)),
        Fact(_("取りこんだ人"), _who(row), small=_day(day_of(row.at))),
    ]


@staff_page("lines.see")
def hub(request: HttpRequest) -> HttpResponse:
    """Show in one sentence each what is known about lines, where it comes from, and what was loaded when."""
    told = []
    for kind in SHOWN:
        row = lines.newest(kind)
        page = _page(row) if row is not None else None
        told.append(
            {
                "kind": kind, "word": kind_word(kind), "row": row, "lead": page.lead if page else "",
                "who": _who(row) if row else "", "day": _day(row.as_of) if row else "",
            }
        )  # fmt: skip
    return render(
        request,
        "lines/hub.html",
        {
            "told": told,
            "history": [
                {
                    "row": row,
                    "word": kind_word(row.kind),
                    "who": _who(row),
                    "day": _day(day_of(row.at)),
                    "waits": row.state == Answer.State.WAITING,
                }
                for row in lines.history()
            ],  # fmt: skip
            "may_edit": may(request, "lines.edit"),
            "may_failures": may(request, "failures.see"),
        },
    )


def _page(row: Answer) -> Shown | None:
    """Return what a page says of an answer; None where an older version of the desk kept it in another form."""
    try:
        return SHOWN[row.kind](row.data)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


@staff_page("lines.edit")
def add(request: HttpRequest) -> HttpResponse:
    """Take a file; what it says is shown once somebody has confirmed it."""
    staff = cast(StaffRequest, request)
    form = AnswerForm(request.POST, request.FILES) if request.method == "POST" else AnswerForm()
    problem: DaremoError | None = None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data["file"]
        try:
            row = lines.take(
                staff.act, told.name, told.read(), source=form.cleaned_data["source"],
                as_of=form.cleaned_data["as_of"], by=staff.user,
            )  # fmt: skip
            return redirect("lines:preview", answer_id=row.pk)
        except DaremoError as error:
            problem = error
    context = {"form": form, "problem": problem, "has_errors": problem is not None or bool(form.errors)}
    return render(request, "lines/add.html", context, status=409 if problem else 200)


@staff_page("lines.edit", of={"answer_id": "lines.answer"})
def preview(request: HttpRequest, answer_id: int) -> HttpResponse:
    """Show what a file says; a POST shows it to planners from then on, or discards it."""
    staff = cast(StaffRequest, request)
    row: Answer = staff.rows["answer_id"]
    problem: DaremoError | None = None
    if request.method == "POST":
        try:
            if request.POST.get("what") == "drop":
                lines.drop(staff.act, row)
                return redirect("lines:hub")
            lines.show(staff.act, row)
            return redirect("lines:failures") if row.kind == "fail" else redirect("lines:shown", kind=row.kind)
        except DaremoError as error:
            problem = error
    areas, strange = lines.strangers(row.data)
    page = _page(row) if row.kind in SHOWN else None
    before = lines.newest(row.kind)
    if before is not None and before.pk == row.pk:
        before = None
    return render(
        request,
        "lines/preview.html",
        {
            "row": row,
            "word": kind_word(row.kind),
            "lead": page.lead if page else "",
            "facts": [*(page.facts if page else ()), *_facts(row)],
            "areas": areas,
            "strange": strange,
            "before": before,
            "before_day": _day(before.as_of) if before is not None else "",
            "problem": problem,
            "has_errors": problem is not None,
            "waits": row.state == Answer.State.WAITING,
        },
        status=409 if problem else 200,
    )


@staff_page("lines.see")
def shown(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the newest answer of a verb: a sentence, figures with bounds, tables, worst first."""
    if kind not in SHOWN:
        raise Http404
    row = lines.newest(kind)
    page = _page(row) if row is not None else None
    words = request.GET.get("q", "").strip()[:60]
    part, main = _part(request, page.main if page else None, words)
    return render(
        request,
        "lines/shown.html",
        {
            "kind": kind,
            "word": kind_word(kind),
            "row": row,
            "page": page,
            "main": main,
            "part": part,
            "q": words,
            "points": _mapped(row) if row is not None and page is not None and kind == "gaps" else [],
            "source": _facts(row) if row is not None else [],
            "may_edit": may(request, "lines.edit"),
        },
    )


def _part(request: HttpRequest, table: Table | None, words: str) -> tuple[Any, Table | None]:
    """Return a page of a table's rows that hold these words in their first column."""
    if table is None:
        return None, None
    rows = [r for r in table.rows if words in str(r[0])]
    part = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return part, replace(table, rows=list(part.object_list))


def _mapped(row: Answer) -> list[Point]:
    """Return the worst areas with their place in the list, where the desk knows where they lie."""
    known = [a for a in row.data["areas"] if a["share"] is not None]
    worst = sorted(known, key=lambda a: (-(a["without"] or 0), a["area"]))[:MAPPED]
    where = lines.places_of([a["area"] for a in worst])
    found = []
    for number, area in enumerate(worst, 1):
        place = where.get(area["area"])
        if place is not None and place.lat is not None and place.lon is not None:
            found.append(Point(place.lat, place.lon, number, area["name"]))
    return found if len(found) > 1 else []


@staff_page("lines.see")
def table(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the rows of an answer as CSV, as they were told; what breaks is in none of them."""
    row = lines.newest(kind) if kind in TABLES else None
    if row is None:
        raise Http404
    rows = [r for r in row.data.get(TABLES[kind], ()) if isinstance(r, dict)]
    # the order of the description: a database need not keep that of the file
    told = SHAPES[kind].fields[TABLES[kind]].row.fields
    heads = [name for name in told if rows and name in rows[0]] or ["area"]
    body = ([_cell(r.get(name)) for name in heads] for r in rows)
    tail = [["#", row.source, row.as_of.isoformat(), row.sha256[:16]]]
    return _csv(f"lines-{kind}-{row.as_of}.csv", heads, [*body, *tail])


def _cell(value: Any) -> object:
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, v.values())) if isinstance(v, dict) else str(v) for v in value)
    return "" if value is None else value


def _csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A CSV that Excel opens as it is; text that a sheet would run as a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([f"'{v}" if isinstance(v, str) and v[:1] in ("=", "+", "-", "@") else v for v in row])
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@staff_page("failures.see")
def failures(request: HttpRequest) -> HttpResponse:
    """Show what breaks whom; that somebody looked is noted before anything is shown."""
    staff = cast(StaffRequest, request)
    found = lines.look(staff.act, staff.user)

    def part(kind: str) -> Any:
        return found[kind].critical or None if kind in found else None

    try:
        sections: list[Section] = what_breaks(part("fail"), part("availability"), part("upgrade"))
    except (KeyError, TypeError, ValueError):
        sections = []
    told = [
        (s, *_part(request, s.table, "")) if n == 0 else (s, None, s.table) for n, s in enumerate(sections)
    ]  # fmt: skip
    looks = Table(
        _("この表を見た人"),
        [(_("日時"), False), (_("見た人"), False), (_("結果"), False)],
        [(_when(r.at), _who(r), kind_word(r.answer.kind)) for r in lines.looks()],
    )
    return render(
        request,
        "lines/failures.html",
        {
            "sections": told,
            "looks": looks,
            "sources": [(kind_word(kind), _facts(row)) for kind, row in found.items()],
        },
    )


def _day(day: date) -> str:
    """A day with its year: figures are looked at years later."""
    return say_date(day, date.min)


def _when(at: datetime) -> str:
    return f"{_day(day_of(at))} {at.astimezone(TOKYO):%H:%M}"


@staff_page("lines.see")
def voices(request: HttpRequest) -> HttpResponse:
    """Show how many said what of their line, by area; the export is what ``daremo network gaps`` reads."""
    sorts, outcomes = ({str(k): str(v) for k, v in told} for told in (SORTS, OUTCOMES))
    rows = [(v["area__name"], sorts[v["sort"]], outcomes[v["outcome"]], count(v["people"])) for v in lines.voices()]
    heads = [(_("地区"), False), (_("どの回線か"), False), (_("いまのようす"), False), (_("声の数"), True)]
    words = request.GET.get("q", "").strip()[:60]
    part, main = _part(request, Table(_("住民の声（多い順）"), heads, rows), words)
    return render(request, "lines/voices.html", {"main": main, "part": part, "q": words, "any": bool(rows)})


@staff_page("lines.see")
def challenges(request: HttpRequest) -> HttpResponse:
    """Send residents' words as ``daremo network gaps --challenges`` reads them."""
    name = f"challenges-{day_of(clock.now())}.csv"
    return _csv(name, ["area_id", "technology", "outcome", "date"], lines.challenges())
