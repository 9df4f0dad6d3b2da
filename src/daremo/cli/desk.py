"""``daremo desk check``: is everything set so that the service may start."""

from __future__ import annotations

import os
from typing import ClassVar

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.main import Verbs


class DeskVerbs(Verbs):
    """The verbs of ``daremo desk``, all in this file."""

    VERBS: ClassVar[dict[str, str]] = {"check": "List what is missing or wrong in the settings of the service."}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return check if cmd_name in self.VERBS else None


@click.group(cls=DeskVerbs)
def desk() -> None:
    """The desk's settings. All of them: docs/look/settings.md."""


@click.command(epilog=example("daremo desk check"))
@verb
def check(voice: Voice) -> int:
    """List what is missing or wrong in the settings, and what the database lacks; exit code 3 when there is something."""
    from daremo.cli.service import start_django
    from daremo.web.configuration import Configuration

    told = Configuration(os.environ)
    found = [{"setting": t.setting, "says": t.says} for t in told.troubles]
    if not found:
        start_django()
        found = _of_the_database(voice)
    voice.answer({"mode": told.mode, "given": sorted(told.given), "troubles": found})
    for trouble in found:
        voice.say(f"✗ {trouble['setting']}: {trouble['says']}")
    if not found:
        voice.say(voice(f"✓ 設定はそろっています（{told.mode}）", f"✓ The settings are complete ({told.mode})"))
    return 3 if found else 0


def _of_the_database(voice: Voice) -> list[dict[str, str]]:
    from django.core.checks import WARNING, run_checks
    from django.db import DatabaseError

    from daremo.web.gate.watch import unmigrated

    try:
        steps = unmigrated()
    except DatabaseError:
        return [
            {
                "setting": "DAREMO_DATABASE_URL",
                "says": voice("データベースが答えません", "the database does not answer"),
            }
        ]
    says = voice(f"表が古いままです（あと {steps} 段階）。daremo migrate", f"{steps} steps behind; run daremo migrate")
    found = [{"setting": "DAREMO_DATABASE_URL", "says": says}] if steps else []
    return found + [{"setting": str(c.id), "says": str(c.msg)} for c in run_checks() if c.level >= WARNING]
