"""The files of a report, written whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from daremo.kernel.results import write_json, write_whole
from daremo.region.model import Region
from daremo.report import geojson, html, paper, sheet
from daremo.report.facts import Facts, published
from daremo.report.story import gap_document, plan_document
from daremo.report.words import LANGUAGES

PAGES = {"ja": "report.html", "en": "report.en.html"}


def gap_report(region: Region, gap: Any, folder: Path, *, lang: str = "ja") -> list[Path]:
    """Write who is left behind, where and why: two pages, a workbook and map data.

    Parameters
    ----------
    region : Region
        Names and coordinates of the areas.
    gap : Gap or dict
        The gap, or its published form (``gap --json``).
    folder : Path
        Made where absent.
    lang : {"ja", "en"}
        Language of the workbook; the page comes in both.

    Returns
    -------
    list of Path
        ``report.html`` (Japanese), ``report.en.html``, ``gap.xlsx``, ``gap.geojson``.
    """
    f = Facts(region, published(gap))
    out = []
    for language in LANGUAGES:
        out.append(_page(folder / PAGES[language], html.page(gap_document(f, language))))
    return [*out, _sheet(folder / "gap.xlsx", f, lang), _map(folder / "gap.geojson", f)]


def plan_report(
    region: Region, gap: Any, plan_dict: Any, folder: Path, *, lang: str = "ja", pdf: bool = True
) -> list[Path]:
    """Write a plan for a meeting: two pages, a PDF, a workbook and map data.

    Parameters
    ----------
    region : Region
        Names and coordinates of the areas.
    gap : Gap or dict
        The gap the plan was made for, or its published form.
    plan_dict : dict
        ``plan.json``.
    folder : Path
        Made where absent.
    lang : {"ja", "en"}
        Language of PDF and workbook; the page comes in both.
    pdf : bool
        Whether to write ``report.pdf``.

    Returns
    -------
    list of Path
        ``report.html`` (Japanese), ``report.en.html``, ``plan.xlsx``, ``plan.geojson`` and ``report.pdf``.

    Raises
    ------
    SetupError
        Where a PDF is wanted and the extra ``pdf`` is not installed.
    """
    f = Facts(region, published(gap), published(plan_dict))
    documents = {language: plan_document(f, language, pdf=pdf) for language in LANGUAGES}
    out = []
    if pdf:
        paper.write(documents[lang], folder / "report.pdf")
        out.append(folder / "report.pdf")
    pages = [_page(folder / PAGES[language], html.page(documents[language])) for language in LANGUAGES]
    return [*pages, _sheet(folder / "plan.xlsx", f, lang), _map(folder / "plan.geojson", f), *out]


def _page(path: Path, text: str) -> Path:
    write_whole(path, lambda p: _put(p, text))
    return path


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _sheet(path: Path, f: Facts, lang: str) -> Path:
    write_whole(path, lambda p: sheet.fill(p, f, lang))
    return path


def _map(path: Path, f: Facts) -> Path:
    write_json(path, geojson.collection(f))
    return path
