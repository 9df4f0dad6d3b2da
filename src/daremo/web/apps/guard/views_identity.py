"""Pages about proof of identity: the questions, the proposal with its choices, the record."""

from __future__ import annotations

import json
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.trust.assurance.model import FAILURES
from daremo.trust.assurance.read import shipped, shipped_json
from daremo.trust.assurance.record import markdown
from daremo.web.apps.figures import services as figures
from daremo.web.apps.guard import identity
from daremo.web.apps.guard import services as guard
from daremo.web.apps.guard.forms_identity import CHANNEL, IMPACT, STAGE, ServiceForm
from daremo.web.apps.guard.models import Decision
from daremo.web.apps.staff.access import StaffRequest, may, staff_page, visible

#: Choices of the Pareto front on the page; all of them stand in the record.
CHOICES = 8


def _english() -> bool:
    return (get_language() or "").startswith("en")


def people_by_stage() -> dict[str, float]:
    """Return people by life stage as the newest gap counts them; nothing before one was loaded."""
    newest = figures.newest("gap")
    rows = newest.data.get("stages", []) if newest is not None else []
    return {row["stage"]: float(row["people"]) for row in rows if row.get("people") is not None}


@staff_page("guard.see")
@never_cache
def decisions(request: HttpRequest) -> HttpResponse:
    """List decisions and proposals, and the services that ship as examples."""
    rows = visible(request, Decision.objects.select_related("organisation").defer("asked"))
    told = "en" if _english() else "ja"
    return render(
        request,
        "guard/decisions.html",
        {
            "rows": [
                {
                    "pk": row.pk, "title": row.title, "organisation": row.organisation.name, "decided": row.decided,
                    "at": row.at, "ial": row.told.get("ial", {}).get("level", ""),
                    "aal": row.told.get("aal", {}).get("level", ""),
                }
                for row in rows.order_by("-at", "-pk")[:100]
            ],
            "many": len(request.organisation_ids) > 1,  # type: ignore[attr-defined]
            "shipped": [(name, shipped_json(name)[told]) for name in shipped()],
            "edits": may(request, "guard.edit"),
        },
    )  # fmt: skip


@staff_page("guard.edit")
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Ask about a service; propose what to offer."""
    problem: tuple[str, str] | None = None
    if request.method == "POST":
        form = ServiceForm(request.POST, english=_english())
        if form.is_valid():
            try:
                row = guard.propose(
                    request.act,  # type: ignore[attr-defined]
                    cast(StaffRequest, request).membership.organisation,
                    identity.asked_of(form.cleaned_data),
                )
                return redirect("guard:decision", decision_id=row.pk)
            except DaremoError as error:
                problem = said(error)
    else:
        form = ServiceForm(initial=identity.initial(request.GET.get("from", ""), people_by_stage()), english=_english())
    return render(
        request, "guard/ask.html", {"form": form, "problem": problem, "has_errors": problem is not None}
    )  # fmt: skip


def said(error: DaremoError) -> tuple[str, str]:
    """Say on a page what the engine refuses."""
    from daremo.kernel.tables import rows_of

    row = next((r for r in rows_of("daremo.trust", "problem_codes") if r["code"] == error.code), None)
    message = row["en"] if row is not None and _english() else error.message
    fix = error.fix.replace("--accept-unserved を付けます", _("「方法がない人たちが残っても、案を見る」を選びます"))
    where = getattr(error, "where", "")
    return message + (f"（{_groups(where)}）" if where else ""), fix.replace("（channels）", "")


def _groups(where: str) -> str:
    from daremo.trust.assurance.read import groups

    names = {g: en if _english() else ja for g, ja, en, _lacks in groups()}
    return "、".join(names.get(one, one) for one in where.split(", "))


@staff_page("guard.see", post="guard.edit", of={"decision_id": "guard.decision"})
@never_cache
def decision(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Show a proposal or decision: levels, methods, who is shut out, other ways, the Pareto choices; decide."""
    row: Decision = request.rows["decision_id"]  # type: ignore[attr-defined]
    problem: tuple[str, str] | None = None
    if request.method == "POST":
        asked = request.POST.get("pick", "")
        try:
            pick = int(asked) if asked.isdecimal() and len(asked) < 6 else None
            guard.decide(request.act, row, pick)  # type: ignore[attr-defined]
            return redirect("guard:decision", decision_id=row.pk)
        except (DaremoError, KeyError) as error:
            problem = said(error) if isinstance(error, DaremoError) else (_("この案は、もう使えません。"), "")
    lang = "en" if _english() else "ja"
    return render(
        request,
        "guard/decision.html",
        {
            "row": row,
            "organisation": row.organisation.name,
            "problem": problem,
            "has_errors": problem is not None,
            "edits": may(request, "guard.edit") and row.decided is None,
            **(_shown(row.told, lang) if row.told.get("chosen") else {}),
        },
    )


