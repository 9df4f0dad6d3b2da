"""``daremo gap``: how many people are left behind, where and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daremo.cli.assumptions import assumed
from daremo.cli.files import write_gap_table
from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import Voice, example, verb
from daremo.cli.show import show_gap


@click.command(epilog=example("daremo gap town -o gap", "daremo gap town --assume uptake_share:85+=0.02 --json"))
@click.argument("region", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for gap.json, gap.parquet and report.html.")
@click.option(
    "--draws",
    default=200,
    show_default=True,
    type=click.IntRange(20, 20_000),
    help="Posterior draws behind every interval.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--assume",
    "changes",
    multiple=True,
    metavar="KEY[:STAGE]=VALUE",
    help="Another value for a default; see daremo assumptions.",
)
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def gap(
    voice: Voice, region: Path, out: Path | None, draws: int, seed: int, changes: tuple[str, ...], force: bool
) -> None:
    """See how many residents of REGION are left behind, where, and for which of five reasons, with 90 % intervals."""
    from daremo.cases.gap import gap as see
    from daremo.region.model import load

    if out is not None:
        refuse_foreign(out, force=force)
    assumptions = assumed(changes)
    region_ = load(region)
    seen = see(region_, assumptions, draws=draws, seed=seed, progress=voice.progress())
    value: dict[str, Any] = seen.as_dict()
    if out is not None:
        from daremo.kernel.results import write_json
        from daremo.report import gap_report

        with whole_folder(out, force=force) as folder:
            write_json(folder / "gap.json", value)
            write_gap_table(value, folder / "gap.parquet")
            gap_report(region_, seen, folder, lang=voice.lang)
    voice.hush()
    voice.answer(value)
    show_gap(voice, value)
    if out is not None:
        voice.say(voice(f"\n報告書: {out / 'report.html'}", f"\nReport: {out / 'report.html'}"))
