"""The look: one source of tokens, contrast recomputed from them, nothing inline, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from daremo.web import ui
from daremo.web.ui.conf import DESIGN

HERE = Path(ui.__file__).parent
TOKENS = (DESIGN / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = TOKENS.split("@media (prefers-color-scheme: dark)", 1)


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", css))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    """Contrast of two colours as WCAG 2.2 defines it."""
    hi, lo = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (hi + 0.05) / (lo + 0.05)


SCHEMES = {"light": _colours(LIGHT), "dark": {**_colours(LIGHT), **_colours(DARK)}}
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft", "link", "link-visited") for ground in ("ground", "surface", "tint")),
    *(("ink", g) for g in ("tint-deep", "key-tint", "accent-tint", "warn-tint", "danger-tint")),
    ("ink-invert", "key"), ("ink-invert", "key-deep"), ("ink-invert", "danger"), ("key-deep", "surface"), ("key-deep", "key-tint"),
    ("danger", "surface"), ("danger", "ground"), ("danger", "danger-tint"), ("warn-ink", "warn-tint"), ("accent-ink", "tint"), ("accent-ink", "ground"),
]  # fmt: skip
GRAPHICS = [
    *((part, ground) for part in ("control", "key", "key-line", "accent", "focus") for ground in ("ground", "surface", "tint")),
    ("warn", "warn-tint"), ("focus", "focus-halo"),
]  # fmt: skip


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_stands_out_from_its_ground(scheme: str) -> None:
    c = SCHEMES[scheme]
    low = {f"{a} on {b}": round(contrast(c[a], c[b]), 2) for a, b in TEXT if contrast(c[a], c[b]) < 4.5}
    assert not low


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_edge_and_sign_stands_out_from_its_ground(scheme: str) -> None:
    c = SCHEMES[scheme]
    low = {f"{a} on {b}": round(contrast(c[a], c[b]), 2) for a, b in GRAPHICS if contrast(c[a], c[b]) < 3}
    assert not low


def test_every_contrast_named_in_a_comment_is_true() -> None:
    c = {**SCHEMES["light"], "white": "#ffffff"}
    named = re.findall(r"--([\w-]+):\s*#[0-9a-f]{6};\s*/\*[^*]*?(\d+\.\d) on ([\w-]+)", LIGHT)
    assert len(named) >= 8
    wrong = {
        f"{a} on {b}": (said, contrast(c[a], c[b]))
        for a, said, b in named
        if abs(contrast(c[a], c[b]) - float(said)) > 0.06
    }
    assert not wrong


def test_tokens_sheet_and_logo_exist_once_and_are_served() -> None:
    for name in ("tokens.css", "daremo.css", "logo.svg"):
        assert Path(str(finders.find(f"ui/{name}"))) == DESIGN / name
        assert not (HERE / "static" / "ui" / name).exists()


def test_the_look_is_the_shared_design() -> None:
    shared = Path(__file__).resolve().parents[4] / "shared" / "design"
    if not shared.is_dir():
        pytest.skip(f"no shared design in {shared}")
    for name in ("tokens.css", "daremo.css", "logo.svg"):
        assert (DESIGN / name).read_bytes() == (shared / name).read_bytes(), name


def test_the_sheet_of_the_desk_names_no_colour_and_no_pixel_of_its_own() -> None:
    css = (HERE / "static" / "ui" / "web.css").read_text(encoding="utf-8")
    screen = css.split("@media print", 1)[0]
    assert not re.search(r":[^;{}]*#[0-9a-f]{3,6}\b", screen)
    assert "http" not in css and "@import" not in css


def test_htmx_is_pinned_with_its_licence_and_small_enough() -> None:
    script = (HERE / "static" / "ui" / "htmx.min.js").read_bytes()
    assert b'"2.0.7"' in script and len(script) <= 51200
    assert "Zero-Clause BSD" in (HERE / "static" / "ui" / "htmx.LICENSE.txt").read_text(encoding="utf-8")


def test_no_template_has_inline_style_script_or_handler() -> None:
    for path in (HERE / "templates").rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|https?://(?!www\.w3\.org)", html), (
            path.name
        )
