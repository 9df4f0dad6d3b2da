"""The auditor's pages: is the journal as it was recorded, one event with its evidence, the whole as one file."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from daremo.kernel.tables import rows_of
from daremo.trust.log import note as notes
from daremo.trust.log.audit import audit as audited
from daremo.trust.log.export import export as lines_of
from daremo.trust.log.journal import CHECKPOINT
from daremo.trust.log.merkle import consistent
from daremo.web.apps.genuine import keys, ledger, services, stamping, trail
from daremo.web.apps.genuine.models import Note
from daremo.web.apps.staff.access import staff_page

#: Records up to which a page itself looks through the whole export; beyond, ``daremo audit verify`` does.
MOST_ON_A_PAGE = 200_000
SHOWN = 20


@staff_page("audit.see")
def audit(request: HttpRequest) -> HttpResponse:
    """Show the log's state; on request compare the journal with it, audit the export, prove growth, find an event."""
    asked = request.GET.get("event", "").strip()
    if asked.isascii() and asked.isdecimal() and len(asked) < 16:
        if apps.get_model("journal", "Event")._default_manager.filter(pk=int(asked)).exists():
            return redirect("genuine:event", event_id=int(asked))
        asked_missing = True
    else:
        asked_missing = bool(asked)
    note = services.last_checkpoint()
    state = notes.parse(note)[0] if note else None
    small = state is not None and state.size <= MOST_ON_A_PAGE
    told: dict[str, Any] = {}
    if "compare" in request.GET and state is not None and small:
        told = {"compared": trail.compare(), "audit": audited(_lines(False), _keys()), "growth": _growth(state)}
    latest = list(apps.get_model("journal", "Event")._default_manager.order_by("-pk")[:SHOWN])
    names = _names({one.who for one in latest})
    events = [(one, _word(one.kind), names.get(one.who, one.who)) for one in latest]
    return render(
        request,
        "genuine/audit.html",
        {
            "state": state,
            "size": ledger.head().size,
            "missing": trail.missing(),
            "unstamped": stamping.unstamped(),
            "events": events,
            "small": small,
            "asked": asked,
            "asked_missing": asked_missing,
            **told,
        },
    )


@staff_page("audit.see", of={"event_id": "journal.event"})
def event(request: HttpRequest, event_id: int) -> HttpResponse:
    """Show one event of the journal with the evidence that it is as it was recorded."""
    row = request.rows["event_id"]  # type: ignore[attr-defined]
    told = {"event": row, "word": _word(row.kind), "evidence": trail.evidence_of(row)}
    return render(request, "genuine/event.html", {**told, "who": _names({row.who}).get(row.who, row.who)})


@staff_page("audit.see")
def export(request: HttpRequest) -> HttpResponse:
    """Give the log as one file for ``daremo audit verify``, with what opens its commitments."""
    if not services.last_checkpoint():
        return render(request, "genuine/nothing.html", {"why": _("まだ署名がないので、書き出せません。")}, status=409)
    answer = StreamingHttpResponse(_lines(True), content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="journal.jsonl"'
    return answer  # type: ignore[return-value]


@cache
def _kinds() -> dict[str, dict[str, str]]:
    return {row["kind"]: row for row in rows_of("daremo.web.apps.staff", "kinds")}


def _word(kind: str) -> str:
    row = _kinds().get(kind)
    return kind if row is None else row["en"] if get_language() == "en" else row["ja"]


def _names(whos: set[str]) -> dict[str, str]:
    """Return who acted in words: staff by name, everybody else by what they are."""
    numbers = {int(who[5:]) for who in whos if who.startswith("user:") and who[5:].isdecimal()}
    users = apps.get_model("staff", "User")._default_manager.filter(pk__in=numbers)
    found = {f"user:{user.pk}": user.get_full_name() or user.username for user in users}
    return found | {"resident": str(_("本人など")), "system": str(_("自動"))}


def _keys() -> list[Any]:
    return [k.key for k in keys.issuer_keys() if not k.revoked]


def _lines(personal: bool) -> Any:
    return lines_of(ledger.log(keys.origin()), [k.key for k in keys.issuer_keys()], personal=personal)


def _growth(state: notes.Checkpoint) -> bool | None:
    """Whether every earlier signed state (the last hundred) is the beginning of the last one; None without one."""
    earlier = Note.objects.filter(kind=CHECKPOINT, size__gt=0, size__lt=state.size).order_by("-size")
    book = ledger.log(state.origin)
    seen = [notes.parse(text)[0] for text in itertools.islice(earlier.values_list("text", flat=True), 100)]
    if not seen:
        return None
    return all(
        consistent(one.size, state.size, one.root, state.root, book.prove_growth(one.size, state.size)) for one in seen
    )
