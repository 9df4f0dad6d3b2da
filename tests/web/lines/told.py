"""Answers of the verbs, as small as they can be, for tests."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

KINDS = ("gaps", "load", "availability", "upgrade", "access", "fail")


def told(kind: str, **changes: Any) -> dict[str, Any]:
    """The answer about the sample town, with changes at the top."""
    text = (files("daremo.web.apps.lines") / "town" / f"{kind}.json").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads(text)
    return value | changes


def content(kind: str, **changes: Any) -> bytes:
    """The same as bytes of a file."""
    return json.dumps(told(kind, **changes), ensure_ascii=False).encode()
