"""One place that stands here twice: choose its second row, merge it, undo it."""

from __future__ import annotations

from typing import Any, cast

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from daremo.kernel.errors import DaremoError
from daremo.web.apps.places import services as places
from daremo.web.apps.staff.access import StaffRequest, staff_page, visible

SHOWN = 20


def _points(request: HttpRequest) -> Any:
    rows = apps.get_model("places", "SupportPoint")._default_manager.filter(merged_into=None)
    return visible(request, rows.select_related("organisation"))


def _alike(point: Any, others: list[Any]) -> list[tuple[Any, float | None]]:
    """Return other places with their distance in km: those of the same name first, then the nearest."""

    def away(other: Any) -> float | None:
        if None in (point.lat, point.lon, other.lat, other.lon):
            return None
        return places.kilometres((point.lat, point.lon), (other.lat, other.lon))

    found = [(other, away(other)) for other in others]
    return sorted(
        found, key=lambda one: (one[0].name != point.name, one[1] is None, one[1] or 0.0, one[0].name, one[0].pk)
    )


@staff_page("places.merge", of={"point_id": "places.supportpoint"})
def merge(request: HttpRequest, point_id: int) -> HttpResponse:
    """Choose the second row of the same place; it can be undone."""
    row = get_object_or_404(_points(request), pk=point_id)
    problem: DaremoError | None = None
    other = request.POST.get("other", "")
    if request.method == "POST" and other.isdigit() and len(other) < 19:
        gone = get_object_or_404(_points(request), pk=int(other))
        try:
            places.merge(cast(StaffRequest, request).act, row, gone)
            return redirect("schedule:point", point_id=row.pk)
        except DaremoError as error:
            problem = error
    text = request.POST.get("name", "").strip()[:80]
    others = _points(request).exclude(pk=row.pk)
    if text:
        others = others.filter(name__contains=text)
    found = _alike(row, list(others.order_by("pk")[:20_000]))[:SHOWN]
    return render(
        request,
        "schedule/merge.html",
        {"point": row, "found": found, "text": text, "problem": problem, "has_errors": problem is not None},
        status=409 if problem else 200,
    )


@staff_page("places.merge", of={"point_id": "places.supportpoint"}, methods=["POST"])
def unmerge(request: HttpRequest, point_id: int) -> HttpResponse:
    """Make a merged place one of its own again."""
    row: Any = cast(StaffRequest, request).rows["point_id"]
    if row.merged_into_id is not None:
        places.unmerge(cast(StaffRequest, request).act, row)
    return redirect("schedule:points") if row.state == "closed" else redirect("schedule:point", point_id=row.pk)
