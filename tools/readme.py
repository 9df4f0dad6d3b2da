"""Put what ``make demo`` prints into both READMEs: python tools/readme.py, in a checkout with the extra [pdf]."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READMES = (ROOT / "README.md", ROOT / "README.ja.md")
BLOCK = re.compile(r"(<!-- demo -->\n)(.*?)(<!-- /demo -->)", re.DOTALL)


def demo_output() -> str:
    """What ``make demo`` prints on stdout, run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, ROOT / "tools" / "demo.py"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ},
        )
        if done.returncode:
            sys.exit(f"make demo failed with {done.returncode}:\n{done.stderr}")
        report = Path(folder) / done.stdout.splitlines()[-1]
        if not report.is_file():
            sys.exit(f"make demo promised {report}")
        return done.stdout


def block(output: str) -> str:
    """The output as it stands in a README."""
    return f"```text\n{output}```\n"


if __name__ == "__main__":
    fresh = block(demo_output())
    for path in READMES:
        text = path.read_text(encoding="utf-8")
        path.write_text(BLOCK.sub(lambda m: m.group(1) + fresh + m.group(3), text), encoding="utf-8")
