"""The check on paper: print the first sheet, add up its points, print the second, enter both."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from daremo.assess.content.records import DONT_KNOW, Item
from daremo.web import clock
from daremo.web.apps.skills import draft as drafts
from daremo.web.apps.skills import drawing, measure, said, sheets
from daremo.web.apps.skills.draft import Draft
from daremo.web.apps.skills.forms import STAGES
from daremo.web.apps.staff.access import public_page, staff_page


@public_page
def form(request: HttpRequest, sheet: str = "first") -> HttpResponse:
    """Show a sheet: the same questions for everybody who gets it, on A4, to be handed in or taken home."""
    try:
        items = sheets.items_of(sheet)
    except KeyError as e:
        raise Http404 from e
    return render(
        request,
        "skills/form.html",
        {"items": _shown(items), "stages": STAGES, "sheet": sheet, "letter": "" if sheet == "first" else sheet.upper()},
    )


@staff_page("skills.edit")
@never_cache
def first(request: HttpRequest) -> HttpResponse:
    """Take the sum of the first sheet: it decides the second."""
    most, typed = sheets.most_points(), ""
    if request.method == "POST":
        typed = request.POST.get("points", "").strip()
        if typed.isdecimal() and int(typed) <= most and sheets.items_of("first"):
            return redirect("skills:enter-second", points=int(typed))
    keys = [{"number": n, "key": "・".join(map(str, i.key))} for n, i in enumerate(sheets.items_of("first"), 1)]
    bad = request.method == "POST"
    return render(
        request,
        "skills/enter.html",
        {"keys": keys, "most": most, "typed": typed, "problem": bad, "has_errors": bad},
    )


@staff_page("skills.edit")
@never_cache
def second(request: HttpRequest, points: int) -> HttpResponse:
    """Print the second sheet and enter both; the result shows at once, and the person chooses as anybody does."""
    try:
        sheet = sheets.second_of(points)
    except ValueError as e:
        raise Http404 from e
    parts = {"first": sheets.items_of("first"), sheet: sheets.items_of(sheet)}
    if request.method == "POST":
        told = _told(request, [item for items in parts.values() for item in items])
        stage = request.POST.get("stage", "unknown")
        draft = Draft(mode="paper", stage=stage if stage in dict(STAGES) else "unknown", ended=True)
        if told:
            draft.state = measure.answered(draft.stage, list(told.items()))
            drafts.store(request, draft, clock.now())
            return redirect("skills:result")
    rows = [
        {"points": t.points, "word": said.level_word(t.level), "sure": f"{100 * t.sure:.0f}%"}
        for t in sheets.told_by(points)
    ]
    bad = request.method == "POST"
    return render(
        request,
        "skills/enter_second.html",
        {
            "points": points,
            "sheet": sheet,
            "letter": sheet.upper(),
            "parts": [{"letter": "" if name == "first" else name.upper(), "items": _shown(i)} for name, i in parts.items()],
            "keys": [{"number": n, "key": "・".join(map(str, i.key))} for n, i in enumerate(parts[sheet], 1)],
            "rows": rows,
            "stages": STAGES,
            "stage": request.POST.get("stage", "unknown"),
            "dont_know": DONT_KNOW,
            "problem": bad,
            "has_errors": bad,
        },
    )  # fmt: skip


def _told(request: HttpRequest, items: list[Item]) -> dict[str, str]:
    told = {}
    for item in items:
        answer = request.POST.get(item.item, "").strip()
        try:
            if answer:
                item.score(answer)
                told[item.item] = answer
        except ValueError:
            continue
    return told


def _shown(items: tuple[Item, ...]) -> list[dict[str, Any]]:
    language = get_language() or "ja"
    return [
        {
            "item": item.item,
            "number": number,
            "question": item.words["question"].said(language),
            "options": [{"value": str(n), "text": text.said(language)} for n, text in enumerate(item.options, 1)],
            "picture": drawing.drawn(item, language) if item.picture else "",
        }
        for number, item in enumerate(items, 1)
    ]
