"""Two rows of one person become one, and two again if it was a mistake."""

from __future__ import annotations

from daremo.web.again import settle
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.people.models import Person
from daremo.web.problems import refusal


def standing_for(person: Person) -> Person:
    """Return the person that this row was merged into, or the row itself."""
    while person.merged_into is not None:
        person = person.merged_into
    return person


def ones_own(person: Person) -> list[int]:
    """Return the numbers of all rows that are this one person: what hangs on any of them is hers."""
    root = standing_for(person)
    found = [root.pk]
    new = [root.pk]
    while new:
        new = list(Person.objects.filter(merged_into__in=new).values_list("pk", flat=True))
        found += new
    return found


def merge(act: Act, keep: Person, gone: Person) -> Person:
    """Let ``gone`` stand for ``keep`` from now on. Nothing is moved, so :func:`unmerge` brings all back.

    Raises
    ------
    UsageError
        ``bad-merge``: the same person, or persons of two organisations.
    Conflict
        ``changed-meanwhile``: ``gone`` was merged already.
    """

    def work() -> Person:
        # in one order, so that two merges the other way round cannot make a circle
        rows = Person.objects.select_for_update(no_key=True).filter(pk__in=[keep.pk, gone.pk]).order_by("pk")
        fresh = {row.pk: row for row in rows}
        root = standing_for(fresh[keep.pk])
        if root.pk == gone.pk or root.organisation_id != fresh[gone.pk].organisation_id:
            raise refusal("bad-merge")
        journal.move(act, "person.merged", fresh[gone.pk], {"merged_into": None}, merged_into=root)
        return root

    root = settle(work)
    gone.refresh_from_db()
    return root


def unmerge(act: Act, gone: Person) -> Person:
    """Make a merged row a person of its own again."""
    journal.move(act, "person.unmerged", gone, {"merged_into__isnull": False}, merged_into=None)
    return gone
