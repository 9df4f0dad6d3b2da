"""The examples of the service's verbs run as typed, and what is missing is told with the one command."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from daremo.cli.main import daremo as command
from tests.cli.test_examples import SERVICE
from tools.reference import examples, leaves


def ran(line: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAREMO_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "daremo.cli.main", *shlex.split(line)[1:]],
        env={**clean, **more}, cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_the_examples_of_the_service_run_as_typed_in_the_order_of_help(tmp_path: Path):
    lines = [line for path, leaf in leaves(command) if path[1] in SERVICE - {"serve"} for line in examples(leaf)]
    assert {line.split()[1] for line in lines} == SERVICE - {"serve"}
    assert ran("daremo sample town --people 1500", tmp_path).returncode == 0
    assert ran("daremo plan town --budget-yen 3000000 -o plan --no-pdf", tmp_path).returncode == 0
    for verb in ("gaps", "load"):
        (tmp_path / f"{verb}.json").write_text(
            ran(f"daremo network {verb} town --json", tmp_path).stdout, encoding="utf-8"
        )
    lines.sort(key=lambda line: "migrate" not in line)
    for line in lines:
        done = ran(line, tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_a_missing_extra_is_told_with_the_one_command(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nf = u.find_spec\nu.find_spec = lambda n, p=None: None if n == 'allauth' else f(n, p)\n"
    )
    done = ran("daremo migrate", tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 3 and "pip install 'daremo[web]'" in done.stderr


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path):
    url = "postgresql://desk:very-secret@127.0.0.1:1/desk"  # no-secret
    for line in ("daremo migrate", "daremo worker --once", "daremo backup x.daremo"):
        done = ran(line, tmp_path, DAREMO_DATABASE_URL=url)
        assert done.returncode == 3 and "no-database" in done.stderr, done.stderr
        assert "very-secret" not in done.stdout + done.stderr
