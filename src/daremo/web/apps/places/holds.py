"""Ask inside the database whether a list in a JSON column holds one of some words."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import JSONField, Lookup


def holds_sql(vendor: str, column: str, words: list[str]) -> tuple[str, list[Any]]:
    """Return the condition that a JSON list holds one of the words, and its values.

    Parameters
    ----------
    vendor : str
        ``postgresql`` or ``sqlite``.
    column : str
        SQL of the column; never text of a person.
    """
    if vendor == "postgresql":
        return f"jsonb_exists_any({column}, %s::text[])", [words]
    marks = ", ".join(["%s"] * len(words))
    return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value IN ({marks}))", list(words)


@JSONField.register_lookup
class HoldsAny(Lookup[Any]):
    """``access__holds_any=["sign"]``: the list holds one of these words."""

    lookup_name = "holds_any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return SQL and values."""
        column, values = self.process_lhs(compiler, connection)
        sql, words = holds_sql(connection.vendor, column, list(self.rhs))
        return sql, (*values, *words)


def holds_other_sql(vendor: str, column: str, words: list[str]) -> tuple[str, list[Any]]:
    """Return the condition that a JSON list holds a word that is none of these, and its values."""
    marks = ", ".join(["%s"] * len(words))
    rows = f"jsonb_array_elements_text({column}) AS held(value)" if vendor == "postgresql" else f"json_each({column})"
    return f"EXISTS (SELECT 1 FROM {rows} WHERE value NOT IN ({marks}))", list(words)


@JSONField.register_lookup
class HoldsOther(HoldsAny):
    """``languages__holds_other=["ja"]``: the list holds something else than these words."""

    lookup_name = "holds_other"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return SQL and values."""
        column, values = self.process_lhs(compiler, connection)
        sql, words = holds_other_sql(connection.vendor, column, list(self.rhs))
        return sql, (*values, *words)
