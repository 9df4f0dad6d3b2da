"""How long the commands take on the sample town and, where the data are there, on Takamatsu."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DAREMO = str(Path(sys.executable).parent / "daremo")
ROOT = Path(__file__).resolve().parent.parent
TAKAMATSU = Path(os.environ.get("DAREMO_SHARED", ROOT.parent / "shared")) / "data" / "takamatsu"


def timed(*arguments: str) -> None:
    """Run one command and print its seconds and exit code."""
    start = time.perf_counter()
    code = subprocess.run([DAREMO, *arguments, "--quiet"], check=False).returncode
    print(
        f"{time.perf_counter() - start:7.2f} s  exit {code}  daremo {' '.join(Path(a).name or a for a in arguments)}",
        flush=True,
    )


with tempfile.TemporaryDirectory() as folder:
    home = Path(folder)
    timed("assumptions")
    timed("sample", f"{home}/sample")
    regions = ["sample"]
    if TAKAMATSU.is_dir():
        timed("region", "build", str(TAKAMATSU), "-o", f"{home}/takamatsu")
        timed("region", "check", f"{home}/takamatsu")
        regions.append("takamatsu")
    for name in regions:
        timed("gap", f"{home}/{name}", "-o", f"{home}/{name}-gap")
        for budget in ("6000000", "12000000"):
            timed("plan", f"{home}/{name}", "--budget-yen", budget, "-o", f"{home}/{name}-{budget}")
            timed("verify", f"{home}/{name}-{budget}")
