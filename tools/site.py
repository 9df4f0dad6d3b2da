"""Turn README and docs/**/*.md into a small static site that opens from disk: python tools/site.py OUT."""

from __future__ import annotations

import html
import os
import re
import shutil
import sys
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
DOORS = (("learn", "Learn"), ("do", "Do"), ("know", "Know"), ("look", "Look up"))
STYLE = """
:root{color-scheme:light dark;--ground:#fbfaf6;--ink:#1c1f1d;--line:#c9c6bb;--link:#0b5d3b}
@media(prefers-color-scheme:dark){:root{--ground:#161816;--ink:#ecebe6;--line:#4a4d49;--link:#7fd3a6}}
body{font:1.125rem/1.75 "BIZ UDPGothic","Hiragino Sans","Noto Sans JP",sans-serif;margin:0;background:var(--ground);color:var(--ink)}
.page{display:grid;grid-template-columns:minmax(12rem,16rem) minmax(0,1fr);gap:2rem;max-width:78rem;margin:auto;padding:1.5rem}
@media(max-width:50rem){.page{grid-template-columns:minmax(0,1fr)}}
nav h2{font-size:1rem;margin:1rem 0 0}nav ul{list-style:none;margin:0;padding:0}nav a{display:block;padding:.4rem 0}
a{color:var(--link)}a:focus-visible{outline:4px solid currentColor;outline-offset:2px}
h1,h2,h3{line-height:1.45}img{max-width:100%;height:auto}
.wide{overflow-x:auto}table{border-collapse:collapse}td,th{border:1px solid var(--line);padding:.35rem .6rem;text-align:start;vertical-align:top}
pre{overflow-x:auto;border:1px solid var(--line);padding:.8rem}code{font-family:"BIZ UDGothic",ui-monospace,monospace;font-size:.95em}
@media print{nav{display:none}.page{display:block}}
"""


def sources() -> dict[Path, Path]:
    """Markdown file → page, both relative: to the repository and to the site."""
    pages = {Path("README.md"): Path("index.html"), Path("README.ja.md"): Path("index.ja.html")}
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md"):
        pages[Path(name)] = Path(name.replace("/README", "").removesuffix(".md").lower() + ".html")
    for path in sorted((ROOT / "docs").rglob("*.md")):
        relative = path.relative_to(ROOT)
        pages[relative] = relative.relative_to("docs").with_suffix(".html")
    return {source: page for source, page in pages.items() if (ROOT / source).is_file()}


def slug(text: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


def render(source: Path, pages: dict[Path, Path]) -> tuple[str, str]:
    """Title and HTML body of one page, with links to other pages turned and tables that scroll by themselves."""
    page = pages[source]
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = markdown.parse((ROOT / source).read_text(encoding="utf-8"))
    title = source.stem
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            text = tokens[i + 1].content
            token.attrSet("id", slug(text))
            title = text if token.tag == "h1" else title
        for child in token.children or ():
            for name in ("href", "src"):
                target = str(child.attrGet(name) or "")
                if not target or re.match(r"[a-z]+:|#", target):
                    continue
                file, _, anchor = target.partition("#")
                lies = Path(os.path.normpath(source.parent / file))
                if lies in pages:
                    child.attrSet(name, os.path.relpath(pages[lies], page.parent) + (f"#{anchor}" if anchor else ""))
                elif lies.parts[0] == "docs":
                    child.attrSet(name, os.path.relpath(lies.relative_to("docs"), page.parent))
    body = markdown.renderer.render(tokens, markdown.options, {})
    return title, body.replace(
        "<table>", '<div class="wide" tabindex="0" role="region" aria-label="table"><table>'
    ).replace("</table>", "</table></div>")


def menu(page: Path, titles: dict[Path, str], pages: dict[Path, Path]) -> str:
    """Links to every page, by door."""
    out = []
    for folder, name in (("", "daremo"), *DOORS):
        items = [
            f'<li><a href="{os.path.relpath(p, page.parent)}"{" aria-current=page" if p == page else ""}>{html.escape(titles[s])}</a></li>'
            for s, p in pages.items()
            if (p.parent.as_posix() if p.parent != Path(".") else "") == folder
        ]
        out.append(f"<h2>{name}</h2><ul>{''.join(items)}</ul>" if items else "")
    return "".join(out)


def build(out: Path) -> int:
    """Write the site into `out` and return the number of pages."""
    pages = sources()
    made = {source: render(source, pages) for source in pages}
    titles = {source: title for source, (title, _) in made.items()}
    for source, page in pages.items():
        title, body = made[source]
        lang = "ja" if source.stem.endswith(".ja") else "en"
        text = (
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{html.escape(title)} · daremo</title><style>{STYLE}</style>"
            f'<div class="page"><nav aria-label="pages">{menu(page, titles, pages)}</nav><main>{body}</main></div></html>\n'
        )
        (out / page).parent.mkdir(parents=True, exist_ok=True)
        (out / page).write_text(text, encoding="utf-8")
    for path in (ROOT / "docs").rglob("*"):
        if path.suffix in (".png", ".svg"):
            goal = out / path.relative_to(ROOT / "docs")
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, goal)
    return len(pages)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "site")
    print(f"{build(folder)} pages → {folder}/index.html")
