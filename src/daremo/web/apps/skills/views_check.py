"""The check: start, a few words about oneself, one question a page; undo and stop are always there."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from daremo.assess.content.records import DONT_KNOW, Item
from daremo.web import clock
from daremo.web.apps.finder.words import fill
from daremo.web.apps.skills import counted, drawing, measure
from daremo.web.apps.skills import draft as drafts
from daremo.web.apps.skills import services as skills
from daremo.web.apps.skills.draft import Draft
from daremo.web.apps.skills.forms import GoalForm, ReportForm, StageForm, goals_for
from daremo.web.apps.skills.said import AREAS, area_name
from daremo.web.apps.skills.views_result import asked_person
from daremo.web.apps.staff.access import public_page
from daremo.web.ui.text import to_plain


@public_page
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Say what the check is; begin it, or go on where it was left."""
    now = clock.now()
    draft = drafts.load(request, now)
    if request.method == "POST":
        fresh = Draft(mode=draft.mode if draft else "own", point=draft.point if draft else None)
        if draft is not None and draft.mode in ("assisted", "paper"):
            fresh.mode, fresh.person = "own", None
        drafts.store(request, fresh, now)
        return redirect("skills:about", step="stage")
    if draft is not None and draft.mode == "kiosk":
        # nobody meets the answers of the one before
        drafts.store(request, Draft(mode="kiosk", point=draft.point), now)
        draft = None
    going = draft is not None and bool(measure.told(draft.state)) and not draft.ended
    return render(request, "skills/start.html", {"going": going, "most": measure.LENGTH})


@public_page
@never_cache
def kiosk(request: HttpRequest, point_id: int) -> HttpResponse:
    """Begin at the machine of a place; whatever was answered there before is gone."""
    rows = apps.get_model("places", "SupportPoint")._default_manager.filter(state__in=("published", "stale"))
    point = get_object_or_404(rows, pk=point_id)
    drafts.store(request, Draft(mode="kiosk", point=point.pk), clock.now())
    return redirect("skills:start")


STEPS = ("stage", "goal", *(f"self{area}" for area in AREAS))


@public_page
@never_cache
def about(request: HttpRequest, step: str) -> HttpResponse:
    """Ask how old, what for, and, where wanted, how the person sees herself; all of it may stay open."""
    now = clock.now()
    draft = drafts.load(request, now)
    if draft is None:
        return redirect("skills:start")
    if step not in STEPS or (step.startswith("self") and not measure.reports()):
        raise Http404
    skip = "skip" in request.POST
    form = _about_form(step, draft, request.POST if request.method == "POST" and not skip else None)
    if request.method == "POST" and (skip or form.is_valid()):
        if not skip:
            _keep_about(draft, step, form.cleaned_data)
        after = _after(step, draft) if not (skip and step.startswith("self")) else "task"
        if after == "task":
            draft.state = measure.begin(
                draft.stage,
                draft.report,
                seed=draft.key,
                observed=draft.mode == "assisted",
                resting=counted.resting(),
                earlier=_earlier(request, draft),
            )
        drafts.store(request, draft, now)
        return redirect("skills:task") if after == "task" else redirect("skills:about", step=after)
    area = int(step[4:]) if step.startswith("self") else 0
    before = STEPS[STEPS.index(step) - 1] if step != "stage" else ""
    if before == "goal" and not goals_for(draft.stage):
        before = "stage"
    return render(
        request,
        "skills/about.html",
        {"form": form, "step": step, "before": before, "area": area, "area_name": area_name(area) if area else ""},
    )


def _earlier(request: HttpRequest, draft: Draft) -> dict[str, Any] | None:
    """Return what the person whom a supporter asks agreed to show last time: it counts on, so that fewer questions do."""
    person = asked_person(request, draft)
    checks = skills.checks_of(person) if person is not None else []
    return measure.answered(checks[-1].life_stage, checks[-1].answers) if checks else None


def _about_form(step: str, draft: Draft, told: Any) -> Any:
    if step == "stage":
        return StageForm(told, initial={"stage": draft.stage if draft.stage != "unknown" else None})
    if step == "goal":
        return GoalForm(told, stage=draft.stage, initial={"goal": draft.goal or None})
    return ReportForm(told, area=int(step[4:]), initial={k: str(v) for k, v in draft.report.items()})


def _keep_about(draft: Draft, step: str, told: dict[str, Any]) -> None:
    if step.startswith("self"):
        draft.report.update({name: int(value) for name, value in told.items() if value})
    else:
        setattr(draft, step, told[step])


