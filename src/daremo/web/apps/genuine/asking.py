"""Somebody asks whether a thing is genuine: text, code, link, number, QR, mail file or badge. Nothing of it is kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from daremo.trust.credentials.verify import Verified
from daremo.trust.mail.judge import judge
from daremo.trust.mail.message import BadMessage
from daremo.trust.notices.check import Checked, check
from daremo.trust.notices.letter import check_mail
from daremo.trust.notices.model import Entry
from daremo.web.apps.genuine import badges, services
from daremo.web.apps.genuine.models import Announcement, Slip
from daremo.web.apps.genuine.registry import registry
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of
from daremo.web.problems import refusal

SLIP_KEPT = timedelta(hours=24)
MOST_FILE_BYTES = 2_500_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page says: the verdict on a message or on a badge, one of both; what was asked lives as long as the answer."""

    checked: Checked | None = None
    badge: Verified | None = None
    received: str = ""

    @property
    def verdict(self) -> str:
        """official, altered or unknown."""
        if self.checked is not None:
            return self.checked.verdict
        assert self.badge is not None
        if self.badge.verdict == "valid" and self.badge.trusted:
            return "official"
        return "altered" if self.badge.verdict == "invalid" else "unknown"


def ask(act: Act, received: str) -> Answer:
    """Judge what somebody pasted; what looks like a badge is verified as one."""
    if badges.looks_like_one(received):
        return Answer(badge=badges.verify(act, received))
    return Answer(check(received, registry(), day_of(act.now).isoformat()), received=received)


def ask_file(act: Act, name: str, data: bytes) -> Answer:
    """Judge a file: a mail (.eml), else the text in it.

    Raises
    ------
    UsageError
        ``not-readable`` where it is neither mail nor text, or too large.
    """
    # a picture holds zero bytes, a text does not
    if len(data) > MOST_FILE_BYTES or b"\0" in data:
        raise refusal("not-readable")
    if name.lower().endswith(".eml"):
        day = day_of(act.now).isoformat()
        try:
            # no server is asked: a sender is proved by the records of the city's own domains that it keeps here
            answers = services.mail_answers()
            return Answer(check_mail(data, registry(), day, judge(data, answers, act.now.timestamp())))
        except BadMessage as e:
            raise refusal("not-readable") from e
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return ask(act, data.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise refusal("not-readable")


def released_at(entry: Entry) -> Any:
    """Return when a message was released."""
    return Announcement.objects.filter(code=entry.code).values_list("released_at", flat=True).first()


def slip(act: Act, answer: Answer) -> str:
    """Return a number under which staff see what was answered, for a day; what was asked is not in it."""
    found = answer.checked
    told: Mapping[str, Any] = {
        "verdict": answer.verdict,
        "asked": found.asked if found else "badge",
        "reasons": list(dict.fromkeys(r.code for r in found.reasons)) if found else _badge_reason(answer),
        "code": found.entry.code if found and found.entry else "",
        "until": act.now + SLIP_KEPT,
    }
    for attempt in range(20):
        # four digits are easy to say; when many are in use, five
        number = str(secrets.randbelow(9_000) + 1_000 if attempt < 10 else secrets.randbelow(90_000) + 10_000)
        try:
            with transaction.atomic():
                Slip.objects.filter(number=number, until__lte=act.now).delete()
                return Slip.objects.create(number=number, **told).number
        except IntegrityError:
            continue
    return ""


def _badge_reason(answer: Answer) -> list[str]:
    return [answer.badge.reason] if answer.badge is not None else []


def open_slip(act: Act, number: str) -> Slip | None:
    """Return what was answered under a number of the last day."""
    return Slip.objects.filter(number=number, until__gt=act.now).first()


def tidy(act: Act) -> int:
    """Delete slips whose day is over."""
    return Slip.objects.filter(until__lte=act.now).delete()[0]


def city_phone() -> str:
    """Return the one number to call."""
    return services.speaker().phone
