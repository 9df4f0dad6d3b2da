"""What happens to accounts stands in the journal: who signed in, with what, who changed what. No name, no address."""

from __future__ import annotations

from typing import Any

from daremo.web.apps.journal.act import Act
from daremo.web.apps.journal.models import Event
from daremo.web.apps.staff.models import User

TABLE = "staff.user"


def note(act: Act, kind: str, user: User, **data: Any) -> Event:
    """Write one event about an account. Accounts hold names, so the event says what happened, not what they hold."""
    return Event.objects.create(
        at=act.now,
        who=act.who,
        role=act.role,
        organisation_id=act.organisation,
        channel=act.channel,
        kind=kind,
        table=TABLE,
        row=user.pk,
        data=data,
        reason=act.reason[:200],
        request=act.request[:40],
    )
