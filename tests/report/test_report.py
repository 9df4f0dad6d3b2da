"""What every report must hold: self-contained, complete in two languages, secrets kept, the same bytes again."""

from __future__ import annotations

import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest

from daremo.kernel.errors import SetupError
from daremo.report import gap_report, plan_report
from daremo.report.words import JAPANESE

PAGES = ("report.html", "report.en.html")


class Tree(HTMLParser):
    """Tags with attributes, text outside style, and text outside ``lang="ja"``."""

    VOID = frozenset({"meta", "link", "br", "wbr", "img", "hr", "input", "path", "rect", "circle", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, bool]] = []
        self.text: list[str] = []
        self.foreign: list[str] = []
        self.own: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        d = dict(attrs)
        self.tags.append((tag, d))
        if tag not in self.VOID:
            self.open.append((tag, d.get("lang") == "ja"))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(t in ("style", "title") for t, _ in self.open):
            return
        self.text.append(data)
        (self.foreign if any(ja for _, ja in self.open) else self.own).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [d for t, d in self.tags if t == tag]


def pages(*folders: Path) -> list[tuple[str, str]]:
    return [(f"{f.name}/{p}", (f / p).read_text(encoding="utf-8")) for f in folders for p in PAGES]


def test_a_page_asks_nobody_for_anything(plan_folder: Path, gap_folder: Path) -> None:
    for name, text in pages(plan_folder, gap_folder):
        tree = Tree(text)
        assert not tree.of("script") and not tree.of("img") and not tree.of("iframe"), name
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text), name
        assert not re.search(r"url\((?!#)|@import", text), name
        assert not any("style" in d for _, d in tree.tags), name


def test_every_link_leads_somewhere(plan_folder: Path, gap_folder: Path) -> None:
    for folder in (plan_folder, gap_folder):
        for name, text in pages(folder):
            tree = Tree(text)
            ids = [d["id"] for _, d in tree.tags if d.get("id")]
            assert len(ids) == len(set(ids)), name
            for d in tree.of("a"):
                href = str(d["href"])
                assert href[1:] in ids if href.startswith("#") else (folder / href).is_file(), (name, href)
            for _, d in tree.tags:
                for attribute in ("aria-describedby", "aria-labelledby"):
                    assert d.get(attribute) is None or d[attribute] in ids, (name, d)


def test_every_figure_has_a_sentence_and_a_table(plan_folder: Path, gap_folder: Path) -> None:
    for name, text in pages(plan_folder, gap_folder):
        tree = Tree(text)
        sheets = [d for d in tree.of("figure") if d.get("class") == "sheet"]
        tables = {d.get("id") for d in tree.of("table")}
        assert len(sheets) >= 4, name
        assert all(d.get("aria-describedby") in tables for d in sheets), name
        drawn = [
            d
            for d in tree.of("svg")
            if d.get("aria-hidden") != "true" and "x" not in d and "brand__mark" not in str(d.get("class"))
        ]
        assert all(d.get("role") == "img" and d.get("aria-label") for d in drawn), name
        for section in re.findall(r"<section.*?</section>", text, flags=re.S):
            assert 'class="read"' in section, name


def test_every_figure_says_why(plan_folder: Path) -> None:
    for name, text in pages(plan_folder):
        stats = re.findall(r'<div class="stat">.*?</div>', text, flags=re.S)
        assert len(stats) == 4 and all('<details class="why">' in s for s in stats), name
        for key in ("s1", "s2", "s3", "s4", "s5", "s6", "s7"):
            section = text[text.index(f'<section id="{key}"') :].split("</section>")[0]
            assert 'class="why"' in section, (name, key)


def test_questions_come_in_the_order_of_a_meeting(plan_folder: Path) -> None:
    for name, text in pages(plan_folder):
        headings = re.findall(r"<h([1-6])", text)
        assert headings[0] == "1" and headings.count("1") == 1 and set(headings[1:]) == {"2"}, name
    ja = re.findall(r"<h2[^>]*>(.*?)</h2>", (plan_folder / PAGES[0]).read_text(encoding="utf-8"))
    assert [h.split(" ", 1)[1] for h in ja[:6]] == [
        "いくらで",
        "だれに",
        "どこに",
        "本当に最善か",
        "外れたら",
        "何も届かないところ",
    ]


def test_the_english_page_holds_no_japanese_but_names_and_records(plan_folder: Path, made: Any) -> None:
    text = (plan_folder / PAGES[1]).read_text(encoding="utf-8")
    region = made.town()
    plan, gap = made.plan_of(region), made.gap_of(region)
    allowed = "|".join(
        [
            *region.areas["name"].to_list(),
            *region.places["name"].to_list(),
            *(a["name"] for a in plan["actions"]),
            *(r["name"] for r in plan["not_chosen"]),
            "みほん島",
            "山の村",
            "見本市の人口",
            "見本市",
            "日本語",
            *gap["notes"],
        ]
    )
    tree = Tree(text.replace('daremo 誰も"', '"').replace("<title>daremo 誰も</title>", ""))
    for run in tree.foreign:
        assert run in allowed, run
    assert not [t for t in tree.own if JAPANESE.search(t)]


