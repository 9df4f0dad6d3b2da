"""Which rows somebody may see: ``tables/rows.csv`` says how each table leads to organisation, point and user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from daremo.kernel.tables import rows_of
from daremo.web.apps.staff.permissions import Scope

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Ways:
    """Look-ups from a table to an organisation, to a point and to the user whose row it is.

    ``*`` alone: everybody's row. No look-up: nobody reaches a row in that scope.
    """

    organisation: tuple[str, ...]
    point: tuple[str, ...]
    own: tuple[str, ...]


@cache
def ways() -> dict[str, Ways]:
    """Return the look-ups of each table by its label (``people.person``).

    In the file ``=`` repeats the way to the organisation, ``person>`` takes the ways of the table behind ``person``.
    """
    rows = {row["table"]: row for row in rows_of("daremo.web.apps.staff", "rows")}

    def way(table: str, column: str) -> tuple[str, ...]:
        found: list[str] = []
        for word in rows[table][column].split():
            if word == "=":
                found += way(table, "organisation")
            elif word.endswith(">"):
                field = apps.get_model(table)._meta.get_field(word[:-1])
                behind = cast(Any, field).related_model._meta.label_lower
                found += [f"{word[:-1]}__{deeper}" for deeper in way(behind, column)]
            else:
                found.append(word)
        return tuple(found)

    return {t: Ways(way(t, "organisation"), way(t, "point"), way(t, "own")) for t in rows}


def _many(model: type[Model], path: str) -> bool:
    """Tell whether the look-up can meet several rows, so that a join would double ours."""
    for name in path.split("__"):
        if name == "pk":
            return False
        field: Any = model._meta.get_field(name)
        if field.one_to_many or field.many_to_many:
            return True
        if not field.is_relation:
            return False
        model = field.related_model
    return False


def _any(queryset: QuerySet[M], paths: Sequence[str], values: Any, many: bool = True) -> QuerySet[M]:
    """Keep the rows that reach one of the values by one of the look-ups."""
    if "*" in paths:
        return queryset
    wanted = Q(pk__in=[])
    for path in paths:
        lookup = {f"{path}__in" if many else path: values}
        if _many(queryset.model, path):
            wanted |= Q(Exists(queryset.model._base_manager.filter(pk=OuterRef("pk"), **lookup)))
        else:
            wanted |= Q(**lookup)
    return queryset.filter(wanted)


def within(
    queryset: QuerySet[M], scope: Scope, *, organisation: int | None, point: int | None, user: int | None
) -> QuerySet[M]:
    """Return the rows of the queryset that somebody with this scope may see.

    Parameters
    ----------
    organisation, point, user : int or None
        Of the membership in use; a point's manager without a point has all points of the organisation.

    Raises
    ------
    LookupError
        ``tables/rows.csv`` does not say whose the rows of this table are.
    """
    table = queryset.model._meta.label_lower
    try:
        way = ways()[table]
    except KeyError:
        raise LookupError(f"{table} is not in staff/tables/rows.csv") from None
    if scope == "all":
        return queryset
    if scope == "own" and user is not None:
        return _any(queryset, way.own, user, many=False)
    if scope == "point" and point is not None:
        return _any(queryset, way.point, [point])
    if scope in ("organisation", "point") and organisation is not None:
        return _any(queryset, way.organisation, [organisation])
    return queryset.none()
