"""Look sessions up: those that a resident may see, and those of staff."""

from __future__ import annotations

from collections.abc import Sequence

from daremo.web.apps.schedule.models import Offer, Series, Session

_WITH = ("point__area", "point__organisation", "offer__organisation", "series")


def public_session(row: int) -> Session | None:
    """Return a session that residents may see (an open one of a public offer at a published point), or None."""
    rows = Session.objects.select_related(*_WITH).filter(offer__public=True, point__state__in=("published", "stale"))
    return rows.filter(pk=row).exclude(state__in=("planned", "cancelled")).first()


def session_of(row: int) -> Session | None:
    """Return a session that is not cancelled, or None."""
    return Session.objects.select_related(*_WITH).filter(pk=row).exclude(state=Session.State.CANCELLED).first()


def enrolled_in(session: Session) -> list[Session]:
    """Return what booking this session books: all that are still to come of its series, or itself."""
    if session.series_id is None:
        return [session]
    rows = Session.objects.select_related(*_WITH).filter(series=session.series_id, ordinal__gte=session.ordinal)
    return list(rows.exclude(state=Session.State.CANCELLED).order_by("starts", "id"))


def series_of(row: int, organisations: Sequence[int]) -> Series | None:
    """Return a course of one of the organisations, or None."""
    rows = Series.objects.select_related("point", "offer__organisation")
    return rows.filter(pk=row, offer__organisation__in=list(organisations)).first()


def offer_for(organisations: Sequence[int], topics: Sequence[str] = ()) -> Offer | None:
    """Return the organisations' offer that fits the topics best: one that names a topic, else a consultation."""
    rows = list(Offer.objects.filter(organisation__in=list(organisations), public=True).order_by("id"))
    wanted = set(topics)
    fits = [offer for offer in rows if wanted & set(offer.topics)]
    return next(iter([*fits, *[o for o in rows if o.kind == Offer.Kind.CONSULTATION], *rows]), None)
