"""``daremo reach frontier``: the whole curve from money to people reached, with a bound at every point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.plan import Yen
from daremo.cli.reach import options
from daremo.cli.text import percent, table
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.cli.reach.given import Given
    from daremo.reach.frontier import Frontier, Point
    from daremo.reach.model import Answer


@click.command(epilog=example("daremo reach frontier town --radius-km 1 --p 3 --p 4 --p 5 --json"))
@options.points
@options.travel
@click.option("--p", "ps", multiple=True, type=click.IntRange(0), help="A number of places; give several.")
@click.option("--budget-yen", "budgets", multiple=True, type=Yen(), help="A budget; give several.")
@options.cost
@click.option("--gradual", is_flag=True, help="Full worth up to half the radius, falling evenly to a fifth at its end.")
@options.conditions
@click.option(
    "--gap",
    "gap_share",
    default=0.005,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Wanted at every point: stop when bound and answer are this close.",
)
@options.limits
@options.workers
@options.writing
@verb
def frontier(
    voice: Voice,
    demand: Path,
    places: Path | None,
    ps: tuple[int, ...],
    budgets: tuple[int, ...],
    gradual: bool,
    gap_share: float,
    time_limit: float | None,
    seed: int,
    workers: int,
    out: Path | None,
    force: bool,
    **asked: Any,
) -> int:
    """Draw the curve: how many people are reached with each number of places, or each budget, and how many could be.

    `value, bound, open` are those of the last point; `points` has every point. With -o each point keeps its proof.
    """
    from daremo.cli.folder import refuse_foreign, whole_folder
    from daremo.cli.reach.answered import Telling, served, view
    from daremo.cli.reach.given import conditions_of, costs_of, read_given
    from daremo.cli.reach.searching import searching
    from daremo.reach.frontier import frontier as solve
    from daremo.reach.worth import gradual_worth

    if bool(ps) == bool(budgets):
        fix = "--p 10 --p 20 のように数をいくつか、または --budget-yen をいくつか書いてください"
        raise UsageError("no-money", "曲線の点が決まっていません", fix, "--p --budget-yen")
    if out is not None:
        refuse_foreign(out, force=force)
    given = read_given(demand, places, asked)
    conditions = conditions_of(given.places, asked)
    worth = gradual_worth(given.pairs, given.limit) if gradual else None
    question: dict[str, Any] = {"need_d": given.demand.need, "ps": ps or None, "budgets_yen": budgets or None}
    question |= {"cost_yen_p": costs_of(given.places) if budgets else None, "worth": worth, "conditions": conditions}
    with searching(voice, time_limit) as watch:
        found = solve(given.pairs, **question, gap=gap_share, seed=seed, workers=workers, watch=watch)
    last = found.points[-1]
    unit = voice("円", "yen") if budgets else voice("か所", "places")
    headline = voice(
        f"{last.given:,.0f}{unit}で、{last.value:,.0f}人に届きます。",
        f"{last.given:,.0f} {unit} reach {last.value:,.0f} people.",
    )
    value = _machine_form(given, found, last)
    if out is not None:
        from daremo.cli.reach.kept import Proof, write_answer
        from daremo.report.reach_curve import as_svg
        from daremo.report.reach_map import as_svg as svg_of_map
        from daremo.report.reach_page import as_page

        answer = _answer(found, last)
        telling = Telling(
            "frontier", voice("予算と届く人", "Money and people"), headline, voice("届く人", "people reached")
        )
        with whole_folder(out, force=force) as folder:
            write_answer(folder, given, found, value, Proof("frontier", question))
            if given.drawable:
                seen = view(voice, given, answer, served(given, last.open, conditions.never, worth), telling)
                (folder / "map.svg").write_text(svg_of_map(seen), encoding="utf-8")
                (folder / "map.html").write_text(as_page(seen), encoding="utf-8")
            (folder / "curve.svg").write_text(
                as_svg(voice.lang, headline, [(p.given, p.value, p.bound) for p in found.points], yen=bool(budgets)),
                encoding="utf-8",
            )
    voice.answer(value)
    voice.say(headline)
    head = [unit, voice("届く人", "people"), voice("これより多くはできない数", "bound"), voice("差", "gap")]
    rows = [
        [f"{p.given:,.0f}", f"{p.value:,.0f}", f"{p.bound:,.0f}", percent(p.gap_share, 3) if p.value else "—"]
        for p in found.points
    ]
    for line in table(head, rows, right=(0, 1, 2, 3)):
        voice.say(line)
    if not found.finished:
        voice.say(voice("途中で止めた答えです。", "Stopped before the end."))
    for line in problem_lines(given.problems, voice, 8):
        voice.say(line)
    if out is not None:
        voice.say(
            voice(
                f"\n答え: {out / 'map.html'} と curve.svg\n次: daremo reach verify {out}",
                f"\nAnswer: {out / 'map.html'} and curve.svg\nNext: daremo reach verify {out}",
            )
        )
    return DONE


def _machine_form(given: Given, found: Frontier, last: Point) -> dict[str, Any]:
    """The documented JSON: the last point as every verb tells its answer, and every point."""
    own = found.as_dict()
    lost = given.pairs.unreachable()
    need = given.demand.need
    points = [{**p, "open": given.place_names(p["open"])} for p in own["points"]]
    return {
        **{k: points[-1][k] for k in ("value", "bound", "gap_share", "open")},
        **{k: own[k] for k in ("seconds", "cpu_seconds", "method", "seed", "finished")},
        "open_index": list(last.open),
        "verb": "frontier",
        "sense": "max",
        "unit": own["unit"],
        "people": float(need.sum()),
        "unreachable": {
            "points": int(lost.size),
            "people": float(need[lost].sum()),
            "ids": [given.demand.ids[d] for d in lost],
        },
        "points": points,
        "question": {"demand": given.demand.file, "places": given.places.file, **given.asked},
        "problems": [x.as_dict() for x in given.problems],
    }


def _answer(found: Frontier, last: Point) -> Answer:
    """The last point as an answer, for its map."""
    from daremo.reach.model import Answer

    return Answer(
        value=last.value, bound=last.bound, sense="max", open=last.open, seconds=found.seconds,
        cpu_seconds=found.cpu_seconds, method=found.method, seed=found.seed, finished=found.finished,
    )  # fmt: skip
