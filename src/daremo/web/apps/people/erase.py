"""Erase how a person is called and reached; what was counted stays as it was."""

from __future__ import annotations

from datetime import date

from daremo.web.again import settle
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.people.merge import ones_own
from daremo.web.apps.people.models import AccessEntry, Contact, Person
from daremo.web.retention import kept


def erase_contact(act: Act, person: Person) -> int:
    """Blank the contact of a person (of all rows merged into her) and every word about her; return rows changed.

    The rows stay, with no name, number, address or word, and every column that is counted stays as it was.
    """
    from daremo.web.apps.notices import forget as notices
    from daremo.web.apps.skills import services as skills
    from daremo.web.apps.visits import forget as visits

    def work() -> int:
        done = 0
        for row in Person.objects.filter(pk__in=ones_own(person)):
            for contact in Contact.objects.filter(person=row):
                blank = {name: None if name == "match_key" else "" for name in Contact.PERSONAL}
                if any(getattr(contact, name) for name in Contact.PERSONAL):
                    journal.save(act, "contact.erased", contact, **blank)
                    done += 1
            done += visits.forget(act, row) + notices.forget(act, row) + skills.forget(act, row)
        return done

    return settle(work)


def keep_time(act: Act, today: date) -> int:
    """Erase every contact whose day has passed, and old entries of who looked; return how many persons were erased."""
    over = Contact.objects.filter(keep_until__lt=today).exclude(
        name="", kana="", phone="", email="", postcode="", address="", note=""
    )
    erased = 0
    for contact in over.select_related("person"):
        erase_contact(act.because("keep_until"), contact.person)
        erased += 1
    forget_accesses(today)
    return erased


def forget_accesses(today: date) -> int:
    """Delete entries of who looked that are older than five years; return how many."""
    return AccessEntry.objects.filter(at__date__lt=today - kept("looks")).delete()[0]
