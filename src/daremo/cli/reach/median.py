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
@click.option(
    "--worst-share",
    type=click.FloatRange(0, 1, min_open=True),
    help="Add up only the trips of this share of people, those with the longest trips (conditional median).",
)
@click.option(
    "--worst-areas",
    type=click.IntRange(1),
    help="Add up only so many greatest products of people × trip of a point (k-centrum).",
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
    worst_share: float | None,
    worst_areas: int | None,
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
    worst = worst_share is not None or worst_areas is not None
    _agree(fair, worst_share, worst_areas, room)
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
        elif worst:
            from daremo.reach.centrum import centrum

            question |= {"weight_d": weight, "areas": worst_areas, "share": worst_share}
            found = centrum(given.pairs, workers=workers, **question, **how)
        else:
            from daremo.reach.median import median as solve

            question |= {"weight_d": weight, "fair": fair}
            found = solve(given.pairs, workers=workers, **question, **how)
    who = _served(given, found, conditions.never)
    check = "median_with_capacity" if room is not None else "centrum" if worst else "median"
    give(
        voice,
        given,
        found,
        who,
        _telling(voice, given, found, who, p, worst_areas),
        out,
        Proof(check, question),
        force=force,
    )
    return DONE


def _agree(fair: float, share: float | None, areas: int | None, room: Any) -> None:
    """Refuse options that ask two questions at once."""
    worst = "--worst-share" if share is not None else "--worst-areas"
    asked = [name for name, given in (("--fair", fair > 0), ("--capacity", room is not None)) if given]
    if share is not None and areas is not None:
        asked.append("--worst-areas")
    if (share is not None or areas is not None) and asked:
        fix = "どちらか一方を外してください"
        raise UsageError("two-questions", f"{worst} と {asked[0]} は、いっしょには使えません", fix, asked[0])


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


def _telling(voice: Voice, given: Given, found: Answer, who: Served, p: int, areas: int | None) -> Any:
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
    own = found.as_dict()
    fields |= {k: own[k] for k in ("bound_certified", "equal_cost", "worst", "worst_mean", "threshold") if k in own}
    eyebrow = voice("近さの合計で選ぶ", "Short trips in total")
    if "worst" in own:
        eyebrow = voice("いちばん遠い人たちを近くする", "Help those who are worst off")
        n, worst, mean_worst = len(found.open), own["worst"], own["worst_mean"]
        if areas is None:
            headline = voice(
                f"{n:,}か所を開くと、いちばん遠い{worst:,.0f}人の道のりは平均{mean_worst:,.4g} {unit}です（全員では{mean:,.4g} {unit}）。",
                f"{n:,} open places: the {worst:,.0f} people worst off travel {mean_worst:,.4g} {unit} on average (everybody: {mean:,.4g} {unit}).",
            )
        else:
            headline = voice(
                f"{n:,}か所を開くと、人×道のりの大きい{worst:,.0f}地点の平均は{mean_worst:,.6g}です（全員の道のりは平均{mean:,.4g} {unit}）。",
                f"{n:,} open places: people × trip of the {worst:,.0f} points worst off is {mean_worst:,.6g} on average (everybody's trip: {mean:,.4g} {unit}).",
            )
        named = voice("遠い人の道のりの合計", "trips of the worst-off")
        return Telling("median", eyebrow, headline, named, fields, by_distance=True)
    return Telling("median", eyebrow, headline, voice("道のりの合計", "trips in total"), fields, by_distance=True)
