"""Change or cancel a booking for somebody on the telephone or at the counter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder import shown
from daremo.web.apps.people import services as people
from daremo.web.apps.schedule import looking
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.staff.access import staff_page
from daremo.web.days import day_of
from daremo.web.problems import refusal
from daremo.web.ui.dates import say_date, say_time

TIMES = 12


def upcoming(person: Any, now: datetime) -> list[dict[str, Any]]:
    """Return the person's bookings that are still to come, the next first."""
    rows = apps.get_model("bookings", "Booking")._default_manager.filter(
        person=person, state="confirmed", session__starts__gt=now
    )
    return [
        {
            "id": b.pk,
            "when": f"{say_date(b.session.starts, day_of(now))} {say_time(b.session.starts)}",
            "place": b.session.point.name,
        }
        for b in rows.select_related("session__point").order_by("session__starts", "id")[:10]
    ]


@staff_page("desk.use", of={"booking_id": "bookings.booking"})
@never_cache
def booking(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Show a booking; move it to another time or cancel it, each asked once more."""
    row, now = request.rows["booking_id"], clock.now()  # type: ignore[attr-defined]
    act, do = request.act, request.POST.get("do", "")  # type: ignore[attr-defined]
    if row.person is not None:
        people.looked(act, request.user, row.person, "予約", "変更・取りやめ")  # type: ignore[arg-type]
    problem: DaremoError | None = None
    try:
        if do == "cancel":
            bookings.cancel(act, row)
            return redirect("desk:changed", booking_id=row.pk)
        if do == "move":
            slot = request.POST.get("slot", "")
            session = looking.session_of(int(slot)) if slot.isdigit() else None
            if session is None:
                raise refusal("no-time-chosen")
            return redirect("desk:changed", booking_id=bookings.change(act, row, session).pk)
    except DaremoError as error:
        problem = error
        row.refresh_from_db()
    point, area = row.session.point, row.person.area if row.person is not None else None
    near = (area.lat, area.lon) if area is not None and area.lat is not None else None
    if near is None and point.lat is not None:
        near = (point.lat, point.lon)
    times = schedule.free_times(
        now, near=near, offers=[row.session.offer_id], channel="phone", per_point=TIMES, limit=TIMES
    )
    return render(
        request,
        "desk/change.html",
        {
            "booking": row,
            "shown": shown.booking_of(row, now),
            "number": bookings.spoken(row.reservation.number) if row.reservation else "",
            "may_change": row.state == "confirmed" and row.session.starts > now,
            "times": shown.rows_of(times, now, near),
            "problem": problem,
            "has_errors": problem is not None,
        },
        status=409 if problem else 200,
    )


@staff_page("desk.use", of={"booking_id": "bookings.booking"}, methods=["GET", "HEAD"])
@never_cache
def changed(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Show what to read to the caller after a change."""
    row, now = request.rows["booking_id"], clock.now()  # type: ignore[attr-defined]
    if row.person is not None:
        people.looked(request.act, request.user, row.person, "予約", "変更の確認")  # type: ignore[attr-defined,arg-type]
    return render(
        request,
        "desk/changed.html",
        {
            "booking": row,
            "gone": row.state == "cancelled",
            "shown": shown.booking_of(row, now),
            "number": bookings.spoken(row.reservation.number) if row.reservation else "",
        },
    )