def test_reserved_words_are_absent(plan_folder: Path, gap_folder: Path) -> None:
    for name, text in pages(plan_folder, gap_folder):
        assert not re.search("情報弱者|デジタル難民", text), name


def test_the_national_figure_stands_beside_the_prediction_without_a_claim(plan_folder: Path) -> None:
    ja, en = ((plan_folder / p).read_text(encoding="utf-8") for p in PAGES)
    assert "ここで予想した値（約束ではありません）" in ja and "全国で測った値" in ja
    assert "predicted here (simulation, not a claim)" in en
    assert not re.search("上回|beats|better than the national|outperform", ja + en)


def test_a_district_withheld_shows_no_figure_anywhere(plan_folder: Path, gap_folder: Path, made: Any) -> None:
    name = "見本町8丁目"
    for page, text in pages(plan_folder, gap_folder):
        rows = re.findall(rf'<tr><th scope="row">(?:<span lang="ja">)?{name}.*?</tr>', text)
        assert rows, page
        for row in rows:
            cells = re.findall(r"<td[^>]*>(.*?)</td>", row)
            numbers = [c for c in cells if re.search(r"\d", c) and not re.fullmatch(r"[\d.]+(分| min)", c)]
            assert not numbers, (page, row)
            assert "人数が少ないため表示しません" in row or "Not shown" in row
    for book in (plan_folder / "plan.xlsx", gap_folder / "gap.xlsx"):
        page = openpyxl.load_workbook(book)["地区"]
        heads = [c.value for c in page[1]]
        row = next(r for r in page.iter_rows(min_row=2, values_only=True) if r[1] == name)
        shown = {h: v for h, v in zip(heads, row, strict=True) if isinstance(v, int | float)}
        assert all("分" in str(h) for h in shown), shown
    for file in (plan_folder / "plan.geojson", gap_folder / "gap.geojson"):
        feature = next(f for f in json.loads(file.read_text(encoding="utf-8"))["features"] if f["id"] == made.SECRET_ID)
        shown = {
            k: v for k, v in feature["properties"].items() if isinstance(v, int | float) and not isinstance(v, bool)
        }
        assert all(k.startswith("access") for k in shown), shown


def test_withheld_figures_are_in_no_file(plan_folder: Path, made: Any) -> None:
    secrets = [str(v) for v in made.SECRET.values() if v != int(v)]
    for file in plan_folder.iterdir():
        data = file.read_bytes()
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as z:
                data = b"".join(z.read(n) for n in z.namelist())
        assert not any(s.encode() in data for s in secrets), file.name


def test_a_hidden_district_is_hatched_on_the_map(plan_folder: Path) -> None:
    text = (plan_folder / PAGES[0]).read_text(encoding="utf-8")
    assert re.search(r'<path d="M[^"]+" fill="url\(#p-never\)"', text)


def test_every_unserved_district_is_named_outside_any_fold(plan_folder: Path, made: Any) -> None:
    text = (plan_folder / PAGES[0]).read_text(encoding="utf-8")
    listed = re.search(r'<dl class="names">.*?</dl>', text, flags=re.S)
    assert listed
    for row in made.plan_of(made.town())["unserved_areas"]:
        assert row["name"] in listed[0]


def test_an_assumption_prints_its_certainty_and_a_guess_is_called_one(plan_folder: Path) -> None:
    ja = (plan_folder / PAGES[0]).read_text(encoding="utf-8")
    assert "相談に来る割合（65歳以上）（仮定）" in ja and "E 仮定" in ja and "A 資料で確認" in ja
    assert "CC BY 4.0" in ja


def test_the_pdf_is_tagged_has_its_font_and_names_its_language(plan_folder: Path) -> None:
    reader = pypdf.PdfReader(plan_folder / "report.pdf")
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root and str(root["/Lang"]).startswith("ja")
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None and "万円" in str(reader.metadata.title)
    fonts = {
        str(font.get_object()["/BaseFont"]): font.get_object()
        for p in reader.pages
        for font in p["/Resources"].get("/Font", {}).values()  # type: ignore[index]
    }
    assert fonts and all("BIZUDPGothic" in name for name in fonts)
    for font in fonts.values():
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
    text = "".join(p.extract_text() for p in reader.pages)
    assert "本当に最善か" in text and "なぜ？" in text
    box = reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)


