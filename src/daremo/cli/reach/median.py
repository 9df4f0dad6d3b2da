"""``daremo reach median``: short trips in total; also the published instances of OR-Library and TSPLIB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.mute import mute_libraries
from daremo.cli.reach import options
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.cli.reach.answered import Served
    from daremo.cli.reach.given import Given
    from daremo.reach.model import Answer


@click.command(
    epilog=example(
        "daremo reach median town --p 3 --need 65+ --json", "daremo reach median town --p 3 -o median --force"
    )
)
@options.points
@options.written
@options.travel
@options.count
@click.option(
    "--fair",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Help the worst-off first: trips count to the power 1 + FAIR.",
)
@options.capacity
@options.cost
@options.conditions
@options.search
@options.workers
@options.writing
@verb
def median(
    voice: Voice,
    demand: Path,
    places: Path | None,
    kind: str,
    p: int | None,
    fair: float,
    gap_share: float,
    time_limit: float | None,
    seed: int,
    workers: int,
    out: Path | None,
    force: bool,
    **asked: Any,
) -> int:
    """Open --p places so that the sum of people × trip to the nearest open one is least.

    DEMAND may be an OR-Library file (pmed, or pmedcap with capacities: told apart by content; p is in the file), a
    TSPLIB file (distances rounded down), a table of trips (demand, place, cost, weight) or points; without PLACES every
    point is a candidate too. `open` holds the file's own numbers (from 1) or ids.
    """
    from daremo.cli.folder import refuse_foreign
    from daremo.cli.reach.answered import give
    from daremo.cli.reach.given import capacities_of, conditions_of, refuse_small_p
    from daremo.cli.reach.instances import read_any
    from daremo.cli.reach.kept import Proof
    from daremo.cli.reach.searching import searching

    if out is not None:
        refuse_foreign(out, force=force)
    given, instance = read_any(demand, places, kind, asked)
    need = given.demand.need
    size, weight = (need, need) if instance is None else (instance.weight_d, None)
    room = capacities_of(given.places, asked.get("capacity"))
    if instance is not None:
        p = instance.p if p is None else p
        room = instance.capacity_p if room is None else room
    if p is None:
        raise UsageError("no-p", "いくつ開くかが決まっていません", "--p 5 のように書いてください", "--p")
    conditions = conditions_of(given.places, asked)
    refuse_small_p(p, conditions, given.places)
    question: dict[str, Any] = {"p": p, "conditions": conditions}
    if room is None:
        from daremo.reach.doors.warm import warm

        with mute_libraries():
            warm()
    with searching(voice, time_limit) as watch:
        how: dict[str, Any] = {"gap": gap_share, "seed": seed, "watch": watch}
        if room is not None:
            from daremo.reach.median_capacity import median_with_capacity

            question |= {"demand_d": size, "capacity_p": room, "weight_d": weight}
            found: Answer = median_with_capacity(given.pairs, **question, **how)
        else:
            from daremo.reach.median import median as solve

            question |= {"weight_d": weight, "fair": fair}
            found = solve(given.pairs, workers=workers, **question, **how)
    who = _served(given, found, conditions.never)
    check = "median" if room is None else "median_with_capacity"
    give(voice, given, found, who, _telling(voice, given, found, who, p), out, Proof(check, question), force=force)
    return DONE


def _served(given: Given, found: Answer, never: tuple[int, ...]) -> Served:
    """Nearest open place, or where the answer itself sends people."""
    from daremo.cli.reach.answered import MISSED, REACHED, Served, served

    who = served(given, found.open, never)
    sent = getattr(found, "assignment", None)
    if sent is None:
        return who
    pairs = given.pairs
    trips = np.flatnonzero(pairs.place == sent[pairs.demand()])
    cost = np.full(pairs.n_demand, np.inf)
    cost[pairs.demand()[trips]] = pairs.cost[trips]
    state = np.where(sent >= 0, REACHED, np.where(who.state_d == REACHED, MISSED, who.state_d))
    return Served(np.asarray(sent, np.int64), cost, state.astype(np.int64))


def _telling(voice: Voice, given: Given, found: Answer, who: Served, p: int) -> Any:
    from daremo.cli.reach.answered import Telling

    need = given.demand.need
    within = np.isfinite(who.cost_d)
    people = float(need[within].sum())
    mean = float((need[within] * who.cost_d[within]).sum()) / people if people else 0.0
    farthest = float(who.cost_d[within].max()) if within.any() else 0.0
    unit = voice("分", "min") if given.pairs.unit == "min" else "" if given.first is not None else "km"
    headline = voice(
        f"{len(found.open):,}か所を開くと、道のりの合計は{found.value:,.6g}、平均{mean:,.4g} {unit}です。",
        f"{len(found.open):,} open places: trips add up to {found.value:,.6g}, on average {mean:,.4g} {unit}.",
    )
    fields = {"p": p, "mean": mean, "farthest": farthest}
    eyebrow = voice("近さの合計で選ぶ", "Short trips in total")
    return Telling("median", eyebrow, headline, voice("道のりの合計", "trips in total"), fields, by_distance=True)
