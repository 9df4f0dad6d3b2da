"""The small town with staff, four official messages, a badge, and the journal in the log."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from tests.journeys.desk import NOW, Town, main
from tests.journeys.staffed import fill_staffed


def fill_official() -> Town:
    """Fill an empty desk with town, staff and official messages."""
    from daremo.web import clock
    from daremo.web.apps.genuine import badges, trail
    from daremo.web.apps.genuine.practice import practise
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places.models import Supporter

    # a second a look, so that what a whole morning sends does not fall into one minute's limit
    ticks = count()
    clock.set_source(lambda: NOW + timedelta(seconds=next(ticks)))
    town, act = fill_staffed(), of_the_system(NOW)
    practise(act, town.city)
    badges.qualify(act, Supporter.objects.get(name="例田 花子"), "スマホ相談の支援者（基本研修）", None)
    trail.append(act)
    return town


if __name__ == "__main__":
    main(fill_official)
