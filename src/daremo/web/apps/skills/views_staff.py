"""The check with somebody beside: a supporter asks, and sees what a person agreed to show."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.assess.content.read import content
from daremo.web import clock
from daremo.web.apps.finder.words import fill
from daremo.web.apps.people import services as people
from daremo.web.apps.skills import draft as drafts
from daremo.web.apps.skills import measure, offers, said
from daremo.web.apps.skills import services as skills
from daremo.web.apps.skills.draft import Draft
from daremo.web.apps.skills.forms import STAGES
from daremo.web.apps.skills.models import Check
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.days import day_of
from daremo.web.ui.dates import say_date


@staff_page("skills.see", post="skills.edit")
@never_cache
def hub(request: HttpRequest) -> HttpResponse:
    """Show what can be done here; a POST begins a check with somebody who gives no name yet."""
    if request.method == "POST":
        drafts.store(request, Draft(mode="assisted"), clock.now())
        return redirect("skills:about", step="stage")
    rows = visible(request, Check.objects.select_related("person")).order_by("-at")[:20]
    return render(
        request,
        "skills/hub.html",
        {
            "checks": [
                {"person": c.person_id, "when": c.at, "mode": c.get_mode_display(), "name": _named(c.person)} for c in rows
            ],
            "may_edit": may(request, "skills.edit"),
            "may_items": may(request, "items.see"),
            "may_export": may(request, "answers.export"),
        },
    )  # fmt: skip


def _named(person: Any) -> str:
    contact = people.contact_of(person)
    return f"{contact.name} さん" if contact and contact.name else "（お名前なし）"


@staff_page("skills.see", post="skills.edit", of={"person_id": "people.person"})
@never_cache
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show what a person agreed to show, and what changed; a POST begins a check with her."""
    row: Any = request.rows["person_id"]  # type: ignore[attr-defined]
    people.looked(request.act, request.user, row, "力だめし", "相談")  # type: ignore[attr-defined,arg-type]
    if request.method == "POST":
        stage = row.life_stage if row.life_stage in dict(STAGES) else "unknown"
        drafts.store(request, Draft(mode="assisted", person=row.pk, stage=stage), clock.now())
        return redirect("skills:about", step="goal" if stage != "unknown" else "stage")
    checks = skills.checks_of(row)
    change = skills.compared(checks[0], checks[-1]) if len(checks) > 1 else None
    last = checks[-1] if checks else None
    state = measure.answered(last.life_stage, last.answers) if last else {}
    outcome = measure.outcome(state) if last else None
    language = get_language() or "ja"
    steps = offers.lessons_for(skills.profile_of(last), last.goal, last.life_stage) if last else []
    return render(
        request,
        "skills/person.html",
        {
            "person": row,
            "name": _named(row),
            "today": day_of(clock.now()),
            "rings": said.rings(outcome.levels, outcome.shares) if outcome else [],
            "unclear": outcome.unclear if outcome else 0,
            "widths": _widths(outcome) if outcome else [],
            "last": last,
            "answered": len(measure.told(state)),
            "checks": [{"pk": c.pk, "when": c.at, "mode": c.get_mode_display(), "until": c.keep_until} for c in checks],
            "change": _change_words(change) if change else None,
            "lessons": [
                {"key": s.lesson, "title": content().lessons[s.lesson].words["title"].said(language)} for s in steps
            ],
            "may_edit": may(request, "skills.edit"),
        },
    )


def _widths(outcome: measure.Outcome) -> list[tuple[str, str, str, str]]:
    """Say how sure each level is: area, level, chance of the level, 90 % interval."""
    return [
        (said.area_name(a), said.level_word(outcome.levels[a]), f"{100 * outcome.chances[a]:.0f}%", _width(*outcome.widths[a]))
        for a in sorted(outcome.levels)
    ]  # fmt: skip


def _signed(x: float) -> str:
    """Write a number with its sign and one decimal; what rounds to nothing has no sign."""
    return "0.0" if abs(x) < 0.05 else f"{x:+.1f}"


def _width(low: float, high: float) -> str:
    return f"{_signed(low)} 〜 {_signed(high)}"


def _change_words(change: skills.Compared) -> dict[str, Any]:
    """Say what changed: one sentence, and a table with the error and how sure it is."""
    words = {
        "up": _("はっきりと、できることがふえました。"),
        "down": _("前より、むずかしくなったことがあるようです。"),
        "same": _("ちがいは、まだはっきりしません。"),
    }
    rows = [
        (
            said.area_name(area),
            _signed(one.gain),
            _width(one.low, one.high),
            f"{100 * one.sure:.0f}%",
        )
        for area, one in change.areas.items()
    ]
    total = change.total
    return {
        "sentence": words[total.verdict],
        "when": fill(_("{a}と{b}をくらべました。"), a=say_date(change.first), b=say_date(change.last)),
        "rows": rows,
        "total": _signed(total.gain),
        "interval": _width(total.low, total.high),
        "sure": f"{100 * total.sure:.0f}%",
    }


@staff_page("skills.edit", of={"check_id": "skills.check"}, methods=["POST"])
def withdraw(request: HttpRequest, check_id: int) -> HttpResponse:
    """Take a consent back for the person: the result is erased."""
    row: Any = request.rows["check_id"]  # type: ignore[attr-defined]
    number = row.person_id
    skills.withdraw(request.act, row)  # type: ignore[attr-defined]
    return redirect("skills:person", person_id=number)