def _after(step: str, draft: Draft) -> str:
    """Return the step that follows; those without questions are left out."""
    at = STEPS.index(step)
    for name in STEPS[at + 1 :]:
        if name == "goal" and goals_for(draft.stage):
            return name
        # how a person sees herself is asked first where she answers alone; a supporter asks tasks only
        if name.startswith("self") and measure.reports() and draft.mode in ("own", "kiosk"):
            return name
    return "task"


@public_page
@never_cache
def task(request: HttpRequest) -> HttpResponse:
    """Show one question; a POST answers it, presses one step of an order, or stops."""
    now = clock.now()
    draft = drafts.load(request, now)
    if draft is None or not draft.state:
        return redirect("skills:start")
    asked = None if draft.ended else measure.now_asked(draft.state)
    if asked is None or "stop" in request.POST:
        draft.ended = True
        drafts.store(request, draft, now)
        return redirect("skills:result")
    problem = ""
    if request.method == "POST" and request.POST.get("item") == asked.item.item:
        told = _told(request, draft, asked.item)
        if told == "":
            problem = _choose_words(asked.item)
        elif told is not None:
            draft.state, draft.order = measure.give(draft.state, asked.item, told), []
            drafts.store(request, draft, now)
            return redirect("skills:task")
        else:
            drafts.store(request, draft, now)
            # on a narrow phone the page would begin at its top again, above what is to be pressed next
            return redirect(f"{reverse('skills:task')}#order")
    elif request.method == "POST":
        # the page of an earlier question, sent twice or from another window
        return redirect("skills:task")
    return render(request, "skills/task.html", _shown(asked, draft, problem))


def _told(request: HttpRequest, draft: Draft, item: Item) -> str | None:
    """Return the answer; "" where none was chosen; None where an order is not finished yet."""
    answer = request.POST.get("answer", "")
    if answer == DONT_KNOW:
        return answer
    if item.kind != "steps":
        return answer if answer.isdecimal() and 1 <= int(answer) <= item.places else ""
    if "undo" in request.POST:
        draft.order = draft.order[:-1]
        return None
    pressed = request.POST.get("press", "")
    if pressed.isdecimal() and 1 <= int(pressed) <= item.places and int(pressed) not in draft.order:
        draft.order = [*draft.order, int(pressed)]
        return None
    return ">".join(map(str, draft.order)) if len(draft.order) == item.places else ""


def _choose_words(item: Item) -> str:
    if item.kind == "screen":
        return _("絵の中を、ひとつ押してください。わからないときは「わからない」を選べます。")
    if item.kind == "steps":
        return _("はじめにすることから順に、押してください。")
    return _("どれか、ひとつ選んでください。")


def _shown(asked: measure.Asked, draft: Draft, problem: str) -> dict[str, Any]:
    language = get_language() or "ja"
    item = asked.item
    words = {part: text.said(language) for part, text in item.words.items()}
    options = [{"value": str(n), "text": text.said(language)} for n, text in enumerate(item.options, 1)]
    left = [o for o in options if int(o["value"]) not in draft.order]
    return {
        "item": item,
        "words": words,
        "options": options,
        "left": left,
        "ordered": [options[n - 1] for n in draft.order],
        "place_nth": len(draft.order) + 1,
        "at": asked.at,
        "of": asked.of,
        "picture": drawing.drawn(item, language, name="answer" if item.kind == "screen" else ""),
        "free": drawing.free_of_frame(item),
        "assisted": draft.mode == "assisted",
        "problem": problem,
        "has_errors": bool(problem),
        "can_undo": asked.at > 1,
        # words inside a drawing are Japanese
        "list_open": language == "en",
        "say": _aloud(item, words, options),
        "say_language": "en-US" if language == "en" else "ja-JP",
        "ring_words": fill(_("{of}問中{at}問め"), of=asked.of, at=asked.at),
    }


def _aloud(item: Item, words: dict[str, str], options: list[dict[str, str]]) -> str:
    """Return what the browser's voice says, parts divided by bars; of a screen only the question, its places are looked for."""
    parts = [words.get("audio") or words["question"]]
    if item.kind != "screen":
        parts += [option["text"] for option in options]
    elif "hint" in words:
        parts.append(words["hint"])
    return "|".join(to_plain(part) for part in parts)


@public_page
@never_cache
@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """Take the last answer back and ask that question again; with ``more``, go on beyond the end."""
    now = clock.now()
    draft = drafts.load(request, now)
    if draft is not None and draft.state and not draft.kept:
        change = measure.more if "more" in request.POST else measure.undo
        draft.state, draft.order, draft.ended = change(draft.state), [], False
        drafts.store(request, draft, now)
        return redirect("skills:task")
    return redirect("skills:start")
