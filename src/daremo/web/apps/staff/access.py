"""Who may open a page and which rows stand on it. Every view of the project says so here, or is listed as public."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import add_never_cache_headers

from daremo.web.apps.journal.act import Act
from daremo.web.apps.staff import gates, kept
from daremo.web.apps.staff.models import Membership, User
from daremo.web.apps.staff.permissions import Scope, permission, scope_of
from daremo.web.apps.staff.rows import within

M = TypeVar("M", bound=Model)
View = Callable[..., HttpResponse]

READ = ("GET", "HEAD")
#: The table of a row; or the argument whose word chooses it, and the tables by word.
Whose = str | tuple[str, Mapping[str, str]]


class StaffRequest(HttpRequest):
    """A request as views behind :func:`staff_page` see it (for type checkers; never made)."""

    act: Act
    membership: Membership
    permission: str
    scope: Scope
    organisation_ids: list[int]
    rows: dict[str, Any]
    user: User


@dataclass(frozen=True, slots=True)
class Access:
    """What a view declares: the permission to look, the one to change, whose rows its address names."""

    permission: str
    post: str
    of: Mapping[str, Whose] = field(default_factory=dict)
    methods: tuple[str, ...] = READ
    step_up: bool = False
    public: bool = False

    def asked(self, method: str | None) -> str:
        """Return the permission that this method needs."""
        return self.post if method == "POST" else self.permission

    def tables(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        """Return the table of the row that each argument names; unknown words name no table.

        Raises
        ------
        Http404
            Another argument chooses the table, by a word that is not among the choices.
        """
        found: dict[str, str] = {}
        for argument, whose in self.of.items():
            if isinstance(whose, str):
                found[argument] = whose
            elif arguments[whose[0]] in whose[1]:
                found[argument] = whose[1][arguments[whose[0]]]
            else:
                raise Http404
        return found


PUBLIC = Access("", "", public=True, methods=(*READ, "POST"))


def public_page(view: View) -> View:
    """Declare a view open to everybody; its name must also stand in ``tables/public.csv``."""
    view.daremo_access = PUBLIC  # type: ignore[attr-defined]
    return view


def staff_page(
    name: str,
    *,
    post: str = "",
    of: Mapping[str, Whose] | None = None,
    step_up: bool = False,
    methods: Iterable[str] = (),
) -> Callable[[View], View]:
    """Let only those in whose role the permission lies open a view, and only with rows they may see.

    The view gets ``request.act``, ``request.membership``, ``request.organisation_ids``, ``request.scope`` and, for
    ``of``, ``request.rows``. Nobody signed in is sent to sign in (a sent form is kept and offered again); a role
    without the permission gets 403; a row of somebody else is 404, as if it did not exist.

    Parameters
    ----------
    name : str
        Permission of ``tables/permissions.csv``. A ``….see`` alone takes no POST.
    post : str
        Permission for POST, where it is another one.
    of : mapping, optional
        Whose row each argument of the address is: ``{"booking": "bookings.booking"}`` (by primary key), or, where a
        word in the address chooses, ``{"row": ("kind", {"call": "bookings.helprequest"})}``.
    step_up : bool
        Ask who is here once more, unless that was done in the last minutes.
    methods : iterable of str, optional
        Methods taken, where not GET and (with a permission to change) POST: ``["POST"]``.

    Raises
    ------
    ValueError
        No such permission.
    """
    changes = permission(post or name).changes
    taken = tuple(methods) or ((*READ, "POST") if changes else READ)
    if "POST" in taken and not changes:
        raise ValueError(f"{post or name} lets nobody change anything: name a permission for POST")
    access = Access(permission(name).name, post or name, dict(of or {}), taken, step_up)

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            answer = _closed(request, access, kwargs)
            if answer is None:
                answer = kept.filled_in(request, view(request, *args, **kwargs))
            add_never_cache_headers(answer)
            return answer

        opened.daremo_access = access  # type: ignore[attr-defined]
        return opened

    return decorate


def _closed(request: HttpRequest, access: Access, kwargs: Mapping[str, Any]) -> HttpResponse | None:
    """Return the answer that keeps somebody out, or None and the request made ready for the view."""
    if request.method not in access.methods:
        return HttpResponseNotAllowed(access.methods)
    if not request.user.is_authenticated:
        return gates.to_sign_in(request)
    found = getattr(request, "membership", None)
    name = access.asked(request.method)
    scope = scope_of(name, found.role) if found is not None else "none"
    if scope == "none":
        raise PermissionDenied
    request.permission, request.scope = name, scope  # type: ignore[attr-defined]
    request.organisation_ids = reached(request)  # type: ignore[attr-defined]
    closed = gates.second_factor(request)
    if closed is not None:
        return closed
    # rows before the step-up: nobody learns by it which rows of others exist
    rows = {argument: _row(request, label, kwargs[argument]) for argument, label in access.tables(kwargs).items()}
    request.rows = rows  # type: ignore[attr-defined]
    if access.step_up:
        return gates.step_up(request)
    return None


def _row(request: HttpRequest, label: str, key: Any) -> Model:
    row: Model | None = visible(request, apps.get_model(label)._default_manager.all()).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def may(request: HttpRequest, name: str) -> bool:
    """Tell whether the role in use has a permission at all (for tabs and buttons; the view checks again)."""
    found = getattr(request, "membership", None)
    return found is not None and scope_of(name, found.role) != "none"


def visible(request: HttpRequest, queryset: QuerySet[M], name: str = "") -> QuerySet[M]:
    """Return the rows that this request may see: of everybody, the organisation, the point, or one's own.

    Parameters
    ----------
    request : HttpRequest
        Behind :func:`staff_page`.
    queryset : QuerySet
        Of a table in ``tables/rows.csv``.
    name : str
        Permission, where another than the page's counts.

    Raises
    ------
    LookupError
        The table is not in ``tables/rows.csv``.
    """
    asked = cast(StaffRequest, request)
    found: Membership | None = getattr(request, "membership", None)
    if found is None:
        return within(queryset, "none", organisation=None, point=None, user=None)
    scope = scope_of(name, found.role) if name else asked.scope
    return within(queryset, scope, organisation=found.organisation_id, point=found.point_id, user=asked.user.pk)


def reached(request: HttpRequest) -> list[int]:
    """Return the organisations whose rows the request may see: one's own, or all of them."""
    asked = cast(StaffRequest, request)
    if asked.scope == "all":
        return list(apps.get_model("places.organisation")._default_manager.values_list("pk", flat=True))
    return [asked.membership.organisation_id]
