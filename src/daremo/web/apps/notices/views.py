"""Messages and their states, letters to print, texts with preview and versions."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.finder import shown
from daremo.web.apps.notices import desk
from daremo.web.apps.notices import services as notices
from daremo.web.apps.notices.letters import text_for
from daremo.web.apps.notices.models import Notice
from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import may, staff_page
from daremo.web.ui.dates import say_date

CHANNELS = {
    "any": _("どれでも"),
    "sms": "SMS",
    "email": _("メール"),
    "letter": _("手紙"),
    "phone": _("電話"),
    "voice": _("自動音声"),
}
LANGUAGES = {"ja": _("日本語"), "en": "English", "ja-easy": _("やさしい日本語")}
STATES = tuple(Notice.State.choices)
A_PAGE = 50


@staff_page("notices.see")
@never_cache
def listed(request: HttpRequest) -> HttpResponse:
    """Show messages with their state, the newest first."""
    ids, now = request.organisation_ids, clock.now()  # type: ignore[attr-defined]
    state = request.GET.get("state", "")
    counts = desk.counted(ids)
    page = Paginator(desk.messages(ids, state if state in dict(STATES) else ""), A_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [
        {
            "id": n.pk,
            "due": n.due,
            "who": _name(n),
            "why": shown.occasion(n.occasion),
            "way": CHANNELS.get(n.channel, n.channel),
            "state": n.get_state_display(),
            "tries": n.tries,
            "again": n.state in ("failed", "sent"),
        }
        for n in page
    ]
    return render(
        request,
        "notices/list.html",
        {
            "rows": rows,
            "page_obj": page,
            "states": [(code, word, counts.get(code, 0)) for code, word in STATES if counts.get(code)],
            "state": state,
            "all": sum(counts.values()),
            "letters": len(desk.to_print(ids, now)),
            "may_edit": may(request, "notices.edit"),
            "problem": request.session.pop("notices_problem", ""),
        },
    )


def _name(notice: Notice) -> str:
    contact = people.contact_of(notice.person)
    return contact.name if contact and contact.name else str(_("（お名前なし）"))


@staff_page("notices.edit", of={"notice_id": "notices.notice"}, methods=["POST"])
def again(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Queue a message once more."""
    try:
        desk.again(request.act, request.rows["notice_id"])  # type: ignore[attr-defined]
    except DaremoError as error:
        request.session["notices_problem"] = f"{error.message}。{error.fix}"
    return redirect("notices:list")


@staff_page("notices.edit")
@never_cache
def outbox(request: HttpRequest) -> HttpResponse:
    """Show the letters that are due, one to a sheet of A4; note that they were posted."""
    act, ids = request.act, request.organisation_ids  # type: ignore[attr-defined]
    rows = desk.to_print(ids, clock.now())
    if request.method == "POST":
        told = set(request.POST.getlist("letter"))
        request.session["posted"] = desk.posted(act, [n for n in rows if str(n.pk) in told])
        return redirect("notices:outbox")
    sheets = []
    for notice in rows:
        people.looked(act, request.user, notice.person, "手紙の印刷", shown.occasion(notice.occasion))  # type: ignore[arg-type]
        contact, words = people.contact_of(notice.person), notices.words_of(notice)
        sheets.append(
            {
                "id": notice.pk,
                "postcode": contact.postcode if contact else "",
                "address": contact.address if contact else "",
                "name": contact.name if contact else "",
                "subject": words.subject,
                "lines": words.body.splitlines(),
            }
        )
    return render(
        request,
        "notices/outbox.html",
        {"sheets": sheets, "now": clock.now(), "posted": request.session.pop("posted", None)},
    )


@staff_page("letters.see")
def letters(request: HttpRequest) -> HttpResponse:
    """Show the texts in use."""
    rows = [
        {
            "t": t,
            "occasion": shown.occasion(t.occasion),
            "channel": CHANNELS.get(t.channel, t.channel),
            "language": LANGUAGES.get(t.language, t.language),
            "start": t.body.replace("\n", " ")[:40],
        }
        for t in desk.templates(request.membership.organisation_id)  # type: ignore[attr-defined]
    ]
    return render(request, "notices/letters.html", {"rows": rows})


@staff_page("letters.see", post="letters.edit")
@never_cache
def letter(request: HttpRequest, occasion: str, channel: str, language: str) -> HttpResponse:
    """Show one text with its versions; write a new version after a preview."""
    organisation = request.membership.organisation  # type: ignore[attr-defined]
    if occasion not in notices.occasions() or channel not in CHANNELS or language not in LANGUAGES:
        raise Http404
    subject, body = text_for(occasion, channel, language, organisation.pk)
    problem, told = None, None
    warnings: list[str] = []
    if request.method == "POST":
        subject, body = request.POST.get("subject", "")[:120], request.POST.get("body", "")[:4000]
        try:
            told, warnings = desk.preview(subject, body, channel, language)
            if request.POST.get("do") == "save":
                notices.change_letter(request.act, organisation, occasion, channel, language, subject, body)  # type: ignore[attr-defined]
                return redirect("notices:letter", occasion=occasion, channel=channel, language=language)
        except DaremoError as error:
            problem = error
    else:
        told, warnings = desk.preview(subject, body, channel, language)
    return render(request, "notices/letter.html", _letter(request, (occasion, channel, language), subject, body) | {
        "told": told, "warnings": warnings, "problem": problem, "has_errors": problem is not None,
    }, status=409 if problem else 200)  # fmt: skip


def _letter(request: HttpRequest, key: tuple[str, str, str], subject: str, body: str) -> dict[str, Any]:
    rows = desk.versions(request.membership.organisation_id, *key)  # type: ignore[attr-defined]
    return {
        "occasion": shown.occasion(key[0]),
        "channel": CHANNELS[key[1]],
        "language": LANGUAGES[key[2]],
        "subject": subject,
        "body": body,
        "facts": [
            (f"{{{name}}}", (desk.SAMPLE_EN if key[2] == "en" else desk.SAMPLE)[name]) for name in desk.fact_names()
        ],
        "versions": [{"n": row.version, "body": row.body, "subject": row.subject, "when": _made(row)} for row in rows],
        "may_edit": may(request, "letters.edit"),
        "sms": key[1] == "sms",
    }


def _made(row: Any) -> str:
    from daremo.web.apps.journal import services as journal

    first = journal.events_of(row).first()
    return say_date(first.at) if first else ""
