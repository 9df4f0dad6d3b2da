"""The small town with staff and what they found out about their guard."""

from __future__ import annotations

from tests.journeys.desk import NOW, Town, main
from tests.journeys.staffed import fill_staffed


def fill_guarded() -> Town:
    """Fill an empty desk with town, staff and the practice data of the guard."""
    from daremo.web.apps.guard.practice import practise
    from daremo.web.apps.journal.act import of_the_system

    town = fill_staffed()
    practise(of_the_system(NOW, "sample"), town.city)
    return town


if __name__ == "__main__":
    main(fill_guarded)
