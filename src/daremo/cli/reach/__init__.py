"""``daremo reach``: siting and access questions on tables of demand and places, one file a subverb."""

from __future__ import annotations

from typing import ClassVar

import click

from daremo.cli.main import Verbs


class Subverbs(Verbs):
    """The verbs of `reach`, each loaded when it is asked for."""

    PACKAGE: ClassVar[str] = "daremo.cli.reach"
    VERBS: ClassVar[dict[str, str]] = {
        "access": "Measure how well each point is served by the places there are.",
        "cover": "Open places so that most people are within reach, or everybody.",
        "median": "Open places so that trips are short in total.",
        "centre": "Open places so that the longest trip is short.",
        "hours": "Open places and size their staffed hours to who comes.",
        "rounds": "Send mobile desks round the places: days, routes, timetables.",
        "frontier": "Draw the whole curve from money to people reached, with a bound at every point.",
        "verify": "Check an answer with code that shares nothing with the solver.",
    }


@click.group(cls=Subverbs)
def reach() -> None:
    """Site support points and measure access on tables of demand and places, with proved bounds.

    DEMAND and PLACES are CSV, Excel, GeoJSON or Parquet; a region folder serves as both.
    """
