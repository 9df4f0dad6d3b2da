"""The supporter's notebook: my day, a record in half a minute, a group, hours, what was suspicious."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.apps.visits import services as visits
from daremo.web.apps.visits.forms import GroupForm, IncidentForm, VisitForm
from daremo.web.apps.visits.models import Incident, Visit
from daremo.web.days import day_of, span
from daremo.web.ui.dates import say_date, say_time
from daremo.web.ui.pieces import Fact, Table
from daremo.web.vocabulary import topics


def _today() -> date:
    return day_of(clock.now())


def _supporter(request: HttpRequest) -> Any:
    return getattr(request.user, "supporter", None)


def _named(person: Any) -> str:
    contact = people.contact_of(person) if person is not None else None
    return f"{contact.name} さん" if contact and contact.name else "（お名前なし）"


@staff_page("visits.see")
@never_cache
def day(request: HttpRequest) -> HttpResponse:
    """Show my day: where I am when, who comes, what is written and what is not."""
    supporter, today = _supporter(request), _today()
    begin, end = span(today, today)
    uses = []
    if supporter is not None:
        rows = supporter.resource.uses.filter(
            active=True, ends__gte=begin, starts__lt=end + timedelta(days=6)
        ).order_by("starts")
        uses = list(
            rows.select_related("session__point", "session__offer").prefetch_related(
                "session__bookings__person__contact", "session__bookings__visits", "session__bookings__reservation"
            )
        )
    written = visits.for_day(supporter, begin, end) if supporter is not None else []
    return render(
        request,
        "visits/day.html",
        {
            "supporter": supporter,
            "may_plan": may(request, "schedule.edit"),
            "uses": [_shown_use(use, today) for use in uses if use.session is not None],
            "written": [
                {
                    "id": v.pk,
                    "time": say_time(v.started),
                    "who": _named(v.person) if v.person else f"{v.headcount}人",
                    "what": _topics(v.topics),
                    "minutes": v.minutes,
                }
                for v in written
            ],
        },
    )


def _topics(codes: list[str]) -> str:
    return "・".join(topics()[code].ja if code in topics() else code for code in codes)


def _shown_use(use: Any, today: date) -> dict[str, Any]:
    session = use.session
    people_of = []
    for booking in session.bookings.all():
        if booking.state not in ("confirmed", "arrived", "attended", "noshow") or booking.person is None:
            continue
        done = any(v.state == "closed" for v in booking.visits.all())
        people_of.append(
            {"booking": booking.pk, "who": _named(booking.person), "state": booking.get_state_display(), "done": done}
        )
    return {
        "today": day_of(use.starts) == today,
        "when": f"{say_date(use.starts, today)} {say_time(use.starts)}〜{say_time(use.ends)}",
        "point": session.point.name,
        "offer": session.offer.title,
        "session": session.pk,
        "group": session.offer.kind == "course",
        "people": people_of,
    }


def _source(request: HttpRequest) -> tuple[Any, Any]:
    """Return the booking or the ticket that the record is about, of the own organisations only."""
    told = request.POST if request.method == "POST" else request.GET
    booking: Any = None
    ticket: Any = None
    rows: Any
    if told.get("booking", "").isdigit():
        rows = apps.get_model("bookings", "Booking")._default_manager.select_related(
            "session__point", "session__offer", "person__contact", "reservation"
        )
        booking = get_object_or_404(visible(request, rows), pk=int(told["booking"]))
    if told.get("ticket", "").isdigit():
        rows = apps.get_model("queue", "Ticket")._default_manager.select_related(
            "point",
            "person",
            "booking__session__point",
            "booking__session__offer",
            "booking__reservation",
            "booking__person",
        )
        ticket = get_object_or_404(visible(request, rows), pk=int(told["ticket"]))
        booking = booking or ticket.booking
    return booking, ticket


@staff_page("visits.edit")
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Write a record: what is known is filled in, the outcome is not."""
    booking, ticket = _source(request)
    known = visits.known_of(clock.now(), booking=booking, ticket=ticket)
    if known.person is not None:
        people.looked(request.act, request.user, known.person, "訪問の記録", "記録")  # type: ignore[attr-defined,arg-type]
    problem: DaremoError | None = None
    if request.method == "POST":
        form = VisitForm(request.POST)
        if form.is_valid():
            try:
                visit = _record(request, form.cleaned_data, booking, ticket, known)
            except DaremoError as error:
                problem = error
            else:
                request.session["visit_saved"] = visit.pk
                return redirect("visits:incident" if form.cleaned_data["scam"] else "visits:day")
    else:
        topic = [t for t in known.topics if t in topics()]
        form = VisitForm(
            initial={
                "topics": topic,
                "minutes": known.minutes,
                "device": known.device,
                "mode": "home" if known.session is not None and known.session.offer.kind == "visit" else "point",
                "once": secrets.token_urlsafe(16),
            }
        )
    return render(
        request,
        "visits/visit.html",
        {
            "form": form,
            "facts": _facts(known),
            "booking": booking,
            "ticket": ticket,
            "problem": problem,
            "has_errors": bool(problem),
            "correcting": None,
        },
        status=409 if problem else 200,
    )


