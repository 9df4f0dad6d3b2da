"""A PostgreSQL of our own on a socket, for as long as a test lasts; never as root, never on a network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPTIONS = "-c listen_addresses= -c fsync=off -c max_connections=60 -c deadlock_timeout=200ms"


def binaries() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``, or None."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "pg_ctl").exists():
            return folder
    found = shutil.which("pg_ctl")
    return Path(found).parent if found else None


def _account() -> str | None:
    """PostgreSQL refuses root: the account to run it as, None for our own, a skip by KeyError where there is none."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("postgres").pw_name


@contextmanager
def cluster(options: str = OPTIONS) -> Iterator[str]:
    """Yield the address of an empty database ``desk``: ``postgresql://desk@/desk?host=…``."""
    folder = binaries()
    if folder is None:
        raise FileNotFoundError("pg_ctl")
    account = _account()
    place = Path(tempfile.mkdtemp(prefix="desk-pg-"))
    if account:
        entry = pwd.getpwnam(account)
        os.chown(place, entry.pw_uid, entry.pw_gid)

    def run(*command: str) -> None:
        done = subprocess.run(
            command, user=account, group=account, extra_groups=[] if account else None, cwd=place,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}")

    data = place / "data"
    run(str(folder / "initdb"), "-D", str(data), "-U", "desk", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    run(str(folder / "pg_ctl"), "-D", str(data), "-o", f"{options} -k {place}", "-l", str(place / "log"), "-w", "start")
    try:
        run(str(folder / "createdb"), "-h", str(place), "-U", "desk", "desk")
        yield f"postgresql://desk@/desk?host={place}"
    finally:
        run(str(folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(place, ignore_errors=True)
