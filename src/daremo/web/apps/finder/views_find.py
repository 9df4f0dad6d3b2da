"""Find help: near a town's name, by need, language and access; as cards with the next free times, and on paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _say
from django.utils.translation import gettext_lazy as _

from daremo.web import clock
from daremo.web.apps.finder import shown
from daremo.web.apps.places import services as places
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.staff.access import public_page
from daremo.web.ui.dates import say_date, say_day, say_time
from daremo.web.ui.pieces import Fact, Table
from daremo.web.vocabulary import topics_of

SHOWN = 6
HAS = (
    ("open", _("いま開いている")),
    ("step_free", _("段差なし")),
    ("sign", _("手話")),
    ("walk_in", _("予約なしでもよい")),
)
LANGUAGES = (("", _("日本語")), *((code, name) for code, name in shown.LANGUAGE_NAMES.items()))


class FindForm(forms.Form):
    """Where somebody is, what it is about, what the place must have. Only the town is asked, not the house."""

    q = forms.CharField(
        label=_("住所（町名まで）か郵便番号"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "address-level3"}),
    )
    need = forms.ChoiceField(label=_("相談したいこと"), required=False)
    has = forms.MultipleChoiceField(
        label=_("場所のようす"), choices=HAS, required=False, widget=forms.CheckboxSelectMultiple
    )
    lang = forms.ChoiceField(label=_("ことば"), choices=LANGUAGES, required=False)
    more = forms.IntegerField(required=False, min_value=1, max_value=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["need"].choices = [("", _("まだ決めていない")), *shown.need_choices()]  # type: ignore[attr-defined]

    @property
    def filtered(self) -> bool:
        """Whether the second row of filters is in use."""
        return bool(self.is_valid() and (self.cleaned_data["has"] or self.cleaned_data["lang"]))


def _found(request: HttpRequest) -> dict[str, Any]:
    form = FindForm(request.GET if request.GET else {})
    told = form.cleaned_data if form.is_valid() else {"q": "", "need": "", "has": [], "lang": "", "more": None}
    now = clock.now()
    near = places.start_of(told["q"]) if told["q"] else None
    topics = topics_of(told["need"]) if told["need"] else ()
    wanted = [code for code in told["has"] if code in ("step_free", "sign")]
    start = (near.lat, near.lon) if near is not None else None
    rows = places.nearest_points(start, needs=wanted, language=told["lang"] or None, topics=topics, limit=400)
    points = {
        p.pk: p
        for p in apps.get_model("places", "SupportPoint")._default_manager.filter(pk__in=[r.point_id for r in rows])
    }
    ordered = [points[r.point_id] for r in rows]
    if "walk_in" in told["has"]:
        ordered = [p for p in ordered if p.walk_in]
    if "open" in told["has"]:
        ordered = [p for p in ordered if places.open_now(p.opening_hours, now)]
    count = SHOWN * (told["more"] or 1)
    few = ordered[:count]
    times = (
        schedule.free_times(now, points=[p.pk for p in few], topics=topics, per_point=3, limit=3 * max(1, len(few)))
        if few
        else []
    )
    if near is None:
        # without a place, whoever has a free time first comes first
        first = {t.point_id: t.starts for t in reversed(times)}
        few.sort(key=lambda p: (p.pk not in first, first.get(p.pk, now)))
    return {
        "form": form,
        "now": now,
        "near": near,
        "unknown": bool(told["q"]) and near is None,
        "ordered": ordered,
        "few": few,
        "times": times,
        "distance": {r.point_id: r.km for r in rows} if near is not None else {},
        "more": (told["more"] or 1) + 1 if len(ordered) > count else None,
    }


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Show three doors, the finder, the list beside the map."""
    found = _found(request)
    now, near, few = found["now"], found["near"], found["few"]
    if near is not None:
        result = _say("{place}から近い順に、{n}か所あります。").format(place=near.name, n=len(found["ordered"]))
    else:
        result = _say("{n}か所あります。早く予約できる順です。").format(n=len(found["ordered"]))
    query = request.GET.copy()
    more_href = ""
    if found["more"]:
        query["more"] = str(found["more"])
        more_href = f"?{query.urlencode()}#result"
    return render(
        request,
        "finder/home.html",
        {
            "form": found["form"],
            "result": result,
            "as_of": _say("空きは、{day} {time}のものです。").format(day=say_date(now), time=say_time(now)),
            "unknown": found["unknown"],
            "places": shown.cards(few, near, now, found["times"], found["distance"]),
            "points": shown.sketch(few, near),
            "more_href": more_href,
            "query": f"?{request.GET.urlencode()}" if request.GET else "",
            "foot_links": [],
        },
    )


@public_page
def printed(request: HttpRequest) -> HttpResponse:
    """Show the list for paper: place, telephone, hours, the next free times."""
    found = _found(request)
    now = found["now"]
    rows = []
    for card, point in zip(
        shown.cards(found["few"], found["near"], now, found["times"], found["distance"]), found["few"], strict=True
    ):
        free = "、".join(f"{say_day(t.start, t.today)} {say_time(t.start)}" for t in card.times) or "—"
        rows.append((card.name, card.way or point.address, point.phone, free))
    columns = [(_say("場所"), False), (_say("行きかた"), False), (_say("電話"), False), (_say("つぎの空き"), False)]
    table = Table(_say("相談場所の一覧"), columns, rows)
    as_of = _say("空きは、{day} {time}のものです。").format(day=say_date(now), time=say_time(now))
    return render(request, "finder/printed.html", {"table": table, "as_of": as_of})


@public_page
def point(request: HttpRequest, point_id: int) -> HttpResponse:
    """Show one place: what it has, when it is open, every free time of the coming weeks."""
    rows = apps.get_model("places", "SupportPoint")._default_manager.filter(state__in=("published", "stale"))
    row = get_object_or_404(rows.select_related("organisation"), pk=point_id)
    now = clock.now()
    today = shown.local_day(now)
    times = schedule.free_times(now, points=[row.pk], per_point=60, limit=60)
    days: dict[str, list[Any]] = {}
    for button in shown.buttons(times, now):
        days.setdefault(say_day(button.start, today), []).append(button)
    coming = apps.get_model("schedule", "Session")._default_manager.filter(
        point=row, state="open", starts__gt=now, offer__public=True
    )
    free = {t.session_id for t in times}
    full = [
        {
            "href": reverse("finder:wait", kwargs={"session_id": s.pk}),
            "text": f"{say_day(s.starts, today)} {say_time(s.starts)}",
        }
        for s in coming.filter(series__isnull=True).order_by("starts")[:60]
        if s.pk not in free and (not times or s.starts <= times[-1].starts)
    ][:6]
    facts = [
        Fact(_say("住所"), row.address or "—"),
        Fact(_say("電話"), row.phone or "—"),
        Fact(_say("ここにあるもの"), "・".join(shown.access_words(row)) or "—"),
        Fact(_say("予約なし"), shown.waiting_words(row, now) or _say("予約をお願いします")),
    ]
    card = shown.cards([row], None, now, [], {})[0]
    spots = shown.sketch([row], None)
    return render(
        request,
        "finder/point.html",
        {"place": card, "facts": facts, "days": list(days.items()), "full": full, "points": spots},
    )


@public_page
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept, why and how long."""
    return render(request, "finder/privacy.html")


@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say what the pages promise to everybody."""
    return render(request, "finder/accessibility.html")
