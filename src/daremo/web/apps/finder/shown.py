"""From rows to what a page shows: places, times, bookings, the sheet to take along, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from daremo.web.apps.bookings.services import spoken
from daremo.web.apps.finder.draft import Draft
from daremo.web.apps.people import services as people
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import looking
from daremo.web.apps.schedule import services as schedule
from daremo.web.ui.dates import say_date, say_day, say_era, say_time
from daremo.web.ui.pieces import Fact, Link, Place, Point, Tag, Ticket, Time
from daremo.web.vocabulary import needs as needs_of
from daremo.web.vocabulary import topics as topics_of

TOKYO = ZoneInfo("Asia/Tokyo")
SOON = timedelta(days=7)


def local_day(moment: datetime) -> date:
    """Return the day in Japan."""
    return moment.astimezone(TOKYO).date()


def noon(day: date) -> datetime:
    """Return noon of a day in Japan, where only the day is known."""
    return datetime.combine(day, time(12), TOKYO)


def short_day(moment: datetime) -> str:
    """Return 11月10日."""
    day = local_day(moment)
    return f"{day.month}月{day.day}日"


def place_words(point: Any) -> str:
    """Return the name of a place with its floor."""
    return f"{point.name} {point.floor}".strip()


def access_words(point: Any) -> list[str]:
    """Return what a place has, in words."""
    words = []
    if point.step_free:
        words.append(_("段差なし"))
    if "sign" in point.access:
        words.append(_("手話"))
    others = [code for code in point.languages if code not in ("ja", "sign")]
    if others:
        words.append("・".join(LANGUAGE_NAMES.get(code, code) for code in others))
    return words


LANGUAGE_NAMES = {
    "en": "English",
    "zh": "中文",
    "ko": "한국어",
    "vi": "Tiếng Việt",
    "pt": "Português",
    "tl": "Filipino",
    "ne": "नेपाली",
}


def tags_of(point: Any) -> list[Tag]:
    """Return the tags of a place's card."""
    tags = []
    if point.step_free:
        tags.append(Tag(_("段差なし"), "ramp"))
    if "sign" in point.access:
        tags.append(Tag(_("手話"), "sign"))
    others = [code for code in point.languages if code not in ("ja", "sign")]
    if others:
        tags.append(Tag("・".join(LANGUAGE_NAMES.get(code, code) for code in others), "speech"))
    return tags


def opening_words(point: Any, now: datetime) -> str:
    """Return 「開いています（17時まで）」, when it opens next, or nothing where the hours are not known."""
    state = places.open_now(point.opening_hours, now)
    if state is None:
        return ""
    change = places.next_change(point.opening_hours, now)
    if change is None:
        return _("いつも開いています") if state else _("いまは閉まっています")
    if state:
        same = local_day(change) == local_day(now)
        return _("開いています（{time}まで）").format(time=say_time(change)) if same else _("開いています")
    return _("いまは閉まっています（{day} {time}から）").format(
        day=say_day(change, local_day(now)), time=say_time(change)
    )


def errand(what: str) -> str:
    """Return what is asked for."""
    return {
        "visit": _("家に来てほしい"),
        "call": _("電話をかけてほしい"),
        "interpreter": _("手話や外国語の通訳をたのむ"),
    }[what]


def topic(code: str) -> str:
    """Return the word of a topic or a need."""
    return topics_of()[code].ja if code in topics_of() else need_word(code)


def need_word(code: str) -> str:
    """Return the word of a need, a topic or a wish; an unknown code stays as it is."""
    language = get_language() or "ja"
    if code in needs_of():
        return needs_of()[code].said(language)
    if code in topics_of():
        return topics_of()[code].said(language)
    return {
        "step_free": _("段差なし"),
        "slow": _("ゆっくり、大きな声で"),
        "sign": _("手話通訳"),
        "interpreter": _("外国語の通訳"),
        "large_print": _("大きな文字の資料"),
        "home": _("訪問"),
        "loud": _("大きな声で"),
    }.get(code, code)


def need_choices() -> list[tuple[str, str]]:
    """Return needs as (code, word) in the reader's language."""
    language = get_language() or "ja"
    return [(code, word.said(language)) for code, word in needs_of().items()]