def _facts(known: visits.Known) -> list[Fact]:
    rows = [Fact("だれ", _named(known.person) if known.person else "お名前なしの人")]
    rows.append(Fact("いつ", f"{say_date(known.started, _today())} {say_time(known.started)}から"))
    if known.point is not None:
        rows.append(Fact("どこ", known.point.name))
    if known.goal is not None:
        rows.append(Fact("目あて", known.goal.words or _topics([known.goal.topic])))
    return rows


def _record(request: HttpRequest, told: dict[str, Any], booking: Any, ticket: Any, known: visits.Known) -> Visit:
    act = request.act  # type: ignore[attr-defined]
    visit = visits.record(
        act,
        organisation=request.membership.organisation,  # type: ignore[attr-defined]
        supporter=_supporter(request),
        started=known.started,
        minutes=told["minutes"],
        topics=told["topics"],
        booking=booking,
        ticket=ticket,
        mode=told["mode"] or "point",
        device=told["device"],
        alone_after=told["alone"],
        next_step=told["next_step"],
        goal=known.goal,
        note=told["note"],
        once=told["once"],
    )
    if told["next_step"] == "other" and told["other"]:
        visits.orient(act, visit, told["other"])
    if known.goal is not None and told["alone"] == 3 and told["next_step"] == "done":
        visits.met(act, known.goal)
    return visit


