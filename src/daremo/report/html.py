"""A report as one HTML file: style and drawings inside, no script, no request to anybody."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from html import escape
from importlib import resources

from daremo.report import blocks as b
from daremo.report.charts import PATTERNS
from daremo.report.words import JAPANESE, Words

#: A run of Japanese in an English page; Latin letters and digits inside a name stay with it.
_RUN = re.compile(
    rf"(?:{JAPANESE.pattern}|[０-９])+(?:[0-9A-Za-z・（）()「」]{{0,12}}(?:{JAPANESE.pattern}|[０-９、。「」：])+)*"
)
_BREAK = re.compile(r"(?<=[一-鿿々])(?=[ァ-ヴ])|(?<=[・、／])")
ICON = {
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6m0-10v.1"/>',
    "pdf": '<path d="M6 3h8.5L18 6.5V21H6ZM9 11h6m-6 4h6"/>',
    "geo": '<path d="M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2ZM9 4v14m6-12v14"/>',
}


@functools.cache
def style() -> str:
    """All style of a report: tokens, the sheet of every page, and what only a report needs."""
    folder = resources.files("daremo.report") / "design"
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("tokens.css", "daremo.css", "report.css"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S).replace('@import url("tokens.css");', "")
    return re.sub(r"\s*\n\s*", "\n", text).strip()


@functools.cache
def logo() -> str:
    """The mark, to be drawn inside the page."""
    text = (resources.files("daremo.report") / "design" / "logo.svg").read_text(encoding="utf-8")
    return text.replace("<svg ", '<svg class="brand__mark" aria-label="daremo 誰も" ', 1)


class Page:
    """Turns blocks into HTML in one language."""

    def __init__(self, words: Words) -> None:
        self.w = words

    def t(self, text: str, *, breaks: bool = False) -> str:
        """Text made safe; on the English page each Japanese name says so."""
        if self.w.ja:
            return _BREAK.sub("<wbr>", escape(text)) if breaks else escape(text)
        return _RUN.sub(lambda m: f'<span lang="ja">{m[0]}</span>', escape(text))

    def a(self, text: str) -> str:
        """Text for an attribute."""
        return escape(text, quote=True)

    # ---- drawings
    def picture(self, p: b.Picture, *, css: str = "") -> str:
        alt = f'role="img" aria-label="{self.a(p.alt)}"'
        if p.kind == "chart":
            return f'<svg class="chart{css}" height="{p.height:g}" {alt}>{p.inner}</svg>'
        svg = f'<svg viewBox="0 0 {p.width:g} {p.height:g}" {alt}>{p.inner}</svg>'
        if not p.marks:
            return svg
        over = "".join(
            f'<svg x="{100 * m.x:.1f}%" y="{100 * m.y:.1f}%" overflow="visible">{m.svg}</svg>' for m in p.marks
        )
        return f'<div class="map">{svg}<svg class="over" aria-hidden="true">{over}</svg></div>'

    def legend(self, legend: b.Legend | None) -> str:
        if legend is None:
            return ""
        items = "".join(
            f'<li><svg aria-hidden="true"><rect x="1" y="1" width="30" height="18" fill="{fill}" stroke="{stroke}" '
            f'stroke-width="{2 if fill.startswith("url") else 1}"/></svg><span>{self.t(text)}'
            + (f'<span class="soft">{self.t(soft)}</span>' if soft else "")
            + "</span></li>"
            for fill, stroke, text, soft in legend.items
        )
        return f'<ul class="legend" role="list">{items}</ul>'

    # ---- blocks
    def block(self, x: b.Block) -> str:
        match x:
            case b.Read(text):
                return f'<p class="read">{self.t(text)}</p>'
            case b.Text(text):
                return f"<p>{self.t(text)}</p>"
            case b.Why(text):
                return self.why(text)
            case b.Steps(items):
                return f'<ol class="plain-steps" role="list">{"".join(f"<li><span>{self.t(i)}</span></li>" for i in items)}</ol>'
            case b.Note(strong, text):
                return (
                    f'<p class="note"><svg class="i" viewBox="0 0 24 24" aria-hidden="true">{ICON["info"]}</svg>'
                    f"<span><b>{self.t(strong)}</b><br>{self.t(text)}</span></p>"
                )
            case b.Names(groups):
                return (
                    '<dl class="names">'
                    + "".join(
                        f"<div><dt>{self.t(g)}</dt><dd>{self.t(self.w('comma').join(n), breaks=True)}</dd></div>"
                        for g, n in groups
                    )
                    + "</dl>"
                )
            case b.Duo(left, right, is_map):
                css = "duo duo--map" if is_map else "duo"
                return f'<div class="{css}"><div class="flow">{self.blocks(left)}</div><div class="flow">{self.blocks(right)}</div></div>'
            case b.Figure():
                return self.figure(x)
            case b.Multiples():
                return self.multiples(x)
            case b.Table():
                return self.table(x)

    def blocks(self, items: Iterable[b.Block]) -> str:
        return "\n".join(self.block(i) for i in items)

    def why(self, text: str) -> str:
        return f'<details class="why"><summary>{self.t(self.w("why"))}</summary><p>{self.t(text)}</p></details>'

    def caption(self, caption: str, small: str, ident: str = "") -> str:
        tail = f"<small>{self.t(small)}</small>" if small else ""
        return f"<figcaption{ident}>{self.t(caption)}{tail}</figcaption>"

    def figure(self, f: b.Figure) -> str:
        rows = "".join(
            f'<div class="stage"><p><b>{self.t(label)}</b>　{self.t(count)}</p>{self.picture(p)}</div>'
            for label, count, p in f.rows
        )
        return (
            f'<figure class="sheet" id="{f.key}" aria-describedby="{f.table}">{self.caption(f.caption, f.small)}'
            f"{self.picture(f.picture)}{self.legend(f.legend)}"
            + (f'<div class="stages">{rows}</div>' if rows else "")
            + (f'<p class="source">{self.t(f.source)}</p>' if f.source else "")
            + "</figure>"
        )

    def multiples(self, m: b.Multiples) -> str:
        minis = "".join(
            f'<figure class="mini">{self.caption(caption, small)}{self.picture(p)}</figure>'
            for caption, small, p in m.minis
        )
        ident = f' id="{m.key}-c"'
        return (
            f'<figure class="sheet" id="{m.key}" aria-labelledby="{m.key}-c" aria-describedby="{m.table}">'
            f'{self.caption(m.caption, m.small, ident)}<div class="multiples{" multiples--two" if len(m.minis) < 3 else ""}">{minis}</div>{self.legend(m.legend)}'
            + (f'<p class="source">{self.t(m.source)}</p>' if m.source else "")
            + "</figure>"
        )

    def row(self, cells: tuple[b.Cell, ...], columns: tuple[b.Column, ...]) -> str:
        out, at = [], 0
        for c, span in b.merged(cells):
            out.append(self.cell(c, columns[at].kind, span))
            at += span
        return "".join(out)

    def cell(self, c: b.Cell, kind: str, span: int = 1) -> str:
        if kind == "head":
            return f'<th scope="row">{self.t(c.text, breaks=True)}</th>'
        css = "never" if c.never else {"num": "num", "chart": "iv", "prose": "prose"}.get(kind, "")
        text = self.t(c.text, breaks=kind == "text")
        if c.picture is not None:
            text = f'{self.picture(c.picture)}<span class="vh">{self.t(c.text)}</span>'
        attributes = (f' class="{css}"' if css else "") + (f' colspan="{span}"' if span > 1 else "")
        return f"<td{attributes}>{text}</td>"

    def table(self, x: b.Table) -> str:
        head = "".join(
            f'<th scope="col"{" class=" + chr(34) + "num" + chr(34) if c.kind == "num" else ""}>{self.t(c.name, breaks=True)}</th>'
            for c in x.columns
        )
        rows = "".join(
            f"<tr{' class=' + chr(34) + 'here' + chr(34) if i == x.here else ''}>" + self.row(r, x.columns) + "</tr>"
            for i, r in enumerate(x.rows)
        )
        foot = ""
        if x.foot:
            foot = "<tfoot><tr>" + self.row(x.foot, x.columns) + "</tr></tfoot>"
        css = ' class="plantable"' if any(c.kind == "chart" for c in x.columns) else ""
        table = (
            f'<div class="scroll" role="region" aria-label="{self.a(x.caption)}" tabindex="0"><table id="{x.key}"{css}>'
            f"<caption>{self.t(x.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>{foot}</table></div>"
        )
        if x.folded:
            css = "fold" if x.on_paper else "fold screen-only"
            return f'<details class="{css}"><summary>{self.t(x.folded)}</summary>{table}</details>'
        return table

    # ---- the whole page
    def stat(self, s: b.Stat) -> str:
        lines = "<br>".join(self.t(i) for i in s.lines)
        return (
            f'<div class="stat"><p>{self.t(s.label)}</p><span class="big">{self.t(s.big)}<small>{self.t(s.unit)}</small></span>'
            f"<p>{lines}</p>{self.why(s.why)}</div>"
        )

    def page(self, d: b.Document) -> str:
        w = self.w
        toc = "".join(f'<li><a href="#{s.key}">{self.t(s.short)}</a></li>' for s in d.sections)
        sections = "\n".join(
            f'<section id="{s.key}" class="flow{" page" if s.page else ""}" aria-labelledby="{s.key}-h">'
            f'<h2 id="{s.key}-h">{self.t(s.title)}</h2>{self.blocks(s.blocks)}</section>'
            for s in d.sections
        )
        other = "en" if w.ja else "ja"
        languages = "".join(
            f'<a href="{name}" lang="{code}" hreflang="{code}">{text}</a>'
            if code == other
            else f'<span lang="{code}" aria-current="true">{text}</span>'
            for code, name, text in (("ja", "report.html", "日本語"), ("en", "report.en.html", "English"))
        )
        files = "".join(
            f'<a class="solo" href="{name}"><svg class="i" viewBox="0 0 24 24" aria-hidden="true">'
            f"{ICON['geo'] if name.endswith('json') else ICON['pdf']}</svg>{self.t(text)}</a>"
            for name, text in d.files
        )
        return f"""<!DOCTYPE html>
