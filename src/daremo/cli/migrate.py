"""``daremo migrate``: the tables of this version."""

from __future__ import annotations

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.service import migrate as bring
from daremo.cli.service import start_django


@click.command(epilog=example("daremo migrate"))
@verb
def migrate(voice: Voice) -> None:
    """Bring the database of DAREMO_DATABASE_URL to the tables of this version; a second call changes nothing."""
    start_django()
    steps = bring()
    voice.answer({"steps": steps})
    voice.say(
        voice(
            f"データベースを整えました（{steps} 段階）" if steps else "データベースは、この版のとおりです",
            f"The database is ready ({steps} steps)" if steps else "The database already has this version's tables",
        )
    )
