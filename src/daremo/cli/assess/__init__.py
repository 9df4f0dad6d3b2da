"""``daremo assess``: measuring skills from answers, one file a subverb."""

from __future__ import annotations

from typing import ClassVar

import click

from daremo.cli.main import Verbs


class Subverbs(Verbs):
    """The verbs of `assess`, each loaded when it is asked for."""

    PACKAGE: ClassVar[str] = "daremo.cli.assess"
    VERBS: ClassVar[dict[str, str]] = {
        "calibrate": "Find out how hard each item is and how well it tells people apart.",
        "verify": "Check a calibration with a program of its own.",
        "dif": "Find items that are unfair to a group.",
        "simulate": "See how long an adaptive check takes and whether its errors are honest.",
        "areas": "Estimate the share of residents below a level, by area and life stage.",
        "organisations": "Set organisations side by side, from a few people of each.",
        "paper": "Make a two-stage check on paper, and the table that scores it.",
        "gain": "Find out who gained between two checks, and what is chance.",
    }


@click.group(cls=Subverbs)
def assess() -> None:
    """Measure skills from answers: people, staff and organisations.

    ANSWERS are CSV or Parquet: long (person, item, answer) or wide (one row a person, one column an item).
    """
