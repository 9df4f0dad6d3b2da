"""Places and their times as the list shows them: cards, buttons, the sketch map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from daremo.web.apps.finder.shown import LANGUAGE_NAMES, place_words
from daremo.web.apps.finder.words import fill
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.days import day_of
from daremo.web.ui.dates import say_day, say_time
from daremo.web.ui.pieces import Place, Point, Tag, Time

FAR_KM = 2.5
"""From here on a distance is said in kilometres: nobody asks how long that is on foot."""
LANDMARK_KM = 4.0
"""Further away than this a place is no landmark."""


def tags_of(point: Any) -> list[Tag]:
    """Return the tags of a place's card."""
    tags = []
    if point.step_free:
        tags.append(Tag(_("段差なし"), "ramp"))
    if "sign" in point.access or "sign" in point.languages:
        tags.append(Tag(_("手話"), "sign"))
    others = [code for code in point.languages if code not in ("ja", "sign")]
    if others:
        tags.append(Tag("・".join(LANGUAGE_NAMES.get(code, code) for code in others), "speech"))
    return tags


def opening_words(point: Any, now: datetime) -> str:
    """Return until when it is open, when it opens next, or nothing where the hours are not known."""
    state = places.open_now(point.opening_hours, now)
    if state is None:
        return ""
    change, today = places.next_change(point.opening_hours, now), day_of(now)
    if change is None:
        return _("いつも開いています") if state else _("いまは閉まっています")
    at = say_time(change)
    if state:
        return fill(_("開いています（{time}まで）"), time=at) if day_of(change) == today else _("開いています")
    if day_of(change) == today:
        return fill(_("きょうは{time}から開きます"), time=at)
    return fill(_("つぎに開くのは、{day} {time}"), day=say_day(change, today), time=at)


def waiting_words(point: Any, now: datetime) -> str:
    """Return how long one waits without a booking, where that is possible and the place is open."""
    if not point.walk_in or places.open_now(point.opening_hours, now) is False:
        return ""
    from daremo.web.apps.queue import services as queue

    wait = queue.expected_wait(point, now)
    if not wait.ahead:
        return _("予約なしでも相談できます。")
    return fill(_("予約なしでも相談できます。いま{n}人待ち、約{m}分です。"), n=wait.ahead, m=wait.minutes)


def buttons(times: Sequence[schedule.FreeTime], now: datetime) -> list[Time]:
    """Return free times as buttons that begin a booking."""
    today = day_of(now)
    return [Time(t.starts, today, href=reverse("finder:start", kwargs={"session_id": t.session_id})) for t in times]


def next_times(session: Any, now: datetime) -> list[dict[str, Any]]:
    """Return the next free times instead of one that is gone, by place: the same place first, then those near it."""
    point = session.point
    near = (point.lat, point.lon) if point.lat is not None else None
    found = schedule.free_times(
        now, near=near, points=None if near else [point.pk], offers=[session.offer_id], limit=24, per_point=4
    )
    own = [t for t in found if t.session_id != session.pk and not t.series_id]
    return _by_place(own, session, now, most=3, places_most=3)


def other_times(session: Any, now: datetime) -> list[dict[str, Any]]:
    """Return times to which a booking may be moved, by place; a link leads to the question, nothing is moved yet."""
    found = schedule.free_times(now, offers=[session.offer_id], per_point=9, limit=90)
    own = [t for t in found if t.session_id != session.pk and not t.series_id]
    return _by_place(own, session, now, most=9, places_most=6, href="?to={}")


def _by_place(
    times: Sequence[schedule.FreeTime], session: Any, now: datetime, *, most: int, places_most: int, href: str = ""
) -> list[dict[str, Any]]:
    """Return ``{"place", "times"}`` for each place; nobody presses a time without seeing where it is."""
    today, groups = day_of(now), dict[int, list[schedule.FreeTime]]()
    for t in times:
        groups.setdefault(t.point_id, []).append(t)
    order = sorted(groups, key=lambda pk: (pk != session.point_id, min(t.starts for t in groups[pk])))
    rows = type(session.point)._default_manager.in_bulk(order[:places_most])
    made = []
    for pk in order[:places_most]:
        chosen = sorted(groups[pk], key=lambda t: t.starts)[:most]
        moved = [Time(t.starts, today, href=href.format(t.session_id)) for t in chosen]
        made.append({"place": place_words(rows[pk]), "times": moved if href else buttons(chosen, now)})
    return made


def way_words(km: float) -> str:
    """Return 歩いて6分, or about how many kilometres where that is far."""
    if km > FAR_KM:
        return fill(_("ここから約{n}km"), n=round(km))
    return fill(_("歩いて{n}分"), n=places.walk_minutes(km))


def cards(
    points: Sequence[Any], near: Any, now: datetime, times: Sequence[schedule.FreeTime], distance: dict[int, float]
) -> list[Place]:
    """Return the cards of places in the order given, numbered from 1; a course stands on the place's own page."""
    by_point: dict[int, list[schedule.FreeTime]] = {}
    courses = set()
    for t in times:
        if t.series_id:
            courses.add(t.point_id)
        else:
            by_point.setdefault(t.point_id, []).append(t)
    made = []
    for number, point in enumerate(points, 1):
        own = by_point.get(point.pk, [])[:3]
        full = "" if own else _("いま、インターネットで予約できる時間がありません。お電話ください。")
        if not own and point.pk in courses:
            full = _("つづきの教室があります。「ほかの日を見る」から申しこめます。")
        made.append(
            Place(
                number,
                place_words(point),
                way=way_words(distance[point.pk]) if near is not None and point.pk in distance else "",
                opening=opening_words(point, now),
                tags=tags_of(point),
                note=waiting_words(point, now),
                times=buttons(own, now),
                full=full,
                more_href=reverse("finder:point", kwargs={"point_id": point.pk}),
                phone=point.phone,
            )
        )
    return made


def sketch(points: Sequence[Any], near: Any) -> list[Point]:
    """Return the spots of the sketch map, with the same numbers as the list."""
    spots = [Point(p.lat, p.lon, n, p.name) for n, p in enumerate(points, 1) if p.lat is not None and p.lon is not None]
    return [Point(near.lat, near.lon, 0, near.name), *spots] if near is not None and spots else spots


def with_landmarks(point: Any, most: int = 3) -> list[Any]:
    """Return the place and the nearest other places around it: a pin alone on a sheet shows nobody the way."""
    if point.lat is None or point.lon is None:
        return [point]
    rows = places.nearest_points((point.lat, point.lon), limit=most + 1)
    around = [row.point_id for row in rows if row.point_id != point.pk and row.km < LANDMARK_KM][:most]
    known = type(point)._default_manager.in_bulk(around)
    return [point, *(known[pk] for pk in around if pk in known)]


def landmark_words(points: Sequence[Any], first: int = 2) -> str:
    """Return which numbers on the sketch are which places, the one that is meant left out."""
    # the number never stands at the end of a line, away from its name
    named = "、".join(f"{n}\N{NO-BREAK SPACE}{p.name}" for n, p in enumerate(points[1:], first))
    return fill(_("近くの目印：{names}"), names=named) if named else ""
