"""``daremo desk``: is everything set so that the service may start; a plan into the desk."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.main import Verbs

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


class DeskVerbs(Verbs):
    """The verbs of ``daremo desk``, all in this file."""

    VERBS: ClassVar[dict[str, str]] = {
        "check": "List what is missing or wrong in the settings of the service.",
        "load": "Turn a plan into points, times and sessions.",
        "lines": "Show planners what daremo network found.",
    }

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return {"check": check, "load": load, "lines": lines}.get(cmd_name)


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


@click.command(epilog=example("daremo desk load town plan --first 2027-04-01 --weeks 12"))
@click.argument("town", type=FOLDER)
@click.argument("plan", type=FOLDER)
@click.option("--first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day of the openings.")
@click.option("--weeks", type=click.IntRange(1, 60), default=12, show_default=True, help="Sessions for so many weeks.")
@verb
def load(voice: Voice, town: Path, plan: Path, first: datetime, weeks: int) -> None:
    """Turn the PLAN that was made for TOWN into points, openings, courses and sessions of the desk, all or nothing."""
    from dataclasses import asdict

    from daremo.cli.service import start_django

    start_django()
    from daremo.web import clock
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.transfer import services as transfer

    made = transfer.load_plan(of_the_system(clock.now(), "desk load"), town, plan, first_day=first.date(), weeks=weeks)
    voice.answer(asdict(made))
    voice.say(
        voice(
            f"場所 {made.points}、開く時間 {made.openings}、教室 {made.series}、予約枠 {made.sessions} を入れました。",
            f"Loaded {made.points} points, {made.openings} openings, {made.series} courses, {made.sessions} sessions.",
        )
    )
    if made.left_out:
        voice.say(voice("予定にならないもの: ", "Without sessions: ") + "、".join(made.left_out))


@click.command(epilog=example("daremo desk lines gaps.json load.json --source 県の計算 --as-of 2026-10-01"))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", required=True, help="Where the figures come from, in words; shown beside them.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day of the figures.")
@verb
def lines(voice: Voice, files: tuple[Path, ...], source: str, as_of: datetime) -> None:
    """Show planners the FILES that ``daremo network gaps|load|availability|upgrade|access|fail --json`` wrote, all or none."""
    from daremo.cli.service import start_django

    start_django()
    from django.db import transaction

    from daremo.web import clock
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.lines import services

    act, told = of_the_system(clock.now(), "desk lines"), []
    with transaction.atomic():
        for path in files:
            row = services.take(act, path.name, path.read_bytes(), source=source, as_of=as_of.date())
            told.append({"file": path.name, "kind": services.show(act, row).kind, "sha256": row.sha256})
    voice.answer({"shown": told})
    for one in told:
        voice.say(voice(f"✓ {one['file']}: {one['kind']} を入れました", f"✓ {one['file']}: shown as {one['kind']}"))


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