@staff_page("visits.edit", of={"visit_id": "visits.visit"})
@never_cache
def correct(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Correct a record: a new one takes its place, the old one stays behind it."""
    visit = get_object_or_404(visible(request, Visit.objects.select_related("person", "point", "goal")), pk=visit_id)
    if visit.state != Visit.State.CLOSED:
        raise Http404
    if visit.person is not None:
        people.looked(request.act, request.user, visit.person, "訪問の記録", "訂正")  # type: ignore[attr-defined,arg-type]
    problem: DaremoError | None = None
    if request.method == "POST":
        form = VisitForm(request.POST)
        if form.is_valid():
            told = form.cleaned_data
            try:
                visits.correct(
                    request.act,  # type: ignore[attr-defined]
                    visit,
                    topics=told["topics"],
                    minutes=told["minutes"],
                    alone_after=told["alone"],
                    next_step=told["next_step"],
                    device=told["device"],
                    mode=told["mode"] or visit.mode,
                    note=told["note"],
                )
                return redirect("visits:day")
            except DaremoError as error:
                problem = error
    else:
        form = VisitForm(
            initial={
                "topics": visit.topics,
                "minutes": visit.minutes,
                "alone": visit.alone_after,
                "next_step": visit.next_step,
                "device": visit.device,
                "mode": visit.mode,
                "note": visit.note,
                "once": secrets.token_urlsafe(16),
            }
        )
    known = visits.Known(
        visit.person,
        visit.point,
        visit.session,
        visit.started,
        visit.minutes,
        tuple(visit.topics),
        visit.goal,
        visit.device,
    )
    return render(
        request,
        "visits/visit.html",
        {"form": form, "facts": _facts(known), "problem": problem, "has_errors": bool(problem), "correcting": visit},
        status=409 if problem else 200,
    )


@staff_page("visits.edit", of={"session_id": "schedule.session"})
@never_cache
def group(request: HttpRequest, session_id: int) -> HttpResponse:
    """Record a class: how many of each life stage came."""
    rows = apps.get_model("schedule", "Session")._default_manager.select_related("offer", "point")
    session = get_object_or_404(visible(request, rows), pk=session_id)
    form = GroupForm(request.POST or None, initial={"topics": session.offer.topics, "once": secrets.token_urlsafe(16)})
    problem: DaremoError | None = None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            visits.record_group(
                request.act,  # type: ignore[attr-defined]
                organisation=request.membership.organisation,  # type: ignore[attr-defined]
                supporter=_supporter(request),
                session=session,
                started=session.starts,
                minutes=round((session.ends - session.starts).total_seconds() / 60),
                topics=told["topics"],
                bands=form.bands(),
                alone_after=told["alone"],
                once=told["once"],
            )
            return redirect("visits:day")
        except DaremoError as error:
            problem = error
    facts = [
        Fact("教室", session.offer.title),
        Fact("いつ", f"{say_date(session.starts, _today())} {say_time(session.starts)}から"),
        Fact("どこ", session.point.name),
    ]
    return render(
        request,
        "visits/group.html",
        {"form": form, "facts": facts, "problem": problem, "has_errors": bool(problem)},
        status=409 if problem else 200,
    )


@staff_page("certificates.see")
def hours(request: HttpRequest) -> HttpResponse:
    """Show and print the certificate of hours: by month of this and the last fiscal year."""
    supporter = _supporter(request)
    if supporter is None:
        return render(request, "visits/hours.html", {"supporter": None})
    today = _today()
    months = []
    year, month = today.year, today.month
    for _n in range(12):
        first = date(year, month, 1)
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        told = visits.hours_of(supporter, first, last)
        if told.records:
            months.append(
                (f"{year}年{month}月", told.records, told.people, f"{told.minutes // 60}時間{told.minutes % 60:02d}分")
            )
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    whole = visits.hours_of(supporter, today - timedelta(days=365), today)
    table = Table("月ごとの活動", [("月", False), ("記録", True), ("人", True), ("時間", True)], months)
    return render(
        request,
        "visits/hours.html",
        {"supporter": supporter, "table": table, "whole": whole, "hours": whole.minutes // 60, "today": today},
    )


@staff_page("visits.see")
def paper(request: HttpRequest) -> HttpResponse:
    """A blank record to be filled in by hand where there is no network."""
    return render(request, "visits/paper.html", {"form": VisitForm(initial={"once": "paper"})})


@staff_page("incidents.edit")
def incident(request: HttpRequest) -> HttpResponse:
    """Write down a suspicious message that somebody told of."""
    form = IncidentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        saved = request.session.pop("visit_saved", None)
        visit = visible(request, Visit.objects.all()).filter(pk=saved).first() if saved else None
        visits.report_incident(
            request.act,  # type: ignore[attr-defined]
            request.membership.organisation,  # type: ignore[attr-defined]
            kind=told["kind"],
            pretends=told["pretends"],
            words=told["words"],
            loss_yen=told["loss_yen"],
            visit=visit,
        )
        return redirect("visits:incidents")
    return render(request, "visits/incident.html", {"form": form})


@staff_page("incidents.see")
def incidents(request: HttpRequest) -> HttpResponse:
    """Show what was reported in the last ninety days, the newest first."""
    since = clock.now() - timedelta(days=90)
    rows = visible(request, Incident.objects.filter(at__gte=since)).select_related("area").order_by("-at")[:200]
    return render(request, "visits/incidents.html", {"rows": rows})


@staff_page("incidents.edit", of={"incident_id": "visits.incident"}, methods=["POST"])
def incident_step(request: HttpRequest, incident_id: int, state: str) -> HttpResponse:
    """Say that a report was checked, that people were warned, or that it is over."""
    row = get_object_or_404(visible(request, Incident.objects.all()), pk=incident_id)
    if state not in ("checked", "alerted", "closed"):
        raise Http404
    visits.incident_step(request.act, row, state)  # type: ignore[attr-defined]
    return redirect("visits:incidents")
