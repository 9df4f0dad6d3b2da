"""What tests share: the real data where they are there, the sample town, and the command line in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from daremo.cli.frame import run as run_command
from daremo.cli.main import daremo as command

ROOT = Path(__file__).resolve().parent.parent

# The same cases in every run, so that a red run is red again; --hypothesis-profile=default seeks new ones.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, or a skip that says where it was sought."""
    folder = Path(os.environ.get("DAREMO_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set DAREMO_SHARED")
    return folder


@pytest.fixture
def daremo(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command line, run in this process: ``daremo("gap", town, "--json")``."""

    def ran(*arguments: object) -> Ran:
        capsys.readouterr()
        code = run_command(command, [str(a) for a in arguments])
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return ran


@pytest.fixture(scope="session")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region folder of みほん市 with 3,000 people."""
    from daremo.region.model import save
    from daremo.region.sample import sample_town

    folder = tmp_path_factory.mktemp("towns") / "town"
    save(sample_town(3_000, 1), folder)
    return folder
