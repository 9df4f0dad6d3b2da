"""``daremo reach centre``: whoever is worst off has the shortest way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.reach import options
from daremo.kernel.errors import UsageError


@click.command(epilog=example("daremo reach centre town --p 4 --json"))
@options.points
@options.written
@options.travel
@options.count
@click.option(
    "--step", type=click.FloatRange(0, min_open=True), help="Tell distances apart only by classes of this width."
)
@options.conditions
@options.search
@options.workers
@options.writing
@verb
def centre(
    voice: Voice,
    demand: Path,
    places: Path | None,
    kind: str,
    p: int | None,
    step: float | None,
    gap_share: float,
    time_limit: float | None,
    seed: int,
    workers: int,
    out: Path | None,
    force: bool,
    **asked: Any,
) -> int:
    """Open --p places so that the longest trip of anybody to the nearest open one is as short as possible.

    DEMAND as for median. Points without people do not count; points that reach no place are listed, never dropped.
    """
    from daremo.cli.folder import refuse_foreign
    from daremo.cli.reach.answered import Telling, give, served
    from daremo.cli.reach.given import conditions_of, refuse_small_p
    from daremo.cli.reach.instances import read_any
    from daremo.cli.reach.kept import Proof
    from daremo.cli.reach.searching import searching
    from daremo.reach.centre import centre as solve

    if out is not None:
        refuse_foreign(out, force=force)
    given, instance = read_any(demand, places, kind, asked)
    p = instance.p if p is None and instance is not None else p
    if p is None:
        raise UsageError("no-p", "いくつ開くかが決まっていません", "--p 5 のように書いてください", "--p")
    conditions = conditions_of(given.places, asked)
    refuse_small_p(p, conditions, given.places)
    question: dict[str, Any] = {"p": p, "weight_d": (given.demand.need > 0).astype(float), "conditions": conditions}
    with searching(voice, time_limit) as watch:
        found = solve(given.pairs, **question, step=step, gap=gap_share, seed=seed, workers=workers, watch=watch)
    own = found.as_dict()
    fields = {k: own[k] for k in ("p", "step", "low", "high", "decisions")}
    fields["worst"] = None if found.worst < 0 else given.demand.ids[found.worst]
    who = served(given, found.open, conditions.never)
    mean = float(np.average(who.cost_d[who.place_d >= 0])) if (who.place_d >= 0).any() else 0.0
    fields["mean"] = mean
    unit = "" if given.first is not None else voice("分", "min") if given.pairs.unit == "min" else "km"
    worst = (
        ""
        if found.worst < 0
        else voice(f"（{given.demand.names[found.worst]}）", f" ({given.demand.names[found.worst]})")
    )
    headline = voice(
        f"{len(found.open):,}か所を開くと、いちばん遠い人{worst}でも{found.value:,.6g} {unit}です。",
        f"{len(found.open):,} open places: the longest trip{worst} is {found.value:,.6g} {unit}.",
    )
    eyebrow = voice("いちばん遠い人を近くする", "Help whoever is worst off")
    telling = Telling(
        "centre", eyebrow, headline, voice("いちばん長い道のり", "longest trip"), fields, by_distance=True
    )
    give(voice, given, found, who, telling, out, Proof("centre", question), force=force)
    return DONE
