"""The curve from money to people is one drawing with its figures written out."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from daremo.report.reach_curve import RIGHT, WIDTH, as_svg

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("yen", [True, False])
def test_every_point_has_its_figure_and_the_bound_a_line_of_its_own(yen: bool):
    rows = [(20.0, 66_000.0, 66_500.0), (10.0, 40_000.0, 40_000.0)]
    tree = ElementTree.fromstring(as_svg("ja", "届きます。", rows, yen=yen))
    words = {t.text for t in tree.iter(f"{SVG}text")}
    assert {"40,000", "66,000", "見つけた選び方", "これより多くはできない限界"} <= words
    lines = [p.get("points", "") for p in tree.iter(f"{SVG}polyline")]
    assert len(lines) == 2 and lines[0] != lines[1]
    found = [tuple(map(float, p.split(","))) for p in lines[1].split()]
    assert found == sorted(found) and all(x <= RIGHT < WIDTH for x, _ in found)


@pytest.mark.parametrize("rows", [[], [(0.0, 0.0, 0.0)], [(5.0, 0.2, 0.3)]])
def test_a_curve_of_next_to_nothing_is_still_drawn(rows: list[tuple[float, float, float]]):
    ElementTree.fromstring(as_svg("en", "Nobody <yet>.", rows, yen=False))
