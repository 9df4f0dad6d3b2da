"""Errors of the desk by their code; the words stand in ``tables/problem_codes.csv``."""

from __future__ import annotations

from functools import cache

from daremo.kernel.errors import Conflict, DaremoError, UsageError
from daremo.kernel.tables import rows_of


@cache
def _codes() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows_of("daremo.web", "problem_codes")}


def conflict(code: str, where: str = "") -> Conflict:
    """Return the conflict of that code, ready to be raised."""
    row = _codes()[code]
    return Conflict(code, row["ja"], row["fix"], where)


def refusal(code: str, where: str = "") -> DaremoError:
    """Return the refusal of that code (a wrong number, a missing right), ready to be raised."""
    row = _codes()[code]
    return UsageError(code, row["ja"], row["fix"], where)


def words(error: DaremoError, language: str) -> tuple[str, str]:
    """Return what happened and what to do now, in a language of the pages; what to do is kept in Japanese only."""
    row = _codes().get(error.code)
    message = row["en"] if row is not None and language.startswith("en") else error.message
    return message, error.fix