def test_the_pdf_has_the_figures_of_the_page_in_the_same_order(plan_folder: Path) -> None:
    page = (plan_folder / PAGES[0]).read_text(encoding="utf-8")
    paper = re.sub(r"\s", "", "".join(p.extract_text() for p in pypdf.PdfReader(plan_folder / "report.pdf").pages))
    captions = [
        re.sub(r"<[^>]+>|\s", "", c) for c in re.findall(r"<caption>(.*?)</caption>", page) if "つづき" not in c
    ]
    at = [paper.find(c) for c in captions]
    assert all(i >= 0 for i in at), [c for c, i in zip(captions, at, strict=True) if i < 0]
    places = [paper.find(re.sub(r"\s", "", h)) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    assert places == sorted(places) and places[0] > 0


def test_a_missing_extra_names_the_one_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: Any) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "typst", None)
    region = made.town(5)
    with pytest.raises(SetupError, match=r"pip install 'daremo\[pdf\]'") as e:
        plan_report(region, made.gap_of(region), made.plan_of(region), tmp_path / "new")
    assert e.value.code == "missing-pdf"
    assert plan_report(region, made.gap_of(region), made.plan_of(region), tmp_path / "new", pdf=False)


def test_the_same_plan_gives_the_same_bytes(plan_folder: Path, tmp_path: Path, made: Any) -> None:
    region = made.town()
    written = plan_report(region, made.gap_of(region), made.plan_of(region), tmp_path)
    assert {p.name for p in written} == {*PAGES, "plan.xlsx", "plan.geojson", "report.pdf"}
    for path in written:
        assert path.read_bytes() == (plan_folder / path.name).read_bytes(), path.name


def test_the_workbook_has_the_nine_sheets_with_frozen_heads_and_units(plan_folder: Path) -> None:
    book = openpyxl.load_workbook(plan_folder / "plan.xlsx")
    assert book.sheetnames == [
        "計画",
        "拠点",
        "地区",
        "理由",
        "なぜ選ばなかったか",
        "外れたら",
        "時間割",
        "前提",
        "出どころ",
    ]
    for page in book:
        assert page.freeze_panes == "B2" and page.print_title_rows == "$1:$1" and page.page_setup.paperSize == 9
        assert all(c.value for c in page[1])
    plan = book["計画"]
    assert plan["C1"].value == "費用（円）" and plan["C2"].value == 1_440_000 and plan["C2"].number_format == "#,##0"


def test_map_data_are_cells_and_points_in_degrees(plan_folder: Path, made: Any) -> None:
    data = json.loads((plan_folder / "plan.geojson").read_text(encoding="utf-8"))
    areas = [f for f in data["features"] if f["properties"]["kind"] == "area"]
    assert len(areas) == 40 and len(data["features"]) == 43
    from shapely.geometry import Point, shape

    for f, (lat, lon) in zip(areas, made.town().areas.select("latitude", "longitude").iter_rows(), strict=True):
        assert shape(f["geometry"]).buffer(2e-4).contains(Point(lon, lat)), f["id"]


@pytest.mark.parametrize("areas", [1, 2, 6])
def test_a_tiny_town_has_a_report(areas: int, tmp_path: Path, made: Any) -> None:
    region = made.town(areas)
    plan_report(region, made.gap_of(region), made.plan_of(region), tmp_path)
    gap_report(region, made.gap_of(region), tmp_path)


def test_a_plan_that_buys_nothing_says_so(tmp_path: Path, made: Any) -> None:
    region = made.town(8)
    plan_report(region, made.gap_of(region), made.empty_plan(region), tmp_path)
    assert "この予算でできる手だてはありません。" in (tmp_path / PAGES[0]).read_text(encoding="utf-8")


def test_absent_optional_fields_are_borne(tmp_path: Path, made: Any) -> None:
    region = made.town(8)
    few = ("region", "budget_yen", "cost_yen", "people_freed")
    plan = {k: v for k, v in made.plan_of(region).items() if k in few}
    gap = {k: v for k, v in made.gap_of(region).items() if k in ("people", "left_behind", "areas")}
    plan_report(region, gap, plan, tmp_path)


def test_a_town_withheld_as_a_whole_shows_no_figure(tmp_path: Path, made: Any) -> None:
    region = made.town(3)
    gap = made.gap_of(region)
    nothing = dict.fromkeys(("mean", "low", "high"))
    none = dict.fromkeys(("reach", "skill", "service", "trust", "connection"))
    gap |= {"left_behind": nothing, "reasons": none, "sensitivity": []}
    gap["stages"] = [
        {**s, "people": None, "left_behind": nothing, "reasons": none, "suppressed": True} for s in gap["stages"]
    ]
    gap["areas"] = [
        {
            **a,
            "people": None,
            "left_behind": nothing,
            "share": None,
            "main_reason": None,
            "reasons": none,
            "suppressed": True,
        }
        for a in gap["areas"]
    ]
    gap_report(region, gap, tmp_path)
    assert "人数が少ないため、推定を表示しません" in (tmp_path / PAGES[0]).read_text(encoding="utf-8")


def test_a_report_of_five_thousand_cells_stays_small(tmp_path: Path, made: Any) -> None:
    region = made.town(2000)
    gap_report(region, made.gap_of(region), tmp_path)
    assert (tmp_path / PAGES[0]).stat().st_size < 3_000_000
