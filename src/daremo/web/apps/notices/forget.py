"""Blank what was told to a person; that it was told stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.notices.models import Notice

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person


def forget(act: Act, person: Person) -> int:
    """Blank ``Notice.told`` of the person in the caller's transaction; return how many rows changed.

    What is still to be sent stays in its state: its sender finds nobody to reach and says so.
    """
    done = 0
    for notice in Notice.objects.filter(person=person).exclude(told=""):
        journal.save(act, "notice.forgotten", notice, told="")
        done += 1
    return done
