"""The page on which a plan becomes points, times and sessions: first everything that would come, then one button."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.staff.access import StaffRequest, staff_page
from daremo.web.apps.transfer import services as transfer
from daremo.web.days import day_of
from daremo.web.ui.fields import DateField
from daremo.web.ui.pieces import Fact, Table

WEEKS = 12


class PlanForm(forms.Form):
    """From which day, for how many weeks."""

    first = DateField(label=gettext_lazy("さいしょの日"), help_text=gettext_lazy("例：令和9年4月1日"))
    weeks = forms.IntegerField(
        label=gettext_lazy("何週間ぶん"),
        min_value=1,
        max_value=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("1〜60の数を入れてください。")},
    )


def folder() -> Path:
    """Return where ``daremo plan -o`` is expected: beside the region's folder."""
    return Path(settings.DAREMO_REGION).parent / "plan"


def read() -> dict[str, Any] | None:
    """Return the plan that lies there, None where there is none or it cannot be read."""
    try:
        told = json.loads((folder() / "plan.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and "points" in told else None


@staff_page("plan.edit")
def plan(request: HttpRequest) -> HttpResponse:
    """Show what the plan would bring; the button brings it, all or nothing."""
    staff = cast(StaffRequest, request)
    told = read()
    monday = day_of(clock.now())
    monday += timedelta(days=7 - monday.weekday())
    era = f"{monday.year}年{monday.month}月{monday.day}日"
    form = PlanForm(request.POST if request.method == "POST" else None, initial={"first": era, "weeks": WEEKS})
    problem: DaremoError | None = None
    if request.method == "POST" and told is not None and form.is_valid():
        try:
            made = transfer.load_plan(
                staff.act,
                Path(settings.DAREMO_REGION),
                folder(),
                first_day=form.cleaned_data["first"],
                weeks=form.cleaned_data["weeks"],
            )
        except DaremoError as error:
            problem = error
        else:
            request.session["plan_loaded"] = [
                made.points,
                made.openings,
                made.series,
                made.sessions,
                list(made.left_out),
            ]
            return redirect("transfer:plan-done")
    context = {
        "form": form,
        "plan": told,
        "folder": folder(),
        "facts": _facts(told) if told else [],
        "table": _table(told) if told else None,
        "problem": problem,
        "has_errors": problem is not None,
    }
    return render(request, "transfer/plan.html", context, status=409 if problem else 200)


def _facts(told: dict[str, Any]) -> list[Fact]:
    gap = 100 * told["gap_share"]
    return [
        Fact(_("町"), told["region"]["name"]),
        Fact(_("費用"), _("{yen}円").format(yen=f"{told['cost_yen']:,.0f}")),
        Fact(
            _("壁がなくなる人"),
            _("{n}人").format(n=f"{told['people_freed']:,.0f}"),
            small=_("これより多くはできない数 {n}人（差 {gap}%）").format(
                n=f"{told['people_freed_bound']:,.0f}", gap=f"{gap:.2f}"
            ),
        ),
    ]


def _table(told: dict[str, Any]) -> Table:
    kinds = {"point": _("相談"), "class": _("教室"), "round": _("出張")}
    rows = [
        (
            p["name"],
            kinds.get(p["kind"], p["kind"]),
            f"{p['hours_year']:,.0f}",
            f"{p['visits']:,.0f}",
            f"{p['cost_yen']:,.0f}",
        )
        for p in told["points"]
    ]
    columns = [
        (_("場所"), False),
        (_("種類"), False),
        (_("1年の時間"), True),
        (_("見こむ人（のべ）"), True),
        (_("費用（円）"), True),
    ]
    return Table(_("計画が開く場所"), columns, rows)


@staff_page("plan.see")
def done(request: HttpRequest) -> HttpResponse:
    """Say what came of it."""
    told = request.session.pop("plan_loaded", None)
    if told is None:
        return redirect("transfer:plan")
    points, openings, series, sessions, left_out = told
    facts = [
        Fact(_("場所"), str(points)),
        Fact(_("開く時間"), str(openings)),
        Fact(_("教室"), str(series)),
        Fact(_("予約できる回"), str(sessions)),
    ]
    return render(request, "transfer/plan_done.html", {"facts": facts, "left_out": left_out})
