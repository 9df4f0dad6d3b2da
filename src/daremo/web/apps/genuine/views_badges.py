"""Badges from the staff page: issued, printed with their QR, revoked."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from daremo.kernel.errors import DaremoError
from daremo.trust.credentials import paper as printed
from daremo.web.apps.genuine import badges, services
from daremo.web.apps.genuine.forms import QualificationForm, RevokeForm
from daremo.web.apps.genuine.models import Badge
from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.problems import words
from daremo.web.ui.dates import say_date
from daremo.web.ui.pieces import Fact

SHOWN = 200


@staff_page("badges.see")
def listed(request: HttpRequest) -> HttpResponse:
    """List badges."""
    rows = visible(request, Badge.objects.select_related("supporter")).order_by("-pk")[:SHOWN]
    return render(request, "genuine/badges.html", {"rows": rows, "may_edit": may(request, "badges.edit")})


@staff_page("badges.edit")
def qualify(request: HttpRequest) -> HttpResponse:
    """Issue a qualification to a supporter."""
    model = apps.get_model("places", "Supporter")
    supporters = model._default_manager.filter(organisation__in=request.organisation_ids).exclude(state="ended")  # type: ignore[attr-defined]
    form = QualificationForm(request.POST or None, supporters=supporters.order_by("kana", "name"))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = badges.qualify(request.act, told["supporter"], told["name"], told["until"] or None)  # type: ignore[attr-defined]
            return redirect("genuine:badge", badge_id=made.pk)
        except DaremoError as error:
            form.add_error("until" if error.code == "badge-ended" else "name", " ".join(words(error, "ja")))
    return render(request, "genuine/qualify.html", {"form": form})


@staff_page("badges.edit", of={"person_id": "people.person"})
def attest(request: HttpRequest, person_id: int) -> HttpResponse:
    """Issue an attendance to a person: what the bookings say."""
    person: Any = request.rows["person_id"]  # type: ignore[attr-defined]
    people.looked(request.act, request.user, person, "バッジ", "受講のバッジ")  # type: ignore[attr-defined,arg-type]
    contact = people.contact_of(person)
    problem: DaremoError | None = None
    offer = request.POST.get("offer", "")
    if request.method == "POST" and offer.isascii() and offer.isdecimal() and len(offer) < 16:
        try:
            made = badges.attest(request.act, person, int(offer), contact.name if contact else "")  # type: ignore[attr-defined]
            return redirect("genuine:badge", badge_id=made.pk)
        except DaremoError as error:
            problem = error
    told = {"person": person, "name": contact.name if contact else "", "rows": badges.attended(person)}
    return render(request, "genuine/attest.html", told | {"problem": problem, "has_errors": problem is not None})


@staff_page("badges.see", of={"badge_id": "genuine.badge"})
def badge(request: HttpRequest, badge_id: int) -> HttpResponse:
    """Show a badge."""
    row: Badge = request.rows["badge_id"]  # type: ignore[attr-defined]
    told = {"row": row, "facts": _facts(row), "may_edit": may(request, "badges.edit") and row.revoked_on is None}
    return render(request, "genuine/badge.html", told)


@staff_page("badges.see", of={"badge_id": "genuine.badge"})
def paper(request: HttpRequest, badge_id: int) -> HttpResponse:
    """Print a badge: its words, and the QR that holds all of it."""
    row: Badge = request.rows["badge_id"]  # type: ignore[attr-defined]
    if not row.token:
        raise Http404
    try:
        picture = mark_safe(printed.qr_svg(row.token))
    except printed.TooLongForPaper:
        picture = mark_safe("")
    achievement = row.document.get("credentialSubject", {}).get("achievement", {})
    told = {
        "row": row, "name": _name(row), "picture": picture, "about": achievement.get("description", ""),
        "criteria": achievement.get("criteria", {}).get("narrative", ""), "speaker": services.speaker(),
    }  # fmt: skip
    return render(request, "genuine/paper.html", told)


@staff_page("badges.see", of={"badge_id": "genuine.badge"})
def document(request: HttpRequest, badge_id: int) -> HttpResponse:
    """Give a badge as a file."""
    row: Badge = request.rows["badge_id"]  # type: ignore[attr-defined]
    if not row.document:
        raise Http404
    answer = JsonResponse(row.document, json_dumps_params={"ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="badge.json"'
    return answer


@staff_page("badges.edit", of={"badge_id": "genuine.badge"})
def revoke(request: HttpRequest, badge_id: int) -> HttpResponse:
    """Revoke a badge, after asking why."""
    row: Badge = request.rows["badge_id"]  # type: ignore[attr-defined]
    form = RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            badges.revoke(request.act, row, form.cleaned_data["reason"])  # type: ignore[attr-defined]
            return redirect("genuine:badge", badge_id=row.pk)
        except DaremoError as error:
            form.add_error("reason", " ".join(words(error, "ja")))
    return render(request, "genuine/revoke.html", {"row": row, "form": form, "name": _name(row)})


def _name(row: Badge) -> str:
    if row.supporter is not None:
        return str(row.supporter.name)
    contact = people.contact_of(row.person) if row.person is not None else None
    return contact.name if contact else ""


def _facts(row: Badge) -> list[Fact]:
    facts = [
        Fact(str(_("だれに")), _name(row) or "—"),
        Fact(str(_("種類")), row.get_kind_display()),
        Fact(str(_("出した日")), say_date(row.issued_on)),
        Fact(str(_("いつまで")), say_date(row.until) if row.until else str(_("決まっていません"))),
    ]
    if row.revoked_on is not None:
        facts.append(Fact(str(_("取り消した日")), say_date(row.revoked_on), small=row.reason))
    return facts
