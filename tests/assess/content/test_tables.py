"""The tables of the content as they are: every row can be used, three languages are complete, the bank is what was asked for."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher

import pytest

from daremo.assess.content import read
from daremo.assess.content.records import Content

PLACE = read.folder()
TABLES = ("items", "staff", "diagnosis", "goals", "lessons")


@pytest.fixture(scope="module")
def found() -> Content:
    return read.read(PLACE)[0]


def there(table: str) -> bool:
    return (PLACE / f"{table}.csv").is_file()


def test_every_row_of_the_content_can_be_used() -> None:
    problems = read.read(PLACE)[1]
    assert [str(p) for p in problems] == []


@pytest.mark.skipif(not there("items"), reason="the residents' bank is not written yet")
def test_the_residents_bank_has_what_the_issue_asks_for(found: Content) -> None:
    tasks = [item for item in found.items.values() if item.kind != "self"]
    assert len(found.items) >= 120
    assert {item.competence for item in tasks if item.area} == {c for c in found.competences if not c.startswith("0")}
    assert len([c for c in found.competences if not c.startswith("0")]) == 21
    assert {item.kind for item in tasks} == {"screen", "steps", "choice", "observe"}
    assert Counter(item.area for item in found.items.values() if item.kind == "self") == dict.fromkeys(range(1, 6), 2)
    easy = sum(item.prior_b < -0.5 for item in tasks) / len(tasks)
    assert 0.5 <= easy <= 0.7


@pytest.mark.skipif(not there("items"), reason="the residents' bank is not written yet")
def test_no_two_questions_are_alike(found: Content) -> None:
    told = [(name, item.words["question"].ja) for name, item in found.items.items() if item.kind != "self"]
    assert len({text for _, text in told}) == len(told)
    alike = [
        (a, b)
        for n, (a, one) in enumerate(told)
        for b, two in told[n + 1 :]
        if SequenceMatcher(None, one, two).real_quick_ratio() > 0.92
        and SequenceMatcher(None, one, two).ratio() > 0.92
        and found.items[a].picture == found.items[b].picture
        and found.items[a].key == found.items[b].key
    ]
    assert alike == []


@pytest.mark.skipif(not there("staff"), reason="the items for staff are not written yet")
def test_the_items_for_staff_cover_all_four_parts(found: Content) -> None:
    parts = Counter(item.part_of for item in found.staff.values())
    assert len(found.staff) >= 32 and set(parts) == {"mindset", "why", "what", "how"} and min(parts.values()) >= 4


@pytest.mark.skipif(not there("diagnosis"), reason="the self-diagnoses are not written yet")
def test_each_self_diagnosis_has_enough_items(found: Content) -> None:
    assert min(Counter(item.diagnosis for item in found.diagnosis.values()).values()) >= 15
    assert {item.diagnosis for item in found.diagnosis.values()} == {"dx", "telework", "security"}


@pytest.mark.skipif(not there("lessons"), reason="the lessons are not written yet")
def test_every_goal_has_a_lesson_and_every_area_too(found: Content) -> None:
    served = {goal for lesson in found.lessons.values() for goal in lesson.goals}
    assert set(found.goals) - served == set()
    assert len(found.goals) >= 20 and len(found.lessons) >= 30
    assert {lesson.area for lesson in found.lessons.values()} >= {1, 2, 3, 4, 5}
