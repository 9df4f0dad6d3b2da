"""What an organisation looked at, kept by date; a journalled act each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from daremo.web.apps.guard import mail
from daremo.web.apps.guard.models import DomainState
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

#: Years that states are kept; the latest of a domain stays.
KEPT_YEARS = 5


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
    data = mail.kept(found, refused, own_ips=own_ips, own_services=own_services, selectors=selectors)
    row = DomainState(
        organisation=organisation, domain=found.domain, at=act.now, policy=found.policy, enforced=found.enforced,
        step=found.step, record=found.record[:600], data=data,
    )  # fmt: skip
    return journal.save(act, "domain.assessed", row)


def keep_time(act: Act, today: date) -> int:
    """Remove states older than five years, the latest of each domain excepted; return how many."""
    before = today.replace(year=today.year - KEPT_YEARS, day=min(today.day, 28))
    latest: dict[tuple[int, str], int] = {}
    for row in DomainState.objects.order_by("at", "pk").values("pk", "organisation_id", "domain"):
        latest[row["organisation_id"], row["domain"]] = row["pk"]
    old = DomainState.objects.filter(at__date__lt=before).exclude(pk__in=list(latest.values()))
    return journal.remove_many(act, "domain.expired", list(old))
