"""Output folders are written whole or not at all, and nobody's own files are lost."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daremo.kernel.errors import UsageError

#: Lists what we wrote, so that a second run replaces our files and keeps those that somebody added.
MARK = ".daremo.json"


def _ours(folder: Path) -> list[str] | None:
    """Files that daremo wrote there, or None where the folder is not ours."""
    try:
        written = json.loads((folder / MARK).read_text(encoding="utf-8"))
        return [str(f) for f in written["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_foreign(out: Path, *, force: bool) -> None:
    """Stop before any long work where `out` holds something that is not ours.

    Raises
    ------
    UsageError
        ``folder-not-ours`` or ``not-a-folder``.
    """
    if out.exists() and not out.is_dir():
        raise UsageError("not-a-folder", "同じ名前のファイルがあります", "-o に別の名前を指定してください", str(out))
    if force or not out.exists() or not any(out.iterdir()) or _ours(out) is not None:
        return
    raise UsageError(
        "folder-not-ours",
        "このフォルダーには、daremo が作ったのではないファイルがあります",
        "-o に新しいフォルダーを指定してください。ここに書き足すなら --force を付けてください（ほかのファイルは消しません）",
        str(out),
    )


@contextmanager
def whole_folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `out`; when all went well its files become `out`, otherwise nothing changes.

    Files in `out` that daremo did not write are kept.

    Raises
    ------
    UsageError
        Where `out` is not ours and `force` was not given.
    """
    refuse_foreign(out, force=force)
    target = out.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-daremo-"))
    old = temporary.with_name(temporary.name + "-old")
    try:
        yield temporary
        files = sorted(p.relative_to(temporary).as_posix() for p in temporary.rglob("*") if p.is_file())
        (temporary / MARK).write_text(
            json.dumps({"daremo": 1, "files": files}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        temporary.chmod(0o755)
        if target.exists():
            _keep_others(target, temporary)
            os.replace(target, old)
        os.replace(temporary, target)
    finally:
        if old.exists() and not target.exists():
            os.replace(old, target)
        for left in (temporary, old):
            shutil.rmtree(left, ignore_errors=True)


def _keep_others(target: Path, fresh: Path) -> None:
    """Copy what somebody else put into `target` to the fresh folder."""
    ours = {*(_ours(target) or ()), MARK}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_file() and name not in ours and not (fresh / name).exists():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, fresh / name)
