"""What an organisation looked at, kept by date; a journalled act each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from daremo.web.apps.guard import duties, identity, mail
from daremo.web.apps.guard.models import Decision, DomainState
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of
from daremo.web.retention import kept

if TYPE_CHECKING:
    from daremo.trust.posture.assess import Posture
    from daremo.web.apps.places.models import Organisation

#: Years that states are kept; the latest of a domain stays.


def assess_domain(
    act: Act,
    organisation: Organisation,
    domain: str,
    records: str,
    files: Sequence[bytes] = (),
    *,
    own_ips: Sequence[str] = (),
    own_services: Sequence[str] = (),
    selectors: Sequence[str] = (),
) -> DomainState:
    """Assess a mail domain from what was handed in and keep how it stands; the files themselves are not kept.

    Raises
    ------
    DaremoError
        As :func:`daremo.web.apps.guard.mail.look`.
    """
    found, refused = mail.look(
        domain,
        records,
        files,
        act.now.timestamp(),
        own_ips=own_ips,
        own_services=own_services,
        selectors=selectors,
    )
    return keep_domain(act, organisation, found, refused, own_ips, own_services, selectors)


def keep_domain(
    act: Act,
    organisation: Organisation,
    found: Posture,
    refused: Sequence[tuple[int, str]] = (),
    own_ips: Sequence[str] = (),
    own_services: Sequence[str] = (),
    selectors: Sequence[str] = (),
) -> DomainState:
    """Keep how a domain stands, with what was said beside the records, so that nobody types it again."""
    data = mail.kept(found, refused, own_ips=own_ips, own_services=own_services, selectors=selectors)
    row = DomainState(
        organisation=organisation, domain=found.domain, at=act.now, policy=found.policy, enforced=found.enforced,
        step=found.step, record=found.record[:600], data=data,
    )  # fmt: skip
    return journal.save(act, "domain.assessed", row)


def propose(act: Act, organisation: Organisation, asked: dict[str, Any]) -> Decision:
    """Keep what a service needs to be sure of a person, as a proposal.

    Raises
    ------
    DaremoError
        As :func:`daremo.web.apps.guard.identity.decide`.
    """
    found = identity.decide(asked)
    row = Decision(
        organisation=organisation, title=str(asked["question"]["ja"])[:100], at=act.now, asked=asked,
        told=identity.record_of(found),
    )  # fmt: skip
    return journal.save(act, "identity.proposed", row)


def decide(act: Act, row: Decision, pick: int | None = None) -> Decision:
    """Make a proposal the organisation's decision, with a choice of the Pareto front where another is wanted.

    Raises
    ------
    Conflict
        It was decided already.
    DaremoError
        There is no such choice.
    """
    today = day_of(act.now)
    told = identity.record_of(identity.decide(row.asked, pick=pick), today, row.organisation.name)
    return journal.move(act, "identity.decided", row, {"decided": None}, decided=today, told=told)


def keep_time(act: Act, today: date) -> int:
    """Remove states and proposals older than five years; the latest of each domain and what was decided stay.

    Returns how many."""
    latest: dict[tuple[int, str], int] = {}
    for row in DomainState.objects.order_by("at", "pk").values("pk", "organisation_id", "domain"):
        latest[row["organisation_id"], row["domain"]] = row["pk"]
    old = DomainState.objects.filter(at__date__lt=today - kept("mail-domain")).exclude(pk__in=list(latest.values()))
    proposals = Decision.objects.filter(at__date__lt=today - kept("identity"), decided=None)
    return (
        journal.remove_many(act, "domain.expired", list(old))
        + journal.remove_many(act, "identity.expired", list(proposals))
        + duties.keep_time(act, today)
    )
