"""What the desk is built from: every locked package is permissive, and no secret stands in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from tools.leaks import findings

ROOT = Path(__file__).resolve().parents[3]
#: Licences under which everybody may use, change and pass on; MPL and LGPL libraries are used as they are.
GOOD = re.compile(
    r"\bMIT\b|BSD|Apache|\bISC\b|\bPSF|Python Software Foundation|Unlicense|\bMPL|Mozilla Public|LGPL|"
    r"Lesser General Public|0BSD|Zlib|HPND|Public Domain|CC0|Zope",
    re.IGNORECASE,
)
BAD = re.compile(r"\bAGPL|Affero|(?<!L)GPL-|(?<!Lesser )General Public License|SSPL|BUSL|Commercial", re.IGNORECASE)
#: Licences that the package's own metadata do not name, read in its files.
READ_BY_HAND: dict[str, str] = {}


def locked() -> list[str]:
    """The names of the packages that the service installs."""
    text = (ROOT / "requirements" / "web.txt").read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", text, re.MULTILINE)


def licence_of(name: str) -> str:
    """What the package's metadata say of its licence, in one line."""
    told = distribution(name).metadata
    classifiers = [c for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
    first = (told.get("License") or "").strip().splitlines()[:1]
    return " | ".join([told.get("License-Expression") or "", *classifiers, *first, READ_BY_HAND.get(name, "")])


def test_every_locked_package_of_the_service_has_a_permissive_licence() -> None:
    wrong, seen = [], 0
    for name in locked():
        try:
            licence = licence_of(name)
        except PackageNotFoundError:
            continue  # for another platform
        seen += 1
        if not GOOD.search(licence) or (BAD.search(licence) and " OR " not in licence):
            wrong.append(f"{name}: {licence}")
    assert seen > 40 and wrong == []


def test_every_locked_package_is_held_to_its_digest() -> None:
    text = (ROOT / "requirements" / "web.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    wrong = [block.split("==")[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "key = 'AKIA" + "ABCDEFGHIJKLMNOP'",
        "daremo_" + "a1B2" * 10 + "xyz",
        "SECRET_KEY = '" + "q8Zr" * 8 + "'",
        "postgresql://desk:" + "hunter2hunter2@db/desk",
    ],
)
def test_the_scan_finds_what_it_looks_for(line: str) -> None:
    assert list(findings(f"a\n{line}\n")) != []
    assert list(findings("password = read()\nurl = 'postgresql://user:password@host/name'\n")) == []


def test_no_secret_stands_in_the_repository() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "leaks.py")], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
