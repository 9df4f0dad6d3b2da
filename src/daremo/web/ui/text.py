"""Words with ruby: ``{漢字|かんじ}`` becomes ruby in HTML and plain text in attributes, titles and mails.

A text may also hold places, ``{n}``, filled by name, and words that depend on a number:
``{n#place|places}`` is the first where ``n`` is 1, else the second. Values are never read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

_MARK = re.compile(r"\{([^{}]*)\}")
_RUBY_HTML = re.compile(r"<rt>.*?</rt>|<rp>.*?</rp>", re.S)
_TAG = re.compile(r"<[^>]*>")
#: Where a Japanese heading may break: between kanji and katakana, after ・ 、 and ／.
_BREAK = re.compile(r"(?<=[一-鿿々])(?=[ァ-ヴ])|(?<=[・、／])")


def _render(
    text: str, values: Mapping[str, object], literal: Callable[[str], str], ruby: Callable[[str, str], str]
) -> str:
    out: list[str] = []
    end = 0
    for mark in _MARK.finditer(text):
        out.append(literal(text[end : mark.start()]))
        end = mark.end()
        inside = mark[1]
        name, number, words = inside.partition("#")
        if number and name in values and "|" in words:
            one, _, many = words.partition("|")
            out.append(literal(one if values[name] == 1 else many))
        elif "|" in inside and not number:
            out.append(ruby(*inside.split("|", 1)))
        elif inside in values:
            value = values[inside]
            out.append(_value(value, literal) if hasattr(value, "__html__") else _fill(str(value), literal))
        else:
            out.append(literal(mark[0]))
    out.append(literal(text[end:]))
    return "".join(out)


def _fill(value: str, literal: Callable[[str], str]) -> str:
    return value if literal is _plain else str(escape(value))


def _value(value: object, literal: Callable[[str], str]) -> str:
    return str(conditional_escape(str(value))) if literal is not _plain else _unescaped(str(value))


def _html(text: str) -> str:
    return str(escape(text))


def _kept(text: str) -> str:
    return text


def _plain(text: str) -> str:
    return text


def _ruby(base: str, reading: str) -> str:
    return f"<ruby>{escape(base)}<rp>（</rp><rt>{escape(reading)}</rt><rp>）</rp></ruby>"


def _ruby_kept(base: str, reading: str) -> str:
    return f"<ruby>{base}<rp>（</rp><rt>{reading}</rt><rp>）</rp></ruby>"


def _base(base: str, _reading: str) -> str:
    return base


def _unescaped(html: str) -> str:
    return unescape(without_tags(html))


def to_html(text: object, /, **values: object) -> SafeString:
    """Safe HTML of `text`: ruby drawn, places filled, everything escaped unless it is safe HTML already."""
    words = str(text)
    safe = isinstance(words, SafeString)
    drawn = _render(words, values, _kept if safe else _html, _ruby_kept if safe else _ruby)
    if "<ruby>" in drawn and not safe:
        drawn = f"<span>{drawn}</span>"  # one box, or each word would be an item of a flex button
    return mark_safe(drawn)


def to_plain(text: object, /, **values: object) -> str:
    """Plain `text` without readings, for attributes, titles, mails and comparison."""
    words = str(text)
    if isinstance(words, SafeString):
        words = _unescaped(words)
    return _render(words, values, _plain, _base)


def without_tags(html: str) -> str:
    """Text of a piece of HTML, readings left out; entities stay as they are."""
    return _TAG.sub("", _RUBY_HTML.sub("", html))


def phrases(text: str) -> SafeString:
    """Escaped Japanese text with ``<wbr>`` where a heading may break."""
    return mark_safe(_BREAK.sub("<wbr>", escape(text)))


def translated(text: str, /, **values: object) -> SafeString:
    """`text` in the reader's language as safe HTML."""
    return to_html(_said(text), **values)


def translated_plain(text: str, /, **values: object) -> str:
    """`text` in the reader's language without ruby."""
    return to_plain(_said(text), **values)


def _said(text: str) -> str:
    """Translation as an ordinary str: Django marks literals of templates as safe HTML, a catalogue's text is not."""
    return str.__str__(gettext(text))
