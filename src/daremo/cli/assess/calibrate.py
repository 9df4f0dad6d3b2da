"""``daremo assess calibrate``: how hard each item is, with its error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from daremo.cli.assess import options
from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.text import table
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.assess.model import Answers, Calibration, Item, Model

SHOWN = 40


@click.command(
    epilog=example(
        "daremo assess calibrate quiz.csv --ignore age --ignore town --model 2pl --json",
        "daremo assess calibrate quiz.csv --ignore age --ignore town --model rasch -o bank.json",
        "daremo assess calibrate quiz.csv --group town --covariates age --model rasch --anchors bank.json --json",
    )
)
@options.reading
@options.model
@click.option(
    "--errors",
    type=click.Choice(["auto", "full", "block", "sandwich", "none"]),
    default="auto",
    show_default=True,
    help="Standard errors: with the covariance between items, item by item (large tables), for survey weights (sandwich), or none.",
)
@click.option("--no-prior", is_flag=True, help="3pl: no prior on the share that guesses right.")
@click.option(
    "--fit", "with_fit", is_flag=True, help="Also say how well each item fits: S-X², infit, outfit, Q3, people (lz*)."
)
@click.option("--group", default="", metavar="COLUMN", help="Groups whose ability has a mean and spread of its own.")
@click.option(
    "--covariates", default="", metavar="A,B,…", help="Columns that ability may depend on (latent regression)."
)
@click.option(
    "--anchors",
    "anchor_file",
    type=click.Path(path_type=Path),
    help="Items with known curves, which are held: JSON of -o, or CSV item,a,d. Means and spreads of all groups are then free.",
)
@click.option(
    "--areas",
    "area_file",
    type=click.Path(path_type=Path),
    help="CSV item,area: fit several areas under a general ability (second-order model).",
)
@click.option(
    "--plots",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write a picture (SVG) of each item: its curve, and shares answered by groups of like ability.",
)
@click.option(
    "--chunk",
    default=0,
    type=click.IntRange(0),
    help="Read a wide Parquet file of numbers by so many people at a time, again in every pass, never as a whole.",
)
@click.option(
    "--scheduler",
    default="one",
    show_default=True,
    metavar="one|threads|tcp://HOST:PORT",
    help="With --chunk: one worker, a thread for each processor, or a Dask scheduler (needs the extra [scale]).",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the item bank as JSON.")
@verb
def calibrate(
    voice: Voice, answers: Path, model: str, errors: str, no_prior: bool, with_fit: bool, group: str, covariates: str,
    anchor_file: Path | None, area_file: Path | None, plots: Path | None, chunk: int, scheduler: str, out: Path | None, **asked: Any,
) -> int:  # fmt: skip
    """Calibrate the items of ANSWERS by marginal maximum likelihood, whoever answered whichever items.

    Slopes a and intercepts d are those of R mirt: logit P = a × ability + d, ability standard normal
    (rasch: a = 1 and the variance of ability is estimated; items with more than two answers get partial credit).
    """
    from daremo.assess.anchors import read_anchors
    from daremo.assess.calibrate import GUESS_PRIOR, warm
    from daremo.assess.calibrate import calibrate as fit

    columns = tuple(c.strip() for c in covariates.split(",") if c.strip())
    anchors = read_anchors(anchor_file) if anchor_file is not None else []
    prior = (GUESS_PRIOR[0], float("inf")) if no_prior else GUESS_PRIOR
    if scheduler != "one" and not chunk:
        fix = "--chunk 50000 のように、1度に読む人数も書いてください"
        raise UsageError("bad-scheduler", "--scheduler は、少しずつ読むときだけ使えます", fix, "--scheduler")
    if chunk:
        if with_fit or plots or area_file or asked.get("key"):
            fix = "--fit・--plots・--areas・--key を外してください"
            raise UsageError("bad-stream", "少しずつ読むときは、その指定を使えません", fix, "--chunk")
        how = {"errors": errors, "guess_prior": prior, "anchors": anchors}
        asked |= {"group": group, "covariates": columns}
        return _stream(voice, answers, cast("Model", model), asked, chunk, scheduler, how, out)
    read = options.read(answers, asked, model=model, group=group, covariates=columns)
    _refuse_counts(errors, asked, read)
    if area_file is not None:
        if with_fit or plots or group or columns or anchors or errors == "sandwich":
            fix = "--areas は --fit・--plots・--group・--covariates・--anchors・--errors sandwich なしで使ってください"
            raise UsageError("bad-areas", "分野のモデルと一緒には使えません", fix, "--areas")
        return _areas(voice, read, model, errors, area_file, out)
    if (with_fit or plots) and (group or columns or anchors):
        fix = "--fit・--plots は --group・--covariates・--anchors なしで使ってください"
        raise UsageError("bad-fit", "合い方（--fit・--plots）は、1つのグループでだけ調べられます", fix, "--fit")
    chosen = cast("Model", model)
    progress = voice.progress()
    warm(read, chosen, errors=errors)
    found = fit(read, chosen, errors=errors, guess_prior=prior, anchors=anchors, progress=progress)
    voice.hush()
    told = _told(found, group, columns, prior)
    if with_fit:
        from daremo.assess.fit import item_fit
        from daremo.assess.person_fit import person_fit

        told["fit"] = item_fit(read, found).as_dict()
        told["fit"]["people"] = person_fit(read, found).as_dict()
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    _show(voice, found)
    if plots is not None:
        _draw(voice, read, found, plots)
    if with_fit:
        _show_fit(voice, told["fit"])
    if out is not None:
        voice.say(voice(f"\n問題の表: {out}", f"\nItem bank: {out}"))
    return DONE


def _draw(voice: Voice, read: Answers, found: Calibration, folder: Path) -> None:
    """A picture of each item, numbered in the order of the items."""
    from functools import partial

    from daremo.assess.plots import as_svg, plots_of
    from daremo.kernel.results import write_whole

    folder.mkdir(parents=True, exist_ok=True)
    for n, plot in enumerate(plots_of(read, found), 1):
        name = "".join(c if c.isalnum() else "_" for c in plot.item)[:40]
        text = as_svg(plot, lang=voice.lang)
        write_whole(folder / f"{n:03}-{name}.svg", partial(options.put, text=text))
    voice.say(voice(f"\n問題ごとの図: {folder}", f"\nPictures of the items: {folder}"))


def _told(found: Calibration, group: str, columns: tuple[str, ...], prior: tuple[float, float]) -> dict[str, Any]:
    """The machine form with what was asked for."""
    told = found.as_dict()
    if group:
        told["group"] = group
    if columns:
        told["covariates"] = list(columns)
    if found.model == "3pl" and prior[1] < float("inf"):
        told["guess_prior"] = list(prior)
    return told


def _refuse_counts(errors: str, asked: dict[str, Any], read: Answers) -> None:
    """Counts of people are no survey weights."""
    if errors == "sandwich" and not asked.get("weight") and bool((read.weight != 1).any()):
        fix = "調査の重みの列を --weight で書くか、度数の表には full を使ってください"
        raise UsageError("bad-errors", "度数は人数で、調査の重みではありません", fix, "--errors")


def _stream(
    voice: Voice, answers: Path, model: Model, asked: dict[str, Any], chunk: int, scheduler: str, how: dict[str, Any], out: Path | None
) -> int:  # fmt: skip
    """A file read chunk by chunk: told, written and shown."""
    from daremo.assess.source import open_source
    from daremo.assess.stream import calibrate_stream
    from daremo.assess.workers import workers_on

    group, columns = asked["group"], asked["covariates"]
    source = open_source(answers, options.asked_of(asked, model=model, group=group, covariates=columns), chunk=chunk)
    _refuse_counts(how["errors"], asked, source.people)
    with workers_on(scheduler) as mapper:
        found = calibrate_stream(source, model, mapper=mapper, progress=voice.progress(), **how)
    voice.hush()
    told = _told(found, group, columns, how["guess_prior"])
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    _show(voice, found)
    if out is not None:
        voice.say(voice(f"\n問題の表: {out}", f"\nItem bank: {out}"))
    return DONE


def _areas(voice: Voice, read: Answers, model: str, errors: str, area_file: Path, out: Path | None) -> int:
    """The second-order model: told, written and shown."""
    from daremo.assess.calibrate import first_few
    from daremo.assess.second_order import calibrate_areas

    area_of = options.areas_of(area_file)
    chosen = cast("Model", model)
    progress = voice.progress()
    # compiled outside the time told
    calibrate_areas(first_few(read), area_of, chosen, most=1, errors=errors != "none", nodes=9, general=5)
    found = calibrate_areas(read, area_of, chosen, errors=errors != "none", progress=progress)
    voice.hush()
    told = {**found.as_dict(), "problems": [p.as_dict() for p in read.problems]}
    if out is not None:
        options.write_json(out, told)
    voice.answer(told)
    voice.say(
        voice(
            f"{found.persons:,}人の{found.answers:,}件の回答から、{len(found.areas)}つの分野の{len(found.items)}問を調べました"
            f"（{model}、対数尤度 {found.log_likelihood:,.4f}、{found.cpu_seconds:.2f}秒）。",
            f"{len(found.items)} items of {len(found.areas)} areas from {found.answers:,} answers by {found.persons:,} people "
            f"({model}, log-likelihood {found.log_likelihood:,.4f}, {found.cpu_seconds:.2f} s).",
        )
    )
    if not found.converged:
        voice.say(voice("まだ収束していません。この値は使わないでください。", "NOT converged. Do not use."))
    head = [voice("分野", "area"), voice("全体の力との相関", "loading"), *found.areas]
    rows = [
        [a, _with(float(found.loadings[k]), found.se_loadings[k]), *(f"{v:.2f}" for v in found.correlations[k])]
        for k, a in enumerate(found.areas)
    ]
    for line in table(head, rows, right=tuple(range(1, len(head)))):
        voice.say(line)
    head = voice("問題,分野,識別力 a,切片 d,回答", "item,area,slope a,intercepts d,answers").split(",")
    rows = []
    for i, k in zip(found.items[:SHOWN], found.area_j, strict=False):
        name, a, d, *_, count = _row(i)
        rows.append([name, found.areas[k], a, d, count])
    for line in table(head, rows, right=(4,), widest=60):
        voice.say(line)
    if len(found.items) > SHOWN:
        more = len(found.items) - SHOWN
        voice.say(voice(f"ほかに{more}問。--json か -o で全部見られます。", f"{more} more; --json or -o has them all."))
    for line in problem_lines(read.problems, voice, 8):
        voice.say(line)
    return DONE


def _show(voice: Voice, found: Calibration) -> None:
    voice.say(
        voice(
            f"{found.persons:,}人の{found.answers:,}件の回答から、{len(found.items)}問を調べました"
            f"（{found.model}、対数尤度 {found.log_likelihood:,.4f}、{found.cpu_seconds:.2f}秒）。",
            f"{len(found.items)} items from {found.answers:,} answers by {found.persons:,} people "
            f"({found.model}, log-likelihood {found.log_likelihood:,.4f}, {found.cpu_seconds:.2f} s).",
        )
    )
    if not found.converged:
        voice.say(
            voice(
                f"まだ収束していません（最後の動き {found.residual:.1e}、節点を倍にした差 {found.node_change:.1e}）。この値は使わないでください。",
                f"NOT converged (last move {found.residual:.1e}, change on finer nodes {found.node_change:.1e}). Do not use.",
            )
        )
    head = [
        voice("問題", "item"),
        voice("識別力 a", "slope a"),
        voice("切片 d", "intercepts d"),
        *(["g"] if found.model == "3pl" else []),
        voice("回答", "answers"),
    ]
    rows = [_row(i) for i in found.items[:SHOWN]]
    for line in table(head, rows, right=(len(head) - 1,), widest=60):
        voice.say(line)
    if len(found.items) > SHOWN:
        more = len(found.items) - SHOWN
        voice.say(voice(f"ほかに{more}問。--json か -o で全部見られます。", f"{more} more; --json or -o has them all."))
    voice.say(voice("（ ）の中は標準誤差です。", "Standard errors in parentheses."))
    _show_latent(voice, found)
    for line in problem_lines(found.problems, voice, 8):
        voice.say(line)


def _show_latent(voice: Voice, found: Calibration) -> None:
    """Groups and effects of covariates, where there are any."""
    if len(found.groups) > 1:
        head = voice("グループ,平均,ばらつき", "group,mean,spread").split(",")
        rows = [
            [name, _with(float(m), e), _with(float(s), f)]
            for name, m, s, e, f in zip(
                found.groups, found.mean_g, found.sd_g, found.se_mean_g, found.se_sd_g, strict=True
            )
        ]
        for line in table(head, rows, right=(1, 2)):
            voice.say(line)
    if found.effects:
        head = voice("属性,力の差,基準", "covariate,effect on ability,measured from").split(",")
        rows = [[e.covariate, _with(e.value, e.se), f"{e.centre:.2f}"] for e in found.effects]
        for line in table(head, rows, right=(1, 2)):
            voice.say(line)


def _show_fit(voice: Voice, fit: dict[str, Any]) -> None:
    def number(v: float | None, digits: int = 2) -> str:
        return "—" if v is None else f"{v:.{digits}f}"

    head = voice("問題,S-X²,自由度,p,infit,outfit", "item,S-X²,df,p,infit,outfit").split(",")
    rows = [
        [i["item"], number(i["s_x2"]), number(i["df"], 0), number(i["p"], 3), number(i["infit"]), number(i["outfit"])]
        for i in fit["items"][:SHOWN]
    ]
    for line in table(head, rows, right=(1, 2, 3, 4, 5)):
        voice.say(line)
    people = fit["people"]
    if people["looked_at"]:
        n, of = len(people["strange"]), people["looked_at"]
        voice.say(
            voice(
                f"答え方がほかの人と合わない人: {of:,}人中{n:,}人（ふつうは約5%）。",
                f"People whose answers do not go together: {n:,} of {of:,} (about 5% by chance).",
            )
        )
    for pair in fit["dependent"][:8]:
        names = voice("と", " and ").join(pair["items"])
        voice.say(
            voice(
                f"{names}: 力のほかにも似たところがある（Q3 {pair['q3']:+.2f}）",
                f"{names}: related beyond ability (Q3 {pair['q3']:+.2f})",
            )
        )


def _with(value: float, error: float | None) -> str:
    return f"{value:.3f}" + (f" ({error:.3f})" if error is not None else "")


def _row(i: Item) -> list[str]:
    d = "  ".join(_with(v, e) for v, e in zip(i.d, i.se_d, strict=True))
    more = [_with(i.g, i.se_g)] if i.g is not None else []
    return [i.item, _with(i.a, i.se_a), d, *more, f"{i.answers:,}"]
