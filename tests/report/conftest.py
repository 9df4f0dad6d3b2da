"""The example town's reports, written once a session."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("report_example", Path(__file__).with_name("example.py"))
assert _spec is not None and _spec.loader is not None
example = importlib.util.module_from_spec(_spec)
sys.modules["report_example"] = example
_spec.loader.exec_module(example)


@pytest.fixture(scope="session")
def made() -> Any:
    """The module that makes example regions, gaps and plans."""
    return example


@pytest.fixture(scope="session")
def plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from daremo.report import plan_report

    folder = tmp_path_factory.mktemp("plan")
    region = example.town()
    plan_report(region, example.gap_of(region), example.plan_of(region), folder)
    return folder


@pytest.fixture(scope="session")
def gap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from daremo.report import gap_report

    folder = tmp_path_factory.mktemp("gap")
    region = example.town()
    gap_report(region, example.gap_of(region), folder)
    return folder
