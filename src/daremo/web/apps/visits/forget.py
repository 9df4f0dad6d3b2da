"""Blank the words about a person in goals, visits and incidents; what is counted stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.visits.models import Goal, Incident, Visit

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person


def forget(act: Act, person: Person) -> int:
    """Blank ``Goal.words``, ``Visit.note`` and ``Incident.words`` of the person, in the caller's transaction.

    Superseded visits are blanked too. Returns how many rows changed.
    """
    done = 0
    for goal in Goal.objects.filter(person=person).exclude(words=""):
        journal.save(act, "goal.forgotten", goal, words="")
        done += 1
    for visit in Visit.objects.filter(person=person).exclude(note=""):
        journal.save(act, "visit.forgotten", visit, note="")
        done += 1
    for incident in Incident.objects.filter(visit__person=person).exclude(words=""):
        journal.save(act, "incident.forgotten", incident, words="")
        done += 1
    return done
