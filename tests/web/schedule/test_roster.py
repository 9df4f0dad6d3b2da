"""The draft roster, compared with every possible roster of tiny cases."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any

import pytest

from daremo.web.apps.schedule.roster import TOKYO, Busy, Duty, Helper, apart, draft, hindrance, measured

MONDAY = datetime(2026, 12, 7, tzinfo=TOKYO)
PLACES = ((34.30, 134.00), (34.31, 134.02), (34.40, 134.10))


def _case(dice: random.Random) -> tuple[list[Duty], list[Helper]]:
    duties = []
    for key in range(dice.randint(1, 4)):
        at = dice.randrange(3)
        starts = MONDAY + timedelta(days=dice.randrange(3), hours=dice.choice([9, 10, 11, 13]))
        duties.append(
            Duty(
                key,
                starts,
                starts + timedelta(minutes=dice.choice([60, 120])),
                dice.randint(1, 2),
                PLACES[at],
                at + 1,
                frozenset(dice.sample(["a", "b"], dice.randint(0, 1))),
                staffed=dice.choice([0, 0, 1]),
                grown_ups=0,
            )
        )
    helpers = [
        Helper(
            100 + key,
            hours_week_max=dice.choice([1.0, 2.0, 4.0]),
            topics=frozenset(dice.sample(["a", "b"], dice.randint(0, 2))),
            windows=() if dice.random() < 0.5 else tuple((d, time(9), time(dice.choice([12, 15]))) for d in range(3)),
            leave=((date(2026, 12, 8), date(2026, 12, 8)),) if dice.random() < 0.3 else (),
            busy=(Busy(MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=11), PLACES[0], 1),)
            if dice.random() < 0.3
            else (),
            youth=dice.random() < 0.3,
            home=dice.choice([None, *PLACES]),
        )
        for key in range(dice.randint(1, 3))
    ]
    return duties, helpers


def _allowed(duties: list[Duty], helpers: list[Helper], chosen: set[tuple[int, int]]) -> bool:
    """Whether a roster breaks no rule, each rule asked plainly."""
    for duty in duties:
        here = [h for h in helpers if (duty.key, h.key) in chosen]
        if len(here) > duty.need or any(hindrance(duty, h) for h in here):
            return False
        if any(h.youth for h in here) and not duty.grown_ups and all(h.youth for h in here):
            return False
    for helper in helpers:
        mine = [d for d in duties if (d.key, helper.key) in chosen]
        if any(not apart(a, b) for a in mine for b in mine if a.key < b.key):
            return False
        worked = sum(d.minutes for d in mine) + sum((b.ends - b.starts).seconds // 60 for b in helper.busy)
        if worked > helper.hours_week_max * 60:
            return False
    return True


@pytest.mark.parametrize("seed", range(40))
def test_no_possible_roster_is_better_than_the_draft(seed: int) -> None:
    duties, helpers = _case(random.Random(seed))
    found = draft(duties, helpers)
    assert found.proved and _allowed(duties, helpers, set(found.pairs))
    pairs = [(d.key, h.key) for d in duties for h in helpers]
    best = min(
        measured(duties, helpers, chosen).order
        for bits in product((0, 1), repeat=len(pairs))
        if _allowed(duties, helpers, chosen := {pair for pair, bit in zip(pairs, bits) if bit})
    )
    assert found.order == best


def test_nobody_is_sent_where_the_way_is_too_long() -> None:
    first = Duty(1, MONDAY + timedelta(hours=9), MONDAY + timedelta(hours=10), 1, PLACES[0], 1)
    after = Duty(2, MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=11), 1, PLACES[2], 3)
    same = Duty(3, MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=11), 1, PLACES[0], 1)
    assert draft([first, after], [Helper(9)]).missing == 1
    assert draft([first, same], [Helper(9)]).missing == 0


def test_hours_are_shared_evenly() -> None:
    duties = [Duty(n, MONDAY + timedelta(days=n, hours=9), MONDAY + timedelta(days=n, hours=11), 1) for n in range(4)]
    found = draft(duties, [Helper(1), Helper(2)])
    assert sorted(h for _, h in found.pairs) == [1, 1, 2, 2] and found.spread_permille <= 1


def test_a_duty_left_open_says_what_hinders_whom() -> None:
    duty = Duty(1, MONDAY + timedelta(hours=9), MONDAY + timedelta(hours=10), 3, topics=frozenset({"a"}), language="vi")
    helpers = [
        Helper(1, languages=frozenset({"ja", "vi"})),
        Helper(2),
        Helper(3, topics=frozenset({"b"})),
        Helper(4, leave=((date(2026, 12, 1), date(2026, 12, 31)),)),
        Helper(5, qualified_until=date(2026, 12, 6)),
    ]
    found = draft([duty], helpers)
    assert found.pairs == ((1, 1),)
    assert found.reasons == {1: {"language": 1, "topic": 1, "leave": 1, "qualification": 1}}


def test_the_same_case_gives_the_same_draft() -> None:
    duties, helpers = _case(random.Random(77))
    assert draft(duties, helpers) == draft(duties, list(helpers))


@pytest.fixture
def staff(town: Any) -> Any:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule

    act = town.act()
    schedule.change_offer(act, town.offer, helpers=2)
    for n in range(3):
        town.session(hours=24 * (n + 3))
    town.adult = places.add_supporter(act, town.city, "見本 おとな")
    town.young = places.add_supporter(act, town.city, "見本 わかい", youth=True, guardian_consent_on=date(2026, 11, 1))
    town.unasked = places.add_supporter(act, town.city, "見本 まだ", youth=True)
    return town


def _draft(town: Any) -> Any:
    from daremo.web.apps.schedule import services as schedule

    return schedule.draft_roster([town.city.pk], date(2026, 12, 1), date(2026, 12, 14), town.act().now)


def test_a_draft_writes_nothing_and_what_staff_accept_is_given(staff: Any) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.schedule.models import Use

    places.add_leave(staff.act(), staff.adult, date(2026, 12, 5), date(2026, 12, 5))
    told, found = _draft(staff)
    assert Use.objects.count() == 0 and found.proved
    # on the adult's day of leave the young supporter is not alone there either
    assert {pair[0] for pair in found.pairs} == {staff.sessions[0].pk, staff.sessions[2].pk}
    assert staff.unasked.pk not in {pair[1] for pair in found.pairs}
    done = schedule.accept_roster(staff.act(), [(told.sessions[d], told.supporters[h]) for d, h in found.pairs])
    assert len(done.uses) == 4 and done.refused == ()
    assert {(u.part, u.resource.supporter.youth) for u in done.uses} == {("lead", False), ("assistant", True)}
    told, found = _draft(staff)
    assert [d.key for d in told.duties] == [staff.sessions[1].pk] and found.pairs == ()


def test_what_somebody_was_faster_with_is_told_and_the_rest_is_given(staff: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    told, found = _draft(staff)
    elsewhere = staff.session(hours=24 * 3)
    schedule.assign(staff.act(), elsewhere, staff.adult.resource)
    done = schedule.accept_roster(staff.act(), [(told.sessions[d], told.supporters[h]) for d, h in found.pairs])
    assert {(s, error.code) for s, _, error in done.refused} == {
        (staff.sessions[0].pk, "in-two-places"),
        (staff.sessions[0].pk, "youth-alone"),
    }
    assert len(done.uses) == 4
