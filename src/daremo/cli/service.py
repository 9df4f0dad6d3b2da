"""What the verbs of the running service share: starting Django, or saying what is missing for it."""

from __future__ import annotations

import os
from importlib.util import find_spec

from daremo.kernel.errors import SetupError

NEEDED = ("django", "allauth", "ninja", "gunicorn", "whitenoise", "django_tasks_db", "csp", "django_htmx")


def start_django() -> None:
    """Start Django with the settings that the environment gives.

    Raises
    ------
    SetupError
        ``no-web``: the extra is not installed; ``settings``: the complete list of what is missing or wrong.
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise SetupError("no-web", "サービスを動かす部品が入っていません", "pip install 'daremo[web]'")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "daremo.web.settings")
    import django

    django.setup()


def migrate() -> int:
    """Bring the database to this version's tables; return how many steps that took.

    Raises
    ------
    SetupError
        ``no-database``: it does not answer.
    """
    from django.core.management import call_command
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        steps = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        raise no_database(error) from error
    return steps


def no_database(error: Exception) -> SetupError:
    """The error of a database that does not answer; a driver's words may hold the password, so only the kind is told."""
    return SetupError(
        "no-database",
        f"データベースにつながりません（{type(error.__cause__ or error).__name__}）",
        "動いているか、DAREMO_DATABASE_URL が正しいかを確かめてください",
        "DAREMO_DATABASE_URL",
    )