def occasion(code: str) -> str:
    """Return what a call is about."""
    return {
        "booked": "予約の確認",
        "reminder": "予約の日のお知らせ",
        "changed": "時間が変わったお知らせ",
        "cancelled": "取りやめの確認",
        "session_cancelled": "中止のお知らせ",
        "waiting_offer": "席が空いたお知らせ",
        "followup": "その後のようす",
        "mandate": "預かった手続き",
        "mandate_expiring": "預かりの期限",
    }.get(code, code)


def times_of(session: Any, now: datetime) -> list[tuple[str, str]]:
    """Return (when, small) of a session, or of all sessions of its series."""
    rows = []
    for one in looking.enrolled_in(session):
        minutes = round((one.ends - one.starts).total_seconds() / 60)
        when = _("{day} {time}から{n}分").format(
            day=say_date(one.starts, local_day(now)), time=say_time(one.starts), n=minutes
        )
        rows.append((when, f"{say_era(one.starts)}・{say_day(one.starts, local_day(now))}"))
    return rows


def buttons(times: Sequence[schedule.FreeTime], now: datetime) -> list[Time]:
    """Return free times as buttons that begin a booking."""
    today = local_day(now)
    return [Time(t.starts, today, href=reverse("finder:start", kwargs={"session_id": t.session_id})) for t in times]


def next_times(session: Any, now: datetime) -> list[Time]:
    """Return the next free times instead of one that is gone: the same offer, near the same place."""
    point = session.point
    near = (point.lat, point.lon) if point.lat is not None else None
    found = schedule.free_times(
        now, near=near, points=None if near else [point.pk], offers=[session.offer_id], limit=4, per_point=3
    )
    return buttons([t for t in found if t.session_id != session.pk][:3], now)


def other_times(session: Any, now: datetime) -> list[Time]:
    """Return times to which a booking may be moved, as buttons of a form."""
    today = local_day(now)
    found = schedule.free_times(now, offers=[session.offer_id], per_point=8, limit=24)
    return [Time(t.starts, today, name="session", value=str(t.session_id)) for t in found if t.session_id != session.pk]


def rows_of(
    times: Sequence[schedule.FreeTime], now: datetime, near: tuple[float, float] | None
) -> list[dict[str, str]]:
    """Return free times as rows of the telephone's table."""
    from django.apps import apps

    uses = apps.get_model("schedule", "Use")._default_manager.filter(
        session__in=[t.session_id for t in times], active=True, resource__kind="supporter"
    )
    staff: dict[int, str] = {}
    for row in uses.select_related("resource__supporter"):
        supporter = getattr(row.resource, "supporter", None)
        staff.setdefault(row.session_id, supporter.name.split(" ")[0] if supporter else "")
    points = {
        p.pk: p
        for p in apps.get_model("places", "SupportPoint")._default_manager.filter(pk__in={t.point_id for t in times})
    }
    today, made = local_day(now), []
    for t in times:
        point = points[t.point_id]
        way = [_("歩いて{n}分").format(n=places.walk_minutes(t.km))] if near is not None and t.km is not None else []
        day = say_day(t.starts, today)
        made.append(
            {
                "id": str(t.session_id),
                "day": day.split(" ")[0],
                "date": say_date(t.starts, today),
                "time": say_time(t.starts),
                "place": place_words(point),
                "way": "・".join([*way, *access_words(point)]),
                "staff": staff.get(t.session_id, ""),
                "whole": f"{day} {say_time(t.starts)} {point.name}",
            }
        )
    return made


def cards(
    points: Sequence[Any], near: Any, now: datetime, times: Sequence[schedule.FreeTime], distance: dict[int, float]
) -> list[Place]:
    """Return the cards of places in the order given, numbered from 1."""
    by_point: dict[int, list[schedule.FreeTime]] = {}
    for t in times:
        by_point.setdefault(t.point_id, []).append(t)
    made = []
    for number, point in enumerate(points, 1):
        own = by_point.get(point.pk, [])[:3]
        way = (
            _("歩いて{n}分").format(n=places.walk_minutes(distance[point.pk]))
            if near is not None and point.pk in distance
            else ""
        )
        if near is not None and distance.get(point.pk, 0) > 4:
            way = _("ここから約{n}km").format(n=round(distance[point.pk]))
        made.append(
            Place(
                number,
                place_words(point),
                way=way,
                opening=opening_words(point, now),
                tags=tags_of(point),
                note=waiting_words(point, now),
                times=buttons(own, now),
                full="" if own else _("いま、インターネットで予約できる時間がありません。お電話ください。"),
                more_href=reverse("finder:point", kwargs={"point_id": point.pk}) if own else "",
                phone=point.phone,
            )
        )
    return made


