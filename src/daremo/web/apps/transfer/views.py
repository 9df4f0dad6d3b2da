"""Pages of staff for files in and out; feeds of what is on for everybody."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from django import forms
from django.apps import apps
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from daremo.kernel.errors import DaremoError
from daremo.kernel.tables import rows_of
from daremo.web import clock
from daremo.web.apps.staff.access import StaffRequest, may, public_page, staff_page, visible
from daremo.web.apps.transfer import services as transfer
from daremo.web.apps.transfer.models import Import
from daremo.web.days import day_of

SHOWN = 200
MOST_BYTES = 8_000_000
KINDS = {"lieux": ("csv", "text/csv"), "inclusion": ("json", "application/json"), "facility": ("csv", "text/csv")}


class FileForm(forms.Form):
    """One file."""

    file = forms.FileField(
        label=_("ファイル（CSV・Excel・JSON）"),
        error_messages={"required": _("ファイルを選んでください。"), "empty": _("空のファイルです。")},
    )

    def clean_file(self) -> Any:
        """Take no file that is too large to be read at once."""
        told = self.cleaned_data["file"]
        if told.size > MOST_BYTES:
            raise forms.ValidationError(_("大きすぎます。8MBまでにしてください。"))
        return told


def layouts() -> list[dict[str, str]]:
    """Return the layouts as ``tables/layouts.csv`` tells them."""
    return list(rows_of("daremo.web.apps.transfer", "layouts"))


@cache
def _town(folder: Path) -> tuple[str, str]:
    """Return code and prefecture of the region that the desk serves; empty where it says none."""
    try:
        code = str(json.loads((folder / "manifest.json").read_text("utf-8")).get("code", ""))
    except (OSError, ValueError):
        return "", ""
    names = {row["code"]: row["ja"] for row in rows_of("daremo.region", "prefectures")}
    return code, names.get(code[:2], "")


@staff_page("transfer.see", post="transfer.edit")
def files(request: HttpRequest) -> HttpResponse:
    """List imports; take a file and show what it would do."""
    form = FileForm(request.POST or None, request.FILES or None) if request.method == "POST" else FileForm()
    problem: DaremoError | None = None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data["file"]
        organisation = cast(StaffRequest, request).membership.organisation
        try:
            row = transfer.preview(request.act, organisation, told.name, told.read())  # type: ignore[attr-defined]
            return redirect("transfer:import", import_id=row.pk)
        except DaremoError as error:
            problem = error
    rows = visible(request, Import.objects.all(), "transfer.see").defer("content", "undo", "problems")
    return render(
        request,
        "transfer/files.html",
        {
            "form": form,
            "problem": problem,
            "imports": rows.order_by("-at", "-pk")[:SHOWN],
            "layouts": layouts(),
            "edits": may(request, "transfer.edit"),
        },
    )


@staff_page("transfer.see", post="transfer.edit", of={"import_id": "transfer.import"})
def one_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show what an import would do or did; write it or take it back."""
    row = get_object_or_404(visible(request, Import.objects.all()), pk=import_id)
    problem: DaremoError | None = None
    if request.method == "POST":
        try:
            what = request.POST.get("what")
            if what in ("apply", "open"):
                transfer.apply(request.act, row, public=what == "open")  # type: ignore[attr-defined]
            elif what == "undo":
                transfer.undo(request.act, row)  # type: ignore[attr-defined]
            return redirect("transfer:import", import_id=row.pk)
        except DaremoError as error:
            problem = error
            row.refresh_from_db()
    told: Any = transfer.look(row, cast(StaffRequest, request).act) if row.state == Import.State.PREVIEWED else None
    problems = transfer.refused(row)
    return render(
        request,
        "transfer/import.html",
        {
            "row": row,
            "problem": problem,
            "added": told.added[:SHOWN] if told else [],
            "changed": told.changed[:SHOWN] if told else [],
            "same": told.same if told else 0,
            "new_places": getattr(told, "new_places", []),
            "rejected": [p for p in problems if p["severity"] == "error"][:SHOWN],
            "warned": [p for p in problems if p["severity"] != "error"][:SHOWN],
            "shown": SHOWN,
            "edits": may(request, "transfer.edit"),
        },
    )


@staff_page("transfer.see")
def export(request: HttpRequest, layout: str) -> HttpResponse:
    """Send the published places in a layout; what does not fit it is counted in the header."""
    if layout not in KINDS:
        raise Http404
    rows = apps.get_model("places", "SupportPoint")._default_manager.filter(state__in=("published", "stale"))
    points = list(visible(request, rows).select_related("organisation", "area").order_by("pk"))
    code, prefecture = _town(Path(settings.DAREMO_REGION))
    today = day_of(clock.now())
    data, problems = transfer.export_points(
        layout, points, today, code=code, prefecture=prefecture, city=settings.DAREMO_CITY
    )
    ends, kind = KINDS[layout]
    answer = HttpResponse(data, content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{layout}.{ends}"'
    answer["X-Rows-Left-Out"] = str(len(problems))
    return answer


def _everybody() -> list[int]:
    return list(
        apps.get_model("places", "Organisation")._default_manager.filter(state="active").values_list("pk", flat=True)
    )


@public_page
def events_csv(request: HttpRequest) -> HttpResponse:
    """Send sessions to come as イベント一覧."""
    code, prefecture = _town(Path(settings.DAREMO_REGION))

    def address(session: int) -> str:
        return request.build_absolute_uri(reverse("finder:start", args=[session]))

    data = transfer.events_csv(_everybody(), clock.now(), code, prefecture, settings.DAREMO_CITY, address=address)
    answer = HttpResponse(data, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code or "daremo"}_event.csv"'
    return answer


@public_page
def events_ics(request: HttpRequest, point_id: int | None = None) -> HttpResponse:
    """Send sessions to come as a calendar that can be subscribed to; of one place, or of all."""
    name = settings.DAREMO_CITY
    if point_id is not None:
        rows = apps.get_model("places", "SupportPoint")._default_manager.filter(state__in=("published", "stale"))
        name = get_object_or_404(rows, pk=point_id).name
    sessions = transfer.coming(_everybody(), clock.now(), point_id)
    data = transfer.calendar_of_sessions(sessions, name, clock.now())
    answer = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="events.ics"'
    return answer
