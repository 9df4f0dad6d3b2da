"""``daremo plan``: what to buy for a budget, with a bound that no plan can exceed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import click

from daremo.cli.assumptions import assumed
from daremo.cli.files import write_gap_table
from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import Voice, example, verb
from daremo.cli.mute import mute_libraries
from daremo.cli.show import show_plan
from daremo.kernel.errors import UsageError


class Yen(click.ParamType[int]):
    """A whole number of yen; commas, full-width digits and 円 are fine, 万 counts ten thousand."""

    name = "yen"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        import unicodedata

        text = unicodedata.normalize("NFKC", str(value)).strip().strip("¥円").replace(",", "").replace("_", "")
        many = 10_000 if text.endswith("万") else 1
        try:
            amount = float(text.removesuffix("万")) * many
            if amount != int(amount) or amount < 0:
                raise ValueError
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no whole amount in yen", param, ctx)
        return int(amount)


@click.command(
    epilog=example(
        "daremo plan town --budget-yen 12000000 -o plan", "daremo plan town --budget-yen 6000000 --fair 0.5 --json"
    )
)
@click.argument("region", type=click.Path(path_type=Path))
@click.option("--budget-yen", required=True, type=Yen(), help="Most that the plan may cost in a year.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Folder for plan.json, report.html, report.pdf, plan.xlsx …"
)
@click.option(
    "--fair",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Least share of the town's average help that every named community gets.",
)
@click.option("--time-limit", default=50.0, show_default=True, type=click.FloatRange(1), help="Seconds for the search.")
@click.option(
    "--gap",
    "gap_share",
    default=0.005,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Stop when bound and plan are this close.",
)
@click.option("--lock", multiple=True, metavar="ACTION", help="This must be bought.")
@click.option("--ban", multiple=True, metavar="ACTION", help="This must not be bought.")
@click.option(
    "--assume",
    "changes",
    multiple=True,
    metavar="KEY[:STAGE]=VALUE",
    help="Another value for a default; see daremo assumptions.",
)
@click.option(
    "--draws",
    default=200,
    show_default=True,
    type=click.IntRange(20, 20_000),
    help="Posterior draws behind every interval.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--pdf/--no-pdf", default=None, help="report.pdf; by default where the extra [pdf] is installed.")
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def plan(
    voice: Voice,
    region: Path,
    budget_yen: int,
    out: Path | None,
    fair: float,
    time_limit: float,
    gap_share: float,
    lock: tuple[str, ...],
    ban: tuple[str, ...],
    changes: tuple[str, ...],
    draws: int,
    seed: int,
    pdf: bool | None,
    force: bool,
) -> None:
    """Choose what to buy for a budget so that most people are freed, and prove how much better any plan could be."""
    from daremo.cases.gap import gap as see
    from daremo.cases.plan import plan as choose
    from daremo.region.model import load

    if both := sorted({*lock} & {*ban}):
        raise UsageError(
            "lock-and-ban",
            f"{'・'.join(both)} が --lock と --ban の両方にあります",
            "どちらか一方にしてください",
            "--lock --ban",
        )
    if out is not None:
        refuse_foreign(out, force=force)
    assumptions = assumed(changes)
    region_ = load(region)
    told = voice.progress()
    seen = see(region_, assumptions, draws=draws, seed=seed)
    with mute_libraries():
        chosen = choose(
            region_,
            seen,
            assumptions,
            budget_yen=budget_yen,
            fair=fair,
            time_limit_s=time_limit,
            gap_share=gap_share,
            lock=lock,
            ban=ban,
            progress=told,
            clock=time.monotonic,
        )
    value = with_path(chosen.as_dict(), region, out)
    if out is not None:
        told(0.99, voice("報告書を書いています", "writing the report"))
        _write(voice, region_, seen, value, out, pdf, force)
    voice.hush()
    voice.answer(value)
    show_plan(voice, value, seen.as_dict()["reasons"])
    if out is not None:
        voice.say(voice(f"\n報告書: {out / 'report.html'}", f"\nReport: {out / 'report.html'}"))


def with_path(value: dict[str, Any], region: Path, out: Path | None) -> dict[str, Any]:
    """The plan with the region's path (relative to the plan's folder) and its digest anew."""
    from daremo.kernel.results import canonical, sha256

    path = os.path.relpath(region.resolve(), out.resolve()) if out is not None else str(region)
    told = {**value, "region": {**value["region"], "path": Path(path).as_posix()}}
    return {**told, "digest": sha256(canonical({k: v for k, v in told.items() if k != "digest"}))}


def _write(
    voice: Voice, region: Any, seen: Any, value: dict[str, Any], out: Path, pdf: bool | None, force: bool
) -> None:
    """All files of a plan, or none."""
    import importlib.util

    from daremo.kernel.results import write_json
    from daremo.report import plan_report

    with_pdf = importlib.util.find_spec("typst") is not None if pdf is None else pdf
    with whole_folder(out, force=force) as folder:
        write_json(folder / "plan.json", value)
        published = seen.as_dict()
        write_json(folder / "gap.json", published)
        write_gap_table(published, folder / "gap.parquet")
        plan_report(region, seen, value, folder, lang=voice.lang, pdf=with_pdf)
