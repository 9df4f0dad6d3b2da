"""Pages of staff about places, what is offered there, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.schedule.forms import ExceptionForm, OfferForm, OpeningForm, PointForm
from daremo.web.apps.schedule.models import Offer, Opening, Session
from daremo.web.apps.staff.access import StaffRequest, may, staff_page, visible
from daremo.web.days import day_of
from daremo.web.ui.pieces import Fact

AHEAD = timedelta(days=90)
SHOWN = timedelta(days=28)


def _points(request: HttpRequest) -> Any:
    rows = apps.get_model("places", "SupportPoint")._default_manager.exclude(state="closed")
    return visible(request, rows).select_related("organisation").order_by("name", "pk")


def _organisation(request: HttpRequest) -> Any:
    return cast(StaffRequest, request).membership.organisation


def form_page(
    request: HttpRequest, form: Any, title: str, back: str, problem: DaremoError | None = None
) -> HttpResponse:
    """Show a form by itself: its title, its fields, and where one came from."""
    return render(
        request, "schedule/form.html", {"form": form, "title": title, "back_to": back, "problem": problem}
    )  # fmt: skip


@staff_page("places.see")
def points(request: HttpRequest) -> HttpResponse:
    """List the places with their times in words."""
    rows = []
    for point in _points(request).prefetch_related("openings__offer")[:500]:
        active = [o for o in point.openings.all() if o.active and (o.last is None or o.last >= clock.now().date())]
        rows.append(
            (
                point,
                places.hours_said(point, clock.now()),
                [(o, schedule.said(o, get_language() or "ja")) for o in active],
            )
        )
    return render(request, "schedule/points.html", {"rows": rows, "edits": may(request, "places.edit")})


@staff_page("places.edit", methods=["GET", "HEAD", "POST"])
def new_point(request: HttpRequest) -> HttpResponse:
    """Add a place."""
    form = PointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = places.add_point(request.act, _organisation(request), languages=["ja"], **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect("schedule:point", point_id=row.pk)
    return form_page(request, form, _("場所をたす"), reverse("schedule:points"))


@staff_page("places.see", of={"point_id": "places.supportpoint"})
def point(request: HttpRequest, point_id: int) -> HttpResponse:
    """Show a place: what is offered when, and its sessions of the next four weeks."""
    row = get_object_or_404(_points(request), pk=point_id)
    today = day_of(clock.now())
    sessions = schedule.sessions_at(row, today, today + SHOWN)
    free = schedule.with_free_seats([session.pk for session in sessions])
    language = get_language() or "ja"
    openings = [
        (opening, schedule.said(opening, language), list(opening.exceptions.filter(day__gte=today).order_by("day")))
        for opening in Opening.objects.filter(point=row, active=True).select_related("offer").order_by("pk")
        if opening.last is None or opening.last >= today
    ]
    facts = [
        Fact(_("住所"), f"{row.address} {row.floor}".strip() or "—"),
        Fact(_("電話番号"), row.phone or "—"),
        Fact(_("開いている時間"), places.hours_said(row, clock.now()) or "—", small=row.opening_hours),
        Fact(_("公開"), row.get_state_display()),
        Fact(_("団体"), row.organisation.name),
    ]
    return render(
        request,
        "schedule/point.html",
        {
            "point": row,
            "facts": facts,
            "openings": openings,
            "sessions": [(session, free.get(session.pk, 0)) for session in sessions],
            "edits": may(request, "places.edit"),
            "merges": may(request, "places.merge"),
            "merged": row.merged.order_by("name", "pk"),
            "schedules": may(request, "schedule.edit"),
        },
    )


@staff_page("places.edit", of={"point_id": "places.supportpoint"})
def edit_point(request: HttpRequest, point_id: int) -> HttpResponse:
    """Change a place."""
    row = get_object_or_404(_points(request), pk=point_id)
    before = {name: getattr(row, name) for name in PointForm.base_fields}
    form = PointForm(request.POST or None, initial=before)
    if request.method == "POST" and form.is_valid():
        today = day_of(clock.now())
        places.change_point(request.act, row, **form.cleaned_data, verified_on=today)  # type: ignore[attr-defined]
        return redirect("schedule:point", point_id=row.pk)
    return form_page(request, form, _("場所を直す"), reverse("schedule:point", args=[row.pk]))


@staff_page("schedule.see")
def offers(request: HttpRequest) -> HttpResponse:
    """List what is offered."""
    rows = visible(request, Offer.objects.all()).select_related("organisation").distinct().order_by("title", "pk")
    return render(request, "schedule/offers.html", {"offers": rows[:500], "edits": may(request, "schedule.edit")})


@staff_page("schedule.edit")
def new_offer(request: HttpRequest) -> HttpResponse:
    """Add an offer."""
    form = OfferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        schedule.add_offer(request.act, _organisation(request), **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect("schedule:offers")
    return form_page(request, form, _("メニューをたす"), reverse("schedule:offers"))


@staff_page("schedule.edit", of={"offer_id": "schedule.offer"})
def edit_offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Change an offer."""
    row = cast(StaffRequest, request).rows["offer_id"]
    form = OfferForm(request.POST or None, initial={name: getattr(row, name) for name in OfferForm.base_fields})
    if request.method == "POST" and form.is_valid():
        schedule.change_offer(request.act, row, **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect("schedule:offers")
    return form_page(request, form, _("メニューを直す"), reverse("schedule:offers"))


@staff_page("schedule.edit", of={"point_id": "places.supportpoint"})
def new_opening(request: HttpRequest, point_id: int) -> HttpResponse:
    """Say when an offer is given at a place; its sessions of the next ninety days are made at once."""
    row = get_object_or_404(_points(request), pk=point_id)
    known = {offer.pk: offer for offer in Offer.objects.filter(organisation=row.organisation_id).order_by("title")}
    form = OpeningForm(request.POST or None, offers=[(pk, offer.title) for pk, offer in known.items()])
    back, problem = reverse("schedule:point", args=[row.pk]), None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        fields = {name: told[name] for name in ("start", "end", "first", "last", "capacity", "skip_holidays")}
        try:
            opening = schedule.add_opening(request.act, known[int(told["offer"])], row, rrule=form.rule(), **fields)  # type: ignore[attr-defined]
            schedule.make_sessions(request.act, opening, day_of(clock.now() + AHEAD))  # type: ignore[attr-defined]
            return redirect(back)
        except DaremoError as error:
            problem = error
    return form_page(request, form, _("開く時間をたす"), back, problem)


@staff_page("schedule.edit", of={"opening_id": "schedule.opening"})
def exception(request: HttpRequest, opening_id: int) -> HttpResponse:
    """Close an opening on a day, or give it another time; people who are booked are told."""
    row = cast(StaffRequest, request).rows["opening_id"]
    form = ExceptionForm(request.POST or None)
    back, problem = reverse("schedule:point", args=[row.point_id]), None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            if told["what"] == "close":
                schedule.close_day(request.act, row, told["day"], told["reason"])  # type: ignore[attr-defined]
            else:
                schedule.open_day(request.act, row, told["day"], told["start"], told["end"], told["reason"])  # type: ignore[attr-defined]
            return redirect(back)
        except DaremoError as error:
            problem = error
    title = _("{rule}の、ちがう日").format(rule=schedule.said(row, get_language() or "ja"))
    return form_page(request, form, title, back, problem)


@staff_page("schedule.edit", of={"exception_id": "schedule.openingexception"}, methods=["POST"])
def forget_exception(request: HttpRequest, exception_id: int) -> HttpResponse:
    """Take an exception back."""
    row = cast(StaffRequest, request).rows["exception_id"]
    here = row.opening.point_id
    schedule.forget_exception(request.act, row)  # type: ignore[attr-defined]
    return redirect("schedule:point", point_id=here)


@staff_page("schedule.edit", of={"opening_id": "schedule.opening"}, methods=["POST"])
def end_opening(request: HttpRequest, opening_id: int) -> HttpResponse:
    """Let an opening end today; sessions that are booked stay until somebody cancels them."""
    row = cast(StaffRequest, request).rows["opening_id"]
    schedule.end_opening(request.act, row, day_of(clock.now()))  # type: ignore[attr-defined]
    return redirect("schedule:point", point_id=row.point_id)


@staff_page("schedule.see", of={"session_id": "schedule.session"})
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show a session: its seats, who is there, and what can be changed."""
    row: Session = cast(StaffRequest, request).rows["session_id"]
    return _session_page(request, row, None)


def _session_page(request: HttpRequest, row: Session, problem: DaremoError | None) -> HttpResponse:
    free = schedule.with_free_seats([row.pk]).get(row.pk, 0)
    seats = row.seats.filter(withdrawn=False).count()
    uses = list(row.uses.filter(active=True).select_related("resource").order_by("pk"))
    supporters = apps.get_model("places", "Supporter")._default_manager.filter(
        organisation=row.offer.organisation_id, state="active"
    )
    return render(
        request,
        "schedule/session.html",
        {
            "session": row,
            "free": free,
            "seats": seats,
            "uses": uses,
            "supporters": list(
                supporters.exclude(resource__in=[use.resource_id for use in uses]).order_by("kana", "name")
            ),
            "problem": problem,
            "edits": may(request, "schedule.edit") and row.state in ("planned", "open"),
            "rosters": may(request, "roster.edit") and row.state in ("planned", "open", "running"),
        },
    )


@staff_page("schedule.edit", of={"session_id": "schedule.session"}, methods=["POST"])
def change_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Set the seats of a session, open one in preparation, or cancel it."""
    row: Session = cast(StaffRequest, request).rows["session_id"]
    what, told = request.POST.get("what", ""), request.POST.get("seats", "")
    try:
        if what == "seats" and told.isascii() and told.isdigit():
            schedule.set_capacity(request.act, row, int(told))  # type: ignore[attr-defined]
        elif what == "open":
            schedule.open_session(request.act, row)  # type: ignore[attr-defined]
        elif what == "cancel":
            schedule.cancel_session(request.act, row, request.POST.get("reason", "")[:80])  # type: ignore[attr-defined]
    except DaremoError as error:
        row.refresh_from_db()
        return _session_page(request, row, error)
    return redirect("schedule:session", session_id=row.pk)


@staff_page("roster.edit", of={"session_id": "schedule.session"}, methods=["POST"])
def staff_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Put a supporter into a session, or take one out."""
    row: Session = cast(StaffRequest, request).rows["session_id"]
    who = apps.get_model("places", "Supporter")._default_manager.filter(
        organisation=row.offer.organisation_id, pk=_number(request.POST.get("supporter"))
    )
    supporter, use = who.first(), row.uses.filter(active=True, pk=_number(request.POST.get("release"))).first()
    try:
        if supporter is not None:
            part = "assistant" if row.uses.filter(active=True, part="lead").exists() else "lead"
            schedule.assign(request.act, row, supporter.resource, part)  # type: ignore[attr-defined]
        elif use is not None:
            schedule.release(request.act, use)  # type: ignore[attr-defined]
    except DaremoError as error:
        return _session_page(request, row, error)
    return redirect("schedule:session", session_id=row.pk)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
