"""Book, wait or ask: one question a page, the answers beside it, a check before anything is final."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.finder import cards, shown, steps
from daremo.web.apps.finder import draft as drafts
from daremo.web.apps.finder.draft import Draft
from daremo.web.apps.finder.finishing import finish, hold, let_go
from daremo.web.apps.finder.sheet import ticket_of
from daremo.web.apps.finder.words import fill, refused
from daremo.web.apps.schedule import looking
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.staff.access import public_page
from daremo.web.problems import conflict
from daremo.web.ui.pieces import Fact
from daremo.web.vocabulary import needs

FORMS = {
    "who": steps.WhoForm,
    "need": steps.NeedForm,
    "time": steps.TimeForm,
    "tongue": steps.TongueForm,
    "help": steps.HelpForm,
    "you": steps.YouForm,
}

GONE = ("seat-gone", "session-closed")


@public_page
@never_cache
def start(request: HttpRequest, session_id: int) -> HttpResponse:
    """Begin a booking where the person stopped; a course shows all its dates first."""
    kind, what = "book", str(session_id)
    session, now = session_of(kind, what), clock.now()
    draft = drafts.load(request, kind, what, now)
    if draft is None or not draft.held(now):
        closed = session.state != "open" or session.starts <= now
        lessons = looking.enrolled_in(session)
        gone = session.series_id is not None and session.series_id in {
            course.series.pk for course in schedule.full_courses(now, points=[session.point_id], limit=60)
        }
        if closed or gone or not all(schedule.with_free_seats([s.pk for s in lessons]).values()):
            return _gone(request, conflict("session-closed" if closed else "seat-gone"), session, draft)
    draft = drafts.taken_along(request, kind, what, now) or draft
    if draft is None and session.series_id is None:
        # kept before any seat is held: whatever is lost after that, the same draft finds its seat again
        drafts.store(request, draft := Draft(kind, what), now)
    first = _url(draft or Draft(kind, what), _next_step(draft, steps.steps_of(kind, what)))
    if session.series_id is None:
        return redirect(first)
    return render(
        request,
        "finder/series.html",
        {
            "session": session,
            "place": shown.place_words(session.point),
            "lessons": shown.times_of(session, now),
            "facts": [Fact(_("場所"), shown.place_said(session.point), small=session.point.address)],
            "href": first,
            "back_href": reverse("finder:point", kwargs={"point_id": session.point_id}),
        },
    )


@public_page
@never_cache
def start_wait(request: HttpRequest, session_id: int) -> HttpResponse:
    """Begin to wait for a seat."""
    kind, what = "wait", str(session_id)
    session, now = session_of(kind, what), clock.now()
    draft = drafts.load(request, kind, what, now)
    if session.state != "open" or session.starts <= now:
        return _gone(request, conflict("session-closed"), session, draft)
    draft = drafts.taken_along(request, kind, what, now) or draft
    return redirect(_url(draft or Draft(kind, what), _next_step(draft, steps.steps_of(kind, what))))


def _gone(request: HttpRequest, problem: DaremoError, session: Any, draft: Draft | None) -> HttpResponse:
    """Say that the time is gone, and offer the next ones and the waiting list; answers go along."""
    if draft is not None:
        drafts.offer_elsewhere(request, draft)
    now = clock.now()
    waits = problem.code == "seat-gone" and session.starts > now
    message, fix = refused(problem)
    course = session.series_id is not None
    if course and problem.code == "seat-gone":
        message, fix = _("この教室は、いっぱいです"), _("空きを待つことができます。")
    context = {
        "message": message,
        "fix": fix,
        "answered": draft is not None,
        "facts": [
            Fact(_("場所"), shown.place_said(session.point)),
            *shown.dates_of(session, now),
        ],
        "times": cards.next_times(session, now),
        "course": course,
        "wait_href": reverse("finder:wait", kwargs={"session_id": session.pk}) if waits else "",
        "point_href": reverse("finder:point", kwargs={"point_id": session.point_id}),
        "has_errors": True,
    }
    return render(request, "finder/gone.html", context, status=409)


def session_of(kind: str, what: str) -> Any:
    """Return the session that an errand is about, None for a request.

    Raises
    ------
    Http404
        There is none, or the errand is unknown.
    """
    if kind == "ask" and f"ask:{what}" in steps.STEPS:
        return None
    if kind not in ("book", "wait") or not what.isdigit():
        raise Http404
    found = looking.public_session(int(what))
    if found is None:
        raise Http404
    return found


@public_page
@never_cache
def step(request: HttpRequest, kind: str, what: str, step: str) -> HttpResponse:
    """Ask one question. Answers of this session are filled in; a POST keeps them and goes on."""
    session = session_of(kind, what)
    names = steps.steps_of(kind, what)
    if step not in (*names, "help"):
        raise Http404
    now = clock.now()
    draft = drafts.load(request, kind, what, now) or Draft(kind, what)
    form_class = FORMS[step]
    options: dict[str, Any] = {}
    if step == "you":
        options = {"by": draft.by, "home": what == "visit", "call": kind == "ask"}
    if request.method == "POST":
        form = form_class(request.POST, **options)
        if form.is_valid():
            _keep(draft, step, form.cleaned_data, request.POST)
            problem = _hold(request, draft, session)
            drafts.store(request, draft, now)
            if problem is not None:
                return _gone(request, problem, session, draft)
            return redirect(_url(draft, _next_step(draft, names)))
    else:
        form = form_class(initial=_known(draft), **options)
    at = names.index(step) + 1 if step in names else None
    return render(
        request,
        "finder/step.html",
        {
            "form": form,
            "step": step,
            "at": at,
            "of": len(names),
            "back_href": _before(draft, step, names, session),
            "sofar": facts_of(draft, session, change=False),
            "held": draft.held(now),
            "kind": kind,
            "by": draft.by,
        },
    )


def _known(draft: Draft) -> dict[str, Any]:
    known = {
        name: getattr(draft, name)
        for name in ("by", "need", "name", "helper_name", "whose", "needs", "address", "best_time", "language")
    }
    return {**known, "phone": draft.phone_typed or draft.phone, "no_phone": bool(draft.name and not draft.phone)}


def _keep(draft: Draft, step: str, told: dict[str, Any], typed: Any) -> None:
    if step == "you":
        draft.name, draft.address = told["name"], told.get("address") or ""
        draft.helper_name, draft.whose = told.get("helper_name") or "", told.get("whose") or ""
        draft.phone = "" if told.get("no_phone") else told.get("phone") or ""
        draft.phone_typed = str(typed.get("phone", ""))[:40] if draft.phone else ""
    else:
        for name, value in told.items():
            setattr(draft, name, value)


def _hold(request: HttpRequest, draft: Draft, session: Any) -> Conflict | None:
    """Keep a seat while the questions are answered; return what stands against it, so that nobody answers in vain."""
    if draft.kind != "book":
        return None
    try:
        hold(request.act, draft, session)  # type: ignore[attr-defined]
    except Conflict as problem:
        return problem if problem.code in GONE else None
    return None


def _url(draft: Draft, step: str) -> str:
    if step == "check":
        return reverse("finder:check", kwargs={"kind": draft.kind, "what": draft.what})
    return reverse("finder:step", kwargs={"kind": draft.kind, "what": draft.what, "step": step})


def _next_step(draft: Draft | None, names: tuple[str, ...]) -> str:
    """Return the first question without an answer, else the check."""
    if draft is None:
        return names[0]
    answered = {
        "who": draft.by,
        "need": draft.need,
        "time": draft.best_time,
        "tongue": draft.language,
        "you": draft.name and (draft.by in ("", "self") or draft.helper_name),
    }
    return next((name for name in names if not answered[name]), "check")


def _before(draft: Draft, step: str, names: tuple[str, ...], session: Any) -> str:
    if step == "help":
        return _url(draft, "check")
    at = names.index(step)
    if at:
        return _url(draft, names[at - 1])
    return reverse("finder:point", kwargs={"point_id": session.point_id}) if session else reverse("finder:home")


def facts_of(draft: Draft, session: Any, *, change: bool) -> list[Fact]:
    """Return the answers so far, with or without the links that change them."""
    today = clock.now()
    language = get_language() or "ja"

    def href(step: str) -> str:
        return _url(draft, step) if change else ""

    rows: list[Fact] = []
    if session is not None:
        place = reverse("finder:point", kwargs={"point_id": session.point_id}) if change else ""
        title = session.series.title if session.series_id else session.offer.title
        rows.append(Fact(_("内容"), title, href=place))
        rows.append(
            Fact(
                _("場所"),
                shown.place_said(session.point),
                small="・".join(shown.access_words(session.point)),
                href=place,
            )
        )
        lessons = shown.times_of(session, today)
        rows += [
            Fact(
                _("日時") if len(lessons) == 1 else fill(_("{n}回め"), n=n),
                when,
                small=small,
                href=place if n == 1 else "",  # a course is changed as a whole
            )
            for n, (when, small) in enumerate(lessons, 1)
        ]
    elif draft.kind == "ask":
        rows.append(Fact(_("お願い"), shown.errand(draft.what)))
    if draft.by:
        rows.append(Fact(_("相談する人"), str(dict(steps.BY)[draft.by]), href=href("who")))
    if draft.language:
        rows.append(
            Fact(_("ことば"), str(dict(steps.LANGUAGES).get(draft.language, draft.language)), href=href("tongue"))
        )
    if draft.need:
        rows.append(Fact(_("相談"), needs()[draft.need].said(language), href=href("need")))
    if draft.best_time:
        rows.append(Fact(_("電話の時間"), str(dict(steps.BEST_TIME)[draft.best_time]), href=href("time")))
    if draft.name:
        rows.append(Fact(_("お名前"), fill(_("{name} さん"), name=draft.name), href=href("you")))
        if draft.helper_name:
            rows.append(Fact(_("申しこむ人"), fill(_("{name} さん"), name=draft.helper_name), href=href("you")))
        if draft.address:
            rows.append(Fact(_("住所"), draft.address, href=href("you")))
        understood = ""
        if draft.phone and draft.phone_typed and draft.phone_typed != draft.phone:
            understood = fill(_("「{typed}」をこう読み取りました"), typed=draft.phone_typed)
        whose = str(dict(steps.WHOSE).get(draft.whose, "")) if draft.phone and draft.helper_name else ""
        rows.append(
            Fact(
                _("電話番号"),
                draft.phone or _("なし（予約番号だけで相談できます）"),
                small=" ".join(x for x in (whose, understood) if x),
                href=href("you"),
            )
        )
    if change:
        named = [str(label) for code, label in steps.HELP if code in draft.needs]
        rows.append(
            Fact(
                _("お手伝い"),
                "・".join(named) or _("なし"),
                small="" if named else _("手話・通訳・段差なしなど、たのめます"),
                href=href("help"),
            )
        )
    return rows


@public_page
@never_cache
def check(request: HttpRequest, kind: str, what: str) -> HttpResponse:
    """Show everything once more; only the button on this page books."""
    session, now = session_of(kind, what), clock.now()
    names = steps.steps_of(kind, what)
    draft = drafts.load(request, kind, what, now)
    if draft is None and request.method == "POST" and request.session.get("finished") == f"{kind}:{what}":
        return redirect("finder:done")  # pressed twice: it is booked once
    if draft is None or _next_step(draft, names) != "check":
        return redirect(_url(draft or Draft(kind, what), _next_step(draft, names)))
    problem: DaremoError | None = None
    if request.method == "POST":
        try:
            number = finish(request.act, draft, session)  # type: ignore[attr-defined]
        except DaremoError as error:
            if error.code in GONE and session is not None:
                return _gone(request, error, session, draft)
            problem = error
        else:
            drafts.drop(request, draft)
            request.session.update({"reservation": number, "fresh": True, "finished": f"{kind}:{what}"})
            return redirect("finder:done")
    context = {
        "facts": facts_of(draft, session, change=True),
        "kind": kind,
        "draft": draft,
        "back_href": _url(draft, names[-1]),
        "problem": refused(problem) if problem is not None else None,
        "has_errors": problem is not None,
    }
    return render(request, "finder/check.html", context, status=409 if problem else 200)


@public_page
def stop(request: HttpRequest, kind: str, what: str) -> HttpResponse:
    """End without booking: the answers go, the seat that was held is free again."""
    session_of(kind, what)
    draft = drafts.load(request, kind, what, clock.now())
    if request.method == "POST" and draft is not None:
        let_go(request.act, draft)  # type: ignore[attr-defined]
        drafts.drop(request, draft)
    return redirect("finder:home")


@public_page
@never_cache
def done(request: HttpRequest) -> HttpResponse:
    """Show the number and the sheet to take along."""
    number = request.session.get("reservation")
    if not number:
        return redirect("finder:look-up")
    reservation = reservations.by_number(number)
    if reservation is None:
        return redirect("finder:look-up")
    fresh = request.session.pop("fresh", False)
    return render(
        request,
        "finder/done.html",
        {"ticket": ticket_of(request, reservation, clock.now(), fresh=fresh), "reservation": reservation},
    )
