"""``daremo reach cover``: most people within reach of a given number of places or a budget; or everybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.mute import mute_libraries
from daremo.cli.reach import options
from daremo.cli.reach.kept import Proof
from daremo.cli.text import percent
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.cli.reach.answered import Served, Telling
    from daremo.cli.reach.given import Given
    from daremo.reach.model import Answer


@click.command(
    epilog=example(
        "daremo reach cover town --radius-km 1 --p 3 -o cover --force",
        "daremo reach cover town --need 65+ --radius-km 2 --everybody --json",
    )
)
@options.points
@options.travel
@options.count
@options.budget
@options.cost
@click.option("--everybody", is_flag=True, help="Fewest (or cheapest) places that reach everybody who can be reached.")
@click.option("--gradual", is_flag=True, help="Full worth up to half the radius, falling evenly to a fifth at its end.")
@click.option(
    "--backup",
    "backup_share",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Worth of a second open place within reach, as a share of the first.",
)
@options.capacity
@options.conditions
@options.search
@options.workers
@options.scheduler
@options.writing
@verb
def cover(
    voice: Voice,
    demand: Path,
    places: Path | None,
    p: int | None,
    budget_yen: int | None,
    everybody: bool,
    gradual: bool,
    backup_share: float,
    gap_share: float,
    time_limit: float | None,
    seed: int,
    workers: int,
    scheduler: str | None,
    out: Path | None,
    force: bool,
    **asked: Any,
) -> int:
    """Open places so that most people of DEMAND are within reach, with a bound that no choice can pass.

    `value` counts people within reach, weighted by how well with --gradual and --backup; with --everybody it is the
    number of places, or with --cost what they cost. Out of time or after Ctrl-C the best so far is given.
    """
    from daremo.cli.folder import refuse_foreign
    from daremo.cli.reach.answered import give, served
    from daremo.cli.reach.given import capacities_of, conditions_of, costs_of, read_given, refuse_small_p
    from daremo.cli.reach.searching import searching
    from daremo.reach.worth import gradual_worth

    weighted = gradual or backup_share > 0
    _agree(p, budget_yen, everybody, weighted)
    if out is not None:
        refuse_foreign(out, force=force)
    given = read_given(demand, places, asked)
    conditions = conditions_of(given.places, asked)
    refuse_small_p(p, conditions, given.places)
    cost = costs_of(given.places) if budget_yen is not None or asked.get("cost") else None
    worth = gradual_worth(given.pairs, given.limit) if gradual else None
    room = None if everybody else capacities_of(given.places, asked.get("capacity"))
    if room is not None and backup_share > 0:
        fix = "どちらか一方を外してください"
        raise UsageError("two-questions", "--capacity と --backup は、いっしょには使えません", fix, "--backup")
    need = given.demand.need
    question: dict[str, Any] = {"conditions": conditions}
    if room is None and not everybody:
        from daremo.reach.doors.warm import warm

        with mute_libraries():
            warm()
    with searching(voice, time_limit) as watch:
        how: dict[str, Any] = {"gap": gap_share, "seed": seed, "watch": watch}
        if everybody:
            from daremo.reach.everybody import cover_everybody

            question |= {"cost_p": cost, "times": (need > 0).astype(np.int64)}
            found: Answer = cover_everybody(given.pairs, workers=workers, **question, **how)
        elif room is not None:
            from daremo.reach.cover_capacity import cover_with_capacity

            question |= {"need_d": need, "capacity_p": room, "p": p, "budget_yen": budget_yen}
            question |= {"cost_yen_p": cost, "worth": worth}
            found = cover_with_capacity(given.pairs, **question, **how)
        else:
            from daremo.reach.cover import cover as solve

            question |= {"need_d": need, "p": p, "budget_yen": budget_yen, "cost_yen_p": cost}
            question |= {"worth": worth, "backup_share": backup_share}
            how |= {} if scheduler is None else {"scheduler": scheduler}
            found = solve(given.pairs, workers=workers, **question, **how)
    who = served(given, found.open, conditions.never, worth)
    kind = "cover_everybody" if everybody else "cover" if room is None else "cover_with_capacity"
    give(
        voice,
        given,
        found,
        who,
        _telling(voice, given, found, who, cost, everybody=everybody, weighted=weighted),
        out,
        Proof(kind, question),
        force=force,
    )
    return DONE


def _agree(p: int | None, budget_yen: int | None, everybody: bool, weighted: bool) -> None:
    """Refuse options that contradict each other, or a question without a limit on places."""
    if everybody and (p is not None or budget_yen is not None):
        fix = "--everybody だけにしてください（費用を小さくするには --cost を足します）"
        raise UsageError("two-questions", "--everybody は、数や予算といっしょには使えません", fix, "--everybody")
    if everybody and weighted:
        fix = "--gradual と --backup を外してください"
        raise UsageError("two-questions", "--everybody は、届くか届かないかだけを数えます", fix, "--everybody")
    if not everybody and p is None and budget_yen is None:
        fix = "--p 5 か --budget-yen 12000000 のように書いてください。全員に届かせるなら --everybody です"
        raise UsageError("no-money", "いくつ開くか、いくらまでかが決まっていません", fix, "--p --budget-yen")


def _telling(
    voice: Voice, given: Given, found: Answer, who: Served, cost: Any, *, everybody: bool, weighted: bool
) -> Telling:
    """The finding in a sentence, and the verb's own fields."""
    from daremo.cli.reach.answered import Telling

    need, n = given.demand.need, len(found.open)
    whole = float(need.sum())
    spent = None if cost is None else float(cost[list(found.open)].sum())
    paid = "" if spent is None else voice(f"（費用 {spent:,.0f}円）", f" (¥{spent:,.0f})")
    fields: dict[str, Any] = {} if spent is None else {"cost_yen": spent}
    own = found.as_dict()
    fields |= {k: own[k] for k in ("bound_certified", "bound_from", "solver_bound", "unserved_people") if k in own}
    if everybody:
        headline = voice(
            f"{n:,}か所{paid}で、届く人すべてに届きます。", f"{n:,} places{paid} reach everybody who can be reached."
        )
        named = voice("開く場所の数", "open places") if cost is None else voice("費用（円）", "cost (yen)")
        return Telling("cover", voice("全員に届くように開く", "Open places for everybody"), headline, named, fields)
    reached = float(need[np.isfinite(who.cost_d)].sum()) if weighted else found.value
    share = reached / whole if whole else 0.0
    fields["share"] = share
    headline = voice(
        f"{n:,}か所{paid}を開くと、{whole:,.0f}人のうち{reached:,.0f}人（{percent(share)}）に届きます。",
        f"{n:,} open places{paid} reach {reached:,.0f} of {whole:,.0f} people ({percent(share)}).",
    )
    named = voice("届く人", "people reached")
    if weighted:
        headline += voice(f"重みを付けると{found.value:,.1f}です。", f" Weighted: {found.value:,.1f}.")
        named = voice("届く人（重み付き）", "people reached (weighted)")
    return Telling("cover", voice("開く場所を選ぶ", "Choose places to open"), headline, named, fields)
