"""What every verb shares: its three options, its voice, and how an error becomes words and an exit code."""

from __future__ import annotations

import functools
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from daremo import __version__
from daremo.kernel.errors import DaremoError, InputError, Problem

if TYPE_CHECKING:
    from daremo.kernel.results import Progress

#: The public contract of exit codes.
DONE, UNEXPECTED, USAGE, INPUT, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 4, 5
#: Problems shown to a person before the rest is only counted; ``--json`` has them all.
SHOWN = 20


class Told:
    """A progress that speaks on stderr, only once two seconds have passed, with an estimate of what is left."""

    def __init__(self, stream: TextIO, lang: str, *, after_s: float = 2.0, clock: Callable[[], float] = time.monotonic):
        self._stream, self._lang, self._after, self._clock = stream, lang, after_s, clock
        self._start, self._last, self._width = clock(), -1e9, 0

    def __call__(self, share: float, note: str) -> None:
        now = self._clock()
        passed = now - self._start
        live = self._stream.isatty()
        if passed < self._after or now - self._last < (0.2 if live else 5.0):
            return
        self._last = now
        line = f"{share:4.0%} {note}" if share >= 0 else note  # a share below 0 is not known
        if 0.02 < share < 1:
            left = passed * (1 - share) / share
            line += f" (残り約{left:.0f}秒)" if self._lang == "ja" else f" (about {left:.0f} s left)"
        if live:
            self._width = max(self._width, len(line) * 2)
            self._stream.write("\r" + line.ljust(self._width))
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def end(self) -> None:
        """Wipe the live line."""
        if self._width and self._stream.isatty():
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()


@dataclass
class Voice:
    """How a verb speaks: in which language, to a person or a program, aloud or quietly."""

    lang: str
    as_json: bool
    quiet: bool
    _told: Told | None = field(default=None, repr=False)

    def __call__(self, ja: str, en: str) -> str:
        """The words in the chosen language."""
        return ja if self.lang == "ja" else en

    def say(self, text: str = "") -> None:
        """For a person, on stdout."""
        if not self.quiet and not self.as_json:
            click.echo(text)

    def answer(self, value: Any) -> None:
        """For a program, on stdout: one JSON document and nothing else."""
        if self.as_json:
            from daremo.kernel.results import plain

            click.echo(json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False))

    def progress(self) -> Progress:
        """A progress for a long task."""
        if self.quiet:
            from daremo.kernel.results import silent

            return silent
        self._told = Told(sys.stderr, self.lang)
        return self._told

    def hush(self) -> None:
        """End the progress line."""
        if self._told is not None:
            self._told.end()


