"""Wishes for a visit become a round of a day, and the round a sheet to take along."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.finder import shown
from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import staff_page, visible
from daremo.web.apps.visits import rounds
from daremo.web.apps.visits import services as visits
from daremo.web.days import TOKYO, day_of, span
from daremo.web.ui.dates import say_date, say_time
from daremo.web.ui.fields import DateField


class RoundForm(forms.Form):
    """Who goes when, from where, and to whom."""

    day = DateField(
        label=_("日"), help_text=_("例：12月4日、令和8年12月4日"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    begin = forms.TimeField(
        label=_("出発する時刻"), initial="10:00", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    minutes = forms.TypedChoiceField(
        label=_("1軒の時間"), choices=((30, _("30分")), (45, _("45分")), (60, _("60分")), (90, _("90分"))), coerce=int,
        initial=60, widget=forms.RadioSelect,
    )  # fmt: skip
    supporter: Any = forms.ModelChoiceField(label=_("行く人"), queryset=None)
    base: Any = forms.ModelChoiceField(label=_("出発する場所"), queryset=None)
    requests: Any = forms.ModelMultipleChoiceField(
        label=_("訪問する家（10軒まで）"), queryset=None, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("訪問する家を、ひとつ以上選んでください。")},
    )  # fmt: skip

    def __init__(self, *args: Any, supporters: Any, points: Any, wishes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supporter"].queryset = supporters  # type: ignore[attr-defined]
        self.fields["base"].queryset = points  # type: ignore[attr-defined]
        self.fields["requests"].queryset = wishes  # type: ignore[attr-defined]
        self.fields["requests"].label_from_instance = _wish  # type: ignore[attr-defined]


def _wish(row: Any) -> str:
    person, contact = row.reservation.person, people.contact_of(row.reservation.person)
    best = {"morning": "午前がよい", "afternoon": "午後がよい"}.get(row.best_time, "")
    words = [contact.name if contact else "お名前なし", person.area.name if person.area else "地区不明"]
    words += [shown.need_word(row.reservation.topic)] if row.reservation.topic else []
    return "・".join([*words, *([best] if best else []), f"{say_date(row.reservation.made_at)}に申しこみ"])


def _wishes(request: HttpRequest) -> Any:
    rows = apps.get_model("bookings", "HelpRequest")._default_manager.filter(kind="visit", state="new")
    return visible(request, rows.select_related("reservation__person__area")).order_by("reservation__made_at", "id")


def _form(request: HttpRequest, data: Any, initial: dict[str, Any]) -> RoundForm:
    get = apps.get_model
    return RoundForm(
        data,
        initial=initial,
        supporters=visible(request, get("places", "Supporter")._default_manager.filter(state="active")).order_by(
            "kana", "name"
        ),
        points=visible(request, get("places", "SupportPoint")._default_manager.exclude(state="closed")).order_by(
            "name"
        ),
        wishes=_wishes(request),
    )


@staff_page("schedule.edit")
@never_cache
def requests(request: HttpRequest) -> HttpResponse:
    """Show who wants a visit; draft a round, and make it when it is right."""
    return _round(request, None)


@staff_page("schedule.edit", of={"request_id": "bookings.helprequest"}, methods=["GET", "HEAD"])
@never_cache
def plan(request: HttpRequest, request_id: int) -> HttpResponse:
    """The same page with one wish chosen."""
    return _round(request, request_id)


def _round(request: HttpRequest, chosen: int | None) -> HttpResponse:
    form = _form(request, request.POST or None, {"requests": [chosen] if chosen else []})
    problem: DaremoError | None = None
    stops: list[rounds.Stop] = []
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        begin = datetime.combine(told["day"], told["begin"], TOKYO)
        try:
            stops = rounds.drafted(list(told["requests"]), told["base"], begin, told["minutes"])
            if request.POST.get("do") == "make":
                rounds.plan_round(request.act, request.membership.organisation, told["supporter"], told["base"], stops)  # type: ignore[attr-defined]
                return redirect("visits:round", day=told["day"].isoformat())
        except DaremoError as error:
            problem = error
    rows = [
        {
            "time": f"{say_time(s.starts)}〜{say_time(s.ends)}",
            "who": _wish(s.request),
            "km": s.km,
            "way": rounds.minutes_of_way(s.km),
        }
        for s in stops
    ]
    return render(
        request,
        "visits/requests.html",
        {
            "form": form,
            "any": form.fields["requests"].queryset.exists(),  # type: ignore[attr-defined]
            "stops": rows,
            "problem": problem,
            "has_errors": bool(problem),
            "today": day_of(clock.now()).isoformat(),
        },
        status=409 if problem else 200,
    )


@staff_page("bookings.see", methods=["GET", "HEAD"])
@never_cache
def sheet(request: HttpRequest, day: str) -> HttpResponse:
    """Show the day's visits by supporter, to be printed and taken along."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    begin, end = span(on, on)
    rows = apps.get_model("bookings", "Booking")._default_manager.filter(
        session__offer__kind="visit",
        session__starts__gte=begin,
        session__starts__lt=end,
        state__in=("confirmed", "arrived", "attended", "noshow"),
        person__isnull=False,
    )
    found = visible(request, rows.select_related("session__point", "person__area", "reservation")).order_by(
        "session__starts", "id"
    )
    by_helper: dict[str, list[dict[str, Any]]] = {}
    for booking in found.prefetch_related("session__uses__resource__supporter"):
        people.looked(request.act, request.user, booking.person, "訪問の一覧", say_date(booking.session.starts))  # type: ignore[attr-defined,arg-type]
        names = [
            u.resource.supporter.name
            for u in booking.session.uses.all()
            if u.active and hasattr(u.resource, "supporter")
        ]
        by_helper.setdefault("・".join(names) or "担当なし", []).append(_line(booking))
    noon = datetime.combine(on, time(12), TOKYO)
    return render(request, "visits/round.html", {"day": noon, "helpers": by_helper.items()})


def _line(booking: Any) -> dict[str, Any]:
    contact, told = people.contact_of(booking.person), visits.so_far(booking.person)
    return {
        "id": booking.pk,
        "time": f"{say_time(booking.session.starts)}〜{say_time(booking.session.ends)}",
        "who": contact.name if contact else "（お名前なし）",
        "phone": contact.phone if contact else "",
        "address": (contact.address if contact else "") or (booking.person.area.name if booking.person.area else ""),
        "topic": shown.need_word(booking.reservation.topic) if booking.reservation else "",
        "needs": "・".join(shown.need_word(n) for n in booking.person.needs),
        "goal": (told.goal.words or shown.topic(told.goal.topic)) if told.goal else "",
        "state": booking.get_state_display(),
    }
