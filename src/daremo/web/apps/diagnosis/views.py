"""Pages of the diagnoses: what is open, answering part by part, the result, and how others stand."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web.apps.diagnosis import services as diagnosis
from daremo.web.apps.diagnosis.models import Kind, Round
from daremo.web.apps.diagnosis.said import bar, kind_word, part_word, standing
from daremo.web.apps.staff.access import may, public_page, staff_page, visible

KINDS = tuple(Kind.values)


@staff_page("diagnosis.answer", methods=["GET", "HEAD"])
@never_cache
def open_rounds(request: HttpRequest) -> HttpResponse:
    """Show which diagnoses of the own organisation can be answered; those in charge open and close them."""
    rows = visible(request, Round.objects.select_related("organisation").order_by("-opened", "-pk"))
    told = [
        {
            "pk": row.pk,
            "kind": kind_word(row.kind),
            "organisation": row.organisation.name,
            "href": reverse("diagnosis:answer", kwargs={"token": row.token}),
            "address": request.build_absolute_uri(reverse("diagnosis:answer", kwargs={"token": row.token})),
            "opened": row.opened,
            "closed": row.closed,
            "people": row.replies.count(),
        }
        for row in rows
    ]
    own = request.membership.organisation_id  # type: ignore[attr-defined]
    running = {row.kind for row in rows if row.closed is None and row.organisation_id == own}
    return render(
        request,
        "diagnosis/open.html",
        {
            "open": [row for row in told if row["closed"] is None],
            "past": [row for row in told if row["closed"] is not None],
            "kinds": [(kind, kind_word(kind)) for kind in KINDS if kind not in running and diagnosis.asked(kind)],
            "may_edit": may(request, "diagnosis.edit"),
            "may_see": may(request, "diagnosis.see"),
        },
    )


@staff_page("diagnosis.edit", methods=["POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Open a round for the own organisation."""
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        return redirect("diagnosis:open")
    row = diagnosis.open_round(request.act, request.membership.organisation, kind)  # type: ignore[attr-defined]
    return redirect("diagnosis:invite", round_id=row.pk)


@staff_page("diagnosis.edit", of={"round_id": "diagnosis.round"}, methods=["GET", "HEAD"])
@never_cache
def invite(request: HttpRequest, round_id: int) -> HttpResponse:
    """Show the link of a round, on screen and for the wall."""
    row: Any = request.rows["round_id"]  # type: ignore[attr-defined]
    address = request.build_absolute_uri(reverse("diagnosis:answer", kwargs={"token": row.token}))
    return render(
        request,
        "diagnosis/invite.html",
        {"row": row, "kind": kind_word(row.kind), "address": address, "people": row.replies.count()},
    )


@staff_page("diagnosis.edit", of={"round_id": "diagnosis.round"}, methods=["POST"])
def close(request: HttpRequest, round_id: int) -> HttpResponse:
    """Close a round; its link answers no more."""
    row: Any = request.rows["round_id"]  # type: ignore[attr-defined]
    if row.closed is None:
        diagnosis.close_round(request.act, row)  # type: ignore[attr-defined]
    return redirect("diagnosis:result", round_id=row.pk)


@staff_page("diagnosis.see", of={"round_id": "diagnosis.round"})
@never_cache
def result(request: HttpRequest, round_id: int) -> HttpResponse:
    """Show how the organisation stands, beside others where there are ten, and what is most worth while next."""
    row: Any = request.rows["round_id"]  # type: ignore[attr-defined]
    found = diagnosis.result_of(row)
    peers = diagnosis.peers_of(row.kind, without=row.organisation_id)
    language = get_language() or "ja"
    parts = [
        {
            "name": part_word(row.kind, part),
            "word": standing(state.scale),
            "bar": bar(state.scale, state.mean, state.error, peers.quarter.get(part) if peers else None),
            "value": f"{100 * state.scale:.0f}",
            "peers": f"{100 * peers.quarter[part][0]:.0f}〜{100 * peers.quarter[part][2]:.0f}" if peers else "—",
        }
        for part, state in found.states.items()
    ]
    steps = [
        {
            "what": one.item.words["next"].said(language),
            "about": one.item.words["question"].said(language),
            "at": f"{100 * one.at:.0f}",
        }
        for one in found.steps
    ]
    first = min(found.states.items(), key=lambda s: s[1].mean)[0] if found.states else ""
    return render(
        request,
        "diagnosis/result.html",
        {
            "row": row,
            "kind": kind_word(row.kind),
            "people": found.people,
            "parts": parts,
            "steps": steps,
            "peers": peers.organisations if peers else 0,
            "enough": diagnosis.ENOUGH,
            "left": max(diagnosis.ENOUGH - found.people, 0),
            "weakest": part_word(row.kind, first) if first else "",
            "may_edit": may(request, "diagnosis.edit"),
        },
    )


