"""The catalogue of an app: collect its Japanese texts, compile ``texts.csv`` to ``.mo`` files, check both.

    python tools/texts.py collect|compile|check APP_FOLDER …

``texts.csv`` has the columns ``ja,easy,en``. The ``.mo`` format is that of GNU gettext (manual, "The Format of GNU MO
Files"), written here with the standard library so that nobody needs msgfmt.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "daremo" / "web"
COLUMNS = ("ja", "easy", "en")
#: Column of texts.csv → folder that Django reads.
LOCALES = {"easy": "ja_Easy", "en": "en"}
#: Longest sentence a resident is given, in letters.
LONGEST = 50

_TAG = re.compile(r"{%\s*tp?\s+(?:\"([^\"]+)\"|'([^']+)')")
_MARKED = re.compile(r"\b_\((?:\"([^\"]+)\"|'([^']+)')\)")
_CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "translated", "translated_plain"}
_RUBY = re.compile(r"\{([^{}|#]+)\|([^{}|#]+)\}")
_PLACE = re.compile(r"\{([A-Za-z_]\w*)(?:#[^{}]*)?\}")
_KANJI = re.compile(r"[一-鿿々]")


@dataclass(frozen=True)
class Used:
    """One text in the source: where it stands first, and whether residents read it."""

    where: str
    citizen: bool


def apps() -> list[Path]:
    """Folders of all Django apps of the desk, the shared look first."""
    return [p.parent for p in [WEB / "ui" / "apps.py", *sorted((WEB / "apps").glob("*/apps.py"))] if p.is_file()]


def used(app: Path) -> dict[str, Used]:
    """Every Japanese text in the templates and modules of `app`, in the order of files and lines."""
    found: dict[str, Used] = {}

    def add(text: str, path: Path, citizen: bool) -> None:
        before = found.get(text)
        found[text] = Used(
            before.where if before else str(path.relative_to(app)), citizen or bool(before and before.citizen)
        )

    for path in sorted(app.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        citizen = "ui/base_citizen.html" in source
        hits = sorted([*_TAG.finditer(source), *_MARKED.finditer(source)], key=lambda m: m.start())
        for hit in hits:
            add(hit[1] or hit[2], path, citizen)
    for path in sorted(app.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                text = node.args[0].value
                if name in _CALLS and isinstance(text, str):
                    add(text, path, False)
    return found


def read(app: Path) -> dict[str, dict[str, str]]:
    """Rows of ``texts.csv`` by Japanese text; empty where there is no file.

    Raises
    ------
    ValueError
        Where the columns differ or a text stands twice.
    """
    path = app / "texts.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and tuple(rows[0]) != COLUMNS:
        raise ValueError(f"{path}: columns must be {','.join(COLUMNS)}")
    table = {row["ja"]: row for row in rows}
    if len(table) != len(rows):
        twice = sorted(r["ja"] for r in rows if sum(r["ja"] == other["ja"] for other in rows) > 1)
        raise ValueError(f"{path}: stands twice: {twice[0]}")
    return table


def collect(app: Path) -> list[str]:
    """Add a row for each new text to ``texts.csv``; return the new texts. Rows are never removed or changed."""
    table = read(app)
    new = [text for text in used(app) if text not in table]
    if new:
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table.values())
        writer.writerows({"ja": text, "easy": "", "en": ""} for text in new)
        (app / "texts.csv").write_text(out.getvalue(), encoding="utf-8")
    return new


def mo(pairs: Iterable[tuple[str, str]]) -> bytes:
    """A GNU ``.mo`` file: the same bytes for the same pairs; pairs without a translation are left out."""
    head = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
    entries = sorted([(b"", head.encode()), *((a.encode(), b.encode()) for a, b in pairs if b)])
    originals = b"".join(a + b"\0" for a, _ in entries)
    start = 7 * 4 + 16 * len(entries)
    keys, values, at, to = [], [], start, start + len(originals)
    for a, b in entries:
        keys += [len(a), at]
        values += [len(b), to]
        at += len(a) + 1
        to += len(b) + 1
    table = struct.pack(f"<{4 * len(entries)}I", *keys, *values)
    header = struct.pack("<7I", 0x950412DE, 0, len(entries), 28, 28 + 8 * len(entries), 0, start)
    return header + table + originals + b"".join(b + b"\0" for _, b in entries)


def compiled(app: Path) -> dict[Path, bytes]:
    """Path and bytes of every ``.mo`` that ``texts.csv`` asks for."""
    table = read(app)
    return {
        app / "locale" / folder / "LC_MESSAGES" / "django.mo": mo((ja, row[column]) for ja, row in table.items())
        for column, folder in LOCALES.items()
        if table
    }


def write(app: Path) -> list[Path]:
    """Write the ``.mo`` files that changed; return them."""
    changed = []
    for path, data in compiled(app).items():
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            changed.append(path)
    return changed


def check(app: Path) -> list[str]:
    """What is wrong with the catalogue of `app`, one sentence each."""
    table, said = read(app), used(app)
    wrong = [
        f"{use.where}: 「{text}」 is not in texts.csv (collect)" for text, use in said.items() if text not in table
    ]
    wrong += [
        f"{path.relative_to(app)}: 「{hit}」: Django doubles the % of _(…) in a template; use {{% t … as x %}}"
        for path in sorted(app.rglob("*.html"))
        for hit in (m[1] or m[2] for m in _MARKED.finditer(path.read_text(encoding="utf-8")))
        if "%" in hit
    ]
    for text, row in table.items():
        if text not in said:
            wrong.append(f"「{text}」 is in texts.csv but nowhere in the source")
        if not row["en"]:
            wrong.append(f"「{text}」 has no English")
        for column in ("easy", "en"):
            if row[column] and set(_PLACE.findall(row[column])) != set(_PLACE.findall(text)):
                wrong.append(f"「{text}」: the places in {column} differ")
        bare = _RUBY.sub("", row["easy"])
        if _KANJI.search(bare):
            wrong.append(f"「{text}」: easy Japanese has kanji without ruby: {row['easy']}")
        if text in said and said[text].citizen:
            if not row["easy"]:
                wrong.append(f"「{text}」 is read by residents and has no easy Japanese")
            plain = _RUBY.sub(r"\1", text)
            wrong += [
                f"「{s}」 is longer than {LONGEST} letters" for s in re.split(r"[。！？]", plain) if len(s) > LONGEST
            ]
    for path, data in compiled(app).items():
        if not path.is_file() or path.read_bytes() != data:
            wrong.append(f"{path.relative_to(app)} is older than texts.csv (compile)")
    return wrong


def main(arguments: list[str]) -> int:
    """Run one verb over the apps named, or over all."""
    if not arguments or arguments[0] not in ("collect", "compile", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    verb, folders = arguments[0], [Path(a).resolve() for a in arguments[1:]] or apps()
    failed = False
    for app in folders:
        if verb == "collect":
            print(f"{app.name}: {len(collect(app))} new")
        elif verb == "compile":
            print(f"{app.name}: {len(write(app))} written")
        else:
            problems = check(app)
            failed |= bool(problems)
            print("\n".join([f"{app.name}: {len(problems)} to do", *problems]))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
