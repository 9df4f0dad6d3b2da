"""``make bench``: run every ``benchmarks/bench_*.py`` and print what it prints; the first failure stops."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

for path in sorted((Path(__file__).resolve().parent.parent / "benchmarks").glob("bench_*.py")):
    print(f"── {path.name}", flush=True)
    code = subprocess.run([sys.executable, str(path)], check=False).returncode
    if code:
        sys.exit(code)
