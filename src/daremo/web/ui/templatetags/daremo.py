"""All tags and filters of the shared look, with one ``{% load daremo %}``. See the README beside for examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_noop

from daremo.web.ui import context as site
from daremo.web.ui import dates, forms, icons, rings, text
from daremo.web.ui.pieces import Fact, Place, Point, Table, Ticket, Time, sketch_of

register = template.Library()
register.filter("ruby", text.to_html)
register.filter("plain", text.to_plain)
register.filter("phrases", text.phrases)
register.filter("tel", site.tel)


@register.filter
def no_ruby(html: str) -> SafeString:
    """A piece of safe HTML without tags and readings, for the title of a page."""
    return mark_safe(" ".join(text.without_tags(html).split()))


@register.filter
def num(value: object) -> str:
    """A whole number with commas, 「9,240」; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


# ---- words -------------------------------------------------------------------------------------------------------


@register.simple_tag
def t(source: str, /, **values: object) -> SafeString:
    """Japanese source text in the reader's language, ruby drawn: ``{% t "あと{n}人" n=3 %}``."""
    return text.translated(source, **values)


@register.simple_tag
def tp(source: str, /, **values: object) -> str:
    """The same without ruby, for attributes: ``aria-label="{% tp "ことば" %}"``."""
    return text.translated_plain(source, **values)


@register.simple_tag
def jdate(when: date | datetime, today: date | None = None) -> SafeString:
    """「11月24日（火）」, with the year where it differs from that of `today`."""
    return text.to_html(dates.say_date(when, today))


@register.simple_tag
def jera(when: date | datetime) -> SafeString:
    """「令和8年11月24日」."""
    return text.to_html(dates.say_era(when))


@register.simple_tag
def jtime(when: datetime) -> str:
    """「14:00」 in Japan."""
    return dates.say_time(when)


@register.simple_tag
def jday(when: date | datetime, today: date) -> SafeString:
    """「きょう 24日（火）」."""
    return text.to_html(dates.say_day(when, today))


# ---- small parts -------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str) -> SafeString:
    """One icon; the words beside it must say the same."""
    return icons.icon(name)


@register.inclusion_tag("ui/parts/door.html")
def door(href: str, icon: str, what: str, line: str = "", main: bool = False) -> dict[str, Any]:
    """A door of the home page; three on a page, the first one ``main=True``."""
    return {"href": href, "icon": icon, "what": what, "line": line, "main": main}


@register.inclusion_tag("ui/parts/back.html")
def back(href: str, what: str = "") -> dict[str, Any]:
    """The way back, which keeps the answers."""
    return {"href": href, "what": what}


@register.inclusion_tag("ui/parts/step.html")
def step(at: int, of: int) -> dict[str, Any]:
    """Ring and 「3問中2問め」; ``at`` beyond ``of`` says that all questions are answered."""
    return {"ring": rings.step_ring(at, of), "at": at, "of": of, "done": at > of}


@register.simple_tag
def ring(share: float, small: bool = False) -> SafeString:
    """How far a person does it alone, 0 to 1; put the words beside it."""
    return rings.progress_ring(float(share), small=small)


@register.simple_tag
def qr(data: str, label: str) -> SafeString:
    """QR code of an address; `label` is read aloud."""
    return rings.qr(data, text.to_plain(label))


@register.inclusion_tag("ui/parts/time.html")
def time_button(time: Time) -> dict[str, Any]:
    """One free time, 72 px high, pressable as a whole."""
    return {"time": time}


@register.inclusion_tag("ui/parts/place.html")
def place_card(place: Place) -> dict[str, Any]:
    """One support point with its next free times."""
    return {"place": place}


@register.inclusion_tag("ui/parts/map.html")
def sketch_map(points: Sequence[Point], label: str) -> dict[str, Any]:
    """Sketch map of numbered points; the same numbers must stand in a list beside it."""
    return {"sketch": sketch_of(points), "label": label}


@register.inclusion_tag("ui/parts/facts.html")
def facts(rows: Sequence[Fact]) -> dict[str, Any]:
    """Read back what was understood, each row with a link to change it."""
    return {"rows": rows}


@register.inclusion_tag("ui/parts/table.html")
def table(table: Table) -> dict[str, Any]:
    """A whole table in its labelled scroll region."""
    return {"table": table}


@register.inclusion_tag("ui/parts/ticket.html", takes_context=True)
def ticket(context: Context, ticket: Ticket) -> dict[str, Any]:
    """The sheet a person takes home; prints on one A4."""
    return {"ticket": ticket, "site": context.get("site") or site.site_of()}


