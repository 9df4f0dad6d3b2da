"""Documents say what the code does: the reference is fresh, every code is explained, every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from daremo.cli.codes import codes
from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from tools.codes import codes_in_source
from tools.reference import PAGES, leaves, stale
from tools.site import build, slug, sources

ROOT = Path(__file__).resolve().parents[2]
PAGES_OF_DOCS = [ROOT / name for name in sources()]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_generated_reference_is_fresh():
    assert stale() == [], "run: make docs"
    assert len(PAGES) >= 4


def test_every_code_in_the_source_is_explained():
    assert {code: sorted(files) for code, files in codes_in_source().items() if code not in codes()} == {}


def test_every_explanation_is_complete():
    for code, row in codes().items():
        assert re.fullmatch(r"[a-z0-9-]+", code)
        assert row["ja"] and row["en"] and row["fix"], code


@pytest.mark.parametrize("path", PAGES_OF_DOCS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        assert goal.exists(), f"{path.name} → {target}"
        if anchor and goal.suffix == ".md":
            heads = re.findall(r"^#+ (.*)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(h) for h in heads}, f"{path.name} → {target}"


@pytest.mark.parametrize("path", PAGES_OF_DOCS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_exists_with_its_options(path: Path):
    known = {words: {o for p in leaf.params for o in (*p.opts, *p.secondary_opts)} for words, leaf in leaves(command)}
    for block in blocks(path, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            typed = shlex.split(line, comments=True)
            if typed[:1] != ["daremo"] or typed[1:2] in (["--help"], ["--version"]):
                continue
            verb = next((v for n in (4, 3) if (v := tuple(typed[:n])) in known), tuple(typed[:2]))
            assert verb in known, line
            for word in typed:
                if word.startswith("-"):
                    assert word.partition("=")[0] in known[verb] | {"--help"}, line


def test_the_first_hour_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    typed = [line for block in blocks(ROOT / "docs" / "learn" / "first-hour.md", "sh") for line in block.splitlines()]
    ran = [line for line in typed if line.startswith("daremo ")]
    assert len(ran) >= 5
    for line in ran:
        expected = 3 if "# ends with 3" in line else 0
        assert run(command, [*shlex.split(line, comments=True)[1:], "--quiet"]) == expected, line


def test_every_make_verb_that_a_page_names_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for path in PAGES_OF_DOCS:
        for verb in re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8")):
            assert verb in verbs, f"{path.name}: make {verb}"


def test_the_site_is_built_without_a_broken_or_outside_part(tmp_path: Path):
    assert build(tmp_path) >= 8
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(src|<link[^>]*href)="https?:', text)
        for target in re.findall(r'href="([^":#]+)', text):
            if target.endswith(".html"):
                assert (page.parent / target).resolve().is_file(), f"{page.name} → {target}"


def test_the_changelog_has_the_running_version():
    from daremo import __version__

    assert f"[{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
