"""Book, wait or ask: one question a page, the answers beside it, a check before anything is final."""

from __future__ import annotations

from datetime import datetime, timedelta
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
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.finder import draft as drafts
from daremo.web.apps.finder import shown, steps
from daremo.web.apps.finder.draft import Draft
from daremo.web.apps.schedule import looking
from daremo.web.apps.staff.access import public_page
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


@public_page
@never_cache
def start(request: HttpRequest, session_id: int) -> HttpResponse:
    """Begin a booking: the first question, or the one where the person stopped."""
    return _begin(request, "book", str(session_id))


@public_page
@never_cache
def start_wait(request: HttpRequest, session_id: int) -> HttpResponse:
    """Begin to wait for a seat."""
    return _begin(request, "wait", str(session_id))


def _begin(request: HttpRequest, kind: str, what: str) -> HttpResponse:
    session_of(kind, what)
    return redirect("finder:step", kind=kind, what=what, step=steps.steps_of(kind, what)[0])


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
    draft = drafts.load(request, kind, what) or Draft(kind, what)
    form_class = FORMS[step]
    options: dict[str, Any] = {}
    if step == "you":
        options = {"by": draft.by, "home": what == "visit", "call": what == "call"}
    if request.method == "POST":
        form = form_class(request.POST, **options)
        if form.is_valid():
            _keep(draft, step, form.cleaned_data, request.POST)
            if kind == "book":
                _hold(request, draft, session, now)
            drafts.store(request, draft, now)
            return redirect(_after(draft, step, names))
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
        },
    )


def _known(draft: Draft) -> dict[str, Any]:
    known = {
        name: getattr(draft, name)
        for name in ("by", "need", "name", "kana", "helper_name", "needs", "address", "best_time", "language")
    }
    return {**known, "phone": draft.phone_typed or draft.phone, "no_phone": bool(draft.name and not draft.phone)}


def _keep(draft: Draft, step: str, told: dict[str, Any], typed: Any) -> None:
    if step == "you":
        draft.name, draft.kana = told["name"], told.get("kana") or ""
        draft.helper_name, draft.address = told.get("helper_name") or "", told.get("address") or ""
        draft.phone = "" if told.get("no_phone") else told.get("phone") or ""
        draft.phone_typed = str(typed.get("phone", ""))[:40] if draft.phone else ""
    else:
        for name, value in told.items():
            setattr(draft, name, value)


def _hold(request: HttpRequest, draft: Draft, session: Any, now: datetime) -> None:
    """Keep a seat while the questions are answered; when none is free the check says so, not before."""
    if draft.held(now) or session.series_id:
        return
    try:
        held = bookings.hold(request.act, session, _holder(draft), drafts.HOLD_MINUTES)  # type: ignore[attr-defined]
    except Conflict:
        draft.hold = None
        return
    draft.hold, draft.hold_until = held.pk, (now + timedelta(minutes=drafts.HOLD_MINUTES)).isoformat()


def _url(draft: Draft, step: str) -> str:
    if step == "check":
        return reverse("finder:check", kwargs={"kind": draft.kind, "what": draft.what})
    return reverse("finder:step", kwargs={"kind": draft.kind, "what": draft.what, "step": step})


def _missing(draft: Draft, names: tuple[str, ...]) -> str | None:
    """Return the first question without an answer."""
    answered = {
        "who": draft.by,
        "need": draft.need,
        "time": draft.best_time,
        "tongue": draft.language,
        "you": draft.name,
    }
    return next((name for name in names if not answered[name]), None)


def _after(draft: Draft, step: str, names: tuple[str, ...]) -> str:
    return _url(draft, _missing(draft, names) or "check")


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
        rows.append(
            Fact(
                _("場所"),
                shown.place_words(session.point),
                small="・".join(shown.access_words(session.point)),
                href=place,
            )
        )
        rows += [Fact(_("日時"), when, small=small, href=place) for when, small in shown.times_of(session, today)]
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
        rows.append(Fact(_("お名前"), _("{name} さん").format(name=draft.name), href=href("you")))
        if draft.helper_name:
            rows.append(Fact(_("申しこむ人"), _("{name} さん").format(name=draft.helper_name), href=href("you")))
        if draft.address:
            rows.append(Fact(_("住所"), draft.address, href=href("you")))
        understood = ""
        if draft.phone and draft.phone_typed and draft.phone_typed != draft.phone:
            understood = _("「{typed}」をこう読み取りました").format(typed=draft.phone_typed)
        rows.append(
            Fact(
                _("電話番号"),
                draft.phone or _("なし（予約番号だけで相談できます）"),
                small=understood,
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
    session = session_of(kind, what)
    names = steps.steps_of(kind, what)
    draft = drafts.load(request, kind, what)
    if draft is None or (missing := _missing(draft, names)):
        return redirect(_url(draft or Draft(kind, what), missing if draft else names[0]))
    problem: DaremoError | None = None
    if request.method == "POST":
        try:
            number = _finish(request, draft, session)
        except DaremoError as error:
            problem = error
        else:
            drafts.drop(request, draft)
            request.session["reservation"] = number
            request.session["fresh"] = True
            return redirect("finder:done")
    context = {
        "facts": facts_of(draft, session, change=True),
        "kind": kind,
        "back_href": _url(draft, names[-1]),
        "problem": problem,
        "has_errors": problem is not None,
        "other_times": shown.next_times(session, clock.now()) if problem is not None and session is not None else [],
        "wait_href": reverse("finder:wait", kwargs={"session_id": session.pk}) if session is not None else "",
    }
    return render(request, "finder/check.html", context, status=409 if problem else 200)


def _finish(request: HttpRequest, draft: Draft, session: Any) -> str:
    """Book, wait or ask with one service call each; return the number."""
    act = request.act  # type: ignore[attr-defined]
    person, helper = shown.people_of(act, draft, session)
    remind = "phone" if draft.phone else "none"
    if draft.kind == "ask":
        asked = bookings.ask_for(
            act,
            draft.what,
            person,
            by=draft.by or "self",
            helper=helper,
            topic=draft.need,
            needs=draft.needs,
            language=draft.language,
            best_time=draft.best_time,
            once=draft.key,
        )
        return str(asked.reservation.number)
    if draft.kind == "wait":
        entry = bookings.wait(
            act,
            session,
            person,
            by=draft.by,
            helper=helper,
            topic=draft.need,
            needs=draft.needs,
            remind_by=remind,
            once=draft.key,
        )
        return str(entry.reservation.number)
    told: dict[str, Any] = {
        "by": draft.by,
        "helper": helper,
        "topic": draft.need,
        "needs": draft.needs,
        "remind_by": remind,
        "once": draft.key,
    }
    held = reservations.held_by(draft.hold, _holder(draft)) if draft.hold else None
    if held is not None and draft.held(act.now):
        return str(bookings.confirm(act, held, person, **told).number)
    return str(bookings.book(act, looking.enrolled_in(session), person, **told).number)


def _holder(draft: Draft) -> str:
    return f"draft:{draft.key[:16]}"


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
        {"ticket": shown.ticket_of(request, reservation, clock.now(), fresh=fresh), "reservation": reservation},
    )
