"""A report as a tagged PDF (PDF/UA-1) with its Japanese font inside, set by Typst."""

from __future__ import annotations

import dataclasses
import json
import re
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from daremo.kernel.errors import SetupError
from daremo.kernel.results import write_whole
from daremo.report import blocks as b
from daremo.report.charts import PATTERNS
from daremo.report.words import Words

#: A chart's width on paper in its own px, and how much larger letters on a map are drawn than its shapes.
CHART_PX, NARROW_PX, LETTERS = 640, 150, 1.5
_STYLE = (
    "text{{font-family:'BIZ UDPGothic';font-size:{size}px;fill:#1a1a1a}}.strong,.t-in,.t-on{{font-weight:700}}.on,.t-on{{fill:#fff}}"
    ".t-in,.t-on{{text-anchor:middle}}.halo{{paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}}"
    ".iv-l{{stroke:#197a4b}}.iv-d{{fill:#c74700;stroke:#fff;stroke-width:2}}.strong.on{{fill:#fff}}"
)


def write(d: b.Document, path: Path) -> None:
    """Write the document as PDF; the same document gives the same bytes.

    Raises
    ------
    SetupError
        Where the extra ``pdf`` is not installed.
    """
    try:
        import typst
    except ImportError as e:
        raise SetupError(
            "missing-pdf",
            "PDFを作る部品（typst）がありません",
            "pip install 'daremo[pdf]' のあと、もう一度お試しください",
            "report.pdf",
        ) from e
    package = resources.files("daremo.report")
    with resources.as_file(package / "fonts") as fonts, tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "report.typ").write_text(
            (package / "design" / "report.typ").read_text(encoding="utf-8"), encoding="utf-8"
        )
        (work / "report.json").write_text(json.dumps(form(d), ensure_ascii=False), encoding="utf-8")
        data = typst.compile(
            str(work / "report.typ"),
            root=str(work),
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=0,
        )
    write_whole(path, lambda p: _save(p, bytes(data)))


def _save(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def form(d: b.Document) -> dict[str, Any]:
    """The document as JSON for the Typst template."""
    w = Words(d.lang)
    return {
        "lang": d.lang,
        "title": d.title,
        "town": d.town,
        "eyebrow": d.eyebrow,
        "headline": d.headline,
        "lead": d.lead,
        "why": w("why"),
        "stats": [dataclasses.asdict(s) for s in d.stats],
        "foot": list(d.foot),
        "sections": [{"title": s.title, "page": s.page, "blocks": _flat(s.blocks, w)} for s in d.sections],
    }


def _flat(items: tuple[b.Block, ...], w: Words) -> list[dict[str, Any]]:
    """Blocks in reading order, side by side put one after the other."""
    out: list[dict[str, Any]] = []
    for x in items:
        match x:
            case b.Duo(left, right, _):
                out += _flat(left, w) + _flat(right, w)
            case b.Figure():
                out.append(
                    {
                        "t": "figure",
                        "caption": x.caption,
                        "small": x.small,
                        "source": x.source,
                        "legend": _legend(x.legend),
                        "image": _image(x.picture),
                        "rows": [{"label": label, "count": count, "image": _image(p)} for label, count, p in x.rows],
                    }
                )
            case b.Multiples():
                out.append(
                    {
                        "t": "multiples",
                        "caption": x.caption,
                        "small": x.small,
                        "source": x.source,
                        "legend": _legend(x.legend),
                        "minis": [{"caption": c, "small": s, "image": _image(p)} for c, s, p in x.minis],
                    }
                )
            case b.Table() if not x.on_paper:
                out.append({"t": "text", "text": w("text.in_sheet", n=len(x.rows))})
            case b.Table():
                out.append(
                    {
                        "t": "table",
                        "caption": x.caption,
                        "columns": [
                            {"name": c.name, "kind": c.kind, "wide": wide}
                            for c, wide in zip(x.columns, widths(x), strict=True)
                        ],
                        "rows": [[_cell(c, n) for c, n in b.merged(r)] for r in x.rows],
                        "foot": [_cell(c, 1) for c in x.foot],
                        "appendix": bool(x.folded) or x.appendix,
                        "here": x.here,
                    }
                )
            case b.Read(text):
                out.append({"t": "read", "text": text})
            case b.Text(text):
                out.append({"t": "text", "text": text})
            case b.Why(text):
                out.append({"t": "why", "text": text})
            case b.Steps(items_):
                out.append({"t": "steps", "items": list(items_)})
            case b.Note(strong, text):
                out.append({"t": "note", "strong": strong, "text": text})
            case b.Names(groups):
                out.append({"t": "names", "groups": [{"name": g, "names": list(n)} for g, n in groups]})
    return out


def widths(x: b.Table) -> list[float]:
    """Relative widths of a table's columns from what stands in them, in half-width letters."""
    caps = {"prose": 44, "head": 24, "num": 18, "text": 19, "chart": 13}
    out = []
    for i, c in enumerate(x.columns):
        longest = max((_letters(r[i].text) for r in x.rows if not r[i].never), default=0)
        room = 1.1 if c.kind in ("num", "head") else 1.0  # figures and bold headings must not wrap
        out.append(1.5 + max(room * min(longest, caps[c.kind]), min(_letters(c.name), 6), 3))
    return out


def _letters(text: str) -> int:
    """Length in half-width letters."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _cell(c: b.Cell, span: int) -> dict[str, Any]:
    return {"text": c.text, "image": _image(c.picture, NARROW_PX) if c.picture else None, "span": span}


def _legend(legend: b.Legend | None) -> list[dict[str, str]]:
    if legend is None:
        return []
    out = []
    for fill, stroke, text, soft in legend.items:
        patch = f'<rect x="1" y="1" width="30" height="18" fill="{fill}" stroke="{stroke}" stroke-width="1.5"/>'
        out.append({"svg": _svg(patch, 32, 20, 14), "text": text + soft})
    return out


def _image(p: b.Picture, width: int = CHART_PX) -> dict[str, Any]:
    """SVG with its own style and size, and its alternative text."""
    if p.kind == "chart":
        inner = p.inner if width == CHART_PX else re.sub(r"<text.*?</text>", "", p.inner)
        return {"svg": _svg(inner, width, p.height, 15), "alt": p.alt, "kind": "chart", "ratio": p.height / width}
    marks = "".join(
        f'<g transform="translate({m.x * p.width:.1f} {m.y * p.height:.1f}) scale({LETTERS})">{m.svg}</g>'
        for m in p.marks
    )
    return {
        "svg": _svg(p.inner + marks, p.width, p.height, 14),
        "alt": p.alt,
        "kind": "map",
        "ratio": p.height / p.width,
    }


def _svg(inner: str, width: float, height: float, size: int) -> str:
    used = set(re.findall(r"url\(#(p-[a-z]+)\)", inner))
    patterns = "".join(m[0] for m in re.finditer(r'<pattern id="(p-[a-z]+)".*?</pattern>', PATTERNS) if m[1] in used)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">'
        f"<style>{_STYLE.format(size=size)}</style><defs>{patterns}</defs>{inner}</svg>"
    )
