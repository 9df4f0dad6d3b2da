"""Persons and their contacts: add, find, keep, merge, print, erase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from daremo.kernel.tables import rows_of
from daremo.web.again import settle
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.people.erase import erase_contact, forget_accesses, keep_time
from daremo.web.apps.people.find import Found, find_people
from daremo.web.apps.people.merge import merge, ones_own, standing_for, unmerge
from daremo.web.apps.people.models import AccessEntry, Consent, Contact, Person, Relation
from daremo.web.apps.people.phones import hiragana, phone_key, same_phone, spaced
from daremo.web.apps.people.printed import everything
from daremo.web.problems import refusal
from daremo.web.retention import kept

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Area, Organisation
    from daremo.web.apps.staff.models import User

__all__ = [
    "Found",
    "add_person",
    "contact_of",
    "erase_contact",
    "everything",
    "find_people",
    "forget_accesses",
    "give_consent",
    "has_phone",
    "keep_at_least",
    "keep_time",
    "life_stage_of",
    "looked",
    "merge",
    "ones_own",
    "relate",
    "same_contact",
    "set_contact",
    "set_person",
    "standing_for",
    "unmerge",
    "withdraw_consent",
]

CONTACT_FIELDS = ("name", "kana", "phone", "email", "postcode", "address", "note", "prefers")
PERSON_FIELDS = ("birth_year", "area", "needs", "language", "device", "life_stage")


@cache
def _stages() -> list[tuple[str, int, int]]:
    codes = {"65-74": "65_74", "75-84": "75_84", "85+": "85_over"}
    return [
        (codes.get(row["stage"], row["stage"]), int(row["age_from"]), int(row["age_to"]))
        for row in rows_of("daremo.region", "stages")
    ]


def life_stage_of(birth_year: int | None, today: date) -> str:
    """Return the life stage of somebody born in that year, by the age reached in this year; else ``unknown``."""
    age = -1 if birth_year is None else today.year - birth_year
    return next((stage for stage, first, last in _stages() if first <= age <= last), "unknown")


def add_person(
    act: Act,
    organisation: Organisation,
    *,
    name: str,
    kana: str = "",
    phone: str = "",
    birth_year: int | None = None,
    area: Area | None = None,
    needs: Sequence[str] = (),
    language: str = "ja",
    life_stage: str = "",
    device: str = "",
    email: str = "",
    postcode: str = "",
    address: str = "",
    note: str = "",
    prefers: str = "phone",
    keep_days: int = kept("contact").days,
) -> Person:
    """Add a person and, apart from her, how to reach her. A name or a byname is enough.

    Raises
    ------
    UsageError
        ``no-name``; ``bad-phone``.
    """
    given = {"name": name, "kana": kana, "phone": phone, "email": email, "postcode": postcode}
    contact = _written(given | {"address": address, "note": note, "prefers": prefers})
    person = Person(
        organisation=organisation,
        birth_year=birth_year,
        life_stage=life_stage or life_stage_of(birth_year, act.now.date()),
        area=area,
        needs=list(needs),
        language=language,
        device=device,
        first_seen=act.now.date(),
    )
    return settle(lambda: _add(act, person, contact, keep_days))


def _add(act: Act, person: Person, contact: dict[str, Any], keep_days: int) -> Person:
    # a second run of the transaction inserts anew
    person.pk = None
    journal.save(act, "person.added", person)
    keep_until = act.now.date() + timedelta(days=keep_days)
    journal.save(act, "contact.added", Contact(person=person, keep_until=keep_until, **contact))
    return person


def _written(given: dict[str, Any]) -> dict[str, Any]:
    """Return the contact's columns from what was typed."""
    told = {key: value for key, value in given.items() if key in CONTACT_FIELDS}
    if "name" in told:
        told["name"] = spaced(told["name"])
        if not told["name"]:
            raise refusal("no-name")
    if "kana" in told:
        told["kana"] = hiragana(told["kana"])
    if "phone" in told:
        told["phone_key"] = phone_key(told["phone"])
        told["phone"] = spaced(told["phone"])
        told["phone_last4"] = told["phone_key"][-4:]
    return told


def _match_key(organisation: int, name: str, phone: str) -> str:
    return salted_hmac("daremo.people.match", f"{organisation}|{name.replace(' ', '')}|{phone}").hexdigest()


