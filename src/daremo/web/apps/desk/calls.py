"""The list of calls to make, and what came of each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder import shown
from daremo.web.apps.followups import services as followups
from daremo.web.apps.notices import services as notices
from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import staff_page
from daremo.web.days import day_of
from daremo.web.problems import refusal

ALONE = (("3", _("ひとりでできる")), ("2", _("声かけだけで")), ("1", _("いっしょなら")), ("0", _("まだできない")))
KINDS = (("notice", _("お知らせ")), ("request", _("希望")), ("followup", _("その後")))
CALLS = {
    "row_id": (
        "kind",
        {"notice": "notices.notice", "request": "bookings.helprequest", "followup": "followups.followup"},
    )
}


def calls_of(request: HttpRequest, now: Any, limit: int = 200) -> list[dict[str, Any]]:
    """Return all calls to make: messages, requests for a call, questions after thirty and ninety days."""
    ids = request.organisation_ids  # type: ignore[attr-defined]
    rows: list[dict[str, Any]] = [
        {"kind": "notice", "id": n.pk, "when": n.due, "person": n.person, "why": shown.occasion(n.occasion)}
        for n in notices.call_list(ids, now)
    ]
    rows += [
        {
            "kind": "request",
            "id": r.pk,
            "when": r.due or r.reservation.made_at,
            "person": r.reservation.person,
            "why": r.get_kind_display(),
        }
        for r in reservations.open_requests(ids)
    ]
    rows += [
        {
            "kind": "followup",
            "id": f.pk,
            "when": shown.noon(f.due),
            "person": f.person,
            "why": f"{f.days}日後のようす（ひとりでできますか）",
        }
        for f in followups.due(ids, day_of(now))
    ]
    for row in rows:
        contact = people.contact_of(row["person"])
        row["name"] = contact.name if contact else "（連絡先なし）"
        row["phone"] = contact.phone if contact else ""
    return sorted(rows, key=lambda r: r["when"])[:limit]


@staff_page("desk.use", methods=["GET", "HEAD"])
@never_cache
def listed(request: HttpRequest) -> HttpResponse:
    """Show everybody who is to be called, the most urgent first."""
    rows = calls_of(request, clock.now(), 400)
    kind = request.GET.get("kind", "")
    kinds = [(code, word, sum(r["kind"] == code for r in rows)) for code, word in KINDS]
    shown_rows = [r for r in rows if not kind or r["kind"] == kind]
    return render(request, "desk/calls.html", {"rows": shown_rows, "kinds": kinds, "kind": kind, "all": len(rows)})


@staff_page("desk.use", of=CALLS, methods=["GET", "HEAD"])
@never_cache
def result(request: HttpRequest, kind: str, row_id: int) -> HttpResponse:
    """Ask how a call went."""
    return _ask(request, kind, row_id)


def _ask(request: HttpRequest, kind: str, row_id: int, problem: DaremoError | None = None) -> HttpResponse:
    row = next((r for r in calls_of(request, clock.now(), 400) if r["kind"] == kind and r["id"] == row_id), None)
    if row is None:
        return redirect("desk:calls")
    people.looked(request.act, request.user, row["person"], "電話をかける人", row["why"])  # type: ignore[attr-defined,arg-type]
    told = {name: request.POST.get(name, "") for name in ("reached", "alone", "still", "missing")}
    return render(
        request,
        "desk/result.html",
        {
            "row": row,
            "words": notices.words_of(request.rows["row_id"]) if kind == "notice" else None,  # type: ignore[attr-defined]
            "missing": followups.MISSING.items(),
            "alone": ALONE,
            "told": told,
            "problem": problem,
            "has_errors": problem is not None,
        },
        status=409 if problem else 200,
    )


@staff_page("desk.use", of=CALLS, methods=["POST"])
def said(request: HttpRequest, kind: str, row_id: int) -> HttpResponse:
    """Write down how a call went."""
    act, row = request.act, request.rows["row_id"]  # type: ignore[attr-defined]
    answer = request.POST.get("reached", "")
    try:
        if answer not in ("yes", "no") or (answer == "yes" and kind == "followup" and not request.POST.get("alone")):
            raise refusal("no-answer-chosen")
        reached = answer == "yes"
        if kind == "notice":
            notices.called(act, row, reached)
        elif kind == "followup":
            _answer(request, row, reached)
        elif not reached:
            bookings.tried_to_call(act, row)
        elif row.kind == "call":
            bookings.close_help(act, row)
        else:
            return redirect("visits:plan", request_id=row.pk)
    except DaremoError as error:
        return _ask(request, kind, row_id, error)
    return redirect("desk:calls")


def _answer(request: HttpRequest, row: Any, reached: bool) -> None:
    act = request.act  # type: ignore[attr-defined]
    if not reached:
        followups.not_reached(act, row)
    elif request.POST.get("alone") == "refused":
        followups.refused(act, row)
    else:
        alone = request.POST.get("alone", "")
        still = {"yes": True, "no": False}.get(request.POST.get("still", ""))
        followups.answer(
            act,
            row,
            alone=int(alone) if alone.isdigit() else None,
            still_doing=still,
            missing=request.POST.get("missing", ""),
        )