@register.inclusion_tag("ui/parts/pagination.html", takes_context=True)
def pagination(context: Context, page: Page[Any], name: str = "page") -> dict[str, Any]:
    """Back and forward through pages, other parameters of the address kept."""
    request = context.get("request")
    kept = [(k, v) for k, vs in request.GET.lists() if k != name for v in vs] if request is not None else []

    def to(number: int) -> str:
        return "?" + urlencode([*kept, (name, number)])

    return {
        "page": page,
        "previous": to(page.previous_page_number()) if page.has_previous() else "",
        "next": to(page.next_page_number()) if page.has_next() else "",
    }


@register.simple_tag(takes_context=True)
def language_href(context: Context, code: str) -> str:
    """Address that switches to language `code` and comes back to this page."""
    return f"{reverse('ui:language', args=[code])}?{urlencode({'next': context.get('here') or '/'})}"


# ---- parts around a text -----------------------------------------------------------------------------------------


@register.simple_block_tag
def note(content: str, kind: str = "", icon: str = "info") -> SafeString:
    """``{% note %}<b>…</b>{% endnote %}``; kind ``ok`` or ``warn``. One a page."""
    css = f"note note--{kind}" if kind else "note"
    return format_html('<div class="{}">{}<div>{}</div></div>', css, icons.icon(icon), mark_safe(content))


@register.simple_block_tag
def why(content: str, label: str = gettext_noop("なぜ？")) -> SafeString:
    """``{% why %}source, date, formula{% endwhy %}``: opens without script."""
    return format_html(
        '<details class="why"><summary>{}</summary><div>{}</div></details>',
        text.translated(label),
        mark_safe(content),
    )


@register.simple_block_tag
def stat(content: str, label: str, value: object, unit: str = "", interval: str = "", about: str = "") -> SafeString:
    """A number with its interval; the text inside is its why: ``{% stat "壁がある人" "9,240" "人" %}…{% endstat %}``."""
    return format_html(
        '<div class="stat"><p>{}</p><span class="big">{}{}</span>{}{}</div>',
        text.to_html(label),
        text.to_html(value),
        format_html("<small>{}</small>", text.to_html(unit)) if unit else "",
        format_html(
            "<p>{}{}{}</p>",
            text.to_html(interval),
            mark_safe("<br>") if interval and about else "",
            text.to_html(about),
        )
        if interval or about
        else "",
        why(content) if content.strip() else "",
    )


@register.simple_block_tag
def scroll(content: str, label: str) -> SafeString:
    """``{% scroll "きょうの表" %}<table>…</table>{% endscroll %}``: only the table moves sideways, by keyboard too."""
    return format_html(
        '<div class="scroll" role="region" aria-label="{}" tabindex="0">{}</div>',
        text.to_plain(label),
        mark_safe(content),
    )


@register.simple_block_tag
def script(content: str) -> SafeString:
    """``{% script %}<p>「…」</p>{% endscript %}``: the exact words to read aloud."""
    return format_html('<div class="script">{}</div>', mark_safe(content))


# ---- forms -------------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/parts/errors.html")
def error_summary(*asked: object) -> dict[str, Any]:
    """What to correct, each linked to its field; takes focus. Nothing where nothing is wrong."""
    return {
        "problems": [problem for form in asked if isinstance(form, BaseForm) for problem in forms.problems_of(form)]
    }


@register.simple_tag(takes_context=True)
def title_prefix(context: Context) -> str:
    """「エラー：」 where ``form`` or one of ``forms`` has errors, or ``has_errors`` is set."""
    asked = [context.get("form"), *(context.get("forms") or ())]
    wrong = any(isinstance(f, BaseForm) and f.is_bound and bool(f.errors) for f in asked)
    return text.translated_plain("エラー：") if wrong or context.get("has_errors") else ""


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField, small: bool = False) -> dict[str, Any]:
    """Label, hint, error and control of one question."""
    return {**forms.asked(bound), "small": small}


@register.inclusion_tag("ui/parts/choices.html")
def choice_group(
    bound: BoundField, row: bool = False, tight: bool = False, heading: bool = False, at: int = 0, of: int = 0
) -> dict[str, Any]:
    """Radio buttons or checkboxes; ``row`` for short answers of staff, ``heading`` where it is the page's question."""
    ring_now = rings.step_ring(at, of) if of else ""
    return {
        **forms.asked(bound),
        **forms.choices_of(bound),
        "row": row,
        "tight": tight,
        "heading": heading,
        "ring": ring_now,
        "at": at,
        "of": of,
    }


@register.inclusion_tag("ui/parts/check.html")
def check(bound: BoundField) -> dict[str, Any]:
    """One checkbox with its words, e.g. a consent; never checked beforehand by the page."""
    return forms.asked(bound)


@register.simple_tag
def staff_home(tabs: Sequence[Mapping[str, Any]] | None) -> str:
    """Where the mark of a staff page leads: the first tab, or the public page."""
    return str(tabs[0]["href"]) if tabs else "/"
