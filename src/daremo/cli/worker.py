"""``daremo worker``: what nobody waits for."""

from __future__ import annotations

import click

from daremo.cli.frame import Voice, example, verb
from daremo.cli.service import no_database, start_django


@click.command(epilog=example("daremo worker --once"))
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@verb
def worker(voice: Voice, once: bool) -> None:
    """Send messages, ask who waits, make sessions, erase what is over: all background work, until stopped."""
    start_django()
    from django.db import OperationalError, connection

    from daremo.web.worker import Stop, work

    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise no_database(error) from error
    stop = Stop()
    if not once:
        stop.listen()
    voice.say(voice("仕事を始めます（Ctrl-C で終わります）", "At work; Ctrl-C ends it") if not once else "")
    work(stop, once=once)
    voice.answer({"ended": True})
