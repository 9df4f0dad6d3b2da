"""The small town with staff and with what the verbs of `daremo network` say of the sample town."""

from __future__ import annotations

from tests.journeys.desk import NOW, Town, main
from tests.journeys.staffed import fill_staffed


def fill_lined() -> Town:
    """Fill an empty desk with town, staff, districts of the sample town and answers about its lines."""
    import json
    from importlib.resources import files

    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.lines.practice import practise
    from daremo.web.apps.places.models import Area

    town, act = fill_staffed(), of_the_system(NOW)
    told = json.loads((files("daremo.web.apps.lines") / "town" / "access.json").read_text(encoding="utf-8"))
    journal.add_many(
        act,
        "area.added",
        [
            Area(code=a["area_id"], name=a["name"], lat=34.1 + n % 11 / 200, lon=133.3 + n // 11 / 200)
            for n, a in enumerate(told["areas"])
        ],
    )
    practise(act)
    return town


if __name__ == "__main__":
    main(fill_lined)
