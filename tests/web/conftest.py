"""Django for the tests of the desk: the settings of practice, a database that is empty and ours.

``DAREMO_TEST_DATABASE_URL=postgresql://…`` (tools/postgres.sh prints one) runs the same tests on PostgreSQL.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

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
def tables(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """The tables of the desk, made once and open to every test from then on; each test leaves them as they were."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
