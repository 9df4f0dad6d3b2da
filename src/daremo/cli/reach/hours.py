"""``daremo reach hours``: which places open and for how many staffed hours a week."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
import numpy as np
from numpy.typing import NDArray

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.plan import Yen
from daremo.cli.reach import options
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.cli.reach.given import Given

Float = NDArray[np.float64]

#: Where half still come, where nobody says: minutes and km.
HALF = {"min": 15.0, "km": 2.0}
#: How sharply the log-logistic decay falls there, alike for all ages.
SLOPE = 2.5


@click.command(
    epilog=example(
        "daremo reach hours town --need 65+ --radius-km 5 --budget-yen 3000000 --hour-yen 2500 --json",
        "daremo reach hours town --stage 65-74 --stage 75+ --radius-km 5 --p 6 --budget-yen 3000000 --half 3 --half 1.5",
    )
)
@options.points
@options.travel
@options.count
@options.budget
@options.cost
@click.option("--hour-yen", type=Yen(), default=2_500, show_default=True, help="Cost of one staffed hour.")
@click.option("--visit-yen", type=Yen(), default=0, show_default=True, help="Cost of one visit beside.")
@click.option(
    "--choice",
    type=click.Choice(["best", "huff"]),
    default="best",
    show_default=True,
    help="Everybody goes to the best open place, or people split by attraction.",
)
@click.option(
    "--stage",
    "stages",
    multiple=True,
    metavar="AGE",
    help="Ages (or columns of DEMAND) kept apart, e.g. --stage 65-74 --stage 75+; instead of --need.",
)
@click.option(
    "--half",
    "halves",
    multiple=True,
    type=click.FloatRange(0, min_open=True),
    help="km or minutes where half still come; else 2 km or 15 minutes. Once, or once for each --stage.",
)
@click.option(
    "--uptake",
    "uptakes",
    multiple=True,
    default=(0.1,),
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of those in need who come in a year to a place next door. Once, or once for each --stage.",
)
@click.option(
    "--visits",
    default=3.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Visits a person and year.",
)
@click.option(
    "--visit-min",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Minutes of one visit.",
)
@click.option(
    "--wait-min", default=30.0, show_default=True, type=click.FloatRange(0), help="Nobody should queue longer …"
)
@click.option(
    "--wait-risk",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="… but for this share of visitors.",
)
@click.option(
    "--desks", default=1, show_default=True, type=click.IntRange(1), help="Desks staffed while a place is open."
)
@options.conditions
@options.search
@options.writing
@verb
def hours(
    voice: Voice,
    demand: Path,
    places: Path | None,
    p: int | None,
    budget_yen: int | None,
    hour_yen: int,
    visit_yen: int,
    choice: Literal["best", "huff"],
    stages: tuple[str, ...],
    halves: tuple[float, ...],
    uptakes: tuple[float, ...],
    visits: float,
    visit_min: float,
    wait_min: float,
    wait_risk: float,
    desks: int,
    gap_share: float,
    time_limit: float | None,
    seed: int,
    out: Path | None,
    force: bool,
    **asked: Any,
) -> int:
    """Open places and size their staffed hours to who comes, so that nobody queues long and slots are not empty.

    `value` is people served in a year; with --stage each place tells who would come by age, and learners a slot by
    age, which add up to the whole. A column of costs (or --cost) is what a place costs before anybody staffs it.
    """
    from daremo.cli.folder import refuse_foreign
    from daremo.cli.reach.answered import Telling, give, served
    from daremo.cli.reach.given import conditions_of
    from daremo.cli.reach.kept import Proof
    from daremo.cli.reach.searching import searching
    from daremo.reach.hours import Behaviour, Standard, hours_question
    from daremo.reach.hours import hours as solve

    if out is not None:
        refuse_foreign(out, force=force)
    given, people = _people(demand, places, stages, asked)
    question = hours_question(
        given.pairs,
        people,
        behaviour=Behaviour(
            choice=choice,
            half_g=_each("--half", halves or (HALF[given.pairs.unit],), people.shape[1]),
            slope_g=np.full(people.shape[1], SLOPE),
            uptake_g=_each("--uptake", uptakes, people.shape[1]),
            visits_a_person=visits,
        ),
        standard=Standard(visit_min=visit_min, wait_min=wait_min, wait_risk_share=wait_risk),
        fixed_yen=given.places.numbers.get("cost_yen", np.zeros(given.places.n)),
        hour_yen=hour_yen,
        visit_yen=visit_yen,
        desks=desks,
        budget_yen=np.inf if budget_yen is None else budget_yen,
        most_places=p,
        conditions=conditions_of(given.places, asked),
    )
    with searching(voice, time_limit) as watch:
        found = solve(question, watch=watch, gap=gap_share or 1e-4, seed=seed)
    own = found.as_dict()
    names = ("served_year", "attendance_year", "cost_yen", "budget_yen", "rounding_yen", "rounding_people")
    fields = {k: own[k] for k in (*names, "bound_certified", "bound_from")} | {
        "stages": list(stages),
        "hours": [{**x, "place": given.places.ids[x["place"]]} for x in own["places"]],
        **{k: [given.places.ids[i] for i in own[k]] for k in ("quiet", "full")},
    }
    headline = voice(
        f"{len(found.open):,}か所に週{sum(x.hours_week for x in found.places):,.1f}時間、年{found.value:,.0f}人が相談できます（{found.cost_yen:,.0f}円）。",
        f"{len(found.open):,} places, {sum(x.hours_week for x in found.places):,.1f} hours a week: {found.value:,.0f} people helped a year (¥{found.cost_yen:,.0f}).",
    )
    facts = {
        voice("週の時間", "hours/week"): [f"{x.hours_week:g}" for x in found.places],
        voice("1枠の人", "learners/slot"): [f"{x.slot_learners:.1f}" for x in found.places],
        voice("待ちすぎ", "wait too long"): [f"{100 * x.wait_over_share:.0f}%" for x in found.places],
    }
    for g, stage in enumerate(stages):
        facts[voice(f"{stage}の人/枠", f"{stage}/slot")] = [f"{x.slot_learners_g[g]:.1f}" for x in found.places]
    kinds = ["point" if x.kind == "desk" else "class" for x in found.places]
    eyebrow = voice("相談の時間を決める", "Size the hours of help")
    telling = Telling(
        "hours", eyebrow, headline, voice("年に相談できる人", "people helped a year"), fields, facts, kinds=kinds
    )
    who = served(given, found.open, question.conditions.never)
    give(voice, given, found, who, telling, out, Proof("hours", {"question": question}), force=force)
    return DONE


def _people(demand: Path, places: Path | None, stages: tuple[str, ...], asked: dict[str, Any]) -> tuple[Given, Float]:
    """The question as read, and its people by life stage, shape (demand, stages); its need is their sum."""
    from daremo.cli.reach.given import read_demand, read_given

    if not stages:
        given = read_given(demand, places, asked)
        return given, given.demand.need[:, None]
    if asked.get("need"):
        fix = "--need を外すか、--stage を外してください"
        raise UsageError("two-questions", "--need と --stage は、いっしょには使えません", fix, "--stage")
    good = bool(asked.get("skip_bad_rows"))
    given = read_given(demand, places, {**asked, "need": stages[0]})
    people = np.stack([read_demand(demand, s, good_rows=good).need for s in stages], axis=1)
    kept = {k: v for k, v in given.asked.items() if k != "need"} | {"stage": list(stages)}
    return replace(
        given, demand=replace(given.demand, numbers=given.demand.numbers | {"need": people.sum(axis=1)}), asked=kept
    ), people


def _each(option: str, given: tuple[float, ...], stages: int) -> Float:
    """One number for each stage, shape (stages,): the only one given, or one each."""
    if len(given) not in (1, stages):
        fix = f"{option} を1回、または --stage と同じ {stages} 回書いてください"
        raise UsageError("bad-stages", f"{option} の数が --stage の数とちがいます", fix, option)
    return np.array(given * stages if len(given) == 1 else given, float)
