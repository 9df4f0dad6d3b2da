"""``daremo reach access``: how well each point is served by the places there are."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.reach import options
from daremo.cli.reach.kept import Proof
from daremo.cli.text import table

if TYPE_CHECKING:
    from daremo.cli.reach.given import Given
    from daremo.reach.access import Access
    from daremo.reach.decay import Decay
    from daremo.report.reach_map import ReachView

MEASURES = ("nearest", "k-nearest", "knearest", "gravity", "2sfca", "e2sfca", "3sfca", "raam")
#: Weights of the three rings of a catchment, each a third of the limit: Luo and Qi (2009).
RING_WEIGHTS = (1.0, 0.68, 0.22)
#: How sharply the log-logistic decay falls where half still come.
SLOPE = 2.5
SHOWN = 10


@click.command(
    epilog=example(
        "daremo reach access town --radius-km 3 --method e2sfca --json",
        "daremo reach access town --method nearest --stage 65-74 --stage 75+ -o access --force",
    )
)
@options.points
@options.travel
@click.option(
    "--method", type=click.Choice(MEASURES), default="e2sfca", show_default=True, help="How access is measured."
)
@click.option(
    "--stage", "stages", multiple=True, metavar="AGE", help="Ages kept apart, e.g. --stage 65-74 --stage 75+."
)
@click.option("--k", default=3, show_default=True, type=click.IntRange(1), help="Places counted by k-nearest.")
@click.option(
    "--half", type=click.FloatRange(0, min_open=True), help="km or minutes where half still come (log-logistic decay)."
)
@options.capacity
@click.option(
    "--tau",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="raam: trip that weighs as much as average crowding.",
)
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Seconds (raam only).")
@options.writing
@verb
def access(
    voice: Voice,
    demand: Path,
    places: Path | None,
    method: str,
    stages: tuple[str, ...],
    k: int,
    half: float | None,
    tau: float,
    time_limit: float | None,
    out: Path | None,
    force: bool,
    **asked: Any,
) -> int:
    """Measure how well each point of DEMAND is served by PLACES: how far, or how much capacity a person.

    gravity, 2sfca, e2sfca and 3sfca need --radius-km or --within-min. Without --half, e2sfca and 3sfca use three rings
    with weights 1, 0.68 and 0.22, and gravity a log-logistic decay whose half lies at half the limit.
    Points that reach no place are listed, never dropped.
    """
    from daremo.cli.folder import refuse_foreign
    from daremo.cli.reach.given import capacities_of, read_demand, read_given
    from daremo.cli.reach.searching import searching
    from daremo.reach.access import access as measure

    if out is not None:
        refuse_foreign(out, force=force)
    method = "k-nearest" if method == "knearest" else method
    given = read_given(demand, places, asked, radius=method in ("gravity", "2sfca", "e2sfca", "3sfca"))
    good = bool(asked.get("skip_bad_rows"))
    each = [read_demand(demand, s, good_rows=good).need for s in stages] or [given.demand.need]
    supply = capacities_of(given.places, asked.get("capacity"))
    supply = given.places.numbers.get("capacity") if supply is None else supply
    decay = _decay(method, half, given.limit)
    question: dict[str, Any] = {
        "demand_dg": np.stack(each, axis=1),
        "supply_p": supply,
        "measure": method,
        "decay": decay,
    }
    question |= {"limit": given.limit, "k": k, "tau": tau}
    with searching(voice, time_limit) as watch:
        found: Access = measure(given.pairs, **question, watch=watch)
    value = machine_form(given, found, stages)
    if out is not None:
        _keep(voice, given, found, stages, value, out, Proof("access", question), force=force)
    voice.answer(value)
    _show(voice, given, found, stages)
    if out is not None:
        voice.say(
            voice(
                f"\n答え: {out / 'map.html'}\n次: daremo reach verify {out}",
                f"\nAnswer: {out / 'map.html'}\nNext: daremo reach verify {out}",
            )
        )
    return DONE


def _decay(method: str, half: float | None, limit: float) -> Decay | None:
    from daremo.reach.decay import LogLogistic, Steps

    if method not in ("gravity", "e2sfca", "3sfca"):
        return None
    if half is not None or method == "gravity":
        return LogLogistic(half if half is not None else limit / 2, SLOPE)
    return Steps(tuple(limit * (i + 1) / 3 for i in range(3)), RING_WEIGHTS)


def machine_form(given: Given, found: Access, stages: tuple[str, ...]) -> dict[str, Any]:
    """The documented JSON: what all verbs say, and the value of each point."""
    own = found.as_dict()
    d = given.demand
    lost = list(found.unreachable)
    values = own.pop("access")
    dropped = ("unreachable", "unreached", "nearest", "load", "ratio")
    return {
        **{k: v for k, v in own.items() if k not in dropped},
        "open": list(given.places.ids),
        "verb": "access",
        "stages": list(stages),
        "people": float(d.need.sum()),
        "unreachable": {"points": len(lost), "people": float(d.need[lost].sum()), "ids": [d.ids[i] for i in lost]},
        "areas": [{"id": d.ids[i], "name": d.names[i], "access": row} for i, row in enumerate(values)],
        "places": [
            {"id": given.places.ids[p], "name": given.places.names[p], "load": own["load"][p], "ratio": own["ratio"][p]}
            for p in range(given.places.n)
        ],
        "question": {"demand": d.file, "places": given.places.file, **given.asked},
        "problems": [x.as_dict() for x in given.problems],
    }


def _unit(voice: Voice, found: Access) -> str:
    words = {
        "km": "km",
        "min": voice("分", "min"),
        "capacity": voice("定員", "capacity"),
        "capacity per person": voice("1人あたりの定員", "capacity a person"),
        "cost": voice("負担", "cost"),
    }
    return words[found.unit]


def _sentence(voice: Voice, found: Access) -> str:
    unit = _unit(voice, found)
    if not math.isfinite(found.value):
        return voice("どの地点も、施設に届きません。", "No point reaches a place.")
    return voice(f"平均は {found.value:,.4g} {unit} です。", f"Mean over people: {found.value:,.4g} {unit}.")


def _show(voice: Voice, given: Given, found: Access, stages: tuple[str, ...]) -> None:
    """The mean, the points that fare worst, who reaches nothing."""
    d = given.demand
    voice.say(_sentence(voice, found))
    worst = found.value_dg.mean(axis=1) if found.more_is_better else -found.value_dg.max(axis=1)
    order = np.lexsort((-d.need, worst))[:SHOWN]
    head = [
        voice("いちばん不便な地点", "worst served"),
        voice("コード", "id"),
        voice("人", "people"),
        *(stages or (_unit(voice, found),)),
    ]
    rows = [
        [
            d.names[i],
            d.ids[i],
            f"{d.need[i]:,.0f}",
            *(f"{v:,.4g}" if math.isfinite(v) else "—" for v in found.value_dg[i]),
        ]
        for i in order
    ]
    for line in table(head, rows, right=tuple(range(2, len(head))), widest=30):
        voice.say(line)
    lost = list(found.unreachable)
    if lost:
        voice.say(
            voice(
                f"どの施設にも届かない: {d.need[lost].sum():,.0f}人（{len(lost):,}地点）",
                f"Reach no place: {d.need[lost].sum():,.0f} people ({len(lost):,} points)",
            )
        )
    for line in problem_lines(given.problems, voice, 8):
        voice.say(line)


def _keep(
    voice: Voice,
    given: Given,
    found: Access,
    stages: tuple[str, ...],
    value: dict[str, Any],
    out: Path,
    proof: Proof,
    *,
    force: bool,
) -> None:
    """answer.json, areas.csv and the maps, whole or not at all."""
    import polars as pl

    from daremo.cli.folder import whole_folder
    from daremo.cli.reach.kept import points_frame, write_answer
    from daremo.report.reach_map import as_svg
    from daremo.report.reach_page import as_page

    seen = _view(voice, given, found)
    frame = points_frame(given.demand)
    for g, name in enumerate(stages or ("access",)):
        column = [float(v) if math.isfinite(v) else None for v in found.value_dg[:, g]]
        frame = frame.with_columns(pl.Series(name, column, dtype=pl.Float64))
    with whole_folder(out, force=force) as folder:
        write_answer(folder, given, found, value, proof)
        frame.write_csv(folder / "areas.csv", include_bom=True)
        (folder / "map.svg").write_text(as_svg(seen), encoding="utf-8")
        (folder / "map.html").write_text(as_page(seen), encoding="utf-8")


def _view(voice: Voice, given: Given, found: Access) -> ReachView:
    """The map: the mean over life stages, dark where the number is large."""
    from daremo.report.blocks import Stat
    from daremo.report.reach_map import ReachView, Spot

    d, p = given.demand, given.places
    value = found.value_dg.mean(axis=1)
    shown = np.where(found.unreached_dg.all(axis=1), np.inf, value)
    unit = _unit(voice, found)
    stat = Stat(
        voice("平均", "Mean"), f"{found.value:,.4g}", unit, (found.method,),
        voice("届く人の平均です。", "Mean over people who reach a place."),
    )  # fmt: skip
    view = ReachView(
        voice.lang, voice("施設への近さを測る", "Measure access to places"), _sentence(voice, found), "", (stat,),
        d.ids, d.names, d.latitude, d.longitude, d.need, shown, None, (), (), (), unit, d.planar, d.file,
    )  # fmt: skip
    load = found.load_p
    spots = tuple(
        Spot(n + 1, p.ids[n], p.names[n], float(p.latitude[n]), float(p.longitude[n]), facts=(f"{load[n]:,.0f}",))
        for n in range(p.n)
    )
    return replace(view, spots=spots, columns=(voice("来る人", "people who come"),))
