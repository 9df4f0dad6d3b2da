"""One question, several engines, one process an engine: CPU seconds, memory, value and bound as rows of a table.

An engine is the name of a function and its arguments. The function makes the data (seeds fixed, so everybody gets the
same), warms up, and hands the work to `measured`; only the work is timed, building a model included. The parent holds no
data and ends a process that overruns its limit by far.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import multiprocessing
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEAD = ("question", "engine", "CPU s", "wall s", "peak MB", "value", "bound", "gap", "ratio", "remark")
#: A process that has run this many times its limit, and a minute for the data, is ended.
PATIENCE, DATA_S = 3.0, 60.0
#: The same where limits are CPU seconds: on a busy machine a process may get a tenth of a processor.
PATIENCE_CPU = 20.0


@dataclass(frozen=True)
class Told:
    """What an engine answered: value and bound (NaN where it states none), seconds of the work alone."""

    value: float
    bound: float
    cpu_s: float = math.nan
    wall_s: float = math.nan
    remark: str = ""


@dataclass(frozen=True)
class Engine:
    """A row: who answers, by which function (``module:function``), with which arguments."""

    name: str
    function: str
    arguments: tuple[Any, ...] = ()
    limit_s: float = 120.0
    needs: str = ""


@dataclass(frozen=True)
class Target:
    """What issue 3 asks of our row: a gap (share) and, where it counts as CPU seconds, those; a limit in wall seconds is in the limit."""

    gap_share: float = 0.0
    cpu_s: float = math.inf
    peak_mb: float = math.inf
    text: str = ""


@dataclass
class Missed:
    """Targets that our rows did not reach, told again at the end."""

    rows: list[str] = field(default_factory=list)
    targets: int = 0


MISSED = Missed()
#: Heading of the table that has no row yet.
HEADINGS: list[str] = []


class Chosen:
    """Which rows are asked: short ones only unless `long`; where there are `words`, those whose question holds one."""

    long = True
    words: tuple[str, ...] = ()

    @classmethod
    def holds(cls, question: str, long: bool) -> bool:
        """Whether this row is asked."""
        if cls.words:
            return any(word.casefold() in question.casefold() for word in cls.words)
        return cls.long or not long


class Limits:
    """Whether limits count CPU seconds of all threads, for a machine that others use too, instead of wall seconds."""

    cpu = False


def watch(limit_s: float) -> Any:
    """A watch of ours on wall or CPU seconds."""
    from daremo.kernel.watch import Watch

    return Watch(limit_s, clock=time.process_time) if Limits.cpu else Watch(limit_s)


@contextmanager
def stopping(limit_s: float, stop: Callable[[], Any]) -> Iterator[float]:
    """Wall limit for a program that knows no CPU limit; where CPU seconds count, it is stopped from beside instead."""
    if not Limits.cpu:
        yield limit_s
        return
    done = threading.Event()
    end = cpu_seconds() + limit_s

    def look() -> None:
        while not done.wait(0.2):
            if cpu_seconds() > end:
                stop()
                return

    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    yield PATIENCE_CPU * limit_s
    done.set()
    looker.join()


def cpu_seconds() -> float:
    """CPU seconds of this process and the programs that it started."""
    return time.process_time() + sum(os.times()[2:4])


def measured(work: Callable[[], tuple[float, float]]) -> Told:
    """Value and bound of some work, and the seconds that it took."""
    cpu, wall = cpu_seconds(), time.monotonic()
    value, bound = work()
    return Told(value, bound, cpu_seconds() - cpu, time.monotonic() - wall)


def memory_mb() -> float:
    """The most memory that this process ever held, libraries and data included."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


def _child(function: str, arguments: tuple[Any, ...], cpu: bool, pipe: Any) -> None:
    """Run one engine and send what it told and the memory that it took."""
    warnings.simplefilter("ignore")
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]
    Limits.cpu = cpu
    # what solvers print is kept out of the table
    os.dup2(2, 1)
    module, name = function.split(":")
    try:
        pipe.send((getattr(importlib.import_module(module), name)(*arguments), memory_mb()))
    except MemoryError:
        pipe.send(("out of memory", memory_mb()))
    except Exception as error:
        pipe.send((f"failed: {type(error).__name__}: {str(error)[:120]}", memory_mb()))


