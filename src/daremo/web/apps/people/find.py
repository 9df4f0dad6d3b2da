"""Find a person as she says who she is: a name, its kana, a telephone number or its end, a booking number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, Value
from django.db.models.functions import Replace

from daremo.web.apps.people.merge import standing_for
from daremo.web.apps.people.models import Contact, Person
from daremo.web.apps.people.phones import hiragana, spaced

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A person who may be meant, as staff tell her from others of the same name."""

    person: Person
    name: str
    kana: str
    phone: str
    birth_year: int | None
    area: str


def find_people(organisation_ids: Sequence[int], text: str, limit: int = LIMIT) -> list[Found]:
    """Return at most ``limit`` persons of the organisations whom the text may mean, best first.

    Four digits are the end of a telephone number, more are the whole or its start, ten may be a booking number;
    letters are the start of a name or of its kana, in either kana, with or without a space. Merged rows count as one.
    """
    wanted = spaced(text)
    plain = "".join(c for c in wanted if c.isascii() and c.isdigit())
    letters = any(c.isalpha() for c in wanted)
    if not wanted or (not letters and len(plain) < 4):
        return []
    rows = Contact.objects.filter(person__organisation__in=list(organisation_ids)).exclude(name="", phone="")
    if letters:
        bare, kana = wanted.replace(" ", ""), hiragana(wanted).replace(" ", "")
        rows = rows.annotate(
            bare=Replace(F("name"), Value(" "), Value("")), bare_kana=Replace(F("kana"), Value(" "), Value(""))
        ).filter(Q(bare__startswith=bare) | Q(bare_kana__startswith=kana))
    elif len(plain) == 4:
        rows = rows.filter(phone_last4=plain)
    else:
        meant = Q(phone_key=plain) | Q(phone_key__startswith=plain)
        if len(plain) == 10:
            meant |= Q(person__reservations__number=plain)
        rows = rows.filter(meant).distinct()
    found: dict[int, Found] = {}
    for row in rows.select_related("person__area", "person__merged_into").order_by("kana", "name", "pk")[: 3 * limit]:
        person = standing_for(row.person)
        if person.pk not in found or person.pk == row.person_id:
            area = person.area.name if person.area is not None else ""
            found[person.pk] = Found(person, row.name, row.kana, row.phone, person.birth_year, area)
    return list(found.values())[:limit]
