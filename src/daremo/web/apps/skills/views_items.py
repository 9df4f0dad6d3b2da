"""For those who write the questions: the list, each one in three languages with its live figures, and the tables."""

from __future__ import annotations

from math import isnan
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from daremo.assess.content.live import ENOUGH_FOR_FIT, Live
from daremo.assess.content.read import content
from daremo.web import clock
from daremo.web.apps.skills import counted, drawing
from daremo.web.apps.skills.measure import ALONE_FROM
from daremo.web.apps.skills.models import AnonymousSheet
from daremo.web.apps.skills.said import area_name
from daremo.web.apps.staff.access import staff_page, visible
from daremo.web.days import day_of
from daremo.web.ui.pieces import Fact

LANGUAGES = (("ja", "日本語"), ("ja-easy", "やさしい日本語"), ("en", "English"))
A_PAGE = 40


def _kinds() -> dict[str, str]:
    return {
        "screen": _("画面を押す"),
        "steps": _("順番"),
        "choice": _("3つから選ぶ"),
        "observe": _("見て記録"),
        "self": _("自分で思うこと"),
    }


def _said(found: Live) -> dict[str, str]:
    return {
        "answers": str(found.answers),
        "right": "—" if isnan(found.right) else f"{100 * found.right:.0f}%",
        "b": f"{found.b:+.2f} ± {1.645 * found.error:.2f}",
        "middle": f"{found.b:+.1f}",
        "width": f"{found.b - 1.645 * found.error:+.1f}〜{found.b + 1.645 * found.error:+.1f}",
        "fit": "—" if isnan(found.infit) else f"{found.infit:.2f}",
    }


@staff_page("items.see")
def items(request: HttpRequest) -> HttpResponse:
    """List all questions with their live figures; one area at a time."""
    area = request.GET.get("area", "")
    chosen = [i for i in content().items.values() if not area.isdecimal() or i.area == int(area)]
    page = Paginator(chosen, A_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    found = counted.live_of(visible(request, AnonymousSheet.objects.all()), [i for i in shown if i.kind != "self"])
    rows = [
        {
            "item": i.item,
            "question": i.words["question"].ja,
            "kind": _kinds()[i.kind],
            "area": area_name(i.area),
            "level": i.level,
            **(_said(found[i.item]) if i.item in found else {"answers": "—", "right": "—", "b": "—", "fit": "—"}),
        }
        for i in shown
    ]
    areas = [{"value": str(a), "name": area_name(a)} for a in range(6)]
    return render(
        request,
        "skills/items.html",
        {"rows": rows, "page": page, "areas": areas, "area": area, "total": len(content().items)},
    )


@staff_page("items.see")
def item(request: HttpRequest, item: str) -> HttpResponse:
    """Show one question as people see it, in three languages, and all that is known of it."""
    found = content().items.get(item)
    if found is None:
        raise Http404
    previews = [
        {
            "name": name,
            "lang": "en" if code == "en" else "ja",
            "question": found.words["question"].said(code),
            "hint": found.words["hint"].said(code) if "hint" in found.words else "",
            "options": [text.said(code) for text in found.options],
            "well": found.words["well"].said(code) if "well" in found.words else "",
        }
        for code, name in LANGUAGES
    ]
    told = content()
    theme = told.themes.get(found.theme)
    competence = told.competences.get(found.competence)
    facts = [
        Fact(_("種類"), _kinds()[found.kind]),
        Fact(_("分野"), area_name(found.area)),
        Fact(_("力（DigComp 3.0）"), f"{found.competence} {competence.text.ja if competence else ''}"),
        Fact(_("DigComp 2.2では"), found.digcomp22),
        Fact(_("テーマ"), theme.text.ja if theme else found.theme),
        Fact(_("正解"), " → ".join(map(str, found.key)) or "—"),
        Fact(_("書いた人の見立て（むずかしさ）"), f"{found.prior_b:+.2f} ± {1.645 * found.prior_b_sd:.2f}"),
        Fact(_("読みやすさ（学年）"), str(found.reading_grade)),
        Fact(_("もとの事実"), found.source),
        Fact(_("わかること"), found.purpose),
    ]
    live = None
    if found.kind != "self":
        rows = visible(request, AnonymousSheet.objects.all())
        live = _said(counted.live_of(rows, [found])[found.item])
    names = list(told.items)
    at = names.index(item)
    return render(
        request,
        "skills/item.html",
        {
            "item": found,
            "facts": facts,
            "previews": previews,
            "question": found.words["question"].ja,
            "picture": drawing.drawn(found, "ja", numbers=True),
            "free": drawing.free_of_frame(found),
            "live": live,
            "enough": ENOUGH_FOR_FIT,
            "before": names[at - 1] if at else "",
            "after": names[at + 1] if at + 1 < len(names) else "",
        },
    )


@staff_page("answers.export")
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """Say which tables there are, what stands in them and what is left out."""
    count = visible(request, AnonymousSheet.objects.all()).count()
    return render(
        request,
        "skills/export.html",
        {"count": count, "smallest": counted.SMALLEST, "enough": count >= counted.SMALLEST, "below": f"{ALONE_FROM:g}"},
    )


@staff_page("answers.export")
@never_cache
def table(request: HttpRequest, table: str) -> HttpResponse:
    """Write one table as CSV; who took it out stands in the journal of the service's requests."""
    rows = visible(request, AnonymousSheet.objects.all())
    today = day_of(clock.now())
    text: Any = None
    if table == "answers":
        text = counted.answers_table(rows)
    elif table == "residents":
        text = counted.residents_table()
    elif table == "survey":
        text = counted.survey_table(rows, today)
    if text is None:
        raise Http404
    answer = HttpResponse(text.encode("utf-8"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="skill-{table}-{today}.csv"'
    return answer
