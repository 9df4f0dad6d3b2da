"""The same person is asked once each time; who did not answer is not dropped; the files hold no name."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest

from daremo.kernel.errors import DaremoError
from daremo.web.apps.followups import export
from daremo.web.apps.followups import services as followups
from daremo.web.apps.followups.models import FollowUp
from daremo.web.apps.journal import services as journal
from daremo.web.apps.visits import services as visits
from tests.web.bookings.town import START, Town

YEAR = (date(2026, 12, 1), date(2027, 11, 30))


def visit(town: Town, person: Any, days: float = 0) -> Any:
    return visits.record(
        town.act(24 * days), organisation=town.city, supporter=None, started=START + timedelta(days=days), minutes=30,
        topics=["mail", "photo"], person=person, alone_before=0, alone_after=2,
    )  # fmt: skip


def test_a_visit_plans_two_questions(town: Town) -> None:
    visit(town, town.person())
    assert sorted((f.days, f.due) for f in FollowUp.objects.all()) == [(30, date(2026, 12, 31)), (90, date(2027, 3, 1))]


def test_a_second_visit_within_fifteen_days_plans_no_second_question(town: Town) -> None:
    person = town.person()
    visit(town, person)
    visit(town, person, days=10)
    assert FollowUp.objects.count() == 2
    visit(town, person, days=20)
    assert FollowUp.objects.count() == 4


def test_questions_are_due_on_their_day_and_rest_after_three_calls(town: Town) -> None:
    visit(town, town.person())
    assert followups.due([town.city.pk], date(2026, 12, 30)) == []
    row = followups.due([town.city.pk], date(2026, 12, 31))[0]
    for _ in range(3):
        row = followups.not_reached(town.act(24 * 31), row)
    assert row.state == "unreachable"


def test_who_refuses_is_never_asked_again(town: Town) -> None:
    visit(town, town.person())
    followups.refused(town.act(24 * 31), FollowUp.objects.get(days=30))
    assert {f.state for f in FollowUp.objects.all()} == {"refused"}


def test_a_second_answer_replaces_the_first_and_the_journal_keeps_both(town: Town) -> None:
    visit(town, town.person())
    row = FollowUp.objects.get(days=30)
    for alone in (1, 3):
        outcome = followups.answer(town.act(24 * 31), row, alone=alone, still_doing=True, missing="line")
    assert (outcome.alone, outcome.missing) == (3, "line")
    assert [e.data["alone"] for e in journal.events_of(outcome) if e.data] == [1, 3]
    assert journal.differences() == []


@pytest.mark.parametrize("alone", (-1, 4))
def test_an_answer_outside_the_scale_is_refused(town: Town, alone: int) -> None:
    visit(town, town.person())
    with pytest.raises(DaremoError) as said:
        followups.answer(town.act(), FollowUp.objects.get(days=30), alone=alone, still_doing=None)
    assert said.value.code == "bad-answer"


def test_a_code_finds_its_open_question_only(town: Town) -> None:
    visit(town, town.person())
    row = FollowUp.objects.get(days=30)
    assert followups.by_code(f" {row.code.lower()} ").pk == row.pk
    followups.answer(town.act(), row, alone=2, still_doing=None)
    for code in (row.code, "", "CFGHJMPQRV"):
        with pytest.raises(DaremoError):
            followups.by_code(code)


def test_results_hold_who_answered_and_who_did_not(town: Town) -> None:
    for name in ("見本 花子", "例田 一郎"):
        visit(town, town.person(name))
    followups.answer(town.act(24 * 31), FollowUp.objects.filter(days=30)[0], alone=3, still_doing=True)
    rows = list(followups.results([town.city.pk], *YEAR))
    assert len(rows) == 4 and sum(r.answered for r in rows) == 1


def test_the_files_fit_their_schema_and_hold_no_name_and_no_number_of_ours(town: Town) -> None:
    for n in range(3):
        visit(town, town.person(f"見本 {n}"))
    rows = list(followups.results([town.city.pk], *YEAR))
    names = [f["name"] for f in export.schema()["fields"]]
    told = list(csv.DictReader(io.StringIO(export.as_csv(rows).decode())))
    assert list(told[0]) == names and len(told) == 6
    assert {r["person"] for r in told} == {"1", "2", "3"} and told[0]["topics"] == "mail|photo"
    whole = json.loads(export.as_json(rows, *YEAR))
    assert [sorted(r) for r in whole["results"]] == [sorted(names)] * 6
    assert "見本" not in json.dumps(whole["results"], ensure_ascii=False)


def test_frictionless_finds_nothing_wrong_with_the_file(town: Town, tmp_path: Any) -> None:
    frictionless = pytest.importorskip("frictionless")
    visit(town, town.person())
    (tmp_path / "results.csv").write_bytes(export.as_csv(list(followups.results([town.city.pk], *YEAR))))
    schema = frictionless.Schema.from_descriptor(export.schema())
    with frictionless.system.use_context(trusted=True):
        report = frictionless.Resource(path=str(tmp_path / "results.csv"), schema=schema).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
