"""Gunicorn's own voice as JSON lines; each answer is told by ``account.py``, not here."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

from daremo.web.gate.logs import JsonLines


class Quiet(Logger):  # type: ignore[misc]
    """Gunicorn's logger with our format and without an access log, which would hold whole addresses."""

    def setup(self, cfg: Any) -> None:
        """Write errors as JSON lines."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines())
        self.access_log.handlers = [logging.NullHandler()]

    def access(self, *_: Any, **__: Any) -> None:
        """Nothing: the path may hold what nobody else may read."""
