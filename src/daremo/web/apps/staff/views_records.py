"""What was done, by whom; and for one person: who saw and changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.apps import apps
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from daremo.kernel.tables import rows_of
from daremo.web.apps.journal.models import Event
from daremo.web.apps.staff.access import StaffRequest, staff_page, visible
from daremo.web.apps.staff.models import Role, User
from daremo.web.apps.staff.persons import shows_person

PAGE = 100
#: Rows whose events belong to a person: the table, and how it leads to her.
HERS = (("people.contact", "person"), ("people.consent", "person"), ("people.relation", "person"))


def _words() -> dict[str, str]:
    return {row["kind"]: row["ja"] for row in rows_of("daremo.web.apps.staff", "kinds")}


def _names(whos: set[str]) -> dict[str, str]:
    """Return who acted in words: staff by name, everybody else by what they are."""
    numbers = {int(who[5:]) for who in whos if who.startswith("user:") and who[5:].isdecimal()}
    found = {f"user:{user.pk}": user.get_full_name() or user.username for user in User.objects.filter(pk__in=numbers)}
    return found | {"resident": _("本人など"), "system": _("自動")}


def _role(code: str) -> str:
    known = dict(Role.choices)
    return str(known.get(code, {"resident": "", "system": ""}.get(code, code)))


@staff_page("journal.see")
def journal(request: HttpRequest) -> HttpResponse:
    """List what was done in the organisation, the newest first; filter by kind and by account."""
    rows = visible(request, Event.objects.all())
    kind, who = request.GET.get("kind", "").strip(), request.GET.get("who", "").strip()
    if kind:
        rows = rows.filter(kind__startswith=kind)
    if who:
        rows = rows.filter(who=f"user:{who}" if who.isdecimal() else who)
    page = Paginator(rows.order_by("-id"), PAGE).get_page(request.GET.get("page"))
    names, words = _names({event.who for event in page}), _words()
    lines = [
        {
            "at": event.at,
            "who": names.get(event.who, event.who),
            "role": _role(event.role),
            "what": words.get(event.kind, event.kind),
            "row": f"{event.table} {event.row}",
            "channel": event.channel,
            "reason": event.reason,
        }
        for event in page
    ]
    return render(request, "staff/journal.html", {"page_obj": page, "lines": lines, "kind": kind, "who": who})


def _looks(person: Any) -> list[dict[str, Any]]:
    rows = person.accesses.select_related("user", "organisation").order_by("at", "pk")
    told = {"seen": _("見た"), "changed": _("変えた"), "printed": _("印刷した"), "exported": _("書き出した")}
    return [
        {
            "at": row.at,
            "who": (row.user.get_full_name() or row.user.username) if row.user else _("いまはいない職員"),
            "organisation": row.organisation.name if row.organisation else "",
            "what": told.get(row.what, row.what),
            "page": row.page,
            "why": row.why,
        }
        for row in rows
    ]


def _changes(person: Any) -> list[dict[str, Any]]:
    """Return the events of the person's own rows, in words."""
    events = list(Event.objects.filter(table="people.person", row=person.pk))
    for label, way in HERS:
        keys = apps.get_model(label)._default_manager.filter(**{way: person}).values_list("pk", flat=True)
        events += list(Event.objects.filter(table=label, row__in=list(keys)))
    names, words = _names({event.who for event in events}), _words()
    organisations = dict(apps.get_model("places.organisation")._default_manager.values_list("pk", "name"))
    return [
        {
            "at": event.at,
            "who": names.get(event.who, event.who),
            "organisation": organisations.get(event.organisation_id or 0, ""),
            "what": words.get(event.kind, event.kind),
            "page": "",
            "why": event.reason,
        }
        for event in events
    ]


@staff_page("access.see", of={"person": "people.person"})
@shows_person("だれが何を見たかのページ")
def seen(request: HttpRequest, person: int) -> HttpResponse:
    """Print for one person who saw and changed what; this look is on the next print."""
    row = cast(StaffRequest, request).rows["person"]

    def when(line: dict[str, Any]) -> datetime:
        return cast(datetime, line["at"])

    lines = sorted([*_looks(row), *_changes(row)], key=when)
    return render(
        request, "staff/seen.html", {"person": row, "lines": lines, "now": cast(StaffRequest, request).act.now}
    )
