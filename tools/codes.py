"""Find every code that an error or finding can carry in src/, and print those that codes.csv does not explain."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Calls whose first argument is a code; `InputError` carries a code as its second.
CALLS = {
    "Problem",
    "UsageError",
    "NoAnswer",
    "Infeasible",
    "TrustError",
    "SetupError",
    "DaremoError",
    "finding",
    "problem",
    "tell",
}


def codes_in_source(root: Path = ROOT) -> dict[str, set[str]]:
    """Codes written as literals in ``src/``, each with the files that raise it."""
    found: dict[str, set[str]] = {}
    for path in sorted((root / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            place = 1 if name == "InputError" else 0
            words = [k.value for k in node.keywords if k.arg == "code"]
            if name.lstrip("_") in CALLS | {"InputError"} and len(node.args) > place:
                words.append(node.args[place])
            for word in words:
                for leaf in ast.walk(word) if isinstance(word, ast.IfExp) else [word]:
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and _is_code(leaf.value):
                        found.setdefault(leaf.value, set()).add(path.relative_to(root).as_posix())
    return found


def _is_code(word: str) -> bool:
    return word.replace("-", "").isascii() and word.replace("-", "").isalnum() and word == word.lower()


if __name__ == "__main__":
    from daremo.cli.codes import codes

    for code, files in sorted(codes_in_source().items()):
        if code not in codes():
            print(code, *sorted(files), sep="\t")
