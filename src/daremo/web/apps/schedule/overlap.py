"""The rule that one resource is in one place at a time, as each database can hold it."""

from __future__ import annotations

from typing import Any

from django.db import connections

NAME = "one_place_at_a_time"

_CLASH = """SELECT RAISE(ABORT, 'one_place_at_a_time') WHERE EXISTS (
    SELECT 1 FROM schedule_use WHERE resource_id = NEW.resource_id AND active AND id IS NOT NEW.id
    AND starts < NEW.ends AND ends > NEW.starts)"""

SQLITE = [
    f"CREATE TRIGGER IF NOT EXISTS {NAME}_insert BEFORE INSERT ON schedule_use WHEN NEW.active BEGIN {_CLASH}; END",
    f"CREATE TRIGGER IF NOT EXISTS {NAME}_update BEFORE UPDATE ON schedule_use WHEN NEW.active BEGIN {_CLASH}; END",
]

POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{NAME}') THEN
    ALTER TABLE schedule_use ADD CONSTRAINT {NAME}
    EXCLUDE USING gist (resource_id WITH =, tstzrange(starts, ends) WITH &&) WHERE (active); END IF; END $$""",
]


def hold_rule(using: str = "default", **_: Any) -> None:
    """Put the rule into the database if it is not there; run after every migration (SQLite rebuilds tables)."""
    connection = connections[using]
    if "schedule_use" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)