def run(engine: Engine) -> tuple[Told | str, float]:
    """What one engine told in a process of its own, or why nothing came; and its peak memory (MB)."""
    if engine.needs and importlib.util.find_spec(engine.needs) is None:
        return f"absent: pip install {engine.needs}", math.nan
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=_child, args=(engine.function, engine.arguments, Limits.cpu, there)
    )
    process.start()
    there.close()
    patience = (PATIENCE_CPU if Limits.cpu else PATIENCE) * engine.limit_s + DATA_S
    told: tuple[Told | str, float] = (f"nothing after {patience:.0f} s, ended", math.nan)
    if here.poll(patience):
        try:
            told = here.recv()
        except EOFError:
            told = ("died (out of memory?)", math.nan)
    if process.is_alive():
        process.join(5)
        process.kill()
    process.join()
    return told


def ask(
    question: str, engines: Sequence[Engine], target: Target | None = None, *, sense: str = "max", long: bool = False
) -> list[Told | None]:
    """Ask all engines in turn; the first is ours, and ratios are CPU seconds relative to it.

    A row that is not `Chosen` (a `long` one where only short ones are) has no answers.
    """
    answers: list[Told | None] = []
    if not Chosen.holds(question, long):
        return answers
    for at, engine in enumerate(engines):
        told, peak = run(engine)
        if isinstance(told, str):
            row(question, engine.name, peak=peak, remark=told)
            answers.append(None)
            continue
        answers.append(told)
        ours = answers[0]
        # seconds of somebody who stopped far from our proof say nothing beside ours
        short = bool(ours and gap_of(told) > gap_of(ours) + 1e-4)
        ratio = told.cpu_s / ours.cpu_s if ours and at and not short else math.nan
        remark = "; ".join(x for x in (told.remark, "stopped at its limit" if short and at else "") if x)
        if at == 0 and target:
            remark = "; ".join(x for x in (remark, _judge(question, told, peak, target)) if x)
        row(question, engine.name, told, peak, ratio, remark)
    return answers


def gap_of(told: Told) -> float:
    """|bound − value| / |value|; NaN where no bound is stated."""
    if math.isnan(told.bound) or math.isnan(told.value):
        return math.nan
    if told.value == told.bound:
        return 0.0
    finite = math.isfinite(told.value) and math.isfinite(told.bound) and told.value
    return abs(told.bound - told.value) / abs(told.value) if finite else math.inf


def _judge(question: str, told: Told, peak: float, target: Target) -> str:
    MISSED.targets += 1
    gap = gap_of(told)
    wrong = [
        *([f"gap {gap:.3%}"] if not gap <= target.gap_share + 1e-12 else []),
        *([f"{told.cpu_s:.1f} CPU s"] if told.cpu_s > target.cpu_s else []),
        *([f"{peak:.0f} MB"] if peak > target.peak_mb else []),
    ]
    if not wrong:
        return f"target {target.text}: reached"
    MISSED.rows.append(f"{question}: target {target.text}, but {', '.join(wrong)}")
    return f"target {target.text}: MISSED ({', '.join(wrong)})"


def row(
    question: str,
    engine: str,
    told: Told | None = None,
    peak: float = math.nan,
    ratio: float = math.nan,
    remark: str = "",
) -> None:
    """Print one row as Markdown, so that a page can hold what was printed."""
    t = told or Told(math.nan, math.nan)
    if HEADINGS:
        title = HEADINGS.pop()
        HEADINGS.clear()
        print(f"\n### {title}\n\n| {' | '.join(HEAD)} |\n|---|---|" + "---:|" * 7 + "---|", flush=True)
    cells = (
        question, engine, _number(t.cpu_s, ",.2f"), _number(t.wall_s, ",.1f"), _number(peak, ",.0f"),
        _number(t.value, ",.10g"), _number(t.bound, ",.10g"), _number(gap_of(t), ".3%"), _number(ratio, ",.1f"), remark,
    )  # fmt: skip
    print("| " + " | ".join(cells) + " |", flush=True)


def _number(x: float, form: str) -> str:
    return "–" if math.isnan(x) else "none" if math.isinf(x) else format(x, form)


def table(title: str) -> None:
    """Heading of a table, printed with its first row."""
    HEADINGS.append(title)
