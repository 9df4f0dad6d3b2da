"""Every page that shows a person leaves a line for her: who looked, when, where and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce, wraps
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse

from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import StaffRequest, View, visible

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person


def shows_person(page: str, way: str = "person", why: str = "") -> Callable[[View], View]:
    """Note that a person's data were shown (or changed, by POST) whenever the view below answers well.

    Parameters
    ----------
    page : str
        The page in plain Japanese, as it will be printed for her: 「予約のページ」.
    way : str
        Where the person stands in ``request.rows``: ``person``, or ``booking.person`` for the person of a row.
    why : str
        Why it is looked at; a form may say more (``why`` in what was sent).

    Use it below :func:`daremo.web.apps.staff.access.staff_page`, whose ``of`` names the row::

        @staff_page("bookings.see", of={"booking": "bookings.booking"})
        @shows_person("予約のページ", "booking.person")
        def booking(request, booking): ...
    """
    first, *rest = way.split(".")

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            person = reduce(getattr, rest, cast(StaffRequest, request).rows[first])
            answer = view(request, *args, **kwargs)
            if person is not None and answer.status_code < 400:
                saw(request, [person], page, why or request.POST.get("why", ""))
            return answer

        shown.daremo_shows = way  # type: ignore[attr-defined]
        return shown

    return decorate


def saw(request: HttpRequest, persons: Iterable[Person], page: str, why: str = "") -> None:
    """Note for each of several persons that a page showed her (a list, the result of a search)."""
    asked = cast(StaffRequest, request)
    what = "changed" if request.method == "POST" else "seen"
    for person in persons:
        people.looked(asked.act, asked.user, person, page, why, what=what)


def the_person(request: HttpRequest, key: int, page: str, why: str = "") -> Person:
    """Return a person this request may see, and note that she was looked at.

    Raises
    ------
    Http404
        There is no such person among those whom this role sees.
    """
    found = visible(request, apps.get_model("people.person")._default_manager.all()).filter(pk=key).first()
    if found is None:
        raise Http404
    saw(request, [found], page, why)
    return found
