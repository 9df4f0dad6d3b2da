"""How the standing of an organisation is said: a word, a bar, never a rank."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


def kind_word(kind: str) -> str:
    """Return the name of a diagnosis."""
    return {
        "dx": _("デジタル活用の成熟度"),
        "telework": _("つづくテレワーク"),
        "security": _("セキュリティの基本"),
        "staff": _("働く人のデジタル力"),
    }[kind]


def part_word(kind: str, part: str) -> str:
    """Return the name of a part of a diagnosis; one without a name of ours keeps its own."""
    said = {
        ("staff", "mindset"): _("心がまえ"),
        ("staff", "why"): _("なぜ（社会の変化）"),
        ("staff", "what"): _("何を（データと技術）"),
        ("staff", "how"): _("どう（使いかたと守り）"),
        ("dx", "value"): _("使う人にとっての価値"),
        ("dx", "efficiency"): _("仕事の効率"),
        ("dx", "data"): _("データ"),
        ("dx", "people"): _("人"),
        ("dx", "leadership"): _("進めるしくみ"),
        ("telework", "rules"): _("決まり"),
        ("telework", "tools"): _("道具"),
        ("telework", "security"): _("守り"),
        ("telework", "management"): _("仕事の進めかた"),
        ("telework", "health"): _("健康"),
        ("telework", "fairness"): _("公平"),
        ("security", "basics"): _("基本"),
    }
    return said.get((kind, part), part)


def standing(scale: float) -> str:
    """Return how far an organisation is, in words.

    Parameters
    ----------
    scale : float
        0 to 1.
    """
    if scale < 0.25:
        return _("これから")
    if scale < 0.5:
        return _("はじまっている")
    if scale < 0.75:
        return _("すすんでいる")
    return _("根づいている")


def bar(scale: float, mean: float, error: float, quarter: tuple[float, float, float] | None) -> SafeString:
    """Return a line with the 90 % interval and the value; the middle half of others lies under it as a band."""
    from math import erf, sqrt

    low, high = (0.5 * (1 + erf((mean + side * 1.645 * error) / sqrt(2))) for side in (-1, 1))
    band = ""
    if quarter is not None:
        band = format_html(
            '<rect x="{}%" width="{}%" y="6" height="36" fill="#e3e0d6" stroke="#6b6b6b"/>',
            f"{100 * quarter[0]:.1f}",
            f"{100 * max(quarter[2] - quarter[0], 0.01):.1f}",
        )
    return format_html(
        '<svg class="chart" width="100%" height="48" aria-hidden="true">{}<line x1="0" x2="100%" y1="24" y2="24" stroke="#6b6b6b"/>'
        '<line x1="{}%" x2="{}%" y1="24" y2="24" stroke="#115a36" stroke-width="6"/><circle cx="{}%" cy="24" r="9" '
        'fill="#c74700" stroke="#fff" stroke-width="3"/></svg>',
        band or mark_safe(""),
        f"{100 * low:.1f}",
        f"{100 * high:.1f}",
        f"{100 * scale:.1f}",
    )
