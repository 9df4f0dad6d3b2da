"""A page around one map: the drawing first, a map to move about on request, and tables that say the same.

The page holds everything it needs and asks no other host: MapLibre GL JS lies inside as text and starts only when the
reader presses the button. Without a script the drawing and the tables are the page.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Any

from daremo.report import blocks as b
from daremo.report.charts import PATTERNS
from daremo.report.html import Page, logo, style
from daremo.report.words import Words


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a map.

    Attributes
    ----------
    eyebrow, headline, lead : str
        Which question; the finding in one sentence; what it rests on.
    stats : tuple of Stat
        At most four headline figures.
    where, help, made : str
        Heading of the map; how the moving map is used; who made the page.
    """

    eyebrow: str
    headline: str
    lead: str
    stats: tuple[b.Stat, ...]
    where: str
    help: str
    made: str


@functools.cache
def _asset(*names: str) -> str:
    place = resources.files("daremo.report") / "design"
    for name in names:
        place = place / name
    return place.read_text(encoding="utf-8")


def _inside(text: str) -> str:
    """Text that may stand inside a script element."""
    return text.replace("</", "<\\/")


def moving_page(
    around: Around, figure: b.Figure, beside: str, below: Sequence[tuple[str, str]], paint: str, features: dict[str, Any],
    lang: str,
) -> str:  # fmt: skip
    """The page.

    Parameters
    ----------
    figure : Figure
        The map as a drawing.
    beside : str
        HTML beside it.
    below : sequence of (heading, HTML)
    paint : {"state", "ramp"}
        Tiles of the areas among the features.
    features : dict
        GeoJSON, WGS84: properties ``kind`` (``area``, ``route``, ``link``, ``node``, ``spot``), ``name``, ``said``.
    """
    w, p = Words(lang), Page(Words(lang))
    words = {
        k: w(f"reach.{k}") for k in ("open_map", "close_map", "close", "zoom_in", "zoom_out", "two_fingers", "hold_key")
    }
    words["map_help"] = around.help
    data = json.dumps({"words": words, "paint": paint, "data": features}, ensure_ascii=False, separators=(",", ":"))
    sections = "".join(
        f'<section class="flow" aria-labelledby="s-{i}"><h2 id="s-{i}">{p.t(heading)}</h2>{html}</section>\n'
        for i, (heading, html) in enumerate(below)
    )
    return f"""<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; worker-src blob:; connect-src 'none'">
<title>{escape(around.headline)}</title>
<link rel="icon" href="data:,">
<style>
{style()}
{_asset("reach-map.css")}
</style>
</head>
<body class="staff">
<svg class="sprite" aria-hidden="true"><defs>{PATTERNS}</defs></svg>
<a class="skip" href="#main">{p.t(w("skip"))}</a>
<header class="head"><div class="wrap head__row"><div class="brand">{logo()}<span class="brand__city">{p.t(around.eyebrow)}</span></div></div></header>
<main id="main" tabindex="-1"><div class="wrap"><article class="report flow-lg">
<header class="flow"><p class="eyebrow">{p.t(around.eyebrow)}</p><h1>{p.t(around.headline)}</h1><p class="lead">{p.t(around.lead)}</p>
<div class="headline">{"".join(p.stat(s) for s in around.stats)}</div></header>
<section class="flow" aria-labelledby="s-map"><h2 id="s-map">{p.t(around.where)}</h2>
<div class="duo reach-duo"><div class="flow">{p.figure(figure)}
<div class="screen-only" id="moving" hidden><p class="actions"><button type="button" class="btn btn--line" id="moving-button" aria-expanded="false" aria-controls="moving-map">{p.t(words["open_map"])}</button></p>
<div id="moving-map" class="moving" role="region" aria-label="{p.a(w("reach.moving"))}" hidden></div>
<p class="source" id="moving-help" hidden>{p.t(words["map_help"])}</p></div></div>
<div class="flow">{beside}</div></div></section>
{sections}</article></div></main>
<footer class="foot"><div class="wrap flow"><p>{p.t(around.made)}</p><p>{p.t(w("reach.maplibre"))}</p></div></footer>
<script type="application/json" id="answer">{_inside(data)}</script>
<script type="text/plain" id="maplibre-style">{_inside(_asset("maplibre", "maplibre-gl.css"))}</script>
<script type="text/plain" id="maplibre-script">{_inside(_asset("maplibre", "maplibre-gl.js"))}</script>
<script>{_inside(_asset("reach-map.js"))}</script>
</body>
</html>
"""
