"""Which role may do what, and how far: ``tables/permissions.csv``, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

from daremo.kernel.tables import rows_of

Scope = Literal["none", "own", "point", "organisation", "all"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
ROLES = ("supporter", "point", "manager", "city", "auditor")


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that may be done, its name in two languages, and how far each role may."""

    name: str
    ja: str
    en: str
    scopes: tuple[tuple[str, Scope], ...]

    def of(self, role: str) -> Scope:
        """Return how far the role may; a role that is not in the table may nothing."""
        return dict(self.scopes).get(role, "none")

    @property
    def changes(self) -> bool:
        """Whether this lets somebody change something; names ending in ``.see`` do not."""
        return not self.name.endswith(".see")


@cache
def permissions() -> dict[str, Permission]:
    """Return all permissions by name.

    Raises
    ------
    ValueError
        The table holds a scope that does not exist, or a name twice.
    """
    found: dict[str, Permission] = {}
    for row in rows_of("daremo.web.apps.staff", "permissions"):
        name = row["permission"]
        wrong = {row[role] for role in ROLES} - set(SCOPES)
        if wrong or name in found:
            raise ValueError(f"tables/permissions.csv: {name}: {sorted(wrong) or 'twice'}")
        scopes = tuple((role, cast(Scope, row[role])) for role in ROLES)
        found[name] = Permission(name, row["ja"], row["en"], scopes)
    return found


def permission(name: str) -> Permission:
    """Return the permission of that name.

    Raises
    ------
    ValueError
        The table does not know it: a misspelt name never opens a page.
    """
    try:
        return permissions()[name]
    except KeyError:
        raise ValueError(f"{name} is not in staff/tables/permissions.csv") from None


def scope_of(name: str, role: str) -> Scope:
    """Return how far the role may do what the permission names."""
    return permission(name).of(role)
