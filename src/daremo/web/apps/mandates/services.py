"""Give, use and revoke a mandate; each use is chained to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.mandates.models import Mandate, MandateScope, MandateUse
from daremo.web.days import day_of
from daremo.web.problems import conflict, refusal

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.places.models import Organisation
    from daremo.web.apps.staff.models import User
    from daremo.web.apps.visits.models import Visit

TEXT_VERSION = "2026-11"
LONGEST_DAYS = 366
TRIES = 5


def _today(act: Act) -> date:
    """Return the day in Japan: a mandate ends at midnight there, not at nine in the morning."""
    return day_of(act.now)


def propose(
    act: Act,
    person: Person,
    organisation: Organisation,
    procedures: Sequence[str],
    until: date,
    evidence: str,
) -> Mandate:
    """Prepare a mandate; nothing may be done with it before its evidence is in.

    Raises
    ------
    DaremoError
        No procedure, an end in the past or more than a year away.
    """
    today = _today(act)
    names = [name for name in dict.fromkeys(p.strip() for p in procedures) if name]
    if not names or not 0 <= (until - today).days <= LONGEST_DAYS:
        raise refusal("bad-mandate", until.isoformat())
    with transaction.atomic():
        mandate = journal.save(
            act,
            "mandate.proposed",
            Mandate(
                person=person,
                organisation=organisation,
                evidence=Mandate.Evidence(evidence),
                text_version=TEXT_VERSION,
                since=today,
                until=until,
            ),
        )
        for name in names:
            journal.save(act, "mandate.scope", MandateScope(mandate=mandate, procedure=name))
    return mandate


def prove(act: Act, mandate: Mandate, evidence: bytes, *, made_by: User, witness: User | None = None) -> Mandate:
    """Put the evidence in: the digest of the signed paper, of what was read back, or of the record of the call.

    Raises
    ------
    DaremoError
        A call without a witness, or a witness who is the one that makes the mandate.
    Conflict
        The mandate is no longer waiting for its evidence.
    """
    if not evidence:
        raise refusal("no-evidence")
    if mandate.evidence == Mandate.Evidence.CALL and (witness is None or witness.pk == made_by.pk):
        raise refusal("no-witness")
    return journal.move(
        act,
        "mandate.active",
        mandate,
        {"state": Mandate.State.PROPOSED},
        state=Mandate.State.ACTIVE,
        evidence_sha256=hashlib.sha256(evidence).hexdigest(),
        witness=witness,
    )


def revoke(act: Act, mandate: Mandate) -> Mandate:
    """Take the whole mandate back, by telephone too; at once."""
    return journal.move(
        act,
        "mandate.revoked",
        mandate,
        {"state__in": [Mandate.State.PROPOSED, Mandate.State.ACTIVE]},
        state=Mandate.State.REVOKED,
        revoked_at=act.now,
    )


def revoke_scope(act: Act, scope: MandateScope) -> MandateScope:
    """Take one procedure back; the others stay."""
    return journal.move(act, "mandate.scope_revoked", scope, {"revoked_at": None}, revoked_at=act.now)


def expire(act: Act, today: date) -> int:
    """End mandates whose day has passed; return how many."""
    rows = list(Mandate.objects.filter(state__in=(Mandate.State.ACTIVE, Mandate.State.PROPOSED), until__lt=today))
    for mandate in rows:
        journal.save(act, "mandate.expired", mandate, state=Mandate.State.EXPIRED)
    return len(rows)


def allowed(person: Person, organisation: Organisation, procedure: str, today: date) -> MandateScope | None:
    """Return the scope under which the organisation may act for the person in the procedure today, or None."""
    return (
        MandateScope.objects.filter(
            mandate__person=person,
            mandate__organisation=organisation,
            mandate__state=Mandate.State.ACTIVE,
            mandate__since__lte=today,
            mandate__until__gte=today,
            procedure=procedure,
            revoked_at__isnull=True,
        )
        .order_by("-mandate__until", "id")
        .first()
    )


def _digest(scope: int, ordinal: int, at: datetime, user: int, what: str, previous: str) -> str:
    told = json.dumps([scope, ordinal, at.isoformat(), user, what, previous], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def use(
    act: Act,
    person: Person,
    organisation: Organisation,
    procedure: str,
    *,
    user: User,
    what: str,
    visit: Visit | None = None,
) -> MandateUse:
    """Write down that the mandate was used, or refuse because there is none.

    The scope is locked and looked at again inside the transaction, so that a revocation at the same moment wins.

    Raises
    ------
    DaremoError
        No mandate of the person for this organisation and procedure is active today.
    """
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                scope = allowed(person, organisation, procedure, _today(act))
                if scope is None:
                    raise refusal("no-mandate", procedure)
                locked = MandateScope.objects.select_for_update().filter(pk=scope.pk, revoked_at__isnull=True).first()
                standing = (
                    Mandate.objects.select_for_update().filter(pk=scope.mandate_id, state=Mandate.State.ACTIVE).exists()
                )
                if locked is None or not standing:
                    raise refusal("no-mandate", procedure)
                last = MandateUse.objects.filter(scope=scope).order_by("-ordinal").first()
                ordinal, previous = (last.ordinal + 1, last.digest) if last else (1, "")
                row = MandateUse(
                    scope=scope,
                    user=user,
                    visit=visit,
                    at=act.now,
                    what=what[:40],
                    ordinal=ordinal,
                    previous=previous,
                    digest=_digest(scope.pk, ordinal, act.now, user.pk, what[:40], previous),
                )
                return journal.save(act, "mandate.used", row)
        except IntegrityError:
            continue
    raise conflict("changed-meanwhile", procedure)


def broken_links(scope: MandateScope) -> list[int]:
    """Return the ordinals whose digest or link does not hold; empty when the chain is whole."""
    bad: list[int] = []
    previous, expected = "", 1
    for row in MandateUse.objects.filter(scope=scope).order_by("ordinal"):
        right = _digest(scope.pk, row.ordinal, row.at, row.user_id, row.what, previous)
        if row.ordinal != expected or row.previous != previous or row.digest != right:
            bad.append(row.ordinal)
        previous, expected = row.digest, row.ordinal + 1
    return bad


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the person's list: what was done, when, under which procedure, by which organisation."""

    at: datetime
    organisation: str
    procedure: str
    what: str


def statement(person: Person) -> list[Line]:
    """Return every use of the person's mandates, oldest first, as it is printed for her."""
    rows = (
        MandateUse.objects.filter(scope__mandate__person=person)
        .select_related("scope__mandate__organisation")
        .order_by("at", "id")
    )
    return [Line(row.at, row.scope.mandate.organisation.name, row.scope.procedure, row.what) for row in rows]
