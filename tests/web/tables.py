"""The empty tables of the desk, migrated once for each state of the migrations and copied from then on.

Migrating takes six seconds of a processor, and every process of the tests needs the tables. The copy on SQLite stands
in the machine's folder for temporary files under a digest of all migrations, all models and what the desk does after
migrating: whoever changes one of them migrates anew. PostgreSQL is always migrated.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What the tables follow from: models, migrations, and what runs after them.
AFTER = ("models.py", "models/*.py", "apps.py", "overlap.py", "migrations/*.py")


def _digest() -> str:
    """Return what the tables follow from, as one word."""
    import django
    from django.apps import apps

    told = hashlib.sha256(f"{django.VERSION} {sqlite3.sqlite_version} {os.getuid()}".encode())
    for config in sorted(apps.get_app_configs(), key=lambda one: one.name):
        folder = Path(config.path)
        for file in sorted({f for pattern in AFTER for f in folder.glob(pattern)}):
            told.update(f"{config.name}/{file.relative_to(folder)}".encode() + b"\0" + file.read_bytes())
    return told.hexdigest()[:24]


def kept() -> Path:
    """Return where the migrated tables of this state stand, or would stand."""
    folder = Path(tempfile.gettempdir()) / f"daremo-tables-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{_digest()}.sqlite3"


def made(connection: Any, migrate: Callable[[], object]) -> None:
    """Give the empty database of Django's ``connection`` its tables: copied where they were made before."""
    if connection.vendor != "sqlite":
        migrate()
        return
    file = kept()
    connection.ensure_connection()
    if file.exists():
        with sqlite3.connect(file) as before:
            before.backup(connection.connection)
        before.close()
        return
    migrate()
    fresh = file.with_suffix(f".{os.getpid()}")
    with sqlite3.connect(fresh) as after:
        connection.connection.backup(after)
    after.close()
    fresh.replace(file)
