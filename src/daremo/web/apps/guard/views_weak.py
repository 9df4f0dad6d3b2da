"""Pages about known weaknesses: the inbox, one duty, the tabletop exercise and what came of it."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.apps import apps
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError, InputError
from daremo.kernel.tables import rows_of
from daremo.web import clock
from daremo.web.apps.guard import duties
from daremo.web.apps.guard.forms_weak import DrillForm, DutyForm, WeakForm
from daremo.web.apps.guard.models import Drill, Duty, State
from daremo.web.apps.guard.views_identity import people_by_stage
from daremo.web.apps.staff.access import StaffRequest, may, staff_page, visible
from daremo.web.days import day_of
from daremo.web.problems import words

SHOWN = 200
SCENARIOS = 5


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _organisation(request: HttpRequest) -> Any:
    return cast(StaffRequest, request).membership.organisation


def people() -> dict[str, float]:
    """Return residents by life stage and all together, as far as they were counted."""
    found = people_by_stage()
    return {**found, "all": sum(found.values())} if found else {}


def said(error: DaremoError) -> tuple[str, str]:
    """Say on a page why files were not taken: the first problems, with file and row."""
    if not isinstance(error, InputError):
        return words(error, get_language() or "ja")
    told = {r["code"]: r for r in rows_of("daremo.trust", "problem_codes")}
    lines = []
    for p in error.problems[:5]:
        row = told.get(p.code)
        message = row["en"] if row is not None and _english() else p.message
        at = p.file + (_("{n}行め").replace("{n}", str(p.row)) if p.row else "")
        lines.append(f"{at}：{message}" if at else message)
    return "。".join(lines), error.problems[0].fix.partition("daremo ")[0]


def state_word(state: str) -> str:
    """Say what became of a duty."""
    return {"open": _("手当てを待つ"), "accepted": _("受け入れた"), "done": _("すんだ")}.get(state, state)


@staff_page("guard.see", post="guard.edit")
@never_cache
def weak_spots(request: HttpRequest) -> HttpResponse:
    """List what to do first, each with owner and date; take inventories and advisories."""
    form = WeakForm(request.POST, request.FILES) if request.method == "POST" else WeakForm()
    problem: tuple[str, str] | None = None
    if request.method == "POST" and form.is_valid():
        told, act = form.cleaned_data, request.act  # type: ignore[attr-defined]
        try:
            if told["assets"] or told["services"]:
                files = [(one.name, one.read()) for one in told["assets"]]
                duties.take_inventory(act, _organisation(request), files, told["services"])
            after = "?taken=0"
            if told["advisories"]:
                files = [(one.name, one.read()) for one in told["advisories"]]
                taken = duties.take_advisories(act, _organisation(request), files, people())
                after = f"?taken={taken.advisories}&new={taken.new}&again={taken.again + taken.reopened}&not={len(taken.problems)}"
            return redirect(reverse("guard:weak") + after)
        except DaremoError as error:
            problem = said(error)
    today = day_of(clock.now())
    rows = visible(request, Duty.objects.select_related("owner", "organisation"))
    shown_all = request.GET.get("show") == "all"
    if not shown_all:
        rows = rows.filter(state=State.OPEN)
    inventory = duties.latest(_organisation(request))
    return render(
        request,
        "guard/weak.html",
        {
            "form": form,
            "problem": problem,
            "has_errors": problem is not None,
            "rows": [_line(row, today) for row in rows.order_by("state", "-score", "due", "pk")[:SHOWN]],
            "open": visible(request, Duty.objects.filter(state=State.OPEN)).count(),
            "late": visible(request, Duty.objects.filter(state=State.OPEN, due__lt=today)).count(),
            "all": shown_all,
            "taken": {name: n for name in ("taken", "new", "again", "not") if (n := request.GET.get(name, "")).isdecimal()},
            "inventory": inventory,
            "edits": may(request, "guard.edit"),
            "many": len(request.organisation_ids) > 1,  # type: ignore[attr-defined]
        },
    )  # fmt: skip


def _line(row: Duty, today: date) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "asset": row.asset,
        "title": row.title,
        "organisation": row.organisation.name,
        "owner": _name(row.owner) if row.owner else "",
        "due": row.due,
        "late": row.state == State.OPEN and row.due < today,
        "state": state_word(row.state),
        "severity": f"{row.severity:.1f}",
        "people": f"{row.people:,.0f}",
        "exploited": row.exploited,
        "exposed": row.exposed,
        "possible": row.possible,
    }


def _name(user: Any) -> str:
    return f"{user.last_name} {user.first_name}".strip() or str(user.username)


def _service(one: list[str]) -> str:
    return one[1] if _english() else one[0]


def _owners(organisation: int, today: date) -> list[tuple[str, str]]:
    rows = (
        apps.get_model("staff", "Membership")
        ._default_manager.filter(Q(until=None) | Q(until__gte=today), organisation=organisation, user__is_active=True)
        .exclude(role="auditor")
        .select_related("user")
        .order_by("user__last_name", "user__pk")
    )
    return list({str(row.user_id): _name(row.user) for row in rows}.items())


@staff_page("guard.see", post="guard.edit", of={"duty_id": "guard.duty"})
@never_cache
def duty(request: HttpRequest, duty_id: int) -> HttpResponse:
    """Show one weakness in one asset and why it stands where it stands; say who sees to it."""
    row: Duty = request.rows["duty_id"]  # type: ignore[attr-defined]
    today = day_of(clock.now())
    owners = _owners(row.organisation_id, today)
    problem: tuple[str, str] | None = None
    first = {
        "state": row.state,
        "owner": str(row.owner_id or ""),
        "due": row.due.isoformat(),
        "why": row.why,
        "was": row.state,
    }
    form = DutyForm(request.POST, owners=owners) if request.method == "POST" else DutyForm(initial=first, owners=owners)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            duties.settle(
                request.act,  # type: ignore[attr-defined]
                row,
                owner=int(told["owner"]) if told["owner"] else None,
                due=told["due"],
                state=told["state"],
                why=told["why"],
                was=told["was"],
            )
            return redirect("guard:weak")
        except DaremoError as error:
            problem = said(error)
    return render(
        request,
        "guard/duty.html",
        {
            "row": row,
            "line": _line(row, today),
            "told": row.told,
            "stops": [_service(one) for one in row.told.get("stops", ())],
            "common": [_service(one) for one in row.told.get("common", ())],
            "form": form,
            "problem": problem,
            "has_errors": problem is not None,
            "edits": may(request, "guard.edit"),
        },
    )  # fmt: skip


@staff_page("guard.see", post="guard.edit")
@never_cache
def exercise(request: HttpRequest) -> HttpResponse:
    """Show a tabletop exercise to print; take what was decided."""
    asked = request.POST.get("scenario") or request.GET.get("scenario") or "0"
    scenario = int(asked) if asked.isdecimal() and len(asked) < 4 else 0
    at = 1 if _english() else 0
    problem: tuple[str, str] | None = None
    made, form = None, None
    try:
        made = duties.exercise_for(_organisation(request), people(), scenario)
        form = DrillForm(request.POST, made=made) if request.method == "POST" else DrillForm(
            initial={"held": day_of(clock.now()).isoformat()}, made=made
        )  # fmt: skip
        if request.method == "POST" and form.is_valid():
            row = duties.hold(
                request.act,  # type: ignore[attr-defined]
                _organisation(request),
                made,
                form.rows(),
                form.cleaned_data["held"],
            )
            return redirect("guard:drill", drill_id=row.pk)
    except DaremoError as error:
        problem = said(error)
    drills = visible(request, Drill.objects.order_by("-held", "-pk"))[:20]
    return render(
        request,
        "guard/exercise.html",
        {
            "title": made.title[at] if made else "",
            "steps": [
                {
                    "number": i.number, "at": f"{i.minutes // 60}:{i.minutes % 60:02d}", "role": i.role[at],
                    "text": i.text[at], "ask": i.ask[at], "expect": i.expect[at], "within": i.within_min,
                }
                for i in (made.injects if made else ())
            ],
            "form": form if may(request, "guard.edit") else None,
            "problem": problem,
            "has_errors": problem is not None and request.method == "POST",
            "scenario": scenario,
            "others": [n for n in range(SCENARIOS) if n != scenario],
            "drills": [{"pk": d.pk, "held": d.held, "title": d.told.get("en" if at else "ja", "")} for d in drills],
            "digest": made.digest[:16] if made else "",
        },
    )  # fmt: skip


@staff_page("guard.see", of={"drill_id": "guard.drill"})
@never_cache
def drill(request: HttpRequest, drill_id: int) -> HttpResponse:
    """Show what came of an exercise."""
    row: Drill = request.rows["drill_id"]  # type: ignore[attr-defined]
    told = row.told
    return render(
        request,
        "guard/drill.html",
        {
            "row": row,
            "title": told.get("en" if _english() else "ja", ""),
            "told": told,
            "rows": [
                {**one, "due": date.fromisoformat(one["due"]) if one.get("due") else None}
                for one in told.get("decisions", ())
            ],
            "without_owner": "、".join(map(str, told.get("without_owner", ()))),
            "not_observed": "、".join(map(str, told.get("not_observed", ()))),
            "digest": told.get("sha256", "")[:16],
        },
    )
