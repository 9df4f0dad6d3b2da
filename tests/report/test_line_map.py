"""The map of a backbone: says in words what it draws, keeps names readable, asks no other host."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from daremo.report import blocks as b
from daremo.report.line_map import LINE_PAINT, NODE_PAINT, LineView, as_svg, drawn_links, legend, picture
from daremo.report.line_page import as_page, features

SVG = "{http://www.w3.org/2000/svg}"


def a_view(n: int = 20, lang: str = "ja") -> LineView:
    rng = np.random.default_rng(n)
    m = 2 * n
    tail, head = rng.integers(0, n, m), rng.integers(0, n, m)
    head = np.where(head == tail, (head + 1) % n, head)
    klass = rng.integers(0, len(LINE_PAINT), m)
    columns = (b.Column("番号", "head"), b.Column("回線"), b.Column("値", "num"))
    rows = ((b.Cell("1"), b.Cell("l3"), b.Cell("12%")), (b.Cell("2"), b.Cell("<局>0"), b.Cell("9%")))
    return LineView(
        lang, "幹線", "2本で切り離されます", "20局。", (b.Stat("最悪", "12%", "", (), "理由"),),
        tuple(f"<局>{i}" for i in range(n)), 34 + rng.random(n), 133 + rng.random(n), np.arange(n) == 0,
        rng.integers(0, len(NODE_PAINT), n), tuple(("局です",) for _ in range(n)), tuple(f"l{k}" for k in range(m)), tail, head,
        klass, np.arange(m) == 3, tuple((f"値 {k}",) for k in range(m)), (("link", 3), ("node", 0)),
        (*(("line", k, f"線{k}") for k in range(4)), ("line", "dash", "切れる")), (b.Table("first", "表", columns, rows),),
        "絵の説明", "色の意味", "出どころ",
    )  # fmt: skip


def test_the_drawing_is_one_svg_with_a_title_a_key_and_the_numbers_in_words():
    view = a_view()
    tree = ElementTree.fromstring(as_svg(view))
    assert tree.find(f"{SVG}title").text == view.headline  # type: ignore[union-attr]
    words = "".join(tree.itertext())
    assert all(text in words for _, _, text, _ in legend(view).items)
    assert "1 l3: 12%" in words
    assert not any(isinstance(v, str) and v.startswith("http") for e in tree.iter() for v in e.attrib.values())
    patterns = {e.get("id") for e in tree.iter(f"{SVG}pattern")}
    assert {paint[5:-1] for paint, *_ in legend(view).items} <= patterns


def test_classes_of_links_differ_in_width_as_well_as_in_colour():
    assert len({wide for _, wide in LINE_PAINT}) == len({colour for colour, _ in LINE_PAINT}) == len(LINE_PAINT)
    drawn = picture(a_view()).inner
    for colour, wide in LINE_PAINT:
        assert f'stroke="{colour}" stroke-width="{wide:g}"' in drawn


def test_parallel_links_are_drawn_apart():
    view = a_view()
    view.tail[:3], view.head[:3] = 4, 5
    paths = re.findall(
        r'<path d="(M[^"]+)" fill="none" stroke="#[0-9a-f]{6}" stroke-width="(?:1.6|2.8|4|4.2|6)"', picture(view).inner
    )
    assert len(paths) == len(set(paths)) == len(view.tail)


@pytest.mark.parametrize("n", [8, 60])
def test_names_cover_neither_each_other_nor_a_number_on_a_narrow_drawing(n: int):
    view, px = a_view(n), 256.0
    shown = picture(view)
    high = px / shown.width * shown.height
    boxes = []
    for mark in shown.marks:
        if "t-on" in mark.svg:
            boxes.append((mark.x * px - 13, mark.y * high - 13, mark.x * px + 13, mark.y * high + 13))
        elif name := re.search(r'class="halo" x="(-?\d+)" dy=".35em" text-anchor="(\w+)">([^<]+)<', mark.svg):
            letters = name[3].replace("&lt;", "<").replace("&gt;", ">")
            wide = sum(14 if ord(c) > 0x2E80 else 8 for c in letters)
            left = mark.x * px + (9 if name[2] == "start" else -9 - wide)
            boxes.append((left, mark.y * high - 9, left + wide, mark.y * high + 9))
    assert len(boxes) > 4
    for i, p in enumerate(boxes):
        for q in boxes[:i]:
            assert not (p[0] < q[2] and q[0] < p[2] and p[1] < q[3] and q[1] < p[3])


def test_a_node_without_a_place_is_in_the_table_though_not_on_the_map():
    view = a_view()
    view.latitude_n[0] = np.nan
    assert all(0 not in (view.tail[k], view.head[k]) for k in drawn_links(view))
    kinds = [f["properties"]["kind"] for f in features(view)["features"]]
    assert kinds.count("node") == 19 and kinds.count("link") == len(drawn_links(view))
    assert "&lt;局&gt;0<" in as_page(view)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_holds_everything_and_asks_no_other_host(lang: str):
    page = as_page(a_view(lang=lang))
    assert "connect-src 'none'" in page
    # the library inside is text until the button is pressed, and the policy lets nothing out
    assert not re.search(r'(?:src|href)="(?:https?:)?//', re.sub(r"<script.*?</script>", "", page, flags=re.S))
    data = json.loads(re.search(r'id="answer">(.*?)</script>', page, re.S)[1].replace("<\\/", "</"))  # type: ignore[index]
    spots = [f["properties"] for f in data["data"]["features"] if f["properties"]["kind"] == "spot"]
    assert [s["number"] for s in spots] == [1, 2]
    assert all(f["properties"]["said"] for f in data["data"]["features"])
