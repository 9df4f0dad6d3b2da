"""A search that a person can watch and stop: bound and gap on the terminal, Ctrl-C keeps the best so far."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from daremo.cli.frame import Voice
from daremo.cli.mute import mute_libraries
from daremo.cli.text import percent

if TYPE_CHECKING:
    from daremo.kernel.watch import Watch

#: A log hears the same line again after so many seconds.
AGAIN_S = 20.0


@contextmanager
def searching(voice: Voice, time_limit: float | None) -> Iterator[Watch]:
    """A watch for one search; the first Ctrl-C (or SIGTERM) ends it with the best so far, the second breaks off."""
    from daremo.kernel.watch import Watch
    from daremo.reach.model import gap_share

    limit = math.inf if time_limit is None else time_limit
    told = voice.progress()
    stopped = threading.Event()
    said, said_s = "", -math.inf

    def tell(value: float, bound: float) -> None:
        nonlocal said, said_s
        gap = gap_share(value, bound)
        words = [voice("いまの答え", "best so far") + " " + (f"{value:,.6g}" if math.isfinite(value) else "—")]
        if math.isfinite(bound):
            words.append(voice("上限・下限", "bound") + f" {bound:,.6g}")
        if math.isfinite(gap):
            words.append(voice("差", "gap") + " " + percent(gap, 3))
        line = "  ".join(words)
        if line != said or sys.stderr.isatty() or watch.seconds > said_s + AGAIN_S:
            told(watch.seconds / limit if math.isfinite(limit) else -1.0, line)
            said, said_s = line, watch.seconds

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()
        words = voice(
            "\nとめています。ここまでで一番よい答えを出します（もう一度で中止）。",
            "\nStopping with the best answer so far (once more breaks off).",
        )
        click.echo(words, err=True)

    watch = Watch(limit, tell=tell, stop=stopped.is_set)
    main = threading.current_thread() is threading.main_thread()
    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)} if main else {}
    try:
        with mute_libraries():
            yield watch
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        voice.hush()
