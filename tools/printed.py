"""Run the commands of a step-by-step page and put what they print under them: python tools/printed.py [PAGE …].

In such a page a block ``sh`` is followed by a block ``text``, and a block ``python`` may be; pictures named
``<page>-<folder>.svg`` are the map.svg of that folder. Takamatsu's data are read from ../shared/data or DAREMO_SHARED.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from daremo.cli.frame import run
from daremo.cli.main import daremo

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "docs" / "do" / "takamatsu-points.md", ROOT / "docs" / "do" / "reach-benchmark.md")
STEP = re.compile(r"```(sh|python)\n((?:(?!```).)*)```(?:(\n\n```text\n)((?:(?!```).)*)```)?", re.DOTALL)
#: What may differ from run to run or between equally good answers: seconds, which places open, who is named.
SECONDS = re.compile(r"\d+\.\d+(秒| s\b)")
OPENED = re.compile(r"^ *\d+  +\S.*$", re.MULTILINE)
NAMED = re.compile(r"（[^（）%]*）")


def steady(text: str) -> str:
    """The text without what may differ; counts, people, bounds and gaps stay."""
    return NAMED.sub("（…）", OPENED.sub("  …", SECONDS.sub(r"…\1", text)))


def data_folder() -> Path:
    """Where the real data lie."""
    return Path(os.environ.get("DAREMO_SHARED", ROOT.parent / "shared")) / "data"


def prepare(folder: Path, data: Path) -> None:
    """Put the data of the pages into a working folder."""
    shutil.copytree(data / "takamatsu", folder / "takamatsu")
    shutil.copytree(data / "pmedian", folder / "pmedian")


def printed(kind: str, code: str, names: dict[str, object]) -> str:
    """What a block prints on stdout, run in the current folder.

    Raises
    ------
    RuntimeError
        Where a command fails.
    """
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        if kind == "python":
            exec(compile(code, "page", "exec"), names)
        else:
            for line in code.replace("\\\n", " ").splitlines():
                typed = shlex.split(line, comments=True)
                if typed[:1] == ["daremo"] and (ended := run(daremo, typed[1:])):
                    raise RuntimeError(f"{line} ended with {ended}")
    return out.getvalue()


def steps(page: Path) -> list[tuple[str, str, str | None]]:
    """Kind, code and what is printed (None where the page does not say), of every step of a page."""
    return [(m[1], m[2], m[4]) for m in STEP.finditer(page.read_text(encoding="utf-8"))]


def _again(step: re.Match[str], names: dict[str, object]) -> str:
    """The step with what it prints now."""
    said = printed(step[1], step[2], names)
    return f"```{step[1]}\n{step[2]}```" + (f"{step[3]}{said}```" if step[3] else "")


def refresh(page: Path) -> None:
    """Write what is printed now into the page, and its pictures beside it."""
    names: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), data_folder())
        with contextlib.chdir(folder):
            text = STEP.sub(lambda m: _again(m, names), page.read_text(encoding="utf-8"))
        page.write_text(text, encoding="utf-8")
        for name in re.findall(rf"\(({page.stem}-[\w-]+\.svg)\)", text):
            made = Path(folder) / name.removeprefix(f"{page.stem}-").removesuffix(".svg") / "map.svg"
            shutil.copyfile(made, page.parent / name)


if __name__ == "__main__":
    for page in [Path(a).resolve() for a in sys.argv[1:]] or [p for p in PAGES if p.is_file()]:
        refresh(page)
