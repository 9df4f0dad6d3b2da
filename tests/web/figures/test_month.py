"""The month counts what has begun, each minute once; a release is frozen, protected and never crosses another."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest

from daremo.kernel.errors import Conflict
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.figures import edition, report, services
from daremo.web.apps.figures.lines import Summary
from daremo.web.apps.people import services as people
from daremo.web.apps.visits import services as visits
from daremo.web.days import span
from tests.web.bookings.town import START, Town

DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))


def helped(town: Town, person: Any, *, hours: float = 1, minutes: int = 30, alone: int = 2, **more: Any) -> Any:
    return visits.record(
        town.act(hours), organisation=town.city, supporter=None, started=START + timedelta(hours=hours), minutes=minutes,
        topics=["mail"], person=person, point=town.point, alone_after=alone, **more,
    )  # fmt: skip


def attended(town: Town, hours: float, *, came: int = 1, seats: int = 1) -> Any:
    session = town.session(seats=seats, hours=hours)
    for n in range(came):
        reservation = bookings.book(town.act(), [session], town.person(f"見本 {len(town.people)}"))
        booking = reservation.bookings.get()
        bookings.arrive(town.act(hours), booking)
        helped(town, booking.person, hours=hours, booking=booking, once=f"{session.pk}-{n}")
    return session


def december(town: Town, name: str = edition.INTERNAL) -> edition.Edition:
    ids = [town.city.pk]
    return edition.of(name, services.lines(ids, *DECEMBER), services.summary(ids, *DECEMBER))


def test_a_running_month_counts_only_sessions_that_have_begun(town: Town) -> None:
    attended(town, 24)
    town.session(hours=24 * 20)
    now = START + timedelta(hours=48)
    assert len(services.lines([town.city.pk], *DECEMBER)) == 2
    assert len(services.lines([town.city.pk], *DECEMBER, now)) == 1
    told = services.summary([town.city.pk], *DECEMBER, now)
    assert (told.slots, told.learners, told.learners_per_slot, told.single_share) == (1, 1, 1.0, 1.0)


def test_a_session_that_begins_this_moment_has_begun(town: Town) -> None:
    town.session(hours=24)
    assert len(services.lines([town.city.pk], *DECEMBER, START + timedelta(hours=24))) == 1
    assert services.lines([town.city.pk], *DECEMBER, START + timedelta(hours=23)) == []


def test_a_correction_is_counted_instead_of_what_it_corrects(town: Town) -> None:
    visit = helped(town, town.person(), minutes=30)
    visits.correct(town.act(2), visit, minutes=45)
    told = services.summary([town.city.pk], *DECEMBER)
    assert (told.visits, told.people, told.minutes) == (1, 1, 45)


def test_rows_of_other_organisations_are_not_counted(town: Town) -> None:
    helped(town, town.person())
    assert services.summary([town.city.pk + 999], *DECEMBER).visits == 0


def test_five_learners_with_one_helper_are_crowded_and_four_are_not(town: Town) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule

    for came, hours in ((4, 24), (5, 48)):
        session = attended(town, hours, came=came, seats=5)
        helper = places.add_supporter(town.act(), town.city, f"例田 {came}")
        schedule.assign(town.act(), session, helper.resource)
    assert [line.crowded for line in services.lines([town.city.pk], *DECEMBER)] == [False, True]


def test_erasing_contacts_changes_no_figure_and_no_frozen_count(town: Town) -> None:
    for n in range(8):
        helped(town, town.person(f"見本 {n}", birth_year=1940 + n), hours=n)
    before = services.summary([town.city.pk], *DECEMBER), services.counts_of([town.city.pk], *DECEMBER)
    released = services.make_release(town.act(24 * 40), town.city, [town.city.pk], *DECEMBER)
    for person in town.people:
        people.erase_contact(town.act(50), person)
    assert (services.summary([town.city.pk], *DECEMBER), services.counts_of([town.city.pk], *DECEMBER)) == before
    assert services.recomputed(released)


def test_a_release_recomputes_to_what_it_printed_and_a_changed_one_does_not(town: Town) -> None:
    for n in range(7):
        helped(town, town.person(f"見本 {n}"), hours=n)
    released = services.make_release(town.act(24 * 40), town.city, [town.city.pk], *DECEMBER)
    assert services.recomputed(released)
    assert released.printed["all"] == 7
    released.counts["tables"]["mode"]["cells"][-1][0] += 1
    released.counts["tables"]["life_stage"]["cells"][-1][-1] += 1
    assert not services.recomputed(released)


def test_visits_written_later_do_not_change_a_release(town: Town) -> None:
    helped(town, town.person())
    released = services.make_release(town.act(24 * 40), town.city, [town.city.pk], *DECEMBER)
    helped(town, town.person("例田 花子"), hours=3)
    again = services.make_release(town.act(24 * 41), town.city, [town.city.pk], *DECEMBER)
    assert again.pk == released.pk and again.printed == released.printed


def test_a_release_that_shares_days_with_another_is_refused(town: Town) -> None:
    services.make_release(town.act(24 * 40), town.city, [town.city.pk], *DECEMBER)
    with pytest.raises(Conflict) as said:
        services.make_release(town.act(24 * 40), town.city, [town.city.pk], date(2026, 12, 15), date(2027, 1, 14))
    assert said.value.code == "overlapping-release"


def test_the_released_tables_share_their_totals_and_hide_three_people(town: Town) -> None:
    for n in range(3):
        helped(town, town.person(f"見本 {n}"), hours=n)
    for n in range(9):
        helped(town, town.person(f"例田 {n}"), hours=n, mode="home")
    printed = services.make_release(town.act(24 * 40), town.city, [town.city.pk], *DECEMBER).printed
    shown = [c for table in printed["tables"].values() for row in table["cells"] for c in row]
    assert 3 not in shown and printed["withheld"] > 0


def test_excel_opens_and_holds_every_session(town: Town) -> None:
    attended(town, 24)
    rows = services.lines([town.city.pk], *DECEMBER)
    book = zipfile.ZipFile(
        io.BytesIO(report.as_excel("12月", edition.internal(rows, services.summary([town.city.pk], *DECEMBER))))
    )
    assert book.testzip() is None
    sheet, words = book.read("xl/worksheets/sheet2.xml").decode(), book.read("xl/sharedStrings.xml").decode()
    assert sheet.count("<row ") == 1 + len(rows) and "中央図書館" in words


def test_csv_opens_with_a_line_for_every_session_and_no_formula(town: Town) -> None:
    town.point.name = "=1+1"
    town.point.save()
    attended(town, 24)
    told = list(csv.reader(io.StringIO(report.as_csv(december(town)).decode("utf-8-sig"))))
    assert tuple(told[0]) == report.HEADINGS and len(told) == 2
    assert told[1][2] == "'=1+1"


def test_the_pdf_opens_and_says_the_month(town: Town) -> None:
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst")
    attended(town, 24)
    made = report.as_pdf("みほん市", "推進課", "2026年12月", date(2027, 1, 5), december(town))
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)
    assert "2026年12月" in text and "中央図書館" in text


def test_the_month_begins_and_ends_at_midnight_in_japan() -> None:
    begin, end = span(*DECEMBER)
    assert (begin.isoformat(), end.isoformat()) == ("2026-12-01T00:00:00+09:00", "2027-01-01T00:00:00+09:00")


def test_who_is_not_reached_counts_persons_not_visits(town: Town) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.places.models import Area

    area = journal.save(
        town.act(), "area.added", Area(code="1", name="みなと町", people={"75_84": 100}, gap={"75_84": 0.4})
    )
    person = town.person(birth_year=1948, area=area)
    for hours in (1, 2, 3):
        helped(town, person, hours=hours)
    row = next(r for r in services.reached([town.city.pk], *DECEMBER) if (r.area, r.life_stage) == ("1", "75_84"))
    assert (row.came, row.left_behind, row.share) == (1, 40.0, 1 / 40)
    assert services.worst([row])[0] is row


def test_the_public_edition_prints_no_small_count_and_the_internal_one_prints_all(town: Town) -> None:
    for hours, came in ((24, 1), (48, 3), (72, 6), (96, 7)):
        attended(town, hours, came=came, seats=8)
    shown = [row[11] for row in report.rows_of(december(town, edition.PUBLIC))]
    # 1 + 3 would be found from the total 17 − 13: six hides with them
    assert shown == [report.WITHHELD, report.WITHHELD, report.WITHHELD, 7]
    assert [row[11] for row in report.rows_of(december(town))] == [1, 3, 6, 7]
    assert {row[13] for row in report.rows_of(december(town, edition.PUBLIC))} == {report.WITHHELD}
    told = {name: value for name, value, _how in report.measures(december(town, edition.PUBLIC))}
    assert told["参加した人（のべ）"] == "17人" and told["1人だけのコマの割合"] == report.WITHHELD


def test_a_month_with_three_learners_tells_no_number_of_people_to_the_public(town: Town) -> None:
    attended(town, 24, came=3, seats=4)
    told = {name: value for name, value, _how in report.measures(december(town, edition.PUBLIC))}
    for name in ("参加した人（のべ）", "1コマの人数", "支援者1人あたり", "相談の記録", "1人だけのコマの割合"):
        assert told[name] == report.WITHHELD, name
    assert told["コマ数"] == "1"
    assert "1人" not in report.as_csv(december(town, edition.PUBLIC)).decode("utf-8-sig")


def test_every_figure_of_the_month_names_the_fields_that_it_is_made_of() -> None:
    fields = set().union(*(gone for gone, *_told in report._told(Summary(*([1] * 15)))))  # type: ignore[arg-type]
    assert fields <= set(Summary.__dataclass_fields__)
    untold = set(Summary.__dataclass_fields__) - fields
    assert untold == {"slots", "booked", "visits", "minutes", "wait_minutes_p90", "cost_yen"}


def test_the_table_of_who_came_hides_a_few_and_what_would_give_them_away() -> None:
    rows = [services.Reach(str(n), f"町{n}", "75_84", 100.0, 40.0, came) for n, came in enumerate((2, 9, 30))]
    assert services.withheld(rows) == (frozenset({("0", "75_84"), ("1", "75_84")}), frozenset())
    assert services.withheld(rows[:1]) == (frozenset({("0", "75_84")}), frozenset({"75_84"}))
