"""What is kept of a check, for how long, and how it goes away again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daremo.kernel.errors import Conflict, DaremoError
from tests.web.bookings.town import START, Town

pytestmark = pytest.mark.django_db


def taken(mean: float = 0.0, error: float = 0.5, right: bool = True, areas: Any = range(1, 6), **more: Any) -> Any:
    from daremo.web.apps.skills.services import Taken

    answers = [
        (f"r{a}-{name}", "2" if right else "dont-know")
        for a in areas
        for name in ("01-screen", "02-choice", "04-observe")
    ]
    return Taken(answers=answers, profile=dict.fromkeys(range(1, 6), (mean, error)), life_stage="75_84", **more)


def test_a_result_never_enters_the_journal(town: Town) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.skills import services as skills

    skills.keep(town.act(), town.person(), taken(mean=0.123456))
    skills.count(town.act(), town.city, taken(mean=0.123456))
    told = str(list(Event.objects.values_list("data", "reason", "who")))
    assert "0.1234" not in told and "r1-01-screen" not in told
    assert journal.differences() == []


def test_the_same_form_sent_twice_is_one_result(town: Town) -> None:
    from daremo.web.apps.people.models import Consent
    from daremo.web.apps.skills import services as skills

    person = town.person()
    rows = {skills.keep(town.act(), person, taken(), once="key").pk for _ in range(3)}
    assert len(rows) == 1 and Consent.objects.count() == 1


def test_nothing_is_kept_of_a_check_without_answers(town: Town) -> None:
    from daremo.web.apps.skills import services as skills

    for work in (
        lambda: skills.keep(town.act(), town.person(), skills.Taken([], {})),
        lambda: skills.count(town.act(), town.city, skills.Taken([], {})),
    ):
        with pytest.raises(DaremoError, match="no-answers"):
            work()


def test_a_consent_taken_back_erases_the_result_at_once(town: Town) -> None:
    from daremo.web.apps.people.models import Consent
    from daremo.web.apps.skills import services as skills
    from daremo.web.apps.skills.models import Check

    check = skills.keep(town.act(), town.person(), taken())
    consent = check.consent
    skills.withdraw(town.act(1), check)
    consent.refresh_from_db()
    assert Check.objects.count() == 0 and consent.withdrawn_at is not None
    with pytest.raises(Conflict):
        skills.withdraw(town.act(2), Check(pk=10**6, person=consent.person, consent=Consent.objects.get(), organisation=town.city, at=START, keep_until=START.date()))  # fmt: skip


def test_erasing_a_person_erases_her_results(town: Town) -> None:
    from daremo.web.apps.people import services as people
    from daremo.web.apps.skills import services as skills
    from daremo.web.apps.skills.models import Check

    person, other = town.person(), town.person("例田 一郎")
    skills.keep(town.act(), person, taken())
    skills.keep(town.act(), other, taken())
    people.erase_contact(town.act(), person)
    assert [c.person_id for c in Check.objects.all()] == [other.pk]


def test_a_result_goes_by_itself_when_its_time_is_over(town: Town) -> None:
    from daremo.web.apps.skills import services as skills
    from daremo.web.apps.skills.models import Check

    check = skills.keep(town.act(), town.person(), taken())
    assert check.keep_until == START.date() + timedelta(days=730)
    assert skills.keep_time(town.act(), check.keep_until) == 0
    assert skills.keep_time(town.act(), check.keep_until + timedelta(days=1)) == 1 and not Check.objects.exists()


def test_the_person_gets_her_results_printed(town: Town) -> None:
    from daremo.web.apps.people import services as people
    from daremo.web.apps.skills import services as skills

    person = town.person()
    skills.keep(town.act(), person, taken(goal="grandchild"))
    printed = people.everything(person)["力だめしの結果"]
    assert len(printed) == 1 and printed[0]["goal"] == "grandchild" and printed[0]["profile"]["1"] == [0.0, 0.5]


def test_a_gain_is_called_clear_only_where_it_is_sure(town: Town) -> None:
    from daremo.web.apps.skills import services as skills

    person = town.person()
    first = skills.keep(town.act(), person, taken(right=False))
    same, much = skills.keep(town.act(1), person, taken(right=False)), skills.keep(town.act(2), person, taken())
    one, two = skills.compared(first, same), skills.compared(first, much)
    assert one is not None and one.total.verdict == "same"
    assert two is not None and two.total.verdict == "up" and two.total.low > 0 and set(two.areas) == {1, 2, 3, 4, 5}


def test_areas_that_were_not_measured_are_not_compared(town: Town) -> None:
    from daremo.web.apps.skills import services as skills

    first, second = (skills.keep(town.act(h), town.person(), taken(areas=[1 + h])) for h in (0, 1))
    assert skills.compared(first, second) is None


def test_only_who_agreed_teaches_the_order_of_lessons(town: Town) -> None:
    from daremo.web.apps.skills import offers
    from daremo.web.apps.skills import services as skills
    from daremo.web.apps.visits import services as visits

    for statistics in (False, True):
        person = town.person(f"見本 {statistics}")
        skills.keep(town.act(0), person, taken(right=False), statistics=statistics)
        visits.record(
            town.act(1), organisation=town.city, supporter=None, started=START + timedelta(hours=1), minutes=30,
            topics=["photo"], person=person, point=town.point, alone_after=2,
        )  # fmt: skip
        skills.keep(town.act(48), person, taken(), statistics=statistics)
    found = offers.observed()
    assert found != [] and len({f.lesson for f in found}) == len(found)
    assert {f.lesson[:2] for f in found} <= {"l3"} and all(f.gain > 0 for f in found)


def test_two_rows_of_one_sitting_share_no_key(town: Town) -> None:
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.skills import services as skills
    from daremo.web.apps.skills.models import AnonymousSheet

    act = town.act()
    skills.keep(act, town.person(), taken())
    skills.count(act, town.city, taken())
    assert {f.name for f in AnonymousSheet._meta.get_fields()}.isdisjoint(
        {"person", "check", "at", "consent", "once", "booking"}
    )
    times = {e.kind: e.at for e in Event.objects.filter(kind__in=["check.kept", "sheet.counted"])}
    assert times["check.kept"] != times["sheet.counted"]
