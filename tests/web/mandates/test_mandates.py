"""A mandate is used only inside an active scope, until its day ends in Japan; each use is chained to the one before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.mandates import services as mandates
from tests.web.bookings.town import Town

UNTIL = date(2026, 12, 31)


def staff(name: str) -> Any:
    user = apps.get_model("staff", "User")(username=name)
    user.save()
    return user


def given(town: Town, evidence: str = "paper", procedures: tuple[str, ...] = ("病院の予約",)) -> Any:
    proposed = mandates.propose(town.act(), town.person(), town.city, procedures, UNTIL, evidence)
    return mandates.prove(town.act(), proposed, b"signed", made_by=staff(f"maker{proposed.pk}"))


def use(town: Town, mandate: Any, hours: float = 1, procedure: str = "病院の予約") -> Any:
    user = apps.get_model("staff", "User")._default_manager.order_by("pk").first()
    return mandates.use(town.act(hours), mandate.person, town.city, procedure, user=user, what="予約した")


def refused(town: Town, mandate: Any, **more: Any) -> str:
    with pytest.raises(DaremoError) as said:
        use(town, mandate, **more)
    return said.value.code


def test_without_evidence_nothing_may_be_done(town: Town) -> None:
    staff("a")
    proposed = mandates.propose(town.act(), town.person(), town.city, ["病院の予約"], UNTIL, "paper")
    assert refused(town, proposed) == "no-mandate"


def test_only_the_named_procedure_may_be_done(town: Town) -> None:
    mandate = given(town)
    assert use(town, mandate).ordinal == 1
    assert refused(town, mandate, procedure="税の申告") == "no-mandate"


def test_a_mandate_taken_back_by_telephone_is_over_at_once(town: Town) -> None:
    mandate = given(town)
    use(town, mandate)
    mandates.revoke(town.act(2), mandate)
    assert refused(town, mandate, hours=2) == "no-mandate"


def test_one_procedure_is_taken_back_alone(town: Town) -> None:
    mandate = given(town, procedures=("病院の予約", "年金の手続き"))
    mandates.revoke_scope(town.act(1), mandate.scopes.get(procedure="年金の手続き"))
    assert refused(town, mandate, procedure="年金の手続き") == "no-mandate"
    assert use(town, mandate, hours=2)


def test_a_mandate_revoked_between_looking_and_writing_is_not_used(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    mandate, look = given(town), mandates.allowed

    def looks_then_is_revoked(*told: Any) -> Any:
        scope = look(*told)
        if scope is not None:
            mandates.revoke(town.act(1), type(mandate).objects.get(pk=mandate.pk))
        return scope

    monkeypatch.setattr(mandates, "allowed", looks_then_is_revoked)
    assert refused(town, mandate) == "no-mandate"
    assert mandates.statement(mandate.person) == []


def test_the_last_day_ends_at_midnight_in_japan(town: Town) -> None:
    mandate = given(town)
    user = apps.get_model("staff", "User")._default_manager.first()

    def at(moment: datetime) -> Any:
        act = Act("user:1", moment, channel="phone")
        return mandates.use(act, mandate.person, town.city, "病院の予約", user=user, what="予約")

    assert at(datetime(2026, 12, 31, 14, 59, tzinfo=UTC))
    with pytest.raises(DaremoError):
        at(datetime(2026, 12, 31, 15, 0, tzinfo=UTC))


def test_a_call_needs_a_second_member_of_staff(town: Town) -> None:
    maker, other = staff("a"), staff("b")
    proposed = mandates.propose(town.act(), town.person(), town.city, ["病院の予約"], UNTIL, "witnessed_call")
    for witness in (None, maker):
        with pytest.raises(DaremoError) as said:
            mandates.prove(town.act(), proposed, b"said", made_by=maker, witness=witness)
        assert said.value.code == "no-witness"
    assert mandates.prove(town.act(), proposed, b"said", made_by=maker, witness=other).state == "active"


def test_a_mandate_is_proven_once(town: Town) -> None:
    mandate = given(town)
    with pytest.raises(Conflict):
        mandates.prove(town.act(), mandate, b"again", made_by=staff("b"))


@pytest.mark.parametrize("until", (date(2026, 11, 30), date(2028, 1, 1)))
def test_an_end_in_the_past_or_more_than_a_year_away_is_refused(town: Town, until: date) -> None:
    with pytest.raises(DaremoError) as said:
        mandates.propose(town.act(), town.person(), town.city, ["病院の予約"], until, "paper")
    assert said.value.code == "bad-mandate"


def test_a_changed_or_missing_use_breaks_the_chain(town: Town) -> None:
    mandate = given(town)
    uses = [use(town, mandate, hours=n) for n in (1, 2, 3)]
    scope = uses[0].scope
    assert mandates.broken_links(scope) == []
    type(uses[0]).objects.filter(pk=uses[1].pk).update(what="ちがうこと")
    assert mandates.broken_links(scope) == [2]
    type(uses[0]).objects.filter(pk=uses[1].pk).delete()
    assert mandates.broken_links(scope) == [3]


def test_the_person_gets_every_use_and_the_journal_replays(town: Town) -> None:
    mandate = given(town)
    for hours in (1, 2):
        use(town, mandate, hours=hours)
    assert [line.what for line in mandates.statement(mandate.person)] == ["予約した", "予約した"]
    assert mandates.expire(town.act(24 * 40), date(2027, 1, 1)) == 1
    assert journal.differences() == []
