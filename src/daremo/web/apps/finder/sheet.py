"""The sheet to take along: number, time, place, what happens next, on one A4."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from daremo.web.apps.bookings.services import spoken
from daremo.web.apps.finder.cards import landmark_words, sketch, with_landmarks
from daremo.web.apps.finder.shown import access_words, place_said, request_of, waits_of
from daremo.web.apps.finder.words import fill
from daremo.web.days import day_of
from daremo.web.ui.context import site_of
from daremo.web.ui.dates import say_date, say_day, say_era, say_time
from daremo.web.ui.pieces import Fact, Link, Point, Ticket
from daremo.web.vocabulary import needs as needs_of


def ticket_of(request: HttpRequest, reservation: Any, now: datetime, *, fresh: bool) -> Ticket:
    """Return the sheet to take along."""
    site, today, language = site_of(), day_of(now), get_language() or "ja"
    live = reservation.bookings.filter(state__in=("held", "confirmed", "arrived"), person__isnull=False)
    rows = list(
        live.exclude(held_by__startswith="wait:")
        .select_related("session__point", "session__offer")
        .order_by("session__starts")
    )
    waits, asked = waits_of(reservation, now), request_of(reservation)
    facts: list[Fact] = []
    points: list[Point] = []
    way = ""
    seen: set[int] = set()
    course = len(rows) > 1 and rows[0].session.series_id is not None
    if course:
        facts.append(_lessons([booking.session for booking in rows], today))
    for booking in rows:
        session = booking.session
        if not course:
            facts.append(
                Fact(
                    _("日時"),
                    f"{say_date(session.starts, today)} {say_time(session.starts)}〜{say_time(session.ends)}",
                    small=say_era(session.starts),
                )
            )
        if session.point_id not in seen:
            seen.add(session.point_id)
            small = "・".join(x for x in (session.point.address, *access_words(session.point)) if x)
            facts.append(Fact(_("場所"), place_said(session.point), small=small))
            if session.point.lat is not None and len(seen) == 1:
                spots = with_landmarks(session.point)
                points, way = sketch(spots, None), landmark_words(spots)
    for wait in waits:
        facts += [Fact(_("空き待ち"), wait["title"]), *wait["facts"]]
    if asked is not None:
        facts += asked["facts"]
    if reservation.topic in needs_of():
        facts.append(Fact(_("相談"), needs_of()[reservation.topic].said(language)))
    if rows:
        facts.append(Fact(_("持ちもの"), _("いつも使うスマホ"), small=_("あれば、充電器と診察券")))
    facts.append(Fact(_("電話"), site["phone"], small=fill(_("{hours}・おくれるときもこちらへ"), hours=site["hours"])))
    if rows:
        first = rows[0].session
        done = _("予約できました") if fresh else _("あなたの予約")
        title = fill(_("{day} {time}、お待ちしています"), day=say_day(first.starts, today), time=say_time(first.starts))
        steps = [
            *([_("前の日までに、確認の連絡をします。")] if reservation.remind_by != "none" else []),
            _("入口で、お名前か予約番号を伝えてください。"),
            _("担当の人といっしょに進めます。"),
        ]
    elif waits:
        done, title = _("空き待ちにいれました"), _("席が空いたら、お知らせします")
        steps = [
            _("席が空いたら、あなたのために取り置きます。"),
            _("期限までに、お電話かこのページで返事をしてください。"),
        ]
    else:
        done, title = _("うけつけました"), _("係の者が、お電話します")
        steps = [_("平日の2日以内に、お電話します。"), _("日と時間を、いっしょに決めます。")]
    return Ticket(
        done=done,
        title=title,
        number=spoken(reservation.number),
        facts=facts,
        steps=steps,
        url=request.build_absolute_uri(reverse("finder:look-up")),
        points=points,
        way=way,
        links=[
            Link(reverse("finder:mine"), _("予約を変える・やめる"), "calendar"),
            *([Link(reverse("finder:calendar"), _("カレンダーに入れる"), "download")] if rows else []),
        ],
        promise=_("暗証番号は、担当の人にも言わなくて大丈夫です。"),
    )


def _lessons(sessions: list[Any], today: date) -> Fact:
    """Return all dates of a course in one row, so that the sheet stays one sheet."""
    hours = {f"{say_time(one.starts)}〜{say_time(one.ends)}" for one in sessions}
    same = len(hours) == 1
    said = [
        say_date(one.starts, today) if same else f"{say_date(one.starts, today)} {say_time(one.starts)}"
        for one in sessions
    ]
    return Fact(fill(_("全{n}回"), n=len(sessions)), "、".join(said), small=hours.pop() if same else "")
