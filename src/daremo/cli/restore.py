"""``daremo restore``: a backup put back."""

from __future__ import annotations

from pathlib import Path

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.service import no_database, start_django


@click.command(epilog=example("daremo restore desk.daremo --replace"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Replace what is there; without it a desk that holds data is left alone.")
@verb
def restore(voice: Voice, file: Path, replace: bool) -> None:
    """Put a backup back, all or nothing, and bring it to this version's tables. Stop the service before."""
    start_django()
    from django.db import OperationalError

    from daremo.web.backup import put_back

    try:
        told = put_back(file, replace=replace)
    except OperationalError as error:
        raise no_database(error) from error
    rows = sum(told.rows.values())
    voice.answer({"file": str(file), "rows": rows, "at": told.at, "version": told.version})
    voice.say(voice(f"{told.at} の {rows:,} 行を戻しました", f"Put back {rows:,} rows of {told.at}"))