def same_contact(act: Act, organisation: Organisation, *, name: str, phone: str = "", **more: Any) -> Person:
    """Return the organisation's person with this name and telephone, added where there is none.

    Sent twice at once, it is one person (database rule). Without a telephone a new person is added each time: two
    people may have one name. ``more`` is what :func:`add_person` takes; it is used for a new person only.
    """
    key = phone_key(phone)
    if not key:
        return add_person(act, organisation, name=name, phone=phone, **more)
    match = _match_key(organisation.pk, spaced(name), key)
    # whoever was added by staff or by an import has no key yet
    known = Contact.objects.filter(person__organisation=organisation, phone_key=key).order_by("pk")
    for contact in known.select_related("person"):
        if contact.match_key == match or contact.name.replace(" ", "") == spaced(name).replace(" ", ""):
            return standing_for(contact.person)

    def work() -> Person:
        person = add_person(act, organisation, name=name, phone=phone, **more)
        journal.save(act, "contact.keyed", Contact.objects.get(person=person), match_key=match)
        return person

    try:
        return settle(work)
    except IntegrityError:
        return standing_for(Contact.objects.select_related("person").get(match_key=match).person)


def set_contact(act: Act, person: Person, **changes: Any) -> Contact:
    """Change name, kana, phone, email, postcode, address, note or prefers of a person.

    Raises
    ------
    UsageError
        ``no-name``; ``bad-phone``.
    """
    told = _written(changes)
    contact = Contact.objects.filter(person=person).first()
    if contact is None:
        keep_until = act.now.date() + kept("contact")
        return journal.save(act, "contact.added", Contact(person=person, keep_until=keep_until, **told))
    if "name" in told or "phone" in told:
        told["match_key"] = None
    return journal.save(act, "contact.changed", contact, **told)


def set_person(act: Act, person: Person, **changes: Any) -> Person:
    """Change birth_year, area, needs, language, device or life_stage of a person."""
    told = {key: value for key, value in changes.items() if key in PERSON_FIELDS}
    if "birth_year" in told and "life_stage" not in told:
        told["life_stage"] = life_stage_of(told["birth_year"], act.now.date())
    return journal.save(act, "person.changed", person, **told)


def keep_at_least(act: Act, person: Person, until: date) -> None:
    """Keep the contact at least until that day; a later day stays."""
    contact = Contact.objects.filter(person=person, keep_until__lt=until).exclude(name="", phone="", email="").first()
    if contact is not None:
        journal.save(act, "contact.kept", contact, keep_until=until)


def has_phone(person: Person | None, phone: str) -> bool:
    """Tell whether this is the person's number or its last four digits; the work is the same for nobody."""
    contact = getattr(person, "contact", None)
    return same_phone(contact.phone_key if contact is not None else "", phone)


def relate(act: Act, person: Person, helper: Person, kind: str) -> Relation:
    """Note who books or speaks for a person; noted twice, it is there once."""
    found = Relation.objects.filter(person=person, helper=helper, kind=kind).first()
    return found or journal.save(act, "relation.added", Relation(person=person, helper=helper, kind=kind))


def give_consent(
    act: Act, person: Person, purpose: str, text_version: str, *, evidence_sha256: str = "", until: date | None = None
) -> Consent:
    """Note that a person agreed to a purpose in that version of the words, by the channel of the act."""
    row = Consent(
        person=person,
        purpose=purpose,
        text_version=text_version,
        channel=act.channel,
        evidence_sha256=evidence_sha256,
        given_at=act.now,
        until=until,
    )
    return journal.save(act, "consent.given", row)


def withdraw_consent(act: Act, consent: Consent) -> Consent:
    """Note that a person no longer agrees."""
    return journal.move(act, "consent.withdrawn", consent, {"withdrawn_at": None}, withdrawn_at=act.now)


def looked(act: Act, user: User | None, person: Person, page: str, why: str = "", *, what: str = "seen") -> AccessEntry:
    """Note who looked at a person's data, when, on which page and why; the person gets the list printed."""
    entry = AccessEntry(
        person=person,
        user=user,
        organisation_id=act.organisation,
        at=act.now,
        page=page[:80],
        what=what,
        why=why[:120],
    )
    entry.save()
    return entry


def contact_of(person: Person) -> Contact | None:
    """Return the person's contact, or None where it never was or was erased."""
    return Contact.objects.filter(person=person).exclude(name="", phone="", email="", address="").first()
