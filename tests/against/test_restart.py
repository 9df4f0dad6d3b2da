"""The database crashes twice while residents book: each of them ends with one booking."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.against import postgres
from tests.against.restarted import FORMS, PEOPLE

ROOT = Path(__file__).resolve().parents[2]


def test_a_database_that_is_restarted_in_the_middle_loses_and_doubles_nothing() -> None:
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    try:
        with postgres.cluster() as address:
            ran = subprocess.run(
                [sys.executable, "-m", "tests.against.restarted", address],
                cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
    except KeyError:
        pytest.skip("root may not run PostgreSQL, and there is no account postgres")
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    assert found["wrong"] == [] and found["counted"] == 0 and found["journal"] == 0
    assert found["bookings"] == found["reservations"] == PEOPLE * FORMS
    assert all(0 < before < sum(found["answers"].values()) for before in found["before"]), "a restart nobody could feel"
