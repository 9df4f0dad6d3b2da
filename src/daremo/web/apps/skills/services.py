"""Keep a check with consent, forget it on request, count without names; nothing is stored before somebody agreed.

The consent that a person gives by 「担当の人に見せる」 covers the next consultations, no statistics. Statistics have a consent
of their own, never ticked beforehand: one sentence, and a row that no name, number, day or booking hangs on. Both at once
make two rows without a common key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import IntegrityError, transaction

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_a_resident
from daremo.web.apps.people import services as people
from daremo.web.apps.skills import measure
from daremo.web.apps.skills.models import AnonymousSheet, Check
from daremo.web.days import TOKYO, day_of
from daremo.web.problems import refusal
from daremo.web.retention import kept

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.places.models import Area, Organisation

PURPOSE = "skills"
#: Version of the words of both consents; a change of the words is a new version.
WORDS = "2026-12-2"
SHOWN = "この結果と、はじめに答えた自分のようすを、担当の人に見せます。いつでも取り消せます。"

Profile = Mapping[int, tuple[float, float]]
Told = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A sitting that ended: what was answered and what is known of each area (mean, standard error; ability).

    ``report`` is how the person saw herself: kept with her name, so that the counter sees what she saw, never counted.
    """

    answers: Told
    profile: Profile
    mode: str = "own"
    life_stage: str = "unknown"
    goal: str = ""
    language: str = "ja"
    report: Told = ()


def keep(act: Act, person: Person, taken: Taken, *, statistics: bool = False, once: str | None = None) -> Check:
    """Attach a result to a person who agreed to that; sent twice, it is there once.

    Parameters
    ----------
    statistics : bool
        She also lets her gain be counted when the order of lessons is learned.

    Raises
    ------
    DaremoError
        ``no-answers``: nothing was answered.
    """
    if not taken.answers:
        raise refusal("no-answers")
    if once and (found := Check.objects.filter(once=once).first()):
        return found
    until = day_of(act.now) + kept("skill-check")
    try:
        with transaction.atomic():
            digest = hashlib.sha256(SHOWN.encode()).hexdigest()
            consent = people.give_consent(act, person, PURPOSE, WORDS, evidence_sha256=digest, until=until)
            people.keep_at_least(act, person, until)
            row = Check(
                person=person, organisation=person.organisation, consent=consent, at=act.now, mode=taken.mode,
                life_stage=taken.life_stage, profile={str(k): list(v) for k, v in taken.profile.items()},
                answers=[list(a) for a in (*taken.report, *taken.answers)], goal=taken.goal, statistics=statistics, once=once,
                keep_until=until,
            )  # fmt: skip
            return journal.save(act, "check.kept", row)
    except IntegrityError:
        return Check.objects.get(once=once)


def count(act: Act, organisation: Organisation, taken: Taken, *, area: Area | None = None) -> AnonymousSheet:
    """Keep the answers without a name, because somebody agreed to that sentence.

    The journal's event is nobody's and stands at the first moment of the month, so that it cannot be laid beside others.

    Raises
    ------
    DaremoError
        ``no-answers``.
    """
    if not taken.answers:
        raise refusal("no-answers")
    month = day_of(act.now).replace(day=1)
    nobody = replace(of_a_resident(datetime.combine(month, time(), TOKYO), act.channel), reason=WORDS)
    row = AnonymousSheet(
        organisation=organisation, area=area, life_stage=taken.life_stage, mode=taken.mode, language=taken.language,
        month=month, profile={str(k): list(v) for k, v in taken.profile.items()}, answers=[list(a) for a in taken.answers],
    )  # fmt: skip
    return journal.save(nobody, "sheet.counted", row)


def withdraw(act: Act, check: Check) -> None:
    """Take a consent back: the result is erased at once, what remains is that there was one.

    Raises
    ------
    Conflict
        It was taken back already.
    """
    with transaction.atomic():
        people.withdraw_consent(act, check.consent)
        journal.remove(act, "check.withdrawn", check)


def forget(act: Act, person: Person) -> int:
    """Remove every result of a person, in the caller's transaction; return how many."""
    rows = list(Check.objects.filter(person=person))
    return journal.remove_many(act, "check.forgotten", rows)


def keep_time(act: Act, today: date) -> int:
    """Remove the results whose time is over; return how many."""
    return journal.remove_many(act, "check.expired", list(Check.objects.filter(keep_until__lt=today)))


def checks_of(person: Person) -> list[Check]:
    """Return the results of a person (of all rows merged into her), the oldest first."""
    return list(Check.objects.filter(person__in=people.ones_own(person)).select_related("consent").order_by("at", "pk"))


def profile_of(check: Check | AnonymousSheet) -> dict[int, tuple[float, float]]:
    """Return what is known of each area: mean and standard error (ability)."""
    return {int(k): (float(v[0]), float(v[1])) for k, v in check.profile.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """A change on the ability scale, later minus earlier, with its 90 % interval.

    ``sure`` is the probability of a gain; ``verdict`` is ``up``, ``down`` or ``same``.
    """

    gain: float
    error: float
    low: float
    high: float
    sure: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Two checks of one person: the change in each area that both asked about, and over all of them."""

    first: datetime
    last: datetime
    areas: dict[int, Change]
    total: Change


def compared(before: Check, after: Check) -> Compared | None:
    """Return what changed between two checks; None where no area was asked about both times."""
    return grown(before, measure.answered(after.life_stage, after.answers), after.at)


def grown(before: Check, state: measure.State, at: datetime) -> Compared | None:
    """Return what changed from a check to a sitting that nobody keeps yet; None where no area was asked about both times."""
    found = measure.changed(measure.answered(before.life_stage, before.answers), state)
    if found["overall"]["gain"] is None:
        return None
    areas = {int(row["area"]): _change(row) for row in found["areas"] if row["gain"] is not None}
    return Compared(before.at, at, areas, _change(found["overall"]))


def _change(row: dict[str, Any]) -> Change:
    return Change(row["gain"], row["se"], row["low"], row["high"], row["sure"], row["verdict"])


def gains() -> list[tuple[Check, Check]]:
    """Return pairs of neighbouring checks of persons who let their gain be counted."""
    found: list[tuple[Check, Check]] = []
    last: dict[int, Check] = {}
    for check in Check.objects.filter(statistics=True).order_by("person_id", "at", "pk"):
        if check.person_id in last:
            found.append((last[check.person_id], check))
        last[check.person_id] = check
    return found


def office() -> Any:
    """Return the organisation that keeps what residents leave: the municipality, else the first one."""
    rows = apps.get_model("places", "Organisation")._default_manager.order_by("pk")
    return rows.filter(kind="city").first() or rows.first()
