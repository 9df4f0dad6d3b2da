"""Look at a booking with its number and telephone: change it, cancel it, answer an offer, take it along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder import cards, shown
from daremo.web.apps.finder.numbers import open_reservation
from daremo.web.apps.finder.words import refused
from daremo.web.apps.schedule import looking
from daremo.web.apps.staff.access import public_page
from daremo.web.apps.transfer import calendar as transfer
from daremo.web.days import day_of
from daremo.web.gate.account import address_of
from daremo.web.ui.dates import say_date, say_time


class NumberForm(forms.Form):
    """The number on the ticket and the telephone that was told."""

    number = forms.CharField(
        label=_("予約番号"),
        help_text=_("10けたの数字です。"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("予約番号を書いてください。")},
    )
    phone = forms.CharField(
        label=_("電話番号"),
        help_text=_("予約のときの番号。下4けただけでも大丈夫です。電話なしで予約した方は、書かないでください。"),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )


@public_page
@never_cache
def look_up(request: HttpRequest) -> HttpResponse:
    """Find a booking; nothing tells whether the number or the telephone was wrong."""
    form = NumberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            found = open_reservation(told["number"], told["phone"], asker=address_of(request), now=clock.now())
        except DaremoError as error:
            if error.code == "too-fast":
                raise  # the page with 429
            form.add_error(
                "number", gettext("予約番号か電話番号がちがうようです。番号がなくても、お電話で調べられます。")
            )
        else:
            request.session.cycle_key()
            request.session["reservation"] = found.number
            return redirect("finder:mine")
    return render(request, "finder/look_up.html", {"form": form})


def _reservation(request: HttpRequest) -> Any:
    number = request.session.get("reservation")
    return reservations.by_number(number) if number else None


@public_page
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """Show the booking and what can be done with it."""
    reservation = _reservation(request)
    if reservation is None:
        return redirect("finder:look-up")
    now = clock.now()
    rows = shown.bookings_of(reservation, now)
    return render(
        request,
        "finder/mine.html",
        {
            "reservation": reservation,
            "number": bookings.spoken(reservation.number),
            "bookings": rows,
            "many": sum(row["can_cancel"] for row in rows) > 1,
            "waits": shown.waits_of(reservation, now),
            "asked": shown.request_of(reservation),
            "told": request.session.pop("told", ""),
        },
    )


def _own(request: HttpRequest, booking_id: int) -> Any:
    reservation = _reservation(request)
    found = (
        reservation.bookings.select_related("session__point", "session__offer").filter(pk=booking_id).first()
        if reservation
        else None
    )
    if found is None:
        raise Http404
    return found


@public_page
@never_cache
def cancel(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Ask once more, then cancel; it can be booked again as long as the seat is free."""
    booking = _own(request, booking_id)
    if request.method == "POST":
        _try(request, "cancelled", bookings.cancel, booking, "person")
        return redirect("finder:mine")
    return render(request, "finder/cancel.html", {"what": "booking", "row": shown.booking_of(booking, clock.now())})


@public_page
@never_cache
def cancel_all(request: HttpRequest) -> HttpResponse:
    """Ask once more, then cancel every date that is still to come."""
    reservation, now = _reservation(request), clock.now()
    if reservation is None:
        raise Http404
    rows = [row for row in shown.bookings_of(reservation, now) if row["can_cancel"]]
    if not rows:
        return redirect("finder:mine")
    if request.method == "POST":
        for row in rows:
            _try(request, "cancelled", bookings.cancel, _own(request, row["id"]), "person")
        return redirect("finder:mine")
    facts = [fact for row in rows for fact in row["facts"][:1]]
    return render(request, "finder/cancel.html", {"what": "all", "row": {"facts": facts}})


@public_page
@never_cache
def withdraw(request: HttpRequest) -> HttpResponse:
    """Ask once more, then withdraw the wish for a visit, a call or an interpreter."""
    reservation = _reservation(request)
    asked = shown.request_of(reservation) if reservation is not None else None
    if reservation is None or asked is None:
        raise Http404
    if request.method == "POST":
        act = request.act  # type: ignore[attr-defined]
        _try(request, "withdrawn", lambda _act: bookings.close_help(act, reservation.request, done=False))
        return redirect("finder:mine")
    return render(request, "finder/cancel.html", {"what": "request", "row": asked})


def _try(request: HttpRequest, told: str, service: Callable[..., Any], *args: Any) -> None:
    """Call a service; the page that follows says what became of it."""
    try:
        service(request.act, *args)  # type: ignore[attr-defined]
        request.session["told"] = told
    except Conflict:
        request.session["told"] = "already"


@public_page
@never_cache
def change(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Choose another time of the same offer, see both, then change; the old seat is kept until the new one is taken."""
    booking, now = _own(request, booking_id), clock.now()
    row = shown.booking_of(booking, now)
    if not row["can_change"]:
        return redirect("finder:mine")
    wanted = request.GET.get("to", "")
    target = looking.public_session(int(wanted)) if wanted.isdigit() and len(wanted) < 19 else None
    if target is not None and (target.offer_id != booking.session.offer_id or target.series_id):
        raise Http404
    problem: DaremoError | None = None
    if request.method == "POST" and target is not None:
        try:
            bookings.change(request.act, booking, target)  # type: ignore[attr-defined]
            request.session["told"] = "changed"
            return redirect("finder:mine")
        except DaremoError as error:
            problem, target = error, None
    today = day_of(now)
    context = {
        "row": row,
        "new": f"{say_date(target.starts, today)} {say_time(target.starts)}" if target is not None else "",
        "new_place": shown.place_said(target.point) if target is not None else "",
        "times": cards.other_times(booking.session, now) if target is None else [],
        "problem": refused(problem) if problem is not None else None,
        "has_errors": problem is not None,
        "here": reverse("finder:change", kwargs={"booking_id": booking_id}),
    }
    return render(request, "finder/change.html", context, status=409 if problem else 200)


@public_page
@never_cache
def waiting(request: HttpRequest, wait_id: int, what: str) -> HttpResponse:
    """Take the seat that is held; to let it go or to stop waiting is asked once more."""
    reservation, told = _reservation(request), {"accept": "accepted", "decline": "declined", "leave": "left"}
    entry = reservation.waits.filter(pk=wait_id).first() if reservation is not None else None
    if entry is None or what not in told or (what == "accept" and request.method != "POST"):
        raise Http404
    if request.method == "POST":
        service = {"accept": bookings.accept, "decline": bookings.decline, "leave": bookings.leave}[what]
        _try(request, told[what], service, entry)
        return redirect("finder:mine")
    row = next(row for row in shown.waits_of(reservation, clock.now()) if row["id"] == entry.pk)
    return render(request, "finder/cancel.html", {"what": what, "row": row})


@public_page
@never_cache
def calendar(request: HttpRequest) -> HttpResponse:
    """Return the booking as an iCalendar file."""
    reservation = _reservation(request)
    if reservation is None:
        raise Http404
    answer = HttpResponse(transfer.calendar_of(reservation, clock.now()), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="yoyaku.ics"'
    return answer


@public_page
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the booking on this machine (a shared one at the library)."""
    if request.method == "POST":
        request.session.flush()
        return render(request, "finder/left.html")
    return redirect("finder:home")
