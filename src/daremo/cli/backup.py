"""``daremo backup``: everything into one file."""

from __future__ import annotations

from pathlib import Path

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.service import no_database, start_django


@click.command(epilog=example("daremo backup desk.daremo"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@verb
def backup(voice: Voice, file: Path) -> None:
    """Write everything the desk knows into FILE while it runs: one consistent moment, readable by you alone.

    It holds personal data: keep it like the database. DAREMO_SECRET_KEY is not in it; keep that elsewhere.
    """
    start_django()
    from django.db import OperationalError

    from daremo.web import clock
    from daremo.web.backup import write

    try:
        told = write(file, clock.now())
    except OperationalError as error:
        raise no_database(error) from error
    rows, size = sum(told.rows.values()), file.stat().st_size
    voice.answer({"file": str(file), "rows": rows, "tables": told.rows, "bytes": size, "at": told.at})
    voice.say(
        voice(
            f"{rows:,} 行を {file} に書きました（{size / 1e6:.1f} MB）。個人の情報が入っています",
            f"Wrote {rows:,} rows to {file} ({size / 1e6:.1f} MB); it holds personal data",
        )
    )