def verb(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--json --quiet --lang`` and hand it a `Voice` as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout and nothing else.")
    @click.option("--quiet", is_flag=True, help="Say nothing but errors; no progress.")
    @click.option(
        "--lang", type=click.Choice(["ja", "en"]), default="ja", show_default=True, help="Language for people."
    )
    @functools.wraps(function)
    def wrapped(as_json: bool, quiet: bool, lang: str, **options: Any) -> Any:
        voice = Voice(lang, as_json, quiet)
        click.get_current_context().find_root().meta["daremo.voice"] = voice
        try:
            return function(voice, **options)
        finally:
            voice.hush()

    return wrapped


def example(*lines: str) -> str:
    """The epilog that shows examples as they are typed; tests run every one of them."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def problem_lines(problems: list[Problem] | tuple[Problem, ...], voice: Voice, shown: int = SHOWN) -> list[str]:
    """Problems for a person: grouped by code, worst first, the first `shown` of them, the rest counted."""
    rank = {"error": 0, "question": 1, "warning": 2}
    groups: dict[tuple[str, str], list[Problem]] = {}
    for p in sorted(problems, key=lambda p: rank[p.severity]):
        groups.setdefault((p.severity, p.code), []).append(p)
    words = {
        "error": voice("読めなかったもの", "not used"),
        "question": voice("確かめたいこと", "to be decided"),
        "warning": voice("見なおしたいこと", "to be looked at"),
    }
    lines: list[str] = []
    left = shown
    for (severity, code), group in groups.items():
        lines.append(f"■ {words[severity]}: {code} ({len(group)})" + _gloss(code, voice))
        for p in group[: max(left, 0)]:
            lines.append("   " + str(p).removeprefix(f"[{code}] ").removeprefix(": "))
        left -= len(group)
    if left < 0:
        lines.append(
            voice(f"   ほかに{-left}件。--json で全部見られます。", f"   {-left} more; --json shows them all.")
        )
    return lines


def _gloss(code: str, voice: Voice) -> str:
    """An English reader gets the meaning of a code beside the Japanese message."""
    if voice.lang == "ja":
        return ""
    from daremo.cli.codes import meaning

    text = meaning(code)
    return f" {text}" if text else ""


def run(command: click.Command, arguments: list[str]) -> int:
    """Run a command line and return its exit code; every error is told in words, none as a traceback."""
    context: click.Context | None = None
    try:
        with command.make_context("daremo", list(arguments)) as context:
            result = command.invoke(context)
        sys.stdout.flush()
        return int(result) if isinstance(result, int) else DONE
    except click.exceptions.Exit as e:
        return e.exit_code
    except click.ClickException as e:
        if "--json" in arguments:
            click.echo(
                json.dumps({"error": {"code": "usage", "message": e.format_message(), "where": "", "fix": "--help"}})
            )
        e.show()
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        voice = _voice(context, arguments)
        return _tell(
            voice,
            INTERRUPTED,
            {
                "code": "interrupted",
                "message": voice(
                    "中断しました。書きかけのファイルは残していません。", "Interrupted; nothing was left half-written."
                ),
                "where": "",
                "fix": "",
            },
        )
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except InputError as e:
        voice = _voice(context, arguments)
        if not voice.as_json:
            for line in problem_lines(e.problems, voice):
                click.echo(line, err=True)
        return _tell(voice, e.exit_code, e.as_dict(), silent=not voice.as_json)
    except DaremoError as e:
        voice = _voice(context, arguments)
        return _tell(voice, e.exit_code, e.as_dict())
    except PermissionError as e:
        voice = _voice(context, arguments)
        return _tell(
            voice,
            INPUT,
            {
                "code": "cannot-write",
                "message": voice("読み書きが許されていません", "not permitted"),
                "where": str(e.filename or ""),
                "fix": voice("場所を確かめてください", "check the place"),
            },
        )
    except Exception as e:
        return _tell(_voice(context, arguments), UNEXPECTED, _unexpected(e, _voice(context, arguments)))


def _voice(context: click.Context | None, arguments: list[str]) -> Voice:
    found = context.find_root().meta.get("daremo.voice") if context is not None else None
    return found if isinstance(found, Voice) else Voice("ja", "--json" in arguments, False)


def _tell(voice: Voice, code: int, error: dict[str, object], *, silent: bool = False) -> int:
    if voice.as_json:
        click.echo(json.dumps({"error": {**error, "exit_code": code}}, ensure_ascii=False, indent=1))
    elif not silent:
        at = f"{error['where']}: " if error["where"] else ""
        fix = f"\n→ {error['fix']}" if error["fix"] else ""
        click.echo(f"[{error['code']}]{_gloss(str(error['code']), voice)} {at}{error['message']}{fix}", err=True)
    return code


def _unexpected(e: Exception, voice: Voice) -> dict[str, object]:
    """What a person can send us: where it broke and on what, never her data."""
    steps = [f for f in traceback.extract_tb(e.__traceback__) if "click" not in f.filename][-6:]
    frames = [f"{'/'.join(Path(f.filename).parts[-2:])}:{f.lineno} {f.name}" for f in steps]
    report = (
        f"daremo {__version__}, Python {platform.python_version()}, {platform.system()}, {type(e).__name__}: "
        + " < ".join(reversed(frames))
    )
    return {
        "code": "unexpected",
        "message": voice("こちらの不具合です。あなたのせいではありません。", "This is our mistake, not yours."),
        "where": "",
        "fix": voice(
            f"次の1行を開発者に送ってください（あなたのデータは入っていません）:\n{report}",
            f"Please send the developers this line (it holds none of your data):\n{report}",
        ),
        "detail": str(e),
    }
