"""The small town with staff: accounts of each role, a supporter on duty, people, questions and letters that are due."""

from __future__ import annotations

from datetime import timedelta

from tests.journeys.desk import NOW, Town, fill_town, main


def fill_staffed() -> Town:
    """Fill an empty desk with the town, its staff and what waits for them."""
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.notices import services as notices
    from daremo.web.apps.people import services as people
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.staff import services as staff
    from daremo.web.apps.visits import services as visits

    town, act = fill_town(), of_the_system(NOW)
    helper = places.add_supporter(act, town.city, "例田 花子", home_point=town.points[3])
    places.qualify(act, helper, "training", (NOW - timedelta(days=90)).date())
    staff.practice_accounts(act, town.city)
    today = schedule.add_session(act, town.offer, town.points[3], NOW + timedelta(hours=1), NOW + timedelta(hours=2), 1)
    schedule.assign(act, today, helper.resource)
    area = town.points[0].area
    hanako = people.add_person(
        act, town.city, name="見本 はなこ", kana="みほん はなこ", phone="090-0000-1234", birth_year=1948, area=area
    )
    ichiro = people.add_person(
        act, town.city, name="例田 いちろう", kana="れいた いちろう", phone="090-0000-5678", area=area,
        address="みほん市みなと町9番", prefers="letter",
    )  # fmt: skip
    bookings.book(act, [today], hanako, topic="proc")
    notices.tell(act, ichiro, "mandate", organisation=town.city, once="letter", channel="letter")
    bookings.ask_for(act, "visit", ichiro, topic="proc")
    visits.record(
        act, organisation=town.city, supporter=helper, started=NOW - timedelta(days=31), minutes=30, topics=["mail"],
        person=hanako, point=town.points[3], alone_before=0, alone_after=2, next_step="again",
    )  # fmt: skip
    return town


if __name__ == "__main__":
    main(fill_staffed)
