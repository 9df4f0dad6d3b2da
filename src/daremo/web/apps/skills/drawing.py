"""A simulated screen on a page: the drawing, and over each place a radio button that a finger, a mouse or a key presses."""

from __future__ import annotations

import re
from functools import cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from daremo.assess.content.read import picture
from daremo.assess.content.records import Item
from daremo.assess.content.screens import places_of, size_of
from daremo.web.ui.text import to_plain

_OPEN = re.compile(r"<svg\b[^>]*>", re.S)
#: Drawings that show the telephone itself; a frame around them would be a telephone in a telephone.
_DEVICES = frozenset({"body"})
_BEFORE = re.compile(r"^.*?(?=<svg\b)", re.S)


@cache
def _inside(name: str) -> tuple[str, tuple[float, float]]:
    """Return what lies between the tags of a drawing, hidden from screen readers, and its size."""
    svg = _BEFORE.sub("", picture(name), count=1)
    inner = _OPEN.sub("", svg, count=1).rsplit("</svg>", 1)[0]
    # a page holds one drawing only, and names of places are told by the radio buttons
    return f'<g aria-hidden="true">{inner}</g>', size_of(svg)


def free_of_frame(item: Item) -> bool:
    """Tell whether the picture is no screen of a telephone: it is wide, or shows the telephone itself from outside."""
    if not item.picture:
        return False
    if item.picture in _DEVICES:
        return True
    width, height = _inside(item.picture)[1]
    return width >= height


def drawn(item: Item, language: str, *, name: str = "", chosen: str = "", numbers: bool = False) -> SafeString:
    """Return the picture of an item as SVG.

    Parameters
    ----------
    name : str
        Name of the radio buttons over the places; without one the picture is only looked at.
    chosen : str
        The place that is pressed already.
    numbers : bool
        Write the number of each place into its corner, for paper.
    """
    if not item.picture:
        return mark_safe("")
    inner, (width, height) = _inside(item.picture)
    over = []
    if item.kind == "screen" and (name or numbers):
        for place in places_of(picture(item.picture)):
            box = f'x="{place.x:g}" y="{place.y:g}" width="{place.width:g}" height="{place.height:g}"'
            if name:
                label = escape(to_plain(item.options[place.number - 1].said(language)))
                pressed = " checked" if chosen == str(place.number) else ""
                over.append(
                    f'<foreignObject {box}><input xmlns="http://www.w3.org/1999/xhtml" class="tap" type="radio" '
                    f'id="place-{place.number}" name="{name}" value="{place.number}" aria-label="{label}"{pressed}/>'
                    "</foreignObject>"
                )
            else:
                over.append(
                    f'<circle cx="{place.x + 14:g}" cy="{place.y + 14:g}" r="13" fill="#fff" stroke="#000" stroke-width="2"/>'
                    f'<text x="{place.x + 14:g}" y="{place.y + 20:g}" font-size="18" font-weight="700" '
                    f'text-anchor="middle" fill="#000">{place.number}</text>'
                )
    role = 'role="group"' if name else 'aria-hidden="true"'
    return mark_safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" {role}>{inner}{"".join(over)}</svg>'
    )
