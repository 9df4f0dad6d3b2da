"""``daremo sample``: the made-up town みほん市."""

from __future__ import annotations

from pathlib import Path

import click

from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import Voice, example, verb


@click.command(epilog=example("daremo sample town --people 3000"))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--people", default=60_000, show_default=True, help="Residents.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same town.")
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def sample(voice: Voice, out: Path, people: int, seed: int, force: bool) -> None:
    """Make the sample town みほん市: plain, hill and island, every table filled. Nothing in it is real."""
    from daremo.region.model import TABLES, save
    from daremo.region.sample import sample_town
    from daremo.region.sample_backbone import write_backbone

    refuse_foreign(out, force=force)
    town = sample_town(people, seed)
    with whole_folder(out, force=force) as folder:
        save(town, folder)
        write_backbone(town, folder)
    rows = {t: town[t].height for t in TABLES}
    voice.answer(
        {
            "folder": str(out),
            "name": town.name,
            "code": town.code,
            "people": town.people_total(),
            "people_65plus": town.people_65plus(),
            "areas": rows["areas"],
            "places": rows["places"],
            "tables": rows,
            "seed": seed,
            "digest": town.digest,
        }
    )
    voice.say(
        voice(
            f"{town.name}（架空の町）を作りました: {town.people_total():,.0f}人（65歳以上 {town.people_65plus():,.0f}人）、"
            f"{rows['areas']}地区、施設 {rows['places']}か所 → {out}",
            f"Made {town.name} (nothing in it is real): {town.people_total():,.0f} people "
            f"({town.people_65plus():,.0f} aged 65+), {rows['areas']} districts, {rows['places']} places → {out}",
        )
    )
