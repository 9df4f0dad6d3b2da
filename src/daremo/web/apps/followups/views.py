"""How many answered after thirty and ninety days, and the answers as files for the check."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from daremo.web import clock
from daremo.web.apps.followups import export
from daremo.web.apps.followups import services as followups
from daremo.web.apps.followups.models import FollowUp
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.days import day_of
from daremo.web.ui.pieces import Table

DAYS = 365


def _period(request: HttpRequest) -> tuple[date, date]:
    today = day_of(clock.now())
    try:
        first = date.fromisoformat(request.GET.get("first") or (today - timedelta(days=DAYS)).isoformat())
        last = date.fromisoformat(request.GET.get("last") or today.isoformat())
    except ValueError:
        raise Http404 from None
    return first, last


@staff_page("followups.see")
@never_cache
def state(request: HttpRequest) -> HttpResponse:
    """Show how the questions stand."""
    first, last = _period(request)
    rows = visible(request, FollowUp.objects.filter(due__range=(first, last)))
    counts = {
        (r["days"], r["state"]): r["n"] for r in rows.values("days", "state").annotate(n=Count("id", distinct=True))
    }
    table = Table(
        "その後の質問",
        [("いつ", False), *((word, True) for _, word in FollowUp.State.choices)],
        [
            [f"{days}日後", *(counts.get((days, code), 0) for code, _ in FollowUp.State.choices)]
            for days in followups.DAYS
        ],
    )
    return render(
        request,
        "followups/state.html",
        {"table": table, "may_export": may(request, "figures.edit"), "fields": export.schema()["fields"]},
    )


@staff_page("figures.edit", methods=["GET", "HEAD"])
@never_cache
def results(request: HttpRequest, form: str) -> HttpResponse:
    """Return the answers as ``csv`` or ``json``, or their ``schema``."""
    first, last = _period(request)
    rows = list(followups.results(request.organisation_ids, first, last))  # type: ignore[attr-defined]
    if form == "json":
        answer = HttpResponse(export.as_json(rows, first, last), content_type="application/json")
    elif form == "csv":
        answer = HttpResponse(export.as_csv(rows), content_type="text/csv; charset=utf-8")
    else:
        raise Http404
    answer["Content-Disposition"] = f'attachment; filename="daremo-results-{first}-{last}.{form}"'
    return answer
