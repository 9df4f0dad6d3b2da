"""``daremo serve``: the whole service on this machine."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.service import migrate, start_django

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command(epilog=example("daremo serve --port 8000"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for the network.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; a busy one moves to the next.  [default: 8000]")
@click.option(
    "--town", type=FOLDER, help="Region whose places are loaded into an empty service.  [default: the sample]"
)
@click.option("--plan", type=FOLDER, help="Plan whose points, openings and sessions are loaded into an empty service.")
@click.option("--no-demo", is_flag=True, help="Load nothing, even into an empty service.")
@click.option("--no-worker", is_flag=True, help="Start no worker; run daremo worker elsewhere.")
@click.option("--until-up", is_flag=True, help="End once the first page was answered: a trial of the whole start.")
@verb
def serve(
    voice: Voice, host: str, port: int | None, town: Path | None, plan: Path | None, no_demo: bool, no_worker: bool, until_up: bool
) -> int:  # fmt: skip
    """Start the desk: tables, the sample town where nothing is there yet, pages and worker; Ctrl-C ends all of it."""
    if town is not None:
        os.environ["DAREMO_REGION"] = str(town.absolute())
    start_django()
    from django.conf import settings
    from django.db import connections

    from daremo.web import clock, sample
    from daremo.web.server import Service, collect, listen

    steps = migrate()
    collect(settings.STATIC_ROOT)
    loaded = None
    if not no_demo and settings.DAREMO_MODE != "production":
        if sample.empty():
            _make_sample_town(settings.DAREMO_REGION)
        loaded = sample.load_when_empty(
            settings.DAREMO_REGION, plan or _plan_beside(settings.DAREMO_REGION), clock.now(), voice.progress()
        )
        voice.hush()
    connections.close_all()
    told = settings.CONFIGURATION
    service = Service(
        listen(host, port or told["DAREMO_PORT"]),
        told["DAREMO_PROCESSES"],
        told["DAREMO_THREADS"],
        told["DAREMO_TIME_LIMIT_S"],
        settings.DAREMO_DATA,
        not no_worker,
        settings.DAREMO_DATA / "desk.log" if settings.DAREMO_MODE == "practice" else None,
    )
    # a shell that starts us in the background has SIGINT ignored; Ctrl-C must end the service all the same
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        service.begin()
        voice.answer({"address": service.address, "mode": settings.DAREMO_MODE, "steps": steps, "loaded": loaded})
        if loaded is not None:
            voice.say(voice(f"見本を入れました: {loaded.ja}", f"Loaded the sample: {loaded.en}"))
        voice.say(service.address)
        if until_up:
            return 0 if service.status("/") == 200 else 1
        voice.say(voice("Ctrl-C で終わります", "Ctrl-C ends it"))
        return 1 if service.watch() else 0
    except KeyboardInterrupt:
        voice.say(voice("終わりました", "Ended"))
        return 0
    finally:
        service.end()


def _make_sample_town(region: Path) -> None:
    """Make みほん市 where the region is to be and nothing is there."""
    from daremo.region.model import save
    from daremo.region.sample import sample_town

    if not region.exists():
        region.parent.mkdir(parents=True, exist_ok=True)
        save(sample_town(60_000, 1), region)


def _plan_beside(region: Path) -> Path | None:
    """The plan that ``make demo`` puts beside its town."""
    beside = region.parent / "plan"
    return beside if (beside / "plan.json").is_file() else None
