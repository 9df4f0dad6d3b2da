"""Results that can be stored, compared and trusted: canonical JSON, digests, whole files or none."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np


class Progress(Protocol):
    """Told how far a long task is; `share` in 0..1, `note` for people."""

    def __call__(self, share: float, note: str) -> None: ...


def silent(share: float, note: str) -> None:
    """A progress that tells nobody."""


def plain(value: Any) -> Any:
    """The same value built from dict, list, str, int, float, bool and None only (NumPy scalars and arrays unwrapped)."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a result must not hold NaN or infinity")
    return value


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8; the same value gives the same bytes."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file beside `path`, then move it into place: readers see the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".daremo-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON, whole or not at all."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=1, sort_keys=False, allow_nan=False) + "\n"

    def fill(p: Path) -> None:
        p.write_text(text, encoding="utf-8")

    write_whole(path, fill)
