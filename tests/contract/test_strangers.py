"""Features of the desk meet in each other's services; their migrations let the old version run on while the new starts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

APPS = Path("src/daremo/web/apps")
FILES = sorted(p for p in APPS.rglob("*.py") if "migrations" not in p.parts)
MIGRATIONS = sorted(p for p in Path("src/daremo/web").rglob("migrations/[0-9]*.py"))
#: What every app may take from the journal: the base of its own tables.
BASE = "daremo.web.apps.journal.models"
#: What a running older version cannot live with, once a version is out.
BREAKING = {"RemoveField", "RenameField", "DeleteModel", "RenameModel", "AlterModelTable", "AlterUniqueTogether"}


def imports_at_run_time(tree: ast.Module) -> list[str]:
    """Modules imported outside of ``if TYPE_CHECKING``."""
    found: list[str] = []

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(tree)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(APPS)))
def test_a_feature_never_takes_the_tables_of_another(path: Path) -> None:
    own = f"daremo.web.apps.{path.relative_to(APPS).parts[0]}.models"
    wrong = [
        name
        for name in imports_at_run_time(ast.parse(path.read_text(encoding="utf-8")))
        if name.startswith("daremo.web.apps.")
        and name.split(".")[4:5] == ["models"]
        and not name.startswith((own, BASE))
    ]
    assert not wrong, f"{path}: {', '.join(wrong)}; call the other app's services.py, or django.apps.get_model"


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda p: f"{p.parent.parent.name}-{p.name}")
def test_a_migration_takes_nothing_away_that_the_running_version_uses(path: Path) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & BREAKING, (
        f"{path}: {', '.join(sorted(calls & BREAKING))} breaks the version that still runs: "
        "add first, move the data, take away one release later (docs/do/it.md)"
    )