def waiting_words(point: Any, now: datetime) -> str:
    """Return how long one waits without a booking, where that is possible and the place is open."""
    if not point.walk_in or places.open_now(point.opening_hours, now) is False:
        return ""
    from daremo.web.apps.queue import services as queue

    wait = queue.expected_wait(point, now)
    if not wait.ahead:
        return _("予約なしでも相談できます。")
    return _("予約なしでも相談できます。いま{n}人待ち、約{m}分です。").format(n=wait.ahead, m=wait.minutes)


def sketch(points: Sequence[Any], near: Any) -> list[Point]:
    """Return the spots of the sketch map, with the same numbers as the list."""
    spots = [Point(p.lat, p.lon, n, p.name) for n, p in enumerate(points, 1) if p.lat is not None and p.lon is not None]
    return [Point(near.lat, near.lon, 0, near.name), *spots] if near is not None else spots


def booking_of(booking: Any, now: datetime) -> dict[str, Any]:
    """Return a booking as a page shows it."""
    session, today = booking.session, local_day(now)
    active = booking.state in ("held", "confirmed", "arrived")
    facts = [
        Fact(
            _("日時"),
            f"{say_date(session.starts, today)} {say_time(session.starts)}〜{say_time(session.ends)}",
            small=say_era(session.starts),
        ),
        Fact(_("場所"), place_words(session.point), small=session.point.address),
        Fact(_("いま"), _state(booking)),
    ]
    return {
        "id": booking.pk,
        "title": f"{say_day(session.starts, today)} {say_time(session.starts)}",
        "facts": facts,
        "active": active,
        "can_change": booking.state in ("held", "confirmed") and session.starts > now,
    }


def _state(booking: Any) -> str:
    return {
        "held": _("取り置き中"),
        "confirmed": _("予約ずみ"),
        "arrived": _("来られました"),
        "attended": _("相談しました"),
        "noshow": _("来られませんでした"),
        "cancelled": _("取りやめました"),
        "expired": _("取り置きが終わりました"),
    }[booking.state]


def bookings_of(reservation: Any, now: datetime) -> list[dict[str, Any]]:
    """Return the bookings of a reservation, the first seat of each session, in order of time."""
    seen, made = set(), []
    rows = (
        reservation.bookings.filter(person__isnull=False)
        .select_related("session__point", "session__offer")
        .order_by("session__starts", "-id")
    )
    for booking in rows:
        if booking.state == "held" and booking.held_by.startswith("wait:"):
            continue
        if booking.session_id not in seen:
            seen.add(booking.session_id)
            made.append(booking_of(booking, now))
    return made


def waits_of(reservation: Any, now: datetime) -> list[dict[str, Any]]:
    """Return what the reservation waits for."""
    made, today = [], local_day(now)
    for wait in reservation.waits.select_related(
        "session__point", "point", "offer", "booking__session__point"
    ).order_by("since"):
        session = wait.booking.session if wait.booking_id and wait.state == "offered" else wait.session
        where = place_words(session.point) if session else wait.point.name if wait.point else _("どの場所でも")
        when = f"{say_date(session.starts, today)} {say_time(session.starts)}" if session else _("早い順")
        until = wait.offer_until.astimezone(TOKYO) if wait.offer_until else None
        words = {
            "waiting": _("お待ちいただいています"),
            "offered": _("席が空きました"),
            "booked": _("予約できました"),
            "declined": _("席をゆずりました"),
            "expired": _("期限がすぎました"),
            "left": _("空き待ちをやめました"),
        }
        made.append(
            {
                "id": wait.pk,
                "title": words[wait.state],
                "facts": [Fact(_("日時"), when), Fact(_("場所"), where)],
                "offered": wait.state == "offered",
                "waiting": wait.state == "waiting",
                "until": f"{say_date(until, today)} {say_time(until)}" if until else "",
            }
        )
    return made


