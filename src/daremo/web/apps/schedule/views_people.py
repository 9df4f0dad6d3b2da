"""Pages of staff about supporters, their times and leave, and the draft roster."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from daremo.web import clock
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.schedule.forms import WEEKDAYS, LeaveForm, QualificationForm, SupporterForm, TimeForm
from daremo.web.apps.schedule.views import form_page
from daremo.web.apps.staff.access import StaffRequest, may, staff_page, visible
from daremo.web.days import day_of

WEEK = timedelta(days=6)
ROWS_OF_WHAT = {"leave": "Leave", "time": "Availability"}


def _today() -> date:
    return day_of(clock.now())


@staff_page("supporters.see")
def supporters(request: HttpRequest) -> HttpResponse:
    """List supporters with what ends soon."""
    rows = visible(request, apps.get_model("places", "Supporter")._default_manager.exclude(state="ended"))
    today = _today()
    shown = []
    for row in rows.select_related("organisation").prefetch_related("leaves", "qualifications").order_by("kana", "name", "pk")[:500]:  # fmt: skip
        away = [leave for leave in row.leaves.all() if leave.last >= today]
        ending = [q for q in row.qualifications.all() if q.until is not None and q.until <= today + timedelta(days=60)]
        shown.append((row, sorted(away, key=lambda leave: leave.first)[:1], ending))
    return render(request, "schedule/supporters.html", {"rows": shown, "edits": may(request, "supporters.edit")})


@staff_page("supporters.edit")
def new_supporter(request: HttpRequest) -> HttpResponse:
    """Add a supporter."""
    form = SupporterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organisation = cast(StaffRequest, request).membership.organisation
        row = places.add_supporter(request.act, organisation, **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect("schedule:supporter", supporter_id=row.pk)
    return form_page(request, form, _("支援者をたす"), reverse("schedule:supporters"))


@staff_page("supporters.see", of={"supporter_id": "places.supporter"})
def supporter(request: HttpRequest, supporter_id: int) -> HttpResponse:
    """Show a supporter: when there, when not, qualified for what."""
    row = cast(StaffRequest, request).rows["supporter_id"]
    today = _today()
    words = dict(WEEKDAYS)
    return render(
        request,
        "schedule/supporter.html",
        {
            "supporter": row,
            "times": [(time, words[time.weekday]) for time in row.availabilities.order_by("weekday", "start")],
            "leaves": row.leaves.filter(last__gte=today).order_by("first"),
            "qualifications": row.qualifications.order_by("kind", "since"),
            "today": today,
            "duties": row.resource.uses.filter(active=True, ends__gte=clock.now())
            .select_related("session__point", "session__offer")
            .order_by("starts")[:20],
            "edits": may(request, "supporters.edit"),
            "writes": may(request, "availability.edit"),
        },
    )


@staff_page("supporters.edit", of={"supporter_id": "places.supporter"})
def edit_supporter(request: HttpRequest, supporter_id: int) -> HttpResponse:
    """Change a supporter."""
    row = cast(StaffRequest, request).rows["supporter_id"]
    form = SupporterForm(request.POST or None, initial={name: getattr(row, name) for name in SupporterForm.base_fields})
    back = reverse("schedule:supporter", args=[row.pk])
    if request.method == "POST" and form.is_valid():
        places.change_supporter(request.act, row, **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect(back)
    return form_page(request, form, _("支援者を直す"), back)


@staff_page("availability.edit", of={"supporter_id": "places.supporter"})
def new_leave(request: HttpRequest, supporter_id: int) -> HttpResponse:
    """Write a leave."""
    row = cast(StaffRequest, request).rows["supporter_id"]
    form, back = LeaveForm(request.POST or None), reverse("schedule:supporter", args=[row.pk])
    if request.method == "POST" and form.is_valid():
        places.add_leave(request.act, row, **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect(back)
    return form_page(request, form, _("休みを書く"), back)


@staff_page("availability.edit", of={"supporter_id": "places.supporter"})
def new_time(request: HttpRequest, supporter_id: int) -> HttpResponse:
    """Write when somebody can come every week."""
    row = cast(StaffRequest, request).rows["supporter_id"]
    form, back = TimeForm(request.POST or None), reverse("schedule:supporter", args=[row.pk])
    if request.method == "POST" and form.is_valid():
        places.add_availability(request.act, row, **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect(back)
    return form_page(request, form, _("来られる時間を書く"), back)


@staff_page("supporters.edit", of={"supporter_id": "places.supporter"})
def new_qualification(request: HttpRequest, supporter_id: int) -> HttpResponse:
    """Write a qualification."""
    row = cast(StaffRequest, request).rows["supporter_id"]
    form, back = QualificationForm(request.POST or None), reverse("schedule:supporter", args=[row.pk])
    if request.method == "POST" and form.is_valid():
        places.qualify(request.act, row, **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect(back)
    return form_page(request, form, _("資格を書く"), back)


@staff_page("availability.edit", of={"supporter_id": "places.supporter"}, methods=["POST"])
def remove(request: HttpRequest, supporter_id: int) -> HttpResponse:
    """Take a leave or a weekly time back."""
    row = cast(StaffRequest, request).rows["supporter_id"]
    for what, model in ROWS_OF_WHAT.items():
        number = request.POST.get(what, "")
        if number.isascii() and number.isdigit() and len(number) < 19:
            found = apps.get_model("places", model)._default_manager.filter(supporter=row, pk=int(number)).first()
            if found is not None:
                (places.remove_leave if what == "leave" else places.remove_availability)(request.act, found)  # type: ignore[attr-defined]
    return redirect("schedule:supporter", supporter_id=row.pk)


def _first(request: HttpRequest) -> date:
    """The week that is asked for; else the one that begins next Monday."""
    try:
        return date.fromisoformat(request.GET.get("from", "") or request.POST.get("from", ""))
    except ValueError:
        today = _today()
        return today + timedelta(days=7 - today.weekday())


@staff_page("roster.see", post="roster.edit")
def roster(request: HttpRequest) -> HttpResponse:
    """Show a draft for a week; staff tick what they accept."""
    first = _first(request)
    mine = cast(StaffRequest, request).organisation_ids
    told, found = schedule.draft_roster(mine, first, first + WEEK, clock.now(), effort=3.0)
    refused: list[Any] = []
    if request.method == "POST":
        ticked = set(request.POST.getlist("pair"))
        pairs = [(told.sessions[d], told.supporters[h]) for d, h in found.pairs if f"{d}-{h}" in ticked]
        done = schedule.accept_roster(request.act, pairs)  # type: ignore[attr-defined]
        if not done.refused:
            return redirect(f"{reverse('schedule:roster')}?from={first.isoformat()}")
        refused = [(told.sessions[d], told.supporters[h], error) for d, h, error in done.refused]
        told, found = schedule.draft_roster(mine, first, first + WEEK, clock.now(), effort=3.0)
    words = _hindrances()
    given = {duty: [told.supporters[h] for d, h in found.pairs if d == duty] for duty in {d.key for d in told.duties}}
    rows = [
        (
            told.sessions[duty.key],
            given[duty.key],
            duty.need - len(given[duty.key]),
            "、".join(f"{words[why]} {n}人" for why, n in sorted(found.reasons.get(duty.key, {}).items())),
        )
        for duty in told.duties
    ]
    return render(
        request,
        "schedule/roster.html",
        {
            "first": first,
            "last": first + WEEK,
            "before": (first - timedelta(days=7)).isoformat(),
            "after": (first + timedelta(days=7)).isoformat(),
            "rows": rows,
            "found": found,
            "refused": refused,
            "edits": may(request, "roster.edit"),
        },
    )


def _hindrances() -> dict[str, str]:
    return {
        "leave": _("休み"),
        "qualification": _("資格切れ"),
        "topic": _("できることがちがう"),
        "language": _("ことば"),
        "time": _("来られない時間"),
        "busy": _("ほかの予定"),
        "hours": _("時間の上限"),
        "elsewhere": _("ほかの当番か、組み合わせ"),
    }
