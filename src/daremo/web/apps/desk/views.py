"""One page for a telephone call: who, what, when, read aloud; every answer shows the whole call again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.desk.call import SHOWN, Call, next_field
from daremo.web.apps.desk.calls import calls_of
from daremo.web.apps.desk.changes import upcoming
from daremo.web.apps.desk.script import read_aloud
from daremo.web.apps.finder import shown
from daremo.web.apps.people import services as people
from daremo.web.apps.schedule import looking
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.staff.access import staff_page
from daremo.web.apps.visits import services as visits
from daremo.web.days import day_of
from daremo.web.problems import refusal
from daremo.web.ui.dates import say_date, say_time
from daremo.web.ui.pieces import Fact
from daremo.web.vocabulary import needs, topics_of

HOLD_MINUTES = 15
BY = (("self", "本人"), ("family", "家族"), ("carer", "支援者"))
REMIND = (("phone", "電話"), ("sms", "SMS"), ("letter", "手紙"), ("none", "なし"))
EXTRA = (("step_free", "段差なし"), ("sign", "手話"), ("interpreter", "通訳"), ("home", "訪問"))
CALLS_SHOWN = 8


@staff_page("desk.use")
def call(request: HttpRequest) -> HttpResponse:
    """Show the page of a call, and do what its buttons say; every answer shows the whole call again."""
    now = clock.now()
    state = Call.read(request.POST)
    do = request.POST.get("do", "")
    problem: DaremoError | None = None
    if do == "more":
        state.shown += SHOWN
    try:
        if do == "confirm":
            reservation = _confirm(request, state)
            request.session["desk_booked"] = reservation.pk
            return redirect("desk:booked")
        if do == "wait" or do.startswith("course:"):
            reservation = _wait(request, state, do.removeprefix("course:"))
            request.session["desk_booked"] = reservation.pk
            return redirect("desk:booked")
        if state.slot:
            _hold(request, state)
    except DaremoError as error:
        problem = error
        state.slot = state.hold = "" if do in ("confirm", "") else state.hold
    return render(request, "desk/call.html", _context(request, state, problem, now), status=409 if problem else 200)


def _context(request: HttpRequest, state: Call, problem: DaremoError | None, now: Any) -> dict[str, Any]:
    found = people.find_people(request.organisation_ids, state.who) if state.who else []  # type: ignore[attr-defined]
    person = next((f.person for f in found if str(f.person.pk) == state.person), None)
    if person is None and state.person != "new":
        state.person = ""
    so_far = None
    if person is not None:
        people.looked(request.act, request.user, person, "電話受付", "電話")  # type: ignore[attr-defined,arg-type]
        so_far = visits.so_far(person)
    area = person.area if person is not None else None
    near = (area.lat, area.lon) if area is not None and area.lat is not None and area.lon is not None else None
    times = schedule.free_times(
        now,
        near=near,
        topics=topics_of(state.need),
        needs=tuple(n for n in state.needs if n != "home"),
        kinds=("visit",) if "home" in state.needs else (),
        channel="phone",
        per_point=max(3, state.shown),
        limit=state.shown + 1,
    )
    chosen = looking.session_of(int(state.slot)) if state.slot.isdigit() else None
    times = times[: state.shown + 1]
    rows = shown.rows_of(_with_chosen(times[: state.shown], chosen), now, near)
    held = reservations.held_by(int(state.hold), _holder(request, state)) if state.hold.isdigit() else None
    lessons = looking.enrolled_in(chosen) if chosen is not None else []
    calls = calls_of(request, now)
    focus = ""
    if problem is None and not request.headers.get("HX-Request"):
        do = request.POST.get("do", "")
        focus = next_field(state, [str(f.person.pk) for f in found], [row["id"] for row in rows], do)
    name = next((f.name for f in found if str(f.person.pk) == state.person), state.name)
    return {
        "call": state,
        "problem": problem,
        "has_errors": problem is not None,
        "found": found,
        "person": person,
        "so_far": _so_far(person, so_far) if person is not None and so_far is not None else [],
        "needs": [(code, word.ja) for code, word in needs().items()],
        "extra": EXTRA,
        "by": BY,
        "remind": REMIND,
        "times": rows,
        "more": len(times) > state.shown,
        "chosen": chosen,
        "script": read_aloud(name, chosen, now, lessons) if chosen is not None else [],
        "lessons": len(lessons),
        "full": _full(request, now, chosen),
        "held": held,
        "calls": calls[:CALLS_SHOWN],
        "all_calls": len(calls),
        "upcoming": upcoming(person, now) if person is not None else [],
        "focus": focus,
        "focus_p": focus.removeprefix("p"),
        "focus_need": focus.removeprefix("need-"),
        "focus_slot": focus.removeprefix("slot"),
    }


def _full(request: HttpRequest, now: Any, chosen: Any) -> list[dict[str, Any]]:
    """Return courses that are full, as buttons: the caller may wait for one as a whole."""
    today, rows = day_of(now), []
    for course in schedule.full_courses(now, organisations=request.organisation_ids):  # type: ignore[attr-defined]
        first = course.sessions[0]
        if chosen is None or chosen.series_id != course.series.pk:  # the one that this page holds is not full to it
            when = f"{say_date(first.starts, today)} {say_time(first.starts)}"
            rows.append({
                "id": course.series.pk, "title": course.series.title, "n": len(course.sessions), "when": when,
                "place": first.point.name,
            })  # fmt: skip
    return rows


def _with_chosen(times: list[schedule.FreeTime], chosen: Any) -> list[schedule.FreeTime]:
    """Return the times with the chosen one among them: its last seat is held by this page, so it is no longer free."""
    if chosen is None or any(t.session_id == chosen.pk for t in times):
        return times
    own = schedule.FreeTime(
        chosen.pk, chosen.point_id, chosen.offer_id, chosen.starts, chosen.ends, 1, chosen.offer.title,
        chosen.offer.kind, chosen.series_id, chosen.point.name, None,
    )  # fmt: skip
    place = next((n for n, t in enumerate(times) if t.starts > own.starts), len(times))
    near = next((t.km for t in times if t.point_id == own.point_id), None)
    return [*times[:place], replace(own, km=near), *times[place:]]


def _so_far(person: Any, told: visits.SoFar) -> list[Fact]:
    rows = []
    if told.goal is not None:
        rows.append(Fact("目あて", told.goal.words or shown.topic(told.goal.topic)))
    if told.last is not None:
        who = f"・担当 {told.last.supporter.name}" if told.last.supporter else ""
        able = told.last.get_alone_after_display() if told.last.alone_after is not None else ""
        topics = "・".join(shown.topic(t) for t in told.last.topics)
        rows.append(Fact(f"前回 {shown.short_day(told.last.started)}{who}", f"{topics}{f'（{able}）' if able else ''}"))
    if person.needs:
        rows.append(Fact("お願い", "・".join(shown.need_word(n) for n in person.needs)))
    return rows


def _hold(request: HttpRequest, state: Call) -> None:
    """Hold the chosen time for this page; whatever it held before is let go."""
    wanted = int(state.slot) if state.slot.isdigit() else 0
    before = reservations.held_by(int(state.hold), _holder(request, state)) if state.hold.isdigit() else None
    if before is not None and before.session_id == wanted:
        return
    if before is not None:
        bookings.let_go(request.act, before)  # type: ignore[attr-defined]
    state.hold = ""
    session = looking.session_of(wanted)
    if session is None:
        state.slot = ""
        return
    held = bookings.hold(request.act, session, _holder(request, state), HOLD_MINUTES, whole=True)  # type: ignore[attr-defined]
    state.hold = str(held.pk)


def _holder(request: HttpRequest, state: Call) -> str:
    return f"desk:{request.user.pk}:{state.once[:16]}"


def _person(request: HttpRequest, state: Call) -> Any:
    organisation = request.membership.organisation  # type: ignore[attr-defined]
    if state.person.isdigit():
        found = next(
            (
                f.person
                for f in people.find_people(request.organisation_ids, state.who)  # type: ignore[attr-defined]
                if str(f.person.pk) == state.person
            ),
            None,
        )
        if found is None:
            raise refusal("no-person")
        return found
    if not state.name:
        raise refusal("no-name")
    return people.same_contact(
        request.act,  # type: ignore[attr-defined]
        organisation,
        name=state.name,
        kana=state.kana,
        phone=state.phone,
        needs=[n for n in state.needs if n != "home"],
        prefers=state.remind,
    )


def _confirm(request: HttpRequest, state: Call) -> Any:
    if not state.agreed:
        raise refusal("not-read-back")
    if not state.slot:
        raise refusal("no-time-chosen")
    _hold(request, state)
    person = _person(request, state)
    held = reservations.held_by(int(state.hold), _holder(request, state)) if state.hold else None
    if held is None:
        raise refusal("no-time-chosen")
    return bookings.confirm(
        request.act,  # type: ignore[attr-defined]
        held,
        person,
        by=state.by,
        topic=state.need,
        needs=state.needs,
        remind_by=state.remind,
        once=state.once,
        read_back=True,
    )


def _wait(request: HttpRequest, state: Call, course: str = "") -> Any:
    """Put the caller into the waiting order: of a course, of the chosen time, else of the offer she wants."""
    session = looking.session_of(int(state.slot)) if state.slot.isdigit() else None
    offer = session.offer if session is not None else looking.offer_for(request.organisation_ids, topics_of(state.need))  # type: ignore[attr-defined]
    wanted = int(course) if course.isdigit() and len(course) < 19 else 0
    ids = request.organisation_ids  # type: ignore[attr-defined]
    series = looking.series_of(wanted, ids) if wanted else session.series if session is not None else None
    if series is None and (offer is None or wanted):
        raise refusal("no-time-chosen")
    person = _person(request, state)
    entry = bookings.wait(
        request.act,  # type: ignore[attr-defined]
        None,
        person,
        series=series,
        offer=offer if series is None else None,
        point=session.point if session is not None else None,
        by=state.by,
        topic=state.need,
        needs=state.needs,
        remind_by=state.remind,
        once=state.once,
    )
    if state.hold.isdigit() and (held := reservations.held_by(int(state.hold), _holder(request, state))):
        bookings.let_go(request.act, held)  # type: ignore[attr-defined]
    return entry.reservation


@staff_page("desk.use", methods=["GET", "HEAD"])
def booked(request: HttpRequest) -> HttpResponse:
    """Show what to read to the caller last: the number and the time; then the next call."""
    reservation = reservations.by_id(request.session.get("desk_booked"), request.organisation_ids)  # type: ignore[attr-defined]
    if reservation is None:
        return redirect("desk:call")
    now = clock.now()
    people.looked(request.act, request.user, reservation.person, "電話受付", "予約")  # type: ignore[attr-defined,arg-type]
    return render(
        request,
        "desk/booked.html",
        {
            "reservation": reservation,
            "number": bookings.spoken(reservation.number),
            "bookings": shown.bookings_of(reservation, now),
            "waits": shown.waits_of(reservation, now),
        },
    )
