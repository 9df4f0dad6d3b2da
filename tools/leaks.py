"""Look for secrets in the files of this repository: ``python tools/leaks.py``; exit code 1 where one is found.

Needs no network. What looks like a key, a private key or a password in an address is reported by file and line, never
printed. A line that must hold such a text for a test says ``no-secret`` in a comment.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{50,}"),
    "Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{20,}"),
    "PyPI token": re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}"),
    "JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}"),
    "key of this API": re.compile(r"\bdaremo_[A-Za-z0-9_-]{43}\b"),
    "password in an address": re.compile(r"\b[a-z][a-z+]{2,}://[^\s/:@'\"{}]+:(?P<value>[^\s/@'\"{}]{6,})@"),
    "secret in a setting": re.compile(
        r"(?i)\b(?:secret(?:_key)?|password|passwd|api_?key|token)[\"']?\s*[:=]\s*[\"'](?P<value>[A-Za-z0-9+/_=-]{24,})[\"']"
    ),
}
#: Values that anybody sees to be none.
EXAMPLE = re.compile(r"(?i)example|password|kept-secret|only-for|not-a-|x{6,}|見本")


def findings(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, what it looks like)."""
    for number, line in enumerate(text.splitlines(), 1):
        if "no-secret" in line:
            continue
        for name, pattern in PATTERNS.items():
            found = pattern.search(line)
            if found and not ("value" in found.groupdict() and EXAMPLE.search(found["value"])):
                yield number, name


def tracked() -> list[Path]:
    """Return the files that git knows here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def main() -> int:
    wrong = 0
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        for number, name in findings(text):
            print(f"{path.relative_to(ROOT)}:{number}: looks like a {name}")
            wrong += 1
    print(f"{wrong} found" if wrong else "no secret found", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