def request_of(reservation: Any) -> dict[str, Any] | None:
    """Return the wish of a reservation, None where there is none."""
    asked = getattr(reservation, "request", None)
    if asked is None:
        return None
    state = {
        "new": _("うけつけました。お電話します"),
        "planned": _("日を決めました"),
        "done": _("終わりました"),
        "withdrawn": _("取りさげました"),
    }
    facts = [Fact(_("お願い"), errand(asked.kind)), Fact(_("いま"), state[asked.state])]
    if asked.due:
        facts.append(Fact(_("日時"), f"{say_date(asked.due)} {say_time(asked.due)}"))
    return {"title": errand(asked.kind), "facts": facts}


def people_of(act: Any, draft: Draft, session: Any) -> tuple[Any, Any]:
    """Return the person of a draft and whoever stands for her, found or added; the contact belongs to the organisation."""
    from django.apps import apps

    model = apps.get_model("places", "Organisation")
    organisation = (
        session.offer.organisation
        if session is not None
        else model._default_manager.filter(kind="city").order_by("pk").first()
    )
    if organisation is None:
        organisation = model._default_manager.order_by("pk").first()
    prefers = "phone" if draft.phone else "none"
    common = {"needs": list(draft.needs), "language": (get_language() or "ja").split("-")[0]}
    if draft.by in ("", "self"):
        more = {"address": draft.address} if draft.address else {}
        return people.same_contact(
            act, organisation, name=draft.name, kana=draft.kana, phone=draft.phone, prefers=prefers, **common, **more
        ), None
    helper = people.same_contact(act, organisation, name=draft.helper_name, phone=draft.phone, prefers=prefers)
    more = {"address": draft.address} if draft.address else {}
    person = people.same_contact(
        act, organisation, name=draft.name, kana=draft.kana, phone=draft.phone, prefers=prefers, **common, **more
    )
    if person.pk != helper.pk:
        people.relate(act, person, helper, "family" if draft.by == "family" else "carer")
    return person, helper


def ticket_of(request: HttpRequest, reservation: Any, now: datetime, *, fresh: bool) -> Ticket:
    """Return the sheet to take along."""
    from daremo.web.ui.context import site_of

    site, today, language = site_of(), local_day(now), get_language() or "ja"
    live = reservation.bookings.filter(state__in=("held", "confirmed", "arrived"), person__isnull=False)
    rows = list(
        live.exclude(held_by__startswith="wait:")
        .select_related("session__point", "session__offer")
        .order_by("session__starts")
    )
    waits, asked = waits_of(reservation, now), request_of(reservation)
    facts: list[Fact] = []
    points: list[Point] = []
    for booking in rows:
        session = booking.session
        facts.append(
            Fact(
                _("日時"),
                f"{say_date(session.starts, today)} {say_time(session.starts)}〜{say_time(session.ends)}",
                small=say_era(session.starts),
            )
        )
        if session.point_id not in {p.number for p in points}:
            small = "・".join(x for x in (session.point.address, *access_words(session.point)) if x)
            facts.append(Fact(_("場所"), place_words(session.point), small=small))
            if session.point.lat is not None:
                points.append(Point(session.point.lat, session.point.lon, 1, session.point.name))
    for wait in waits:
        facts += [Fact(_("空き待ち"), wait["title"]), *wait["facts"]]
    if asked is not None:
        facts += asked["facts"]
    if reservation.topic in needs_of():
        facts.append(Fact(_("相談"), needs_of()[reservation.topic].said(language)))
    if rows:
        facts.append(Fact(_("持ちもの"), _("いつも使うスマホ"), small=_("あれば、充電器と診察券")))
    facts.append(Fact(_("電話"), site["phone"], small=_("{hours}・おくれるときもこちらへ").format(hours=site["hours"])))
    if rows:
        first = rows[0].session
        done = _("予約できました") if fresh else _("あなたの予約")
        title = _("{day} {time}、お待ちしています").format(
            day=say_day(first.starts, today), time=say_time(first.starts)
        )
        steps = [
            _("前の日までに、確認の連絡をします。"),
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
        links=[
            Link(reverse("finder:mine"), _("予約を変える・やめる"), "calendar"),
            *([Link(reverse("finder:calendar"), _("カレンダーに入れる"), "download")] if rows else []),
        ],
        promise=_("暗証番号は、担当の人にも言わなくて大丈夫です。"),
    )
