"""``daremo assess areas``: the share of residents below a level, by area and life stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import numpy as np

from daremo.cli.assess import options
from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.text import people as whole
from daremo.cli.text import percent, table
from daremo.kernel.errors import InputError, Problem

if TYPE_CHECKING:
    from daremo.assess.areas import SmallAreas
    from daremo.assess.model import Answers, Model

SHOWN = 20


@click.command(
    epilog=example("daremo assess areas quiz.csv --area town --stage age --residents residents.csv --below=-0.5 --json")
)
@options.reading
@options.model
@click.option("--area", required=True, metavar="COLUMN", help="Column of ANSWERS with each person's area.")
@click.option("--stage", required=True, metavar="COLUMN", help="Column of ANSWERS with each person's life stage.")
@click.option(
    "--residents", required=True, type=click.Path(path_type=Path), help="CSV area,stage,people: all who live there."
)
@click.option(
    "--below", required=True, type=float, help="Level: ability under which a person cannot do it alone (mean 0, sd 1)."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same numbers.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the result as JSON.")
@verb
def areas(
    voice: Voice, answers: Path, model: str, area: str, stage: str, residents: Path, below: float, seed: int,
    out: Path | None, **asked: Any,
) -> int:  # fmt: skip
    """Estimate from ANSWERS of some people the share of all residents below a level, with 90 % intervals.

    Calibrates the items, then multilevel regression and post-stratification: areas with few answers borrow from the others.
    """
    from daremo.assess.areas import small_areas
    from daremo.assess.calibrate import calibrate, warm

    read = options.read(answers, asked, model=model, group=f"{area}+{stage}")
    names_d, names_g, people = _residents(residents)
    pairs = [g.split("\t") for g in read.groups]
    at = np.array(
        [(names_d.index(d), names_g.index(g)) if d in names_d and g in names_g else (-1, -1) for d, g in pairs],
        np.int64,
    )
    lost = [i for i, x in enumerate(at[:, 0]) if x < 0]
    missing = tuple(_problem("not-in-census", answers.name, " ".join(pairs[i])) for i in lost)
    one = replace(read, group=np.zeros_like(read.group), groups=("",))
    chosen = cast("Model", model)
    progress = voice.progress()
    warm(one, chosen, errors="none")
    fit = calibrate(one, chosen, errors="none", progress=progress)
    cell = at[read.group]
    used = (cell[:, 0] >= 0) & (one.weight > 0)
    scale = float(fit.sd_g[0])
    found = small_areas(
        fit.mu[used], fit.sd[used], cell[used, 0], cell[used, 1], people, below / scale, areas=names_d, stages=names_g,
        seed=seed,
    )  # fmt: skip
    voice.hush()
    told = {
        **found.as_dict(),
        "below": below,
        "model": model,
        "log_likelihood": fit.log_likelihood,
        "converged": fit.converged,
        "persons": int(used.sum()),
        "answers": fit.answers,
        "cpu_seconds": round(fit.cpu_seconds, 4),
        "problems": [p.as_dict() for p in (*read.problems, *missing)],
    }
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    _show(voice, found, one, int(used.sum()))
    for line in problem_lines([*read.problems, *missing], voice, 8):
        voice.say(line)
    return DONE


def _problem(code: str, file: str, value: str, severity: Any = "warning") -> Problem:
    from daremo.kernel.tables import rows_of

    row = next(r for r in rows_of("daremo.assess", "problem_codes") if r["code"] == code)
    return Problem(code, row["ja"], row["fix"], file, value=value, severity=severity)


def _residents(path: Path) -> tuple[tuple[str, ...], tuple[str, ...], np.ndarray[Any, np.dtype[np.float64]]]:
    """Areas, life stages and people of each cell, shape (areas, stages)."""
    from daremo.assess.read import frame_of

    frame = frame_of(path)
    japanese = {"地区": "area", "年代": "stage", "人数": "people"}
    frame = frame.rename({c: japanese[c.strip()] for c in frame.columns if c.strip() in japanese})
    if not {"area", "stage", "people"} <= set(frame.columns):
        raise InputError([_problem("bad-census", path.name, "・".join(frame.columns[:6]), "error")])
    rows = [(str(a).strip(), str(s).strip(), str(p)) for a, s, p in frame.select("area", "stage", "people").iter_rows()]
    names_d, names_g = tuple(dict.fromkeys(r[0] for r in rows)), tuple(dict.fromkeys(r[1] for r in rows))
    people = np.zeros((len(names_d), len(names_g)))
    wrong = []
    for n, (a, s, p) in enumerate(rows):
        try:
            count = float(p)
        except ValueError:
            count = -1.0
        if not 0 <= count < float("inf"):
            wrong.append(replace(_problem("bad-census", path.name, p, "error"), row=n + 2, column="people"))
        else:
            people[names_d.index(a), names_g.index(s)] += count
    if wrong:
        raise InputError(wrong)
    return names_d, names_g, people


def _show(voice: Voice, found: SmallAreas, read: Answers, used: int) -> None:
    share, low, high = found.total
    voice.say(
        voice(
            f"{used:,}人の回答から: 住民{whole(float(found.people_dg.sum()))}人のうち {percent(share)}（90%の幅 {percent(low)}～{percent(high)}）が、"
            f"一人ではむずかしい力（{found.below:+.2f}未満）です。",
            f"From the answers of {used:,} people: {percent(share)} (90 % interval {percent(low)} to {percent(high)}) of "
            f"{whole(float(found.people_dg.sum()))} residents are below the level.",
        )
    )
    head = voice("地区,割合,90%の幅,住民,回答した人", "area,share,90 % interval,residents,answered").split(",")
    order = np.argsort(-np.nan_to_num(found.share_d, nan=-1.0), kind="stable")[:SHOWN]
    rows = [
        [
            found.areas[d],
            percent(found.share_d[d]),
            f"{percent(found.low_d[d])}–{percent(found.high_d[d])}",
            whole(float(found.people_dg[d].sum())),
            whole(float(found.answered_dg[d].sum())),
        ]
        for d in order
    ]
    for line in table(head, rows, right=(1, 2, 3, 4)):
        voice.say(line)
    if len(found.areas) > SHOWN:
        voice.say(voice("全部の地区は --json か -o で見られます。", "--json or -o has all areas."))
