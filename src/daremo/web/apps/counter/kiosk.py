"""The machine at the place, where a ticket is taken, and the board that calls; no name is ever shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder import shown
from daremo.web.apps.finder.numbers import open_reservation
from daremo.web.apps.finder.words import fill, refused
from daremo.web.apps.queue import services as queue
from daremo.web.apps.staff.access import public_page
from daremo.web.days import day_of
from daremo.web.gate.account import address_of
from daremo.web.problems import refusal


class WalkInForm(forms.Form):
    """What it is about; whoever cannot say it says so."""

    need = forms.ChoiceField(
        label=_("どんなことですか？"),
        widget=forms.RadioSelect,
        error_messages={"required": _("近いものを、ひとつ選んでください。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["need"].choices = shown.need_choices()  # type: ignore[attr-defined]


class ArriveForm(forms.Form):
    """The number on the ticket from home, and the end of the telephone number."""

    number = forms.CharField(
        label=_("予約番号"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("予約番号を書いてください。")},
    )
    phone = forms.CharField(
        label=_("電話番号の下4けた"),
        help_text=_("電話なしで予約した人は、書かないでください。"),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def _point(point_id: int) -> Any:
    rows = apps.get_model("places", "SupportPoint")._default_manager.filter(state__in=("published", "stale"))
    return get_object_or_404(rows.select_related("organisation"), pk=point_id)


def _wait_words(ahead: int, minutes: int) -> str:
    if not ahead:
        return gettext("いま、待っている人はいません。")
    return fill(gettext("いま{n}人待ち、約{m}分です。"), n=ahead, m=minutes)


@public_page
@never_cache
def kiosk(request: HttpRequest, point_id: int) -> HttpResponse:
    """Take a ticket: with what it is about, or with a booking number."""
    point, now = _point(point_id), clock.now()
    if not point.walk_in:
        raise Http404
    arriving = request.method == "POST" and "number" in request.POST
    walk_in = WalkInForm(request.POST if request.method == "POST" and not arriving else None)
    arrive = ArriveForm(request.POST if arriving else None)
    form = arrive if arriving else walk_in
    if request.method == "POST" and form.is_valid():
        act = request.act  # type: ignore[attr-defined]
        told = form.cleaned_data
        try:
            if arriving:
                ticket = _arrive(act, point, told["number"], told["phone"], address_of(request))
            else:
                ticket = queue.take(act, point, topic=told["need"])
        except DaremoError as error:
            if error.code == "too-fast":
                raise
            message, fix = refused(error)
            form.add_error("number" if arriving else "need", f"{message}{gettext('。')}{fix}")
        else:
            request.session["ticket"] = ticket.pk
            return redirect("counter:kiosk-ticket", point_id=point.pk)
    wait = queue.expected_wait(point, now)
    return render(
        request,
        "counter/kiosk.html",
        {
            "point": point,
            "wait": _wait_words(wait.ahead, wait.minutes),
            "walk_in": walk_in,
            "arrive": arrive,
            "has_errors": bool(walk_in.errors or arrive.errors),
        },
    )


def _arrive(act: Any, point: Any, number: str, phone: str, asker: str) -> Any:
    """Note that somebody with a booking has come; pressed twice, she keeps her ticket."""
    reservation = open_reservation(number, phone, asker=asker, now=act.now)
    day = day_of(act.now)
    rows = reservation.bookings.filter(person__isnull=False, session__point=point, state__in=("confirmed", "arrived"))
    for booking in rows.select_related("session__point", "session__offer").order_by("session__starts"):
        if day_of(booking.session.starts) != day:
            continue
        if booking.state == "confirmed":
            bookings.arrive(act, booking)
        if hasattr(booking, "ticket"):
            return booking.ticket
        try:
            return queue.take(act, point, booking=booking, topic=reservation.topic)
        except Conflict:
            booking.refresh_from_db()
            return booking.ticket
    raise refusal("not-today")


@public_page
@never_cache
def ticket(request: HttpRequest, point_id: int) -> HttpResponse:
    """Show the number, large, and how long it takes; the next person starts anew."""
    point, now = _point(point_id), clock.now()
    rows = apps.get_model("queue", "Ticket")._default_manager.filter(point=point)
    found = rows.filter(pk=request.session.get("ticket") or 0).first()
    if request.method == "POST" or found is None:
        request.session.pop("ticket", None)
        return redirect("counter:kiosk", point_id=point.pk)
    ahead = sum(
        t.pk != found.pk and (t.due_at, t.number) < (found.due_at, found.number) for t in queue.waiting(point, now)
    )
    usual = queue.expected_wait(point, now)
    minutes = -(-ahead * (usual.minutes / max(1, usual.ahead)) // 5) * 5 if ahead else 0
    return render(
        request,
        "counter/kiosk_ticket.html",
        {"point": point, "ticket": found, "ahead": ahead, "minutes": int(minutes)},
    )


@public_page
@never_cache
def board(request: HttpRequest, point_id: int) -> HttpResponse:
    """Show which numbers are called; never a name."""
    point, now = _point(point_id), clock.now()
    rows, wait = queue.today(point, now), queue.expected_wait(point, now)
    return render(
        request,
        "counter/board.html",
        {
            "point": point,
            "called": [t.number for t in rows if t.state == "called"],
            "serving": [t.number for t in rows if t.state == "serving"],
            "wait": _wait_words(wait.ahead, wait.minutes),
        },
    )
