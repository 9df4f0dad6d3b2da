"""Find help: near a town's name, by need, language and access; as cards with the next free times, and on paper."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from daremo.web import clock
from daremo.web.apps.finder import cards, shown
from daremo.web.apps.finder.searching import Found, find
from daremo.web.apps.finder.words import fill
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.staff.access import public_page
from daremo.web.days import day_of
from daremo.web.ui.dates import say_date, say_day, say_time
from daremo.web.ui.pieces import Fact, Table

TIMES = 24
"""Times shown at once on a place's page."""


def _result(found: Found) -> str:
    n = len(found.ordered)
    if not n:
        return _("その条件の場所はありません。条件をへらすか、お電話ください。")
    if found.by_open:
        return fill(_("{n}か所あります。いま開いている・早く開く順です。"), n=n)
    if found.near is not None:
        return fill(_("{place}から近い順に、{n}か所あります。"), place=found.near.name, n=n)
    return fill(_("{n}か所あります。早く予約できる順です。"), n=n)


def _as_of(found: Found) -> str:
    return fill(_("空きは、{day} {time}のものです。"), day=say_date(found.now), time=say_time(found.now))


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Show three doors, the finder, the list beside the map."""
    found = find(request.GET, clock.now())
    query = request.GET.copy()
    query.pop("more", None)
    plain = query.urlencode()
    more_href = ""
    if len(found.ordered) > len(found.few):
        query["more"] = str(found.pages + 1)
        more_href = f"?{query.urlencode()}#place-{len(found.few)}"
    return render(
        request,
        "finder/home.html",
        {
            "form": found.form,
            "result": _result(found),
            "as_of": _as_of(found),
            "unknown": found.unknown,
            "places": cards.cards(found.few, found.near, found.now, found.times, found.distance),
            "points": cards.sketch(found.few, found.near),
            "more_href": more_href,
            "far": found.near is not None and not found.by_open,
            "query": f"?{plain}" if plain else "",
        },
    )


@public_page
def printed(request: HttpRequest) -> HttpResponse:
    """Show the list for paper: place, way, telephone, hours, the next free times; as many as two sheets hold."""
    found = find(request.GET, clock.now(), 12)
    rows = []
    for card, point in zip(
        cards.cards(found.few, found.near, found.now, found.times, found.distance), found.few, strict=True
    ):
        free = "、".join(f"{say_day(t.start, t.today)} {say_time(t.start)}" for t in card.times[:2])
        way = "　".join(x for x in (card.way, point.address) if x)
        rows.append((f"{card.number} {card.name}", way, point.phone, free or _("お電話ください")))
    columns = [(_("場所"), False), (_("行きかた"), False), (_("電話"), False), (_("つぎの空き"), False)]
    table = Table(_("相談場所の一覧"), columns, rows)
    query = request.GET.urlencode()
    return render(
        request,
        "finder/printed.html",
        {
            "table": table,
            "result": _result(found),
            "as_of": _as_of(found),
            "back_href": reverse("finder:home") + (f"?{query}" if query else "") + "#find",
        },
    )


@public_page
def point(request: HttpRequest, point_id: int) -> HttpResponse:
    """Show one place: what it has, when it is open, every free time of the coming weeks, its courses."""
    rows = apps.get_model("places", "SupportPoint")._default_manager.filter(state__in=("published", "stale"))
    row = rows.select_related("organisation").filter(pk=point_id).first()
    if row is None:  # a sheet may name a place that was merged with another since
        gone = get_object_or_404(rows.model._default_manager.filter(merged_into__isnull=False), pk=point_id)
        return redirect("finder:point", point_id=get_object_or_404(rows, pk=places.standing_for(gone).pk).pk)
    now = clock.now()
    spots = cards.with_landmarks(row)
    pages = request.GET.get("more", "1")
    count = TIMES * min(max(int(pages) if pages.isdigit() and len(pages) < 4 else 1, 1), 10)
    times = schedule.free_times(now, points=[row.pk], per_point=count + 1, limit=count + 1)
    more, times = len(times) > count, times[:count]
    offers: dict[int, dict[str, Any]] = {}
    for free in times:
        if free.series_id is None:
            offer = offers.setdefault(free.offer_id, {"title": free.offer_title, "times": []})
            offer["times"] += cards.buttons([free], now)
    facts = [
        Fact(_("住所"), row.address or "—"),
        Fact(_("電話"), row.phone or "—"),
        Fact(_("ここにあるもの"), "・".join(shown.access_words(row)) or "—"),
        Fact(_("予約なし"), cards.waiting_words(row, now) or _("予約をお願いします")),
    ]
    return render(
        request,
        "finder/point.html",
        {
            "place": cards.cards([row], None, now, [], {})[0],
            "facts": facts,
            "offers": list(offers.values()),
            "more_href": f"?more={count // TIMES + 1}#time-{count}" if more else "",
            "courses": _courses(times, now),
            "full": [*_full_courses(row, now), *_full(row, times, now)],
            "points": cards.sketch(spots, None),
            "landmarks": cards.landmark_words(spots),
        },
    )


def _courses(times: list[schedule.FreeTime], now: Any) -> list[dict[str, Any]]:
    """Return courses with a free seat in every lesson: title, first day, how often."""
    ids = {t.series_id: t for t in times if t.series_id is not None}
    series = apps.get_model("schedule", "Series")._default_manager.in_bulk(list(ids))
    today, made = day_of(now), []
    for key, free in ids.items():
        lessons = series[key].sessions.exclude(state="cancelled").count()
        when = f"{say_day(free.starts, today)} {say_time(free.starts)}"
        made.append(
            {
                "href": reverse("finder:start", kwargs={"session_id": free.session_id}),
                "title": series[key].title,
                "line": fill(_("全{n}回。{when}から"), n=lessons, when=when),
            }
        )
    return made


def _full_courses(row: Any, now: Any) -> list[dict[str, str]]:
    """Return courses without a seat for a newcomer: title, how often, from when; there one may wait."""
    today, made = day_of(now), []
    for course in schedule.full_courses(now, points=[row.pk]):
        first = course.sessions[0]
        when = f"{say_day(first.starts, today)} {say_time(first.starts)}"
        line = fill(_("全{n}回。{when}から"), n=len(course.sessions), when=when)
        made.append(
            {"href": reverse("finder:wait", kwargs={"session_id": first.pk}), "text": f"{course.series.title} {line}"}
        )
    return made


def _full(row: Any, times: list[schedule.FreeTime], now: Any) -> list[dict[str, str]]:
    """Return times that are booked up, up to the last free one: there one may wait."""
    coming = (
        apps.get_model("schedule", "Session")
        ._default_manager.filter(point=row, state="open", starts__gt=now, offer__public=True, series__isnull=True)
        .exclude(offer__kind="visit")
        .order_by("starts")[:60]
    )
    free, today = {t.session_id for t in times}, day_of(now)
    seats = schedule.with_free_seats([s.pk for s in coming])
    return [
        {
            "href": reverse("finder:wait", kwargs={"session_id": s.pk}),
            "text": f"{say_day(s.starts, today)} {say_time(s.starts)}",
        }
        for s in coming
        if s.pk not in free and not seats.get(s.pk, 0)
    ][:6]


@public_page
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept, why and how long."""
    return render(request, "finder/privacy.html")


@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say what the pages promise to everybody."""
    return render(request, "finder/accessibility.html")
