"""A city that has a region and a plan beside it, and nothing else yet: no place, no time, no session."""

from __future__ import annotations

import os
from pathlib import Path

from tests.journeys.desk import NOW, main


def make_plan() -> None:
    """Make a small town and its plan where the settings look for them."""
    from daremo.cli.frame import run
    from daremo.cli.main import daremo

    folder = Path(os.environ["DAREMO_DATA"])
    os.environ["DAREMO_REGION"] = str(folder / "town")
    assert run(daremo, ["sample", str(folder / "town"), "--people", "3000", "--quiet"]) == 0
    plan = ["plan", str(folder / "town"), "--budget-yen", "4000000", "-o", str(folder / "plan"), "--no-pdf", "--quiet"]
    assert run(daremo, plan) == 0


def fill_city() -> None:
    """Add the city and an account of each role."""
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places import services as places
    from daremo.web.apps.staff import services as staff

    act = of_the_system(NOW)
    staff.practice_accounts(act, places.add_organisation(act, "みほん市", "city"))


if __name__ == "__main__":
    make_plan()
    main(fill_city)
