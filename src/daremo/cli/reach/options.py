"""Options that several verbs of `reach` share, so that they are named and explained once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from daremo.cli.plan import Yen

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


def _all(*made: Wrap) -> Wrap:
    """One decorator of several, in the order in which help shows them."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        for one in reversed(made):
            function = one(function)
        return function

    return wrap


points = _all(
    click.argument("demand", type=click.Path(path_type=Path)),
    click.argument("places", required=False, type=click.Path(path_type=Path)),
    click.option("--need", default="", metavar="COLUMN|AGE", help="Column that counts people, or an age such as 65+."),
    click.option("--skip-bad-rows", is_flag=True, help="Use the good rows of a file with errors; people stay counted."),
)

travel = _all(
    click.option("--radius-km", type=click.FloatRange(0), help="Longest trip in km."),
    click.option(
        "--within-min", type=click.FloatRange(0), help="Longest trip in minutes (--streets, --osm, --timetable)."
    ),
    click.option(
        "--detour",
        default=1.0,
        show_default=True,
        type=click.FloatRange(1),
        help="Way over straight line, where no streets are given.",
    ),
    click.option("--streets", type=click.Path(path_type=Path), help="Table of street edges; with --street-nodes."),
    click.option("--street-nodes", type=click.Path(path_type=Path), help="Table of street nodes."),
    click.option("--osm", type=click.Path(path_type=Path), help="OpenStreetMap extract (.osm.pbf) to travel on."),
    click.option(
        "--by",
        "profile",
        type=click.Choice(["foot", "car"]),
        default="foot",
        show_default=True,
        help="How people travel on --osm.",
    ),
    click.option("--timetable", type=click.Path(path_type=Path), help="GTFS or GTFS-JP zip: on foot and by bus."),
    click.option("--date", "day", metavar="YYYYMMDD", help="Day of the --timetable."),
    click.option(
        "--wait",
        type=click.Choice(["best", "median", "worst"]),
        default="median",
        show_default=True,
        help="Which departure of the morning counts with --timetable.",
    ),
)

conditions = _all(
    click.option("--must", multiple=True, metavar="ID", help="This place is open anyway."),
    click.option("--never", multiple=True, metavar="ID", help="This place stays shut."),
    click.option("--organisation", metavar="COLUMN", help="Column of PLACES that says who runs each."),
    click.option(
        "--most-per-organisation", type=click.IntRange(0), help="At most so many open places of one organisation."
    ),
    click.option("--quota", metavar="COLUMN", help="Column of PLACES with the group (say municipality) of each."),
    click.option(
        "--least-per-quota",
        type=click.IntRange(0),
        default=1,
        show_default=True,
        help="At least so many open places in each group.",
    ),
    click.option(
        "--apart-km",
        type=click.FloatRange(0, min_open=True),
        help="No two open places nearer than this, as the crow flies.",
    ),
)

limits = _all(
    click.option(
        "--time-limit",
        type=click.FloatRange(0, min_open=True),
        help="Seconds; then the best so far, with its bound.",
    ),
    click.option("--seed", default=1, show_default=True, help="The same seed gives the same answer."),
)
search = _all(
    click.option(
        "--gap",
        "gap_share",
        default=0.0,
        show_default=True,
        type=click.FloatRange(0, 1),
        help="Stop when bound and answer are this close.",
    ),
    limits,
)

workers = click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Parts of the question solved at once on this machine.",
)
scheduler = click.option(
    "--scheduler", metavar="tcp://HOST:PORT", help="Dask scheduler to solve parts on; needs the extra [scale]."
)

writing = _all(
    click.option(
        "-o", "--out", type=click.Path(path_type=Path), help="Folder for answer.json, tables, map.svg, map.html."
    ),
    click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay."),
)

capacity = click.option(
    "--capacity", metavar="PEOPLE|COLUMN", help="People whom each place can help: a number, or a column of PLACES."
)
written = click.option(
    "--format",
    "kind",
    type=click.Choice(["auto", "orlib", "tsplib", "csv"]),
    default="auto",
    show_default=True,
    help="How DEMAND is written; auto looks into it.",
)
cost = click.option("--cost", metavar="COLUMN", help="Column of PLACES with the cost of opening each.")
count = click.option("--p", "p", type=click.IntRange(0), help="Number of places to open, those open anyway included.")
budget = click.option("--budget-yen", type=Yen(), help="Most that opening may cost; with a column of costs.")