@staff_page("diagnosis.see")
@never_cache
def benchmark(request: HttpRequest) -> HttpResponse:
    """Show where organisations stand in each part of each diagnosis, where at least ten answered."""
    told = []
    for kind in KINDS:
        peers = diagnosis.peers_of(kind)
        rows = [
            (part_word(kind, part), *(f"{100 * q:.0f}" for q in peers.quarter[part])) for part in diagnosis.dimensions(kind)
        ] if peers else []  # fmt: skip
        told.append({"kind": kind_word(kind), "rows": rows, "count": peers.organisations if peers else 0})
    return render(request, "diagnosis/benchmark.html", {"told": told, "enough": diagnosis.ENOUGH})


@public_page
@never_cache
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a diagnosis part by part; answers stay in this browser until the last part is sent."""
    row = diagnosis.by_token(token)
    if row is None:
        raise Http404
    language, pages = get_language() or "ja", diagnosis.pages(row.kind)
    kept: dict[str, Any] = request.session.get(f"diagnosis:{row.pk}") or {"told": {}, "key": secrets.token_urlsafe(24)}
    at = request.POST.get("at") or request.GET.get("at") or "1"
    number = int(at) if at.isdecimal() and 1 <= int(at) <= len(pages) else 1
    part, items = pages[number - 1]
    missing: list[str] = []
    if request.method == "POST":
        for item in items:
            option = request.POST.get(item.item, "")
            if option.isdecimal() and 1 <= int(option) <= item.steps:
                kept["told"][item.item] = int(option)
            elif option != "skip":
                missing.append(item.item)
        request.session[f"diagnosis:{row.pk}"] = kept
        if not missing and number < len(pages):
            return redirect(f"{reverse('diagnosis:answer', kwargs={'token': token})}?at={number + 1}")
        if not missing:
            return _finish(request, row, kept)
    return render(
        request,
        "diagnosis/answer.html",
        {
            "organisation": row.organisation.name,
            "kind": kind_word(row.kind),
            "staff": row.kind == "staff",
            "part": part_word(row.kind, part),
            "at": number,
            "of": len(pages),
            "before": number - 1,
            "before_href": f"?at={number - 1}",
            "items": [
                {
                    "item": item.item,
                    "question": item.words["question"].said(language),
                    "hint": item.words["hint"].said(language) if "hint" in item.words else "",
                    "options": [
                        {
                            "value": n,
                            "text": item.words[f"option.{n}"].said(language),
                            "chosen": kept["told"].get(item.item) == n,
                        }
                        for n in range(1, item.steps + 1)
                    ],
                    "missing": item.item in missing,
                }
                for item in items
            ],
            "missing": [item for item in items if item.item in missing],
            "has_errors": bool(missing),
        },
    )


def _finish(request: HttpRequest, row: Round, kept: dict[str, Any]) -> HttpResponse:
    told = {str(name): int(option) for name, option in kept["told"].items()}
    try:
        diagnosis.reply(request.act, row, told, once=kept["key"])  # type: ignore[attr-defined]
    except DaremoError:
        return redirect("diagnosis:answer", token=row.token)
    del request.session[f"diagnosis:{row.pk}"]
    known = diagnosis.asked(row.kind)
    own = []
    if row.kind == "staff":
        scores = [{name: known[name].score(option) for name, option in told.items()}]
        own = [
            {
                "name": part_word(row.kind, part),
                "word": standing(state.scale),
                "share": min(max(state.scale, 0.06), 0.94),
            }
            for part, state in diagnosis.states_of(row.kind, scores).items()
        ]
    return render(
        request, "diagnosis/thanks.html", {"organisation": row.organisation.name, "kind": kind_word(row.kind), "own": own, "headline": _("ありがとうございました")}
    )  # fmt: skip
