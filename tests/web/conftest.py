"""Django for the tests of the desk: the settings of practice, a database that is empty and ours.

``DAREMO_TEST_DATABASE_URL=postgresql://…`` (tools/postgres.sh prints one) runs the same tests on PostgreSQL.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

for _name in [name for name in os.environ if name.startswith("DAREMO_") and name != "DAREMO_TEST_DATABASE_URL"]:
    if _name != "DAREMO_SHARED":
        del os.environ[_name]
_data = tempfile.TemporaryDirectory(prefix="desk-tests-")
os.environ["DAREMO_DATA"] = _data.name
os.environ["DAREMO_DATABASE_URL"] = os.environ.get("DAREMO_TEST_DATABASE_URL") or "sqlite://:memory:"
os.environ["DAREMO_HOSTS"] = "localhost 127.0.0.1 [::1] testserver"
os.environ["DAREMO_LOG_LEVEL"] = "ERROR"
os.environ["DJANGO_SETTINGS_MODULE"] = "daremo.web.settings"

import django  # noqa: E402 - after the environment

django.setup()


@pytest.fixture(scope="session")
def migrated_once() -> Iterator[pytest.MonkeyPatch]:
    """Until it is undone, tables that were made before in the same state of the migrations are copied."""
    from django.core.management.commands.migrate import Command
    from django.db import connections

    from tests.web.tables import made

    handle = Command.handle

    def copied(self: Command, *arguments: object, **options: Any) -> None:
        made(connections[options["database"]], lambda: handle(self, *arguments, **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Command, "handle", copied)
        yield patch


@pytest.fixture(scope="session")
def django_db_setup(migrated_once: pytest.MonkeyPatch, django_db_setup: None) -> None:
    """As pytest-django sets the database up, between the above and its undoing."""
    migrated_once.undo()


@pytest.fixture(scope="session")
def tables(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """The tables of the desk, made once and open to every test from then on; each test leaves them as they were."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
