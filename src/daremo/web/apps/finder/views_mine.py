"""Look at a booking with its number and telephone: change it, cancel it, answer an offer, take it along."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder import shown
from daremo.web.apps.followups import services as followups
from daremo.web.apps.schedule import looking
from daremo.web.apps.staff.access import public_page
from daremo.web.apps.transfer import calendar as transfer


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
        try:
            found = bookings.find(form.cleaned_data["number"], form.cleaned_data["phone"])
        except DaremoError as error:
            form.add_error("number", f"{error.message}。{error.fix}")
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
    return render(
        request,
        "finder/mine.html",
        {
            "reservation": reservation,
            "number": shown.spoken(reservation.number),
            "bookings": shown.bookings_of(reservation, now),
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
        try:
            bookings.cancel(request.act, booking, "person")  # type: ignore[attr-defined]
            request.session["told"] = "cancelled"
        except Conflict:
            request.session["told"] = "already"
        return redirect("finder:mine")
    return render(request, "finder/cancel.html", {"booking": shown.booking_of(booking, clock.now())})


@public_page
@never_cache
def change(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Choose another time of the same offer; the old seat is kept until the new one is taken."""
    booking = _own(request, booking_id)
    now = clock.now()
    problem: DaremoError | None = None
    if request.method == "POST":
        target = (
            looking.public_session(int(request.POST["session"])) if request.POST.get("session", "").isdigit() else None
        )
        if target is None:
            raise Http404
        try:
            bookings.change(request.act, booking, target)  # type: ignore[attr-defined]
            request.session["told"] = "changed"
            return redirect("finder:mine")
        except DaremoError as error:
            problem = error
    times = shown.other_times(booking.session, now)
    context = {
        "booking": shown.booking_of(booking, now),
        "times": times,
        "problem": problem,
        "has_errors": problem is not None,
    }
    return render(request, "finder/change.html", context, status=409 if problem else 200)


@public_page
@never_cache
def waiting(request: HttpRequest, wait_id: int, what: str) -> HttpResponse:
    """Take the seat that is held, let it go, or stop waiting."""
    reservation = _reservation(request)
    entry = reservation.waits.filter(pk=wait_id).first() if reservation else None
    if entry is None or request.method != "POST" or what not in ("accept", "decline", "leave"):
        raise Http404
    try:
        getattr(bookings, what)(request.act, entry)  # type: ignore[attr-defined]
        request.session["told"] = {"accept": "accepted", "decline": "declined", "leave": "left"}[what]
    except DaremoError:
        request.session["told"] = "already"
    return redirect("finder:mine")


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
    return redirect("finder:home")


class AfterForm(forms.Form):
    """The question after thirty and ninety days, answered by code."""

    code = forms.CharField(
        label=_("お返事の番号"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("番号を書いてください。")},
    )
    alone = forms.ChoiceField(
        label=_("いま、ひとりでできますか？"),
        choices=(
            ("3", _("ひとりでできる")),
            ("2", _("声かけだけでできる")),
            ("1", _("いっしょならできる")),
            ("0", _("まだできない")),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )
    still = forms.ChoiceField(
        label=_("いまも、つづけていますか？"),
        choices=(("yes", _("はい")), ("no", _("いいえ"))),
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )
    missing = forms.ChoiceField(
        label=_("足りないものはありますか？"),
        choices=tuple((code, _(words)) for code, words in followups.MISSING.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )


@public_page
@never_cache
def after(request: HttpRequest) -> HttpResponse:
    """Answer how it went, without an account and without a name."""
    form = AfterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            row = followups.by_code(told["code"])
        except DaremoError as error:
            form.add_error("code", f"{error.message}。{error.fix}")
        else:
            followups.answer(
                request.act, row, alone=int(told["alone"]), still_doing=told["still"] == "yes", missing=told["missing"]
            )  # type: ignore[attr-defined]
            return render(request, "finder/after_done.html")
    return render(request, "finder/after.html", {"form": form})
