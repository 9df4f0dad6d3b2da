"""Rows of other organisations are invisible, table by table, for every role."""

from __future__ import annotations

import pytest
from django.apps import apps

from tests.web.staff.world import ROLES, World


def test_every_journalled_table_says_whose_its_rows_are() -> None:
    from daremo.web.apps.journal.models import Row
    from daremo.web.apps.staff.rows import ways

    missing = [
        m._meta.label_lower for m in apps.get_models() if issubclass(m, Row) and m._meta.label_lower not in ways()
    ]
    assert missing == []


def test_a_table_that_says_nothing_shows_nothing() -> None:
    from django.contrib.sessions.models import Session

    from daremo.web.apps.staff.rows import within

    with pytest.raises(LookupError, match="sessions.session"):
        within(Session.objects.all(), "all", organisation=1, point=1, user=1)


def test_no_scope_but_all_ever_reaches_a_row_of_another_organisation(world: World) -> None:
    from daremo.web.apps.staff.rows import ways, within

    world.fill()
    reached: dict[tuple[str, str], bool] = {}
    for label, way in ways().items():
        mine, theirs = world.own[label], world.other[label]
        for role in ROLES:
            member = world.own.members[role]
            for scope in ("none", "own", "point", "organisation", "all"):
                rows = within(
                    apps.get_model(label)._default_manager.all(),
                    scope,  # type: ignore[arg-type]
                    organisation=member.organisation_id,
                    point=member.point_id,
                    user=member.user_id,
                )
                seen = set(rows.values_list("pk", flat=True))
                assert len(list(rows)) == len(seen), f"{label}: a row twice"
                if scope != "all" and "*" not in way.organisation:
                    assert theirs.pk not in seen, f"{label}: {role} with {scope} sees a row of the other organisation"
                if scope in ("organisation", "all"):
                    assert mine.pk in seen, f"{label}: {role} with {scope} does not see the own row"
                reached[(label, scope)] = reached.get((label, scope), False) or mine.pk in seen
    assert [label for label, way in ways().items() if way.own and not reached[(label, "own")]] == []
    assert [label for label, way in ways().items() if way.point and not reached[(label, "point")]] == []


def test_a_supporter_sees_the_persons_she_helps_and_no_others_of_the_organisation(world: World) -> None:
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.staff.rows import within

    helped = world.own["bookings.booking"].person or world.own["people.person"]
    stranger = world.own.person()
    user = world.own.members["supporter"].user
    rows = within(Person.objects.all(), "own", organisation=stranger.organisation_id, point=None, user=user.pk)
    assert helped in rows
    assert stranger not in rows


def test_an_auditor_may_change_nothing_but_her_own_account() -> None:
    from daremo.web.apps.staff.permissions import permissions

    changing = [p.name for p in permissions().values() if p.changes and p.of("auditor") != "none"]
    assert changing == ["account.own"]


def test_a_misspelt_permission_opens_no_page() -> None:
    from daremo.web.apps.staff.access import staff_page

    with pytest.raises(ValueError, match="people.sea"):
        staff_page("people.sea")


def test_a_permission_to_see_takes_no_form() -> None:
    from daremo.web.apps.staff.access import staff_page

    with pytest.raises(ValueError, match="nobody change"):
        staff_page("people.see", methods=["GET", "POST"])