def _shown(told: dict[str, Any], lang: str) -> dict[str, Any]:
    names = {m["method"]: m[lang] for m in told["methods"]}
    shut, chosen, front = told["shut_out"], told["chosen"], told["front"]
    return {
        "levels": [
            (_("身元確認"), told["ial"]["level"], [_reason(r, lang) for r in told["ial"]["reasons"]]),
            (_("当人認証"), told["aal"]["level"], [_reason(r, lang) for r in told["aal"]["reasons"]]),
        ],
        "channels": _channels(told),
        "rules": told["rules"][lang],
        "read": told["rules"]["read"] if lang == "ja" else "verify with the text",
        "offered": [one[lang] for one in told["offered"]],
        "cost": _money(chosen["cost_low_yen"], chosen["cost_high_yen"]),
        "years": f"{told['years']:g}",
        "people": f"{told['people']:,.0f}",
        "shut": f"{shut['people']:,.0f}",
        "shut_low": f"{shut['low_people']:,.0f}",
        "shut_high": f"{shut['high_people']:,.0f}",
        "stages": [(STAGE.get(stage, stage), f"{n:,.1f}") for stage, n in shut["by_stage"].items()],
        "alternatives": [
            (a[lang], " ＋ ".join(names[m] for m in a["way"]) if a["way"] else "") for a in told["alternatives"]
        ],
        "methods": [
            (m[lang], f"{m['cannot_people']:,.0f}", f"{m['cannot_low_people']:,.0f}〜{m['cannot_high_people']:,.0f}")
            for m in told["methods"]
        ],
        "front": [
            {
                "at": at,
                "cost": _money(front[at]["cost_low_yen"], front[at]["cost_high_yen"]),
                "shut": f"{front[at]['shut_out_people']:,.1f}",
                "harm": f"{front[at]['residual_points']:.3f}",
                "methods": "、".join(names[m] for m in front[at]["methods"]),
                "chosen": front[at]["methods"] == chosen["methods"],
            }
            for at in spread([one["methods"] == chosen["methods"] for one in front])
        ],
        "front_all": len(front),
        "examined": told["proof"]["examined"],
        "meeting": told["proof"]["meeting"],
        "dominating": told["proof"]["dominating_the_chosen"],
        "unserved": "、".join(_groups(one) for one in told["proof"]["unserved"]),
        "digest": told["sha256"][:16],
    }


def _channels(told: dict[str, Any]) -> list[tuple[Any, list[Any], int, int]]:
    """Channel, worst harm of each failure, levels; records of before had no levels by channel."""
    levels, impacts = told.get("levels_by_channel", {}), dict(IMPACT)
    return [
        (CHANNEL[c], [impacts[told["impact_by_channel"][c][f]] for f in FAILURES], found["ial"], found["aal"])
        for c, found in levels.items()
    ]


def _reason(rule: dict[str, Any], lang: str) -> str:
    status = _("本文で確かめること") if rule["status"] == "verify" else _("公開草案で読んだ")
    return f"{rule[lang]}（{rule['clause']}、{status}）"


def _money(low: float, high: float) -> str:
    return _("{a}〜{b}万円").replace("{a}", f"{low / 10_000:,.0f}").replace("{b}", f"{high / 10_000:,.0f}")


def spread(chosen: list[bool], most: int = CHOICES) -> list[int]:
    """Return which choices to show: both ends, the chosen one, and others evenly between."""
    n = len(chosen)
    if n <= most:
        return list(range(n))
    found = {round(i * (n - 1) / (most - 1)) for i in range(most)} | {chosen.index(True) if True in chosen else 0}
    return sorted(found)


@staff_page("guard.see", of={"decision_id": "guard.decision"})
@never_cache
def download(request: HttpRequest, decision_id: int, form: str) -> HttpResponse:
    """Send the record of a decision as Markdown or JSON."""
    row: Decision = request.rows["decision_id"]  # type: ignore[attr-defined]
    if form not in ("md", "json") or not row.told.get("chosen"):
        raise Http404
    if form == "md":
        answer = HttpResponse(markdown(row.told, "en" if _english() else "ja"), "text/markdown; charset=utf-8")
    else:
        answer = HttpResponse(json.dumps(row.told, ensure_ascii=False, indent=1), "application/json")
    answer["Content-Disposition"] = f'attachment; filename="identity-{row.pk}.{form}"'
    return answer
