"""From rows to what a page shows: places, times, bookings, the sheet to take along, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from daremo.web.apps.finder.words import fill
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import looking
from daremo.web.apps.schedule import services as schedule
from daremo.web.days import TOKYO, day_of
from daremo.web.ui.dates import say_date, say_day, say_era, say_time
from daremo.web.ui.pieces import Fact
from daremo.web.vocabulary import needs as needs_of
from daremo.web.vocabulary import topics as topics_of


def noon(day: date) -> datetime:
    """Return noon of a day in Japan, where only the day is known."""
    return datetime.combine(day, time(12), TOKYO)


def short_day(moment: datetime) -> str:
    """Return 11月10日."""
    day = day_of(moment)
    return f"{day.month}月{day.day}日"


def place_words(point: Any) -> str:
    """Return the name of a place with its floor."""
    return f"{point.name} {point.floor}".strip()


def place_said(point: Any) -> str:
    """Return the name of a place with its floor, with its reading where easy Japanese is read and it is known."""
    if get_language() != "ja-easy" or not point.kana or any(c in point.name + point.kana for c in "{}|"):
        return place_words(point)
    return f"{{{point.name}|{point.kana}}} {point.floor}".strip()


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
        when = fill(
            _("{day} {time}から{n}分"), day=say_date(one.starts, day_of(now)), time=say_time(one.starts), n=minutes
        )
        rows.append((when, f"{say_era(one.starts)}・{say_day(one.starts, day_of(now))}"))
    return rows


def dates_of(session: Any, now: datetime) -> list[Fact]:
    """Return when a session is, or every date of its course."""
    rows = [when for when, _small in times_of(session, now)]
    if session.series_id is None:
        return [Fact(_("日時"), rows[0])]
    title = Fact(_("内容"), session.series.title, small=fill(_("全{n}回"), n=len(rows)))
    return [title, *(Fact(fill(_("{n}回め"), n=n), when) for n, when in enumerate(rows, 1))]


def _course_waited_for(wait: Any, now: datetime) -> tuple[list[Fact], int]:
    """Return a course that is waited for: its title and what is offered, or what is still to come, and how many dates."""
    if wait.state in ("offered", "booked"):
        rows = wait.reservation.bookings.filter(person__isnull=False, state__in=("held", "confirmed", "arrived"))
        sessions = [row.session for row in rows.select_related("session__point").order_by("session__starts")]
    else:
        rows = wait.series.sessions.filter(starts__gt=now).exclude(state="cancelled")
        sessions = list(rows.select_related("point").order_by("starts"))
    today = day_of(now)
    facts = [Fact(_("内容"), wait.series.title, small=fill(_("全{n}回"), n=len(sessions)))]
    facts += [
        Fact(
            fill(_("{n}回め"), n=n), say_date(one.starts, today), small=f"{say_time(one.starts)}〜{say_time(one.ends)}"
        )
        for n, one in enumerate(sessions, 1)
    ]
    return [*facts, Fact(_("場所"), place_said(wait.series.point))], len(sessions)


def rows_of(
    times: Sequence[schedule.FreeTime], now: datetime, near: tuple[float, float] | None
) -> list[dict[str, str]]:
    """Return free times as rows of the telephone's table."""
    from django.apps import apps

    uses = apps.get_model("schedule", "Use")._default_manager.filter(
        session__in=[t.session_id for t in times], active=True, resource__kind="supporter"
    )
    staff: dict[int, str] = {}
    row: Any
    for row in uses.select_related("resource__supporter"):
        supporter = getattr(row.resource, "supporter", None)
        staff.setdefault(row.session_id, supporter.name.split(" ")[0] if supporter else "")
    points = {
        p.pk: p
        for p in apps.get_model("places", "SupportPoint")._default_manager.filter(pk__in={t.point_id for t in times})
    }
    today, made = day_of(now), []
    for t in times:
        point = points[t.point_id]
        way = [fill(_("歩いて{n}分"), n=places.walk_minutes(t.km))] if near is not None and t.km is not None else []
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


def booking_of(booking: Any, now: datetime) -> dict[str, Any]:
    """Return a booking as a page shows it."""
    session, today = booking.session, day_of(now)
    active = booking.state in ("held", "confirmed", "arrived")
    facts = [
        Fact(
            _("日時"),
            f"{say_date(session.starts, today)} {say_time(session.starts)}〜{say_time(session.ends)}",
            small=say_era(session.starts),
        ),
        Fact(_("場所"), place_said(session.point), small=session.point.address),
        Fact(_("いま"), _state(booking)),
    ]
    return {
        "id": booking.pk,
        "title": f"{say_day(session.starts, today)} {say_time(session.starts)}",
        "facts": facts,
        "active": active,
        "course": session.series_id is not None,
        "can_cancel": booking.state == "confirmed" and session.starts > now,
        "can_change": booking.state == "confirmed" and session.starts > now and session.series_id is None,
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
    made, today = [], day_of(now)
    for wait in reservation.waits.select_related(
        "session__point", "series__point", "point", "offer", "booking__session__point"
    ).order_by("since"):
        session = wait.booking.session if wait.booking_id and wait.state == "offered" else wait.session
        where = place_said(session.point) if session else wait.point.name if wait.point else _("どの場所でも")
        when = f"{say_date(session.starts, today)} {say_time(session.starts)}" if session else _("早い順")
        facts, dates = [Fact(_("日時"), when), Fact(_("場所"), where)], 1
        if wait.series_id is not None:
            facts, dates = _course_waited_for(wait, now)
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
                "facts": facts,
                "course": wait.series_id is not None,
                "dates": dates,
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
    return {"title": errand(asked.kind), "facts": facts, "open": asked.state in ("new", "planned")}
