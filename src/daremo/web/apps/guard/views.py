"""Pages of the guard: where an organisation stands, and its mail domains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.trust.posture.assess import Posture
from daremo.web import clock
from daremo.web.apps.guard import mail
from daremo.web.apps.guard import services as guard
from daremo.web.apps.guard.forms import DomainForm
from daremo.web.apps.guard.models import Decision, DomainState, Duty, State
from daremo.web.apps.guard.said import finding_word, policy_word, reason_words, report_word, sender_word, step_word
from daremo.web.apps.staff.access import StaffRequest, may, staff_page, visible
from daremo.web.problems import words

HISTORY = 12
TOPICS = {"security.txt": "security.txt"}
SENDERS = 12


def latest_states(request: HttpRequest) -> list[DomainState]:
    """Return the newest state of each domain that the request may see, by name."""
    found: dict[tuple[int, str], DomainState] = {}
    rows = visible(request, DomainState.objects.select_related("organisation").defer("data"))
    for row in rows.order_by("at", "pk"):
        found[row.organisation_id, row.domain] = row
    return sorted(found.values(), key=lambda row: (row.domain, row.organisation_id))


def _line(row: DomainState) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "domain": row.domain,
        "organisation": row.organisation.name,
        "at": row.at,
        "policy": policy_word(row.policy, row.enforced),
        "step": step_word(row.step),
    }


@staff_page("guard.see")
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Show the parts of the guard and how many domains are protected."""
    rows = latest_states(request)
    return render(
        request,
        "guard/home.html",
        {
            "domains": len(rows),
            "enforced": sum(row.enforced for row in rows),
            "decisions": visible(request, Decision.objects.exclude(decided=None)).count(),
            "open": visible(request, Duty.objects.filter(state=State.OPEN)).count(),
        },
    )


@staff_page("guard.see", post="guard.edit")
@never_cache
def domains(request: HttpRequest) -> HttpResponse:
    """List the domains with their next step; take records and reports of one."""
    asked = request.GET.get("again", "")
    old = (
        visible(request, DomainState.objects.all()).filter(pk=int(asked)).first()
        if asked.isdecimal() and len(asked) < 18
        else None
    )
    first = (
        {
            "domain": old.domain,
            **{name: " ".join(old.data.get(name, [])) for name in ("own_services", "own_ips", "selectors")},
        }
        if old
        else None
    )
    form = DomainForm(request.POST, request.FILES) if request.method == "POST" else DomainForm(initial=first)
    problem: tuple[str, str] | None = None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            row = guard.assess_domain(
                request.act,  # type: ignore[attr-defined]
                cast(StaffRequest, request).membership.organisation,
                told["domain"],
                told["records"],
                [one.read() for one in told["reports"]],
                **{name: mail.names_in(told[name]) for name in ("own_ips", "own_services", "selectors")},
            )
            return redirect("guard:domain", state_id=row.pk)
        except DaremoError as error:
            problem = _problem(error)
    return render(
        request,
        "guard/domains.html",
        {
            "form": form,
            "problem": problem,
            "has_errors": problem is not None,
            "rows": [_line(row) for row in latest_states(request)],
            "edits": may(request, "guard.edit"),
            "many": len(request.organisation_ids) > 1,  # type: ignore[attr-defined]
        },
    )


def _problem(error: DaremoError) -> tuple[str, str]:
    message, fix = words(error, get_language() or "ja")
    if error.code == "dns-records-bad" and error.where:
        message += _("（{n}行め）").replace("{n}", error.where)
    if error.code == "reports-unused" and error.where:
        message += "：" + "、".join(report_word(code) for code in error.where.split("、"))
    return message, fix


@staff_page("guard.see", of={"state_id": "guard.domainstate"})
@never_cache
def domain(request: HttpRequest, state_id: int) -> HttpResponse:
    """Show how a domain stood: what to do, the record to copy, senders that would be lost, the states by date."""
    row: DomainState = request.rows["state_id"]  # type: ignore[attr-defined]
    lang = "en" if (get_language() or "").startswith("en") else "ja"
    found = mail.told_again(row.domain, row.policy, row.step, row.record, row.data)
    before = DomainState.objects.filter(organisation_id=row.organisation_id, domain=row.domain).defer("data")
    return render(
        request,
        "guard/domain.html",
        {
            "row": row,
            "organisation": row.organisation.name,
            "policy": policy_word(row.policy, row.enforced),
            "next": next_step(found, lang),
            "zone": f'_dmarc.{row.domain}. IN TXT "{row.record}"' if row.record else "",
            "todo": [_for_a_page(line) for line in found.todo(lang)[1:]],
            "findings": [
                {
                    "topic": TOPICS.get(f.topic, f.topic.upper()),
                    "mark": finding_word(f.state),
                    "words": found.said(f, lang),
                }
                for f in found.findings
            ],
            **_senders(found),
            "refused": [(number, report_word(code)) for number, code in row.data.get("refused", ())],
            "history": [
                {
                    "pk": one.pk,
                    "at": one.at,
                    "policy": policy_word(one.policy, one.enforced),
                    "step": step_word(one.step),
                }
                for one in before.order_by("-at", "-pk")[:HISTORY]
            ],
            "printed": clock.now(),
            "edits": may(request, "guard.edit"),
        },
    )


def _for_a_page(line: str) -> str:
    """Return a line whose option of the command is said as the field of the page."""
    return line.replace(" --selector ", _("「DKIMのセレクター」")).replace("--selector", _("「DKIMのセレクター」"))


def next_step(found: Posture, lang: str) -> str:
    """Return the next safe step in words that fit a page, not a command."""
    if found.step == "wait-reports":
        return _("14日分の報告が集まるまで待ち、この画面に入れてください。まだ強めないでください。")
    return found.next_step(lang)


def _senders(found: Posture) -> dict[str, Any]:
    if found.reports is None:
        return {"reports": None}
    r = found.reports

    def told(kinds: Iterable[str]) -> list[dict[str, Any]]:
        rows = [s for s in r.sources if s.kind in kinds]
        return [
            {
                "name": s.name or _("名前のない送り元"),
                "kind": sender_word(s.kind),
                "messages": s.messages,
                "days": s.days,
            }
            for s in rows
        ]

    lost, others = told(("own-broken", "ask")), told(("ok", "forwarded", "forged"))
    return {
        "reports": r,
        "days": round(r.days),
        "reasons": reason_words(r.reasons),
        "lost": lost[:SENDERS],
        "lost_more": max(0, len(lost) - SENDERS),
        "others": others[:SENDERS],
        "others_more": max(0, len(others) - SENDERS),
    }
