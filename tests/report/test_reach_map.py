"""The map of an answer: says in words what it draws, asks no other host, and fits a small telephone."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from daremo.report import blocks as b
from daremo.report.reach_map import MOST_CELLS, MOST_NUMBERS, STATES, ReachView, Spot, as_svg, draw, fills, legend
from daremo.report.reach_page import FIRST_ROWS, as_page, features

SVG = "{http://www.w3.org/2000/svg}"


def a_view(n: int = 60, *, states: bool = True, spots: int = 5, lang: str = "ja", planar: bool = False) -> ReachView:
    rng = np.random.default_rng(n)
    cost = np.where(rng.random(n) < 0.2, np.inf, rng.random(n) * 9)
    state = np.where(np.isinf(cost), rng.integers(2, 4, n), rng.integers(0, 2, n)) if states else None
    lat, lon = (rng.random(n) * 30, rng.random(n) * 30) if planar else (34 + rng.random(n) / 5, 133 + rng.random(n) / 5)
    return ReachView(
        lang,
        "開く場所を選ぶ",
        "5か所を開くと、1,203人に届きます。",
        "直線 2 km まで。",
        (b.Stat("届く人", "1,203", "人", ("上限 1,203人",), "すべての組み合わせの上限です。"),),
        tuple(f"id{i}" for i in range(n)),
        tuple(f"<町>{i}" for i in range(n)),
        lat,
        lon,
        rng.integers(0, 50, n).astype(float),
        cost,
        state,
        tuple(Spot(k + 1, f"p{k}", f"施設{k}", float(lat[k]), float(lon[k]), facts=(f"{k}",)) for k in range(spots)),
        ("届く人",),
        (((float(lat[0]), float(lon[0])), (float(lat[1]), float(lon[1]))),),
        planar=planar,
    )


@pytest.mark.parametrize("states", [True, False])
@pytest.mark.parametrize("planar", [True, False])
def test_the_drawing_is_one_svg_with_a_title_and_a_key(states: bool, planar: bool):
    view = a_view(states=states, planar=planar)
    tree = ElementTree.fromstring(as_svg(view))
    assert tree.find(f"{SVG}title").text == view.headline  # type: ignore[union-attr]
    words = "".join(tree.itertext())
    assert all(text in words for _, _, text, _ in legend(view, draw(view)).items)
    assert not any(isinstance(v, str) and v.startswith("http") for e in tree.iter() for v in e.attrib.values())


def test_each_state_has_a_pattern_of_its_own_and_people_add_up():
    view = a_view(200)
    drawn = draw(view)
    paints = {fills(view, drawn)[a] for a in range(len(drawn.members))}
    assert len(paints) == len(STATES) and sum(p.startswith("url(") for p in paints) == 3
    told = [int(re.sub(r"[^\d]", "", soft)) for *_, soft in legend(view, drawn).items]
    assert sum(told) == view.need_d.sum()


def test_many_points_become_squares_that_keep_everybody():
    view = a_view(MOST_CELLS + 1, spots=MOST_NUMBERS + 1)
    drawn = draw(view)
    assert drawn.square_km > 0 and len(drawn.members) < MOST_CELLS
    assert np.sort(np.concatenate(drawn.members)).tolist() == list(range(MOST_CELLS + 1))
    assert drawn.need.sum() == pytest.approx(view.need_d.sum())
    assert as_svg(view).count("<circle") >= MOST_NUMBERS + 1


def test_points_without_coordinates_are_in_the_table_though_not_on_the_map():
    view = a_view(30)
    view.latitude_d[3] = np.nan
    assert len(draw(view).members) == 29
    assert "&lt;町&gt;3<" in as_page(view)


def test_a_map_without_demand_or_without_open_places_is_still_drawn():
    ElementTree.fromstring(as_svg(a_view(0 + 2, spots=0)))
    view = a_view(40)
    for lonely in (np.full(40, np.nan),):
        view.latitude_d[:] = lonely
    ElementTree.fromstring(as_svg(view))
    assert "施設0" in as_page(view)


def test_the_page_says_it_draws_it_and_lists_it():
    view = a_view(60)
    page = as_page(view)
    assert page.count("<h1>") == 1 and view.headline in page
    farthest = np.lexsort((np.arange(60), -view.need_d, -view.cost_d))
    at = [page.index(f"&lt;町&gt;{d}<") for d in farthest[:FIRST_ROWS]]
    assert at == sorted(at)
    assert all(s.name in page for s in view.spots)
    data = json.loads(re.search(r'id="answer">(.*?)</script>', page, re.S)[1].replace("<\\/", "</"))  # type: ignore[index]
    assert len([f for f in data["data"]["features"] if f["properties"]["kind"] == "area"]) == 60


def test_the_page_may_talk_to_nobody():
    page = as_page(a_view())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]  # type: ignore[index]
    assert "default-src 'none'" in policy and "connect-src 'none'" in policy and "http" not in policy
    own = re.sub(r'<script type="text/plain".*?</script>', "", page, flags=re.S)
    assert not re.search(r'(src|href|url)\s*[=(]\s*["\']?https?:', own)
    assert " style=" not in own


def test_geojson_rings_turn_left_and_points_are_longitude_first():
    import shapely

    view = a_view()
    found = features(view, draw(view))["features"]
    area = next(f for f in found if f["properties"]["kind"] == "area")
    shape = shapely.geometry.shape(area["geometry"])
    assert all(r.is_ccw for r in (p.exterior for p in shapely.get_parts(shape)))
    spot = next(f for f in found if f["properties"]["kind"] == "spot")
    assert spot["geometry"]["coordinates"][0] == pytest.approx(view.spots[0].longitude, abs=1e-5)


def test_the_english_page_has_no_japanese_words_of_ours():
    view = a_view(lang="en")
    page = as_page(view)
    assert '<html lang="en">' in page and "Open a map that moves" in page and "動かせる" not in page


@pytest.mark.parametrize("width", [320, 1280])
def test_in_a_browser_the_map_opens_moves_by_keyboard_and_asks_nobody(width: int, tmp_path: Path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "map.html"
    path.write_text(as_page(a_view(80)), encoding="utf-8")
    asked: list[str] = []
    wrong: list[str] = []
    arguments = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("request", lambda r: asked.append(r.url))
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.goto(path.as_uri())
        assert page.evaluate("typeof maplibregl") == "undefined"  # loaded on request only
        button = page.locator("#moving-button")
        button.focus()
        outline = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        page.keyboard.press("Enter")
        page.wait_for_selector("#moving-map[data-ready=yes]", timeout=60_000)
        sizes = page.evaluate(
            "[...document.querySelectorAll('#moving button:not([hidden])')].map(b => b.getBoundingClientRect())"
            ".map(r => Math.min(r.width, r.height))"
        )
        overlaps = page.evaluate(
            "[...document.querySelectorAll('.spot:not([hidden])')].map(b => b.getBoundingClientRect()).filter((a, i, all) =>"
            " all.some((b, j) => j > i && Math.abs(a.x - b.x) < 52 && Math.abs(a.y - b.y) < 52)).length"
        )
        page.locator(".spot:not([hidden])").first.focus()
        page.keyboard.press("Enter")
        popup = page.locator(".maplibregl-popup-content").inner_text()
        wide = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert wrong == []
    assert all(u.startswith(("file:", "blob:", "data:")) for u in asked)
    assert outline >= 4 and min(sizes) >= 44 and wide <= width and overlaps == 0
    assert "施設" in popup


def test_without_a_script_the_page_is_whole(tmp_path: Path):
    page = as_page(a_view(60))
    still = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert "<svg viewBox" in still and 'id="moving" hidden' in still and still.count("<table") >= 3
