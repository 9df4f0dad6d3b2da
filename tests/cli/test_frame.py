"""The manners that every verb shares: exit codes, silence, JSON, words for errors."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from daremo.cli.frame import INTERRUPTED, NO_ANSWER, UNEXPECTED, USAGE, Told, Voice, problem_lines, run, verb
from daremo.kernel.errors import Infeasible, Problem


def failing(error: BaseException) -> click.Command:
    @click.command()
    @verb
    def broken(voice: Voice) -> None:
        raise error

    return broken


def test_help_of_the_whole_comes_in_under_a_second():
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "daremo.cli.main", "--help"], capture_output=True, text=True, check=True
    )
    assert time.perf_counter() - start < 1
    assert "region" in done.stdout


def test_starting_loads_no_heavy_library():
    code = "import daremo.cli.main, sys; print(sorted({'numpy', 'polars', 'scipy'} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_ctrl_c_ends_with_five_and_words(capsys):
    assert run(failing(KeyboardInterrupt()), []) == INTERRUPTED
    assert "中断" in capsys.readouterr().err


def test_no_answer_ends_with_four_and_names_the_change(capsys):
    error = Infeasible("no-budget", "この予算では足りません", "¥300,000 以上にしてください")
    assert run(failing(error), []) == NO_ANSWER
    assert "¥300,000" in capsys.readouterr().err


def test_our_own_mistake_is_told_without_traceback_or_data(capsys):
    assert run(failing(ZeroDivisionError("secret value")), []) == UNEXPECTED
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told and "test_frame.py" in told
    assert "Traceback" not in told and "secret value" not in told


def test_an_error_with_json_is_one_json_document(capsys):
    import json

    assert run(failing(Infeasible("x", "m", "f")), ["--json"]) == NO_ANSWER
    told = capsys.readouterr()
    assert json.loads(told.out)["error"] == {"code": "x", "message": "m", "where": "", "fix": "f", "exit_code": 4}
    assert told.err == ""


def test_an_unknown_verb_is_usage(daremo):
    assert daremo("fly").code == USAGE


def test_an_unknown_option_with_json_is_still_json(daremo):
    ran = daremo("sample", "x", "--nope", "--json")
    assert ran.code == USAGE and ran.json["error"]["code"] == "usage"


def test_problems_are_grouped_worst_first_and_the_rest_is_counted():
    problems = [Problem("b-code", "m", "f", row=i, severity="warning") for i in range(30)] + [
        Problem("a-code", "m", "f")
    ]
    lines = problem_lines(problems, Voice("ja", False, False))
    assert "a-code (1)" in lines[0]
    assert sum(line.startswith("   ") for line in lines) == 20 + 1
    assert "ほかに11件" in lines[-1]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_progress_is_silent_for_two_seconds_then_estimates_the_rest():
    clock, stream = Clock(), io.StringIO()
    told = Told(stream, "en", clock=clock)
    clock.now = 1.9
    told(0.5, "solving")
    assert stream.getvalue() == ""
    clock.now = 3.0
    told(0.25, "solving")
    assert stream.getvalue() == " 25% solving (about 9 s left)\n"


def test_progress_on_a_pipe_speaks_at_most_every_five_seconds():
    clock, stream = Clock(), io.StringIO()
    told = Told(stream, "ja", clock=clock)
    for clock.now in (3.0, 4.0, 7.9, 8.1):
        told(0.5, "x")
    assert stream.getvalue().count("\n") == 2


@pytest.mark.parametrize("lang, word", [("ja", "大丈夫"), ("en", "fine")])
def test_a_voice_speaks_the_chosen_language(lang: str, word: str):
    assert Voice(lang, False, False)("大丈夫", "fine") == word


def test_a_stop_signal_leaves_nothing_half_written(tmp_path: Path):
    script = (
        "import os, signal, sys; from pathlib import Path; from daremo.cli import main as m; "
        "import daremo.region.model as r; signal.signal(signal.SIGTERM, m._stop); "
        "r.save = lambda *a, **k: ((a[1] / 'areas.csv').write_text('half'), os.kill(os.getpid(), signal.SIGTERM)); "
        f"sys.exit(m.run(m.daremo, ['sample', {str(tmp_path / 'town')!r}, '--people', '300']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED, done.stderr
    assert list(tmp_path.iterdir()) == []