<html lang="{d.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{self.t_plain(d.title)}</title>
<link rel="icon" href="data:,">
<style>
{style()}
</style>
</head>
<body class="staff">
<svg class="sprite" aria-hidden="true"><defs>{PATTERNS}</defs></svg>
<a class="skip" href="#main">{self.t(w("skip"))}</a>
<header class="head"><div class="wrap head__row">
<div class="brand">{logo()}<span class="brand__city"><small>{self.t(d.town)}</small>{self.t(d.eyebrow)}</span></div>
<nav class="lang" aria-label="{w("language")}">{languages}</nav>
</div></header>
<main id="main" tabindex="-1"><div class="wrap"><article class="report flow-lg">
<header class="flow"><p class="eyebrow">{self.t(d.eyebrow)}</p><h1>{self.t(d.headline)}</h1>
<p class="lead">{self.t(d.lead)}</p>
<div class="headline">{"".join(self.stat(s) for s in d.stats)}</div>
<nav aria-label="{w("order")}"><ol class="toc" role="list">{toc}</ol></nav></header>
{sections}
</article></div></main>
<footer class="foot"><div class="wrap flow">{"".join(f"<p>{self.t(x)}</p>" for x in d.foot)}<p class="meta screen-only">{files}</p></div></footer>
</body>
</html>
"""

    def t_plain(self, text: str) -> str:
        """Text where no tags are allowed."""
        return escape(text)


def page(d: b.Document) -> str:
    """The document as one self-contained HTML page."""
    return Page(Words(d.lang)).page(d)
