"""The result: words and rings, what may come next, and three choices of which none is made for the person."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from daremo.assess.content.read import content
from daremo.assess.content.records import Lesson
from daremo.web import clock
from daremo.web.apps.finder.words import fill
from daremo.web.apps.people import services as people
from daremo.web.apps.skills import draft as drafts
from daremo.web.apps.skills import measure, offers, said
from daremo.web.apps.skills import services as skills
from daremo.web.apps.skills.draft import Draft
from daremo.web.apps.skills.forms import KeepForm, ShareForm
from daremo.web.apps.staff.access import may, public_page
from daremo.web.apps.visits import services as visits
from daremo.web.days import day_of
from daremo.web.ui.dates import say_day, say_time

#: From this probability of a gain on an area is named, where the gain over all areas is sure.
LIKELY = 0.9


def taken_of(draft: Draft) -> skills.Taken:
    """Return the sitting of a draft as the services take it."""
    return skills.Taken(
        answers=measure.told(draft.state),
        profile=measure.profile(draft.state),
        mode=draft.mode,
        life_stage=draft.stage,
        goal=draft.goal,
        language=get_language() or "ja",
        report=[(name, str(value)) for name, value in draft.report.items()],
    )


def shown(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """Return what the page of a result says, on the screen and on paper."""
    now, language = clock.now(), get_language() or "ja"
    outcome = measure.outcome(draft.state)
    first, second = said.headline(outcome.levels)
    steps = offers.lessons_for(measure.profile(draft.state), draft.goal, draft.stage)
    lessons = content().lessons
    goal = content().goals.get(draft.goal)
    return {
        "headline": first,
        "next_line": second,
        "rings": said.rings(outcome.levels, outcome.shares),
        "answered": len(measure.told(draft.state)),
        "unclear": outcome.unclear,
        "offers": [_offer(o, now, language) for o in offers.offers_for(now, steps)],
        "lessons": [lesson_card(lessons[s.lesson], language) for s in steps],
        "goal": goal.text.said(language) if goal else "",
        "when": now,
        "assisted": draft.mode in ("assisted", "paper"),
        "kiosk": draft.mode == "kiosk",
        "change": _changed(request, draft, now),
    }


def _changed(request: HttpRequest, draft: Draft, now: Any) -> dict[str, str] | None:
    """Return what changed since the first result that the person agreed to show.

    Only where a member of staff sits with her and knows who she is: a name and a number alone must not tell anybody that
    somebody was here before.
    """
    person = asked_person(request, draft)
    checks = skills.checks_of(person) if person is not None else []
    found = skills.grown(checks[0], draft.state, now) if checks and measure.told(draft.state) else None
    if found is None:
        return None
    heading, line = said.change(found.total.verdict)
    # few answers of one area are seldom sure by themselves; the sentence on all of them is
    up = sorted((a for a, one in found.areas.items() if one.sure >= LIKELY), key=lambda a: -found.areas[a].sure)[:2]
    names = _("、").join(fill(_("「{area}」"), area=said.area_name(area)) for area in up)
    return {
        "heading": heading,
        "line": line,
        "areas": fill(_("よくのびたこと：{areas}"), areas=names) if names and found.total.verdict == "up" else "",
        "when": fill(_("{day}のときとくらべました。"), day=say_day(found.first, day_of(now))),
    }


def lesson_card(lesson: Lesson, language: str) -> dict[str, str]:
    """Return a lesson as a list shows it."""
    return {
        "href": reverse("skills:lesson", kwargs={"lesson": lesson.lesson}),
        "title": lesson.words["title"].said(language),
        "aim": lesson.words["aim"].said(language),
        "label": fill(_("{title}（{n}分）"), title=lesson.words["title"].said(language), n=lesson.minutes),
    }


def _offer(offer: offers.Offer, now: Any, language: str) -> dict[str, Any]:
    lesson = content().lessons.get(offer.lesson)
    return {
        "href": reverse("finder:start", kwargs={"session_id": offer.session_id}),
        "title": offer.title,
        "about": fill(_("「{lesson}」を、いっしょにできます。"), lesson=lesson.words["title"].said(language))
        if lesson
        else "",
        "point": offer.point,
        "when": fill(
            _("{day} {time}から{n}分"),
            day=say_day(offer.starts, day_of(now)),
            time=say_time(offer.starts),
            n=offer.minutes,
        ),
        "free": offer.free,
    }


@public_page
@never_cache
def result(request: HttpRequest) -> HttpResponse:
    """Say what the person can do, and let her choose what becomes of it; nothing is stored by looking."""
    now = clock.now()
    draft = drafts.load(request, now)
    if draft is not None and draft.kept:
        return redirect("skills:done")
    if draft is None or not draft.state:
        return redirect("skills:start")
    form = KeepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        taken, office = taken_of(draft), skills.office()
        if form.cleaned_data["count"] and taken.answers and office is not None and not draft.counted:
            skills.count(request.act, office, taken, area=form.cleaned_data["area"])  # type: ignore[attr-defined]
            draft.counted = True
        choice = form.cleaned_data["keep"]
        if choice == "none":
            # the answers go at once; the thanks need none of them
            draft = Draft(mode=draft.mode, point=draft.point, kept="none")
        drafts.store(request, draft, now)
        return redirect({"paper": "skills:paper", "share": "skills:share", "none": "skills:done"}[choice])
    return render(request, "skills/result.html", {**shown(request, draft), "form": form, "draft": draft})


@public_page
@never_cache
def share(request: HttpRequest) -> HttpResponse:
    """Ask whose the result is and for her consent, then attach it to her."""
    now = clock.now()
    draft = drafts.load(request, now)
    if draft is None or not measure.told(draft.state):
        return redirect("skills:start")
    person = asked_person(request, draft)
    form = ShareForm(request.POST or None, known=person is not None)
    if request.method == "POST" and form.is_valid():
        act, told = request.act, form.cleaned_data  # type: ignore[attr-defined]
        if person is None:
            person = people.same_contact(
                act, _organisation(request), name=told["name"], phone=told["phone"] or "", life_stage=draft.stage
            )
        skills.keep(act, person, taken_of(draft), statistics=told["learn"], once=draft.key)
        goal = content().goals.get(draft.goal)
        if goal is not None:
            first = next((t for t in goal.themes if t in offers.theme_topics()), "")
            visits.aim(act, person, (offers.theme_topics().get(first) or ("other",))[0], goal.text.ja)
        fresh = Draft(mode=draft.mode, point=draft.point, kept="shared")
        drafts.store(request, fresh, now)
        return redirect("skills:done")
    return render(request, "skills/share.html", {"form": form, "person": person})


def asked_person(request: HttpRequest, draft: Draft) -> Any:
    """Return the person whom a member of staff asks, where that member still may."""
    if draft.person is None or not request.user.is_authenticated or not may(request, "skills.edit"):
        return None
    from daremo.web.apps.staff.access import visible

    rows = apps.get_model("people", "Person")._default_manager.all()
    return visible(request, rows, "skills.edit").filter(pk=draft.person).first()


def _organisation(request: HttpRequest) -> Any:
    member = getattr(request, "membership", None)
    return member.organisation if member is not None and may(request, "skills.edit") else skills.office()


@public_page
@never_cache
def done(request: HttpRequest) -> HttpResponse:
    """Say what became of the result and where to go now."""
    draft = drafts.load(request, clock.now())
    if draft is None or not draft.kept:
        return redirect("skills:start")
    return render(
        request, "skills/done.html", {"kept": draft.kept, "kiosk": draft.mode == "kiosk", "point": draft.point}
    )


@public_page
@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Delete the check from this machine."""
    draft = drafts.load(request, clock.now())
    if draft is not None and draft.mode == "kiosk":
        drafts.store(request, Draft(mode="kiosk", point=draft.point), clock.now())
        return redirect("skills:start")
    drafts.drop(request)
    return redirect("finder:home")


