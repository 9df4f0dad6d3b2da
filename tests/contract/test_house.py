"""Rules over the whole house: sizes, names, silence of the lower floors, documented public functions."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "daremo"
# migrations are written by Django
FILES = sorted(p for p in SOURCE.rglob("*.py") if p.parent.name != "migrations")
LOWER = [p for p in FILES if p.relative_to(SOURCE).parts[0] not in ("cli", "web") and p.parent != SOURCE]
VAGUE = {"utils", "helpers", "common", "misc", "manager", "base"}
#: Calls that would let a clock, the environment or the network into floors 0-3.
LOUD = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "os.environ",
    "os.getenv",
    "random.random",
    "random.seed",
    "np.random.seed",
    "np.random.rand",
    "urlopen",
    "socket.socket",
}
ALLOWED_LIBRARIES = {"typst": "pdf"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [*FILES, *sorted((ROOT / "tests").rglob("*.py"))], ids=named)
def test_a_file_fits_a_head(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_no_module_is_a_drawer():
    assert [named(p) for p in SOURCE.rglob("*") if p.stem in VAGUE and p.suffix in ("", ".py")] == []


@pytest.mark.parametrize("path", LOWER, ids=named)
def test_the_lower_floors_know_no_clock_environment_or_network(path: Path):
    loud = {ast.unparse(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute | ast.Name)}
    assert {name for name in loud if any(name == x or name.endswith("." + x) for x in LOUD)} == set()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_warning_of_a_checker_is_silenced_without_a_name(path: Path):
    assert not re.search(r"# type: ignore(?!\[)|# noqa(?!: [A-Z])", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_public_function_and_class_is_documented(path: Path):
    missing = []
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                missing.append(node.name)
            if (
                isinstance(node, ast.FunctionDef)
                and _takes_or_gives_arrays(node)
                and not _says_unit(ast.get_docstring(node) or "", node)
            ):
                missing.append(f"{node.name}: shape or unit")
    assert ast.get_docstring(tree(path)), "module docstring"
    assert missing == []


def _takes_or_gives_arrays(node: ast.FunctionDef) -> bool:
    said = ast.unparse(node.returns) if node.returns else ""
    return "NDArray" in said or "ndarray" in said


def _says_unit(text: str, node: ast.FunctionDef) -> bool:
    units = r"shape|share|people|minute|hours?|km|yen|degree|index|rows?|columns?|order|one |per |each|mask|flag|probab"
    return bool(re.search(units, text, re.IGNORECASE)) or bool(
        re.search(r"_(yen|min|km|share|[dgbBps]{1,3})$", node.name)
    )


def test_every_table_has_rows_and_unique_columns():
    for path in SOURCE.rglob("tables/*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = lines[0].lstrip("\ufeff").split(",")
        assert len(lines) > 1 and len(head) == len(set(head)) and all(head), named(path)


def test_nothing_in_the_product_fetches_from_the_network():
    fetch = re.compile(
        r"""(src|href|url)\s*[=(:]\s*["']?https?://(?!www\.w3\.org)|@import\s+(url\()?["']?https?:|fetch\(|XMLHttpRequest|urlopen"""
    )
    hits = [
        f"{named(p)}: {m.group(0)}"
        for p in SOURCE.rglob("*")
        if p.suffix in (".py", ".css", ".js", ".html", ".svg", ".typ")
        # the library can fetch; its page forbids it (connect-src 'none'), and a browser proves that it does not
        if p.name != "maplibre-gl.js"
        for m in fetch.finditer(p.read_text(encoding="utf-8"))
        if not m.group(0).startswith("href")
        # a page's script may ask its own host; the desk's policy (default-src 'self') lets it ask no other
        if not ("static" in p.parts and m.group(0) in ("fetch(", "XMLHttpRequest"))
    ]
    assert hits == []


def test_every_library_that_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {"python-calamine": "python_calamine", "pyshp": "shapefile", "markdown-it-py": "markdown_it"}
    names |= {"django-allauth": "allauth", "django-ninja": "ninja", "django-csp": "csp", "python-dateutil": "dateutil"}
    names |= {"opening-hours-py": "opening_hours", "PyLD": "pyld", "packageurl-python": "packageurl"}
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + [d for name in ("pdf", "rounds", "scale", "geo", "web") for d in extras[name]]
    declared = {re.split(r"[<>=\[]", d)[0] for d in wanted}
    modules = {names.get(d, d.replace("-", "_")) for d in declared}
    used: dict[str, str] = {}
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                used.update({a.name.split(".")[0]: named(path) for a in node.names})
            elif isinstance(node, ast.ImportFrom) and node.module:
                used[node.module.split(".")[0]] = named(path)
    strange = {m: p for m, p in used.items() if m not in sys.stdlib_module_names and m not in modules | {"daremo"}}
    assert strange == {}


def test_the_locked_requirements_hold_every_dependency_with_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    web = extras["pdf"] + extras["web"]
    for name, wanted in (("core", []), ("pdf", extras["pdf"]), ("web", web), ("dev", web + extras["dev"])):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").lower()
        for dependency in project["dependencies"] + wanted:
            assert re.search(rf"^{re.split(r'[<>=[]', dependency)[0].lower()}==", text, re.MULTILINE), (
                name,
                dependency,
            )
        pins = re.findall(r"^[\w.-]+==.*(?:\n    --hash.*)*", text, re.MULTILINE)
        assert pins and all("--hash=sha256:" in pin for pin in pins)
        assert "file://" not in text


def test_the_floors_are_kept():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_wall_between_planner_and_verifier_has_no_hole():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    wall = next(c for c in tool["contracts"] if c["id"] == "verify")
    modules = {
        f"daremo.cases.{p.stem}" for p in (SOURCE / "cases").glob("*.py") if p.stem not in ("__init__", "assume")
    }
    checking = {m for m in modules if m.startswith("daremo.cases.verify")}
    assert checking == set(wall["source_modules"])
    assert modules - checking == {m for m in wall["forbidden_modules"] if m.startswith("daremo.cases.")}


@pytest.mark.parametrize("path", [ROOT / "Makefile", *sorted((ROOT / "tools").glob("*.sh"))], ids=named)
def test_shell_is_posix_and_parses(path: Path):
    text = path.read_text(encoding="utf-8")
    assert "[[" not in text and "function " not in text
    if path.suffix == ".sh":
        assert subprocess.run(["sh", "-n", path], check=False).returncode == 0


def test_every_make_verb_is_in_its_help():
    told = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for verb in ("install", "demo", "test", "check", "bench", "docs", "help", "clean"):
        assert re.search(rf"^  {verb}\s", told, re.MULTILINE), verb
