"""The counter: who waits, who comes, one tap a state."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder import shown
from daremo.web.apps.queue import services as queue
from daremo.web.apps.staff.access import staff_page, visible
from daremo.web.days import day_of, span
from daremo.web.ui.pieces import Link
from daremo.web.vocabulary import needs

TICKET_STEPS = {
    "called": ("call", "呼ぶ"),
    "serving": ("serve", "相談をはじめる"),
    "done": ("done", "終わった"),
    "left": ("left", "帰られた"),
    "back": ("back", "もどす"),
}
NEXT = {
    "taken": ("called", "left"),
    "called": ("serving", "back", "left"),
    "serving": ("done", "back"),
    "done": ("back",),
    "left": ("back",),
}
BOOKING_STEPS = {"arrived": "来られた", "noshow": "来なかった", "undo": "もどす"}


def _points(request: HttpRequest) -> Any:
    rows = (
        apps.get_model("places", "SupportPoint")._default_manager.exclude(state="closed").select_related("organisation")
    )
    return visible(request, rows).order_by("name")


def _point(request: HttpRequest, point_id: int) -> Any:
    return get_object_or_404(_points(request), pk=point_id)


@staff_page("counter.use", methods=["GET", "HEAD"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the place; with one place only there is nothing to choose."""
    rows = list(_points(request)[:400])
    own = getattr(request.membership, "point_id", None)  # type: ignore[attr-defined]
    if own or len(rows) == 1:
        return redirect("counter:counter", point_id=own or rows[0].pk)
    return render(request, "counter/choose.html", {"points": rows})


@staff_page("counter.use", of={"point_id": "places.supportpoint"}, methods=["GET", "HEAD"])
@never_cache
def counter(request: HttpRequest, point_id: int) -> HttpResponse:
    """Show today's queue and appointments of a place."""
    point, now = _point(request, point_id), clock.now()
    tickets = [_shown_ticket(request, t) for t in queue.today(point, now)]
    appointments = [_shown_booking(request, b) for b in bookings_today(point, now)]
    return render(
        request,
        "counter/counter.html",
        {
            "point": point,
            "tickets": [t for t in tickets if t["state"] not in ("done", "left")],
            "closed": [t for t in tickets if t["state"] in ("done", "left")],
            "appointments": appointments,
            "wait": queue.expected_wait(point, now),
            "needs": [(code, word.ja) for code, word in needs().items()],
            "links": [
                Link(f"/kiosk/{point.pk}/", "受付機の画面", "paper"),
                Link(f"/kiosk/{point.pk}/board/", "呼び出しの画面", "people"),
            ],
            "problem": request.session.pop("counter_problem", ""),
        },
    )


def bookings_today(point: Any, now: Any) -> list[Any]:
    """Return the appointments of the day at a place, in order of time."""

    day = day_of(now)
    begin, end = span(day, day)
    rows = apps.get_model("bookings", "Booking")._default_manager.filter(
        session__point=point,
        session__starts__gte=begin,
        session__starts__lt=end,
        state__in=("confirmed", "arrived", "attended", "noshow"),
    )
    return list(
        rows.select_related("session__offer", "person__contact", "reservation", "ticket").order_by(
            "session__starts", "id"
        )
    )


def _name(person: Any) -> str:
    # joined by the lists of the day: one query for all names
    contact = getattr(person, "contact", None)
    return f"{contact.name} さん" if contact and contact.name else "（お名前なし）"


def _shown_ticket(request: HttpRequest, ticket: Any) -> dict[str, Any]:
    return {
        "id": ticket.pk,
        "number": ticket.number,
        "state": ticket.state,
        "state_word": ticket.get_state_display(),
        "who": _name(ticket.person) if ticket.person_id else "予約なし",
        "topic": shown.need_word(ticket.topic),
        "needs": "・".join(shown.need_word(n) for n in ticket.needs),
        "since": ticket.taken_at,
        "steps": [(step, TICKET_STEPS[step][1]) for step in NEXT[ticket.state]],
        "booking": ticket.booking_id,
    }


