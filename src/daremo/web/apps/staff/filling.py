"""Fill a form in a page with what was written before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin

TICKED = ("checkbox", "radio")
LEFT = ("hidden", "password", "file", "submit", "image", "button", "reset")
MAIN = "main"


def fill(page: str, here: str, path: str, fields: Mapping[str, Sequence[str]], note: str) -> str | None:
    """Return the page with the form that sends to ``path`` filled in and ``note`` at the top of its main part.

    Parameters
    ----------
    page : str
        HTML.
    here : str
        Path and query of the page, to which a form's ``action`` is relative.
    path : str
        Path and query the form was sent to.
    fields : mapping of str to sequence of str
        Values by name, in the order of the form. Hidden fields keep what the page says now.

    Returns
    -------
    str or None
        None where the page holds no such form.
    """
    filler = _Filler(here, path, fields, note)
    filler.feed(page)
    filler.close()
    return "".join(filler.out) if filler.found else None


class _Filler(HTMLParser):
    """Copies the page to ``out`` as it is, but for the controls of the one form."""

    def __init__(self, here: str, path: str, fields: Mapping[str, Sequence[str]], note: str) -> None:
        super().__init__(convert_charrefs=False)
        self.here, self.path, self.note = here, path, note
        self.left = {name: list(values) for name, values in fields.items()}
        self.given = {name: set(values) for name, values in fields.items()}
        self.out: list[str] = []
        self.found = self.inside = False
        self.select: str | None = None
        self.skipping = False
        self.noted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        text = self.get_starttag_text() or ""
        if tag == "form":
            sends_to = urljoin(f"http://x{self.here}", known.get("action") or self.here)
            post = (known.get("method") or "").lower() == "post"
            self.inside = post and sends_to == f"http://x{self.path}"
            self.found = self.found or self.inside
        if self.inside:
            text = self._control(tag, known, attrs, text)
        self.out.append(text)
        if known.get("id") == MAIN and not self.noted:
            self.noted = True
            self.out.append(self.note)

    def _control(self, tag: str, known: dict[str, str | None], attrs: list[tuple[str, str | None]], text: str) -> str:
        name = known.get("name") or ""
        kind = (known.get("type") or "text").lower()
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select is not None:
            chosen = (known.get("value") or "") in self.given.get(self.select, set())
            return _tag(tag, [a for a in attrs if a[0] != "selected"] + ([("selected", None)] if chosen else []))
        elif tag == "input" and kind in TICKED:
            # a box that was not ticked sends nothing, so its absence is an answer too
            chosen = (known.get("value") or "on") in self.given.get(name, set())
            return _tag(tag, [a for a in attrs if a[0] != "checked"] + ([("checked", None)] if chosen else []))
        elif tag == "input" and kind not in LEFT and self.left.get(name):
            return _tag(tag, [a for a in attrs if a[0] != "value"] + [("value", self.left[name].pop(0))])
        elif tag == "textarea" and self.left.get(name):
            self.skipping = True
            return text + "\n" + escape(self.left[name].pop(0), quote=False)
        return text

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = None
        if tag == "textarea":
            self.skipping = False
        self.out.append(f"</{tag}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        self._copy(data)

    def handle_entityref(self, name: str) -> None:
        self._copy(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._copy(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._copy(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._copy(f"<!{decl}>")

    def _copy(self, text: str) -> None:
        if not self.skipping:
            self.out.append(text)


def _tag(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    told = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attrs)
    return f"<{tag}{told}>"
