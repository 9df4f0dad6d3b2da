"""Logs as JSON lines that cannot hold personal data.

Of our own loggers the message and named facts are written. Of others only the template of a message, without what was
filled into it; of an exception its type and where it happened, never its words: a database puts values into them.
"""

from __future__ import annotations

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: The number of the request that this thread answers; empty outside one.
request_number: ContextVar[str] = ContextVar("request_number", default="")

FRAMES = 12


def places_of(error: BaseException) -> list[str]:
    """Return where an error came from, innermost last: ``services.py:41 book``."""
    steps = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{'/'.join(Path(step.filename).parts[-2:])}:{step.lineno} {step.name}" for step in steps]


class JsonLines(logging.Formatter):
    """One JSON object a line: ``at level logger says request`` and, of our own loggers, the dict in ``extra["facts"]``."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name == "daremo" or record.name.startswith("daremo.")
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "says": record.getMessage() if ours else self._template(record),
        }
        if request_number.get():
            line["request"] = request_number.get()
        if ours:
            line.update(getattr(record, "facts", {}))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["where"] = places_of(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)

    @staticmethod
    def _template(record: logging.LogRecord) -> str:
        """The words as they stand in the source; a text put together before logging may hold anything, so only its place."""
        if record.args or record.name.split(".")[0] in ("django", "gunicorn"):
            return str(record.msg) if record.args else f"{record.module}:{record.lineno}"
        return f"{record.module}:{record.lineno}"
