"""Who waits for a seat, answers on the telephone, and the published rule of the order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import rule as rules
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.days import day_of
from daremo.web.ui.dates import say_date, say_time

STEPS = {"accept": bookings.accept, "decline": bookings.decline, "leave": bookings.leave}


class RuleForm(forms.Form):
    """Who is asked first, and for how long the seat is kept."""

    order = forms.ChoiceField(
        label=_("だれから先に聞きますか"),
        choices=(("first_come", _("申しこみ順")), ("need", _("必要度の順、同じなら申しこみ順"))),
        widget=forms.RadioSelect,
    )
    hold_hours = forms.IntegerField(
        label=_("返事を待つ時間（1〜168時間）"),
        min_value=1,
        max_value=168,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    small_first = forms.BooleanField(label=_("席が足りないときは、少ない人数の組に先に聞く"), required=False)


def _entries(request: HttpRequest) -> Any:
    rows = apps.get_model("bookings", "WaitEntry")._default_manager.filter(state__in=("waiting", "offered"))
    return visible(
        request,
        rows.select_related(
            "reservation__person", "session__point", "series__point", "offer", "point", "booking__session__point"
        ),
    )


def _course(entry: Any, session: Any, today: Any) -> str:
    """Return a course that is waited for; once it is offered, from when."""
    begins = f"（{say_date(session.starts, today)} {say_time(session.starts)}から）" if session is not None else ""
    return f"{entry.series.title}・全部の回{begins} {entry.series.point.name}"


@staff_page("bookings.edit", methods=["GET", "HEAD"])
@never_cache
def listed(request: HttpRequest) -> HttpResponse:
    """Show those who were offered a seat, then those who wait, in the order of the rule."""
    rule = rules.rule_of(request.membership.organisation_id)  # type: ignore[attr-defined]
    first = ("-need_class",) if rule.order == "need" else ()
    today = day_of(clock.now())
    rows = []
    for entry in _entries(request).order_by("-state", *first, "since", "id")[:200]:
        session = entry.booking.session if entry.booking_id and entry.state == "offered" else entry.session
        contact = people.contact_of(entry.reservation.person)
        until = f"{say_date(entry.offer_until, today)} {say_time(entry.offer_until)}" if entry.offer_until else ""
        rows.append({
            "id": entry.pk, "who": contact.name if contact else "（お名前なし）", "phone": contact.phone if contact else "",
            "since": entry.since, "seats": entry.seats, "state": entry.get_state_display(), "until": until,
            "what": _course(entry, session, today) if entry.series else f"{say_date(session.starts, today)} {say_time(session.starts)} {session.point.name}" if session
            else f"{entry.offer.title if entry.offer else ''}・{entry.point.name if entry.point else 'どの場所でも'}",
            "steps": (("accept", "受ける"), ("decline", "ことわる")) if entry.state == "offered" else (("leave", "やめる"),),
        })  # fmt: skip
    return render(
        request,
        "desk/waiting.html",
        {
            "rows": rows,
            "rule": rule,
            "may_rule": may(request, "organisations.edit"),
            "problem": request.session.pop("waiting_problem", ""),
        },
    )


@staff_page("bookings.edit", of={"wait_id": "bookings.waitentry"}, methods=["POST"])
def step(request: HttpRequest, wait_id: int, do: str) -> HttpResponse:
    """The person takes the seat, passes it on, or waits no longer."""
    if do not in STEPS:
        raise Http404
    row = request.rows["wait_id"]  # type: ignore[attr-defined]
    people.looked(request.act, request.user, row.reservation.person, "空き待ち", do)  # type: ignore[attr-defined,arg-type]
    try:
        STEPS[do](request.act, row)  # type: ignore[attr-defined]
    except DaremoError as error:
        request.session["waiting_problem"] = f"{error.message}。{error.fix}"
    return redirect("desk:waiting")


@staff_page("organisations.edit")
@never_cache
def rule(request: HttpRequest) -> HttpResponse:
    """Show and publish the rule of the waiting order."""
    organisation = request.membership.organisation  # type: ignore[attr-defined]
    now = rules.rule_of(organisation.pk)
    form = RuleForm(
        request.POST or None,
        initial={"order": now.order, "hold_hours": now.hold_hours, "small_first": now.small_first},
    )
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        rules.publish(
            request.act, organisation, told["order"], told["hold_hours"], told["small_first"], day_of(clock.now())  # type: ignore[attr-defined]
        )  # fmt: skip
        return redirect("desk:waiting")
    return render(request, "desk/rule.html", {"form": form, "rule": now})
