"""Run the service on this machine: gunicorn and a worker as children of this process, which end when it ends."""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from daremo.kernel.errors import SetupError

#: Ports tried after the wished one.
PORTS = 50
UP_S = 60.0
DOWN_S = 15.0


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket on the port, or on the next that is free; so nobody can take it in between.

    Raises
    ------
    SetupError
        ``no-port``: none of 50 is free, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + PORTS, 65_536)):
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, candidate))
            found.listen(512)
        except OSError:
            found.close()
            continue
        found.set_inheritable(True)
        return found
    raise SetupError(
        "no-port",
        f"{host} の {port} から {PORTS} 個のポートが、どれも使えません",
        "--port で別の番号を指定してください",
    )


def _die_with_parent() -> None:
    """In the child: end when the parent ends, however it ends (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


@dataclass
class Service:
    """The children of one ``daremo serve``.

    Attributes
    ----------
    address : str
        Where people reach it.
    log : pathlib.Path or None
        File that the children write to; None leaves them this process's own streams.
    """

    socket: socket.socket
    processes: int
    threads: int
    time_limit_s: int
    data: Path
    with_worker: bool = True
    log: Path | None = None
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The address on this machine, by name where it is the loopback."""
        host, port = self.socket.getsockname()[:2]
        shown = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host
        return f"http://{shown}:{port}"

    def begin(self) -> None:
        """Start gunicorn, and the worker where it is wanted; return when pages are answered.

        Raises
        ------
        SetupError
            ``not-up``: it ended, or did not answer within a minute.
        """
        figures = self.data / "metrics"
        shutil.rmtree(figures, ignore_errors=True)
        figures.mkdir(parents=True)
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(figures)}
        self._start("gunicorn", self._gunicorn(), environment)
        if self.with_worker:
            self._start("worker", [sys.executable, "-m", "daremo.cli.main", "worker", "--quiet"], environment)
        until = time.monotonic() + UP_S
        while not self._answers():
            if self._children["gunicorn"].poll() is not None or time.monotonic() > until:
                self.end()
                raise SetupError(
                    "not-up",
                    "サービスが始まりませんでした",
                    f"{self.log or '上の記録'} を見てください。設定は daremo desk check で確かめられます",
                )
            time.sleep(0.1)

    def _gunicorn(self) -> list[str]:
        return [
            sys.executable, "-m", "gunicorn", "daremo.web.wsgi:application",
            "--bind", f"fd://{self.socket.fileno()}",
            "--workers", str(self.processes), "--threads", str(self.threads), "--worker-class", "gthread",
            "--timeout", str(self.time_limit_s), "--graceful-timeout", "10", "--keep-alive", "5",
            "--max-requests", "20000", "--max-requests-jitter", "2000", "--no-control-socket",
            "--logger-class", "daremo.web.gate.gunicorn.Quiet", "--log-level", "warning",
            *(["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []),
        ]  # fmt: skip

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        # A session of its own: Ctrl-C reaches this process alone, which then ends its children in order.
        told = self.log.open("ab") if self.log is not None else None
        self._children[name] = subprocess.Popen(
            command, env=environment, pass_fds=[self.socket.fileno()] if name == "gunicorn" else [],
            stdin=subprocess.DEVNULL, stdout=told, stderr=told, start_new_session=True, preexec_fn=_die_with_parent,
        )  # fmt: skip
        if told is not None:
            told.close()

    def _answers(self) -> bool:
        return self.status("/healthz", timeout_s=2) == 200

    def status(self, path: str, timeout_s: float = 30) -> int:
        """Ask the running service for a page; return its status, 0 where nothing answers."""
        host, port = self.socket.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        asked = http.client.HTTPConnection(host, port, timeout=timeout_s)
        try:
            asked.request("GET", path)
            return asked.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            asked.close()

    def watch(self) -> int:
        """Stay until gunicorn ends; a worker that ended is started again after a second. Return gunicorn's exit code."""
        while True:
            code = self._children["gunicorn"].poll()
            if code is not None:
                return code
            worker = self._children.get("worker")
            if worker is not None and worker.poll() is not None:
                time.sleep(1)
                self._start("worker", [str(part) for part in worker.args], dict(os.environ))  # type: ignore[union-attr]
            time.sleep(0.5)

    def end(self) -> None:
        """End all children: politely, then after 15 s by force."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + DOWN_S
        for child in self._children.values():
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.socket.close()


def collect(folder: Path) -> int:
    """Collect static files with a hash in each name into `folder`; return how many."""
    from django.contrib.staticfiles.management.commands.collectstatic import Command
    from django.core.management import call_command
    from whitenoise.storage import CompressedManifestStaticFilesStorage

    command = Command()
    command.storage = CompressedManifestStaticFilesStorage(location=str(folder), base_url="/static/")
    call_command(command, interactive=False, verbosity=0)
    return len(json.loads((folder / "staticfiles.json").read_text())["paths"])
