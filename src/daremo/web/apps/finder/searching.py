"""What the place search asks, and what it finds: one search for the page, the sheet of paper and city sites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from daremo.web.apps.finder import shown
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.ui.text import to_plain
from daremo.web.vocabulary import topics_of

SHOWN = 6
MOST = 400
FETCHED = 6
"""Times fetched for each point: courses among them are shown elsewhere, three times remain."""
HAS = (
    ("open", _("いま開いている・早く開く順")),
    ("step_free", _("段差なし")),
    ("sign", _("手話")),
    ("walk_in", _("予約なしでもよい")),
)
LANGUAGES = (("", _("日本語")), *((code, name) for code, name in shown.LANGUAGE_NAMES.items()))
_AT = re.compile(r"(-?\d{1,2}\.\d{1,3}),(-?\d{1,3}\.\d{1,3})")


class FindForm(forms.Form):
    """Where somebody is, what it is about, what the place must have. Only the town is asked, not the house."""

    q = forms.CharField(
        label=_("住所（町名まで）か郵便番号"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "address-level3"}),
    )
    at = forms.CharField(required=False, max_length=16)
    need = forms.ChoiceField(label=_("相談したいこと"), required=False)
    has = forms.MultipleChoiceField(
        label=_("場所のようす"), choices=HAS, required=False, widget=forms.CheckboxSelectMultiple
    )
    lang = forms.ChoiceField(label=_("ことば"), choices=LANGUAGES, required=False)
    more = forms.IntegerField(required=False, min_value=1, max_value=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # an option holds no ruby
        self.fields["need"].choices = [  # type: ignore[attr-defined]
            ("", to_plain(_("まだ決めていない"))),
            *((code, to_plain(word)) for code, word in shown.need_choices()),
        ]
        self.fields["lang"].choices = [(code, to_plain(word)) for code, word in LANGUAGES]  # type: ignore[attr-defined]

    @property
    def filtered(self) -> bool:
        """Whether the second row of filters is in use."""
        return bool(self.is_valid() and (self.cleaned_data["has"] or self.cleaned_data["lang"]))


@dataclass
class Found:
    """Places in the order in which they are shown, the first few with their times (and distances in km)."""

    form: FindForm
    now: datetime
    near: Any
    unknown: bool
    by_open: bool
    ordered: list[Any]
    few: list[Any]
    times: list[schedule.FreeTime]
    distance: dict[int, float] = field(default_factory=dict)
    pages: int = 1


def find(asked: Mapping[str, Any], now: datetime, shown_at_once: int = SHOWN) -> Found:
    """Return the places that fit, the nearest first; without a place, whoever has a free time first comes first.

    With ``has=open`` those that are open now come first, then whoever opens next; hours that are not known come last.
    """
    form = FindForm(asked)
    told = form.cleaned_data if form.is_valid() else {}
    near = _start(told)
    topics = topics_of(told["need"]) if told.get("need") else ()
    has = told.get("has", [])
    rows = places.nearest_points(
        (near.lat, near.lon) if near is not None else None,
        needs=[code for code in has if code in ("step_free", "sign")],
        language=told.get("lang") or None,
        topics=topics,
        limit=MOST,
    )
    stored = apps.get_model("places", "SupportPoint")._default_manager.in_bulk([row.point_id for row in rows])
    ordered = [stored[row.point_id] for row in rows if row.point_id in stored]
    if "walk_in" in has:
        ordered = [p for p in ordered if p.walk_in]
    if near is None and ordered:
        first = _first_times(ordered, topics, now)
        ordered.sort(key=lambda p: (p.pk not in first, first.get(p.pk, now)))
    if "open" in has:
        ordered.sort(key=lambda p: _opens(p, now))
    pages = told.get("more") or 1
    few = ordered[: shown_at_once * pages]
    times = (
        schedule.free_times(now, points=[p.pk for p in few], topics=topics, per_point=FETCHED, limit=FETCHED * len(few))
        if few
        else []
    )
    return Found(
        form,
        now,
        near,
        unknown=bool(told.get("q")) and near is None,
        by_open="open" in has,
        ordered=ordered,
        few=few,
        times=times,
        distance={row.point_id: row.km for row in rows} if near is not None else {},
        pages=pages,
    )


def _start(told: dict[str, Any]) -> places.Start | None:
    """Return where the search starts: a town that was written wins over the position of the device."""
    if told.get("q"):
        return places.start_of(told["q"])
    at = _AT.fullmatch(told.get("at", ""))
    if at is None or abs(float(at[1])) > 90 or abs(float(at[2])) > 180:
        return None
    return places.Start(float(at[1]), float(at[2]), gettext("いまいる場所"))


def _first_times(points: list[Any], topics: tuple[str, ...], now: datetime) -> dict[int, datetime]:
    found = schedule.free_times(now, points=[p.pk for p in points], topics=topics, per_point=1, limit=MOST)
    return {t.point_id: t.starts for t in found}


def _opens(point: Any, now: datetime) -> tuple[int, datetime]:
    """Return the place of a point in the order of opening: open, then by the next opening, then not known."""
    opens = places.next_open(point.opening_hours, now)
    if opens is None:
        return 2, now + timedelta(days=10_000)
    return (0, now) if opens == now else (1, opens)
