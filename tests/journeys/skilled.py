"""The small town with staff, a check of skills, and sittings of nobody; a small content where none is written yet."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from itertools import count
from pathlib import Path

from tests.journeys.desk import NOW, Town, main
from tests.journeys.staffed import fill_staffed


def fill_skilled() -> Town:
    """Fill an empty desk with town, staff and practice sittings."""
    from daremo.assess.content import read
    from daremo.web import clock
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.skills.practice import practise

    if not all((read.folder() / f"{table}.csv").is_file() for table in ("items", "diagnosis", "staff", "lessons")):
        from tests.web.skills.bank import write_content

        folder = write_content(Path(tempfile.mkdtemp(prefix="content-")) / "content")
        read.folder = lambda: folder  # type: ignore[assignment]
    # a second a look, so that what a whole morning sends does not fall into one minute's limit
    ticks = count()
    clock.set_source(lambda: NOW + timedelta(seconds=next(ticks)))
    town = fill_staffed()
    practise(of_the_system(NOW), town.city)
    return town


if __name__ == "__main__":
    main(fill_skilled)