@public_page
@never_cache
def paper(request: HttpRequest) -> HttpResponse:
    """Show the result as it is printed: one sheet of A4, nothing of it with us."""
    draft = drafts.load(request, clock.now())
    if draft is None or not draft.state:
        return redirect("skills:start")
    address = request.build_absolute_uri(reverse("skills:lessons"))
    return render(request, "skills/paper.html", {**shown(request, draft), "address": address})


@public_page
def lessons(request: HttpRequest) -> HttpResponse:
    """List the short lessons by area."""
    language = get_language() or "ja"
    groups: dict[int, list[dict[str, str]]] = {}
    for lesson in content().lessons.values():
        groups.setdefault(lesson.area, []).append(lesson_card(lesson, language))
    told = [(said.area_name(area), groups[area]) for area in sorted(groups)]
    return render(request, "skills/lessons.html", {"groups": told})


@public_page
def lesson(request: HttpRequest, lesson: str) -> HttpResponse:
    """Show one lesson; it prints on one sheet of A4."""
    found = content().lessons.get(lesson)
    if found is None:
        raise Http404
    language = get_language() or "ja"
    return render(
        request,
        "skills/lesson.html",
        {
            "words": {part.replace(".", "_"): text.said(language) for part, text in found.words.items()},
            "steps": [text.said(language) for text in found.steps],
            "minutes": found.minutes,
            "area": said.area_name(found.area),
            "address": request.build_absolute_uri(request.path),
        },
    )
