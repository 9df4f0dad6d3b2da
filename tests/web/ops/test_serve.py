"""``daremo serve`` starts all of it, moves to a free port, and leaves nothing running."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from daremo.web.server import listen


@pytest.fixture
def environment(tmp_path: Path, small_town: Path) -> dict[str, str]:
    """A service of its own, with a town of 3,000 people."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAREMO_", "DJANGO_"))}
    return clean | {"DAREMO_DATA": str(tmp_path / "data"), "DAREMO_REGION": str(small_town), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def busy() -> Iterator[int]:
    """A port that somebody else holds."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


def started(environment: dict[str, str], port: int, *more: str) -> tuple[subprocess.Popen[str], str]:
    """Start the service and wait for the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "daremo.cli.main", "serve", "--port", str(port), "--lang", "en", *more],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    for line in process.stdout:
        if line.startswith("http://"):
            return process, line.strip()
    raise AssertionError(process.stderr.read())


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_a_busy_port_moves_to_the_next_free_one(busy: int):
    with listen("127.0.0.1", busy) as found:
        assert busy < found.getsockname()[1] <= busy + 49


def test_the_service_answers_reports_ready_and_ctrl_c_leaves_nothing_running(environment: dict[str, str], busy: int):
    process, address = started(environment, busy)
    try:
        children = family(process)
        assert int(address.rsplit(":", 1)[1]) > busy
        assert len(children) >= 4  # gunicorn, its two processes, the worker
        with urllib.request.urlopen(address, timeout=30) as page:
            assert page.status == 200 and "みほん市" in page.read().decode()
        # the names of static files carry a digest, so they may be kept for ever
        until = time.monotonic() + 30
        ready = {}
        while ready.get("status") != "ok" and time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{address}/readyz", timeout=30) as told:
                    ready = json.load(told)
            except OSError:
                time.sleep(0.3)
        assert ready == {"status": "ok", "database": True, "migrations": True, "worker": True}
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
        assert process.returncode == 0 and "Ended" in out and "Traceback" not in err
        assert [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE] == []
    finally:
        process.kill()
    log = (Path(environment["DAREMO_DATA"]) / "desk.log").read_text()
    assert all(json.loads(line) for line in log.splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_a_killed_service_leaves_nothing_running_either(environment: dict[str, str], busy: int):
    process, _ = started(environment, busy, "--no-demo")
    children = family(process)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert [c for c in alive if c.is_running() and c.status() != psutil.STATUS_ZOMBIE] == []
