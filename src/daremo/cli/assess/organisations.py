"""``daremo assess organisations``: organisations side by side, from a few people of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click
import numpy as np

from daremo.cli.assess import options
from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.text import percent, table
from daremo.kernel.errors import UsageError


@click.command(epilog=example("daremo assess organisations quiz.csv --organisation town --ignore age --json"))
@options.reading
@options.model
@click.option(
    "--organisation", required=True, metavar="COLUMN", help="Column of ANSWERS with each person's organisation."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the result as JSON.")
@verb
def organisations(voice: Voice, answers: Path, model: str, organisation: str, out: Path | None, **asked: Any) -> int:
    """Estimate each organisation's mean from its people's ANSWERS, with 90 % intervals; below 10 people only their number is told.

    In standard deviations of ability. Organisations of few people borrow from the others.
    """
    from daremo.assess.calibrate import calibrate, warm
    from daremo.assess.model import Model
    from daremo.assess.organisations import organisations as estimate

    read = options.read(answers, asked, model=model, group=organisation)
    if bool((read.weight != 1).any()):
        fix = "1人を1行にして、重みや度数なしで渡してください"
        raise UsageError("bad-weight", "組織の比較では、重みと度数を使えません", fix, answers.name)
    one = replace(read, group=np.zeros_like(read.group), groups=("",))
    chosen, progress = cast("Model", model), voice.progress()
    warm(one, chosen, errors="none")
    fit = calibrate(one, chosen, errors="none", progress=progress)
    found = estimate(fit.mu, fit.sd, read.group, read.groups)
    voice.hush()
    told = {
        **found.as_dict(),
        "model": model,
        "log_likelihood": fit.log_likelihood,
        "converged": fit.converged,
        "persons": fit.persons,
        "answers": fit.answers,
        "problems": [p.as_dict() for p in read.problems],
    }
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    head = voice("組織,人数,力,90%区間,全体より上", "organisation,people,ability,90% interval,above all").split(",")
    rows = [
        [o["organisation"], f"{o['people']:,}"]
        + (
            [f"{o['mean']:+.2f}", f"{o['low']:+.2f}–{o['high']:+.2f}", percent(o["above"])]
            if o["told"]
            else [voice("10人から", "from 10 on"), "", ""]
        )
        for o in told["organisations"]
    ]
    for line in table(head, rows, right=(1, 2)):
        voice.say(line)
    voice.say(
        voice(
            f"ばらつき: 組織の中 {found.within:.2f}、組織どうし {found.between:.2f}。",
            f"Spread within an organisation {found.within:.2f}, between organisations {found.between:.2f}.",
        )
    )
    for line in problem_lines(read.problems, voice, 8):
        voice.say(line)
    return DONE
