"""What staff see of messages: lists with states, letters to print, templates and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from daremo.kernel.errors import Conflict
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.notices.letters import FACTS, SMS_LONGEST, Words, common_letters, occasions, unknown_facts
from daremo.web.apps.notices.models import Letter, Notice
from daremo.web.problems import refusal

SAMPLE = {
    "name": "見本 はなこ", "day": "11月24日", "month_day": "11/24", "weekday": "火", "time": "14時", "place": "ひがし図書館 2階",
    "number": "123-4567-890", "phone": "0000-12-3456", "hours": "平日 8:30〜17:15", "city": "みほん市",
    "until": "11月22日17時", "code": "CFGHJMPQRV",
}  # fmt: skip
"""A person who does not exist, for the preview."""
SAMPLE_EN = {**SAMPLE, "day": "24 November 2026", "weekday": "Tue", "time": "14:00", "until": "22 November 17:00"}


@dataclass(frozen=True, slots=True)
class Template:
    """One text: for which occasion, channel and language, whose it is, and its version (0 = common)."""

    occasion: str
    channel: str
    language: str
    subject: str
    body: str
    version: int


def templates(organisation: int) -> list[Template]:
    """Return the text in use for every occasion, channel and language: own before common."""
    made = {key: Template(*key, *words, 0) for key, words in common_letters().items()}
    for row in Letter.objects.filter(organisation=organisation).order_by("version"):
        key = (row.occasion, row.channel, row.language)
        made[key] = Template(*key, row.subject, row.body, row.version)
    order = {name: at for at, name in enumerate(occasions())}
    return sorted(made.values(), key=lambda t: (order.get(t.occasion, 99), t.language != "ja", t.language, t.channel))


def versions(organisation: int, occasion: str, channel: str, language: str) -> QuerySet[Letter]:
    """Return every version that the organisation wrote, the newest first."""
    return Letter.objects.filter(
        organisation=organisation, occasion=occasion, channel=channel, language=language
    ).order_by("-version")


def preview(subject: str, body: str, channel: str, language: str) -> tuple[Words, list[str]]:
    """Return the text filled for a person who does not exist, and what is wrong with it in plain words.

    Raises
    ------
    DaremoError
        ``bad-letter``: nothing is written, or a name in braces that no letter can be filled with.
    """
    wrong = unknown_facts(subject) + unknown_facts(body)
    if wrong or not body.strip():
        raise refusal("bad-letter", "、".join(wrong))
    facts = SAMPLE_EN if language == "en" else SAMPLE
    told = Words(subject.format_map(facts), body.format_map(facts))
    warnings = []
    if channel == "sms" and len(told.body) > SMS_LONGEST:
        warnings.append(f"SMS 1通は{SMS_LONGEST}字までです。いま{len(told.body)}字あり、2通以上に分かれます。")
    if "{phone}" not in body:
        warnings.append("電話番号 {phone} がありません。受けとった人が、聞きかえせません。")
    return told, warnings


def fact_names() -> tuple[str, ...]:
    """Return the names that a text may use in braces."""
    return FACTS


def messages(organisations: Sequence[int], state: str = "") -> QuerySet[Notice]:
    """Return messages of the organisations, the newest first."""
    rows = Notice.objects.filter(organisation__in=list(organisations))
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("person__contact", "booking__session__point").order_by("-due", "-id")


def counted(organisations: Sequence[int]) -> dict[str, int]:
    """Return the number of messages by state."""
    rows = Notice.objects.filter(organisation__in=list(organisations)).values("state").annotate(n=Count("id"))
    return {row["state"]: row["n"] for row in rows}


def to_print(organisations: Sequence[int], now: datetime) -> list[Notice]:
    """Return the letters that are due and not printed yet, those without an address left out."""
    rows = Notice.objects.filter(
        organisation__in=list(organisations), channel="letter", state=Notice.State.QUEUED, due__lte=now
    ).select_related("person__contact", "reservation", "booking__session__point")
    return [n for n in rows.order_by("due", "id") if getattr(n.person, "contact", None) and n.person.contact.address]


def posted(act: Act, rows: Sequence[Notice]) -> int:
    """Note that letters were printed and posted, with the words as they stood; return how many.

    What a worker or a colleague sent meanwhile is passed over.
    """
    from daremo.web.apps.notices.services import words_of

    done = 0
    for notice in rows:
        try:
            journal.move(
                act,
                "notice.posted",
                notice,
                {"state": Notice.State.QUEUED},
                state=Notice.State.SENT,
                sent_at=act.now,
                told=words_of(notice).body,
            )
            done += 1
        except Conflict:
            continue
    return done


def again(act: Act, notice: Notice) -> Notice:
    """Queue a message once more that failed, or that was sent and did not arrive.

    Raises
    ------
    Conflict
        It is neither.
    """
    return journal.move(
        act,
        "notice.again",
        notice,
        {"state__in": [Notice.State.FAILED, Notice.State.SENT]},
        state=Notice.State.CALL if notice.channel == "phone" else Notice.State.QUEUED,
        tries=0,
        failure="",
        due=act.now,
    )