def _shown_booking(request: HttpRequest, booking: Any) -> dict[str, Any]:
    late = (clock.now() - booking.session.starts).total_seconds() / 60
    steps = {"confirmed": ("arrived", "noshow"), "arrived": ("undo",), "noshow": ("arrived", "undo")}.get(
        booking.state, ()
    )
    if booking.state == "confirmed" and late < 0:
        steps = ("arrived",)
    return {
        "id": booking.pk,
        "time": booking.session.starts,
        "who": _name(booking.person) if booking.person_id else "お連れさま",
        "topic": shown.need_word(booking.reservation.topic if booking.reservation else ""),
        "state": booking.state,
        "state_word": booking.get_state_display(),
        "late": round(late) if booking.state == "confirmed" and late > 5 else None,
        "steps": [(step, BOOKING_STEPS[step]) for step in steps],
        "visit": booking.state in ("arrived", "confirmed") and booking.person_id is not None,
    }


@staff_page("counter.use", of={"point_id": "places.supportpoint"}, methods=["POST"])
def walk_in(request: HttpRequest, point_id: int) -> HttpResponse:
    """Give a number to somebody who stands at the counter."""
    point = _point(request, point_id)
    need = request.POST.get("need", "")
    queue.take(request.act, point, topic=need if need in needs() else "unsure")  # type: ignore[attr-defined]
    return redirect("counter:counter", point_id=point.pk)


@staff_page("counter.use", of={"point_id": "places.supportpoint"}, methods=["POST"])
def call_next(request: HttpRequest, point_id: int) -> HttpResponse:
    """Call whoever is next."""
    point = _point(request, point_id)
    called = queue.call_next(request.act, point, getattr(request.user, "supporter", None))  # type: ignore[attr-defined]
    if called is None:
        request.session["counter_problem"] = "お待ちの人はいません。"
    return redirect("counter:counter", point_id=point.pk)


@staff_page("counter.use", of={"ticket_id": "queue.ticket"}, methods=["POST"])
def ticket_step(request: HttpRequest, ticket_id: int, step: str) -> HttpResponse:
    """Move one ticket one state on, or back."""
    rows = visible(request, apps.get_model("queue", "Ticket")._default_manager.select_related("point"))
    ticket = get_object_or_404(rows, pk=ticket_id)
    if step not in TICKET_STEPS:
        raise Http404
    try:
        getattr(queue, TICKET_STEPS[step][0])(request.act, ticket)  # type: ignore[attr-defined]
    except DaremoError as error:
        request.session["counter_problem"] = f"{error.message}。{error.fix}"
    return redirect("counter:counter", point_id=ticket.point_id)


@staff_page("counter.use", of={"booking_id": "bookings.booking"}, methods=["POST"])
def booking_step(request: HttpRequest, booking_id: int, step: str) -> HttpResponse:
    """The person has come (she gets her place in the queue), did not come, or it was a mistake."""
    rows = visible(
        request,
        apps.get_model("bookings", "Booking")._default_manager.select_related(
            "session__point", "session__offer", "person"
        ),
    )
    booking = get_object_or_404(rows, pk=booking_id)
    if step not in BOOKING_STEPS:
        raise Http404
    act = request.act  # type: ignore[attr-defined]
    try:
        if step == "arrived":
            bookings.arrive(act, booking)
            if not hasattr(booking, "ticket"):
                queue.take(
                    act,
                    booking.session.point,
                    booking=booking,
                    topic=booking.reservation.topic if booking.reservation else "",
                )
        elif step == "noshow":
            bookings.noshow(act, booking)
        else:
            bookings.undo(act, booking)
    except DaremoError as error:
        request.session["counter_problem"] = f"{error.message}。{error.fix}"
    return redirect("counter:counter", point_id=booking.session.point_id)
